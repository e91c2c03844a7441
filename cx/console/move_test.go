package console_test

import (
	"context"
	"errors"
	"html"
	"net/http"
	"net/http/httptest"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"go.opentelemetry.io/otel/trace"

	"cairncx.dev/cairn/cx"
	"cairncx.dev/cairn/cx/calendar"
	"cairncx.dev/cairn/cx/console"
	"cairncx.dev/cairn/cx/cxtest"
	"cairncx.dev/cairn/cx/event"
	"cairncx.dev/cairn/cx/fault"
	"cairncx.dev/cairn/cx/insight"
	"cairncx.dev/cairn/feedback"
	"cairncx.dev/cairn/journey"
	"cairncx.dev/cairn/touchpoint"
)

// office is a service with an order, its follow-ups and actions, and the console over its events.
type office struct {
	t       *testing.T
	rec     *cxtest.Recorder
	table   *insight.Table
	console *console.Console
	ctx     context.Context
	nanos   atomic.Int64 // since 1970: the client has goroutines that ask for the time
	viewer  insight.Viewer
}

var (
	order     = journey.Define("order", journey.Stages("paid", "sent"), journey.ByHand("callback", "refund"))
	complaint = feedback.DefineFollowUp("complaint", feedback.AcknowledgeWithin(24*time.Hour), feedback.AnswerWithin(72*time.Hour),
		feedback.UpdateEvery(48*time.Hour), feedback.ForSeverity("grave", feedback.AnswerWithin(24*time.Hour)))
	change = feedback.DefineAction("improvement")
	policy = touchpoint.DefineContactPolicy("contacts",
		touchpoint.Purpose("survey", touchpoint.OnlyOn(event.Email)),
		touchpoint.Purpose("news", touchpoint.OnlyOn(event.Email), touchpoint.Cap(1, 7*24*time.Hour)),
		touchpoint.Purpose("reminder", touchpoint.OnlyOn(event.Phone), touchpoint.QuietHours(calendar.Define("night", calendar.Zone("Europe/Berlin"), calendar.Open("daily", "12:00-18:00")))),
		touchpoint.Purpose("offer", touchpoint.OnlyOn(event.Post), touchpoint.StoppedBy("complaint")),
		touchpoint.Purpose("marketing", touchpoint.NeedsConsent(), touchpoint.OnlyOn(event.Email, event.Phone)))
)

// clerk is the name of an employee. It must be in no event and on no page.
const clerk = "clerk-jane"

// open returns an office in which alice has ordered 17, and complains.
func newOffice(t *testing.T, opts ...console.Option) *office {
	t.Helper()
	o := &office{t: t, viewer: insight.Everything()}
	o.nanos.Store(now.UnixNano())
	o.viewer.Name = clerk
	o.rec = cxtest.New(t, cx.WithDefinitions(order, complaint, change, policy), cx.WithCustomerKey([]byte("0123456789abcdef")), cx.WithContactsInMemory(),
		cx.WithUnredactedText(), cx.WithClock(o.now))
	o.ctx = o.rec.Context(t.Context())
	placed := order.Start(o.ctx, "17", event.Customer{ID: "alice"})
	order.Enter(placed, "paid")
	complaint.Open(placed, "C-1", event.Customer{ID: "alice"}, feedback.Note("it is broken"))
	table, err := insight.New(nil)
	if err != nil {
		t.Fatal(err)
	}
	o.table = table
	o.console = served(t, table, append([]console.Option{
		console.WithClient(o.rec.Client()), console.WithDefinitions(order, complaint, change, policy), console.WithClock(o.now),
		console.WithViewer(func(*http.Request) (insight.Viewer, error) { return o.viewer, nil }),
	}, opts...)...)
	o.load()
	return o
}

func (o *office) now() time.Time { return time.Unix(0, o.nanos.Load()).UTC() }

func (o *office) pass(d time.Duration) { o.nanos.Add(int64(d)) }

// load lets the table read what the client has recorded, a minute later.
func (o *office) load() {
	o.t.Helper()
	o.pass(time.Minute)
	if err := o.table.Load(o.t.Context(), &memory{events: o.rec.Events()}); err != nil {
		o.t.Fatal(err)
	}
}

func (o *office) get(address string) (int, string) {
	w := request(o.console, http.MethodGet, address)
	return w.Code, w.Body.String()
}

