package routes

import (
	"context"
	"fmt"
	"go/ast"
	"go/token"
	"go/types"
	"slices"
	"strings"

	"golang.org/x/tools/go/packages"
)

// defaultSteps bounds the evaluation of a module that does not end, or nearly so.
const defaultSteps = 5_000_000

// maxDepth bounds how deep calls are followed.
const maxDepth = 60

// finder evaluates the functions of the packages.
type finder struct {
	*loaded

	ctx   context.Context //nolint:containedctx // a finder serves one call of Find
	steps int
	done  bool // the steps are used up, or the context has ended

	pkgOf    map[*types.Package]*packages.Package
	decls    map[*types.Func]*declared
	relevant map[*types.Func]bool
	entered  map[*types.Func]bool
	stack    map[*types.Func]int
	depth    int
	plain    int // how many functions on the stack have nothing to do with routers
	made     int // registrations, also those that were met before
	texts    map[string]value

	globals  map[types.Object]value
	fields   map[*types.Var]value
	changed  bool // globals or fields have changed
	roots    map[rootKey]*root
	order    []*root
	names    map[token.Pos]string // how the code calls what the call at the position returns
	closures []*closure
	gapSeen  map[Gap]bool
	services map[string]*service
	mainAt   []token.Pos
}

// declared is a function with a body.
type declared struct {
	decl *ast.FuncDecl
	pkg  *packages.Package
}

// rootKey tells routers apart.
type rootKey struct {
	pos    token.Pos
	path   uint64
	object types.Object
}

func newFinder(ctx context.Context, l *loaded, steps int) *finder {
	f := &finder{
		loaded: l, ctx: ctx, steps: steps,
		pkgOf: map[*types.Package]*packages.Package{}, decls: map[*types.Func]*declared{}, relevant: map[*types.Func]bool{},
		entered: map[*types.Func]bool{}, stack: map[*types.Func]int{},
		globals: map[types.Object]value{}, fields: map[*types.Var]value{}, roots: map[rootKey]*root{}, names: map[token.Pos]string{},
		gapSeen: map[Gap]bool{}, services: map[string]*service{}, texts: map[string]value{},
	}
	for _, p := range l.own {
		f.pkgOf[p.Types] = p
		for _, file := range p.Syntax {
			for _, d := range file.Decls {
				if fn, ok := d.(*ast.FuncDecl); ok && fn.Body != nil {
					if obj, ok := p.TypesInfo.Defs[fn.Name].(*types.Func); ok {
						f.decls[obj] = &declared{fn, p}
					}
				}
			}
		}
	}
	f.findRelevant()
	return f
}

// rounds bounds how often all functions are evaluated: a field may be read before the function that sets it is evaluated.
const rounds = 3

// run evaluates all functions: variables of packages, init and main, and then what these have not called.
func (f *finder) run() {
	for range rounds {
		f.changed = false
		clear(f.entered)
		clear(f.texts)
		f.closures = nil
		f.initialize()
		f.enter(func(d *declared) bool { return d.decl.Recv == nil && (d.decl.Name.Name == "init" || isMain(d)) })
		f.runClosures()
		f.enter(func(*declared) bool { return true })
		f.runClosures()
		if !f.changed || f.done {
			break
		}
	}
	if f.done && f.ctx.Err() == nil {
		f.gaps = append(f.gaps, Gap{f.place(f.firstPos()), "the module is too large to follow all of its calls, so that routes may be missing: name fewer packages, such as ./cmd/x"})
	}
}

func isMain(d *declared) bool { return d.pkg.Name == "main" && d.decl.Name.Name == "main" }

func (f *finder) firstPos() token.Pos {
	for _, p := range f.own {
		for _, file := range p.Syntax {
			return file.Package
		}
	}
	return token.NoPos
}

