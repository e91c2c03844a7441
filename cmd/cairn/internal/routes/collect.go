package routes

import (
	"cmp"
	"go/token"
	"slices"
	"strconv"
	"strings"
)

// collect joins what was found.
func (f *finder) collect() *Found {
	f.debugRoutes()
	f.otherRouters()
	f.dropGiven()
	found := &Found{Packages: len(f.own)}
	for _, p := range f.own {
		if found.Module == "" && p.Module != nil {
			found.Module = p.Module.Path
		}
	}
	for _, pos := range f.mainAt {
		found.Mains = append(found.Mains, f.place(pos))
	}
	found.Routers = f.routers()
	found.Services = f.allServices()
	slices.SortFunc(found.Mains, comparePlaces)
	found.Gaps = f.gaps
	slices.SortStableFunc(found.Gaps, func(a, b Gap) int { return cmp.Or(comparePlaces(a.Place, b.Place), cmp.Compare(a.Text, b.Text)) })
	found.Gaps = slices.Compact(found.Gaps)
	return found
}

func comparePlaces(a, b Place) int {
	return cmp.Or(cmp.Compare(a.File, b.File), cmp.Compare(a.Line, b.Line))
}

// dropGiven drops registrations at a router that was not found, where another evaluation of the same call has found it.
func (f *finder) dropGiven() {
	known, mounts, at := map[token.Pos]bool{}, map[*root]bool{}, map[token.Pos]bool{}
	for _, r := range f.order {
		if r.given != "" {
			continue
		}
		for _, g := range r.regs {
			known[g.call] = true
		}
		for _, m := range r.mounts {
			mounts[m.child] = true
		}
		for _, s := range r.services {
			known[s.pos] = true
		}
		if r.mounted {
			at[r.pos] = true
		}
	}
	for _, r := range f.order {
		if r.given != "" {
			r.regs = slices.DeleteFunc(r.regs, func(g *reg) bool { return known[g.call] })
			r.mounts = slices.DeleteFunc(r.mounts, func(m *mount) bool { return mounts[m.child] || at[m.child.pos] })
			r.services = slices.DeleteFunc(r.services, func(s *service) bool { return known[s.pos] })
		}
		r.mounted = r.mounted || at[r.pos]
	}
}

// routers returns the routers that have routes.
func (f *finder) routers() []*Router {
	byPos := map[token.Pos]*Router{}
	var list []*Router
	for _, r := range f.order {
		if r.framework == GRPC || r.framework == Chi && r.mounted && r.given == "" {
			continue
		}
		out := byPos[r.pos]
		if out == nil {
			out = &Router{Framework: r.framework, Place: f.place(r.pos), Name: cmp.Or(r.name, f.names[r.pos]), Given: r.given, Default: r.deflt}
			byPos[r.pos] = out
			list = append(list, out)
		}
		r.out = out
		out.Wrapped = out.Wrapped || r.wrapped
		for _, pos := range r.served {
			out.Served = append(out.Served, f.place(pos))
		}
	}
	for _, r := range f.order {
		if r.out != nil {
			r.expand("", "", false, 0, f, r.out)
		}
	}
	list = slices.DeleteFunc(list, func(r *Router) bool { return len(r.Routes) == 0 })
	for _, r := range list {
		slices.SortFunc(r.Routes, func(a, b Route) int {
			return cmp.Or(comparePlaces(a.Place, b.Place), cmp.Compare(a.Pattern, b.Pattern), cmp.Compare(a.Method, b.Method))
		})
		slices.SortFunc(r.Served, comparePlaces)
		r.Served = slices.Compact(r.Served)
		for i := range r.Routes {
			if to := r.Routes[i].To; to != nil && !slices.Contains(list, to) {
				r.Routes[i].To = nil
			}
		}
	}
	slices.SortStableFunc(list, func(a, b *Router) int { return comparePlaces(a.Place, b.Place) })
	return list
}

// maxMounts bounds how deep routers are mounted in one another.
const maxMounts = 16

