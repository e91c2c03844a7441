package storefront_test

import (
	"context"
	"io"
	"log/slog"
	"net/http"
	"net/http/cookiejar"
	"net/http/httptest"
	"net/url"
	"regexp"
	"strings"
	"testing"
	"time"

	lognoop "go.opentelemetry.io/otel/log/noop"
	metricnoop "go.opentelemetry.io/otel/metric/noop"
	"go.opentelemetry.io/otel/propagation"
	tracenoop "go.opentelemetry.io/otel/trace/noop"

	"cairncx.dev/cairn/cx"
	"cairncx.dev/cairn/cx/cxtest"
	"cairncx.dev/cairn/cx/event"
	"cairncx.dev/cairn/cx/fault"
	"cairncx.dev/cairn/cx/otelsetup"
	"cairncx.dev/cairn/cx/stores/memory"
	"cairncx.dev/cairn/examples/shop/experience"
	"cairncx.dev/cairn/examples/shop/payments"
	"cairncx.dev/cairn/examples/shop/service"
	"cairncx.dev/cairn/examples/shop/storefront"
)

// shop is a storefront and a payments service that record to one recorder.
type shop struct {
	*cxtest.Recorder
	t       *testing.T
	url     string
	handler http.Handler
	front   *storefront.Shop
}

func newShop(t *testing.T, change ...func(*storefront.Config)) *shop {
	t.Helper()
	s := &shop{t: t}
	s.Recorder = cxtest.New(t, cx.WithContactStore(new(memory.Store)), cx.WithDefinitions(experience.Definitions()...),
		cx.WithOnFollowUp(func(ctx context.Context, e event.Event) { s.front.FollowedUp(ctx, e) }))
	sdk := &otelsetup.SDK{
		TracerProvider: tracenoop.NewTracerProvider(), JourneyTracerProvider: tracenoop.NewTracerProvider(),
		MeterProvider: metricnoop.NewMeterProvider(), LoggerProvider: lognoop.NewLoggerProvider(),
		Propagator: propagation.TraceContext{},
	}
	log := slog.New(slog.DiscardHandler)
	pay := s.serve(payments.New(payments.Config{SDK: sdk, Log: log, Slow: time.Millisecond}))
	cfg := storefront.Config{SDK: sdk, Log: log, Payments: pay.URL, TraceURL: "http://jaeger.example.com/trace/%s", LinkKey: make([]byte, 32)}
	for _, c := range change {
		c(&cfg)
	}
	front, err := storefront.New(cfg)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(front.Close)
	s.front, s.handler = front, front.Handler()
	s.url = s.serve(s.handler).URL
	return s
}

// serve serves h and lets its requests record to the shop's recorder.
func (s *shop) serve(h http.Handler) *httptest.Server {
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		h.ServeHTTP(w, r.WithContext(s.Context(r.Context())))
	}))
	s.t.Cleanup(server.Close)
	return server
}

// browser is a customer's browser, with cookies.
type browser struct {
	*shop
	http *http.Client
}

func (s *shop) browser() *browser {
	jar, err := cookiejar.New(nil)
	if err != nil {
		s.t.Fatal(err)
	}
	return &browser{s, &http.Client{Jar: jar}}
}

func (b *browser) do(method, path string, form url.Values) (status int, at, body string) {
	b.t.Helper()
	req, err := http.NewRequestWithContext(b.t.Context(), method, b.url+path, strings.NewReader(form.Encode()))
	if err != nil {
		b.t.Fatal(err)
	}
	if form != nil {
		req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	}
	resp, err := b.http.Do(req)
	if err != nil {
		b.t.Fatal(err)
	}
	defer func() { _ = resp.Body.Close() }()
	text, err := io.ReadAll(resp.Body)
	if err != nil {
		b.t.Fatal(err)
	}
	return resp.StatusCode, resp.Request.URL.Path, string(text)
}

func (b *browser) get(path string) (int, string, string) { b.t.Helper(); return b.do("GET", path, nil) }

func (b *browser) post(path string, kv ...string) (int, string, string) {
	b.t.Helper()
	form := url.Values{}
	for i := 0; i < len(kv); i += 2 {
		form.Set(kv[i], kv[i+1])
	}
	return b.do("POST", path, form)
}

var orderMark = regexp.MustCompile(`data-order="([^"]+)"`)

