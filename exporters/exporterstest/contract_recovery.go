package exporterstest

import (
	"context"
	"errors"
	"fmt"
	"testing"
	"time"

	"cairncx.dev/cairn/cx/event"
	"cairncx.dev/cairn/exporters/sink"
)

const (
	// impatience bounds a call while the sink fails: how long a sink waits by itself is its own affair.
	impatience = 300 * time.Millisecond
	// tries is how many calls may fail after the sink works again: a broken connection, or an answer that was
	// under way, may be noticed no sooner.
	tries = 5
)

var recoveries = []contract{
	{"one failure after another", "an exporter that has seen many outages is as good as one that has seen none", oneAfterAnother},
	{"failures before the first call", "a service may start during an outage", firstFails},
}

// recovers tests the recovery from each of the sink's outages.
func (r *runner) recovers(t *testing.T) {
	t.Helper()
	t.Run("recovers from", func(t *testing.T) {
		names := r.outages(t)
		if len(names) == 0 {
			t.Skip("skipped: the sink lists no outages")
		}
		for i, name := range names {
			for _, used := range []bool{false, true} {
				when := "before the first call"
				if used {
					when = "later"
				}
				t.Run(name+"/"+when, func(t *testing.T) {
					s := r.suite(t, "when the sink works again, so does the exporter, without being opened again")
					if len(s.sink.Outages) <= i || s.sink.Outages[i].Name != name {
						t.Fatalf("outage %d is not %q any more: a sink lists the same ones each time", i, name)
					}
					outage(s, &s.sink.Outages[i], used)
				})
			}
		}
	})
}

// outages returns the names of the sink's outages.
func (r *runner) outages(t *testing.T) (names []string) {
	t.Helper()
	s := &suite{T: t, reason: "Shutdown of an exporter that was never used", sink: r.open(t), patience: r.patience}
	for _, o := range s.sink.Outages {
		names = append(names, o.Name)
	}
	s.down()
	return names
}

// outage tests one of them.
func outage(s *suite, o *Outage, used bool) {
	var sent []event.Event
	if used {
		sent = secretive(0, 3)
		s.export(sent...)
	}
	b := s.mending(o.Start(s.T))
	during := secretive(10, 6)
	left := during
	for range 2 {
		left, _ = s.attempt("during "+o.Name, left, true)
	}
	b.Mend()
	s.again("after "+o.Name, left)
	after := secretive(100, 3)
	s.export(after...)
	if o.Loses && s.sink.Received != nil {
		s.sink.Received = without(s.sink.Received, named(append(sent, during...)))
		s.has(repeat, after...)
		return
	}
	s.has(repeat, append(append(sent, during...), after...)...)
}

// named returns the events by what they are known by.
func named(events []event.Event) map[string]event.Event {
	all := make(map[string]event.Event, len(events))
	for i := range events {
		all[name(&events[i])] = events[i]
	}
	return all
}

// attempt exports, and returns what is left to be tried again, and what was refused for ever. The errors are
// those that the contract asks for.
func (s *suite) attempt(what string, events []event.Event, broken bool) (left, refused []event.Event) {
	s.Helper()
	if len(events) == 0 {
		return nil, nil
	}
	ctx := s.Context()
	if broken {
		var cancel context.CancelFunc
		ctx, cancel = context.WithTimeoutCause(ctx, impatience, errGaveUp)
		defer cancel()
	}
	err := s.promptly("Export "+what, func() error { return s.sink.Exporter.Export(ctx, events) })
	s.discreet(what, err)
	partial, ok := partialOf(err)
	switch {
	case err == nil:
		return nil, nil
	case errors.Is(err, sink.ErrClosed):
		s.fail("the error of Export %s says that it is shut down: %v", what, err)
	case !ok && sink.IsPermanent(err):
		return nil, events
	case !ok:
		return events, nil
	}
	s.names(what, events, partial)
	for _, f := range partial.Failed {
		if sink.IsPermanent(f.Err) {
			refused = append(refused, events[f.Index])
		} else {
			left = append(left, events[f.Index])
		}
	}
	return left, refused
}

// again exports what an outage has left, which the sink takes now.
func (s *suite) again(what string, left []event.Event) {
	s.Helper()
	for n := 0; len(left) > 0; n++ {
		if n == tries {
			s.fail("Export %s has not taken %d events in %d calls", what, len(left), tries)
		}
		var refused []event.Event
		if left, refused = s.attempt(what, left, false); len(refused) > 0 {
			s.fail("Export %s has refused %d events for ever", what, len(refused))
		}
	}
}

// oneAfterAnother has the sink fail in each way that it can, one after the other.
func oneAfterAnother(s *suite) {
	sent := secretive(0, 2)
	s.export(sent...)
	inTurn(s, sent)
}

// firstFails is the same before anything was exported.
func firstFails(s *suite) { inTurn(s, nil) }

func inTurn(s *suite, sent []event.Event) {
	failed := false
	maybe := map[string]event.Event{} // refused for ever: whether they are there is not asked
	for f := Away; f <= Partial; f++ {
		b := s.broken(f)
		if b == nil {
			continue
		}
		failed = true
		events := secretive(int(f)*1000, 4)
		what := fmt.Sprintf("after a sink that was %v", f)
		left, refused := s.attempt(what, events, true)
		b.Mend()
		s.again(what, left)
		for key, e := range named(refused) {
			maybe[key] = e
		}
		for i := range events {
			if _, ok := maybe[name(&events[i])]; !ok {
				sent = append(sent, events[i])
			}
		}
		more := secretive(int(f)*1000+500, 2)
		s.export(more...)
		sent = append(sent, more...)
	}
	if !failed {
		s.Skip("skipped: this sink cannot be made to fail")
	}
	if s.sink.Received != nil {
		s.sink.Received = without(s.sink.Received, maybe)
	}
	s.has(repeat, sent...)
}
