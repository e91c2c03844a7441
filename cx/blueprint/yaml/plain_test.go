package yaml_test

import (
	"errors"
	"fmt"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"cairncx.dev/cairn/cx/blueprint"
	"cairncx.dev/cairn/cx/blueprint/yaml"
)

// The bounds of a file before it is parsed, and how Parse tells them.
const (
	maxDepth   = 16
	maxEntries = 2 * blueprint.MaxNames
	tooDeep    = "is nested deeper than a blueprint may be: use at most 16 levels"
	tooMany    = "is one more than a blueprint may have: write at most 2000 entries in one list or mapping"
)

// refused returns what Parse says of the bounds, or "". It says nothing else then.
func refused(t rapid.TB, file string) string {
	t.Helper()
	_, err := yaml.Parse("f", []byte(file))
	var faults *yaml.Error
	if !errors.As(err, &faults) {
		return ""
	}
	for _, p := range faults.Problems {
		if p.Message == tooDeep || p.Message == tooMany {
			if len(faults.Problems) > 1 {
				t.Errorf("there are %d problems beside %q in\n%s", len(faults.Problems)-1, p.Message, file)
			}
			return p.Message
		}
	}
	return ""
}

// nested draws a file whose lists and mappings are nested to the depth, in every style that YAML has. Each may have
// entries before and behind the one that goes on.
type nested struct {
	t *rapid.T
	n int // the number of keys
}

func (d *nested) key() string {
	d.n++
	return fmt.Sprint("k", d.n)
}

func (d *nested) scalars(label string) int { return rapid.IntRange(0, 2).Draw(d.t, label) }

// block returns the lines of a collection in block style that begins at the column.
func (d *nested) block(depth, column int, list bool) []string {
	indent := strings.Repeat(" ", column)
	var lines []string
	add := func(value string) {
		if list {
			lines = append(lines, indent+"- "+value)
		} else {
			lines = append(lines, indent+d.key()+": "+value)
		}
	}
	for range d.scalars("before") {
		add("x")
	}
	switch {
	case depth == 1:
		add("x")
	case rapid.Bool().Draw(d.t, "flow"):
		add(d.flow(depth - 1))
	case list: // the collection begins behind the dash
		inner := d.block(depth-1, column+2, rapid.Bool().Draw(d.t, "list"))
		inner[0] = indent + "- " + strings.TrimLeft(inner[0], " ")
		lines = append(lines, inner...)
	default:
		lines = append(lines, indent+d.key()+":")
		inner := rapid.Bool().Draw(d.t, "list")
		more := rapid.IntRange(1, 3).Draw(d.t, "indent")
		if inner && rapid.Bool().Draw(d.t, "same column") {
			more = 0
		}
		lines = append(lines, d.block(depth-1, column+more, inner)...)
	}
	for range d.scalars("behind") {
		add("x")
	}
	return lines
}

// flow returns a collection in flow style.
func (d *nested) flow(depth int) string {
	list := rapid.Bool().Draw(d.t, "list")
	var parts []string
	add := func(value string) {
		if !list {
			value = d.key() + ": " + value
		}
		parts = append(parts, value)
	}
	for range d.scalars("before") {
		add("x")
	}
	if depth == 1 {
		add("x")
	} else {
		add(d.flow(depth - 1))
	}
	for range d.scalars("behind") {
		add("x")
	}
	if list {
		return "[" + strings.Join(parts, ", ") + "]"
	}
	return "{" + strings.Join(parts, ", ") + "}"
}

// TestDepth: a file may be nested to 16 levels in any style, as often as it likes, and no deeper.
func TestDepth(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		d := &nested{t: t}
		var lines []string
		deepest := 0
		for range rapid.IntRange(1, 3).Draw(t, "parts") {
			depth := rapid.IntRange(maxDepth-3, maxDepth+2).Draw(t, "depth")
			deepest = max(deepest, depth)
			lines = append(lines, d.key()+":")
			lines = append(lines, d.block(depth-1, 1, rapid.Bool().Draw(t, "list"))...)
		}
		want := ""
		if deepest > maxDepth {
			want = tooDeep
		}
		if file := strings.Join(lines, "\n") + "\n"; refused(t, file) != want {
			t.Fatalf("of a file of %d levels Parse says %q, want %q:\n%s", deepest, refused(t, file), want, file)
		}
	})
}

// TestEntries: a list or a mapping may have 2,000 entries in any style, whatever is beside it, and no more.
func TestEntries(t *testing.T) {
	t.Parallel()
	styles := map[string]func(n int) string{
		"keys":           func(n int) string { return strings.Repeat("k: x\n", n) },
		"dashes":         func(n int) string { return strings.Repeat("- x\n", n) },
		"keys within":    func(n int) string { return "a:\n" + strings.Repeat("  k: x\n", n) },
		"dashes within":  func(n int) string { return "a:\n" + strings.Repeat("- x\n", n) + "b: y\n" },
		"mappings":       func(n int) string { return strings.Repeat("- k: x\n  l: y\n", n) },
		"lists of lists": func(n int) string { return strings.Repeat("- - x\n  - y\n", n) },
		"lists in brackets": func(n int) string {
			return "a: [" + strings.TrimSuffix(strings.Repeat("x, ", n), ", ") + "]\n"
		},
		"mappings in brackets": func(n int) string {
			return "a: {" + strings.TrimSuffix(strings.Repeat("k: x, ", n), ", ") + "}\n"
		},
		"brackets in brackets": func(n int) string {
			return "a: [" + strings.TrimSuffix(strings.Repeat("[x, y], ", n), ", ") + "]\n"
		},
		"keys of brackets":   func(n int) string { return strings.Repeat("k: [x, y]\n", n) },
		"dashes of brackets": func(n int) string { return strings.Repeat("- {k: x, l: y}\n", n) },
	}
	for name, of := range styles {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			for n, want := range map[int]string{maxEntries - 1: "", maxEntries: "", maxEntries + 1: tooMany} {
				if got := refused(t, of(n)); got != want {
					t.Errorf("of %d entries Parse says %q, want %q", n, got, want)
				}
			}
		})
	}
	// The entries of several collections do not add up.
	half := strings.Repeat("- x\n", maxEntries/2+1)
	if got := refused(t, "a:\n"+half+"b:\n"+half+"c: ["+strings.Repeat("x, ", maxEntries/2)+"x]\n"); got != "" {
		t.Errorf("of three lists of half as many entries Parse says %q", got)
	}
}

// TestText: a blueprint has the characters that YAML 1.2 allows in a file (section 5.1), and a byte order mark only at
// its beginning.
func TestText(t *testing.T) {
	t.Parallel()
	allowed := func(r rune) bool {
		return r == '\t' || r == '\n' || r == '\r' || r >= 0x20 && r <= 0x7e || r == 0x85 || r >= 0xa0 && r <= 0xd7ff ||
			r >= 0xe000 && r <= 0xfffd && r != 0xfeff || r >= 0x10000 && r <= 0x10ffff
	}
	var try []rune
	for r := range rune(0x200) {
		try = append(try, r)
	}
	for _, r := range append(try, 0x2028, 0x2029, 0xd7ff, 0xe000, 0xfefe, 0xfeff, 0xff00, 0xfffd, 0x10000, 0x10ffff) {
		_, err := yaml.Parse("f", []byte("version: 1\n# "+string(r)+"\n"))
		if isText := err == nil || !strings.Contains(err.Error(), "is not text in UTF-8"); isText != allowed(r) {
			t.Errorf("%U is text: %v, want %v (%v)", r, isText, allowed(r), err)
		}
	}
}
