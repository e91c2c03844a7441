package paths

import (
	"cmp"
	"slices"

	"cairncx.dev/cairn/feedback/score"
)

// Follows says which steps follow which ones: the numbers of a map of the paths.
//
// A map is readable only if it leaves something out. To leave out rare pairs lies, because what is left has numbers of runs that the map no longer
// shows. A map for a part of the runs leaves out rare variants, and counts all of its numbers anew on the runs that it covers: see van der Aalst
// 2019, "A practitioner's guide to process mining: Limitations of the directly-follows graph", Procedia Computer Science 164.
type Follows struct {
	// Few means that the runs with a step are of fewer than five customers. All numbers are then zero.
	Few bool `json:"few,omitempty"`
	// Covered is the share of the runs with a step that the map is of, and Variants how many different paths they took.
	Covered  score.Share `json:"covered"`
	Variants int64       `json:"variants"`
	// Steps are the steps, those of the most visits first.
	Steps       []Node `json:"steps"`
	HiddenSteps Hidden `json:"hidden_steps"`
	// Pairs are the pairs of steps of which the second follows the first with nothing between, the most frequent first.
	Pairs       []Pair `json:"pairs"`
	HiddenPairs Hidden `json:"hidden_pairs"`
	// Distinct is the number of different pairs, and Times how often there was one.
	Distinct int64 `json:"distinct"`
	Times    int64 `json:"times"`
}

// Node is a step of the map.
type Node struct {
	Name   string      `json:"name"`
	Visits int64       `json:"visits"`
	Runs   score.Share `json:"runs"` // that have the step, of the runs that the map is of
}

// Pair is a pair of steps of which the second follows the first.
type Pair struct {
	From  string      `json:"from"`
	To    string      `json:"to"`
	Times int64       `json:"times"`
	Runs  score.Share `json:"runs"` // that have the pair, of the runs that the answer is of
	Time  Spread      `json:"time"` // between the two steps
}

// Follows returns the map of the variants that cover at least this share of the runs, 0.8 for 80%. It is of all runs for 1 and above, and
// for 0 and below. Variants of the same number of runs are in the order of their steps. A map of a part of the runs has none of the variants that
// [Paths.Variants] hides, whose number would follow from what it covers: it then covers less than the share.
//
// If no variant of that part has two steps, a map of it would be steps without a pair. It then also has the most frequent variants of two or more steps that
// cover at least the share of the runs with two or more steps.
func (p *Paths) Follows(coverage float64) Follows {
	if p.fewStepped() {
		return Follows{Few: true, Steps: []Node{}, Pairs: []Pair{}}
	}
	kept := p.variants()
	hides := make([]bool, len(kept.keys))
	if coverage > 0 && coverage < 1 {
		kept.everyone(p)
		hides = kept.hides
	} else {
		coverage = 1
	}
	taken, count, runs := kept.covered(coverage, hides)
	return p.follows(&ways{kept, taken}, count, runs)
}

// FollowsOf returns the map of the runs that took one of the paths, each of which is the names of its steps. A path that no run took is left out, and so is
// one that [Paths.Variants] hides. Variants of the answer is the number of the others.
func (p *Paths) FollowsOf(paths [][]string) Follows {
	if p.fewStepped() {
		return Follows{Few: true, Steps: []Node{}, Pairs: []Pair{}}
	}
	kept, wanted := p.variants(), p.keys(paths)
	kept.everyone(p)
	taken, count, runs := make([]bool, len(kept.keys)), int64(0), int64(0)
	for n, key := range kept.keys {
		if taken[n] = wanted[key] && !kept.hides[n]; taken[n] {
			count++
			runs += kept.counts[n]
		}
	}
	return p.follows(&ways{kept, taken}, count, runs)
}

// keys returns the keys of the variants of the paths. A path with an unknown name has none.
func (p *Paths) keys(paths [][]string) map[string]bool {
	places := make(map[string]int, len(p.names))
	for i, name := range p.names {
		places[name] = i
	}
	keys := map[string]bool{}
	for _, path := range paths {
		key := make([]byte, 0, 2*len(path))
		for _, name := range path {
			if i, known := places[name]; known {
				key = append(key, byte(i>>8), byte(i)) //nolint:gosec // the two bytes of a code
			}
		}
		if len(path) > 0 && len(key) == 2*len(path) {
			keys[string(key)] = true
		}
	}
	return keys
}

// follows returns the map of the variants that are taken.
func (p *Paths) follows(w *ways, count, runs int64) Follows {
	answer := Follows{Covered: score.ShareOf(runs, w.kept.runs, confidence), Variants: count}
	answer.Steps, answer.HiddenSteps = p.nodes(w, runs)
	pairs := p.findPairs(w, func(uint16, uint16) bool { return true })
	answer.Pairs, answer.HiddenPairs = p.pairs(pairs, runs)
	answer.Distinct = int64(len(pairs.list))
	for i := range pairs.list {
		answer.Times += pairs.list[i].times
	}
	return answer
}

