package chart

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"cairncx.dev/cairn/cx/insight/number"
)

// Day is a day of a [Control].
type Day struct {
	Period
	Value

	// Usual is the share that is expected on such a day, and Limits those that chance alone leaves rarely. A NaN and the zero value are none.
	Usual  float64
	Limits Interval
	// Out means that the day says nothing, such as a holiday. Its value is not shown.
	Out bool
}

// Event is something on a day, such as a release. That a share changed on that day does not say that it changed because of it.
type Event struct {
	At    time.Time
	Label string
}

// Control is a control chart: the share of each day, what is usual on such a day, and the limits that chance alone leaves rarely. A day beyond the limits has
// another mark.
type Control struct {
	About
	Days []Day // in the order of time
	// Baseline are the days whose share is called usual. The zero value is none.
	Baseline Period
	// Began is the day on which it began to differ. The zero value is none, and "began" is its label without another one.
	Began Event
	// Events are what else is marked: at most [MaxEvents], in the order of time.
	Events []Event
	// LowerIsBetter is whether a share above the limits is the bad one.
	LowerIsBetter bool
	// Least is how many events a shown share rests on at least. The default is [Least]; a negative number shows all.
	Least int64
}

// MaxEvents is how many of [Control.Events] a picture has at most: the last ones.
const MaxEvents = 8

// mailDays is how many days the table of an e-mail has.
const mailDays = 21

// side of the limits.
type beyond int8

const (
	within beyond = iota
	above
	below
)

// shownDay is a day, and what may be shown of it.
type shownDay struct {
	shownPoint
	usual   float64
	limits  Interval
	limited bool
	out     bool
	beyond  beyond
	notes   []string // what is marked on it
}

// shown returns the last days, and how many before them are left out.
func (c Control) shown() ([]shownDay, int64) {
	kept := c.Days[max(0, len(c.Days)-mostPoints):]
	all := make([]shownDay, len(kept))
	for i, d := range kept {
		v, ok := d.shown(Share, c.Least)
		s := shownDay{shownPoint: shownPoint{Point: Point{d.Period, v}, ok: ok && !d.Out}, out: d.Out}
		s.few = !ok && !d.Out && d.N > 0 && finite(d.Value.Value)
		if s.limited = s.ok && d.Limits.known() && finite(d.Usual); s.limited { // the limits of a day with few are too wide to say something
			part := func(f float64) float64 { return min(max(f, 0), 1) }
			s.usual, s.limits = part(d.Usual), Interval{part(d.Limits.Low), part(d.Limits.High)}
			switch {
			case v.Value > s.limits.High:
				s.beyond = above
			case v.Value < s.limits.Low:
				s.beyond = below
			}
			s.missed = s.beyond == above && c.LowerIsBetter || s.beyond == below && !c.LowerIsBetter
		}
		all[i] = s
	}
	for _, e := range c.marks(all) {
		all[e.day].notes = append(all[e.day].notes, e.label)
	}
	return all, int64(len(c.Days) - len(kept))
}

// marked is an event in the picture.
type marked struct {
	day   int
	label string
	began bool
}

// marks returns the events that are on one of the days, in the order of their days.
func (c Control) marks(days []shownDay) (list []marked) {
	add := func(e Event, label string, began bool) {
		for i := range days {
			if !e.At.IsZero() && !e.At.Before(days[i].From) && e.At.Before(days[i].Until) {
				list = append(list, marked{i, label, began})
				return
			}
		}
	}
	for _, e := range c.Events {
		if label := clean(e.Label); label != "" {
			add(e, label, false)
		}
	}
	slices.SortStableFunc(list, func(a, b marked) int { return a.day - b.day })
	list = list[max(0, len(list)-MaxEvents):]
	began := clean(c.Began.Label)
	if began == "" {
		began = "began"
	}
	add(c.Began, began, true)
	slices.SortStableFunc(list, func(a, b marked) int { return a.day - b.day })
	return list
}

// of reports whether a day is one of the baseline.
func (d *shownDay) of(baseline Period) bool {
	return !d.From.Before(baseline.From) && d.From.Before(baseline.Until)
}

// says is what the table says of a day.
func (d *shownDay) says() string {
	list := slices.Clone(d.notes)
	switch {
	case d.out:
		list = append(list, "does not count")
	case d.beyond == above:
		list = append(list, "above the limits")
	case d.beyond == below:
		list = append(list, "below the limits")
	}
	return strings.Join(list, "; ")
}

func (c Control) table() Table { return c.tableOf(mostPoints) }

// mailTable is the table of an e-mail, which has room for the last days alone.
func (c Control) mailTable() Table { return c.tableOf(mailDays) }

func (c Control) tableOf(most int) Table {
	days, more := c.shown()
	if left := len(days) - most; left > 0 {
		days, more = days[left:], more+int64(left)
	}
	cells := columns{unit: Share, values: make([]Value, len(days))}
	limited, noted := false, false
	var e extent
	for i := range days {
		d := &days[i]
		d.Interval = Interval{} // the limits stand in its place
		cells.values[i] = d.Value
		limited, noted = limited || d.limited, noted || d.says() != ""
		if d.ok {
			e.add(d.Value.Value)
		}
	}
	out := Table{Head: []string{"Day"}, More: more}
	out.head(cells, "")
	if limited {
		out.Head = append(out.Head, "Usual", "Limits")
		out.below[len(out.Head)-1] = ""
	}
	if noted {
		out.Head = append(out.Head, "What happened")
		out.Text = make([]bool, len(out.Head))
		out.Text[len(out.Head)-1] = true
	}
	for i := range days {
		d := &days[i]
		row := append([]string{d.Label()}, cells.cells(d.Value, d.ok, d.few, c.Least)...)
		if limited {
			usual, limits := "", ""
			if d.limited {
				usual, limits = Share.Write(d.usual), Share.interval(d.limits)
				if limits == "" { // no bad event is usual, and none is expected
					limits = number.Range(Share.Write(0), Share.Write(0))
				}
			}
			row = append(row, usual, limits)
		}
		if noted {
			row = append(row, d.says())
		}
		out.Rows = append(out.Rows, row)
		out.bars = append(out.bars, barOf(d.Value.Value, e, d.ok, d.tone()))
	}
	return out
}

func (d *shownDay) tone() Tone {
	switch {
	case d.missed:
		return Bad
	case d.beyond != within:
		return Good
	default:
		return Main
	}
}

func (Control) kind() string { return "Control chart" }

func (c Control) finding() string {
	days, more := c.shown()
	var last *shownDay
	known, high, low := 0, 0, 0
	for i := range days {
		d := &days[i]
		if !d.ok {
			continue
		}
		last = d
		known++
		switch d.beyond {
		case above:
			high++
		case below:
			low++
		case within:
		}
	}
	if last == nil {
		return "No day has enough to show a share."
	}
	all := number.Of(int64(len(days))+more, "day", "days")
	s := fmt.Sprintf("%s, %s above the limits and %s below them. Last: %s on %s", all, number.Count(int64(high)), number.Count(int64(low)), Share.Write(last.Value.Value), last.Label())
	if last.limited {
		s += fmt.Sprintf(", where %s is usual", Share.Write(last.usual))
	}
	said := []string{s + "."}
	for _, m := range c.marks(days) {
		said = append(said, days[m.day].Label()+": "+m.label+".")
	}
	if gaps := len(days) - known; gaps > 0 {
		said = append(said, number.Of(int64(gaps), "day has", "days have")+" no share.")
	}
	return strings.Join(said, " ")
}
