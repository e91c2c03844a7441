package paths_test

import (
	"cmp"
	"math"
	"slices"
	"time"

	"cairncx.dev/cairn/cx/insight/paths"
	"cairncx.dev/cairn/cx/stats"
	"cairncx.dev/cairn/feedback/score"
)

func spread(values []int64) paths.Spread {
	if len(values) == 0 {
		return paths.Spread{}
	}
	sorted := slices.Sorted(slices.Values(values))
	at := func(share float64) time.Duration {
		return time.Duration(sorted[int(math.Ceil(share*float64(len(sorted))-1e-9))-1]) * time.Microsecond
	}
	return paths.Spread{N: int64(len(values)), Median: at(0.5), P90: at(0.9)}
}

func share(n, of int) score.Share { return score.ShareOf(int64(n), int64(of), 0.95) }

func sumOf(values []int64) (total float64) {
	for _, v := range values {
		total += float64(v)
	}
	return total
}

// ratio returns the part of the time: x of t, run by run.
func (w *world) ratio(all []told, x func(told) int64) paths.Portion {
	var xs, ts, squares float64
	people := map[string]bool{}
	for _, r := range all {
		if x(r) > 0 {
			people[r.id] = true
		}
		xs += float64(x(r))
		ts += float64(r.took)
	}
	if ts == 0 || len(people) > 0 && len(people) < w.few {
		return paths.Portion{}
	}
	n := float64(len(all))
	for _, r := range all {
		squares += math.Pow(float64(x(r))-xs/ts*float64(r.took), 2)
	}
	reach := 1.959963984540054 * math.Sqrt(squares*n/(n-1)) / ts
	i := stats.Interval{Low: max(0, xs/ts-reach), High: min(1, xs/ts+reach)}
	if len(all) == 1 {
		i = stats.Interval{Low: 0, High: 1}
	}
	return paths.Portion{Seconds: xs / 1e6, Share: score.Estimate{Value: xs / ts, Interval: i, N: int64(len(all)), Unit: score.Parts}}
}

func (w *world) fewOf(people map[string]bool) bool { return len(people) > 0 && len(people) < w.few }

func (w *world) time() paths.Time {
	all := w.told()
	people, repeaters, repeats := map[string]bool{}, map[string]bool{}, 0
	answer := paths.Time{Runs: int64(len(all)), Stages: []paths.Stage{}}
	codes := map[string]*bunch{}
	again := func(r told, name string) (total int64, some bool) {
		seen := map[string]bool{}
		for i, m := range r.order {
			if seen[m.name] && (name == "" || m.name == name) {
				total, some = total+r.spent[i], true
			}
			seen[m.name] = true
		}
		return total, some
	}
	for row, r := range all {
		people[r.id] = true
		if !r.ended {
			answer.Open++
		}
		if _, some := again(r, ""); some {
			repeaters[r.id] = true
			repeats++
		}
		for i, m := range r.order {
			put(codes, row, r, r.spent[i], m.name)
		}
	}
	if w.fewOf(people) {
		return paths.Time{Few: true, Stages: []paths.Stage{}}
	}
	answer.Whole = w.ratio(all, func(r told) int64 { return r.took })
	answer.Before = w.ratio(all, func(r told) int64 {
		if len(r.order) == 0 {
			return r.took
		}
		return min(r.took, r.order[0].at)
	})
	answer.Waits = w.ratio(all, func(r told) (total int64) {
		for i, m := range r.order {
			if w.waits[m.name] {
				total += r.spent[i]
			}
		}
		return total
	})
	answer.Again = w.ratio(all, func(r told) int64 { total, _ := again(r, ""); return total })
	if !w.fewOf(repeaters) {
		answer.Repeats = share(repeats, len(all))
	}
	list, hidden := w.shown(w.inOrder(codes))
	answer.Hidden = hidden
	for _, b := range list {
		name := b.name[0]
		s := paths.Stage{Name: name, Wait: w.waits[name], Runs: share(len(b.runs), len(all)), Visits: b.times}
		s.Time = w.ratio(all, func(r told) (total int64) {
			for i, m := range r.order {
				if m.name == name {
					total += r.spent[i]
				}
			}
			return total
		})
		s.Again = w.ratio(all, func(r told) int64 { total, _ := again(r, name); return total })
		over, ended := map[string]bool{}, []int64{}
		for _, r := range all {
			for i, m := range r.order {
				if m.name == name && (r.ended || i+1 < len(r.order)) {
					over[r.id] = true
					ended = append(ended, r.spent[i])
				}
			}
		}
		if len(over) >= w.few {
			s.Visit = spread(ended)
		}
		answer.Stages = append(answer.Stages, s)
	}
	slices.SortStableFunc(answer.Stages, func(a, b paths.Stage) int { return cmp.Compare(b.Time.Seconds, a.Time.Seconds) })
	return answer
}
