package main

import (
	"strings"
	"testing"
	"testing/fstest"
)

// TestFormIsChecked: each fault of form in a file is reported with its line.
func TestFormIsChecked(t *testing.T) {
	for _, s := range []spoiled{
		{
			name: "unknown group key", reason: "a typing mistake must not be ignored",
			old: "    display_name:", new: "    displayname:", want: goodPath + `:4:5: group registry.cx.trip: unknown key "displayname"`,
		},
		{
			name: "unknown attribute key", reason: "a typing mistake must not be ignored",
			old: "        brief: The trip's name.", new: "        briefs: The trip's name.", want: `:10:9: group registry.cx.trip: attribute cx.trip.name: unknown key "briefs"`,
		},
		{
			name: "unknown annotation", reason: "Weaver checks no annotation, so only this generator finds it",
			old: "        buckets:", new: "        bucket:", want: `annotations.cx: unknown key "bucket"`,
		},
		{
			name: "annotation of another type", reason: "an event has no buckets",
			old: "        opt_in: true", new: "        buckets: [1]", want: `group event.cx.trip.ended: annotations.cx: unknown key "buckets": want one of opt_in`,
		},
		{
			name: "key of another type", reason: "Weaver also refuses a span_kind on an event",
			old: "    name: cx.trip.ended", new: "    name: cx.trip.ended\n    span_kind: internal", want: `group event.cx.trip.ended: unknown key "span_kind"`,
		},
		{
			name: "unknown type", reason: "the generator would silently ignore a group of an unknown type",
			old: "type: span", new: "type: trace", want: `group span.cx.trip: unknown type "trace": want attribute_group, metric, span or event`,
		},
		{
			name: "no brief", reason: "each name needs a meaning",
			old: "    brief: Trips that ended.\n", new: "", want: "group metric.cx.trip.ended: has no brief",
		},
		{
			name: "empty brief", reason: "an empty brief is no brief",
			old: "brief: Trips that ended.", new: `brief: ""`, want: "its brief is empty",
		},
		{
			name: "brief without a full stop", reason: "OpenTelemetry's own policy for metrics, here for all groups",
			old: "brief: Trips that ended.", new: "brief: Trips that ended", want: "its brief is not one line that ends with a full stop",
		},
		{
			name: "attribute's brief without a full stop", reason: "the same rule holds for attributes",
			old: "brief: The trip's name.", new: "brief: The trip's name", want: "attribute cx.trip.name: its brief is not one line that ends with a full stop",
		},
		{
			name: "no unit", reason: "a number without a unit has no meaning",
			old: "    unit: \"{trip}\"\n", new: "", want: "group metric.cx.trip.ended: has no unit",
		},
		{
			name: "member without a brief", reason: "each value of an enum needs an explanation",
			old: "              brief: It did not.\n", new: "", want: "attribute cx.trip.end: member late: has no brief",
		},
		{
			name: "no stability", reason: "Weaver requires it on every signal",
			old: "    stability: development\n    brief: Trips that ended.", new: "    brief: Trips that ended.", want: "has no stability",
		},
		{
			name: "unknown stability", reason: "the words are OpenTelemetry's",
			old: "    stability: development\n    brief: Trips that ended.", new: "    stability: experimental\n    brief: Trips that ended.", want: `unknown stability "experimental"`,
		},
		{
			name: "no requirement level", reason: "Weaver's default, recommended, would hide a missing decision",
			old: "      - ref: cx.trip.id\n        requirement_level: required", new: "      - ref: cx.trip.id", want: "group attributes.cx.trip: attribute cx.trip.id: has no requirement_level",
		},
		{
			name: "unknown requirement level", reason: "the words are OpenTelemetry's",
			old: "requirement_level: required", new: "requirement_level: mandatory", want: `unknown requirement_level "mandatory"`,
		},
		{
			name: "condition without a text", reason: "conditionally_required needs its condition",
			old: "conditionally_required: If something did.", new: `conditionally_required: ""`, want: "its requirement_level needs one word and a condition",
		},
		{
			name: "number for a text", reason: "YAML reads 1 as a number, and Weaver refuses it",
			old: "unit: s", new: "unit: 1", want: "its unit is not a text: want a quoted string",
		},
		{
			name: "number as an example of a string", reason: "Weaver refuses examples of another type",
			old: `examples: ["north"]`, new: "examples: [7]", want: "attribute cx.trip.name: its example 7 is int, not string",
		},
		{
			name: "list as an example", reason: "only array attributes have such examples",
			old: `examples: ["north"]`, new: `examples: [["north"]]`, want: "has an example that is not a single value",
		},
		{
			name: "string without examples", reason: "Weaver requires them of strings",
			old: "        examples: [\"t-1\"]\n", new: "", want: "attribute cx.trip.id: has no examples, which a string must have",
		},
		{
			name: "invalid flag", reason: "YAML 1.2 knows true and false, not yes",
			old: "opt_in: true", new: "opt_in: yes", want: "its opt_in is not true or false",
		},
		{
			name: "mapping for a list", reason: "attributes are a list",
			old: "    attributes:\n      - id: cx.trip.name", new: "    attributes:\n        id: cx.trip.name", want: goodPath + ":",
		},
		{
			name: "key twice", reason: "the second key would hide the first",
			old: "    unit: s", new: "    unit: s\n    unit: s", want: goodPath + `:77:5: not YAML: mapping key "unit" already defined`,
		},
		{
			name: "unknown manifest key", reason: "a typing mistake must not be ignored", manifest: true,
			old: "description:", new: "descriptions:", want: modelFolder + `/manifest.yaml:2:1: manifest: unknown key "descriptions"`,
		},
	} {
		t.Run(s.name, s.test)
	}
}

