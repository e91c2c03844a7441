package routes

import (
	"go/ast"
	"go/constant"
	"go/token"
	"go/types"
)

// eval returns the possible values of the expression, and does what its calls do.
func (fr *frame) eval(e ast.Expr) value {
	if e == nil || !fr.f.step() {
		return nil
	}
	if tv := fr.pkg.TypesInfo.Types[e]; tv.Value != nil {
		if tv.Value.Kind() == constant.String {
			return textValue(constant.StringVal(tv.Value), e.Pos())
		}
		return nil
	}
	switch e := e.(type) {
	case *ast.Ident:
		return fr.ident(e)
	case *ast.ParenExpr:
		return fr.eval(e.X)
	case *ast.SelectorExpr:
		return fr.selected(e)
	case *ast.CallExpr:
		return fr.callExpr(e)
	case *ast.CompositeLit:
		return fr.composite(e)
	case *ast.FuncLit:
		c := &closure{lit: e, pkg: fr.pkg, scope: fr.scope, path: fr.path}
		fr.f.closures = append(fr.f.closures, c)
		return value{{kind: funcAtom, fn: c}}
	case *ast.UnaryExpr:
		return fr.unary(e)
	case *ast.StarExpr:
		return fr.eval(e.X)
	case *ast.TypeAssertExpr:
		return fr.eval(e.X)
	case *ast.SliceExpr:
		return fr.eval(e.X)
	case *ast.BinaryExpr:
		x, y := fr.eval(e.X), fr.eval(e.Y)
		if e.Op == token.ADD && isText(fr.typeOf(e)) {
			return concat(x, y, e.Pos())
		}
	case *ast.IndexExpr:
		return fr.index(e)
	}
	return nil
}

func (fr *frame) typeOf(e ast.Expr) types.Type {
	if t := fr.pkg.TypesInfo.TypeOf(e); t != nil {
		return t
	}
	return types.Typ[types.Invalid]
}

func isText(t types.Type) bool {
	b, ok := t.Underlying().(*types.Basic)
	return ok && b.Info()&types.IsString != 0
}

func (fr *frame) ident(e *ast.Ident) value {
	switch o := fr.pkg.TypesInfo.ObjectOf(e).(type) {
	case *types.Func:
		return value{{kind: funcAtom, fn: &closure{obj: o.Origin()}}}
	case *types.Var:
		if c := fr.scope.find(o); c != nil {
			return c.v
		}
		if isGlobal(o) {
			return fr.global(o, e.Pos())
		}
	}
	return nil
}

// global returns the value of a package variable.
func (fr *frame) global(o *types.Var, pos token.Pos) value {
	if v := fr.f.globals[o]; v != nil {
		return v
	}
	if pathOf(o.Pkg()) == "net/http" && o.Name() == "DefaultServeMux" {
		return value{{kind: routerAtom, router: fr.f.defaultMux(pos)}}
	}
	if fr.f.pkgOf[o.Pkg()] != nil && isMux(o.Type()) { // var mux http.ServeMux
		fr.f.names[o.Pos()] = o.Name()
		v := fr.f.newRoot(NetHTTP, o.Pos(), 0)
		fr.f.setGlobal(o, v)
		return v
	}
	return value{{kind: varAtom, object: o}}
}

func (fr *frame) selected(e *ast.SelectorExpr) value {
	sel := fr.pkg.TypesInfo.Selections[e]
	if sel == nil { // package.Name
		return fr.ident(e.Sel)
	}
	x := fr.eval(e.X)
	switch sel.Kind() {
	case types.FieldVal:
		return fr.walk(x, sel.Recv(), sel.Index())
	case types.MethodVal:
		if fn, ok := sel.Obj().(*types.Func); ok {
			recv := fr.walk(x, sel.Recv(), sel.Index()[:len(sel.Index())-1])
			return value{{kind: funcAtom, fn: &closure{obj: fn.Origin(), recv: recv, typ: sel.Recv()}}}
		}
	case types.MethodExpr:
		if fn, ok := sel.Obj().(*types.Func); ok {
			return value{{kind: funcAtom, fn: &closure{obj: fn.Origin()}}}
		}
	}
	return nil
}