// toPayment fills a basket and an address and returns the order number.
func (b *browser) toPayment() string {
	b.t.Helper()
	_, _, page := b.post("/cart", "product", "mug")
	m := orderMark.FindStringSubmatch(page)
	if m == nil {
		b.t.Fatalf("no order number in\n%s", page)
	}
	b.get("/address")
	if _, at, page := b.post("/address", "name", "N", "mail", "m@example.com", "street", "S", "city", "C"); at != "/payment" {
		b.t.Fatalf("the address form led to %s:\n%s", at, page)
	}
	return m[1]
}

func TestDeclinedCardThenAnother(t *testing.T) {
	b := newShop(t).browser()
	order := b.toPayment()
	status, _, page := b.post("/payment", "card", payments.CardDeclined)
	if status != http.StatusUnprocessableEntity || !strings.Contains(page, "Your card was declined") || !strings.Contains(page, `role="alert"`) {
		t.Errorf("status %d, and the page does not say that the card was declined:\n%s", status, page)
	}
	_, at, page := b.post("/payment", "card", payments.CardGood)
	if at != "/confirmation" || !strings.Contains(page, `href="http://jaeger.example.com/trace/`) {
		t.Errorf("the payment led to %s, or the page has no link to the journey:\n%s", at, page)
	}
	j := b.Journey("checkout", order).Started().Completed().Stages("cart", "address", "payment", "confirmation")
	j.Touchpoint("submit-payment").Times(2)
	j.Touchpoint("charge-card").Times(2)
	j.Touchpoint("order-confirmed").OK().Times(1)
	if first := j.Touchpoint("submit-payment").Events()[0]; first.Outcome != event.Failed || first.Cause != "card-declined" || first.ErrorType != "card_declined" {
		t.Errorf("the first payment is %s, %q, %q", first.Outcome, first.Cause, first.ErrorType)
	}
}

// The page's status is 200 when the payments service fails: only the touchpoint shows the failure.
func TestBrokenPaymentsAreNotHidden(t *testing.T) {
	b := newShop(t).browser()
	order := b.toPayment()
	status, _, page := b.post("/payment", "card", payments.CardBroken)
	if status != http.StatusOK || !strings.Contains(page, "This is our mistake") {
		t.Errorf("status %d:\n%s", status, page)
	}
	e := b.Journey("checkout", order).Live().Touchpoint("submit-payment").Failed().Times(1).Events()[0]
	if e.Cause != "payments-unavailable" || e.ErrorType != "payments_500" {
		t.Errorf("cause %q, error %q", e.Cause, e.ErrorType)
	}
}

func TestSlowBankIsDegraded(t *testing.T) {
	b := newShop(t).browser()
	order := b.toPayment()
	b.post("/payment", "card", payments.CardSlow)
	j := b.Journey("checkout", order).Completed()
	j.Touchpoint("submit-payment").Degraded().Times(1)
	j.Touchpoint("charge-card").Degraded().Times(1)
}

// TestFeedbackOnce: the confirmation asks once, and the page of its link takes one answer, whatever is sent how often.
func TestFeedbackOnce(t *testing.T) {
	b := newShop(t).browser()
	order := b.toPayment()
	b.post("/payment", "card", payments.CardGood)
	_, _, page := b.get("/confirmation") // a second look changes nothing
	link := question(t, page)
	if status, _, page := b.post(link, "score", "6"); status != http.StatusBadRequest {
		t.Errorf("a score of 6: status %d\n%s", status, page)
	}
	for range 2 {
		if status, _, page := b.post(link, "score", "4", "comment", "Good.", "causes", "price"); status != http.StatusOK || !strings.Contains(page, "Waymark") {
			t.Errorf("the answer led to %d:\n%s", status, page)
		}
	}
	b.flush()
	got := b.Events(event.FeedbackReceived, event.FeedbackAmended)
	if len(got) != 1 || got[0].Feedback.Score != 4 || got[0].Feedback.Comment != "Good." || got[0].Feedback.Survey != "post-purchase" || got[0].Journey.ID != order || got[0].Feedback.Request.IsZero() {
		t.Errorf("answers: %+v", got)
	}
	b.Touchpoint("order-confirmed").Times(1)
	if asked := b.Events(event.SurveyRequested); len(asked) != 1 {
		t.Errorf("the shop asked %d times", len(asked))
	}
}

