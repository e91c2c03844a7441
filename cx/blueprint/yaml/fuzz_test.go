package yaml_test

import (
	"bytes"
	"errors"
	"os"
	"testing"
	"unicode/utf8"

	"github.com/google/go-cmp/cmp"

	"cairncx.dev/cairn/cx/blueprint/yaml"
	"cairncx.dev/cairn/cx/slo"
)

// FuzzParse: Parse never panics, and the size of its error is bounded. A valid blueprint survives Write and
// Parse unchanged, its definitions and objectives are valid, and the schema accepts it.
func FuzzParse(f *testing.F) {
	for _, name := range []string{"testdata/shop.yaml", "testdata/mistakes.yaml"} {
		data, err := os.ReadFile(name)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(data)
	}
	for _, c := range mistakes() {
		if len(c.file) < 1<<12 {
			f.Add([]byte(c.file))
		}
	}
	f.Add([]byte("version: 1\njourneys:\n- name: a\n  description: |\n    b\n\n     c\n"))
	s := compile(f)
	f.Fuzz(func(t *testing.T, data []byte) {
		b, err := yaml.Parse("f", data)
		if err != nil {
			var invalid *yaml.Error
			if !errors.As(err, &invalid) || len(invalid.Problems) == 0 {
				t.Fatalf("the error is a %T: %v", err, err)
			}
			for _, p := range invalid.Problems {
				if p.Line < 1 || p.Column < 1 || p.Offset < 0 || p.Offset > 120 || len(p.Source) > 480 {
					t.Errorf("a problem is at %d:%d, with the offset %d in %q", p.Line, p.Column, p.Offset, p.Source)
				}
			}
			if !utf8.ValidString(err.Error()) {
				t.Errorf("the error is not UTF-8: %q", err)
			}
			return
		}
		for _, d := range b.Definitions() {
			if err := d.Validate(); err != nil {
				t.Errorf("a definition is invalid: %v", err)
			}
		}
		if err := slo.Validate(b.AllObjectives()); err != nil {
			t.Errorf("the objectives are invalid: %v", err)
		}
		for name := range b.Hours {
			if h, ok := b.Calendar(name); !ok || h.Validate() != nil {
				t.Errorf("the hours %q are invalid: %v", name, h.Validate())
			}
		}
		var out bytes.Buffer
		if err := yaml.Write(&out, b); err != nil {
			t.Fatalf("Write rejects a valid blueprint: %v", err)
		}
		again, err := yaml.Parse("written", out.Bytes())
		if err != nil {
			t.Fatalf("Parse rejects what Write wrote: %v\n%s", err, out.Bytes())
		}
		if diff := cmp.Diff(b, again); diff != "" {
			t.Errorf("(-read +read again):\n%s\n%s", diff, out.Bytes())
		}
		if err := check(s, out.Bytes()); err != nil {
			t.Errorf("the schema rejects a valid blueprint: %v\n%s", err, out.Bytes())
		}
	})
}