// TestRequiredKeys: a key that the manifest or the file of a model needs is reported when it is missing.
func TestRequiredKeys(t *testing.T) {
	for _, s := range []spoiled{
		{name: "schema_url", old: "schema_url: https://cairncx.dev/schemas/0.1.0\n", want: "manifest: has no schema_url", manifest: true},
		{name: "description", old: "description: A model for tests.\n", want: "manifest: has no description", manifest: true},
		{name: "stability", old: "stability: development\n", want: "manifest: has no stability", manifest: true},
		{name: "dependencies", old: "dependencies:\n  - schema_url: https://opentelemetry.io/schemas/1.43.0\n    registry_path: https://example.com/semconv.zip[model]\n", want: "manifest: has no dependencies", manifest: true},
		{name: "schema_url of a dependency", old: "- schema_url: https://opentelemetry.io/schemas/1.43.0\n    registry_path", new: "- registry_path", want: "dependency: has no schema_url", manifest: true},
		{name: "registry_path of a dependency", old: "    registry_path: https://example.com/semconv.zip[model]\n", want: "dependency: has no registry_path", manifest: true},
		{name: "id of a group", old: "- id: metric.cx.trip.ended\n    type", new: "- type", want: "has no id"},
		{name: "type of a group", old: "    type: metric\n", want: `group metric.cx.trip.ended: unknown type ""`},
		{name: "metric_name", old: "    metric_name: cx.trip.ended\n", want: "group metric.cx.trip.ended: has no metric_name"},
		{name: "instrument", old: "    instrument: counter\n", want: "group metric.cx.trip.ended: has no instrument"},
		{name: "span_kind", old: "    span_kind: internal\n", want: "group span.cx.trip: has no span_kind"},
		{name: "name of an event", old: "    name: cx.trip.ended\n", want: "group event.cx.trip.ended: has no name"},
		{name: "id of an attribute", old: "- id: cx.trip.name\n        type", new: "- type", want: "has no id"},
		{name: "type of an attribute", old: "        type: string\n", want: "attribute cx.trip.name: has no type"},
		{name: "stability of an attribute", old: "        type: string\n        stability: development\n", new: "        type: string\n", want: "attribute cx.trip.name: has no stability"},
		{name: "brief of an attribute", old: "        brief: The trip's name.\n", want: "attribute cx.trip.name: has no brief"},
		{name: "bound of an attribute", old: "          cx:\n            bound: the timetable\n", new: "          cx: {}\n", want: "attribute cx.trip.name: annotations.cx: has no bound"},
		{name: "id of a member", old: "- id: late\n              value", new: "- value", want: "has no id"},
		{name: "value of a member", old: "              value: late\n", want: "member late: has no value"},
		{name: "value of a value", old: "- value: strike\n                brief", new: "- brief", want: "has no value"},
	} {
		s.reason = "it is required"
		t.Run(s.name, s.test)
	}
}

