package insight_test

import (
	"encoding/json"
	"errors"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"time"

	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/trace"

	"cairncx.dev/cairn/cx/event"
	"cairncx.dev/cairn/cx/insight"
)

// ada is a customer with a ticket that went wrong, an order of the same number, and a review. Bob is in the ticket, too.
func ada() *memory {
	all := []event.Event{
		storyEvent("ticket", "7", 0, event.JourneyStarted, nil),
		storyEvent("ticket", "7", 0, event.PromiseMade, func(e *event.Event) {
			e.Promise = &event.Promise{Name: "solved", Number: 1, Made: at(0), Due: at(48)}
		}),
		storyEvent("ticket", "7", 1, event.JourneyStageEntered, func(e *event.Event) { e.Stage, e.Visit = "triage", 1 }),
		storyEvent("ticket", "7", 2, event.TouchpointEnded, func(e *event.Event) {
			e.Touchpoint, e.Channel, e.Outcome, e.Cause, e.Stage = "call", event.Phone, event.Failed, "no_access", "triage"
			e.Assisted = &event.Assisted{Legs: []event.Leg{
				{Queue: "first", Queued: true, Answered: true, Agent: "employee-1", Wait: event.Seconds(4 * time.Minute), End: event.LegTransferred},
				{Queue: "second", Queued: true, Answered: true, Agent: "employee-2", Wait: event.Seconds(time.Minute), End: event.LegFinished},
			}}
			e.Attributes = []attribute.KeyValue{attribute.String("impact", "high")}
		}),
		storyEvent("ticket", "7", 48, event.PromiseBroken, func(e *event.Event) {
			e.Promise = &event.Promise{Name: "solved", Number: 1, Made: at(0), Due: at(48)}
		}),
		storyEvent("ticket", "7", 50, event.PromiseKept, func(e *event.Event) {
			e.Late, e.Promise = true, &event.Promise{Name: "solved", Number: 1, Made: at(0), Due: at(48)}
		}),
		storyEvent("ticket", "7", 50, event.JourneyEnded, func(e *event.Event) {
			e.Outcome, e.Transition = event.Completed, &event.Transition{From: "triage", LastCause: "no_access"}
			e.Journey.Value = &event.Money{Amount: 129900, Currency: "EUR"}
		}),
		storyEvent("ticket", "7", 51, event.FeedbackReceived, func(e *event.Event) {
			e.Feedback = &event.Feedback{Survey: "csat", Scale: event.CSAT, Score: 2, Verdict: event.Negative, Comment: "two days\u202e without access"}
		}),
		storyEvent("order", "7", 10, event.JourneyStarted, nil),
		storyEvent("", "", 60, event.FeedbackMentioned, func(e *event.Event) {
			e.Feedback, e.Mention = &event.Feedback{Source: "reviews"}, &event.Mention{Nature: event.Complaint, Address: "https://example.com/r/1"}
		}),
		storyEvent("order", "8", 1, event.JourneyStarted, func(e *event.Event) { e.Customer = event.Customer{Hash: "bob", Segment: "iron"} }),
		storyEvent("order", "8", 3, event.TouchpointEnded, func(e *event.Event) { e.Touchpoint, e.Customer = "share", event.Customer{Hash: "ada", Segment: "gold"} }),
		storyEvent("order", "8", 4, event.TouchpointEnded, func(e *event.Event) { e.Touchpoint, e.Customer = "pay", event.Customer{} }),
	}
	for i := range all {
		if all[i].Journey.ID == "7" && i%2 == 1 && all[i].Kind != event.JourneyStarted {
			all[i].Customer = event.Customer{} // an event of a run often does not name its customer
		}
	}
	return &memory{events: all}
}

func storyEvent(journey, id string, hour float64, kind event.Kind, fill func(*event.Event)) event.Event {
	e := event.Event{Kind: kind, Time: at(hour), Customer: event.Customer{Hash: "ada", Segment: "gold"}}
	if journey != "" {
		e.Journey = event.Run{Name: journey, ID: id}
	}
	if fill != nil {
		fill(&e)
	}
	e.ID = event.NewID(e.Time)
	return e
}

