package console_test

import (
	"context"
	"errors"
	"net/http"
	"regexp"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"cairncx.dev/cairn/cx"
	"cairncx.dev/cairn/cx/console"
	"cairncx.dev/cairn/cx/cxtest"
	"cairncx.dev/cairn/cx/event"
	"cairncx.dev/cairn/cx/fault"
	"cairncx.dev/cairn/cx/insight"
	"cairncx.dev/cairn/feedback"
	"cairncx.dev/cairn/journey"
	"cairncx.dev/cairn/touchpoint"
)

// TestFollowUpIsMovedOn: from the page, by an employee, once; and the client knows who it was, by a pseudonym.
func TestFollowUpIsMovedOn(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	page := "/runs/complaint/C-1"
	address, token := o.form(page, "followup")
	if _, body := o.get(page); !strings.Contains(body, `<select name="move" required><option value="assessed">`) || strings.Contains(body, `<option value="received">`) {
		t.Errorf("the first move that is offered is not the next step:\n%s", body)
	}
	fields := []string{"form", "followup", "token", token, "move", feedback.Acknowledged, "note", hostile}
	for range 2 { // a double click
		w := o.post(address, fields...)
		if w.Code != http.StatusSeeOther || !strings.HasPrefix(w.Header().Get("Location"), page+"?done=") {
			t.Fatalf("it is answered with %d to %q: %s", w.Code, w.Header().Get("Location"), w.Body)
		}
	}
	acted := o.rec.Events(event.EmployeeActed)
	if len(acted) != 1 || acted[0].Assisted.Disposition != feedback.Acknowledged || acted[0].Journey.ID != "C-1" || acted[0].Customer.Hash == "" {
		t.Fatalf("who acted: %+v", acted)
	}
	if legs := acted[0].Assisted.Legs; len(legs) != 1 || len(legs[0].Agent) != 32 {
		t.Errorf("the employee is %+v, want a pseudonym", legs)
	}
	entered := o.rec.Events(event.JourneyStageEntered)
	last := entered[len(entered)-1]
	if last.Stage != feedback.Acknowledged || last.Actor != event.ActorEmployee || last.FollowUp.Note != hostile {
		t.Errorf("the step is %+v", last)
	}
	kept := o.rec.Events(event.PromiseKept)
	if !slices.ContainsFunc(kept, func(e event.Event) bool { return e.Promise.Name == feedback.PromiseAcknowledged }) {
		t.Errorf("kept: %+v, want the promise to acknowledge", kept)
	}
	for _, e := range o.rec.Events() {
		if strings.Contains(string(e.AppendJSON(nil)), clerk) {
			t.Errorf("%s names the employee", e.Kind)
		}
	}
	if w := o.post(address, "form", "followup", "token", token, "move", feedback.Told); w.Code != http.StatusSeeOther {
		t.Errorf("the next step before the page has the first one is answered with %d", w.Code)
	}
	o.load()
	if w := o.post(address, fields...); w.Code != http.StatusSeeOther || o.count(event.EmployeeActed) != 2 {
		t.Errorf("a form that is sent again later is answered with %d, and there are %d moves", w.Code, o.count(event.EmployeeActed))
	}
	if w := o.post(address, "form", "followup", "token", token, "move", feedback.Confirmed); w.Code != http.StatusConflict || o.count(event.JourneyEnded) != 0 {
		t.Errorf("a form of an old state is answered with %d: %s", w.Code, w.Body)
	}
	_, token = o.form(page, "followup")
	o.post(address, "form", "followup", "token", token, "move", feedback.Confirmed)
	o.load()
	if _, body := o.get(page); o.count(event.JourneyEnded) != 1 || strings.Contains(body, `value="followup"`) {
		t.Errorf("%d ends, and the page of what has ended has the form: %v", o.count(event.JourneyEnded), strings.Contains(body, `value="followup"`))
	}
	if w := o.post(address, "form", "followup", "token", token, "move", feedback.Told); w.Code != http.StatusConflict {
		t.Errorf("a step after the end is answered with %d", w.Code)
	}
}

