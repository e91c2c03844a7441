package draft

import (
	"fmt"
	"hash/crc32"
	"slices"
	"strconv"
	"strings"

	"cairncx.dev/cairn/cmd/cairn/internal/routes"
	"cairncx.dev/cairn/cx/blueprint"
	"cairncx.dev/cairn/cx/blueprint/yaml"
	"cairncx.dev/cairn/cx/event"
)

// Module is a draft from the source of a Go module.
type Module struct {
	found   *routes.Found
	journey string
	id      *runID // or nil
	points  []point
	skipped []skipped
	open    []open
}

// point is a touchpoint of the draft.
type point struct {
	name  string
	group string   // the router or the server
	about []string // comments
	path  string   // for the guess of stages
}

// skipped is a route that is proposed as none.
type skipped struct {
	router *routes.Router // or nil
	name   string         // for WithSkip
	why    string
	place  routes.Place
}

// open is a route with a pattern that is not wholly known.
type open struct {
	name  string
	place routes.Place
}

// NewModule returns the draft of what was found. The journey is the name of the journey, or "" for a guess.
func NewModule(found *routes.Found, journey string) *Module {
	m := &Module{found: found, journey: journey}
	for _, r := range found.Routers {
		for i := range r.Routes {
			m.route(r, &r.Routes[i])
		}
	}
	for _, s := range found.Services {
		m.service(s)
	}
	m.id = findRunID(found, m.isSkipped)
	if m.journey == "" {
		m.journey = "journey"
		if m.id != nil {
			m.journey = m.id.word
		} else if name := moduleName(found.Module); name != "" {
			m.journey = name
		}
	}
	return m
}

// moduleName returns the last element of the module's path that is no version, if it can be a name.
func moduleName(path string) string {
	parts := strings.Split(path, "/")
	last := parts[len(parts)-1]
	if len(parts) > 1 && len(last) > 1 && last[0] == 'v' && strings.Trim(last[1:], "0123456789") == "" {
		last = parts[len(parts)-2]
	}
	if !event.ValidName(last) {
		return ""
	}
	return last
}

// route adds a route as a touchpoint, or as one to leave out.
func (m *Module) route(r *routes.Router, route *routes.Route) {
	if route.Open {
		m.open = append(m.open, open{route.Name(), route.Place})
		return
	}
	names, note := handlerNames(r.Framework, route)
	if why := whySkip(r, route); why != "" {
		for _, name := range names {
			m.skipped = append(m.skipped, skipped{r, name, why, route.Place})
		}
		return
	}
	about := []string{route.Place.String()}
	if route.Handler != "" {
		about[0] += " " + route.Handler
	}
	if note != "" {
		about = append(about, note)
	}
	group := "The router of " + r.Framework.String()
	if r.Framework == routes.NetHTTP {
		group = "The mux"
	}
	m.point(names[0], fmt.Sprintf("%s at %s:", group, r.Place), about, route.Pattern)
}

// handlerNames returns the names that a route has for touchpoint.Handler and the middlewares of the routers, and a note where it has others, too.
func handlerNames(fw routes.Framework, route *routes.Route) (names []string, note string) {
	switch {
	case route.Root && len(route.Pattern) > 1:
		short := strings.TrimSuffix(route.Pattern, "/")
		method := route.Method
		if method == "" {
			method, note = "GET", "the route takes every method"
		}
		return []string{method + " " + short, method + " " + route.Pattern}, strings.TrimPrefix(note+"; with a slash at the end of the path it is "+method+" "+route.Pattern, "; ")
	case route.Method == "" && (fw == routes.Chi || fw == routes.Gin):
		for _, method := range []string{"GET", "POST", "PUT", "PATCH", "DELETE", "HEAD", "OPTIONS"} {
			names = append(names, method+" "+route.Pattern)
		}
		return names, "the route takes every method: add POST " + route.Pattern + " and the others that customers use"
	}
	return []string{route.Name()}, ""
}

// service adds the methods of a service.
func (m *Module) service(s *routes.Service) {
	watched := strings.HasPrefix(s.Name, "grpc.health.") || strings.HasPrefix(s.Name, "grpc.reflection.") || strings.HasPrefix(s.Name, "grpc.channelz.")
	if watched {
		m.skipped = append(m.skipped, skipped{nil, s.Name + "/*", "by default, because it serves to watch the server", s.Place})
		return
	}
	for _, method := range s.Methods {
		about := []string{s.Place.String()}
		if method.Streams {
			about[0] += ", a stream"
		}
		m.point(s.Name+"/"+method.Name, fmt.Sprintf("The service %s of %s:", s.Name, s.Framework), about, method.Name)
	}
}

// point adds a touchpoint, once for each name.
func (m *Module) point(name, group string, about []string, path string) {
	name = cutName(name)
	if i := slices.IndexFunc(m.points, func(p point) bool { return p.name == name }); i >= 0 {
		if p := &m.points[i]; p.about[0] != about[0] && !slices.Contains(p.about, "also "+about[0]) {
			p.about = append(p.about, "also "+about[0])
		}
		return
	}
	m.points = append(m.points, point{name, group, about, path})
}

