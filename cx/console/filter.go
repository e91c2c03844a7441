package console

import (
	"cmp"
	"errors"
	"fmt"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"cairncx.dev/cairn/cx/insight"
)

// errAddress is in every error about the address of a page.
var errAddress = errors.New("console: the address is not one of a page")

// filter is what a page is about. It is all in the address, so that a view can be sent.
type filter struct { //nolint:recvcheck // with changes a copy
	// Journey and Namespace are as in insight.Which.
	Journey, Namespace string
	// Days is the length of the period that ends now. With First and Last, the period is from the beginning of one day to the end of another.
	Days        int
	First, Last time.Time
	// Alone means that the period is compared with no other one.
	Alone bool
	Where []insight.Where
	By    insight.Column
	// Zone is the time zone of the address; nil is the one of the console.
	Zone *time.Location
	// Numbers is the tag of the locale in which numbers are written; "" is the reader's.
	Numbers string
}

// Bounds of addresses.
const (
	defaultDays = 28
	maxDays     = 3660
	maxWhere    = 8
	maxValues   = 32
	maxText     = 512
	maxAddress  = 32 << 10 // of the parameters together, which stand in each link and form of a page
	firstYear   = 1900
	lastYear    = 9998
)

const dateForm = "2006-01-02"

// parseFilter reads the filter of an address. An empty address is the period of the last 28 days.
func parseFilter(q url.Values, zone *time.Location) (filter, error) {
	f := filter{Days: defaultDays, Journey: q.Get("journey"), Namespace: q.Get("namespace"), Alone: q.Get("compare") == "none", By: insight.Column(q.Get("by"))}
	whole := 0
	for name, values := range q {
		for _, v := range values {
			if whole += len(name) + len(v) + 2; whole > maxAddress {
				return f, fmt.Errorf("%w: its parameters are longer than %d bytes", errAddress, maxAddress)
			}
			if len(v) > maxText {
				return f, fmt.Errorf("%w: %s is longer than %d bytes", errAddress, strconv.Quote(shorten(name)), maxText)
			}
		}
	}
	if name := q.Get("zone"); name != "" {
		in, err := time.LoadLocation(name)
		if err != nil || name == "Local" {
			return f, fmt.Errorf("%w: there is no time zone %.64q: give one such as Europe/Berlin", errAddress, name)
		}
		f.Zone, zone = in, in
	}
	if err := f.parseNumbers(q.Get("numbers")); err != nil {
		return f, err
	}
	if err := f.parsePeriod(q, zone); err != nil {
		return f, err
	}
	for _, text := range q["where"] {
		w, err := parseWhere(text)
		if err != nil {
			return f, err
		}
		f.Where = append(f.Where, w)
	}
	if len(f.Where) > maxWhere {
		return f, fmt.Errorf("%w: it has %d conditions: at most %d", errAddress, len(f.Where), maxWhere)
	}
	return f, nil
}

func (f *filter) parsePeriod(q url.Values, zone *time.Location) error {
	if text := q.Get("last"); text != "" {
		n, err := strconv.Atoi(strings.TrimSuffix(text, "d"))
		if err != nil || n < 1 || n > maxDays || !strings.HasSuffix(text, "d") {
			return fmt.Errorf("%w: last=%.64q: give a number of days from 1 to %d, such as 28d", errAddress, text, maxDays)
		}
		f.Days = n
	}
	first, last := q.Get("from"), q.Get("until")
	if first == "" && last == "" {
		return nil
	}
	var faults [2]error
	f.First, faults[0] = time.ParseInLocation(dateForm, first, zone)
	f.Last, faults[1] = time.ParseInLocation(dateForm, last, zone)
	if err := cmp.Or(faults[0], faults[1]); err != nil || f.Last.Before(f.First) || f.Last.Year()-f.First.Year() > maxDays/365 || f.First.Year() < firstYear || f.Last.Year() > lastYear {
		return fmt.Errorf("%w: from=%.32q and until=%.32q: give two days, such as 2026-05-01 and 2026-05-31", errAddress, first, last)
	}
	return nil
}

