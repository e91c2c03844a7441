package report_test

import (
	"bytes"
	"encoding/csv"
	"encoding/json"
	"encoding/xml"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"
	"unicode"
	"unicode/utf8"

	"go.opentelemetry.io/otel/attribute"

	"cairncx.dev/cairn/cx/blueprint"
	"cairncx.dev/cairn/cx/event"
	"cairncx.dev/cairn/cx/insight"
	"cairncx.dev/cairn/cx/insight/report"
)

// written writes all forms, and reports what no form may have.
func written(t *testing.T, r *report.Report) map[string]string {
	t.Helper()
	out := map[string]string{}
	for name, write := range forms(r) {
		var b bytes.Buffer
		if err := write(&b); err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		out[name] = b.String()
	}
	for _, width := range []int{0, 40, 61, 80, 200} {
		var b bytes.Buffer
		if err := r.Text(&b, width); err != nil {
			t.Fatal(err)
		}
		lines := strings.Split(strings.TrimSuffix(b.String(), "\n"), "\n")
		if len(lines) > 15 {
			t.Errorf("%d lines of width %d, want at most 15", len(lines), width)
		}
		for _, l := range lines {
			if n := utf8.RuneCountInString(l); n > max(width, 40) {
				t.Errorf("a line of %d characters, want at most %d: %s", n, width, l)
			}
		}
	}
	return out
}

// elementsOf returns the elements and the texts of a page.
func elementsOf(t *testing.T, page string) (elements []string, texts string) {
	t.Helper()
	d := xml.NewDecoder(strings.NewReader(page))
	d.Strict, d.AutoClose, d.Entity = false, xml.HTMLAutoClose, xml.HTMLEntity
	var all strings.Builder
	for {
		token, err := d.Token()
		if errors.Is(err, io.EOF) {
			return elements, all.String()
		}
		if err != nil {
			t.Fatal(err)
		}
		switch e := token.(type) {
		case xml.StartElement:
			elements = append(elements, e.Name.Local)
			for _, a := range e.Attr {
				if strings.HasPrefix(strings.ToLower(a.Name.Local), "on") || a.Name.Local == "src" || a.Name.Local == "href" {
					t.Errorf("the element %s has the attribute %s", e.Name.Local, a.Name.Local)
				}
			}
		case xml.CharData:
			all.Write(e)
		}
	}
}

