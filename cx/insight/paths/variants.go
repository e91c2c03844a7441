package paths

import (
	"cmp"
	"math"
	"slices"
	"strings"
	"sync"

	"cairncx.dev/cairn/feedback/score"
)

// Variants are the paths that runs took: the sequences of their steps.
type Variants struct {
	// Few means that the runs with a step are of fewer than five customers. All numbers are then zero.
	Few bool `json:"few,omitempty"`
	// Runs is the number of runs that have a step.
	Runs int64 `json:"runs"`
	// Distinct is the number of different paths.
	Distinct int64 `json:"distinct"`
	// Shown are the variants of the most runs first, and by their steps among equals.
	Shown  []Variant `json:"shown"`
	Hidden Hidden    `json:"hidden"`
	// Rest is the number of variants, and Left that of their runs, that are not hidden and not among those that the caller wanted.
	Rest int64 `json:"rest"`
	Left int64 `json:"left"`
}

// Variant is one path.
type Variant struct {
	Steps []string `json:"steps"`
	// Share is that of all runs that have a step.
	Share score.Share `json:"share"`
	// Customers is the number of customers. A run of an unknown one counts as one.
	Customers int64 `json:"customers"`
	// Time is from the start to the end of the runs that have ended. It is the zero value if those are fewer than five customers.
	Time Spread `json:"time"`
}

// Variants returns the most frequent variants, at most so many; all for most below 1. Runs in progress are on the path that they have taken so
// far.
func (p *Paths) Variants(most int) Variants {
	if p.fewStepped() {
		return Variants{Few: true, Shown: []Variant{}}
	}
	kept := p.variants()
	answer := Variants{Runs: kept.runs, Distinct: int64(len(kept.keys)), Shown: []Variant{}}
	all := kept.everyone(p)
	answer.Hidden = kept.hidden
	for v, key := range kept.keys {
		switch {
		case kept.hides[v]:
		case most > 0 && len(answer.Shown) >= most:
			answer.Rest++
			answer.Left += kept.counts[v]
		default:
			answer.Shown = append(answer.Shown, Variant{
				Steps: p.named(placesOf(key)...), Share: score.ShareOf(kept.counts[v], kept.runs, confidence), Customers: all.customers(v), Time: all.over(v),
			})
		}
	}
	return answer
}

// variants are the paths of all runs.
type variants struct {
	runs   int64
	keys   []string // the places of a variant's steps, two bytes each, by falling count and then in order
	counts []int64
	of     []int32 // the variant of each row, -1 for a run without steps
	all    []Run   // the run of each row

	// The rows of each variant, and which ones are hidden, which are found once.
	once   sync.Once
	taken  *taken
	hides  []bool
	hidden Hidden
}

// everyone returns the rows of each variant, and finds which variants are hidden.
func (v *variants) everyone(p *Paths) *taken {
	v.once.Do(func() {
		v.taken = v.take(p, func(*Run) bool { return true })
		v.hides, v.hidden = v.taken.conceal()
	})
	return v.taken
}

// variants returns the variants, which are found once.
func (p *Paths) variants() *variants {
	p.once.Do(func() { p.kept = p.findVariants() })
	return p.kept
}

// found is what a worker has found. Its numbers of variants are its own.
type found struct {
	first  int // the first row
	of     []int32
	number map[string]int32
	keys   []string
	counts []int64
	key    []byte
}

func (p *Paths) findVariants() *variants {
	room := p.log.Rows/max(1, min(p.workers, p.log.Rows)) + 1
	founds := each(p, func() *found { return &found{first: -1, of: make([]int32, 0, room), number: map[string]int32{}} },
		func(f *found, row int, _ Run, steps []Step) {
			if f.first < 0 {
				f.first = row
			}
			f.of = append(f.of, f.take(steps))
		})
	all, renumber := found{number: map[string]int32{}}, make([][]int32, len(founds))
	for w, f := range founds {
		renumber[w] = make([]int32, len(f.keys))
		for i, key := range f.keys {
			n := all.numberOf(key)
			all.counts[n] += f.counts[i]
			renumber[w][i] = n
		}
	}
	order := make([]int32, len(all.keys))
	for i := range order {
		order[i] = int32(i)
	}
	slices.SortFunc(order, func(a, b int32) int {
		return cmp.Or(cmp.Compare(all.counts[b], all.counts[a]), strings.Compare(all.keys[a], all.keys[b]))
	})
	v := &variants{keys: make([]string, len(order)), counts: make([]int64, len(order)), of: make([]int32, p.log.Rows), all: *p.runs.Load()}
	final := make([]int32, len(order))
	for i, n := range order {
		final[n] = int32(i)
		v.keys[i], v.counts[i] = all.keys[n], all.counts[n]
		v.runs += all.counts[n]
	}
	for w, f := range founds {
		for i, n := range f.of {
			v.of[f.first+i] = -1
			if n >= 0 {
				v.of[f.first+i] = final[renumber[w][n]]
			}
		}
	}
	return v
}

// take counts a run, and returns the number of its variant.
func (f *found) take(steps []Step) int32 {
	if len(steps) == 0 {
		return -1
	}
	f.key = f.key[:0]
	for _, s := range steps {
		f.key = append(f.key, byte(s>>8), byte(s)) //nolint:gosec // the two bytes of the code
	}
	n, ok := f.number[string(f.key)]
	if !ok {
		n = f.numberOf(string(f.key))
	}
	f.counts[n]++
	return n
}

