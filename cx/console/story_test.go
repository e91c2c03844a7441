package console_test

import (
	"context"
	"crypto/sha256"
	"encoding/base64"
	"fmt"
	"html"
	"net/http"
	"regexp"
	"strings"
	"testing"
	"time"

	"cairncx.dev/cairn/cx/blueprint"
	"cairncx.dev/cairn/cx/console"
	"cairncx.dev/cairn/cx/event"
	"cairncx.dev/cairn/cx/insight"
	"cairncx.dev/cairn/cx/insight/number"
)

var (
	wayBoxes = regexp.MustCompile(`name="way" value="([0-9a-f]{12})"( checked)?`)
	covers   = regexp.MustCompile(`Covers ([\d,]+) of ([\d,]+) runs`)
)

// TestChosenWays: the map of ways that a reader chose covers their runs alone, says how many, and its address can be sent.
func TestChosenWays(t *testing.T) {
	t.Parallel()
	m := crowd("ticket", "")
	for i := range m.events { // every fourth run is mended by mail
		if e := &m.events[i]; e.Touchpoint == "mend" && e.Customer.Hash[3]%4 == 0 {
			e.Touchpoint = "mail"
		}
	}
	table := loaded(t, desk("ticket"), m)
	c := served(t, table)
	const page = "/journeys/ticket?from=2026-02-20&until=2026-03-20" // no run of it is on its way
	body := request(c, http.MethodGet, page).Body.String()
	boxes := wayBoxes.FindAllStringSubmatch(body, -1)
	if len(boxes) < 2 {
		t.Fatalf("%d ways can be chosen, want 2", len(boxes))
	}
	from, until := time.Date(2026, 2, 20, 0, 0, 0, 0, time.UTC), time.Date(2026, 3, 21, 0, 0, 0, 0, time.UTC)
	paths, err := table.View(insight.Everything(), now).Paths(context.Background(), insight.Which{Journey: "ticket", From: from, Until: until})
	if err != nil {
		t.Fatal(err)
	}
	for i, box := range boxes {
		if box[2] != "" {
			t.Errorf("%s is chosen without a word of the reader", box[1])
		}
		body := request(c, http.MethodGet, page+"&way="+box[1]).Body.String()
		of := paths.Variants.Shown[i]
		want := number.Count(of.Share.Count)
		if got := covers.FindStringSubmatch(body); got == nil || got[1] != want || got[2] != number.Count(of.Share.N) {
			t.Errorf("the map of %v says %q, want that it covers %s of %d", of.Steps, got, want, of.Share.N)
		}
		if !strings.Contains(body, box[1]+`" checked`) || !strings.Contains(body, "The ways that you chose") {
			t.Errorf("the page does not say that %s is chosen", box[1])
		}
		if !strings.Contains(html.UnescapeString(body), "last=7d&way="+box[1]) {
			t.Error("another period loses the choice")
		}
	}
	for _, way := range []string{"abcdefabcdef", hostileQuery, ""} {
		w := request(c, http.MethodGet, "/journeys/ticket?way="+way)
		if body := w.Body.String(); w.Code != http.StatusOK || !strings.Contains(body, "not among the most frequent") || strings.Contains(body, "<script>alert") {
			t.Errorf("way=%s: %d without a word about it", way, w.Code)
		}
	}
}

const hostileQuery = "%3Cscript%3Ealert(1)%3C%2Fscript%3E"

// link returns the first address of a page whose link has the words.
func link(t *testing.T, body, words string) string {
	t.Helper()
	found := regexp.MustCompile(`<a [^>]*href="([^"]*)"[^>]*>(?:<bdi>)?` + regexp.QuoteMeta(words)).FindStringSubmatch(body)
	if found == nil {
		t.Fatalf("no link says %q", words)
	}
	return html.UnescapeString(found[1])
}

// TestFromNowToTheCause: team red breaks the promise. From the page Now a reader is with a run of it, and its events, within five clicks.
func TestFromNowToTheCause(t *testing.T) {
	t.Parallel()
	c := served(t, loaded(t, desk("ticket"), crowd("ticket", "")))
	body, clicks := request(c, http.MethodGet, "/").Body.String(), 0
	for _, words := range []string{"What goes with it", "broke “solved”", "team = red", "T/"} {
		address := link(t, body, words)
		clicks++
		w := request(c, http.MethodGet, address)
		if w.Code != http.StatusOK {
			t.Fatalf("%s is answered with %d", address, w.Code)
		}
		body = w.Body.String()
	}
	if clicks > 5 || !strings.Contains(body, "What happened") || !strings.Contains(body, "red") {
		t.Errorf("%d clicks, and the last page is not the run", clicks)
	}
}

