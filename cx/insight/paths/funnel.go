package paths

import (
	"cmp"
	"slices"

	"cairncx.dev/cairn/cx/event"
	"cairncx.dev/cairn/feedback/score"
)

// Funnel says how far runs come along the stages of their journey, within the same time after their start.
type Funnel struct {
	Age Age `json:"age"`
	// Runs are old enough to count. Young are the others. Few means that those who count are fewer than five customers; all else is then zero.
	Runs  int64 `json:"runs"`
	Young int64 `json:"young"`
	Few   bool  `json:"few"`
	// Outside have come to no stage in time.
	Outside int64 `json:"outside"`
	// Stages are in their promised order.
	Stages []FunnelStage `json:"stages"`
	// Completed have completed in time, wherever they were.
	Completed score.Share `json:"completed"`
	// Open have not ended. Settled means that they are at most 5% of the runs. Otherwise the age may be too low, and later periods may show more.
	Open    score.Share `json:"open"`
	Settled bool        `json:"settled"`
}

// FunnelStage is one stage of a funnel. A run has reached a stage if it has come to it, or to a later one.
type FunnelStage struct {
	Name string `json:"name"`
	// Hidden means that the runs that have reached the stage are of fewer than five customers. All numbers are then zero.
	Hidden bool `json:"hidden"`
	// Reached is the share of all runs. Onward is the share of those that reached the next stage or, at the last one, completed.
	Reached score.Share `json:"reached"`
	Onward  score.Share `json:"onward"`
	// CompletedHere is the share of those that completed in time from here, and came to no later stage: they are not lost, and do not count as going onward before
	// the last stage. It is the zero value if they are of fewer than five customers, or if such a number would follow from it and [Funnel.Completed].
	CompletedHere score.Share `json:"completed_here"`
	// Skipped have reached the stage because they were at a later one: they were never at this one. It is 0 if they are of fewer
	// than five customers.
	Skipped int64 `json:"skipped"`
	// Arrival is from the start to the first moment at which a run has reached the stage.
	Arrival Spread `json:"arrival"`
	// Left are the runs that have ended here and were lost. It is the zero value if they are of fewer than five customers, and so is Lost, the
	// value that those runs had, by currency. A currency of fewer than five customers is left out.
	Left score.Share   `json:"left"`
	Lost []event.Money `json:"lost,omitempty"`
}

// mostOpen is the share of open runs up to which a funnel is settled.
const mostOpen = 0.05

// rung is what is known of the runs that come so far and no farther in time.
type rung struct {
	runs, completed, left, skipped      int64
	crowd, finishers, leavers, skippers crowd
	lost                                []sum   // by currency
	losers                              []crowd // of the runs that had some
}

// ladder is what a worker knows of a funnel.
type ladder struct {
	rungs                        []rung // the first is outside of all stages
	young, runs, open, completed int64
	crowd, finishers             crowd
	visited                      []int // the last row that was at the stage
}

// Funnel returns how far runs come along the stages. Those that are younger than the age do not count. Give the age of [Paths.FunnelAge], of the log or
// of a longer one, and the same one for periods that are compared. A stage that is no code of the log is reached only by runs that come farther.
func (p *Paths) Funnel(stages []string, age Age) Funnel {
	at, limit := p.stagesOf(stages), age.Age.Microseconds()
	if limit <= 0 { // nothing counts
		return Funnel{Age: age, Young: int64(p.log.Rows), Stages: []FunnelStage{}}
	}
	start := func() *ladder {
		l := &ladder{rungs: make([]rung, len(stages)+1), visited: make([]int, len(stages))}
		for i := range l.visited {
			l.visited[i] = -1
		}
		for i := range l.rungs {
			l.rungs[i].lost, l.rungs[i].losers = make([]sum, len(p.log.Currencies)), make([]crowd, len(p.log.Currencies))
		}
		return l
	}
	all, counts := start(), make([][]int, 0, p.workers)
	for _, l := range each(p, start, func(l *ladder, row int, run Run, steps []Step) { l.take(p, at, limit, row, run, steps) }) {
		all.join(l, p.fewest)
		counts = append(counts, l.arrivals())
	}
	answer := Funnel{Age: age, Runs: all.runs, Young: all.young, Stages: []FunnelStage{}}
	if all.crowd.few(p.fewest) {
		return Funnel{Age: age, Few: true, Stages: answer.Stages}
	}
	if all.runs == 0 {
		return answer
	}
	answer.Outside = all.rungs[0].runs
	if !all.finishers.few(p.fewest) {
		answer.Completed = score.ShareOf(all.completed, all.runs, confidence)
	}
	answer.Open = score.ShareOf(all.open, all.runs, confidence)
	answer.Settled = answer.Open.Value <= mostOpen
	arrivals := gather(p, counts, len(stages), func(_ int, run Run, steps []Step, yield func(int, int64)) {
		if limit > 0 && p.lived(&run) >= limit {
			climb(at, limit, steps, yield)
		}
	})
	apart := all.apart(p.fewest)
	for i, name := range stages {
		answer.Stages = append(answer.Stages, p.rung(all, i, name, arrivals[i], apart == i+1))
	}
	return answer
}

// arrivals returns how many runs have come to each stage in time.
func (l *ladder) arrivals() []int {
	counts, sum := make([]int, len(l.rungs)-1), 0
	for stage := len(counts) - 1; stage >= 0; stage-- {
		sum += int(l.rungs[stage+1].runs)
		counts[stage] = sum
	}
	return counts
}

