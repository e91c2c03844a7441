package support_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"math"
	"net/http/httptest"
	"os"
	"regexp"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"cairncx.dev/cairn/cx"
	"cairncx.dev/cairn/cx/event"
	"cairncx.dev/cairn/cx/otelsetup"
	"cairncx.dev/cairn/cx/slo"
	"cairncx.dev/cairn/cx/slo/fleet"
	"cairncx.dev/cairn/cx/slo/grafana"
	"cairncx.dev/cairn/internal/e2e/servers"
	"cairncx.dev/cairn/touchpoint"
)

const second = event.Seconds(time.Second)

func answered(queue string, wait, talk, hold, wrap event.Seconds) event.Leg {
	return event.Leg{
		Queue: queue, Queued: true, Answered: true, AgentID: "employee-7", End: event.LegFinished,
		Wait: wait * second, Talk: talk * second, Hold: hold * second, Wrap: wrap * second,
	}
}

func passedOn(l event.Leg) event.Leg { l.End = event.LegTransferred; return l }

func left(queue string, wait event.Seconds, end event.LegEnd) event.Leg {
	return event.Leg{Queue: queue, Queued: true, Wait: wait * second, End: end}
}

// contact is one contact of the day.
type contact struct {
	channel event.Channel
	said    event.Assisted
	from    string // the customer, if the matter is known, too
}

func call(legs ...event.Leg) contact {
	return contact{channel: event.Phone, said: event.Assisted{Legs: legs}}
}

func (c contact) by(customer string) contact { c.from = customer; return c }

// day is what happens at the team, chosen so that its numbers can be worked out by hand: see worked.
func day() []contact {
	bot := event.Leg{Answered: true, Bot: true, Talk: 20 * second, End: event.LegTransferred}
	refund := call(answered("support", 5, 100, 0, 0))
	refund.said.Decisions = []event.Decision{{What: "refund", Approval: true, Waited: 30 * second}, {What: "exception"}}
	chat := contact{channel: event.Chat, said: event.Assisted{Legs: []event.Leg{bot, answered("support", 15, 60, 0, 0)}}}
	thread := func(queue string) contact {
		return contact{channel: event.Chat, said: event.Assisted{Claimed: event.Yes, Legs: []event.Leg{answered(queue, 0, 0, 0, 0)}, Thread: &event.Thread{
			Replies: []event.Reply{{After: 600 * second, Open: 300 * second}, {After: 60 * second, Open: 60 * second}}, Waited: 660 * second,
		}}}
	}
	return []contact{
		refund.by("ann"), chat.by("ben"),
		call(passedOn(answered("support", 0, 60, 0, 0)), passedOn(answered("billing", 40, 30, 0, 0)), answered("support", 30, 30, 10, 20)),
		call(left("support", 10, event.LegAbandoned)), // in time, and missed
		call(left("support", 40, event.LegAbandoned)), // late, and missed
		call(left("support", 3, event.LegAbandoned)),  // so early that it does not count
		call(left("support", 12, event.LegCallback)),  // neither counted nor abandoned
		call(left("support", 8, event.LegOverflowed), answered("billing", 70, 100, 0, 0)),
		call(left("billing", 30, event.LegAbandoned)), // in time, and ignored
		call(left("billing", 90, event.LegAbandoned)), // late, and missed
		call(left("billing", 0, event.LegClosed)),
		thread("support").by("ben"), thread("billing").by("cem"),
	}
}

