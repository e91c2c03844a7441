package insight_test

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"strconv"
	"sync/atomic"
	"testing"
	"time"

	"go.opentelemetry.io/otel/attribute"

	"cairncx.dev/cairn/cx/blueprint"
	"cairncx.dev/cairn/cx/event"
	"cairncx.dev/cairn/cx/insight"
)

// memory is a source of events in memory.
type memory struct {
	events []event.Event
	most   int
	epoch  string
	// given is how many whole events were given. failAbout is the error of a question about what is about a run.
	given     atomic.Int64
	failAbout error
	reading   func() // is called before whole events are given
}

func (m *memory) Distinct() bool { return true }

func (m *memory) Scan(_ context.Context, s event.Scan, each func(*event.Event) error) (event.Cursor, error) {
	from := 0
	if s.Since.Epoch == m.epoch {
		from, _ = strconv.Atoi(s.Since.Position)
	}
	until := len(m.events)
	if m.most > 0 {
		until = min(until, from+m.most)
	}
	for _, e := range m.events[from:until] {
		if err := each(&e); err != nil {
			return event.Cursor{}, err
		}
	}
	return event.Cursor{Position: strconv.Itoa(until), Epoch: m.epoch}, nil
}

func (m *memory) Events(_ context.Context, q event.Query, each func(*event.Event) error) error {
	if m.reading != nil {
		m.reading()
	}
	if len(q.About) > 0 && m.failAbout != nil {
		return m.failAbout
	}
	for _, e := range slices.SortedStableFunc(slices.Values(m.events), func(a, b event.Event) int { return a.Time.Compare(b.Time) }) {
		if !q.Asks(&e) {
			continue
		}
		m.given.Add(1)
		e, err := event.ParseJSON(e.AppendJSON(nil)) // it belongs to each
		if err != nil {
			return err
		}
		if err := each(&e); err != nil {
			return err
		}
	}
	return nil
}

// monday is when the tests begin.
var monday = time.Date(2026, 3, 2, 9, 0, 0, 0, time.UTC)

// tickets is the blueprint of the tests.
func tickets() *blueprint.Blueprint {
	return &blueprint.Blueprint{Version: 1, Journeys: []blueprint.Journey{
		{Name: "ticket", Owner: "support", AbandonAfter: blueprint.Duration(72 * time.Hour), Promises: []blueprint.Promise{
			{Name: "solved", Within: blueprint.Within{Duration: blueprint.Duration(48 * time.Hour)}, Target: 0.9},
		}},
		{Name: "order", Owner: "shop", Stages: []blueprint.Stage{{Name: "cart"}, {Name: "payment"}, {Name: "confirmation"}}, Promises: []blueprint.Promise{
			{Name: "confirmed", Within: blueprint.Within{Duration: blueprint.Duration(48 * time.Hour)}, Pause: []string{"payment"}},
		}},
	}, Objectives: []blueprint.Objective{
		{Name: "calls-succeed", Touchpoint: "call", Target: 0.9},
		{Name: "quick-calls", Touchpoint: "call", Good: blueprint.Good{Within: blueprint.Duration(time.Minute)}, Target: 0.9},
		{Name: "tickets-quickly", Journey: "ticket", Good: blueprint.Good{Within: blueprint.Duration(20 * time.Hour)}, Target: 0.9},
		{Name: "answers", Survey: "after", Good: blueprint.Good{Verdict: []string{"positive"}}, Target: 0.9},
	}}
}

// life is a run as the tests make it. Times are hours since the run began; a negative one did not happen.
type life struct {
	journey, id                    string
	begun                          time.Time
	customer, segment, team        string
	release, impact                string
	touched                        []touched
	entered                        []entered
	ended                          float64
	outcome                        event.Outcome
	due                            float64 // 0 is no promise
	kept, broken, withdrawn, kept2 float64
	verdict                        event.Verdict
}

type touched struct {
	at      float64
	name    string
	outcome event.Outcome
}

