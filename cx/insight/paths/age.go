package paths

import (
	"slices"
	"time"
)

// Age says how old a run has to be to count.
//
// A young run has not had the time that an old one had. A run therefore counts from an age on, whether it has ended or not: only the quick ones
// of the young runs have ended. The steps that a run took later than that age do not count, so that each run that counts had the same time. A young
// period is then not worse for being young.
//
// The age is the time within which 95% of the runs that arrive have done so. It is not the time after which a journey is abandoned, because that is
// counted from the last sign of life, and bounds no run's age.
type Age struct {
	// Age is the age. It is 0 if it is not known, and then nothing counts.
	Age time.Duration `json:"age_ns"`
	// Arrived is the number of runs that arrived and are that old. It is 0 for an age that the caller has given.
	Arrived int64 `json:"arrived"`
}

const (
	// leastOld and leastOldShare are the number and the share of the runs that have to be as old as a time for it to count: it is chance which of
	// a few runs were slow.
	leastOld      = 30
	leastOldShare = 0.02
	// arrived is the share of runs that arrive which have done so at the age, less what float64 loses.
	arrived = 0.95 - 1e-9
)

// arrival is how old a run is, and when after its start it arrived, in microseconds.
type arrival struct{ age, after int64 }

// ageOf returns the age at which runs have arrived.
//
// A run that is a day old can only have arrived within a day. In the times of all runs the quick ones are therefore too many, and a plain percentile is
// too low. The distribution of times that are cut so is estimated from the longest one down: the share of time t among the times up to t is
// that among the runs that are as old as t, or older, and arrived by t.
//
// Source: Lagakos, Barraj and De Gruttola 1988, "Nonparametric Analysis of Truncated Survival Data, with Application to AIDS", Biometrika 75.
func ageOf(arrivals []arrival) Age {
	arrivals = slices.DeleteFunc(arrivals, func(a arrival) bool { return a.after > a.age }) // it has not happened yet
	times, ages := make([]int64, len(arrivals)), make([]int64, 0, len(arrivals)/8)
	longest := int64(-1)
	for i, a := range arrivals {
		times[i], longest = a.after, max(longest, a.after)
	}
	for _, a := range arrivals {
		if a.age < longest { // the others are older than any time
			ages = append(ages, a.age)
		}
	}
	sortNumbers(ages)
	least := max(leastOld, int(leastOldShare*float64(len(arrivals))))
	age, share, top := int64(-1), 1.0, topDown{times, len(times)}
	older := func(t int64) int {
		younger, _ := slices.BinarySearch(ages, t)
		return len(arrivals) - younger
	}
	for n := len(times); n > 0 && share >= arrived; {
		t, first := top.last(n)
		if old := older(t); old >= least {
			age = t
			share *= 1 - float64(n-first)/float64(n-len(arrivals)+old)
		}
		n = first
	}
	if age < 0 {
		return Age{}
	}
	return Age{max(micros(age), time.Microsecond), int64(older(age))}
}

// topDown sorts values from the highest one down, as far as they are asked for: the values from sorted on are, and none is below the others.
type topDown struct {
	values []int64
	sorted int
}

// last returns the last of the first n values in order, and the index of the first one that equals it.
func (d *topDown) last(n int) (value int64, first int) {
	for d.sorted >= n {
		d.more()
	}
	value = d.values[n-1]
	for first = d.first(value, n); first == d.sorted && d.sorted > 0; first = d.first(value, n) {
		d.more() // there may be more of them
	}
	return value, first
}

func (d *topDown) first(value int64, n int) int {
	at, _ := slices.BinarySearch(d.values[d.sorted:n], value)
	return d.sorted + at
}

// more sorts an eighth of those that are not.
func (d *topDown) more() {
	from := d.sorted - d.sorted/8 - 1
	choose(d.values[:d.sorted], from)
	sortNumbers(d.values[from:d.sorted])
	d.sorted = from
}

// lived returns how old the run is, in microseconds. A run that starts after the moment of the question is younger than any.
func (p *Paths) lived(run *Run) int64 {
	if run.Start > p.log.At {
		return -1
	}
	open := Run{Start: run.Start}
	return open.lasted(p.log.At)
}

// FunnelAge returns the age from which runs count in the funnel of the stages: by the time from the start to the first arrival at the last stage. If
// too few runs have arrived there, fewer than 30, it is the stage before it that counts, and so on.
//
// It has to come from a log of a long time. The age that follows from two weeks is too low if half of the runs take three, and the funnel says so by the
// runs that are still open: see [Funnel.Settled].
func (p *Paths) FunnelAge(stages []string) Age {
	at := p.stagesOf(stages)
	if !slices.ContainsFunc(at, func(stage int) bool { return stage >= 0 }) {
		return Age{} // no run has a stage
	}
	last := len(stages) - 1
	reached, arrivals := p.arrivals(at, last, len(stages)) // of all stages, so that those without runs take no pass
	for stage := last; stage >= 0; stage-- {
		if reached[stage] < leastOld {
			continue // it has no age
		}
		if stage < last {
			_, arrivals = p.arrivals(at, stage, len(stages))
		}
		if age := ageOf(arrivals); age.Age > 0 {
			return age
		}
	}
	return Age{}
}

// arrivals returns how many runs have come to each of so many stages, or to a later one, and when they came to one of them.
func (p *Paths) arrivals(at []int, stage, stages int) (reached []int64, arrivals []arrival) {
	type counts struct {
		farthest []int64
		arrivals []arrival
	}
	reached = make([]int64, stages)
	room := p.log.Rows/max(1, min(p.workers, p.log.Rows)) + 1
	start := func() *counts { return &counts{farthest: make([]int64, stages), arrivals: make([]arrival, 0, room)} }
	for _, c := range each(p, start, func(c *counts, _ int, run Run, steps []Step) {
		farthest := -1
		for _, s := range steps {
			if n := at[s.Code()]; n > farthest { // it has come so far, also where it skipped the stage
				if farthest < stage && n >= stage {
					c.arrivals = append(c.arrivals, arrival{p.lived(&run), s.micros()})
				}
				farthest = n
			}
		}
		if farthest >= 0 {
			c.farthest[farthest]++
		}
	}) {
		sum := int64(0)
		for n := stages - 1; n >= 0; n-- {
			sum += c.farthest[n]
			reached[n] += sum
		}
		if arrivals == nil {
			arrivals = c.arrivals
		} else {
			arrivals = append(arrivals, c.arrivals...)
		}
	}
	return reached, arrivals
}

// EndAge returns the age from which runs count where completed runs are compared: by the time from the start to the end of the runs that completed.
func (p *Paths) EndAge() Age {
	arrivals := make([]arrival, 0, p.log.Rows)
	for row := range p.log.Rows {
		if run := p.run(row); run.Ended && run.Completed {
			arrivals = append(arrivals, arrival{p.lived(&run), run.lasted(p.log.At)})
		}
	}
	return ageOf(arrivals)
}

// stagesOf returns the number of the stage of each place, and -1 for a place that is no stage. A name that is twice among the stages is the first.
func (p *Paths) stagesOf(stages []string) []int {
	at := make([]int, len(p.names))
	for i := range at {
		at[i] = -1
	}
	for i, name := range stages {
		if place, ok := p.placed(name); ok && at[place] < 0 {
			at[place] = i
		}
	}
	return at
}
