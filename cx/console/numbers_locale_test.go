package console_test

import (
	"encoding/binary"
	"fmt"
	"math/rand/v2"
	"net/http"
	"net/url"
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"cairncx.dev/cairn/cx/blueprint"
	"cairncx.dev/cairn/cx/console"
	"cairncx.dev/cairn/cx/event"
	"cairncx.dev/cairn/cx/insight/number"
	"cairncx.dev/cairn/feedback"
)

// localePages are addresses with every kind of page. A journey and a run of it are at J and R.
var localePages = []string{
	"/", "/?compare=none", "/journeys", "/journeys/J", "/journeys/J?by=team", "/runs", "/runs?due=late", "/runs/J/R", "/customers/c003", "/support", "/support?day=2026-03-20", "/voice", "/goes-with",
	"/goes-with?bad=broken:P", "/goes-with/examples?bad=broken:P", "/reports", "/reports/month/2026-03-01.html", "/hits?run=%2FJ%2FR&customer=c003",
}

// pagesOf puts the names of a journey, a run and a promise into the addresses.
func pagesOf(journey, run, promise string) []string {
	escape := func(s string) string { return strings.ReplaceAll(url.PathEscape(s), "+", "%2B") }
	list := make([]string, len(localePages))
	for i, page := range localePages {
		page = strings.ReplaceAll(page, "J", escape(journey))
		page = strings.ReplaceAll(page, "/hits?run=%2F"+escape(journey)+"%2FR", "/hits?run="+url.QueryEscape("/"+url.PathEscape(journey)+"/"+url.PathEscape(run)))
		list[i] = strings.ReplaceAll(strings.ReplaceAll(page, "/R", "/"+escape(run)), ":P", ":"+escape(promise))
	}
	return list
}

// accepting says which languages the browser of a request names.
func accepting(languages string) func(*http.Request) {
	return func(r *http.Request) { r.Header.Set("Accept-Language", languages) }
}

// larger returns the events n times, of other runs and customers each time, so that there are counts of more than three digits.
func larger(m *memory, n int) *memory {
	all := &memory{}
	for i := range n {
		for _, e := range m.events {
			if i > 0 {
				e.Journey.ID += fmt.Sprintf("-%d", i)
				e.Customer.Hash += fmt.Sprintf("-%d", i)
			}
			binary.BigEndian.PutUint64(e.ID[8:], uint64(len(all.events)+1))
			all.events = append(all.events, e)
		}
	}
	return all
}

// way is how a locale writes numbers, as its line of testdata/cldr.tsv of package number shows.
type way struct{ four, five, eight, decimal, percent string }

// ways reads the lines of some locales.
func ways(t *testing.T, tags ...string) map[string]way {
	t.Helper()
	text, err := os.ReadFile("../insight/number/testdata/cldr.tsv")
	if err != nil {
		t.Fatal(err)
	}
	found := map[string]way{}
	for line := range strings.Lines(string(text)) {
		if f := strings.Split(strings.TrimSuffix(line, "\n"), "\t"); slices.Contains(tags, f[0]) {
			found[f[0]] = way{f[1], f[2], f[3], f[4], f[5]}
		}
	}
	if len(found) != len(tags) {
		t.Fatalf("the file has %d of %v", len(found), tags)
	}
	return found
}

// englishNumbers finds the numbers of a text that locales write otherwise.
var englishNumbers = regexp.MustCompile(`\d{1,3}(?:,\d{3})+(?:\.\d+)?%?|\d+\.\d+%?|\d+%`)

// labels finds the attributes that are read out.
var labels = regexp.MustCompile(` aria-label="[^"]*"`)

// write writes an English number as the samples are written.
func (w way) write(n string) string {
	digits, percent := strings.CutSuffix(n, "%")
	whole, part, _ := strings.Cut(digits, ".")
	whole = strings.ReplaceAll(whole, ",", "")
	sample := map[bool]string{true: w.eight}[len(whole) > 5]
	switch len(whole) {
	case 4:
		sample = w.four
	case 5:
		sample = w.five
	}
	if signs := strings.FieldsFunc(sample, func(r rune) bool { return r >= '0' && r <= '9' }); len(whole) > 3 && len(signs) > 0 {
		step, groups := 3, []string{whole[len(whole)-3:]}
		if strings.HasPrefix(w.eight, "1"+signs[0]+"23"+signs[0]) {
			step = 2
		}
		for whole = whole[:len(whole)-3]; whole != ""; whole = whole[:max(0, len(whole)-step)] {
			groups = append(groups, whole[max(0, len(whole)-step):])
		}
		slices.Reverse(groups)
		whole = strings.Join(groups, signs[0])
	}
	if part != "" {
		whole += strings.Trim(w.decimal[len(w.decimal)-2:], "0123456789") + part
	}
	if percent {
		at := strings.Index(w.percent, "12")
		whole = w.percent[:at] + whole + w.percent[at+len("12.3"):]
	}
	return whole
}

