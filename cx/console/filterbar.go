package console

import (
	"net/url"
	"slices"
	"strings"
	"time"

	"cairncx.dev/cairn/cx/insight"
)

// filterBar is the form above a page.
type filterBar struct {
	Action     string
	Journeys   []choice
	Periods    []choiceLink
	From       string
	Until      string
	Kept       []kept
	Conditions []anchor
}

// choice is an option of a field.
type choice struct {
	Value, Name string
	On          bool
}

// kept is a parameter of the address that a form keeps.
type kept struct{ Name, Value string }

// periods are the lengths of periods, in days.
var periods = []struct {
	name string
	days int
}{{"7 days", 7}, {"28 days", 28}, {"90 days", 90}, {"a year", 365}}

// filterBar returns the form of the page, whose own parameters stay.
func (v *visit) filterBar(own ...string) *filterBar {
	path := strings.TrimPrefix(v.r.URL.EscapedPath(), v.c.cfg.path)
	b := &filterBar{Action: v.r.URL.EscapedPath(), From: v.from.Format(dateForm), Until: v.until.AddDate(0, 0, -1).Format(dateForm), Kept: v.kept("from", "until", "last")}
	asked, rest := v.r.URL.Query(), url.Values{}
	for _, name := range own {
		for _, value := range asked[name] {
			rest.Add(name, value)
			b.Kept = append(b.Kept, kept{name, value})
		}
	}
	link := func(f filter) string {
		address := v.linkOf(f, path)
		switch {
		case len(rest) == 0:
			return address
		case strings.Contains(address, "?"):
			return address + "&" + rest.Encode()
		default:
			return address + "?" + rest.Encode()
		}
	}
	if !strings.HasPrefix(path, "journeys") {
		b.Journeys = v.journeyChoices()
	}
	if b.Journeys != nil {
		b.Kept = slices.DeleteFunc(b.Kept, func(k kept) bool { return k.Name == "journey" })
	}
	for _, p := range periods {
		f := v.filter
		f.Days, f.First, f.Last = p.days, time.Time{}, time.Time{}
		b.Periods = append(b.Periods, choiceLink{p.name, link(f), v.filter.First.IsZero() && v.filter.Days == p.days})
	}
	if v.filter.Journey != "" && !strings.HasPrefix(path, "journeys") && !slices.ContainsFunc(b.Journeys, func(c choice) bool { return c.On }) {
		f := v.filter
		f.Journey = ""
		b.Conditions = append(b.Conditions, anchor{"journey is " + v.filter.Journey, link(f)})
	}
	for i, w := range v.filter.Where {
		f := v.filter
		f.Where = append(append([]insight.Where(nil), f.Where[:i]...), f.Where[i+1:]...)
		b.Conditions = append(b.Conditions, anchor{conditionText(w), link(f)})
	}
	return b
}

// journeyChoices are the journeys of the blueprint that the reader may see; nil if there is one.
func (v *visit) journeyChoices() (list []choice) {
	b := v.c.table.Blueprint()
	for i := range b.Journeys {
		if j := &b.Journeys[i]; v.view.Sees(j.Name) {
			list = append(list, choice{j.Name, j.Name, j.Name == v.filter.Journey})
		}
	}
	if len(list) < 2 {
		return nil
	}
	return list
}

// kept are the parameters of the filter, without those of these names.
func (v *visit) kept(without ...string) (list []kept) {
	query := v.filter.query()
	for _, name := range sortedNames(query) {
		for _, value := range query[name] {
			if !slices.Contains(without, name) {
				list = append(list, kept{name, value})
			}
		}
	}
	return list
}
