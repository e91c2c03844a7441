package desk_test

import (
	"context"
	"fmt"
	"math/rand/v2"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
	"time"

	"cairncx.dev/cairn/cx/blueprint"
	"cairncx.dev/cairn/cx/event"
	"cairncx.dev/cairn/cx/fault"
	"cairncx.dev/cairn/examples/support/desk"
)

// TestAnyOrder: whoever presses the buttons in any order, also those of old pages and with odd fields, gets a page each time, and the
// program never calls a method of a contact that does not fit: the recorder fails the test on the fault contact_order.
func TestAnyOrder(t *testing.T) {
	t.Parallel()
	acts := []string{
		"address", "track", "chat-open", "chat-say", "chat-person", "chat-leave", "call-dial", "call-hangup", "call-callback", "call-pickup",
		"desk-seat", "desk-ring", "desk-answer", "desk-reply", "desk-hold", "desk-transfer", "desk-again", "desk-look", "desk-decide", "desk-lead",
		"desk-unable", "desk-claim", "desk-end", "desk-callback", "post-write", "desk-post", "desk-close",
	}
	seeds := uint64(2)
	if testing.Short() { // with the race detector
		seeds = 1
	}
	for seed := range seeds {
		draw := rand.New(rand.NewPCG(seed, 14)) //nolint:gosec // a test that has to be the same each time
		pick := func(of ...string) string { return of[draw.IntN(len(of))] }
		v := newCompany(t).visitor()
		v.AllowFaults(fault.TooMany) // legs, decisions and views of one contact
		for range 250 {
			if draw.IntN(12) == 0 {
				v.pass([]time.Duration{seconds10, minute, minutes30}[draw.IntN(3)])
				continue
			}
			_, rest, _ := strings.Cut(v.body, `name="id" value="`)
			id, _, _ := strings.Cut(rest, `"`)
			v.try(pick(acts...),
				"on="+pick("chat", "call", "call", ""), "text="+pick("a word", "", "person", "\x00\xff<i>"), "intent="+pick("refund", "none", "", "<b>"),
				"line="+pick("orders", "billing", "x"), "queue="+pick("orders", "billing"), "employee="+pick("employee-1", "employee-2", "employee-3", "nobody"),
				"decision="+pick("refund", "exception", ""), "amount="+pick("1", "500", "x"), "answer="+pick("yes", "no"), "resolved="+pick("yes", "no"),
				"street="+pick("1 Lane", ""), "town="+pick("Riverton", "Newfield"), "order="+pick("1001", "1002"), "id="+pick(id, "none"))
		}
		v.app.Close(v.Context(context.Background()))
		if len(v.Touchpoint("call").Events()) == 0 || len(v.Touchpoint("chat").Events()) == 0 || len(v.Touchpoint("post").Events()) == 0 {
			t.Errorf("seed %d: a channel has no contact", seed)
		}
	}
}

// TestHostile: what a visitor writes is shown as text, cut, and never in an event.
func TestHostile(t *testing.T) {
	t.Parallel()
	v := newCompany(t).visitor()
	const script = `<script>alert("x")</script>`
	v.do("chat-open", "intent="+script)
	v.do("chat-say", "text="+script+strings.Repeat("é", 2000))
	v.do("post-write", "text="+script)
	v.do("address", "street="+script+"\r\n\u202e\x00", "town="+script)
	page := v.get("/")
	if strings.Contains(page, "<script") || !strings.Contains(page, "&lt;script&gt;alert(&#34;x&#34;)&lt;/script&gt;") {
		t.Errorf("the script is not shown as text:\n%s", page)
	}
	if n := strings.Count(page, "é"); n != 500-len(script) {
		t.Errorf("%d letters are left, want %d", n, 500-len(script))
	}
	if strings.ContainsAny(page, "\u202e\x00") {
		t.Error("control characters are on the page")
	}
	v.app.Close(v.Context(context.Background()))
	for _, e := range v.Events() {
		if text := string(e.AppendJSON(nil)); strings.Contains(text, "alert") || strings.Contains(text, "customer-1") || strings.Contains(text, "Lane") {
			t.Errorf("an event has what the customer wrote, or an ID: %s", text)
		}
	}
}

