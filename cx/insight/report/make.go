package report

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"cairncx.dev/cairn/cx/blueprint"
	"cairncx.dev/cairn/cx/insight"
	"cairncx.dev/cairn/cx/stats"
	"cairncx.dev/cairn/feedback/score"
)

// maker makes a report.
type maker struct {
	ctx       context.Context //nolint:containedctx // it lives as long as one call of Make
	view      *insight.View
	blueprint *blueprint.Blueprint
	settings  Settings
	viewer    insight.Viewer
	r         *Report
	changes   []*Chance
	hidden    bool // some promises are of too few customers
}

// Make makes a report of what the viewer may see of the table. It needs the right [insight.Numbers]; a viewer without [insight.Words] gets a report without
// what customers wrote. It returns an error that wraps [ErrSettings], the error of a question, or that of the context.
//
// All of the report is of one [insight.View], so that its numbers agree whatever is loaded meanwhile. If a customer is forgotten while Make works, it returns an error
// that wraps [insight.ErrLoading]: call Make again when Table.Load has returned. It does not wait for that itself.
//
// It takes a table, and not a view, because a report has a moment that follows from its period.
func Make(ctx context.Context, table *insight.Table, viewer insight.Viewer, s Settings) (*Report, error) {
	view := table.View(viewer, time.Time{})
	newest, err := view.Moment()
	if err != nil {
		return nil, fmt.Errorf("report: %w", err)
	}
	now, err := s.complete(newest)
	if err != nil {
		return nil, err
	}
	m := &maker{
		ctx: ctx, view: view.At(s.At), blueprint: table.Blueprint(), settings: s, viewer: viewer,
		r: &Report{
			Title: s.Title, Kind: s.Period, Now: now, At: s.At, Zone: s.Zone.String(), Trend: s.Trend, Journey: s.Journey, Friday: friday(s.At),
			Journeys: []Journey{}, Promises: []Promise{}, Backlog: []Backlog{}, Groups: []Groups{}, Slow: []Slow{}, Reopened: []Reopened{}, GoesWith: []GoesWith{}, Missing: []Line{},
		},
	}
	state, err := m.view.State()
	if err != nil {
		return nil, failed(err)
	}
	if !s.Alone && !now.IsZero() {
		m.r.Before, m.r.YearAgo = s.Period.Before(now, 1), now.YearAgo()
	}
	m.r.Foot = Foot{
		Rows: state.Runs, Events: state.Events, Outside: state.Outside, Unused: state.Unused, Repeated: state.Repeated, Coarse: state.Coarse, Held: state.Held,
		Partial: now.Until.After(s.At),
	}
	for _, part := range []func() error{m.breakdowns, m.journeys, m.promises, m.backlog, m.time, m.groups, m.slow, m.reopened, m.voice, m.goesWith} {
		if err := ctx.Err(); err != nil {
			return nil, fmt.Errorf("report: %w", err)
		}
		if err := part(); err != nil {
			return nil, failed(err)
		}
	}
	m.adjust()
	m.order()
	m.foot()
	m.missing()
	m.r.Headline, m.r.Lines = m.r.headline(), m.r.lines()
	return m.r, nil
}

// failed returns the error of a part of the report. The view was good when Make began.
func failed(err error) error {
	if errors.Is(err, insight.ErrLoading) {
		return fmt.Errorf("report: while it was made, the table began to be loaded anew, because a customer was forgotten or much has arrived: make the report again: %w", err)
	}
	return fmt.Errorf("report: %w", err)
}

// which returns the question about a period of a journey. A zero period is all time.
func (m *maker) which(p Period, by insight.By, journey string) insight.Which {
	if journey == "" {
		journey = m.settings.Journey
	}
	return insight.Which{Journey: journey, Namespace: m.settings.Namespace, From: p.From, Until: p.Until, By: by, Where: m.settings.Where}
}

// change returns how a share changed, and nil if one of the two is not known.
func (m *maker) change(now, before score.Share) *Change {
	c := changeOf(now, before)
	if c != nil {
		m.changes = append(m.changes, &c.Chance)
	}
	return c
}

func changeOf(now, before score.Share) *Change {
	d := score.Shares(now, before, score.DefaultConfidence)
	if !now.OK() || !before.OK() || !d.OK() {
		return nil
	}
	p, _ := stats.SharesTest(now.Count, now.N, before.Count, before.N)
	return &Change{Difference: d, Chance: Chance{P: p, Adjusted: p}}
}

// adjust says which changes are more than chance, over all of the report.
func (m *maker) adjust() { adjusted(m.changes) }

func adjusted(list []*Chance) {
	p := make([]float64, len(list))
	for i, c := range list {
		p[i] = c.P
	}
	for i, a := range stats.BenjaminiHochberg(p) {
		list[i].Adjusted, list[i].Differs = a, a <= level
	}
}

// order puts what matters first.
func (m *maker) order() {
	focus := m.r.focus()
	slices.SortStableFunc(m.r.Journeys, func(a, b Journey) int {
		switch {
		case a.Name == b.Name:
			return 0
		case a.Name == focus:
			return -1
		case b.Name == focus:
			return 1
		}
		return 0
	})
}

// focus is the journey that pictures are about: that of the first promise that has numbers, or the one of the most runs.
func (r *Report) focus() string {
	for i := range r.Promises {
		if r.Promises[i].kept().OK() {
			return r.Promises[i].Journey
		}
	}
	if len(r.Journeys) > 0 {
		return r.Journeys[0].Name
	}
	return ""
}

// foot counts what is left out.
func (m *maker) foot() {
	f := &m.r.Foot
	for i := range m.r.Journeys {
		f.Unknown += m.r.Journeys[i].Ended.Unknown
	}
	for i := range m.r.Promises {
		f.Young += m.r.Promises[i].Now.TooYoung
		f.Withdrawn += m.r.Promises[i].Now.Withdrawn
	}
}
