// Package loopback lets a test answer connections itself, for answers that a real server gives only at the wrong moment. Tests
// with real servers are in internal/e2e.
package loopback

import (
	"context"
	"net"
	"sync"
	"testing"
)

// Serve listens on a free loopback port until the test ends, and calls serve for each connection in a goroutine of its own. It
// returns the address. Serve closes each connection when serve returns, and at the end of the test, which waits for all of
// them. A cleanup that closes the client's connections first has to come after the call of Serve.
func Serve(t *testing.T, serve func(net.Conn)) (addr string) {
	t.Helper()
	listener, err := new(net.ListenConfig).Listen(t.Context(), "tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	var serving sync.WaitGroup
	over, end := context.WithCancel(context.Background())
	serving.Go(func() {
		for {
			conn, err := listener.Accept()
			if err != nil {
				return
			}
			serving.Go(func() {
				defer func() { _ = conn.Close() }()
				defer context.AfterFunc(over, func() { _ = conn.Close() })()
				serve(conn)
			})
		}
	})
	t.Cleanup(func() {
		_ = listener.Close()
		end()
		serving.Wait()
	})
	return listener.Addr().String()
}
