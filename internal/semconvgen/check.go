package main

import (
	"regexp"
	"slices"
	"strings"
)

// wellFormed is OpenTelemetry's rule for names: lower-case words, with dots between namespaces and underscores
// inside a name.
var wellFormed = regexp.MustCompile(`^[a-z][a-z0-9]*([._][a-z0-9]+)*$`)

// schemaURL is OpenTelemetry's form of a schema's address, which ends with a version.
var schemaURL = regexp.MustCompile(`^https?://[^/]+/.+/[0-9]+\.[0-9]+\.[0-9]+$`)

var stabilities = []string{"development", "alpha", "beta", "release_candidate", "stable"}

// check applies the rules to the model and fills in the derived parts. It returns every fault that it finds.
func (r *registry) check() error {
	var probs problems
	r.checkManifest(&probs)
	r.index(&probs)
	r.checkNames(&probs)
	for _, g := range r.groups {
		g.checkForm(&probs)
		for _, a := range g.attrs {
			if a.ref == "" {
				a.checkDefinition(g, &probs)
			}
		}
	}
	for _, g := range r.groups {
		r.resolve(g, nil, &probs)
	}
	r.describeStandard(&probs)
	for _, g := range r.signals(metricGroup) {
		g.checkMetric(&probs)
	}
	return probs.err()
}

func (r *registry) checkManifest(probs *problems) {
	m := r.manifest
	if !schemaURL.MatchString(m.schemaURL) {
		probs.add(m.at, "manifest: schema_url %q is not http(s)://host/path/version", m.schemaURL)
	}
	checkStability(m.at, "manifest", m.stability, probs)
	if !slices.ContainsFunc(m.dependencies, func(d dependency) bool { return d.schemaURL == semconvSchema }) {
		probs.add(m.dependenciesAt, "manifest: does not depend on %s, which defines the standard attributes", semconvSchema)
	}
}

func checkStability(at position, what, stability string, probs *problems) {
	if !slices.Contains(stabilities, stability) {
		probs.add(at, "%s: unknown stability %q: want one of %s", what, stability, strings.Join(stabilities, ", "))
	}
}

// defines reports whether the group defines attributes.
func (g *group) defines() bool { return strings.HasPrefix(g.id, "registry.") }

// index fills the maps by name and reports duplicates.
func (r *registry) index(probs *problems) {
	for _, a := range standardAttributes() {
		r.attrs[a.id] = a
	}
	for _, g := range r.groups {
		if first, ok := r.byID[g.id]; ok {
			probs.add(g.at, "group %s: already defined at %s:%d", g.id, first.at.file, first.at.line)
		} else {
			r.byID[g.id] = g
		}
		for _, a := range g.attrs {
			if a.ref != "" {
				continue
			}
			if first, ok := r.attrs[a.id]; ok && first.standard != "" {
				probs.add(a.at, "attribute %s: belongs to OpenTelemetry: refer to it instead", a.id)
			} else if ok {
				probs.add(a.at, "attribute %s: already defined at %s:%d", a.id, first.at.file, first.at.line)
			} else {
				r.attrs[a.id] = a
			}
		}
	}
}

// named is an element with a telemetry name.
type named struct {
	at   position
	name string
}

// checkNames applies the naming rules to the names of each kind and compares them with one another.
func (r *registry) checkNames(probs *problems) {
	var attrs, metrics, events []named
	for _, g := range r.groups {
		for _, a := range g.attrs {
			if a.ref == "" {
				attrs = append(attrs, named{a.at, a.id})
			}
		}
		switch g.kind {
		case metricGroup:
			metrics = append(metrics, named{g.at, g.metric})
		case eventGroup:
			events = append(events, named{g.at, g.event})
		}
	}
	checkNames("attribute", attrs, true, probs)
	checkNames("metric", metrics, true, probs)
	checkNames("event", events, false, probs)
}

// checkNames reports malformed names and names that are equal in Go. If namespaces matter, it also reports a name
// that is the namespace of another: some backends make a tree of the dots, in which a leaf cannot have branches.
func checkNames(what string, names []named, namespaces bool, probs *problems) {
	inGo := map[string]string{}
	for _, n := range names {
		if !wellFormed.MatchString(n.name) || !strings.HasPrefix(n.name, "cx.") {
			probs.add(n.at, "%s %s: malformed name: want cx., then lower-case words with dots or underscores between them", what, n.name)
			continue
		}
		if other, ok := inGo[goName(n.name)]; ok && other != n.name {
			probs.add(n.at, "%s %s: becomes %s in Go, like %s: choose another name", what, n.name, goName(n.name), other)
		}
		inGo[goName(n.name)] = n.name
		for _, other := range names {
			if namespaces && strings.HasPrefix(other.name, n.name+".") {
				probs.add(n.at, "%s %s: is also the namespace of %s: add a word to the shorter name", what, n.name, other.name)
			}
		}
	}
}

// checkForm checks a group's own fields.
func (g *group) checkForm(probs *problems) {
	what := "group " + g.id
	checkSentence(g.at, what, g.brief, probs)
	if g.stability != "" {
		checkStability(g.at, what, g.stability, probs)
	}
	switch g.kind {
	case attributeGroup:
		if !g.defines() && !strings.HasPrefix(g.id, "attributes.") {
			probs.add(g.at, "%s: want an id that begins with registry. (it defines attributes) or attributes. (it refers to them)", what)
		}
		if g.defines() && g.display == "" {
			probs.add(g.at, "%s: has no display_name, the heading on the reference page", what)
		}
	case metricGroup:
		g.checkID("metric."+g.metric, probs)
	case eventGroup:
		g.checkID("event."+g.event, probs)
	case spanGroup:
		g.checkSpan(what, probs)
	}
	if (g.kind == attributeGroup || g.kind == spanGroup) && len(g.attrs) == 0 && g.extends == "" {
		probs.add(g.at, "%s: has neither attributes nor extends", what)
	}
}

func (g *group) checkSpan(what string, probs *problems) {
	if !strings.HasPrefix(g.id, "span.cx.") || !wellFormed.MatchString(g.id) {
		probs.add(g.at, "%s: want an id that begins with span.cx.", what)
	}
	if !slices.Contains([]string{"internal", "client", "server", "producer", "consumer"}, g.spanKind) {
		probs.add(g.at, "%s: unknown span_kind %q: want internal, client, server, producer or consumer", what, g.spanKind)
	}
	if g.extra.spanName == "" || g.extra.trace != "journey" && g.extra.trace != "request" {
		probs.add(g.at, "%s: annotations.cx wants span_name, and trace: journey or request", what)
	}
}

// checkID compares the id of a signal's group with the one that its name requires.
func (g *group) checkID(want string, probs *problems) {
	if g.id != want {
		probs.add(g.at, "group %s: want the id %s", g.id, want)
	}
}

// checkSentence reports a brief that is not one sentence on one line.
func checkSentence(at position, what, brief string, probs *problems) {
	if !strings.HasSuffix(brief, ".") || strings.Contains(brief, "\n") {
		probs.add(at, "%s: its brief is not one line that ends with a full stop", what)
	}
}
