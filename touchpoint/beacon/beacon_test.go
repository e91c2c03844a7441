package beacon_test

import (
	"compress/gzip"
	"context"
	"fmt"
	"io"
	"math"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/log"
	"go.opentelemetry.io/otel/log/embedded"
	lognoop "go.opentelemetry.io/otel/log/noop"

	"cairncx.dev/cairn/cx"
	"cairncx.dev/cairn/cx/cxtest"
	"cairncx.dev/cairn/cx/event"
	"cairncx.dev/cairn/cx/fault"
	"cairncx.dev/cairn/journey"
	"cairncx.dev/cairn/touchpoint"
	"cairncx.dev/cairn/touchpoint/beacon"
)

// TestSignals says what each signal is in the archive.
func TestSignals(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	s.rec.AllowFaults(fault.UnknownName, "touchpoint/beacon")
	id, cookie := s.visitor(t)
	s.add(time.Minute)
	w := s.send(post(bodyOf(
		`{"kind":"view","name":"cart page","ago":30000}`,
		`{"kind":"form","name":"pay","ago":10000,"took":15000}`,
		`{"kind":"rage","name":"pay","ago":3000}`,
		`{"kind":"dead","name":"pay","ago":2000}`,
		`{"kind":"error","name":"pay","ago":1000}`,
		`{"kind":"view","name":"alice@example.com","ago":0}`,
		`{"kind":"view","name":"done","ago":0}`,
		`{"kind":"view","name":"offer","ago":0}`,
		`{"kind":"vital","name":"cart page","ago":0,"vital":"lcp","value":1}`), cookie))
	if w.Code != http.StatusNoContent || w.Body.Len() != 0 || w.Header().Get("Cache-Control") != "no-store" {
		t.Errorf("the answer is %d %q %v", w.Code, w.Body, w.Header())
	}
	want := []string{
		"12:00:30 cart page ok   0s cart", "12:00:35 pay abandoned form_abandoned  15s payment", "12:00:57 pay degraded rage_click  0s payment",
		"12:00:58 pay failed dead_click dead_click 0s payment", "12:00:59 pay failed error_click script_error 0s payment",
		"12:01:00 _other ok   0s payment", "12:01:00 _other ok   0s payment", "12:01:00 _other ok   0s payment",
	}
	var got []string
	for _, e := range s.rec.Events(event.TouchpointEnded) {
		if e.Journey.ID != id || e.Journey.Name != "checkout" || e.Journey.Namespace != "test" || e.Channel != event.Web || e.Actor != event.ActorCustomer ||
			len(e.Attributes) != 1 || e.Attributes[0].Key != "session.id" || len(e.Attributes[0].Value.AsString()) != 32 {
			t.Errorf("the event is %+v", e)
		}
		got = append(got, fmt.Sprint(e.Time.Format(time.TimeOnly), " ", e.Touchpoint, " ", e.Outcome, " ", e.Cause, " ", e.ErrorType, " ", e.Duration, " ", e.Stage))
	}
	if strings.Join(got, "\n") != strings.Join(want, "\n") {
		t.Errorf("the events are\n%s\nwant\n%s", strings.Join(got, "\n"), strings.Join(want, "\n"))
	}
	for _, f := range s.rec.Faults() {
		if strings.Contains(fmt.Sprint(f), "alice") {
			t.Errorf("a fault has the text of a browser: %v", f)
		}
	}
	if n := len(s.rec.Events(event.JourneyEnded)); n != 0 {
		t.Errorf("a browser has ended %d runs", n)
	}
}

