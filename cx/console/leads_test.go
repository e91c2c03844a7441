package console_test

import (
	"net/http"
	"regexp"
	"strings"
	"testing"

	"cairncx.dev/cairn/cx/console"
	"cairncx.dev/cairn/cx/insight"
	"cairncx.dev/cairn/feedback"
)

// TestReportLeadsBack: a report that is read in the console leads back to the list.
func TestReportLeadsBack(t *testing.T) {
	t.Parallel()
	c := served(t, loaded(t, desk("ticket"), crowd("ticket", "")), console.WithPath("/cx/"))
	page := regexp.MustCompile(`href="(/cx/reports/week/[^"]*\.html[^"]*)"`).FindStringSubmatch(request(c, http.MethodGet, "/cx/reports").Body.String())
	if page == nil {
		t.Fatal("no report is offered")
	}
	if body := request(c, http.MethodGet, page[1]).Body.String(); !strings.Contains(body, `<p class="up"><a href="/cx/reports">`) {
		t.Errorf("the report has no link to the list:\n%.2000s", body)
	}
}

// TestNumbersLeadToRuns: the numbers of how runs ended lead to the runs, for a reader who may see single runs.
func TestNumbersLeadToRuns(t *testing.T) {
	t.Parallel()
	rights := insight.Everything().Rights
	c := served(t, loaded(t, desk("ticket"), crowd("ticket", "")), console.WithViewer(func(*http.Request) (insight.Viewer, error) {
		return insight.Viewer{Rights: rights}, nil
	}))
	number := regexp.MustCompile(`<p class="value"><a href="/runs\?[^"]*outcome[^"]*completed`)
	if body := request(c, http.MethodGet, "/journeys/ticket").Body.String(); !number.MatchString(body) {
		t.Errorf("the share of completed runs does not lead to them:\n%s", body)
	}
	rights = insight.Numbers
	if body := request(c, http.MethodGet, "/journeys/ticket").Body.String(); strings.Contains(body, `href="/runs`) {
		t.Error("a number leads to runs that the reader may not see")
	}
}

// TestRunSaysFirstWhatIsOwed: what was kept is in the list of promises, and not in what is said first.
func TestRunSaysFirstWhatIsOwed(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	address, token := o.form("/runs/complaint/C-1", "followup")
	w := o.post(address, "form", "followup", "token", token, "move", feedback.Acknowledged)
	if to := w.Header().Get("Location"); !strings.HasSuffix(to, "#moves") {
		t.Errorf("after the move the browser is sent to %q, want the part that says so", to)
	}
	o.load()
	_, body := o.get("/runs/complaint/C-1")
	first, rest, found := strings.Cut(body, `<section id="promises"`)
	_, first, begins := strings.Cut(first, `<dl class="glance">`)
	if !found || !begins || strings.Contains(first, feedback.PromiseAcknowledged+"” kept") || !strings.Contains(first, "”, due by") && !strings.Contains(first, "open, due by") {
		t.Errorf("what is said first is:\n%s", first)
	}
	if !strings.Contains(rest, feedback.PromiseAcknowledged) {
		t.Error("the promise that was kept is not in the list")
	}
}
