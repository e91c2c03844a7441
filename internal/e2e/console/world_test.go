package console_test

import (
	"context"
	"encoding/binary"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"

	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/trace"

	"cairncx.dev/cairn/cx/blueprint"
	"cairncx.dev/cairn/cx/event"
)

// now is the moment of the pages at first.
var now = time.Date(2026, 3, 27, 15, 0, 0, 0, time.UTC)

// memory is a source of events in memory.
type memory struct {
	mu     sync.Mutex
	events []event.Event
}

// Distinct implements insight.Source.
func (m *memory) Distinct() bool { return true }

// Scan implements insight.Source.
func (m *memory) Scan(_ context.Context, s event.Scan, each func(*event.Event) error) (event.Cursor, error) {
	m.mu.Lock()
	events := m.events
	m.mu.Unlock()
	from, _ := strconv.Atoi(s.Since.Position)
	for i := from; i < len(events); i++ {
		e := events[i]
		if err := each(&e); err != nil {
			return event.Cursor{}, err
		}
	}
	return event.Cursor{Position: strconv.Itoa(len(events))}, nil
}

// Events implements insight.Source.
func (m *memory) Events(_ context.Context, q event.Query, each func(*event.Event) error) error {
	m.mu.Lock()
	events := m.events
	m.mu.Unlock()
	var list []event.Event
	for i := range events {
		if q.Asks(&events[i]) {
			list = append(list, events[i])
		}
	}
	slices.SortStableFunc(list, func(a, b event.Event) int { return a.Time.Compare(b.Time) })
	for i := range list {
		if err := each(&list[i]); err != nil {
			return err
		}
	}
	return nil
}

// add adds an event that has happened, with an ID of its own.
func (m *memory) add(e *event.Event) {
	binary.BigEndian.PutUint64(e.ID[8:], uint64(len(m.events)+1))
	e.ID[0] = 9
	if !e.Time.After(now) {
		m.events = append(m.events, *e)
	}
}

// texts are the names and words of a world.
type texts struct {
	journey, solved string
	// id begins the IDs of runs, team and comment end names of teams and what customers write.
	id, team, comment string
	// segments is their number.
	segments int
}

// plain is how a desk names things.
var plain = texts{journey: "ticket", solved: "solved", id: "T-", segments: 3}

// hostile is a text that must never become markup, or turn the page around.
const hostile = "\"'><img src=x onerror=alert(3)><script>alert(4)</script>{{.}}\u202e\u2066../..?#%2f&amp;"

// odd are names that are hard to show.
func odd() texts {
	return texts{
		journey: hostile, solved: "العربية " + hostile, id: "‏א/👩‍👩‍👧 ", team: "\x00" + strings.Repeat("long ", 2000), comment: " " + strings.Repeat("x", 3000) + hostile + " 🙂 שלום", segments: 60,
	}
}

func hours(n int) blueprint.Duration { return blueprint.Duration(time.Duration(n) * time.Hour) }

func within(n int) blueprint.Within { return blueprint.Within{Duration: hours(n)} }

// desk is the blueprint of the worlds.
func desk(t texts) *blueprint.Blueprint {
	return &blueprint.Blueprint{
		Version: 1,
		Journeys: []blueprint.Journey{
			{
				Name: t.journey, Owner: "support", AbandonAfter: hours(21 * 24), Stages: []blueprint.Stage{{Name: "sort"}, {Name: "work"}, {Name: "check"}},
				Promises: []blueprint.Promise{
					{Name: t.solved, Within: within(48), Target: 0.9},
					{Name: "first-answer", Within: within(4), Target: 0.95},
				},
			},
			{Name: "order", Owner: "shop", AbandonAfter: hours(30 * 24), Stages: []blueprint.Stage{{Name: "paid"}, {Name: "sent"}}},
		},
		FollowUps: []blueprint.FollowUp{{
			Name: "complaint", Owner: "care", Acknowledge: within(24), Answer: within(72), Update: within(48), Severities: []blueprint.Severity{{Name: "grave", Answer: within(24)}},
		}},
		Actions: []blueprint.Action{{Name: "improvement", Owner: "shop"}},
		Queues:  []blueprint.Queue{{Name: "line", ServiceLevel: blueprint.ServiceLevel{Within: blueprint.Duration(2 * time.Minute)}}},
	}
}

// days makes the events of a desk, twelve runs a day. The planted cause: team red breaks the promise in the last 28 days, where the others keep it.
func days(n int, t texts) *memory {
	m := &memory{}
	for i := range n * 12 {
		begun := now.Add(-time.Duration(n*24-2*i) * time.Hour)
		d := day{m: m, i: i, begun: begun, t: t, team: []string{"red", "blue", "green"}[i%3] + t.team}
		d.run = event.Run{Name: t.journey, ID: t.id + strconv.Itoa(i), Started: begun, Value: &event.Money{Amount: int64(1000 + 37*i%9000), Currency: "EUR"}}
		d.customer = event.Customer{Hash: fmt.Sprintf("%032x", 7919*(i%(4*n+1)+1)), Segment: "segment " + strconv.Itoa(i/5%t.segments)}
		d.play(now.Sub(begun) < 28*24*time.Hour)
	}
	return m
}

// day is one run of a desk.
type day struct {
	m        *memory
	i        int
	begun    time.Time
	t        texts
	team     string
	run      event.Run
	customer event.Customer
}

