package console_test

import (
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"net/http"
	"regexp"
	"strings"
	"testing"
	"time"

	"cairncx.dev/cairn/cx"
	"cairncx.dev/cairn/cx/blueprint"
	"cairncx.dev/cairn/cx/console"
	"cairncx.dev/cairn/cx/event"
	"cairncx.dev/cairn/cx/insight"
	"cairncx.dev/cairn/cx/slo"
	"cairncx.dev/cairn/journey"
)

// part returns a section of a page, without the others.
func part(t *testing.T, body, id string) string {
	t.Helper()
	_, rest, ok := strings.Cut(body, `id="`+id+`"`)
	if !ok {
		t.Fatalf("the page has no part %s: %s", id, body)
	}
	text, _, _ := strings.Cut(rest, "</section>")
	return text
}

// worsened is a crowd whose runs of the last 28 days break what they promised, and whose earlier ones kept it.
func worsened() *memory {
	m := &memory{}
	for i := range 200 {
		begun := now.Add(-time.Duration(200-i) * 6 * time.Hour)
		run := event.Run{Name: "ticket", ID: fmt.Sprint(i), Started: begun}
		promise := &event.Promise{Name: "solved", Number: 1, Due: begun.Add(48 * time.Hour), Made: begun}
		took, kind := 20*time.Hour, event.PromiseKept
		if now.Sub(begun) < 28*24*time.Hour && i%2 == 0 {
			took, kind = 50*time.Hour, event.PromiseBroken
		}
		for at, k := range map[time.Duration]event.Kind{0: event.JourneyStarted, time.Second: event.PromiseMade, min(took, 48*time.Hour): kind, took + time.Hour: event.JourneyEnded} {
			e := event.Event{Kind: k, Time: begun.Add(at), Journey: run, Customer: event.Customer{Hash: fmt.Sprint("c", i)}}
			switch k { //nolint:exhaustive // those of the test
			case event.PromiseMade, event.PromiseKept, event.PromiseBroken:
				e.Promise = promise
			case event.JourneyEnded:
				e.Outcome = event.Completed
			default:
			}
			binary.BigEndian.PutUint64(e.ID[8:], uint64(len(m.events)+1))
			if !e.Time.After(now) {
				m.events = append(m.events, e)
			}
		}
	}
	return m
}

// hidden is a run of a journey with one customer.
func hidden() event.Event {
	e := event.Event{Kind: event.JourneyStarted, Time: now.Add(-60 * 24 * time.Hour), Journey: event.Run{Name: "order", ID: "one"}, Customer: event.Customer{Hash: "one"}}
	e.ID[0] = 1
	return e
}

// young returns the events of twelve orders of the last day.
func young() *memory {
	m := &memory{}
	for i := range 12 {
		m.events = append(m.events, event.Event{
			ID: event.ID{0: 8, 1: byte(i)}, Kind: event.JourneyStarted, Time: now.Add(-time.Duration(i) * time.Hour), Customer: event.Customer{Hash: fmt.Sprint("y", i)},
			Journey: event.Run{Name: "order", ID: fmt.Sprint("Y-", i), Started: now.Add(-time.Duration(i) * time.Hour)},
		})
	}
	return m
}