// TestRun: the story of a run, in order, and how it stands.
func TestRun(t *testing.T) {
	t.Parallel()
	m := ada()
	ticket := event.RunRef{Name: "ticket", ID: "7"}
	view := tableOf(t, m).View(insight.Everything(), time.Time{})
	run, err := view.Run(t.Context(), ticket)
	if err != nil {
		t.Fatal(err)
	}
	cet := time.FixedZone("CET", 3600)
	var said []string
	for i := range run.Steps {
		s := &run.Steps[i]
		said = append(said, s.Event.Time.In(cet).Format("2 15:04 ")+s.Sentence(cet))
	}
	want := []string{
		`2 10:00 It began.`,
		`2 10:00 The company promised "solved" by Wed 4 March 2026 10:00.`,
		`2 11:00 It came to the stage "triage".`,
		`2 12:00 "call" took place by phone, and failed because of "no_access". The customer waited 4 minutes in the queue "first" until an employee answered. The customer was transferred. The customer waited 1 minute in the queue "second" until an employee answered.`,
		`4 10:00 The promise "solved" was broken: it was due by Wed 4 March 2026 10:00.`,
		`4 12:00 The promise "solved" was kept 2 hours too late: it was due by Wed 4 March 2026 10:00.`,
		`4 12:00 It was completed.`,
		`4 13:00 The customer answered the survey "csat" with 2 of 5, which is negative. The customer wrote: "two days` + "\ufffd" + ` without access"`,
	}
	if !slices.Equal(said, want) {
		t.Errorf("the story is\n%s\nwant\n%s", strings.Join(said, "\n"), strings.Join(want, "\n"))
	}
	if got, want := run.Sentence(cet), `"ticket" "7" began on Mon 2 March 2026 10:00 and was completed on Wed 4 March 2026 12:00, after 2 days 2 hours. 1 touchpoint failed. The customer waited 5 minutes for answers of people. The customer was transferred once. The promise "solved" was broken, and kept late on Wed 4 March 2026 12:00, 2 hours after it was due. It was due by Wed 4 March 2026 10:00. The value at stake is 1,299.00 EUR.`; got != want {
		t.Errorf("it is summed up as\n%s\nwant\n%s", got, want)
	}
	if run.Customer != "ada" || run.Cause != "no_access" || run.Stage != "triage" || !run.Known || run.Waited != 5*time.Minute {
		t.Errorf("the summary is %+v", run.RunSummary)
	}
	early, err := tableOf(t, m).View(insight.Everything(), at(47)).Run(t.Context(), ticket)
	if err != nil {
		t.Fatal(err)
	}
	if len(early.Steps) != 4 || early.State != "open" || early.Promises[0].State != "open" || !early.At.Equal(at(47)) {
		t.Errorf("before the due time, the run is %+v with %d steps", early.RunSummary, len(early.Steps))
	}
	if got, want := early.Sentence(nil), `The promise "solved" is open. It is due by Wed 4 March 2026 09:00.`; !strings.HasSuffix(got, want) {
		t.Errorf("it is summed up as %s", got)
	}
	plain := insight.Viewer{Rights: insight.Customers}
	if quiet, err := tableOf(t, m).View(plain, time.Time{}).Run(t.Context(), ticket); err != nil || quiet.Words || strings.Contains(asJSON(t, quiet), "without access") {
		t.Errorf("without the right to see words, the story has them: %v", err)
	}
}

