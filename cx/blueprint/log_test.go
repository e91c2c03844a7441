package blueprint_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"cairncx.dev/cairn/cx/blueprint"
	"cairncx.dev/cairn/cx/event"
)

// tickets has a log with every field.
func tickets() *blueprint.Blueprint {
	return &blueprint.Blueprint{
		Version:  1,
		Journeys: []blueprint.Journey{{Name: "ticket"}, {Name: "resolution"}},
		Touchpoints: []blueprint.Touchpoint{
			{Name: "Create ticket", Journey: "ticket"},
			{Name: "resolved", Journey: "ticket", Ends: "completed"},
			{Name: "begun", Journey: "resolution"},
			{Name: "done", Journey: "resolution", Ends: "completed"},
			{Name: "mail"},
			{Name: "call"},
		},
		Log: &blueprint.Log{
			Columns: blueprint.LogColumns{
				Case: "ID", Activity: "What", Time: "When, local", Channel: "Via", Customer: "Who", Outcome: "How", Direction: "In or out", Purpose: "Why",
				Wait: "w", Talk: "t", Hold: "h", Wrap: "a", Group: "Team", Resource: "Agent", Intent: "About",
			},
			Attributes: map[string]string{"team": "Team", "impact": "Impact"},
			TimeFormat: "%d.%m.%Y %H:%M", Zone: "Europe/Amsterdam", Delimiter: ";", Encoding: "windows-1252",
			Activities: map[string]blueprint.Activity{"Resolve ticket": {"resolved", "done", "mail", "call"}, "Assign seriousness": {}, "Create ticket": {"Create ticket", "begun"}},
		},
	}
}

