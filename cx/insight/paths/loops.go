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
	lost        sum
	crowd       crowd
	last        int
}

// loops is what a worker knows of them.
type loops struct {
	of         map[string]*loop
	runs, some int64
	crowd      crowd
	finder     *loopFinder
}

// Loops returns the steps that runs do again. A way back goes from a step to the next same step.
func (p *Paths) Loops() Loops {
	if p.fewStepped() {
		return Loops{Loops: []Loop{}}
	}
	start := func() *loops { return &loops{of: map[string]*loop{}, finder: newLoopFinder(len(p.names))} }
	all := start()
	for _, l := range each(p, start, func(l *loops, row int, run Run, steps []Step) { l.take(p, row, run, steps) }) {
		all.join(l, p.fewest)
	}
	answer := Loops{Loops: []Loop{}}
	if !all.crowd.few(p.fewest) {
		answer.Runs = score.ShareOf(all.some, all.runs, confidence)
	}
	list := make([]*loop, 0, len(all.of))
	for _, one := range all.of {
		list = append(list, one)
	}
	slices.SortFunc(list, func(a, b *loop) int { return strings.Compare(a.key, b.key) })
	number, members := make(map[string]int, len(list)), make([]member, len(list))
	for i, one := range list {
		number[one.key], members[i] = i, member{one.crowd.size(), one.times}
	}
	hides, hidden := conceal(members, p.fewest, func(i int) *crowd { return &list[i].crowd })
	rounds := gather(p, len(list), func() *loopFinder { return newLoopFinder(len(p.names)) },
		func(f *loopFinder, row int, _ Run, steps []Step, yield func(int, int64)) {
			f.each(row, steps, func(key []byte, round int64) { yield(number[string(key)], round) })
		})
	answer.Hidden = hidden
	for i, one := range list {
		if hides[i] {
			continue
		}
		places := placesOf(one.key)
		answer.Loops = append(answer.Loops, Loop{
			Steps: p.named(places[1:]...), Long: places[0] != 0, Runs: score.ShareOf(one.runs, all.runs, confidence),
			Times: one.times, Round: spreadOf(rounds[i]), Seconds: one.lost.float() / microsInSecond,
		})
	}
	slices.SortStableFunc(answer.Loops, func(a, b Loop) int { return cmp.Compare(b.Seconds, a.Seconds) })
	return answer
}

// take adds a run.
func (l *loops) take(p *Paths, row int, run Run, steps []Step) {
	if len(steps) == 0 {
		return
	}
	l.runs++
	some := false
	l.finder.each(row, steps, func(key []byte, round int64) {
		one := l.of[string(key)]
		if one == nil {
			one = &loop{key: string(key), last: -1}
			l.of[one.key] = one
		}
		one.times++
		one.lost.add(round)
		if one.last != row {
			one.last = row
			one.runs++
			one.crowd.add(personOf(run, row), p.fewest)
		}
		some = true
	})
	if some {
		l.some++
		l.crowd.add(personOf(run, row), p.fewest)
	}
}

// join adds what another worker knows.
func (l *loops) join(o *loops, fewest int) {
	l.runs += o.runs
	l.some += o.some
	l.crowd.join(&o.crowd, fewest)
	for key, from := range o.of {
		to := l.of[key]
		if to == nil {
			to = &loop{key: key, last: -1}
			l.of[key] = to
		}
		to.times += from.times
		to.runs += from.runs
		to.lost.plus(from.lost)
		to.crowd.join(&from.crowd, fewest)
	}
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
