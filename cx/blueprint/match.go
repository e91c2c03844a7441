package blueprint

import (
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"

	"go.opentelemetry.io/otel/trace"

	"cairncx.dev/cairn/cx/event"
	"cairncx.dev/cairn/cx/spanrule"
	"cairncx.dev/cairn/internal/text"
)

// Matches are the rules by which spans become interactions at a touchpoint, at most [MaxNames]. A file may have a single rule in place of a
// list. Package touchpoint/spanmatch applies them in a service. A span that matches several rules of a blueprint is of the first one, in
// the order of the touchpoints.
type Matches []Match

// Match is one rule. A span has to meet Span, Kind and Attributes, as far as they are set, and Span or Attributes is.
type Match struct {
	// Span is the name of the span when it ends, at most [event.MaxLine] bytes. Each * stands for any number of characters, also none.
	Span string `json:"span,omitempty" yaml:"span,omitempty"`
	// Kind is "server", "client", "producer", "consumer" or "internal". "" is any kind.
	Kind string `json:"kind,omitempty" yaml:"kind,omitempty"`
	// Attributes are texts that the span has when it ends, by key, at most [event.MaxAttributes]. See [spanrule.Rule].
	Attributes map[string]Pattern `json:"attributes,omitempty" yaml:"attributes,omitempty"`

	// Case is where the span has the ID of the run. A touchpoint with a journey requires it, and one without has none. Customer is where the
	// span has an ID of the customer, Segment where it has a group of customers, and Actor where it has the name of an [event.Actor].
	Case     MatchSource `json:"case,omitzero"     yaml:"case,omitzero"`
	Customer MatchSource `json:"customer,omitzero" yaml:"customer,omitzero"`
	Segment  MatchSource `json:"segment,omitzero"  yaml:"segment,omitzero"`
	Actor    MatchSource `json:"actor,omitzero"    yaml:"actor,omitzero"`
	// Starts says that a span of the rule starts its run, unless the run has been started. Without such a rule, only code starts runs.
	Starts bool `json:"starts,omitempty" yaml:"starts,omitempty"`
	// Value is where the span has the amount at stake.
	Value MatchValue `json:"value,omitzero" yaml:"value,omitzero"`
	// Channel is a channel, in the spellings of [Blueprint.Channels]. "" is the first channel of the journey, else web.
	Channel string `json:"channel,omitempty" yaml:"channel,omitempty"`
	// Outcome is the outcome of the interaction: one of [InteractionOutcomes]. "" is the one that follows from the status of the span: see
	// [spanrule.Outcome].
	Outcome string `json:"outcome,omitempty" yaml:"outcome,omitempty"`
}

// Pattern is the text of an attribute, at most [event.MaxLine] bytes. Each * stands for any number of characters. A file may have a number
// or a truth value in place of a text.
type Pattern string

// MatchSource is where a span has a text: in an attribute or in baggage. A file may have the key of the attribute in place of it.
type MatchSource struct {
	// Attribute is the key of an attribute of the span.
	Attribute string `json:"attribute,omitempty" yaml:"attribute,omitempty"`
	// Baggage is the key of a member of OpenTelemetry's baggage, as it is when the span starts. Any caller of a service can send baggage.
	Baggage string `json:"baggage,omitempty" yaml:"baggage,omitempty"`
	// Trusted says that every caller of the service may name any run, customer and actor. Baggage requires it.
	Trusted bool `json:"trusted,omitempty" yaml:"trusted,omitempty"`
}

// MatchValue is where a span has an amount of money.
type MatchValue struct {
	// Attribute is the key of an attribute with a whole number of minor units, such as cents.
	Attribute string `json:"attribute" yaml:"attribute"`
	// Currency is the three letters of ISO 4217.
	Currency string `json:"currency" yaml:"currency"`
}

// spanKinds has the names of the kinds of spans by their number.
var spanKinds = []string{
	trace.SpanKindInternal: "internal", trace.SpanKindServer: "server", trace.SpanKindClient: "client",
	trace.SpanKindProducer: "producer", trace.SpanKindConsumer: "consumer",
}

// SpanKinds returns the names of the kinds of spans that a [Match] can have.
func SpanKinds() []string { return slices.Clone(spanKinds[trace.SpanKindInternal:]) }

