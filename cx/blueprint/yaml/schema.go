package yaml

import (
	"encoding/json"
	"reflect"
	"strings"

	"cairncx.dev/cairn/cx/blueprint"
	"cairncx.dev/cairn/cx/calendar"
	"cairncx.dev/cairn/cx/event"
	"cairncx.dev/cairn/journey"
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
	Not                  *node               `json:"not,omitempty"`
	Const                *int                `json:"const,omitempty"`
	Enum                 []string            `json:"enum,omitempty"`
	MinLength            int                 `json:"minLength,omitempty"`
	MaxLength            int                 `json:"maxLength,omitempty"`
	Pattern              string              `json:"pattern,omitempty"`
	ExclusiveMinimum     *float64            `json:"exclusiveMinimum,omitempty"`
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
	case t == reflect.TypeFor[blueprint.Openings]():
		n = openingsSchema(what)
	case t == reflect.TypeFor[blueprint.Holiday]():
		date := &node{Type: "string", Pattern: calendar.DatePattern, Examples: []string{"2026-12-25"}}
		n = &node{AnyOf: []*node{date, structSchema(t)}}
	case t.Kind() == reflect.Struct:
		n = structSchema(t)
	case t.Kind() == reflect.Slice && t.Elem().Kind() == reflect.Struct:
		n = &node{Type: "array", MaxItems: blueprint.MaxNames, Items: schemaOf(t.Elem(), t.Elem().Name())}
	case what == "Journey.channels":
		n = &node{Type: "array", MaxItems: len(blueprint.Channels()), UniqueItems: true, Items: &node{Type: "string", Enum: blueprint.Channels()}}
	case t.Kind() == reflect.Slice:
		n = &node{Type: "array", MaxItems: blueprint.MaxNames, UniqueItems: true, Items: nameNode()}
	case what == "Blueprint.channels":
		n = &node{Type: "object", MaxProperties: blueprint.MaxNames, PropertyNames: nameNode(), AdditionalProperties: &node{Type: "string", Enum: blueprint.Channels()}}
	case what == "Hours.open":
		days := &node{Type: "string", Pattern: calendar.DaysPattern}
		n = &node{Type: "object", MinProperties: 1, MaxProperties: 7, PropertyNames: days, AdditionalProperties: schemaOf(t.Elem(), "Openings")}
	case t.Kind() == reflect.Map:
		n = &node{Type: "object", MaxProperties: blueprint.MaxNames, PropertyNames: nameNode(), AdditionalProperties: schemaOf(t.Elem(), t.Elem().Name())}
	case what == "Blueprint.version":
		v := blueprint.Version
		n = &node{Type: "integer", Const: &v}
	case t.Kind() == reflect.Int:
		n = &node{Type: "integer"}
	default:
		n = textSchema(what)
	}
	n.Description = descriptions()[what]
	return n
}

func structSchema(t reflect.Type) *node {
	n := &node{Type: "object", Properties: map[string]*node{}, AdditionalProperties: false}
	for f := range t.Fields() {
		key, rest, _ := strings.Cut(f.Tag.Get("yaml"), ",")
		n.Properties[key] = schemaOf(f.Type, t.Name()+"."+key)
		if !strings.Contains(rest, "omitempty") {
			n.Required = append(n.Required, key)
		}
	}
	if t == reflect.TypeFor[blueprint.Touchpoint]() {
		n.DependentRequired = map[string][]string{"stage": {"journey"}, "ends": {"journey"}, "keeps": {"journey"}}
	}
	if t == reflect.TypeFor[blueprint.Promise]() { // business days need hours
		duration := &node{Pattern: blueprint.DurationPattern}
		n.AnyOf = []*node{{Required: []string{"hours"}}, {Properties: map[string]*node{"within": duration}}}
	}
	if t == reflect.TypeFor[blueprint.Stage]() {
		n.Properties["name"].Not = &node{Enum: []string{journey.AtStart, journey.AtEnd}}
	}
	return n
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
	case "Hours.zone":
		return &node{Type: "string", MinLength: 1, MaxLength: event.MaxName, Examples: []string{"Europe/London", "America/New_York", "UTC"}}
	case "Holiday.date":
		return &node{Type: "string", Pattern: calendar.DatePattern}
	case "Touchpoint.ends":
		return &node{Type: "string", Enum: blueprint.Endings()}
	case "Survey.scale":
		return &node{Type: "string", Enum: blueprint.Scales()}
	}
	if strings.HasSuffix(what, ".description") {
		return &node{Type: "string", MinLength: 1, MaxLength: event.MaxText}
	}
	return nameNode()
}

