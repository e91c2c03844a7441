package paths

import "sync"

// usualSteps is the number of steps that a run's buffer has room for. The buffer of a longer run is garbage.
const usualSteps = 256

// each calls do with every run and its steps, in one goroutine a worker. A worker has a range of rows, in their order, and an accumulator of its
// own. Each returns the accumulators in the order of their rows. The steps are valid until do returns.
func each[T any](p *Paths, start func() T, do func(acc T, row int, run Run, steps []Step)) []T {
	workers, run := max(1, min(p.workers, p.log.Rows)), p.log.Run
	if kept := p.kept.Load(); kept != nil { // they were asked for once
		run = func(row int) Run { return kept.all[row] }
	}
	accs := make([]T, workers)
	var all sync.WaitGroup
	for w := range workers {
		accs[w] = start()
		all.Go(func() {
			r := reader{p: p, in: make([]Step, 0, usualSteps), out: make([]Step, 0, usualSteps)}
			for row, end := p.log.Rows*w/workers, p.log.Rows*(w+1)/workers; row < end; row++ {
				do(accs[w], row, run(row), r.steps(row))
			}
		})
	}
	all.Wait()
	return accs
}

// gather returns the values of each group, in any order. Emit calls yield with each group and value of a run. It runs twice for each run, once to count,
// so that the values take eight bytes each and no more.
func gather[T any](p *Paths, groups int, start func() T, emit func(acc T, row int, run Run, steps []Step, yield func(group int, value int64))) [][]int64 {
	type cursor struct {
		acc   T
		next  []int
		yield func(int, int64)
	}
	counts := each(p, func() *cursor {
		c := &cursor{acc: start(), next: make([]int, groups)}
		c.yield = func(group int, _ int64) { c.next[group]++ }
		return c
	}, func(c *cursor, row int, run Run, steps []Step) { emit(c.acc, row, run, steps, c.yield) })
	total, begins := 0, make([]int, groups+1)
	for g := range groups {
		begins[g] = total
		for _, c := range counts {
			c.next[g], total = total, total+c.next[g]
		}
	}
	begins[groups] = total
	values, worker := make([]int64, total), 0
	each(p, func() *cursor {
		c := &cursor{acc: start(), next: counts[worker].next}
		worker++
		c.yield = func(group int, value int64) {
			values[c.next[group]] = value
			c.next[group]++
		}
		return c
	}, func(c *cursor, row int, run Run, steps []Step) { emit(c.acc, row, run, steps, c.yield) })
	lists := make([][]int64, groups)
	for g := range groups {
		lists[g] = values[begins[g]:begins[g+1]:begins[g+1]]
	}
	return lists
}
