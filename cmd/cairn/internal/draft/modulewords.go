package draft

import (
	"cmp"
	"net/http"
	"path"
	"regexp"
	"slices"
	"strings"

	"cairncx.dev/cairn/cmd/cairn/internal/routes"
)

// skipWords are elements of paths that are not for customers, with the reason.
var skipWords = map[string]string{
	"health": healthCheck, "healthz": healthCheck, "healthcheck": healthCheck, "livez": healthCheck, "readyz": healthCheck, "live": healthCheck,
	"ready": healthCheck, "liveness": healthCheck, "readiness": healthCheck, "ping": healthCheck, "startupz": healthCheck, "-": "for operators",
	"metrics": "metrics", "varz": "metrics",
	"debug": "for developers", "pprof": "for developers", "swagger": "for developers", "openapi": "for developers", "openapi.json": "for developers",
	"openapi.yaml": "for developers", "graphiql": "for developers", "version": "for developers",
	"admin": "for employees", "internal": "for employees", "backoffice": "for employees",
	"static": staticFiles, "assets": staticFiles, "public": staticFiles, "css": staticFiles, "js": staticFiles, "img": staticFiles, "images": staticFiles,
	"fonts": staticFiles, "favicon.ico": staticFiles, "robots.txt": staticFiles, "sitemap.xml": staticFiles, ".well-known": "for machines",
}

const (
	healthCheck = "a health check"
	staticFiles = "static files"
)

// fileEndings are the ends of paths that are files of a page.
var fileEndings = []string{".css", ".js", ".mjs", ".map", ".ico", ".png", ".svg", ".jpg", ".webp", ".woff", ".woff2", ".txt", ".webmanifest"}

// whySkip returns why a route is no touchpoint, or "".
func whySkip(r *routes.Router, route *routes.Route) string {
	switch {
	case route.To != nil:
		return "it goes on to the router at " + route.To.Place.String()
	case route.Connect:
		return "cxconnect makes the touchpoints of its methods"
	case route.Files:
		return staticFiles
	case route.Method == http.MethodOptions, route.Method == http.MethodTrace, route.Method == http.MethodConnect:
		return "for browsers and proxies"
	}
	p := pathOf(route.Pattern)
	if p == "/cairn/" && route.Method == "" {
		return "what Cairn's script in the page sends"
	}
	if p == "/" && route.Method == "" && r.Framework == routes.NetHTTP || p == "/*" {
		return "every path that has no other route"
	}
	for segment := range strings.SplitSeq(strings.Trim(p, "/"), "/") {
		if why := skipWords[strings.ToLower(segment)]; why != "" {
			return why
		}
	}
	if slices.Contains(fileEndings, strings.ToLower(path.Ext(p))) {
		return staticFiles
	}
	return ""
}

// pathOf returns the path of a pattern, which a method and a host may come before.
func pathOf(pattern string) string {
	if i := strings.IndexByte(pattern, '/'); i >= 0 {
		return pattern[i:]
	}
	return pattern
}

// runWords are things whose ID may be that of a run, the likeliest first.
var runWords = []string{
	"checkout", "order", "cart", "basket", "booking", "reservation", "ticket", "case", "claim", "application", "appointment", "complaint",
	"quote", "request", "subscription", "shipment", "delivery", "return", "refund", "payment", "invoice", "session", "visit",
}

// runID is a parameter of paths that looks like the ID of a run.
type runID struct {
	word, param string
	example     string
	prefixes    []string // the paths before the parameter, where its name alone does not say what it is; else empty
}

var parameter = regexp.MustCompile(`^(?:\{([A-Za-z_][A-Za-z0-9_]*)(?:\.\.\.|:.*)?\}|:([A-Za-z_][A-Za-z0-9_]*))$`)

// paramUse is a parameter in the path of a route. Its word is "" for one that is not the ID of a run.
type paramUse struct {
	word, param string
	prefix      string // the path before a parameter whose own name does not say what it is, else ""
	example     string // the name of the route
}

// usesOf returns the parameters in the path of the route.
func usesOf(route *routes.Route) (uses []paramUse) {
	segments := strings.Split(strings.TrimPrefix(pathOf(route.Pattern), "/"), "/")
	for i, s := range segments {
		param := paramOf(s)
		if param == "" {
			continue
		}
		before := ""
		if i > 0 {
			before = segments[i-1]
		}
		word, own := runWord(param, before)
		u := paramUse{word: word, param: param, example: route.Name()}
		if !own {
			u.prefix = "/" + strings.Join(segments[:i], "/") + "/"
		}
		uses = append(uses, u)
	}
	return uses
}