// TestManyAtOnce: twenty forms of one state at the same time are one move, and their readers one look.
func TestManyAtOnce(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	address, token := o.form("/runs/complaint/C-1", "followup")
	looks := o.count(event.EmployeeLooked)
	var running sync.WaitGroup
	for range 20 {
		running.Go(func() {
			if w := o.post(address, "form", "followup", "token", token, "move", feedback.Acknowledged); w.Code != http.StatusSeeOther {
				t.Errorf("it is answered with %d: %s", w.Code, w.Body)
			}
			o.get("/runs/complaint/C-1")
		})
	}
	running.Wait()
	if o.count(event.EmployeeActed) != 1 || o.count(event.EmployeeLooked) != looks {
		t.Errorf("%d moves and %d looks, want 1 and %d", o.count(event.EmployeeActed), o.count(event.EmployeeLooked), looks)
	}
}

// TestAnotherProcessFindsTheMove: a form that comes twice, to two processes, is one move where the first one is stored.
func TestAnotherProcessFindsTheMove(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	address, token := o.form("/runs/complaint/C-1", "followup")
	fields := []string{"form", "followup", "token", token, "move", feedback.Updated}
	o.post(address, fields...)
	o.load()
	o.console = served(t, o.table, console.WithClient(o.rec.Client()), console.WithDefinitions(complaint), console.WithClock(o.now))
	if w := o.post(address, fields...); w.Code != http.StatusSeeOther || o.count(event.EmployeeActed) != 1 {
		t.Errorf("it is answered with %d, and there are %d moves", w.Code, o.count(event.EmployeeActed))
	}
}

// TestMovesThatAreRefused: nothing is recorded.
func TestMovesThatAreRefused(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	address, token := o.form("/runs/complaint/C-1", "followup")
	own := o.viewer
	before := o.count()
	for _, c := range []struct {
		reason string
		viewer insight.Viewer
		status int
		fields []string
	}{
		{"no right to act", insight.Viewer{Rights: own.Rights &^ insight.Act}, 403, []string{"form", "followup", "token", token, "move", "told"}},
		{"no right to see customers", insight.Viewer{Rights: own.Rights &^ insight.Customers}, 403, []string{"form", "followup", "token", token, "move", "told"}},
		{"outside of the scope", insight.Viewer{Rights: own.Rights, Journeys: []string{"order"}}, 404, []string{"form", "followup", "token", token, "move", "told"}},
		{"no such move", own, 409, []string{"form", "followup", "token", token, "move", "exploded"}},
		{"a move to where it is", own, 409, []string{"form", "followup", "token", token, "move", "received"}},
		{"no such form", own, 400, []string{"form", "explode", "token", token, "move", "told"}},
		{"a form of an action", own, 409, []string{"form", "action", "token", token, "move", "made"}},
		{"no token", own, 409, []string{"form", "followup", "move", "told"}},
		{"a token of another run", own, 409, []string{"form", "followup", "token", strings.Repeat("0", 32), "move", "told"}},
		{"a severity that there is not", own, 400, []string{"form", "followup", "token", token, "move", "assessed", "severity", "fatal"}},
		{"a name that is too long", own, 400, []string{"form", "followup", "token", token, "move", "told", "remedy", strings.Repeat("x", 65)}},
		{"a note that is too long", own, 400, []string{"form", "followup", "token", token, "move", "told", "note", strings.Repeat("x", event.MaxText+1)}},
		{"a body that is too long", own, 400, []string{"form", "followup", "token", token, "move", "told", "more", strings.Repeat("x", 1<<17)}},
	} {
		o.viewer = c.viewer
		if w := o.post(address, c.fields...); w.Code != c.status {
			t.Errorf("%s: it is answered with %d, want %d: %s", c.reason, w.Code, c.status, w.Body)
		}
	}
	o.viewer = own
	if w := request(o.console, http.MethodGet, address); w.Code != http.StatusNotFound && w.Code != http.StatusMethodNotAllowed {
		t.Errorf("GET of a form's address is answered with %d", w.Code)
	}
	w := request(o.console, http.MethodPost, address, func(r *http.Request) { r.Header.Set("Sec-Fetch-Site", "cross-site") })
	if w.Code != http.StatusForbidden || o.count() != before {
		t.Errorf("a form of another site is answered with %d, and %d events were recorded, want none", w.Code, o.count()-before)
	}
	o.viewer.Rights = insight.Customers
	if _, body := o.get("/runs/complaint/C-1"); strings.Contains(body, "<form class=\"act\"") {
		t.Error("a viewer who may not act is offered a form")
	}
}

