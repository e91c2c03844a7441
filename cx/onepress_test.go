package cx_test

import (
	"context"
	"net/http"
	"net/http/httptest"
	"testing"
	"testing/synctest"
	"time"

	"cairncx.dev/cairn/cx"
	"cairncx.dev/cairn/cx/event"
	"cairncx.dev/cairn/cx/ledger"
	"cairncx.dev/cairn/cx/telemetry/semconv"
	"cairncx.dev/cairn/touchpoint"
)

// TestOneRequestIsNotLate: a request that names its journey by touchpoint.WithJourneyID, and in whose course the journey
// begins and ends, was there before the end.
func TestOneRequestIsNotLate(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name, reason string
		before       func(ctx context.Context)
		serve        func(ctx context.Context)
		late         bool
	}{
		{"starts and completes", "the touchpoint began before the run did", nil, func(ctx context.Context) {
			order.Complete(order.Start(ctx, "1", event.Customer{}))
		}, false},
		{"completes what was not started", "the same, of a partial run", nil, func(ctx context.Context) { order.Complete(ctx) }, false},
		{"comes after the end", "it began after it", func(ctx context.Context) {
			order.Complete(order.Start(ctx, "1", event.Customer{}))
		}, func(context.Context) {}, true},
		{"comes after the end, and completes again", "the same", func(ctx context.Context) {
			order.Complete(order.Start(ctx, "1", event.Customer{}))
		}, func(ctx context.Context) { order.Complete(ctx) }, true},
	} {
		for _, stored := range []bool{false, true} {
			name := c.name + ", in memory"
			if stored {
				name = c.name + ", with a store"
			}
			t.Run(name, func(t *testing.T) {
				t.Parallel()
				synctest.Test(t, func(t *testing.T) {
					var store ledger.Store
					if stored {
						store = newTable()
					}
					var sink archive
					i := open(t, store, cx.WithDefinitions(confirm, other, look), roomy(&sink))
					defer i.close(t)
					other.Start(i.ctx(), "2", event.Customer{}) // so that something is known
					if c.before != nil {
						c.before(i.ctx())
						time.Sleep(time.Minute)
					}
					mux := http.NewServeMux()
					mux.HandleFunc("POST /{id}", func(_ http.ResponseWriter, r *http.Request) {
						time.Sleep(time.Millisecond)
						c.serve(r.Context())
						time.Sleep(time.Minute) // a store has committed it
					})
					h := touchpoint.Handler(mux, touchpoint.WithJourneyID(order, func(r *http.Request) string { return r.PathValue("id") }))
					h.ServeHTTP(httptest.NewRecorder(), httptest.NewRequestWithContext(i.ctx(), http.MethodPost, "/1", http.NoBody))
					time.Sleep(time.Minute)
					if err := i.Flush(context.Background()); err != nil {
						t.Fatal(err)
					}
					got := sink.of(event.TouchpointEnded)
					if len(got) != 1 || got[0].Late != c.late {
						t.Errorf("%s: the touchpoints are %+v, want one that is late: %v", c.reason, got, c.late)
					}
					if n := i.counts.of(semconv.JourneyLateName); (n == 1) != c.late || n > 1 {
						t.Errorf("%s: %d were counted as late, want one if it is: %v", c.reason, n, c.late)
					}
				})
			})
		}
	}
}
