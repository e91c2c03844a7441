package cx_test

import (
	"context"
	"slices"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"go.opentelemetry.io/otel/metric"
	metricnoop "go.opentelemetry.io/otel/metric/noop"
	"pgregory.net/rapid"

	"cairncx.dev/cairn/cx"
	"cairncx.dev/cairn/cx/assist"
	"cairncx.dev/cairn/cx/event"
	"cairncx.dev/cairn/cx/stores/memory"
	"cairncx.dev/cairn/cx/telemetry/semconv"
)

// The terms of the test below, in which assist.Resolve over a list of events and the efforts that clients tell have to agree.
const (
	differWindow = 4 * time.Hour
	differGrace  = 2 * time.Hour
)

// recorded is an event, and when it is recorded: within the grace of its beginning.
type recorded struct {
	event.Event

	at time.Time
}

// drawAssisted returns what people did, or the bot.
func drawAssisted(t *rapid.T) *event.Assisted {
	queued := event.Leg{Queue: "first", Queued: true, End: event.LegAbandoned}
	answered := event.Leg{Queue: "first", Queued: true, Answered: true, End: event.LegFinished}
	switch rapid.SampledFrom([]string{"answered", "abandoned", "bot", "callback", "transferred", "reply", "nothing"}).Draw(t, "what") {
	case "answered":
		return &event.Assisted{Legs: []event.Leg{answered}, Claimed: event.Yes}
	case "abandoned":
		return &event.Assisted{Legs: []event.Leg{queued}}
	case "bot":
		return &event.Assisted{Legs: []event.Leg{{Bot: true, Answered: true, End: event.LegFinished}}}
	case "callback":
		queued.End = event.LegCallback
		return &event.Assisted{Legs: []event.Leg{queued}}
	case "transferred":
		first := answered
		first.End = event.LegTransferred
		return &event.Assisted{Legs: []event.Leg{{Bot: true, Answered: true, End: event.LegTransferred}, first, queued}}
	case "reply":
		return &event.Assisted{Thread: &event.Thread{Replies: []event.Reply{{After: event.Seconds(time.Minute)}}}}
	default:
		return &event.Assisted{}
	}
}

// drawHistory returns what happens, in the order in which it is recorded.
func drawHistory(t *rapid.T, begin time.Time) (all []recorded) {
	spread := rapid.SampledFrom([]int{3, 15, 40}).Draw(t, "spread") // in whole hours, so that gaps of exactly the window are frequent
	for i := range rapid.IntRange(1, 14).Draw(t, "events") {
		e := event.Event{
			Kind: event.TouchpointEnded, ID: event.ID{byte(i + 1), 6: 0x80, 8: 0x80}, Touchpoint: "support", Actor: event.ActorCustomer, Outcome: event.OK,
			Time:     begin.Add(time.Duration(rapid.IntRange(0, spread).Draw(t, "start")) * time.Hour),
			Duration: time.Duration(rapid.SampledFrom([]int{0, 0, 1, 2}).Draw(t, "took")) * time.Hour,
			Channel:  rapid.SampledFrom([]event.Channel{0, event.Phone, event.Email, event.Chat}).Draw(t, "channel"),
			Intent:   rapid.SampledFrom([]string{"bill", "bill", "bill", "move", event.Other, ""}).Draw(t, "intent"),
			Customer: event.Customer{ID: rapid.SampledFrom([]string{"alice", "alice", "bob", ""}).Draw(t, "customer")},
		}
		switch rapid.IntRange(0, 9).Draw(t, "kind") {
		case 0:
			e.Direction, e.Assisted = event.Outbound, drawAssisted(t)
		case 1:
			e.Actor, e.Assisted = event.ActorSynthetic, drawAssisted(t)
		case 2, 3:
			e.Outcome, e.Touchpoint = event.Failed, rapid.SampledFrom([]string{"login", "pay"}).Draw(t, "step")
		default:
			e.Assisted = drawAssisted(t)
		}
		r := recorded{e, e.Time.Add(time.Duration(rapid.IntRange(int(e.Duration/time.Hour), 2).Draw(t, "recorded")) * time.Hour)}
		all = append(all, r)
		if e.Assisted != nil && rapid.IntRange(0, 9).Draw(t, "twice") == 0 {
			all = append(all, r)
		}
	}
	slices.SortStableFunc(all, func(a, b recorded) int { return a.at.Compare(b.at) })
	return all
}

// outcomes are the efforts that were told, as the numbers of assist.Resolve.
func outcomes(told []event.Event) (r assist.Resolution) {
	for i := range told {
		e := &told[i]
		if e.Kind != event.ContactResolved {
			continue
		}
		f := e.Effort
		r.Repeats += f.Contacts - 1
		r.Known += f.Contacts
		r.Switches += f.Switches
		if f.From != "" {
			r.Escalated++
		}
		switch {
		case f.Answered == 0:
			r.Unanswered++
		default:
			r.Efforts++
		}
		if f.FirstContact {
			r.FirstContact++
		}
	}
	return r
}

// coverage counts the contacts in the metric cx.effort.contacts.
type coverage struct {
	metricnoop.MeterProvider

	all, known atomic.Int64
}