// TestEdges: the report of little or nothing says in a sentence what is not there, and what to add.
func TestEdges(t *testing.T) {
	t.Parallel()
	c := newCrowd()
	bare := &blueprint.Blueprint{Version: 1, Journeys: []blueprint.Journey{{Name: "ticket"}, {Name: "order"}}}
	of := func(keep func(*event.Event) bool) *memory {
		m := &memory{}
		for i := range c.events {
			if keep(&c.events[i]) {
				m.events = append(m.events, c.events[i])
			}
		}
		return m
	}
	one := c.events[0].Journey.ID
	few := map[string]bool{} // six tickets of the week
	for i := range c.events {
		if e := &c.events[i]; len(few) < 6 && e.Kind == event.PromiseMade && !e.Promise.Due.Before(monday) {
			few[e.Journey.ID] = true
		}
	}
	promise := func(e *event.Event) bool { return e.Promise != nil }
	rare := func(journeys ...string) func(*event.Event) bool { // three runs of each of these journeys, and all of the others, without promises
		runs := map[string]map[string]bool{"ticket": {}, "order": {}}
		return func(e *event.Event) bool {
			of := runs[e.Journey.Name]
			if len(of) < 3 || !slices.Contains(journeys, e.Journey.Name) {
				of[e.Journey.ID] = true
			}
			return !promise(e) && of[e.Journey.ID]
		}
	}
	for _, k := range []struct {
		name     string
		b        *blueprint.Blueprint
		m        *memory
		s        report.Settings
		headline string
		says     []string
	}{
		{"no event", desk(), &memory{}, week(), "There are no runs yet", []string{"Load"}},
		{"no event and no period", nil, &memory{}, report.Settings{}, "There are no runs yet", nil},
		{"a period before the first event", desk(), &c.memory, report.Settings{From: monday.AddDate(-3, 0, 0), Until: monday.AddDate(-3, 0, 7)}, "Nothing began and nothing ended", nil},
		{"a single run", desk(), of(func(e *event.Event) bool { return e.Journey.ID == one }), report.Settings{Period: report.Year, At: monday.AddDate(1, 0, 0)}, "Fewer than 5 customers", nil},
		{"no promises", bare, of(func(e *event.Event) bool { return !promise(e) }), week(), "of “ticket” were completed", []string{"promises: [{name: solved"}},
		{"a rare journey beside a frequent one", bare, of(rare("order")), week(), "of “ticket” were completed", nil},
		{"two rare journeys", bare, of(rare("ticket", "order")), week(), "Fewer than 5 customers", nil},
		{"no blueprint", nil, &c.memory, week(), "“solved” was kept", []string{"target: 90%"}},
		{"no feedback", desk(), of(func(e *event.Event) bool { return e.Feedback == nil }), week(), "on target", []string{"surveys"}},
		{"no ends", desk(), of(func(e *event.Event) bool { return e.Kind != event.JourneyEnded }), week(), "on target", nil},
		{"one group", desk(), of(func(e *event.Event) bool { return e.Journey.Name == "order" }), week(), "of “order” were completed", nil},
		{"alone", desk(), &c.memory, func() report.Settings { s := week(); s.Alone = true; return s }(), "on target", nil},
		{"groups too small to compare", desk(), of(func(e *event.Event) bool { return e.Journey.Name == "ticket" && few[e.Journey.ID] }), week(), "", []string{"Too few promises fell due to compare groups by team, impact."}},
		{"a day", desk(), &c.memory, report.Settings{Period: report.Day, At: monday.AddDate(0, 0, 3), Zone: berlin}, "", nil},
	} {
		t.Run(k.name, func(t *testing.T) {
			t.Parallel()
			r := made(t, tableOf(t, k.b, k.m), k.s)
			out := written(t, r)
			if !strings.Contains(r.Headline, k.headline) {
				t.Errorf("the headline is %q, want %q in it", r.Headline, k.headline)
			}
			for _, s := range k.says {
				if _, texts := elementsOf(t, out["week.html"]); !strings.Contains(texts, s) {
					t.Errorf("the page does not say %q", s)
				}
			}
			for _, bad := range []string{"NaN", "0001-01-01", "%!", "<nil>", "-0 "} {
				for name, text := range out {
					if name != "week.json" && strings.Contains(text, bad) {
						t.Errorf("%s has %q", name, bad)
					}
				}
			}
			for _, section := range strings.Split(out["week.html"], "<section")[1:] {
				if !strings.Contains(section, "<p") && !strings.Contains(section, "<figure") && !strings.Contains(section, "<li") && !strings.Contains(section, "<dd") {
					t.Errorf("an empty section: %.200s", section)
				}
			}
		})
	}
}

// evil are names that come from outside.
var evil = []string{
	"<script>alert(1)</script>", "</style><b>x", "\x1b[31mred\x07", "a\u202eb\u2066c", "new\nline\r\n# heading", "=cmd|' /C calc'!A0", "| a | b |", "`x` *y* [z](http://evil.example/)",
	"{{.Title}}", "\"' onmouseover='x", "&lt;", strings.Repeat("long ", 300), "\xff\xfe", "-1+1", "@sum", "\u200b\u200b", "日本語の名前", "العربية",
}