// descriptions returns the text that an editor shows for each key, by type and key.
func descriptions() map[string]string {
	const (
		owner = "The responsible team or person. It serves readers only and has no effect."
		about = "An explanation in a sentence or two. It serves readers only and has no effect."
	)
	return map[string]string{
		"Blueprint":              "The promises of a company to its customers: journeys, touchpoints and surveys, and when it is open.",
		"Blueprint.version":      "The version of the file format. Always 1.",
		"Blueprint.journeys":     "The journeys: the things that customers set out to do, such as check out, get a permit or have a fault repaired.",
		"Blueprint.touchpoints":  "The touchpoints: single interactions of customers with the company, with their target times.",
		"Blueprint.surveys":      "The surveys: the questions that the company asks its customers.",
		"Blueprint.channels":     "The spellings that other systems use for the standard channels, such as Desk: in_person.",
		"Blueprint.hours":        "When the company, a team or a desk is open, by name, such as office. Promises count time by it.",
		"Hours":                  "When the company is open: a zone, openings by weekday, and holidays.",
		"Hours.zone":             "The time zone of the openings: its name in the IANA database, such as Europe/London or UTC.",
		"Hours.open":             "The openings by weekday, such as mon-fri: 09:00-17:30. The days are a weekday, a range such as mon-fri, or daily. A weekday that is not named is closed.",
		"Hours.holidays":         "The dates that differ from their weekdays, at most 1,000: a date that is closed, or a date with its openings.",
		"Openings":               "An opening such as 09:00-17:30, 22:00-06:00 (until the next morning) or 24h, or a list of openings.",
		"Holiday":                "A date that is closed, such as 2026-12-25, or a date with its openings.",
		"Holiday.date":           "The date: year-month-day.",
		"Holiday.open":           "The openings that begin on the date. Without them the date is closed.",
		"Journey":                "One journey.",
		"Journey.name":           "The name in code, metrics and traces, such as checkout. At most 64 bytes.",
		"Journey.description":    about,
		"Journey.owner":          owner,
		"Journey.stages":         "The stages that customers go through, in the promised order. Customers may skip stages and return to them.",
		"Journey.abandon_after":  "The silence after which a journey counts as abandoned, such as 30m or 2d. Without it no journey is ever abandoned.",
		"Journey.channels":       "The channels on which customers use the journey. Their counters start at zero, so that backends see the first start and the first end. Default: web.",
		"Journey.promises":       "What the company promises each customer of the journey to do in time, such as an answer within a day.",
		"Journey.by_hand":        "Promises that only the application makes, to one customer at a time, such as a call back. Metrics count them by these names.",
		"Promise":                "One promise: something that happens in time. It is made when the customer gets to from, and kept when the customer gets to until in time.",
		"Promise.name":           "The name in code, metrics and reports, such as answered. At most 64 bytes.",
		"Promise.description":    about,
		"Promise.from":           "What makes the promise: a stage, when the customer enters it; a touchpoint, when it is over; or start, the beginning of the journey. Default: start.",
		"Promise.until":          "What keeps the promise: a stage, when the customer enters it; a touchpoint, when it is over; or end, the end of the journey as completed. Default: end.",
		"Promise.within":         "The time until the promise is due, such as 24h, or business days, such as 15bd, which need hours.",
		"Promise.hours":          "The hours in which the time counts, by their name under hours. Without it every hour counts.",
		"Promise.pause":          "The stages in which the time does not count, such as one in which the company waits for the customer.",
		"Promise.target":         "The share of the promises that is to be kept, such as 90% or 0.9. Reports show it.",
		"Stage":                  "One stage of the journey.",
		"Stage.name":             "The name in code, metrics and traces, such as payment. At most 64 bytes. The names start and end are reserved.",
		"Stage.description":      about,
		"Stage.expect":           "The longest that a visit to the stage should take, such as 2m. A visit that lasts this long or longer is a stall and is reported.",
		"Touchpoint":             "One touchpoint.",
		"Touchpoint.name":        "The name in code, metrics and traces, such as submit-payment. At most 64 bytes.",
		"Touchpoint.description": about,
		"Touchpoint.owner":       owner,
		"Touchpoint.journey":     "The journey that the touchpoint belongs to: the name of a journey of this file.",
		"Touchpoint.stage":       "The stage that the touchpoint belongs to. A customer who meets the touchpoint enters this stage.",
		"Touchpoint.satisfied":   "The Apdex target T, such as 800ms: up to T a customer is satisfied, up to 4T tolerating, beyond 4T frustrated.",
		"Touchpoint.ends":        "The outcome with which the touchpoint ends its journey unless the interaction fails. Without it the touchpoint does not end the journey.",
		"Touchpoint.keeps":       "The promises of the touchpoint's journey that it keeps when it is over, unless the interaction fails.",
		"Survey":                 "One survey: a question on a scale.",
		"Survey.name":            "The name in code and metrics, such as post-purchase. At most 64 bytes.",
		"Survey.description":     about,
		"Survey.owner":           owner,
		"Survey.scale":           "nps is 0 to 10, csat 1 to 5, ces 1 to 7, stars 1 to 5, thumbs 0 or 1.",
		"Survey.journey":         "The journey that the survey asks about: the name of a journey of this file.",
		"Survey.causes":          "The causes that a customer can choose from, such as price and delivery.",
	}
}