// TestRulesAreChecked: faults of the model as a whole.
func TestRulesAreChecked(t *testing.T) {
	for _, s := range []spoiled{
		{
			name: "reference to nothing", reason: "a signal must not promise an undefined attribute",
			old: "ref: cx.trip.id", new: "ref: cx.trip.no", want: "group attributes.cx.trip: refers to cx.trip.no, which is neither in the registry",
		},
		{
			name: "reference twice", reason: "Weaver refuses it too",
			old: "      - ref: error.type\n        brief", new: "      - ref: cx.trip.id\n        requirement_level: opt_in\n      - ref: error.type\n        brief", want: "group attributes.cx.trip: refers to cx.trip.id twice",
		},
		{
			name: "reference in a registry group", reason: "OpenTelemetry's own policy",
			old: "      - id: cx.trip.id", new: "      - ref: cx.trip.end\n        requirement_level: required\n      - id: cx.trip.id", want: "a registry. group only defines attributes",
		},
		{
			name: "definition outside a registry group", reason: "OpenTelemetry's own policy",
			old: "      - ref: cx.trip.id\n        requirement_level: required", new: "      - id: cx.trip.seat\n        type: boolean\n        stability: development\n        brief: A seat.", want: "attribute cx.trip.seat: is defined in attributes.cx.trip",
		},
		{
			name: "definition of a standard attribute", reason: "the attribute would have two meanings",
			old: "id: cx.trip.id", new: "id: session.id", want: "attribute session.id: belongs to OpenTelemetry: refer to it instead",
		},
		{
			name: "standard attribute without a description", reason: "the page would have an empty line for the attribute",
			old: "        brief: What went wrong.\n", new: "", want: "attribute error.type: no attributes. group describes it",
		},
		{
			name: "extends nothing", reason: "a signal must not inherit from a missing group",
			old: "extends: attributes.cx.trip", new: "extends: attributes.cx.no", want: "extends attributes.cx.no, which does not exist",
		},
		{
			name: "extends a registry group", reason: "that would put every attribute on the signal",
			old: "extends: attributes.cx.trip", new: "extends: registry.cx.trip", want: "want a group whose id begins with attributes.",
		},
		{
			name: "extends itself", reason: "a cycle has no end",
			old: "    brief: The attributes of a trip.", new: "    brief: The attributes of a trip.\n    extends: attributes.cx.trip", want: "group attributes.cx.trip: extends itself",
		},
		{
			name: "upper case", reason: "OpenTelemetry's naming rule",
			old: "id: cx.trip.stops", new: "id: cx.trip.Stops", want: "attribute cx.trip.Stops: malformed name",
		},
		{
			name: "hyphen", reason: "OpenTelemetry's naming rule",
			old: "metric_name: cx.trip.ended", new: "metric_name: cx.trip-ended", want: "metric cx.trip-ended: malformed name",
		},
		{
			name: "not Cairn's namespace", reason: "Cairn's own names begin with cx.",
			old: "    name: cx.trip.ended", new: "    name: trip.ended", want: "event trip.ended: malformed name: want cx.",
		},
		{
			name: "attribute that is a namespace", reason: "backends that make a tree of the dots refuse or drop one of the two",
			old: "id: cx.trip.stops", new: "id: cx.trip", want: "attribute cx.trip: is also the namespace of cx.trip.name",
		},
		{
			name: "metric that is a namespace", reason: "OpenTelemetry's own policy",
			old: "  - id: metric.cx.trip.ended\n    type: metric\n    metric_name: cx.trip.ended", new: "  - id: metric.cx.trip\n    type: metric\n    metric_name: cx.trip", want: "metric cx.trip: is also the namespace of cx.trip.duration",
		},
		{
			name: "equal in Go", reason: "the constants would collide",
			old: "id: cx.trip.stops", new: "id: cx.trip_id", want: "attribute cx.trip_id: becomes TripID in Go, like cx.trip.id",
		},
		{
			name: "attribute twice", reason: "the attribute would have two meanings",
			old: "id: cx.trip.stops", new: "id: cx.trip.id", want: "attribute cx.trip.id: already defined at " + goodPath + ":15",
		},
		{
			name: "group twice", reason: "a reference would be ambiguous",
			old: "id: span.cx.trip\n", new: "id: attributes.cx.trip\n", want: "group attributes.cx.trip: already defined at " + goodPath + ":38",
		},
		{
			name: "member twice", reason: "OpenTelemetry's own policy",
			old: "value: late", new: "value: on_time", want: "member late: its id or its value occurs twice",
		},
		{
			name: "malformed member", reason: "OpenTelemetry's own policy",
			old: "id: on_time", new: "id: On-time", want: "member On-time: malformed id",
		},
		{
			name: "unknown attribute type", reason: "the generator must not skip a type that it does not know",
			old: "type: int", new: "type: uuid", want: `attribute cx.trip.stops: unknown type "uuid"`,
		},
		{
			name: "metric group's id", reason: "Weaver finds a metric by its id",
			old: "id: metric.cx.trip.ended", new: "id: metric.trips", want: "group metric.trips: want the id metric.cx.trip.ended",
		},
		{
			name: "event group's id", reason: "Weaver finds an event by its id",
			old: "id: event.cx.trip.ended", new: "id: event.trips", want: "group event.trips: want the id event.cx.trip.ended",
		},
		{
			name: "span group's id", reason: "Weaver takes the span's type from the id",
			old: "id: span.cx.trip", new: "id: trip", want: "group trip: want an id that begins with span.cx.",
		},
		{
			name: "attribute group's id", reason: "the id says whether the group defines or refers",
			old: "id: attributes.cx.trip", new: "id: cx.trip", want: "group cx.trip: want an id that begins with registry.",
		},
		{
			name: "no heading", reason: "the page would have a section without a name",
			old: "    display_name: Trip attributes\n", new: "", want: "group registry.cx.trip: has no display_name",
		},
		{
			name: "span kind", reason: "the words are OpenTelemetry's",
			old: "span_kind: internal", new: "span_kind: local", want: `unknown span_kind "local"`,
		},
		{
			name: "span without a trace", reason: "a reader has to know in which trace the span is",
			old: "        trace: journey\n", new: "", want: "annotations.cx wants span_name, and trace: journey or request",
		},
		{
			name: "span without attributes", reason: "a span that says nothing is a mistake",
			old: "    extends: attributes.cx.trip\n    attributes:\n      - ref: cx.trip.name\n        requirement_level: required\n    annotations:\n      cx:\n        span_name", new: "    annotations:\n      cx:\n        span_name",
			want: "group span.cx.trip: has neither attributes nor extends",
		},
		{
			name: "standard attribute described twice", reason: "the reference page has one description of it",
			old: "  - id: metric.cx.trip.ended\n", new: "  - id: attributes.cx.other\n    type: attribute_group\n    brief: Others.\n    attributes:\n      - ref: error.type\n        brief: Why it went wrong.\n        requirement_level: opt_in\n  - id: metric.cx.trip.ended\n",
			want: "attribute error.type: already described at " + goodPath + ":",
		},
		{
			name: "annotation of another tool", reason: "the generator knows its own ones alone",
			old: "    annotations:\n      cx:\n        opt_in: true", new: "    annotations:\n      other: {}", want: `group event.cx.trip.ended: annotations: unknown key "other": want one of cx`,
		},
		{
			name: "wrong schema address", reason: "Weaver takes name and version from the address", manifest: true,
			old: "schemas/0.1.0", new: "schemas/next", want: "manifest.yaml:1:1: manifest: schema_url",
		},
		{
			name: "another release of the conventions", reason: "the standard attributes and the registry need the same release", manifest: true,
			old: "schemas/1.43.0", new: "schemas/1.40.0", want: "manifest.yaml:4:1: manifest: does not depend on " + semconvSchema,
		},
	} {
		t.Run(s.name, s.test)
	}
}

