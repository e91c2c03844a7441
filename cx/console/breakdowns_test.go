package console_test

import (
	"html"
	"net/http"
	"regexp"
	"slices"
	"strings"
	"testing"

	"cairncx.dev/cairn/cx/console"
	"cairncx.dev/cairn/cx/insight"
)

// section returns what a page has in a section.
func section(t *testing.T, body, id string) string {
	t.Helper()
	_, after, ok := strings.Cut(body, `<section id="`+id+`"`)
	if !ok {
		t.Fatalf("the page has no part %q:\n%s", id, body)
	}
	inner, _, _ := strings.Cut(after, "</section>")
	return html.UnescapeString(inner)
}

var marks = regexp.MustCompile(`<[^>]*>`)

// words are the texts of a part of a page, with single spaces.
func words(markup string) string {
	return strings.Join(strings.Fields(strings.ReplaceAll(marks.ReplaceAllString(markup, " "), "\u00a0", " ")), " ")
}

// TestBreakdowns: what pages show of a town, which they do not change.
func TestBreakdowns(t *testing.T) {
	t.Parallel()
	o := newTown(t)
	for name, test := range map[string]func(*testing.T, *town){
		"list": breakdownsPage, "order": breakdownsOrder, "now": breakdownOnNow, "page": breakdownPage, "viewers": breakdownsForEveryViewer,
	} {
		t.Run(name, func(t *testing.T) {
			o.t = t
			o.viewer = insight.Everything()
			test(t, o)
		})
	}
}

// breakdownsPage: the list has what is open, with its shares, its cost and what is overdue; what got better; and what became of those that ended.
func breakdownsPage(t *testing.T, o *town) {
	t.Helper()
	code, body := o.get("/breakdowns")
	if code != http.StatusOK {
		t.Fatalf("it is answered with %d: %s", code, body)
	}
	checkPage(t, "/breakdowns", body)
	for _, c := range []struct{ part, has, reason string }{
		{"open", "The touchpoint “pay” of “order”", "what it is about, in words"},
		{"open", "since 7 March, for 20 days · severity high", "since when it is, and how severe"},
		{"open", "10.4% → 24.4%", "the share before and since"},
		{"open", "about 148 customers", "what it has cost"},
		{"open", "7.4 customers and 7.6 events more a day, 7,110 EUR at stake", "what it costs a day"},
		{"open", "not confirmed yet Confirmation overdue for 13 days", "what is overdue comes first, in words"},
		{"open", "2.9% → 14.6% 3.1% since it was mended", "the share since it was mended"},
		{"better", "The promise “delivered” of “order”", "an improvement is news"},
		{"better", "29.1% → 12.9%", "its share fell"},
		{"ended", "mended, and returned", "one that was closed, and is named by a later one"},
		{"ended", "dismissed: intended", "the reason"},
		{"watched", "5 charts", "how many charts are watched"},
	} {
		if got := words(section(t, body, c.part)); !strings.Contains(got, c.has) {
			t.Errorf("%s: the part %s has no %q: %s", c.reason, c.part, c.has, got)
		}
	}
	if strings.Contains(section(t, body, "open"), "delivered") {
		t.Error("an improvement is among the breakdowns")
	}
}

// breakdownsOrder: by cost, by age, and by what is overdue. One that is mended costs nothing more.
func breakdownsOrder(t *testing.T, o *town) {
	t.Helper()
	for _, c := range []struct {
		address string
		first   string
		status  int
	}{
		{"/breakdowns", "pay", 200}, {"/breakdowns?sort=cost", "pay", 200}, {"/breakdowns?sort=age", "cart", 200}, {"/breakdowns?sort=due", "pay", 200}, {"/breakdowns?sort=name", "", 400},
	} {
		code, body := o.get(c.address)
		if code != c.status {
			t.Errorf("%s is answered with %d", c.address, code)
			continue
		}
		if c.first == "" {
			continue
		}
		open := section(t, body, "open")
		if pay, cart := strings.Index(open, "“pay”"), strings.Index(open, "“cart”"); pay < 0 || cart < 0 || (pay < cart) != (c.first == "pay") {
			t.Errorf("%s: %q is not the first: %s", c.address, c.first, words(open))
		}
	}
}

