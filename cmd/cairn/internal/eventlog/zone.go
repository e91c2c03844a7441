package eventlog

import "time"

// zone converts local times to instants. It remembers the period between two clock changes that contained the last time,
// because the next time is probably in the same period. It is not safe for concurrent use.
type zone struct {
	loc    *time.Location // nil is UTC
	lo, hi int64          // local times in [lo, hi) certainly have the offset
	offset int64
}

const day = 86400

// instant converts a local time of the zone to an instant. The local time is given in seconds since 1970, as a clock in UTC would
// show it. If the local time occurs twice, the result is the first of the two instants. If a clock change skips the local time,
// instant uses the offset from before the change, which moves the local time forward by the length of the skip. Both rules are
// those of java.time (ZonedDateTime.ofLocal).
func (z *zone) instant(wall int64) (int64, local) {
	if z.loc == nil || z.loc == time.UTC {
		return wall, localUTC
	}
	if wall >= z.lo && wall < z.hi {
		return wall - z.offset, localOnce
	}
	// Every offset is less than a day, and no zone has two changes within two days.
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

// remember records the period between two clock changes that contains the time.
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
