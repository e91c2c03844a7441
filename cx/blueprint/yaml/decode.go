package yaml

import (
	"fmt"
	"reflect"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/goccy/go-yaml/ast"
	"github.com/goccy/go-yaml/token"

	"cairncx.dev/cairn/cx/blueprint"
	"cairncx.dev/cairn/cx/slo"
)

// decoder fills a blueprint with the content of a file and records the place of each value. It reports a value
// that it cannot use and then continues with its best guess, so that one mistake does not cause further
// problems in the values that depend on it.
type decoder struct {
	*problems
	places map[string]place // of the value at each path
	failed map[string]bool  // paths that already have a problem
	days   map[string]bool  // paths of durations with days or weeks
}

func (d *decoder) root(node ast.Node, b *blueprint.Blueprint) {
	d.places[""] = place{1, 1}
	if node == nil {
		return // Validate reports the missing version
	}
	d.value(node, "", reflect.ValueOf(b).Elem())
}

// fail adds a problem of the value at the path.
func (d *decoder) fail(at place, path, format string, args ...any) {
	d.failed[path] = true
	d.add(at, path, "", format, args...)
}

// value decodes the node into the Go value.
func (d *decoder) value(node ast.Node, path string, into reflect.Value) {
	d.places[path] = nodePlace(node)
	switch into.Interface().(type) {
	case blueprint.Duration:
		d.duration(node, path, into)
		return
	case blueprint.Within:
		d.within(node, path, into)
		return
	case blueprint.Share:
		d.share(node, path, into)
		return
	case slo.Window:
		d.window(node, path, into)
		return
	case float64:
		d.decimal(node, path, into)
		return
	case bool:
		d.truth(node, path, into)
		return
	case int:
		d.number(node, path, into)
		return
	case *blueprint.Contact, *blueprint.Log, *blueprint.Breakdowns:
		into.Set(reflect.New(into.Type().Elem()))
		d.value(node, path, into.Elem())
		return
	case *int:
		n := reflect.New(into.Type().Elem())
		d.number(node, path, n.Elem())
		into.Set(n)
		return
	case string:
		into.SetString(d.text(node, path))
		return
	case blueprint.Pattern:
		into.SetString(d.pattern(node, path))
		return
	case blueprint.Matches:
		if d.single(node, path, into) {
			return
		}
	}
	if _, scalar := node.(ast.ScalarNode); scalar && d.bare(node, path, into) {
		return
	}
	switch into.Kind() { //nolint:exhaustive // TestKinds checks that a blueprint has no other kinds
	case reflect.Struct:
		d.structure(node, path, into)
	case reflect.Slice:
		d.list(node, path, into)
	case reflect.Map:
		d.mapping(node, path, into)
	}
}

// bare decodes a scalar in the place of a list or a mapping that may be written so. It returns false if the Go value has no such form.
func (d *decoder) bare(node ast.Node, path string, into reflect.Value) bool {
	switch into.Interface().(type) {
	case blueprint.Openings:
		into.Set(reflect.ValueOf(blueprint.Openings{d.text(node, path)}))
	case blueprint.Activity:
		into.Set(reflect.ValueOf(blueprint.Activity{d.text(node, path)}))
	case blueprint.Holiday:
		into.Set(reflect.ValueOf(blueprint.Holiday{Date: d.text(node, path)}))
	case blueprint.MatchSource:
		into.Set(reflect.ValueOf(blueprint.MatchSource{Attribute: d.text(node, path)}))
	default:
		return false
	}
	return true
}

// single decodes a mapping in the place of a list of them. It returns false for any other node.
func (d *decoder) single(node ast.Node, path string, into reflect.Value) bool {
	switch node.(type) {
	case *ast.MappingNode, *ast.MappingValueNode:
		into.Set(reflect.MakeSlice(into.Type(), 1, 1))
		d.value(node, path+"[0]", into.Index(0))
		return true
	default:
		return false
	}
}

// entries returns the entries of a mapping, and false if the node is not a mapping.
func (d *decoder) entries(node ast.Node, path string) ([]*ast.MappingValueNode, bool) {
	switch n := node.(type) {
	case *ast.MappingNode:
		return n.Values, true
	case *ast.MappingValueNode:
		return []*ast.MappingValueNode{n}, true
	default:
		d.fail(nodePlace(node), path, "is %s: write keys and values, each as key: value on a line of its own", kindOf(node))
		return nil, false
	}
}

// key returns the text of an entry's key.
func (d *decoder) key(entry *ast.MappingValueNode, path string) (string, bool) {
	switch k := entry.Key.(type) {
	case *ast.StringNode:
		return k.Value, true
	default:
		t := entry.Key.GetToken()
		d.add(tokenPlace(t), path, "", "the key is %s: put it in quotes: %.80s", kindOf(entry.Key), quotedForm(t.Value))
		return t.Value, false
	}
}

