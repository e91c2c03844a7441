package eventlog

import "time"

// zone finds the times that clocks on the wall show. It remembers between which changes of the
// clocks the last one was, since the next one is probably there, too. It is for one goroutine.
type zone struct {
	loc    *time.Location // nil is UTC
	lo, hi int64          // from lo up to hi, as on the wall, the offset is certain
	offset int64
}

const day = 86400

// instant returns the time at which a clock in the zone shows what a clock in UTC shows at wall; both
// are in seconds since 1970. A time that the clocks show twice is the first of the two. One that they
// never show is read with the offset from before the change, which puts it behind the change by as
// much as the clocks were put forward. Those are the rules of java.time (ZonedDateTime.ofLocal).
func (z *zone) instant(wall int64) (int64, local) {
	if z.loc == nil || z.loc == time.UTC {
		return wall, localOnce
	}
	if wall >= z.lo && wall < z.hi {
		return wall - z.offset, localOnce
	}
	// No offset is as large as a day, and no zone has two changes within two days.
	before, after := z.offsetAt(wall-day), z.offsetAt(wall+day)
	if before == after {
		z.remember(wall - after)
		return wall - after, localOnce
	}
	first, second := wall-before, wall-after
	switch inFirst, inSecond := z.offsetAt(first) == before, z.offsetAt(second) == after; {
	case inFirst && inSecond:
		return first, localTwice // the clocks were put back, so before is the larger offset
	case inFirst:
		return first, localOnce
	case inSecond:
		return second, localOnce
	default:
		return first, localNever
	}
}

func (z *zone) offsetAt(unix int64) int64 {
	_, offset := time.Unix(unix, 0).In(z.loc).Zone()
	return int64(offset)
}

// remember notes between which changes of the clocks the time is.
func (z *zone) remember(unix int64) {
	at := time.Unix(unix, 0).In(z.loc)
	_, offset := at.Zone()
	start, end := at.ZoneBounds()
	z.offset, z.lo, z.hi = int64(offset), minUnix-day, maxUnix+day
	if !start.IsZero() {
		z.lo = start.Unix() + 2*day
	}
	if !end.IsZero() {
		z.hi = end.Unix() - 2*day
	}
}
