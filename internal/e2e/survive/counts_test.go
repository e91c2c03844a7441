package survive_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"io/fs"
	"os"
	"testing"

	"go.opentelemetry.io/otel/sdk/metric/metricdata"

	"cairncx.dev/cairn/cx/event"
	"cairncx.dev/cairn/cx/telemetry/semconv"
)

// counted are the values of cx.promise.settled: promises that were kept, and promises that were broken.
type counted struct{ Kept, Broken int64 }

// count writes what the worker's metrics have counted.
func (w *worker) count(ctx context.Context) error {
	if w.reader == nil {
		return nil
	}
	var all metricdata.ResourceMetrics
	if err := w.reader.Collect(ctx, &all); err != nil {
		return err
	}
	var c counted
	for _, scope := range all.ScopeMetrics {
		for _, m := range scope.Metrics {
			if sum, ok := m.Data.(metricdata.Sum[int64]); ok && m.Name == semconv.PromiseSettledName {
				for _, p := range sum.DataPoints {
					if kept, _ := p.Attributes.Value(semconv.PromiseKeptKey); kept.AsBool() {
						c.Kept += p.Value
					} else {
						c.Broken += p.Value
					}
				}
			}
		}
	}
	line, err := json.Marshal(c)
	if err != nil {
		return err
	}
	return w.counts.write(append(line, '\n'))
}

// checkCounts compares the metrics of all workers with the events. What a worker had counted is lost with it, unless its
// last line has it; no promise is counted twice.
func (l *books) checkCounts(t *testing.T, all []*member) {
	t.Helper()
	var events, metrics counted
	for _, es := range l.events {
		switch said := es[0].said; {
		case said.promise.late:
		case said.kind == event.PromiseKept:
			events.Kept++
		case said.kind == event.PromiseBroken:
			events.Broken++
		default: // it is not counted
		}
	}
	for _, m := range all {
		c := lastCount(t, m.order.Counts)
		metrics.Kept += c.Kept
		metrics.Broken += c.Broken
	}
	if metrics.Kept > events.Kept || metrics.Broken > events.Broken {
		t.Errorf("the metrics of all workers have counted %+v, and only %+v were settled", metrics, events)
	}
	if metrics.Kept < events.Kept/2 || metrics.Broken < events.Broken/2 {
		t.Errorf("the metrics of all workers have counted %+v of %+v", metrics, events)
	}
	t.Logf("the metrics have counted %+v of %+v", metrics, events)
}

// lastCount returns the last whole line of a worker's counts.
func lastCount(t *testing.T, path string) (c counted) {
	t.Helper()
	text, err := os.ReadFile(path)
	if errors.Is(err, fs.ErrNotExist) {
		return c // the worker was killed before it made the file
	}
	if err != nil {
		t.Fatal(err)
	}
	lines := bytes.Split(text, []byte("\n"))
	if len(lines) < 2 {
		return c
	}
	if err := json.Unmarshal(lines[len(lines)-2], &c); err != nil {
		t.Fatalf("%s: %v", path, err)
	}
	return c
}
