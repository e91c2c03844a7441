package routes

import (
	"go/ast"
	"go/token"
	"go/types"
	"slices"

	"golang.org/x/tools/go/packages"
)

// frame is a function that is being evaluated.
type frame struct {
	f       *finder
	pkg     *packages.Package
	scope   *scope
	sig     *types.Signature
	results []value
	depth   int    // in how many branches the evaluation is
	path    uint64 // the calls that lead here
}

// block evaluates the statements of a list.
func (fr *frame) block(list []ast.Stmt) {
	for _, s := range list {
		fr.stmt(s)
	}
}

// branch evaluates what may not happen.
func (fr *frame) branch(list []ast.Stmt) {
	fr.depth++
	fr.block(list)
	fr.depth--
}

func (fr *frame) stmt(s ast.Stmt) {
	if s == nil || !fr.f.step() {
		return
	}
	switch s := s.(type) {
	case *ast.ExprStmt:
		fr.eval(s.X)
	case *ast.AssignStmt:
		fr.assign(s)
	case *ast.DeclStmt:
		if d, ok := s.Decl.(*ast.GenDecl); ok && d.Tok == token.VAR {
			for _, spec := range d.Specs {
				if v, ok := spec.(*ast.ValueSpec); ok {
					fr.declare(v)
				}
			}
		}
	case *ast.ReturnStmt:
		fr.returns(s)
	case *ast.BlockStmt:
		fr.block(s.List)
	case *ast.LabeledStmt:
		fr.stmt(s.Stmt)
	case *ast.DeferStmt:
		fr.eval(s.Call)
	case *ast.GoStmt:
		fr.eval(s.Call)
	case *ast.SendStmt:
		fr.eval(s.Chan)
		fr.eval(s.Value)
	default:
		fr.branches(s)
	}
}

// branches evaluates a statement with branches. All of them are taken.
func (fr *frame) branches(s ast.Stmt) {
	switch s := s.(type) {
	case *ast.IfStmt:
		fr.stmt(s.Init)
		fr.eval(s.Cond)
		fr.branch(s.Body.List)
		if s.Else != nil {
			fr.branch([]ast.Stmt{s.Else})
		}
	case *ast.ForStmt:
		fr.stmt(s.Init)
		fr.evalIf(s.Cond)
		fr.branch(s.Body.List)
		fr.stmt(s.Post)
	case *ast.RangeStmt:
		fr.ranges(s)
	case *ast.SwitchStmt:
		fr.stmt(s.Init)
		fr.evalIf(s.Tag)
		fr.clauses(s.Body.List, nil)
	case *ast.TypeSwitchStmt:
		fr.stmt(s.Init)
		fr.typeSwitch(s)
	case *ast.SelectStmt:
		fr.clauses(s.Body.List, nil)
	}
}

func (fr *frame) evalIf(e ast.Expr) {
	if e != nil {
		fr.eval(e)
	}
}

// clauses evaluates the clauses of a switch. In each clause the variable of the switch has the value v.
func (fr *frame) clauses(list []ast.Stmt, v value) {
	for _, s := range list {
		switch c := s.(type) {
		case *ast.CaseClause:
			if o := fr.pkg.TypesInfo.Implicits[c]; o != nil {
				fr.define(o, v)
			}
			for _, e := range c.List {
				if tv := fr.pkg.TypesInfo.Types[e]; !tv.IsType() {
					fr.eval(e)
				}
			}
			fr.branch(c.Body)
		case *ast.CommClause:
			fr.stmt(c.Comm)
			fr.branch(c.Body)
		}
	}
}

func (fr *frame) typeSwitch(s *ast.TypeSwitchStmt) {
	var v value
	switch a := s.Assign.(type) {
	case *ast.ExprStmt:
		v = fr.eval(a.X)
	case *ast.AssignStmt:
		if len(a.Rhs) == 1 {
			v = fr.eval(a.Rhs[0])
		}
	}
	fr.clauses(s.Body.List, v)
}

// mostTurns bounds how many elements of a list a loop is evaluated for.
const mostTurns = 512

// ranges evaluates the body of the loop for each element of a list, or once if the list is unknown.
func (fr *frame) ranges(s *ast.RangeStmt) {
	x := fr.eval(s.X)
	set := func(e ast.Expr, v value) {
		if e == nil {
			return
		}
		if id, ok := e.(*ast.Ident); ok && s.Tok == token.DEFINE {
			if o := fr.pkg.TypesInfo.Defs[id]; o != nil {
				fr.define(o, v)
			}
			return
		}
		fr.set(e, v)
	}
	turns, made := 0, fr.f.made
	fr.depth++
	defer func() { fr.depth-- }()
	for i := range x {
		for k, e := range x[i].elems {
			if turns++; turns > mostTurns || x[i].kind != listAtom {
				break
			}
			var key value
			if x[i].keys != nil {
				key = x[i].keys[k]
			}
			set(s.Key, key)
			set(s.Value, e)
			fr.block(s.Body.List)
		}
	}
	if turns > mostTurns && fr.f.made > made {
		fr.f.gap(s.Pos(), "the loop has more than %d turns, and the others were not followed", mostTurns)
	}
	if turns == 0 {
		set(s.Key, nil)
		set(s.Value, nil)
		fr.block(s.Body.List)
	}
}

// define sets a new variable.
func (fr *frame) define(o types.Object, v value) {
	fr.scope.vars[o] = &cell{v, fr.depth}
}

// declare evaluates a declaration of variables.
func (fr *frame) declare(s *ast.ValueSpec) {
	for i, id := range s.Names {
		o := fr.pkg.TypesInfo.Defs[id]
		if o == nil {
			continue
		}
		switch {
		case len(s.Values) == len(s.Names):
			fr.f.nameResult(s.Values[i], id.Name)
			fr.define(o, fr.eval(s.Values[i]))
		case len(s.Values) == 1:
			fr.define(o, fr.eval(s.Values[0]).element(i))
		default:
			fr.f.names[id.Pos()] = id.Name
			fr.define(o, fr.zero(o.Type(), id.Pos()))
		}
	}
}

