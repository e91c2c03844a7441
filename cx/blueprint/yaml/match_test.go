package yaml_test

import (
	"bytes"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"cairncx.dev/cairn/cx/blueprint"
	"cairncx.dev/cairn/cx/blueprint/yaml"
)

const matchFile = `version: 1
journeys: [{name: checkout}]
touchpoints:
- {name: search}
`

// matchMistakes are faulty rules for spans.
func matchMistakes() []mistake {
	return []mistake{
		{"rule without a condition", "it would match every span", matchFile + "- {name: pay, match: {kind: server}}\n", []string{"5:22: touchpoints[1].match[0]: would match every span"}, false},
		{"kind of a span", "a typing mistake", matchFile + "- {name: pay, match: [{span: a, kind: sever}]}\n", []string{`5:39: touchpoints[1].match[0].kind: |did you mean "server"?`}, true},
		{"rule without a case", "which run is it", matchFile + "- {name: pay, journey: checkout, match: {span: a}}\n", []string{"5:41: touchpoints[1].match[0].case: is missing"}, false},
		{"baggage alone", "any caller can send it", matchFile + "- {name: pay, journey: checkout, match: {span: a, case: {baggage: cart}}}\n", []string{"5:57: touchpoints[1].match[0].case: |trusted: true"}, true},
		{"text of an attribute", "it is a mapping", matchFile + "- {name: pay, match: {attributes: {http.route: {is: /pay}}}}\n", []string{`5:48: touchpoints[1].match[0].attributes["http.route"]: is a mapping`}, true},
		{"key of the log", "a rule has attributes", matchFile + "- {name: pay, match: {span: a, columns: {case: b}}}\n", []string{`5:32: touchpoints[1].match[0]: there is no key "columns" here`}, true},
		{"rule as text", "a list of rules", matchFile + "- {name: pay, match: POST /pay}\n", []string{"5:22: touchpoints[1].match: is text: write a list"}, true},
	}
}

// TestMatch: Parse reads rules in each form, Write writes them so that Parse reads the same, and the schema accepts both.
func TestMatch(t *testing.T) {
	t.Parallel()
	const file = `version: 1
journeys: [{name: checkout}]
touchpoints:
- name: pay
  journey: checkout
  match:
  - {span: POST /pay, kind: server, attributes: {http.response.status_code: 402, retry: true, "on": "1.50"}, case: cart.id, outcome: failed}
  - span: POST /pay
    case: {baggage: cart.id, trusted: true}
    customer: {attribute: enduser.id}
    starts: true
    value: {attribute: cart.total, currency: EUR}
- {name: search, match: {span: "GET /search*"}}
`
	cart := blueprint.MatchSource{Attribute: "cart.id"}
	want := []blueprint.Matches{
		{
			{Span: "POST /pay", Kind: "server", Attributes: map[string]blueprint.Pattern{"http.response.status_code": "402", "retry": "true", "on": "1.50"}, Case: cart, Outcome: "failed"},
			{Span: "POST /pay", Case: blueprint.MatchSource{Baggage: "cart.id", Trusted: true}, Customer: blueprint.MatchSource{Attribute: "enduser.id"}, Starts: true, Value: blueprint.MatchValue{Attribute: "cart.total", Currency: "EUR"}},
		},
		{{Span: "GET /search*"}},
	}
	b, err := yaml.Parse("f", []byte(file))
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(want, []blueprint.Matches{b.Touchpoints[0].Match, b.Touchpoints[1].Match}); diff != "" {
		t.Errorf("(-want +got)\n%s", diff)
	}
	roundTrip(t, b)
	var out bytes.Buffer
	if err := yaml.Write(&out, b); err != nil {
		t.Fatal(err)
	}
	for _, line := range []string{"\n        case: cart.id\n", "\n          baggage: cart.id\n          trusted: true\n", "\n          http.response.status_code: \"402\"\n"} {
		if !strings.Contains(out.String(), line) {
			t.Errorf("Write writes no %q:\n%s", line, &out)
		}
	}
	s := compile(t)
	for _, text := range []string{file, out.String()} {
		if err := check(s, []byte(text)); err != nil {
			t.Errorf("the schema: %v\n%s", err, text)
		}
	}
}