// TestPromisesAreNotTheBrowsers: a promise of the service is neither made nor kept by what a browser says.
func TestPromisesAreNotTheBrowsers(t *testing.T) {
	t.Parallel()
	order := journey.Define("order", journey.Stages("placed"), journey.Promise("delivered", 24*time.Hour, journey.SinceTouchpoint("ask"), journey.UntilTouchpoint("deliver")))
	rec := cxtest.New(t, cx.WithDefinitions(order, touchpoint.Define("ask"), touchpoint.Define("deliver"), touchpoint.Define("page")))
	rec.AllowFaults(fault.UnknownName, "touchpoint/beacon")
	cookie, err := journey.NewCookie(order, [][]byte{key})
	if err != nil {
		t.Fatal(err)
	}
	h, err := beacon.New(cookie, beacon.WithClient(rec.Client()))
	if err != nil {
		t.Fatal(err)
	}
	w := httptest.NewRecorder()
	ctx := cookie.Start(w, httptest.NewRequestWithContext(rec.Context(t.Context()), http.MethodGet, "/", nil), event.Customer{})
	sent := w.Result().Cookies()[0] //nolint:bodyclose // a recorder has none
	h.ServeHTTP(httptest.NewRecorder(), post(bodyOf(view("ask"), view("page")), sent))
	_, tp := touchpoint.Define("ask").Start(ctx, event.Web)
	tp.End()
	h.ServeHTTP(httptest.NewRecorder(), post(bodyOf(view("deliver")), sent))
	rec.Touchpoint("ask").Times(1)
	rec.Touchpoint("deliver").Times(0)
	rec.Touchpoint("page").Times(1)
	if made, kept := len(rec.Events(event.PromiseMade)), len(rec.Events(event.PromiseKept)); made != 1 || kept != 0 {
		t.Errorf("%d promises are made and %d kept, want 1 by the service and none", made, kept)
	}
}

// TestTwiceIsOneEvent: a request that arrives twice has the same event IDs, and another page or another run has others.
func TestTwiceIsOneEvent(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	_, cookie := s.visitor(t)
	_, other := s.visitor(t)
	one, page := bodyOf(view("pay"), view("pay")), strings.Replace(bodyOf(view("pay")), "0123", "f123", 1)
	s.send(post(one, cookie))
	s.send(post(one, cookie))
	s.send(post(one, other))
	s.send(post(page, cookie))
	s.send(post(strings.Replace(page, `"first":0`, `"first":1`, 1), cookie))
	ids := map[event.ID]int{}
	for _, e := range s.rec.Events(event.TouchpointEnded) {
		ids[e.ID]++
	}
	if len(ids) != 6 {
		t.Errorf("8 events, of which two came twice, have %d IDs, want 6: %v", len(ids), ids)
	}
}

// TestRefused says which requests the handler takes, and that each refusal counts once and records nothing.
func TestRefused(t *testing.T) {
	t.Parallel()
	good := bodyOf(view("pay"))
	header := func(key, value string) func(*http.Request) {
		return func(r *http.Request) { r.Header.Set(key, value) }
	}
	for _, c := range []struct {
		name   string
		reason string
		body   string
		change func(*http.Request)
		status int
		fault  fault.Fault // 0 is none
		events int
	}{
		{name: "good", reason: "the module sends it", body: good, status: 204, events: 1},
		{name: "another origin", reason: "a page of another site must not write", body: good, change: header("Sec-Fetch-Site", "cross-site"), status: 403, fault: fault.BadBeacon},
		{name: "another host of the site", reason: "the cookie is of one host", body: good, change: header("Sec-Fetch-Site", "same-site"), status: 403, fault: fault.BadBeacon},
		{
			name: "an old browser from elsewhere", reason: "it sends Origin only", body: good, status: 403, fault: fault.BadBeacon,
			change: func(r *http.Request) { r.Header.Del("Sec-Fetch-Site"); r.Header.Set("Origin", "https://evil.example") },
		},
		{name: "JSON", reason: "it would be preflighted, so the module does not send it", body: good, change: header("Content-Type", "application/json"), status: 415, fault: fault.BadBeacon},
		{name: "no type", reason: "the module sends one", body: good, change: header("Content-Type", ""), status: 415, fault: fault.BadBeacon},
		{name: "too large", reason: "16 KiB is the bound", body: good + strings.Repeat(" ", 16<<10), status: 413, fault: fault.BadBeacon},
		{name: "another body", reason: "the module does not send it", body: `{}`, status: 400, fault: fault.BadBeacon},
		{name: "no cookie", reason: "the browser is in no run", body: good, change: header("Cookie", ""), status: 204},
		{name: "a forged cookie", reason: "the browser is in no run", body: good, change: header("Cookie", "__Host-checkout=1.2.3.4.5.6"), status: 204, fault: fault.ForgedCookie},
		{name: "another method", reason: "there is nothing to change", body: good, change: func(r *http.Request) { r.Method = http.MethodPut }, status: 405},
		{name: "another file", reason: "there is one", body: "", change: func(r *http.Request) { r.Method = http.MethodGet }, status: 404},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			s := newSite(t)
			s.rec.AllowFaults(fault.BadBeacon).AllowFaults(fault.ForgedCookie)
			_, cookie := s.visitor(t)
			r := post(c.body, cookie)
			if c.change != nil {
				c.change(r)
			}
			if w := s.send(r); w.Code != c.status || w.Body.Len() != 0 {
				t.Errorf("the answer is %d %q, want %d: %s", w.Code, w.Body, c.status, c.reason)
			}
			if n := len(s.rec.Events(event.TouchpointEnded)); n != c.events {
				t.Errorf("%d events are recorded, want %d: %s", n, c.events, c.reason)
			}
			var faults []fault.Fault
			for _, f := range s.rec.Faults(fault.BadBeacon, fault.ForgedCookie) {
				for range f.Count {
					faults = append(faults, f.Fault)
				}
			}
			if c.fault == 0 && len(faults) != 0 || c.fault != 0 && (len(faults) != 1 || faults[0] != c.fault) {
				t.Errorf("the faults are %v, want %v: %s", faults, c.fault, c.reason)
			}
		})
	}
}

