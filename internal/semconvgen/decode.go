package main

import (
	"fmt"
	"slices"
	"strings"

	"github.com/goccy/go-yaml/ast"
)

// decoder turns the YAML of one file into the model. It knows the position of each element, reports every unknown
// key, and goes on after a fault.
type decoder struct {
	file  string
	probs *problems
}

// field is a key of a mapping and its value.
type field struct {
	key  string
	at   position
	node ast.Node
}

// object is a mapping. Its getters return the zero value for a missing key, and report a value of the wrong type.
type object struct {
	d      *decoder
	what   string // for messages: "group metric.cx.journey.started"
	at     position
	fields map[string]field
}

// object reads a mapping that may have only the known keys.
func (d *decoder) object(n ast.Node, what string, known ...string) object {
	o := object{d: d, what: what, at: positionOf(d.file, n), fields: map[string]field{}}
	m, ok := n.(ast.MapNode)
	if !ok {
		d.probs.add(o.at, "%s: want a mapping with the keys %s", what, strings.Join(known, ", "))
		return o
	}
	for it := m.MapRange(); it.Next(); {
		f := field{at: positionOf(d.file, it.Key()), node: it.Value()}
		f.key = it.Key().GetToken().Value
		if !slices.Contains(known, f.key) {
			d.probs.add(f.at, "%s: unknown key %q: want one of %s", what, f.key, strings.Join(known, ", "))
			continue
		}
		o.fields[f.key] = f
	}
	return o
}

// require reports each key that is missing or has no text.
func (o object) require(keys ...string) {
	for _, k := range keys {
		if f, ok := o.fields[k]; !ok {
			o.d.probs.add(o.at, "%s: has no %s", o.what, k)
		} else if s, ok := f.node.(*ast.StringNode); ok && strings.TrimSpace(s.Value) == "" {
			o.d.probs.add(f.at, "%s: its %s is empty", o.what, k)
		}
	}
}

func (o object) where(key string) position {
	if f, ok := o.fields[key]; ok {
		return f.at
	}
	return o.at
}

// text returns a string, trimmed. A value that YAML would read as a number or a boolean has to be quoted.
func (o object) text(key string) string {
	f, ok := o.fields[key]
	if !ok {
		return ""
	}
	e, ok := o.d.scalar(f.node)
	if !ok || e.kind != "string" {
		o.d.probs.add(f.at, "%s: its %s is not a text: want a quoted string", o.what, key)
		return ""
	}
	return strings.TrimSpace(e.text)
}

// flag returns a boolean.
func (o object) flag(key string) bool {
	f, ok := o.fields[key]
	if !ok {
		return false
	}
	b, ok := f.node.(*ast.BoolNode)
	if !ok {
		o.d.probs.add(f.at, "%s: its %s is not true or false", o.what, key)
		return false
	}
	return b.Value
}

// list returns the items of a sequence.
func (o object) list(key string) []ast.Node {
	f, ok := o.fields[key]
	if !ok {
		return nil
	}
	s, ok := f.node.(*ast.SequenceNode)
	if !ok || len(s.Values) == 0 {
		o.d.probs.add(f.at, "%s: its %s is not a list, or is an empty one", o.what, key)
		return nil
	}
	return s.Values
}

// floats returns a sequence of numbers.
func (o object) floats(key string) []float64 {
	var out []float64
	for _, n := range o.list(key) {
		switch v := n.(type) {
		case *ast.FloatNode:
			out = append(out, v.Value)
		case *ast.IntegerNode:
			var f float64
			if _, err := fmt.Sscan(v.GetToken().Value, &f); err == nil {
				out = append(out, f)
			}
		default:
			o.d.probs.add(positionOf(o.d.file, n), "%s: its %s has an item that is not a number", o.what, key)
		}
	}
	return out
}

// scalar returns a single value and the attribute type of that value.
func (d *decoder) scalar(n ast.Node) (example, bool) {
	e := example{at: positionOf(d.file, n)}
	switch v := n.(type) {
	case *ast.StringNode:
		e.kind, e.text = "string", v.Value
	case *ast.LiteralNode:
		e.kind, e.text = "string", v.Value.Value
	case *ast.IntegerNode:
		e.kind, e.text = "int", v.GetToken().Value
	case *ast.FloatNode:
		e.kind, e.text = "double", v.GetToken().Value
	case *ast.BoolNode:
		e.kind, e.text = "boolean", v.GetToken().Value
	default:
		return e, false
	}
	return e, true
}

// examples returns the values of `examples`, which may be one value or a list.
func (o object) examples() []example {
	f, ok := o.fields["examples"]
	if !ok {
		return nil
	}
	nodes := []ast.Node{f.node}
	if s, ok := f.node.(*ast.SequenceNode); ok {
		nodes = s.Values
	}
	var out []example
	for _, n := range nodes {
		e, ok := o.d.scalar(n)
		if !ok {
			o.d.probs.add(e.at, "%s: has an example that is not a single value", o.what)
			continue
		}
		out = append(out, e)
	}
	return out
}