// TestMetricsAreChecked: faults of metrics that Weaver accepts and backends do not.
func TestMetricsAreChecked(t *testing.T) {
	on := func(attr string) string {
		return "  - id: metric.cx.trip.ended\n    type: metric\n    metric_name: cx.trip.ended\n    stability: development\n" +
			"    brief: Trips that ended.\n    instrument: counter\n    unit: \"{trip}\"\n    attributes:\n      - ref: " + attr
	}
	good := on("cx.trip.name")
	for _, s := range []spoiled{
		{
			name: "customer", reason: "each customer would have a series that cannot be erased",
			old: good, new: on("user.hash"), want: "metric cx.trip.ended: attribute user.hash: never on metrics: it identifies one customer",
		},
		{
			name: "session", reason: "each session would have a series",
			old: good, new: on("session.id"), want: "attribute session.id: never on metrics",
		},
		{
			name: "unbounded string", reason: "the definition must say what bounds the values",
			old: good, new: on("cx.trip.id"), want: "attribute cx.trip.id: its values are not bounded",
		},
		{
			name: "unbounded number", reason: "a number has as many values as a string",
			old: good, new: on("cx.trip.stops"), want: "attribute cx.trip.stops: its values are not bounded",
		},
		{
			name: "errors without a list", reason: "each metric's own list bounds error.type",
			old:  "        requirement_level: opt_in\n        annotations:\n          cx:\n            values:\n              - value: strike\n                brief: The drivers were on strike.\n",
			new:  "        requirement_level: opt_in\n",
			want: "attribute error.type: list its values here",
		},
		{
			name: "value without a brief", reason: "each value needs an explanation, like those of an enum",
			old: "                brief: The drivers were on strike.\n", new: "", want: "value strike: has no brief",
		},
		{
			name: "instrument", reason: "the words are OpenTelemetry's, of synchronous instruments",
			old: "instrument: counter", new: "instrument: observablecounter", want: `unknown instrument "observablecounter"`,
		},
		{
			name: "unit", reason: "OpenTelemetry counts things in braces",
			old: `unit: "{trip}"`, new: "unit: trips", want: `unit "trips"`,
		},
		{
			name: "milliseconds", reason: "OpenTelemetry measures time in seconds",
			old: "unit: s", new: "unit: ms", want: `unit "ms"`,
		},
		{
			name: "duration that is counted", reason: "its distribution is what matters",
			old: "instrument: histogram", new: "instrument: counter", want: "a metric in s has to be a histogram",
		},
		{
			name: "histogram without buckets", reason: "OpenTelemetry's default boundaries fit milliseconds",
			old: "        buckets: [0.5, 1, 2]\n", new: "", want: "metric cx.trip.duration: a histogram needs annotations.cx.buckets, and no other instrument may have them",
		},
		{
			name: "counter with buckets", reason: "a counter would ignore the buckets",
			old: "        question: How many trips?", new: "        question: How many trips?\n        buckets: [1]", want: "metric cx.trip.ended: a histogram needs annotations.cx.buckets, and no other instrument",
		},
		{
			name: "buckets that fall", reason: "OpenTelemetry refuses them when the service runs",
			old: "[0.5, 1, 2]", new: "[0.5, 2, 1]", want: "its buckets do not rise: 1 after 2",
		},
		{
			name: "bucket that is no number", reason: "only numbers are boundaries",
			old: "[0.5, 1, 2]", new: "[0.5, one]", want: "its buckets has an item that is not a number",
		},
		{
			name: "no question", reason: "a metric has to answer a question",
			old: "        question: How long?\n", new: "", want: "metric cx.trip.duration: annotations.cx needs the question that the metric answers",
		},
		{
			name: "query for another metric", reason: "a renamed metric leaves a query that finds nothing",
			old: "cx_trip_duration_seconds_sum", new: "cx_trip_time_seconds_sum", want: "its query does not have cx_trip_duration_seconds",
		},
	} {
		t.Run(s.name, s.test)
	}
}

