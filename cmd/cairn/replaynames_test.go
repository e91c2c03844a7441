package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"cairncx.dev/cairn/cmd/cairn/internal/report"
)

// TestReplayNormalForm: a log may write accents as letters with combining marks. Names and channels are then
// the same as in the blueprint, which has them in normal form C.
func TestReplayNormalForm(t *testing.T) {
	t.Parallel()
	write := writer(t)
	blueprint := write("b.yaml", "version: 1\njourneys:\n  - name: pago\n    stages:\n      - name: inicio\ntouchpoints:\n"+
		"  - name: \"Se\u00f1al\"\n    journey: pago\n    stage: inicio\nchannels:\n  \"tel\u00e9fono\": phone\n")
	log := write("log.csv", "id,paso,hora,canal\n"+
		"1,Se\u00f1al,2026-03-02T10:00:00Z,tel\u00e9fono\n"+
		"1,Sen\u0303al,2026-03-02T10:00:01Z,tele\u0301fono\n"+
		"2,Sen\u0303al,2026-03-02T10:00:02Z,web\n")
	r := replayed(t, "--blueprint", blueprint, "--map", "case=id,activity=paso,time=hora,channel=canal", log)
	if r.Events != 3 || r.Unknown != 0 || r.Rejected != 0 {
		t.Errorf("%d events, %d with an unknown name, %d rejected; want 3 known ones", r.Events, r.Unknown, r.Rejected)
	}
	if len(r.UnknownChannels) > 0 {
		t.Errorf("the channels %q are unknown", r.UnknownChannels)
	}
	for _, j := range r.Journeys {
		for _, tp := range j.Touchpoints {
			if tp.Name == "Se\u00f1al" && tp.Count == 3 && tp.Channels["phone"] == 2 && tp.Channels["web"] == 1 {
				return
			}
		}
	}
	t.Errorf("want 3 interactions with the touchpoint, 2 of them by phone: %+v", r.Journeys)
}

// TestReplayListedNames: a queue or an intent that is not in its list counts as _other, and the report names it and what was meant.
// A blueprint without the list permits every name.
func TestReplayListedNames(t *testing.T) {
	t.Parallel()
	write := writer(t)
	log := write("log.csv", "id,step,at,team,waited,why\n"+
		"1,call,2026-03-02T10:00:00Z,support,5,refund\n"+
		"2,call,2026-03-02T10:00:01Z,suport,5,refunds\n"+
		"3,call,2026-03-02T10:00:02Z,,,_other\n")
	columns := "case=id,activity=step,time=at,group=team,wait=waited,intent=why"
	listed := write("listed.yaml", "version: 1\ntouchpoints: [{name: call}]\nqueues: [{name: support}]\nintents: [refund]\n")
	r := replayed(t, "--allow", "unknown", "--blueprint", listed, "--map", columns, log)
	want := []report.UnknownName{
		{Kind: "intent", Name: "refunds", Count: 1, Suggestion: "refund"}, {Kind: "queue", Name: "suport", Count: 1, Suggestion: "support"},
	}
	if diff := cmp.Diff(want, r.UnknownNames); r.Unknown != 1 || diff != "" {
		t.Errorf("%d events with an unknown name, want 1 (-want +got):\n%s", r.Unknown, diff)
	}
	unlisted := write("unlisted.yaml", "version: 1\ntouchpoints: [{name: call}]\n")
	if r := replayed(t, "--blueprint", unlisted, "--map", columns, log); r.Unknown != 0 {
		t.Errorf("without lists: %+v", r.UnknownNames)
	}
	var stdout, stderr strings.Builder
	code := run(t.Context(), []string{"replay", "--strict", "--blueprint", listed, "--map", columns, log}, strings.NewReader(""), &stdout, &stderr)
	if code == 0 || !strings.Contains(stderr.String(), `log.csv:3: the blueprint has no intent "refunds": did you mean "refund"?`) {
		t.Errorf("--strict: %d, %s", code, stderr.String())
	}
}

// TestReplayListedCauses: the cause for which an employee could not help is in the list of causes, as that of a failure is.
func TestReplayListedCauses(t *testing.T) {
	t.Parallel()
	write := writer(t)
	const contact = `{"v":1,"kind":"touchpoint.ended","time":"2026-03-02T10:00:00Z","touchpoint":"call","channel":"phone","outcome":"failed",`
	log := write("log.jsonl", contact+`"cause":"no_authority","assisted":{"unable":"no_authority"}}
`+contact+`"cause":"no_autority","assisted":{"unable":"no_autority"}}
`+contact+`"assisted":{"unable":"no_autority"}}
`)
	blueprint := write("b.yaml", "version: 1\ntouchpoints: [{name: call}]\nqueues: [{name: support}]\ncauses: [no_authority]\n")
	r := replayed(t, "--allow", "unknown", "--blueprint", blueprint, log)
	want := []report.UnknownName{{Kind: "cause", Name: "no_autority", Count: 2, Suggestion: "no_authority"}}
	if diff := cmp.Diff(want, r.UnknownNames); r.Events != 3 || r.Unknown != 2 || diff != "" {
		t.Errorf("%d of %d events have an unknown name, want 2 of 3 (-want +got):\n%s", r.Unknown, r.Events, diff)
	}
}

// writer returns a function that writes a file into a folder of the test, and returns its path.
func writer(t *testing.T) func(name, text string) string {
	t.Helper()
	dir := t.TempDir()
	return func(name, text string) string {
		path := filepath.Join(dir, name)
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		return path
	}
}

// TestReplayFollowUps: the runs of follow-ups, actions and breakdowns have the names of the blueprint, also in a log that a service has written.
func TestReplayFollowUps(t *testing.T) {
	t.Parallel()
	write := writer(t)
	blueprint := write("b.yaml", "version: 1\nfollow_ups:\n  - {name: complaint, acknowledge: 24h}\nactions:\n  - {name: improvement}\nbreakdowns: {mend: 30d}\n")
	line := func(id, kind, journey, stage string) string {
		return `{"v":1,"id":"0199b3c2-5d1e-7a40-8c11-00000000000` + id + `","kind":"` + kind + `","time":"2026-03-02T10:00:0` + id + `Z","journey":{"name":"` + journey + `","id":"1"},"stage":"` + stage + "\"}\n"
	}
	log := write("log.jsonl", line("1", "journey.started", "complaint", "")+line("2", "journey.stage.entered", "complaint", "acknowledged")+
		line("3", "journey.stage.entered", "improvement", "made")+line("4", "journey.stage.entered", "complaint", "acknowleged")+line("5", "journey.stage.entered", "breakdown", "confirmed"))
	r := replayed(t, "--blueprint", blueprint, "--allow", "unknown", log)
	if r.Events != 5 || r.Unknown != 1 || len(r.UnknownNames) != 1 || r.UnknownNames[0].Name != "acknowleged" {
		t.Errorf("%d events, %d with an unknown name: %+v; want the misspelt step alone", r.Events, r.Unknown, r.UnknownNames)
	}
}
