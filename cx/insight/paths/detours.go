package paths

import (
	"cmp"
	"slices"
	"time"

	"cairncx.dev/cairn/cx/stats"
	"cairncx.dev/cairn/feedback/score"
)

// Detours are the paths that cost customers the most time, beside a path that is taken as the right one. They are a difference between runs that
// took different paths, and no proof that the path made the difference.
type Detours struct {
	Age Age `json:"age"`
	// Runs completed within the age, and Young are too young to say.
	Runs  int64 `json:"runs"`
	Young int64 `json:"young"`
	// Beside is the path that the others are compared with. It is the zero value if fewer than five customers took it, and if none did. Then there are
	// no detours.
	Beside Variant `json:"beside"`
	// Tested is the number of other paths that are of five customers and more. Slower are those whose median is higher, by more than chance
	// or not.
	Tested int64 `json:"tested"`
	Slower int64 `json:"slower"`
	// Detours are slower by more than chance, those that cost the most first.
	Detours []Detour `json:"detours"`
	Hidden  Hidden   `json:"hidden"`
}

// Detour is a path that takes longer.
type Detour struct {
	Variant
	// Added are the steps that the path has more often than the path beside it, in its order. Missing are those that it has less often.
	Added   []string `json:"added"`
	Missing []string `json:"missing"`
	// Extra is the median less the median of the path beside it. It lies from Low to High with a confidence of 95%.
	Extra time.Duration `json:"extra_ns"`
	Low   time.Duration `json:"low_ns"`
	High  time.Duration `json:"high_ns"`
	// Cost is the number of customers times Extra, in seconds.
	Cost float64 `json:"cost_seconds"`
	// P is the probability of so many runs above the median of the path beside it, if the paths took equally long. It is adjusted for all paths that
	// were tested.
	P float64 `json:"p"`
}

// significance is what P is at most for a detour.
const significance = 1 - confidence

// Detours returns the costly paths of the runs that completed within the age, beside the promised path or, without one, beside the path that most runs
// completed on. Give the age of [Paths.EndAge].
//
// A path is slower by more than chance if more than half of its runs took longer than the median of the path beside it, in a sign test: see
// [stats.BinomialAtLeast]. The high end of that median's interval stands for the median, because it is not known exactly. The values of all paths are
// adjusted after Benjamini and Hochberg 1995, "Controlling the False Discovery Rate", Journal of the Royal Statistical Society B 57. The interval
// of Extra is that of Zou and Donner 2008, Statistics in Medicine 27, of two order statistics intervals.
func (p *Paths) Detours(promised []string, age Age) Detours {
	limit, answer := age.Age.Microseconds(), Detours{Age: age, Detours: []Detour{}}
	old := func(r *Run) bool { return limit > 0 && p.lived(r) >= limit }
	wanted := func(r *Run) bool { return old(r) && r.Ended && r.Completed && r.lasted(p.log.At) <= limit }
	kept := p.variants()
	for row, v := range kept.of {
		switch run := &kept.all[row]; {
		case v < 0:
		case !old(run):
			answer.Young++
		case wanted(run):
			answer.Runs++
		}
	}
	all := kept.take(p, wanted)
	times := all.times()
	hides, hidden := all.conceal()
	beside := p.beside(kept, promised, times)
	if answer.Hidden = hidden; beside < 0 || hides[beside] {
		return answer
	}
	variantOf := func(v int) Variant {
		return Variant{
			p.named(placesOf(kept.keys[v])...), score.ShareOf(int64(len(times[v])), answer.Runs, confidence), all.customers(v), spreadOf(times[v]),
		}
	}
	answer.Beside = variantOf(beside)
	var slower []Detour
	var chances []float64
	for v := range kept.keys {
		if v == beside || hides[v] || len(times[v]) == 0 {
			continue
		}
		d, chance := compare(variantOf(v), times[v], times[beside])
		d.Added, d.Missing = differ(p, kept.keys[v], kept.keys[beside])
		slower, chances = append(slower, d), append(chances, chance)
	}
	answer.Tested = int64(len(slower))
	for i, adjusted := range stats.BenjaminiHochberg(chances) {
		d := slower[i]
		if d.Extra > 0 {
			answer.Slower++
		}
		if d.P = adjusted; d.P <= significance && d.Low > 0 {
			answer.Detours = append(answer.Detours, d)
		}
	}
	slices.SortStableFunc(answer.Detours, func(a, b Detour) int { return cmp.Compare(b.Cost, a.Cost) })
	return answer
}

// beside returns the variant that others are compared with, -1 for none.
func (p *Paths) beside(kept *variants, promised []string, times [][]int64) int {
	if len(promised) > 0 {
		var key []byte
		for _, name := range promised {
			place, ok := p.placed(name)
			if !ok {
				return -1
			}
			key = append(key, byte(place>>8), byte(place)) //nolint:gosec // the two bytes of the place
		}
		return slices.IndexFunc(kept.keys, func(k string) bool { return k == string(key) })
	}
	most := -1
	for v := range kept.keys {
		if len(times[v]) > 0 && (most < 0 || len(times[v]) > len(times[most])) {
			most = v
		}
	}
	return most
}

// compare returns how much longer the sorted times are than those of the path beside, and how probable that is by chance.
func compare(v Variant, of, beside []int64) (Detour, float64) {
	d := Detour{Variant: v, P: 1}
	median, usual := nearest(of, 1, 2), nearest(beside, 1, 2)
	d.Extra = micros(median - usual)
	d.Cost = float64(v.Customers) * float64(median-usual) / microsInSecond
	low, high, ok := between(of)
	usualLow, usualHigh, usualOK := between(beside)
	if !ok || !usualOK {
		d.Low, d.High = micros(of[0]-beside[len(beside)-1]), micros(of[len(of)-1]-beside[0]) // all that the medians can be
		return d, 1
	}
	as := func(value, low, high int64) score.Estimate {
		return score.Estimate{Value: float64(value), Interval: stats.Interval{Low: float64(low), High: float64(high)}, N: 1}
	}
	difference := score.Estimates(as(median, low, high), as(usual, usualLow, usualHigh))
	d.Low, d.High = micros(int64(difference.Low)), micros(int64(difference.High))
	first, _ := slices.BinarySearch(of, usualHigh+1)
	return d, stats.BinomialAtLeast(int64(len(of)-first), int64(len(of)), 0.5)
}

// differ returns the steps that a path has more often than another one, and those that it has less often.
func differ(p *Paths, path, other string) (added, missing []string) {
	more := func(a, b string) []string {
		left := map[uint16]int{}
		for _, at := range placesOf(b) {
			left[at]++
		}
		names := []string{}
		for _, at := range placesOf(a) {
			if left[at]--; left[at] < 0 {
				names = append(names, p.names[at])
			}
		}
		return names
	}
	return more(path, other), more(other, path)
}
