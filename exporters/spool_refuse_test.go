package exporters_test

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"cairncx.dev/cairn/cx/event"
	"cairncx.dev/cairn/cx/telemetry/semconv"
	"cairncx.dev/cairn/exporters"
	"cairncx.dev/cairn/exporters/sink"
)

// TestSpoolTakesAPart: a batch that is larger than the spool is taken as far as there is room, and what was
// taken is delivered: nobody waits for another Export to go well.
func TestSpoolTakesAPart(t *testing.T) {
	bubble(t, func(t *testing.T) {
		s := &fake{}
		spool, err := exporters.NewSpool(filepath.Join(t.TempDir(), "spool"), s, exporters.WithMaxBytes(64<<10))
		must(t, err)
		all := spooled(0, 512, 300)
		synctest.Wait() // the goroutine waits to be woken
		err = spool.Export(t.Context(), all)
		p, ok := errors.AsType[*sink.PartialError](err)
		if !ok || !errors.Is(err, exporters.ErrSpoolFull) || sink.IsPermanent(err) {
			t.Fatalf("a batch that does not fit: %v", err)
		}
		taken := p.Failed[0].Index
		if taken == 0 || len(p.Failed) != 512-taken {
			t.Errorf("%d of 512 failed, the first at %d", len(p.Failed), taken)
		}
		synctest.Wait()
		if got := s.got(); !slices.Equal(got, numbered(0, taken)) {
			t.Errorf("without another call %d of %d were delivered", len(got), taken)
		}
		if st := spool.Stats(); st.Refused != uint64(512-taken) || st.Dropped != 0 {
			t.Errorf("%+v", st)
		}
		must(t, spool.Shutdown(t.Context()))
	})
}

// TestSpoolBuriesTheGiant: one event that is larger than the whole spool is a dead letter, and those around it
// are taken.
func TestSpoolBuriesTheGiant(t *testing.T) {
	bubble(t, func(t *testing.T) {
		s, dead := &fake{}, &fake{}
		spool, err := exporters.NewSpool(filepath.Join(t.TempDir(), "spool"), s, exporters.WithMaxBytes(64<<10), exporters.WithDeadLetters(dead))
		must(t, err)
		all := spooled(0, 3, 10)
		all[1].Cause = strings.Repeat("x", 70<<10)
		must(t, spool.Export(t.Context(), all))
		must(t, spool.Drain(t.Context()))
		same(t, s.got(), []string{"0", "2"}, "they fit")
		same(t, dead.got(), []string{"1"}, "it never will")
		must(t, spool.Shutdown(t.Context()))
	})
}

// TestSpoolFlushTells: Flush tells everybody who asks of what was refused, until it has come again.
func TestSpoolFlushTells(t *testing.T) {
	t.Parallel()
	hold := make(chan struct{})
	s := &fake{export: func(ctx context.Context, _ []event.Event) error {
		select {
		case <-hold:
			return nil
		case <-ctx.Done():
			return ctx.Err()
		}
	}}
	spool := newSpool(t, t.TempDir(), s, exporters.WithMaxBytes(64<<10))
	ctx := t.Context()
	full := spooled(0, 10, 6<<10) // of which about nine fit
	refused := func() []event.Event {
		for {
			full[0].ID = event.NewID(time.Unix(1, 0))
			if err := spool.Export(ctx, full[:1]); err != nil {
				return slices.Clone(full[:1])
			}
		}
	}
	again := refused()
	errs := make(chan error)
	for range 2 {
		go func() { errs <- spool.Flush(ctx) }()
	}
	first, second := <-errs, <-errs
	if !errors.Is(first, exporters.ErrSpoolFull) && !errors.Is(second, exporters.ErrSpoolFull) {
		t.Errorf("two who flush are told %v and %v", first, second)
	}
	if err := spool.Flush(ctx); err != nil {
		t.Errorf("it is told again: %v", err)
	}
	other := refused()
	close(hold)
	must(t, spool.Drain(ctx))
	must(t, spool.Export(ctx, again))
	if err := spool.Flush(ctx); err == nil {
		t.Error("what was refused last has not come again, and Flush says nothing")
	}
	must(t, spool.Export(ctx, other))
	if err := spool.Flush(ctx); err != nil {
		t.Errorf("everything has come again: %v", err)
	}
}

// TestRetryIntoSpool: what a Retry has brought into a full spool after all is safe.
func TestRetryIntoSpool(t *testing.T) {
	bubble(t, func(t *testing.T) {
		var back atomic.Bool
		s := &fake{export: func(context.Context, []event.Event) error {
			if back.Load() {
				return nil
			}
			return errSink
		}}
		spool, err := exporters.NewSpool(filepath.Join(t.TempDir(), "spool"), s, exporters.WithMaxBytes(64<<10))
		must(t, err)
		r := exporters.NewRetry(spool)
		must(t, r.Export(t.Context(), spooled(0, 100, 400)))
		time.AfterFunc(10*time.Second, func() { back.Store(true) })
		must(t, r.Export(t.Context(), spooled(100, 200, 400))) // for which there is no room at first
		if err := r.Flush(t.Context()); err != nil {
			t.Errorf("everything is on the disk, and Flush says %v", err)
		}
		must(t, spool.Drain(t.Context()))
		same(t, s.got(), numbered(0, 200), "in order")
		must(t, r.Shutdown(t.Context()))
	})
}

