package exporters_test

import (
	"context"
	"fmt"
	"slices"
	"sync/atomic"
	"testing"
	"time"

	"cairncx.dev/cairn/cx/event"
	"cairncx.dev/cairn/exporters"
	"cairncx.dev/cairn/exporters/sink"
)

// TestSpoolRefusesAll: a sink that refuses all of 16 events or more is asked five times more before they are
// dead letters, and one that refuses fewer is believed at once.
func TestSpoolRefusesAll(t *testing.T) {
	for _, c := range []struct{ events, asked int }{{1, 1}, {15, 1}, {16, 6}, {17, 6}, {40, 6}} {
		t.Run(fmt.Sprint(c.events, " events"), func(t *testing.T) {
			bubble(t, func(t *testing.T) {
				asked := 0 // for the whole batch
				dead := &fake{}
				u := newUnwell(t, exporters.WithDeadLetters(dead))
				u.sink.export = func(_ context.Context, es []event.Event) error {
					if len(es) == c.events {
						asked++
					}
					return sink.Permanent(errSink)
				}
				must(t, u.Export(t.Context(), spooled(0, c.events, 10)))
				must(t, u.Drain(t.Context()))
				if asked != c.asked || len(dead.got()) != c.events {
					t.Errorf("it was asked %d times, want %d; %d are dead letters", asked, c.asked, len(dead.got()))
				}
				u.end(t)
			})
		})
	}
}

// TestSpoolRefusesAllAgain: five refusals in a row are counted. One event that is taken in between begins anew.
func TestSpoolRefusesAllAgain(t *testing.T) {
	bubble(t, func(t *testing.T) {
		const events = 20
		var asked atomic.Int64
		var takes atomic.Bool
		dead := &fake{}
		u := newUnwell(t, exporters.WithDeadLetters(dead))
		u.sink.export = func(_ context.Context, es []event.Event) error {
			if len(es) == events && asked.Add(1) == 5 { // which is the last time but one
				takes.Store(true)
			}
			if !takes.Load() {
				return sink.Permanent(errSink)
			}
			return nil
		}
		must(t, u.Export(t.Context(), spooled(0, events, 10)))
		must(t, u.Drain(t.Context()))
		same(t, u.sink.got(), numbered(0, events), "it was put right in time")
		asked.Store(0)
		takes.Store(false)
		must(t, u.Export(t.Context(), spooled(100, 100+events, 10)))
		for tries := 0; asked.Load() < 4 && tries < 1000; tries++ {
			time.Sleep(time.Second)
		}
		if len(dead.got()) > 0 {
			t.Fatalf("after %d refusals in a row there are dead letters", asked.Load())
		}
		must(t, u.Drain(t.Context()))
		if n := asked.Load(); n != 5 || len(dead.got()) > 0 {
			t.Errorf("it was asked %d times, %d are dead letters", n, len(dead.got()))
		}
		u.end(t)
	})
}

// TestSpoolPauseBeginsAnew: the pause grows while the sink is away, and is short again once it has taken something.
func TestSpoolPauseBeginsAnew(t *testing.T) {
	bubble(t, func(t *testing.T) {
		var at []time.Time
		away := 7
		u := newUnwell(t, exporters.WithBackoff(time.Second, time.Hour))
		u.sink.export = func(context.Context, []event.Event) error {
			at = append(at, time.Now())
			if away > 0 {
				away--
				return errSink
			}
			return nil
		}
		must(t, u.Export(t.Context(), spooled(0, 1, 10)))
		must(t, u.Drain(t.Context()))
		for i := range 7 { // of a pause a backoff is the half more or less
			if gap, want := at[i+1].Sub(at[i]), time.Second<<i; gap < want/2 || gap > want*3/2 {
				t.Errorf("pause %d is %v, want about %v", i+1, gap, want)
			}
		}
		away, at = 1, nil
		must(t, u.Export(t.Context(), spooled(1, 2, 10)))
		must(t, u.Drain(t.Context()))
		if gap := at[1].Sub(at[0]); gap < time.Second/2 || gap > 3*time.Second/2 {
			t.Errorf("after a delivery the first pause is %v, want about a second", gap)
		}
		u.end(t)
	})
}

// TestSpoolDropsInHand: while the sink is away, what it was last given is dropped like the rest to make room,
// is counted once, and is not given to it again.
func TestSpoolDropsInHand(t *testing.T) {
	bubble(t, func(t *testing.T) {
		var back atomic.Bool
		u := newUnwell(t, exporters.WithOverflow(exporters.DropOldest))
		u.sink.export = func(context.Context, []event.Event) error {
			if !back.Load() {
				return errSink
			}
			return nil
		}
		for i := range 30 { // 200 KiB, of which 64 fit
			must(t, u.Export(t.Context(), spooled(i*10, i*10+10, 600)))
			time.Sleep(10 * time.Second)
		}
		back.Store(true)
		must(t, u.Drain(t.Context()))
		got, st := u.sink.got(), u.Stats()
		if len(got)+int(st.Dropped) != 300 || st.Dropped == 0 || st.Damaged != 0 {
			t.Errorf("%d are delivered of 300, %+v", len(got), st)
		}
		if n := len(got); !slices.Equal(got, numbered(300-n, 300)) {
			t.Errorf("the newest are to be delivered: %v", got)
		}
		u.end(t)
	})
}
