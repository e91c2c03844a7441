package yaml

import (
	"encoding/json"
	"reflect"
	"strings"

	"cairncx.dev/cairn/cx/assist"
	"cairncx.dev/cairn/cx/blueprint"
	"cairncx.dev/cairn/cx/calendar"
	"cairncx.dev/cairn/cx/event"
	"cairncx.dev/cairn/cx/slo"
	"cairncx.dev/cairn/feedback"
	"cairncx.dev/cairn/journey"
	"cairncx.dev/cairn/touchpoint"
)

// SchemaID identifies the schema of the current version of the format.
const SchemaID = "https://cairncx.dev/schemas/blueprint/1.json"

// node is the part of JSON Schema 2020-12 that a blueprint needs.
type node struct {
	Schema               string              `json:"$schema,omitempty"`
	ID                   string              `json:"$id,omitempty"`
	Title                string              `json:"title,omitempty"`
	Description          string              `json:"description,omitempty"`
	Type                 string              `json:"type,omitempty"`
	AnyOf                []*node             `json:"anyOf,omitempty"`
	OneOf                []*node             `json:"oneOf,omitempty"`
	Not                  *node               `json:"not,omitempty"`
	Const                *int                `json:"const,omitempty"`
	Enum                 []string            `json:"enum,omitempty"`
	MinLength            int                 `json:"minLength,omitempty"`
	MaxLength            int                 `json:"maxLength,omitempty"`
	Pattern              string              `json:"pattern,omitempty"`
	Minimum              float64             `json:"minimum,omitempty"`
	ExclusiveMinimum     *float64            `json:"exclusiveMinimum,omitempty"`
	ExclusiveMaximum     float64             `json:"exclusiveMaximum,omitempty"`
	Maximum              float64             `json:"maximum,omitempty"`
	Examples             []string            `json:"examples,omitempty"`
	MinItems             int                 `json:"minItems,omitempty"`
	MaxItems             int                 `json:"maxItems,omitempty"`
	UniqueItems          bool                `json:"uniqueItems,omitempty"`
	Items                *node               `json:"items,omitempty"`
	MinProperties        int                 `json:"minProperties,omitempty"`
	MaxProperties        int                 `json:"maxProperties,omitempty"`
	Required             []string            `json:"required,omitempty"`
	DependentRequired    map[string][]string `json:"dependentRequired,omitempty"`
	PropertyNames        *node               `json:"propertyNames,omitempty"`
	Properties           map[string]*node    `json:"properties,omitempty"`
	AdditionalProperties any                 `json:"additionalProperties,omitempty"`
}

// Schema returns the JSON Schema (2020-12) of the file, generated from the types of package blueprint. The
// schema cannot express that a touchpoint's stage is one of its journey's, or that names are unique: [Parse]
// checks both. The file schema.json beside this package has the same content.
func Schema() []byte {
	root := schemaOf(reflect.TypeFor[blueprint.Blueprint](), "Blueprint")
	root.Schema = "https://json-schema.org/draft/2020-12/schema"
	root.ID = SchemaID
	root.Title = "Cairn blueprint"
	data, err := json.MarshalIndent(root, "", "  ")
	if err != nil { // cannot happen: the schema consists of strings and numbers
		return nil
	}
	return append(data, '\n')
}

// namePattern accepts what event.ValidName accepts, except that it checks neither the length in bytes, nor
// Unicode's normal form, nor invisible characters other than control characters. The blueprint's validation
// checks those.
const namePattern = `^[^_\x00-\x1f\x7f-\x9f][^\x00-\x1f\x7f-\x9f]*$`

func nameNode() *node {
	return &node{Type: "string", MinLength: 1, MaxLength: event.MaxName, Pattern: namePattern}
}