// TestSpoolTellsAnSRE: an SRE sees how full it is, what fails and why, and each lost event once.
func TestSpoolTellsAnSRE(t *testing.T) {
	bubble(t, func(t *testing.T) {
		m := newMeters()
		dir := filepath.Join(t.TempDir(), "spool")
		tries := 0
		s := &fake{export: func(_ context.Context, es []event.Event) error {
			switch tries++; {
			case tries == 1:
				return errSink
			case len(es) == 1 && es[0].Touchpoint == "1":
				return sink.Permanent(errSink)
			case slices.ContainsFunc(es, func(e event.Event) bool { return e.Touchpoint == "1" }):
				return sink.Permanent(errSink)
			}
			return nil
		}}
		spool, err := exporters.NewSpool(dir, s, exporters.WithMaxBytes(1<<20), exporters.WithMeterProvider(m))
		must(t, err)
		must(t, spool.Export(t.Context(), spooled(0, 4, 10)))
		must(t, spool.Drain(t.Context()))
		got := m.all()
		if got[semconv.SDKSpoolUsageName] <= 0 || got[semconv.SDKSpoolUsageName] != spool.Stats().Bytes {
			t.Errorf("usage is %d, Stats has %d", got[semconv.SDKSpoolUsageName], spool.Stats().Bytes)
		}
		delete(got, semconv.SDKSpoolUsageName)
		want := map[string]int64{
			semconv.SDKExporterExportedName + " transient": 4, semconv.SDKExporterExportedName: 3, semconv.SDKProcessorProcessedName: 3,
			semconv.SDKExporterExportedName + " permanent": 1, semconv.SDKProcessorProcessedName + " permanent": 1,
			semconv.SDKProcessorDroppedName + " permanent": 1, // a dead letter
			semconv.SDKSpoolLimitName:                      1 << 20, semconv.SDKProcessorQueueSizeName: 0, semconv.SDKExporterInflightName: 0,
		}
		for name, n := range want {
			if got[name] != n {
				t.Errorf("%s is %d, want %d", name, got[name], n)
			}
			delete(got, name)
		}
		if len(got) > 0 {
			t.Errorf("there is also %v", got)
		}
		must(t, spool.Shutdown(t.Context()))
		if _, ok := m.all()[semconv.SDKSpoolLimitName]; ok {
			t.Error("the gauges are still there")
		}
	})
}

// TestLostDeadLetters: a dead letter that cannot be kept is lost, and counted once, as that.
func TestLostDeadLetters(t *testing.T) {
	bubble(t, func(t *testing.T) {
		m := newMeters()
		dir := filepath.Join(t.TempDir(), "spool")
		s := &fake{export: func(context.Context, []event.Event) error { return sink.Permanent(errSink) }}
		spool, err := exporters.NewSpool(dir, s, exporters.WithMeterProvider(m))
		must(t, err)
		must(t, os.Mkdir(filepath.Join(dir, "dead.jsonl"), 0o700)) // where the file is to be
		must(t, spool.Export(t.Context(), spooled(0, 3, 10)))
		must(t, spool.Drain(t.Context()))
		got := m.all()
		if got[semconv.SDKProcessorDroppedName+" dead_letters"] != 3 || got[semconv.SDKProcessorDroppedName+" permanent"] != 0 {
			t.Errorf("counted as dropped: %v", got)
		}
		if st := spool.Stats(); st.Dropped != 3 || st.DeadLetters != 3 {
			t.Errorf("%+v", st)
		}
		must(t, spool.Shutdown(t.Context()))
	})
}

// TestSinkThatRefusesAllIsSeen: while a spool waits for a sink that refuses everything to be put right, each try
// is counted; and a Retry whose caller gives up meanwhile buries nothing, for the caller still has the events.
func TestSinkThatRefusesAllIsSeen(t *testing.T) {
	bubble(t, func(t *testing.T) {
		m := newMeters()
		tries := 0
		s := &fake{export: func(_ context.Context, es []event.Event) error {
			if len(es) == 20 {
				tries++
			}
			if tries > 3 { // it is put right
				return nil
			}
			return sink.Permanent(errSink)
		}}
		spool, err := exporters.NewSpool(filepath.Join(t.TempDir(), "spool"), s, exporters.WithMeterProvider(m))
		must(t, err)
		must(t, spool.Export(t.Context(), spooled(0, 20, 10)))
		must(t, spool.Drain(t.Context()))
		got := m.all()
		if n := got[semconv.SDKExporterExportedName+" permanent"]; n != 60 || got[semconv.SDKProcessorDroppedName+" permanent"] != 0 {
			t.Errorf("three tries of 20 events are counted as %d: %v", n, got)
		}
		same(t, s.got(), numbered(0, 20), "it was put right")
		must(t, spool.Shutdown(t.Context()))

		dead := &fake{}
		r := exporters.NewRetry(&fake{export: func(context.Context, []event.Event) error { return sink.Permanent(errSink) }},
			exporters.WithDeadLetters(dead))
		ctx, cancel := context.WithCancel(t.Context())
		time.AfterFunc(time.Second, cancel)
		if err := r.Export(ctx, spooled(0, 20, 10)); err == nil || sink.IsPermanent(err) || len(dead.got()) > 0 {
			t.Errorf("given up: %v, with the dead letters %v", err, dead.got())
		}
	})
}
