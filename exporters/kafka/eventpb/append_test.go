package eventpb_test

import (
	"fmt"
	"math"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/bufbuild/protocompile"
	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/trace"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/reflect/protoreflect"
	"google.golang.org/protobuf/types/dynamicpb"

	"cairncx.dev/cairn/cx/event"
	"cairncx.dev/cairn/exporters/kafka/eventpb"
)

// schema compiles the .proto file.
func schema(tb testing.TB) protoreflect.FileDescriptor {
	tb.Helper()
	c := protocompile.Compiler{Resolver: protocompile.WithStandardImports(&protocompile.SourceResolver{ImportPaths: []string{"../proto"}})}
	files, err := c.Compile(tb.Context(), "cairn/event/v1/event.proto")
	if err != nil {
		tb.Fatal(err)
	}
	return files[0]
}

// read decodes the message with what the compiler made, which must know every field.
func read(tb testing.TB, file protoreflect.FileDescriptor, b []byte) event.Event {
	tb.Helper()
	m := dynamicpb.NewMessage(file.Messages().ByName("Event"))
	if err := proto.Unmarshal(b, m); err != nil {
		tb.Fatal(err)
	}
	known(tb, m)
	return decode(m)
}

// known checks that no field is unknown, at any depth.
func known(tb testing.TB, m protoreflect.Message) {
	tb.Helper()
	if len(m.GetUnknown()) > 0 {
		tb.Errorf("%s has fields that the schema does not: %x", m.Descriptor().FullName(), m.GetUnknown())
	}
	m.Range(func(f protoreflect.FieldDescriptor, v protoreflect.Value) bool {
		switch {
		case f.Message() == nil:
		case f.IsList():
			for i := range v.List().Len() {
				known(tb, v.List().Get(i).Message())
			}
		default:
			known(tb, v.Message())
		}
		return true
	})
}

// msg reads fields by their names in the schema.
type msg struct{ protoreflect.Message }

func (m msg) get(name string) protoreflect.Value {
	return m.Get(m.Descriptor().Fields().ByName(protoreflect.Name(name)))
}

func (m msg) has(name string) bool {
	return m.Has(m.Descriptor().Fields().ByName(protoreflect.Name(name)))
}
func (m msg) str(name string) string { return m.get(name).String() }
func (m msg) num(name string) int64  { return m.get(name).Int() }
func (m msg) sub(name string) msg    { return msg{m.get(name).Message()} }
func (m msg) is(name string) bool    { return m.get(name).Bool() }

// word returns the name of an enum's value as it is in JSON.
func (m msg) word(name string) []byte {
	f := m.Descriptor().Fields().ByName(protoreflect.Name(name))
	v := string(f.Enum().Values().ByNumber(m.get(name).Enum()).Name())
	v = strings.TrimPrefix(v, prefix(string(f.Enum().Name())))
	if v == "UNSPECIFIED" {
		return nil
	}
	return []byte(strings.ToLower(v))
}

// prefix returns what the names of an enum's values begin with, such as LEG_END_ for LegEnd.
func prefix(enum string) string {
	return strings.ToUpper(regexp.MustCompile("([a-z])([A-Z])").ReplaceAllString(enum, "${1}_$2")) + "_"
}

func (m msg) id(name string) (id event.ID) {
	copy(id[:], m.get(name).Bytes())
	return id
}

func (m msg) time(name string) time.Time {
	if !m.has(name) {
		return time.Time{}
	}
	t := m.sub(name)
	return time.Unix(t.num("seconds"), t.num("nanos")).UTC()
}

func (m msg) duration(name string) time.Duration {
	d := m.sub(name)
	return time.Duration(d.num("seconds"))*time.Second + time.Duration(d.num("nanos"))
}

func must(err error) {
	if err != nil {
		panic(err)
	}
}