func (f *found) numberOf(key string) int32 {
	n, ok := f.number[key]
	if !ok {
		n = int32(len(f.keys)) //nolint:gosec // at most as many as rows
		f.number[key], f.keys, f.counts = n, append(f.keys, key), append(f.counts, 0)
	}
	return n
}

// placesOf returns the places of a variant's steps.
func placesOf(key string) []uint16 {
	places := make([]uint16, len(key)/2)
	for i := range places {
		places[i] = uint16(key[2*i])<<8 | uint16(key[2*i+1])
	}
	return places
}

// taken are the rows of each variant.
type taken struct {
	p      *Paths
	all    []Run
	begins []int // of each variant, and the end of the last one
	rows   []int32
}

// take returns the rows of the runs that are wanted.
func (v *variants) take(p *Paths, wanted func(*Run) bool) *taken {
	t := &taken{p: p, all: v.all, begins: make([]int, len(v.keys)+1)}
	chosen := make([]bool, len(v.of))
	for row, n := range v.of {
		if chosen[row] = n >= 0 && wanted(&v.all[row]); chosen[row] {
			t.begins[n+1]++
		}
	}
	for n := range v.keys {
		t.begins[n+1] += t.begins[n]
	}
	t.rows = make([]int32, t.begins[len(v.keys)])
	next := slices.Clone(t.begins)
	for row, n := range v.of {
		if chosen[row] {
			t.rows[next[n]] = int32(row)
			next[n]++
		}
	}
	return t
}

// of returns the rows of a variant.
func (t *taken) of(v int) []int32 { return t.rows[t.begins[v]:t.begins[v+1]] }

// customers returns the number of customers of a variant. A run of an unknown one counts as one.
func (t *taken) customers(v int) (n int64) {
	known := make([]uint64, 0, len(t.of(v)))
	for _, row := range t.of(v) {
		if who := t.all[row].Customer; who != 0 {
			known = append(known, who)
		} else {
			n++
		}
	}
	return n + distinct(known)
}

// meet adds the customers of a variant to a crowd, up to as many as are enough.
func (t *taken) meet(c *crowd, v int) {
	for _, row := range t.of(v) {
		if c.size() >= int64(t.p.fewest) {
			return
		}
		run := &t.all[row]
		c.add(personOf(*run, int(row)), t.p.fewest)
	}
}

// crowd returns the customers of a variant, up to as many as are enough.
func (t *taken) crowd(v int) *crowd {
	c := &crowd{}
	t.meet(c, v)
	return c
}

// conceal returns which variants are hidden.
func (t *taken) conceal() ([]bool, Hidden) {
	members := make([]member, len(t.begins)-1)
	var few crowd
	for v := range members {
		few.known = few.known[:0]
		t.meet(&few, v)
		members[v] = member{few.size(), int64(len(t.of(v)))}
	}
	return conceal(members, t.p.fewest, t.crowd)
}

// over returns how long those runs of a variant lasted that have ended. It is the zero value if those are of too few customers.
func (t *taken) over(v int) Spread {
	var crowd crowd
	times := make([]int64, 0, len(t.of(v)))
	for _, row := range t.of(v) {
		if run := &t.all[row]; run.Ended {
			crowd.add(personOf(*run, int(row)), t.p.fewest)
			times = append(times, run.lasted(t.p.log.At))
		}
	}
	if crowd.size() < int64(t.p.fewest) {
		return Spread{}
	}
	return spreadOf(times)
}

// times returns the sorted times of each variant, from the start to the end.
func (t *taken) times() [][]int64 {
	all, lists := make([]int64, len(t.rows)), make([][]int64, len(t.begins)-1)
	for i, row := range t.rows {
		all[i] = t.all[row].lasted(t.p.log.At)
	}
	for v := range lists {
		lists[v] = all[t.begins[v]:t.begins[v+1]:t.begins[v+1]]
	}
	sortAll(t.p.workers, lists)
	return lists
}

// lasted returns for how long the run lasted until at, in microseconds.
func (r *Run) lasted(at int64) int64 {
	until := at
	if r.Ended {
		until = r.End
	}
	if until <= r.Start {
		return 0
	}
	if lasted := until - r.Start; lasted > 0 {
		return lasted
	}
	return math.MaxInt64 // the difference is beyond an int64
}

// ways are some of the variants.
type ways struct {
	kept  *variants
	taken []bool // by variant; nil takes all
}

// takes reports whether the variant is one of them.
func (w *ways) takes(v int) bool { return w.taken == nil || w.taken[v] }

// covered returns the variants, as a set of places, that have at least the share of the runs together, those of the most runs first, without the hidden ones.
// If none of them has two steps, it adds those that have at least the share of the runs with two or more steps.
func (v *variants) covered(share float64, hides []bool) (taken []bool, variants, runs int64) {
	taken = make([]bool, len(v.keys))
	moves := false
	take := func(all int64, wanted func(n int) bool) {
		for n, some := 0, int64(0); n < len(v.keys) && float64(some) < share*float64(all); n++ {
			if hides[n] || !wanted(n) {
				continue
			}
			taken[n], moves = true, moves || v.steps(n) > 1
			variants++
			some += v.counts[n]
			runs += v.counts[n]
		}
	}
	take(v.runs, func(int) bool { return true })
	if moves {
		return taken, variants, runs
	}
	several := func(n int) bool { return v.steps(n) > 1 }
	moved := int64(0)
	for n, count := range v.counts {
		if several(n) {
			moved += count
		}
	}
	take(moved, several)
	return taken, variants, runs
}

// steps returns how many steps the variant has.
func (v *variants) steps(n int) int { return len(v.keys[n]) / 2 }