// TestMeanwhile: what the customer does, and who looks, does not refuse a form. Only another change of the run does.
func TestMeanwhile(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	address, token := o.form("/runs/order/17", "promise")
	o.load() // with the look at the page
	touchpoint.Define("track").Record(order.Resume(o.ctx, "17"), event.Web)
	o.load()
	fields := []string{"form", "promise", "token", token, "name", "callback", "due", "2026-03-28T10:00"}
	if w := o.post(address, fields...); w.Code != http.StatusSeeOther {
		t.Errorf("after a touchpoint of the customer it is answered with %d: %s", w.Code, w.Body)
	}
	o.pass(time.Minute)
	stored := slices.DeleteFunc(o.rec.Events(), func(e event.Event) bool { return e.Kind == event.EmployeeActed })
	if err := o.table.Load(t.Context(), &memory{events: stored}); err != nil {
		t.Fatal(err)
	}
	if w := o.post(address, fields...); w.Code != http.StatusSeeOther || o.count(event.EmployeeActed) != 1 {
		t.Errorf("sent again, when the archive has the promise alone, it is answered with %d: %s", w.Code, w.Body)
	}
}

// TestOtherNamespace: runs of another environment are shown, and not moved.
func TestOtherNamespace(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	address, token := o.form("/runs/complaint/C-1", "followup")
	events := o.rec.Events()
	for i := range events {
		events[i].Journey.Namespace = "staging"
	}
	if err := o.table.Load(t.Context(), &memory{events: events}); err != nil {
		t.Fatal(err)
	}
	o.console = served(t, loaded(t, nil, &memory{events: events}), console.WithClient(o.rec.Client()), console.WithDefinitions(complaint), console.WithClock(o.now))
	page := "/runs/complaint/C-1?namespace=staging"
	if code, body := o.get(page); code != http.StatusOK || strings.Contains(body, `class="act"`) {
		t.Errorf("the page is answered with %d, and has a form: %v", code, strings.Contains(body, `class="act"`))
	}
	address = strings.ReplaceAll(address, "namespace=default", "namespace=staging")
	if w := o.post(address, "form", "followup", "token", token, "move", feedback.Told); w.Code != http.StatusConflict || o.count(event.EmployeeActed) != 0 {
		t.Errorf("the form is answered with %d: %s", w.Code, w.Body)
	}
}

// TestReopened: after a reopening, the promises of a severity count from then.
func TestReopened(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	for _, move := range []string{feedback.Told, feedback.Received, feedback.Assessed} {
		o.pass(time.Hour)
		o.load()
		address, token := o.form("/runs/complaint/C-1", "followup")
		if w := o.post(address, "form", "followup", "token", token, "move", move, "severity", map[bool]string{true: "grave"}[move == feedback.Assessed]); w.Code != http.StatusSeeOther {
			t.Fatalf("%s is answered with %d: %s", move, w.Code, w.Body)
		}
	}
	var received, due time.Time
	for _, e := range o.rec.Events() {
		switch {
		case e.Kind == event.JourneyStageEntered && e.Stage == feedback.Received:
			received = e.Time
		case e.Kind == event.PromiseMade && e.Promise.Name == feedback.PromiseAnswered:
			due = e.Promise.Due
		}
	}
	if want := received.Add(24 * time.Hour); !received.After(now.Add(2*time.Hour)) || !due.Truncate(time.Second).Equal(want.Truncate(time.Second)) {
		t.Errorf("the answer is due %s, want %s: a day after it was reopened", due, want)
	}
}

