package report_test

import (
	"context"
	"encoding/binary"
	"flag"
	"math/rand/v2"
	"slices"
	"strconv"
	"testing"
	"time"

	"go.opentelemetry.io/otel/attribute"

	"cairncx.dev/cairn/cx/blueprint"
	"cairncx.dev/cairn/cx/event"
	"cairncx.dev/cairn/cx/insight"
	"cairncx.dev/cairn/cx/insight/report"
)

var update = flag.Bool("update", false, "write the golden files of testdata")

// memory is a source of events in memory.
type memory struct{ events []event.Event }

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
	var list []*event.Event
	for i := range m.events {
		if q.Asks(&m.events[i]) {
			list = append(list, &m.events[i])
		}
	}
	slices.SortStableFunc(list, func(a, b *event.Event) int { return a.Time.Compare(b.Time) })
	for _, e := range list {
		one := *e
		if err := each(&one); err != nil {
			return err
		}
	}
	return nil
}

// berlin is the zone of the tests.
var berlin = func() *time.Location {
	zone, err := time.LoadLocation("Europe/Berlin")
	if err != nil {
		panic(err)
	}
	return zone
}()

// monday is the beginning of the week that the tests report on.
var monday = time.Date(2026, 3, 23, 0, 0, 0, 0, berlin)

// desk is the blueprint of the tests.
func desk() *blueprint.Blueprint {
	hours := func(n int) blueprint.Duration { return blueprint.Duration(time.Duration(n) * time.Hour) }
	return &blueprint.Blueprint{
		Version: 1,
		Journeys: []blueprint.Journey{
			{
				Name: "ticket", Owner: "support", AbandonAfter: hours(21 * 24), Stages: []blueprint.Stage{{Name: "sort"}, {Name: "work"}, {Name: "waiting"}},
				Promises: []blueprint.Promise{
					{Name: "solved", Within: blueprint.Within{Duration: hours(72)}, Pause: []string{"waiting"}, Target: 0.9},
					{Name: "answered", Within: blueprint.Within{Duration: hours(8)}, Target: 0.95},
				},
			},
			{Name: "order", Owner: "shop", AbandonAfter: hours(48)},
		},
	}
}

// crowd makes the events of a support desk and a shop: twelve weeks up to the end of the week of monday, and some days more.
type crowd struct {
	memory

	rng *rand.Rand
	n   int
}

func newCrowd() *crowd {
	c := &crowd{rng: rand.New(rand.NewPCG(16, 1))} //nolint:gosec // it makes the same events each time
	for week := -11; week <= 0; week++ {
		for range 64 {
			begun := monday.AddDate(0, 0, 7*week).Add(time.Duration(c.rng.Float64() * float64(7*24*time.Hour))).Truncate(time.Second)
			c.ticket(begun, week)
		}
		for range 40 {
			c.order(monday.AddDate(0, 0, 7*week).Add(time.Duration(c.rng.Float64() * float64(7*24*time.Hour))).Truncate(time.Second))
		}
	}
	return c
}

// behind adds eight tickets of the week's Monday that are late at its end.
func (c *crowd) behind() *crowd {
	for n := range 8 {
		c.late(monday.Add(time.Duration(10+n)*time.Hour), []string{"south", "south", "north"}[n%3])
	}
	return c
}

// late tells a ticket of which a customer still waits at the end of the week: it has an answer, and the promise "solved" was broken.
func (c *crowd) late(begun time.Time, team string) {
	c.n++
	t := &teller{
		c: c, run: event.Run{Name: "ticket", ID: "T" + strconv.Itoa(c.n), Started: begun}, customer: "customer-" + strconv.Itoa(c.n),
		team: team, high: "low", channel: event.Email,
	}
	t.tell(begun, event.JourneyStarted, nil)
	promise := func(e *event.Event) {
		e.Promise = &event.Promise{Name: "solved", Number: 1, Made: begun, Due: begun.Add(72 * time.Hour)}
	}
	t.tell(begun, event.PromiseMade, promise)
	t.touch(begun.Add(time.Hour), "answer", "sort", event.OK)
	t.tell(begun.Add(72*time.Hour), event.PromiseBroken, promise)
}

func (c *crowd) one(of ...string) string { return of[c.rng.IntN(len(of))] }

// teller writes the events of one run.
type teller struct {
	c          *crowd
	run        event.Run
	customer   string
	team, high string
	channel    event.Channel
}

func (t *teller) tell(at time.Time, kind event.Kind, fill func(*event.Event)) {
	e := event.Event{
		Kind: kind, Time: at, Journey: t.run, Customer: event.Customer{Hash: t.customer}, Channel: t.channel,
		Attributes: []attribute.KeyValue{attribute.String("team", t.team), attribute.String("impact", t.high)},
	}
	if fill != nil {
		fill(&e)
	}
	binary.BigEndian.PutUint64(e.ID[8:], uint64(len(t.c.events))+1)
	t.c.events = append(t.c.events, e)
}

