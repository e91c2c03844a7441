package console_test

import (
	"errors"
	"net/http"
	"regexp"
	"strings"
	"testing"

	"cairncx.dev/cairn/cx/console"
	"cairncx.dev/cairn/cx/insight"
	"cairncx.dev/cairn/feedback"
)

// TestFaultLeadsOn: a reader who is known finds the way on from a page that is not there; one who is refused sees no place.
func TestFaultLeadsOn(t *testing.T) {
	t.Parallel()
	var refusal error
	c := served(t, loaded(t, desk("ticket"), crowd("ticket", "")), console.WithPath("/cx/"), console.WithViewer(func(*http.Request) (insight.Viewer, error) {
		return insight.Viewer{Rights: insight.Numbers}, refusal
	}))
	for _, one := range []struct {
		reason, address string
		refusal         error
		status          int
		leads           bool
	}{
		{"no such page", "/cx/nothing", nil, http.StatusNotFound, true},
		{"a faulty address", "/cx/?from=yesterday", nil, http.StatusBadRequest, true},
		{"a right that the reader has not", "/cx/customers/c001", nil, http.StatusForbidden, true},
		{"a reader who is refused", "/cx/nothing", errors.New("left"), http.StatusForbidden, false},
	} {
		refusal = one.refusal
		w := request(c, http.MethodGet, one.address)
		body := w.Body.String()
		if leads := strings.Contains(body, `<a href="/cx/voice">`) && strings.Contains(body, `role="search"`); w.Code != one.status || leads != one.leads {
			t.Errorf("%s: %d, leads on: %v, want %d, %v:\n%s", one.reason, w.Code, leads, one.status, one.leads, body)
		}
		if strings.Contains(body, `<a href="/cx/runs">`) {
			t.Errorf("%s: it leads to single runs", one.reason)
		}
	}
}

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
