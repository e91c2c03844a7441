package backtest

import (
	"context"
	"fmt"
	"time"

	"github.com/prometheus/prometheus/promql"
	"github.com/prometheus/prometheus/promql/parser"
	"github.com/prometheus/prometheus/rules"
	"github.com/prometheus/prometheus/storage"
)

// ahead answers the queries of rules. A query that reads counters only has the same answer at any time, because the whole log is known.
// ahead asks the engine for many steps of it at once, in a range query, which saves most of its costs. A query that reads what
// rules record is asked at each step.
type ahead struct {
	engine *promql.Engine
	store  storage.Queryable
	parser parser.Parser
	now    rules.QueryFunc
	plans  map[string]*plan

	step time.Duration // between evaluations
	end  time.Time     // of the evaluations at this step
}

// plan is what is known of a query.
type plan struct {
	pure   bool // it reads counters only
	until  time.Time
	query  promql.Query // that has made the answers
	series promql.Matrix
	at     []int // the next point of each series
}

// span is how many steps one query has.
const span = 512

func newAhead(p parser.Parser, s storage.Queryable) *ahead {
	e := newPromQL(p)
	return &ahead{engine: e, store: s, parser: p, now: rules.EngineQueryFunc(e, s), plans: map[string]*plan{}}
}

// query implements [rules.QueryFunc]. Times never go back.
func (a *ahead) query(ctx context.Context, text string, at time.Time) (promql.Vector, error) {
	p := a.plans[text]
	if p == nil {
		expr, err := a.parser.ParseExpr(text)
		if err != nil {
			return nil, fmt.Errorf("%s: %w", text, err)
		}
		p = &plan{pure: pure(expr)}
		a.plans[text] = p
	}
	if !p.pure {
		return a.now(ctx, text, at)
	}
	if at.After(p.until) {
		if err := p.ask(ctx, a, text, at); err != nil {
			return nil, err
		}
	}
	return p.vector(at.UnixMilli()), nil
}

// pure reports whether the expression reads counters only.
func pure(expr parser.Expr) bool {
	yes := true
	parser.Inspect(expr, func(n parser.Node, _ []parser.Node) error {
		if v, ok := n.(*parser.VectorSelector); ok && v.Name != counted() {
			yes = false
		}
		return nil
	})
	return yes
}

// ask asks for the answers from a time on.
func (p *plan) ask(ctx context.Context, a *ahead, text string, from time.Time) error {
	p.until = from.Add((span - 1) * a.step)
	if p.until.After(a.end) {
		p.until = a.end
	}
	q, err := a.engine.NewRangeQuery(ctx, a.store, nil, text, from, p.until, a.step)
	if err != nil {
		return fmt.Errorf("%s: %w", text, err)
	}
	series, err := q.Exec(ctx).Matrix()
	if err != nil {
		q.Close()
		return fmt.Errorf("%s: %w", text, err)
	}
	p.close()
	p.query, p.series, p.at = q, series, make([]int, len(series))
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
