package exporters_test

import (
	"context"
	"errors"
	"math/rand/v2"
	"os"
	"slices"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"testing"
	"testing/synctest"
	"time"

	"cairncx.dev/cairn/cx/event"
	"cairncx.dev/cairn/cx/telemetry/semconv"
	"cairncx.dev/cairn/exporters"
	"cairncx.dev/cairn/exporters/internal/fakedisk"
	"cairncx.dev/cairn/exporters/sink"
)

// end is what was known at the moment at which a process was killed.
type end struct {
	acked     int // Export has acknowledged the events before
	delivered []string
	dropped   uint64
}

// overflows runs a service whose spool keeps the newest and drops while the sink is away, takes its time, takes a
// part, or refuses, until the call k of the disk, which is the last; 0 lets it end by itself.
func overflows(m *model, k int) (e end, err error) {
	calls := 0
	next := &fake{}
	next.export = func(ctx context.Context, es []event.Event) error {
		calls++
		switch calls % 6 {
		case 1: // it is there
			return nil
		case 2: // its place is needed while it has the events
			return errors.Join(sleep(ctx, 4*time.Second), errSink)
		case 3: // the same, and it takes them
			return sleep(ctx, 4*time.Second)
		case 4: // it takes a part
			p := &sink.PartialError{}
			for i := 1; i < len(es); i++ {
				p.Failed = append(p.Failed, sink.Failure{Index: i, ID: es[i].ID, Err: errSink})
			}
			next.mu.Lock()
			next.names = append(next.names, es[0].Touchpoint)
			next.mu.Unlock()
			return p
		default:
			return errSink
		}
	}
	counts := newMeters()
	m.fail = func(call int, _ string) error {
		if call != k {
			return nil
		}
		e.delivered, e.dropped = next.got(), lost(counts)
		return errCrash
	}
	s, err := onDisk(m, next, exporters.WithOverflow(exporters.DropOldest), exporters.WithMeterProvider(counts))
	if err != nil {
		return e, err
	}
	for i := range 24 {
		if err = s.Export(background, spooled(i*6, i*6+6, 1200)); err != nil {
			break
		}
		e.acked = i*6 + 6
		_ = sleep(background, time.Second)
	}
	err = errors.Join(err, s.Shutdown(background))
	if k == 0 {
		e.delivered, e.dropped = next.got(), s.Stats().Dropped
	}
	return e, err
}

// lost returns how many events a spool has counted as dropped.
func lost(m *meters) (n uint64) {
	m.mu.Lock()
	defer m.mu.Unlock()
	for _, why := range []string{"queue_full", "damaged", "dead_letters"} {
		n += uint64(m.counts[semconv.SDKProcessorDroppedName+" "+why])
	}
	return n
}

// sleep waits by the bubble's clock, or until ctx is done.
func sleep(ctx context.Context, d time.Duration) error {
	select {
	case <-ctx.Done():
		return ctx.Err()
	case <-time.After(d):
		return nil
	}
}

// TestSpoolTellsWhatItDrops: a process whose spool makes room by dropping its oldest events is killed at each call
// of the disk in turn. What Export has acknowledged is delivered, or was counted as dropped by that process or by
// the next: never less. More is counted only of what a process had in its hands when it was killed, and of one
// segment, which is counted before it goes.
func TestSpoolTellsWhatItDrops(t *testing.T) {
	t.Parallel()
	whole := newModel()
	synctest.Test(t, func(t *testing.T) {
		e, err := overflows(whole, 0)
		must(t, err)
		if e.dropped == 0 || len(e.delivered) == 0 {
			t.Fatalf("this test would find nothing: %+v", e)
		}
	})
	first, step := 1, 1
	if os.Getenv("CAIRN_WHOLE") == "" {
		step = 3
		first += rand.IntN(step)
		t.Logf("every %dth call, from the %dth on; CAIRN_WHOLE=1 has all", step, first)
	}
	for k := first; k <= whole.calls; k += step {
		t.Run(strconv.Itoa(k), func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				m := newModel()
				first, err := overflows(m, k)
				if !errors.Is(err, errCrash) && k < whole.calls-10 {
					t.Fatalf("it was killed at call %d and says %v", k, err)
				}
				for _, c := range []fakedisk.Cut{kill, power, zeroed} {
					toldAfter(t, m, c, first)
				}
			})
		})
	}
}

// toldAfter has the next process deliver what is left, and compares.
func toldAfter(t *testing.T, m *model, c fakedisk.Cut, first end) {
	t.Helper()
	var rest fake
	disk := m.after(c)
	s, err := onDisk(disk, &rest, exporters.WithOverflow(exporters.DropOldest))
	must(t, err)
	must(t, s.Drain(t.Context()))
	must(t, s.Shutdown(t.Context()))
	got := append(slices.Clone(first.delivered), rest.got()...)
	gone := 0
	for _, name := range numbered(0, first.acked) {
		if !slices.Contains(got, name) {
			gone++
		}
	}
	st := s.Stats()
	told := int(first.dropped + st.Dropped)
	const inHand, segment = 4, 6
	if gone > told || told > gone+inHand+segment || st.Damaged > 0 {
		t.Errorf("after a %v at %q %d events are gone, %d were counted by the process that ended and %+v by the next\n%s",
			c, m.trace[len(m.trace)-1], gone, first.dropped, st, strings.Join(m.trace, "\n"))
	}
	// What the next process has said, the one after it does not say again.
	again, err := onDisk(disk, &fake{})
	must(t, err)
	must(t, again.Shutdown(t.Context()))
	if st := again.Stats(); st.Dropped != 0 {
		t.Errorf("after a %v at %q the third process counts again: %+v", c, m.trace[len(m.trace)-1], st)
	}
}