// TestRunStates: how a run stands agrees with the column of the table.
func TestRunStates(t *testing.T) {
	t.Parallel()
	var lives []life
	for n, o := range []event.Outcome{event.Completed, event.Failed, event.Cancelled, event.Abandoned, 0, 0, 0} {
		l := ticket(n, 0)
		if l.outcome = o; o != 0 {
			l.ended = 5
		}
		switch n {
		case 5: // open: something happened lately
			l.touched = []touched{{150, "call", event.OK}}
		case 6: // the end is not in the source
			l.journey, l.touched = "order", []touched{{2, "call", event.OK}}
		}
		l.due, l.broken = 48, -1
		lives = append(lives, l)
	}
	m := &memory{}
	for i := range lives {
		for _, e := range lives[i].events() {
			e.Late = i == 6 && e.Kind == event.TouchpointEnded
			m.events = append(m.events, e)
		}
	}
	view := tableOf(t, m).View(insight.Everything(), at(200))
	list, err := view.Runs(t.Context(), insight.Which{}, insight.RunsOf{}, 100)
	if err != nil {
		t.Fatal(err)
	}
	states := map[string]int{}
	for i := range list.List {
		l := &list.List[i]
		run, err := view.Run(t.Context(), l.Run)
		if err != nil {
			t.Fatal(err)
		}
		states[run.State]++
		if run.State != l.State || !run.Began.Equal(l.Began) || run.Known != l.Known || !run.Ended.Equal(l.Ended) {
			t.Errorf("the story of %v is %+v, the list has %+v", l.Run, run.RunSummary, l)
		}
		if p := run.Promises[0]; p.State != "broken" {
			t.Errorf("the promise of %v, due 152 hours ago and not settled, is %s", l.Run, p.State)
		}
	}
	for _, want := range []string{"completed", "failed", "cancelled", "open", "unknown"} {
		if states[want] != 1 {
			t.Errorf("%d runs are %s, want 1: %v", states[want], want, states)
		}
	}
	if states["abandoned"] != 2 {
		t.Errorf("%d runs are silent, want the one that was told and the one that was not", states["abandoned"])
	}
}

// TestFind: an ID finds every run that has it.
func TestFind(t *testing.T) {
	t.Parallel()
	m := ada()
	for _, c := range []struct {
		reason string
		viewer insight.Viewer
		ref    event.RunRef
		want   []string
		table  []insight.Option
	}{
		{"a ticket and an order have one number", insight.Everything(), event.RunRef{ID: "7"}, []string{"order", "ticket"}, nil},
		{"the name tells them apart", insight.Everything(), event.RunRef{Name: "order", ID: "7"}, []string{"order"}, nil},
		{"another namespace has none", insight.Everything(), event.RunRef{Namespace: "moon", ID: "7"}, nil, nil},
		{"the table does not have the period, and the source has", insight.Everything(), event.RunRef{ID: "7"}, []string{"order", "ticket"}, []insight.Option{insight.WithPeriod(at(70), at(80))}},
		{"a part of an ID is none", insight.Everything(), event.RunRef{ID: ""}, nil, nil},
		{"the scope", insight.Viewer{Rights: insight.Customers, Owners: []string{"shop"}}, event.RunRef{ID: "7"}, []string{"order"}, nil},
		{"the segment", insight.Viewer{Rights: insight.Customers, Segments: []string{"iron"}}, event.RunRef{ID: "7"}, nil, nil},
	} {
		list, err := tableOf(t, m, c.table...).View(c.viewer, time.Time{}).Find(t.Context(), c.ref)
		var got []string
		for _, r := range list {
			got = append(got, r.Name)
		}
		if !slices.Equal(got, c.want) || errors.Is(err, insight.ErrNotFound) != (c.want == nil) {
			t.Errorf("found %q, want %q: %s: %v", got, c.want, c.reason, err)
		}
	}
}

// TestCustomer: everything about a customer, and nothing about another one.
func TestCustomer(t *testing.T) {
	t.Parallel()
	m := ada()
	c, err := tableOf(t, m).View(insight.Everything(), time.Time{}).Customer(t.Context(), "ada")
	if err != nil {
		t.Fatal(err)
	}
	var runs []string
	for i := range c.Runs {
		runs = append(runs, c.Runs[i].Run.Name+" "+c.Runs[i].Run.ID)
	}
	if want := []string{"ticket 7", "order 8", "order 7"}; !slices.Equal(runs, want) {
		t.Errorf("the runs are %q, want %q", runs, want)
	}
	if len(c.Steps) != 11 || c.Others != 2 || !slices.Equal(c.Segments, []string{"gold"}) {
		t.Errorf("%d steps, %d left out, segments %q: want 11 steps, 2 left out: those that name Bob or nobody in the run that both have", len(c.Steps), c.Others, c.Segments)
	}
	text := asJSON(t, c)
	for _, no := range []string{"bob", "employee-1", "employee-2", "agent"} {
		if strings.Contains(text, no) {
			t.Errorf("the JSON has %q", no)
		}
	}
	if want := `11 events of the customer from Mon 2 March 2026 09:00 to Wed 4 March 2026 21:00, in 3 runs. Promises: 1 broken. 2 events of these runs may be about other customers and are left out.`; c.Sentence(nil) != want {
		t.Errorf("it is summed up as\n%s\nwant\n%s", c.Sentence(nil), want)
	}
}

