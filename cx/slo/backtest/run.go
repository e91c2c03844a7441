package backtest

import (
	"context"
	"errors"
	"fmt"
	"runtime"
	"slices"
	"strings"
	"sync"
	"time"

	"cairncx.dev/cairn/cx/slo"
	"cairncx.dev/cairn/cx/slo/rules"
)

// ErrEmpty is in the error of [Run] if no event of an objective lies in the period, or in the windows before it.
var ErrEmpty = errors.New("there is no event of an objective")

// Run says when the alerts of the objectives of counts would have fired. It returns an error if the rules cannot be made, which is an
// error of [rules.Prometheus], for faulty options, for an alert that looks at less than a step, for an empty log ([ErrEmpty]), and when
// ctx ends. Nothing may be counted meanwhile.
func Run(ctx context.Context, counts *Counts, opts ...Option) (*Report, error) {
	c, err := configure(opts)
	if err != nil {
		return nil, err
	}
	files, err := rules.Prometheus(whole(counts.objectives), rules.WithScrape(c.scrape))
	if err != nil {
		return nil, fmt.Errorf("backtest: %w", err)
	}
	counts.mu.Lock()
	defer counts.mu.Unlock()
	counts.sort()
	if err := c.complete(counts); err != nil {
		return nil, err
	}
	r := &run{config: c, counts: counts, files: files}
	return r.report(ctx)
}

// whole returns the objectives without their splits: no alert reads these, and a log of times has none.
func whole(objectives []slo.Objective) []slo.Objective {
	list := slices.Clone(objectives)
	for i := range list {
		list[i].By = nil
	}
	return list
}

// run is one call of [Run].
type run struct {
	*config

	counts *Counts
	files  []rules.File

	mu          sync.Mutex
	done, total int
}

// complete works out the period and the step.
func (c *config) complete(counts *Counts) error {
	for i := range counts.objectives {
		o := &counts.objectives[i]
		burns, err := rules.Burns(*o, rules.WithScrape(c.scrape))
		if err != nil {
			return fmt.Errorf("backtest: %w", err)
		}
		for _, b := range burns {
			if c.step > b.Long {
				return fmt.Errorf("backtest: an alert of %q looks at %s, and the rules are evaluated every %s: use a shorter step, such as %s",
					o.Name, brief(b.Long), brief(c.step), brief(within(b.Long)))
			}
		}
	}
	if c.step == 0 {
		c.step = DefaultStep
		for i := range counts.objectives {
			burns, _ := rules.Burns(counts.objectives[i], rules.WithScrape(c.scrape))
			for _, b := range burns {
				c.step = min(c.step, within(b.Long))
			}
		}
	}
	return c.bound(counts)
}

// within returns the longest step up to [DefaultStep] that is not longer than d.
func within(d time.Duration) time.Duration {
	for _, step := range []time.Duration{DefaultStep, 4 * time.Minute, 3 * time.Minute, 2 * time.Minute} {
		if step <= d {
			return step
		}
	}
	return time.Minute
}

// bound works out the period, in whole steps.
func (c *config) bound(counts *Counts) error {
	if !counts.heard {
		return fmt.Errorf("backtest: the log is empty: %w", ErrEmpty)
	}
	first, last := time.UnixMilli(counts.first).UTC(), time.UnixMilli(counts.last).UTC()
	if c.until.IsZero() {
		c.until = last.Add(c.step) // so that the last event is seen
	}
	c.until = c.until.UTC().Truncate(c.step)
	if c.from.IsZero() {
		c.from = c.until.AddDate(0, 0, -DefaultDays)
		if c.from.Before(first) {
			c.from = first.Add(-time.Millisecond).Truncate(c.step) // so that the first event is seen
		}
	}
	c.from = c.from.UTC().Truncate(c.step)
	if !c.from.Before(c.until) || !last.After(c.from.AddDate(0, 0, -slo.MaxDays)) || !first.Before(c.until) {
		return fmt.Errorf("backtest: from %s to %s %w: the log goes from %s to %s: choose another period", c.from.Format(time.RFC3339),
			c.until.Format(time.RFC3339), ErrEmpty, first.Format(time.RFC3339), last.Format(time.RFC3339))
	}
	return nil
}

// team is a set of objectives that one simulated Prometheus evaluates: an objective, or a composite with its parts, which come first.
type team []int

// teams divides the objectives. Composites that have a part in common are in one team.
func teams(objectives []slo.Objective) (all []team) {
	leader := leaders(objectives)
	for _, composite := range []bool{false, true} {
		for i := range objectives {
			if (len(objectives[i].Of) > 0) != composite {
				continue
			}
			n := slices.IndexFunc(all, func(t team) bool { return leader[t[0]] == leader[i] })
			if n < 0 {
				all = append(all, team{i})
				continue
			}
			all[n] = append(all[n], i)
		}
	}
	return all
}

