package event

import (
	"slices"
	"strconv"

	"go.opentelemetry.io/otel/attribute"
)

// scan reads into e, which is empty, the form that [Event.AppendJSON] writes, with its fields in any order. It reports whether
// data has that form. scan takes fewer texts than [parseWire] and reads them the same way: the last of two fields with one
// name holds, and objects of one name add to each other.
func scan(data []byte, e *Event) bool {
	s := scanner{data: data}
	version := 0
	s.take('{')
	for s.field() {
		switch string(s.name) {
		case "v":
			version = s.int()
		case "id":
			s.check(e.ID.UnmarshalText(s.word()))
		case "kind":
			e.Kind = s.kind()
		case "time":
			s.time(&e.Time)
		case "duration_seconds":
			e.Duration = s.seconds()
		case "journey":
			s.journey(&e.Journey)
		case "stage":
			e.Stage = s.text()
		case "visit":
			e.Visit = s.int()
		case "touchpoint":
			e.Touchpoint = s.text()
		case "channel":
			s.check(e.Channel.UnmarshalText(s.word()))
		case "outcome":
			s.check(e.Outcome.UnmarshalText(s.word()))
		case "apdex_zone":
			s.check(e.Zone.UnmarshalText(s.word()))
		case "customer":
			s.customer(&e.Customer)
		case "attributes":
			e.Attributes = s.attributes(maxNesting)
		default:
			s.rare(e)
		}
	}
	var err error
	e.SpanContext, err = spanContext(string(s.span.traceID), string(s.span.spanID), s.span.sampled)
	return err == nil && !s.failed && s.at == len(data) && readable(version) && e.Kind != "" && !e.Time.IsZero()
}

// rare reads the fields that only few events have.
func (s *scanner) rare(e *Event) {
	switch string(s.name) {
	case "actor":
		s.check(e.Actor.UnmarshalText(s.word()))
	case "direction":
		s.check(e.Direction.UnmarshalText(s.word()))
	case "late":
		e.Late = s.bool()
	case "cause":
		e.Cause = s.text()
	case "error_type":
		e.ErrorType = s.text()
	case "intent":
		e.Intent = s.text()
	case "promise":
		s.promise(made(&e.Promise))
	case "transition":
		s.transition(made(&e.Transition))
	case "feedback":
		s.feedback(made(&e.Feedback))
	case "variant":
		s.variant(made(&e.Variant))
	case "assisted":
		s.assisted(made(&e.Assisted))
	case "effort":
		s.effort(made(&e.Effort))
	case "followup":
		s.followUp(made(&e.FollowUp))
	case "action":
		s.action(made(&e.Action))
	case "breakdown":
		s.breakdown(made(&e.Breakdown))
	case "mention":
		s.mention(made(&e.Mention))
	case "contact":
		s.contact(made(&e.Contact))
	case "span":
		s.spanned(&s.span)
	default:
		s.fail()
	}
}

// made returns *p, and allocates it where it is nil.
func made[T any](p **T) *T {
	if *p == nil {
		*p = new(T)
	}
	return *p
}

// kind returns the next string. A known kind needs no memory.
func (s *scanner) kind() Kind {
	b := s.quoted()
	for _, k := range Kinds() {
		if string(b) == string(k) {
			return k
		}
	}
	return Kind(s.keep(b))
}

func (s *scanner) journey(j *Run) {
	s.take('{')
	for s.field() {
		switch string(s.name) {
		case "namespace":
			j.Namespace = s.text()
		case "name":
			j.Name = s.text()
		case "id":
			j.ID = s.text()
		case "version":
			j.Version = s.text()
		case "started":
			s.time(&j.Started)
		case "root":
			s.check(j.Root.parse(s.word()))
		case "value":
			s.money(made(&j.Value))
		default:
			s.fail()
		}
	}
}

func (s *scanner) money(m *Money) {
	s.take('{')
	for s.field() {
		switch string(s.name) {
		case "amount":
			m.Amount = s.integer()
		case "currency":
			m.Currency = s.text()
		default:
			s.fail()
		}
	}
}

func (s *scanner) customer(c *Customer) {
	s.take('{')
	for s.field() {
		switch string(s.name) {
		case "hash":
			c.Hash = s.text()
		case "segment":
			c.Segment = s.text()
		case "account":
			c.Account = s.text()
		default:
			s.fail()
		}
	}
}