// expand adds the routes of the router, and of those that are mounted in it, behind the prefix. Only routes of the group sub count.
func (r *root) expand(prefix, sub string, open bool, depth int, f *finder, out *Router) {
	if depth > maxMounts {
		f.gap(r.pos, "the router is mounted in itself, or too deep, and was not followed further")
		return
	}
	for _, g := range r.regs {
		pattern, ok := strings.CutPrefix(g.pattern, sub)
		if !ok {
			continue
		}
		route := Route{Method: g.method, Pattern: pattern, Open: open || g.open, Place: f.place(g.pos), Handler: g.handler, Files: g.files, Root: g.root || depth > 0 && pattern == "/", Connect: g.connect}
		if depth > 0 {
			route.Pattern = joined(r.framework, prefix, pattern)
		}
		if g.to != nil {
			route.To = g.to.out
		}
		if !slices.ContainsFunc(out.Routes, func(o Route) bool { return o.Method == route.Method && o.Pattern == route.Pattern }) {
			out.Routes = append(out.Routes, route)
		}
	}
	for _, m := range r.mounts {
		pattern, ok := strings.CutPrefix(m.pattern, sub)
		if !ok {
			continue
		}
		at := pattern
		if depth > 0 {
			at = joined(r.framework, prefix, pattern)
		}
		m.child.expand(at, m.sub, open || m.open, depth+1, f, out)
	}
}

// allServices returns the services that are registered.
func (f *finder) allServices() (list []*Service) {
	for _, r := range f.order {
		for _, s := range r.services {
			out := s.Service
			out.Place = f.place(s.pos)
			if r.given == "" {
				out.Server, out.ServerName = f.place(r.pos), cmp.Or(r.name, f.names[r.pos])
			}
			out.Wrapped = r.wrapped
			list = append(list, &out)
		}
	}
	for _, s := range f.services {
		out := s.Service
		out.Place = f.place(s.pos)
		list = append(list, &out)
	}
	slices.SortFunc(list, func(a, b *Service) int {
		return cmp.Or(comparePlaces(a.Place, b.Place), cmp.Compare(a.Name, b.Name), comparePlaces(a.Server, b.Server))
	})
	return slices.CompactFunc(list, func(a, b *Service) bool { return a.Name == b.Name && a.Place == b.Place && a.Server == b.Server })
}

// debugRoutes adds the routes that packages of the standard library register at the default mux when they are imported.
func (f *finder) debugRoutes() {
	patterns := map[string][]string{
		"net/http/pprof": {"/debug/pprof/", "/debug/pprof/cmdline", "/debug/pprof/profile", "/debug/pprof/symbol", "/debug/pprof/trace"},
		"expvar":         {"/debug/vars"},
	}
	mux := f.roots[rootKey{path: 1}]
	if mux == nil {
		return
	}
	for path, pos := range f.imports {
		for _, pattern := range patterns[path] {
			mux.add(&reg{pattern: "GET " + pattern, pos: pos, handler: path})
		}
	}
}

// imports yields the path and the place of each import of the packages.
func (f *finder) imports(yield func(path string, pos token.Pos) bool) {
	for _, p := range f.own {
		for _, file := range p.Syntax {
			for _, s := range file.Imports {
				if path, _ := strconv.Unquote(s.Path.Value); !yield(path, s.Pos()) {
					return
				}
			}
		}
	}
}

// others are routers whose routes are not read, by the path of their package.
var others = []string{
	"github.com/gorilla/mux", "github.com/julienschmidt/httprouter", "github.com/gofiber/fiber", "github.com/valyala/fasthttp",
	"github.com/emicklei/go-restful", "github.com/zeromicro/go-zero/rest", "github.com/go-kratos/kratos/v2/transport/http", "github.com/beego/beego",
	"github.com/danielgtaylor/huma", "github.com/grpc-ecosystem/grpc-gateway/v2/runtime", "github.com/uptrace/bunrouter", "github.com/kataras/iris",
	"goji.io", "github.com/bmizerany/pat", "github.com/twitchtv/twirp", "github.com/labstack/echo", "github.com/go-chi/chi",
}

// otherRouters tells of routers that are not read, each once.
func (f *finder) otherRouters() {
	seen := map[string]bool{}
	for path, pos := range f.imports {
		if o := otherRouter(path); o != "" && !seen[o] {
			seen[o] = true
			f.gap(pos, "cairn init does not read the routes of %s: add them by hand, and see touchpoint.WithRouter", o)
		}
	}
}

// otherRouter returns the one of the others that the package at the path is of, or "".
func otherRouter(path string) string {
	if isBelow(path, echoPath) || isBelow(path, echoV4Path) {
		return ""
	}
	for _, o := range others {
		if path == o || isBelow(path, o) && o != "github.com/go-chi/chi" { // v5 of chi is read
			return o
		}
	}
	return ""
}

// isBelow reports whether the package at the path is the one at the root, or below it.
func isBelow(path, root string) bool { return path == root || strings.HasPrefix(path, root+"/") }
