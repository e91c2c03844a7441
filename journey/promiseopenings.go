package journey

import (
	"time"

	"cairncx.dev/cairn/cx/calendar"
	"cairncx.dev/cairn/cx/event"
)

// The bounds of what a run remembers of the hours in which its promises count. A promise with [Hours] and [Pauses] remembers the
// openings of twice its time, so that the due time after a pause is right though the definition changes meanwhile.
const (
	// MaxOpenings is how many openings the time of one promise may have, counted twice: 231 business days without a lunch break.
	MaxOpenings = 464
	// MaxRunOpenings is how many openings the promises of one run remember together. While a pause ends, a promise remembers half
	// as many again as it may have.
	MaxRunOpenings = MaxOpenings + MaxOpenings/2
)

// checkOpenings notes the promises whose runs would have to remember too much of their hours.
func (d *Definition) checkOpenings(fault func(format string, args ...any)) {
	sum, most := 0, 0
	for i := range d.promises {
		p := &d.promises[i]
		n := p.Openings()
		if n > MaxOpenings {
			fault("the promise %.80q pauses, and the hours %.80q may have more than %d openings in twice its time: "+
				"shorten the time, or leave out Pauses or Hours",
				p.Name, p.Hours.Name(), MaxOpenings)
			return // the sum says nothing new
		}
		sum, most = sum+n, max(most, n)
	}
	if sum+most/2 > MaxRunOpenings {
		fault("a run may have to remember %d openings for its promises with Pauses and Hours, and can remember %d: "+
			"shorten their times, or leave out Pauses or Hours",
			sum+most/2, MaxRunOpenings)
	}
}

// Openings returns how many openings twice the time of the promise has at most, and a number above [MaxOpenings] if those are too
// many. A run remembers so many for the promise. It is 0 for a promise that does not pause or has no hours, and for a faulty one.
func (p *Promised) Openings() int {
	switch {
	case p.Hours == nil || len(p.Pauses) == 0 || p.Hours.Validate() != nil, p.Days <= 0 && (p.Within <= 0 || p.Within > event.MaxDuration):
		return 0
	case p.Days > maxDays:
		return 0
	default:
		return p.most(p.twice())
	}
}

// sampled is how many openings are tried as the beginning of a promise that counts business days.
const sampled = 70

// twice returns twice the time of the promise, in opened hours.
func (p *Promised) twice() (d time.Duration) {
	if p.Days == 0 {
		return 2 * p.Within
	}
	from := p.firstDate()
	for range sampled {
		begin, err := p.Hours.Next(from)
		if err != nil {
			break
		}
		d = max(d, 2*p.Hours.Between(begin, p.Due(begin)))
		from, _ = p.Hours.Closes(begin)
	}
	return d
}

// most returns how many openings lie in so much opened time at most. It goes through the openings from the first date on that differs
// from its weekday, and stops when there are too many.
func (p *Promised) most(twice time.Duration) (n int) {
	var opened []time.Duration // until the end of each opening
	var now time.Duration
	from, first := p.firstDate(), 0
	for len(opened) < 4*MaxOpenings && (now <= 3*twice || len(opened) < sampled) && n <= MaxOpenings {
		begin, err := p.Hours.Next(from)
		if err != nil {
			break
		}
		end, _ := p.Hours.Closes(begin)
		if end.Sub(begin) >= calendar.MaxSearch {
			return n // it does not close any more
		}
		for len(opened) > first && now-opened[first] >= twice { // what begins in the first one does not reach this one
			first++
		}
		now += end.Sub(begin)
		opened = append(opened, now)
		n, from = max(n, len(opened)-first), end
	}
	return n
}

// firstDate returns when the first date begins whose openings differ from those of its weekday, or any time if there is none.
func (p *Promised) firstDate() time.Time {
	first := time.Date(2026, time.January, 1, 0, 0, 0, 0, time.UTC)
	for i, e := range p.Hours.Holidays() {
		if day, err := time.Parse(time.DateOnly, e.On); err == nil && (i == 0 || day.Before(first)) {
			first = day
		}
	}
	return first.AddDate(0, 0, -1)
}