func decode(p protoreflect.Message) event.Event {
	m := msg{p}
	j, c := m.sub("journey"), m.sub("customer")
	e := event.Event{
		ID: m.id("id"), Kind: event.Kind(m.str("kind")), Time: m.time("time"), Duration: m.duration("duration"),
		Journey: event.Run{
			Namespace: j.str("namespace"), Name: j.str("name"), ID: j.str("id"), Version: j.str("version"), Started: j.time("started"),
		},
		Stage: m.str("stage"), Visit: int(m.num("visit")), Touchpoint: m.str("touchpoint"), Late: m.is("late"),
		Cause: m.str("cause"), ErrorType: m.str("error_type"), Intent: m.str("intent"),
		Customer: event.Customer{Hash: c.str("hash"), Segment: c.str("segment"), Account: c.str("account")},
	}
	if j.has("value") {
		e.Journey.Value = &event.Money{Amount: j.sub("value").num("amount"), Currency: j.sub("value").str("currency")}
	}
	if j.has("root") {
		copy(e.Journey.Root.TraceID[:], j.sub("root").get("trace_id").Bytes())
		copy(e.Journey.Root.SpanID[:], j.sub("root").get("span_id").Bytes())
	}
	must(e.Channel.UnmarshalText(m.word("channel")))
	must(e.Actor.UnmarshalText(m.word("actor")))
	must(e.Direction.UnmarshalText(m.word("direction")))
	must(e.Outcome.UnmarshalText(m.word("outcome")))
	must(e.Zone.UnmarshalText(m.word("apdex_zone")))
	decodeDetails(m, &e)
	e.Attributes = attributes(m.get("attributes").List())
	if m.has("span") {
		s := m.sub("span")
		cfg := trace.SpanContextConfig{}
		copy(cfg.TraceID[:], s.get("trace_id").Bytes())
		copy(cfg.SpanID[:], s.get("span_id").Bytes())
		if s.is("sampled") {
			cfg.TraceFlags = trace.FlagsSampled
		}
		e.SpanContext = trace.NewSpanContext(cfg)
	}
	return e
}

func decodeDetails(m msg, e *event.Event) {
	if s := m.sub("variant"); m.has("variant") {
		e.Variant = &event.Variant{Release: s.str("release"), Experiment: s.str("experiment"), Arm: s.str("arm")}
	}
	if s := m.sub("transition"); m.has("transition") {
		e.Transition = &event.Transition{
			From: s.str("from"), Visit: int(s.num("visit")), Entered: s.time("entered"), Partial: s.is("partial"),
			Failures: int(s.num("failures")), LastCause: s.str("last_cause"), LastTouchpoint: s.str("last_touchpoint"),
		}
		if f := s.sub("friction"); s.has("friction") {
			e.Transition.Friction = &event.Friction{
				Repeats: int(f.num("repeats")), FailuresBeforeSuccess: int(f.num("failures_before_success")), Loops: int(f.num("loops")),
				ChannelSwitches: int(f.num("channel_switches")), Overdue: int(f.num("overdue")),
			}
		}
	}
	if s := m.sub("promise"); m.has("promise") {
		e.Promise = &event.Promise{Name: s.str("name"), Number: int(s.num("number")), Made: s.time("made"), Due: s.time("due"), ByHand: s.is("by_hand")}
	}
	if s := m.sub("feedback"); m.has("feedback") {
		f := &event.Feedback{
			Survey: s.str("survey"), Score: int(s.num("score")), Comment: s.str("comment"), Language: s.str("language"),
			Request: s.id("request"), Source: s.str("source"), Version: s.str("version"), Shown: s.is("shown"), Amends: s.id("amends"),
		}
		must(f.Ended.UnmarshalText(s.word("ended")))
		if s.has("previous") {
			f.Previous = new(int(s.num("previous")))
		}
		if t := s.sub("testimonial"); s.has("testimonial") {
			f.Testimonial = &event.Testimonial{
				Version: t.str("version"), Language: t.str("language"), Text: t.str("text"), Given: t.time("given"), Withdrawn: t.time("withdrawn"),
			}
		}
		must(f.Scale.UnmarshalText(s.word("scale")))
		must(f.Verdict.UnmarshalText(s.word("verdict")))
		must(f.Sentiment.UnmarshalText(s.word("sentiment")))
		for i := range s.get("causes").List().Len() {
			f.Causes = append(f.Causes, s.get("causes").List().Get(i).String())
		}
		e.Feedback = f
	}
	if s := m.sub("assisted"); m.has("assisted") {
		e.Assisted = assisted(s)
	}
	if s := m.sub("effort"); m.has("effort") {
		e.Effort = &event.Effort{
			Began: s.time("began"), Window: event.Seconds(s.duration("window")), Contacts: int(s.num("contacts")), Answered: int(s.num("answered")),
			Switches: int(s.num("switches")), From: s.str("from"), FirstContact: s.is("first_contact"),
		}
	}
	if s := m.sub("followup"); m.has("followup") {
		about := s.sub("about")
		e.FollowUp = &event.FollowUp{
			ID: s.str("id"), Owner: s.str("owner"), Feedback: s.id("feedback"), Due: s.time("due"), Remedy: s.str("remedy"), Note: s.str("note"),
			Severity: s.str("severity"), Rule: s.str("rule"), CausedBy: s.id("caused_by"),
			About: event.RunRef{Namespace: about.str("namespace"), Name: about.str("name"), ID: about.str("id")}, Silence: event.Seconds(s.duration("longest_silence")),
		}
		for i := range s.get("skipped").List().Len() {
			e.FollowUp.Skipped = append(e.FollowUp.Skipped, s.get("skipped").List().Get(i).String())
		}
	}
	if s := m.sub("action"); m.has("action") {
		e.Action = &event.Action{
			Name: s.str("name"), Owner: s.str("owner"), Note: s.str("note"), Cause: s.str("cause"), From: s.time("from"), Until: s.time("until"),
		}
		for i := range s.get("feedbacks").List().Len() {
			e.Action.Feedbacks = append(e.Action.Feedbacks, event.ID(s.get("feedbacks").List().Get(i).Bytes()))
		}
	}
	if s := m.sub("breakdown"); m.has("breakdown") {
		e.Breakdown = breakdown(s)
	}
	if s := m.sub("mention"); m.has("mention") {
		e.Mention = &event.Mention{Stars: s.get("stars").Float(), Reach: int(s.num("reach")), Address: s.str("address"), ReplyTo: s.str("reply_to")}
		must(e.Mention.Nature.UnmarshalText(s.word("nature")))
	}
	if s := m.sub("contact"); m.has("contact") {
		e.Contact = &event.Contact{Purpose: s.str("purpose"), Rule: s.str("rule"), Grant: s.id("grant")}
	}
}

