package main

import (
	"bytes"
	"fmt"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"cairncx.dev/cairn/cmd/cairn/internal/report"
)

// TestReplayAttributes: a column of the log travels as an attribute of the spans, and the report does not change.
func TestReplayAttributes(t *testing.T) { //nolint:paralleltest // OpenTelemetry has one error handler for the process
	r := &receiver{}
	server := httptest.NewServer(r)
	defer server.Close()
	dir := t.TempDir()
	const log = "order,step,at,Team\n1,cart,2026-04-17T09:00:00Z,red\n1,pay,2026-04-17T09:01:00Z,\n2,cart,2026-04-17T09:02:00Z,blue\n"
	for name, text := range map[string]string{
		"log.csv":        log,
		"blueprint.yaml": "version: 1\njourneys: [{name: checkout, stages: [{name: shop}]}]\ntouchpoints: [{name: cart, journey: checkout, stage: shop}, {name: pay, journey: checkout, stage: shop}]\n",
	} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	replay := func(mapped string, more ...string) string {
		var stdout, stderr bytes.Buffer
		args := append([]string{"replay", "--blueprint", filepath.Join(dir, "blueprint.yaml"), "--map", "case=order,activity=step,time=at" + mapped}, more...)
		if code := run(t.Context(), append(args, filepath.Join(dir, "log.csv")), nil, &stdout, &stderr); code != exitOK {
			t.Fatalf("exit code %d: %s", code, &stderr)
		}
		return stdout.String()
	}
	plain, with := replay(""), replay(",attr.team=Team", "--otlp", server.URL+"/otlp")
	if with != plain {
		t.Errorf("the report is\n%s\nwant\n%s", with, plain)
	}
	got := map[string]int{}
	for _, s := range r.spans {
		if s.GetName() != "cart" && s.GetName() != "pay" {
			continue
		}
		team := "none"
		for _, kv := range s.GetAttributes() {
			if kv.GetKey() == "team" {
				team = kv.GetValue().GetStringValue()
			}
		}
		got[s.GetName()+" "+team]++
	}
	if len(got) != 3 || got["cart red"] != 1 || got["cart blue"] != 1 || got["pay none"] != 1 {
		t.Errorf("the spans are %v, want a team on both carts", got)
	}
}

// TestInitKeepsAttributes: cairn init keeps the attributes that the user has named, and guesses those of columns with few values that are
// not about people.
func TestInitKeepsAttributes(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	one, many := filepath.Join(dir, "one.csv"), filepath.Join(dir, "many.csv")
	var rows strings.Builder
	rows.WriteString("case,activity,time,team,Impact (1-3),agent,note,started\n")
	for i := range 60 {
		fmt.Fprintf(&rows, "%d,cart,2026-01-31,%s,%d,a%d,n%d,2026-01-%02d\n", i/2, []string{"red", "blue"}[i%2], i%3, i%2, i, i%3+1)
	}
	for file, text := range map[string]string{one: "case,activity,time,team\n1,cart,2026-01-31,red\n", many: rows.String()} {
		if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	const columns = "  columns: {case: case, activity: activity, time: time}\n"
	const unused = "  # Columns that are not used. Add one to attributes to compare by it, if it has no personal data: "
	for args, want := range map[string]string{
		one:                                    columns + unused + "team\n  time_format",
		"--map attr.team=team " + one:          columns + "  attributes: {team: team}\n",
		"--map attr.a=team,attr.b=team " + one: columns + "  attributes: {a: team, b: team}\n",
		many:                                   columns + unused + "agent, note, started\n  attributes: {impact-1-3: \"Impact (1-3)\", team: team}\n",
		"--map attr.who=agent " + many:         columns + unused + "note, started\n  attributes: {impact-1-3: \"Impact (1-3)\", team: team, who: agent}\n",
	} {
		var stdout, stderr bytes.Buffer
		if code := run(t.Context(), append([]string{"init"}, strings.Fields(args)...), nil, &stdout, &stderr); code != exitOK {
			t.Fatalf("init %s: exit code %d: %s", args, code, &stderr)
		}
		if !strings.Contains(stdout.String(), want) {
			t.Errorf("init %s writes\n%s\nwant\n%s", args, &stdout, want)
		}
	}
}

// TestReplayPromises: a log of Cairn's own events may have promises. The report is that of the log without them.
func TestReplayPromises(t *testing.T) {
	t.Parallel()
	const journey = `"journey":{"namespace":"p","name":"checkout","id":"1"}`
	lines := []string{
		`{"v":1,"kind":"journey.started","time":"2026-04-17T09:30:00Z",` + journey + `}`,
		`{"v":1,"kind":"promise.made","time":"2026-04-17T09:30:00Z",` + journey + `,"promise":{"name":"answered","number":1,"due":"2026-04-17T10:00:00Z"}}`,
		`{"v":1,"kind":"touchpoint.ended","time":"2026-04-17T09:31:00Z",` + journey + `,"touchpoint":"cart","outcome":"ok"}`,
		`{"v":1,"kind":"promise.kept","time":"2026-04-17T09:31:00Z","duration_seconds":60,` + journey + `,"promise":{"name":"answered","number":1}}`,
		`{"v":1,"kind":"journey.ended","time":"2026-04-17T09:32:00Z",` + journey + `,"outcome":"completed"}`,
		`{"v":1,"kind":"promise.broken","time":"2026-04-17T09:33:00Z",` + journey + `,"promise":{"name":"called"}}`,
		`{"v":1,"kind":"promise.withdrawn","time":"2026-04-17T09:33:00Z",` + journey + `,"promise":{"name":"called"}}`,
	}
	const blueprint = "version: 1\njourneys: [{name: checkout, stages: [{name: shop}]}]\ntouchpoints: [{name: cart, journey: checkout, stage: shop}]\n"
	reports := map[bool]report.Report{}
	for _, promises := range []bool{true, false} {
		dir := t.TempDir()
		var log strings.Builder
		for _, line := range lines {
			if promises || !strings.Contains(line, `"promise.`) {
				log.WriteString(line + "\n")
			}
		}
		for name, text := range map[string]string{"blueprint.yaml": blueprint, "log.jsonl": log.String()} {
			if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600); err != nil {
				t.Fatal(err)
			}
		}
		reports[promises] = replayed(t, "--blueprint", filepath.Join(dir, "blueprint.yaml"), filepath.Join(dir, "log.jsonl"))
	}
	with, without := reports[true], reports[false]
	if with.Rejected != 0 {
		t.Errorf("%d events are rejected, want none", with.Rejected)
	}
	if diff := cmp.Diff(without.Journeys, with.Journeys); diff != "" {
		t.Errorf("the journeys with promises (-without +with):\n%s", diff)
	}
}
