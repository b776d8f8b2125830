// The simplest echo server in Rust: the standard library alone, one client after the other, and
// every call waits. It listens on descriptor 3, which whoever starts it has opened (LISTEN_FDS).

use std::io::{self, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::os::wasi::io::FromRawFd;

const LISTENER: i32 = 3;
const BLOCK_BYTES: usize = 4096;

fn echo(client: &mut TcpStream) -> io::Result<()> {
    let mut block = [0; BLOCK_BYTES];
    loop {
        let received = client.read(&mut block)?;
        if received == 0 {
            return Ok(());
        }
        client.write_all(&block[..received])?;
    }
}

fn main() -> io::Result<()> {
    // Descriptor 3 is ours alone from here on, and nothing else closes it.
    let listener = unsafe { TcpListener::from_raw_fd(LISTENER) };
    for client in listener.incoming() {
        // A client that is gone is no reason to end.
        let _ = echo(&mut client?);
    }
    Ok(())
}
