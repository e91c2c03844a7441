package console_test

import (
	"context"
	"encoding/json"
	"html"
	"net/http"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"cairncx.dev/cairn/cx/insight"
	"cairncx.dev/cairn/cx/insight/number"
)

// numerals are the numbers of a text as readers see them.
var numerals = regexp.MustCompile(`[<>]?[−+-]?(?:\d{1,3}(?:,\d{3})+|\d+)(?:\.\d+)?%?`)

// cells finds the elements of pages that have numbers: tiles, cells of tables, shares of findings, and the tables of charts.
var cells = regexp.MustCompile(`(?s)<p class="(?:value|verdict)">(.*?)</p>|<li class="tile[^"]*">(.*?)</li>|<td class="n[^"]*"[^>]*>(.*?)</td>|<td class="cx-number">(.*?)</td>|<strong>(.*?)</strong> against ([^<]*)`)

var tags = regexp.MustCompile(`<[^>]*>`)

// answers collects the numbers of answers, in each form in which the console may write them.
type answers map[string]bool

// add adds all numbers of the JSON of an answer, and those of the sentences.
func (a answers) add(t *testing.T, answer any, sentences ...string) {
	t.Helper()
	text, err := json.Marshal(answer)
	if err != nil {
		t.Fatal(err)
	}
	d := json.NewDecoder(strings.NewReader(string(text)))
	for {
		token, err := d.Token()
		if err != nil {
			break
		}
		switch v := token.(type) {
		case float64:
			a.number(v)
		case string:
			a.text(v)
		}
	}
	for _, s := range sentences {
		a.text(s)
	}
}

func (a answers) number(v float64) {
	texts := []string{number.Share(v), number.Points(v), number.Points(v / 100), number.Decimal(v, 1), number.Decimal(v, 0), number.Decimal(v, 2), number.Seconds(v), number.Duration(time.Duration(v))}
	if v == float64(int64(v)) {
		texts = append(texts, number.Count(int64(v)))
	}
	for _, s := range texts {
		a.text(s)
	}
}

func (a answers) text(s string) {
	for _, n := range numerals.FindAllString(s, -1) {
		a[n] = true
	}
}

// ask asks what the pages ask, of the period of pages without a word about it.
func (a answers) ask(t *testing.T, v *insight.View) {
	t.Helper()
	ctx := context.Background()
	until := time.Date(now.Year(), now.Month(), now.Day()+1, 0, 0, 0, 0, time.UTC)
	w := insight.Which{From: until.AddDate(0, 0, -28), Until: until}
	before := insight.Which{From: until.AddDate(0, 0, -56), Until: w.From}
	due := w
	due.By = insight.FellDue
	must := func(answer any, err error) {
		if err != nil {
			t.Fatal(err)
		}
		a.add(t, answer)
	}
	for _, journey := range []string{"", "ticket", "order"} {
		w.Journey, before.Journey, due.Journey = journey, journey, journey
		must(v.Outcomes(ctx, w))
		must(v.Promises(ctx, due, now, ""))
		bounds := []time.Time{due.From}
		for n := range 9 { // the trend of a promise has parts of three days
			bounds = append(bounds, due.From.AddDate(0, 0, 3*n+3))
		}
		must(v.PromiseTrends(ctx, due, append(bounds, until)))
		must(v.Funnel(ctx, w, &before))
		must(v.Paths(ctx, w))
		must(v.PathMap(ctx, w, nil))
		must(v.Time(ctx, w))
		must(v.Support(ctx, w))
		must(v.Voice(ctx, w))
		for _, by := range []insight.Column{insight.Journey, insight.Team, insight.Channel, insight.Release} {
			must(v.Compare(ctx, w, by, insight.Completes()))
		}
		must(v.ComparePeriods(ctx, w, before, insight.Completes()))
		if journey != "order" {
			must(v.ComparePeriods(ctx, w, before, insight.Keeps("solved")))
		}
		for _, bad := range []insight.Bad{insight.NotCompleted(), insight.PromiseBroken("solved")} {
			must(v.GoesWith(ctx, w, bad))
			must(v.GotWorse(ctx, w, before, bad))
			must(v.Examples(ctx, w, bad, 5))
		}
		runs, err := v.Runs(ctx, w, insight.RunsOf{}, 100)
		must(runs, err)
	}
	monday := time.Date(2026, 3, 23, 0, 0, 0, 0, time.UTC)
	for n := range 12 {
		one := insight.Which{Journey: "ticket", By: insight.Ended, From: monday.AddDate(0, 0, -7*n-7), Until: monday.AddDate(0, 0, -7*n)}
		must(v.Outcomes(ctx, one))
	}
}

// TestEveryNumberIsAnAnswer: each number of a tile or a table is one of an answer of package insight, as package number writes it. The console computes none.
func TestEveryNumberIsAnAnswer(t *testing.T) {
	t.Parallel()
	table := loaded(t, desk("ticket"), crowd("ticket", ""))
	c := served(t, table)
	known := answers{}
	known.ask(t, table.View(insight.Everything(), now))
	known.text("95% 5 9 of 10") // what the pages say of themselves
	for _, page := range []string{"/journeys", "/journeys/ticket", "/goes-with", "/goes-with?bad=broken:solved", "/goes-with/examples?bad=broken:solved", "/support", "/voice", "/runs"} {
		body := request(c, http.MethodGet, page).Body.String()
		seen := 0
		for _, found := range cells.FindAllStringSubmatch(body, -1) {
			text := html.UnescapeString(tags.ReplaceAllString(strings.Join(found[1:], " "), " "))
			for _, n := range numerals.FindAllString(text, -1) {
				seen++
				if !known[n] && !known[strings.TrimLeft(n, "+")] {
					t.Errorf("%s: %q of %q is in no answer", page, n, strings.Join(strings.Fields(text), " "))
				}
			}
		}
		if want := map[string]int{"/journeys": 2, "/journeys/ticket": 60, "/support": 20, "/goes-with?bad=broken:solved": 2, "/goes-with/examples?bad=broken:solved": 10, "/voice": 10, "/runs": 100}[page]; seen < want {
			t.Errorf("%s has %d numbers: want %d or more", page, seen, want)
		}
	}
	if known["12,345"] || !slices.ContainsFunc([]string{"80", "112"}, func(n string) bool { return known[n] }) {
		t.Error("the answers have other numbers than expected")
	}
}