// initialize evaluates the variables of packages.
func (f *finder) initialize() {
	for _, p := range f.own {
		for _, init := range p.TypesInfo.InitOrder {
			fr := &frame{f: f, pkg: p, path: mix(0, init.Rhs.Pos())}
			fr.scope = &scope{vars: map[types.Object]*cell{}}
			for i, lhs := range init.Lhs {
				if len(init.Lhs) == 1 {
					f.nameResult(init.Rhs, lhs.Name())
				}
				v := fr.eval(init.Rhs)
				if len(init.Lhs) > 1 {
					v = v.element(i)
				}
				f.setGlobal(lhs, v)
			}
		}
	}
}

// enter evaluates the relevant functions of the named packages that fit and were not entered by a call. Those of other packages are
// evaluated where they are called.
func (f *finder) enter(fits func(*declared) bool) {
	var list []*types.Func
	for obj, d := range f.decls {
		if f.relevant[obj] && f.named[d.pkg.PkgPath] && fits(d) && !isRegisterServer(obj) && !isConnectHandler(obj) {
			list = append(list, obj)
		}
	}
	slices.SortFunc(list, func(a, b *types.Func) int { return int(a.Pos()) - int(b.Pos()) })
	for _, obj := range list {
		d := f.decls[obj]
		if isMain(d) && !slices.Contains(f.mainAt, d.decl.Pos()) {
			f.mainAt = append(f.mainAt, d.decl.Pos())
		}
		if !f.entered[obj] {
			f.callFunc(&closure{obj: obj}, nil, mix(1, obj.Pos()))
		}
	}
}

// runClosures evaluates function literals that no call was seen of, such as those that are given to a library.
func (f *finder) runClosures() {
	for i := 0; i < len(f.closures) && !f.done; i++ { // a literal may add others
		if c := f.closures[i]; !c.ran {
			f.callFunc(c, nil, mix(c.path, c.lit.Pos()))
		}
	}
	f.closures = nil
}

// step counts a step of the evaluation, and reports whether it may go on.
func (f *finder) step() bool {
	f.steps--
	if f.steps <= 0 || f.steps%1024 == 0 && f.ctx.Err() != nil {
		f.done = true
	}
	return !f.done
}

func (f *finder) gap(pos token.Pos, format string, args ...any) {
	g := Gap{f.place(pos), fmt.Sprintf(format, args...)}
	if !f.gapSeen[g] {
		f.gapSeen[g] = true
		f.gaps = append(f.gaps, g)
	}
}

// nameResult remembers how the code calls the result of an expression.
func (f *finder) nameResult(e ast.Expr, name string) {
	e = ast.Unparen(e)
	if u, ok := e.(*ast.UnaryExpr); ok && u.Op == token.AND {
		e = ast.Unparen(u.X)
	}
	if name != "_" && name != "" && f.names[e.Pos()] == "" {
		f.names[e.Pos()] = name
	}
}

func (f *finder) setGlobal(o types.Object, v value) {
	was := f.globals[o]
	now := join(was, v)
	if len(now) != len(was) {
		f.globals[o], f.changed = now, true
	}
}

func (f *finder) setField(o *types.Var, v value) {
	was := f.fields[o]
	now := join(was, v)
	if len(now) != len(was) {
		f.fields[o], f.changed = now, true
	}
}

// newRoot returns the router that the expression at the position makes.
func (f *finder) newRoot(fw Framework, pos token.Pos, path uint64) value {
	key := rootKey{pos: pos, path: path}
	r := f.roots[key]
	if r == nil {
		r = &root{framework: fw, pos: pos, name: f.names[pos]}
		f.roots[key] = r
		f.order = append(f.order, r)
	}
	return value{{kind: routerAtom, router: r}}
}

// givenRoot returns the router that the object has, and that comes from a place that was not found.
func (f *finder) givenRoot(fw Framework, o types.Object) value {
	key := rootKey{object: o}
	r := f.roots[key]
	if r == nil {
		what := "variable"
		if v, ok := o.(*types.Var); ok {
			switch {
			case v.IsField():
				what = "field"
			case v.Kind() == types.ParamVar || v.Kind() == types.RecvVar:
				what = "parameter"
			}
		} else {
			what = "result of"
		}
		r = &root{framework: fw, pos: o.Pos(), name: o.Name(), given: what + " " + o.Name()}
		f.roots[key] = r
		f.order = append(f.order, r)
	}
	return value{{kind: routerAtom, router: r}}
}

