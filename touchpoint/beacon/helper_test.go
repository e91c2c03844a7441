package beacon_test

import (
	"context"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"cairncx.dev/cairn/cx"
	"cairncx.dev/cairn/cx/cxtest"
	"cairncx.dev/cairn/cx/event"
	"cairncx.dev/cairn/journey"
	"cairncx.dev/cairn/touchpoint"
	"cairncx.dev/cairn/touchpoint/beacon"
)

var (
	checkout = journey.Define("checkout", journey.Stages("cart", "payment"))
	cart     = touchpoint.Define("cart page", touchpoint.In(checkout, "cart"))
	pay      = touchpoint.Define("pay", touchpoint.In(checkout, "payment"))
	done     = touchpoint.Define("done", touchpoint.In(checkout, ""), touchpoint.Ends(event.Completed))
	offer    = touchpoint.Define("offer", touchpoint.For("marketing"))

	noon = time.Date(2026, 4, 17, 12, 0, 0, 0, time.UTC)
	key  = []byte("a key for cookies of 32 bytes ok")
)

const pageID = "0123456789abcdef0123456789abcdef"

// site is a server with a beacon.
type site struct {
	rec    *cxtest.Recorder
	cookie *journey.Cookie
	*beacon.Handler

	mu  sync.Mutex
	now time.Time
}

func newSite(t testing.TB, opts ...beacon.Option) *site {
	t.Helper()
	s := &site{now: noon}
	s.rec = cxtest.New(t, cx.WithDefinitions(checkout, cart, pay, done, offer), cx.WithClock(s.clock), cx.WithNamespace("test"))
	var err error
	if s.cookie, err = journey.NewCookie(checkout, [][]byte{key}); err != nil {
		t.Fatal(err)
	}
	if s.Handler, err = beacon.New(s.cookie, append([]beacon.Option{beacon.WithClient(s.rec.Client())}, opts...)...); err != nil {
		t.Fatal(err)
	}
	return s
}

func (s *site) clock() time.Time {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.now
}

func (s *site) add(d time.Duration) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.now = s.now.Add(d)
}

// visitor begins a run, and returns its ID and its cookie.
func (s *site) visitor(t testing.TB) (id string, cookie *http.Cookie) {
	t.Helper()
	w := httptest.NewRecorder()
	ctx := s.cookie.Start(w, httptest.NewRequestWithContext(s.rec.Context(context.Background()), http.MethodGet, "/", nil), event.Customer{})
	run, _ := journey.FromContext(ctx)
	return run.ID(), w.Result().Cookies()[0] //nolint:bodyclose // a recorder has none
}

// post is a request as the module sends it.
func post(body string, cookies ...*http.Cookie) *http.Request {
	r := httptest.NewRequestWithContext(context.Background(), http.MethodPost, "https://shop.example/cairn/", strings.NewReader(body))
	r.Header.Set("Content-Type", "text/plain;charset=UTF-8")
	r.Header.Set("Origin", "https://shop.example")
	r.Header.Set("Sec-Fetch-Site", "same-origin")
	for _, c := range cookies {
		if c != nil {
			r.AddCookie(c)
		}
	}
	return r
}

func (s *site) send(r *http.Request) *httptest.ResponseRecorder {
	w := httptest.NewRecorder()
	s.ServeHTTP(w, r)
	return w
}

func bodyOf(signals ...string) string {
	return `{"v":1,"page":"` + pageID + `","first":0,"events":[` + strings.Join(signals, ",") + `]}`
}

func view(name string) string { return fmt.Sprintf(`{"kind":"view","name":"%s","ago":0}`, name) }
