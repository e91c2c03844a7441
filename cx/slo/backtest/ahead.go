package backtest

import (
	"context"
	"fmt"
	"time"

	"github.com/prometheus/prometheus/promql"
	"github.com/prometheus/prometheus/promql/parser"
	"github.com/prometheus/prometheus/rules"
)

// ahead answers the queries of rules. The whole log is known, so the answers of a rule that reads counters are known for all times, and
// those of a rule that reads what such rules record are, too. For these rules ahead asks the query engine for many steps at once, in a
// range query, because a query for each step costs more, and keeps in the store what the recording rules will record. When the group
// evaluates the rule, it gets its answer from here, and the store compares what the rule records with what is there. A rule that reads
// anything else, such as the state of an alert, is asked at each step.
type ahead struct {
	engine *promql.Engine
	store  *store
	now    rules.QueryFunc
	plans  map[string]*plan // by the text of the query

	step time.Duration // between evaluations
	end  time.Time     // of the evaluations at this step
}

// plan is a query whose answers are known in advance.
type plan struct {
	records []*rules.RecordingRule // the rules that record the answers
	until   time.Time
	query   promql.Query // that has made the answers
	series  promql.Matrix
	at      []int // the next point of each series
}

// chunk is how many steps one query has.
const chunk = 512

func newAhead(p parser.Parser, s *store) *ahead {
	e := newPromQL(p)
	return &ahead{engine: e, store: s, now: rules.EngineQueryFunc(e, s), plans: map[string]*plan{}}
}

// learn finds out which rules of a group have answers that are known in advance.
func (a *ahead) learn(g *rules.Group) {
	known := map[string]bool{counted(): true}
	for _, r := range g.Rules() {
		if !reads(r.Query(), known) {
			delete(known, r.Name()) // if another rule records the same series
			continue
		}
		text := r.Query().String()
		if a.plans[text] == nil {
			a.plans[text] = &plan{}
		}
		if record, is := r.(*rules.RecordingRule); is {
			a.plans[text].records = append(a.plans[text].records, record)
			known[r.Name()] = true
		}
	}
}

// reads reports whether the expression reads no other series than the known ones.
func reads(expr parser.Expr, known map[string]bool) bool {
	yes := true
	parser.Inspect(expr, func(n parser.Node, _ []parser.Node) error {
		if v, ok := n.(*parser.VectorSelector); ok && !known[v.Name] {
			yes = false
		}
		return nil
	})
	return yes
}

// query implements [rules.QueryFunc]. Times never go back.
func (a *ahead) query(ctx context.Context, text string, at time.Time) (promql.Vector, error) {
	p := a.plans[text]
	if p == nil {
		return a.now(ctx, text, at)
	}
	if at.After(p.until) {
		if err := a.ask(ctx, p, text, at); err != nil {
			return nil, fmt.Errorf("%s: %w", text, err)
		}
	}
	return p.vector(at.UnixMilli()), nil
}

// ask asks for the answers from a time on, and records them.
func (a *ahead) ask(ctx context.Context, p *plan, text string, from time.Time) error {
	p.until = from.Add((chunk - 1) * a.step)
	if p.until.After(a.end) {
		p.until = a.end
	}
	q, err := a.engine.NewRangeQuery(ctx, a.store, nil, text, from, p.until, a.step)
	if err != nil {
		return err //nolint:wrapcheck // query names the query
	}
	series, err := q.Exec(ctx).Matrix()
	if err != nil {
		q.Close()
		return err //nolint:wrapcheck // as above
	}
	p.close()
	p.query, p.series, p.at = q, series, make([]int, len(series))
	for _, r := range p.records {
		if err := a.record(ctx, p, r, from); err != nil {
			return err
		}
	}
	return nil
}

// record lets the rule make of the answers what it records, and writes it into the store. Where a series ends, it writes the marker that the
// group will write.
func (a *ahead) record(ctx context.Context, p *plan, r *rules.RecordingRule, from time.Time) error {
	clear(p.at)
	app := &appender{store: a.store, by: r}
	for at := from; !at.After(p.until); at = at.Add(a.step) {
		t := at.UnixMilli()
		list, err := r.Eval(ctx, 0, at, func(context.Context, string, time.Time) (promql.Vector, error) { return p.vector(t), nil }, nil, 0)
		if err != nil {
			return err //nolint:wrapcheck // query names the query
		}
		for _, s := range list {
			if _, err := app.Append(0, s.Metric, t, s.F); err != nil {
				return err
			}
		}
		for _, s := range a.store.recorded[r.Name()] {
			if s.by == r {
				s.end(t)
			}
		}
	}
	clear(p.at)
	return nil
}

func (p *plan) close() {
	if p.query != nil {
		p.query.Close()
	}
}

// close gives back what the answers are in.
func (a *ahead) close() {
	for _, p := range a.plans {
		p.close()
	}
	clear(a.plans)
}

// vector returns the samples at that time.
func (p *plan) vector(at int64) (list promql.Vector) {
	for i, s := range p.series {
		for p.at[i] < len(s.Floats) && s.Floats[p.at[i]].T < at {
			p.at[i]++
		}
		if n := p.at[i]; n < len(s.Floats) && s.Floats[n].T == at {
			list = append(list, promql.Sample{Metric: s.Metric, T: at, F: s.Floats[n].F})
		}
	}
	return list
}
