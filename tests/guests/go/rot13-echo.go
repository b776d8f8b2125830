// A rot13 server with a goroutine for each client. It listens on descriptor 3, which whoever
// starts it has opened (LISTEN_FDS).
package main

import (
	"log"
	"net"
	"os"
	"time"
)

const (
	listenerFd = 3
	blockBytes = 4096
)

func main() {
	keepTimer()
	listener, err := net.FileListener(os.NewFile(listenerFd, "listener"))
	if err != nil {
		log.Fatal(err)
	}
	for {
		client, err := listener.Accept()
		if err != nil {
			log.Fatal(err)
		}
		go serve(client)
	}
}

// Go 1.26's poller can panic in netpoll ("panic on system stack") as its list grows, when it has
// waited without a time limit before. With a timer to come it never does.
func keepTimer() {
	time.AfterFunc(time.Hour, keepTimer)
}

func serve(client net.Conn) {
	defer client.Close()
	block := make([]byte, blockBytes)
	for {
		count, err := client.Read(block)
		rotate(block[:count])
		if _, failed := client.Write(block[:count]); failed != nil || err != nil {
			return
		}
	}
}

func rotate(block []byte) {
	for i, b := range block {
		switch upper := b &^ 0x20; {
		case 'A' <= upper && upper <= 'M':
			block[i] = b + 13
		case 'N' <= upper && upper <= 'Z':
			block[i] = b - 13
		}
	}
}