func breakdown(s msg) *event.Breakdown {
	by := s.sub("action")
	d := &event.Breakdown{
		About: s.str("about"), Journey: s.str("journey"), Name: s.str("name"), Better: s.is("better"), Began: s.time("began"), BaselineUntil: s.time("baseline_until"), Severity: s.str("severity"),
		Before: s.get("share_before").Float(), Since: s.get("share_since").Float(), Excess: s.get("excess").Float(), Customers: int(s.num("customers_in_excess")),
		Owner: s.str("owner"), Action: event.RunRef{Namespace: by.str("namespace"), Name: by.str("name"), ID: by.str("id")}, Earlier: s.str("earlier"), Note: s.str("note"),
	}
	for i := range s.get("placed").List().Len() {
		p := msg{s.get("placed").List().Get(i).Message()}
		d.Placed = append(d.Placed, event.Placed{Column: p.str("column"), Value: p.str("value")})
	}
	if v := s.sub("value_in_excess"); s.has("value_in_excess") {
		d.Value = &event.Money{Amount: v.num("amount"), Currency: v.str("currency")}
	}
	return d
}

func attributes(list protoreflect.List) (kvs []attribute.KeyValue) {
	for i := range list.Len() {
		a := msg{list.Get(i).Message()}
		kvs = append(kvs, attribute.KeyValue{Key: attribute.Key(a.str("key")), Value: value(a.sub("value"))})
	}
	return kvs
}

// value reads lists as lists of anything: JSON has no other.
func value(m msg) attribute.Value {
	f := m.WhichOneof(m.Descriptor().Oneofs().ByName("value"))
	if f == nil {
		return attribute.Value{}
	}
	v := m.Get(f)
	switch f.Name() {
	case "bool_value":
		return attribute.BoolValue(v.Bool())
	case "int_value":
		return attribute.Int64Value(v.Int())
	case "double_value":
		return attribute.Float64Value(v.Float())
	case "string_value":
		return attribute.StringValue(v.String())
	case "bytes_value":
		return attribute.ByteSliceValue(v.Bytes())
	case "list_value":
		list := msg{v.Message()}.get("values").List()
		var out []attribute.Value
		for i := range list.Len() {
			out = append(out, value(msg{list.Get(i).Message()}))
		}
		return attribute.SliceValue(out...)
	default:
		return attribute.MapValue(attributes(msg{v.Message()}.get("attributes").List())...)
	}
}

