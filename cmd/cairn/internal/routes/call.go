package routes

import (
	"go/ast"
	"go/token"
	"go/types"
	"strings"
)

// call is a call that is being evaluated.
type call struct {
	*frame

	e    *ast.CallExpr
	fn   *closure
	args []value
	at   uint64 // the calls that lead here, with this one
}

// arg returns the value of the i-th argument, or nil.
func (c *call) arg(i int) value {
	if i < len(c.args) {
		return c.args[i]
	}
	return nil
}

// expr returns the expression of the i-th argument, or nil where the arguments are the results of one call.
func (c *call) expr(i int) ast.Expr {
	if i < len(c.e.Args) && len(c.e.Args) == len(c.args) {
		return c.e.Args[i]
	}
	return nil
}

// argPos returns the place of the i-th argument.
func (c *call) argPos(i int) token.Pos {
	if e := c.expr(i); e != nil {
		return e.Pos()
	}
	return c.e.Pos()
}

// called returns how the code writes the function, for readers.
func (c *call) called() string { return shortExpr(c.e.Fun) }

// shortExpr returns the expression on one line, cut short.
func shortExpr(e ast.Expr) string {
	if e == nil {
		return ""
	}
	if _, ok := ast.Unparen(e).(*ast.FuncLit); ok {
		return "func"
	}
	const most = 60
	text := strings.Join(strings.Fields(types.ExprString(e)), " ")
	if len(text) > most {
		text = strings.ToValidUTF8(text[:most], "") + "…"
	}
	return text
}

func (fr *frame) callExpr(e *ast.CallExpr) value {
	tv := fr.pkg.TypesInfo.Types[e.Fun]
	switch {
	case tv.IsType():
		if len(e.Args) == 1 {
			return fr.eval(e.Args[0])
		}
		return nil
	case tv.IsBuiltin():
		return fr.builtin(e)
	}
	fns := fr.eval(e.Fun).of(funcAtom)
	c := &call{frame: fr, e: e, at: mix(fr.path, e.Pos())}
	if c.args = fr.arguments(e); fr.f.done {
		return nil
	}
	var out value
	for i := range fns {
		c.fn = fns[i].fn
		out = join(out, c.apply())
	}
	if len(fns) == 0 {
		c.lost()
	}
	if len(out.of(routerAtom)) == 0 && givesHandler(tv.Type) { // a middleware around a router
		for _, a := range append([]value{fr.receiver(e)}, c.args...) {
			out = join(join(join(out, a.of(routerAtom)), a.of(connectAtom)), a.of(filesAtom))
		}
	}
	return out
}

// receiver returns the value of the method's receiver.
func (fr *frame) receiver(e *ast.CallExpr) value {
	if s, ok := ast.Unparen(e.Fun).(*ast.SelectorExpr); ok && fr.pkg.TypesInfo.Selections[s] != nil {
		return fr.eval(s.X)
	}
	return nil
}

// arguments returns the values of the arguments. Results of one call are several arguments.
func (fr *frame) arguments(e *ast.CallExpr) []value {
	if len(e.Args) == 1 {
		v := fr.eval(e.Args[0])
		if t, ok := fr.typeOf(e.Args[0]).(*types.Tuple); ok {
			list := make([]value, t.Len())
			for i := range list {
				list[i] = v.element(i)
			}
			return list
		}
		return []value{v}
	}
	list := make([]value, len(e.Args))
	for i, a := range e.Args {
		list[i] = fr.eval(a)
	}
	return list
}

func (fr *frame) builtin(e *ast.CallExpr) value {
	id, _ := ast.Unparen(e.Fun).(*ast.Ident)
	if id == nil || len(e.Args) == 0 {
		return nil
	}
	switch id.Name {
	case "new":
		t := fr.typeOf(e.Args[0])
		return fr.zero(t, e.Pos())
	case "append":
		list := atom{kind: listAtom}
		for _, a := range fr.eval(e.Args[0]) {
			list.elems = append(list.elems, a.elems...)
		}
		for _, a := range e.Args[1:] {
			v := fr.eval(a)
			if e.Ellipsis.IsValid() {
				for i := range v {
					list.elems = append(list.elems, v[i].elems...)
				}
				continue
			}
			list.elems = append(list.elems, v)
		}
		if len(list.elems) > mostTurns {
			list.elems = list.elems[:mostTurns]
		}
		return value{list}
	default:
		for _, a := range e.Args {
			if !fr.pkg.TypesInfo.Types[a].IsType() {
				fr.eval(a)
			}
		}
		return nil
	}
}

// givesHandler reports whether a function returns one handler: an http.Handler, or a function that serves.
func givesHandler(t types.Type) bool {
	sig, ok := t.Underlying().(*types.Signature)
	if !ok || sig.Results().Len() != 1 {
		return false
	}
	t = sig.Results().At(0).Type()
	if isFuncType(t) {
		return true
	}
	n, ok := types.Unalias(t).(*types.Named)
	return ok && n.Obj().Name() == "Handler" && pathOf(n.Obj().Pkg()) == "net/http"
}

