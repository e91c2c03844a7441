package yaml_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"os"
	"reflect"
	"regexp"
	"strings"
	"testing"

	goyaml "github.com/goccy/go-yaml"
	"github.com/santhosh-tekuri/jsonschema/v6"

	"cairncx.dev/cairn/cx/blueprint"
	"cairncx.dev/cairn/cx/blueprint/yaml"
	"cairncx.dev/cairn/cx/slo"
)

// compile compiles the schema with a third-party validator.
func compile(tb testing.TB) *jsonschema.Schema {
	tb.Helper()
	doc, err := jsonschema.UnmarshalJSON(bytes.NewReader(yaml.Schema()))
	if err != nil {
		tb.Fatal(err)
	}
	c := jsonschema.NewCompiler()
	c.AssertFormat()
	if err := c.AddResource(yaml.SchemaID, doc); err != nil {
		tb.Fatal(err)
	}
	s, err := c.Compile(yaml.SchemaID) // checks it against the meta-schema, too
	if err != nil {
		tb.Fatal(err)
	}
	return s
}

// check validates a file against the schema, as editors do. The library cuts an opening in brackets within braces at its
// colon (see joined), so that check puts openings in quotes.
func check(s *jsonschema.Schema, file []byte) error {
	opening := regexp.MustCompile(`([\[{,:] ?)([0-9]+:[0-9]+-[0-9]+:[0-9]+)`)
	data, err := goyaml.YAMLToJSON(opening.ReplaceAll(file, []byte(`$1"$2"`)))
	if err != nil {
		return err
	}
	v, err := jsonschema.UnmarshalJSON(bytes.NewReader(data))
	if err != nil {
		return err
	}
	return s.Validate(v)
}

func TestSchema(t *testing.T) {
	t.Parallel()
	s := compile(t)
	file, err := os.ReadFile("testdata/shop.yaml")
	if err != nil {
		t.Fatal(err)
	}
	if err := check(s, file); err != nil {
		t.Errorf("the schema rejects a valid file: %v", err)
	}
	for _, c := range mistakes() {
		if !c.schema {
			continue
		}
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			err := check(s, []byte(c.file))
			var invalid *jsonschema.ValidationError
			if !errors.As(err, &invalid) {
				t.Errorf("the schema accepts the file, or the validator cannot read it: %s: %v", c.reason, err)
			}
		})
	}
}

// TestSchemaFile: the committed schema.json equals what Schema returns.
func TestSchemaFile(t *testing.T) {
	t.Parallel()
	golden(t, "schema.json", yaml.Schema())
}

// TestSchemaDescribes: every key has a description, and no mapping allows additional keys.
func TestSchemaDescribes(t *testing.T) {
	t.Parallel()
	var root map[string]any
	if err := json.Unmarshal(yaml.Schema(), &root); err != nil {
		t.Fatal(err)
	}
	keys := 0
	// The description of these lists is that of each entry.
	lists := regexp.MustCompile(`\.(causes|channels|intents|pause|keeps|by_hand|outcome|apdex|verdict|actor|channel|segment|cause|by|journeys|objectives|stopped_by|purposes|segments)\[\]$`)
	var walk func(path string, n map[string]any)
	walk = func(path string, n map[string]any) {
		keys++
		if n["description"] == nil && !lists.MatchString(path) && !strings.HasSuffix(path, "|") {
			t.Errorf("%s has no description", path)
		}
		if items, ok := n["items"].(map[string]any); ok {
			walk(path+"[]", items)
		}
		if values, ok := n["additionalProperties"].(map[string]any); ok && !strings.HasSuffix(path, ".channels") {
			walk(path+"{}", values)
		}
		forms, _ := n["anyOf"].([]any) // the description of the whole is that of each form
		for _, f := range forms {
			if f := f.(map[string]any); f["type"] == "object" {
				walk(path+"|", f)
			}
		}
		properties, ok := n["properties"].(map[string]any)
		if ok && n["additionalProperties"] != false {
			t.Errorf("%s allows unknown keys", path)
		}
		for key, p := range properties {
			walk(path+"."+key, p.(map[string]any))
		}
	}
	walk("", root)
	// A list has its entry as another place, a map its value, and a holiday its long form.
	objectives, maintenance, contact := 1+17+(1+2)+(9+3)+(5+5)+1, 1+8+1+2, 6+(1+10+1+1)+(1+3+1)+(1+3+1)
	contacts := (1 + 6 + 1 + 1 + 4) + 2*(1+1)              // queues with their channels and service levels, intents, causes
	followUps := (1 + 1 + 11) + (1 + 4) + (1 + 10 + 1 + 1) // with their severities and their rules, which have segments and causes
	const actions, breakdowns = 1 + 1 + 6, (1 + 8) + (1 + 5)
	const log = 1 + 7 + 1 + 1 + 15                              // with the columns, and a value of attributes and of activities
	const match = 1 + (1 + 3 + 1 + 4*(1+1+3) + 1 + (1 + 2) + 2) // a rule with the texts of attributes, and sources in their long form
	if want := 1 + 10 + log + match + followUps + actions + breakdowns + contacts + (1 + 8 + 1 + 1 + 3 + 1 + 8 + 1 + 1) + (1 + 9 + 1) + (1 + 15 + 2 + 1 + (2 + 1)) + (1 + 3 + 1 + 1 + 1 + 2) + objectives + maintenance + contact; keys != want {
		t.Errorf("the schema has %d places, want %d", keys, want)
	}
}

// TestKinds: the decoder and the schema support every type in a blueprint, and each field has the same key in
// YAML and JSON.
func TestKinds(t *testing.T) {
	t.Parallel()
	var walk func(reflect.Type)
	walk = func(ty reflect.Type) {
		switch reflect.Zero(ty).Interface().(type) {
		case int, bool, string, float64, *int, blueprint.Pattern, blueprint.Duration, blueprint.Within, blueprint.Share, slo.Window:
			return
		}
		switch ty.Kind() {
		case reflect.Struct:
			for f := range ty.Fields() {
				if f.Tag.Get("yaml") == "" || f.Tag.Get("yaml") != f.Tag.Get("json") {
					t.Errorf("%s.%s is %q in YAML and %q in JSON", ty, f.Name, f.Tag.Get("yaml"), f.Tag.Get("json"))
				}
				walk(f.Type)
			}
		case reflect.Slice:
			walk(ty.Elem())
		case reflect.Pointer:
			if ty != reflect.TypeFor[*blueprint.Contact]() && ty != reflect.TypeFor[*blueprint.Log]() && ty != reflect.TypeFor[*blueprint.Breakdowns]() {
				t.Errorf("%s is a pointer to an unsupported type", ty)
			}
			walk(ty.Elem())
		case reflect.Map:
			switch reflect.Zero(ty).Interface().(type) {
			case map[string]string, map[string]blueprint.Hours, map[string]blueprint.Openings, map[string]blueprint.Activity, map[string]blueprint.Pattern:
				walk(ty.Elem())
			default:
				t.Errorf("%s is a map of an unsupported type", ty)
			}
		default:
			t.Errorf("%s is not a supported type", ty)
		}
	}
	walk(reflect.TypeFor[blueprint.Blueprint]())
}
