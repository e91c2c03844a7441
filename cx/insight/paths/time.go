package paths

import (
	"cmp"
	"slices"

	"cairncx.dev/cairn/feedback/score"
)

// Time says where the time of customers goes. The time from a step to the next one belongs to the step, and that from the last step to the
// run's end. An open run lasts until the moment of the question. Time after a run's end does not count.
type Time struct {
	// Runs is the number of runs. All numbers are zero for fewer than five customers, and Few is true.
	Runs int64 `json:"runs"`
	Few  bool  `json:"few"`
	// Open is the number of runs that have not ended.
	Open int64 `json:"open"`
	// Whole is the time of all runs, from their start to their end.
	Whole Portion `json:"whole"`
	// Stages are the codes by their time, the longest first. The time of the hidden ones is in no other number, but for Whole, Waits and Again. Which codes are
	// hidden is by customers and visits: if all but one of the hidden codes take no time, as the last step of a run does, or do not wait, or are not visited
	// again, then the total less what is shown is the time of that one.
	Stages []Stage `json:"stages"`
	Hidden Hidden  `json:"hidden"`
	// Before is the time from the start to the first step, and the whole time of runs without a step.
	Before Portion `json:"before"`
	// Waits is the time of the codes that wait.
	Waits Portion `json:"waits"`
	// Again is the time of rework: of a run's second and further visits to a code. Repeats are the runs that have one. It is the zero value if
	// those are of fewer than five customers.
	Again   Portion     `json:"again"`
	Repeats score.Share `json:"repeats"`
}

// Stage is the time that one code takes.
type Stage struct {
	Name string      `json:"name"`
	Wait bool        `json:"wait"`
	Runs score.Share `json:"runs"`
	// Visits are the times that a run came to it.
	Visits int64   `json:"visits"`
	Time   Portion `json:"time"`
	// Again is the part that second and further visits take.
	Again Portion `json:"again"`
	// Visit is how long a visit takes, of those that are over. It is the zero value if those are of fewer than five customers.
	Visit Spread `json:"visit"`
}

// stay is what a worker knows of a code.
type stay struct {
	time, again  part
	crowd, over  crowd // of all visits, and of those that are over
	runs, visits int64
	overs        int64 // the visits that are over
	// The run that is being read has these:
	spent, second int64
	seen, ended   int // the last row that had the code, and the last one whose visit was over
}

// stays are what a worker knows of all codes.
type stays struct {
	list                        []stay
	whole, before, waits, again part
	crowd, repeaters            crowd
	runs, open, repeats         int64
	touched                     []uint16
}

// Time returns where the time goes.
func (p *Paths) Time() Time {
	all, counts := p.newStays(), make([][]int, 0, p.workers)
	for _, s := range each(p, p.newStays, func(s *stays, row int, run Run, steps []Step) { s.take(p, row, run, steps) }) {
		all.join(s, p.fewest)
		overs := make([]int, len(s.list))
		for i := range s.list {
			overs[i] = int(s.list[i].overs)
		}
		counts = append(counts, overs)
	}
	answer := Time{Runs: all.runs, Stages: []Stage{}}
	if all.crowd.few(p.fewest) {
		return Time{Few: true, Stages: []Stage{}}
	}
	answer.Open = all.open
	answer.Whole, answer.Before = p.portion(&all.whole, all), p.portion(&all.before, all)
	answer.Waits, answer.Again = p.portion(&all.waits, all), p.portion(&all.again, all)
	if !all.repeaters.few(p.fewest) {
		answer.Repeats = score.ShareOf(all.repeats, all.runs, confidence)
	}
	answer.Stages, answer.Hidden = p.stages(all, counts)
	return answer
}

// portion returns a part of the time of all.
func (p *Paths) portion(t *part, all *stays) Portion {
	return t.portion(&all.whole, all.runs, p.fewest)
}

