package paths

import "sync"

// usualSteps is the number of steps that a run's buffer has room for. The buffer of a longer run is garbage.
const usualSteps = 256

// each calls do with every run and its steps, in one goroutine a worker. A worker has a range of rows, in their order, and an accumulator of its
// own. Each returns the accumulators in the order of their rows. The steps are valid until do returns.
func each[T any](p *Paths, start func() T, do func(acc T, row int, run Run, steps []Step)) []T {
	workers, runs := max(1, min(p.workers, p.log.Rows)), p.runs.Load()
	asked := runs != nil // the log is asked for its runs once
	if !asked {
		list := make([]Run, p.log.Rows)
		runs = &list
	}
	accs := make([]T, workers)
	var all sync.WaitGroup
	for w := range workers {
		accs[w] = start()
		all.Go(func() {
			r := reader{p: p, in: make([]Step, 0, usualSteps), out: make([]Step, 0, usualSteps)}
			for row, end := p.log.Rows*w/workers, p.log.Rows*(w+1)/workers; row < end; row++ {
				if !asked {
					(*runs)[row] = p.log.Run(row)
				}
				do(accs[w], row, (*runs)[row], r.steps(row))
			}
		})
	}
	all.Wait()
	p.runs.CompareAndSwap(nil, runs)
	return accs
}

// run returns the run of a row.
func (p *Paths) run(row int) Run {
	if runs := p.runs.Load(); runs != nil {
		return (*runs)[row]
	}
	return p.log.Run(row)
}

// gather returns the values of each group, in any order, of which counts has the number in each worker's rows. Emit calls yield with each group and value of a run. The
// values take eight bytes each and no more.
func gather(p *Paths, counts [][]int, groups int, emit func(row int, run Run, steps []Step, yield func(group int, value int64))) [][]int64 {
	values, lists := placesFor(groups, counts)
	worker := 0
	each(p, func() func(int, int64) {
		next := counts[worker]
		worker++
		return func(group int, value int64) {
			values[next[group]] = value
			next[group]++
		}
	}, func(yield func(int, int64), row int, run Run, steps []Step) { emit(row, run, steps, yield) })
	return lists
}

// placesFor makes room for the values of each group, of which next has the number that each worker has. Next then has where a worker puts its next one.
func placesFor(groups int, next [][]int) (values []int64, lists [][]int64) {
	total, begins := 0, make([]int, groups+1)
	for g := range groups {
		begins[g] = total
		for _, of := range next {
			of[g], total = total, total+of[g]
		}
	}
	begins[groups] = total
	values, lists = make([]int64, total), make([][]int64, groups)
	for g := range groups {
		lists[g] = values[begins[g]:begins[g+1]:begins[g+1]]
	}
	return values, lists
}

// gatherWays is gather for values whose groups follow from the path that a run takes: it counts them by variant, and reads the steps of those runs alone that have
// one. Emit is called with the steps of variants, which have no times, and with those of runs.
func gatherWays[T any](p *Paths, ways *ways, groups int, start func() T, emit func(acc T, row int, steps []Step, yield func(group int, value int64))) [][]int64 {
	workers := max(1, min(p.workers, p.log.Rows))
	of, next, has := ways.kept.of, make([][]int, workers), make([][]bool, workers)
	rows := func(w int) (from, until int) { return p.log.Rows * w / workers, p.log.Rows * (w + 1) / workers }
	p.together(workers, func(w int) {
		runs, acc := make([]int, len(ways.kept.keys)), start()
		next[w], has[w] = make([]int, groups), make([]bool, len(runs))
		for row, until := rows(w); row < until; row++ {
			if v := of[row]; v >= 0 && ways.takes(int(v)) {
				runs[v]++
			}
		}
		var steps []Step
		for v, n := range runs {
			if n > 0 {
				steps = stepsOf(ways.kept.keys[v], steps)
				emit(acc, v, steps, func(group int, _ int64) {
					next[w][group] += n
					has[w][v] = true
				})
			}
		}
	})
	values, lists := placesFor(groups, next)
	p.together(workers, func(w int) {
		r, acc := reader{p: p, in: make([]Step, 0, usualSteps), out: make([]Step, 0, usualSteps)}, start()
		yield := func(group int, value int64) {
			values[next[w][group]] = value
			next[w][group]++
		}
		for row, until := rows(w); row < until; row++ {
			if v := of[row]; v >= 0 && has[w][v] {
				emit(acc, row, r.steps(row), yield)
			}
		}
	})
	return lists
}

// together calls f for each worker in a goroutine of its own, and waits for all.
func (p *Paths) together(workers int, f func(worker int)) {
	var all sync.WaitGroup
	for w := range workers {
		all.Go(func() { f(w) })
	}
	all.Wait()
}

// stepsOf returns the steps of a variant, without times. It overwrites those that it is given.
func stepsOf(key string, into []Step) []Step {
	into = into[:0]
	for i := 0; i < len(key); i += 2 {
		into = append(into, Step(key[i])<<8|Step(key[i+1]))
	}
	return into
}
