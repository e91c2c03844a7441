package paths_test

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"cairncx.dev/cairn/cx/insight/paths"
)

// This file answers the questions apart from the package, with maps of texts, one run after the other and one definition after the other.

// told is a run with its steps in order.
type told struct {
	life
	id    string // of the customer
	took  int64
	age   int64
	order []moment
	spent []int64 // the time of each step
}

func (w *world) before(a, b string) int {
	return cmp.Or(cmp.Compare(w.ranks[a], w.ranks[b]), cmp.Compare(a, b))
}

func (w *world) told() (all []told) {
	for i, l := range w.lives {
		r := told{life: l, id: fmt.Sprint("customer ", l.who), age: w.at - l.start, order: slices.Clone(l.steps)}
		if l.who == 0 {
			r.id = fmt.Sprint("run ", i)
		}
		if r.took = w.at - l.start; l.ended {
			r.took = l.end - l.start
		}
		r.took = max(0, r.took)
		slices.SortFunc(r.order, func(a, b moment) int { return cmp.Or(cmp.Compare(a.at, b.at), w.before(a.name, b.name)) })
		for i, m := range r.order {
			until := r.took
			if i+1 < len(r.order) {
				until = min(r.took, r.order[i+1].at)
			}
			r.spent = append(r.spent, max(0, until-m.at))
		}
		all = append(all, r)
	}
	return all
}

// bunch is a group of customers.
type bunch struct {
	name   []string
	people map[string]bool
	runs   map[int]bool
	times  int64
	values []int64
}

func put(m map[string]*bunch, row int, r told, value int64, name ...string) {
	key := strings.Join(name, "\x00")
	if m[key] == nil {
		m[key] = &bunch{name: name, people: map[string]bool{}, runs: map[int]bool{}}
	}
	b := m[key]
	b.people[r.id], b.runs[row] = true, true
	b.times++
	b.values = append(b.values, value)
}

func (w *world) inOrder(m map[string]*bunch) (list []*bunch) {
	for _, b := range m {
		list = append(list, b)
	}
	slices.SortFunc(list, func(a, b *bunch) int { return slices.CompareFunc(a.name, b.name, w.before) })
	return list
}

// shown returns the groups that are shown, in their order.
func (w *world) shown(list []*bunch) (all []*bunch, hidden paths.Hidden) {
	bySize := slices.Clone(list)
	slices.SortStableFunc(bySize, func(a, b *bunch) int {
		return cmp.Or(cmp.Compare(min(w.few, len(a.people)), min(w.few, len(b.people))), cmp.Compare(a.times, b.times))
	})
	out, together := map[*bunch]bool{}, map[string]bool{}
	for _, b := range bySize {
		small := len(b.people) < w.few
		needed := hidden.Groups == 1 || hidden.Groups > 0 && len(together) < w.few
		if !small && !needed {
			break
		}
		out[b] = true
		hidden.Groups++
		hidden.Times += b.times
		for who := range b.people {
			together[who] = true
		}
	}
	return slices.DeleteFunc(slices.Clone(list), func(b *bunch) bool { return out[b] }), hidden
}

// fewSteps reports whether the runs that have a step are of few customers.
func (w *world) fewSteps() bool {
	people := map[string]bool{}
	for _, r := range with(w.told()) {
		people[r.id] = true
	}
	return w.fewOf(people)
}

// with returns the runs that have a step.
func with(all []told) (list []told) {
	for _, r := range all {
		if len(r.order) > 0 {
			list = append(list, r)
		}
	}
	return list
}

func (r *told) names() (names []string) {
	for _, m := range r.order {
		names = append(names, m.name)
	}
	return names
}

// paths returns the variants in their order.
func (w *world) paths() []*bunch {
	all := map[string]*bunch{}
	for row, r := range w.told() {
		if len(r.order) > 0 {
			put(all, row, r, r.took, r.names()...)
		}
	}
	list := w.inOrder(all)
	slices.SortStableFunc(list, func(a, b *bunch) int { return cmp.Compare(b.times, a.times) })
	return list
}