// TestHostile: names from outside are text in every form, whatever is in them.
func TestHostile(t *testing.T) {
	t.Parallel()
	c := newCrowd()
	rng := rand.New(rand.NewPCG(7, 7)) //nolint:gosec // a test
	name := func(s string) string {
		h := 0
		for _, r := range s {
			h += int(r)
		}
		return evil[h%len(evil)] + " " + s
	}
	b := desk()
	for i := range b.Journeys {
		j := &b.Journeys[i]
		for n := range j.Promises {
			j.Promises[n].Name = name(j.Promises[n].Name)
		}
		for n := range j.Stages {
			j.Stages[n].Name = name(j.Stages[n].Name)
		}
		j.Name = name(j.Name)
	}
	for i := range c.events {
		e := &c.events[i]
		e.Journey.Name = name(e.Journey.Name)
		if e.Promise != nil {
			p := *e.Promise
			p.Name = name(p.Name)
			e.Promise = &p
		}
		if e.Stage != "" {
			e.Stage = name(e.Stage)
		}
		if e.Touchpoint != "" {
			e.Touchpoint = name(e.Touchpoint)
		}
		if e.Feedback != nil {
			f := *e.Feedback
			f.Survey, f.Comment = name(f.Survey), evil[rng.IntN(len(evil))]
			f.Causes = []string{name(f.Causes[0])}
			e.Feedback = &f
		}
		for k, kv := range e.Attributes {
			e.Attributes[k] = attribute.String(string(kv.Key), name(kv.Value.AsString()))
		}
	}
	s := week()
	s.Title = strings.Join(evil[:6], " ")
	r := made(t, tableOf(t, b, &c.memory), s)
	if len(r.Promises) != 2 || len(r.GoesWith) == 0 || r.Voice == nil || len(r.Voice.Quotes) == 0 {
		t.Fatalf("the report lacks what the test is about: %d promises, %d findings, %v", len(r.Promises), len(r.GoesWith), r.Voice)
	}
	out := written(t, r)
	known := map[string]bool{}
	plain := made(t, tableOf(t, desk(), &newCrowd().memory), week())
	for _, form := range []string{"week.html", "mail.html"} {
		have, _ := elementsOf(t, written(t, plain)[form])
		for _, e := range have {
			known[e] = true
		}
		have, _ = elementsOf(t, out[form])
		for _, e := range have {
			if !known[e] {
				t.Errorf("%s has an element %s", form, e)
			}
		}
	}
	for name, text := range out {
		if name == "week.json" {
			continue
		}
		if name == "week.csv" {
			checkCSV(t, text)
			continue
		}
		for i, c := range text {
			if c != '\n' && (unicode.IsControl(c) || unicode.Is(unicode.Cf, c) && c != '\u2068' && c != '\u2069' && c != '\u200d') || c == utf8.RuneError {
				t.Errorf("%s has %U at %d: %q", name, c, i, text[max(0, i-40):min(len(text), i+20)])
				break
			}
		}
	}
	if strings.ContainsAny(r.Subject(), "\r\n\x1b") {
		t.Errorf("the subject is %q", r.Subject())
	}
	for _, line := range strings.Split(out["week.md"], "\n") {
		if strings.Contains(line, "<") || strings.Contains(line, "](") || strings.Contains(line, "http://") {
			t.Errorf("Markdown has %q", line)
		}
	}
	var back map[string]any
	if err := json.Unmarshal([]byte(out["week.json"]), &back); err != nil {
		t.Error(err)
	}
}

// checkCSV checks that the table has one form, and that no spreadsheet takes a cell for a formula.
func checkCSV(t *testing.T, text string) {
	t.Helper()
	rows, err := csv.NewReader(strings.NewReader(text)).ReadAll()
	if err != nil {
		t.Fatal(err)
	}
	for _, row := range rows[1:] {
		for i, cell := range row {
			if _, err := strconv.ParseFloat(cell, 64); cell != "" && err != nil && strings.ContainsRune("=+-@\t\r＝＋－＠", []rune(cell)[0]) {
				t.Errorf("the column %s has %q", rows[0][i], cell)
			}
		}
	}
}

// TestFormulas: no name begins a formula in a spreadsheet.
func TestFormulas(t *testing.T) {
	t.Parallel()
	c := newCrowd()
	for i := range c.events {
		e := &c.events[i]
		for k, kv := range e.Attributes {
			prefix := map[string]string{"north": "=1+", "south": "＝1+", "east": "＠sum", "high": "-1+", "low": "＋1+"}[kv.Value.AsString()]
			e.Attributes[k] = attribute.String(string(kv.Key), prefix+kv.Value.AsString())
		}
	}
	text := written(t, made(t, tableOf(t, desk(), &c.memory), week()))["week.csv"]
	checkCSV(t, text)
	for _, want := range []string{"'=1+north", "'＝1+south", "'＠sumeast", "'-1+high", "'＋1+low"} {
		if !strings.Contains(text, want) {
			t.Errorf("the table does not have %s", want)
		}
	}
}

