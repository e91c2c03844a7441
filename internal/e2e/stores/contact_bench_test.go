package stores_test

import (
	"context"
	"fmt"
	"path/filepath"
	"slices"
	"testing"
	"time"

	"cairncx.dev/cairn/cx/event"
	"cairncx.dev/cairn/cx/ledger"
	"cairncx.dev/cairn/cx/stores/memory"
	"cairncx.dev/cairn/cx/stores/sqlite"
	"cairncx.dev/cairn/internal/customer"
	"cairncx.dev/cairn/internal/digest"
	"cairncx.dev/cairn/internal/e2e/servers"
	"cairncx.dev/cairn/internal/flight"
)

// measured is a store that keeps the last changes.
type measured struct {
	ledger.Store

	last []ledger.Change
}

func (m *measured) Write(ctx context.Context, changes []ledger.Change) ([]ledger.Record, error) {
	m.last = changes
	return m.Store.Write(ctx, changes)
}

// contactStores are the stores that have customers' records.
var contactStores = map[string]func(t testing.TB) ledger.Shelver{
	"memory": func(testing.TB) ledger.Shelver { return new(memory.Store) },
	"sqlite": func(t testing.TB) ledger.Shelver {
		t.Helper()
		s, err := sqlite.Open(filepath.Join(t.TempDir(), "store.db"))
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { _ = s.Close() })
		return s
	},
	"redis": func(t testing.TB) ledger.Shelver {
		t.Helper()
		return redisStore(t, redisClient(t, servers.StartRedis(t).Addr()))
	},
	"postgres": func(t testing.TB) ledger.Shelver {
		t.Helper()
		if _, measures := t.(*testing.B); measures {
			return postgresStore(t, postgresPool(t, servers.StartPostgres(t)))
		}
		return postgresStore(t, postgresPool(t, servers.StartPostgres(t, servers.PostgresSetting("fsync", "off"))))
	},
}

// BenchmarkAsk measures how long a question about a contact takes beside one bare Write of the same bytes to a record as long. Both
// alternate, on another customer each time, whose record has four contacts. One operation is a question and a Write. The medians of
// both are reported in microseconds, with their ratio.
func BenchmarkAsk(b *testing.B) {
	for _, name := range []string{"memory", "sqlite", "redis", "postgres"} {
		b.Run(name, func(b *testing.B) {
			const people = 200
			store := contactStores[name](b)
			shelf, bare := &measured{Store: store.Shelf(customer.Shelf)}, store.Shelf("bare")
			book := customer.New(customer.Config{Store: shelf, Now: time.Now, Namespace: "bench"})
			b.Cleanup(func() { _ = book.Close(context.Background()) })
			asking := func(i int) *customer.Asking {
				return &customer.Asking{Customer: fmt.Sprint("customer ", i%people), Purpose: "offer", Channel: event.Email, Terms: &flight.Terms{
					Consent: false, Stops: []string{"complaint"}, Keep: 24 * time.Hour, Life: 10 * time.Minute,
					Caps: []flight.Cap{{Most: 4, Within: 24 * time.Hour, Purposes: []string{"offer"}}},
				}}
			}
			ask := func(i int) {
				if _, err := book.Ask(b.Context(), asking(i)); err != nil {
					b.Fatal(err)
				}
			}
			again := func(i int) { // the change of the last question, elsewhere
				c := shelf.last[0]
				c.Key = digest.Customer("bare", fmt.Sprint(i%people))
				if _, err := bare.Write(b.Context(), []ledger.Change{c}); err != nil {
					b.Fatal(err)
				}
			}
			for i := range 5 * people {
				ask(i)
				again(i)
			}
			var asks, writes []time.Duration
			for i := 0; b.Loop(); i++ {
				start := time.Now()
				ask(i)
				middle := time.Now()
				again(i)
				asks, writes = append(asks, middle.Sub(start)), append(writes, time.Since(middle))
			}
			slices.Sort(asks)
			slices.Sort(writes)
			a, w := asks[len(asks)/2], writes[len(writes)/2]
			b.ReportMetric(float64(a)/1e3, "µs/ask")
			b.ReportMetric(float64(asks[len(asks)*99/100])/1e3, "µs/ask-p99")
			b.ReportMetric(float64(w)/1e3, "µs/write")
			b.ReportMetric(float64(a)/float64(w), "ratio")
		})
	}
}
