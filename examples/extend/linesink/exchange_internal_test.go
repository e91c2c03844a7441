package linesink

import (
	"errors"
	"net"
	"strings"
	"testing"

	"cairncx.dev/cairn/cx/event"
)

var errCut = errors.New("cut")

// cut is a connection that takes nothing, on which the server has answered before.
type cut struct {
	net.Conn

	strings.Reader
}

func (*cut) Write([]byte) (int, error)    { return 0, errCut }
func (c *cut) Read(p []byte) (int, error) { return c.Reader.Read(p) }

// TestCutBatch: a batch that was not written as a whole was not delivered, whatever the server answers.
func TestCutBatch(t *testing.T) {
	t.Parallel()
	if err := exchange(&cut{Reader: *strings.NewReader("ok\n")}, make([]event.Event, 1)); !errors.Is(err, errCut) {
		t.Errorf("the error is %v, want that of the connection", err)
	}
}
