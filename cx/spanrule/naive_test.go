package spanrule_test

import (
	"fmt"
	"regexp"
	"strings"
	"testing"

	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/trace"
	"pgregory.net/rapid"

	"cairncx.dev/cairn/cx/spanrule"
)

// naive returns the first rule that the span matches. It compares the span with each rule, by regular expressions.
func naive(rules []spanrule.Rule, sp *spanrule.Span) int {
	for i := range rules {
		r := &rules[i]
		if (r.Kind == 0 || r.Kind == sp.Kind) && (r.Span == "" || like(r.Span, sp.Name)) && hasAll(r.Attributes, sp.Attributes) {
			return i
		}
	}
	return -1
}

func like(pattern, text string) bool {
	parts := strings.Split(pattern, "*")
	for i := range parts {
		parts[i] = regexp.QuoteMeta(parts[i])
	}
	return regexp.MustCompile(`(?s)\A` + strings.Join(parts, ".*") + `\z`).MatchString(text)
}

func hasAll(want map[string]string, has []attribute.KeyValue) bool {
	for key, pattern := range want {
		found := false
		for _, kv := range has {
			if string(kv.Key) != key {
				continue
			}
			if kv.Value.Type() == attribute.STRINGSLICE {
				for _, text := range kv.Value.AsStringSlice() {
					found = found || like(pattern, text)
				}
				break
			}
			found = like(pattern, fmt.Sprint(kv.Value.AsInterface()))
			break
		}
		if !found {
			return false
		}
	}
	return true
}

// The alphabets are small, so that rules and spans meet often.
var (
	word    = rapid.StringMatching(`[ab/]{0,4}`)
	pattern = rapid.StringMatching(`[ab/*]{0,5}`)
	key     = rapid.SampledFrom([]string{"http.route", "k", "n", "list"})
)

func drawRule(t *rapid.T) spanrule.Rule {
	r := spanrule.Rule{
		Touchpoint: "any",
		Span:       pattern.Draw(t, "span"),
		Kind:       rapid.SampledFrom([]trace.SpanKind{0, 0, trace.SpanKindServer, trace.SpanKindClient}).Draw(t, "kind"),
		Attributes: rapid.MapOfN(key, rapid.OneOf(pattern, rapid.SampledFrom([]string{"1", "true", "1.5", "*"})), 0, 3).Draw(t, "attributes"),
	}
	if r.Span == "" && len(r.Attributes) == 0 {
		r.Span = "*"
	}
	return r
}

func drawSpan(t *rapid.T) *spanrule.Span {
	sp := &spanrule.Span{Name: word.Draw(t, "name"), Kind: rapid.SampledFrom([]trace.SpanKind{trace.SpanKindServer, trace.SpanKindClient}).Draw(t, "kind")}
	for _, k := range rapid.SliceOfNDistinct(key, 0, 4, rapid.ID).Draw(t, "keys") {
		kv := attribute.KeyValue{Key: attribute.Key(k)}
		switch k {
		case "n":
			kv.Value = rapid.SampledFrom([]attribute.Value{attribute.IntValue(1), attribute.BoolValue(true), attribute.Float64Value(1.5)}).Draw(t, "number")
		case "list":
			kv.Value = attribute.StringSliceValue(rapid.SliceOfN(word, 0, 3).Draw(t, "list"))
		default:
			kv.Value = attribute.StringValue(word.Draw(t, "value"))
		}
		sp.Attributes = append(sp.Attributes, kv)
	}
	return sp
}

// The index finds for each span the rule that a comparison with each rule finds.
func TestIndexIsTheNaiveMatcher(t *testing.T) {
	t.Parallel()
	matched := 0
	rapid.Check(t, func(t *rapid.T) {
		rules := rapid.SliceOfN(rapid.Custom(drawRule), 0, 12).Draw(t, "rules")
		set, err := spanrule.Compile(rules...)
		if err != nil {
			t.Fatal(err)
		}
		for range 8 {
			sp := drawSpan(t)
			got, ok := set.Match(sp)
			if !ok {
				got = -1
			} else {
				matched++
			}
			if want := naive(rules, sp); got != want {
				t.Fatalf("rule %d, want %d, for %+v", got, want, sp)
			}
		}
	})
	if matched == 0 {
		t.Error("no span matched a rule: the test tests nothing")
	}
}