// TestCustomerJSON: the right of access: each field of each event is in the JSON, but for the employee.
func TestCustomerJSON(t *testing.T) {
	t.Parallel()
	m := ada()
	c, err := tableOf(t, m).View(insight.Everything(), time.Time{}).Customer(t.Context(), "ada")
	if err != nil {
		t.Fatal(err)
	}
	var read struct {
		Steps []struct {
			Event json.RawMessage `json:"event"`
		} `json:"steps"`
	}
	if err := json.Unmarshal([]byte(asJSON(t, c)), &read); err != nil {
		t.Fatal(err)
	}
	has := map[string]any{}
	for _, s := range read.Steps {
		e, err := event.ParseJSON(s.Event)
		if err != nil {
			t.Fatal(err)
		}
		has[e.ID.String()] = decoded(t, s.Event)
	}
	for i := range m.events {
		e := &m.events[i]
		if e.Customer.Hash == "bob" || e.Touchpoint == "pay" {
			continue
		}
		want := strings.NewReplacer(`,"agent":"employee-1"`, "", `,"agent":"employee-2"`, "").Replace(string(e.AppendJSON(nil)))
		if got := asJSON(t, has[e.ID.String()]); got != asJSON(t, decoded(t, []byte(want))) {
			t.Errorf("the event is\n%s\nwant\n%s", got, want)
		}
	}
}

func decoded(t *testing.T, text []byte) (v any) {
	t.Helper()
	if err := json.Unmarshal(text, &v); err != nil {
		t.Fatal(err)
	}
	return v
}