// apply evaluates the call of one function.
func (c *call) apply() value {
	fn := c.fn
	if fn.lit != nil {
		return c.f.callFunc(fn, c.spread(fn), c.at)
	}
	if v, ok := c.model(); ok {
		return v
	}
	if c.f.decls[fn.obj] != nil {
		return c.declared()
	}
	if isInterfaceMethod(fn.obj) && c.f.pkgOf[fn.obj.Pkg()] != nil {
		return c.dispatch()
	}
	return c.foreign()
}

// maxPlain bounds how deep calls of functions are followed that have nothing to do with routers.
const maxPlain = 3

// declared evaluates a call of a function of the module. A function that has nothing to do with routers matters for the text, the
// table or the function that it returns.
func (c *call) declared() value {
	obj := c.fn.obj
	if c.f.relevant[obj] || c.fn.recv.carries(3) || c.carry() {
		return c.f.callFunc(c.fn, c.spread(c.fn), c.at)
	}
	if c.f.plain >= maxPlain || !givesText(obj.Signature()) {
		return nil
	}
	key := obj.FullName()
	for _, a := range c.args {
		key += "\x00"
		for i := range a {
			if a[i].kind != textAtom {
				key = "" // the result may depend on what cannot be compared
				break
			}
			key += a[i].text + "\x01"
		}
		if key == "" {
			break
		}
	}
	if v, ok := c.f.texts[key]; ok && key != "" && len(c.fn.recv) == 0 {
		return v
	}
	c.f.plain++
	v := c.f.callFunc(c.fn, c.spread(c.fn), c.at)
	c.f.plain--
	if key != "" && len(c.fn.recv) == 0 {
		c.f.texts[key] = v
	}
	return v
}

// givesText reports whether a function returns a text, a table or a function.
func givesText(sig *types.Signature) bool {
	for v := range sig.Results().Variables() {
		switch u := v.Type().Underlying().(type) {
		case *types.Basic:
			if u.Info()&types.IsString != 0 {
				return true
			}
		case *types.Slice, *types.Map, *types.Signature:
			return true
		}
	}
	return false
}

// spread returns the arguments as the parameters take them: a variadic one takes a list.
func (c *call) spread(fn *closure) []value {
	var sig *types.Signature
	if fn.lit != nil {
		sig, _ = fn.pkg.TypesInfo.TypeOf(fn.lit).(*types.Signature)
	} else {
		sig = fn.obj.Signature()
		if sig.Recv() != nil && fn.typ == nil && len(c.args) == sig.Params().Len()+1 { // a method expression
			fn = &closure{obj: fn.obj, recv: c.args[0]}
			c.fn, c.args = fn, c.args[1:]
		}
	}
	if sig == nil || !sig.Variadic() || c.e.Ellipsis.IsValid() || len(c.args) < sig.Params().Len()-1 {
		return c.args
	}
	n := sig.Params().Len() - 1
	return append(c.args[:n:n], value{{kind: listAtom, elems: c.args[n:]}})
}

// mostTypes bounds how many types a call through an interface is followed to.
const mostTypes = 16

// dispatch evaluates a call through an interface of the module: of the type that the receiver has, or of all that have the method.
func (c *call) dispatch() value {
	var out value
	known := false
	for i := range c.fn.recv {
		a := &c.fn.recv[i]
		if a.kind != recordAtom {
			continue
		}
		if m := methodOf(a.record.named, c.fn.obj); m != nil && c.f.decls[m] != nil {
			known = true
			out = join(out, c.f.callFunc(&closure{obj: m, recv: value{*a}}, c.args, c.at))
		}
	}
	if known || !c.carry() {
		return out
	}
	iface, _ := c.fn.obj.Signature().Recv().Type().Underlying().(*types.Interface)
	if iface == nil {
		return nil
	}
	found := 0
	for _, p := range c.f.own {
		for _, name := range p.Types.Scope().Names() {
			tn, ok := p.Types.Scope().Lookup(name).(*types.TypeName)
			if !ok || types.IsInterface(tn.Type()) || !types.Implements(types.NewPointer(tn.Type()), iface) {
				continue
			}
			if m := methodOf(tn.Type(), c.fn.obj); m != nil && c.f.decls[m] != nil && found < mostTypes {
				found++
				out = join(out, c.f.callFunc(&closure{obj: m}, c.args, c.at))
			}
		}
	}
	if found > 1 {
		c.f.gap(c.e.Pos(), "%s is a call through an interface: the routes of all %d types that have the method are taken, so remove what this program does not use", c.called(), found)
	}
	return out
}

// methodOf returns the method of the type, or nil.
func methodOf(t types.Type, like *types.Func) *types.Func {
	if t == nil {
		return nil
	}
	if p, ok := types.Unalias(t).(*types.Pointer); ok {
		t = p.Elem()
	}
	o, _, _ := types.LookupFieldOrMethod(types.NewPointer(t), true, like.Pkg(), like.Name())
	m, _ := o.(*types.Func)
	if m == nil {
		return nil
	}
	return m.Origin()
}

