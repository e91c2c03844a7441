package main

import (
	"go/ast"
	"go/token"
	"strconv"
	"strings"
)

// The operators, by their names in a key.
const (
	opNegate  = "negate"  // a condition becomes its opposite
	opSwallow = "swallow" // an error is not checked, or not returned
	opBound   = "bound"   // < becomes <=, > becomes >=, and the reverse
	opEqual   = "equal"   // == becomes != in a value
	opNumber  = "number"  // n becomes n+1 in a sum, a comparison or an index
	opSum     = "sum"     // + n becomes - n
	opLogic   = "logic"   // && becomes ||
	opResult  = "result"  // a returned true becomes false, and the reverse
	opDrop    = "drop"    // a statement is removed
	opJump    = "jump"    // a continue or break is removed
)

// node adds the mutants that begin at one node.
func (f *finder) node(n ast.Node) {
	switch n := n.(type) {
	case *ast.IfStmt:
		f.condition(n.Cond)
	case *ast.CaseClause:
		f.cases(n)
	case *ast.BinaryExpr:
		f.binary(n)
	case *ast.ReturnStmt:
		f.results(n)
	case *ast.BlockStmt:
		f.statements(n.List)
	case *ast.CommClause:
		f.statements(n.Body)
	case *ast.IndexExpr:
		f.number(n.Index)
	case *ast.SliceExpr:
		f.number(n.Low)
		f.number(n.High)
	case *ast.AssignStmt:
		f.flag(n)
	}
}

// condition swallows the error of an error check, and negates any other condition.
func (f *finder) condition(cond ast.Expr) {
	if errorCheck(cond) {
		f.add(opSwallow, cond.Pos(), cond.End(), "false && "+f.text(cond))
		return
	}
	if b, ok := cond.(*ast.BinaryExpr); ok && (b.Op == token.EQL || b.Op == token.NEQ) {
		return // the comparison's own mutant is its negation
	}
	if not, ok := cond.(*ast.UnaryExpr); ok && not.Op == token.NOT {
		f.add(opNegate, cond.Pos(), cond.End(), f.text(not.X))
		return
	}
	f.add(opNegate, cond.Pos(), cond.End(), "!("+f.text(cond)+")")
}

// errorCheck reports whether the expression is err != nil.
func errorCheck(cond ast.Expr) bool {
	b, ok := cond.(*ast.BinaryExpr)
	if !ok || b.Op != token.NEQ {
		return false
	}
	right, ok := b.Y.(*ast.Ident)
	return ok && right.Name == "nil" && isError(b.X)
}

func isError(e ast.Expr) bool {
	switch e := e.(type) {
	case *ast.Ident:
		return strings.HasSuffix(strings.ToLower(e.Name), "err")
	case *ast.CallExpr:
		s, ok := e.Fun.(*ast.SelectorExpr)
		return ok && s.Sel.Name == "Err"
	}
	return false
}

// cases negates the conditions of a switch without a value, and drops the statements of its cases.
func (f *finder) cases(c *ast.CaseClause) {
	f.statements(c.Body)
	for _, e := range c.List {
		switch e := e.(type) {
		case *ast.UnaryExpr:
			if e.Op == token.NOT {
				f.condition(e)
			}
		case *ast.BinaryExpr:
			switch e.Op {
			case token.LAND, token.LOR, token.LSS, token.GTR, token.LEQ, token.GEQ, token.NEQ:
				f.condition(e)
			default: // a value to compare with the switch's value
			}
		}
	}
}

func (f *finder) binary(b *ast.BinaryExpr) {
	swap := func(op, with string) {
		f.add(op, b.Pos(), b.End(), f.text(b.X)+" "+with+" "+f.text(b.Y))
	}
	switch b.Op {
	case token.LSS:
		swap(opBound, "<=")
	case token.LEQ:
		swap(opBound, "<")
	case token.GTR:
		swap(opBound, ">=")
	case token.GEQ:
		swap(opBound, ">")
	case token.EQL:
		swap(opEqual, "!=")
	case token.NEQ:
		if !errorCheck(b) {
			swap(opEqual, "==")
		}
	case token.LAND:
		f.add(opLogic, b.Pos(), b.End(), "("+f.text(b.X)+" || "+f.text(b.Y)+")")
	case token.LOR:
		f.add(opLogic, b.Pos(), b.End(), "("+f.text(b.X)+" && "+f.text(b.Y)+")")
	case token.ADD:
		if whole(b.Y) || whole(b.X) {
			swap(opSum, "-")
		}
	case token.SUB:
		if whole(b.Y) || whole(b.X) {
			swap(opSum, "+")
		}
	default:
	}
	switch b.Op {
	case token.LSS, token.LEQ, token.GTR, token.GEQ, token.EQL, token.NEQ:
		f.number(b.X)
		f.number(b.Y)
	default:
	}
}