func TestValidateLog(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name, reason string
		change       func(*blueprint.Blueprint)
		want         []string // "path: a part of the message"
	}{
		{"full", "it uses every field", func(*blueprint.Blueprint) {}, nil},
		{"none", "a blueprint needs no log", func(b *blueprint.Blueprint) { b.Log = nil }, nil},
		{"nothing", "it would be written as an empty key", func(b *blueprint.Blueprint) { b.Log = &blueprint.Log{} }, []string{"log: says nothing"}},
		{"zone alone", "the columns are on the command line", func(b *blueprint.Blueprint) { b.Log = &blueprint.Log{Zone: "UTC"} }, nil},
		{"activities alone", "Cairn's own events have no columns", func(b *blueprint.Blueprint) { b.Log.Columns = blueprint.LogColumns{} }, nil},
		{"three columns", "the others are optional", func(b *blueprint.Blueprint) {
			b.Log = &blueprint.Log{Columns: blueprint.LogColumns{Case: "a", Activity: "b", Time: "c"}}
		}, nil},
		{"a column alone", "three are required", func(b *blueprint.Blueprint) {
			b.Log.Columns = blueprint.LogColumns{Channel: "Via"}
		}, []string{"log.columns.case: missing", "log.columns.activity: what happened", "log.columns.time: missing"}},
		{"column of two lines", "a header is one line", func(b *blueprint.Blueprint) { b.Log.Columns.Group = "a\nb" }, []string{`log.columns.group: "a\nb" is not a text`}},
		{"column of spaces", "a typing mistake", func(b *blueprint.Blueprint) { b.Log.Columns.Wait = " " }, []string{"log.columns.wait: is not a text"}},
		{"unknown zone", "a typing mistake", func(b *blueprint.Blueprint) { b.Log.Zone = "Europe/Lodnon" }, []string{"log.zone: there is no zone"}},
		{"zone of the machine", "two people would read different times", func(b *blueprint.Blueprint) { b.Log.Zone = "Local" }, []string{"log.zone: the zone of the server"}},
		{"delimiter", "a tab is written as a word", func(b *blueprint.Blueprint) { b.Log.Delimiter = "\t" }, []string{"log.delimiter: or tab"}},
		{"two characters", "a delimiter is one", func(b *blueprint.Blueprint) { b.Log.Delimiter = ";;" }, []string{"log.delimiter: one character"}},
		{"a quote", "it begins a text", func(b *blueprint.Blueprint) { b.Log.Delimiter = `"` }, []string{"log.delimiter: one character"}},
		{"tab", "the word", func(b *blueprint.Blueprint) { b.Log.Delimiter = "tab" }, nil},
		{"attribute of Cairn", "it would replace another one", func(b *blueprint.Blueprint) { b.Log.Attributes["cx.journey"] = "x" }, []string{`log.attributes["cx.journey"]: Cairn's own`}},
		{"attribute without a key", "it cannot be named", func(b *blueprint.Blueprint) { b.Log.Attributes[""] = "x" }, []string{`log.attributes[""]: not a key`}},
		{"attribute without a column", "nothing to read", func(b *blueprint.Blueprint) { b.Log.Attributes["x"] = "" }, []string{`log.attributes["x"]: column is missing`}},
		{"too many attributes", "an event has 32", func(b *blueprint.Blueprint) {
			for i := range event.MaxAttributes {
				b.Log.Attributes[fmt.Sprint("a", i)] = "x"
			}
		}, []string{"log.attributes: at most 32"}},
		{"unknown touchpoint", "a typing mistake", func(b *blueprint.Blueprint) { b.Log.Activities["Resolve ticket"][1] = "dne" }, []string{`log.activities["Resolve ticket"][1]: did you mean "done"?`}},
		{"touchpoint twice", "it would count twice", func(b *blueprint.Blueprint) { b.Log.Activities["Resolve ticket"][1] = "resolved" }, []string{`log.activities["Resolve ticket"][1]: occurs twice`}},
		{"two of a journey", "which of the two happened first", func(b *blueprint.Blueprint) { b.Log.Activities["Resolve ticket"][1] = "Create ticket" }, []string{`log.activities["Resolve ticket"][1]: in the journey "ticket", as is "resolved"`}},
		{"no activity", "no row has it", func(b *blueprint.Blueprint) { b.Log.Activities[""] = nil }, []string{`log.activities[""]: not an activity`}},
		{"activity with a space behind it", "the reader cuts it off", func(b *blueprint.Blueprint) { b.Log.Activities["a "] = nil }, []string{`log.activities["a "]: spaces`}},
		{"activity in another form", "the reader brings it into form C", func(b *blueprint.Blueprint) { b.Log.Activities["Cafe\u0301"] = nil }, []string{"log.activities[\"Cafe\u0301\"]: normal form C"}},
		{"longest activity", "longer than a name", func(b *blueprint.Blueprint) { b.Log.Activities[strings.Repeat("x", blueprint.MaxActivity)] = nil }, nil},
		{"too long an activity", "the reader cuts it", func(b *blueprint.Blueprint) { b.Log.Activities[strings.Repeat("x", blueprint.MaxActivity+1)] = nil }, []string{"log.activities[\"xxx: 256 bytes"}},
		{"too many activities", "1,001", func(b *blueprint.Blueprint) {
			for i := range blueprint.MaxNames {
				b.Log.Activities[fmt.Sprint("a", i)] = nil
			}
		}, []string{"log.activities: at most 1000"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			b := tickets()
			c.change(b)
			err := b.Validate()
			if got := pathsOf(t, err); len(got) != len(c.want) {
				t.Fatalf("the problems are %q, want %q: %s", got, c.want, c.reason)
			}
			for _, want := range c.want {
				path, part, _ := strings.Cut(want, ": ")
				if text := err.Error(); !strings.Contains(text, path) || !strings.Contains(text, part) {
					t.Errorf("the error is\n%s\nwant %s: %s", text, want, c.reason)
				}
			}
		})
	}
}

// TestLogTouchpoints: an activity is the touchpoint of its name, unless the log says otherwise.
func TestLogTouchpoints(t *testing.T) {
	t.Parallel()
	l := tickets().Log
	for activity, want := range map[string][]string{
		"Resolve ticket": {"resolved", "done", "mail", "call"}, "Assign seriousness": {}, "resolved": {"resolved"}, "resolve ticket": {"resolve ticket"},
	} {
		if got := l.Touchpoints(activity); !slices.Equal(got, want) {
			t.Errorf("%s is %q, want %q", activity, got, want)
		}
	}
	var none *blueprint.Log
	if got := none.Touchpoints("a"); !slices.Equal(got, []string{"a"}) {
		t.Errorf("without a log a is %q", got)
	}
}
