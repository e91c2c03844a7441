package paths

import (
	"cmp"
	"maps"
	"slices"

	"cairncx.dev/cairn/feedback/score"
)

// PingPong says how often two teams send runs back and forth. It is an answer about a log whose codes are teams or queues.
type PingPong struct {
	// Runs is the share of the runs with a step that were sent back and forth. It is the zero value if those are of fewer than five customers.
	Runs score.Share `json:"runs"`
	// Between are the teams that do it, by the lost time of their runs, the longest first.
	Between []Rally `json:"between"`
	Hidden  Hidden  `json:"hidden"`
}

// Rally is what two teams send back and forth.
type Rally struct {
	Teams [2]string   `json:"teams"`
	Runs  score.Share `json:"runs"`
	// Times is how often it happened, and Handovers how often a run changed hands thereby.
	Times     int64 `json:"times"`
	Handovers int64 `json:"handovers"`
	// Lost is the time from the first handover of a rally to its last one. Seconds is the sum over all rallies.
	Lost    Spread  `json:"lost"`
	Seconds float64 `json:"seconds"`
}

// shortest is the number of stays of a rally: one team, the other one, back and back again.
const shortest = 4

// rally is what is known of two teams.
type rally struct {
	a, b                   uint16
	times, handovers, runs int64
	lost                   sum
	crowd                  crowd
	last                   int
}

// PingPong returns which teams send runs back and forth: A, B, A and B again. Two teams that do it more than four times in a row do it once, with more
// handovers. The log is that of [Paths.Handovers].
func (p *Paths) PingPong() PingPong {
	if p.fewStepped() {
		return PingPong{Between: []Rally{}}
	}
	type rallies struct {
		of         map[[2]uint16]*rally
		runs, some int64
		crowd      crowd
	}
	start := func() *rallies { return &rallies{of: map[[2]uint16]*rally{}} }
	at := func(r *rallies, a, b uint16) *rally {
		key := [2]uint16{min(a, b), max(a, b)}
		if r.of[key] == nil {
			r.of[key] = &rally{a: key[0], b: key[1], last: -1}
		}
		return r.of[key]
	}
	all := start()
	for _, r := range each(p, start, func(r *rallies, row int, run Run, steps []Step) {
		if len(steps) == 0 {
			return
		}
		r.runs++
		before := len(steps)
		eachRally(steps, func(a, b uint16, handovers, lost int64) {
			one := at(r, a, b)
			one.times++
			one.handovers += handovers
			one.lost.add(lost)
			if one.last != row {
				one.last = row
				one.runs++
				one.crowd.add(personOf(run, row), p.fewest)
			}
			before = 0
		})
		if before == 0 {
			r.some++
			r.crowd.add(personOf(run, row), p.fewest)
		}
	}) {
		all.runs += r.runs
		all.some += r.some
		all.crowd.join(&r.crowd, p.fewest)
		for _, one := range r.of {
			to := at(all, one.a, one.b)
			to.times += one.times
			to.handovers += one.handovers
			to.runs += one.runs
			to.lost.plus(one.lost)
			to.crowd.join(&one.crowd, p.fewest)
		}
	}
	answer := PingPong{}
	if !all.crowd.few(p.fewest) {
		answer.Runs = score.ShareOf(all.some, all.runs, confidence)
	}
	answer.Between, answer.Hidden = p.rallies(slices.Collect(maps.Values(all.of)), all.runs)
	return answer
}

// rallies returns what is shown.
func (p *Paths) rallies(list []*rally, runs int64) ([]Rally, Hidden) {
	slices.SortFunc(list, func(x, y *rally) int { return cmp.Or(cmp.Compare(x.a, y.a), cmp.Compare(x.b, y.b)) })
	number, members := map[[2]uint16]int{}, make([]member, len(list))
	for i, one := range list {
		number[[2]uint16{one.a, one.b}], members[i] = i, member{one.crowd.size(), one.times}
	}
	hides, hidden := conceal(members, p.fewest, func(i int) *crowd { return &list[i].crowd })
	start := func() struct{} { return struct{}{} }
	times := gatherWays(p, &ways{kept: p.variants()}, len(list), start, func(_ struct{}, _ int, steps []Step, yield func(int, int64)) {
		eachRally(steps, func(a, b uint16, _, lost int64) { yield(number[[2]uint16{min(a, b), max(a, b)}], lost) })
	})
	shown := []Rally{}
	for i, one := range list {
		if !hides[i] {
			shown = append(shown, Rally{
				[2]string{p.names[one.a], p.names[one.b]},
				score.ShareOf(one.runs, runs, confidence), one.times, one.handovers,
				spreadOf(times[i]), one.lost.float() / microsInSecond,
			})
		}
	}
	slices.SortStableFunc(shown, func(a, b Rally) int { return cmp.Compare(b.Seconds, a.Seconds) })
	return shown, hidden
}

// eachRally calls yield with each longest rally of a run.
func eachRally(steps []Step, yield func(a, b uint16, handovers, lost int64)) {
	// The stays since the rally may have begun: how many, the teams of the last two, and when the second one and the last one began.
	stays, other, team, second, last := int64(0), uint16(0), uint16(0), int64(0), int64(0)
	flush := func() {
		if stays >= shortest {
			yield(other, team, stays-1, last-second)
		}
	}
	for _, s := range steps {
		code := s.Code()
		switch {
		case stays == 0:
			stays, team = 1, code
		case code == team:
			continue
		case stays == 1:
			stays, other, team, second = stays+1, team, code, s.micros()
		case code == other:
			stays, other, team = stays+1, team, code
		default: // the last stay begins the next rally
			flush()
			stays, other, team, second = 2, team, code, s.micros()
		}
		last = s.micros()
	}
	flush()
}
