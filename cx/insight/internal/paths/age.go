package paths

import (
	"cmp"
	"slices"
	"time"
)

// Age says how old a run has to be to count.
//
// A young run has not had the time that an old one had. So a run counts from an age on, whether it has ended or not, because of the young runs
// only the quick ones have ended. And what it did later than that after its start does not count, so that each run that counts had the same
// time: a young period is not worse for being young.
//
// The age is the time within which 95% of the runs that arrive have done so. It is not the time after which a journey is abandoned, because that is
// counted from the last sign of life, and bounds no run's age.
type Age struct {
	// Age is the age. It is 0 if it is not known, and then nothing counts.
	Age time.Duration `json:"age"`
	// Arrived is the number of runs whose times say so. It is 0 for an age that the caller has given.
	Arrived int64 `json:"arrived"`
}

const (
	// leastArrived is the number of runs below which their 95th percentile says too little.
	leastArrived = 30
	// arrivedNumerator of arrivedDenominator runs that arrive have done so at the age.
	arrivedNumerator, arrivedDenominator = 95, 100
)

// arrival is how old a run is, and when after its start it arrived, in microseconds.
type arrival struct{ age, after int64 }

// ageOf returns the age at which runs have arrived. In a log that ends, the times of young runs are cut: they are those of the quick ones. So the
// percentile is that of the runs that are as old as the percentile or older, which is the first age at which that is so.
func ageOf(arrivals []arrival) Age {
	slices.SortFunc(arrivals, func(a, b arrival) int { return cmp.Compare(a.after, b.after) })
	age := int64(0)
	for {
		old := 0
		for _, a := range arrivals {
			if a.age >= age {
				old++
			}
		}
		if old < leastArrived {
			return Age{}
		}
		rank, next := (old*arrivedNumerator+arrivedDenominator-1)/arrivedDenominator, age
		for _, a := range arrivals {
			if a.age < age {
				continue
			}
			if rank--; rank == 0 {
				next = a.after
				break
			}
		}
		if next <= age {
			return Age{max(micros(age), time.Microsecond), int64(old)}
		}
		age = next
	}
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
// fewer than 30 runs have arrived there, it is the stage before it that counts, and so on.
//
// It has to come from a log of a long time. The age that follows from two weeks is too low if half of the runs take three, and the funnel says so by the
// runs that are still open.
func (p *Paths) FunnelAge(stages []string) Age {
	at := p.stagesOf(stages)
	arrivals := make([][]arrival, len(stages))
	for _, found := range each(p, func() [][]arrival { return make([][]arrival, len(stages)) },
		func(found [][]arrival, _ int, run Run, steps []Step) {
			seen := -1
			for _, s := range steps {
				if stage := at[s.Code()]; stage > seen {
					for i := seen + 1; i <= stage; i++ { // it has come so far, also where it skipped a stage
						found[i] = append(found[i], arrival{p.lived(&run), s.micros()})
					}
					seen = stage
				}
			}
		}) {
		for i := range found {
			arrivals[i] = append(arrivals[i], found[i]...)
		}
	}
	for _, list := range slices.Backward(arrivals) {
		if age := ageOf(list); age.Age > 0 {
			return age
		}
	}
	return Age{}
}

// EndAge returns the age from which runs count where completed runs are compared: by the time from the start to the end of the runs that completed.
func (p *Paths) EndAge() Age {
	var arrivals []arrival
	for _, found := range each(p, func() *[]arrival { return new([]arrival) }, func(found *[]arrival, _ int, run Run, _ []Step) {
		if run.Ended && run.Completed {
			*found = append(*found, arrival{p.lived(&run), run.lasted(p.log.At)})
		}
	}) {
		arrivals = append(arrivals, *found...)
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