func (w *world) variants(most int) paths.Variants {
	if w.fewSteps() {
		return paths.Variants{Few: true}
	}
	told := w.told()
	list, total := w.paths(), len(with(told))
	answer := paths.Variants{Runs: int64(total), Distinct: int64(len(list)), Shown: []paths.Variant{}}
	list, answer.Hidden = w.shown(list)
	ended := map[string]*bunch{}
	for row, r := range told {
		if len(r.order) > 0 && r.ended {
			put(ended, row, r, r.took, r.names()...)
		}
	}
	for _, b := range w.inOrder(ended) { // what is hidden of the ended runs alone
		if len(b.people) < w.few {
			delete(ended, strings.Join(b.name, "\x00"))
		}
	}
	for _, b := range list {
		if most > 0 && len(answer.Shown) == most {
			answer.Rest++
			answer.Left += b.times
			continue
		}
		v := paths.Variant{Steps: b.name, Share: share(int(b.times), total), Customers: int64(len(b.people))}
		if e := ended[strings.Join(b.name, "\x00")]; e != nil {
			v.Time = spread(e.values)
		}
		answer.Shown = append(answer.Shown, v)
	}
	return answer
}

func pairsOf(list []*bunch, runs int) []paths.Pair {
	all := []paths.Pair{}
	for _, b := range list {
		all = append(all, paths.Pair{From: b.name[0], To: b.name[1], Times: b.times, Runs: share(len(b.runs), runs), Time: spread(b.values)})
	}
	slices.SortStableFunc(all, func(a, b paths.Pair) int { return cmp.Compare(b.Times, a.Times) })
	return all
}

func (w *world) follows(coverage float64) paths.Follows {
	if w.fewSteps() {
		return paths.Follows{Few: true}
	}
	total, taken, runs := len(with(w.told())), map[int]bool{}, 0
	answer := paths.Follows{Steps: []paths.Node{}}
	list, part := w.paths(), coverage > 0 && coverage < 1
	if part {
		list, _ = w.shown(list)
	}
	take := func(list []*bunch, total int) (longest int) {
		some := 0
		for _, b := range list {
			if part && float64(some) >= coverage*float64(total) {
				break
			}
			answer.Variants++
			longest, some, runs = max(longest, len(b.name)), some+int(b.times), runs+int(b.times)
			for row := range b.runs {
				taken[row] = true
			}
		}
		return longest
	}
	if take(list, total) < 2 && part { // steps alone are no map
		moved := 0
		for _, r := range w.told() {
			if len(r.order) > 1 {
				moved++
			}
		}
		take(slices.DeleteFunc(slices.Clone(list), func(b *bunch) bool { return len(b.name) < 2 }), moved)
	}
	answer.Covered = share(runs, total)
	nodes, pairs := map[string]*bunch{}, map[string]*bunch{}
	for row, r := range w.told() {
		if !taken[row] {
			continue
		}
		for i, m := range r.order {
			put(nodes, row, r, 0, m.name)
			if i > 0 {
				answer.Times++
				put(pairs, row, r, m.at-r.order[i-1].at, r.order[i-1].name, m.name)
			}
		}
	}
	answer.Distinct = int64(len(pairs))
	list, answer.HiddenSteps = w.shown(w.inOrder(nodes))
	for _, b := range list {
		answer.Steps = append(answer.Steps, paths.Node{Name: b.name[0], Visits: b.times, Runs: share(len(b.runs), runs)})
	}
	slices.SortStableFunc(answer.Steps, func(a, b paths.Node) int { return cmp.Compare(b.Visits, a.Visits) })
	list, answer.HiddenPairs = w.shown(w.inOrder(pairs))
	answer.Pairs = pairsOf(list, runs)
	return answer
}

func (w *world) loops() paths.Loops {
	if w.fewSteps() {
		return paths.Loops{}
	}
	all, some, people := map[string]*bunch{}, 0, map[string]bool{}
	for row, r := range w.told() {
		found := false
		for i := range r.order {
			for j := i + 1; j < len(r.order); j++ {
				if r.order[j].name != r.order[i].name {
					continue
				}
				name := []string{"short"}
				for _, m := range r.order[i : j+1] {
					name = append(name, m.name)
				}
				if len(name) > 6 {
					name = []string{"long", r.order[i].name, r.order[i].name}
				}
				put(all, row, r, r.order[j].at-r.order[i].at, name...)
				found = true
				break
			}
		}
		if found {
			some++
			people[r.id] = true
		}
	}
	answer, runs := paths.Loops{Loops: []paths.Loop{}}, len(with(w.told()))
	if !w.fewOf(people) {
		answer.Runs = share(some, runs)
	}
	list := w.inOrder(all)
	slices.SortStableFunc(list, func(a, b *bunch) int {
		return cmp.Or(-cmp.Compare(a.name[0], b.name[0]), slices.CompareFunc(a.name[1:], b.name[1:], w.before))
	})
	list, answer.Hidden = w.shown(list)
	for _, b := range list {
		answer.Loops = append(answer.Loops, paths.Loop{
			Steps: b.name[1:], Long: b.name[0] == "long", Runs: share(len(b.runs), runs), Times: b.times,
			Round: spread(b.values), Seconds: sumOf(b.values) / 1e6,
		})
	}
	slices.SortStableFunc(answer.Loops, func(a, b paths.Loop) int { return cmp.Compare(b.Seconds, a.Seconds) })
	return answer
}