// nodes returns the steps of the runs that took one of the ways.
func (p *Paths) nodes(w *ways, runs int64) ([]Node, Hidden) {
	type node struct {
		crowd        crowd
		visits, runs int64
		last         int
	}
	all, rows := make([]node, len(p.names)), w.kept.everyone(p)
	for i := range all {
		all[i].last = -1
	}
	var steps []Step
	for v, key := range w.kept.keys {
		if !w.takes(v) {
			continue
		}
		steps = stepsOf(key, steps)
		for _, s := range steps {
			n, count := &all[s.Code()], w.kept.counts[v]
			if n.visits += count; n.last != v {
				n.last = v
				n.runs += count
				rows.meet(&n.crowd, v)
			}
		}
	}
	members := make([]member, len(all))
	for i := range all {
		members[i] = member{all[i].crowd.size(), all[i].visits}
	}
	hides, hidden := conceal(members, p.fewest, func(i int) *crowd { return &all[i].crowd })
	shown := []Node{}
	for i := range all {
		if n := &all[i]; n.visits > 0 && !hides[i] {
			shown = append(shown, Node{p.names[i], n.visits, score.ShareOf(n.runs, runs, confidence)})
		}
	}
	slices.SortStableFunc(shown, func(a, b Node) int { return cmp.Compare(b.Visits, a.Visits) })
	return shown, hidden
}

// move is a pair of places, and what is known of it.
type move struct {
	from, to    uint16
	times, runs int64
	crowd       crowd
	last        int // the last variant that had it
}

// moves are pairs of places.
type moves struct {
	index pairIndex
	list  []move    // in the order of places once all are found
	lists [][]int64 // the sorted times of each
}

// findPairs returns the pairs of the runs that took one of the ways, in the order of their places, and the times between their steps.
func (p *Paths) findPairs(w *ways, counts func(from, to uint16) bool) *moves {
	all, rows := &moves{index: newPairIndex(len(p.names))}, w.kept.everyone(p)
	var steps []Step
	for v, key := range w.kept.keys {
		if !w.takes(v) {
			continue
		}
		steps = stepsOf(key, steps)
		for i := 1; i < len(steps); i++ {
			from, to := steps[i-1].Code(), steps[i].Code()
			if !counts(from, to) {
				continue
			}
			one := all.at(from, to)
			if one.times += w.kept.counts[v]; one.last != v {
				one.last = v
				one.runs += w.kept.counts[v]
				rows.meet(&one.crowd, v)
			}
		}
	}
	slices.SortFunc(all.list, func(a, b move) int { return cmp.Or(cmp.Compare(a.from, b.from), cmp.Compare(a.to, b.to)) })
	for i, m := range all.list {
		all.index.set(m.from, m.to, i)
	}
	all.lists = gatherWays(p, w, len(all.list), func() struct{} { return struct{}{} },
		func(_ struct{}, _ int, steps []Step, yield func(int, int64)) {
			for i := 1; i < len(steps); i++ {
				if a, b := steps[i-1], steps[i]; counts(a.Code(), b.Code()) {
					n, _ := all.index.get(a.Code(), b.Code())
					yield(n, b.micros()-a.micros())
				}
			}
		})
	return all
}

func (m *moves) at(from, to uint16) *move {
	n, ok := m.index.get(from, to)
	if !ok {
		n = len(m.list)
		m.index.set(from, to, n)
		m.list = append(m.list, move{from: from, to: to, last: -1})
	}
	return &m.list[n]
}

// pairs returns what is shown of the moves of so many runs.
func (p *Paths) pairs(m *moves, runs int64) ([]Pair, Hidden) {
	members := make([]member, len(m.list))
	for i := range m.list {
		members[i] = member{m.list[i].crowd.size(), m.list[i].times}
	}
	hides, hidden := conceal(members, p.fewest, func(i int) *crowd { return &m.list[i].crowd })
	shown := []Pair{}
	for i, one := range m.list {
		if !hides[i] {
			shown = append(shown, Pair{
				p.names[one.from], p.names[one.to], one.times, score.ShareOf(one.runs, runs, confidence), spreadOf(m.lists[i]),
			})
		}
	}
	slices.SortStableFunc(shown, func(a, b Pair) int { return cmp.Compare(b.Times, a.Times) })
	return shown, hidden
}

// pairIndex maps pairs of places to numbers: a table for few names, a map for many.
type pairIndex struct {
	names int
	table []int32
	few   map[uint32]int
}

// mostTable is the number of names up to which a table is used. It has four bytes for each pair.
const mostTable = 512

func newPairIndex(names int) pairIndex {
	if names <= mostTable {
		return pairIndex{names: names, table: make([]int32, names*names)}
	}
	return pairIndex{few: map[uint32]int{}}
}

func (x *pairIndex) get(from, to uint16) (int, bool) {
	if x.table != nil {
		n := x.table[int(from)*x.names+int(to)]
		return int(n) - 1, n > 0
	}
	n, ok := x.few[uint32(from)<<codeBits|uint32(to)]
	return n, ok
}

func (x *pairIndex) set(from, to uint16, n int) {
	if x.table != nil {
		x.table[int(from)*x.names+int(to)] = int32(n + 1) //nolint:gosec // at most mostTable²
		return
	}
	x.few[uint32(from)<<codeBits|uint32(to)] = n
}