// post sends a form, and returns the answer.
func (o *office) post(address string, pairs ...string) *httptest.ResponseRecorder {
	form := url.Values{}
	for i := 0; i < len(pairs); i += 2 {
		form.Set(pairs[i], pairs[i+1])
	}
	r := httptest.NewRequestWithContext(context.Background(), http.MethodPost, "http://127.0.0.1:8080"+address, strings.NewReader(form.Encode()))
	r.RemoteAddr = "127.0.0.1:40000"
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	w := httptest.NewRecorder()
	o.console.ServeHTTP(w, r)
	return w
}

var tokens = regexp.MustCompile(`name="form" value="([a-z]+)"><input type="hidden" name="token" value="([0-9a-f-]+)"`)

// form returns the address and the token of the page's form of a kind; it fails if there is none.
func (o *office) form(page, kind string) (address, token string) {
	o.t.Helper()
	_, body := o.get(page)
	for _, found := range regexp.MustCompile(`(?s)<form class="act" method="post" action="([^"]*)">.*?</form>`).FindAllStringSubmatch(body, -1) {
		if is := tokens.FindStringSubmatch(found[0]); is != nil && is[1] == kind {
			return html.UnescapeString(found[1]), is[2]
		}
	}
	o.t.Fatalf("%s has no form %q:\n%s", page, kind, body)
	return "", ""
}

