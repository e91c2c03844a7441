package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// TestReplayByHand: the report of a log of Cairn's own events takes from it what was done by hand. The other events of promises follow
// from the blueprint.
func TestReplayByHand(t *testing.T) {
	t.Parallel()
	const blueprint = "version: 1\njourneys: [{name: j, stages: [{name: s}], promises: [{name: answered, within: 1h}]}]\n"
	line := func(kind, at, rest string) string {
		return `{"v":1,"kind":"` + kind + `","time":"2026-04-17T` + at + `Z","journey":{"namespace":"p","name":"j","id":"1"}` + rest + "}"
	}
	byHand := func(name, due string) string {
		if due != "" {
			due = `,"due":"2026-04-17T` + due + `Z"`
		}
		return `,"promise":{"name":"` + name + `","number":1` + due + `,"by_hand":true}`
	}
	start, end := line("journey.started", "09:00:00", ""), line("journey.stage.entered", "18:00:00", `,"stage":"s"`)
	for _, c := range []struct {
		name, reason                     string
		lines                            []string
		made, kept, broken, open, events int64
	}{
		{"nothing by hand", "the blueprint's hour is over", []string{line("promise.made", "09:00:00", `,"promise":{"name":"answered","number":1,"due":"2026-04-17T20:00:00Z"}`)}, 1, 0, 1, 0, 3},
		{"moved", "it is due after the end of the log", []string{line("promise.made", "09:30:00", byHand("answered", "20:00:00"))}, 1, 0, 0, 1, 3},
		{"kept", "nothing else keeps it", []string{line("promise.kept", "09:40:00", byHand("answered", "10:00:00"))}, 1, 1, 0, 0, 3},
		{"moved and kept", "it is kept after the first due time", []string{
			line("promise.made", "09:30:00", byHand("answered", "20:00:00")), line("promise.kept", "17:00:00", byHand("answered", "20:00:00")),
		}, 1, 1, 0, 0, 4},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			dir := t.TempDir()
			log := strings.Join(append(append([]string{start}, c.lines...), end), "\n") + "\n"
			for name, text := range map[string]string{"blueprint.yaml": blueprint, "log.jsonl": log} {
				if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600); err != nil {
					t.Fatal(err)
				}
			}
			r := replayed(t, "--blueprint", filepath.Join(dir, "blueprint.yaml"), filepath.Join(dir, "log.jsonl"))
			p := r.Journeys[0].Promises[0]
			if p.Made != c.made || p.Kept != c.kept || p.Broken != c.broken || p.Open != c.open || r.Events != c.events {
				t.Errorf("of %d events %d are made, %d kept, %d broken and %d open, want %d, %d, %d, %d and %d: %s",
					r.Events, p.Made, p.Kept, p.Broken, p.Open, c.events, c.made, c.kept, c.broken, c.open, c.reason)
			}
		})
	}
}