// entered is a stage that the run came to.
type entered struct {
	at    float64
	stage string
}

func hours(h float64) time.Duration { return time.Duration(h * float64(time.Hour)) }

func (l *life) at(h float64) time.Time { return l.begun.Add(hours(h)) }

// events returns the events of the run.
func (l *life) events() (all []event.Event) {
	add := func(h float64, kind event.Kind, fill func(*event.Event)) {
		if h < 0 {
			return
		}
		e := event.Event{
			Kind: kind, Time: l.at(h), Journey: event.Run{Name: l.journey, ID: l.id, Started: l.begun},
			Customer: event.Customer{Hash: l.customer, Segment: l.segment}, Channel: event.Phone,
		}
		if l.release != "" {
			e.Variant = &event.Variant{Release: l.release}
		}
		if l.impact != "" {
			e.Attributes = append(e.Attributes, attribute.String("impact", l.impact))
		}
		if fill != nil {
			fill(&e)
		}
		e.ID = event.NewID(e.Time)
		all = append(all, e)
	}
	add(0, event.JourneyStarted, nil)
	for _, s := range l.entered {
		add(s.at, event.JourneyStageEntered, func(e *event.Event) { e.Stage = s.stage })
	}
	for _, t := range l.touched {
		add(t.at, event.TouchpointEnded, func(e *event.Event) {
			e.Touchpoint, e.Outcome = t.name, t.outcome
			e.Late = l.ended >= 0 && t.at > l.ended
			if l.team != "" {
				e.Attributes = append(e.Attributes, attribute.String("team", l.team))
			}
		})
	}
	if l.due > 0 {
		promise := func(e *event.Event) {
			e.Promise = &event.Promise{Name: "solved", Number: 1, Made: l.begun, Due: l.at(l.due)}
			e.Late = e.Kind == event.PromiseKept && e.Time.After(l.at(l.due))
		}
		add(0, event.PromiseMade, promise)
		add(l.kept, event.PromiseKept, promise)
		add(l.broken, event.PromiseBroken, promise)
		add(l.withdrawn, event.PromiseWithdrawn, promise)
	}
	add(l.ended, event.JourneyEnded, func(e *event.Event) { e.Outcome = l.outcome })
	if l.verdict != 0 {
		add(max(l.ended, 0), event.FeedbackReceived, func(e *event.Event) {
			e.Feedback = &event.Feedback{Survey: "after", Scale: event.Thumbs, Verdict: l.verdict}
		})
	}
	return all
}

// loaded returns a table of the runs.
func loaded(t testing.TB, lives []life, opts ...insight.Option) *insight.Table {
	t.Helper()
	m := &memory{}
	for i := range lives {
		m.events = append(m.events, lives[i].events()...)
	}
	return tableOf(t, m, opts...)
}

func tableOf(t testing.TB, m *memory, opts ...insight.Option) *insight.Table {
	t.Helper()
	table, err := insight.New(tickets(), append(opts, insight.WithAttributes("impact"))...)
	if err == nil {
		err = table.Load(t.Context(), m)
	}
	if err != nil {
		t.Fatal(err)
	}
	return table
}

// ticket returns a run that began so many hours after monday, is open, and has no promise.
func ticket(n int, begun float64) life {
	return life{
		journey: "ticket", id: strconv.Itoa(n), begun: monday.Add(hours(begun)), customer: fmt.Sprint("customer-", n), ended: -1,
		kept: -1, broken: -1, withdrawn: -1, kept2: -1,
	}
}

func at(h float64) time.Time { return monday.Add(hours(h)) }

// quantile is the value by the nearest rank: the ⌈p·n⌉-th in order.
func quantile(list []time.Duration, tenths int) time.Duration {
	if len(list) == 0 {
		return 0
	}
	slices.SortFunc(list, cmp.Compare[time.Duration])
	return list[(tenths*len(list)+9)/10-1]
}
