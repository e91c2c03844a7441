package yaml_test

import (
	"bytes"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"cairncx.dev/cairn/cx/blueprint"
	"cairncx.dev/cairn/cx/blueprint/yaml"
)

const logFile = `version: 1
journeys: [{name: ticket}, {name: resolution}]
touchpoints:
- {name: opened, journey: ticket}
- {name: resolved, journey: ticket, ends: completed}
- {name: done, journey: resolution, ends: completed}
`

// logMistakes are faulty logs in a blueprint.
func logMistakes() []mistake {
	return []mistake{
		{"empty log", "it says nothing", logFile + "log: {}\n", []string{"7:6: log: says nothing"}, false},
		{"log without a value", "write one", logFile + "log:\n", []string{"7:1: log: has no value"}, true},
		{"column alone", "three are required", logFile + "log: {columns: {case: a}}\n", []string{"7:16: log.columns.activity: |what happened", "7:16: log.columns.time: |missing"}, true},
		{"key of --map", "columns are below columns", logFile + "log: {case: a}\n", []string{"7:6: log: says nothing", `7:7: log: there is no key "case" here`}, true},
		{"touchpoint of an activity", "a typing mistake", logFile + "log: {activities: {Resolve: [resolved, dne]}}\n", []string{`7:40: log.activities["Resolve"][1]: |did you mean "done"?`}, false},
		{"touchpoint as text", "the same in one word", logFile + "log: {activities: {Resolve: dne}}\n", []string{`7:29: log.activities["Resolve"][0]: |did you mean "done"?`}, false},
		{"activity without a value", "an empty list leaves rows out", logFile + "log: {activities: {Resolve: }}\n", []string{`7:20: log.activities["Resolve"]: has no value`}, true},
		{"two of a journey", "which of the two came first", logFile + "log: {activities: {Resolve: [opened, resolved]}}\n", []string{`7:38: log.activities["Resolve"][1]: |as is "opened"`}, false},
		{"delimiter of a log", "a tab is written as a word", logFile + `log: {delimiter: "\t"}` + "\n", []string{"7:18: log.delimiter: |or tab"}, true},
		{"attribute of Cairn", "it would replace another one", logFile + "log: {attributes: {cx.team: a}}\n", []string{`7:29: log.attributes["cx.team"]: |Cairn's own`}, true},
	}
}

// TestLog: Parse reads a log, Write writes it so that Parse reads the same, and the schema accepts both.
func TestLog(t *testing.T) {
	t.Parallel()
	const file = logFile + `log:
  columns: {case: Case ID, activity: Activity, time: Complete Timestamp, customer: "yes", group: Team}
  attributes: {team: Team, "on": "#"}
  time_format: "%d.%m.%Y %H:%M"
  zone: Europe/Amsterdam
  delimiter: ";"
  encoding: windows-1252
  activities:
    Resolve ticket: [resolved, done]
    Insert ticket: opened
    "null": []
`
	want := &blueprint.Log{
		Columns:    blueprint.LogColumns{Case: "Case ID", Activity: "Activity", Time: "Complete Timestamp", Customer: "yes", Group: "Team"},
		Attributes: map[string]string{"team": "Team", "on": "#"},
		TimeFormat: "%d.%m.%Y %H:%M", Zone: "Europe/Amsterdam", Delimiter: ";", Encoding: "windows-1252",
		Activities: map[string]blueprint.Activity{"Resolve ticket": {"resolved", "done"}, "Insert ticket": {"opened"}, "null": nil},
	}
	b, err := yaml.Parse("f", []byte(file))
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(want, b.Log); diff != "" {
		t.Errorf("(-want +got)\n%s", diff)
	}
	roundTrip(t, b)
	var out bytes.Buffer
	if err := yaml.Write(&out, b); err != nil {
		t.Fatal(err)
	}
	for _, line := range []string{"\n    Insert ticket: opened\n", "\n    \"null\": []\n", "\n    Resolve ticket:\n      - resolved\n      - done\n"} {
		if !strings.Contains(out.String(), line) {
			t.Errorf("Write writes no %q:\n%s", line, &out)
		}
	}
	s := compile(t)
	for _, text := range []string{file, out.String()} {
		if err := check(s, []byte(text)); err != nil {
			t.Errorf("the schema: %v\n%s", err, text)
		}
	}
}
