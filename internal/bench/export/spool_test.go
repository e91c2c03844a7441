//go:build unix

package export

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"testing"

	"cairncx.dev/cairn/cx/event"
	"cairncx.dev/cairn/exporters"
)

const (
	spoolBatch  = 1000
	spoolRounds = 9
	spoolCalls  = 32 // of Export in a round
)

// spooled measures the spool beside the bare store, a file to which the same batches are written as lines
// of JSON and synced. First with a sink that is away, so that the spool only writes; then with one that
// takes everything at once, until it has everything, so that reading and parsing are in it as well.
func spooled(b *testing.B, t *table) {
	events := samples(spoolBatch)
	away := exportFunc(func(ctx context.Context, _ []event.Event) error { <-ctx.Done(); return ctx.Err() })
	batches := make([]int, spoolCalls)
	for i := range batches {
		batches[i] = spoolBatch
	}
	ours := &side{name: "`Spool`: Export of 1,000, synced"}
	theirs := &side{name: "a bare file, synced for 1,000"}
	duel(b, spoolRounds, ours, theirs, batches, func() (us, them func(int) error, done func()) {
		s := openSpool(b, away)
		file, closeFile := bareFile(b, events)
		return func(int) error { return s.Export(b.Context(), events) }, func(int) error { return file() }, func() {
			closeFile()
			gone, cancel := context.WithCancel(context.Background())
			cancel()
			_ = s.Shutdown(gone) // cancels the call that is under way
			if err := s.Shutdown(context.Background()); err != nil {
				b.Fatal(err)
			}
		}
	})
	t.sink(b, ours, theirs, &goal{bound: 0.8})

	ours = &side{name: "`Spool`: read back and delivered as well", run: func(b *testing.B) turn { return delivered(b, events) }}
	theirs = &side{name: theirs.name, run: func(b *testing.B) turn {
		file, done := bareFile(b, events)
		defer done()
		r := turn{events: spoolBatch * spoolCalls}
		if err := r.time(func() error { return through(0, spoolCalls, func(int) error { return file() }) }); err != nil {
			b.Fatal(err)
		}
		return r
	}}
	contest(b, spoolRounds, ours, theirs)
	t.sink(b, ours, theirs, nil)
}

// delivered is a round of a spool whose sink takes everything.
func delivered(b *testing.B, events []event.Event) turn {
	b.Helper()
	came := 0
	s := openSpool(b, exportFunc(func(_ context.Context, e []event.Event) error { came += len(e); return nil }))
	var r turn
	if err := r.time(func() error {
		err := through(0, spoolCalls, func(int) error { return s.Export(b.Context(), events) })
		return errors.Join(err, s.Drain(b.Context()))
	}); err != nil {
		b.Fatal(err)
	}
	if err := s.Shutdown(b.Context()); err != nil {
		b.Fatal(err)
	}
	r.events, r.lost = came, spoolBatch*spoolCalls-came
	return r
}

func openSpool(b *testing.B, next event.Exporter) *exporters.Spool {
	b.Helper()
	s, err := exporters.NewSpool(b.TempDir(), next)
	if err != nil {
		b.Fatal(err)
	}
	return s
}

// bareFile returns what writes the events to a file of their own and syncs it.
func bareFile(b *testing.B, events []event.Event) (write func() error, done func()) {
	b.Helper()
	f, err := os.Create(filepath.Join(b.TempDir(), "bare"))
	if err != nil {
		b.Fatal(err)
	}
	var buf []byte
	return func() error {
			buf = buf[:0]
			for i := range events {
				buf = append(events[i].AppendJSON(buf), '\n')
			}
			if _, err := f.Write(buf); err != nil {
				return err
			}
			return f.Sync()
		}, func() {
			if err := f.Close(); err != nil {
				b.Fatal(err)
			}
		}
}
