//go:build unix

package insight_test

import (
	"encoding/csv"
	"encoding/json"
	"hash/fnv"
	"maps"
	"path/filepath"
	"reflect"
	"slices"
	"strconv"
	"strings"
	"testing"
	"unicode/utf8"

	"go.opentelemetry.io/otel/attribute"

	"cairncx.dev/cairn/cx/event"
	"cairncx.dev/cairn/exporters/sqlarchive"
)

// hostile begin the texts of events that come from outside: markup, what a terminal obeys, what turns text around, formulas, and what breaks a format.
var hostile = []string{
	"<script>alert(1)</script>", "</style></title><img src=x onerror=alert(1)>", "\x1b]0;t\a\x1b[2J\u009b31m", "\u202ea\u2066\u200f", "a\x00b", "new\r\nline\n# heading", "=cmd|' /C calc'!A0",
	"@sum(", "+1", "| a | b |", "[z](http://evil.example/)", "{{.Title}}", "\"' onmouseover='x", "\xff\xfe\xc0", "العربية ", "",
}

// giant is longer than any line, cell or page can be.
var giant = strings.Repeat("<b>giant ", 1<<19/9)

// disguise changes all texts of an event, the same text in the same way. Kinds, hashes and currencies have a form.
func disguise(e *event.Event) {
	var walk func(v reflect.Value, name string)
	walk = func(v reflect.Value, name string) {
		switch v.Kind() { //nolint:exhaustive // the others have no text
		case reflect.String:
			if v.String() != "" && name != "Hash" && name != "Currency" && name != "Kind" {
				v.SetString(disguised(v.String()))
			}
		case reflect.Pointer:
			if !v.IsNil() {
				own := reflect.New(v.Type().Elem())
				own.Elem().Set(v.Elem())
				v.Set(own)
				walk(own.Elem(), name)
			}
		case reflect.Slice:
			if v.Type().Elem().Kind() == reflect.String || v.Type().Elem().Kind() == reflect.Struct && v.Type().Elem() != reflect.TypeFor[attribute.KeyValue]() {
				own := reflect.MakeSlice(v.Type(), v.Len(), v.Len())
				reflect.Copy(own, v)
				v.Set(own)
				for i := range v.Len() {
					walk(v.Index(i), name)
				}
			}
		case reflect.Struct:
			for i := range v.NumField() {
				// What the blueprint knows has its names.
				if f := v.Type().Field(i); f.IsExported() && (f.Name != "Name" && f.Name != "Namespace" || v.Type() != reflect.TypeFor[event.Run]() && v.Type() != reflect.TypeFor[event.Promise]()) {
					walk(v.Field(i), f.Name)
				}
			}
		}
	}
	walk(reflect.ValueOf(e).Elem(), "")
	e.Attributes = slices.Clone(e.Attributes)
	for i, kv := range e.Attributes {
		if kv.Value.Type() == attribute.STRING {
			e.Attributes[i] = attribute.String(string(kv.Key), disguised(kv.Value.AsString()))
		}
	}
}

func disguised(text string) string {
	h := fnv.New32a()
	_, _ = h.Write([]byte(text))
	return hostile[h.Sum32()%uint32(len(hostile))] + text //nolint:gosec // there are few
}

// hostileEvents are those of the planted desk, with hostile texts and some names of half a megabyte.
func hostileEvents(t *testing.T) []event.Event {
	t.Helper()
	log, mentions := planted(t)
	archive := filepath.Join(t.TempDir(), "archive.db")
	output(t, build(t, "cmd/cairn"), "replay", "--archive", archive, "--feedback", mentions, "testdata/planted.yaml", log)
	events := eventsOf(t, readSQLite(t, archive))
	for i := range events {
		disguise(&events[i])
	}
	// Some events of each kind, in the week of the report.
	const each = 4
	giants := 0
	seen := map[event.Kind]int{}
	for i := range slices.Backward(events) {
		e := &events[i]
		if seen[e.Kind]++; seen[e.Kind] > each {
			continue
		}
		// The JSON of an event has at most two megabytes.
		texts := []*string{&e.Touchpoint, &e.Cause, &e.Intent, &e.Customer.Segment}
		if f := e.Feedback; f != nil {
			f.Causes = []string{"cause"}
			texts = []*string{&f.Comment, &f.Causes[0], &f.Survey, &f.Source}
		}
		*texts[giants%len(texts)] = giant
		giants++
	}
	return events
}

