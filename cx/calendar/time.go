package calendar

import (
	"fmt"
	"sort"
	"time"
)

// MaxSearch is how far ahead of the given instant the functions look: 50 years of 365.25 days.
const MaxSearch = 50 * 8766 * time.Hour

// The instants that hours know: from the year 1 to the year 9999, in UTC.
const (
	firstSecond = -62135596800
	lastSecond  = 253402300799
)

// known returns the whole seconds and the rest of an instant, and false if it is not in the years 1 to 9999.
func known(t time.Time) (seconds, nanos int64, ok bool) {
	seconds = t.Unix()
	return seconds, int64(t.Nanosecond()), seconds >= firstSecond && seconds <= lastSecond
}

// Open reports whether t is in an opening. It is at the first instant of an opening, and no more at the last one. It is false
// before the year 1 and after the year 9999.
func (h *Hours) Open(t time.Time) bool {
	c := h.compiled()
	s, _, ok := known(t)
	return ok && c.err == nil && (c.always || c.isOpen(s))
}

// Next returns t if it is in an opening, and else the beginning of the next one. The error is as that of [Hours.Add].
func (h *Hours) Next(t time.Time) (time.Time, error) {
	c := h.compiled()
	s, nanos, err := c.check(t)
	if err != nil || c.always || c.isOpen(s) {
		return t, err
	}
	end, ok := c.after(s, 1, limitOf(s)) // the end of the first opened second
	if !ok {
		return t.Add(MaxSearch), h.tooFar("the next opening", t)
	}
	return shift(t, s, end-1).Add(-time.Duration(nanos)), nil
}

// Closes returns the end of the opening that t is in, and true. Openings that follow each other without a break count as one. It
// returns t and false if t is in no opening, or if the hours are faulty. An opening without an end within [MaxSearch], as that
// of [Always], ends at t plus MaxSearch. The result has the location of t.
func (h *Hours) Closes(t time.Time) (end time.Time, open bool) {
	c := h.compiled()
	s, nanos, ok := known(t)
	if !ok || c.err != nil || !c.always && !c.isOpen(s) {
		return t, false
	}
	const most = int64(MaxSearch / time.Second)
	span := int64(fullDay)
	for !c.always && span < most && c.between(s, s+span) == span {
		span *= 2
	}
	if c.always || span >= most && c.between(s, s+most) == most {
		return t.Add(MaxSearch), true
	}
	n := sort.Search(int(span), func(n int) bool { return c.between(s, s+int64(n)+1) <= int64(n) }) // the first closed second
	return shift(t, s, s+int64(n)).Add(-time.Duration(nanos)), true
}

// Add returns the first instant at which d of opened time has passed since t. Time that is not opened does not count: if t is
// in closed time, the count begins at the next opening. A count that ends exactly when the company closes ends at that
// closing time, not at the next opening. Add(t, 0) is t. The result has the location of t.
//
// If the result lies more than [MaxSearch] after t, Add returns t plus MaxSearch and an error that is [ErrTooFar]. It returns t
// and an error if d is negative, if t is not in the years 1 to 9999, or if the hours are faulty.
//
// The time that Add takes grows with the number of clock changes between t and the result, of which most zones have two a
// year. For hours that are always open it is t.Add(d).
func (h *Hours) Add(t time.Time, d time.Duration) (time.Time, error) {
	c := h.compiled()
	s, nanos, err := c.check(t)
	switch {
	case err != nil:
		return t, err
	case d < 0:
		return t, fmt.Errorf("hours %.80q: add %v: the time to add must not be negative", h.Name(), d)
	case d > MaxSearch:
		return t.Add(MaxSearch), h.tooFar(d.String(), t)
	case c.always || d == 0:
		return t.Add(d), nil
	}
	if c.isOpen(s) { // count from the beginning of the second
		d += time.Duration(nanos)
	}
	seconds := int64((d + time.Second - 1) / time.Second)
	end, ok := c.after(s, seconds, limitOf(s))
	if !ok {
		return t.Add(MaxSearch), h.tooFar(d.String(), t)
	}
	// The last opened second ends at end. What was too much of it goes off again.
	unused := time.Duration(seconds)*time.Second - d
	return shift(t, s, end).Add(-time.Duration(nanos) - unused), nil
}

