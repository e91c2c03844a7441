package console

import (
	"net/http"

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
	get("breakdowns", breakdownsPage)
	get("breakdowns/{id}", breakdownPage)
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
	{"breakdowns", "Breakdowns", "breakdowns"},
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