// findRunID returns the parameter that most routes have, or nil.
func findRunID(found *routes.Found, skip func(*routes.Router, *routes.Route) bool) *runID {
	var uses []paramUse
	for _, r := range found.Routers {
		for i := range r.Routes {
			if route := &r.Routes[i]; !skip(r, route) {
				uses = append(uses, usesOf(route)...)
			}
		}
	}
	count := map[string]int{}
	for _, u := range uses {
		count[u.word]++
	}
	best := slices.MinFunc(runWords, func(a, b string) int { return cmp.Compare(count[b], count[a]) })
	if count[best] == 0 {
		return nil
	}
	id := &runID{word: best}
	others := map[string]bool{} // parameters that are something else in another route
	for _, u := range uses {
		switch {
		case u.word != best:
			others[u.param] = true
		case id.param == "":
			id.param, id.example = u.param, u.example
		}
	}
	for _, u := range uses {
		if u.word == best && u.param == id.param && u.prefix != "" && others[id.param] && !slices.Contains(id.prefixes, u.prefix) {
			id.prefixes = append(id.prefixes, u.prefix)
		}
	}
	return id
}

// paramOf returns the name of the parameter that the element of a path is, or "".
func paramOf(segment string) string {
	m := parameter.FindStringSubmatch(segment)
	if m == nil {
		return ""
	}
	return m[1] + m[2]
}

var idEnding = regexp.MustCompile(`(?i)(_?(id|uuid|number|no|code|key|ref|token))$`)

// runWord returns what the parameter may be the ID of, or "", and whether its own name says so. Before is the element of the path before it.
func runWord(param, before string) (word string, own bool) {
	base := strings.ToLower(strings.Trim(idEnding.ReplaceAllString(param, ""), "_"))
	if base != "" {
		if slices.Contains(runWords, base) {
			return base, true
		}
		return "", true
	}
	base = strings.ToLower(before)
	for _, w := range runWords {
		if base == w || base == w+"s" || strings.HasSuffix(w, "y") && base == strings.TrimSuffix(w, "y")+"ies" {
			return w, false
		}
	}
	return "", false
}

// stageWords are words of paths by the stage that they may belong to, in the order in which customers meet stages.
var stageWords = []struct {
	stage string
	words []string
}{
	{"search", []string{"search", "catalog", "catalogue", "products", "product", "items", "item", "offers", "shop"}},
	{"sign-in", []string{"login", "signin", "sign-in", "register", "signup", "sign-up"}},
	{"quote", []string{"quote", "quotes", "estimate"}},
	{"cart", []string{"cart", "carts", "basket", "addtocart"}},
	{"address", []string{"address", "addresses", "shipping"}},
	{"checkout", []string{"checkout", "booking", "bookings", "reservation", "reservations", "apply", "application", "applications"}},
	{"payment", []string{"pay", "payment", "payments", "charge", "charges"}},
	{"confirmation", []string{"confirm", "confirmation", "placeorder", "orders", "order", "receipt"}},
	{"delivery", []string{"delivery", "track", "tracking", "shipment", "shipments"}},
	{"request", []string{"ticket", "tickets", "claim", "claims", "case", "cases", "complaint", "complaints", "support"}},
	{"return", []string{"return", "returns", "refund", "refunds", "cancel"}},
	{"rating", []string{"rating", "rate", "review", "reviews", "feedback", "survey", "answer"}},
}

var notInWords = regexp.MustCompile(`[^a-z-]+`)

// stages returns a guess of the stages, as YAML.
func (m *Module) stages() (list []string) {
	const most = 8
	words := map[string]bool{}
	for i := range m.points {
		for w := range strings.SplitSeq(notInWords.ReplaceAllString(strings.ToLower(m.points[i].path), " "), " ") {
			words[w] = true
		}
	}
	for _, s := range stageWords {
		if len(list) < most && slices.ContainsFunc(s.words, func(w string) bool { return words[w] }) {
			list = append(list, "{name: "+s.stage+"}")
		}
	}
	return list
}
