package cx_test

import (
	"context"
	"errors"
	"io"
	"net/http"
	"testing"
	"testing/synctest"
	"time"

	"cairncx.dev/cairn/cx"
	"cairncx.dev/cairn/cx/event"
	"cairncx.dev/cairn/journey"
	"cairncx.dev/cairn/touchpoint"
)

// stages is a processor that keeps the stages of touchpoints.
type stages struct{ got []string }

// Process implements [event.Processor].
func (s *stages) Process(_ context.Context, e *event.Event) {
	if e.Kind == event.TouchpointEnded {
		s.got = append(s.got, e.Stage)
	}
}

// Shutdown implements [event.Processor].
func (*stages) Shutdown(context.Context) error { return nil }

// answering is a transport that answers at once.
type answering struct{}

// RoundTrip implements [http.RoundTripper].
func (answering) RoundTrip(r *http.Request) (*http.Response, error) {
	if r.Body != nil {
		_, _ = io.Copy(io.Discard, r.Body)
		_ = r.Body.Close()
	}
	return &http.Response{StatusCode: http.StatusNoContent, Header: http.Header{}, Body: http.NoBody, Request: r}, nil
}

// TestSentAway: "Where an instance does not know the current stage for certain, it leaves it out": without a store it is
// not known once the position was sent to another service, which may move the customer, until something here says it.
func TestSentAway(t *testing.T) {
	t.Parallel()
	tour := journey.Define("tour", journey.Stages("first", "second"))
	look := touchpoint.Define("glance")
	for _, sent := range []bool{false, true} {
		var s stages
		client, err := cx.New(cx.WithDefinitions(tour, look), cx.WithProcessors(&s))
		if err != nil {
			t.Fatal(err)
		}
		ctx := tour.Enter(tour.Start(cx.NewContext(context.Background(), client), "1", event.Customer{}), "first")
		look.Record(ctx, event.Web)
		host := "http://other.test"
		if sent {
			host = "http://peer.test"
		}
		r, err := http.NewRequestWithContext(ctx, http.MethodGet, host, http.NoBody)
		if err != nil {
			t.Fatal(err)
		}
		res, err := touchpoint.Transport(answering{}, "peer.test").RoundTrip(r)
		if err != nil {
			t.Fatal(err)
		}
		_ = res.Body.Close()
		look.Record(ctx, event.Web)
		look.Record(tour.Enter(ctx, "second"), event.Web)
		if err := client.Shutdown(context.Background()); err != nil {
			t.Error(err)
		}
		between := "first"
		if sent {
			between = ""
		}
		if want := []string{"first", between, "second"}; len(s.got) != 3 || s.got[0] != want[0] || s.got[1] != want[1] || s.got[2] != want[2] {
			t.Errorf("with the position sent: %v, the stages are %q, want %q", sent, s.got, want)
		}
	}
}

// TestShutdownWaitsForHooks: Shutdown returns when the calls of the hook have returned, those that wait for their turn
// included, or its context is done.
func TestShutdownWaitsForHooks(t *testing.T) {
	t.Parallel()
	const runs = 20 // more than are called at once
	synctest.Test(t, func(t *testing.T) {
		slow := journey.Define("slow", journey.Stages("form"), journey.Expect("form", time.Minute))
		free, called := make(chan struct{}), make(chan struct{}, runs)
		client, err := cx.New(cx.WithDefinitions(slow), cx.WithSweepInterval(time.Second),
			cx.WithOnStall(func(context.Context, journey.State) {
				called <- struct{}{}
				<-free
			}))
		if err != nil {
			t.Fatal(err)
		}
		for i := range runs {
			slow.Enter(slow.Start(cx.NewContext(context.Background(), client), string(rune('a'+i)), event.Customer{}), "form")
		}
		for len(called) == 0 {
			time.Sleep(time.Second) // the bubble's clock
		}
		why := errors.New("there is no time")
		ctx, cancel := context.WithCancelCause(t.Context())
		cancel(why)
		if err := client.Shutdown(ctx); !errors.Is(err, why) {
			t.Errorf("Shutdown says %v while the hook is running, want %v", err, why)
		}
		done := make(chan error, 1)
		go func() { done <- client.Shutdown(context.Background()) }()
		synctest.Wait()
		early := len(done) > 0
		close(free)
		if err := <-done; err != nil || early {
			t.Errorf("Shutdown: %v, before the hook has returned: %v", err, early)
		}
		if len(called) != runs {
			t.Errorf("the hook was called %d times when Shutdown returned, want %d", len(called), runs)
		}
	})
}
