package paths

import (
	"cmp"
	"slices"
	"strings"

	"cairncx.dev/cairn/feedback/score"
)

// Loops says which steps runs do again.
type Loops struct {
	// Runs is the share of the runs with a step that do a step again. It is the zero value if those are of fewer than five customers.
	Runs score.Share `json:"runs"`
	// Loops are the ways back to a step, by the time of all of them, the longest first.
	Loops  []Loop `json:"loops"`
	Hidden Hidden `json:"hidden"`
}

// Loop is one way from a step back to the same step.
type Loop struct {
	// Steps begin and end with the step. A step that follows itself is a loop of two. A way with more than three steps between has these two
	// steps only, and Long is true: all long ways of a step are one loop.
	Steps []string `json:"steps"`
	Long  bool     `json:"long"`
	// Runs are those that take the way, of the runs with a step, and Times is how often they do.
	Runs  score.Share `json:"runs"`
	Times int64       `json:"times"`
	// Round is from the step to the same step again. Seconds is the sum over all times.
	Round   Spread  `json:"round"`
	Seconds float64 `json:"seconds"`
}

// mostBetween is the number of steps between up to which ways back are told apart.
const mostBetween = 3

// loop is what is known of a way back.
type loop struct {
	key         string
	times, runs int64
	crowd       crowd
	last        int // the last variant that has it
}

// loops are the ways back of all variants.
type loops struct {
	list  []*loop // in the order of their keys
	some  int64
	crowd crowd
}

// loops returns the ways back.
func (p *Paths) loops(kept *variants) *loops {
	all, of, finder, rows := &loops{}, map[string]*loop{}, newLoopFinder(len(p.names)), kept.everyone(p)
	var steps []Step
	for v, key := range kept.keys {
		some := false
		steps = stepsOf(key, steps)
		finder.each(v, steps, func(key []byte, _ int64) {
			one := of[string(key)]
			if one == nil {
				one = &loop{key: string(key), last: -1}
				of[one.key], all.list = one, append(all.list, one)
			}
			if one.times += kept.counts[v]; one.last != v {
				one.last = v
				one.runs += kept.counts[v]
				rows.meet(&one.crowd, v)
			}
			some = true
		})
		if some {
			all.some += kept.counts[v]
			rows.meet(&all.crowd, v)
		}
	}
	slices.SortFunc(all.list, func(a, b *loop) int { return strings.Compare(a.key, b.key) })
	return all
}

// Loops returns the steps that runs do again. A way back goes from a step to the next same step.
func (p *Paths) Loops() Loops {
	if p.fewStepped() {
		return Loops{Loops: []Loop{}}
	}
	kept := p.variants()
	all, answer := p.loops(kept), Loops{Loops: []Loop{}}
	if !all.crowd.few(p.fewest) {
		answer.Runs = score.ShareOf(all.some, kept.runs, confidence)
	}
	number, members := make(map[string]int, len(all.list)), make([]member, len(all.list))
	for i, one := range all.list {
		number[one.key], members[i] = i, member{one.crowd.size(), one.times}
	}
	hides, hidden := conceal(members, p.fewest, func(i int) *crowd { return &all.list[i].crowd })
	rounds := gatherWays(p, &ways{kept: kept}, len(all.list), func() *loopFinder { return newLoopFinder(len(p.names)) },
		func(f *loopFinder, row int, steps []Step, yield func(int, int64)) {
			f.each(row, steps, func(key []byte, round int64) { yield(number[string(key)], round) })
		})
	answer.Hidden = hidden
	for i, one := range all.list {
		if hides[i] {
			continue
		}
		var lost sum
		for _, round := range rounds[i] {
			lost.add(round)
		}
		places := placesOf(one.key)
		answer.Loops = append(answer.Loops, Loop{
			Steps: p.named(places[1:]...), Long: places[0] != 0, Runs: score.ShareOf(one.runs, kept.runs, confidence),
			Times: one.times, Round: spreadOf(rounds[i]), Seconds: lost.float() / microsInSecond,
		})
	}
	slices.SortStableFunc(answer.Loops, func(a, b Loop) int { return cmp.Compare(b.Seconds, a.Seconds) })
	return answer
}

// loopFinder finds the ways back of runs.
type loopFinder struct {
	row, at []int // of each place: the last row that had it, and where
	key     []byte
}

func newLoopFinder(names int) *loopFinder {
	f := &loopFinder{row: make([]int, names), at: make([]int, names)}
	for i := range f.row {
		f.row[i] = -1
	}
	return f
}

// each calls yield with each way back: its key, which is valid until yield returns, and its time. A key has two bytes for whether the way is long, and
// two for each of the steps.
func (f *loopFinder) each(row int, steps []Step, yield func(key []byte, round int64)) {
	for i, s := range steps {
		code := s.Code()
		if f.row[code] == row {
			from := f.at[code]
			way, long := steps[from:i+1], byte(0)
			if len(way)-2 > mostBetween {
				long = 1
			}
			f.key = append(f.key[:0], 0, long)
			for j, step := range way {
				if long == 0 || j == 0 || j == len(way)-1 {
					f.key = append(f.key, byte(step>>8), byte(step)) //nolint:gosec // the two bytes of the code
				}
			}
			yield(f.key, s.micros()-steps[from].micros())
		}
		f.row[code], f.at[code] = row, i
	}
}
