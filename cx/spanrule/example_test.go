package spanrule_test

import (
	"fmt"
	"time"

	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/trace"

	"cairncx.dev/cairn/cx/spanrule"
)

func Example() {
	rules, err := spanrule.Compile(spanrule.Rule{
		Touchpoint: "submit-payment", Journey: "checkout",
		Span: "POST /cart/*/pay", Kind: trace.SpanKindServer,
		Case: spanrule.Source{Attribute: "cart.id"},
	})
	if err != nil {
		fmt.Println(err)
		return
	}
	began := time.Date(2026, 5, 4, 10, 0, 0, 0, time.UTC)
	span := spanrule.Span{
		Name: "POST /cart/{cart}/pay", Kind: trace.SpanKindServer, Start: began, End: began.Add(300 * time.Millisecond),
		Attributes: []attribute.KeyValue{attribute.String("cart.id", "c-1")},
	}
	if rule, ok := rules.Match(&span); ok {
		e, _ := rules.Event(rule, &span)
		fmt.Println(e.Touchpoint, e.Outcome, e.Duration, "in", e.Journey.Name, e.Journey.ID)
	}
	// Output: submit-payment ok 300ms in checkout c-1
}

func ExampleCompile() {
	_, err := spanrule.Compile(spanrule.Rule{Touchpoint: "submit-payment"})
	fmt.Println(err)
	// Output: spanrule: a rule is faulty: rule 0 of "submit-payment": it has neither a span nor attributes, so that each span would match: add the name of the span
}