// TestRate: each run has its rate by the clock of the client, and so has a network without a run, and a network with many.
func TestRate(t *testing.T) {
	t.Parallel()
	s := newSite(t, beacon.WithRate(2*time.Second, 3), beacon.WithClientAddress(func(r *http.Request) string {
		if r.Header.Get("X-Real-IP") == "panic" {
			panic("boom")
		}
		return r.Header.Get("X-Real-IP")
	}))
	s.rec.AllowFaults(fault.BeaconRate)
	_, one := s.visitor(t)
	_, two := s.visitor(t)
	from := func(address string, c *http.Cookie, times int) (taken int, wait string) {
		for range times {
			r := post(bodyOf(view("pay")), c)
			r.Header.Set("X-Real-IP", address)
			w := s.send(r)
			switch w.Code {
			case http.StatusNoContent:
				taken++
			case http.StatusTooManyRequests:
				wait = w.Header().Get("Retry-After")
			default:
				t.Errorf("the answer is %d", w.Code)
			}
		}
		return taken, wait
	}
	check := func(what string, address string, c *http.Cookie, times, want int, wantWait string) {
		t.Helper()
		if taken, wait := from(address, c, times); taken != want || wait != wantWait {
			t.Errorf("%s: %d of %d are taken, then wait %q; want %d and %q", what, taken, times, wait, want, wantWait)
		}
	}
	check("a burst of one run", "192.0.2.1", one, 5, 3, "2")
	check("another run beside it", "192.0.2.1", two, 3, 3, "")
	check("the run from another network", "198.51.100.1", one, 1, 0, "2")
	check("no run", "192.0.2.1", nil, 5, 3, "2")
	check("no run, another network", "192.0.2.2", nil, 1, 1, "")
	check("no run, IPv6", "2001:db8::1", nil, 4, 3, "2")
	check("no run, the same network of IPv6", "2001:db8::ffff:1", nil, 1, 0, "2")
	check("no address", "panic", nil, 3, 3, "")
	check("another one without address", "", nil, 1, 0, "2")
	s.add(time.Second)
	check("half a token", "192.0.2.1", one, 1, 0, "1")
	s.add(time.Second)
	check("a token", "192.0.2.1", one, 2, 1, "2")
	s.add(-20 * time.Second)
	check("the clock goes back", "192.0.2.1", one, 1, 0, "2")
	s.add(2 * time.Hour)
	check("no more than the burst", "192.0.2.1", one, 5, 3, "2")
	taken := 0
	for range 100 { // anyone can begin many runs
		_, c := s.visitor(t)
		n, _ := from("203.0.113.1", c, 3)
		taken += n
	}
	if taken != 64*3 {
		t.Errorf("%d requests of 100 runs of one network are taken, want %d", taken, 64*3)
	}
}

