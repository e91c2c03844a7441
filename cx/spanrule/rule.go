package spanrule

import (
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"

	"go.opentelemetry.io/otel/trace"

	"cairncx.dev/cairn/cx/event"
)

// Rule says which spans are interactions at a touchpoint. A span has to meet all that the rule says of it, and a rule has Span or
// Attributes, or both.
type Rule struct {
	// Touchpoint is the name of the touchpoint, and Journey the name of its journey; "" is no journey.
	Touchpoint, Journey string

	// Span is the name of the span when it ends. Each * stands for any number of characters, also none. "" is any name.
	Span string
	// Kind is the kind of the span. [trace.SpanKindUnspecified] is any kind.
	Kind trace.SpanKind
	// Attributes are the texts that attributes of the span have, by key. Each * stands for any number of characters. A number has the
	// text of its digits, and a truth value is true or false. A list of texts has to have one such text.
	Attributes map[string]string

	// Case is where the span has the ID of the run, and Customer where it has the ID of the customer. Segment is a group of customers, and
	// Actor the name of an event.Actor; without a known name, Actor is the customer, or synthetic for a span with
	// user_agent.synthetic.type.
	Case, Customer, Segment, Actor Source
	// Starts says that a span of the rule starts its run, unless the run has been started. It needs a journey.
	Starts bool
	// Value is the key of the attribute with the amount at stake in minor units of Currency, a whole number. "" is none.
	Value, Currency string
	// Channel is the channel of the interaction.
	Channel event.Channel
	// Outcome is the outcome of the interaction. 0 is the one that follows from the span: see [Outcome].
	Outcome event.Outcome
}

// Source is where a span has a text. At most one of the fields Attribute and Baggage is set. The zero value is nowhere.
type Source struct {
	// Attribute is the key of an attribute of the span. A list of texts with a single text has that text.
	Attribute string
	// Baggage is the key of a member of OpenTelemetry's baggage, as it is when the span starts.
	Baggage string
	// Trusted says that every peer that sends baggage to the service may name any run, customer and actor. Baggage requires it.
	Trusted bool
}

// IsZero reports whether the source is nowhere.
func (s Source) IsZero() bool { return s == Source{} }

// String returns the source in words, such as `the attribute "cart.id"`.
func (s Source) String() string {
	switch {
	case s.Baggage != "":
		return fmt.Sprintf("the member %.80q of the baggage", s.Baggage)
	case s.Attribute != "":
		return fmt.Sprintf("the attribute %.80q", s.Attribute)
	default:
		return "nowhere"
	}
}

// find returns the text that the span has at the source, or "".
func (s Source) find(sp *Span) string {
	switch {
	case s.Attribute != "":
		for i := range sp.Attributes {
			if string(sp.Attributes[i].Key) == s.Attribute {
				return text(sp.Attributes[i].Value)
			}
		}
	case s.Baggage != "" && sp.Baggage != nil:
		return sp.Baggage(s.Baggage)
	}
	return ""
}

// ErrRule is wrapped by every error of [Compile].
var ErrRule = errors.New("spanrule: a rule is faulty")

// check returns what is wrong with the rule, or nil.
func (r *Rule) check() error {
	var errs []error
	add := func(format string, args ...any) { errs = append(errs, fmt.Errorf(format, args...)) }
	if r.Touchpoint == "" {
		add("it names no touchpoint: add one")
	}
	if r.Span == "" && len(r.Attributes) == 0 {
		add("it has neither a span nor attributes, so that each span would match: add the name of the span")
	}
	if r.Kind < trace.SpanKindUnspecified || r.Kind > trace.SpanKindConsumer {
		add("there is no kind %d: use a constant of package trace", r.Kind)
	}
	for _, key := range slices.Sorted(maps.Keys(r.Attributes)) {
		if key == "" {
			add("an attribute has no key: add it")
		}
	}
	for _, s := range []struct {
		what string
		Source
	}{{"Case", r.Case}, {"Customer", r.Customer}, {"Segment", r.Segment}, {"Actor", r.Actor}} {
		switch {
		case s.Attribute != "" && s.Baggage != "":
			add("%s names an attribute and baggage: leave one of them out", s.what)
		case s.Baggage != "" && !s.Trusted:
			add("%s is from baggage, which any caller of the service can send: set Trusted if every caller may be believed, or use an attribute", s.what)
		}
	}
	if r.Case.IsZero() != (r.Journey == "") {
		add("a rule with a journey needs a Case, and one without has none: a run is found by its ID")
	}
	if r.Starts && r.Journey == "" {
		add("it starts a run and has no journey: add one, or leave Starts out")
	}
	if (r.Value == "") != (r.Currency == "") {
		add("Value and Currency go together: add the other one")
	}
	return errors.Join(errs...)
}

// glob reports whether the text matches the pattern, in which each * stands for any number of bytes. It takes time proportional to the
// product of their lengths at most.
func glob(pattern, text string) bool {
	first, rest, wild := strings.Cut(pattern, "*")
	if !wild {
		return pattern == text
	}
	text, ok := strings.CutPrefix(text, first)
	for ok {
		part, after, more := strings.Cut(rest, "*")
		if !more {
			return strings.HasSuffix(text, part)
		}
		i := strings.Index(text, part)
		if ok = i >= 0; ok {
			text, rest = text[i+len(part):], after
		}
	}
	return false
}
