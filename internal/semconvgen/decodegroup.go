package main

import (
	"slices"

	"github.com/goccy/go-yaml/ast"
)

func (d *decoder) manifest(n ast.Node) manifest {
	o := d.object(n, "manifest", "schema_url", "description", "stability", "dependencies")
	o.require("schema_url", "description", "stability", "dependencies")
	m := manifest{
		at: o.where("schema_url"), schemaURL: o.text("schema_url"), description: o.text("description"),
		stability: o.text("stability"), dependenciesAt: o.where("dependencies"),
	}
	for _, item := range o.list("dependencies") {
		dep := d.object(item, "dependency", "schema_url", "registry_path")
		dep.require("schema_url", "registry_path")
		m.dependencies = append(m.dependencies, dependency{dep.at, dep.text("schema_url"), dep.text("registry_path")})
	}
	return m
}

func (d *decoder) groups(n ast.Node) []*group {
	o := d.object(n, "file", "groups")
	o.require("groups")
	var out []*group
	for _, item := range o.list("groups") {
		out = append(out, d.group(item))
	}
	return out
}

// groupKeys are the keys that every group may have. signalKeys are the keys that a type adds, all of them
// required. annotationKeys are the keys that its annotations.cx may have.
var (
	groupKeys  = []string{"id", "type", "brief", "note", "stability", "extends", "attributes", "annotations"}
	signalKeys = map[string][]string{
		attributeGroup: {},
		metricGroup:    {"metric_name", "instrument", "unit"},
		spanGroup:      {"span_kind"},
		eventGroup:     {"name"},
	}
	annotationKeys = map[string][]string{
		metricGroup: {"question", "query", "buckets"},
		spanGroup:   {"span_name", "trace"},
		eventGroup:  {"opt_in"},
	}
)

func (d *decoder) group(n ast.Node) *group {
	id, kind := d.peek(n, "id"), d.peek(n, "type")
	what := "group " + id
	extra, ok := signalKeys[kind]
	if !ok {
		d.probs.add(positionOf(d.file, n), "%s: unknown type %q: want attribute_group, metric, span or event", what, kind)
		return &group{id: id}
	}
	known := slices.Concat(groupKeys, extra)
	if kind == attributeGroup {
		known = append(known, "display_name")
	}
	o := d.object(n, what, known...)
	o.require("id", "type", "brief")
	o.require(extra...)
	if kind != attributeGroup {
		o.require("stability")
	}
	g := &group{
		at: o.where("id"), id: o.text("id"), kind: kind, brief: o.text("brief"), note: o.text("note"),
		display: o.text("display_name"), stability: o.text("stability"), extends: o.text("extends"),
		metric: o.text("metric_name"), instrument: o.text("instrument"), unit: o.text("unit"),
		spanKind: o.text("span_kind"), event: o.text("name"),
	}
	for _, item := range o.list("attributes") {
		g.attrs = append(g.attrs, d.attribute(item, what))
	}
	if cx, ok := o.annotations(annotationKeys[kind]...); ok {
		g.extra = groupAnnotations{
			at: cx.at, question: cx.text("question"), query: cx.text("query"), buckets: cx.floats("buckets"),
			spanName: cx.text("span_name"), trace: cx.text("trace"), optIn: cx.flag("opt_in"),
		}
	}
	return g
}

// peek returns the text of a key before the allowed keys are known.
func (d *decoder) peek(n ast.Node, key string) string {
	if m, ok := n.(ast.MapNode); ok {
		for it := m.MapRange(); it.Next(); {
			if it.Key().GetToken().Value == key {
				e, _ := d.scalar(it.Value())
				return e.text
			}
		}
	}
	return ""
}

// annotations returns annotations.cx, which may have only the known keys. There are no other annotations.
func (o object) annotations(known ...string) (object, bool) {
	f, ok := o.fields["annotations"]
	if !ok {
		return object{}, false
	}
	all := o.d.object(f.node, o.what+": annotations", "cx")
	all.require("cx")
	cx, ok := all.fields["cx"]
	if !ok {
		return object{}, false
	}
	return o.d.object(cx.node, o.what+": annotations.cx", known...), true
}

func (d *decoder) attribute(n ast.Node, in string) *attribute {
	if ref := d.peek(n, "ref"); ref != "" {
		return d.reference(n, in+": attribute "+ref)
	}
	o := d.object(n, in+": attribute "+d.peek(n, "id"),
		"id", "type", "brief", "note", "examples", "stability", "annotations")
	o.require("id", "type", "brief", "stability")
	a := &attribute{
		at: o.where("id"), id: o.text("id"), brief: o.text("brief"), note: o.text("note"),
		examples: o.examples(), stability: o.text("stability"),
	}
	if f, ok := o.fields["type"]; ok {
		if _, ok := f.node.(ast.MapNode); ok {
			a.kind = enum
			a.members = d.members(f.node, o.what)
		} else {
			a.kind = o.text("type")
		}
	}
	if cx, ok := o.annotations("bound"); ok {
		cx.require("bound")
		a.bound = cx.text("bound")
	}
	return a
}

func (d *decoder) reference(n ast.Node, what string) *attribute {
	o := d.object(n, what, "ref", "brief", "note", "examples", "requirement_level", "annotations")
	o.require("requirement_level")
	a := &attribute{
		at: o.where("ref"), ref: o.text("ref"), brief: o.text("brief"), note: o.text("note"), examples: o.examples(),
	}
	if f, ok := o.fields["requirement_level"]; ok {
		a.level = d.level(f, what)
	}
	if cx, ok := o.annotations("values"); ok {
		for _, item := range cx.list("values") {
			v := d.object(item, what+": value "+d.peek(item, "value"), "value", "brief")
			v.require("value", "brief")
			a.values = append(a.values, member{at: v.at, id: v.text("value"), value: v.text("value"), brief: v.text("brief")})
		}
	}
	return a
}

// level reads a requirement level: a word, or a word with its condition.
func (d *decoder) level(f field, what string) level {
	l := level{at: f.at}
	if _, ok := f.node.(ast.MapNode); ok {
		o := d.object(f.node, what+": requirement_level", "conditionally_required", "recommended")
		for key := range o.fields {
			l.name, l.when = key, o.text(key)
		}
		if l.when == "" || len(o.fields) > 1 {
			d.probs.add(f.at, "%s: its requirement_level needs one word and a condition", what)
		}
		return l
	}
	e, _ := d.scalar(f.node)
	l.name = e.text
	if !slices.Contains([]string{"required", "recommended", "opt_in"}, l.name) {
		d.probs.add(f.at, "%s: unknown requirement_level %q: want required, recommended or opt_in, or conditionally_required with a condition", what, l.name)
	}
	return l
}

func (d *decoder) members(n ast.Node, what string) []member {
	o := d.object(n, what+": type", "members")
	o.require("members")
	var out []member
	for _, item := range o.list("members") {
		m := d.object(item, what+": member "+d.peek(item, "id"), "id", "value", "brief", "stability")
		m.require("id", "value", "brief", "stability")
		out = append(out, member{
			at: m.at, id: m.text("id"), value: m.text("value"), brief: m.text("brief"), stability: m.text("stability"),
		})
	}
	return out
}
