package event_test

import (
	"encoding"
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"math"
	"slices"
	"strconv"
	"strings"
	"testing"

	"cairncx.dev/cairn/cx/event"
)

// enumText is what the closed vocabularies have in common.
type enumText interface {
	fmt.Stringer
	encoding.TextMarshaler
}

type enumCase struct {
	name   string
	reason string
	// of returns the value with this number.
	of func(uint8) enumText
	// parse reads a text and returns the value's number.
	parse func(text string) (uint8, error)
	// want are the names by number; "" is a value that is not said.
	want []string
}

func enumOf[T ~uint8, P interface {
	*T
	encoding.TextUnmarshaler
}](wrap func(T) enumText) (of func(uint8) enumText, parse func(string) (uint8, error)) {
	of = func(n uint8) enumText { return wrap(T(n)) }
	parse = func(text string) (uint8, error) {
		const untouched = 0xEE
		v := T(untouched)
		err := P(&v).UnmarshalText([]byte(text))
		if err != nil && v != untouched {
			return uint8(v), fmt.Errorf("the value was changed to %d by a failed UnmarshalText: %w", v, err)
		}
		return uint8(v), err
	}
	return of, parse
}

func enumCases() []enumCase {
	cases := []enumCase{
		{
			name: "channel", reason: "the design's list of channels, in its order",
			want: []string{"", "web", "mobile", "email", "chat", "phone", "ivr", "social", "in_person", "kiosk", "post", "api", "other"},
		},
		{
			name: "actor", reason: "the zero value is the customer, who is always somebody",
			want: []string{"customer", "delegate", "employee", "automation", "synthetic"},
		},
		{
			name: "direction", reason: "the zero value is inbound: most contacts are",
			want: []string{"inbound", "outbound"},
		},
		{
			name: "outcome", reason: "of touchpoints and journeys together",
			want: []string{"", "ok", "degraded", "failed", "cancelled", "abandoned", "completed"},
		},
		{
			name: "zone", reason: "the three zones of the Apdex Technical Specification",
			want: []string{"", "satisfied", "tolerating", "frustrated"},
		},
		{
			name: "scale", reason: "the scales that feedback is given on",
			want: []string{"", "nps", "csat", "ces", "stars", "thumbs"},
		},
		{
			name: "verdict", reason: "what an answer says on any scale",
			want: []string{"", "positive", "neutral", "negative"},
		},
		{
			name: "survey end", reason: "the parts of a response rate that are no answers (AAPOR, Standard Definitions), and the answer",
			want: []string{"", "answered", "dismissed", "bounced", "expired"},
		},
		{
			name: "nature", reason: "complaints, compliments, questions and suggestions have each another answer",
			want: []string{"", "complaint", "compliment", "question", "suggestion"},
		},
	}
	cases[0].of, cases[0].parse = enumOf(func(v event.Channel) enumText { return v })
	cases[1].of, cases[1].parse = enumOf(func(v event.Actor) enumText { return v })
	cases[2].of, cases[2].parse = enumOf(func(v event.Direction) enumText { return v })
	cases[3].of, cases[3].parse = enumOf(func(v event.Outcome) enumText { return v })
	cases[4].of, cases[4].parse = enumOf(func(v event.Zone) enumText { return v })
	cases[5].of, cases[5].parse = enumOf(func(v event.Scale) enumText { return v })
	cases[6].of, cases[6].parse = enumOf(func(v event.Verdict) enumText { return v })
	cases[7].of, cases[7].parse = enumOf(func(v event.SurveyEnd) enumText { return v })
	cases[8].of, cases[8].parse = enumOf(func(v event.Nature) enumText { return v })
	return cases
}

