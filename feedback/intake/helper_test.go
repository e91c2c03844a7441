package intake_test

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/url"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"go.opentelemetry.io/otel/sdk/metric"
	"go.opentelemetry.io/otel/sdk/metric/metricdata"
	"golang.org/x/time/rate"

	"cairncx.dev/cairn/cx"
	"cairncx.dev/cairn/cx/event"
	"cairncx.dev/cairn/cx/fault"
	"cairncx.dev/cairn/cx/ledger"
	"cairncx.dev/cairn/cx/stores/memory"
	"cairncx.dev/cairn/feedback"
	"cairncx.dev/cairn/feedback/intake"
	"cairncx.dev/cairn/journey"
	"cairncx.dev/cairn/touchpoint"
)

var (
	order    = journey.Define("order", journey.Stages("cart", "payment"))
	contacts = touchpoint.DefineContactPolicy("contacts", touchpoint.Purpose("survey", touchpoint.Cap(60, 24*time.Hour)), touchpoint.ContactWait(5*time.Second))
	ease     = feedback.Define("ease", feedback.CES, feedback.Ask("en", "How easy was it to pay?"), feedback.Ask("de", "Wie einfach war das Bezahlen?"),
		feedback.Ask("ar", "ما مدى سهولة الدفع؟"), feedback.Ask("fi", "Kuinka helppoa maksaminen oli?"), feedback.Choices("too_slow", "card-refused"),
		feedback.TestimonialConsent("3", "en", "You may show my words."), feedback.TestimonialConsent("3", "de", "Sie dürfen meine Worte zeigen."),
		feedback.In(order, "payment"), feedback.Expires(7*24*time.Hour))
	thumbs = feedback.Define("was this/helpful?", feedback.Thumbs, feedback.Ask("en", "Was this page helpful?"))
)

var key = []byte("a key of links of 32 bytes or so")

func must[T any](v T, err error) T {
	if err != nil {
		panic(err)
	}
	return v
}

// door is a handler, the client behind it, and what the client has told.
type door struct {
	t       testing.TB
	client  *cx.Client
	signer  *intake.Signer
	handler *intake.Handler
	reader  *metric.ManualReader

	mu     sync.Mutex
	events []event.Event
	faults []fault.Report
}

// Process implements [event.Processor].
func (d *door) Process(_ context.Context, e *event.Event) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.events = append(d.events, *e)
}

// Shutdown implements [event.Processor].
func (*door) Shutdown(context.Context) error { return nil }

// newDoor returns a handler whose client keeps requests in the store.
func newDoor(t testing.TB, store ledger.Store, opts ...intake.Option) *door {
	t.Helper()
	d := &door{t: t, signer: must(intake.NewSigner(key)), reader: metric.NewManualReader()}
	given := []cx.Option{
		cx.WithCustomerKey([]byte("a key of at least 16 bytes")), cx.WithDefinitions(contacts, order, ease, thumbs), cx.WithProcessors(d),
		cx.WithSweepInterval(12 * time.Hour), cx.WithUnredactedText(), cx.WithOnFault(func(_ context.Context, r fault.Report) {
			d.mu.Lock()
			defer d.mu.Unlock()
			d.faults = append(d.faults, r)
		}),
	}
	if store != nil {
		given = append(given, cx.WithStore(store))
	}
	d.client = must(cx.New(given...))
	t.Cleanup(func() { _ = d.client.Shutdown(context.Background()) })
	meters := metric.NewMeterProvider(metric.WithReader(d.reader))
	d.handler = must(intake.New(append([]intake.Option{
		intake.WithClient(d.client), intake.WithSigner(d.signer), intake.WithSurveys(ease, thumbs), intake.WithUnsolicited("was this/helpful?"),
		intake.WithMeterProvider(meters), intake.WithRate(rate.Inf, 1), intake.WithTrustedOrigins("https://www.shop.example"),
	}, opts...)...))
	return d
}

func (d *door) ctx() context.Context { return cx.NewContext(context.Background(), d.client) }

// ask asks a customer, and returns the request.
func (d *door) ask(ctx context.Context, customer string) *feedback.Request {
	d.t.Helper()
	req := ease.Ask(ctx, event.Customer{ID: customer}, feedback.Via(event.Email))
	if !req.OK() {
		d.t.Fatalf("the customer is not asked: %s", req.Refused())
	}
	return req
}

