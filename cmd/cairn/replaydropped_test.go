package main

import (
	"os"
	"path/filepath"
	"testing"
)

// TestDroppedIsRejected: an event that the client drops counts as rejected and not as replayed.
func TestDroppedIsRejected(t *testing.T) {
	t.Parallel()
	const blueprint = "version: 1\njourneys: [{name: j, stages: [{name: s}]}]\ntouchpoints: [{name: A, journey: j, stage: s}]\n"
	tests := []struct {
		name, event      string
		events, rejected int64
	}{
		{"an end with an invalid outcome", `"kind":"journey.ended","outcome":"ok","journey":{"namespace":"p","name":"j","id":"1"}`, 1, 1},
		{"an end without a journey", `"kind":"journey.ended","outcome":"completed"`, 1, 1},
		{"a start without a journey", `"kind":"journey.started"`, 1, 1},
		{"a stage without a journey", `"kind":"journey.stage.entered","stage":"s"`, 1, 1},
		{"a touchpoint with the outcome of an end counts as ok", `"kind":"touchpoint.ended","touchpoint":"A","outcome":"completed","journey":{"namespace":"p","name":"j","id":"1"}`, 2, 0},
		{"a valid end", `"kind":"journey.ended","outcome":"completed","journey":{"namespace":"p","name":"j","id":"1"}`, 2, 0},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			dir := t.TempDir()
			log := `{"v":1,"kind":"journey.started","time":"2026-04-17T09:30:15Z","journey":{"namespace":"p","name":"j","id":"1"}}` +
				"\n" + `{"v":1,"time":"2026-04-17T09:31:15Z",` + tt.event + "}\n"
			for name, text := range map[string]string{"blueprint.yaml": blueprint, "log.jsonl": log} {
				if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600); err != nil {
					t.Fatal(err)
				}
			}
			r := replayed(t, "--allow", "rejected", "--blueprint", filepath.Join(dir, "blueprint.yaml"), filepath.Join(dir, "log.jsonl"))
			if r.Events != tt.events || r.Rejected != tt.rejected {
				t.Errorf("%d events and %d rejected, want %d and %d", r.Events, r.Rejected, tt.events, tt.rejected)
			}
		})
	}
}
