package console

import (
	"io"
	"net"
	"net/http"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"cairncx.dev/cairn/cx/insight"
)

// pipes is a listener of connections in memory, without buffers: what the client does not read blocks the server.
type pipes struct {
	conns  chan net.Conn
	closed chan struct{}
}

func (p *pipes) Accept() (net.Conn, error) {
	select {
	case c := <-p.conns:
		return c, nil
	case <-p.closed:
		return nil, net.ErrClosed
	}
}

func (p *pipes) Close() error { close(p.closed); return nil }

func (*pipes) Addr() net.Addr { return &net.UnixAddr{} }

// send sends a request over a connection of its own, and returns the client's end, of which nothing was read.
func (p *pipes) send(t *testing.T, path string) net.Conn {
	t.Helper()
	client, server := net.Pipe()
	p.conns <- server
	if _, err := io.WriteString(client, "GET "+path+" HTTP/1.1\r\nHost: console.example\r\n\r\n"); err != nil {
		t.Fatal(err)
	}
	return client
}

// TestSlowReaders: readers who read nothing are given up: they keep neither a place of a stream, nor the rows of a page, nor a turn to write.
func TestSlowReaders(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		c := over(t, &growing{n: 3}, WithViewer(func(*http.Request) (insight.Viewer, error) { return insight.Everything(), nil }))
		defer c.Close()
		in := 0
		entered := make(chan int, 100)
		handler := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			entered <- 1
			defer func() { entered <- -1 }()
			c.ServeHTTP(w, r)
		})
		inside := func() int {
			for {
				select {
				case n := <-entered:
					in += n
				default:
					return in
				}
			}
		}
		l := &pipes{conns: make(chan net.Conn), closed: make(chan struct{})}
		server := &http.Server{Handler: handler, ReadHeaderTimeout: time.Minute}
		ended := make(chan error, 1)
		go func() { ended <- server.Serve(l) }()
		var clients []net.Conn
		for range 10 {
			clients = append(clients, l.send(t, "/"), l.send(t, "/live"))
		}
		synctest.Wait()
		if n := inside(); n != 20 || len(c.live.places) != 10 {
			t.Errorf("%d requests are answered, and %d streams are open: want 20 and 10", n, len(c.live.places))
		}
		reader := l.send(t, "/") // one who reads is answered beside them
		done := make(chan string, 1)
		go func() {
			_ = reader.SetReadDeadline(time.Now().Add(time.Second))
			text, _ := io.ReadAll(reader)
			done <- string(text)
		}()
		if text := <-done; !strings.Contains(text, "</html>") {
			t.Errorf("a reader beside them gets %.200q", text)
		}
		time.Sleep(2 * maxRead)
		synctest.Wait()
		if n := inside(); n != 0 || len(c.live.places) != 0 || len(c.pens) != 0 {
			t.Errorf("after %s %d requests are answered still, %d streams are open, and %d turns are taken", 2*maxRead, n, len(c.live.places), len(c.pens))
		}
		for _, client := range append(clients, reader) {
			_ = client.Close()
		}
		_ = server.Close()
		<-ended
	})
}

// TestReaderWhoStays: a stream to a reader who reads goes on for longer than any deadline, also that of the server.
func TestReaderWhoStays(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		c := over(t, &growing{n: 3}, WithViewer(func(*http.Request) (insight.Viewer, error) { return insight.Everything(), nil }))
		defer c.Close()
		l := &pipes{conns: make(chan net.Conn), closed: make(chan struct{})}
		server := &http.Server{Handler: c, ReadHeaderTimeout: time.Minute, WriteTimeout: time.Minute}
		ended := make(chan error, 1)
		go func() { ended <- server.Serve(l) }()
		client := l.send(t, "/live")
		read := make(chan string, 1)
		go func() {
			text, _ := io.ReadAll(client)
			read <- string(text)
		}()
		time.Sleep(10 * time.Minute)
		if len(c.live.places) != 1 {
			t.Error("the stream has ended")
		}
		c.Close()
		_ = client.SetReadDeadline(time.Now().Add(time.Second)) // the connection is kept for the next request
		if text := <-read; strings.Count(text, "id: ") < 10 {
			t.Errorf("within ten minutes the reader hears %d times of a newer state, want once a minute: %s", strings.Count(text, "id: "), text)
		}
		_ = client.Close()
		_ = server.Close()
		<-ended
	})
}