// TestNothingBroken: a table without a breakdown says what is watched, and where to read on. It claims nothing where no watch is known.
func TestNothingBroken(t *testing.T) {
	t.Parallel()
	unwatched := shop()
	unwatched.Breakdowns = nil
	for _, c := range []struct {
		reason, want string
		table        *insight.Table
		opts         []console.Option
	}{
		{"an empty table", "There is no chart to watch yet", loaded(t, desk("ticket"), nil), nil},
		{"a young table", "is too young: a chart needs 28 days before the last 14", loaded(t, desk("ticket"), crowd("ticket", "")), nil},
		{"a watch", "Nothing is lastingly worse than usual.", loaded(t, shop(), &memory{events: shopping()}), nil},
		{"a watch that the application defines", "Nothing is lastingly worse than usual.", loaded(t, unwatched, &memory{events: shopping()}), []console.Option{console.WithDefinitions(keeps)}},
		{"no watch", "A watch finds them", loaded(t, unwatched, &memory{events: shopping()}), nil},
	} {
		if c.reason == "an empty table" {
			if err := c.table.Load(t.Context(), &memory{}); err != nil {
				t.Fatal(err)
			}
		}
		body := request(served(t, c.table, c.opts...), http.MethodGet, "/breakdowns").Body.String()
		checkPage(t, c.reason, body)
		if got := section(t, body, "open"); !strings.Contains(words(got), c.want) || !strings.Contains(got, "pkg.go.dev/cairncx.dev/cairn/cx/insight/watch") {
			t.Errorf("%s: %s", c.reason, words(got))
		}
	}
}

// breakdownOnNow: what is overdue is said first of all, and has a part that leads to its page. Runs of breakdowns are in no list of orders.
func breakdownOnNow(t *testing.T, o *town) {
	t.Helper()
	_, body := o.get("/")
	checkPage(t, "/", body)
	first := words(section(t, body, "first"))
	if want := "The share of interactions at the touchpoint “pay” of “order” that failed rose from 10.4% to 24.4% since 7 March. Confirmation overdue for 13 days. The breakdown"; !strings.HasPrefix(first, `class="part" aria-labelledby="first-title"> First of all `+want) {
		t.Errorf("Now says first: %s", first)
	}
	part := section(t, body, "breakdowns")
	if !strings.Contains(part, "/breakdowns/"+o.pay) || strings.Contains(part, "cart") || !strings.Contains(part, "All breakdowns: 2 open, and 1 improvement") {
		t.Errorf("the part has %s", part)
	}
	for _, id := range []string{"breaking", "broken", "running"} {
		if got := section(t, body, id); strings.Contains(got, o.pay) || strings.Contains(got, ">breakdown<") {
			t.Errorf("%s lists a breakdown: %s", id, got)
		}
	}
	if _, other := o.get("/?journey=ticket"); strings.Contains(section(t, other, "first"), "pay") {
		t.Error("a breakdown of another journey is said first")
	}
	unwatched := shop()
	unwatched.Breakdowns = nil
	plain := request(served(t, loaded(t, unwatched, &memory{})), http.MethodGet, "/").Body.String()
	if strings.Contains(plain, `<section id="breakdowns"`) {
		t.Error("a console that knows of no watch has the part")
	}
}

// breakdownPage: one breakdown, from what it is about to what was done about it.
func breakdownPage(t *testing.T, o *town) {
	t.Helper()
	code, body := o.get("/breakdowns/" + o.pay)
	if code != http.StatusOK {
		t.Fatalf("it is answered with %d: %s", code, body)
	}
	checkPage(t, "the page", body)
	for _, c := range []struct{ part, has, reason string }{
		{"glance", "Next Confirmation overdue for 13 days", "what is overdue"},
		{"glance", "Began 7 March 2026, 20 days ago", "since when"},
		{"glance", "More than usual about 148 customers", "what it cost"},
		{"glance", "Most of all in team = red", "where it is"},
		{"daily", "began 7 Mar", "the day on which it began"},
		{"daily", "release 2.4", "the release of two days later"},
		{"daily", "It has been so since then, which does not say that it is because of it.", "since, and not because"},
		{"goes-with", "team = red", "what goes with it"},
		{"typical", "payment · red", "typical runs"},
		{"worst", "1 d 6 h", "the longest ones"},
		{"said", "the card was refused twice", "what customers said"},
		{"words", "refused", "the words that are new"},
		{"plan", "There is no plan yet.", "the plan"},
		{"plan", "Confirmation overdue for 13 days was due 13 Mar 2026", "its promises"},
		{"story", "The charts show it, 10.4% before and", "what was done"},
	} {
		if got := words(section(t, body, c.part)); !strings.Contains(got, c.has) {
			t.Errorf("%s: the part %s has no %q: %s", c.reason, c.part, c.has, got)
		}
	}
	if strings.Contains(strings.ToLower(words(section(t, body, "daily"))), "because of the release") {
		t.Error("the page says because")
	}
	// The page about what goes with it is asked the same question.
	same := regexp.MustCompile(`href="(/goes-with\?[^"]*)">The same question`).FindStringSubmatch(section(t, body, "goes-with"))
	if same == nil || !strings.Contains(same[1], "bad=failed-at%3Apay") || !strings.Contains(same[1], "from=2026-03-07") || !strings.Contains(same[1], "journey=order") {
		t.Fatalf("the link is %v", same)
	}
	if _, there := o.get(same[1]); !strings.Contains(words(section(t, there, "findings")), "had it fail") || !strings.Contains(section(t, there, "bad"), "“pay” failed") {
		t.Errorf("the page of the same question has %s", words(section(t, there, "findings")))
	}
	for _, link := range links(t, "/breakdowns/"+o.pay, body) {
		if code, _ := o.get(link); code != http.StatusOK {
			t.Errorf("%s is answered with %d", link, code)
		}
	}
	_, mended := o.get("/breakdowns/" + o.cart)
	for part, has := range map[string]string{
		"glance": "Before this one It has broken down before", "daily": "mended", "compared": "It has helped", "plan": "remember the cart", "story": "Planned, by improvement A-7. “Customers lose it when they sign in.”",
	} {
		if got := words(section(t, mended, part)); !strings.Contains(got, has) {
			t.Errorf("the part %s has no %q: %s", part, has, got)
		}
	}
	if code, _ := o.get("/breakdowns/none"); code != http.StatusNotFound {
		t.Errorf("a breakdown that there is not is answered with %d", code)
	}
}

