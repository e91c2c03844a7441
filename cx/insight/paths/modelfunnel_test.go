package paths_test

import (
	"cmp"
	"math"
	"slices"
	"time"

	"cairncx.dev/cairn/cx/event"
	"cairncx.dev/cairn/cx/insight/paths"
)

// farthest returns the last stage that the run has reached by a time after its start, -1 for none.
func farthest(r told, stages []string, limit int64) int {
	last := -1
	for _, m := range r.order {
		if m.at <= limit {
			last = max(last, slices.Index(stages, m.name))
		}
	}
	return last
}

func (w *world) funnel(stages []string, age time.Duration) paths.Funnel {
	limit := age.Microseconds()
	answer := paths.Funnel{Age: paths.Age{Age: age}, Stages: []paths.FunnelStage{}}
	var old []told
	for _, r := range w.told() {
		if limit > 0 && r.age >= limit {
			old = append(old, r)
		} else {
			answer.Young++
		}
	}
	count := func(wanted func(told) bool) (n int, few bool) {
		people := map[string]bool{}
		for _, r := range old {
			if wanted(r) {
				n++
				people[r.id] = true
			}
		}
		return n, w.fewOf(people)
	}
	if _, few := count(func(told) bool { return true }); few {
		return paths.Funnel{Age: answer.Age, Few: true, Stages: answer.Stages}
	}
	if answer.Runs = int64(len(old)); len(old) == 0 {
		return answer
	}
	completed := func(r told) bool { return r.ended && r.completed && r.took <= limit }
	if n, few := count(completed); !few {
		answer.Completed = share(n, len(old))
	}
	open, _ := count(func(r told) bool { return !r.ended })
	answer.Open = share(open, len(old))
	answer.Settled = float64(open) <= 0.05*float64(len(old))
	outside, _ := count(func(r told) bool { return farthest(r, stages, limit) < 0 })
	answer.Outside = int64(outside)
	for i, name := range stages {
		s := paths.FunnelStage{Name: name}
		here := func(r told) bool { return farthest(r, stages, limit) == i }
		reached, small := count(func(r told) bool { return farthest(r, stages, limit) >= i })
		onward, fewOnward := count(func(r told) bool {
			return farthest(r, stages, limit) > i || i+1 == len(stages) && here(r) && completed(r)
		})
		skipped, fewSkipped := count(func(r told) bool {
			return farthest(r, stages, limit) > i && !slices.ContainsFunc(r.order, func(m moment) bool { return m.name == name })
		})
		lost := func(r told) bool {
			return here(r) && r.ended && !r.completed && farthest(r, stages, math.MaxInt64) == i
		}
		left, fewLeft := count(lost)
		done, fewDone := count(func(r told) bool { return here(r) && completed(r) })
		if s.Hidden = small; !small {
			s.Reached = share(reached, len(old))
			if !fewSkipped {
				s.Skipped = int64(skipped)
			}
			if !fewDone && i != w.apart(old, stages, limit) {
				s.CompletedHere = share(done, reached)
			}
			if !fewOnward {
				s.Onward = share(onward, reached)
			}
			if !fewLeft {
				s.Left = share(left, reached)
				money, losers := map[string]int64{}, map[string]map[string]bool{}
				for _, r := range old {
					if lost(r) && int(r.currency) < len(w.currencies) && r.value != 0 {
						name := w.currencies[r.currency]
						if losers[name] == nil {
							losers[name] = map[string]bool{}
						}
						money[name] += r.value
						losers[name][r.id] = true
					}
				}
				for currency, amount := range money {
					if amount != 0 && !w.fewOf(losers[currency]) {
						s.Lost = append(s.Lost, event.Money{Amount: amount, Currency: currency})
					}
				}
				slices.SortFunc(s.Lost, func(a, b event.Money) int { return cmp.Compare(a.Currency, b.Currency) })
			}
			var arrivals []int64
			for _, r := range old {
				at := slices.IndexFunc(r.order, func(m moment) bool { return slices.Index(stages, m.name) >= i })
				if at >= 0 && r.order[at].at <= limit {
					arrivals = append(arrivals, r.order[at].at)
				}
			}
			s.Arrival = spread(arrivals)
		}
		answer.Stages = append(answer.Stages, s)
	}
	return answer
}

// apart is the stage before the last one whose number of completed runs is hidden, because the hidden ones are of few: -1 for none.
func (w *world) apart(old []told, stages []string, limit int64) int {
	finishers, runs, hidden := map[int]map[string]bool{}, map[int]int{}, map[string]bool{}
	for _, r := range old {
		if r.ended && r.completed && r.took <= limit {
			at := farthest(r, stages, limit)
			if finishers[at] == nil {
				finishers[at] = map[string]bool{}
			}
			finishers[at][r.id] = true
			runs[at]++
		}
	}
	smallest := -1
	for at := -1; at < len(stages); at++ {
		switch {
		case at < 0 || w.fewOf(finishers[at]):
			for id := range finishers[at] {
				hidden[id] = true
			}
		case at+1 < len(stages) && runs[at] > 0 && (smallest < 0 || runs[at] < runs[smallest]):
			smallest = at
		}
	}
	if w.fewOf(hidden) {
		return smallest
	}
	return -1
}
