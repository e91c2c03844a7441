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

// TestSuggestCountsTheLastEvent: the windows end with the log, and its last event belongs to the last one. Of a journey every seven hours
// four lie in the last day, 0, 7, 14 and 21 hours before its end, and three in the day before.
func TestSuggestCountsTheLastEvent(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	var rows strings.Builder
	rows.WriteString("case,activity,time\n")
	first := time.Date(2026, 3, 2, 0, 30, 0, 0, time.UTC)
	for i := range 10 {
		fmt.Fprintf(&rows, "c%d,pay,%s\n", i, first.Add(time.Duration(i)*7*time.Hour).Format(time.RFC3339))
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
	last, before, _ := strings.Cut(stdout.String(), `"before":`)
	if !strings.Contains(last, `"good":4,"bad":0`) || !strings.Contains(before, `"good":3,"bad":0`) {
		t.Errorf("the windows do not have four events and three:\n%s", &stdout)
	}
}
