package stores_test

import (
	"context"
	"os"
	"slices"
	"sync"
	"testing"
	"time"

	"cairncx.dev/cairn/cx/event"
	"cairncx.dev/cairn/cx/ledger"
	"cairncx.dev/cairn/internal/customer"
	"cairncx.dev/cairn/internal/digest"
	"cairncx.dev/cairn/internal/flight"
)

// TestContactCrowd: a thousand goroutines of two instances ask for the last contact with one customer at the same time, again and
// again. One gets it, and the log of the customer does not grow with the number of questions.
func TestContactCrowd(t *testing.T) {
	const crowd, most = 1000, 16 << 10 // the bytes of a log: one entry of each question would be 66,000
	rounds := 1
	if os.Getenv("CAIRN_WHOLE") != "" {
		rounds = 5
	}
	for name, start := range contactStores {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			shelf := start(t).Shelf(customer.Shelf)
			var books []*customer.Book
			for range 2 {
				books = append(books, customer.New(customer.Config{Store: shelf, Now: time.Now, Namespace: "crowd"}))
			}
			terms := &flight.Terms{Life: 10 * time.Minute, Keep: 24 * time.Hour, Caps: []flight.Cap{{Most: 1, Within: 24 * time.Hour, Purposes: []string{"offer"}}}}
			for round := range rounds {
				var mu sync.Mutex
				var granted []*customer.Asking
				var took []time.Duration
				rules := map[string]int{}
				var running sync.WaitGroup
				for n := range crowd {
					running.Go(func() {
						ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
						defer cancel()
						a := &customer.Asking{Customer: "alice", Purpose: "offer", Channel: event.Email, Terms: terms}
						began := time.Now()
						answer, err := books[n%2].Ask(ctx, a)
						mu.Lock()
						defer mu.Unlock()
						if took = append(took, time.Since(began)); err != nil {
							t.Error(err)
						}
						if rules[answer.Rule]++; answer.OK() {
							granted = append(granted, a)
						}
					})
				}
				running.Wait()
				if len(granted) != 1 || rules[event.RuleCap] != crowd-1 {
					t.Fatalf("round %d: the answers are %v, want one grant", round, rules)
				}
				books[0].Free(t.Context(), granted[0])
				slices.Sort(took)
				records, err := shelf.Write(t.Context(), []ledger.Change{{Key: digest.Customer("crowd", "alice"), If: []byte("none"), Replace: []byte{}}})
				if err != nil {
					t.Fatal(err)
				}
				if n := len(records[0].Log); n > most {
					t.Errorf("round %d: the log has %d bytes after %d questions, want %d at most", round, n, crowd, most)
				}
				t.Logf("round %d: the median question took %v, the slowest %v; the log has %d bytes", round, took[crowd/2], took[crowd-1], len(records[0].Log))
			}
			for _, b := range books {
				if err := b.Close(t.Context()); err != nil {
					t.Error(err)
				}
			}
		})
	}
}
