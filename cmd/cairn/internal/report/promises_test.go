package report_test

import (
	"errors"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"cairncx.dev/cairn/cmd/cairn/internal/report"
	"cairncx.dev/cairn/cmd/cairn/internal/series"
	"cairncx.dev/cairn/cx/event"
	"cairncx.dev/cairn/journey"
)

// promised is a step of the answered promise of the run, due an hour after it was made.
func promised(kind event.Kind, id string, number int, made, at time.Duration, change func(*event.Event)) event.Event {
	return of(kind, id, at, func(e *event.Event) {
		e.Promise = &event.Promise{
			Name: "answered", Number: number,
			Made: time.Unix(0, 0).Add(made), Due: time.Unix(0, 0).Add(made + time.Hour),
		}
		if kind != event.PromiseMade {
			e.Duration = at - made
		}
		if change != nil {
			change(e)
		}
	})
}

func seconds(all ...float64) report.PromiseDuration {
	sum := 0.0
	for _, s := range all {
		sum += s
	}
	last := all[len(all)-1]
	return report.PromiseDuration{
		Duration: report.Duration{Count: int64(len(all)), Mean: sum / float64(len(all)), P50: all[(len(all)+1)/2-1], P90: last, Max: last}, P99: last,
	}
}

// TestPromises: what the events say of promises, whether one tally hears of all runs or several do.
func TestPromises(t *testing.T) {
	t.Parallel()
	const made, kept, broken, withdrawn = event.PromiseMade, event.PromiseKept, event.PromiseBroken, event.PromiseWithdrawn
	h := time.Hour
	cut := func(e *event.Event) { e.Duration = 0 }
	late := func(e *event.Event) { e.Late, e.Duration = true, 0 }
	yes, no := true, false
	number := func(f float64) *float64 { return &f }
	answered := func(change func(p *report.Promise)) report.Promise {
		p := report.Promise{Name: "answered", Target: number(0.5)}
		change(&p)
		return p
	}
	for _, c := range []struct {
		name, reason string
		events       []event.Event
		want         report.Promise
	}{
		{"none", "the definition has it", nil, answered(func(*report.Promise) {})},
		{"kept", "with the time that it took", []event.Event{promised(made, "1", 1, 0, 0, nil), promised(kept, "1", 1, 0, h/2, nil)}, answered(func(p *report.Promise) {
			p.Made, p.Kept, p.Samples, p.KeptShare, p.TargetMet, p.UntilKept = 1, 1, 1, number(1), &yes, seconds(1800)
		})},
		{"broken", "with the time that it had", []event.Event{promised(made, "1", 1, 0, 0, nil), promised(broken, "1", 1, 0, h, nil)}, answered(func(p *report.Promise) {
			p.Made, p.Broken, p.Samples, p.KeptShare, p.TargetMet, p.UntilBroken = 1, 1, 1, number(0), &no, seconds(3600)
		})},
		{"broken by the end of its run", "no delay is known, also where the run ends at the due time", []event.Event{
			promised(made, "1", 1, 0, 0, nil), promised(broken, "1", 1, 0, h/2, cut), promised(made, "2", 1, 0, 0, nil), promised(broken, "2", 1, 0, h, cut),
		}, answered(func(p *report.Promise) {
			p.Made, p.Broken, p.Samples, p.KeptShare, p.TargetMet = 2, 2, 2, number(0), &no
		})},
		{"withdrawn", "it is no sample, so that nothing is said of the target", []event.Event{promised(made, "1", 1, 0, 0, nil), promised(withdrawn, "1", 1, 0, h/2, nil)}, answered(func(p *report.Promise) {
			p.Made, p.Withdrawn = 1, 1
		})},
		{"kept late", "it stays broken", []event.Event{promised(made, "1", 1, 0, 0, nil), promised(broken, "1", 1, 0, h, nil), promised(kept, "1", 1, 0, 3*h, late)}, answered(func(p *report.Promise) {
			p.Made, p.Broken, p.Samples, p.KeptShare, p.TargetMet, p.UntilBroken, p.KeptLate = 1, 1, 1, number(0), &no, seconds(3600), seconds(3*3600)
		})},
		{"open", "due at the end of the log, or after it", []event.Event{promised(made, "1", 1, 9*h, 9*h, nil), promised(made, "2", 1, 10*h, 10*h, nil)}, answered(func(p *report.Promise) {
			p.Made, p.Open = 2, 2
		})},
		{"open and past due", "its clock has stopped", []event.Event{promised(made, "1", 1, 0, 0, nil), promised(made, "2", 1, 10*h, 10*h, nil)}, answered(func(p *report.Promise) {
			p.Made, p.Open, p.OpenPastDue = 2, 2, 1
		})},
		{"moved", "it is one promise, with its last due time", []event.Event{
			promised(made, "1", 1, 0, 0, nil), promised(made, "1", 1, 0, h/2, func(e *event.Event) { e.Promise.Due = e.Promise.Due.Add(20 * h) }),
		}, answered(func(p *report.Promise) { p.Made, p.Open = 1, 1 })},
		{"made again", "it is another promise", []event.Event{
			promised(made, "1", 1, 0, 0, nil), promised(kept, "1", 1, 0, h/2, nil), promised(made, "1", 2, h, h, nil), promised(kept, "1", 2, h, 2*h, nil),
		}, answered(func(p *report.Promise) {
			p.Made, p.Kept, p.Samples, p.KeptShare, p.TargetMet, p.UntilKept = 2, 2, 2, number(1), &yes, seconds(1800, 3600)
		})},
		{"made again before the break is told", "events of two promises may cross", []event.Event{
			promised(made, "1", 1, 0, 0, nil), promised(made, "1", 2, 9*h, 9*h, nil), promised(broken, "1", 1, 0, h, nil),
		}, answered(func(p *report.Promise) {
			p.Made, p.Broken, p.Samples, p.KeptShare, p.TargetMet, p.UntilBroken, p.Open = 2, 1, 1, number(0), &no, seconds(3600), 1
		})},
		{"half kept", "a target is met where the share is just as high", []event.Event{
			promised(made, "1", 1, 0, 0, nil), promised(kept, "1", 1, 0, h/2, nil), promised(made, "2", 1, 0, 0, nil), promised(broken, "2", 1, 0, h, nil),
		}, answered(func(p *report.Promise) {
			p.Made, p.Kept, p.Broken, p.Samples, p.KeptShare, p.TargetMet, p.UntilKept, p.UntilBroken = 2, 1, 1, 2, number(0.5), &yes, seconds(1800), seconds(3600)
		})},
		{"of a probe", "nobody was promised anything", []event.Event{promised(made, "1", 1, 0, 0, func(e *event.Event) { e.Actor = event.ActorSynthetic })}, answered(func(*report.Promise) {})},
		{"of names that the definition does not have", "they make no row", []event.Event{
			promised(made, "1", 1, 0, 0, func(e *event.Event) { e.Promise.Name = "called" }),
			promised(kept, "1", 1, 0, h/2, func(e *event.Event) { e.Promise.Name = "called" }),
			of(kept, "1", h, nil),
		}, answered(func(*report.Promise) {})},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			want := []report.Promise{{Name: "confirmed"}, c.want}
			for tallies := 1; tallies <= 3; tallies++ {
				got, err := promisesBy(t, tallies, c.events)
				if err != nil {
					t.Fatal(err)
				}
				if diff := cmp.Diff(want, got); diff != "" {
					t.Errorf("%s, by %d tallies (-want +got):\n%s", c.reason, tallies, diff)
				}
			}
		})
	}
}

