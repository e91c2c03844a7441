package console_test

import (
	"context"
	"html"
	"net/http"
	"net/http/httptest"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"cairncx.dev/cairn/cx"
	"cairncx.dev/cairn/cx/calendar"
	"cairncx.dev/cairn/cx/console"
	"cairncx.dev/cairn/cx/cxtest"
	"cairncx.dev/cairn/cx/event"
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
	before  []event.Event // those that the client has not recorded
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
		touchpoint.Purpose("marketing", touchpoint.NeedsConsent(), touchpoint.OnlyOn(event.Email, event.Phone)),
		touchpoint.ContactWait(5*time.Second))
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
	if err := o.table.Load(o.t.Context(), &memory{events: slices.Concat(o.before, o.rec.Events())}); err != nil {
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