// worked are the numbers of the day's panels by row and title, worked out by hand.
func worked() map[string]map[string]float64 {
	return map[string]map[string]float64{
		"support": {
			"In the queue":              10,       // refund, chat, passed on, back again, three abandoned, callback, overflow, thread
			"Service level":             4. / 7,   // refund, chat, passed on and thread, of these and back again (30 s) and two abandoned
			"Abandoned":                 2. / 9,   // without the one who left after 3 s
			"Mean wait of the answered": 50. / 5,  // 5, 15, 0, 30 and 0
			"Mean handle time":          280. / 5, // 100, 60, 60, 60 and 0
			"Contacts by channel":       10,       // all of them
			"Passed on":                 1,        // to billing; the bot's is none
		},
		"billing": {
			"In the queue":              6,      // passed on, overflowed, three without an answer, thread
			"Service level":             2. / 4, // passed on and thread, of these and 70 s and 90 s
			"Abandoned":                 2. / 6,
			"Mean wait of the answered": 110. / 3, // 40, 70 and 0
			"Mean handle time":          130. / 3, // 30, 100 and 0
			"Contacts by channel":       6,
			"Passed on":                 1, // back to support
		},
		"One matter, from the first contact to the last": {
			"Resolved at the first contact":            2. / 3, // of ann and of cem; ben came again
			"Coverage":                                 4. / 13,
			"Resolved at the first contact, by matter": 2. / 3,
			"Matters by what became of them":           3,
		},
		"Decisions of employees": {"Decisions": 2},
	}
}

// panel is a query with its place.
type panel struct{ row, title, expr string }

// panels returns the queries of the dashboard of support.
func panels(t *testing.T) (all []panel) {
	t.Helper()
	list, err := grafana.Dashboards(team(t))
	if err != nil {
		t.Fatal(err)
	}
	type shape struct {
		Type, Title string
		Targets     []struct{ Expr string }
		Panels      []shape
	}
	for _, d := range list {
		if d.Name != "support" {
			continue
		}
		var read shape
		if err := json.Unmarshal(d.JSON, &read); err != nil {
			t.Fatal(err)
		}
		row := ""
		add := func(s shape) {
			for _, q := range s.Targets {
				all = append(all, panel{row, s.Title, q.Expr})
			}
		}
		for _, s := range read.Panels {
			if s.Type == "row" {
				row = s.Title
			}
			add(s)
			for _, folded := range s.Panels {
				add(folded)
			}
		}
	}
	if len(all) == 0 {
		t.Fatal("there is no dashboard of support")
	}
	return all
}

var (
	pageQuery = regexp.MustCompile("(?ms)^```promql\n(.*?)^```$")
	pageRange = regexp.MustCompile(`\[\d+[dhm]\]`)
)

// shown returns the queries of the page on queues.
func shown(t *testing.T) (queries []string) {
	t.Helper()
	page, err := os.ReadFile("../../../docs/queues.md")
	if err != nil {
		t.Fatal(err)
	}
	for _, m := range pageQuery.FindAllStringSubmatch(string(page), -1) {
		queries = append(queries, m[1])
	}
	if len(queries) < 8 {
		t.Fatalf("the page has %d queries: the test recognises too few", len(queries))
	}
	return queries
}

// stands checks where the objectives stand, which is what the panels have.
func stands(t *testing.T, p *servers.Prometheus, at time.Time) {
	t.Helper()
	client, err := fleet.New(p.URL())
	if err != nil {
		t.Fatal(err)
	}
	all, err := client.Status(t.Context(), team(t).AllObjectives(), at)
	if err != nil {
		t.Fatal(err)
	}
	got := map[string]slo.Counts{}
	for i := range all {
		got[all[i].Name] = all[i].Counts
	}
	if want := (map[string]slo.Counts{"support-answers": {Good: 4, Bad: 3}, "solved-at-once": {Good: 2, Bad: 1}}); !maps.Equal(got, want) {
		t.Errorf("the objectives stand at %+v, and the panels at %+v", got, want)
	}
}