// TestShuffled: the order in which events arrived changes no form.
func TestShuffled(t *testing.T) {
	t.Parallel()
	c := newCrowd()
	want := written(t, made(t, tableOf(t, desk(), &c.memory), week()))
	shuffled := memory{events: slices.Clone(c.events)}
	rng := rand.New(rand.NewPCG(3, 3)) //nolint:gosec // a test
	rng.Shuffle(len(shuffled.events), func(i, j int) {
		shuffled.events[i], shuffled.events[j] = shuffled.events[j], shuffled.events[i]
	})
	for name, text := range written(t, made(t, tableOf(t, desk(), &shuffled), week())) {
		if text != want[name] {
			t.Errorf("%s differs", name)
		}
	}
}

// TestSettings: settings that cannot be met are an error that says what to do.
func TestSettings(t *testing.T) {
	t.Parallel()
	table := tableOf(t, desk(), &newCrowd().memory)
	for _, k := range []struct {
		s    report.Settings
		want string
	}{
		{report.Settings{From: monday}, "set both"},
		{report.Settings{From: monday, Until: monday}, "not after its beginning"},
		{report.Settings{Trend: 1}, "want 2 to 60"},
		{report.Settings{Trend: 61}, "want 2 to 60"},
		{report.Settings{Period: report.Span}, "set From and Until"},
		{report.Settings{By: make([]insight.Column, 9)}, "at most 8"},
	} {
		if _, err := report.Make(t.Context(), table, insight.Everything(), k.s); !errors.Is(err, report.ErrSettings) || !strings.Contains(err.Error(), k.want) {
			t.Errorf("%+v: %v, want %q", k.s, err, k.want)
		}
	}
	if _, err := report.Make(t.Context(), table, insight.Everything(), report.Settings{By: []insight.Column{"teem"}}); !errors.Is(err, insight.ErrWhich) || !strings.Contains(err.Error(), `"team"`) {
		t.Errorf("of a column that there is not: %v", err)
	}
	if _, err := report.Make(t.Context(), table, insight.Everything(), report.Settings{Journey: "tickets"}); !errors.Is(err, insight.ErrWhich) {
		t.Errorf("of a journey that there is not: %v", err)
	}
	empty, err := insight.New(desk())
	if err != nil {
		t.Fatal(err)
	}
	if _, err := report.Make(t.Context(), empty, insight.Everything(), week()); !errors.Is(err, insight.ErrLoading) {
		t.Errorf("of a table that is not loaded: %v", err)
	}
}

// TestViewers: what a viewer may not see is in no form.
func TestViewers(t *testing.T) {
	t.Parallel()
	c := newCrowd()
	table := tableOf(t, desk(), &c.memory)
	words := []string{"I waited for days", "Nobody told me", "Thank you, that was quick", "A kind person"}
	for _, k := range []struct {
		name   string
		viewer insight.Viewer
		never  []string
	}{
		{"numbers alone", insight.Viewer{Rights: insight.Numbers}, append(words, "customer-")},
		{"words", insight.Viewer{Rights: insight.Numbers | insight.Words}, []string{"customer-"}},
		{"the shop", insight.Viewer{Rights: insight.Numbers | insight.Words | insight.Customers, Owners: []string{"shop"}}, append(words, "ticket", "solved", "south", "sort")},
		{"a segment", insight.Viewer{Rights: insight.Numbers | insight.Words | insight.Customers, Segments: []string{"gold"}}, append(words, "ticket", "south", "pay")},
	} {
		r, err := report.Make(t.Context(), table, k.viewer, week())
		if err != nil {
			t.Errorf("%s: %v", k.name, err)
			continue
		}
		for name, text := range written(t, r) {
			for _, never := range k.never {
				if body, _, _ := strings.Cut(text, "What the numbers rest on"); strings.Contains(body, never) && !strings.Contains(hints(r), never) {
					t.Errorf("%s: %s has %q", k.name, name, never)
				}
			}
		}
	}
	if _, err := report.Make(t.Context(), table, insight.Viewer{Rights: insight.Words}, week()); !errors.Is(err, insight.ErrDenied) {
		t.Errorf("without the right numbers: %v", err)
	}
}

