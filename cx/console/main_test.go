package console_test

import (
	"context"
	"encoding/binary"
	"fmt"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"slices"
	"strconv"
	"testing"
	"time"

	"go.opentelemetry.io/otel/attribute"

	"cairncx.dev/cairn/cx/blueprint"
	"cairncx.dev/cairn/cx/console"
	"cairncx.dev/cairn/cx/event"
	"cairncx.dev/cairn/cx/insight"
)

// memory is a source of events in memory.
type memory struct {
	events []event.Event
	fails  error // of a question for whole events
}

func (m *memory) Distinct() bool { return true }

func (m *memory) Scan(_ context.Context, s event.Scan, each func(*event.Event) error) (event.Cursor, error) {
	from, _ := strconv.Atoi(s.Since.Position)
	for i := from; i < len(m.events); i++ {
		e := m.events[i]
		if err := each(&e); err != nil {
			return event.Cursor{}, err
		}
	}
	return event.Cursor{Position: strconv.Itoa(len(m.events))}, nil
}

func (m *memory) Events(_ context.Context, q event.Query, each func(*event.Event) error) error {
	if m.fails != nil {
		return m.fails
	}
	var list []*event.Event
	for i := range m.events {
		if q.Asks(&m.events[i]) {
			list = append(list, &m.events[i])
		}
	}
	slices.SortStableFunc(list, func(a, b *event.Event) int { return a.Time.Compare(b.Time) })
	for _, e := range list {
		one, err := event.ParseJSON(e.AppendJSON(nil)) // the events belong to each
		if err != nil {
			return err
		}
		if err := each(&one); err != nil {
			return err
		}
	}
	return nil
}

// now is the moment of the tests.
var now = time.Date(2026, 3, 27, 15, 0, 0, 0, time.UTC)

// hostile is a text that tries what texts try.
const hostile = "<script>alert(1)</script>\"'&amp;{{.}}\u202e\x1b[2J\u009b1m../..?#%2f"

// desk is the blueprint of the tests. Names is what it calls its team, stage and so on: plain or hostile ones.
func desk(name string) *blueprint.Blueprint {
	hours := func(n int) blueprint.Duration { return blueprint.Duration(time.Duration(n) * time.Hour) }
	return &blueprint.Blueprint{Version: 1, Journeys: []blueprint.Journey{
		{
			Name: name, Owner: "support", AbandonAfter: hours(21 * 24), Stages: []blueprint.Stage{{Name: "sort"}, {Name: "work"}},
			Promises: []blueprint.Promise{{Name: "solved", Within: blueprint.Within{Duration: hours(48)}, Target: 0.9}},
		},
		{Name: "order", Owner: "shop", AbandonAfter: hours(48)},
	}}
}

// crowd returns the events of 240 runs of two months. Those of team red take longer. Name is that of the journey, and text what customers write.
func crowd(name, text string) *memory {
	m := &memory{}
	for i := range 240 {
		begun := now.Add(-time.Duration(60*24-6*i) * time.Hour)
		run := event.Run{Name: name, ID: fmt.Sprintf("T/%d %s", i, text), Started: begun}
		team := []string{"red", "blue", "green " + text}[i%3]
		add := func(at time.Duration, kind event.Kind, fill func(*event.Event)) {
			e := event.Event{Kind: kind, Time: begun.Add(at), Journey: run, Customer: event.Customer{Hash: fmt.Sprintf("c%03d", i%80), Segment: "gold"}}
			e.Attributes = append(e.Attributes, attribute.String("team", team))
			fill(&e)
			binary.BigEndian.PutUint64(e.ID[8:], uint64(len(m.events)+1))
			if !e.Time.After(now) {
				m.events = append(m.events, e)
			}
		}
		took := 20 * time.Hour
		if team == "red" && i%2 == 0 {
			took = 60 * time.Hour
		}
		due := begun.Add(48 * time.Hour)
		promise := func(e *event.Event) { e.Promise = &event.Promise{Name: "solved", Number: 1, Due: due, Made: begun} }
		add(0, event.JourneyStarted, func(*event.Event) {})
		add(0, event.PromiseMade, promise)
		add(time.Minute, event.JourneyStageEntered, func(e *event.Event) { e.Stage = "sort" })
		add(time.Minute, event.TouchpointEnded, func(e *event.Event) {
			e.Touchpoint, e.Stage, e.Outcome, e.Channel = "call", "sort", event.OK, event.Phone
			e.Assisted = &event.Assisted{Legs: []event.Leg{{Queue: "line " + text, Queued: true, Answered: true, Wait: event.Seconds(time.Minute), Talk: event.Seconds(5 * time.Minute)}}}
		})
		add(3*time.Hour, event.JourneyStageEntered, func(e *event.Event) { e.Stage = "work" })
		add(took-time.Hour, event.TouchpointEnded, func(e *event.Event) { e.Touchpoint, e.Stage, e.Outcome = "mend", "work", event.OK })
		if took > 48*time.Hour {
			add(48*time.Hour, event.PromiseBroken, promise)
		} else {
			add(took, event.PromiseKept, promise)
		}
		add(took, event.JourneyEnded, func(e *event.Event) { e.Outcome = event.Completed })
		add(took+time.Hour, event.FeedbackReceived, func(e *event.Event) {
			e.Feedback = &event.Feedback{Survey: "after", Scale: event.CSAT, Score: 1 + i%5, Comment: "it works " + text, Causes: []string{"speed"}}
		})
	}
	return m
}

// loaded returns a table with the events.
func loaded(tb testing.TB, b *blueprint.Blueprint, m *memory) *insight.Table {
	tb.Helper()
	table, err := insight.New(b, insight.WithTeam("team"))
	if err != nil {
		tb.Fatal(err)
	}
	if m != nil {
		if err := table.Load(context.Background(), m); err != nil {
			tb.Fatal(err)
		}
	}
	return table
}

// served returns a console over the table, at the moment of the tests.
func served(tb testing.TB, table *insight.Table, opts ...console.Option) *console.Console {
	tb.Helper()
	c, err := console.New(table, append([]console.Option{console.WithClock(func() time.Time { return now }), console.WithLogger(slog.New(slog.DiscardHandler))}, opts...)...)
	if err != nil {
		tb.Fatal(err)
	}
	tb.Cleanup(c.Close)
	return c
}

// request asks the console from this machine.
func request(h http.Handler, method, address string, change ...func(*http.Request)) *httptest.ResponseRecorder {
	r := httptest.NewRequestWithContext(context.Background(), method, "http://127.0.0.1:8080"+address, http.NoBody)
	r.RemoteAddr = "127.0.0.1:40000"
	for _, f := range change {
		f(r)
	}
	w := httptest.NewRecorder()
	h.ServeHTTP(w, r)
	return w
}