// token returns the token of a new request.
func (d *door) token(opts ...intake.LinkOption) string {
	d.t.Helper()
	return must(d.signer.Token(d.ask(d.ctx(), "alice"), opts...))
}

// told returns what was recorded of surveys, but for the requests, in a line each.
func (d *door) told() (lines []string) {
	d.t.Helper()
	if err := d.client.Flush(context.Background()); err != nil {
		d.t.Fatal(err)
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	for i := range d.events {
		e := &d.events[i]
		switch f := e.Feedback; {
		case f == nil || e.Kind == event.SurveyRequested:
		case e.Kind == event.SurveyShown, e.Kind == event.SurveyClosed:
			lines = append(lines, fmt.Sprint(e.Kind, " ", f.Ended))
		default:
			lines = append(lines, fmt.Sprint(e.Kind, " ", f.Score))
		}
	}
	slices.Sort(lines)
	return lines
}

func (d *door) want(lines ...string) {
	d.t.Helper()
	slices.Sort(lines)
	if got := d.told(); !slices.Equal(got, lines) {
		d.t.Errorf("recorded\n\t%s\nwant\n\t%s", strings.Join(got, "\n\t"), strings.Join(lines, "\n\t"))
	}
}

// last returns the last event of the kind.
func (d *door) last(kind event.Kind) event.Event {
	d.t.Helper()
	_ = d.told()
	d.mu.Lock()
	defer d.mu.Unlock()
	for i := range slices.Backward(d.events) {
		if d.events[i].Kind == kind {
			return d.events[i]
		}
	}
	d.t.Fatalf("there is no %s", kind)
	return event.Event{}
}

// do sends a request. Headers are pairs.
func (d *door) do(method, path, body string, headers ...string) *httptest.ResponseRecorder {
	d.t.Helper()
	return send(d.handler, method, path, body, headers...)
}

func send(h http.Handler, method, path, body string, headers ...string) *httptest.ResponseRecorder {
	r := httptest.NewRequestWithContext(context.Background(), method, "https://shop.example"+path, strings.NewReader(body))
	for i := 0; i+1 < len(headers); i += 2 {
		r.Header.Set(headers[i], headers[i+1])
	}
	w := httptest.NewRecorder()
	h.ServeHTTP(w, r)
	return w
}

var (
	asJSON = []string{"Content-Type", "application/json", "Accept", "application/json"}
	asForm = []string{"Content-Type", "application/x-www-form-urlencoded", "Accept", "text/html"}
)

func form(pairs ...string) string {
	v := url.Values{}
	for i := 0; i+1 < len(pairs); i += 2 {
		v.Add(pairs[i], pairs[i+1])
	}
	return v.Encode()
}

// codeOf returns the code of a refusal in JSON.
func codeOf(t testing.TB, w *httptest.ResponseRecorder) string {
	t.Helper()
	var reply struct {
		Error struct{ Code, Message, Detail string }
	}
	if err := json.Unmarshal(w.Body.Bytes(), &reply); err != nil {
		t.Fatalf("%d %s: %v", w.Code, w.Body, err)
	}
	if reply.Error.Code != "" && (reply.Error.Message == "" || reply.Error.Detail == "") {
		t.Errorf("the refusal is incomplete: %s", w.Body)
	}
	return reply.Error.Code
}

// refused returns how many requests were refused, by the reason.
func (d *door) refused() map[string]int64 {
	d.t.Helper()
	var all metricdata.ResourceMetrics
	if err := d.reader.Collect(context.Background(), &all); err != nil {
		d.t.Fatal(err)
	}
	out := map[string]int64{}
	for _, scope := range all.ScopeMetrics {
		for _, m := range scope.Metrics {
			sum, ok := m.Data.(metricdata.Sum[int64])
			if m.Name != "cx.feedback.intake.refused" || !ok || m.Unit != "{request}" || !sum.IsMonotonic {
				d.t.Errorf("the metric is %+v", m)
				continue
			}
			for _, p := range sum.DataPoints {
				why, _ := p.Attributes.Value("error.type")
				out[why.AsString()] += p.Value
			}
		}
	}
	return out
}

func contains(w *httptest.ResponseRecorder, text string) bool {
	return bytes.Contains(w.Body.Bytes(), []byte(text))
}

func newStore() ledger.Store { return new(memory.Store) }