func (t *teller) touch(at time.Time, name, stage string, o event.Outcome) {
	t.tell(at, event.TouchpointEnded, func(e *event.Event) { e.Touchpoint, e.Stage, e.Outcome = name, stage, o })
}

// ticket tells a ticket. Those of the team south with high impact are slow.
func (c *crowd) ticket(begun time.Time, week int) {
	c.n++
	t := &teller{
		c: c, run: event.Run{Name: "ticket", ID: "T" + strconv.Itoa(c.n), Started: begun}, customer: "customer-" + strconv.Itoa(c.n),
		team: c.one("north", "south", "east"), high: c.one("high", "low", "low"), channel: []event.Channel{event.Phone, event.Email, event.Web}[c.rng.IntN(3)],
	}
	slow := c.rng.Float64() < 0.06 || t.team == "south" && t.high == "high" && c.rng.Float64() < 0.5
	took := time.Duration((4 + 40*c.rng.Float64()) * float64(time.Hour)).Truncate(time.Second)
	if slow {
		took += 76 * time.Hour
	}
	first := time.Duration((0.5 + 6*c.rng.Float64()) * float64(time.Hour)).Truncate(time.Second)
	t.tell(begun, event.JourneyStarted, nil)
	promise := func(name string, number int, within time.Duration) func(*event.Event) {
		return func(e *event.Event) {
			e.Promise = &event.Promise{Name: name, Number: number, Made: begun, Due: begun.Add(within)}
		}
	}
	solved, answered := promise("solved", 1, 72*time.Hour), promise("answered", 1, 8*time.Hour)
	t.tell(begun, event.PromiseMade, solved)
	t.tell(begun, event.PromiseMade, answered)
	t.touch(begun.Add(first), "answer", "sort", event.OK)
	t.tell(begun.Add(first), event.PromiseKept, answered)
	t.touch(begun.Add(took/2), "look into it", "work", event.OK)
	if c.rng.Float64() < 0.3 {
		t.touch(begun.Add(took*3/4), "ask the customer", "waiting", event.OK)
	}
	if slow {
		t.tell(begun.Add(72*time.Hour), event.PromiseBroken, solved)
	}
	end := begun.Add(took)
	t.touch(end, "solve", "work", event.OK)
	if !slow {
		t.tell(end, event.PromiseKept, solved)
	}
	t.tell(end, event.JourneyEnded, func(e *event.Event) { e.Outcome = event.Completed })
	if c.rng.Float64() < 0.08 {
		t.touch(end.Add(30*time.Hour), "call again", "work", event.OK)
	}
	c.say(t, end.Add(time.Hour), slow)
	_ = week
}

// say tells what the customer says.
func (c *crowd) say(t *teller, at time.Time, slow bool) {
	if c.rng.Float64() > 0.5 {
		return
	}
	points, cause, words := 5, "friendly", c.one("Thank you, that was quick.", "A kind person who knew what to do.")
	if slow {
		points, cause, words = 1, "slow", c.one("I waited for days and had to call twice.", "Nobody told me how long it takes.")
	} else if c.rng.Float64() < 0.2 {
		points, cause, words = 2, "unclear", "I did not understand the answer."
	}
	t.tell(at, event.FeedbackReceived, func(e *event.Event) {
		e.Feedback = &event.Feedback{Survey: "after", Scale: event.CSAT, Score: points, Comment: words, Causes: []string{cause}}
		e.Feedback.Verdict, _ = event.CSAT.Verdict(points)
	})
}

// order tells an order, one of ten of which fails.
func (c *crowd) order(begun time.Time) {
	c.n++
	t := &teller{
		c: c, run: event.Run{Name: "order", ID: "O" + strconv.Itoa(c.n), Started: begun}, customer: "customer-" + strconv.Itoa(c.n),
		team: "shop", high: "low", channel: event.Web,
	}
	t.tell(begun, event.JourneyStarted, nil)
	t.touch(begun.Add(2*time.Minute), "pay", "", event.OK)
	o := event.Completed
	if c.rng.Float64() < 0.1 {
		o = event.Failed
	}
	t.tell(begun.Add(3*time.Minute), event.JourneyEnded, func(e *event.Event) { e.Outcome = o })
}

// tableOf loads a table.
func tableOf(t testing.TB, b *blueprint.Blueprint, m *memory) *insight.Table {
	t.Helper()
	table, err := insight.New(b, insight.WithAttributes("impact"))
	if err == nil {
		err = table.Load(t.Context(), m)
	}
	if err != nil {
		t.Fatal(err)
	}
	return table
}

// week are the settings of the tests.
func week() report.Settings {
	return report.Settings{From: monday, Until: monday.AddDate(0, 0, 7), Zone: berlin, By: []insight.Column{insight.Team, "impact"}}
}

// made makes the report of the tests.
func made(t testing.TB, table *insight.Table, s report.Settings) *report.Report {
	t.Helper()
	r, err := report.Make(t.Context(), table, insight.Everything(), s)
	if err != nil {
		t.Fatal(err)
	}
	return r
}
