package loopback_test

import (
	"errors"
	"io"
	"net"
	"testing"

	"cairncx.dev/cairn/internal/loopback"
)

// TestServe: each connection is served and closed, and the end of the test ends the listener.
func TestServe(t *testing.T) {
	t.Parallel()
	addr := ""
	t.Run("serves", func(t *testing.T) { //nolint:paralleltest // the address is used after it
		addr = loopback.Serve(t, func(c net.Conn) { _, _ = c.Write([]byte("hello")) })
		for range 2 {
			c, err := new(net.Dialer).DialContext(t.Context(), "tcp", addr)
			if err != nil {
				t.Fatal(err)
			}
			if got, err := io.ReadAll(c); err != nil || string(got) != "hello" {
				t.Errorf("the client reads %q, %v", got, err)
			}
			_ = c.Close()
		}
	})
	var refused *net.OpError
	if c, err := new(net.Dialer).DialContext(t.Context(), "tcp", addr); !errors.As(err, &refused) {
		t.Errorf("after the test the listener is open: %v, %v", c, err)
	}
}

// TestEnd: the end of the test ends a connection that neither end closes.
func TestEnd(t *testing.T) {
	t.Parallel()
	ended := make(chan error, 1)
	t.Run("serves", func(t *testing.T) { //nolint:paralleltest // what it leaves is used after it
		reached := make(chan struct{})
		addr := loopback.Serve(t, func(c net.Conn) {
			close(reached)
			_, err := c.Read(make([]byte, 1))
			ended <- err
		})
		c, err := new(net.Dialer).DialContext(t.Context(), "tcp", addr)
		if err != nil {
			t.Fatal(err)
		}
		<-reached
		_ = c // the client leaves it open
	})
	if err := <-ended; err == nil {
		t.Error("the server has read something")
	}
}