// walk returns the field that the index leads to from the values x of type t.
func (fr *frame) walk(x value, t types.Type, index []int) value {
	for _, i := range index {
		if p, ok := types.Unalias(t).Underlying().(*types.Pointer); ok {
			t = p.Elem()
		}
		s, ok := t.Underlying().(*types.Struct)
		if !ok || i >= s.NumFields() {
			return x
		}
		field := s.Field(i).Origin()
		var out value
		known := false
		for k := range x {
			if x[k].kind == recordAtom {
				if v, ok := x[k].record.fields[field]; ok {
					out, known = join(out, v), true
				}
			}
		}
		if field.Embedded() && len(x.of(routerAtom)) > 0 { // the group in gin's engine is the engine
			out, known = join(out, x.of(routerAtom)), true
		}
		if !known {
			out = fr.f.fields[field]
		}
		if len(out) == 0 && isMux(field.Type()) {
			out = fr.f.newRoot(NetHTTP, field.Pos(), 0) // the zero value
			fr.f.names[field.Pos()] = field.Name()
			fr.f.setField(field, out)
		}
		x, t = out, field.Type()
	}
	return x
}

func (fr *frame) unary(e *ast.UnaryExpr) value {
	if e.Op == token.AND {
		if o := usedVar(fr.pkg.TypesInfo, e.X); o != nil && fr.f.pkgOf[o.Pkg()] == nil {
			return value{{kind: varAtom, object: o}}
		}
	}
	v := fr.eval(e.X)
	if e.Op == token.AND || e.Op == token.ARROW {
		return v
	}
	return nil
}

// usedVar returns the package variable that the expression names, or nil.
func usedVar(info *types.Info, e ast.Expr) *types.Var {
	var id *ast.Ident
	switch e := ast.Unparen(e).(type) {
	case *ast.Ident:
		id = e
	case *ast.SelectorExpr:
		id = e.Sel
	default:
		return nil
	}
	if v, ok := info.Uses[id].(*types.Var); ok && isGlobal(v) {
		return v
	}
	return nil
}

func (fr *frame) index(e *ast.IndexExpr) value {
	if tv := fr.pkg.TypesInfo.Types[e.X]; tv.IsType() || isFuncType(tv.Type) {
		return fr.eval(e.X) // an instance of a generic function
	}
	x := fr.eval(e.X)
	if tv := fr.pkg.TypesInfo.Types[e.Index]; tv.Value != nil && tv.Value.Kind() == constant.Int {
		if i, ok := constant.Int64Val(tv.Value); ok && i >= 0 && i < maxText {
			return x.element(int(i))
		}
	}
	fr.eval(e.Index)
	return x.element(-1)
}

func isFuncType(t types.Type) bool {
	if t == nil {
		return false
	}
	_, ok := t.Underlying().(*types.Signature)
	return ok
}

func (fr *frame) composite(e *ast.CompositeLit) value {
	t := fr.typeOf(e)
	if p, ok := t.Underlying().(*types.Pointer); ok { // an element &T{…} that is written {…}
		t = p.Elem()
	}
	if isMux(t) {
		return fr.f.newRoot(NetHTTP, e.Pos(), fr.path)
	}
	switch u := t.Underlying().(type) {
	case *types.Struct:
		return fr.structLit(e, t, u)
	case *types.Slice, *types.Array, *types.Map:
		_, isMap := u.(*types.Map)
		a := atom{kind: listAtom}
		for _, elem := range e.Elts {
			if len(a.elems) == mostTurns || fr.f.done {
				break
			}
			if kv, ok := elem.(*ast.KeyValueExpr); ok {
				if isMap {
					a.keys = append(a.keys, fr.eval(kv.Key))
				}
				elem = kv.Value
			}
			a.elems = append(a.elems, fr.eval(elem))
		}
		return value{a}
	}
	return nil
}

func (fr *frame) structLit(e *ast.CompositeLit, t types.Type, s *types.Struct) value {
	r := &record{named: t, fields: map[*types.Var]value{}}
	for i, elem := range e.Elts {
		var field *types.Var
		if kv, ok := elem.(*ast.KeyValueExpr); ok {
			if id, ok := kv.Key.(*ast.Ident); ok {
				field, _ = fr.pkg.TypesInfo.Uses[id].(*types.Var)
				fr.f.nameResult(kv.Value, id.Name)
			}
			elem = kv.Value
		} else if i < s.NumFields() {
			field = s.Field(i)
		}
		v := fr.eval(elem)
		if field == nil {
			continue
		}
		field = field.Origin()
		fr.serving(field, v, elem.Pos())
		r.fields[field] = v
		fr.f.setField(field, v)
	}
	return value{{kind: recordAtom, record: r}}
}

// serving notes that a router is the handler of an http.Server.
func (fr *frame) serving(field *types.Var, v value, pos token.Pos) {
	if field.Name() == "Handler" && pathOf(field.Pkg()) == "net/http" {
		fr.f.serves(v, pos)
	}
}

// serves notes that a server gets the routers.
func (f *finder) serves(v value, pos token.Pos) {
	for i := range v {
		if v[i].kind == routerAtom {
			r := v[i].router
			for _, p := range r.served {
				if p == pos {
					return
				}
			}
			r.served = append(r.served, pos)
		}
	}
}
