package console

import (
	"maps"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"

	"cairncx.dev/cairn/cx/insight"
)

// route returns the handler of all paths under the console's own.
func (c *Console) route() http.Handler {
	mux := http.NewServeMux()
	get := func(path string, f func(*visit) (*page, error)) {
		mux.HandleFunc("GET "+c.path(path), func(w http.ResponseWriter, r *http.Request) { c.serve(w, r, f) })
	}
	get("{$}", nowPage)
	get("journeys", journeysPage)
	get("journeys/{journey}", journeyPage)
	get("goes-with", goesWithPage)
	get("goes-with/examples", examplesPage)
	get("support", supportPage)
	get("voice", voicePage)
	get("reports", reportsPage)
	mux.HandleFunc("GET "+c.path("reports/{kind}/{file}"), c.report)
	if c.cfg.subscriptions != nil {
		mux.HandleFunc("POST "+c.path("reports/subscribe"), c.subscribe)
	}
	get("runs", runsPage)
	get("runs/{journey}/{id}", runPage)
	get("customers/{customer}", customerPage)
	get("hits", hitsPage)
	mux.HandleFunc("GET "+c.path("customers/{customer}/export"), c.export)
	mux.HandleFunc("POST "+c.path("find"), c.find)
	c.routeMoves(mux)
	mux.Handle("GET "+c.path(c.pages.style.name), c.pages.style)
	mux.Handle("GET "+c.path(c.pages.script.name), c.pages.script)
	mux.HandleFunc("GET "+c.path("live"), c.serveStream)
	c.routeSignIn(mux)
	c.routeUnsubscribe(mux)
	get("", func(*visit) (*page, error) { return nil, errNotHere })
	return mux
}

// serve answers a request for a page.
func (c *Console) serve(w http.ResponseWriter, r *http.Request, f func(*visit) (*page, error)) {
	v, err := c.visit(r)
	if err != nil {
		c.failed(w, r, err)
		return
	}
	p, err := f(v)
	if err != nil {
		c.failed(w, r, err)
		return
	}
	w.Header().Add("Vary", "Accept-Language")
	v.write(w, p)
}

// serveStream checks who asks, as for a page.
func (c *Console) serveStream(w http.ResponseWriter, r *http.Request) {
	if _, err := c.viewer(r); err != nil {
		f := faultOf(refusal{err})
		http.Error(w, f.Say, f.Status)
		return
	}
	c.stream(w, r)
}

// place is a page of the navigation.
type place struct{ name, title, path string }

// places are those of the navigation.
var places = []place{
	{"now", "Now", ""},
	{"journeys", "Journeys", "journeys"},
	{"runs", "Runs", "runs"},
	{"support", "Support", "support"},
	{"voice", "Voice", "voice"},
	{"goes-with", "What goes with it", "goes-with"},
	{"reports", "Reports", "reports"},
}

// nav is the navigation of a page. The period and the other conditions go with the reader.
func (v *visit) nav(here string) []navItem {
	list := make([]navItem, 0, len(places))
	for _, p := range places {
		if p.name == "runs" && !v.may(insight.Customers) {
			continue
		}
		list = append(list, navItem{p.title, v.link(p.path), p.name == here})
	}
	return list
}

// filterBar is the form above a page.
type filterBar struct {
	Action     string
	Journeys   []choice
	Periods    []navPeriod
	From       string
	Until      string
	Kept       []kept
	Conditions []navPeriod
}

type choice struct {
	Value, Name string
	On          bool
}

type navPeriod struct {
	Name, Address string
	On            bool
}

type kept struct{ Name, Value string }

// periods are the lengths of periods, in days.
var periods = []struct {
	name string
	days int
}{{"7 days", 7}, {"28 days", 28}, {"90 days", 90}, {"a year", 365}}

// filterBar is that of the page, whose own parameters stay.
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
		b.Periods = append(b.Periods, navPeriod{p.name, link(f), v.filter.First.IsZero() && v.filter.Days == p.days})
	}
	if v.filter.Journey != "" && !strings.HasPrefix(path, "journeys") && !slices.ContainsFunc(b.Journeys, func(c choice) bool { return c.On }) {
		f := v.filter
		f.Journey = ""
		b.Conditions = append(b.Conditions, navPeriod{Name: "journey is " + v.filter.Journey, Address: link(f)})
	}
	for i, w := range v.filter.Where {
		f := v.filter
		f.Where = append(append([]insight.Where(nil), f.Where[:i]...), f.Where[i+1:]...)
		sign := " is "
		if w.Not {
			sign = " is not "
		}
		b.Conditions = append(b.Conditions, navPeriod{Name: string(w.Column) + sign + strings.Join(w.Values, " or "), Address: link(f)})
	}
	return b
}

// journeyChoices are the journeys of the blueprint that the reader may see; nil if there is one.
func (v *visit) journeyChoices() (list []choice) {
	b := v.c.table.Blueprint()
	for i := range b.Journeys {
		j := &b.Journeys[i]
		if all := len(v.viewer.Journeys)+len(v.viewer.Owners) == 0; all || slices.Contains(v.viewer.Journeys, j.Name) || j.Owner != "" && slices.Contains(v.viewer.Owners, j.Owner) {
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
	for _, name := range slices.Sorted(maps.Keys(query)) {
		for _, value := range query[name] {
			if !slices.Contains(without, name) {
				list = append(list, kept{name, value})
			}
		}
	}
	return list
}
