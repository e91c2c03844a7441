package main

// registry is the whole model, checked and resolved.
type registry struct {
	manifest manifest
	groups   []*group // in the order of the files (see fileOrder) and in them
	byID     map[string]*group
	attrs    map[string]*attribute // by name: the registry's own and the standard ones in use
}

// manifest is manifest.yaml.
type manifest struct {
	at             position
	schemaURL      string
	description    string
	stability      string
	dependencies   []dependency
	dependenciesAt position
}

// dependency is a registry whose attributes this one refers to.
type dependency struct {
	at           position
	schemaURL    string
	registryPath string
}

// The types of groups that the registry uses.
const (
	attributeGroup = "attribute_group"
	metricGroup    = "metric"
	spanGroup      = "span"
	eventGroup     = "event"
)

// group is one entry of `groups:`. Which fields it has depends on its type.
type group struct {
	at        position
	id        string
	kind      string // its `type`
	brief     string
	note      string
	display   string
	stability string
	extends   string
	attrs     []*attribute

	metric     string // metric_name
	instrument string
	unit       string
	spanKind   string
	event      string // name

	extra groupAnnotations

	uses     []use // its attributes and those it inherits, once resolved
	resolved bool
}

// groupAnnotations is a group's annotations.cx.
type groupAnnotations struct {
	at       position
	question string
	query    string
	buckets  []float64
	spanName string
	trace    string
	optIn    bool
}

// attribute is an attribute's definition (id) or a reference to one (ref).
type attribute struct {
	at        position
	id, ref   string
	kind      string // its `type`; enum where it has members
	members   []member
	brief     string
	note      string
	examples  []example
	stability string
	level     level
	bound     string   // annotations.cx.bound: what keeps the values few
	values    []member // annotations.cx.values: what it can be in this place
	standard  string   // for a standard attribute, the page that defines it
}

// enum is the type of an attribute with members.
const enum = "enum"

// member is one value of an enum, or of annotations.cx.values.
type member struct {
	at        position
	id        string
	value     string
	brief     string
	stability string
}

// example is one example value. Its kind is the attribute type that it fits.
type example struct {
	at   position
	kind string
	text string
}

// level is a requirement level, and the condition or the explanation if it has one.
type level struct {
	at   position
	name string
	when string
}

// use is an attribute as a signal has it.
type use struct {
	*attribute            // its definition
	ref        *attribute // the reference that is nearest to the signal
	level      level
}

// signals returns the groups of a type, in order.
func (r *registry) signals(kind string) []*group {
	var found []*group
	for _, g := range r.groups {
		if g.kind == kind {
			found = append(found, g)
		}
	}
	return found
}

// definitions returns the groups that define attributes, in order.
func (r *registry) definitions() []*group {
	var found []*group
	for _, g := range r.signals(attributeGroup) {
		if g.defines() {
			found = append(found, g)
		}
	}
	return found
}