// TestEnumsAreTheirNames: every value has the name that is in telemetry and JSON, and
// that name is the value again.
func TestEnumsAreTheirNames(t *testing.T) {
	t.Parallel()
	for _, c := range enumCases() {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			for n := range math.MaxUint8 + 1 {
				v := c.of(uint8(n))
				want := ""
				if n < len(c.want) {
					want = c.want[n]
				}
				if got := v.String(); got != want {
					t.Errorf("value %d is %q, want %q (%s)", n, got, want, c.reason)
				}
				text, err := v.MarshalText()
				if err != nil || string(text) != want {
					t.Errorf("value %d marshals to %q, %v; want %q", n, text, err, want)
				}
				if n >= len(c.want) {
					continue
				}
				back, err := c.parse(want)
				if err != nil {
					t.Errorf("%q, the name of value %d, is not read: %v", want, n, err)
				} else if int(back) != n {
					t.Errorf("%q is read as value %d, want %d", want, back, n)
				}
			}
		})
	}
}

// TestEnumsRefuseWhatTheyDoNotKnow: whoever mistypes a name learns which ones there are.
func TestEnumsRefuseWhatTheyDoNotKnow(t *testing.T) {
	t.Parallel()
	bad := []struct{ name, reason, text string }{
		{"unknown", "a word of no vocabulary", "carrier-pigeon"},
		{"upper case", "names are as they are written in telemetry, nothing is guessed", "WEB"},
		{"space", "nothing is trimmed", " web"},
		{"folded", "the folded name is for names, not for closed vocabularies", event.Other},
		{"NUL", "hostile input", "web\x00"},
		{"not UTF-8", "hostile input", "\xff\xfe"},
		{"long", "hostile input, of which the error repeats only a part", strings.Repeat("x", 1<<16)},
	}
	for _, c := range enumCases() {
		for _, b := range bad {
			t.Run(c.name+"/"+b.name, func(t *testing.T) {
				t.Parallel()
				_, err := c.parse(b.text)
				if err == nil {
					t.Fatalf("%.40q was taken: %s", b.text, b.reason)
				}
				msg := err.Error()
				if len(msg) > 1000 {
					t.Errorf("the error has %d bytes: it repeats too much of its input", len(msg))
				}
				for _, choice := range c.want {
					if choice != "" && !strings.Contains(msg, fmt.Sprintf("%q", choice)) {
						t.Errorf("the error does not name the choice %q: %s", choice, msg)
					}
				}
			})
		}
	}
}

// constants returns the values of the constants of type Kind in kind.go, in their order.
func constants(t *testing.T) (kinds []event.Kind) {
	t.Helper()
	file, err := parser.ParseFile(token.NewFileSet(), "kind.go", nil, 0)
	if err != nil {
		t.Fatal(err)
	}
	ast.Inspect(file, func(n ast.Node) bool {
		spec, ok := n.(*ast.ValueSpec)
		if !ok {
			return true
		}
		if typ, ok := spec.Type.(*ast.Ident); !ok || typ.Name != "Kind" || len(spec.Values) != 1 {
			t.Fatalf("the constant %s has no type Kind, or no value of its own", spec.Names[0])
		}
		value, err := strconv.Unquote(spec.Values[0].(*ast.BasicLit).Value)
		if err != nil {
			t.Fatal(err)
		}
		kinds = append(kinds, event.Kind(value))
		return false
	})
	return kinds
}

// TestKinds: every constant once, in the order of the constants, and named after what it is about.
func TestKinds(t *testing.T) {
	t.Parallel()
	seen := map[event.Kind]bool{}
	for _, k := range event.Kinds() {
		if seen[k] {
			t.Errorf("%q is there twice", k)
		}
		seen[k] = true
		if subject, what, ok := strings.Cut(string(k), "."); !ok || subject == "" || what == "" || strings.ToLower(string(k)) != string(k) {
			t.Errorf("%q is not of the form subject.what", k)
		}
	}
	if got, want := event.Kinds(), constants(t); !slices.Equal(got, want) {
		t.Errorf("Kinds returns %q, want the constants %q", got, want)
	}
	kinds := event.Kinds()
	kinds[0] = "changed"
	if event.Kinds()[0] == "changed" {
		t.Error("the caller can change what Kinds returns the next time")
	}
}