// TestOneRunLeavesTheOthers: a run beyond its own rate takes nothing from the others of its network, such as those of an office.
func TestOneRunLeavesTheOthers(t *testing.T) {
	t.Parallel()
	s := newSite(t, beacon.WithRate(time.Second, 3))
	s.rec.AllowFaults(fault.BeaconRate)
	_, flood := s.visitor(t)
	_, other := s.visitor(t)
	for range 64*3 + 1 {
		s.send(post(bodyOf(view("pay")), flood))
	}
	if code := s.send(post(bodyOf(view("pay")), other)).Code; code != http.StatusNoContent {
		t.Errorf("the answer to another run is %d, want 204", code)
	}
}

// TestEmptyHandler: a handler that New has not made answers that there is nothing.
func TestEmptyHandler(t *testing.T) {
	t.Parallel()
	if _, err := beacon.New(&journey.Cookie{}); err == nil {
		t.Error("a cookie that carries nothing is taken")
	}
	for name, h := range map[string]*beacon.Handler{"nil": nil, "the zero value": {}} {
		for _, method := range []string{http.MethodGet, http.MethodPost, http.MethodPut} {
			w := httptest.NewRecorder()
			if h.ServeHTTP(w, httptest.NewRequestWithContext(t.Context(), method, "/"+h.Script(), nil)); w.Code != http.StatusNotFound {
				t.Errorf("%s answers %s with %d, want 404", name, method, w.Code)
			}
		}
	}
}

// TestModule: the module is below 3 kB gzipped, and browsers keep it by its content.
func TestModule(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	get := func(name string, headers ...string) *httptest.ResponseRecorder {
		r := httptest.NewRequestWithContext(context.Background(), http.MethodGet, "https://shop.example/cairn/"+name, nil)
		for i := 0; i < len(headers); i += 2 {
			r.Header.Set(headers[i], headers[i+1])
		}
		return s.send(r)
	}
	plain, hashed := get("beacon.js"), get(s.Script())
	if plain.Code != 200 || plain.Body.String() != hashed.Body.String() || plain.Header().Get("Content-Type") != "text/javascript; charset=utf-8" ||
		plain.Header().Get("Cache-Control") != "public, max-age=3600" || hashed.Header().Get("Cache-Control") != "public, max-age=31536000, immutable" {
		t.Errorf("the module is %d %v", plain.Code, plain.Header())
	}
	if again := get("beacon.js", "If-None-Match", plain.Header().Get("ETag")); again.Code != http.StatusNotModified || again.Body.Len() != 0 {
		t.Errorf("the module that a browser has is sent again: %d", again.Code)
	}
	if w := get("beacon-0123456789abcdef.js"); w.Code != http.StatusNotFound {
		t.Errorf("a module of another version is %d", w.Code)
	}
	size := &counter{}
	z, _ := gzip.NewWriterLevel(size, gzip.BestCompression)
	if _, err := io.Copy(z, plain.Body); err != nil || z.Close() != nil {
		t.Fatal(err)
	}
	t.Logf("%d bytes gzipped", size.n)
	if size.n >= 3000 || size.n < 500 {
		t.Errorf("the module has %d bytes gzipped, want less than 3,000", size.n)
	}
}

type counter struct{ n int }

// Write implements [io.Writer].
func (c *counter) Write(b []byte) (int, error) {
	c.n += len(b)
	return len(b), nil
}