// TestNeverOnMetrics: no bound allows these attributes on a metric.
func TestNeverOnMetrics(t *testing.T) {
	for name := range neverOnMetrics() {
		t.Run(name, func(t *testing.T) {
			reg, err := load(filesystem(goodManifest, goodModel))
			if err != nil {
				t.Fatal(err)
			}
			var probs problems
			g := reg.byID["metric.cx.trip.ended"]
			g.uses = []use{{attribute: &attribute{id: name, kind: enum, bound: "nothing"}, ref: &attribute{}}}
			g.checkMetric(&probs)
			if err := probs.err(); err == nil || !strings.Contains(err.Error(), "never on metrics") {
				t.Errorf("the error is %v, want that the attribute is never on metrics", err)
			}
		})
	}
}

// TestAllFaultsAtOnce: one run reports every fault, in the order of the lines.
func TestAllFaultsAtOnce(t *testing.T) {
	model := strings.NewReplacer("unit: s", "unit: ms", "span_kind: internal", "span_kind: local").Replace(goodModel)
	_, err := load(filesystem(goodManifest, model))
	if err == nil {
		t.Fatal("no error")
	}
	unit, kind := strings.Index(err.Error(), `"ms"`), strings.Index(err.Error(), `"local"`)
	if unit < 0 || kind < unit {
		t.Errorf("the error is %q, want the unit and then the span_kind in it", err)
	}
}

