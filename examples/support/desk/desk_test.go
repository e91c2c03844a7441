package desk_test

import (
	"context"
	"io"
	"log/slog"
	"net/http"
	"net/http/cookiejar"
	"net/http/httptest"
	"net/url"
	"strings"
	"sync"
	"testing"
	"time"

	"go.uber.org/goleak"

	"cairncx.dev/cairn/cx"
	"cairncx.dev/cairn/cx/blueprint"
	"cairncx.dev/cairn/cx/blueprint/yaml"
	"cairncx.dev/cairn/cx/cxtest"
	"cairncx.dev/cairn/cx/event"
	"cairncx.dev/cairn/examples/support/desk"
	"cairncx.dev/cairn/examples/support/journal"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

const week = 7 * 24 * time.Hour

// company is the application with a recorder and a clock that only its buttons move.
type company struct {
	*cxtest.Recorder

	t    *testing.T
	app  *desk.App
	url  string
	mu   sync.Mutex
	time time.Time
}

func (c *company) now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.time
}

func (c *company) advance(ctx context.Context, d time.Duration) error {
	c.mu.Lock()
	c.time = c.time.Add(d)
	c.mu.Unlock()
	return c.Client().Flush(ctx)
}

func blueprintOf(t *testing.T) *blueprint.Blueprint {
	t.Helper()
	bp, err := yaml.Load("../blueprint.yaml")
	if err != nil {
		t.Fatal(err)
	}
	return bp
}

func newCompany(t *testing.T) *company {
	t.Helper()
	bp := blueprintOf(t)
	kept, err := journal.New(bp, time.UTC)
	if err != nil {
		t.Fatal(err)
	}
	c := &company{t: t, time: time.Date(2026, 3, 2, 12, 0, 0, 0, time.UTC)} // a Monday, in winter time
	c.Recorder = cxtest.New(t, cx.WithBlueprint(bp), cx.WithClock(c.now), cx.WithProcessors(kept), cx.WithEffortWindow(week), cx.WithContactsInMemory(),
		cx.WithOnFollowUp(func(ctx context.Context, e event.Event) { c.app.FollowedUp(ctx, e) }))
	c.app, err = desk.New(desk.Config{
		Blueprint: bp, Journal: kept, Window: week, Now: c.now, Advance: c.advance, Log: slog.New(slog.DiscardHandler),
		LinkKey: make([]byte, 32),
	})
	if err != nil {
		t.Fatal(err)
	}
	server := httptest.NewServer(c.Handler(c.app.Handler()))
	t.Cleanup(server.Close)
	c.url = server.URL
	return c
}

// visitor is a browser, with cookies.
type visitor struct {
	*company

	http *http.Client
	body string // of the last page
}

func (c *company) visitor() *visitor {
	c.t.Helper()
	jar, err := cookiejar.New(nil)
	if err != nil {
		c.t.Fatal(err)
	}
	v := &visitor{company: c, http: &http.Client{Jar: jar, Transport: &http.Transport{}}}
	c.t.Cleanup(v.http.CloseIdleConnections)
	v.get("/")
	return v
}

func (v *visitor) send(method, path string, form url.Values) (status int) {
	v.t.Helper()
	r, err := http.NewRequestWithContext(v.t.Context(), method, v.url+path, strings.NewReader(form.Encode()))
	if err != nil {
		v.t.Fatal(err)
	}
	if form != nil {
		r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	}
	resp, err := v.http.Do(r)
	if err != nil {
		v.t.Fatal(err)
	}
	defer func() { _ = resp.Body.Close() }()
	body, err := io.ReadAll(resp.Body)
	if err != nil {
		v.t.Fatal(err)
	}
	v.body = string(body)
	return resp.StatusCode
}

func (v *visitor) get(path string) string {
	v.t.Helper()
	if status := v.send(http.MethodGet, path, nil); status != http.StatusOK {
		v.t.Errorf("%s is answered with %d", path, status)
	}
	return v.body
}

// do acts, and fails the test if the page names a problem.
func (v *visitor) do(what string, fields ...string) {
	v.t.Helper()
	if v.try(what, fields...); strings.Contains(v.body, `role="alert"`) {
		v.t.Errorf("%s %q is a problem: %s", what, fields, alert(v.body))
	}
}

// try acts, and returns the problem that the page names, or "".
func (v *visitor) try(what string, fields ...string) string {
	v.t.Helper()
	form := url.Values{}
	for _, f := range fields {
		name, value, _ := strings.Cut(f, "=")
		form.Set(name, value)
	}
	if status := v.send(http.MethodPost, "/do/"+what, form); status != http.StatusOK {
		v.t.Errorf("%s is answered with %d", what, status)
	}
	return alert(v.body)
}

func alert(page string) string {
	_, rest, _ := strings.Cut(page, `role="alert"><p>`)
	text, _, _ := strings.Cut(rest, "</p>")
	return text
}

// pass lets time pass by one of the buttons.
func (v *visitor) pass(d time.Duration) {
	v.t.Helper()
	v.send(http.MethodPost, "/clock", url.Values{"by": {d.String()}})
	if a := alert(v.body); a != "" {
		v.t.Errorf("the clock: %s", a)
	}
}

// last returns the last event of the touchpoint.
func (v *visitor) last(touchpoint string) event.Event {
	v.t.Helper()
	events := v.Touchpoint(touchpoint).Events()
	if len(events) == 0 {
		v.t.Fatalf("there is no event of %s", touchpoint)
	}
	return events[len(events)-1]
}