// pieces are the tags and the texts of a page between them.
func pieces(body string) (list []string) {
	at := 0
	for _, tag := range tags.FindAllStringIndex(body, -1) {
		list = append(list, body[at:tag[0]], body[tag[0]:tag[1]])
		at = tag[1]
	}
	return append(list, body[at:])
}

// TestNumbersOfLocales: a page in another locale is the English one with its numbers written otherwise. The names of this world have no number that might be one of the page, so that
// every number has to be rewritten.
func TestNumbersOfLocales(t *testing.T) {
	t.Parallel()
	c := served(t, loaded(t, desk("ticket"), larger(crowd("ticket", ""), 14)))
	atLeast := map[string]int{"de": 500, "fr": 500, "de-CH": 40, "es": 500, "pl": 400, "tr": 500} // of numbers below 10,000, India and Arabia write none otherwise
	english := map[string][]string{}
	for _, page := range pagesOf("ticket", "T/3 ", "solved") {
		w := request(c, http.MethodGet, page)
		if w.Code != http.StatusOK {
			t.Fatalf("%s is answered with %d: %s", page, w.Code, w.Body)
		}
		english[page] = pieces(w.Body.String())
	}
	for tag, of := range ways(t, "de", "fr", "de-CH", "en-IN", "es", "pl", "ar", "tr") {
		changed, left := 0, map[string]bool{}
		for page, want := range english {
			local := request(c, http.MethodGet, page, accepting(tag))
			if got := local.Header().Values("Vary"); !slices.Contains(got, "Accept-Language") {
				t.Errorf("%s varies with %q", page, got)
			}
			is := pieces(local.Body.String())
			if len(is) != len(want) {
				t.Fatalf("%s: %s has %d pieces, and %d in English", tag, page, len(is), len(want))
			}
			for i := range is {
				text := englishNumbers.ReplaceAllStringFunc(want[i], of.write)
				if i%2 == 1 { // a tag
					text = labels.ReplaceAllStringFunc(want[i], func(label string) string { return englishNumbers.ReplaceAllStringFunc(label, of.write) })
				}
				switch {
				case is[i] == text && text != want[i]:
					changed++
				case is[i] == want[i] && text != want[i]:
					left[strings.TrimSpace(is[max(0, i-1)]+is[i])] = true
				case is[i] != text:
					t.Errorf("%s: %s has %q, want %q", tag, page, is[i], text)
				}
			}
		}
		for text := range left {
			if !strings.HasPrefix(text, "<option") && !strings.HasPrefix(text, "<style") && !strings.HasPrefix(text, "<meta") && tag == "de" {
				t.Errorf("%s: %q stays English", tag, text)
			}
		}
		if changed < atLeast[tag] {
			t.Errorf("%s: only %d texts have numbers of the locale", tag, changed)
		}
	}
}

// nameShapes are names with a number that a pass over a page might take for one of its own.
var nameShapes = []string{"%s", "v%s", "release %s", "%s beta", "“%s”", "\"%s\"", "a\u202e%s", "(%s)", "<b>%s</b>", "x, %s.", "%s%%", "−%s", "a-%s", "%s\u200b"}

// TestNamesKeepTheirNumbers: a name that has a number is the same in each locale, in sentences, charts, tables and links.
func TestNamesKeepTheirNumbers(t *testing.T) {
	t.Parallel()
	seeds := uint64(2)
	if os.Getenv("CAIRN_WHOLE") != "" {
		seeds = 100
	}
	for seed := range seeds {
		rng := rand.New(rand.NewPCG(seed, 1))
		var numbers []string
		name := func() string {
			n := fmt.Sprintf("%d,%03d", 600+rng.IntN(400), rng.IntN(1000))
			if rng.IntN(2) == 0 {
				n = fmt.Sprintf("%d.%04d7", 1+rng.IntN(90), rng.IntN(1000))
			}
			numbers = append(numbers, n)
			return fmt.Sprintf(nameShapes[rng.IntN(len(nameShapes))], n)
		}
		journey, promise := name(), name()
		b, m, run := renamed(journey, promise, name)
		if !strings.Contains(fmt.Sprint(numbers), ",") || !strings.Contains(fmt.Sprint(numbers), ".") {
			t.Fatalf("the names have one form of numbers: %q", numbers)
		}
		c := served(t, loaded(t, b, m))
		for _, page := range pagesOf(journey, run, promise) {
			english, local := request(c, http.MethodGet, page), request(c, http.MethodGet, page, accepting("de"))
			if english.Code != http.StatusOK {
				t.Fatalf("%s is answered with %d: %s", page, english.Code, english.Body)
			}
			for _, n := range numbers {
				if is, want := strings.Count(local.Body.String(), n), strings.Count(english.Body.String(), n); is != want {
					at := regexp.MustCompile(`.{60}` + regexp.QuoteMeta(strings.NewReplacer(",", ".", ".", ",").Replace(n)) + `.{20}`).FindString(local.Body.String())
					t.Errorf("seed %d: %s has the name %q %d times, and %d times in English: %s", seed, page, n, is, want, at)
				}
			}
		}
	}
}

