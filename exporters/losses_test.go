package exporters_test

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"cairncx.dev/cairn/cx/event"
	"cairncx.dev/cairn/exporters"
	"cairncx.dev/cairn/exporters/sink"
)

// checkLoss checks that err says what was lost, and nil where nothing was.
func checkLoss(t *testing.T, err error, want map[string]uint64) {
	t.Helper()
	if len(want) == 0 {
		if err != nil {
			t.Errorf("%v, want nil", err)
		}
		return
	}
	got := map[string]uint64{}
	for _, l := range losses(err) {
		for class, n := range l.Lost {
			got[class] += n
		}
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("%v (-want +got):\n%s", err, diff)
	}
}

// losses returns every LossError in err.
func losses(err error) (all []*exporters.LossError) {
	switch e := err.(type) { //nolint:errorlint // every branch of the tree is looked at
	case *exporters.LossError:
		all = append(all, e)
	case interface{ Unwrap() []error }:
		for _, err := range e.Unwrap() {
			all = append(all, losses(err)...)
		}
	case interface{ Unwrap() error }:
		all = losses(e.Unwrap())
	}
	return all
}

// refusing fails with err as long as it is set.
type refusing struct {
	mu  sync.Mutex
	err error
}

func (r *refusing) set(err error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.err = err
}

func (r *refusing) export(context.Context, []event.Event) error {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.err
}

// TestFlushTellsLosses: "let Flush return what was dropped since the last one", once, then nil again.
func TestFlushTellsLosses(t *testing.T) {
	for _, c := range []struct {
		name, reason string
		err          error
		want         map[string]uint64 // of ten events
	}{
		{"taken", "nothing is lost", nil, nil},
		{"transient", "a Batch does not try again", errSink, map[string]uint64{"transient": 10}},
		{"permanent", "refused for good", sink.Permanent(errSink), map[string]uint64{"permanent": 10}},
		{"a full spool", "it waits for room, the Batch does not", sink.RetryAfter(fmt.Errorf("x: %w", exporters.ErrSpoolFull), time.Second), map[string]uint64{"queue_full": 10}},
		{"in part", "each event for its own reason", &sink.PartialError{Failed: []sink.Failure{
			{Index: 1, Err: sink.Permanent(errSink)}, {Index: 3, Err: errSink}, {Index: 4, Err: context.DeadlineExceeded},
		}}, map[string]uint64{"permanent": 1, "transient": 1, "timeout": 1}},
		{"one of them twice", "it is lost once, and its last word is permanent", &sink.PartialError{Failed: []sink.Failure{
			{Index: 1, Err: errSink}, {Index: 1, Err: sink.Permanent(errSink)}, {Index: 1, Err: errSink},
		}}, map[string]uint64{"permanent": 1}},
		{"in part, and none is named", "nothing is known, so all of them", &sink.PartialError{}, map[string]uint64{"transient": 10}},
		{"in part, and others are named", "nothing is known, so all of them", &sink.PartialError{Failed: []sink.Failure{{Index: 10, Err: errSink}}}, map[string]uint64{"transient": 10}},
	} {
		t.Run(c.name, func(t *testing.T) {
			bubble(t, func(t *testing.T) {
				m := newMeters()
				r := &refusing{err: c.err}
				b := down(t, exporters.NewBatch(&fake{export: r.export}, exporters.WithMeterProvider(m), exporters.WithName("sales")))
				process := func() {
					for i := range 10 {
						b.Process(background, touch(fmt.Sprint(i)))
					}
				}
				process()
				if _, err := b.Forget(background, "hash"); err != nil {
					t.Errorf("Forget: %v: what is lost is not there to be forgotten", err)
				}
				if err := b.Wait(background); err != nil {
					t.Errorf("Wait: %v: it leaves losses to Flush", err)
				}
				err := b.Flush(background)
				checkLoss(t, err, c.want)
				if c.want != nil && (!strings.Contains(err.Error(), "sales: ") || !errors.Is(err, losses(err)[0].Err)) {
					t.Errorf("%v, want the name and the exporter's error: %s", err, c.reason)
				}
				checkLoss(t, b.Flush(background), nil)
				for class, n := range c.want {
					if got := m.all()["cx.sdk.processor.dropped "+class]; got != int64(n) {
						t.Errorf("%d are counted as %s, want %d: %s", got, class, n, c.reason)
					}
				}
				r.set(nil)
				process()
				checkLoss(t, b.Flush(background), nil)
				r.set(c.err)
				process()
				checkLoss(t, b.Flush(background), c.want)
			})
		})
	}
}

