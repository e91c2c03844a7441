package draft_test

import (
	"bytes"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"cairncx.dev/cairn/cmd/cairn/internal/draft"
	"cairncx.dev/cairn/cx/blueprint/yaml"
	"cairncx.dev/cairn/cx/slo/openslo"
)

// what the objectives below are about, which OpenSLO does not have.
const declared = `version: 1
zone: Europe/London
journeys:
  - {name: checkout, abandon_after: 30m}
  - name: "yes"
    abandon_after: 1d
    promises: [{name: "a: b # c", within: 2d}]
touchpoints:
  - {name: "\"submit\" {payment}", satisfied: 800ms}
surveys:
  - {name: "2026", scale: nps}
`

const promised = `objectives:
  - name: "null"
    description: "Buys: \"all\" of it"
    owner: "- team"
    runbook: https://wiki.example/checkout?a=b#c
    journey: checkout
    good: {outcome: [completed, cancelled], within: 1h30m}
    except: {actor: [delegate], channel: [web, in_person], segment: ["a, b", "~"], cause: ["[x]"]}
    target: 99.95%
    window: 2w
    min_events: 50
    by: [channel, segment]
  - {name: kept, journey: "yes", promise: "a: b # c", target: 40%, window: calendar-quarter}
  - {name: fast, touchpoint: "\"submit\" {payment}", good: {apdex: [satisfied, tolerating]}, target: 90%, window: 7d}
  - {name: "1e3", survey: "2026", good: {score_at_least: 0, score_at_most: 6, verdict: [detractor]}, target: 1%, window: calendar-week}
`

// TestOpenSLO: objectives that were written as OpenSLO are the same in the draft, once their subjects are declared.
func TestOpenSLO(t *testing.T) {
	t.Parallel()
	want, err := yaml.Parse("want", []byte(declared+promised))
	if err != nil {
		t.Fatal(err)
	}
	text, err := openslo.Write(want.AllObjectives())
	if err != nil {
		t.Fatal(err)
	}
	objectives, warnings, err := openslo.Read(bytes.NewReader(text))
	if err != nil {
		t.Fatal(err)
	}
	made := string(draft.OpenSLO(objectives, warnings, nil, nil))
	head, tail, ok := strings.Cut(made, "\nobjectives:\n")
	if !ok {
		t.Fatalf("the draft has no objectives:\n%s", made)
	}
	for _, subject := range []string{"  - {name: checkout}\n", "  - {name: \"yes\"}\n", `  - {name: "\"submit\" {payment}"}` + "\n", "  - {name: \"2026\"}"} {
		if strings.Count(head+"\n", subject) != 1 {
			t.Errorf("the draft does not name once %q:\n%s", subject, head)
		}
	}
	got, err := yaml.Parse("draft", []byte(declared+"objectives:\n"+tail))
	if err != nil {
		t.Fatalf("%v\n%s", err, made)
	}
	if diff := cmp.Diff(want.AllObjectives(), got.AllObjectives()); diff != "" {
		t.Errorf("other objectives (-want +got):\n%s\n%s", diff, made)
	}
}

// TestOpenSLONotes: equal warnings are one note with its objects, and a text cannot leave its comment.
func TestOpenSLONotes(t *testing.T) {
	t.Parallel()
	var warnings []openslo.Warning
	for _, name := range []string{"a", "b", "c", "d", "e", "f", "g"} {
		warnings = append(warnings, openslo.Warning{Object: "SLO " + name, Message: "has a query"})
	}
	warnings = append(warnings, openslo.Warning{Object: "SLO a\nversion: 2", Message: "is odd"})
	made := string(draft.OpenSLO(nil, warnings, []string{"SLO z:\nno"}, nil))
	for _, want := range []string{
		"# SLO a, SLO b, SLO c, SLO d, SLO e, and 2 more: has a query\n",
		"# SLO a\n# version: 2: is odd\nversion: 1\n",
		"# Left out:\n#   SLO z:?no\n",
	} {
		if !strings.Contains(made, want) {
			t.Errorf("the draft lacks %q:\n%s", want, made)
		}
	}
}
