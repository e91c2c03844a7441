package main

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// TestSuggestCountsTheLastEvent: the windows end with the log, and its last event belongs to the last one. A journey of each hour makes 24
// of a window of a day, the last of which ends the log.
func TestSuggestCountsTheLastEvent(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	var rows strings.Builder
	rows.WriteString("case,activity,time\n")
	first := time.Date(2026, 3, 2, 0, 30, 0, 0, time.UTC)
	for i := range 3 * 24 {
		fmt.Fprintf(&rows, "c%d,pay,%s\n", i, first.Add(time.Duration(i)*time.Hour).Format(time.RFC3339))
	}
	log, file := filepath.Join(dir, "log.csv"), filepath.Join(dir, "blueprint.yaml")
	const blueprint = `version: 1
journeys: [{name: buy, abandon_after: 30m, stages: [{name: payment}]}]
touchpoints: [{name: pay, journey: buy, stage: payment, ends: completed}]
objectives: [{name: bought, journey: buy, target: 50%, window: 1d}]
`
	for path, text := range map[string]string{log: rows.String(), file: blueprint} {
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	var stdout, stderr bytes.Buffer
	args := []string{"suggest", "-b", file, "--map", "case=case,activity=activity,time=time", "--json", log}
	if code := run(t.Context(), args, nil, &stdout, &stderr); code != exitOK {
		t.Fatalf("exit code %d: %s", code, &stderr)
	}
	if n := strings.Count(stdout.String(), `"good":24,"bad":0`); n != 2 {
		t.Errorf("%d windows have 24 events, and both should:\n%s", n, &stdout)
	}
}