// leaders returns a number for each objective, which is the same for those of one team.
func leaders(objectives []slo.Objective) []int {
	leader := make([]int, len(objectives))
	for i := range leader {
		leader[i] = i
	}
	for i := range objectives {
		for _, p := range objectives[i].Of {
			n := slices.IndexFunc(objectives, func(o slo.Objective) bool { return o.Name == p.Objective })
			if n < 0 {
				continue // the rules were not made
			}
			from, to := leader[n], leader[i]
			for k := range leader {
				if leader[k] == from {
					leader[k] = to
				}
			}
		}
	}
	return leader
}

// evaluate evaluates the rules of all objectives, several teams at a time. It returns the alerts of each objective.
func (r *run) evaluate(ctx context.Context) ([][]*alert, error) {
	all := teams(r.counts.objectives)
	r.total = r.steps() * len(r.counts.objectives)
	alerts := make([][]*alert, len(r.counts.objectives))
	faults := make([]error, len(all))
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	next := make(chan int)
	var wg sync.WaitGroup
	for range min(runtime.GOMAXPROCS(0), len(all)) {
		wg.Go(func() {
			for i := range next {
				if faults[i] = r.play(ctx, all[i], alerts); faults[i] != nil {
					cancel()
				}
			}
		})
	}
	for i := range all {
		next <- i
	}
	close(next)
	wg.Wait()
	for _, err := range faults { // the first one that is not the end of the others
		if err != nil && !errors.Is(err, context.Canceled) {
			return nil, err
		}
	}
	return alerts, errors.Join(faults...)
}

// play evaluates the rules of one team from before the period to its end.
func (r *run) play(ctx context.Context, t team, alerts [][]*alert) error {
	files, list := make([]rules.File, 0, len(t)), make([]*counter, 0, numResults*len(t))
	for _, i := range t {
		o := &r.counts.objectives[i]
		list = append(list, counters(o, &r.counts.lists[i], r.scrape.Milliseconds())...)
		files = append(files, r.file(i))
	}
	e, err := newEngine(files, list)
	if err != nil {
		return err
	}
	defer e.ahead.close()
	from, dense := r.from, r.from.Add(-settling).Truncate(time.Hour)
	first := time.UnixMilli(r.counts.first).UTC().Truncate(time.Hour)
	hourly := later(first, dense.Add(-r.longest(t)).Truncate(time.Hour))
	for at := hourly; at.Before(dense); at = at.Add(time.Hour) { // what sums over a window read are full hours
		if err := e.evaluate(ctx, at, time.Hour, dense.Add(-time.Hour)); err != nil {
			return err
		}
	}
	n := 0
	for at := later(first, dense); !at.After(r.until); at = at.Add(r.step) {
		if err := e.evaluate(ctx, at, r.step, r.until); err != nil {
			return err
		}
		if n++; n%100 == 0 && !at.Before(from) {
			r.tell(100 * len(t))
		}
	}
	for k, i := range t {
		alerts[i] = e.alerts[k]
	}
	return nil
}

// settling is how long before the period the rules are evaluated at every step, so that an alert which waits for a day is known.
const settling = 26 * time.Hour

func later(a, b time.Time) time.Time {
	if a.After(b) {
		return a
	}
	return b
}

// longest returns the longest window of the team.
func (r *run) longest(t team) (longest time.Duration) {
	const most = 92 * 24 * time.Hour // a quarter of the calendar
	for _, i := range t {
		w := r.counts.objectives[i].Window
		if w.Period != 0 {
			return most
		}
		longest = max(longest, w.Length())
	}
	return longest
}

func (r *run) steps() int { return int(r.until.Sub(r.from)/r.step) + 1 }

// tell tells of progress.
func (r *run) tell(n int) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.done = min(r.done+n, r.total)
	r.progress(r.done, r.total)
}

// file returns the rules of an objective. The files of [rules.Prometheus] are in the order of the objectives, each with its tests behind it.
func (r *run) file(i int) rules.File {
	n := 0
	for _, f := range r.files {
		if strings.HasSuffix(f.Name, ".rules.yaml") {
			if n == i {
				return f
			}
			n++
		}
	}
	return rules.File{}
}

// brief writes a duration as the flags of commands have it: 5m, 1h, 5h36m.
func brief(d time.Duration) string {
	text := d.String()
	if strings.HasSuffix(text, "m0s") {
		text = strings.TrimSuffix(text, "0s")
	}
	if strings.HasSuffix(text, "h0m") {
		text = strings.TrimSuffix(text, "0m")
	}
	return text
}
