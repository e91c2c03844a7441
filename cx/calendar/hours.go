package calendar

import (
	"slices"
	"sync/atomic"
	"time"
)

// The bounds of a definition.
const (
	// MaxName is the maximum length of a name in bytes, as event.MaxName.
	MaxName = 64
	// MaxOpenings is the maximum number of openings that begin on one day.
	MaxOpenings = 8
	// MaxHolidays is the maximum number of holidays.
	MaxHolidays = 1000
)

// Hours is when a company, a team or a desk is open. It is immutable and does nothing by itself; make one with [Define]. Safe
// for concurrent use. A nil Hours is always open, and its business days are the dates in UTC.
//
// The methods of faulty Hours ([Hours.Validate]) find no opened time: Open is false, Between is 0, and the other methods
// return the fault.
type Hours struct {
	name, zone     string
	week, holidays []Entry
	plan           atomic.Pointer[compiled] // nil until the first use
}

// Entry is a part of a definition as it was written: weekdays or a date, and the openings that begin on them.
type Entry struct {
	// On is weekdays, such as "mon-fri", or a date, such as "2026-12-24".
	On string
	// Openings has texts such as "09:00-17:30". A date without openings is closed.
	Openings []string
}

func (e Entry) equal(o Entry) bool { return e.On == o.On && slices.Equal(e.Openings, o.Openings) }

// Option is an option of [Define]. An option value may be reused.
type Option interface{ apply(*Hours) }

type optionFunc func(*Hours)

func (f optionFunc) apply(h *Hours) { f(h) }

// Zone names the time zone of the opening times by its name in the IANA database, such as "Europe/London" or "UTC". The zone
// of the machine, "Local" and "", is faulty: a promise must not depend on the server that computes it. Required; the last Zone
// counts.
func Zone(name string) Option { return optionFunc(func(h *Hours) { h.zone = name }) }

// Open declares the openings of weekdays. The days are one weekday ("sat"), a range ("mon-fri", "sat-sun", "fri-mon"), or
// "daily"; the weekdays are mon, tue, wed, thu, fri, sat and sun. Each weekday occurs in one Open at most, and one in none is
// closed.
//
// An opening is written "09:00-17:30", with hours of two digits from 00 to 23. An opening whose end is before its
// beginning runs into the next day: "22:00-06:00". "24h" is the whole day, and "18:00-24:00" lasts until midnight. A day has 1
// to [MaxOpenings] openings in any order. At least one weekday is open.
func Open(days string, openings ...string) Option {
	entry := Entry{days, slices.Clone(openings)}
	return optionFunc(func(h *Hours) { h.week = append(h.week, entry) })
}

// Closed declares holidays: dates on which no opening begins, each written "2026-12-25". A definition has at most
// [MaxHolidays] dates in Closed and [OpenOn] together, each once.
func Closed(dates ...string) Option {
	dates = slices.Clone(dates)
	return optionFunc(func(h *Hours) {
		for _, d := range dates {
			h.holidays = append(h.holidays, Entry{On: d})
		}
	})
}

// OpenOn declares the openings of one date, written "2026-12-24". They replace those of its weekday. See [Open] for the
// openings and [Closed] for a date without any.
func OpenOn(date string, openings ...string) Option {
	entry := Entry{date, slices.Clone(openings)}
	return optionFunc(func(h *Hours) { h.holidays = append(h.holidays, entry) })
}

// Define returns hours with this name. It never fails: [Hours.Validate] returns every fault. Define reads no zone data; the
// first use of the hours does.
func Define(name string, opts ...Option) *Hours {
	h := &Hours{name: name}
	for _, o := range opts {
		if o != nil {
			o.apply(h)
		}
	}
	return h
}

// Always returns hours that are open without a break. Their business days are the dates in UTC.
func Always() *Hours { return Define("always", Zone("UTC"), Open("daily", "24h")) }

// Name returns the name of the hours.
func (h *Hours) Name() string {
	if h == nil {
		return ""
	}
	return h.name
}

// Zone returns the name of the time zone. It returns "UTC" for nil Hours.
func (h *Hours) Zone() string {
	if h == nil {
		return "UTC"
	}
	return h.zone
}

// Week returns the openings by weekday as they were defined, in their order.
func (h *Hours) Week() []Entry {
	if h == nil {
		return []Entry{{"daily", []string{"24h"}}}
	}
	return cloned(h.week)
}

// Holidays returns the dates that differ from their weekdays as they were defined, in their order.
func (h *Hours) Holidays() []Entry {
	if h == nil {
		return nil
	}
	return cloned(h.holidays)
}

func cloned(list []Entry) []Entry {
	list = slices.Clone(list)
	for i := range list {
		list[i].Openings = slices.Clone(list[i].Openings)
	}
	return list
}

// Equal reports whether both have the same name, the same zone, and the same openings on the same days. How the days are
// written and in what order does not matter, unless one of the two is faulty.
func (h *Hours) Equal(o *Hours) bool {
	if h == nil || o == nil || h == o {
		return h == o
	}
	if h.name != o.name || h.zone != o.zone {
		return false
	}
	a, b := h.compiled(), o.compiled()
	if a.err != nil || b.err != nil {
		return slices.EqualFunc(h.week, o.week, Entry.equal) && slices.EqualFunc(h.holidays, o.holidays, Entry.equal)
	}
	for day := range a.week {
		if !slices.Equal(a.week[day], b.week[day]) {
			return false
		}
	}
	return slices.EqualFunc(a.holidays, b.holidays, func(x, y holiday) bool {
		return x.day == y.day && slices.Equal(x.openings, y.openings)
	})
}

// Validate returns an [*Error] with every fault of the hours, or nil. Zone data that is missing is a fault.
func (h *Hours) Validate() error {
	if h == nil {
		return nil
	}
	return h.compiled().failure()
}

// compiled returns the hours in the form that the functions compute with.
func (h *Hours) compiled() *compiled {
	if h == nil {
		c := &compiled{location: time.UTC, always: true}
		for day := range c.week {
			c.week[day] = []opening{{0, fullDay}}
		}
		return c
	}
	if c := h.plan.Load(); c != nil {
		return c
	}
	h.plan.CompareAndSwap(nil, compile(h)) // another goroutine may have been first, with an equal result
	return h.plan.Load()
}
