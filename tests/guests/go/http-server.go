// A web server with net/http, as anyone would write it, but for its listener: on descriptor 3,
// which whoever starts it has opened (LISTEN_FDS).
//
//	GET /          says hello
//	GET /slow      the same, 20 ms later
//	GET /bytes?n=N N bytes, in chunks; byte i is i modulo 251
//	POST /rot13    the body, turned by 13 places as it arrives
package main

import (
	"fmt"
	"io"
	"log"
	"net"
	"net/http"
	"os"
	"strconv"
	"syscall"
	"time"
)

const (
	listenerFd = 3
	blockBytes = 4096
	period     = 251
)

func main() {
	keepTimer()
	// Like any descriptor it starts out blocking, and Accept would stop every goroutine.
	if err := syscall.SetNonblock(listenerFd, true); err != nil {
		log.Fatal(err)
	}
	listener, err := net.FileListener(os.NewFile(listenerFd, "listener"))
	if err != nil {
		log.Fatal(err)
	}
	http.HandleFunc("/", hello)
	http.HandleFunc("/slow", slow)
	http.HandleFunc("/bytes", bytes)
	http.HandleFunc("/rot13", rot13)
	log.Fatal(http.Serve(listener, nil))
}

// Go 1.26's poller can panic in netpoll ("panic on system stack") as its list grows, when it has
// waited without a time limit before. With a timer to come it never does.
func keepTimer() {
	time.AfterFunc(time.Hour, keepTimer)
}

func hello(w http.ResponseWriter, r *http.Request) {
	fmt.Fprintf(w, "Hello from Go, %s %s\n", r.Method, r.URL.Path)
}

func slow(w http.ResponseWriter, r *http.Request) {
	time.Sleep(20 * time.Millisecond)
	hello(w, r)
}

func bytes(w http.ResponseWriter, r *http.Request) {
	left, err := strconv.Atoi(r.URL.Query().Get("n"))
	if err != nil || left < 0 {
		http.Error(w, "n is missing", http.StatusBadRequest)
		return
	}
	// A block of whole periods goes on where the one before it stopped.
	block := make([]byte, blockBytes/period*period)
	for i := range block {
		block[i] = byte(i % period)
	}
	for left > 0 {
		written, err := w.Write(block[:min(left, len(block))])
		if err != nil {
			return
		}
		left -= written
	}
}

func rot13(w http.ResponseWriter, r *http.Request) {
	// Without it, net/http reads the whole body before the first byte of the answer is out.
	if err := http.NewResponseController(w).EnableFullDuplex(); err != nil {
		http.Error(w, err.Error(), http.StatusInternalServerError)
		return
	}
	block := make([]byte, blockBytes)
	for {
		count, err := r.Body.Read(block)
		rotate(block[:count])
		if _, failed := w.Write(block[:count]); failed != nil || err == io.EOF {
			return
		}
		if err != nil {
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