// AddDays returns the close of the n-th business day after the day of t: the end of the last opening that begins on it. A
// business day is a date of the zone on which an opening begins. The day of t is its date in the zone, whether or not it is a
// business day and whether or not the company has closed. While an opening that began the day before is still going on, the
// day of t is the day before.
//
// This is how the FCA's rule on complaints about payment services counts (DISP 1.6.2A R): 15 business days after the day on
// which the provider received the complaint, so that Monday is the first business day after a Saturday. Other rules treat what
// arrives in closed time as received on the next business day, such as the one on payment orders (Directive (EU) 2015/2366,
// Article 78(1)). Pass the result of [Hours.Next] as t for those.
//
// If the result lies more than [MaxSearch] after t, AddDays returns t plus MaxSearch and an error that is [ErrTooFar]. It
// returns t and an error if n is less than 1, if t is not in the years 1 to 9999, or if the hours are faulty. The result has
// the location of t. The time that AddDays takes grows with n.
func (h *Hours) AddDays(t time.Time, n int) (time.Time, error) {
	c := h.compiled()
	s, nanos, err := c.check(t)
	if err != nil {
		return t, err
	}
	if n < 1 {
		return t, fmt.Errorf("hours %.80q: add %d business days: count at least 1", h.Name(), n)
	}
	p := c.periodAt(s)
	end, ok := c.closeOf(c.date(p.wallAt(s)), n, p, limitOf(s))
	if !ok {
		return t.Add(MaxSearch), h.tooFar(fmt.Sprintf("%d business days", n), t)
	}
	return shift(t, s, end).Add(-time.Duration(nanos)), nil
}

// Between returns the opened time from a to b: what a clock that runs only in opened time counts. It undoes [Hours.Add]:
// Between(t, Add(t, d)) is d. If b is before a, it is negative: -Between(b, a). It counts at most the first [MaxSearch] after
// the earlier one of the two, and nothing if that is not in the years 1 to 9999.
func (h *Hours) Between(a, b time.Time) time.Duration {
	if b.Before(a) {
		return -h.Between(b, a)
	}
	c := h.compiled()
	from, fromNanos, ok := known(a)
	if !ok || c.err != nil {
		return 0
	}
	if b.Sub(a) > MaxSearch {
		b = a.Add(MaxSearch)
	}
	if c.always {
		return b.Sub(a)
	}
	to, toNanos := b.Unix(), int64(b.Nanosecond())
	sum := time.Duration(c.between(from, to)) * time.Second
	if fromNanos != 0 && c.isOpen(from) {
		sum -= time.Duration(fromNanos)
	}
	if toNanos != 0 && c.isOpen(to) {
		sum += time.Duration(toNanos)
	}
	return sum
}

// check returns the whole seconds and the rest of an instant that the hours can compute with.
func (c *compiled) check(t time.Time) (seconds, nanos int64, err error) {
	if c.err != nil {
		return 0, 0, c.err
	}
	seconds, nanos, ok := known(t)
	if !ok {
		return 0, 0, fmt.Errorf("hours: the time %d seconds after 1970 is not in the years 1 to 9999: correct it", seconds)
	}
	return seconds, nanos, nil
}

func (h *Hours) tooFar(what string, t time.Time) error {
	return fmt.Errorf("hours %.80q: %s after %s: %w", h.Name(), what, t.UTC().Format(time.RFC3339), ErrTooFar)
}

func limitOf(seconds int64) int64 { return seconds + int64(MaxSearch/time.Second) }

// shift moves t, which lies in the second from, by whole seconds.
func shift(t time.Time, from, to int64) time.Time { return t.Add(time.Duration(to-from) * time.Second) }