// parseWhere reads a condition: "team:a,b" or "team!a". A comma, a colon or a backslash in a value has a backslash before it.
func parseWhere(text string) (w insight.Where, err error) {
	i := strings.IndexAny(text, ":!")
	if i <= 0 {
		return w, fmt.Errorf("%w: where=%.64q: give a column and its values, such as team:red,blue, or team!red for all others", errAddress, text)
	}
	rest := text[i+1:]
	w.Column, w.Not = insight.Column(text[:i]), text[i] == '!'
	var value strings.Builder
	for i := 0; i < len(rest); i++ {
		switch {
		case rest[i] == '\\' && i+1 < len(rest):
			i++
			value.WriteByte(rest[i])
		case rest[i] == ',':
			w.Values = append(w.Values, value.String())
			value.Reset()
		default:
			value.WriteByte(rest[i])
		}
	}
	w.Values = append(w.Values, value.String())
	if len(w.Values) > maxValues {
		return w, fmt.Errorf("%w: a condition has %d values: at most %d", errAddress, len(w.Values), maxValues)
	}
	return w, nil
}

// whereText writes what parseWhere reads.
func whereText(w insight.Where) string {
	escape := strings.NewReplacer(`\`, `\\`, `,`, `\,`)
	list := make([]string, len(w.Values))
	for i, v := range w.Values {
		list[i] = escape.Replace(v)
	}
	sign := ":"
	if w.Not {
		sign = "!"
	}
	return string(w.Column) + sign + strings.Join(list, ",")
}

// query writes what parseFilter reads, without what is as usual.
func (f *filter) query() url.Values {
	q := url.Values{}
	set := func(name, value string) {
		if value != "" {
			q.Set(name, value)
		}
	}
	set("journey", f.Journey)
	set("namespace", f.Namespace)
	set("by", string(f.By))
	set("numbers", f.Numbers)
	switch {
	case !f.First.IsZero():
		q.Set("from", f.First.Format(dateForm))
		q.Set("until", f.Last.Format(dateForm))
	case f.Days != defaultDays:
		q.Set("last", strconv.Itoa(f.Days)+"d")
	}
	if f.Alone {
		q.Set("compare", "none")
	}
	if f.Zone != nil {
		q.Set("zone", f.Zone.String())
	}
	for _, w := range f.Where {
		q.Add("where", whereText(w))
	}
	return q
}

// period returns the beginning and the end of the period at the moment, in the zone: whole days, of which the last one may go on.
func (f *filter) period(now time.Time, zone *time.Location) (from, until time.Time) {
	if !f.First.IsZero() {
		return f.First, f.Last.AddDate(0, 0, 1)
	}
	now = now.In(zone)
	until = time.Date(now.Year(), now.Month(), now.Day()+1, 0, 0, 0, 0, zone)
	return until.AddDate(0, 0, -f.Days), until
}

// before returns the period of the same number of days that ends where this one begins.
func (f *filter) before(from, until time.Time) (time.Time, time.Time) {
	days := f.Days
	if !f.First.IsZero() {
		days = dayNumber(until) - dayNumber(from)
	}
	return from.AddDate(0, 0, -days), from
}

// dayNumber counts days of the calendar.
func dayNumber(t time.Time) int {
	return int(time.Date(t.Year(), t.Month(), t.Day(), 0, 0, 0, 0, time.UTC).Unix() / 86400)
}

// with returns the filter with another condition instead of those on the column.
func (f filter) with(column insight.Column, values ...string) filter {
	f.Where = slices.DeleteFunc(slices.Clone(f.Where), func(w insight.Where) bool { return w.Column == column })
	if len(values) > 0 {
		f.Where = append(f.Where, insight.Where{Column: column, Values: values})
	}
	return f
}

// shorten bounds a text that is shown in an error.
func shorten(text string) string {
	if len(text) > 64 {
		return strings.ToValidUTF8(text[:64], "") + "…"
	}
	return text
}