// TestNothingFromOutside: the report of a viewer with a scope is that of a table with nothing else.
func TestNothingFromOutside(t *testing.T) {
	t.Parallel()
	c := newCrowd()
	var orders memory
	for i := range c.events {
		if c.events[i].Journey.Name == "order" {
			orders.events = append(orders.events, c.events[i])
		}
	}
	viewer := insight.Viewer{Rights: insight.Numbers | insight.Words, Owners: []string{"shop"}}
	var forms [2]map[string]string
	for i, m := range []*memory{&c.memory, &orders} {
		r, err := report.Make(t.Context(), tableOf(t, desk(), m), viewer, week())
		if err != nil {
			t.Fatal(err)
		}
		forms[i] = written(t, r)
	}
	for name, want := range forms[1] {
		if forms[0][name] != want {
			t.Errorf("%s differs", name)
		}
	}
}

// TestNamespace: the runs of another environment are in no number.
func TestNamespace(t *testing.T) {
	t.Parallel()
	c := newCrowd()
	for i := range c.events {
		c.events[i].Journey.Namespace = "production"
	}
	table := tableOf(t, desk(), &c.memory)
	s := week()
	s.Namespace = "staging"
	if r := made(t, table, s); len(r.Journeys)+len(r.Promises) > 0 {
		t.Errorf("%d journeys and %d promises of staging, which has none", len(r.Journeys), len(r.Promises))
	}
	s.Namespace = "production"
	if r := made(t, table, s); len(r.Journeys) != 2 || len(r.Promises) != 2 {
		t.Errorf("%d journeys and %d promises of production, want 2 of each", len(r.Journeys), len(r.Promises))
	}
}

// hints are the texts about what to add to the blueprint.
func hints(r *report.Report) string {
	var all strings.Builder
	for _, l := range r.Missing {
		all.WriteString(l.Text)
	}
	return all.String()
}

// TestFriday: promises are looked at up to the end of the next Friday, today's on a Friday.
func TestFriday(t *testing.T) {
	t.Parallel()
	table := tableOf(t, desk(), &newCrowd().memory)
	for day, want := range map[int]int{23: 28, 27: 28, 28: 35} {
		at := time.Date(2026, 3, day, 9, 0, 0, 0, berlin)
		r := made(t, table, report.Settings{At: at, Zone: berlin})
		if end := time.Date(2026, 3, want, 0, 0, 0, 0, berlin); !r.Friday.Equal(end) {
			t.Errorf("on %s up to %s, want %s", at, r.Friday, end)
		}
	}
}

// TestMostTimeIsHidden: no stage is said to take most of the time if more of it is not shown.
func TestMostTimeIsHidden(t *testing.T) {
	t.Parallel()
	m := &memory{}
	for n := range 12 {
		began := monday.Add(time.Duration(n) * time.Hour)
		stages := []string{"sort", "work"}
		if n == 0 {
			stages = append(stages, "waiting") // one customer, with whom the next smallest stage is hidden
		}
		for i, name := range append(stages, "") {
			e := event.Event{
				ID: event.NewID(began), Kind: event.JourneyStageEntered, Stage: name, Customer: event.Customer{Hash: fmt.Sprint("c", n)},
				Time: began.Add([]time.Duration{0, 40 * time.Hour, 41 * time.Hour, 42 * time.Hour}[i]), Journey: event.Run{Name: "ticket", ID: fmt.Sprint(n), Started: began},
			}
			if name == "" {
				e.Kind, e.Outcome = event.JourneyEnded, event.Completed
			}
			m.events = append(m.events, e)
		}
	}
	r := made(t, tableOf(t, desk(), m), report.Settings{From: monday, Until: monday.AddDate(0, 0, 7), Zone: berlin})
	for _, l := range r.Lines {
		if l.Section == report.SectionTime {
			if want := "97.6% of the time of “ticket” is in none of the stages that can be shown; 2.4% of 20 d 13 h goes into “work”."; l.Text != want {
				t.Errorf("%q, want %q", l.Text, want)
			}
			return
		}
	}
	t.Error("nothing is said of the time")
}
