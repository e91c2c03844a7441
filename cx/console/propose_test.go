package console_test

import (
	"html"
	"net/http"
	"net/url"
	"regexp"
	"strings"
	"testing"
	"time"

	"cairncx.dev/cairn/cx"
	"cairncx.dev/cairn/cx/console"
	"cairncx.dev/cairn/cx/cxtest"
	"cairncx.dev/cairn/cx/insight"
)

var proposals = regexp.MustCompile(`href="(/propose\?[^"]*)">(?:<bdi>)?Propose a change`)

// TestProposeFromACause: each cause that customers name, and each finding, leads to the form, which has the cause, the period and what the finding is about. A reader
// who may not act has no link.
func TestProposeFromACause(t *testing.T) {
	t.Parallel()
	viewer := insight.Everything()
	rec := cxtest.New(t, cx.WithDefinitions(change))
	c := served(t, loaded(t, desk("ticket"), crowd("ticket", "")), console.WithClient(rec.Client()), console.WithDefinitions(change),
		console.WithViewer(func(*http.Request) (insight.Viewer, error) { return viewer, nil }))
	const voice, found = "/voice?from=2026-01-26&until=2026-03-27", "/goes-with?from=2026-01-26&until=2026-03-27&bad=broken:solved"
	for _, page := range []struct {
		address, reason string
		want            url.Values
		note            string
	}{
		{voice, "the cause that customers name", url.Values{"cause": {"speed"}, "from": {"2026-01-26"}}, ""},
		{found, "the team of which more promises are broken", url.Values{"where": {"team:red"}, "from": {"2026-01-26"}}, "It is about runs with team = red."},
	} {
		links := proposals.FindAllStringSubmatch(request(c, http.MethodGet, page.address).Body.String(), -1)
		if len(links) == 0 {
			t.Errorf("%s: no link leads to the form", page.reason)
			continue
		}
		address := html.UnescapeString(links[0][1])
		to, err := url.Parse(address)
		if err != nil {
			t.Fatal(err)
		}
		for name, want := range page.want {
			if got := to.Query()[name]; len(got) != 1 || got[0] != want[0] {
				t.Errorf("%s: the address %s has %s=%q, want %q", page.reason, address, name, got, want)
			}
		}
		form := html.UnescapeString(request(c, http.MethodGet, address).Body.String())
		if !strings.Contains(form, `name="cause" maxlength="64" value="`+page.want.Get("cause")+`"`) || !strings.Contains(form, `maxlength="8192">`+page.note+"</textarea>") || !strings.Contains(form, "26 January 2026") {
			t.Errorf("%s: the form of %s is\n%s", page.reason, address, form)
		}
	}
	for _, rights := range []insight.Right{insight.Numbers | insight.Words | insight.Customers, insight.Numbers | insight.Words | insight.Act} {
		viewer.Rights = rights
		for _, address := range []string{voice, found} {
			if w := request(c, http.MethodGet, address); w.Code != http.StatusOK || strings.Contains(w.Body.String(), "/propose") {
				t.Errorf("%s: with the rights %v it is answered with %d and leads to the form", address, rights, w.Code)
			}
		}
	}
}

// TestReportsBeforeTheFirstRun: periods that were over when the first run began are not offered, and an empty archive has none.
func TestReportsBeforeTheFirstRun(t *testing.T) {
	t.Parallel()
	first := now.Add(-60 * 24 * time.Hour) // of crowd: 26 January 2026
	body := request(served(t, loaded(t, desk("ticket"), crowd("ticket", ""))), http.MethodGet, "/reports").Body.String()
	for day, want := range map[string]bool{
		"/reports/week/2026-03-23": true, "/reports/month/2026-01-01": true, "/reports/month/2025-12-01": false, "/reports/quarter/2026-01-01": true,
		"/reports/quarter/2025-10-01": false, "/reports/year/2026-01-01": true, "/reports/year/2025-01-01": false,
	} {
		if strings.Contains(body, day+".html") != want {
			t.Errorf("the first run began at %s: %s is offered: %v", first, day, !want)
		}
	}
	body = request(served(t, loaded(t, desk("ticket"), &memory{})), http.MethodGet, "/reports").Body.String()
	if strings.Contains(body, "/reports/week/") || !strings.Contains(body, "There is no report yet.") {
		t.Errorf("an empty archive has reports:\n%s", body)
	}
}
