package survive_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"io/fs"
	"os"
	"strings"
	"testing"

	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/sdk/metric/metricdata"

	"cairncx.dev/cairn/cx/event"
	"cairncx.dev/cairn/cx/slo"
	"cairncx.dev/cairn/cx/telemetry/semconv"
)

// counted are the values of cx.promise.settled, promises that were kept and that were broken, and of cx.slo.events: promises and ends
// that were good for an objective, and that were bad.
type counted struct{ Kept, Broken, GoodPromises, BadPromises, GoodEnds, BadEnds int64 }

// add adds n of one of the metrics.
func (c *counted) add(o counted) {
	c.Kept, c.Broken = c.Kept+o.Kept, c.Broken+o.Broken
	c.GoodPromises, c.BadPromises = c.GoodPromises+o.GoodPromises, c.BadPromises+o.BadPromises
	c.GoodEnds, c.BadEnds = c.GoodEnds+o.GoodEnds, c.BadEnds+o.BadEnds
}

// all returns the numbers in their order.
func (c counted) all() []int64 {
	return []int64{c.Kept, c.Broken, c.GoodPromises, c.BadPromises, c.GoodEnds, c.BadEnds}
}

// of returns n events of the data point.
func of(metric string, p metricdata.DataPoint[int64]) counted {
	attribute := func(key attribute.Key) attribute.Value { v, _ := p.Attributes.Value(key); return v }
	switch {
	case metric == semconv.PromiseSettledName && attribute(semconv.PromiseKeptKey).AsBool():
		return counted{Kept: p.Value}
	case metric == semconv.PromiseSettledName:
		return counted{Broken: p.Value}
	case metric != semconv.SLOEventsName:
		return counted{}
	}
	good := attribute(semconv.ObjectiveResultKey).AsString() == slo.Good.String()
	switch promise := strings.HasPrefix(attribute(semconv.ObjectiveNameKey).AsString(), promisePrefix); {
	case promise && good:
		return counted{GoodPromises: p.Value}
	case promise:
		return counted{BadPromises: p.Value}
	case good:
		return counted{GoodEnds: p.Value}
	default:
		return counted{BadEnds: p.Value}
	}
}

const promisePrefix = "promise-"

// objectives are one on the ends of each journey, and one on each promise that a plan has.
func (s *support) objectives() (all []slo.Objective) {
	month, named := slo.Window{Days: 28}, map[string]bool{}
	add := func(o slo.Objective) {
		if !named[o.Name] {
			named[o.Name] = true
			o.Target, o.Window = 0.9, month
			all = append(all, o)
		}
	}
	for _, p := range s.plans() {
		j := p.journey.Name()
		add(slo.Objective{Name: "ends-" + j, Journey: j})
		for _, g := range p.pledges {
			add(slo.Objective{Name: promisePrefix + j + "-" + g.name, Journey: j, Promise: g.name})
		}
	}
	return all
}

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
			if sum, ok := m.Data.(metricdata.Sum[int64]); ok {
				for _, p := range sum.DataPoints {
					c.add(of(m.Name, p))
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

// checkCounts compares the metrics of all workers with the events: no promise and no end is counted twice. What a killed worker had
// counted is lost with it, unless its last line has it. How much that is depends on what the worker had in hand, which is a lot
// after a stop.
func (l *books) checkCounts(t *testing.T, all []*member) {
	t.Helper()
	var events, metrics counted
	for _, es := range l.events {
		switch said := es[0].said; {
		case said.promise.late:
		case said.kind == event.PromiseKept:
			events.add(counted{Kept: 1, GoodPromises: 1})
		case said.kind == event.PromiseBroken:
			events.add(counted{Broken: 1, BadPromises: 1})
		case said.kind == event.JourneyEnded && said.outcome == event.Completed:
			events.GoodEnds++
		case said.kind == event.JourneyEnded:
			events.BadEnds++
		default: // it is not counted
		}
	}
	for _, m := range all {
		metrics.add(lastCount(t, m.order.Counts))
	}
	for i, n := range metrics.all() {
		if want := events.all()[i]; n > want || n == 0 && want > 0 {
			t.Errorf("the metrics of all workers have counted %+v of %+v: want some of each, and no more", metrics, events)
			break
		}
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
