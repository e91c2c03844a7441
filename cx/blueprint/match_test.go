package blueprint_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"go.opentelemetry.io/otel/trace"

	"cairncx.dev/cairn/cx/blueprint"
	"cairncx.dev/cairn/cx/event"
	"cairncx.dev/cairn/cx/spanrule"
)

// payment has a rule with every field, and one for a touchpoint of no journey.
func payment() *blueprint.Blueprint {
	return &blueprint.Blueprint{
		Version:  1,
		Journeys: []blueprint.Journey{{Name: "checkout", Channels: []string{"mobile", "web"}}},
		Touchpoints: []blueprint.Touchpoint{
			{Name: "pay", Journey: "checkout", Match: blueprint.Matches{
				{
					Span: "POST /pay", Kind: "server", Attributes: map[string]blueprint.Pattern{"http.route": "/pay"},
					Case: blueprint.MatchSource{Baggage: "cart", Trusted: true}, Customer: blueprint.MatchSource{Attribute: "user"}, Segment: blueprint.MatchSource{Attribute: "tier"},
					Actor: blueprint.MatchSource{Attribute: "actor"}, Value: blueprint.MatchValue{Attribute: "total", Currency: "EUR"}, Channel: "Desk", Outcome: "degraded", Starts: true,
				},
				{Span: "POST /pay/*", Case: blueprint.MatchSource{Attribute: "cart"}},
			}},
			{Name: "search", Match: blueprint.Matches{{Attributes: map[string]blueprint.Pattern{"http.route": "/search"}}}},
			{Name: "by-hand"},
		},
		Channels: map[string]string{"Desk": "in_person"},
	}
}

func TestSpanRules(t *testing.T) {
	t.Parallel()
	b := payment()
	if err := b.Validate(); err != nil {
		t.Fatal(err)
	}
	want := []spanrule.Rule{
		{
			Touchpoint: "pay", Journey: "checkout", Span: "POST /pay", Kind: trace.SpanKindServer, Attributes: map[string]string{"http.route": "/pay"},
			Case: spanrule.Source{Baggage: "cart", Trusted: true}, Customer: spanrule.Source{Attribute: "user"}, Segment: spanrule.Source{Attribute: "tier"},
			Actor: spanrule.Source{Attribute: "actor"}, Value: "total", Currency: "EUR", Channel: event.InPerson, Outcome: event.Degraded, Starts: true,
		},
		{Touchpoint: "pay", Journey: "checkout", Span: "POST /pay/*", Case: spanrule.Source{Attribute: "cart"}, Channel: event.Mobile},
		{Touchpoint: "search", Attributes: map[string]string{"http.route": "/search"}, Channel: event.Web},
	}
	if diff := cmp.Diff(want, b.SpanRules()); diff != "" {
		t.Errorf("(-want +got)\n%s", diff)
	}
	if rules := (*blueprint.Blueprint)(nil).SpanRules(); rules != nil {
		t.Errorf("a nil blueprint has rules: %v", rules)
	}
	for _, kind := range blueprint.SpanKinds() {
		b.Touchpoints[0].Match[0].Kind = kind
		if got := b.SpanRules()[0].Kind.String(); got != kind {
			t.Errorf("the kind %q is OpenTelemetry's %q", kind, got)
		}
	}
}

// Compile accepts what Validate accepts.
func TestValidRulesCompile(t *testing.T) {
	t.Parallel()
	b := payment()
	if _, err := spanrule.Compile(b.SpanRules()...); err != nil {
		t.Error(err)
	}
}

