package console_test

import (
	"context"
	"fmt"
	"log/slog"
	"net/http"
	"sync/atomic"
	"testing"
	"time"

	"cairncx.dev/cairn/cx"
	"cairncx.dev/cairn/cx/console"
	"cairncx.dev/cairn/cx/cxtest"
	"cairncx.dev/cairn/cx/event"
	"cairncx.dev/cairn/cx/insight"
	"cairncx.dev/cairn/cx/insight/report"
	"cairncx.dev/cairn/cx/insight/schedule"
	"cairncx.dev/cairn/cx/insight/subscribe"
	"cairncx.dev/cairn/cx/slo"
	memorystore "cairncx.dev/cairn/cx/stores/memory"
	"cairncx.dev/cairn/feedback"
	"cairncx.dev/cairn/journey"
	"cairncx.dev/cairn/touchpoint"
)

var (
	order  = journey.Define("order", journey.Stages("paid", "sent"), journey.ByHand("callback", "refund"))
	policy = touchpoint.DefineContactPolicy("contacts", touchpoint.Purpose("survey", touchpoint.OnlyOn(event.Email)),
		touchpoint.Purpose("offer", touchpoint.OnlyOn(event.Post), touchpoint.StoppedBy("complaint")), touchpoint.Purpose("marketing", touchpoint.NeedsConsent()))
	pack = touchpoint.Define("pack")
)

// office is a world with everything: the events of a desk, and a client whose orders, follow-ups and actions the pages move on.
type office struct {
	t     *testing.T
	rec   *cxtest.Recorder
	all   *memory
	read  int // of the client's events
	table *insight.Table
	ctx   context.Context
	nanos atomic.Int64 // since 1970
}

func newOffice(t *testing.T, table *insight.Table) *office {
	t.Helper()
	o := &office{t: t, all: days(60, plain), table: table}
	o.nanos.Store(now.Add(-9 * 24 * time.Hour).UnixNano())
	b := desk(plain)
	definitions := []event.Definition{order, policy}
	for _, d := range b.Definitions() {
		if j, ok := d.(*journey.Definition); !ok || j.Name() != order.Name() { // order has promises by hand, too
			definitions = append(definitions, d)
		}
	}
	complaint, change := b.FollowUp("complaint"), b.Action("improvement")
	o.rec = cxtest.New(t, cx.WithDefinitions(definitions...), cx.WithCustomerKey([]byte("0123456789abcdef")), cx.WithContactsInMemory(),
		cx.WithUnredactedText(), cx.WithClock(o.now))
	o.ctx = o.rec.Context(t.Context())
	for i, c := range []struct{ order, customer, words string }{
		{"AB-1001", "alice", "It came broken."}, {"AB-1002", "bob", "I was charged twice."}, {"AB-1003", "carol", "Nobody called back."}, {"1004", "carol", ""},
	} {
		who := event.Customer{ID: c.customer, Segment: "gold"}
		placed := order.Start(o.ctx, c.order, who)
		order.Enter(placed, "paid")
		o.pass(2 * time.Hour)
		pack.Record(placed, event.Web)
		if c.words != "" {
			matter := complaint.Open(placed, "C-"+c.order, who, feedback.Note(c.words))
			o.pass(20 * time.Hour)
			if i == 2 {
				complaint.Acknowledge(matter)
				o.pass(20 * time.Hour)
				complaint.Tell(complaint.Resolve(matter, "refund"))
			}
		}
	}
	for i := range 12 {
		order.Enter(order.Start(o.ctx, fmt.Sprint("AB-20", 10+i), event.Customer{ID: fmt.Sprint("customer ", i)}), "paid")
	}
	order.Start(o.ctx, "carol", event.Customer{ID: "carol"}) // an order with the ID of a customer
	change.Propose(o.ctx, "A-1", feedback.OnCause("waiting", now.AddDate(0, 0, -28), now))
	o.nanos.Store(now.UnixNano())
	o.load()
	return o
}

func (o *office) now() time.Time { return time.Unix(0, o.nanos.Load()).UTC() }

func (o *office) pass(d time.Duration) { o.nanos.Add(int64(d)) }

// load lets the table read what the client has recorded, and the events.
func (o *office) load(more ...event.Event) {
	recorded := o.rec.Events()
	o.all.mu.Lock()
	o.all.events = append(append(o.all.events, recorded[o.read:]...), more...)
	o.read = len(recorded)
	o.all.mu.Unlock()
	if err := o.table.Load(context.Background(), o.all); err != nil {
		o.t.Error(err)
	}
}

// ticket is another ticket of yesterday, which the table reads a minute later.
func (o *office) ticket() {
	o.pass(time.Minute)
	d := day{m: &memory{}, i: 1, begun: now.Add(-30 * time.Hour), t: plain, team: "blue", run: event.Run{Name: plain.journey, ID: "T-late", Started: now.Add(-30 * time.Hour)}}
	d.customer = event.Customer{Hash: "late"}
	d.play(false)
	for i := range d.m.events {
		d.m.events[i].ID[0] = 8
	}
	o.load(d.m.events...)
}

// happen records an order, and the table reads it a minute later.
func (o *office) happen(id string) {
	order.Enter(order.Start(o.ctx, id, event.Customer{ID: "customer of " + id}), "paid")
	o.pass(time.Minute)
	o.load()
}

// lead is who reads the pages.
func lead(*http.Request) (insight.Viewer, error) {
	v := insight.Everything()
	v.Name, v.Mail = "lead", "lead@example.com"
	return v, nil
}

// objectives are one that holds, and one that is broken.
func objectives(context.Context) ([]slo.Status, error) {
	return []slo.Status{
		{Name: "solved in time", Enough: true, Ratio: 0.99, Budget: slo.Budget{Share: 0.9}, Objective: slo.Objective{Target: 0.9}},
		{Name: "calls answered", Enough: true, Ratio: 0.5, Budget: slo.Budget{Share: -4}, Objective: slo.Objective{Target: 0.9}},
	}, nil
}

// options are those of the office's console.
func (o *office) options() []console.Option {
	list, err := subscribe.New(new(memorystore.Store))
	if err != nil {
		o.t.Fatal(err)
	}
	return []console.Option{
		console.WithTitle("Nordlicht"), console.WithClient(o.rec.Client()), console.WithDefinitions(order, policy), console.WithViewer(lead),
		console.WithClock(o.now), console.WithTraces("https://jaeger.example.com/trace/{trace_id}"), console.WithObjectives(objectives),
		console.WithSubscriptions(list, schedule.Plan{Name: "week of support", Every: report.Week}),
	}
}

// quiet is a log that says nothing.
var quiet = slog.New(slog.DiscardHandler)