// schemaOf returns the schema of a type. The parameter what is the key of its description.
func schemaOf(t reflect.Type, what string) *node {
	var n *node
	switch {
	case t == reflect.TypeFor[blueprint.Duration]():
		n = &node{Type: "string", MinLength: 1, MaxLength: 64, Pattern: blueprint.DurationPattern, Examples: []string{"800ms", "30m", "12h", "2d", "1w"}}
	case t == reflect.TypeFor[blueprint.Within]():
		n = &node{Type: "string", MinLength: 1, MaxLength: 64, Pattern: blueprint.WithinPattern, Examples: []string{"60s", "24h", "56d", "15bd"}}
	case t == reflect.TypeFor[blueprint.Share]():
		n = &node{AnyOf: []*node{
			{Type: "string", Pattern: blueprint.SharePattern, Examples: []string{"90%", "99.9%"}},
			{Type: "number", ExclusiveMinimum: new(float64), Maximum: 1},
		}}
	case t == reflect.TypeFor[slo.Window]():
		n = &node{Type: "string", Pattern: slo.WindowPattern, Examples: []string{"7d", "28d", "calendar-month"}}
	case t == reflect.TypeFor[blueprint.Openings]():
		n = openingsSchema(what)
	case t == reflect.TypeFor[blueprint.Holiday]():
		date := &node{Type: "string", Pattern: calendar.DatePattern, Examples: []string{"2026-12-25"}}
		n = &node{AnyOf: []*node{date, structSchema(t)}}
	case matchSchema(t) != nil:
		n = matchSchema(t)
	case t.Kind() == reflect.Struct:
		n = structSchema(t)
	case t == reflect.TypeFor[*blueprint.Contact](), t == reflect.TypeFor[*blueprint.Log](), t == reflect.TypeFor[*blueprint.Breakdowns]():
		n = structSchema(t.Elem())
	case t.Kind() == reflect.Bool:
		n = &node{Type: "boolean"}
	case t.Kind() == reflect.Slice && t.Elem().Kind() == reflect.Struct:
		n = &node{Type: "array", MaxItems: mostEntries(what), Items: schemaOf(t.Elem(), t.Elem().Name())}
	case wordsOf(what) != nil:
		words := wordsOf(what)
		n = &node{Type: "array", MaxItems: len(words), UniqueItems: true, Items: &node{Type: "string", Enum: words}}
	case what == "Survey.causes":
		n = &node{Type: "array", MaxItems: feedback.MaxChoices, UniqueItems: true, Items: nameNode()}
	case t.Kind() == reflect.Slice:
		n = &node{Type: "array", MaxItems: blueprint.MaxNames, UniqueItems: true, Items: nameNode()}
	case what == "Blueprint.channels":
		n = &node{Type: "object", MaxProperties: blueprint.MaxNames, PropertyNames: nameNode(), AdditionalProperties: &node{Type: "string", Enum: blueprint.Channels()}}
	case what == "Survey.question" || what == "Testimonial.text":
		n = textsSchema()
	case what == "Hours.open" || what == "Maintenance.open":
		n = weekSchema(t.Elem())
	case t == reflect.TypeFor[map[string]blueprint.Activity](), what == "Log.attributes":
		n = logSchema(what)
	case t.Kind() == reflect.Map:
		n = &node{Type: "object", MaxProperties: blueprint.MaxNames, PropertyNames: nameNode(), AdditionalProperties: schemaOf(t.Elem(), t.Elem().Name())}
	case t.Kind() == reflect.Int, t == reflect.TypeFor[*int]():
		n = integerSchema(what)
	case t.Kind() == reflect.Float64:
		n = numberSchema(what)
	default:
		n = textSchema(what)
	}
	n.Description = describe(what)
	return n
}

func numberSchema(what string) *node {
	if what == "BreakdownSeverity.customers_a_day" {
		return &node{Type: "number", ExclusiveMinimum: new(float64), ExclusiveMaximum: blueprint.MaxCustomersADay}
	}
	return &node{Type: "number", Minimum: slo.MinWeight, Maximum: slo.MaxWeight}
}

func integerSchema(what string) *node {
	switch what {
	case "Blueprint.version":
		return &node{Type: "integer", Const: new(blueprint.Version)}
	case "Cap.most", "SharedCap.most":
		return &node{Type: "integer", ExclusiveMinimum: new(float64), Maximum: touchpoint.MaxCap}
	default:
		return &node{Type: "integer"}
	}
}

// mostEntries returns how many entries a list may have.
func mostEntries(what string) int {
	switch what {
	case "FollowUp.severities":
		return feedback.MaxSeverities
	case "FollowUp.open":
		return feedback.MaxRules
	case "Breakdowns.severities":
		return blueprint.MaxSeverities
	default:
		return blueprint.MaxNames
	}
}

