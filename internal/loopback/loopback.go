// Package loopback lets a test answer connections itself, for answers that a real server gives only at the wrong moment. Tests
// with real servers are in internal/e2e.
package loopback

import (
	"net"
	"sync"
	"testing"
)

// Serve listens on a free loopback port until the test ends, and calls serve for each connection in a goroutine of its own. It
// returns the address. Serve closes each connection when serve returns, and the end of the test waits for all of them: clean up
// the client after the call of Serve, so that the client closes its connections first.
func Serve(t *testing.T, serve func(net.Conn)) (addr string) {
	t.Helper()
	listener, err := new(net.ListenConfig).Listen(t.Context(), "tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	var serving sync.WaitGroup
	serving.Go(func() {
		for {
			conn, err := listener.Accept()
			if err != nil {
				return
			}
			serving.Go(func() {
				defer func() { _ = conn.Close() }()
				serve(conn)
			})
		}
	})
	t.Cleanup(func() {
		_ = listener.Close()
		serving.Wait()
	})
	return listener.Addr().String()
}