// TestHeadline: the worst thing is first, in one sentence.
func TestHeadline(t *testing.T) {
	t.Parallel()
	used := func(context.Context) ([]slo.Status, error) {
		return []slo.Status{{Name: "fine", Enough: true, Ratio: 1, Budget: slo.Budget{Share: 1}}, {Name: "quick <calls>", Enough: true, Ratio: 0.5, Objective: slo.Objective{Target: 0.9}, Budget: slo.Budget{Share: -4}}}, nil
	}
	broken := func(context.Context) ([]slo.Status, error) { return nil, errors.New("prometheus at 10.0.0.9 is down") }
	early := console.WithClock(func() time.Time { return now.Add(-59 * 24 * time.Hour) }) // nothing is old enough to compare
	few := crowd("ticket", "")
	few.events = append(few.events, hidden())
	for _, c := range []struct {
		reason string
		events *memory
		opts   []console.Option
		first  string
		also   string
	}{
		{"there is nothing to compare yet", crowd("ticket", ""), []console.Option{early}, "<strong>No open run is late. There is no period to compare with.", ""},
		{"a journey has too few customers", few, []console.Option{early}, "<strong>No open run is late in the journeys that have numbers.", ""},
		{"nothing happened", &memory{}, nil, "There is no run yet.", ""},
		{"a budget is used up, which is worse than what got worse", worsened(), []console.Option{console.WithObjectives(used)}, "The budget of “quick &lt;calls&gt;” is used up: 50.0% were good, and the target is 90.0%.", "“solved” of “ticket” was kept in "},
		{"a promise got worse", worsened(), nil, "“solved” of “ticket” was kept in ", "and the target is"},
		{"the objectives are not known: the rest is", worsened(), []console.Option{console.WithObjectives(broken)}, "“solved” of “ticket” was kept in ", "and the target is"},
		{"a new service has no period to compare with", young(), nil, "No open run is late. There is no period to compare with.", ""},
		{"a target is missed", crowd("ticket", ""), nil, "“solved” of ticket was kept in 83.8%, and the target is 90.0%.", ""},
		{"runs are late", owing(), nil, "late with a promise: the longest one was due", "late with a promise"},
	} {
		body := request(served(t, loaded(t, desk("ticket"), c.events), c.opts...), http.MethodGet, "/").Body.String()
		first, also, _ := strings.Cut(part(t, body, "first"), "</p>")
		if !strings.Contains(first, c.first) || !strings.Contains(also, c.also) {
			t.Errorf("%s: the headline is %s\nand below it %s\nwant %q and %q", c.reason, first, also, c.first, c.also)
		}
		if strings.Contains(body, "10.0.0.9") {
			t.Errorf("%s: the page shows the error of the application", c.reason)
		}
	}
}

// TestWorseFirst: what got worse is first, and what differs by chance is folded away.
func TestWorseFirst(t *testing.T) {
	t.Parallel()
	body := part(t, request(served(t, loaded(t, desk("ticket"), worsened())), http.MethodGet, "/").Body.String(), "worse")
	before, folded, ok := strings.Cut(body, "<details>")
	if !ok || !strings.Contains(before, "ticket: solved kept") || !strings.Contains(before, ">worse<") || strings.Contains(before, "ticket: completed") || !strings.Contains(folded, "ticket: completed") {
		t.Errorf("what got worse is %s", body)
	}
	alone := part(t, request(served(t, loaded(t, desk("ticket"), worsened())), http.MethodGet, "/?compare=none").Body.String(), "worse")
	if !strings.Contains(alone, "no period to compare with") {
		t.Errorf("without a comparison: %s", alone)
	}
}

// owing is a crowd of open runs with a promise each, of several names, that are due at different times around now.
func owing() *memory {
	m := &memory{}
	for i := range 30 {
		begun := now.Add(-10 * time.Hour)
		run := event.Run{Name: []string{"ticket", "order"}[i%2], ID: fmt.Sprint("R", i), Started: begun}
		promise := &event.Promise{Name: []string{"solved", "shipped", "called"}[i%3], Number: 1, Due: now.Add(time.Duration(7*i%30-14)*time.Hour + 30*time.Minute), Made: begun}
		for _, kind := range []event.Kind{event.JourneyStarted, event.PromiseMade} {
			e := event.Event{Kind: kind, Time: begun, Journey: run, Customer: event.Customer{Hash: fmt.Sprint("c", i)}}
			if kind == event.PromiseMade {
				e.Promise = promise
			}
			binary.BigEndian.PutUint64(e.ID[8:], uint64(len(m.events)+1))
			m.events = append(m.events, e)
		}
	}
	return m
}