func (d *decoder) structure(node ast.Node, path string, into reflect.Value) {
	entries, ok := d.entries(node, path)
	if !ok {
		return
	}
	fields, keys := fieldsOf(into.Type())
	first := map[string]place{}
	written := make(map[string]bool, len(entries))
	for _, e := range entries {
		if k, ok := e.Key.(*ast.StringNode); ok {
			written[k.Value] = true
		}
	}
	for _, e := range entries {
		key, ok := d.key(e, path)
		if !ok {
			continue
		}
		at := nodePlace(e.Key)
		if before, twice := first[key]; twice {
			d.add(at, join(path, key), "", "the key %.80q occurs twice, first on line %d: remove one of them", key, before.line)
			continue
		}
		first[key] = at
		i, known := fields[key]
		if !known {
			meant := blueprint.Suggest(key, keys)
			d.add(at, path, meant, "there is no key %.80q here: the keys are %s", key, strings.Join(keys, ", "))
			if meant == "" || written[meant] {
				continue
			}
			written[meant] = true
			key, i = meant, fields[meant]
		}
		d.entry(e, join(path, key), into.Field(i))
	}
}

// entry decodes the value of an entry. The value may be missing.
func (d *decoder) entry(e *ast.MappingValueNode, path string, into reflect.Value) {
	if e.Value == nil || e.Value.Type() == ast.NullType {
		d.fail(nodePlace(e.Key), path, "has no value: write one after the colon, or remove the key")
		return
	}
	d.value(e.Value, path, into)
}

func (d *decoder) list(node ast.Node, path string, into reflect.Value) {
	list, ok := node.(*ast.SequenceNode)
	if !ok {
		d.fail(nodePlace(node), path, "is %s: write a list, with each entry on a line that begins with -, or [in, brackets]", kindOf(node))
		return
	}
	if len(list.Values) == 0 {
		return
	}
	into.Set(reflect.MakeSlice(into.Type(), len(list.Values), len(list.Values)))
	for i, v := range list.Values {
		at := path + "[" + strconv.Itoa(i) + "]"
		if v == nil || v.Type() == ast.NullType {
			d.fail(nodePlace(list), at, "entry %d of the list is empty: fill it in, or remove the line", i+1)
			continue
		}
		if !d.onlyNamed(v, at, into.Index(i)) {
			d.value(v, at, into.Index(i))
		}
	}
}

// onlyNamed reports whether a list entry is a bare name where a mapping belongs, such as "cart" for {name:
// cart}. It reports the problem and keeps the name, so that references to the name do not become problems too.
func (d *decoder) onlyNamed(node ast.Node, path string, into reflect.Value) bool {
	text, ok := node.(*ast.StringNode)
	if !ok || into.Kind() != reflect.Struct {
		return false
	}
	name, key := into.FieldByName("Name"), "name"
	if !name.IsValid() {
		name, key = into.FieldByName("Objective"), "objective" // a part of a composite
	}
	if !name.IsValid() || name.Kind() != reflect.String {
		return false
	}
	d.places[path] = nodePlace(node)
	d.fail(nodePlace(node), path, "is text: write keys and values, each as key: value, such as {%s: %.80s}", key, quotedForm(text.Value))
	name.SetString(text.Value)
	return true
}

func (d *decoder) mapping(node ast.Node, path string, into reflect.Value) {
	entries, ok := d.entries(node, path)
	if !ok || len(entries) == 0 {
		return
	}
	into.Set(reflect.MakeMapWithSize(into.Type(), len(entries)))
	first := map[string]place{}
	for _, e := range entries {
		key, ok := d.key(e, path)
		at := path + "[" + strconv.Quote(key) + "]"
		if before, twice := first[key]; twice {
			d.add(nodePlace(e.Key), at, "", "%.80q occurs twice, first on line %d: remove one of them", key, before.line)
			continue
		}
		first[key] = nodePlace(e.Key)
		if !ok {
			d.failed[at] = true
		}
		v := reflect.New(into.Type().Elem()).Elem()
		d.entry(e, at, v)
		into.SetMapIndex(reflect.ValueOf(key), v)
	}
}

// openedDays notes each promise that counts opened time and is written in days or weeks. A day of 24 opened hours is not what
// people mean by a day.
func (d *decoder) openedDays(b *blueprint.Blueprint) {
	for i := range b.Journeys {
		for k, p := range b.Journeys[i].Promises {
			path := fmt.Sprintf("journeys[%d].promises[%d].within", i, k)
			if p.Hours != "" && d.days[path] {
				bd := inBusinessDays(time.Duration(p.Within.Duration), b.Hours[p.Hours].Open)
				d.fail(d.places[path], path, "is in days or weeks, and the promise counts opened hours: remove hours to count every hour, write %sbusiness days, or write %s for that many opened hours", bd, inHours(p.Within.Duration))
			}
		}
	}
}