// TestFlushOfFullQueue: "a full Batch before a Spool": what it could not take is told.
func TestFlushOfFullQueue(t *testing.T) {
	bubble(t, func(t *testing.T) {
		spool, err := exporters.NewSpool(t.TempDir()+"/spool", &fake{})
		if err != nil {
			t.Fatal(err)
		}
		b := down(t, exporters.NewBatch(spool, exporters.WithQueueSize(4), exporters.WithInterval(time.Hour), exporters.WithBatchSize(4)))
		for i := range 100 { // nothing in a bubble keeps the queue's goroutine from running: count what it takes
			b.Process(background, touch(fmt.Sprint(i)))
		}
		err = b.Flush(background)
		taken := spool.Stats().Waiting
		if derr := spool.Drain(background); derr != nil {
			t.Error(derr)
		}
		var lost uint64
		for _, l := range losses(err) {
			lost += l.Events()
		}
		if lost == 0 || taken > 100-lost {
			t.Errorf("100 events into a queue of 4: %v, and %d wait on the disk", err, taken)
		}
		checkLoss(t, b.Flush(background), nil)
	})
}

// TestFlushesBesideEachOther: every Flush that is under way hears of a loss, and none after that.
func TestFlushesBesideEachOther(t *testing.T) {
	bubble(t, func(t *testing.T) {
		gate := make(chan struct{})
		b := down(t, exporters.NewBatch(&fake{export: func(context.Context, []event.Event) error { <-gate; return errSink }},
			exporters.WithTimeout(time.Hour)))
		b.Process(background, touch("0"))
		errs := make([]error, 4)
		var flushing sync.WaitGroup
		for i := range errs {
			flushing.Go(func() { errs[i] = b.Flush(background) })
		}
		synctest.Wait()
		close(gate)
		flushing.Wait()
		for _, err := range errs {
			checkLoss(t, err, map[string]uint64{"transient": 1})
		}
		checkLoss(t, b.Flush(background), nil)
	})
}

// TestFlushOutOfTime: it says both that it ran out of time and what was lost so far.
func TestFlushOutOfTime(t *testing.T) {
	bubble(t, func(t *testing.T) {
		gate := make(chan struct{})
		b := down(t, exporters.NewBatch(&fake{export: func(context.Context, []event.Event) error { <-gate; return nil }},
			exporters.WithQueueSize(1), exporters.WithTimeout(time.Hour)))
		b.Process(background, touch("0"))
		synctest.Wait() // it is being exported
		b.Process(background, touch("1"))
		b.Process(background, touch("2"))
		err := b.Flush(within(time.Second))
		if !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("%v, want that the time is up", err)
		}
		checkLoss(t, err, map[string]uint64{"queue_full": 1})
		close(gate)
		checkLoss(t, b.Flush(background), nil)
	})
}

// TestFlushAfterShutdown: what comes after Shutdown is lost, and that is told.
func TestFlushAfterShutdown(t *testing.T) {
	bubble(t, func(t *testing.T) {
		b := exporters.NewBatch(&fake{})
		if err := b.Shutdown(background); err != nil {
			t.Fatal(err)
		}
		b.Process(background, touch("too late"))
		checkLoss(t, b.Flush(background), map[string]uint64{"already_shutdown": 1})
		checkLoss(t, b.Flush(background), nil)
	})
}

// TestTeeTellsLosses: of each sink, whatever stands in front of the Tee; a Forget tells none of it.
func TestTeeTellsLosses(t *testing.T) {
	bubble(t, func(t *testing.T) {
		away := &refusing{err: errSink}
		refuses := &refusing{err: sink.Permanent(errSink)}
		inner := exporters.NewTee([]event.Exporter{&fake{export: away.export}, &fake{}})
		b := down(t, exporters.NewBatch(exporters.NewRetry(exporters.NewTee([]event.Exporter{inner, &fake{export: refuses.export}}))))
		for i := range 10 {
			b.Process(background, touch(fmt.Sprint(i)))
		}
		if _, err := b.Forget(background, "hash"); err != nil {
			t.Error(err)
		}
		if err := b.Wait(background); err != nil {
			t.Error(err)
		}
		err := b.Flush(background)
		checkLoss(t, err, map[string]uint64{"transient": 10, "permanent": 10})
		if n := len(losses(err)); n != 2 {
			t.Errorf("%d queues tell what they lost, want 2: %v", n, err)
		}
		checkLoss(t, b.Flush(background), nil)
	})
}

// TestTeeWithoutSink: a sink that is nil delivers nothing, and that is said.
func TestTeeWithoutSink(t *testing.T) {
	const want = "NewTee: sink 2 of 2 is left out"
	before := reported(want)
	if err := exporters.NewTee([]event.Exporter{&fake{}, nil}).Shutdown(background); err != nil {
		t.Fatal(err)
	}
	if reported(want) != before+1 {
		t.Error("it was not reported")
	}
}