// TestDueInOneOrder: the lists of what is due are over all promises, in the order of due times.
func TestDueInOneOrder(t *testing.T) {
	t.Parallel()
	m := owing()
	c := served(t, loaded(t, desk("ticket"), m))
	body := request(c, http.MethodGet, "/").Body.String()
	dues := regexp.MustCompile(`<bdi>(solved|shipped|called)</bdi>.*?>((?:in )?[0-9][^<]*)<`)
	want := map[string]string{
		"breaking": "in 30 min, in 1 h 30 min, in 2 h 30 min, in 3 h 30 min, in 4 h 30 min, in 5 h 30 min, in 6 h 30 min, in 7 h 30 min",
		"broken":   "13 h 30 min late, 12 h 30 min late, 11 h 30 min late, 10 h 30 min late, 9 h 30 min late, 8 h 30 min late, 7 h 30 min late, 6 h 30 min late",
	}
	for id, all := range want {
		var got []string
		names := map[string]bool{}
		for _, f := range dues.FindAllStringSubmatch(part(t, body, id), -1) {
			got, names[f[1]] = append(got, f[2]), true
		}
		if strings.Join(got, ", ") != all || len(names) < 2 {
			t.Errorf("%s is %q of %v: want %q of several promises", id, got, names, all)
		}
	}
	for address, n := range map[string]int{"/runs?due=next": 16, "/runs?due=late": 14} {
		w := request(c, http.MethodGet, address)
		if !strings.Contains(w.Body.String(), "<bdi>called</bdi>") {
			t.Errorf("%s does not say which promise is due", address)
		}
		if rows := strings.Count(w.Body.String(), `<th scope="row">`); w.Code != http.StatusOK || rows != n {
			t.Errorf("%s is answered with %d and has %d runs: want %d", address, w.Code, rows, n)
		}
	}
	if w := request(c, http.MethodGet, "/runs?due=up"); w.Code != http.StatusBadRequest {
		t.Errorf("an unknown list is answered with %d", w.Code)
	}
	counts := served(t, loaded(t, desk("ticket"), m), console.WithViewer(func(*http.Request) (insight.Viewer, error) { return insight.Viewer{Rights: insight.Numbers}, nil }))
	body = part(t, request(counts, http.MethodGet, "/").Body.String(), "broken")
	if strings.Contains(body, ">R") || !strings.Contains(body, "late with a promise") {
		t.Errorf("a viewer of numbers alone sees %s: want counts and no run", body)
	}
}

// TestIsTheDataWhole: how loads go is shown, in the application's words to those alone who see everything.
func TestIsTheDataWhole(t *testing.T) {
	t.Parallel()
	table := loaded(t, desk("ticket"), crowd("ticket", ""))
	bad := &failing{}
	for range 3 {
		if err := table.Load(t.Context(), bad); err == nil {
			t.Fatal("the load did not fail")
		}
	}
	client, err := cx.New(cx.WithDefinitions(journey.Define("order", journey.Stages("basket"))))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = client.Shutdown(context.Background()) })
	order := journey.Define("order", journey.Stages("basket"))
	order.Enter(order.Start(cx.NewContext(t.Context(), client), "o-1", event.Customer{}), "baskte")
	words := console.WithLoadFault(func(err error) string {
		if errors.Is(err, errDown) {
			return "The archive is being moved."
		}
		panic("what is it?")
	})
	viewer := insight.Viewer{Rights: insight.Numbers}
	who := console.WithViewer(func(*http.Request) (insight.Viewer, error) { return viewer, nil })
	c := served(t, table, words, who, console.WithClient(client))
	see := func() string { return part(t, request(c, http.MethodGet, "/").Body.String(), "whole") }
	body := see()
	for _, want := range []string{"The last 3 attempts failed", "The archive is being moved.", "baskte", "1 time"} {
		if !strings.Contains(body, want) {
			t.Errorf("the part has no %q: %s", want, body)
		}
	}
	viewer.Segments = []string{"gold"}
	for _, not := range []string{"being moved", "baskte", "secret"} {
		if body := see(); strings.Contains(body, not) || !strings.Contains(body, "3 attempts") {
			t.Errorf("a viewer with a scope sees %s", body)
		}
	}
	viewer.Segments = nil
	bad.other = true
	if err := table.Load(t.Context(), bad); err == nil {
		t.Fatal("the load did not fail")
	}
	if body := see(); strings.Contains(body, "secret") || !strings.Contains(body, "The last 4 attempts failed") {
		t.Errorf("when the function panics the part is %s", body)
	}
}

