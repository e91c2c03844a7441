package insight

import (
	"cmp"
	"maps"
	"slices"
	"strings"
	"time"

	"cairncx.dev/cairn/cx/calendar"
	"cairncx.dev/cairn/cx/insight/internal/cases"
)

// begin counts the beginning of a run, by the values that may be new.
func (q *dailyQuestion) begin(journey uint16, c *cases.Chunk, row int) {
	if c.Flags[row]&cases.Begun == 0 {
		return
	}
	day := q.days.of(c.Base[row])
	if day < 0 {
		return
	}
	who := customer(c, row)
	for i, column := range [...]cases.Column{cases.Release, cases.Arm, cases.Version} {
		if codes, _ := c.First(column); codes != nil && codes[row] != 0 {
			q.beginning(beginKey{journey, uint8(i), uint32(codes[row])}).add(day, who)
		}
	}
	q.beginning(beginKey{journey, uint8(len(beginKinds)), 0}).add(day, who)
}

func (q *dailyQuestion) beginning(key beginKey) *beginning {
	b := q.begins[key]
	if b == nil {
		b = &beginning{days: map[int]uint32{}}
		q.begins[key] = b
	}
	return b
}

// beginName returns the name of what began: an experiment without its arm.
func (q *dailyQuestion) beginName(key beginKey) string {
	name := q.t.Dict([...]cases.Column{cases.Release, cases.Arm, cases.Version}[key.kind]).Text(key.code)
	if beginKinds[key.kind].column == Arm {
		name, _, _ = strings.Cut(name, ": ")
	}
	return name
}

// outDays are the days that say nothing of what is usual.
type outDays struct {
	all []bool            // of every chart
	by  map[string][]bool // by journey
}

func (o *outDays) of(journey string) []bool {
	if its := o.by[journey]; its != nil {
		return its
	}
	return o.all
}

// outDays returns the days that are out: see [View.Daily].
func (q *dailyQuestion) outDays() *outDays {
	o := &outDays{all: q.holidays(), by: map[string][]bool{}}
	b := q.words.b
	var some []int // maintenances of some journeys
	for i := range b.Maintenance {
		switch m := &b.Maintenance[i]; {
		case len(m.Journeys) > 0:
			some = append(some, i)
		case len(m.Objectives) == 0:
			for _, d := range q.maintained(i) {
				o.all[d] = true
			}
		}
	}
	for _, i := range some {
		days := q.maintained(i)
		for _, journey := range b.Maintenance[i].Journeys {
			if o.by[journey] == nil {
				o.by[journey] = slices.Clone(o.all)
			}
			for _, d := range days {
				o.by[journey][d] = true
			}
		}
	}
	return o
}

// maintained returns the numbers of the days that the maintenance touches, if it takes place once.
func (q *dailyQuestion) maintained(i int) (days []int) {
	b := q.words.b
	m := &b.Maintenance[i]
	zone, err := calendar.LoadZone(cmp.Or(m.Zone, b.Zone))
	if err != nil || len(m.Open) > 0 {
		return nil
	}
	from, err := calendar.ParseMoment(m.From, zone)
	if err != nil {
		return nil
	}
	until, err := calendar.ParseMoment(m.Until, zone)
	if err != nil {
		return nil
	}
	for d := range q.days.len() {
		if from.UnixMicro() < q.days.bounds[d+1] && until.UnixMicro() > q.days.bounds[d] {
			days = append(days, d)
		}
	}
	return days
}

// maintenances returns the maintenances that take place once, begin in the days, and concern what the viewer may see.
func (q *dailyQuestion) maintenances() (list []DailyChange) {
	b := q.words.b
	for i := range b.Maintenance {
		m := &b.Maintenance[i]
		if len(m.Journeys) == 0 && len(m.Objectives) > 0 || len(m.Journeys) > 0 && !slices.ContainsFunc(m.Journeys, q.v.sees) {
			continue
		}
		days := q.maintained(i)
		if len(days) == 0 {
			continue
		}
		c := DailyChange{Kind: MaintenanceChange, Name: m.Name, Day: time.UnixMicro(q.days.bounds[days[0]]).In(q.days.zone)}
		if len(m.Journeys) == 1 {
			c.Journey = m.Journeys[0]
		}
		list = append(list, c)
	}
	return list
}

// holidays returns the days on which all opening hours are closed by exception.
func (q *dailyQuestion) holidays() []bool {
	const around = 28 // days in which the same weekday may be open
	n, b := q.days.len(), q.words.b
	out := make([]bool, n)
	if len(b.Hours) == 0 {
		return out
	}
	for i := range out {
		out[i] = true
	}
	first := time.UnixMicro(q.days.from()).In(q.days.zone)
	y, m, d := first.Date()
	for _, name := range slices.Sorted(maps.Keys(b.Hours)) {
		hours, _ := b.Calendar(name)
		open := make([]bool, n+2*around)
		for i := range open {
			from := time.Date(y, m, d+i-around, 0, 0, 0, 0, q.days.zone)
			open[i] = hours.Between(from, time.Date(y, m, d+i-around+1, 0, 0, 0, 0, q.days.zone)) > 0
		}
		for i := range out {
			out[i] = out[i] && !open[i+around] && opens(open, i+around)
		}
	}
	return out
}

// opens reports whether the same weekday is open in one of the four weeks before or after.
func opens(open []bool, i int) bool {
	for week := -28; week <= 28; week += 7 {
		if week != 0 && open[i+week] {
			return true
		}
	}
	return false
}