// TestHostile: texts of an archive and of JSON lines are text in every form of every command, however long they are, and both sources have the same bytes.
func TestHostile(t *testing.T) {
	t.Parallel()
	const plan = "testdata/planted.yaml"
	cairn, events := build(t, "cmd/cairn"), hostileEvents(t)
	archive := filepath.Join(t.TempDir(), "hostile.db")
	a, err := sqlarchive.OpenSQLite(archive, sqlarchive.WithoutFsync())
	if err != nil {
		t.Fatal(err)
	}
	export(t, a, events)
	file, _ := inLines(t, events)

	all := forms(t, "text", plan, archive)
	all["json"] = string(output(t, cairn, "report", "--json", "--week", "2026-W12", "--by", "team,impact", plan, archive))
	for form, text := range all {
		harmless(t, form, text)
	}
	for form, want := range map[string]string{"html": "&lt;", "mail": "&lt;", "csv": ",'", "markdown": "\\[z\\]", "json": "\\u0000"} {
		if !strings.Contains(all[form], want) {
			t.Errorf("%s has no hostile text, such as %s", form, want)
		}
	}
	again := forms(t, "text", plan, file)
	for _, form := range slices.Sorted(maps.Keys(again)) {
		if all[form] != again[form] {
			t.Errorf("the report as %s of the archive has %d bytes, of the JSON lines %d others", form, len(all[form]), len(again[form]))
		}
	}
	run := ""
	for _, e := range slices.Backward(events) {
		if e.Journey.ID != "" && utf8.ValidString(e.Journey.ID) && !strings.Contains(e.Journey.ID, "\x00") {
			run = e.Journey.ID
			break
		}
	}
	for _, args := range [][]string{
		{"ask", "outcomes"},
		{"ask", "compare", "--by", "impact,team,segment"},
		{"ask", "time"},
		{"ask", "paths"},
		{"ask", "voice"},
		{"ask", "support"},
		{"ask", "promises", "--by", "impact"},
		{"ask", "goes-with", "--bad", "not-completed"},
		{"runs"},
		{"show", "--", run},
	} {
		for _, as := range []string{"text", "json"} {
			if !whole() && (as == "json" || !slices.Contains([]string{"compare", "voice", "--"}, args[min(1, len(args)-1)])) {
				continue
			}
			one := slices.Clone(args)
			if as == "json" {
				one = slices.Insert(one, 1, "--json")
			}
			one = append(one, plan, archive)
			text := string(output(t, cairn, one...))
			harmless(t, as, text, args...)
		}
	}
}

// bounds are how long the forms may be in bytes, of events that are longer.
var bounds = map[string]int{"text": 1 << 16, "mail": 102_000, "markdown": 1 << 20, "html": 1 << 21, "csv": 1 << 20}

// harmless reports what a form has that is more than text.
func harmless(t *testing.T, form, text string, of ...string) {
	t.Helper()
	if most := bounds[form]; most > 0 && len(text) > most {
		t.Errorf("%s of %q has %d bytes, want at most %d", form, of, len(text), most)
	}
	switch form {
	case "json":
		if !json.Valid([]byte(text)) {
			t.Error("the JSON is not valid")
		}
		return
	case "csv":
		harmlessCSV(t, text)
		return
	case "html", "mail":
		for _, markup := range []string{"<script>a", "<img", "</title><", "<b>g"} {
			if strings.Contains(text, markup) {
				t.Errorf("%s has %s", form, markup)
			}
		}
	case "markdown":
		for line := range strings.Lines(text) {
			if strings.ContainsAny(line, "<") || strings.Contains(strings.ReplaceAll(line, `\](`, ""), "](") {
				t.Errorf("Markdown has %.200q", line)
			}
		}
	}
	for i, c := range text {
		if c < ' ' && c != '\n' && c != '\t' || c >= 0x7f && c <= 0x9f || c >= 0x202a && c <= 0x202e || c == 0x2066 || c == 0x200f {
			t.Errorf("%s has %U in %.80q", form, c, text[max(0, i-40):min(len(text), i+40)])
			return
		}
	}
}

func harmlessCSV(t *testing.T, text string) {
	t.Helper()
	rows, err := csv.NewReader(strings.NewReader(text)).ReadAll()
	if err != nil {
		t.Fatal(err)
	}
	for _, row := range rows[1:] {
		for i, cell := range row {
			if _, err := strconv.ParseFloat(cell, 64); cell != "" && err != nil && strings.ContainsRune("=+-@\t\r＝＋－＠", []rune(cell)[0]) {
				t.Errorf("the column %s has %.80q", rows[0][i], cell)
			}
		}
	}
}