func TestValidateMatch(t *testing.T) {
	t.Parallel()
	first := func(b *blueprint.Blueprint) *blueprint.Match { return &b.Touchpoints[0].Match[0] }
	for _, c := range []struct {
		name, reason string
		change       func(*blueprint.Blueprint)
		want         []string // "path: a part of the message"
	}{
		{"full", "it uses every field", func(*blueprint.Blueprint) {}, nil},
		{"nothing", "it would match every span", func(b *blueprint.Blueprint) { b.Touchpoints[1].Match[0] = blueprint.Match{Kind: "server"} }, []string{"touchpoints[1].match[0]: would match every span"}},
		{"only a star", "the same", func(b *blueprint.Blueprint) { b.Touchpoints[1].Match[0] = blueprint.Match{Span: "*"} }, []string{"touchpoints[1].match[0]: would match every span"}},
		{"span of two lines", "no span has such a name", func(b *blueprint.Blueprint) { first(b).Span = "a\nb" }, []string{"touchpoints[0].match[0].span: is not a text"}},
		{"unknown kind", "a typing mistake", func(b *blueprint.Blueprint) { first(b).Kind = "sever" }, []string{`touchpoints[0].match[0].kind: did you mean "server"?`}},
		{"attribute of Cairn", "its spans are touchpoints already", func(b *blueprint.Blueprint) { first(b).Attributes["cx.channel"] = "web" }, []string{`touchpoints[0].match[0].attributes["cx.channel"]: Cairn's own`}},
		{"attribute without a key", "it cannot be named", func(b *blueprint.Blueprint) { first(b).Attributes[""] = "x" }, []string{`touchpoints[0].match[0].attributes[""]: not a key`}},
		{"attribute without a text", "nothing to compare with", func(b *blueprint.Blueprint) { first(b).Attributes["x"] = "" }, []string{`touchpoints[0].match[0].attributes["x"]: the text is missing`}},
		{"too many attributes", "33", func(b *blueprint.Blueprint) {
			for i := range event.MaxAttributes {
				first(b).Attributes[fmt.Sprint("a", i)] = "x"
			}
		}, []string{"touchpoints[0].match[0].attributes: at most 32"}},
		{"no case", "the run would not be known", func(b *blueprint.Blueprint) { first(b).Case = blueprint.MatchSource{} }, []string{`touchpoints[0].match[0].case: is missing, and the touchpoint is in the journey "checkout"`}},
		{"case of no journey", "there is no run", func(b *blueprint.Blueprint) { b.Touchpoints[1].Match[0].Case.Attribute = "x" }, []string{"touchpoints[1].match[0].case: needs a journey"}},
		{"baggage that is not trusted", "any caller can send it", func(b *blueprint.Blueprint) { first(b).Case.Trusted = false }, []string{"touchpoints[0].match[0].case: trusted: true"}},
		{"customer from baggage", "the same", func(b *blueprint.Blueprint) { first(b).Customer = blueprint.MatchSource{Baggage: "user"} }, []string{"touchpoints[0].match[0].customer: trusted: true"}},
		{"trusted attribute", "it says nothing", func(b *blueprint.Blueprint) { first(b).Segment.Trusted = true }, []string{"touchpoints[0].match[0].segment.trusted: remove it"}},
		{"two sources", "which one holds", func(b *blueprint.Blueprint) { first(b).Case.Attribute = "x" }, []string{"touchpoints[0].match[0].case: remove one"}},
		{"trusted alone", "nothing to read", func(b *blueprint.Blueprint) { first(b).Actor = blueprint.MatchSource{Trusted: true} }, []string{"touchpoints[0].match[0].actor: neither"}},
		{"source of Cairn", "its spans are touchpoints already", func(b *blueprint.Blueprint) { first(b).Customer.Attribute = "cx.user" }, []string{"touchpoints[0].match[0].customer.attribute: Cairn's own"}},
		{"no currency", "an amount of what", func(b *blueprint.Blueprint) { first(b).Value.Currency = "" }, []string{"touchpoints[0].match[0].value.currency: ISO 4217"}},
		{"currency in small letters", "ISO 4217 has capitals", func(b *blueprint.Blueprint) { first(b).Value.Currency = "eur" }, []string{"touchpoints[0].match[0].value.currency: ISO 4217"}},
		{"no amount", "nothing to read", func(b *blueprint.Blueprint) { first(b).Value.Attribute = "" }, []string{"touchpoints[0].match[0].value.attribute: not a key"}},
		{"value of no journey", "it is at stake in a run", func(b *blueprint.Blueprint) { b.Touchpoints[1].Match[0].Value = first(b).Value }, []string{"touchpoints[1].match[0].value: needs a journey"}},
		{"start of no journey", "there is no run", func(b *blueprint.Blueprint) { b.Touchpoints[1].Match[0].Starts = true }, []string{"touchpoints[1].match[0].starts: needs a journey"}},
		{"unknown channel", "a typing mistake", func(b *blueprint.Blueprint) { first(b).Channel = "wep" }, []string{`touchpoints[0].match[0].channel: did you mean "web"?`}},
		{"outcome of a run", "an interaction is not completed", func(b *blueprint.Blueprint) { first(b).Outcome = "completed" }, []string{"touchpoints[0].match[0].outcome: an interaction cannot be"}},
		{"the same conditions", "the second rule would have no span", func(b *blueprint.Blueprint) { b.Touchpoints[1].Match[0] = blueprint.Match{Span: "POST /pay/*"} }, []string{"touchpoints[1].match[0]: conditions of touchpoints[0].match[1]"}},
		{"too many rules", "1,001", func(b *blueprint.Blueprint) {
			b.Touchpoints[2].Match = make(blueprint.Matches, blueprint.MaxNames+1)
		}, []string{"touchpoints[2].match: at most 1000"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			b := payment()
			c.change(b)
			var got []string
			if err := b.Validate(); err != nil {
				got = strings.Split(err.Error(), "\n")
			}
			if len(got) != len(c.want) {
				t.Fatalf("%s: %d problems, want %d:\n%s", c.reason, len(got), len(c.want), strings.Join(got, "\n"))
			}
			for i, want := range c.want {
				path, message, _ := strings.Cut(want, ": ")
				if !slices.ContainsFunc(got, func(s string) bool {
					return strings.HasPrefix(s, "blueprint: "+path+": ") && strings.Contains(s, message)
				}) {
					t.Errorf("%s: no problem at %s with %q in\n%s", c.reason, path, message, got[i])
				}
			}
		})
	}
}