func structSchema(t reflect.Type) *node {
	n := &node{Type: "object", Properties: map[string]*node{}, AdditionalProperties: false}
	for f := range t.Fields() {
		key, rest, _ := strings.Cut(f.Tag.Get("yaml"), ",")
		n.Properties[key] = schemaOf(f.Type, t.Name()+"."+key)
		if !strings.HasPrefix(rest, "omit") {
			n.Required = append(n.Required, key)
		}
	}
	if t == reflect.TypeFor[blueprint.Touchpoint]() {
		n.DependentRequired = map[string][]string{"stage": {"journey"}, "ends": {"journey"}, "keeps": {"journey"}}
	}
	if t == reflect.TypeFor[blueprint.Survey]() {
		n.DependentRequired = map[string][]string{"stage": {"journey"}}
	}
	if t == reflect.TypeFor[blueprint.Promise]() { // business days need hours
		duration := &node{Pattern: blueprint.DurationPattern}
		n.AnyOf = []*node{{Required: []string{"hours"}}, {Properties: map[string]*node{"within": duration}}}
	}
	if t == reflect.TypeFor[blueprint.Objective]() { // it is about one thing
		n.DependentRequired = map[string][]string{"promise": {"journey"}}
		n.OneOf = []*node{{Required: []string{"journey"}}, {Required: []string{"touchpoint"}}, {Required: []string{"survey"}}, {Required: []string{"queue"}}, {Required: []string{"effort"}}, {Required: []string{"of"}}}
	}
	switch t {
	case reflect.TypeFor[blueprint.Contact]():
		n.Properties["purposes"].MinItems = 1
	case reflect.TypeFor[blueprint.SharedCap]():
		n.Properties["purposes"].MinItems = 2
	}
	if t == reflect.TypeFor[blueprint.Stage]() {
		n.Properties["name"].Not = &node{Enum: []string{journey.AtStart, journey.AtEnd}}
	}
	return n
}

// lineNode returns the schema of a text of one line.
func lineNode(examples ...string) *node {
	return &node{Type: "string", MinLength: 1, MaxLength: event.MaxLine, Examples: examples}
}

// matchSchema returns the schema of a part of a rule for spans, or nil for another type.
func matchSchema(t reflect.Type) *node {
	switch t {
	case reflect.TypeFor[blueprint.MatchSource]():
		return &node{AnyOf: []*node{lineNode("cart.id"), sourceSchema(t)}}
	case reflect.TypeFor[blueprint.Matches]():
		one := schemaOf(t.Elem(), "Match")
		return &node{AnyOf: []*node{one, {Type: "array", MaxItems: blueprint.MaxNames, Items: one}}}
	case reflect.TypeFor[map[string]blueprint.Pattern]():
		return patternsSchema()
	default:
		return nil
	}
}

// sourceSchema returns the schema of a source that is written as a mapping: an attribute, or baggage that is trusted.
func sourceSchema(t reflect.Type) *node {
	n := structSchema(t)
	n.OneOf = []*node{{Required: []string{"attribute"}}, {Required: []string{"baggage", "trusted"}}}
	return n
}

// patternsSchema returns the schema of the texts that attributes of a span have.
func patternsSchema() *node {
	pattern := &node{Description: describe("Match.attributes."), AnyOf: []*node{lineNode("/pay", "/cart/*"), {Type: "number"}, {Type: "boolean"}}}
	key := &node{Type: "string", MinLength: 1, MaxLength: event.MaxLine, Not: &node{Pattern: `^cx\.`}}
	return &node{Type: "object", MaxProperties: event.MaxAttributes, PropertyNames: key, AdditionalProperties: pattern}
}

// wordsOf returns the words that a list may have, or nil for a list of names.
func wordsOf(what string) []string {
	switch what {
	case "Journey.channels", "Queue.channels", "Except.channel", "Purpose.channels", "Cap.channels", "Survey.channels":
		return blueprint.Channels()
	case "Good.outcome", "Except.outcome":
		return blueprint.Outcomes()
	case "Good.apdex":
		return blueprint.Zones()
	case "Good.verdict":
		return blueprint.Verdicts("")
	case "Except.actor":
		return blueprint.Actors()
	case "Objective.by":
		return blueprint.Dimensions()
	default:
		return nil
	}
}

// textsSchema returns the schema of texts by language.
func textsSchema() *node {
	language := &node{Type: "string", MaxLength: feedback.MaxLanguage, Pattern: feedback.LanguagePattern}
	text := &node{Type: "string", Description: "The text in this language.", MinLength: 1, MaxLength: event.MaxLine}
	return &node{Type: "object", MinProperties: 1, MaxProperties: feedback.MaxLanguages, PropertyNames: language, AdditionalProperties: text}
}