// TestVitals: a Core Web Vital is an event of OpenTelemetry in the trace of the run.
func TestVitals(t *testing.T) {
	t.Parallel()
	logs := &logs{}
	s := newSite(t, beacon.WithLoggerProvider(logs))
	id, cookie := s.visitor(t)
	s.send(post(bodyOf(`{"kind":"vital","name":"cart page","ago":1000,"vital":"cls","value":1234}`, `{"kind":"vital","name":"cart page","ago":0,"vital":"lcp","value":25000000}`), cookie))
	if len(logs.records) != 2 {
		t.Fatalf("%d records, want 2", len(logs.records))
	}
	first := logs.records[0]
	got := map[string]string{}
	first.WalkAttributes(func(kv attribute.KeyValue) bool {
		got[string(kv.Key)] = kv.Value.String()
		return true
	})
	if first.EventName() != "browser.web_vital" || !first.Timestamp().Equal(noon.Add(-time.Second)) || got["browser.web_vital.name"] != "cls" || got["browser.web_vital.value"] != "0.1234" ||
		got["browser.web_vital.delta"] != "0.1234" || got["browser.web_vital.id"] != pageID+"-cls" || got["cx.journey.id"] != id || got["cx.touchpoint.name"] != "cart page" || len(got["session.id"]) != 32 {
		t.Errorf("the record is %q at %v with %v", first.EventName(), first.Timestamp(), got)
	}
	if n := len(s.rec.Events(event.TouchpointEnded)); n != 0 {
		t.Errorf("a vital is %d touchpoints", n)
	}
}

// logs is a provider that keeps the records.
type logs struct {
	lognoop.LoggerProvider

	records []log.Record
}

// Logger implements [log.LoggerProvider].
func (l *logs) Logger(string, ...log.LoggerOption) log.Logger { return logger{of: l} }

type logger struct {
	embedded.Logger

	of *logs
}

// Emit implements [log.Logger].
func (l logger) Emit(_ context.Context, r log.Record) { l.of.records = append(l.of.records, r) }

// Enabled implements [log.Logger].
func (l logger) Enabled(context.Context, log.EnabledParameters) bool { return true }

// TestProbe: the signals of a crawler are synthetic, where touchpoint.Handler is around.
func TestProbe(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	_, cookie := s.visitor(t)
	mux := http.NewServeMux()
	mux.Handle("/cairn/", s)
	r := post(bodyOf(view("pay")), cookie)
	r.Header.Set("User-Agent", "Mozilla/5.0 (compatible; Googlebot/2.1)")
	s.rec.Handler(touchpoint.Handler(mux, touchpoint.WithSkip("/cairn/"))).ServeHTTP(httptest.NewRecorder(), r)
	if e := s.rec.Events(event.TouchpointEnded); len(e) != 1 || e[0].Actor != event.ActorSynthetic {
		t.Errorf("the events are %+v", e)
	}
}

// TestWithoutClient: a process that has chosen no client takes requests and records nothing.
func TestWithoutClient(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	nowhere, page := cx.NewContext(context.Background(), nil), httptest.NewRecorder()
	s.cookie.Start(page, httptest.NewRequestWithContext(nowhere, http.MethodGet, "/", nil), event.Customer{})
	h, err := beacon.New(s.cookie, beacon.WithRate(time.Hour, 1), beacon.WithClient(nil))
	if err != nil {
		t.Fatal(err)
	}
	for _, want := range []int{http.StatusNoContent, http.StatusTooManyRequests} {
		w := httptest.NewRecorder()
		r := post(bodyOf(view("pay")), page.Result().Cookies()...) //nolint:bodyclose // a recorder has none
		h.ServeHTTP(w, r.WithContext(nowhere))
		if w.Code != want {
			t.Errorf("the answer is %d, want %d", w.Code, want)
		}
	}
	if n := len(s.rec.Events(event.TouchpointEnded)); n != 0 {
		t.Errorf("%d events are recorded", n)
	}
}

// TestNew says what is wrong with the options.
func TestNew(t *testing.T) {
	t.Parallel()
	_, err := beacon.New(nil, beacon.WithRate(0, 0), nil)
	if err == nil || !strings.Contains(err.Error(), "no cookie") || !strings.Contains(err.Error(), "0 requests at once") {
		t.Errorf("the error is %v", err)
	}
	if _, err := beacon.New(newSite(t).cookie, beacon.WithRate(math.MaxInt64, 1)); err == nil || !strings.Contains(err.Error(), "at most 24h0m0s") {
		t.Errorf("a request in 292 years: %v", err)
	}
}