func (s *scanner) transition(t *Transition) {
	s.take('{')
	for s.field() {
		switch string(s.name) {
		case "from":
			t.From = s.text()
		case "visit":
			t.Visit = s.int()
		case "entered":
			s.time(&t.Entered)
		case "partial":
			t.Partial = s.bool()
		case "failures":
			t.Failures = s.int()
		case "last_cause":
			t.LastCause = s.text()
		case "last_touchpoint":
			t.LastTouchpoint = s.text()
		case "friction":
			s.friction(made(&t.Friction))
		default:
			s.fail()
		}
	}
}

func (s *scanner) friction(f *Friction) {
	s.take('{')
	for s.field() {
		switch string(s.name) {
		case "repeats":
			f.Repeats = s.int()
		case "failures_before_success":
			f.FailuresBeforeSuccess = s.int()
		case "loops":
			f.Loops = s.int()
		case "channel_switches":
			f.ChannelSwitches = s.int()
		case "overdue":
			f.Overdue = s.int()
		default:
			s.fail()
		}
	}
}

func (s *scanner) promise(p *Promise) {
	s.take('{')
	for s.field() {
		switch string(s.name) {
		case "name":
			p.Name = s.text()
		case "number":
			p.Number = s.int()
		case "made":
			s.time(&p.Made)
		case "due":
			s.time(&p.Due)
		case "by_hand":
			p.ByHand = s.bool()
		default:
			s.fail()
		}
	}
}

// texts returns the next list of strings.
func (s *scanner) texts() []string {
	list := []string{}
	s.take('[')
	for s.item() {
		list = append(list, s.text())
	}
	return list
}

func (s *scanner) variant(v *Variant) {
	s.take('{')
	for s.field() {
		switch string(s.name) {
		case "release":
			v.Release = s.text()
		case "experiment":
			v.Experiment = s.text()
		case "arm":
			v.Arm = s.text()
		default:
			s.fail()
		}
	}
}

func (s *scanner) contact(c *Contact) {
	s.take('{')
	for s.field() {
		switch string(s.name) {
		case "purpose":
			c.Purpose = s.text()
		case "rule":
			c.Rule = s.text()
		case "grant":
			s.check(c.Grant.UnmarshalText(s.word()))
		default:
			s.fail()
		}
	}
}

// spanParts are the members of the span objects that the scanner has read.
type spanParts struct {
	traceID, spanID []byte // of the data
	sampled         bool
}

func (s *scanner) spanned(p *spanParts) {
	s.take('{')
	for s.field() {
		switch string(s.name) {
		case "trace_id":
			p.traceID = s.word()
		case "span_id":
			p.spanID = s.word()
		case "sampled":
			p.sampled = s.bool()
		default:
			s.fail()
		}
	}
}

// maxNesting is the deepest nesting of attributes that a scanner reads.
const maxNesting = 16

// attributes returns the attributes of the next object in its order. An attribute without a value is left out.
func (s *scanner) attributes(nesting int) []attribute.KeyValue {
	var room [8]attribute.KeyValue // for what most have
	kvs := room[:0]
	s.take('{')
	for s.field() {
		key := attribute.Key(s.keep(s.name))
		if v := s.value(nesting); v.Type() != attribute.EMPTY {
			kvs = append(kvs, attribute.KeyValue{Key: key, Value: v})
		}
	}
	if len(kvs) == 0 {
		return nil
	}
	return slices.Clone(kvs)
}

// value returns the next value. Null is the empty value.
func (s *scanner) value(nesting int) attribute.Value {
	if nesting == 0 {
		s.fail()
		return attribute.Value{}
	}
	switch s.peek() {
	case '"':
		return attribute.StringValue(s.text())
	case 't', 'f':
		return attribute.BoolValue(s.bool())
	case 'n':
		s.literal("null")
		return attribute.Value{}
	case '{':
		return attribute.MapValue(s.attributes(nesting - 1)...)
	case '[':
		return s.list(nesting - 1)
	default:
		return s.numeric()
	}
}

func (s *scanner) list(nesting int) attribute.Value {
	var list []attribute.Value
	s.take('[')
	for s.item() {
		if len(list) == maxList {
			s.fail()
			break
		}
		list = append(list, s.value(nesting))
	}
	return listValue(list)
}

// numeric returns the next number: an integer that fits into 64 bits is an INT64, every other number a FLOAT64.
func (s *scanner) numeric() attribute.Value {
	text, whole := s.number()
	if whole {
		if n, err := strconv.ParseInt(string(text), 10, 64); err == nil {
			return attribute.Int64Value(n)
		}
	}
	f, err := strconv.ParseFloat(string(text), 64)
	s.check(err)
	return attribute.Float64Value(f)
}
