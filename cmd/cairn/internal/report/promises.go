package report

import (
	"slices"
	"time"

	"cairncx.dev/cairn/cmd/cairn/internal/series"
	"cairncx.dev/cairn/cx/event"
	"cairncx.dev/cairn/journey"
)

// Promise has the results of one promise of a journey.
type Promise struct {
	Name string `json:"name"`
	// Made counts the promises that were made: Made = Kept + Broken + Withdrawn + Open. A promise that is made again after it was
	// settled counts again, and one that is moved to another due time does not.
	Made      int64 `json:"made"`
	Kept      int64 `json:"kept"`
	Broken    int64 `json:"broken"`
	Withdrawn int64 `json:"withdrawn"`
	// Open counts the promises that were not settled when the log ended. OpenPastDue counts those of them whose due time, as it
	// was when they were made or moved, has passed: their clock has stopped since, in a stage that pauses it.
	Open        int64 `json:"open"`
	OpenPastDue int64 `json:"open_past_due"`
	// KeptShare is Kept divided by Samples, which are Kept + Broken. It is nil without a sample.
	KeptShare *float64 `json:"kept_share"`
	Samples   int64    `json:"samples"`
	// Target is the share that is to be kept, or nil if the definition sets none. TargetMet says whether KeptShare is at least
	// Target. It is nil without a target and without a sample.
	Target    *float64 `json:"target"`
	TargetMet *bool    `json:"target_met"`
	// UntilKept summarises the times from when promises were made until they were kept, and UntilBroken those until they were
	// broken. UntilBroken leaves out the promises that were broken because their run ended.
	UntilKept   PromiseDuration `json:"kept_seconds"`
	UntilBroken PromiseDuration `json:"broken_seconds"`
	// KeptLate summarises the same of broken promises that were kept after all. They are part of Broken, and not of Kept.
	KeptLate PromiseDuration `json:"kept_late_seconds"`
}

// PromiseDuration is a [Duration] with one more quantile.
type PromiseDuration struct {
	Duration

	P99 float64 `json:"p99"`
}

// promised has the counts of one promise of a definition.
type promised struct {
	def                                 journey.Promised
	made                                int64
	settled                             [numSettlements]int64
	untilKept, untilBroken, afterBroken *series.Series
	elsewhere                           []int64 // the due times of the open promises of other tallies, in Unix nanoseconds
}

// settlement is how a promise ended.
type settlement uint8

const (
	settledKept settlement = iota
	settledBroken
	settledWithdrawn
	numSettlements
)

// promises has the counts of the promises that the definition of a journey declares. It counts no others: promises that only
// the application makes by hand are not in a log.
type promises struct {
	list []*promised           // in the order of the definition
	open map[openPromise]int64 // the due times of the open promises, in Unix nanoseconds
}

// openPromise identifies a promise of a run.
type openPromise struct {
	run    runKey
	index  int32
	number int32
}

// define adds the promises of the definition.
func (p *promises) define(spool *series.Spool, d *journey.Definition) {
	for def := range d.Promises() {
		p.list = append(p.list, &promised{def: def, untilKept: spool.Series(), untilBroken: spool.Series(), afterBroken: spool.Series()})
	}
	p.open = map[openPromise]int64{}
}

// count counts what has become of a promise of the run.
func (p *promises) count(run runKey, e *event.Event) {
	if e.Promise == nil {
		return
	}
	for i, one := range p.list {
		if one.def.Name != e.Promise.Name {
			continue
		}
		key := openPromise{run, int32(i), int32(e.Promise.Number)} //nolint:gosec // a definition has few promises, and a run too
		if e.Kind == event.PromiseMade {
			if _, moved := p.open[key]; !moved {
				one.made++
			}
			p.open[key] = e.Promise.Due.UnixNano()
			return
		}
		delete(p.open, key)
		one.settle(e)
		return
	}
}

// settle counts a promise that is settled, or one that is kept after it was broken.
func (p *promised) settle(e *event.Event) {
	switch e.Kind {
	case event.PromiseKept:
		if e.Late {
			p.afterBroken.Add(e.Time.Sub(e.Promise.Made))
			return
		}
		p.settled[settledKept]++
		p.untilKept.Add(e.Duration)
	case event.PromiseBroken:
		p.settled[settledBroken]++
		if e.Duration > 0 { // otherwise the end of the run breaks it
			p.untilBroken.Add(e.Duration)
		}
	case event.PromiseWithdrawn:
		p.settled[settledWithdrawn]++
	default: // it is not settled
	}
}

// add adds the counts of o, which has the same definition.
func (p *promises) add(o *promises) {
	for i, more := range o.list {
		one := p.list[i]
		one.made += more.made
		for k, n := range more.settled {
			one.settled[k] += n
		}
		one.untilKept.Join(more.untilKept)
		one.untilBroken.Join(more.untilBroken)
		one.afterBroken.Join(more.afterBroken)
		one.elsewhere = append(one.elsewhere, more.elsewhere...)
	}
	for key, due := range o.open { // another tally has other keys of runs
		one := p.list[key.index]
		one.elsewhere = append(one.elsewhere, due)
	}
}

// report returns the results of the promises at the end of the log.
func (p *promises) report(end time.Time) ([]Promise, error) {
	out := make([]Promise, 0, len(p.list))
	due := make([][]int64, len(p.list))
	for i, one := range p.list {
		due[i] = slices.Clone(one.elsewhere)
	}
	for key, at := range p.open {
		due[key.index] = append(due[key.index], at)
	}
	for i, one := range p.list {
		r, err := one.report(due[i], end)
		if err != nil {
			return nil, err
		}
		out = append(out, r)
	}
	return out, nil
}

func (p *promised) report(open []int64, end time.Time) (Promise, error) {
	r := Promise{
		Name: p.def.Name, Made: p.made, Open: int64(len(open)),
		Kept: p.settled[settledKept], Broken: p.settled[settledBroken], Withdrawn: p.settled[settledWithdrawn],
	}
	for _, due := range open {
		if due < end.UnixNano() {
			r.OpenPastDue++
		}
	}
	if r.Samples = r.Kept + r.Broken; r.Samples > 0 {
		kept := ratio(r.Kept, r.Samples)
		r.KeptShare = &kept
	}
	if target := p.def.Target; target > 0 {
		r.Target = &target
		if r.KeptShare != nil {
			met := *r.KeptShare >= target
			r.TargetMet = &met
		}
	}
	for _, s := range []struct {
		series *series.Series
		into   *PromiseDuration
	}{{p.untilKept, &r.UntilKept}, {p.untilBroken, &r.UntilBroken}, {p.afterBroken, &r.KeptLate}} {
		var err error
		if *s.into, err = newPromiseDuration(s.series); err != nil {
			return r, err
		}
	}
	return r, nil
}

func newPromiseDuration(s *series.Series) (PromiseDuration, error) {
	d, err := newDuration(s)
	if err != nil {
		return PromiseDuration{}, err
	}
	const most = 99
	p99, err := s.Quantile(most)
	return PromiseDuration{d, p99.Seconds()}, err
}