func full() event.Event {
	at := time.Date(2026, 4, 17, 12, 0, 0, 123456789, time.UTC)
	return event.Event{
		ID: event.ID{1, 15: 2}, Kind: event.FeedbackReceived, Time: at, Duration: 90*time.Second + 1,
		Journey: event.Run{
			Namespace: "shop", Name: "checkout", ID: "order-1", Version: "7", Started: at.Add(-time.Hour), Value: &event.Money{Amount: -4_999, Currency: "EUR"},
			Root: event.SpanRef{TraceID: trace.TraceID{5}, SpanID: trace.SpanID{6}},
		},
		Stage: "payment", Visit: 2, Touchpoint: "pay", Channel: event.Mobile, Actor: event.ActorDelegate, Direction: event.Outbound,
		Outcome: event.Failed, Zone: event.Frustrated, Customer: event.Customer{ID: "never", AccountID: "never", Hash: "hash", Segment: "gold", Account: "acme"},
		Cause: "declined", ErrorType: "timeout", Intent: "pay", Late: true, Promise: &event.Promise{Name: "answered", Number: 2, Made: at, Due: at.Add(time.Hour), ByHand: true},
		Variant: &event.Variant{Release: "2026.4", Experiment: "one-page", Arm: "b"},
		Transition: &event.Transition{
			From: "basket", Visit: 1, Entered: at.Add(-time.Minute), Partial: true, Failures: 3, LastCause: "declined", LastTouchpoint: "pay",
			Friction: &event.Friction{Repeats: 2, FailuresBeforeSuccess: 1, Loops: 3, ChannelSwitches: 4, Overdue: 5},
		},
		Feedback: &event.Feedback{
			Survey: "after", Scale: event.NPS, Score: -3, Verdict: event.Negative, Comment: strings.Repeat("long ", 5000), Language: "de-AT",
			Causes: []string{"slow", "", "unclear"}, Request: event.ID{3}, Source: "forum", Sentiment: event.Positive,
			Version: "2", Ended: event.SurveyExpired, Shown: true, Amends: event.ID{6}, Previous: new(0),
			Testimonial: &event.Testimonial{Version: "1", Language: "de", Text: "Ja", Given: at, Withdrawn: at.Add(1)},
		},
		Mention: &event.Mention{Nature: event.Suggestion, Stars: 4.5, Reach: 12, Address: "https://a.example", ReplyTo: "r"},
		Assisted: &event.Assisted{
			Legs: []event.Leg{
				{Queue: "orders", Queued: true, Answered: true, Bot: true, Talk: event.Seconds(-1), End: event.LegTransferred, Warm: true},
				{
					Queue: "billing", Answered: true, AgentID: "never", Agent: "a7", Start: event.Seconds(time.Minute), Wait: event.Seconds(time.Second),
					Ring: 1, Talk: 2, Hold: 3, Wrap: 4, Holds: 5, End: event.LegFinished,
				},
				{},
			},
			Disposition: "invoice", Line: 2, Claimed: event.Yes, Unable: "no-authority", Again: event.No, SamePerson: event.Yes, Repeated: 3,
			Decisions: []event.Decision{{
				What: "refund", Amount: &event.Money{Amount: -1, Currency: "EUR"}, Limit: &event.Money{}, Approval: true, Approver: "lead",
				Waited: event.Seconds(time.Hour), Refused: true, Path: "voucher", Skipped: []string{"label", ""},
			}, {}},
			Views:  []event.View{{Part: "orders", Age: 1, Took: 2, Found: true}, {}},
			Thread: &event.Thread{Replies: []event.Reply{{After: 1, Open: 2}, {}}, BotReplies: 1, Waited: 3, WaitedOpen: 4, Unanswered: true},
		},
		Effort: &event.Effort{Began: at, Window: 1, Contacts: 2, Answered: 3, Switches: 4, From: "pay", FirstContact: true},
		FollowUp: &event.FollowUp{
			ID: "f1", Owner: "care", Feedback: event.ID{4}, Due: at, Remedy: "refund", Note: "note", Severity: "high", Rule: "detractor", CausedBy: event.ID{4},
			About: event.RunRef{Namespace: "shop", Name: "checkout", ID: "order-1"}, Skipped: []string{"assessed", ""}, Silence: 7,
		},
		Action: &event.Action{Name: "shorter form", Owner: "payment", Note: "note", Feedbacks: []event.ID{{4}, {}}, Cause: "slow", From: at, Until: at},
		Breakdown: &event.Breakdown{
			About: "stage", Journey: "checkout", Name: "payment", Better: true, Began: at, BaselineUntil: at.Add(-time.Hour), Placed: []event.Placed{{Column: "release", Value: "7"}, {}}, Severity: "high",
			Before: 0.1, Since: 0.25, Excess: -3.5, Customers: -3, Value: &event.Money{Amount: -4, Currency: "EUR"}, Owner: "payments",
			Action: event.RunRef{Namespace: "shop", Name: "improvement", ID: "a-1"}, Earlier: "0123", Note: "note",
		},
		Contact: &event.Contact{Purpose: "survey", Rule: "one a month", Grant: event.ID{5}},
		Attributes: []attribute.KeyValue{
			attribute.Bool("b", false), attribute.Int64("i", math.MinInt64), attribute.Float64("f", math.Copysign(0, -1)), attribute.String("s", ""),
			attribute.BoolSlice("bs", []bool{true, false}), attribute.Int64Slice("is", []int64{-1, 0}), attribute.Float64Slice("fs", []float64{1, math.Inf(1)}),
			attribute.StringSlice("ss", []string{"", "x"}), attribute.StringSlice("none", nil),
			{Key: "bytes", Value: attribute.ByteSliceValue([]byte{0, 255})},
			{Key: "map", Value: attribute.MapValue(attribute.Int("n", 1), attribute.StringSlice("deep", []string{"y"}))},
			{Key: "empty"},
			{Key: "mixed", Value: attribute.SliceValue(attribute.IntValue(0), attribute.StringValue("a"))},
			attribute.Int("twice", 1), attribute.Int("twice", 2),
		},
		SpanContext: trace.NewSpanContext(trace.SpanContextConfig{TraceID: trace.TraceID{1}, SpanID: trace.SpanID{2}, TraceFlags: trace.FlagsSampled}),
	}
}

