package stdout_test

import (
	"context"
	"errors"
	"testing"
	"testing/synctest"

	"cairncx.dev/cairn/exporters/stdout"
)

// holding is a writer that says when it is called, and takes what it is given when it is let go.
type holding struct{ reached, free chan struct{} }

func (h *holding) Write(b []byte) (int, error) {
	h.reached <- struct{}{}
	<-h.free
	return len(b), nil
}

// TestNilContextWaits: "A nil context is context.Background()": the calls wait for the writer.
func TestNilContextWaits(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		h := &holding{reached: make(chan struct{}, 2), free: make(chan struct{})}
		e := stdout.New(stdout.WithWriter(h))
		done := make(chan error, 4)
		go func() { done <- e.Export(context.Background(), touches(1, "pay")) }()
		<-h.reached
		var none context.Context
		go func() { done <- e.Export(none, touches(1, "pay")) }()
		go func() { done <- e.Flush(none) }()
		synctest.Wait()
		if len(done) != 0 {
			t.Errorf("%d calls have returned before the writer did", len(done))
		}
		close(h.free)
		if err := errors.Join(<-done, <-done, <-done, e.Shutdown(none)); err != nil {
			t.Error(err)
		}
	})
}