var askMark = regexp.MustCompile(`data-ask="([^"]+)"`)

// question returns the path of the question on the page.
func question(t *testing.T, page string) string {
	t.Helper()
	m := askMark.FindStringSubmatch(page)
	if m == nil {
		t.Fatalf("no question in\n%s", page)
	}
	return "/feedback/r/" + m[1]
}

// flush returns when everything is recorded, and the shop has heard of it.
func (s *shop) flush() {
	s.t.Helper()
	if err := s.Client().Flush(s.t.Context()); err != nil {
		s.t.Fatal(err)
	}
}

// A customer who types its address gets no confirmation and completes no journey.
func TestConfirmationNeedsPayment(t *testing.T) {
	b := newShop(t).browser()
	order := b.toPayment()
	if _, at, _ := b.get("/confirmation"); at != "/payment" {
		t.Errorf("an unpaid confirmation led to %s", at)
	}
	b.Journey("checkout", order).Live().Stages("cart", "address", "payment")
	b.Touchpoint("order-confirmed").Times(0)
}

func TestEmptiedBasketIsCancelled(t *testing.T) {
	b := newShop(t).browser()
	order := b.toPayment()
	b.post("/cancel")
	b.Journey("checkout", order).Cancelled().Because("changed-mind")
	if _, _, page := b.get("/cart"); !strings.Contains(page, "Your basket is empty") {
		t.Errorf("the basket is not empty:\n%s", page)
	}
	b.Fault(fault.OutsideJourney, "view-cart").Times(1) // an empty basket belongs to no checkout
}

func TestIncompleteAddress(t *testing.T) {
	b := newShop(t).browser()
	b.post("/cart", "product", "socks")
	status, _, page := b.post("/address", "name", "N", "mail", " ")
	if status != http.StatusUnprocessableEntity || strings.Count(page, "aria-invalid") != 3 {
		t.Errorf("status %d:\n%s", status, page)
	}
	b.Touchpoint("enter-address").Failed().Times(1)
}

func TestNewOrderAfterTheOld(t *testing.T) {
	b := newShop(t).browser()
	first := b.toPayment()
	b.post("/payment", "card", payments.CardGood)
	second := b.toPayment()
	if first == second {
		t.Errorf("both orders are %s", first)
	}
	b.Journey("checkout", first).Completed()
	b.Journey("checkout", second).Live()
}

// A cookie that the shop has not issued gives access to nothing and is in no journey, even with a real order
// number.
func TestForgedCookie(t *testing.T) {
	s := newShop(t)
	order := s.browser().toPayment()
	for _, forged := range []string{order, "x", strings.Repeat("y", 1000)} {
		req, err := http.NewRequestWithContext(t.Context(), http.MethodGet, s.url+"/cart", nil)
		if err != nil {
			t.Fatal(err)
		}
		req.AddCookie(&http.Cookie{Name: "session", Value: forged})
		// The shop does not believe a stranger's position either.
		req.Header.Set("Baggage", "cairn=1/default/checkout/"+order+"/////////")
		resp, err := http.DefaultClient.Do(req)
		if err != nil {
			t.Fatal(err)
		}
		_ = resp.Body.Close()
	}
	s.Journey("checkout", order).Touchpoint("view-cart").Times(1)
	s.Touchpoint("view-cart").Times(4)
	s.Fault(fault.Untrusted, "").Times(3)               // the shop refused each request's position
	s.Fault(fault.OutsideJourney, "view-cart").Times(3) // the requests are therefore in no checkout
}

func TestCookiesAndHeaders(t *testing.T) {
	s := newShop(t)
	w := s.direct(http.MethodPost, "/cart", "product=mug", nil)
	cookies := w.Result().Cookies()
	if len(cookies) != 2 {
		t.Errorf("cookies: %v", cookies)
	}
	for _, c := range cookies {
		if !c.HttpOnly || c.SameSite != http.SameSiteLaxMode || len(c.Value) < 26 {
			t.Errorf("cookie %v is not safe", c)
		}
	}
	if csp := w.Header().Get("Content-Security-Policy"); !strings.Contains(csp, "default-src 'none'") {
		t.Errorf("Content-Security-Policy: %q", csp)
	}
}

