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

// employer is a processor that can forget employees, and not customers.
type employer struct {
	fails error
	hash  string
}

func (*employer) Process(context.Context, *event.Event) {}
func (*employer) Shutdown(context.Context) error        { return nil }

func (p *employer) ForgetEmployee(_ context.Context, hash string) (int64, error) {
	p.hash = hash
	if errors.Is(p.fails, errPanics) {
		panic("broken")
	}
	return 0, p.fails
}

var errPanics = errors.New("it panics")

// TestForgetEmployeeAsksAll: each part that can is asked, whatever the others do, by a hash that is not the customer's of the same ID.
func TestForgetEmployeeAsksAll(t *testing.T) {
	why := errors.New("away")
	away, broken, last, other := &employer{fails: why}, &employer{fails: errPanics}, &employer{}, &processor{}
	c, err := cx.New(cx.WithCustomerKey([]byte("a key of at least 16 bytes")), cx.WithProcessors(away, broken, last, other))
	if err != nil {
		t.Fatal(err)
	}
	if err := c.ForgetEmployee(t.Context(), "alice"); !errors.Is(err, why) {
		t.Errorf("the error is %v", err)
	}
	if last.hash == "" || last.hash == "alice" || away.hash != last.hash || broken.hash != last.hash || other.hash != "" {
		t.Errorf("they were asked to forget %q, %q, %q and, of a customer, %q", away.hash, broken.hash, last.hash, other.hash)
	}
	if _, err := c.Forget(t.Context(), "alice"); err != nil || other.hash == last.hash {
		t.Errorf("a customer's hash is the employee's of the same ID, %q, or %v", other.hash, err)
	}
	if err := c.Shutdown(t.Context()); err != nil {
		t.Error(err)
	}
	without, err := cx.New()
	if err != nil {
		t.Fatal(err)
	}
	if err := without.ForgetEmployee(t.Context(), "alice"); err == nil {
		t.Error("without a key the client does not know whom to forget, and says nothing")
	}
	if err := without.Shutdown(t.Context()); err != nil {
		t.Error(err)
	}
}