func TestFilesAreChecked(t *testing.T) {
	const manifest = modelFolder + "/" + manifestFile
	for _, tt := range []struct {
		name, reason string
		files        fstest.MapFS
		want         string
	}{
		{"no folder", "the usual cause is a wrong -root", fstest.MapFS{}, "-root has to be the repository's root"},
		{
			"no manifest", "without a manifest Weaver does not recognise the registry",
			fstest.MapFS{goodPath: {Data: []byte(goodModel)}},
			"has no manifest.yaml",
		},
		{
			"not YAML", "a tab is the usual cause",
			fstest.MapFS{manifest: {Data: []byte("schema_url: x\n\tdescription: y\n")}},
			manifest + ":2:1: not YAML",
		},
		{
			"empty", "an empty file is a mistake, not an empty registry",
			fstest.MapFS{manifest: {Data: []byte(goodManifest)}, goodPath: {}},
			goodPath,
		},
		{
			"two documents", "Weaver reads one",
			fstest.MapFS{manifest: {Data: []byte(goodManifest)}, goodPath: {Data: []byte(goodModel + "---\n" + goodModel)}},
			goodPath + ": has 2 YAML documents: want one",
		},
		{
			"a list", "each file of the model has to be a mapping",
			fstest.MapFS{manifest: {Data: []byte(goodManifest)}, goodPath: {Data: []byte("- groups\n")}},
			goodPath + ":1:1: file: want a mapping with the keys groups",
		},
	} {
		t.Run(tt.name, func(t *testing.T) {
			_, err := load(tt.files)
			if err == nil || !strings.Contains(err.Error(), tt.want) {
				t.Errorf("the error is %v, want %q in it: %s", err, tt.want, tt.reason)
			}
		})
	}
}
