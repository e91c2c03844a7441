package draft

import (
	"bytes"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"cairncx.dev/cairn/cmd/cairn/internal/routes"
)

// The import paths of what the lines use.
const (
	importCX         = "cairncx.dev/cairn/cx"
	importYAML       = "cairncx.dev/cairn/cx/blueprint/yaml"
	importEvent      = "cairncx.dev/cairn/cx/event"
	importStdout     = "cairncx.dev/cairn/exporters/stdout"
	importTouchpoint = "cairncx.dev/cairn/touchpoint"
	importChi        = "cairncx.dev/cairn/touchpoint/cxchi"
	importEcho       = "cairncx.dev/cairn/touchpoint/cxecho"
	importGin        = "cairncx.dev/cairn/touchpoint/cxgin"
	importGRPC       = "cairncx.dev/cairn/touchpoint/cxgrpc"
	importConnect    = "cairncx.dev/cairn/touchpoint/cxconnect"
)

// lines are the lines to add, while they are written.
type lines struct {
	bytes.Buffer
	modules []string // to get
}

func (l *lines) say(format string, args ...any) { _, _ = fmt.Fprintf(l, format+"\n", args...) }

// place begins a place of the code.
func (l *lines) place(at fmt.Stringer, format string, args ...any) {
	l.say("\n%s: %s\n", shown(at.String()), shown(fmt.Sprintf(format, args...)))
}

// code writes code, indented by one tab.
func (l *lines) code(text string) {
	for line := range strings.SplitSeq(strings.TrimSuffix(text, "\n"), "\n") {
		l.say("%s", strings.TrimRight("\t"+line, "\t"))
	}
}

// imports writes the imports, and remembers the modules that they are in.
func (l *lines) imports(paths ...string) {
	slices.Sort(paths)
	l.code("import (")
	for _, p := range slices.Compact(paths) {
		l.code("\t" + strconv.Quote(p))
		switch p {
		case importYAML, importChi, importEcho, importGin, importGRPC, importConnect:
			if !slices.Contains(l.modules, p) {
				l.modules = append(l.modules, p)
			}
		}
	}
	l.code(")\n")
}

// Lines returns the lines to add to the code: for each place the file, the line and the code.
func (m *Module) Lines() []byte {
	l := &lines{}
	m.clientLines(l)
	for _, r := range m.found.Routers {
		m.routerLines(l, r)
	}
	m.grpcLines(l)
	m.connectLines(l)
	m.journeyLines(l)
	head := &lines{}
	head.say("The lines to add. The places are those of the code as it is.\n")
	slices.Sort(l.modules)
	head.code("go get " + strings.Join(append([]string{"cairncx.dev/cairn"}, l.modules...), " "))
	return append(head.Bytes(), l.Bytes()...)
}

// clientLines writes how main makes the client.
func (m *Module) clientLines(l *lines) {
	at := make([]string, 0, len(m.found.Mains))
	for _, p := range m.found.Mains {
		at = append(at, p.String())
	}
	switch len(at) {
	case 0:
		l.say("\nIn main: make the client before the routers\n")
	case 1:
		l.say("\n%s: make the client in main, before the routers\n", shown(at[0]))
	default:
		l.say("\n%s: make the client in main, before the routers, in each program that serves customers\n", shown(strings.Join(at, ", ")))
	}
	l.imports(importCX, importYAML, importStdout)
	l.code(`bp, err := yaml.Load("blueprint.yaml")
if err != nil {
	log.Fatal(err)
}
client, err := cx.New(cx.WithBlueprint(bp), cx.WithExporters(stdout.New())) // prints each event as a line of JSON
if err != nil {
	log.Fatal(err)
}
cx.SetDefault(client)
defer func() { _ = client.Shutdown(context.Background()) }() // after the server has stopped`)
}

// journeyLines writes how a run begins and ends, which no route says.
func (m *Module) journeyLines(l *lines) {
	l.say("\nIn the handlers: begin the journey at its first step, and end it at its last. Without a start there are touchpoints and no journey.")
	l.say("bp is that of main: hand it to code that is elsewhere. A journey that the blueprint does not have records nothing.\n")
	l.imports(importEvent)
	l.code("j := bp.Journey(" + strconv.Quote(m.journey) + `)
ctx = j.Start(ctx, id, event.Customer{}) // the context of the request, and the ID that later requests have
j.Complete(ctx)                          // or Fail, or Cancel
`)
}