// segmentsOf returns the names of the segments, the oldest first.
func segmentsOf(m *model) []string {
	return slices.DeleteFunc(m.Names(), func(name string) bool { return !strings.HasSuffix(name, ".events1") })
}

// leaves returns the disk that a process has left whose sink took nothing of so many batches of six.
func leaves(t *testing.T, batches int) *model {
	t.Helper()
	m := newModel()
	s, err := onDisk(m, &fake{export: func(context.Context, []event.Event) error { return errSink }})
	must(t, err)
	for i := range batches {
		must(t, s.Export(t.Context(), spooled(i*6, i*6+6, 1200)))
	}
	must(t, s.Shutdown(t.Context()))
	return m.after(kill)
}

// TestSpoolTellsWhatIsMissing: records that are gone when a spool is opened are counted, however often opening it
// fails before, or the process ends: at each call of the disk.
func TestSpoolTellsWhatIsMissing(t *testing.T) {
	for _, c := range []struct {
		name    string
		harm    func(m *model)
		missing int
	}{
		{"the oldest segment", func(m *model) { m.Delete(segmentsOf(m)[0]) }, 6},
		{"all segments", func(m *model) {
			for _, name := range segmentsOf(m) {
				m.Delete(name)
			}
		}, 24},
	} {
		t.Run(c.name, func(t *testing.T) {
			bubble(t, func(t *testing.T) {
				from := leaves(t, 4)
				c.harm(from)
				for _, fault := range []error{errCrash, syscall.EIO, syscall.ENOSPC} {
					for k := 1; ; k++ {
						m := from.after(kill)
						failed, counted, counts := "", uint64(0), newMeters()
						m.fail = func(call int, does string) error {
							if call != k {
								return nil
							}
							failed, counted = does, lost(counts)
							return fault
						}
						s, err := onDisk(m, &fake{export: func(context.Context, []event.Event) error { return errSink }}, exporters.WithMeterProvider(counts))
						if err == nil { // it has counted them, and ends by itself or was killed
							synctest.Wait()
							counted = s.Stats().Damaged
							_ = s.Shutdown(t.Context())
						}
						if failed == "" {
							if k < 5 {
								t.Fatalf("this test would find nothing: opening makes %d calls", k)
							}
							break
						}
						next, err2 := onDisk(m.after(kill), &fake{})
						must(t, err2)
						must(t, next.Drain(t.Context()))
						must(t, next.Shutdown(t.Context()))
						again := next.Stats().Damaged
						if counted+again < uint64(c.missing) || err != nil && counted+again != uint64(c.missing) {
							t.Errorf("%s failed with %v (opening says %v): %d were counted, and by the next process %d, want %d in all", failed, fault, err, counted, again, c.missing)
						}
					}
				}
			})
		})
	}
}

// TestSpoolTellsWhatCannotBeRead: where the disk cannot read a part of the last segment, and no cursor says how many
// records there are, those behind it are delivered, and those in it are counted: no number is given twice.
func TestSpoolTellsWhatCannotBeRead(t *testing.T) {
	for _, c := range []struct {
		name     string
		from, to int64 // bytes that cannot be read
		exact    bool  // how many are there is known
	}{
		{"in the middle", 4096, 8192, true},
		{"the first block", 0, 4096, true},
		{"the end", 8192, 1 << 20, false},
		{"all of it", 0, 1 << 20, false},
	} {
		t.Run(c.name, func(t *testing.T) {
			bubble(t, func(t *testing.T) {
				const events = 12
				m := newModel()
				open := exporters.WithDisk(func(string) (exporters.Disk, error) { return m, nil })
				s, err := exporters.NewSpool("spool", &fake{export: func(context.Context, []event.Event) error { return errSink }}, open)
				must(t, err)
				must(t, s.Export(t.Context(), spooled(0, events, 900)))
				must(t, s.Shutdown(t.Context()))
				m = m.after(kill)
				m.Delete("cursor")
				last := segmentsOf(m)[0]
				m.Bad = func(name string, at, n int64) error {
					if name == last && at < c.to && at+n > c.from {
						return syscall.EIO
					}
					return nil
				}
				var got fake
				s, err = exporters.NewSpool("spool", &got, open)
				must(t, err)
				must(t, s.Export(t.Context(), spooled(1000, 1003, 10)))
				must(t, s.Drain(t.Context()))
				must(t, s.Shutdown(t.Context()))
				names, st := got.got(), s.Stats()
				after := slices.DeleteFunc(slices.Clone(names), func(name string) bool { return len(name) < 4 })
				same(t, after, numbered(1000, 1003), "what came after")
				gone := events - (len(names) - len(after))
				if st.Damaged != st.Dropped || int(st.Damaged) < gone || gone == 0 || c.exact && int(st.Damaged) != gone {
					t.Errorf("%d of %d are gone, %+v", gone, events, st)
				}
			})
		})
	}
}

