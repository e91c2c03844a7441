package backtest

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"time"

	"github.com/prometheus/common/model"
	"github.com/prometheus/prometheus/model/labels"
	"github.com/prometheus/prometheus/model/rulefmt"
	"github.com/prometheus/prometheus/promql"
	"github.com/prometheus/prometheus/promql/parser"
	prometheus "github.com/prometheus/prometheus/rules"

	"cairncx.dev/cairn/cx/slo/rules"
)

// engine is one simulated Prometheus.
type engine struct {
	store  *store
	ahead  *ahead
	groups []*prometheus.Group // in the order of their files
	alerts [][]*alert          // those of each group, in the order of the file
}

// alert follows one alerting rule. A rule of ours has one alert at most, because it is about one objective.
type alert struct {
	rule *prometheus.AlertingRule
	// fired are the times from when to when the alert fired. An alert that still fires at the end has no end.
	fired []stretch
}

type stretch struct{ from, until time.Time }

// newEngine returns a Prometheus with these files of rules, which scrapes the counters. It evaluates their groups in the order of the files.
func newEngine(files []rules.File, counters []*counter) (*engine, error) {
	reader := parser.NewParser(parser.Options{})
	s := newStore(counters)
	e := &engine{store: s, ahead: newAhead(reader, s)}
	m := prometheus.NewManager(&prometheus.ManagerOptions{
		QueryFunc: e.ahead.query, NotifyFunc: func(context.Context, string, ...*prometheus.Alert) {},
		Appendable: s, Queryable: s, GroupLoader: loader{reader, files}, Parser: reader,
	})
	for _, f := range files {
		groups, errs := m.LoadGroups(time.Minute, labels.EmptyLabels(), "", nil, false, f.Name)
		if len(errs) > 0 {
			return nil, fmt.Errorf("backtest: the rules %s: %w", f.Name, errors.Join(errs...))
		}
		for _, g := range groups { // a file of ours has one
			e.ahead.learn(g)
			var list []*alert
			for _, r := range g.Rules() {
				if r, is := r.(*prometheus.AlertingRule); is {
					r.SetRestored(true) // there is no state from before
					list = append(list, &alert{rule: r})
				}
			}
			e.groups, e.alerts = append(e.groups, g), append(e.alerts, list)
		}
	}
	return e, nil
}

// loader gives the files to the engine. It leaves out what a log says nothing about, and the annotations, because to fill their templates
// at each step takes longer than all else.
type loader struct {
	parser.Parser

	files []rules.File
}

// Load implements [prometheus.GroupLoader].
func (l loader) Load(name string, unknown bool, scheme model.ValidationScheme) (*rulefmt.RuleGroups, []error) {
	i := slices.IndexFunc(l.files, func(f rules.File) bool { return f.Name == name })
	if i < 0 {
		return nil, []error{fmt.Errorf("there is no file %.80q", name)}
	}
	all, errs := rulefmt.Parse(l.files[i].Data, unknown, scheme, l.Parser, slog.New(slog.DiscardHandler))
	if len(errs) > 0 {
		return nil, errs
	}
	for g := range all.Groups {
		list := &all.Groups[g].Rules
		*list = slices.DeleteFunc(*list, func(r rulefmt.Rule) bool { return r.Alert == rules.NotCounted })
		for r := range *list {
			(*list)[r].Annotations = nil
		}
	}
	return all, nil
}

// Parse implements [prometheus.GroupLoader].
func (l loader) Parse(query string) (parser.Expr, error) {
	return l.ParseExpr(query) //nolint:wrapcheck // LoadGroups adds the file
}

// evaluate evaluates all rules at a time. Until end, which may be the same time, the next evaluations follow at each step.
func (e *engine) evaluate(ctx context.Context, at time.Time, step time.Duration, end time.Time) error {
	e.ahead.step, e.ahead.end = step, end
	for _, g := range e.groups {
		g.Eval(ctx, at)
		if err := context.Cause(ctx); err != nil {
			return fmt.Errorf("backtest: stopped at %s: %w", at.Format(time.RFC3339), err)
		}
		for _, r := range g.Rules() {
			if err := r.LastError(); err != nil {
				return fmt.Errorf("backtest: the rule %s of %q at %s: %w", r.Name(), g.Name(), at.Format(time.RFC3339), err)
			}
		}
	}
	for _, list := range e.alerts {
		for _, a := range list {
			a.follow(at)
		}
	}
	return nil
}

// follow notes whether the alert fires.
func (a *alert) follow(at time.Time) {
	fires := a.rule.State() == prometheus.StateFiring
	n := len(a.fired)
	switch fired := n > 0 && a.fired[n-1].until.IsZero(); {
	case fires && !fired:
		a.fired = append(a.fired, stretch{from: at})
	case !fires && fired:
		a.fired[n-1].until = at
	}
}

// newPromQL returns the query engine with the defaults of the program prometheus.
func newPromQL(p parser.Parser) *promql.Engine {
	const samples, patience = 50_000_000, 2 * time.Minute
	return promql.NewEngine(promql.EngineOpts{
		MaxSamples: samples, Timeout: patience, EnableAtModifier: true, EnableNegativeOffset: true, Parser: p,
		NoStepSubqueryIntervalFn: func(int64) int64 { return time.Minute.Milliseconds() },
	})
}