func (c *coverage) Meter(string, ...metric.MeterOption) metric.Meter { return coverageMeter{c: c} }

type coverageMeter struct {
	metricnoop.Meter

	c *coverage
}

func (m coverageMeter) Int64Counter(name string, _ ...metric.Int64CounterOption) (metric.Int64Counter, error) {
	if name == semconv.EffortContactsName {
		return coverageCounter{c: m.c}, nil
	}
	return metricnoop.Int64Counter{}, nil
}

type coverageCounter struct {
	metricnoop.Int64Counter

	c *coverage
}

func (coverageCounter) Enabled(context.Context) bool { return true }

func (c coverageCounter) Add(_ context.Context, n int64, opts ...metric.AddOption) {
	c.c.all.Add(n)
	set := metric.NewAddConfig(opts).Attributes()
	if v, _ := set.Value(semconv.EffortCoverageKey); v.AsString() == "known" {
		c.c.known.Add(n)
	}
}

// lived is a client in the memory of a process, by a clock that the test sets.
func lived(t *testing.T, history []recorded, middle time.Time) (soFar, told, covered assist.Resolution) {
	t.Helper()
	var mu sync.Mutex
	clock := history[0].at
	count := &coverage{}
	c := newContacts(t, nil, selfService, cx.WithStore(nil), cx.WithContactsInMemory(), cx.WithEffortWindow(differWindow), cx.WithEffortGrace(differGrace),
		cx.WithMeterProvider(count), cx.WithClock(func() time.Time {
			mu.Lock()
			defer mu.Unlock()
			return clock
		}))
	at := func(when time.Time) {
		mu.Lock()
		clock = when
		mu.Unlock()
		c.client.Sweep(c.ctx())
	}
	swept := false
	for i := range history {
		if !swept && history[i].at.After(middle) {
			at(middle)
			soFar, swept = outcomes(c.events), true
		}
		at(history[i].at)
		c.client.Record(c.ctx(), history[i].Event)
	}
	if !swept {
		at(middle)
		soFar = outcomes(c.events)
	}
	at(middle.Add(1000 * time.Hour))
	covered.Contacts, covered.Known = int(count.all.Load()), int(count.known.Load())
	return soFar, outcomes(c.events), covered
}

// stored is two clients on one store that take turns.
func stored(t *testing.T, history []recorded) (told assist.Resolution) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		store := new(memory.Store)
		opts := []cx.Option{selfService, cx.WithEffortWindow(differWindow), cx.WithEffortGrace(differGrace)}
		a, b := newContacts(t, store, opts...), newContacts(t, store, opts...)
		begin := time.Now()
		offset := begin.Sub(history[0].at)
		for i, r := range history {
			time.Sleep(r.at.Add(offset).Sub(time.Now()))
			e := r.Event
			e.Time = e.Time.Add(offset)
			of := []*contacts{a, b}[i%2]
			of.client.Record(of.ctx(), e)
			synctest.Wait()
		}
		time.Sleep(100 * time.Hour)
		synctest.Wait()
		told = outcomes(append(slices.Clone(a.events), b.events...))
	})
	return told
}

// TestEffortsAreThoseOfResolve: assist.Resolve over a list of events, a client in memory and clients that share a store give the same
// numbers, whatever the order in which the events are recorded within the grace. At any time, what is told is what Resolve says is over by
// the grace before.
func TestEffortsAreThoseOfResolve(t *testing.T) {
	t.Parallel()
	begin := time.Date(2026, 3, 2, 0, 0, 0, 0, time.UTC)
	rapid.Check(t, func(rt *rapid.T) {
		history := drawHistory(rt, begin)
		middle := history[len(history)-1].at.Add(-time.Duration(rapid.IntRange(-8, 20).Draw(rt, "middle")) * time.Hour)
		if middle.Before(history[0].at) {
			middle = history[0].at
		}
		var events []event.Event
		twice := map[event.ID]int{}
		for i := range history {
			events = append(events, history[i].Event)
			twice[history[i].ID]++
		}
		want := assist.Resolve(events, differWindow, begin.Add(2000*time.Hour))
		soFar, told, covered := lived(t, history, middle)
		if len(twice) == len(history) && (covered.Contacts != want.Contacts || covered.Known != want.Known) {
			rt.Fatalf("the coverage is %d of %d, want %d of %d", covered.Known, covered.Contacts, want.Known, want.Contacts)
		}
		want.Contacts = 0
		if told != want {
			rt.Fatalf("in memory the client has told\n%+v, want\n%+v", told, want)
		}
		if rapid.IntRange(0, 3).Draw(rt, "stored") == 0 {
			if got := stored(t, history); got != want {
				rt.Fatalf("with a store the clients have told\n%+v, want\n%+v", got, want)
			}
		}
		at := assist.Resolve(events, differWindow, middle.Add(-differGrace))
		over := func(r assist.Resolution) assist.Resolution {
			return assist.Resolution{Efforts: r.Efforts, FirstContact: r.FirstContact, Unanswered: r.Unanswered, Escalated: r.Escalated}
		}
		if over(soFar) != over(at) {
			rt.Fatalf("by %v the client has told\n%+v, want\n%+v", middle, over(soFar), over(at))
		}
	})
}
