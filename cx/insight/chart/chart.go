package chart

import (
	"hash/fnv"
	"html/template"
	"math"
	"reflect"
	"strconv"

	"cairncx.dev/cairn/cx/insight/number"
)

// Least is how many runs, customers or answers a shown value rests on at least, unless the chart's own Least says otherwise. Smaller groups
// would tell of persons.
const Least = 5

// Chart is what can be drawn: a [Trend], [Panels], [Bars], [Changes], [Stack], [Funnel], [Stages], [Histogram],
// [PathMap], [StageMap] or [Control].
type Chart interface {
	about() About
	table() Table
	draw(p *pen)
	finding() string // the numbers in a sentence, for those who do not see the picture
	kind() string    // the name of a chart without a title
}

// none reports whether there is no chart to draw.
func none(c Chart) bool {
	if c == nil {
		return true
	}
	v := reflect.ValueOf(c)
	return v.Kind() == reflect.Pointer && v.IsNil()
}

// About is what a figure says in words. Its texts are plain, not HTML.
type About struct {
	// ID is the figure's identifier on its page: letters, digits, "-" and "_". The default is derived from the kind and the title, so that
	// two charts of one kind and title on a page need IDs.
	ID string
	// Title is the finding, in a sentence. It is the caption and the name of the picture.
	Title string
	// Note says what is measured: the unit, the population, the period and the time zone.
	Note string
	// Foot says what the numbers rest on, such as what is excluded.
	Foot string
	// Description is the picture's description for those who do not see it. The default has its most important numbers.
	Description string
}

func (a About) about() About { return a }

// Interval is an interval of 95% confidence in the unit of its value. The zero value is none. An interval of cx/stats can be converted to it.
type Interval struct{ Low, High float64 }

func (i Interval) known() bool {
	return i != Interval{} && finite(i.Low) && finite(i.High) && i.Low <= i.High
}

// Value is a value with its interval, and how many runs it rests on. A NaN or an infinity is unknown.
type Value struct {
	Value    float64
	Interval Interval
	N        int64
}

// shown returns the value as it may be shown: without what is unknown or rests on fewer than least. A count without an N rests on itself.
func (v Value) shown(u Unit, least int64) (_ Value, ok bool) {
	if u == Count && v.N == 0 && finite(v.Value) {
		v.N = int64(min(max(v.Value, 0), 1e18))
		if v.N == 0 {
			return bounded(v), true
		}
	}
	if !finite(v.Value) || v.N < atLeast(least) {
		return Value{}, false
	}
	return bounded(v), true
}

// bounded brings a value into the range in which a scale can compute, and takes an interval away that is none.
func bounded(v Value) Value {
	const most = 1e18
	clamp := func(f float64) float64 { return min(max(f, -most), most) }
	if !v.Interval.known() {
		v.Interval = Interval{}
	}
	v.Value, v.Interval = clamp(v.Value), Interval{clamp(v.Interval.Low), clamp(v.Interval.High)}
	return v
}

func atLeast(least int64) int64 {
	if least == 0 {
		return Least
	}
	return max(least, 0)
}

// few is what a table has in the place of a count of too few.
func few(least int64) string { return "<" + number.Count(atLeast(least)) }

// under says in a picture that too few are behind a value.
func under(least int64) string { return "n < " + number.Count(atLeast(least)) }

func finite(f float64) bool { return !math.IsNaN(f) && !math.IsInf(f, 0) }

// Unit is the unit of values.
type Unit uint8

// Units.
const (
	Count    Unit = iota // a count: 1,234
	Share                // a share from 0 to 1, written as a percentage
	Duration             // seconds, written in their two largest units
	Number               // a number with one decimal, such as a score. It may be negative, and its axis need not begin at zero
)

// Write writes a value of the unit.
func (u Unit) Write(v float64) string {
	switch u {
	case Share:
		return number.Share(v)
	case Duration:
		return number.Seconds(v)
	case Number:
		return number.Decimal(v, 1)
	default:
		return number.Decimal(v, 0)
	}
}

