package main

import (
	"slices"
	"strings"
)

// kinds are the types that an attribute of the registry may have, besides enum. Weaver has more: arrays,
// templates, any. Add one when the registry needs it.
var kinds = []string{"string", "int", "double", "boolean"}

// checkDefinition checks the definition of an attribute.
func (a *attribute) checkDefinition(in *group, probs *problems) {
	what := "attribute " + a.id
	if !in.defines() {
		probs.add(a.at, "%s: is defined in %s: define it in a group whose id begins with registry., and refer to it here", what, in.id)
	}
	checkSentence(a.at, what, a.brief, probs)
	checkStability(a.at, what, a.stability, probs)
	if a.kind == enum {
		a.checkMembers(probs)
		return
	}
	if !slices.Contains(kinds, a.kind) {
		probs.add(a.at, "%s: unknown type %q: want one of %s, or members", what, a.kind, strings.Join(kinds, ", "))
		return
	}
	if a.kind == "string" && len(a.examples) == 0 {
		probs.add(a.at, "%s: has no examples, which a string must have", what)
	}
	checkExamples(what, a.kind, a.examples, probs)
}

func checkExamples(what, kind string, examples []example, probs *problems) {
	for _, e := range examples {
		if kind != enum && e.kind != kind {
			probs.add(e.at, "%s: its example %s is %s, not %s", what, e.text, e.kind, kind)
		}
	}
}

// checkMembers checks the values of an enum.
func (a *attribute) checkMembers(probs *problems) {
	ids, values := map[string]bool{}, map[string]bool{}
	for _, m := range a.members {
		what := "attribute " + a.id + ": member " + m.id
		if !wellFormed.MatchString(m.id) {
			probs.add(m.at, "%s: malformed id: want lower-case words with underscores between them", what)
		}
		if ids[m.id] || values[m.value] {
			probs.add(m.at, "%s: its id or its value occurs twice", what)
		}
		ids[m.id], values[m.value] = true, true
		checkSentence(m.at, what, m.brief, probs)
		checkStability(m.at, what, m.stability, probs)
	}
}

// resolve collects the attributes of a group: those of the group that it extends, in their order and with the
// group's own changes, then its own. way has the groups that led here, so that resolve finds a cycle.
func (r *registry) resolve(g *group, way []string, probs *problems) []use {
	if g.resolved {
		return g.uses
	}
	if slices.Contains(way, g.id) {
		probs.add(g.at, "group %s: extends itself through %s", g.id, strings.Join(way, ", "))
		return nil
	}
	if g.extends != "" {
		base, ok := r.byID[g.extends]
		switch {
		case !ok:
			probs.add(g.at, "group %s: extends %s, which does not exist", g.id, g.extends)
		case base.kind != attributeGroup || base.defines():
			probs.add(g.at, "group %s: extends %s: want a group whose id begins with attributes.", g.id, g.extends)
		default:
			g.uses = slices.Clone(r.resolve(base, append(way, g.id), probs))
		}
	}
	seen := map[string]bool{}
	for _, a := range g.attrs {
		if a.ref == "" {
			continue
		}
		if u, ok := r.refer(g, a, seen, probs); ok {
			g.uses = merge(g.uses, u)
		}
	}
	g.resolved = true
	return g.uses
}

// refer resolves one reference.
func (r *registry) refer(g *group, a *attribute, seen map[string]bool, probs *problems) (use, bool) {
	if g.defines() {
		probs.add(a.at, "group %s: refers to %s: a registry. group only defines attributes", g.id, a.ref)
		return use{}, false
	}
	if seen[a.ref] {
		probs.add(a.at, "group %s: refers to %s twice", g.id, a.ref)
		return use{}, false
	}
	seen[a.ref] = true
	def, ok := r.attrs[a.ref]
	if !ok {
		probs.add(a.at, "group %s: refers to %s, which is neither in the registry nor a standard attribute that the generator knows", g.id, a.ref)
		return use{}, false
	}
	what := "group " + g.id + ": attribute " + a.ref
	if a.brief != "" {
		checkSentence(a.at, what, a.brief, probs)
	}
	for _, v := range a.values {
		checkSentence(v.at, what+": value "+v.value, v.brief, probs)
	}
	checkExamples(what, def.kind, a.examples, probs)
	return use{attribute: def, ref: a, level: a.level}, true
}

// merge replaces the inherited use of the attribute, or appends the use.
func merge(uses []use, u use) []use {
	for i := range uses {
		if uses[i].id == u.id {
			uses[i] = u
			return uses
		}
	}
	return append(uses, u)
}

// describeStandard gives the standard attributes the description of the one attributes. group that has one, and
// drops those without a reference.
func (r *registry) describeStandard(probs *problems) {
	used := map[string]position{}
	for _, g := range r.groups {
		for _, a := range g.attrs {
			def, ok := r.attrs[a.ref]
			if !ok || def.standard == "" {
				continue
			}
			used[def.id] = a.at
			if g.kind != attributeGroup || a.brief == "" {
				continue
			}
			if def.brief != "" {
				probs.add(a.at, "attribute %s: already described at %s:%d", a.ref, def.at.file, def.at.line)
			} else {
				def.at, def.brief, def.note, def.examples = a.at, a.brief, a.note, a.examples
			}
		}
	}
	for id, a := range r.attrs {
		if a.standard == "" {
			continue
		}
		if at, ok := used[id]; !ok {
			delete(r.attrs, id)
		} else if a.brief == "" {
			probs.add(at, "attribute %s: no attributes. group describes it: give its reference a brief", id)
		}
	}
}