// carry reports whether an argument leads to a router.
func (c *call) carry() bool {
	for _, a := range c.args {
		if a.carries(3) {
			return true
		}
	}
	return false
}

// lost tells of a router that goes to a function which is not known.
func (c *call) lost() {
	for i, a := range c.args {
		if r := a.of(routerAtom); len(r) > 0 && c.takesRouter(i) {
			c.f.gap(c.e.Pos(), "the router goes to %s, and which function that is could not be followed: add its routes by hand", c.called())
		}
	}
}

// takesRouter reports whether the i-th parameter is a router, and not only a handler.
func (c *call) takesRouter(i int) bool {
	sig, ok := c.typeOf(c.e.Fun).Underlying().(*types.Signature)
	if !ok || sig.Params().Len() == 0 {
		return false
	}
	t := sig.Params().At(min(i, sig.Params().Len()-1)).Type()
	if s, ok := t.(*types.Slice); ok && sig.Variadic() {
		t = s.Elem()
	}
	if _, ok := routerType(t); ok {
		return true
	}
	return types.IsInterface(t) && !isHTTPHandler(t) && t.Underlying().(*types.Interface).NumMethods() > 1 //nolint:forcetypeassert // IsInterface
}

func isHTTPHandler(t types.Type) bool {
	i, ok := t.Underlying().(*types.Interface)
	return ok && i.NumMethods() == 1 && i.Method(0).Name() == "ServeHTTP"
}

// owns reports whether the function is of the framework itself, such as chi.Walk.
func (f Framework) owns(o *types.Func) bool {
	for t, fw := range routerTypes {
		if fw == f && pathOf(o.Pkg()) == t[0] {
			return true
		}
	}
	return false
}

// ofCairn reports whether the function is one of Cairn's, such as cxgin.Routes. It adds no routes.
func ofCairn(o *types.Func) bool { return strings.HasPrefix(pathOf(o.Pkg())+"/", cairnPath+"/") }

// foreign evaluates a call of a function of another module.
func (c *call) foreign() value {
	for i, a := range c.args {
		r := a.of(routerAtom)
		if len(r) > 0 && c.takesRouter(i) && !r[0].router.framework.owns(c.fn.obj) && !ofCairn(c.fn.obj) {
			c.f.gap(c.e.Pos(), "the router goes to %s of another module, which may add routes: add them by hand", c.called())
			break
		}
	}
	sig := c.fn.obj.Signature()
	if sig.Results().Len() == 0 {
		return nil
	}
	fw, ok := routerType(sig.Results().At(0).Type())
	if !ok {
		return nil
	}
	v := c.f.newRoot(fw, c.e.Pos(), c.at)
	v[0].router.given = "result of " + c.called()
	if sig.Results().Len() > 1 {
		return value{{kind: tupleAtom, elems: []value{v}}}
	}
	return v
}

// callFunc evaluates the body of a function.
func (f *finder) callFunc(c *closure, args []value, path uint64) value {
	const most = 2 // a function may stand this often in a chain of calls
	fr := &frame{f: f, pkg: c.pkg, path: path}
	var typ *ast.FuncType
	var body *ast.BlockStmt
	if c.obj != nil {
		d := f.decls[c.obj]
		if d == nil || f.stack[c.obj] >= most {
			return nil
		}
		f.entered[c.obj] = true
		f.stack[c.obj]++
		defer func() { f.stack[c.obj]-- }()
		fr.pkg, typ, body, fr.sig = d.pkg, d.decl.Type, d.decl.Body, c.obj.Signature()
		fr.scope = &scope{vars: map[types.Object]*cell{}}
		if d.decl.Recv != nil {
			fr.bind(d.decl.Recv, []value{c.recv})
		}
	} else {
		c.ran = true
		typ, body = c.lit.Type, c.lit.Body
		fr.scope = &scope{vars: map[types.Object]*cell{}, up: c.scope}
		fr.sig, _ = c.pkg.TypesInfo.TypeOf(c.lit).(*types.Signature)
	}
	if f.depth >= maxDepth || !f.step() {
		return nil
	}
	f.depth++
	defer func() { f.depth-- }()
	fr.bind(typ.Params, args)
	if typ.Results != nil {
		for _, field := range typ.Results.List {
			for _, id := range field.Names {
				if o := fr.pkg.TypesInfo.Defs[id]; o != nil {
					fr.define(o, fr.zero(o.Type(), id.Pos()))
				}
			}
		}
	}
	fr.block(body.List)
	switch len(fr.results) {
	case 0:
		return nil
	case 1:
		return fr.results[0]
	default:
		return value{{kind: tupleAtom, elems: fr.results}}
	}
}

// bind sets the parameters. A parameter whose value is not known stays unknown.
func (fr *frame) bind(list *ast.FieldList, args []value) {
	i := 0
	for _, field := range list.List {
		for _, id := range field.Names {
			if o := fr.pkg.TypesInfo.Defs[id]; o != nil {
				var v value
				if i < len(args) {
					v = args[i]
				}
				fr.define(o, v)
			}
			i++
		}
		if len(field.Names) == 0 {
			i++
		}
	}
}
