package backtest

import (
	"context"
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/prometheus/common/model"
	"github.com/prometheus/prometheus/model/labels"
	"github.com/prometheus/prometheus/promql/parser"

	"cairncx.dev/cairn/cx/slo"
	"cairncx.dev/cairn/cx/slo/rules"
)

// TestLearn: the answers of all rules of an objective are known in advance, except those of rules that read the state of an alert.
func TestLearn(t *testing.T) {
	t.Parallel()
	files, err := rules.Prometheus([]slo.Objective{{Name: "a", Touchpoint: "a", Target: 0.99, Window: slo.Window{Days: 28}}})
	if err != nil {
		t.Fatal(err)
	}
	e, err := newEngine(files[:1], nil)
	if err != nil {
		t.Fatal(err)
	}
	defer e.ahead.close()
	known := 0
	for _, r := range e.groups[0].Rules() {
		text := r.Query().String()
		if planned, reads := e.ahead.plans[text] != nil, strings.Contains(text, "ALERTS"); planned == reads {
			t.Errorf("known in advance is %v: %s", planned, text)
		} else if planned {
			known++
		}
	}
	if known < 20 {
		t.Errorf("the answers of %d rules are known in advance", known)
	}
}

// TestAhead: a query is asked for all steps up to the end at once, and its answers are those of the query at each step. A query that fails
// says which one it was.
func TestAhead(t *testing.T) {
	t.Parallel()
	minute := time.Minute.Milliseconds()
	a := newAhead(parser.NewParser(parser.Options{}), newStore([]*counter{{
		labels: labels.FromStrings(model.MetricNameLabel, "c"), times: []int64{minute / 2, 3 * minute, 3*minute + 1, 1000 * minute}, scrape: minute,
	}}))
	defer a.close()
	const query = "c * 2"
	known := &plan{}
	a.plans[query] = known
	a.step = time.Minute
	at := func(n int64) time.Time { return time.UnixMilli(n * minute) }
	ask := func(n int64) (float64, error) {
		v, err := a.query(t.Context(), query, at(n))
		if err != nil || len(v) != 1 {
			return 0, errors.Join(err, errors.New("no sample"))
		}
		return v[0].F, nil
	}
	a.end = at(1030)
	for n := range int64(1031) {
		want := 0.0
		switch {
		case n >= 1000:
			want = 8
		case n >= 4:
			want = 6
		case n == 3:
			want = 4
		case n >= 1:
			want = 2
		}
		if got, err := ask(n); err != nil || got != want {
			t.Fatalf("after %d minutes: %v, %v; want %v", n, got, err, want)
		}
		if end := min((n/chunk+1)*chunk-1, 1030); !known.until.Equal(at(end)) {
			t.Fatalf("after %d minutes the answers are known until %v, want %v", n, known.until, at(end))
		}
	}
	stopped, cancel := context.WithCancel(t.Context())
	cancel()
	for _, text := range []string{query, "c * 3"} { // known in advance, and not
		a.end = at(2000)
		if _, err := a.query(stopped, text, at(1900)); err == nil || text == query && !strings.Contains(err.Error(), query) {
			t.Errorf("%s, stopped: %v", text, err)
		}
	}
}
