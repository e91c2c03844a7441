package routes

import (
	"go/ast"
	"go/token"
	"go/types"
	"slices"

	"golang.org/x/tools/go/packages"
)

// kind is what an atom is.
type kind uint8

const (
	textAtom    kind = iota + 1 // a text
	routerAtom                  // a router, with the prefix of a group of it
	recordAtom                  // a struct
	funcAtom                    // a function or a method value
	listAtom                    // an array, a slice, or a map
	tupleAtom                   // several results
	varAtom                     // a package variable of a dependency, by its address
	connectAtom                 // a handler of Connect
	filesAtom                   // a handler that serves files
)

// hole stands for an unknown part of a text.
const hole = "…"

// atom is one possible value.
type atom struct {
	kind    kind
	text    string    // a text, or the prefix of a router
	pos     token.Pos // where the text stands
	open    bool      // the text has a hole
	router  *root
	record  *record
	fn      *closure
	keys    []value // the keys of a map, one for each element
	elems   []value // the elements of a list or a tuple
	object  types.Object
	service *service
}

// value is a set of possible values. The empty set is an unknown value.
type value []atom

// record is a struct, by the place that makes it. Its fields that were not seen are those of all structs of the type.
type record struct {
	named  types.Type
	fields map[*types.Var]value
}

// closure is a function with the variables around it.
type closure struct {
	obj   *types.Func // the declared function, or nil
	recv  value       // the receiver of a method value
	typ   types.Type  // the type of recv in the code, of an interface's method
	lit   *ast.FuncLit
	pkg   *packages.Package
	scope *scope
	path  uint64 // how the literal was reached
	ran   bool
}

// scope holds the variables of a function or a block.
type scope struct {
	vars map[types.Object]*cell
	up   *scope
}

// cell is a variable. Depth says in how many branches it was declared.
type cell struct {
	v     value
	depth int
}

func (s *scope) find(o types.Object) *cell {
	for ; s != nil; s = s.up {
		if c := s.vars[o]; c != nil {
			return c
		}
	}
	return nil
}

// mostAtoms bounds the possible values of one expression.
const mostAtoms = 64

// same reports whether both atoms are the same value.
func (a *atom) same(b *atom) bool {
	if a.kind != b.kind {
		return false
	}
	switch a.kind {
	case textAtom:
		return a.text == b.text && a.pos == b.pos
	case routerAtom:
		return a.router == b.router && a.text == b.text
	case recordAtom:
		return a.record == b.record
	case funcAtom:
		return a.fn == b.fn || a.fn.obj != nil && a.fn.obj == b.fn.obj && sameValue(a.fn.recv, b.fn.recv) ||
			a.fn.lit != nil && a.fn.lit == b.fn.lit && a.fn.path == b.fn.path
	case varAtom:
		return a.object == b.object
	case connectAtom:
		return a.service == b.service
	case filesAtom:
		return true
	default:
		return slices.EqualFunc(a.elems, b.elems, sameValue)
	}
}

func sameValue(a, b value) bool {
	return slices.EqualFunc(a, b, func(x, y atom) bool { return x.same(&y) })
}

// join returns the values of both.
func join(a, b value) value {
	if len(a) == 0 {
		return b
	}
	out := a[:len(a):len(a)]
	for i := range b {
		if len(out) == mostAtoms {
			break
		}
		if !slices.ContainsFunc(a, func(x atom) bool { return x.same(&b[i]) }) {
			out = append(out, b[i])
		}
	}
	return out
}

// of returns the atoms of a kind.
func (v value) of(k kind) value {
	var out value
	for i := range v {
		if v[i].kind == k {
			out = append(out, v[i])
		}
	}
	return out
}

// element returns the i-th element of each list or tuple; all of them if i is negative.
func (v value) element(i int) (out value) {
	for k := range v {
		a := &v[k]
		if a.kind != listAtom && a.kind != tupleAtom {
			continue
		}
		switch {
		case i < 0:
			for _, e := range a.elems {
				out = join(out, e)
			}
		case i < len(a.elems):
			out = join(out, a.elems[i])
		}
	}
	return out
}

// carries reports whether the value leads to a router, within a few steps.
func (v value) carries(depth int) bool {
	if depth == 0 {
		return false
	}
	return slices.ContainsFunc(v, func(a atom) bool {
		switch a.kind {
		case routerAtom, connectAtom:
			return true
		case recordAtom:
			for _, f := range a.record.fields {
				if f.carries(depth - 1) {
					return true
				}
			}
		case funcAtom:
			return a.fn.recv.carries(depth - 1)
		case listAtom, tupleAtom:
			return slices.ContainsFunc(a.elems, func(e value) bool { return e.carries(depth - 1) })
		default: // texts and the like lead nowhere
		}
		return false
	})
}

func textValue(s string, pos token.Pos) value { return value{{kind: textAtom, text: s, pos: pos}} }

// openText is a text that is unknown.
func openText(pos token.Pos) value { return value{{kind: textAtom, text: hole, pos: pos, open: true}} }

// concat returns the texts of a followed by those of b.
func concat(a, b value, pos token.Pos) value {
	x, y := a.of(textAtom), b.of(textAtom)
	if len(x) == 0 && len(y) == 0 {
		return nil
	}
	if len(x) == 0 {
		x = openText(pos)
	}
	if len(y) == 0 {
		y = openText(pos)
	}
	var out value
	for i := range x {
		for k := range y {
			if len(out) == mostAtoms || len(x[i].text)+len(y[k].text) > maxText {
				return out
			}
			at := y[k].pos // the end of a pattern is what tells it from others
			if y[k].open && !x[i].open {
				at = x[i].pos
			}
			out = append(out, atom{kind: textAtom, text: x[i].text + y[k].text, pos: at, open: x[i].open || y[k].open})
		}
	}
	return out
}

// maxText bounds a text that is evaluated, in bytes.
const maxText = 4096

// mapText applies f to each text.
func (v value) mapText(f func(string) string) value {
	out := v.of(textAtom)
	for i := range out {
		out[i].text = f(out[i].text)
	}
	return out
}

// root is a router, by the place that makes it and the calls that lead there.
type root struct {
	framework Framework
	pos       token.Pos
	name      string
	given     string
	deflt     bool
	wrapped   bool
	served    []token.Pos
	regs      []*reg
	mounts    []*mount
	services  []*service
	mounted   bool // in a router of the same framework
	out       *Router
}

// reg is one registration.
type reg struct {
	method, pattern string
	open            bool
	pos, call       token.Pos
	handler         string
	files           bool
	root            bool
	connect         bool
	to              *root
}

// mount is a router in another one of the same framework.
type mount struct {
	pattern string // with the prefix of the group that it is mounted in
	open    bool
	child   *root
	sub     string // the prefix of the group that is mounted
}

// service is a service that is registered.
type service struct {
	Service
	pos token.Pos
}