// add adds an event so long after the beginning.
func (d *day) add(at time.Duration, kind event.Kind, fill func(*event.Event)) event.ID {
	e := event.Event{Kind: kind, Time: d.begun.Add(at), Journey: d.run, Customer: d.customer, Variant: &event.Variant{Release: []string{"1.0", "2.0"}[d.i/30%2]}}
	e.Attributes = []attribute.KeyValue{attribute.String("team", d.team)}
	if fill != nil {
		fill(&e)
	}
	d.m.add(&e)
	return e.ID
}

func (d *day) play(late bool) {
	i := d.i
	took := time.Duration(10+i%11*2) * time.Hour
	if late && i%3 == 0 && i%9 != 0 {
		took = 60 * time.Hour
	}
	promise := func(name string, within time.Duration) func(*event.Event) {
		return func(e *event.Event) {
			e.Promise = &event.Promise{Name: name, Number: 1, Due: d.begun.Add(within), Made: d.begun}
		}
	}
	span := trace.NewSpanContext(trace.SpanContextConfig{TraceID: trace.TraceID{0: 1, 14: byte(i >> 8), 15: byte(i)}, SpanID: trace.SpanID{7: 1}, TraceFlags: trace.FlagsSampled})
	d.add(0, event.JourneyStarted, nil)
	d.add(0, event.PromiseMade, promise(d.t.solved, 48*time.Hour))
	d.add(0, event.PromiseMade, promise("first-answer", 4*time.Hour))
	d.add(time.Minute, event.JourneyStageEntered, func(e *event.Event) { e.Stage = "sort" })
	d.add(2*time.Minute, event.TouchpointEnded, func(e *event.Event) { d.call(e); e.SpanContext = span })
	d.add(time.Hour, event.PromiseKept, promise("first-answer", 4*time.Hour))
	d.add(3*time.Hour, event.JourneyStageEntered, func(e *event.Event) {
		e.Stage, e.Transition = "work", &event.Transition{From: "sort", Visit: 1, Entered: d.begun.Add(time.Minute)}
	})
	d.add(took-time.Hour, event.TouchpointEnded, func(e *event.Event) {
		e.Touchpoint, e.Stage, e.Outcome, e.Channel = []string{"mend", "replace"}[i%2], "work", event.OK, event.Web
		if i%7 == 0 {
			e.Outcome, e.Cause = event.Failed, "parts-missing"
		}
	})
	if i%10 == 9 { // gives up
		d.add(took, event.JourneyEnded, func(e *event.Event) { e.Outcome, e.Cause = event.Abandoned, "too-slow" })
		return
	}
	if took > 48*time.Hour {
		d.add(48*time.Hour, event.PromiseBroken, promise(d.t.solved, 48*time.Hour))
	} else {
		d.add(took, event.PromiseKept, promise(d.t.solved, 48*time.Hour))
	}
	d.add(took, event.JourneyEnded, func(e *event.Event) { e.Outcome = event.Completed })
	d.said(took, late)
}

// call is a call of the customer: most are answered, some leave, and some are passed on.
func (d *day) call(e *event.Event) {
	e.Touchpoint, e.Stage, e.Outcome, e.Channel, e.Intent = "call", "sort", event.OK, event.Phone, "broken"
	leg := event.Leg{Queue: "line", Queued: true, Answered: true, Agent: fmt.Sprintf("%032x", d.i%5+1), Wait: event.Seconds(time.Duration(20+d.i%9*30) * time.Second), Talk: event.Seconds(5 * time.Minute), Wrap: event.Seconds(time.Minute)}
	e.Assisted = &event.Assisted{Legs: []event.Leg{leg}, Disposition: "repair", Line: 1 + d.i%2, Claimed: event.Yes}
	switch {
	case d.i%11 == 10:
		e.Assisted.Legs[0].Answered, e.Assisted.Legs[0].Talk, e.Outcome = false, 0, event.Abandoned
	case d.i%8 == 7:
		second := leg
		second.Queue, second.Start = "experts", event.Seconds(6*time.Minute)
		e.Assisted.Legs = append(e.Assisted.Legs, second)
		e.Assisted.Decisions = []event.Decision{{What: "refund", Amount: &event.Money{Amount: 2500, Currency: "EUR"}, Approval: true, Approver: "lead", Waited: event.Seconds(time.Minute)}}
	}
}

// said is a question after the end, its answer, and what some write in public.
func (d *day) said(took time.Duration, late bool) {
	asked := d.add(took+time.Hour, event.SurveyRequested, func(e *event.Event) {
		e.Channel, e.Feedback = event.Email, &event.Feedback{Survey: "after", Scale: event.CSAT}
	})
	if d.i%4 == 0 {
		return
	}
	words := []string{"They called back, and it was mended.", "Es hat lange gedauert, war aber gut.", "I waited on the line for much too long.", "Very kind people."}[d.i%4]
	d.add(took+2*time.Hour, event.FeedbackReceived, func(e *event.Event) {
		f := &event.Feedback{Survey: "after", Scale: event.CSAT, Score: 1 + d.i*7%5, Comment: words + d.t.comment, Request: asked, Causes: []string{[]string{"speed", "kindness", "waiting"}[d.i%3]}, Language: []string{"en", "de", "en", "en"}[d.i%4]}
		if late && d.i%3 == 0 {
			f.Score, f.Causes = 1, []string{"waiting"}
		}
		e.Feedback = f
	})
	if d.i%12 == 5 {
		d.add(took+3*time.Hour, event.FeedbackMentioned, func(e *event.Event) {
			e.Feedback = &event.Feedback{Source: "reviews.example", Comment: "Kind people, and fast." + d.t.comment, Causes: []string{"kindness"}, Sentiment: event.Positive}
			e.Mention = &event.Mention{Nature: event.Compliment, Stars: 4.5}
		})
	}
}