// climb calls yield with each stage that the run has reached in time, and when. It returns the last one, -1 for none.
func climb(at []int, limit int64, steps []Step, yield func(stage int, after int64)) (farthest int) {
	farthest = -1
	for _, s := range steps {
		if s.micros() > limit {
			break
		}
		for stage := at[s.Code()]; farthest < stage; {
			farthest++
			yield(farthest, s.micros())
		}
	}
	return farthest
}

// take adds a run.
func (l *ladder) take(p *Paths, at []int, limit int64, row int, run Run, steps []Step) {
	if limit <= 0 || p.lived(&run) < limit {
		l.young++
		return
	}
	l.runs++
	l.crowd.add(personOf(run, row), p.fewest)
	if !run.Ended {
		l.open++
	}
	farthest := climb(at, limit, steps, func(int, int64) {})
	later := farthest
	for _, s := range steps {
		if stage := at[s.Code()]; stage >= 0 {
			l.visited[stage] = row
			later = max(later, stage)
		}
	}
	for stage := range farthest { // it was at the farthest one
		if l.visited[stage] != row {
			l.rungs[stage+1].skipped++
			l.rungs[stage+1].skippers.add(personOf(run, row), p.fewest)
		}
	}
	one := &l.rungs[farthest+1]
	one.runs++
	one.crowd.add(personOf(run, row), p.fewest)
	switch {
	case run.Ended && run.Completed && run.lasted(p.log.At) <= limit:
		one.completed++
		one.finishers.add(personOf(run, row), p.fewest)
		l.completed++
		l.finishers.add(personOf(run, row), p.fewest)
	case run.Ended && !run.Completed && later == farthest:
		one.left++
		one.leavers.add(personOf(run, row), p.fewest)
		if int(run.Currency) < len(one.lost) && run.Value != 0 {
			one.lost[run.Currency].add(run.Value)
			one.losers[run.Currency].add(personOf(run, row), p.fewest)
		}
	}
}

// join adds what another worker knows.
func (l *ladder) join(o *ladder, fewest int) {
	for i := range o.rungs {
		to, from := &l.rungs[i], &o.rungs[i]
		to.runs += from.runs
		to.completed += from.completed
		to.left += from.left
		to.skipped += from.skipped
		to.crowd.join(&from.crowd, fewest)
		to.leavers.join(&from.leavers, fewest)
		to.finishers.join(&from.finishers, fewest)
		to.skippers.join(&from.skippers, fewest)
		for c := range from.lost {
			to.lost[c].plus(from.lost[c])
			to.losers[c].join(&from.losers[c], fewest)
		}
	}
	l.young += o.young
	l.runs += o.runs
	l.open += o.open
	l.completed += o.completed
	l.crowd.join(&o.crowd, fewest)
	l.finishers.join(&o.finishers, fewest)
}

// apart returns the rung whose finishers are not shown because those of the hidden rungs, and outside of all stages, are of few customers and would follow from it:
// the smallest one before the last, whose number is that of [FunnelStage.Onward]. It is 0 for none.
func (l *ladder) apart(fewest int) (smallest int) {
	var hidden crowd
	for i := range l.rungs {
		r := &l.rungs[i]
		if i == 0 || r.finishers.few(fewest) {
			hidden.join(&r.finishers, fewest)
		} else if r.completed > 0 && i+1 < len(l.rungs) && (smallest == 0 || r.completed < l.rungs[smallest].completed) {
			smallest = i
		}
	}
	if !hidden.few(fewest) {
		return 0
	}
	return smallest
}

// rung returns a stage of the funnel. Apart reports whether its finishers are not shown.
func (p *Paths) rung(all *ladder, stage int, name string, arrivals []int64, apart bool) FunnelStage {
	var reached, onward int64
	var came, went crowd
	for i := stage + 1; i < len(all.rungs); i++ {
		reached += all.rungs[i].runs
		came.join(&all.rungs[i].crowd, p.fewest)
		if i > stage+1 {
			onward += all.rungs[i].runs
			went.join(&all.rungs[i].crowd, p.fewest)
		}
	}
	last := &all.rungs[stage+1]
	if stage+2 == len(all.rungs) {
		onward, went = last.completed, last.finishers
	}
	answer := FunnelStage{Name: name}
	if answer.Hidden = came.few(p.fewest); answer.Hidden {
		return answer
	}
	answer.Reached = score.ShareOf(reached, all.runs, confidence)
	answer.Arrival = spreadOf(arrivals)
	if !last.skippers.few(p.fewest) {
		answer.Skipped = last.skipped
	}
	if !went.few(p.fewest) {
		answer.Onward = score.ShareOf(onward, reached, confidence)
	}
	if !apart && !last.finishers.few(p.fewest) {
		answer.CompletedHere = score.ShareOf(last.completed, reached, confidence)
	}
	if !last.leavers.few(p.fewest) {
		answer.Left = score.ShareOf(last.left, reached, confidence)
		answer.Lost = p.money(last)
	}
	return answer
}

// money returns what the runs of the rung have lost, by the names of currencies, without sums that are 0 or of few customers. A currency that is twice in the log is one.
func (p *Paths) money(of *rung) []event.Money {
	type loss struct {
		sum   sum
		crowd crowd
	}
	byName := map[string]*loss{}
	for c := range of.lost {
		name := p.log.Currencies[c]
		if byName[name] == nil {
			byName[name] = &loss{}
		}
		byName[name].sum.plus(of.lost[c])
		byName[name].crowd.join(&of.losers[c], p.fewest)
	}
	var all []event.Money
	for name, l := range byName {
		if n := l.sum.int(); n != 0 && !l.crowd.few(p.fewest) {
			all = append(all, event.Money{Amount: n, Currency: name})
		}
	}
	slices.SortFunc(all, func(a, b event.Money) int { return cmp.Compare(a.Currency, b.Currency) })
	return all
}
