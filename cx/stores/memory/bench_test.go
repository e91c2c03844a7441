package memory_test

import (
	"encoding/binary"
	"fmt"
	"runtime"
	"testing"
	"time"

	"cairncx.dev/cairn/cx/ledger"
	"cairncx.dev/cairn/cx/stores/memory"
)

// numbered returns the key with this number. Its bytes are spread as those of a hash.
func numbered(n int) (key ledger.Key) {
	binary.BigEndian.PutUint64(key[:], uint64(n)*0x9e3779b97f4a7c15) //nolint:gosec // any bits are a key
	binary.BigEndian.PutUint64(key[8:], uint64(n))                   //nolint:gosec // as above
	return key
}

// fill makes n records with a log of 64 bytes, a due time and a customer of 32 bytes, of whom each has two records, and returns
// their keys.
func fill(b *testing.B, store ledger.Store, n int) {
	b.Helper()
	const batch = 500
	log, now := make([]byte, 64), time.Now()
	changes := make([]ledger.Change, 0, batch)
	for i := range n {
		changes = append(changes, ledger.Change{
			Key: numbered(i), Append: log, Customer: fmt.Sprintf("%032d", i/2), Due: now.Add(time.Hour + time.Duration(i%1000)*time.Second),
		})
		if len(changes) == batch || i == n-1 {
			write(b, store, changes...)
			changes = changes[:0]
		}
	}
}

// BenchmarkBytes reports the memory of a live record with a log of 64 bytes, a due time and half a customer of 32 bytes.
func BenchmarkBytes(b *testing.B) {
	for _, n := range []int{10_000, 1_000_000} {
		b.Run(fmt.Sprint(n), func(b *testing.B) {
			heap := func() uint64 {
				var m runtime.MemStats
				runtime.GC()
				runtime.ReadMemStats(&m)
				return m.HeapAlloc
			}
			for range b.N {
				before := heap()
				store := open(b)
				fill(b, store, n)
				b.ReportMetric(float64(heap()-before)/float64(n), "B/record")
				runtime.KeepAlive(store)
			}
		})
	}
}

// BenchmarkWrite appends 16 bytes to each of 250 records of 100,000 and puts a log of 64 bytes back. An op is one record.
func BenchmarkWrite(b *testing.B) {
	const records, batch = 100_000, 250
	store := open(b)
	fill(b, store, records)
	log, grown := make([]byte, 64), make([]byte, 80)
	changes := make([]ledger.Change, batch)
	b.ReportAllocs()
	b.ResetTimer()
	for n := 0; n < b.N; n += batch {
		for i := range changes {
			c := ledger.Change{Key: numbered((n/2 + i) % records), Append: grown[:16], Lease: time.Hour}
			if n/batch%2 == 1 {
				c = ledger.Change{Key: numbered(((n-batch)/2 + i) % records), If: grown, Replace: log, Lease: time.Hour}
			}
			changes[i] = c
		}
		write(b, store, changes...)
	}
}

// BenchmarkClaim claims 250 due records of 100,000, which are due again in no time. An op is one record.
func BenchmarkClaim(b *testing.B) {
	const records, batch = 100_000, 250
	store := open(b)
	fill(b, store, records)
	for i := range 10 * batch {
		write(b, store, ledger.Change{Key: numbered(i), Due: time.Unix(0, 0)})
	}
	b.ReportAllocs()
	b.ResetTimer()
	for n := 0; n < b.N; n += batch {
		if _, due, err := store.Claim(b.Context(), batch, 0); err != nil || len(due) != batch {
			b.Fatalf("Claim returns %d records and %v", len(due), err)
		}
	}
}

var _ ledger.Store = (*memory.Store)(nil)
