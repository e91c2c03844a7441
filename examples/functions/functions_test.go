package main

import (
	"context"
	"errors"
	"net"
	"net/http"
	"net/http/httptest"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"go.uber.org/goleak"

	"cairncx.dev/cairn/cx"
	"cairncx.dev/cairn/cx/cxtest"
	"cairncx.dev/cairn/cx/event"
	"cairncx.dev/cairn/cx/stores/memory"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// kept is a sink.
type kept struct {
	mu     sync.Mutex
	events []event.Event
}

func (k *kept) Export(_ context.Context, events []event.Event) error {
	k.mu.Lock()
	defer k.mu.Unlock()
	k.events = append(k.events, events...)
	return nil
}

func (*kept) Shutdown(context.Context) error { return nil }

func (k *kept) has(kind event.Kind) bool {
	k.mu.Lock()
	defer k.mu.Unlock()
	for _, e := range k.events {
		if e.Kind == kind {
			return true
		}
	}
	return false
}

// TestDeliveredBeforeTheAnswer: when the client has the whole answer, the sink has what the request recorded, also where the handler panics.
func TestDeliveredBeforeTheAnswer(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name, reason string
		handler      http.Handler
	}{
		{"an answer", "the server ends the answer when the handler has returned", service()},
		{"a panic", "the connection is broken off afterwards", http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
			defer func() { panic(http.ErrAbortHandler) }()
			service().ServeHTTP(httptest.NewRecorder(), r)
		})},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			sink := &kept{}
			rec := cxtest.New(t, cx.WithDefinitions(checkout, pay), cx.WithExporters(sink))
			server := httptest.NewUnstartedServer(flushes{rec.Client().Flush}.handler(c.handler))
			server.Config.BaseContext = func(net.Listener) context.Context { return rec.Context(context.Background()) }
			server.Start()
			defer server.Close()
			r, err := http.NewRequestWithContext(t.Context(), http.MethodPost, server.URL+"/cart/c-1", http.NoBody)
			if err != nil {
				t.Fatal(err)
			}
			if res, err := server.Client().Do(r); err == nil {
				_ = res.Body.Close()
			}
			for _, kind := range []event.Kind{event.JourneyStarted, event.TouchpointEnded} {
				if !sink.has(kind) {
					t.Errorf("the client has the answer, and the sink has no %s: %s", kind, c.reason)
				}
			}
		})
	}
}

// TestFunction: as above, of a function that a platform calls.
func TestFunction(t *testing.T) {
	t.Parallel()
	sink := &kept{}
	rec := cxtest.New(t, cx.WithDefinitions(checkout, pay), cx.WithExporters(sink))
	handle := flushing(flushes{rec.Client().Flush}, func(ctx context.Context, cart string) (string, error) {
		_, tp := pay.Start(checkout.Start(ctx, cart, event.Customer{}), event.Web)
		defer tp.End()
		return "paid", errors.New("by a friend")
	})
	if got, err := handle(rec.Context(t.Context()), "c-1"); got != "paid" || err == nil {
		t.Errorf("the function returns %q, %v", got, err)
	}
	if !sink.has(event.TouchpointEnded) {
		t.Error("the function has returned, and the sink has no touchpoint")
	}
}

// TestLimit: a sink that does not answer costs the customer the limit, and no more. Time is synctest's.
func TestLimit(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var asked []time.Duration
		began := time.Now()
		hangs := func(ctx context.Context) error {
			<-ctx.Done()
			asked = append(asked, time.Since(began))
			return ctx.Err()
		}
		ctx, left := context.WithCancel(t.Context())
		left() // the customer has left: flushing goes on
		flushes{hangs, hangs}.now(ctx)
		if took := time.Since(began); took != limit || len(asked) != 2 {
			t.Errorf("flushing took %v and asked %d, want %v and 2", took, len(asked), limit)
		}
	})
}

// TestHandedOver: a function that shares a store flushes without waiting for the grace of an end, and an instance that is always on delivers
// the end. Time is synctest's.
func TestHandedOver(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		store := new(memory.Store)
		always := cxtest.New(t, cx.WithDefinitions(checkout, pay), cx.WithStore(store))
		function := cxtest.New(t, cx.WithDefinitions(checkout, pay), cx.WithStore(store), cx.WithHandOver())
		h := flushes{function.Client().Flush}.handler(service())
		for _, path := range []string{"/cart/c-1", "/cart/c-1/pay"} {
			began, w := time.Now(), httptest.NewRecorder()
			h.ServeHTTP(w, httptest.NewRequestWithContext(function.Context(t.Context()), http.MethodPost, path, http.NoBody))
			if took := time.Since(began); w.Code != http.StatusOK || took >= limit {
				t.Errorf("%s is answered with %d after %v", path, w.Code, took)
			}
		}
		time.Sleep(time.Minute)
		always.Journey("checkout", "c-1").Started().Completed()
		function.Touchpoint("pay").Times(1).OK()
		if n := len(function.Events(event.JourneyEnded)); n != 0 {
			t.Errorf("the function delivers %d ends, which are the other instance's", n)
		}
	})
}

// BenchmarkFlush says what a flush costs beside the sinks: go test -bench Flush ./examples/functions.
func BenchmarkFlush(b *testing.B) {
	for _, c := range []struct {
		name  string
		flush bool
	}{{"without", false}, {"with", true}} {
		b.Run(c.name, func(b *testing.B) {
			client, err := cx.New(cx.WithDefinitions(checkout, pay), cx.WithExporters(&kept{}), cx.WithoutCustomerIDs())
			if err != nil {
				b.Fatal(err)
			}
			defer func() { _ = client.Shutdown(context.Background()) }()
			h := service()
			if c.flush {
				h = flushes{client.Flush}.handler(h)
			}
			ctx := cx.NewContext(context.Background(), client)
			for b.Loop() {
				h.ServeHTTP(httptest.NewRecorder(), httptest.NewRequestWithContext(ctx, http.MethodPost, "/cart/c-1", http.NoBody))
			}
		})
	}
}
