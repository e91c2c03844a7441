package exporters_test

import (
	"context"
	"fmt"
	"path/filepath"
	"slices"
	"sync/atomic"
	"testing"
	"time"

	"pgregory.net/rapid"

	"cairncx.dev/cairn/cx/event"
	"cairncx.dev/cairn/exporters"
	"cairncx.dev/cairn/exporters/sink"
)

// fussy is a sink that refuses a batch with poison in it as a whole, and is away at the calls of its plan.
type fussy struct {
	fake

	poison map[string]bool
	away   []bool // by call; it is there at all that come after
	calls  int
}

func (p *fussy) Export(ctx context.Context, events []event.Event) error {
	p.calls++
	if p.calls <= len(p.away) && p.away[p.calls-1] {
		return errSink
	}
	for i := range events {
		if p.poison[events[i].Touchpoint] {
			return sink.Permanent(errSink)
		}
	}
	return p.fake.Export(ctx, events)
}

// TestSearchModel: wherever the poison is and whenever the sink is away, also in the midst of a search, it gets
// everything else once and in order, and the dead letters are the poison, once and in order.
func TestSearchModel(t *testing.T) {
	t.Parallel()
	root := quick(t)
	var dirs atomic.Int64
	deliver := map[string]func(next, dead event.Exporter, es []event.Event) error{
		"spool": func(next, dead event.Exporter, es []event.Event) error {
			s, err := exporters.NewSpool(filepath.Join(root, fmt.Sprint(dirs.Add(1))), next, soon(),
				exporters.WithDeadLetters(dead), exporters.WithMaxBytes(64<<10))
			if err != nil {
				return err
			}
			ctx := context.Background()
			for _, do := range []func() error{
				func() error { return s.Export(ctx, es) }, func() error { return s.Drain(ctx) }, func() error { return s.Shutdown(ctx) },
			} {
				if err := do(); err != nil {
					return err
				}
			}
			return nil
		},
		"retry": func(next, dead event.Exporter, es []event.Event) error {
			r := exporters.NewRetry(next, exporters.WithDeadLetters(dead), exporters.WithBackoff(time.Microsecond, time.Microsecond))
			return r.Export(context.Background(), es)
		},
	}
	for name, deliver := range deliver {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			rapid.Check(t, func(rt *rapid.T) {
				n := rapid.IntRange(1, 40).Draw(rt, "events")
				// If all of 16 events were poison, it would think that the sink is set up wrong.
				bad := rapid.SliceOfNDistinct(rapid.IntRange(0, n-1), 0, min(n, 15), rapid.ID[int]).Draw(rt, "poison")
				slices.Sort(bad)
				p := &fussy{poison: map[string]bool{}, away: rapid.SliceOfN(rapid.Bool(), 0, 60).Draw(rt, "away")}
				refused := []string{}
				for _, k := range bad {
					refused = append(refused, fmt.Sprint(k))
					p.poison[fmt.Sprint(k)] = true
				}
				dead := &fake{}
				if err := deliver(p, dead, spooled(0, n, 3)); err != nil {
					rt.Fatal(err)
				}
				want := slices.DeleteFunc(numbered(0, n), func(name string) bool { return p.poison[name] })
				if got := p.got(); !slices.Equal(got, append([]string{}, want...)) {
					rt.Fatalf("the sink has %v, want %v", got, want)
				}
				if got := dead.got(); !slices.Equal(got, refused) {
					rt.Fatalf("the dead letters are %v, want %v", got, refused)
				}
			})
		})
	}
}