// whole reports whether the expression is a literal integer.
func whole(e ast.Expr) bool {
	l, ok := e.(*ast.BasicLit)
	return ok && l.Kind == token.INT
}

// number makes a literal integer greater by one.
func (f *finder) number(e ast.Expr) {
	l, ok := e.(*ast.BasicLit)
	if !ok || l.Kind != token.INT {
		return
	}
	if v, err := strconv.ParseInt(l.Value, 0, 64); err == nil {
		f.add(opNumber, l.Pos(), l.End(), strconv.FormatInt(v+1, 10))
	}
}

// results replaces a returned constant by the other one, and a returned error by nil.
func (f *finder) results(r *ast.ReturnStmt) {
	for i, e := range r.Results {
		f.truth(opResult, e)
		if i != len(r.Results)-1 {
			continue
		}
		if isError(e) || makesError(e) {
			f.add(opSwallow, e.Pos(), e.End(), "nil")
		}
	}
}

func (f *finder) truth(op string, e ast.Expr) {
	id, ok := e.(*ast.Ident)
	if !ok {
		return
	}
	switch id.Name {
	case "true":
		f.add(op, id.Pos(), id.End(), "false")
	case "false":
		f.add(op, id.Pos(), id.End(), "true")
	}
}

// makesError reports whether the call is fmt.Errorf or errors.Join, whose result is always an error.
func makesError(e ast.Expr) bool {
	call, ok := e.(*ast.CallExpr)
	if !ok {
		return false
	}
	s, ok := call.Fun.(*ast.SelectorExpr)
	if !ok {
		return false
	}
	from, ok := s.X.(*ast.Ident)
	return ok && (from.Name == "fmt" && s.Sel.Name == "Errorf" || from.Name == "errors" && s.Sel.Name != "Is")
}

// flag replaces an assigned constant by the other one.
func (f *finder) flag(a *ast.AssignStmt) {
	for _, e := range a.Rhs {
		f.truth(opResult, e)
	}
}

// statements drops each statement that can be removed.
func (f *finder) statements(list []ast.Stmt) {
	for _, s := range list {
		if l, ok := s.(*ast.LabeledStmt); ok {
			s = l.Stmt
		}
		switch s := s.(type) {
		case *ast.ExprStmt:
			if call, ok := s.X.(*ast.CallExpr); !ok || !locks(call) {
				f.add(opDrop, s.Pos(), s.End(), "")
			}
		case *ast.DeferStmt:
			if !locks(s.Call) {
				f.add(opDrop, s.Pos(), s.End(), "")
			}
		case *ast.AssignStmt:
			if s.Tok != token.DEFINE && !discards(s) {
				f.add(opDrop, s.Pos(), s.End(), "")
			}
		case *ast.GoStmt, *ast.IncDecStmt, *ast.SendStmt:
			f.add(opDrop, s.Pos(), s.End(), "")
		case *ast.BranchStmt:
			if s.Tok == token.CONTINUE || s.Tok == token.BREAK {
				f.add(opJump, s.Pos(), s.End(), "")
			}
		}
	}
}

// locks reports whether the call locks or unlocks a mutex. Without the lock only the race detector sees the fault,
// and without the unlock every test hangs.
func locks(call *ast.CallExpr) bool {
	s, ok := call.Fun.(*ast.SelectorExpr)
	if !ok {
		return false
	}
	switch s.Sel.Name {
	case "Lock", "Unlock", "RLock", "RUnlock":
		return true
	}
	return false
}

// discards reports whether the statement is _ = x, which has no effect.
func discards(a *ast.AssignStmt) bool {
	for _, e := range a.Lhs {
		if id, ok := e.(*ast.Ident); !ok || id.Name != "_" {
			return false
		}
	}
	for _, e := range a.Rhs {
		if _, ok := e.(*ast.CallExpr); ok {
			return false
		}
	}
	return true
}
