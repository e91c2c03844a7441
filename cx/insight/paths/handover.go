package paths

import "cairncx.dev/cairn/feedback/score"

// Handovers says how often runs change hands. It is an answer about a log whose codes are teams or queues: see [Paths.Handovers].
type Handovers struct {
	// Few means that the runs with a step are of fewer than five customers. All numbers are then zero.
	Few bool `json:"few,omitempty"`
	// Runs is the number of runs with a step, and Changed the share that changed hands. It is the zero value if the runs that did are of
	// fewer than five customers, and so are Times, Back and Time.
	Runs    int64       `json:"runs"`
	Changed score.Share `json:"changed"`
	// Times is how often a run changed hands, and Back the share that went back to a team that had the run before.
	Times int64       `json:"times"`
	Back  score.Share `json:"back"`
	// Time is from the last step of the team that gave the run away to the first one of the team that got it, as part of the time of all runs.
	Time Portion `json:"time"`
	// Pairs are the teams between which runs change hands, the most frequent first.
	Pairs  []Pair `json:"pairs"`
	Hidden Hidden `json:"hidden"`
}

// hands is what a worker knows of handovers.
type hands struct {
	runs, changed, times, back int64
	whole, time                part
	crowd                      crowd
	before                     []int // the last row that had the team
}

// Handovers returns how often runs change hands, in a log whose steps are the teams or queues that did something: one step for each thing that
// they did. Steps of one team after another are no handover.
func (p *Paths) Handovers() Handovers {
	if p.fewStepped() {
		return Handovers{Few: true, Pairs: []Pair{}}
	}
	var all hands
	for _, h := range each(p, func() *hands {
		h := &hands{before: make([]int, len(p.names))}
		for i := range h.before {
			h.before[i] = -1
		}
		return h
	}, func(h *hands, row int, run Run, steps []Step) { h.take(p, row, run, steps) }) {
		all.runs += h.runs
		all.changed += h.changed
		all.times += h.times
		all.back += h.back
		all.whole.join(&h.whole, p.fewest)
		all.time.join(&h.time, p.fewest)
		all.crowd.join(&h.crowd, p.fewest)
	}
	answer := Handovers{Runs: all.runs}
	if !all.crowd.few(p.fewest) {
		answer.Changed, answer.Times = score.ShareOf(all.changed, all.runs, confidence), all.times
		answer.Back = score.ShareOf(all.back, all.times, confidence)
		answer.Time = all.time.portion(&all.whole, all.runs, p.fewest)
	}
	answer.Pairs, answer.Hidden = p.pairs(p.findPairs(&ways{kept: p.variants()}, func(from, to uint16) bool { return from != to }), all.runs)
	return answer
}

// take adds a run.
func (h *hands) take(p *Paths, row int, run Run, steps []Step) {
	if len(steps) == 0 {
		return
	}
	h.runs++
	lasted, between, changed := run.lasted(p.log.At), int64(0), false
	for i, s := range steps {
		if i > 0 && s.Code() != steps[i-1].Code() {
			changed = true
			h.times++
			if h.before[s.Code()] == row {
				h.back++
			}
			between += max(0, min(s.micros(), lasted)-min(steps[i-1].micros(), lasted))
		}
		h.before[s.Code()] = row
	}
	if changed {
		h.changed++
		h.crowd.add(personOf(run, row), p.fewest)
	}
	h.whole.add(p, personOf(run, row), lasted, lasted)
	h.time.add(p, personOf(run, row), between, lasted)
}