// TestSpoolCountsOnce: what is dropped is counted once, whatever it was before: damaged and read, or delivered
// while the cursor could not be written.
func TestSpoolCountsOnce(t *testing.T) {
	t.Run("damaged, and dropped while it is read", func(t *testing.T) {
		bubble(t, func(t *testing.T) {
			m := leaves(t, 1)
			m.Damage(segmentsOf(m)[0], 2000) // of the second record
			reading, dropped := make(chan struct{}), make(chan struct{})
			var once sync.Once
			m.fail = func(_ int, does string) error {
				if does == "open damaged.jsonl" {
					once.Do(func() {
						close(reading)
						m.Mu.Unlock()
						<-dropped
						m.Mu.Lock()
					})
				}
				return nil
			}
			var got fake
			s, err := onDisk(m, &got, exporters.WithOverflow(exporters.DropOldest))
			must(t, err)
			<-reading
			for i := 1; segmentsOf(m)[0] == "00000000000000000001.events1"; i++ {
				must(t, s.Export(t.Context(), spooled(i*6, i*6+6, 1200)))
			}
			if st := s.Stats(); st.Dropped != 6 {
				t.Fatalf("%+v, and one segment was dropped", st)
			}
			close(dropped)
			must(t, s.Drain(t.Context()))
			must(t, s.Shutdown(t.Context()))
			if st := s.Stats(); st.Dropped != 6 || slices.Contains(got.got(), "0") {
				t.Errorf("%+v, want 6 dropped; delivered %v", st, got.got())
			}
		})
	})
	t.Run("delivered in part, behind a segment that the cursor could not pass", func(t *testing.T) {
		bubble(t, func(t *testing.T) {
			u := newUnwell(t, exporters.WithOverflow(exporters.DropOldest), exporters.WithBackoff(time.Hour, time.Hour))
			must(t, u.Export(t.Context(), spooled(0, 10, 700)))
			must(t, u.Drain(t.Context()))
			u.sink.mu.Lock()
			u.sink.export = func(_ context.Context, es []event.Event) error { // all but the last are taken
				u.sink.mu.Lock()
				defer u.sink.mu.Unlock()
				for i := range es[1:] {
					u.sink.names = append(u.sink.names, es[i].Touchpoint)
				}
				return &sink.PartialError{Failed: []sink.Failure{{Index: len(es) - 1, ID: es[len(es)-1].ID, Err: errSink}}}
			}
			u.sink.mu.Unlock()
			u.fails(1<<20, "write cursor", errDisk) // the first segment stays
			must(t, u.Export(t.Context(), spooled(10, 20, 700)))
			synctest.Wait()
			u.fails(0, "", nil)
			for i := 2; i < 16; i++ {
				must(t, u.Export(t.Context(), spooled(i*10, i*10+10, 700)))
			}
			st := u.Stats()
			if all := len(u.sink.got()) + int(st.Dropped) + int(st.Waiting); all != 160 || st.Dropped == 0 {
				t.Errorf("%d are delivered of 160, %+v", len(u.sink.got()), st)
			}
		})
	})
}

// TestSpoolDrainWaitsForWhatIsInHand: Drain does not return before it is known, and counted, what became of events
// that were dropped while the sink had them.
func TestSpoolDrainWaitsForWhatIsInHand(t *testing.T) {
	bubble(t, func(t *testing.T) {
		u := newUnwell(t, exporters.WithOverflow(exporters.DropOldest))
		answers := make(chan struct{})
		answer := sync.OnceFunc(func() { close(answers) })
		defer answer()
		u.sink.export = func(_ context.Context, es []event.Event) error {
			if es[0].Touchpoint == "0" {
				<-answers
				return errSink
			}
			return nil
		}
		must(t, u.Export(t.Context(), spooled(0, 10, 600)))
		synctest.Wait() // the sink has them
		drained := make(chan uint64, 1)
		go func() {
			_ = u.Drain(context.WithoutCancel(t.Context()))
			drained <- u.Stats().Dropped
		}()
		synctest.Wait()
		for i := 1; segmentsOf(u.disk.model)[0] == "00000000000000000001.events1"; i++ { // until its place is needed
			must(t, u.Export(t.Context(), spooled(i*10, i*10+10, 600)))
		}
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		if err := u.Drain(ctx); !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("while the sink has events Drain says %v", err)
		}
		select {
		case n := <-drained:
			t.Errorf("Drain returned while the sink had ten events that were dropped, and %d were counted", n)
		default:
			answer()
			if n := <-drained; n != 10 {
				t.Errorf("when Drain returned %d were counted as dropped, want 10", n)
			}
		}
		u.end(t)
	})
}