// direct serves one request without a network.
func (s *shop) direct(method, path, body string, change func(*http.Request)) *httptest.ResponseRecorder {
	r := httptest.NewRequestWithContext(s.Context(context.Background()), method, path, strings.NewReader(body))
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	if change != nil {
		change(r)
	}
	w := httptest.NewRecorder()
	s.handler.ServeHTTP(w, r)
	return w
}

func TestWhoMayCallWhat(t *testing.T) {
	from := func(addr string) func(*http.Request) { return func(r *http.Request) { r.RemoteAddr = addr } }
	elsewhere := func(r *http.Request) { r.Header.Set("Sec-Fetch-Site", "cross-site") }
	const call = "order=7KQ2-M4XA-ZP6T&seconds=180&wait=40&resolved=yes"
	const nps = "order=7KQ2-M4XA-ZP6T&score=9&via=email"
	for _, c := range []struct {
		name, path, body string
		change           func(*http.Request)
		want             int
	}{
		{"call from here", "/support", call, from("127.0.0.1:9"), 204},
		{"call from here, IPv6", "/support", call, from("[::1]:9"), 204},
		{"call from outside", "/support", call, from("192.0.2.1:9"), 403},
		{"call without a number", "/support", "seconds=1&wait=1", from("127.0.0.1:9"), 400},
		{"call about nonsense", "/support", "order=../etc&seconds=1&wait=1", from("127.0.0.1:9"), 400},
		{"endless call", "/support", "order=7KQ2-M4XA-ZP6T&seconds=99999999&wait=1", from("127.0.0.1:9"), 400},
		{"answer from here", "/nps", nps, from("127.0.0.1:9"), 204},
		{"answer from outside", "/nps", nps, from("192.0.2.1:9"), 403},
		{"answer off the scale", "/nps", "order=7KQ2-M4XA-ZP6T&score=11&via=email", from("127.0.0.1:9"), 400},
		{"answer by pigeon", "/nps", "order=7KQ2-M4XA-ZP6T&score=9&via=pigeon", from("127.0.0.1:9"), 400},
		{"form from another site", "/cart", "product=mug", elsewhere, 403},
		{"too large a form", "/address", "name=" + strings.Repeat("x", 40<<10), nil, 303},
		{"no such product", "/cart", "product=boat", nil, 404},
	} {
		t.Run(c.name, func(t *testing.T) {
			s := newShop(t)
			s.AllowFaults(fault.OutsideJourney, "enter-address") // an address without a basket belongs to no checkout
			if w := s.direct(http.MethodPost, c.path, c.body, c.change); w.Code != c.want {
				t.Errorf("the status is %d, want %d: %.200s", w.Code, c.want, w.Body)
			}
		})
	}
}

func TestSupportCallLandsInTheJourney(t *testing.T) {
	s := newShop(t)
	s.direct(http.MethodPost, "/support", "order=7KQ2-M4XA-ZP6T&seconds=180&wait=40&resolved=no", func(r *http.Request) { r.RemoteAddr = "127.0.0.1:9" })
	e := s.Journey("checkout", "7KQ2-M4XA-ZP6T").Touchpoint("call-support").Failed().Times(1).Events()[0]
	if e.Channel != event.Phone || e.Duration != 3*time.Minute || e.Assisted == nil || e.Assisted.Legs[0].Wait != event.Seconds(40*time.Second) || e.Cause != "not-resolved" {
		t.Errorf("the call is recorded as %s", e.AppendJSON(nil))
	}
}

func TestBadConfig(t *testing.T) {
	for _, c := range []storefront.Config{
		{Payments: ""},
		{Payments: "localhost:80"},
		{Payments: "ftp://localhost"},
		{Payments: "http:///charges"},
		{Payments: "http://[localhost"},
		{Payments: "http://localhost", TraceURL: "http://localhost/trace"},
		{Payments: "http://localhost", TraceURL: "javascript:alert(%s)"},
	} {
		if _, err := storefront.New(c); err == nil {
			t.Errorf("New accepts %+v", c)
		}
	}
}

func TestRedact(t *testing.T) {
	for in, want := range map[string]string{
		"Quick, 5 of 5!":                        "Quick, 5 of 5!",
		"Write to robin@example.com please":     "Write to [mail] please",
		"call 030 123 4567 or 4242424242424242": "call [number] or [number]",
	} {
		if got := service.Redact(in); got != want {
			t.Errorf("%q: %q, want %q", in, got, want)
		}
	}
}