// count returns the number of events of the kinds.
func (o *office) count(kinds ...event.Kind) int { return len(o.rec.Events(kinds...)) }

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
		if w.Code != http.StatusSeeOther || !strings.HasPrefix(w.Header().Get("Location"), page+"?done=acknowledged") {
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

// TestLongStory: a page has the last events of a run with very many.
func TestLongStory(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	for i := range 1200 {
		touchpoint.Define("step").Record(order.Resume(o.ctx, "17"), event.Web, touchpoint.At(o.now().Add(time.Duration(i)*time.Millisecond)))
	}
	o.load()
	if _, body := o.get("/runs/order/17"); !strings.Contains(body, "These are the last 1,000 of 1,2") || strings.Count(body, "<li") > 1010 {
		t.Errorf("the page has %d lines", strings.Count(body, "<li"))
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

// TestLooks: each look at one customer is recorded once in an hour, for each viewer, and changes nothing of the customer's runs.
func TestLooks(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	before := len(o.rec.Events())
	alice := o.rec.Events(event.JourneyStarted)[0].Customer.Hash
	for range 3 {
		o.get("/runs/order/17")
		o.get("/customers/" + alice)
		o.load()
	}
	o.get("/customers/nobody")
	o.get("/runs/order/18")
	if n := o.count(event.EmployeeLooked); n != 1 || len(o.rec.Events()) != before+1 {
		t.Fatalf("%d looks in an hour, want 1: %+v", n, o.rec.Events(event.EmployeeLooked))
	}
	o.get("/customers/" + alice + "/export")
	o.viewer.Name = "clerk-joe"
	o.get("/runs/order/17")
	o.pass(time.Hour)
	o.get("/runs/order/17")
	looked := o.rec.Events(event.EmployeeLooked)
	if len(looked) != 4 {
		t.Fatalf("%d looks, want 4: an export, another viewer, another hour", len(looked))
	}
	agents := map[string]bool{}
	for _, e := range looked {
		agents[e.Assisted.Legs[0].Agent] = true
		if e.Customer.Hash != alice || strings.Contains(string(e.AppendJSON(nil)), "clerk-") {
			t.Errorf("the look is %s", e.AppendJSON(nil))
		}
	}
	if len(agents) != 2 {
		t.Errorf("%d employees, want 2", len(agents))
	}
	o.load()
	_, body := o.get("/customers/" + alice)
	if !strings.Contains(body, "4 times by employees") || strings.Contains(body, "An employee looked") || strings.Contains(body, looked[0].Assisted.Legs[0].Agent) {
		t.Errorf("the page does not say how often employees looked, or it says who:\n%s", body)
	}
	w := request(o.console, http.MethodGet, "/customers/"+alice+"/export")
	if !strings.Contains(w.Body.String(), `"employee.looked"`) || strings.Contains(w.Body.String(), "agent") || !strings.Contains(w.Header().Get("Content-Disposition"), "attachment") {
		t.Errorf("what is stored does not have the looks, or it names who looked: %s", w.Body)
	}
}

// TestLooksAtOtherJourneys: a look at a run of another service's journey is one at the customer, without a fault of the client.
func TestLooksAtOtherJourneys(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	o.console = served(t, loaded(t, desk("ticket"), crowd("ticket", "")), console.WithClient(o.rec.Client()))
	strange := served(t, loaded(t, nil, crowd("parcel", "")), console.WithClient(o.rec.Client()))
	for c, address := range map[*console.Console]string{o.console: "/customers/c003", strange: "/runs/parcel/T%2F4%20"} {
		if w := request(c, http.MethodGet, address); w.Code != http.StatusOK {
			t.Fatalf("%s is answered with %d: %s", address, w.Code, w.Body)
		}
	}
	looked := o.rec.Events(event.EmployeeLooked)
	if len(looked) != 2 {
		t.Fatalf("%d looks, want 2", len(looked))
	}
	for _, e := range looked {
		if !e.Journey.IsZero() || e.Customer.Hash == "" {
			t.Errorf("the look is %s", e.AppendJSON(nil))
		}
	}
}

// TestCustomer: the page says whether the company may make contact, and why not.
func TestCustomer(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	alice := o.rec.Events(event.JourneyStarted)[0].Customer
	if err := policy.Suppress(o.ctx, event.Customer{Hash: alice.Hash}, touchpoint.Suppression{Reason: "opted_out", Purpose: "survey", At: o.now()}); err != nil {
		t.Fatal(err)
	}
	if err := policy.OpenHold(o.ctx, alice, "complaint", "C-2"); err != nil {
		t.Fatal(err)
	}
	if g := policy.Ask(o.ctx, alice, "news", event.Email); !g.Use(o.ctx) {
		t.Fatalf("the contact is refused: %s", g.Reason())
	}
	_, body := o.get("/customers/" + alice.Hash)
	for _, want := range []string{"suppression list", "since 27 Mar 2026, 15:0", "enough contacts", "until 3 Apr 2026, 15:0", "quiet hours", "until 27 Mar 2026, 17:00", "A matter of the customer is open", "has not consented", "Open follow-ups", "/runs/complaint/C-1", "There was no contact with people"} {
		if !strings.Contains(body, want) {
			t.Errorf("the page does not say %q:\n%s", want, body)
		}
	}
	if !strings.Contains(request(o.console, http.MethodGet, "/customers/"+alice.Hash+"/export").Body.String(), `"opted_out"`) {
		t.Error("what is stored does not have the contact record")
	}
	o.viewer.Rights = insight.Numbers | insight.Act
	for _, address := range []string{"/customers/" + alice.Hash, "/customers/" + alice.Hash + "/export", "/runs/order/17", "/hits?customer=" + alice.Hash, "/propose"} {
		if code, body := o.get(address); code != http.StatusForbidden || strings.Contains(body, "C-1") {
			t.Errorf("%s is answered with %d for a viewer without the right", address, code)
		}
	}
}

// TestGlance: the page of a run says first where it stands, what is next and what to say, also of its follow-ups, and has the traces.
func TestGlance(t *testing.T) {
	t.Parallel()
	o := newOffice(t, console.WithTraces("https://jaeger.example.com/trace/{trace_id}"))
	span := trace.NewSpanContext(trace.SpanContextConfig{TraceID: trace.TraceID{15: 7}, SpanID: trace.SpanID{1}, TraceFlags: trace.FlagsSampled})
	feedback.CSAT.Record(trace.ContextWithSpanContext(order.Resume(o.ctx, "17"), span), 4)
	o.load()
	run := event.Run{Namespace: "default", Name: "order", ID: "17"}
	for _, c := range []struct {
		reason string
		pass   time.Duration
		says   []string
	}{
		{"the follow-up's promise is due first", 0, []string{"open, in “paid”", "“acknowledged” is due in 23 h 58 min", "It is of the follow-up.", run.TraceID().String(), "00000000000000000000000000000007", "The whole run"}},
		{"it is late", 25 * time.Hour, []string{"“acknowledged” is 1 h 2 min late: it was due by 28 Mar 2026, 15:00."}},
	} {
		o.pass(c.pass)
		_, body := o.get("/runs/order/17")
		for _, want := range c.says {
			if !strings.Contains(body, want) {
				t.Errorf("%s: the page does not say %q:\n%s", c.reason, want, body)
			}
		}
	}
	order.Complete(order.Resume(o.ctx, "17"))
	complaint.Confirm(complaint.Resume(o.ctx, "C-1"))
	o.load()
	if _, body := o.get("/runs/order/17"); !strings.Contains(body, "completed on 28 Mar 2026, 16:") || !strings.Contains(body, "Nothing: it has ended.") {
		t.Errorf("the page of an order that is over:\n%s", body)
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
