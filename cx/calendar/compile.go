package calendar

import (
	"cmp"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"cairncx.dev/cairn/internal/text"
)

// compiled is the form of hours that the functions compute with. Nothing changes it.
type compiled struct {
	err      *Error // every fault, or nil; the rest is not complete then
	location *time.Location
	always   bool // open without a break
	// week has the openings of each weekday, in their order.
	week     [7][]opening
	holidays []holiday // in the order of their dates
	// pattern has the openings of all weekdays, in seconds of a week that begins on Sunday. An opening that runs into the next
	// week is in two parts. weekly is the sum of their lengths.
	pattern []stretch
	weekly  int64
}

// holiday is a date whose openings are not those of its weekday.
type holiday struct {
	day      int64 // since 1 January 1970
	openings []opening
	// before is the opened time that earlier holidays add to that of their weekdays, in seconds; it is negative for closed ones.
	before int64
}

// stretch is an opening of the week, with the opened time of the week before it.
type stretch struct{ from, to, before int64 }

// failure returns the fault as an error that is nil if there is none.
func (c *compiled) failure() error {
	if c.err == nil {
		return nil
	}
	return c.err
}

// compile validates the definition and prepares it for the functions.
func compile(h *Hours) *compiled {
	c := new(compiled)
	var f faults
	if len(h.name) == 0 || len(h.name) > MaxName || h.name[0] == '_' || !text.Distinct(h.name) {
		f.add("name", "%.80q is not a valid name: a name has 1 to %d bytes of printable UTF-8 and does not begin with _%s", h.name, MaxName, text.NameHint(h.name))
	}
	c.location = zone(&f, h.zone)
	c.addWeek(&f, h.week)
	c.addHolidays(&f, h.holidays)
	if len(f) == 0 {
		c.checkNights(&f, h)
	}
	if len(f) > 0 {
		c.err = &Error{Name: h.name, Faults: f}
		return c
	}
	c.sum()
	return c
}

// maxZone is the maximum length of a zone's name. The longest of the IANA database has 32 bytes.
const maxZone = 64

// zone loads the time zone.
func zone(f *faults, name string) *time.Location {
	const remedy = "write a name of the IANA database, such as Europe/London or UTC"
	switch {
	case name == "":
		f.add("zone", "the zone is missing: %s", remedy)
		return nil
	case name == "Local" || name == "localtime" || name == "posixrules":
		f.add("zone", "%q is the zone of the server, and a promise must not depend on the server: %s", name, remedy)
		return nil
	case len(name) > maxZone || strings.HasPrefix(name, "right/"): // the zones of right/ count leap seconds, which Go's clocks do not
		f.add("zone", "%.80q is no name of a zone: %s", name, remedy)
		return nil
	}
	l, err := time.LoadLocation(name)
	if err != nil {
		f.add("zone", "%s", unknownZone(name, remedy, time.LoadLocation))
		return nil
	}
	return l
}

func (c *compiled) addWeek(f *faults, entries []Entry) {
	const maxEntries = 7
	if len(entries) == 0 {
		f.add("open", `the hours never open: write the openings of a weekday, such as mon-fri: 09:00-17:30`)
	}
	if len(entries) > maxEntries {
		f.add("open", "has %d entries, and a week has %d days: write each weekday once", len(entries), maxEntries)
		return
	}
	var first [7]string // the entry that declares the weekday
	for _, e := range entries {
		path := weekPath(e.On)
		days, err := parseDays(e.On, meant(meantDays(e.On)))
		if err != nil {
			f.add(path, "%s", err)
		}
		list := parseOpenings(f, path, e.Openings)
		if len(e.Openings) == 0 {
			f.add(path, "has no opening: write one, such as 09:00-17:30, or remove the days to be closed on them")
		}
		for _, day := range days {
			if first[day] != "" {
				f.add(path, "declares %s, which %.40q declares, too: write each weekday once", weekdays()[day], first[day])
				break
			}
			first[day], c.week[day] = e.On, list
		}
	}
}

func weekPath(days string) string { return fmt.Sprintf("open[%.40q]", days) }

func holidayPath(i int) string { return "holidays[" + strconv.Itoa(i) + "]" }