// promisesBy returns the promises of a journey that so many tallies have counted, at the end of a log of ten hours.
func promisesBy(t *testing.T, tallies int, events []event.Event) ([]report.Promise, error) {
	t.Helper()
	def := journey.Define("checkout", journey.Promise("confirmed", time.Minute), journey.Promise("answered", time.Hour, journey.Target(0.5)))
	spool := series.NewSpool(t.TempDir(), 0)
	list := make([]*report.Tally, 0, tallies)
	for range tallies {
		list = append(list, report.New(spool, def))
	}
	for _, e := range events {
		list[int(e.Journey.ID[0])%tallies].Process(t.Context(), &e)
	}
	for i := tallies - 1; i > 0; i-- {
		list[i-1].Add(list[i])
	}
	const length = 10 * time.Hour
	r, err := list[0].Report(time.Unix(0, 0).Add(length))
	if err != nil {
		return nil, errors.Join(err, spool.Close())
	}
	return r.Journeys[0].Promises, spool.Close()
}

// TestPromiseQuantiles: of 200 times, from one second to 200, half are within 100, 9 of 10 within 180 and 99 of 100 within 198.
func TestPromiseQuantiles(t *testing.T) {
	t.Parallel()
	const all = 200
	var events []event.Event
	for took := time.Second; took <= all*time.Second; took += time.Second {
		id := string(rune('A' + len(events)))
		events = append(events, promised(event.PromiseMade, id, 1, 0, 0, nil), promised(event.PromiseKept, id, 1, 0, took, nil))
	}
	got, err := promisesBy(t, 2, events)
	if err != nil {
		t.Fatal(err)
	}
	want := report.PromiseDuration{Duration: report.Duration{Count: all, Mean: 100.5, P50: 100, P90: 180, Max: all}, P99: 198}
	if diff := cmp.Diff(want, got[1].UntilKept); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}