// TestShutdownCountsWhatIsLeft: "an orderly Shutdown that runs out of time counts what is left", once.
func TestShutdownCountsWhatIsLeft(t *testing.T) {
	for _, c := range []struct {
		name, reason string
		concurrency  int
		later        error // of the calls after the time was up
	}{
		{"delivered later", "it stays counted as it is", 1, nil},
		{"failed later", "it is not counted again", 1, errSink},
		{"delivered later, side by side", "it stays counted as it is", 4, nil},
	} {
		t.Run(c.name, func(t *testing.T) {
			bubble(t, func(t *testing.T) {
				m := newMeters()
				gate := make(chan struct{})
				s := &fake{export: func(context.Context, []event.Event) error { <-gate; return c.later }}
				b := exporters.NewBatch(s, exporters.WithBatchSize(3), exporters.WithTimeout(time.Hour), exporters.WithMeterProvider(m), exporters.WithConcurrency(c.concurrency))
				for i := range 10 {
					e := touch(fmt.Sprint(i))
					e.Journey = event.Run{Name: "checkout", ID: fmt.Sprint(i)}
					b.Process(background, e)
				}
				for range 2 { // however often
					err := b.Shutdown(within(time.Second))
					if !errors.Is(err, context.DeadlineExceeded) || !strings.Contains(err.Error(), "10 events were dropped (10 timeout)") {
						t.Errorf("%v, want that the time is up and how much is left", err)
					}
					checkLoss(t, err, map[string]uint64{"timeout": 10})
					all := m.all()
					maps.DeleteFunc(all, func(_ string, n int64) bool { return n == 0 })
					if diff := cmp.Diff(map[string]int64{"cx.sdk.processor.dropped timeout": 10, "cx.sdk.processor.queue.capacity": 8192}, all); diff != "" {
						t.Errorf("%s (-want +got):\n%s", c.reason, diff)
					}
				}
				close(gate)
				if err := b.Shutdown(background); err != nil {
					t.Error(err)
				}
				if diff := cmp.Diff(map[string]int64{"cx.sdk.processor.dropped timeout": 10}, m.all()); diff != "" {
					t.Errorf("in the end: %s (-want +got):\n%s", c.reason, diff)
				}
				if c.later == nil && len(s.got()) != 10 {
					t.Errorf("%d events were delivered, want 10", len(s.got()))
				}
				checkLoss(t, b.Flush(background), nil) // Shutdown has told it
			})
		})
	}
}

// TestConservation: every event that Process was given is in exactly one of exported, dropped and still
// queued, by the metrics; what was dropped was told by a Flush, or by the Shutdown that ran out of time.
func TestConservation(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(rt *rapid.T) {
		synctest.Test(t, func(t *testing.T) { conserves(t, rt) })
	})
}