// cutName returns the name that touchpoint.Handler gives to a long pattern: its end is a checksum.
func cutName(pattern string) string {
	if len(pattern) <= event.MaxName {
		return pattern
	}
	sum := fmt.Sprintf("~%08x", crc32.ChecksumIEEE([]byte(pattern)))
	head := pattern[:event.MaxName-len(sum)]
	for head != "" && !strings.HasPrefix(pattern, strings.ToValidUTF8(head, "")) {
		head = head[:len(head)-1]
	}
	return strings.ToValidUTF8(head, "") + sum
}

func (m *Module) isSkipped(r *routes.Router, route *routes.Route) bool {
	return route.Open || whySkip(r, route) != ""
}

// Touchpoints returns the number of touchpoints.
func (m *Module) Touchpoints() int { return len(m.points) }

// Write returns the blueprint, with the command that prints the lines to add. [yaml.Parse] accepts it.
func (m *Module) Write(command string) ([]byte, error) {
	f := &file{}
	f.notes([]Note{
		Note("This is a draft that cairn init made from the source of " + m.found.Module + ". Nothing in it was measured: it has what the code serves,"),
		"and you know what customers want. Remove what no customer meets, name the journey and its stages, and say how fast each touchpoint",
		"has to be. Then:",
		"",
		"  cairn validate blueprint.yaml",
		Note("  " + command + "    # prints the lines to add to the code"),
		"",
	})
	f.line("version: %d", blueprint.Version)
	m.writeJourney(f)
	m.writePoints(f)
	m.writeRest(f)
	if _, err := yaml.Parse("draft", f.Bytes()); err != nil {
		return nil, fmt.Errorf("the draft is not a valid blueprint, which is a fault of cairn init: report it with this message: %w", err)
	}
	return f.Bytes(), nil
}

func (m *Module) writeJourney(f *file) {
	f.line("journeys:")
	f.line("  # A journey is what a customer wants, from the first step to the last: name it so. No source says where it begins and ends.")
	if stages := m.stages(); len(stages) > 0 {
		f.line("  # The stages are a guess from the words of the routes, in the order in which a customer may meet them. Correct them, and add:")
		f.line("  #   stages: [%s]", strings.Join(stages, ", "))
	} else {
		f.line("  # Name the stages in the order in which a customer meets them:")
		f.line("  #   stages: [{name: begin, expect: 2m}, {name: done}]")
	}
	f.line("  # A run of it begins where the code says so: the lines to add have its Start and its Complete.")
	f.line("  # Set the silence after which a customer has given up: abandon_after: 30m")
	if m.id != nil {
		f.line("  # The parameter %s of the path looks like the ID of a run, such as in %s.", shown(m.id.param), shown(strconv.Quote(cut(m.id.example))))
	}
	f.line("  - {name: %s}", quote(m.journey))
}

func (m *Module) writePoints(f *file) {
	kept, group := 0, ""
	for i := range m.points {
		p := &m.points[i]
		if !f.keep(p.name) {
			continue
		}
		if kept == mostNames {
			f.leave(fmt.Sprintf("%s: a blueprint has at most %d touchpoints", strconv.Quote(cut(p.name)), mostNames))
			continue
		}
		if kept == 0 {
			f.line("touchpoints:")
			f.line("  # Each is named by its route, as Cairn names it without a word in the code. Give the ones that matter a stage and a target")
			f.line("  # (journey: %s, stage: NAME, satisfied: 800ms), and their names to touchpoint.WithRoute.", shown(m.journey))
		}
		kept++
		if p.group != group {
			group = p.group
			f.line("")
			f.line("  # %s", shown(group))
		}
		for _, text := range p.about {
			f.line("  # %s", shown(text))
		}
		f.line("  - {name: %s}", quote(p.name))
	}
}

// mostTold bounds how many routes or gaps a comment lists.
const mostTold = 200

// writeRest writes what is in the draft as comments only.
func (m *Module) writeRest(f *file) {
	list := func(head string, lines []string) {
		if len(lines) == 0 {
			return
		}
		f.line("# %s", head)
		for i, text := range lines {
			if i == mostTold {
				f.line("#   and %d others", len(lines)-i)
				break
			}
			f.line("#   %s", shown(text))
		}
	}
	lines := make([]string, 0, len(m.skipped))
	for _, s := range m.skipped {
		lines = append(lines, fmt.Sprintf("%s (%s: %s)", cut(s.name), s.place, s.why))
	}
	list("No touchpoints, because no customer means them. The lines to add leave them out:", lines)
	lines = make([]string, 0, len(m.open))
	for _, o := range m.open {
		lines = append(lines, fmt.Sprintf("%s (%s)", cut(o.name), o.place))
	}
	list("Routes with a part that is not in the source. Complete them:", lines)
	lines = make([]string, 0, len(m.found.Gaps))
	for _, g := range m.found.Gaps {
		lines = append(lines, fmt.Sprintf("%s: %s", g.Place, g.Text))
	}
	list("Parts that could not be read or followed, so that routes may be missing:", lines)
	list("Left out:", f.left)
	if more := f.lost - len(f.left); more > 0 {
		f.line("#   and %d others", more)
	}
}