// TestDashboard: on a Prometheus that has scraped the client before and after a day of contacts, no query of the dashboard is empty, and its
// numbers are those that are worked out by hand. No query of the page on queues is empty.
func TestDashboard(t *testing.T) {
	for _, name := range []string{"OTEL_SDK_DISABLED", "OTEL_EXPORTER_OTLP_ENDPOINT", "OTEL_TRACES_EXPORTER", "OTEL_METRICS_EXPORTER", "OTEL_LOGS_EXPORTER"} {
		t.Setenv(name, "")
	}
	sdk, err := otelsetup.Start(t.Context(), otelsetup.WithoutGlobals(), otelsetup.OnlyIfConfigured(), otelsetup.WithServiceName("desk"), otelsetup.WithPrometheus())
	if err != nil {
		t.Fatal(err)
	}
	defer func() {
		if err := sdk.Shutdown(context.Background()); err != nil {
			t.Error(err)
		}
	}()
	srv := httptest.NewServer(sdk.PrometheusHandler())
	defer srv.Close()
	now := new(atomic.Pointer[time.Time])
	began := time.Date(2026, 3, 2, 12, 0, 0, 0, time.UTC)
	now.Store(&began)
	ctx, client := newClient(t, cx.WithMeterProvider(sdk.MeterProvider), cx.WithContactsInMemory(), cx.WithClock(func() time.Time { return *now.Load() }))
	prometheus := servers.StartPrometheus(t, srv.Listener.Addr().String())
	scraped := func(want float64) { // the zeros are there before anything happens
		servers.Eventually(t, patience, func() error {
			switch got, ok := prometheus.Value(t, `sum(cx_queue_contacts_total)`); {
			case !ok:
				return errors.New("the queues are not scraped yet")
			case got != want:
				return fmt.Errorf("%v contacts were in a queue, want %v", got, want)
			default:
				return nil
			}
		})
	}
	scraped(0)
	for i, c := range day() {
		opts := []touchpoint.StartOption{touchpoint.Assisted(c.said), touchpoint.Took(10 * time.Minute)}
		if who, known := c.from, c.from != ""; known {
			opts = append(opts, touchpoint.From(event.Customer{ID: who}), touchpoint.Intent("refund"))
		}
		at := began.Add(time.Duration(i) * time.Minute)
		now.Store(&at)
		helpline.Record(ctx, c.channel, opts...)
	}
	if err := client.Flush(t.Context()); err != nil {
		t.Fatal(err)
	}
	later := began.Add(30 * 24 * time.Hour) // the efforts are over
	now.Store(&later)
	servers.Eventually(t, patience, func() error {
		if err := client.Flush(t.Context()); err != nil {
			t.Fatal(err)
		}
		if got, _ := prometheus.Value(t, `sum(cx_effort_ended_total)`); got != 3 {
			return fmt.Errorf("%v of 3 efforts were told", got)
		}
		return nil
	})
	scraped(16)

	// A window that ends at a scrape contains whole intervals between scrapes, so that increase extrapolates nothing and is exact.
	last, ok := prometheus.Value(t, `max(timestamp(cx_queue_contacts_total))`)
	if !ok {
		t.Fatal("there is no last scrape")
	}
	stands(t, prometheus, time.UnixMilli(int64(math.Round(1000*last))))
	at := fmt.Sprintf("] @ %.3f", last)
	ranges := strings.NewReplacer("$__range]", "10m"+at, "$__rate_interval]", "2m"+at, "$__range", "10m")
	numbers := worked()
	for _, p := range panels(t) {
		total, some := 0.0, false
		for _, s := range prometheus.Query(t, ranges.Replace(p.expr)) {
			if !math.IsNaN(s.Value) {
				total, some = total+s.Value, true
			}
		}
		if !some {
			t.Errorf("%s, %s: nothing: %s", p.row, p.title, p.expr)
		}
		if want, known := numbers[p.row][p.title]; known && math.Abs(total-want) > 1e-9 {
			t.Errorf("%s, %s: got %v, want %v", p.row, p.title, total, want)
		}
		delete(numbers[p.row], p.title)
	}
	servers.Eventually(t, patience, func() error { // increase needs two samples
		if next, ok := prometheus.Value(t, `max(timestamp(cx_queue_contacts_total))`); !ok || next <= last {
			return errors.New("there was no further scrape")
		}
		return nil
	})
	for _, query := range shown(t) {
		if len(prometheus.Query(t, pageRange.ReplaceAllString(query, "[10m]"))) == 0 {
			t.Errorf("docs/queues.md has a query that returns nothing: %s", query)
		}
	}
	for row, rest := range numbers {
		for title := range rest {
			t.Errorf("%s has no panel %s", row, title)
		}
	}
}