// renamed returns the world of desk and crowd with other names, and the ID of a run.
func renamed(journey, promise string, name func() string) (*blueprint.Blueprint, *memory, string) {
	b, m := desk(journey), crowd(journey, name())
	b.Journeys[0].Promises[0].Name = promise
	other := map[string]string{}
	rename := func(text *string) {
		if *text == "" {
			return
		}
		if other[*text] == "" {
			other[*text] = name()
		}
		*text = other[*text]
	}
	for i := range b.Journeys[0].Stages {
		rename(&b.Journeys[0].Stages[i].Name)
	}
	for i := range m.events {
		e := &m.events[i]
		rename(&e.Stage)
		rename(&e.Touchpoint)
		rename(&e.Customer.Segment)
		if e.Promise != nil {
			e.Promise.Name = promise
		}
		if e.Feedback != nil {
			rename(&e.Feedback.Survey)
			for j := range e.Feedback.Causes {
				rename(&e.Feedback.Causes[j])
			}
		}
	}
	return b, m, m.events[0].Journey.ID
}

// TestReaderChoosesNumbersAndZone: the address says how numbers and times are written, then the browser, then the application.
func TestReaderChoosesNumbersAndZone(t *testing.T) {
	t.Parallel()
	swiss, _ := number.ParseLocale("de-CH")
	table := loaded(t, desk("ticket"), larger(crowd("ticket", ""), 14))
	usual, app := served(t, table), served(t, table, console.WithNumbers(swiss))
	for _, c := range []struct {
		console            *console.Console
		query, accept      string
		want, wantNot, why string
	}{
		{usual, "", "", "1,540", "1.540", "English without a word about it"},
		{usual, "", "de-DE,en;q=0.5", "1.540", "1,540", "the browser's"},
		{usual, "?numbers=fr", "de", "1\u202f540", "1.540", "the address before the browser"},
		{usual, "?numbers=en", "de", "1,540", "1.540", "English in the address"},
		{app, "", "", "1'540", "1,540", "the application's"},
		{app, "", "tlh", "1'540", "1,540", "the application's, for a language that is not known"},
		{app, "", "de", "1.540", "1'540", "the browser before the application"},
	} {
		body := request(c.console, http.MethodGet, "/runs"+c.query, accepting(c.accept)).Body.String()
		if body, _, _ = strings.Cut(body, `class="reader"`); !strings.Contains(body, c.want) || strings.Contains(body, c.wantNot) {
			t.Errorf("%s: the page has not %q, or has %q", c.why, c.want, c.wantNot)
		}
	}
	for _, query := range []string{"?numbers=xx", "?zone=Nowhere/There", "?numbers=" + strings.Repeat("de-", 200)} {
		if w := request(usual, http.MethodGet, "/"+query); w.Code != http.StatusBadRequest {
			t.Errorf("%.40s is answered with %d", query, w.Code)
		}
	}
}