// TestAppend: what the schema's compiler reads is the event, judged by its JSON form.
func TestAppend(t *testing.T) {
	t.Parallel()
	file := schema(t)
	check := func(t *testing.T, e event.Event) {
		t.Helper()
		got := read(t, file, eventpb.Append(nil, &e))
		if g, w := form(&got), form(&e); g != w {
			t.Errorf("it is read as\n%.2000s, want\n%.2000s", g, w)
		}
	}
	for _, c := range []struct {
		name, reason string
		change       func(e *event.Event)
	}{
		{"everything", "each field has its number", func(*event.Event) {}},
		{"nothing", "what is not set is not there", func(e *event.Event) { *e = event.Event{} }},
		{"details that are empty", "they are there all the same", func(e *event.Event) {
			e.Variant, e.Transition, e.Feedback, e.Assisted = &event.Variant{}, &event.Transition{}, &event.Feedback{}, &event.Assisted{}
			e.FollowUp, e.Action, e.Contact, e.Journey.Value, e.Promise = &event.FollowUp{}, &event.Action{}, &event.Contact{}, &event.Money{}, &event.Promise{}
			e.Breakdown = &event.Breakdown{Value: &event.Money{}}
			e.Effort, e.Mention, e.Feedback.Testimonial = &event.Effort{}, &event.Mention{}, &event.Testimonial{}
		}},
		{"before Christ", "a Timestamp begins with the year 1", func(e *event.Event) { e.Time = time.Date(-44, 3, 15, 0, 0, 0, 0, time.UTC) }},
		{"after 9999", "a Timestamp ends with it", func(e *event.Event) { e.Time = time.Date(20000, 1, 1, 0, 0, 0, 0, time.UTC) }},
		{"before 1970", "nanos count forward", func(e *event.Event) { e.Time = time.Unix(-1, 999_999_999) }},
		{"the longest duration", "a Duration holds it", func(e *event.Event) { e.Duration = math.MaxInt64 }},
		{"the shortest duration", "both parts have one sign", func(e *event.Event) { e.Duration = math.MinInt64 }},
		{"not UTF-8", "proto3 wants UTF-8", func(e *event.Event) {
			e.Touchpoint, e.Feedback.Causes = "a\xffb\xed\xa0\x80", []string{"\xc0\xaf", "\ufffd"}
			e.Attributes = []attribute.KeyValue{attribute.String("\xff", "\xfe\xfe")}
		}},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			e := full()
			c.change(&e)
			check(t, e)
		})
	}
	t.Run("lengths around those that take another byte", func(t *testing.T) {
		t.Parallel()
		for _, n := range []int{0, 1, 100, 120, 121, 122, 123, 124, 125, 126, 127, 128, 129, 16370, 16375, 16376, 16377, 16378, 16379, 16380, 16381, 16382, 16383, 16384, 16385, 1 << 21} {
			e := event.Event{Kind: "k", Time: time.Unix(1, 0), Action: &event.Action{Name: strings.Repeat("x", n)}}
			e.Attributes = []attribute.KeyValue{{Key: "m", Value: attribute.MapValue(attribute.String("k", strings.Repeat("y", n)))}}
			check(t, e)
		}
	})
}