// TestUnknownRun: where the client does not have the state of the run, the reader hears that nothing was recorded.
func TestUnknownRun(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	address, token := o.form("/runs/complaint/C-1", "followup")
	other := cxtest.New(t, cx.WithDefinitions(order, complaint, change)).AllowFaults(fault.UnknownRun)
	o.console = served(t, o.table, console.WithClient(other.Client()), console.WithDefinitions(complaint), console.WithClock(o.now))
	for range 2 {
		w := o.post(address, "form", "followup", "token", token, "move", feedback.Acknowledged)
		if w.Code != http.StatusConflict || !strings.Contains(w.Body.String(), "nothing was recorded") || len(other.Events()) != 0 {
			t.Errorf("it is answered with %d, and %d events were recorded: %s", w.Code, len(other.Events()), w.Body)
		}
	}
}

// strangers lets another part of the service change a run whose state it does not have, with each event of a complaint.
type strangers struct{ record func() }

func (s strangers) Process(_ context.Context, e *event.Event) {
	if e.Journey.Name == "complaint" {
		s.record()
	}
}

func (strangers) Shutdown(context.Context) error { return nil }

// TestFaultsOfOthers: a move is recorded, and said to be, while the client drops changes that other parts of the service make.
func TestFaultsOfOthers(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	var other context.Context
	rec := cxtest.New(t, cx.WithDefinitions(order, complaint, change), cx.WithClock(o.now), cx.WithProcessors(strangers{func() { order.Enter(order.Resume(other, "elsewhere"), "paid") }})).AllowFaults(fault.UnknownRun)
	other = rec.Context(t.Context())
	complaint.Open(rec.Context(t.Context()), "C-1", event.Customer{ID: "alice"})
	o.rec = rec
	o.load()
	o.console = served(t, o.table, console.WithClient(rec.Client()), console.WithDefinitions(complaint), console.WithClock(o.now))
	address, token := o.form("/runs/complaint/C-1", "followup")
	w := o.post(address, "form", "followup", "token", token, "move", feedback.Acknowledged)
	if w.Code != http.StatusSeeOther || o.count(event.EmployeeActed) != 1 {
		t.Errorf("it is answered with %d, and %d events say who acted: %s", w.Code, o.count(event.EmployeeActed), w.Body)
	}
}

// TestAssessed: a severity moves the promise to the time that counts from the receipt.
func TestAssessed(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	address, token := o.form("/runs/complaint/C-1", "followup")
	o.pass(time.Hour)
	if w := o.post(address, "form", "followup", "token", token, "move", "assessed", "severity", "grave"); w.Code != http.StatusSeeOther {
		t.Fatalf("it is answered with %d: %s", w.Code, w.Body)
	}
	var due time.Time
	for _, e := range o.rec.Events(event.PromiseMade) {
		if e.Promise.Name == feedback.PromiseAnswered {
			due = e.Promise.Due
		}
	}
	if want := now.Add(24 * time.Hour); !due.Equal(want) {
		t.Errorf("the answer is due %s, want %s: a day after the receipt", due, want)
	}
}