// InteractionOutcomes returns the names of the outcomes that an interaction at a touchpoint can have.
func InteractionOutcomes() []string {
	list := make([]string, 0, len(interactionOutcomes()))
	for _, o := range interactionOutcomes() {
		list = append(list, o.String())
	}
	return list
}

func interactionOutcomes() []event.Outcome {
	return []event.Outcome{event.OK, event.Degraded, event.Failed, event.Cancelled, event.Abandoned}
}

// SpanRules returns the rules of all touchpoints in their order, for [spanrule.Compile]. It returns nil for a blueprint without rules.
func (b *Blueprint) SpanRules() (rules []spanrule.Rule) {
	if b == nil {
		return nil
	}
	for i := range b.Touchpoints {
		t := &b.Touchpoints[i]
		for k := range t.Match {
			rules = append(rules, t.Match[k].rule(b, t))
		}
	}
	return rules
}

func (m *Match) rule(b *Blueprint, t *Touchpoint) spanrule.Rule {
	r := spanrule.Rule{
		Touchpoint: t.Name, Journey: t.Journey, Span: m.Span, Kind: trace.SpanKind(max(0, slices.Index(spanKinds, m.Kind))),
		Case: m.Case.source(), Customer: m.Customer.source(), Segment: m.Segment.source(), Actor: m.Actor.source(),
		Starts: m.Starts, Value: m.Value.Attribute, Currency: m.Value.Currency, Channel: m.channel(b, t),
	}
	for key, p := range m.Attributes {
		if r.Attributes == nil {
			r.Attributes = make(map[string]string, len(m.Attributes))
		}
		r.Attributes[key] = string(p)
	}
	for _, o := range interactionOutcomes() {
		if o.String() == m.Outcome {
			r.Outcome = o
		}
	}
	return r
}

// channel returns the channel of the rule.
func (m *Match) channel(b *Blueprint, t *Touchpoint) event.Channel {
	spelling := m.Channel
	if j := find(b.Journeys, t.Journey, journeyName); spelling == "" && j != nil && len(j.Channels) > 0 {
		spelling = j.Channels[0]
	}
	if c, ok := b.Channel(spelling); ok {
		return c
	}
	return event.Web
}

func (s MatchSource) source() spanrule.Source { return spanrule.Source(s) }

// validateMatches checks the rules of all touchpoints.
func (b *Blueprint) validateMatches(p *problems) {
	first := map[string]string{} // the path of the first rule by its conditions
	n := 0
	for i := range b.Touchpoints {
		t, path := &b.Touchpoints[i], at("touchpoints", i)+".match"
		if len(t.Match) > MaxNames {
			p.add(path, "has %d rules, and at most %d are allowed: use * in the name of a span to say several of them in one", len(t.Match), MaxNames)
			continue
		}
		if n += len(t.Match); n > spanrule.MaxRules && n-len(t.Match) <= spanrule.MaxRules {
			p.add(path, "is more than the %d rules that a blueprint may have: use * to say several of them in one", spanrule.MaxRules)
		}
		for k := range t.Match {
			m, where := &t.Match[k], at(path, k)
			m.validate(p, where, b, t)
			conditions := m.conditions()
			if before, twice := first[conditions]; twice {
				p.add(where, "has the conditions of %s, which comes first and takes all its spans: remove one of them, or change its span, kind or attributes", before)
			} else {
				first[conditions] = where
			}
		}
	}
}

// conditions returns a text that tells rules with different conditions apart.
func (m *Match) conditions() string {
	said := make([]string, 0, 2+2*len(m.Attributes))
	said = append(said, m.Span, m.Kind)
	for _, key := range slices.Sorted(maps.Keys(m.Attributes)) {
		said = append(said, key, string(m.Attributes[key]))
	}
	return fmt.Sprintf("%q", said)
}