// zero returns the zero value of a type that is usable: a mux, or a struct.
func (fr *frame) zero(t types.Type, pos token.Pos) value {
	if isMux(t) {
		return fr.f.newRoot(NetHTTP, pos, fr.path)
	}
	if _, ok := types.Unalias(t).(*types.Pointer); ok {
		return nil
	}
	if _, ok := t.Underlying().(*types.Struct); ok {
		return value{{kind: recordAtom, record: &record{named: t, fields: map[*types.Var]value{}}}}
	}
	return nil
}

func isMux(t types.Type) bool {
	n, ok := types.Unalias(t).(*types.Named)
	return ok && n.Obj().Name() == "ServeMux" && pathOf(n.Obj().Pkg()) == "net/http"
}

func (fr *frame) assign(s *ast.AssignStmt) {
	if s.Tok == token.ADD_ASSIGN && len(s.Lhs) == 1 {
		fr.set(s.Lhs[0], concat(fr.eval(s.Lhs[0]), fr.eval(s.Rhs[0]), s.Rhs[0].Pos()))
		return
	}
	var values []value
	if len(s.Rhs) == len(s.Lhs) {
		for i, e := range s.Rhs {
			fr.f.nameResult(e, nameOf(s.Lhs[i]))
			values = append(values, fr.eval(e))
		}
	} else if len(s.Rhs) == 1 {
		v := fr.eval(s.Rhs[0])
		for i := range s.Lhs {
			e := v.element(i)
			if i == 0 && len(v.of(tupleAtom)) == 0 {
				e = v // v, ok := x.(T)
			}
			values = append(values, e)
		}
	}
	for i, e := range s.Lhs {
		if i >= len(values) {
			break
		}
		if id, ok := e.(*ast.Ident); ok && s.Tok == token.DEFINE {
			if o := fr.pkg.TypesInfo.Defs[id]; o != nil {
				fr.define(o, values[i])
				continue
			}
		}
		fr.set(e, values[i])
	}
}

// nameOf returns a variable or a field as the code writes it, or "".
func nameOf(e ast.Expr) string {
	switch e := ast.Unparen(e).(type) {
	case *ast.Ident:
		return e.Name
	case *ast.SelectorExpr:
		if x := nameOf(e.X); x != "" {
			return x + "." + e.Sel.Name
		}
	}
	return ""
}

// set assigns the value to what the expression names.
func (fr *frame) set(e ast.Expr, v value) {
	switch e := ast.Unparen(e).(type) {
	case *ast.Ident:
		o := fr.pkg.TypesInfo.ObjectOf(e)
		if o == nil || e.Name == "_" {
			return
		}
		c := fr.scope.find(o)
		switch {
		case c == nil && isGlobal(o):
			fr.f.setGlobal(o, v)
		case c == nil:
			fr.define(o, v)
		case c.depth < fr.depth:
			c.v = join(c.v, v)
		default:
			c.v = v
		}
	case *ast.StarExpr:
		fr.set(e.X, v)
	case *ast.SelectorExpr:
		fr.setSelected(e, v)
	case *ast.IndexExpr:
		list := slices.Clone(fr.eval(e.X))
		if len(list.of(listAtom)) == 0 {
			fr.set(e.X, value{{kind: listAtom, keys: []value{fr.eval(e.Index)}, elems: []value{v}}})
			return
		}
		key := fr.eval(e.Index)
		for i := range list {
			if a := &list[i]; a.kind == listAtom && len(a.elems) < mostTurns {
				a.elems = append(a.elems[:len(a.elems):len(a.elems)], v)
				if a.keys != nil {
					a.keys = append(a.keys[:len(a.keys):len(a.keys)], key)
				}
			}
		}
		fr.set(e.X, list)
	}
}

func isGlobal(o types.Object) bool { return o.Pkg() != nil && o.Parent() == o.Pkg().Scope() }

func (fr *frame) setSelected(e *ast.SelectorExpr, v value) {
	sel := fr.pkg.TypesInfo.Selections[e]
	if sel == nil {
		if o, ok := fr.pkg.TypesInfo.Uses[e.Sel].(*types.Var); ok {
			fr.f.setGlobal(o, v)
		}
		return
	}
	field, ok := sel.Obj().(*types.Var)
	if !ok {
		return
	}
	fr.serving(field, v, e.Pos())
	fr.f.setField(field, v)
	holders := fr.walk(fr.eval(e.X), sel.Recv(), sel.Index()[:len(sel.Index())-1])
	for i := range holders {
		if holders[i].kind == recordAtom {
			r := holders[i].record
			r.fields[field] = join(r.fields[field], v)
		}
	}
}

func (fr *frame) returns(s *ast.ReturnStmt) {
	if fr.results == nil && fr.sig != nil {
		fr.results = make([]value, fr.sig.Results().Len())
	}
	switch {
	case len(s.Results) == 0 && fr.sig != nil: // named results
		for i := range fr.results {
			if c := fr.scope.find(fr.sig.Results().At(i)); c != nil {
				fr.results[i] = join(fr.results[i], c.v)
			}
		}
	case len(s.Results) == 1 && len(fr.results) > 1:
		v := fr.eval(s.Results[0])
		for i := range fr.results {
			fr.results[i] = join(fr.results[i], v.element(i))
		}
	default:
		for i, e := range s.Results {
			if i < len(fr.results) {
				fr.results[i] = join(fr.results[i], fr.eval(e))
			}
		}
	}
}
