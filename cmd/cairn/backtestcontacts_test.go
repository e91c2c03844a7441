package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// TestBacktestContacts: for the calls of a telephone system, the objectives on a queue count what is counted row by row. A log of calls has no
// ends of efforts, and the report says so.
func TestBacktestContacts(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "team.yaml")
	if err := os.WriteFile(path, []byte(`version: 1
touchpoints: [{name: helpline}]
queues: [{name: support, service_level: {within: 20s, variant: positive}}, {name: billing}]
intents: [refund]
objectives:
  - {name: answers, queue: support, good: {service_level: true}, target: 80%, window: 7d}
  - {name: waits, queue: support, good: {wait_within: 1m}, target: 90%, window: 7d}
  - {name: billing-waits, queue: billing, good: {wait_within: 1m}, target: 90%, window: 7d}
  - {name: solved-at-once, effort: all, target: 70%, window: 7d}
`), 0o600); err != nil {
		t.Fatal(err)
	}
	type counts struct{ good, bad int }
	want := map[string]counts{"solved-at-once": {}}
	count := func(name string, counted, good bool) {
		c := want[name]
		switch {
		case good:
			c.good++
		case counted:
			c.bad++
		}
		want[name] = c
	}
	r := rand.New(rand.NewPCG(14, 0)) //nolint:gosec // repeatable
	var log strings.Builder
	log.WriteString("call,step,began,team,waited,talked,why\n")
	at := time.Date(2026, 3, 2, 8, 0, 0, 0, time.UTC)
	for i := range 400 {
		at = at.Add(time.Duration(1+r.IntN(9)) * time.Minute)
		team := []string{"support", "billing"}[r.IntN(2)]
		wait, talked, answered := []int{0, 5, 6, 20, 21, 60, 61, 300}[r.IntN(8)], "", r.IntN(3) > 0
		if answered {
			talked = "90"
		}
		fmt.Fprintf(&log, "%d,helpline,%s,%s,%d,%s,refund\n", i, at.Format(time.RFC3339), team, wait, talked)
		if team == "billing" {
			count("billing-waits", answered || wait > 60, answered && wait <= 60)
			continue
		}
		count("answers", answered || wait >= 6, wait <= 20 && (answered || wait >= 6)) // a customer who leaves in time counts as answered
		count("waits", answered || wait > 60, answered && wait <= 60)
	}
	var stdout, stderr bytes.Buffer
	args := []string{"backtest", "-b", path, "--json", "--map", "case=call,activity=step,time=began,group=team,wait=waited,talk=talked,intent=why", "-"}
	if code := run(t.Context(), args, strings.NewReader(log.String()), &stdout, &stderr); code != exitOK {
		t.Fatalf("exit code %d: %s", code, &stderr)
	}
	var got struct {
		Hints      []string
		Objectives []struct {
			Name      string
			Good, Bad int
		}
	}
	if err := json.Unmarshal(stdout.Bytes(), &got); err != nil {
		t.Fatal(err)
	}
	for _, o := range got.Objectives {
		if c := want[o.Name]; o.Good != c.good || o.Bad != c.bad {
			t.Errorf("%s: %d good and %d bad, the rows have %+v", o.Name, o.Good, o.Bad, c)
		}
		delete(want, o.Name)
	}
	if len(want) > 0 || len(got.Hints) != 1 || !strings.HasPrefix(got.Hints[0], "solved-at-once: no effort ended") {
		t.Errorf("missing: %v; hints: %q", want, got.Hints)
	}
}
