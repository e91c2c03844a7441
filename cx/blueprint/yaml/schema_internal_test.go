package yaml

import (
	"reflect"
	"testing"

	"cairncx.dev/cairn/cx/blueprint"
)

// TestSchemaOfNumbers: the version is the only number with one allowed value.
func TestSchemaOfNumbers(t *testing.T) {
	t.Parallel()
	if n := schemaOf(reflect.TypeFor[int](), "Blueprint.version"); n.Const == nil || *n.Const != blueprint.Version {
		t.Errorf("the version may be %v, want %d only", n.Const, blueprint.Version)
	}
	if n := schemaOf(reflect.TypeFor[int](), "Touchpoint.limit"); n.Type != "integer" || n.Const != nil {
		t.Errorf("another number has the type %q and may be %v only", n.Type, n.Const)
	}
}