func (c *compiled) addHolidays(f *faults, entries []Entry) {
	if len(entries) > MaxHolidays {
		f.add("holidays", "has %d dates, and at most %d are allowed: remove those that are past", len(entries), MaxHolidays)
		return
	}
	first := make(map[int64]int, len(entries))
	for i, e := range entries {
		path := holidayPath(i)
		day, err := parseDate(e.On)
		list := parseOpenings(f, path+".open", e.Openings)
		if err != nil {
			f.add(path+".date", "%s", err)
			continue
		}
		if before, twice := first[day]; twice {
			f.add(path+".date", "%s occurs twice, first at %s: remove one of them", e.On, holidayPath(before))
			continue
		}
		first[day] = i
		c.holidays = append(c.holidays, holiday{day: day, openings: list})
	}
	slices.SortFunc(c.holidays, func(a, b holiday) int { return cmp.Compare(a.day, b.day) })
}

// parseOpenings returns the openings of a day in their order.
func parseOpenings(f *faults, path string, texts []string) []opening {
	if len(texts) > MaxOpenings {
		f.add(path, "has %d openings, and a day has at most %d: join some", len(texts), MaxOpenings)
		return nil
	}
	list := make([]opening, 0, len(texts))
	for i, t := range texts {
		at := path + "[" + strconv.Itoa(i) + "]"
		o, err := parseOpening(t, meant(meantOpening(t)))
		if err != nil {
			f.add(at, "%s", err)
			continue
		}
		if k := slices.IndexFunc(list, func(p opening) bool { return p.from < o.to && o.from < p.to }); k >= 0 {
			f.add(at, "overlaps the opening from %s to %s: join the two", clockTime(list[k].from), clockTime(list[k].to))
			continue
		}
		list = append(list, o)
	}
	slices.SortFunc(list, func(a, b opening) int { return cmp.Compare(a.from, b.from) })
	return list
}

// checkNights finds openings that run into an opening of the next day.
func (c *compiled) checkNights(f *faults, h *Hours) {
	for _, e := range h.week {
		days, _ := parseDays(e.On, "")
		for _, day := range days {
			next := (day + 1) % 7
			if at, overlap := overlaps(c.week[day], c.week[next]); overlap {
				f.add(weekPath(e.On), "runs into the opening of %s at %s: end it at %[2]s or before", weekdays()[next], at)
				break
			}
		}
	}
	for i, e := range h.holidays {
		day, err := parseDate(e.On)
		if err != nil {
			continue // it has been reported
		}
		if at, overlap := overlaps(c.on(day-1), c.on(day)); overlap {
			f.add(holidayPath(i)+".open", "begins at %s, before the last opening of the day before ends: begin later, or declare the openings of the day before, too", at)
		}
		if !c.isHoliday(day + 1) { // else its own turn finds it
			if at, overlap := overlaps(c.on(day), c.on(day+1)); overlap {
				f.add(holidayPath(i)+".open", "runs into the opening of the next day at %s: end it at %[1]s or before", at)
			}
		}
	}
}

// overlaps reports whether an opening of a day runs into the first one of the next day, and when that begins.
func overlaps(day, next []opening) (at string, ok bool) {
	if len(day) == 0 || len(next) == 0 || day[len(day)-1].to-fullDay <= next[0].from {
		return "", false
	}
	return clockTime(next[0].from), true
}

// sum computes what follows from the openings.
func (c *compiled) sum() {
	for day, list := range c.week {
		begin := int64(day) * fullDay
		for _, o := range list {
			c.pattern = append(c.pattern, stretch{from: begin + o.from, to: begin + o.to})
		}
	}
	if last := len(c.pattern) - 1; c.pattern[last].to > fullWeek { // from Saturday night into Sunday
		rest := stretch{to: c.pattern[last].to - fullWeek}
		c.pattern[last].to = fullWeek
		c.pattern = slices.Insert(c.pattern, 0, rest)
	}
	for i := range c.pattern {
		p := &c.pattern[i]
		p.before = c.weekly
		c.weekly += p.to - p.from
	}
	c.always = c.weekly == fullWeek
	var extra int64
	for i := range c.holidays {
		d := &c.holidays[i]
		d.before = extra
		changed := length(d.openings) - length(c.week[weekdayOf(d.day)])
		extra += changed
		c.always = c.always && changed == 0
	}
}

func length(list []opening) (sum int64) {
	for _, o := range list {
		sum += o.to - o.from
	}
	return sum
}
