// A rot13 server for many clients in one thread. The standard library has sockets that do not
// block, but nothing that waits for them: poll_oneoff is called by hand. It listens on descriptor
// 3, which whoever starts it has opened (LISTEN_FDS).

use std::io::{self, ErrorKind, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::os::wasi::io::{AsRawFd, FromRawFd};

const LISTENER: i32 = 3;
const BLOCK_BYTES: usize = 4096;
/// The listener's userdata; a client's is its index.
const OF_LISTENER: u64 = u64::MAX;

const FD_READ: u64 = 1;
const FD_WRITE: u64 = 2;

/// `subscription` of preview1: 48 bytes. A clock's fields are wider, and not used here.
#[repr(C)]
struct Subscription {
    userdata: u64,
    tag: u64,
    fd: u64,
    unused: [u64; 3],
}

/// `event` of preview1: 32 bytes.
#[repr(C)]
#[derive(Clone, Default)]
struct Event {
    userdata: u64,
    error: u16,
    tag: u8,
    readable_bytes: u64,
    flags: u16,
}

const _: () = assert!(std::mem::size_of::<Subscription>() == 48);
const _: () = assert!(std::mem::size_of::<Event>() == 32);

#[link(wasm_import_module = "wasi_snapshot_preview1")]
extern "C" {
    fn poll_oneoff(
        subscriptions: *const Subscription,
        events: *mut Event,
        count: usize,
        event_count: *mut usize,
    ) -> i32;
}

struct Client {
    stream: TcpStream,
    bytes: [u8; BLOCK_BYTES],
    /// `bytes[start..end]` are still to be sent.
    start: usize,
    end: usize,
    is_gone: bool,
}

impl Client {
    fn new(stream: TcpStream) -> Self {
        Client {
            stream,
            bytes: [0; BLOCK_BYTES],
            start: 0,
            end: 0,
            is_gone: false,
        }
    }

    fn is_sending(&self) -> bool {
        self.start < self.end
    }

    /// Moves what can be moved now. False when the client has ended.
    fn serve(&mut self) -> io::Result<bool> {
        if !self.is_sending() {
            self.start = 0;
            self.end = self.stream.read(&mut self.bytes)?;
            if self.end == 0 {
                return Ok(false);
            }
            self.bytes[..self.end].iter_mut().for_each(rot13);
        }
        self.start += self.stream.write(&self.bytes[self.start..self.end])?;
        Ok(true)
    }
}

fn rot13(byte: &mut u8) {
    let first = match *byte {
        b'A'..=b'Z' => b'A',
        b'a'..=b'z' => b'a',
        _ => return,
    };
    *byte = first + (*byte - first + 13) % 26;
}

/// True when the call may be made again once poll_oneoff says so.
fn is_temporary(error: &io::Error) -> bool {
    matches!(error.kind(), ErrorKind::WouldBlock | ErrorKind::Interrupted)
}

fn subscribe(fd: i32, tag: u64, userdata: u64) -> Subscription {
    Subscription {
        userdata,
        tag,
        fd: fd as u64,
        unused: [0; 3],
    }
}

/// Waits until one of the subscriptions has an event.
fn wait(subscriptions: &[Subscription], events: &mut Vec<Event>) -> io::Result<()> {
    events.resize(subscriptions.len(), Event::default());
    let mut count = 0;
    let errno = unsafe {
        poll_oneoff(
            subscriptions.as_ptr(),
            events.as_mut_ptr(),
            events.len(),
            &mut count,
        )
    };
    if errno != 0 {
        return Err(io::Error::from_raw_os_error(errno));
    }
    events.truncate(count);
    Ok(())
}

fn accept_all(listener: &TcpListener, clients: &mut Vec<Client>) -> io::Result<()> {
    loop {
        match listener.accept() {
            Ok((stream, _)) => {
                stream.set_nonblocking(true)?;
                clients.push(Client::new(stream));
            }
            Err(error) if error.kind() == ErrorKind::ConnectionAborted => {}
            Err(error) if is_temporary(&error) => return Ok(()),
            Err(error) => return Err(error),
        }
    }
}

fn main() -> io::Result<()> {
    // Descriptor 3 is ours alone from here on, and nothing else closes it.
    let listener = unsafe { TcpListener::from_raw_fd(LISTENER) };
    listener.set_nonblocking(true)?;
    let mut clients: Vec<Client> = Vec::new();
    let mut subscriptions = Vec::new();
    let mut events = Vec::new();
    loop {
        subscriptions.clear();
        subscriptions.push(subscribe(LISTENER, FD_READ, OF_LISTENER));
        for (index, client) in clients.iter().enumerate() {
            let tag = if client.is_sending() {
                FD_WRITE
            } else {
                FD_READ
            };
            subscriptions.push(subscribe(client.stream.as_raw_fd(), tag, index as u64));
        }
        wait(&subscriptions, &mut events)?;
        let mut is_accepting = false;
        for event in &events {
            if event.userdata == OF_LISTENER {
                is_accepting = true;
                continue;
            }
            let client = &mut clients[event.userdata as usize];
            client.is_gone = match client.serve() {
                Ok(is_open) => !is_open,
                Err(error) => !is_temporary(&error),
            };
        }
        clients.retain(|client| !client.is_gone);
        if is_accepting {
            accept_all(&listener, &mut clients)?;
        }
    }
}
