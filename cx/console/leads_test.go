package console_test

import (
	"cmp"
	"encoding/binary"
	"fmt"
	"html"
	"math/rand/v2"
	"net/http"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"cairncx.dev/cairn/cx/console"
	"cairncx.dev/cairn/cx/event"
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

// TestTilesAreTheirLists: the number of a tile of Now and of a journey is that of the runs, or of the promises, of the list that it leads to, over worlds by chance.
func TestTilesAreTheirLists(t *testing.T) {
	t.Parallel()
	tiles := regexp.MustCompile(`(?s)<h3>(?:<a[^>]*>)?<bdi>([^<]*)</bdi>.*?</li>`)
	link := regexp.MustCompile(`<p class="value"><a href="(/runs[^"]*)"`)
	count := regexp.MustCompile(`<p class="soft">(?:of [0-9]+ that fell due, )?([0-9]+) `) // the last one is the note, after the change
	found := regexp.MustCompile(`<p class="note">([0-9]+) runs?(?: with ([0-9]+) promises of this list)?`)
	seen := map[string]int{}
	for seed := range uint64(6) {
		c := served(t, loaded(t, desk("ticket"), wandering(seed)))
		for _, address := range []string{"/?last=7d", "/?last=28d", "/journeys/ticket?last=7d", "/journeys/ticket", "/?from=2026-02-20&until=2026-03-11"} {
			body := request(c, http.MethodGet, address).Body.String()
			for _, tile := range tiles.FindAllStringSubmatch(body, -1) {
				to, n := link.FindStringSubmatch(tile[0]), count.FindAllStringSubmatch(tile[0], -1)
				if to == nil {
					continue
				}
				list := found.FindStringSubmatch(request(c, http.MethodGet, html.UnescapeString(to[1])).Body.String())
				if list == nil || len(n) == 0 {
					t.Fatalf("seed %d, %s: the tile %q leads to %s, which lists nothing, or has no count:\n%s", seed, address, tile[1], to[1], tile[0])
				}
				want := n[len(n)-1][1]
				if got := cmp.Or(list[2], list[1]); got != want {
					t.Errorf("seed %d, %s: the tile %q counts %s, and its list %s has %s", seed, address, tile[1], want, to[1], got)
				}
				seen[tile[1]]++
			}
		}
	}
	if seen["solved · ticket"] < 12 || seen["Completed"] < 6 || seen["Open"] < 6 {
		t.Errorf("the worlds have the tiles %v: too few to tell", seen)
	}
}

// wandering returns tickets that begin at any time, each with one to three promises that are kept in time, kept late, broken or open.
func wandering(seed uint64) *memory {
	r, m := rand.New(rand.NewPCG(seed, 1)), &memory{}
	for i := range 150 {
		begun := now.Add(-time.Duration(r.IntN(45*24*60)) * time.Minute)
		run := event.Run{Name: "ticket", ID: fmt.Sprint("W-", i), Started: begun}
		add := func(at time.Time, kind event.Kind, fill func(*event.Event)) {
			e := event.Event{Kind: kind, Time: at, Journey: run, Customer: event.Customer{Hash: fmt.Sprint("w", i%90)}}
			fill(&e)
			binary.BigEndian.PutUint64(e.ID[8:], uint64(len(m.events)+1))
			if !at.After(now) {
				m.events = append(m.events, e)
			}
		}
		add(begun, event.JourneyStarted, func(*event.Event) {})
		last := begun
		for k := range 1 + r.IntN(3) {
			made := last.Add(time.Duration(r.IntN(20)) * time.Hour)
			due := made.Add(48 * time.Hour)
			promise := func(e *event.Event) { e.Promise = &event.Promise{Name: "solved", Number: k + 1, Due: due, Made: made} }
			add(made, event.PromiseMade, promise)
			switch last = made.Add(time.Hour); r.IntN(4) {
			case 0, 1:
				last = made.Add(time.Duration(1+r.IntN(47)) * time.Hour)
				add(last, event.PromiseKept, promise)
			case 2:
				last = due
				add(due, event.PromiseBroken, promise)
			}
		}
		if end := last.Add(time.Duration(r.IntN(90)) * time.Hour); r.IntN(4) > 0 {
			add(end, event.JourneyEnded, func(e *event.Event) {
				e.Outcome = []event.Outcome{event.Completed, event.Completed, event.Failed, event.Cancelled}[r.IntN(4)]
			})
		}
	}
	slices.SortStableFunc(m.events, func(a, b event.Event) int { return a.Time.Compare(b.Time) })
	return m
}

// TestRunsKeepTheirCondition: a list of runs of another period is about the same promise.
func TestRunsKeepTheirCondition(t *testing.T) {
	t.Parallel()
	c := served(t, loaded(t, desk("ticket"), crowd("ticket", "")))
	body := request(c, http.MethodGet, "/runs?broke=solved&due=period&journey=ticket").Body.String()
	if !strings.Contains(body, "fell due in the period and was broken") || !regexp.MustCompile(`href="/runs\?[^"]*last=7d[^"]*broke=solved&amp;due=period`).MatchString(body) {
		t.Errorf("the list does not say what it is of, or another period loses it:\n%.3000s", body)
	}
	for _, wrong := range []string{"/runs?due=period", "/runs?due=period&breaking=solved"} {
		if w := request(c, http.MethodGet, wrong); w.Code != http.StatusBadRequest {
			t.Errorf("%s is answered with %d", wrong, w.Code)
		}
	}
}

// TestSharesSayOfWhat: a page has several shares of completed runs, and each says what it is of.
func TestSharesSayOfWhat(t *testing.T) {
	t.Parallel()
	c := served(t, loaded(t, desk("ticket"), crowd("ticket", "")))
	body := request(c, http.MethodGet, "/journeys/ticket").Body.String()
	for id, want := range map[string]string{"outcomes": " that began<", "worse": "Now, of those old enough", "funnel": "completed within ", "groups": "Completed, of those old enough"} {
		if text := part(t, body, id); !strings.Contains(text, want) {
			t.Errorf("%s does not say %q:\n%s", id, want, text)
		}
	}
	if text := part(t, request(c, http.MethodGet, "/").Body.String(), "running"); !strings.Contains(text, "Begun in the period, old enough") || !strings.Contains(text, "Completed of these") {
		t.Errorf("the journeys of Now do not say what their shares are of:\n%s", text)
	}
	if text := part(t, body, "worse"); strings.Contains(text, "Benjamini") {
		t.Errorf("what changed names a method:\n%s", text)
	}
}

// TestFunnelBeginsWithAll: runs that came to no stage are in the picture, so that its shares are those of the sentence. Contacts are no runs, and lead to none.
func TestFunnelBeginsWithAll(t *testing.T) {
	t.Parallel()
	for _, outside := range []int{0, 12} {
		m := crowd("ticket", "")
		for i := range outside {
			begun := now.Add(-time.Duration(300+i) * time.Hour)
			for k, kind := range []event.Kind{event.JourneyStarted, event.JourneyEnded} {
				e := event.Event{ID: event.ID{0: 6, 1: byte(i), 2: byte(k)}, Kind: kind, Time: begun.Add(time.Duration(k) * time.Hour), Journey: event.Run{Name: "ticket", ID: fmt.Sprint("O-", i), Started: begun}, Customer: event.Customer{Hash: fmt.Sprint("o", i)}}
				if kind == event.JourneyEnded {
					e.Outcome = event.Completed
				}
				m.events = append(m.events, e)
			}
		}
		c := served(t, loaded(t, desk("ticket"), m))
		if text := part(t, request(c, http.MethodGet, "/journeys/ticket").Body.String(), "funnel"); strings.Contains(text, ">began<") != (outside > 0) {
			t.Errorf("with %d runs that came to no stage the picture is\n%s", outside, text)
		}
		if text := part(t, request(c, http.MethodGet, "/support").Body.String(), "short"); !strings.Contains(text, "Contacts") || strings.Contains(text, `href="/runs`) {
			t.Errorf("contacts lead to runs:\n%s", text)
		}
	}
}