// breakdownsForEveryViewer: the numbers need a right, single runs and words others, and what is outside of the scope is not there.
func breakdownsForEveryViewer(t *testing.T, o *town) {
	t.Helper()
	for rights := range insight.Right(16) {
		o.viewer = insight.Viewer{Name: clerk, Rights: rights}
		code, body := o.get("/breakdowns/" + o.pay)
		_, list := o.get("/breakdowns")
		switch {
		case rights&insight.Numbers == 0:
			if code != http.StatusForbidden || strings.Contains(list, "10.4%") || strings.Contains(list, "“pay”") {
				t.Errorf("%s: the page is answered with %d, and the list is %s", rights, code, words(list))
			}
			continue
		case code != http.StatusOK || !strings.Contains(list, "“pay”"):
			t.Fatalf("%s: the page is answered with %d", rights, code)
		}
		if single := strings.Contains(body, "payment · red"); single != (rights&insight.Customers != 0) {
			t.Errorf("%s: single runs are shown: %v", rights, single)
		}
		if said := strings.Contains(body, "refused"); said != (rights&insight.Words != 0) {
			t.Errorf("%s: words of customers are shown: %v", rights, said)
		}
		_, cart := o.get("/breakdowns/" + o.cart)
		if note := strings.Contains(cart, "Customers lose it"); note && rights&insight.Words == 0 {
			t.Errorf("%s: the note of an employee is shown", rights)
		}
		if forms := strings.Contains(body, `value="breakdown"`); forms != (rights&insight.Act != 0 && rights&insight.Customers != 0) {
			t.Errorf("%s: it can be moved on: %v", rights, forms)
		}
	}
	for _, v := range []insight.Viewer{{Journeys: []string{"ticket"}}, {Segments: []string{"gold"}}} {
		v.Rights = insight.Everything().Rights
		o.viewer = v
		code, _ := o.get("/breakdowns/" + o.pay)
		if _, list := o.get("/breakdowns"); code != http.StatusNotFound || strings.Contains(list, "“pay”") {
			t.Errorf("%+v: the page is answered with %d", v, code)
		}
	}
	o.viewer = insight.Viewer{Name: clerk, Rights: insight.Everything().Rights, Journeys: []string{"order"}}
	if code, body := o.get("/breakdowns/" + o.pay); code != http.StatusOK || !strings.Contains(body, `value="breakdown"`) {
		t.Errorf("a viewer of the journey that it is about is answered with %d", code)
	}
}

// TestBreakdownOfHostileNames: whatever the names are, they are no markup, and the page holds.
func TestBreakdownOfHostileNames(t *testing.T) {
	t.Parallel()
	const strange = `<script>alert(1)</script>"'&amp;{{.}}../..%2f`
	o := newTown(t)
	o.old(strange, insight.Subject{About: strange, Journey: "order", Name: strange}, 20, nil)
	o.load()
	_, body := o.get("/breakdowns")
	checkPage(t, "the list", body)
	at := slices.IndexFunc(links(t, "/breakdowns", body), func(s string) bool { return strings.Contains(s, "script") })
	if at < 0 {
		t.Fatal("it is not in the list")
	}
	code, page := o.get(links(t, "/breakdowns", body)[at])
	if checkPage(t, "the page", page); code != http.StatusOK || !strings.Contains(page, "There is no chart of it now.") {
		t.Errorf("the page is answered with %d: %s", code, page)
	}
}