// TestPromiseByHand: an employee promises and keeps, and opens a follow-up about the order.
func TestPromiseByHand(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	page := "/runs/order/17?zone=Europe%2FBerlin"
	address, token := o.form(page, "promise")
	for _, due := range []string{"", "2026-03-27T15:00", "2126-03-27T15:00", "tomorrow"} {
		if w := o.post(address, "form", "promise", "token", token, "name", "callback", "due", due); w.Code != http.StatusBadRequest {
			t.Errorf("the due time %q is answered with %d", due, w.Code)
		}
	}
	if w := o.post(address, "form", "promise", "token", token, "name", "gift", "due", "2026-03-28T10:00"); w.Code != http.StatusConflict {
		t.Errorf("a promise that the journey does not have is answered with %d", w.Code)
	}
	if w := o.post(address, "form", "promise", "token", token, "name", "callback", "due", "2026-03-28T10:00"); w.Code != http.StatusSeeOther {
		t.Fatalf("it is answered with %d: %s", w.Code, w.Body)
	}
	o.load()
	_, body := o.get(page)
	if want := "“callback” is due in 17 h 58 min"; !strings.Contains(body, want) || !strings.Contains(body, "28 Mar 2026, 10:00") {
		t.Errorf("the page does not say %q at 10:00 in Berlin:\n%s", want, body)
	}
	address, token = o.form(page, "keep")
	o.post(address, "form", "keep", "token", token, "name", "callback")
	o.load()
	kept := o.rec.Events(event.PromiseKept)
	if len(kept) != 1 || kept[0].Journey.ID != "17" || kept[0].Actor != event.ActorEmployee {
		t.Errorf("kept: %+v", kept)
	}
	address, token = o.form(page, "open")
	for range 2 {
		o.post(address, "form", "open", "token", token, "name", "complaint", "note", "called twice")
	}
	o.load()
	started := o.rec.Events(event.JourneyStarted)
	last := started[len(started)-1]
	if len(started) != 3 || last.Journey.Name != "complaint" || last.FollowUp.About.ID != "17" || last.Customer.Hash != started[0].Customer.Hash {
		t.Errorf("%d runs began, the last one is %+v", len(started), last)
	}
}

// TestActionIsMovedOn: proposed, planned, made and verified.
func TestActionIsMovedOn(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	if _, body := o.get("/runs?from=2026-03-01&until=2026-03-31"); !strings.Contains(body, `href="/propose?`) {
		t.Errorf("no page leads to the form:\n%s", body)
	}
	code, body := o.get("/propose?cause=slow")
	token := regexp.MustCompile(`name="token" value="([0-9a-f-]+)"`).FindStringSubmatch(body)
	if code != http.StatusOK || token == nil || !strings.Contains(body, `value="slow"`) {
		t.Fatalf("the form is answered with %d: %s", code, body)
	}
	for range 2 {
		if w := o.post("/propose", "token", token[1], "name", "improvement", "move", "shorter-form", "owner", "web", "cause", "slow"); w.Code != http.StatusSeeOther {
			t.Fatalf("it is answered with %d: %s", w.Code, w.Body)
		}
	}
	o.load()
	page := "/runs/improvement/" + token[1]
	for _, move := range []string{feedback.Planned, feedback.Made, feedback.Verified} {
		address, token := o.form(page, "action")
		if w := o.post(address, "form", "action", "token", token, "move", move); w.Code != http.StatusSeeOther {
			t.Fatalf("%s is answered with %d: %s", move, w.Code, w.Body)
		}
		o.load()
	}
	var stages []string
	for _, e := range o.rec.Events(event.JourneyStageEntered) {
		if e.Journey.Name == "improvement" {
			stages = append(stages, e.Stage)
		}
	}
	if want := feedback.ActionSteps(); !slices.Equal(stages, want) || o.count(event.JourneyEnded) != 1 || o.count(event.EmployeeActed) != 4 {
		t.Errorf("the steps are %q, want %q; %d ends, %d moves", stages, want, o.count(event.JourneyEnded), o.count(event.EmployeeActed))
	}
	if w := o.post("/propose", "token", "x", "name", "improvement", "move", "shorter-form"); w.Code != http.StatusBadRequest {
		t.Errorf("a proposal without a token is answered with %d", w.Code)
	}
}