// inBusinessDays returns about as many business days as a duration has, such as "40bd for ", or "" if that is more than a promise
// may have. Weeks have as many of them as weekdays are open.
func inBusinessDays(within time.Duration, open map[string]blueprint.Openings) string {
	const day, week = 24 * time.Hour, 7
	days := int((within + day - 1) / day)
	opened := openedWeekdays(open)
	n := days/week*opened + min(days%week, opened)
	if n > blueprint.MaxBusinessDays {
		return ""
	}
	return strconv.Itoa(n) + "bd for "
}

// openedWeekdays counts the weekdays that are open. It returns 5 if that is not known, because the hours are faulty.
func openedWeekdays(open map[string]blueprint.Openings) int {
	const usual = 5
	week := []string{"mon", "tue", "wed", "thu", "fri", "sat", "sun"}
	n := 0
	for days := range open {
		first, last, isRange := strings.Cut(strings.ReplaceAll(days, "daily", "mon-sun"), "-")
		if !isRange {
			last = first
		}
		from, to := slices.Index(week, first), slices.Index(week, last)
		if from < 0 || to < 0 {
			return usual
		}
		n += (to-from+len(week))%len(week) + 1
	}
	if n == 0 || n > len(week) {
		return usual
	}
	return n
}

// locate adds the problems that Validate found, each at its place in the file. It skips values that already
// have a problem.
func (d *decoder) locate(invalid *blueprint.Error) {
	for _, p := range invalid.Problems {
		if d.known(p.Path) || d.follows(p.Path) {
			continue
		}
		at, ok := d.places[p.Path]
		for path := p.Path; !ok; at, ok = d.places[path] {
			path = parent(path)
		}
		d.add(at, p.Path, p.Suggestion, "%s", p.Message)
	}
}

// follows reports whether the problem follows from another one: the hours of a promise, of breakdowns or of a purpose are unknown in a file whose hours
// cannot be read, and the purpose of a touchpoint in one whose purposes cannot.
func (d *decoder) follows(path string) bool {
	_, written := d.places[path]
	switch {
	case !written:
		return false
	case path == "breakdowns.hours", strings.HasPrefix(path, "journeys[") && strings.HasSuffix(path, ".hours"), strings.HasPrefix(path, "contact.") && strings.HasSuffix(path, ".quiet_hours"):
		return d.failed["hours"]
	case strings.HasPrefix(path, "touchpoints[") && strings.HasSuffix(path, ".purpose"), strings.HasPrefix(path, "contact.caps["):
		return d.failed["contact"] || d.failed["contact.purposes"]
	default:
		return false
	}
}

func (d *decoder) known(path string) bool {
	for path != "" {
		if d.failed[path] {
			return true
		}
		path = parent(path)
	}
	return d.failed[""]
}

// parent returns the path without its last element.
func parent(path string) string { return path[:max(0, strings.LastIndexAny(path, ".["))] }

func join(path, key string) string {
	if path == "" {
		return key
	}
	return path + "." + key
}

// fieldsOf returns the index of each field of a struct by its YAML key, and the keys in order.
func fieldsOf(t reflect.Type) (index map[string]int, keys []string) {
	index = make(map[string]int, t.NumField())
	for f := range t.Fields() {
		key, _, _ := strings.Cut(f.Tag.Get("yaml"), ",")
		index[key] = f.Index[0]
		keys = append(keys, key)
	}
	return index, keys
}

// nodePlace returns the place where the node begins.
func nodePlace(node ast.Node) place {
	switch n := node.(type) {
	case *ast.MappingNode:
		if !n.IsFlowStyle && len(n.Values) > 0 {
			return nodePlace(n.Values[0])
		}
	case *ast.MappingValueNode:
		return nodePlace(n.Key)
	}
	return tokenPlace(node.GetToken())
}

// kindOf describes the node for an error message.
func kindOf(node ast.Node) string {
	switch node.Type() {
	case ast.MappingType, ast.MappingValueType:
		return "a mapping"
	case ast.SequenceType:
		return "a list"
	case ast.IntegerType, ast.FloatType, ast.InfinityType, ast.NanType:
		return "a number"
	case ast.BoolType:
		return "a truth value"
	case ast.NullType:
		return "empty"
	default:
		if t := node.GetToken(); t != nil && (t.Type == token.SingleQuoteType || t.Type == token.DoubleQuoteType) {
			return "text in quotes"
		}
		return "text"
	}
}