// stages returns what is shown of the codes, of whose visits so many are over in each worker's rows.
func (p *Paths) stages(all *stays, counts [][]int) ([]Stage, Hidden) {
	members := make([]member, len(all.list))
	for i := range all.list {
		members[i] = member{all.list[i].crowd.size(), all.list[i].visits}
	}
	hides, hidden := conceal(members, p.fewest, func(i int) *crowd { return &all.list[i].crowd })
	visits := gather(p, counts, len(p.names), func(_ int, run Run, steps []Step, yield func(int, int64)) {
		p.spans(run, steps, func(code uint16, spent int64, over bool) {
			if over {
				yield(int(code), spent)
			}
		})
	})
	shown := []Stage{}
	for i := range all.list {
		s := &all.list[i]
		if s.visits == 0 || hides[i] {
			continue
		}
		stage := Stage{
			Name: p.names[i], Wait: p.waits[i], Runs: score.ShareOf(s.runs, all.runs, confidence), Visits: s.visits,
			Time: p.portion(&s.time, all), Again: p.portion(&s.again, all),
		}
		if s.over.size() >= int64(p.fewest) {
			stage.Visit = spreadOf(visits[i])
		}
		shown = append(shown, stage)
	}
	slices.SortStableFunc(shown, func(a, b Stage) int { return cmp.Compare(b.Time.Seconds, a.Time.Seconds) })
	return shown, hidden
}

// spans calls yield with each visit of a run: its code, for how long it lasted, and whether it is over.
func (p *Paths) spans(run Run, steps []Step, yield func(code uint16, spent int64, over bool)) {
	lasted := run.lasted(p.log.At)
	for i, s := range steps {
		until, over := lasted, run.Ended
		if i+1 < len(steps) {
			until, over = min(steps[i+1].micros(), lasted), true
		}
		yield(s.Code(), max(0, until-s.micros()), over)
	}
}

func (p *Paths) newStays() *stays {
	s := &stays{list: make([]stay, len(p.names))}
	for i := range s.list {
		s.list[i].seen, s.list[i].ended = -1, -1
	}
	return s
}

// take adds a run.
func (s *stays) take(p *Paths, row int, run Run, steps []Step) {
	lasted := run.lasted(p.log.At)
	s.runs++
	if !run.Ended {
		s.open++
	}
	s.crowd.add(personOf(run, row), p.fewest)
	s.touched = s.touched[:0]
	var waits, again int64
	repeats := false
	p.spans(run, steps, func(code uint16, spent int64, over bool) {
		one := &s.list[code]
		if one.seen != row {
			one.seen, one.spent, one.second = row, 0, 0
			one.runs++
			one.crowd.add(personOf(run, row), p.fewest)
			s.touched = append(s.touched, code)
		} else {
			repeats = true
			one.second += spent
			again += spent
		}
		if over {
			one.overs++
			if one.ended != row {
				one.ended = row
				one.over.add(personOf(run, row), p.fewest)
			}
		}
		one.visits++
		one.spent += spent
		if p.waits[code] {
			waits += spent
		}
	})
	for _, code := range s.touched {
		one := &s.list[code]
		one.time.add(p, personOf(run, row), one.spent, lasted)
		one.again.add(p, personOf(run, row), one.second, lasted)
	}
	before := lasted
	if len(steps) > 0 {
		before = min(lasted, steps[0].micros())
	}
	if repeats {
		s.repeats++
		s.repeaters.add(personOf(run, row), p.fewest)
	}
	s.whole.add(p, personOf(run, row), lasted, lasted)
	s.before.add(p, personOf(run, row), before, lasted)
	s.waits.add(p, personOf(run, row), waits, lasted)
	s.again.add(p, personOf(run, row), again, lasted)
}

// join adds what another worker knows.
func (s *stays) join(o *stays, fewest int) {
	for i := range o.list {
		to, from := &s.list[i], &o.list[i]
		to.time.join(&from.time, fewest)
		to.again.join(&from.again, fewest)
		to.crowd.join(&from.crowd, fewest)
		to.over.join(&from.over, fewest)
		to.runs += from.runs
		to.visits += from.visits
	}
	s.whole.join(&o.whole, fewest)
	s.before.join(&o.before, fewest)
	s.waits.join(&o.waits, fewest)
	s.again.join(&o.again, fewest)
	s.crowd.join(&o.crowd, fewest)
	s.repeaters.join(&o.repeaters, fewest)
	s.runs += o.runs
	s.open += o.open
	s.repeats += o.repeats
}
