package main

import (
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"go.opentelemetry.io/otel"
)

// TestReplayDoesNotTellFaults: the client's log messages about faults serve services. A replay suppresses them,
// because a log with a thousand mistakes would bury the report, which counts the faults.
func TestReplayDoesNotTellFaults(t *testing.T) { //nolint:paralleltest // OpenTelemetry has one error handler for the process
	var mu sync.Mutex
	var told []string
	before := otel.GetErrorHandler()
	t.Cleanup(func() { otel.SetErrorHandler(before) })
	otel.SetErrorHandler(otel.ErrorHandlerFunc(func(err error) {
		mu.Lock()
		defer mu.Unlock()
		told = append(told, err.Error())
	}))
	dir := t.TempDir()
	var log strings.Builder
	log.WriteString(`{"v":1,"kind":"journey.started","time":"2026-04-17T09:30:15Z","journey":{"namespace":"p","name":"j","id":"1"}}` + "\n")
	for range 20 {
		log.WriteString(`{"v":1,"kind":"feedback.received","time":"2026-04-17T09:30:15Z","feedback":{"survey":"nps","scale":"nps","score":99}}` + "\n")
	}
	for name, text := range map[string]string{"blueprint.yaml": "version: 1\njourneys: [{name: j}]\n", "log.jsonl": log.String()} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	r := replayed(t, "--allow", "rejected", "--blueprint", filepath.Join(dir, "blueprint.yaml"), filepath.Join(dir, "log.jsonl"))
	if r.Rejected == 0 {
		t.Fatal("the client accepted every event, so the test has no faults")
	}
	mu.Lock()
	defer mu.Unlock()
	if len(told) != 0 {
		t.Errorf("OpenTelemetry's error handler received %q", told)
	}
}
