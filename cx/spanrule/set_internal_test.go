package spanrule

import (
	"fmt"
	"testing"
)

// longest returns the length of the longest list of rules that one text of a span is compared with.
func (s *Set) longest() int {
	n := len(s.rest)
	of := func(t *texts) {
		n = max(n, len(t.whatever))
		for _, list := range t.whole {
			n = max(n, len(list))
		}
		for _, list := range t.begun {
			n = max(n, len(list))
		}
	}
	of(&s.names)
	for _, t := range s.keys {
		of(t)
	}
	return n
}

// TestIndexTellsRulesApart: rules that share a name or an attribute are indexed by what they do not share, so that a span which matches none of
// them is not compared with all.
func TestIndexTellsRulesApart(t *testing.T) {
	t.Parallel()
	const rules = 1000
	for _, c := range []struct {
		name, reason string
		rule         Rule
		own          string // the attribute of which each rule has its own text
		text         string
	}{
		{"one name", "otelhttp gives every span the name of its handler", Rule{Span: "server"}, "http.route", "/%d"},
		{"one beginning of the name", "a rule for POST and PUT", Rule{Span: "P*"}, "http.route", "/%d"},
		{"one method", "a text that all of them share comes first by its key", Rule{Attributes: map[string]string{"http.request.method": "POST"}}, "http.route", "/%d"},
		{"paths", "the beginning of a text tells more than a whole one that all share", Rule{Attributes: map[string]string{"http.request.method": "POST"}}, "url.path", "/%d/*"},
		{"one name and any value", "a key alone tells least", Rule{Span: "server", Attributes: map[string]string{"a": "*"}}, "http.route", "/%d"},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			list := make([]Rule, rules)
			for i := range list {
				list[i] = c.rule
				list[i].Touchpoint, list[i].Attributes = "t", map[string]string{c.own: fmt.Sprintf(c.text, i)}
				for key, text := range c.rule.Attributes {
					list[i].Attributes[key] = text
				}
			}
			s, err := Compile(list...)
			if err != nil {
				t.Fatal(err)
			}
			if n := s.longest(); n != 1 {
				t.Errorf("%d rules are compared with one span, want 1: %s", n, c.reason)
			}
		})
	}
}