// TestRefusals: requests that no page of the application makes.
func TestRefusals(t *testing.T) {
	t.Parallel()
	v := newCompany(t).visitor()
	for _, c := range []struct {
		name, method, path string
		form               url.Values
		status             int
	}{
		{"an unknown page", "GET", "/nothing", nil, http.StatusNotFound},
		{"an unknown act", "POST", "/do/nothing", url.Values{}, http.StatusNotFound},
		{"an act by GET", "GET", "/do/call-dial", nil, http.StatusNotFound},
		{"a body that is too long", "POST", "/do/post-write", url.Values{"text": {strings.Repeat("x", 40_000)}}, http.StatusBadRequest},
		{"alive", "GET", "/healthz", nil, http.StatusNoContent},
	} {
		if got := v.send(c.method, c.path, c.form); got != c.status {
			t.Errorf("%s is answered with %d, want %d", c.name, got, c.status)
		}
	}
	for _, by := range []string{"", "-1h0m0s", "10000h0m0s", "1s"} {
		v.send("POST", "/clock", url.Values{"by": {by}})
		if alert(v.body) == "" {
			t.Errorf("the clock moves by %q", by)
		}
	}
	request := func(change func(*http.Request)) int {
		r := httptest.NewRequestWithContext(t.Context(), http.MethodPost, "http://127.0.0.1/do/chat-open", http.NoBody)
		r.RemoteAddr = "127.0.0.1:1"
		change(r)
		w := httptest.NewRecorder()
		v.app.Handler().ServeHTTP(w, r)
		return w.Code
	}
	if got := request(func(r *http.Request) { r.RemoteAddr = "192.0.2.1:1" }); got != http.StatusForbidden {
		t.Errorf("another machine is answered with %d", got)
	}
	if got := request(func(r *http.Request) { r.Header.Set("Sec-Fetch-Site", "cross-site") }); got != http.StatusForbidden {
		t.Errorf("another site is answered with %d", got)
	}
	if got := request(func(*http.Request) {}); got != http.StatusSeeOther {
		t.Errorf("the page itself is answered with %d", got)
	}
}

// TestAYearAhead: the clock moves by a year at most.
func TestAYearAhead(t *testing.T) {
	t.Parallel()
	v := newCompany(t).visitor()
	for i := range 41 {
		v.send("POST", "/clock", url.Values{"by": {"216h0m0s"}})
		if stopped := alert(v.body) != ""; stopped != (i == 40) { // 40 × 9 days are 360
			t.Fatalf("the clock has moved %d times, and has stopped: %v", i, stopped)
		}
	}
}

// TestVisitsAreBounded: the oldest visit ends when there are a hundred others, and its open call is recorded.
func TestVisitsAreBounded(t *testing.T) {
	t.Parallel()
	c := newCompany(t)
	first := c.visitor()
	first.do("call-dial", "intent=refund", "line=orders")
	for range 100 {
		r := httptest.NewRequestWithContext(c.Context(t.Context()), http.MethodGet, "http://127.0.0.1/", http.NoBody)
		r.RemoteAddr = "127.0.0.1:1"
		c.app.Handler().ServeHTTP(httptest.NewRecorder(), r)
	}
	if e := first.last("call"); e.Outcome != event.Abandoned {
		t.Errorf("the call is %v", e.Outcome)
	}
	if page := first.get("/"); !strings.Contains(page, "Customer 102") {
		t.Error("the browser of the oldest visit is no new customer")
	}
}

// TestNewRefuses: a blueprint without a name that the program uses.
func TestNewRefuses(t *testing.T) {
	t.Parallel()
	for what, change := range map[string]func(*blueprint.Blueprint){
		`no touchpoint "call"`: func(b *blueprint.Blueprint) {
			for i := range b.Touchpoints {
				b.Touchpoints[i].Name = strings.Replace(b.Touchpoints[i].Name, "call", "ring", 1)
			}
		},
		`no hours "office"`: func(b *blueprint.Blueprint) { delete(b.Hours, "office") },
	} {
		bp := blueprintOf(t)
		change(bp)
		if _, err := desk.New(desk.Config{Blueprint: bp}); err == nil || !strings.Contains(fmt.Sprint(err), what) {
			t.Errorf("the error is %v, want %s", err, what)
		}
	}
}
