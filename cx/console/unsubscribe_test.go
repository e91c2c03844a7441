package console_test

import (
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"cairncx.dev/cairn/cx/console"
	"cairncx.dev/cairn/cx/insight"
	"cairncx.dev/cairn/cx/insight/report"
	"cairncx.dev/cairn/cx/insight/schedule"
	"cairncx.dev/cairn/cx/insight/subscribe"
	memorystore "cairncx.dev/cairn/cx/stores/memory"
)

// TestUnsubscribeWithOneClick: the address of a mail ends one subscription by POST, from anywhere and without a sign-in (RFC 8058, section 3.2), and a GET changes
// nothing (section 1: programs fetch the links of mails).
func TestUnsubscribeWithOneClick(t *testing.T) {
	t.Parallel()
	list, err := subscribe.New(new(memorystore.Store))
	if err != nil {
		t.Fatal(err)
	}
	links, err := subscribe.NewLinks("https://cx.example.com/cx/", []byte("0123456789abcdef0123456789abcdef"))
	if err != nil {
		t.Fatal(err)
	}
	const plan, other, lead = `week of <b>"support"</b>`, "month", "lead@example.com"
	for _, p := range []string{plan, other} {
		if err := list.Subscribe(t.Context(), p, lead, true); err != nil {
			t.Fatal(err)
		}
	}
	stranger := console.WithViewer(func(*http.Request) (insight.Viewer, error) { return insight.Viewer{}, console.ErrNotSignedIn })
	as := func(s console.Subscriptions) *console.Console {
		return served(t, loaded(t, desk("ticket"), nil), console.WithPath("/cx/"), stranger, console.WithUnsubscribe(links.Open), // the events are still being loaded
			console.WithSubscriptions(s, schedule.Plan{Name: plan, Every: report.Week}))
	}
	c := as(list)
	is := func(p string, want bool, reason string) {
		t.Helper()
		if on, err := list.Subscribed(t.Context(), p, lead); err != nil || on != want {
			t.Errorf("%s: subscribed to %s is %v, %v", reason, p, on, err)
		}
	}
	address, ok := strings.CutPrefix(links.URL(plan, lead), "https://cx.example.com")
	if !ok {
		t.Fatal("there is no link")
	}
	post := func(c *console.Console, address, site string) *httptest.ResponseRecorder {
		return request(c, http.MethodPost, address, func(r *http.Request) {
			r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
			if site != "" {
				r.Header.Set("Sec-Fetch-Site", site)
				r.Header.Set("Origin", "https://mail.example.net")
			}
			r.Body = io.NopCloser(strings.NewReader("List-Unsubscribe=One-Click"))
		})
	}
	w := request(c, http.MethodGet, address)
	if body := w.Body.String(); w.Code != http.StatusOK || !strings.Contains(body, `method="post" action="`+address+`"`) || strings.Contains(body, "<b>") || strings.Contains(body, lead) {
		t.Errorf("a GET is answered with %d:\n%s", w.Code, body)
	}
	is(plan, true, "after a GET")
	if w := post(c, address[:len(address)-2], ""); w.Code != http.StatusNotFound {
		t.Errorf("half a link is answered with %d", w.Code)
	}
	is(plan, true, "after half a link")
	if w := post(as(broken{}), address, ""); w.Code != http.StatusServiceUnavailable || strings.Contains(w.Body.String(), "SECRET") {
		t.Errorf("while the store is away it is answered with %d:\n%s", w.Code, w.Body)
	}
	for _, site := range []string{"", "cross-site", "same-origin"} { // a link that is used again says the same
		if w := post(c, address, site); w.Code != http.StatusOK || w.Header().Get("Location") != "" || strings.Contains(w.Body.String(), "<b>") {
			t.Errorf("from %q it is answered with %d:\n%s", site, w.Code, w.Body)
		}
		is(plan, false, "after the click")
	}
	is(other, true, "another plan")
	if w := post(c, "/cx/reports/subscribe", "cross-site"); w.Code != http.StatusForbidden {
		t.Errorf("another form of another site is answered with %d", w.Code)
	}
	if w := request(served(t, loaded(t, nil, nil)), http.MethodGet, "/unsubscribe/x"); w.Code == http.StatusOK {
		t.Error("a console without the option has the address")
	}
}

// TestOptionsOfUnsubscribing refuses what cannot work.
func TestOptionsOfUnsubscribing(t *testing.T) {
	t.Parallel()
	table := loaded(t, nil, nil)
	for reason, opt := range map[string]console.Option{
		"no function":    console.WithUnsubscribe(nil),
		"no subscribers": console.WithUnsubscribe(func(string) (string, string, bool) { return "", "", false }),
	} {
		if _, err := console.New(table, opt); err == nil || !strings.Contains(err.Error(), "WithUnsubscribe") {
			t.Errorf("%s: %v", reason, err)
		}
	}
}