func (m *Match) validate(p *problems, path string, b *Blueprint, t *Touchpoint) {
	if strings.Trim(m.Span, "*") == "" && len(m.Attributes) == 0 {
		p.add(path, "would match every span: add span: with its name, such as POST /pay, or attributes")
	}
	p.logText(path+".span", m.Span, event.MaxLine)
	if m.Kind != "" && !slices.Contains(SpanKinds(), m.Kind) {
		p.unknown(path+".kind", m.Kind, SpanKinds(), "there is no kind of span %.80q: use %s", m.Kind, oneOf(SpanKinds()))
	}
	m.validateAttributes(p, path+".attributes")
	switch {
	case t.Journey != "" && m.Case == MatchSource{}:
		p.add(path+".case", "is missing, and the touchpoint is in the journey %.80q: add case: with the key of the attribute that has the ID of the run", t.Journey)
	case t.Journey == "" && m.Case != MatchSource{}:
		p.add(path+".case", "needs a journey: add journey: to the touchpoint, or remove case")
	}
	if m.Starts && t.Journey == "" {
		p.add(path+".starts", "needs a journey: add journey: to the touchpoint, or remove starts")
	}
	m.Case.validate(p, path+".case")
	m.Customer.validate(p, path+".customer")
	m.Segment.validate(p, path+".segment")
	m.Actor.validate(p, path+".actor")
	m.Value.validate(p, path+".value")
	if m.Value != (MatchValue{}) && t.Journey == "" {
		p.add(path+".value", "needs a journey: the amount is at stake in a run: add journey: to the touchpoint, or remove value")
	}
	if _, ok := b.Channel(m.Channel); m.Channel != "" && !ok {
		p.unknown(path+".channel", m.Channel, Channels(), "there is no channel %.80q: use %s, or a spelling under channels", m.Channel, oneOf(Channels()))
	}
	if m.Outcome != "" && !slices.Contains(InteractionOutcomes(), m.Outcome) {
		p.unknown(path+".outcome", m.Outcome, InteractionOutcomes(), "an interaction cannot be %.80q: use %s", m.Outcome, oneOf(InteractionOutcomes()))
	}
}

func (m *Match) validateAttributes(p *problems, path string) {
	if len(m.Attributes) > event.MaxAttributes {
		p.add(path, "has %d entries, and at most %d are allowed: remove some", len(m.Attributes), event.MaxAttributes)
		return
	}
	for _, key := range slices.Sorted(maps.Keys(m.Attributes)) {
		where := path + "[" + strconv.Quote(key) + "]"
		p.attributeKey(where, key)
		if m.Attributes[key] == "" {
			p.add(where, "the text is missing: write that of the attribute, or * for any")
		}
		p.logText(where, string(m.Attributes[key]), event.MaxLine)
	}
}

// attributeKey checks the key of an attribute of a span.
func (p *problems) attributeKey(path, key string) {
	switch {
	case key == "" || len(key) > event.MaxLine || !text.Printable(key):
		p.add(path, "%.80q is not a key of 1 to %d bytes of printable UTF-8, such as http.route", key, event.MaxLine)
	case strings.HasPrefix(key, "cx."):
		p.add(path, "%.80q: attributes that begin with cx. are Cairn's own, and a span that has them is no second touchpoint: choose another one", key)
	}
}

func (s MatchSource) validate(p *problems, path string) {
	switch {
	case s == MatchSource{}:
		return
	case s.Attribute != "" && s.Baggage != "":
		p.add(path, "names an attribute and baggage: remove one of them")
	case s.Attribute == "" && s.Baggage == "":
		p.add(path, "names neither an attribute nor baggage: add attribute: with its key")
	case s.Baggage != "" && !s.Trusted:
		p.add(path, "is from baggage, which any caller of the service can send: add trusted: true if every caller may be believed, or use an attribute")
	case s.Attribute != "" && s.Trusted:
		p.add(path+".trusted", "is for baggage: the service itself sets attributes: remove it")
	}
	if s.Attribute != "" {
		p.attributeKey(path+".attribute", s.Attribute)
	}
	p.logText(path+".baggage", s.Baggage, event.MaxLine)
}

func (v MatchValue) validate(p *problems, path string) {
	if v == (MatchValue{}) {
		return
	}
	p.attributeKey(path+".attribute", v.Attribute)
	if len(v.Currency) != 3 || strings.Trim(v.Currency, "ABCDEFGHIJKLMNOPQRSTUVWXYZ") != "" {
		p.add(path+".currency", "%.80q is not a currency: write the three capital letters of ISO 4217, such as EUR", v.Currency)
	}
}