var errDown = errors.New("postgres://u:secret@db is down")

// failing is a source that cannot be read.
type failing struct {
	memory

	other bool
}

func (f *failing) Scan(_ context.Context, s event.Scan, _ func(*event.Event) error) (event.Cursor, error) {
	if f.other {
		return s.Since, errors.New("secret")
	}
	return s.Since, errDown
}

// TestWhileLoading: before the first load a page says so and comes by itself; a load that fails later leaves the pages as they are.
func TestWhileLoading(t *testing.T) {
	t.Parallel()
	table := loaded(t, desk("ticket"), nil)
	c := served(t, table)
	w := request(c, http.MethodGet, "/")
	if w.Code != http.StatusServiceUnavailable || w.Header().Get("Retry-After") == "" || !strings.Contains(w.Body.String(), `http-equiv="refresh"`) {
		t.Errorf("before the first load: %d, %v, %s", w.Code, w.Header(), w.Body)
	}
	if err := table.Load(t.Context(), crowd("ticket", "")); err != nil {
		t.Fatal(err)
	}
	first := request(c, http.MethodGet, "/")
	if first.Code != http.StatusOK {
		t.Errorf("after the first load: %d", first.Code)
	}
	_ = table.Load(t.Context(), &failing{})
	w = request(c, http.MethodGet, "/")
	if w.Code != http.StatusOK || part(t, w.Body.String(), "running") != part(t, first.Body.String(), "running") {
		t.Errorf("after a load that failed: %d: want the numbers of before", w.Code)
	}
}

// TestActionsAreNoExperience: an action of the company has no customers, so that it is not among the promises and the runs of all journeys.
func TestActionsAreNoExperience(t *testing.T) {
	t.Parallel()
	b, m := desk("ticket"), crowd("ticket", "")
	b.Actions = []blueprint.Action{{Name: "improvement", Owner: "support", Make: blueprint.Within{Duration: blueprint.Duration(48 * time.Hour)}}}
	for i := range 9 {
		begun := now.Add(-time.Duration(4+i) * 24 * time.Hour)
		for k, kind := range []event.Kind{event.JourneyStarted, event.PromiseMade, event.PromiseBroken} {
			e := event.Event{ID: event.ID{0: 7, 1: byte(i), 2: byte(k)}, Kind: kind, Time: begun.Add(time.Duration(k/2) * 48 * time.Hour), Journey: event.Run{Name: "improvement", ID: fmt.Sprint("A-", i), Started: begun}}
			if kind != event.JourneyStarted {
				e.Promise = &event.Promise{Name: "made", Number: 1, Due: begun.Add(48 * time.Hour), Made: begun}
			}
			m.events = append(m.events, e)
		}
	}
	c := served(t, loaded(t, b, m))
	body := request(c, http.MethodGet, "/").Body.String()
	for _, id := range []string{"promises", "running"} {
		if text := part(t, body, id); strings.Contains(text, "improvement") || !strings.Contains(text, "ticket") {
			t.Errorf("%s has the action:\n%s", id, text)
		}
	}
	if text := part(t, request(c, http.MethodGet, "/journeys/improvement").Body.String(), "promises"); !strings.Contains(text, "improvement") {
		t.Errorf("the page of the action has no promise:\n%s", text)
	}
}