// write writes a value with its interval in brackets, if it has one.
func (u Unit) write(v Value) string {
	if v.Interval.known() {
		return u.Write(v.Value) + " (" + u.interval(v.Interval) + ")"
	}
	return u.Write(v.Value)
}

func (u Unit) interval(i Interval) string {
	if !i.known() {
		return ""
	}
	return number.Range(u.Write(i.Low), u.Write(i.High))
}

// Line is a value to compare with, such as a target.
type Line struct {
	Value float64
	Label string
}

// known returns the line if it can be drawn.
func (l *Line) known() (Line, bool) {
	if l == nil || !finite(l.Value) {
		return Line{}, false
	}
	return Line{bounded(Value{Value: l.Value}).Value, clean(l.Label)}, true
}

// Tone is the role of a mark's colour. Each tone has its texture as well.
type Tone uint8

// Tones.
const (
	Main    Tone = iota // blue
	Bad                 // vermilion, hatched
	Neutral             // grey, with upright lines
	Good                // teal, with dots
	Second              // purple, hatched the other way
	Third               // ochre, with level lines
	tones
)

// Option is an option of [Figure].
type Option func(*layout)

type layout struct{ folded bool }

// Folded puts the table behind a line that opens it. It is open in print. The default shows it.
func Folded() Option { return func(l *layout) { l.folded = true } }

// Figure returns the chart as an HTML figure, which is safe to insert into a page. The page needs [Style]. A nil chart is "".
func Figure(c Chart, opts ...Option) template.HTML {
	if none(c) {
		return ""
	}
	var l layout
	for _, o := range opts {
		if o != nil {
			o(&l)
		}
	}
	a := described(c)
	var m markup
	m.open("figure", "class", "cx-figure", "id", a.ID)
	m.open("figcaption")
	m.element("span", a.Title, "class", "cx-title", "dir", "auto")
	if a.Note != "" {
		m.element("span", a.Note, "class", "cx-note", "dir", "auto")
	}
	m.shut("figcaption")
	t := c.table()
	m.open("div", "class", "cx-body"+either(!l.folded && len(t.Head) <= mostBeside, " cx-beside", ""))
	m.open("div", "class", "cx-picture")
	m.raw(picture(c, a, "cx-wide", wide))
	m.raw(picture(c, a, "cx-narrow", narrow))
	if a.Foot != "" {
		m.element("p", a.Foot, "class", "cx-foot", "dir", "auto")
	}
	m.shut("div")
	if len(t.Rows) > 0 || t.More > 0 { // a map of single steps has no move, and a table of headings says nothing
		m.numbers(t, a, l)
	}
	m.shut("div")
	m.shut("figure")
	return m.html()
}

// mostBeside is how many columns a table has at most that stands beside its picture, and not below.
const mostBeside = 5

// Described returns what the figure of the chart says in words, with its default description. The texts are clean, not escaped. A nil chart has none.
func Described(c Chart) About {
	if none(c) {
		return About{}
	}
	return described(c)
}

// described returns the chart's words, cleaned and complete.
func described(c Chart) About {
	a := c.about()
	a.Title, a.Note, a.Foot, a.Description = clean(a.Title), clean(a.Note), clean(a.Foot), clean(a.Description)
	if a.Title == "" {
		a.Title = c.kind()
	}
	if a.Description == "" {
		a.Description = clean(c.finding())
	}
	if !validID(a.ID) {
		h := fnv.New64a()
		_, _ = h.Write([]byte(c.kind() + "\x00" + a.Title)) // a hash never fails
		a.ID = "cx-" + strconv.FormatUint(h.Sum64(), 36)
	}
	return a
}

func validID(id string) bool {
	for i := range len(id) {
		c := id[i]
		if c|0x20 >= 'a' && c|0x20 <= 'z' || i > 0 && (c >= '0' && c <= '9' || c == '-' || c == '_') {
			continue
		}
		return false
	}
	return id != "" && len(id) <= 64
}