func asJSON(t *testing.T, v any) string {
	t.Helper()
	text, err := json.Marshal(v)
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

// TestStoriesInAnyOrder: stories and lists are the same in whatever order the events have arrived.
func TestStoriesInAnyOrder(t *testing.T) {
	t.Parallel()
	m := ada()
	story := func() string {
		view := tableOf(t, m).View(insight.Everything(), time.Time{})
		run, err := view.Run(t.Context(), event.RunRef{Name: "ticket", ID: "7"})
		if err != nil {
			t.Fatal(err)
		}
		c, err := view.Customer(t.Context(), "ada")
		if err != nil {
			t.Fatal(err)
		}
		list, err := view.Runs(t.Context(), insight.Which{}, insight.RunsOf{}, 10)
		if err != nil {
			t.Fatal(err)
		}
		return asJSON(t, []any{run, c, list})
	}
	want := story()
	r := rand.New(rand.NewPCG(1, 2))
	for range 20 {
		r.Shuffle(len(m.events), func(i, j int) { m.events[i], m.events[j] = m.events[j], m.events[i] })
		if got := story(); got != want {
			t.Fatalf("in another order it is\n%s\nwant\n%s", got, want)
		}
	}
}

// TestStoriesAsEveryViewer: a viewer without the right gets nothing, and one with another scope does not learn that there is a run or a customer.
func TestStoriesAsEveryViewer(t *testing.T) {
	t.Parallel()
	table := tableOf(t, ada())
	asks := map[string]func(*insight.View, string) (any, error){
		"Run": func(v *insight.View, id string) (any, error) {
			a, err := v.Run(t.Context(), event.RunRef{Name: "ticket", ID: id})
			return a.Steps, err
		},
		"Find": func(v *insight.View, id string) (any, error) {
			return v.Find(t.Context(), event.RunRef{Name: "ticket", ID: id})
		},
		"Near": func(v *insight.View, id string) (any, error) {
			list, err := v.Near(t.Context(), "ticket no. "+id)
			if err == nil && len(list) == 0 {
				err = insight.ErrNotFound
			}
			return list, err
		},
		"Customer": func(v *insight.View, id string) (any, error) {
			a, err := v.Customer(t.Context(), map[string]string{"7": "ada"}[id])
			return a.Steps, err
		},
		"Runs": func(v *insight.View, id string) (any, error) {
			a, err := v.Runs(t.Context(), insight.Which{Journey: "ticket"}, insight.RunsOf{}, 10)
			if err == nil && len(a.List) == 0 {
				err = insight.ErrNotFound
			}
			return len(a.List), err
		},
	}
	all := insight.Numbers | insight.Customers | insight.Words
	for _, c := range []struct {
		name, reason string
		viewer       insight.Viewer
		denied       bool
	}{
		{"nobody", "the zero viewer sees nothing", insight.Viewer{}, true},
		{"all but customers", "numbers and words do not imply single customers", insight.Viewer{Rights: insight.Numbers | insight.Words | insight.Act}, true},
		{"an unknown owner", "a scope without a journey is empty", insight.Viewer{Rights: all, Owners: []string{"nobody"}}, false},
		{"an unknown segment", "nothing is in it", insight.Viewer{Rights: all, Segments: []string{"lead"}}, false},
	} {
		for name, ask := range asks {
			view := table.View(c.viewer, time.Time{})
			got, err := ask(view, "7")
			_, none := ask(view, "8")
			var denied *insight.DeniedError
			switch {
			case c.denied:
				if !errors.As(err, &denied) || denied.Question != name || denied.Right&insight.Customers == 0 {
					t.Errorf("%s of %s: %v: %s", name, c.name, err, c.reason)
				}
			case name == "Runs":
				if !errors.Is(err, insight.ErrNotFound) && !errors.Is(err, insight.ErrWhich) || got != 0 {
					t.Errorf("%s of %s: %v %v: %s", name, c.name, got, err, c.reason)
				}
			case !errors.Is(err, insight.ErrNotFound) || !errors.Is(none, insight.ErrNotFound) || strings.ReplaceAll(err.Error(), "7", "8") != none.Error():
				t.Errorf("%s of %s: the run that there is: %v, the one that there is not: %v: %s", name, c.name, err, none, c.reason)
			}
		}
	}
	orders := insight.Viewer{Rights: all, Journeys: []string{"order"}}
	c, err := table.View(orders, time.Time{}).Customer(t.Context(), "ada")
	if err != nil || len(c.Runs) != 2 || len(c.Steps) != 2 {
		t.Errorf("a viewer of orders sees %d runs and %d events, want 2 and 2, without the review: %v", len(c.Runs), len(c.Steps), err)
	}
	empty, err := insight.New(nil)
	if err != nil {
		t.Fatal(err)
	}
	for name, ask := range asks {
		if _, err := ask(empty.View(insight.Everything(), time.Time{}), "7"); !errors.Is(err, insight.ErrLoading) {
			t.Errorf("%s of a table that is not loaded: %v", name, err)
		}
	}
}

// TestTraceOfStep: a step has the trace of its event, else that of its run, else none.
func TestTraceOfStep(t *testing.T) {
	t.Parallel()
	id := func(b byte) trace.TraceID { return trace.TraceID{b} }
	own := trace.NewSpanContext(trace.SpanContextConfig{TraceID: id(1), SpanID: trace.SpanID{1}})
	root := event.Run{Name: "ticket", ID: "1"}
	root.Root.TraceID = id(2)
	for _, c := range []struct {
		reason string
		step   insight.Step
		want   string
	}{
		{"its own", insight.Step{Event: event.Event{SpanContext: own, Journey: root}}, id(1).String()},
		{"that of the run", insight.Step{Event: event.Event{Journey: root}}, id(2).String()},
		{"none", insight.Step{}, ""},
	} {
		if got := c.step.Trace(); got != c.want {
			t.Errorf("%s: %q, want %q", c.reason, got, c.want)
		}
	}
}
