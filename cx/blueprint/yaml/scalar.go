package yaml

import (
	"math"
	"reflect"
	"strconv"
	"strings"

	"github.com/goccy/go-yaml/ast"

	"cairncx.dev/cairn/cx/blueprint"
	"cairncx.dev/cairn/cx/slo"
)

// text returns the text of a scalar.
func (d *decoder) text(node ast.Node, path string) string {
	var text string
	switch n := node.(type) {
	case *ast.StringNode:
		text = n.Value
	case *ast.LiteralNode:
		text = n.Value.Value
	case ast.ScalarNode:
		t := n.GetToken()
		d.fail(nodePlace(node), path, "is %s: put it in quotes to make it text: %.80s", kindOf(node), quotedForm(t.Value))
		return t.Value
	default:
		d.fail(nodePlace(node), path, "is %s: write text", kindOf(node))
		return ""
	}
	if text == "" {
		d.fail(nodePlace(node), path, "is empty: write a value, or remove the key")
	}
	return text
}

// pattern returns the text of a scalar, which may be a number or a truth value.
func (d *decoder) pattern(node ast.Node, path string) string {
	switch n := node.(type) {
	case *ast.IntegerNode, *ast.FloatNode:
		return node.GetToken().Value
	case *ast.BoolNode:
		return strconv.FormatBool(n.Value)
	default:
		return d.text(node, path)
	}
}

// truth decodes a truth value.
func (d *decoder) truth(node ast.Node, path string, into reflect.Value) {
	n, ok := node.(*ast.BoolNode)
	if !ok {
		d.fail(nodePlace(node), path, "is %s: write true or false, without quotes", kindOf(node))
		return
	}
	into.SetBool(n.Value)
}

func (d *decoder) number(node ast.Node, path string, into reflect.Value) {
	n, ok := node.(*ast.IntegerNode)
	if !ok {
		d.fail(nodePlace(node), path, "is %s: write a whole number, without quotes", kindOf(node))
		return
	}
	v, err := strconv.ParseInt(n.GetToken().Value, 10, 32)
	if err != nil {
		d.fail(nodePlace(node), path, "is %.80s: write a small whole number in decimal digits, such as 1", n.GetToken().Value)
		return
	}
	into.SetInt(v)
}

// decimal decodes a number that may have a fraction.
func (d *decoder) decimal(node ast.Node, path string, into reflect.Value) {
	switch node.(type) {
	case *ast.IntegerNode, *ast.FloatNode:
	default:
		d.fail(nodePlace(node), path, "is %s: write a number in decimal digits without quotes, such as 3 or 0.5", kindOf(node))
		return
	}
	v, err := strconv.ParseFloat(node.GetToken().Value, 64)
	if err != nil || math.IsInf(v, 0) || math.IsNaN(v) {
		d.fail(nodePlace(node), path, "is %.80s: write a number in decimal digits, such as 3 or 0.5", node.GetToken().Value)
		return
	}
	if v == 0 {
		d.fail(nodePlace(node), path, "is %.80s: write a number of more than 0, or remove the key", node.GetToken().Value)
		return
	}
	into.SetFloat(v)
}

func (d *decoder) window(node ast.Node, path string, into reflect.Value) {
	const forms = "write days, such as 28d, or calendar-week, calendar-month or calendar-quarter"
	n, ok := node.(*ast.StringNode)
	if !ok {
		if node.Type() == ast.IntegerType {
			d.fail(nodePlace(node), path, "is a number without a unit: write %.20sd for days", node.GetToken().Value)
			return
		}
		d.fail(nodePlace(node), path, "is %s: %s", kindOf(node), forms)
		return
	}
	w, err := slo.ParseWindow(n.Value)
	if err != nil {
		d.fail(nodePlace(node), path, "%s", strings.TrimPrefix(err.Error(), "slo: "))
		return
	}
	into.Set(reflect.ValueOf(w))
}

func (d *decoder) duration(node ast.Node, path string, into reflect.Value) {
	n, ok := node.(*ast.StringNode)
	if !ok {
		if node.Type() == ast.IntegerType {
			n := node.GetToken().Value
			d.fail(nodePlace(node), path, "is a number without a unit: write %.20[1]sms, %.20[1]ss, %.20[1]sm or %.20[1]sh", n)
			return
		}
		d.fail(nodePlace(node), path, "is %s: write a number and a unit, such as 800ms, 30m, 12h, 2d or 1w", kindOf(node))
		return
	}
	v, err := blueprint.ParseDuration(n.Value)
	if err != nil {
		d.fail(nodePlace(node), path, "%s", strings.TrimPrefix(err.Error(), "blueprint: "))
		return
	}
	into.SetInt(int64(v))
}

func (d *decoder) within(node ast.Node, path string, into reflect.Value) {
	n, ok := node.(*ast.StringNode)
	if !ok {
		if node.Type() == ast.IntegerType {
			d.fail(nodePlace(node), path, "is a number without a unit: write %.20[1]sh, or %.20[1]sbd for business days", node.GetToken().Value)
			return
		}
		d.fail(nodePlace(node), path, "is %s: write a number and a unit, such as 24h, or business days, such as 15bd", kindOf(node))
		return
	}
	w, err := blueprint.ParseWithin(n.Value)
	if err != nil {
		d.fail(nodePlace(node), path, "%s", strings.TrimPrefix(err.Error(), "blueprint: "))
		return
	}
	d.days[path] = w.Days == 0 && strings.ContainsAny(n.Value, "dw")
	into.Set(reflect.ValueOf(w))
}

func (d *decoder) share(node ast.Node, path string, into reflect.Value) {
	var text string
	switch n := node.(type) {
	case *ast.StringNode:
		text = n.Value
	case *ast.IntegerNode, *ast.FloatNode:
		text = n.GetToken().Value
	default:
		d.fail(nodePlace(node), path, "is %s: write a percentage, such as 90%%, or a part of 1, such as 0.9", kindOf(node))
		return
	}
	v, err := blueprint.ParseShare(text)
	if err != nil {
		d.fail(nodePlace(node), path, "%s", strings.TrimPrefix(err.Error(), "blueprint: "))
		return
	}
	into.SetFloat(float64(v))
}
