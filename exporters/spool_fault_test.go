package exporters_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"testing"
	"testing/synctest"
	"time"

	"cairncx.dev/cairn/cx/event"
	"cairncx.dev/cairn/exporters"
	"cairncx.dev/cairn/exporters/internal/fakedisk"
)

// run is what a scripted process has seen.
type run struct {
	started   bool
	flushed   []string // acknowledged by a Flush that said nil
	delivered []string
	stats     exporters.SpoolStats
	err       error
}

// onDisk opens a spool on the model.
func onDisk(m *model, next event.Exporter, opts ...exporters.SpoolOption) (*exporters.Spool, error) {
	return exporters.NewSpool("spool", next, append(opts, exporters.WithBackoff(100*time.Millisecond, 100*time.Millisecond), exporters.WithMaxBytes(64<<10), exporters.WithBatchSize(4),
		exporters.WithDisk(func(string) (exporters.Disk, error) { return m, nil }))...)
}

// scripted is a service with a sink that is away at first: it exports, comes back with what failed,
// flushes, drains in between, and shuts down.
func scripted(m *model) (r run) {
	var mu sync.Mutex
	calls := 0
	next := &fake{export: func(context.Context, []event.Event) error {
		mu.Lock()
		defer mu.Unlock()
		if calls++; calls <= 3 {
			return errSink
		}
		return nil
	}}
	s, err := onDisk(m, next)
	if err != nil {
		r.err = err
		return r
	}
	r.started = true
	bounded := func(f func(context.Context) error) error {
		ctx, cancel := context.WithTimeout(context.Background(), 5*time.Second) // of the bubble's clock
		defer cancel()
		return f(ctx)
	}
	var exported []string
	n := 0
	for i := range 10 {
		es := spooled(n, n+3, 1200)
		n += 3
		for range 3 { // a Retry
			if r.err = bounded(func(ctx context.Context) error { return s.Export(ctx, es) }); r.err == nil {
				exported = append(exported, numbered(n-3, n)...)
				break
			}
		}
		if bounded(s.Flush) == nil {
			r.flushed = slices.Clone(exported)
		}
		if i%4 == 3 {
			_ = bounded(s.Drain)
		}
	}
	r.err = bounded(s.Shutdown)
	r.stats = s.Stats()
	r.delivered = next.got()
	return r
}

// TestSpoolEveryCallFails: each call of the disk in turn fails, once, three times or for ever, or is the last
// before the process or the machine ends. After that NewSpool goes well, what Flush has acknowledged is
// delivered, and nothing is said to be damaged that is not.
func TestSpoolEveryCallFails(t *testing.T) {
	t.Parallel()
	whole := newModel()
	synctest.Test(t, func(t *testing.T) {
		if r := scripted(whole); r.err != nil || len(r.flushed) != 30 || len(slices.Compact(r.delivered)) < 24 {
			t.Fatalf("without a fault: %+v", r)
		}
	})
	step := 1
	if testing.Short() { // the calls after one another have much in common
		step = 7
	}
	for k := 1; k <= whole.calls+5; k += step {
		t.Run(strconv.Itoa(k), func(t *testing.T) {
			for _, c := range []struct {
				times int
				fault error
			}{{1, syscall.EIO}, {3, syscall.ENOSPC}, {1 << 30, syscall.EIO}, {1 << 30, syscall.EMFILE}, {1, errCrash}} {
				synctest.Test(t, func(t *testing.T) { spoolFails(t, k, c.times, c.fault) })
			}
		})
	}
}

func spoolFails(t *testing.T, k, times int, fault error) {
	t.Helper()
	m := newModel()
	what := ""
	m.fail = func(call int, does string) error {
		if call >= k && call < k+times && !strings.HasPrefix(does, "close ") {
			if call == k {
				what = does
			}
			return fault
		}
		return nil
	}
	first := scripted(m)
	for _, c := range []fakedisk.Cut{kill, power, zeroed} {
		where := fmt.Sprintf("call %d (%s) and %d more fail with %v (the end: %v), then a %v", k, what, times-1, fault, first.err, c)
		after := m.after(c)
		var rest fake
		s, err := onDisk(after, &rest)
		if err != nil {
			t.Fatalf("%s: NewSpool: %v\n%s", where, err, strings.Join(m.trace, "\n"))
		}
		ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
		defer cancel()
		err = errors.Join(s.Export(ctx, spooled(1000, 1001, 1)), s.Flush(ctx), s.Drain(ctx), s.Shutdown(ctx))
		if err != nil {
			t.Fatalf("%s: %v\n%s", where, err, strings.Join(m.trace, "\n"))
		}
		got := append(slices.Clone(first.delivered), rest.got()...)
		missing := 0
		for _, name := range append([]string{"1000"}, first.flushed...) {
			if !slices.Contains(got, name) {
				missing++
			}
		}
		st := s.Stats()
		if damaged := int(first.stats.Damaged); missing > damaged {
			t.Fatalf("%s: %d events were acknowledged, are not delivered, and not counted; %+v, then %+v\n%s", where, missing, first.stats, st, strings.Join(m.trace, "\n"))
		}
		if missing > 0 && !(fault == syscall.EIO && times > 1) {
			t.Fatalf("%s: %d events are lost, which the disk had", where, missing)
		}
		if st.Damaged != 0 || st.Dropped != 0 {
			t.Fatalf("%s: %+v, and nothing is damaged\n%s", where, st, strings.Join(m.trace, "\n"))
		}
	}
}