// TestChoicesStayInLinks: every link and form of every page keeps how the reader wants numbers and times.
func TestChoicesStayInLinks(t *testing.T) {
	t.Parallel()
	c := served(t, loaded(t, desk("ticket"), crowd("ticket", "")), console.WithPath("/cx/"))
	queue, seen := []string{"/cx/?numbers=de&zone=Asia%2FTokyo"}, map[string]bool{}
	for n := 0; len(queue) > 0 && n < 60; n++ {
		address := queue[0]
		queue = queue[1:]
		body := request(c, http.MethodGet, address).Body.String()
		for _, form := range regexp.MustCompile(`<form class="([a-z]+)" action="([^"]*)"[^>]*>(?s:.*?)</form>`).FindAllStringSubmatch(body, -1) {
			kept := strings.Contains(form[2], "numbers=de&amp;zone=Asia%2FTokyo") || strings.Contains(form[0], `name="numbers" value="de"`) && strings.Contains(form[0], `name="zone" value="Asia/Tokyo"`)
			if form[1] != "reader" && !kept {
				t.Errorf("%s: the form %s does not keep the choices: %s", address, form[1], form[0])
			}
		}
		for _, next := range links(t, address, body) {
			u, err := url.Parse(next)
			if err != nil || u.Query().Get("numbers") != "de" || u.Query().Get("zone") != "Asia/Tokyo" {
				t.Errorf("%s links to %s", address, next)
			}
			key := regexp.MustCompile(`T%2F\d+|c\d+`).ReplaceAllString(u.Path, "one") // runs are alike
			if !seen[key+u.Query().Get("by")] {
				seen[key+u.Query().Get("by")] = true
				queue = append(queue, next)
			}
		}
	}
	if len(seen) < 10 {
		t.Errorf("only %d pages are linked", len(seen))
	}
	if w := request(c, http.MethodGet, "/cx/journeys?zone=Asia%2FTokyo"); !strings.Contains(w.Body.String(), "28 March 2026, 00:00 JST") {
		t.Error("the moment of a page is not in the zone of the address")
	}
}

// TestChoicesStayInMoves: the forms of a run, and where a search and a move lead to, keep how the reader wants numbers and times.
func TestChoicesStayInMoves(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	choices := func(address string) bool {
		u, err := url.Parse(address)
		return err == nil && u.Query().Get("numbers") == "de" && u.Query().Get("zone") == "Asia/Tokyo"
	}
	const query = "?numbers=de&zone=Asia%2FTokyo"
	if w := o.post("/find"+query, "q", "17"); w.Code != http.StatusSeeOther || !choices(w.Header().Get("Location")) {
		t.Errorf("a search leads to %s", w.Header().Get("Location"))
	}
	action, token := o.form("/runs/complaint/C-1"+query, "followup")
	if !choices(action) {
		t.Errorf("the form of a run is sent to %s", action)
	}
	w := o.post(action, "form", "followup", "token", token, "move", feedback.Acknowledged)
	if w.Code != http.StatusSeeOther || !choices(w.Header().Get("Location")) {
		t.Errorf("a move is answered with %d and leads to %s: %s", w.Code, w.Header().Get("Location"), w.Body)
	}
}

// TestWordsKeepTheirNumbers: what employees and customers wrote, and what they named, is the same in each locale on the pages of a run, a follow-up, an action and a customer.
func TestWordsKeepTheirNumbers(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	action, token := o.form("/runs/complaint/C-1", "followup")
	w := o.post(action, "form", "followup", "token", token, "move", feedback.Acknowledged, "note", "we owe 734,912 and 83.4917% of 5.25", "owner", "desk", "cause", "release 17.0437", "severity", "grave")
	if w.Code != http.StatusSeeOther {
		t.Fatalf("the move is answered with %d: %s", w.Code, w.Body)
	}
	if w := o.post("/propose", "token", event.NewID(now).String(), "name", "improvement", "move", "mend 29.8817", "owner", "desk", "note", "over 45,210.5"); w.Code != http.StatusSeeOther {
		t.Fatalf("the proposal is answered with %d: %s", w.Code, w.Body)
	}
	o.pass(1235 * time.Hour)
	o.load()
	_, list := o.get("/runs?last=90d")
	written := []string{"734,912", "83.4917%", "5.25", "17.0437", "29.8817", "45,210.5"}
	seen, pages := map[string]bool{}, []string{"/", "/runs?last=90d", "/voice?last=90d", "/journeys/complaint?last=90d", "/journeys/improvement?last=90d"}
	for _, page := range append(pages, links(t, "/", list)...) {
		if seen[page] || !slices.Contains(pages, page) && !strings.HasPrefix(page, "/runs/") {
			continue
		}
		seen[page] = true
		english, local := request(o.console, http.MethodGet, page), request(o.console, http.MethodGet, page, accepting("de"))
		if english.Code != http.StatusOK {
			t.Fatalf("%s is answered with %d: %s", page, english.Code, english.Body)
		}
		for _, n := range written {
			want := strings.Count(english.Body.String(), n)
			if is := strings.Count(local.Body.String(), n); is != want {
				t.Errorf("%s has %q %d times, and %d times in English", page, n, is, want)
			}
			seen[n] = seen[n] || want > 0
		}
	}
	for _, n := range written {
		if !seen[n] {
			t.Errorf("no page has %q", n)
		}
	}
}