// routerLines writes the line of a router.
func (m *Module) routerLines(l *lines, r *routes.Router) {
	if !slices.ContainsFunc(r.Routes, func(route routes.Route) bool { return route.To == nil && !route.Connect }) {
		return // another router, or Connect, serves everything
	}
	name := r.Name
	if name == "" {
		name = map[routes.Framework]string{routes.NetHTTP: "mux", routes.Echo: "e", routes.EchoV4: "e"}[r.Framework]
	}
	if name == "" {
		name = "r"
	}
	where := "the router of " + r.Framework.String()
	if r.Framework == routes.NetHTTP {
		where = "the mux"
	}
	if r.Given != "" {
		where += " comes as the " + r.Given + ": add this where it is made"
	}
	switch {
	case r.Wrapped:
		l.place(r.Place, "%s has Cairn already. This is what it would get", where)
	case r.Framework == routes.EchoV4:
		l.place(r.Place, "%s: Cairn's middleware is for echo v5. Upgrade echo, then", where)
	default:
		l.place(r.Place, "%s", where)
	}
	options, imports := m.options(r)
	switch r.Framework {
	case routes.NetHTTP:
		l.imports(append(imports, importTouchpoint)...)
		l.code("handler := touchpoint.Handler(" + name + options + ")")
		m.serveLines(l, r, name)
	case routes.Chi:
		l.imports(append(imports, importChi)...)
		l.code(name + ".Use(cxchi.Middleware(" + bare(options) + ")) // before the first route, behind the recoverer")
	case routes.Echo, routes.EchoV4:
		l.imports(append(imports, importEcho)...)
		l.code(name + ".Use(cxecho.Middleware(" + bare(options) + ")) // behind the recoverer")
	case routes.Gin:
		l.imports(append(imports, importGin)...)
		l.code(name + ".Use(cxgin.Middleware(" + bare(", cxgin.WithRoutes("+name+")"+options) + ")) // before the first route, behind the recoverer")
	default: // what serves gRPC and Connect has lines of its own
	}
}

// bare returns options without the comma in front.
func bare(options string) string { return strings.TrimPrefix(strings.TrimPrefix(options, ","), " ") }

// serveLines says where the server gets the handler.
func (m *Module) serveLines(l *lines, r *routes.Router, name string) {
	if r.Default {
		name = "nil"
	}
	if len(r.Served) == 0 {
		l.say("\n\tGive handler on in the place of %s, also where otelhttp goes around it.", shown(name))
		return
	}
	at := make([]string, 0, len(r.Served))
	for _, p := range r.Served {
		at = append(at, p.String())
	}
	l.say("\n\tGive handler on in the place of %s, also where otelhttp goes around it: the server at %s has to get it.", shown(name), shown(strings.Join(at, ", ")))
}

// options returns the options of the router's handler, each on a line of its own, with a comma in front.
func (m *Module) options(r *routes.Router) (text string, imports []string) {
	var b strings.Builder
	var skip []string
	for _, s := range m.skipped {
		if s.router == r && !slices.Contains(skip, strconv.Quote(s.name)) {
			skip = append(skip, strconv.Quote(s.name))
		}
	}
	if len(skip) > 0 {
		b.WriteString(",\n\ttouchpoint.WithSkip(" + strings.Join(skip, ", ") + ")")
		imports = append(imports, importTouchpoint)
	}
	if m.id != nil && m.hasID(r) {
		b.WriteString(",\n\ttouchpoint.WithJourneyID(bp.Journey(" + strconv.Quote(m.journey) + "), " + m.idFunc() + ")")
		imports = append(imports, importTouchpoint)
	}
	if b.Len() == 0 {
		return "", imports
	}
	return b.String() + ",\n", imports
}

// hasID reports whether a route of the router has the ID of the run.
func (m *Module) hasID(r *routes.Router) bool {
	return slices.ContainsFunc(r.Routes, func(route routes.Route) bool {
		return !m.isSkipped(r, &route) && slices.ContainsFunc(strings.Split(route.Pattern, "/"), func(s string) bool { return paramOf(s) == m.id.param })
	})
}

// idFunc returns the function that finds the ID in a request.
func (m *Module) idFunc() string {
	read := "r.PathValue(" + strconv.Quote(m.id.param) + ")"
	if len(m.id.prefixes) == 0 {
		return "func(r *http.Request) string { return " + read + " }"
	}
	tests := make([]string, 0, len(m.id.prefixes))
	for _, p := range m.id.prefixes {
		tests = append(tests, "strings.HasPrefix(r.URL.Path, "+strconv.Quote(p)+")")
	}
	return "func(r *http.Request) string {\n\t\tif " + strings.Join(tests, " || ") + " {\n\t\t\treturn " + read + "\n\t\t}\n\t\treturn \"\"\n\t}"
}

// grpcLines writes the lines of each server of gRPC.
func (m *Module) grpcLines(l *lines) {
	var done []routes.Place
	for _, s := range m.found.Services {
		if s.Framework != routes.GRPC || slices.Contains(done, s.Server) {
			continue
		}
		done = append(done, s.Server)
		switch {
		case s.Server == routes.Place{}:
			l.place(s.Place, "the server of gRPC comes from elsewhere: add this where it is made")
		case s.Wrapped:
			l.place(s.Server, "the server of gRPC has Cairn already. This is what it would get")
		default:
			l.place(s.Server, "the server of gRPC")
		}
		l.imports(importGRPC)
		name := s.ServerName
		if name == "" || strings.Contains(name, ".") {
			name = "server"
		}
		l.code(name + ` := grpc.NewServer(
	grpc.ChainUnaryInterceptor(cxgrpc.UnaryServerInterceptor()),
	grpc.ChainStreamInterceptor(cxgrpc.StreamServerInterceptor()), // behind the other options
)`)
	}
}

// connectLines writes the line of each handler of Connect.
func (m *Module) connectLines(l *lines) {
	for _, s := range m.found.Services {
		if s.Framework != routes.Connect {
			continue
		}
		if s.Wrapped {
			l.place(s.Place, "the handler of %s has Cairn already. This is what it would get", s.Name)
		} else {
			l.place(s.Place, "the handler of %s", s.Name)
		}
		l.imports(importConnect, "connectrpc.com/connect")
		l.code("path, handler := " + s.Handler + "(service, connect.WithInterceptors(cxconnect.NewInterceptor()))")
	}
}