// logSchema returns the schema of the attributes, or of the activities, of a log.
func logSchema(what string) *node {
	if what == "Log.attributes" {
		column := &node{Type: "string", MinLength: 1, MaxLength: event.MaxLine, Description: describe("Log.attributes.")}
		return &node{
			Type: "object", MaxProperties: event.MaxAttributes, PropertyNames: &node{Type: "string", MinLength: 1, MaxLength: event.MaxName, Not: &node{Pattern: `^cx\.`}},
			AdditionalProperties: column,
		}
	}
	touchpoints := &node{
		AnyOf:       []*node{nameNode(), {Type: "array", MaxItems: blueprint.MaxNames, UniqueItems: true, Items: nameNode()}},
		Description: describe("Activity"),
	}
	activity := &node{Type: "string", MinLength: 1, MaxLength: blueprint.MaxActivity}
	return &node{Type: "object", MaxProperties: blueprint.MaxNames, PropertyNames: activity, AdditionalProperties: touchpoints}
}

// weekSchema returns the schema of openings by weekday.
func weekSchema(openings reflect.Type) *node {
	days := &node{Type: "string", Pattern: calendar.DaysPattern}
	return &node{Type: "object", MinProperties: 1, MaxProperties: 7, PropertyNames: days, AdditionalProperties: schemaOf(openings, "Openings")}
}

// openingsSchema returns the schema of one opening or a list of them. The list of a holiday may be empty.
func openingsSchema(what string) *node {
	least := 1
	if what == "Holiday.open" {
		least = 0
	}
	one := &node{Type: "string", Pattern: calendar.OpeningPattern, Examples: []string{"09:00-17:30", "22:00-06:00", "24h"}}
	return &node{AnyOf: []*node{one, {Type: "array", MinItems: least, MaxItems: calendar.MaxOpenings, UniqueItems: true, Items: one}}}
}

// textSchema returns the schema of a text, which is a word of an enumeration, a description or a name.
func textSchema(what string) *node {
	switch what {
	case "Log.time_format":
		return &node{Type: "string", MinLength: 1, MaxLength: event.MaxName, Examples: []string{"dmy", "%d.%m.%Y %H:%M"}}
	case "Log.encoding":
		return &node{Type: "string", MinLength: 1, MaxLength: event.MaxName, Examples: []string{"windows-1252", "utf-16"}}
	case "Log.delimiter":
		return &node{Type: "string", Pattern: `^([!#-~]|tab)$`, Examples: []string{";", "tab"}}
	case "Hours.zone", "Blueprint.zone", "Maintenance.zone", "Log.zone":
		return &node{Type: "string", MinLength: 1, MaxLength: event.MaxName, Examples: []string{"Europe/London", "America/New_York", "UTC"}}
	case "Maintenance.from", "Maintenance.until":
		return &node{Type: "string", Pattern: calendar.MomentPattern, Examples: []string{"2026-12-24 22:00"}}
	case "Objective.runbook":
		return &node{Type: "string", Pattern: "^https?://", Examples: []string{"https://wiki.example/checkout"}}
	case "Holiday.date":
		return &node{Type: "string", Pattern: calendar.DatePattern}
	case "Touchpoint.ends":
		return &node{Type: "string", Enum: blueprint.Endings()}
	case "Match.kind":
		return &node{Type: "string", Enum: blueprint.SpanKinds()}
	case "Match.outcome":
		return &node{Type: "string", Enum: blueprint.InteractionOutcomes()}
	case "Match.span":
		return lineNode("POST /pay", "GET /cart/*")
	case "MatchSource.attribute", "MatchSource.baggage", "MatchValue.attribute":
		return lineNode()
	case "MatchValue.currency":
		return &node{Type: "string", Pattern: "^[A-Z]{3}$", Examples: []string{"EUR", "USD"}}
	case "ServiceLevel.variant":
		return &node{Type: "string", Enum: assist.Variants()}
	case "OpenRule.on":
		return &node{Type: "string", Enum: blueprint.Triggers()}
	case "Survey.scale":
		return &node{Type: "string", Enum: blueprint.Scales()}
	}
	if strings.HasPrefix(what, "LogColumns.") {
		return &node{Type: "string", MinLength: 1, MaxLength: event.MaxLine}
	}
	if strings.HasSuffix(what, ".description") {
		return &node{Type: "string", MinLength: 1, MaxLength: event.MaxText}
	}
	return nameNode()
}