// defaultMux returns the mux of package net/http.
func (f *finder) defaultMux(pos token.Pos) *root {
	key := rootKey{path: 1}
	r := f.roots[key]
	if r == nil {
		r = &root{framework: NetHTTP, pos: pos, name: "http.DefaultServeMux", deflt: true}
		f.roots[key] = r
		f.order = append(f.order, r)
	}
	return r
}

// mix adds a position to the path of calls.
func mix(path uint64, pos token.Pos) uint64 {
	const prime = 1099511628211         // the prime of FNV-1a
	return (path ^ uint64(pos)) * prime //nolint:gosec // a position is never negative
}

// pathOf returns the path of a package without the folder of vendored ones.
func pathOf(p *types.Package) string {
	if p == nil {
		return ""
	}
	path := p.Path()
	if i := strings.LastIndex(path, "/vendor/"); i >= 0 {
		path = path[i+len("/vendor/"):]
	}
	return path
}

// findRelevant finds the functions that have to do with routers, by themselves or by what they call.
func (f *finder) findRelevant() {
	users := map[*types.Func][]*types.Func{} // by what they use
	var work []*types.Func
	for obj, d := range f.decls {
		touches := false
		ast.Inspect(d.decl, func(n ast.Node) bool {
			id, ok := n.(*ast.Ident)
			if !ok {
				return true
			}
			o := d.pkg.TypesInfo.ObjectOf(id)
			if fn, ok := o.(*types.Func); ok {
				users[fn.Origin()] = append(users[fn.Origin()], obj)
			}
			touches = touches || touchesRouter(o)
			return true
		})
		if touches || isMain(d) {
			f.relevant[obj] = true
			work = append(work, obj)
		}
	}
	f.spread(work, users)
}

// spread makes the users of relevant functions relevant, and theirs.
func (f *finder) spread(work []*types.Func, users map[*types.Func][]*types.Func) {
	add := func(list []*types.Func) {
		for _, u := range list {
			if !f.relevant[u] {
				f.relevant[u] = true
				work = append(work, u)
			}
		}
	}
	seenName := map[string]bool{}
	for len(work) > 0 {
		obj := work[len(work)-1]
		work = work[:len(work)-1]
		add(users[obj])
		if f.decls[obj] != nil && f.decls[obj].decl.Recv != nil && !seenName[obj.Name()] {
			seenName[obj.Name()] = true
			for fn, list := range users { // calls through an interface
				if fn.Name() == obj.Name() && f.pkgOf[fn.Pkg()] != nil && isInterfaceMethod(fn) {
					add(list)
				}
			}
		}
	}
}

func isInterfaceMethod(fn *types.Func) bool {
	recv := fn.Signature().Recv()
	return recv != nil && types.IsInterface(recv.Type())
}

// touchesRouter reports whether an object is a router, makes one or serves one.
func touchesRouter(o types.Object) bool {
	switch o := o.(type) {
	case *types.Var:
		_, ok := routerType(o.Type())
		return ok
	case *types.Func:
		sig := o.Signature()
		if recv := sig.Recv(); recv != nil {
			_, ok := routerType(recv.Type())
			return ok
		}
		if pathOf(o.Pkg()) == "net/http" {
			switch o.Name() {
			case "Handle", "HandleFunc", "ListenAndServe", "ListenAndServeTLS", "Serve", "ServeTLS":
				return true
			}
		}
		if isConnectHandler(o) {
			return true
		}
		for v := range sig.Results().Variables() {
			if _, ok := routerType(v.Type()); ok {
				return true
			}
		}
	case *types.TypeName:
		if pathOf(o.Pkg()) == "net/http" && (o.Name() == "Server" || o.Name() == "ServeMux") {
			return true
		}
	}
	return false
}
