package main

// registry is the whole model, checked and resolved.
type registry struct {
	manifest manifest
	groups   []*group // in the order of the files (see fileOrder), then of the lines
	byID     map[string]*group
	attrs    map[string]*attribute // by name: the registry's own and the used standard ones
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

// dependency is a registry to whose attributes this one refers.
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

// group is one entry of `groups:`. Its type decides which fields it has.
type group struct {
	at        position
	id        string
	kind      string // the key `type`
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

	uses     []use // its own and its inherited attributes, once resolved
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
	kind      string // the key `type`, or enum if it has members
	members   []member
	brief     string
	note      string
	examples  []example
	stability string
	level     level
	bound     string   // annotations.cx.bound: what bounds the values
	values    []member // annotations.cx.values: the values that it can have in this place
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

// example is one example value. Its kind is the attribute type of that value.
type example struct {
	at   position
	kind string
	text string
}

// level is a requirement level, with its condition or explanation if it has one.
type level struct {
	at   position
	name string
	when string
}

// use is an attribute of a signal.
type use struct {
	*attribute            // its definition
	ref        *attribute // the reference nearest to the signal
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