func conserves(t *testing.T, rt *rapid.T) {
	m := newMeters()
	var mu sync.Mutex
	mode, gate := "ok", make(chan struct{})
	arrived := map[string]int{}
	s := &fake{export: func(ctx context.Context, events []event.Event) error {
		mu.Lock()
		how, wait := mode, gate
		mu.Unlock()
		if how == "blocks" {
			select {
			case <-wait:
			case <-ctx.Done():
				return fmt.Errorf("sink: %w", ctx.Err())
			}
		}
		p := &sink.PartialError{}
		mu.Lock()
		defer mu.Unlock()
		for i := range events {
			switch {
			case how == "part" && i%3 == 1:
				p.Failed = append(p.Failed, sink.Failure{Index: i, Err: sink.Permanent(errSink)})
			case how == "part" && i%3 == 2:
				p.Failed = append(p.Failed, sink.Failure{Index: i, Err: errSink})
			case how == "ok", how == "part", how == "blocks":
				arrived[events[i].Touchpoint]++
			}
		}
		switch {
		case how == "panics":
			panic("no")
		case how == "fails":
			return errSink
		case len(p.Failed) > 0:
			return p
		}
		return nil
	}}
	b := exporters.NewBatch(s, exporters.WithMeterProvider(m), exporters.WithTimeout(10*time.Second), exporters.WithInterval(time.Second),
		exporters.WithQueueSize(rapid.IntRange(1, 30).Draw(rt, "queue")), exporters.WithBatchSize(rapid.IntRange(1, 30).Draw(rt, "size")),
		exporters.WithConcurrency(rapid.IntRange(1, 3).Draw(rt, "concurrency")))
	given, late := 0, false
	told := uint64(0)
	tell := func(err error) {
		for _, l := range losses(err) {
			told += l.Events()
		}
	}
	check := func() {
		synctest.Wait()
		all := m.all()
		var dropped int64
		for k, n := range all {
			if strings.HasPrefix(k, "cx.sdk.processor.dropped") {
				dropped += n
			}
		}
		exported := all["cx.sdk.exporter.exported"]
		if sum := exported + dropped + all["cx.sdk.processor.queue.size"] + all["cx.sdk.exporter.inflight"]; sum != int64(given) {
			rt.Fatalf("%d events were given, and %d are accounted for: %v", given, sum, all)
		}
		mu.Lock()
		defer mu.Unlock()
		if !late && len(arrived) != int(exported) {
			rt.Fatalf("%d events have arrived, and %d are counted", len(arrived), exported)
		}
	}
	set := func(how string) {
		mu.Lock()
		defer mu.Unlock()
		mode = how
		close(gate)
		gate = make(chan struct{})
	}
	for range rapid.IntRange(1, 25).Draw(rt, "steps") {
		switch rapid.SampledFrom([]string{"process", "process", "mode", "mode", "flush", "shutdown", "wait"}).Draw(rt, "step") {
		case "process":
			for range rapid.IntRange(1, 40).Draw(rt, "events") {
				e := touch(fmt.Sprint(given))
				e.Journey = event.Run{Name: "j", ID: fmt.Sprint(given % 7)}
				b.Process(background, e)
				given++
			}
		case "mode":
			set(rapid.SampledFrom([]string{"ok", "fails", "blocks", "panics", "part"}).Draw(rt, "mode"))
		case "flush":
			tell(b.Flush(within(5 * time.Second)))
		case "shutdown":
			if err := b.Shutdown(within(2 * time.Second)); err != nil && !late {
				late = true
				tell(err)
			}
		case "wait":
			time.Sleep(2 * time.Second) // of the bubble
		}
		check()
	}
	set("ok")
	tell(b.Flush(background))
	if err := b.Shutdown(background); err != nil {
		rt.Fatal(err)
	}
	check()
	all := m.all()
	var dropped uint64
	for _, k := range slices.Collect(maps.Keys(all)) {
		if strings.HasPrefix(k, "cx.sdk.processor.dropped") {
			dropped += uint64(all[k])
		}
	}
	if told != dropped {
		rt.Fatalf("%d events are counted as dropped, and %d were told: %v", dropped, told, all)
	}
}

// TestFlushTellsWhy: Err of a LossError is what the exporter said about these losses, and nothing where the queue
// alone was the reason, whatever an earlier Flush has told.
func TestFlushTellsWhy(t *testing.T) {
	bubble(t, func(t *testing.T) {
		r := &refusing{err: errSink}
		gate := make(chan struct{})
		b := down(t, exporters.NewBatch(&fake{export: func(ctx context.Context, es []event.Event) error {
			if es[0].Touchpoint == "waits" {
				<-gate
			}
			return r.export(ctx, es)
		}}, exporters.WithQueueSize(2), exporters.WithBatchSize(2)))
		b.Process(background, touch("refused"))
		if all := losses(b.Flush(background)); len(all) != 1 || !errors.Is(all[0].Err, errSink) {
			t.Fatalf("%+v, want what the sink says", all)
		}
		r.set(nil)
		b.Process(background, touch("waits"))
		b.Process(background, touch("waits"))
		synctest.Wait() // the sink has them
		for i := range 5 {
			b.Process(background, touch(fmt.Sprint(i)))
		}
		close(gate)
		all := losses(b.Flush(background))
		if len(all) != 1 || all[0].Events() != 3 || all[0].Err != nil {
			t.Errorf("%+v, want three lost, for the queue was full, and no error of the sink", all)
		}
	})
}

// TestShutdownCountsTheRest: of a batch that goes to the sink in several calls, those whose call is over are not
// counted as dropped when Shutdown runs out of time.
func TestShutdownCountsTheRest(t *testing.T) {
	for _, rest := range []int{1, 2, 7} {
		t.Run(fmt.Sprint(rest), func(t *testing.T) {
			bubble(t, func(t *testing.T) {
				gate := make(chan struct{})
				b := down(t, exporters.NewBatch(&fake{export: func(_ context.Context, es []event.Event) error {
					if es[0].Journey.ID == "1" {
						<-gate
					}
					return nil
				}}, exporters.WithConcurrency(2), exporters.WithInterval(time.Second)))
				for i := range 5 + rest {
					e := touch(fmt.Sprint(i))
					e.Journey = event.Run{Name: "checkout", ID: "0"} // the two differ in the last bit, and go in calls of their own
					if i >= 5 {
						e.Journey.ID = "1"
					}
					b.Process(background, e)
				}
				time.Sleep(2 * time.Second)
				synctest.Wait()
				for range 2 { // whoever calls it again hears what is left now
					checkLoss(t, b.Shutdown(within(time.Second)), map[string]uint64{"timeout": uint64(rest)})
				}
				close(gate)
				checkLoss(t, b.Shutdown(background), nil)
			})
		})
	}
}