// TestOptionsOfMoves refuses what cannot work.
func TestOptionsOfMoves(t *testing.T) {
	t.Parallel()
	table, err := insight.New(nil)
	if err != nil {
		t.Fatal(err)
	}
	for _, o := range []console.Option{console.WithDefinitions(nil), console.WithDefinitions(journey.Define("")), console.WithCustomerHash(nil)} {
		if _, err := console.New(table, o); err == nil || errors.Is(err, insight.ErrLoading) {
			t.Errorf("the option is taken: %v", err)
		}
	}
}

// TestTwoEmployeesOnOneState: what one employee did a moment ago, and the table has not read yet, keeps others from moving the same state on; and no employee moves on what has
// ended. What is refused is not recorded.
func TestTwoEmployeesOnOneState(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		first, second, who string
		want               int
		reason             string
	}{
		{feedback.Resolved, feedback.Failed, "another", http.StatusConflict, "another employee fails what one has resolved"},
		{feedback.Confirmed, feedback.Withdrawn, "another", http.StatusConflict, "another employee withdraws what has ended"},
		{feedback.Confirmed, feedback.Withdrawn, clerk, http.StatusConflict, "the same employee withdraws what has ended"},
		{feedback.Closed, feedback.Assessed, clerk, http.StatusConflict, "a step after the end"},
		{feedback.Acknowledged, feedback.Told, clerk, http.StatusSeeOther, "the next step of the same employee"},
	} {
		o := newOffice(t)
		address, token := o.form("/runs/complaint/C-1", "followup")
		if w := o.post(address, "form", "followup", "token", token, "move", c.first); w.Code != http.StatusSeeOther {
			t.Fatalf("%s: the first move is answered with %d", c.reason, w.Code)
		}
		ended, acted := o.count(event.JourneyEnded), o.count(event.EmployeeActed)
		o.viewer.Name = c.who
		w := o.post(address, "form", "followup", "token", token, "move", c.second)
		if w.Code != c.want {
			t.Errorf("%s: it is answered with %d, want %d", c.reason, w.Code, c.want)
		}
		if c.want == http.StatusConflict && (o.count(event.JourneyEnded) != ended || o.count(event.EmployeeActed) != acted) {
			t.Errorf("%s: it is refused, and recorded: %d ends and %d acts, want %d and %d", c.reason, o.count(event.JourneyEnded), o.count(event.EmployeeActed), ended, acted)
		}
	}
}

// TestProposedOnce: the token of the form is what a browser sends. It begins one change, and is none of a change that there is, whoever may see that.
func TestProposedOnce(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	_, page := o.get("/propose")
	token := regexp.MustCompile(`name="token" value="([^"]+)"`).FindStringSubmatch(page)[1]
	send := func(move string) int {
		return o.post("/propose", "token", token, "name", "improvement", "move", move).Code
	}
	for _, c := range []struct {
		move   string
		want   int
		reason string
	}{
		{"a new form", http.StatusSeeOther, "the first time"},
		{"a new form", http.StatusSeeOther, "the same form again"},
		{"another form", http.StatusConflict, "the form with other words"},
	} {
		if got := send(c.move); got != c.want {
			t.Errorf("%s: it is answered with %d, want %d", c.reason, got, c.want)
		}
	}
	o.load()
	o.console = served(t, o.table, console.WithClient(o.rec.Client()), console.WithDefinitions(order, complaint, change, policy), console.WithClock(o.now),
		console.WithViewer(func(*http.Request) (insight.Viewer, error) { return o.viewer, nil })) // it remembers no move
	if got := send("a new form"); got != http.StatusSeeOther {
		t.Errorf("the same form in another process is answered with %d", got)
	}
	o.viewer.Journeys = []string{"order"}
	if got := send("a third form"); got != http.StatusBadRequest {
		t.Errorf("a change outside of the scope is answered with %d", got)
	}
	if n := o.count(event.EmployeeActed); n != 1 {
		t.Errorf("%d moves are recorded, want 1", n)
	}
}