func (w *world) handovers() paths.Handovers {
	if w.fewSteps() {
		return paths.Handovers{Few: true}
	}
	pairs, people := map[string]*bunch{}, map[string]bool{}
	answer, changed, back, all := paths.Handovers{}, 0, 0, with(w.told())
	between := func(r told) (total int64) {
		for i := 1; i < len(r.order); i++ {
			if r.order[i].name != r.order[i-1].name {
				total += max(0, min(r.took, r.order[i].at)-min(r.took, r.order[i-1].at))
			}
		}
		return total
	}
	for row, r := range w.told() {
		had := map[string]bool{}
		moved := false
		for i, m := range r.order {
			if i > 0 && m.name != r.order[i-1].name {
				moved = true
				answer.Times++
				if had[m.name] {
					back++
				}
				put(pairs, row, r, m.at-r.order[i-1].at, r.order[i-1].name, m.name)
			}
			had[m.name] = true
		}
		if moved {
			changed++
			people[r.id] = true
		}
	}
	answer.Runs = int64(len(all))
	answer.Changed, answer.Back, answer.Time = share(changed, len(all)), share(back, int(answer.Times)), w.ratio(all, between)
	if w.fewOf(people) {
		answer = paths.Handovers{Runs: answer.Runs}
	}
	list, hidden := w.shown(w.inOrder(pairs))
	answer.Pairs, answer.Hidden = pairsOf(list, len(all)), hidden
	return answer
}

func (w *world) pingPong() paths.PingPong {
	if w.fewSteps() {
		return paths.PingPong{}
	}
	all, people, some := map[string]*bunch{}, map[string]bool{}, 0
	moves := map[string]int64{}
	for row, r := range w.told() {
		var stays []moment
		for _, m := range r.order {
			if len(stays) == 0 || stays[len(stays)-1].name != m.name {
				stays = append(stays, m)
			}
		}
		found := false
		alternates := func(from, until int) bool { // stays[from:until] are of two teams by turns
			for i := from + 2; i < until; i++ {
				if stays[i].name != stays[i-2].name {
					return false
				}
			}
			return true
		}
		for from := range stays {
			for until := from + 4; until <= len(stays); until++ {
				longest := alternates(from, until) && (from == 0 || !alternates(from-1, until)) && (until == len(stays) || !alternates(from, until+1))
				if !longest {
					continue
				}
				teams := []string{stays[from].name, stays[from+1].name}
				slices.SortFunc(teams, w.before)
				put(all, row, r, stays[until-1].at-stays[from+1].at, teams...)
				moves[strings.Join(teams, "\x00")] += int64(until - from - 1)
				found = true
			}
		}
		if found {
			some++
			people[r.id] = true
		}
	}
	answer, runs := paths.PingPong{Between: []paths.Rally{}}, len(with(w.told()))
	if !w.fewOf(people) {
		answer.Runs = share(some, runs)
	}
	list, hidden := w.shown(w.inOrder(all))
	answer.Hidden = hidden
	for _, b := range list {
		answer.Between = append(answer.Between, paths.Rally{
			Teams: [2]string{b.name[0], b.name[1]}, Runs: share(len(b.runs), runs), Times: b.times,
			Handovers: moves[strings.Join(b.name, "\x00")], Lost: spread(b.values), Seconds: sumOf(b.values) / 1e6,
		})
	}
	slices.SortStableFunc(answer.Between, func(a, b paths.Rally) int { return cmp.Compare(b.Seconds, a.Seconds) })
	return answer
}