// form returns the JSON form, in which an invalid byte and U+FFFD are the same.
func form(e *event.Event) string {
	return strings.ReplaceAll(string(e.AppendJSON(nil)), `\ufffd`, "\ufffd")
}

// TestEnums: a value has the same number and name in both, and none is missing.
func TestEnums(t *testing.T) {
	t.Parallel()
	file := schema(t)
	for _, c := range []struct {
		enum string
		name func(i int) string
	}{
		{"Channel", func(i int) string { return event.Channel(i).String() }},
		{"Actor", func(i int) string { return event.Actor(i).String() }},
		{"Direction", func(i int) string { return event.Direction(i).String() }},
		{"Outcome", func(i int) string { return event.Outcome(i).String() }},
		{"Zone", func(i int) string { return event.Zone(i).String() }},
		{"Scale", func(i int) string { return event.Scale(i).String() }},
		{"Verdict", func(i int) string { return event.Verdict(i).String() }},
		{"YesNo", func(i int) string { return event.YesNo(i).String() }},
		{"LegEnd", func(i int) string { return event.LegEnd(i).String() }},
	} {
		n := 1 // the zero value may have no name
		for c.name(n) != "" {
			n++
		}
		values := file.Enums().ByName(protoreflect.Name(c.enum)).Values()
		if values.Len() != n {
			t.Errorf("%s has %d values, want %d: the schema lags behind", c.enum, values.Len(), n)
		}
		for i := range n {
			want := c.name(i)
			if want == "" {
				want = "unspecified"
			}
			want = prefix(c.enum) + strings.ToUpper(want)
			if v := values.ByNumber(protoreflect.EnumNumber(i)); v == nil || string(v.Name()) != want {
				t.Errorf("%s %d is %v, want %s", c.enum, i, v, want)
			}
		}
	}
}

func FuzzAppend(f *testing.F) {
	f.Add("checkout", "order-1", "\xff", int64(1), int64(-1))
	file := schema(f)
	f.Fuzz(func(t *testing.T, a, b, c string, n, m int64) {
		e := event.Event{
			Kind: event.Kind(a), Time: time.Unix(n, m), Duration: time.Duration(m), Visit: int(n), Touchpoint: b,
			Journey: event.Run{Namespace: b, Name: c, ID: a, Started: time.Unix(m, n)}, Feedback: &event.Feedback{Survey: c, Causes: []string{a, b, c}},
			Attributes: []attribute.KeyValue{attribute.StringSlice(a, []string{b, c}), attribute.Int64(b, n)},
		}
		got := read(t, file, eventpb.Append(nil, &e))
		if g, w := form(&got), form(&e); g != w {
			t.Errorf("it is read as %q, want %q", g, w)
		}
	})
}

// TestCost: a buffer that is large enough is all that Append needs.
func TestCost(t *testing.T) {
	e := full()
	e.Attributes = e.Attributes[:4]
	buf := make([]byte, 0, 64<<10)
	if n := testing.AllocsPerRun(100, func() { buf = eventpb.Append(buf[:0], &e) }); n > 0 {
		t.Errorf("%v allocations, want none", n)
	}
	if eventpb.Append(nil, nil) != nil {
		t.Error("a nil event is not empty")
	}
}

func ExampleAppend() {
	e := event.Event{Kind: event.TouchpointEnded, Time: time.Unix(1, 0), Touchpoint: "pay", Outcome: event.OK}
	b := eventpb.Append(nil, &e)
	fmt.Printf("%d bytes, as JSON %d\n", len(b), len(e.AppendJSON(nil)))
	// Output:
	// 31 bytes, as JSON 97
}