// TestHalfHoursOfADay: one day is shown, with the way to its neighbours.
func TestHalfHoursOfADay(t *testing.T) {
	t.Parallel()
	b := desk("ticket")
	b.Queues = []blueprint.Queue{{Name: "line", ServiceLevel: blueprint.ServiceLevel{Within: blueprint.Duration(2 * time.Minute)}}}
	m := crowd("ticket", "")
	begun := time.Date(2026, 3, 20, 9, 0, 0, 0, time.UTC)
	for n := range 60 {
		at := begun.Add(time.Duration(n/20)*24*time.Hour + time.Duration(n%20)*time.Minute)
		m.events = append(m.events, event.Event{
			ID: event.ID{0: 5, 1: byte(n)}, Kind: event.TouchpointEnded, Time: at, Touchpoint: "call", Outcome: event.OK, Channel: event.Phone, Customer: event.Customer{Hash: fmt.Sprint("caller-", n)},
			Assisted: &event.Assisted{Legs: []event.Leg{{Queue: "line", Queued: true, Answered: true, Wait: event.Seconds(time.Duration(1+n%3) * time.Minute), Talk: event.Seconds(time.Minute)}}},
		})
	}
	c := served(t, loaded(t, b, m))
	body := request(c, http.MethodGet, "/support?day=2026-03-21").Body.String()
	if !strings.Contains(body, "Saturday, 21 March 2026") || strings.Contains(body, "Sunday, 22 March 2026") {
		t.Error("it is not the day of the address")
	}
	if next := link(t, body, "Day after"); !strings.Contains(next, "day=2026-03-22") {
		t.Errorf("the day after is %s", next)
	}
	if !strings.Contains(body, "In time, by half hour") {
		t.Error("the service level has no picture")
	}
	if last := request(c, http.MethodGet, "/support?day=2031-01-01"); last.Code != http.StatusOK {
		t.Errorf("a day after the last one is answered with %d", last.Code)
	}
	if bad := request(c, http.MethodGet, "/support?day=yesterday"); bad.Code != http.StatusBadRequest {
		t.Errorf("day=yesterday is answered with %d, want 400", bad.Code)
	}
}

// TestReleaseAgainstTheOthers: a release is compared with the others, if there are some.
func TestReleaseAgainstTheOthers(t *testing.T) {
	t.Parallel()
	m := crowd("ticket", "")
	for i := range m.events { // team red has another release
		e := &m.events[i]
		e.Variant = &event.Variant{Release: "1.0"}
		if e.Attributes[0].Value.AsString() == "red" {
			e.Variant.Release = "2.0"
		}
	}
	c := served(t, loaded(t, desk("ticket"), m))
	body := request(c, http.MethodGet, "/goes-with?bad=broken:solved").Body.String()
	address := link(t, body, "2.0")
	body = request(c, http.MethodGet, address).Body.String()
	if part := body[strings.Index(body, `id="release"`):]; !strings.Contains(part, "broke") && !strings.Contains(part, "broken") {
		t.Errorf("%s says nothing of the release", address)
	}
	if old := served(t, loaded(t, desk("ticket"), crowd("ticket", ""))); !strings.Contains(request(old, http.MethodGet, "/goes-with").Body.String(), "no two releases") {
		t.Error("without releases nothing says so")
	}
}

// TestReportHasItsOwnPolicy: a browser uses the style of a report, and nothing else.
func TestReportHasItsOwnPolicy(t *testing.T) {
	t.Parallel()
	c := served(t, loaded(t, desk("ticket"), crowd("ticket", hostile)))
	w := request(c, http.MethodGet, "/reports/week/2026-03-16.html")
	body, policy := w.Body.String(), w.Header().Get("Content-Security-Policy")
	style := body[strings.Index(body, "<style>")+len("<style>") : strings.Index(body, "</style>")]
	sum := sha256.Sum256([]byte(style))
	want := "style-src 'sha256-" + base64.StdEncoding.EncodeToString(sum[:]) + "'"
	for _, part := range []string{want, "default-src 'none'", "form-action 'none'", "frame-ancestors 'none'"} {
		if !strings.Contains(policy, part) {
			t.Errorf("the policy is %q, without %q", policy, part)
		}
	}
	if strings.Contains(policy, "unsafe") || strings.Contains(policy, "script-src") {
		t.Errorf("the policy allows more: %q", policy)
	}
	file := request(c, http.MethodGet, "/reports/week/2026-03-16.csv").Header()
	if got := file.Get("Content-Disposition"); got != "attachment; filename=report-week-2026-03-16.csv" {
		t.Errorf("a file is sent as %q", got)
	}
}

// TestWithoutSingleRuns: a reader who may not see single runs gets no link to them from any page of this kind.
func TestWithoutSingleRuns(t *testing.T) {
	t.Parallel()
	c := served(t, loaded(t, desk("ticket"), crowd("ticket", "")), console.WithViewer(func(*http.Request) (insight.Viewer, error) { return insight.Viewer{Rights: insight.Numbers}, nil }))
	for _, page := range []string{"/journeys/ticket", "/goes-with?bad=broken:solved", "/support", "/voice"} {
		if body := request(c, http.MethodGet, page).Body.String(); strings.Contains(body, "/examples") {
			t.Errorf("%s links to examples", page)
		}
	}
	if w := request(c, http.MethodGet, "/goes-with/examples"); w.Code != http.StatusForbidden {
		t.Errorf("examples are answered with %d, want 403", w.Code)
	}
}
