package cx_test

import (
	"context"
	"errors"
	"testing"

	"cairncx.dev/cairn/cx"
	"cairncx.dev/cairn/cx/event"
)

// processor is one that can forget.
type processor struct {
	forget func(hash string) error
	hash   string
}

func (*processor) Process(context.Context, *event.Event) {}
func (*processor) Shutdown(context.Context) error        { return nil }

func (p *processor) Forget(_ context.Context, hash string) (int64, error) {
	p.hash = hash
	if p.forget != nil {
		return 0, p.forget(hash)
	}
	return 0, nil
}

// TestForgetAsksAll: one that fails or panics does not keep the others from forgetting, and its error is told.
func TestForgetAsksAll(t *testing.T) {
	why := errors.New("away")
	away := &processor{forget: func(string) error { return why }}
	broken := &processor{forget: func(string) error { panic("broken") }}
	last := &processor{}
	c, err := cx.New(cx.WithCustomerKey([]byte("a key of at least 16 bytes")), cx.WithProcessors(away, broken, last))
	if err != nil {
		t.Fatal(err)
	}
	_, err = c.Forget(t.Context(), "alice")
	if !errors.Is(err, why) {
		t.Errorf("the error is %v", err)
	}
	if last.hash == "" || last.hash == "alice" || away.hash != last.hash || broken.hash != last.hash {
		t.Errorf("they were asked to forget %q, %q and %q", away.hash, broken.hash, last.hash)
	}
	if err := c.Shutdown(t.Context()); err != nil {
		t.Error(err)
	}
}
