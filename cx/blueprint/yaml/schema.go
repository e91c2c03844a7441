package yaml

import (
	"encoding/json"
	"reflect"
	"strings"

	"cairncx.dev/cairn/cx/blueprint"
	"cairncx.dev/cairn/cx/event"
)

// SchemaID names the schema of the form's version that is written today.
const SchemaID = "https://cairncx.dev/schemas/blueprint/1.json"

// node is a JSON Schema, 2020-12, as far as a blueprint needs one.
type node struct {
	Schema               string              `json:"$schema,omitempty"`
	ID                   string              `json:"$id,omitempty"`
	Title                string              `json:"title,omitempty"`
	Description          string              `json:"description,omitempty"`
	Type                 string              `json:"type"`
	Const                *int                `json:"const,omitempty"`
	Enum                 []string            `json:"enum,omitempty"`
	MinLength            int                 `json:"minLength,omitempty"`
	MaxLength            int                 `json:"maxLength,omitempty"`
	Pattern              string              `json:"pattern,omitempty"`
	Examples             []string            `json:"examples,omitempty"`
	MaxItems             int                 `json:"maxItems,omitempty"`
	UniqueItems          bool                `json:"uniqueItems,omitempty"`
	Items                *node               `json:"items,omitempty"`
	MaxProperties        int                 `json:"maxProperties,omitempty"`
	Required             []string            `json:"required,omitempty"`
	DependentRequired    map[string][]string `json:"dependentRequired,omitempty"`
	PropertyNames        *node               `json:"propertyNames,omitempty"`
	Properties           map[string]*node    `json:"properties,omitempty"`
	AdditionalProperties any                 `json:"additionalProperties,omitempty"`
}

// Schema returns the JSON Schema (2020-12) of the file, made from the types of package blueprint.
// It is as strict as a schema can be; that a stage is one of its journey's, and that no name is
// there twice, only [Parse] says. The same is in the file schema.json beside this package.
func Schema() []byte {
	root := schemaOf(reflect.TypeFor[blueprint.Blueprint](), "Blueprint")
	root.Schema = "https://json-schema.org/draft/2020-12/schema"
	root.ID = SchemaID
	root.Title = "Cairn blueprint"
	data, err := json.MarshalIndent(root, "", "  ")
	if err != nil { // it is made of strings and numbers only
		return nil
	}
	return append(data, '\n')
}

// namePattern is what event.ValidName takes, but for the length in bytes, Unicode's normal form, and characters
// that cannot be seen beyond control characters: what it cannot say, the blueprint's validation does.
const namePattern = `^[^_\x00-\x1f\x7f-\x9f][^\x00-\x1f\x7f-\x9f]*$`

func nameNode() *node {
	return &node{Type: "string", MinLength: 1, MaxLength: event.MaxName, Pattern: namePattern}
}

// schemaOf returns the schema of a type; what is the name of its descriptions.
func schemaOf(t reflect.Type, what string) *node {
	var n *node
	switch {
	case t == reflect.TypeFor[blueprint.Duration]():
		n = &node{Type: "string", MinLength: 1, MaxLength: 64, Pattern: blueprint.DurationPattern, Examples: []string{"800ms", "30m", "12h", "2d", "1w"}}
	case t.Kind() == reflect.Struct:
		n = structSchema(t)
	case t.Kind() == reflect.Slice && t.Elem().Kind() == reflect.Struct:
		n = &node{Type: "array", MaxItems: blueprint.MaxNames, Items: schemaOf(t.Elem(), t.Elem().Name())}
	case what == "Journey.channels":
		n = &node{Type: "array", MaxItems: len(blueprint.Channels()), UniqueItems: true, Items: &node{Type: "string", Enum: blueprint.Channels()}}
	case t.Kind() == reflect.Slice:
		n = &node{Type: "array", MaxItems: blueprint.MaxNames, UniqueItems: true, Items: nameNode()}
	case t.Kind() == reflect.Map:
		n = &node{Type: "object", MaxProperties: blueprint.MaxNames, PropertyNames: nameNode(), AdditionalProperties: &node{Type: "string", Enum: blueprint.Channels()}}
	case t.Kind() == reflect.Int:
		v := blueprint.Version
		n = &node{Type: "integer", Const: &v}
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
		n.DependentRequired = map[string][]string{"stage": {"journey"}, "ends": {"journey"}}
	}
	return n
}

// textSchema returns the schema of a text: one of a few words, a description or a name.
func textSchema(what string) *node {
	switch what {
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

// descriptions returns what an editor shows for each key, by its type and key.
func descriptions() map[string]string {
	const (
		owner = "Who answers for it: a team or a person. For people; nothing is measured by it."
		about = "What it is, in a sentence or two. For people; nothing is measured by it."
	)
	return map[string]string{
		"Blueprint":              "What a company promises its customers: journeys, touchpoints and surveys.",
		"Blueprint.version":      "The version of this file's form. Always 1.",
		"Blueprint.journeys":     "What customers set out to do: check out, get a permit, have a fault repaired.",
		"Blueprint.touchpoints":  "The single interactions of customers with the company, and how fast they have to be.",
		"Blueprint.surveys":      "The questions that customers are asked.",
		"Blueprint.channels":     "Other spellings of the standard channels, as other systems have them: Desk: in_person.",
		"Journey":                "One journey.",
		"Journey.name":           "The name in code, metrics and traces, such as checkout. At most 64 bytes.",
		"Journey.description":    about,
		"Journey.owner":          owner,
		"Journey.stages":         "The stages that customers pass, in the order of the promise. They may be skipped, and entered again.",
		"Journey.abandon_after":  "How long nothing may happen before the customer has left, such as 30m or 2d. Without it nobody ever has.",
		"Journey.channels":       "The channels by which customers go through it. Their counters begin at zero, so that the first start and end are seen. Without it: web.",
		"Stage":                  "One stage of the journey.",
		"Stage.name":             "The name in code, metrics and traces, such as payment. At most 64 bytes.",
		"Stage.description":      about,
		"Stage.expect":           "How long a customer is in the stage at most when all is well, such as 2m. Longer is a stall, and is reported.",
		"Touchpoint":             "One touchpoint.",
		"Touchpoint.name":        "The name in code, metrics and traces, such as submit-payment. At most 64 bytes.",
		"Touchpoint.description": about,
		"Touchpoint.owner":       owner,
		"Touchpoint.journey":     "The journey that it belongs to: the name of one above.",
		"Touchpoint.stage":       "The stage of that journey in which it happens: a customer who meets it is there.",
		"Touchpoint.satisfied":   "The Apdex target, such as 800ms: up to it a customer is satisfied, up to four times of it tolerating, beyond it frustrated.",
		"Touchpoint.ends":        "How it ends its journey when it does not fail. Without it, it does not.",
		"Survey":                 "One survey: a question on a scale.",
		"Survey.name":            "The name in code and metrics, such as post-purchase. At most 64 bytes.",
		"Survey.description":     about,
		"Survey.owner":           owner,
		"Survey.scale":           "nps is 0 to 10, csat 1 to 5, ces 1 to 7, stars 1 to 5, thumbs 0 or 1.",
		"Survey.journey":         "The journey that it asks about: the name of one above.",
		"Survey.causes":          "The causes that a customer can choose from, such as price and delivery.",
	}
}
