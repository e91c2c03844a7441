package blueprint

import (
	"errors"
	"maps"
	"slices"
	"strconv"

	"cairncx.dev/cairn/cx/calendar"
)

// Hours is when the company, a team or a desk is open. A [Promise] counts its time in them, and code gets them with
// [Blueprint.Calendar]. See [calendar.Hours].
type Hours struct {
	// Zone is the name of the time zone in the IANA database, such as "Europe/London". See [calendar.Zone].
	Zone string `json:"zone" yaml:"zone"`
	// Open maps weekdays, such as "mon-fri", "sat" or "daily", to their openings. Each weekday occurs once at most, and one
	// that does not occur is closed. See [calendar.Open].
	Open map[string]Openings `json:"open" yaml:"open"`
	// Holidays are the dates that differ from their weekdays, at most [calendar.MaxHolidays].
	Holidays []Holiday `json:"holidays,omitempty" yaml:"holidays,omitempty"`
}

// Openings are the openings that begin on one day, such as "09:00-17:30", "22:00-06:00" or "24h": at most
// [calendar.MaxOpenings]. A file may have a single opening in place of a list.
type Openings []string

// Holiday is a date that differs from its weekday. A file may have the date in place of a holiday without openings.
type Holiday struct {
	// Date is written year-month-day: "2026-12-25".
	Date string `json:"date" yaml:"date"`
	// Open has the openings that begin on the date; without one the date is closed.
	Open Openings `json:"open,omitempty" yaml:"open,omitempty"`
}

// Calendar returns the named hours, and false if the blueprint has no such hours. Each call makes new hours: call it once and
// keep the result.
func (b *Blueprint) Calendar(name string) (*calendar.Hours, bool) {
	if b == nil {
		return nil, false
	}
	h, ok := b.Hours[name]
	if !ok {
		return nil, false
	}
	return h.define(name), true
}

func (h *Hours) define(name string) *calendar.Hours {
	opts := make([]calendar.Option, 0, len(h.Open)+len(h.Holidays)+1)
	opts = append(opts, calendar.Zone(h.Zone))
	for _, days := range slices.Sorted(maps.Keys(h.Open)) {
		opts = append(opts, calendar.Open(days, h.Open[days]...))
	}
	for _, d := range h.Holidays {
		opts = append(opts, calendar.OpenOn(d.Date, d.Open...))
	}
	return calendar.Define(name, opts...)
}

func (b *Blueprint) validateHours(p *problems) {
	if len(b.Hours) > MaxNames {
		p.add("hours", "has %d entries, and at most %d are allowed: remove some", len(b.Hours), MaxNames)
		return
	}
	for _, name := range slices.Sorted(maps.Keys(b.Hours)) {
		h, path := b.Hours[name], "hours["+strconv.Quote(name)+"]"
		var invalid *calendar.Error
		if !errors.As(h.define(name).Validate(), &invalid) {
			continue
		}
		for _, f := range invalid.Faults {
			if f.Path == "name" {
				p.add(path, "%s", f.Message)
				continue
			}
			p.add(path+"."+f.Path, "%s", f.Message)
		}
	}
}
