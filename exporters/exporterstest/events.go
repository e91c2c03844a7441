package exporterstest

import (
	"encoding/binary"
	"fmt"
	"math"
	"strings"
	"time"

	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/trace"

	"cairncx.dev/cairn/cx/event"
)

// All events are made by functions of their place alone: made twice they are equal, which is how a
// change is found.

// noon is when the events happen.
func noon() time.Time { return time.Date(2026, 4, 17, 12, 0, 0, 123456789, time.UTC) }

// id returns an ID of version 7 that is the same each time.
func id(n int) event.ID {
	var id event.ID
	binary.BigEndian.PutUint64(id[:8], uint64(noon().UnixMilli())<<16)
	binary.BigEndian.PutUint64(id[8:], uint64(n)|uint64(n)*0x9e3779b97f4a7c15&^0xffffffff)
	id[6], id[8] = 0x70, id[8]&0x3f|0x80
	return id
}

// small returns event n of a test, in the journey, and in none where that is "".
func small(n int, journey string) event.Event {
	e := event.Event{
		ID: id(n), Kind: event.TouchpointEnded, Time: noon().Add(time.Duration(n) * time.Millisecond),
		Touchpoint: fmt.Sprintf("touchpoint %d", n), Outcome: event.OK, Channel: event.Web,
	}
	if journey != "" {
		e.Journey = event.Run{Namespace: "exporterstest", Name: "checkout", ID: journey}
		e.Stage, e.Visit = "payment", n%7+1
	}
	return e
}

// series returns n small events of one journey, the first of which is event first.
func series(first, n int, journey string) []event.Event {
	list := make([]event.Event, n)
	for i := range list {
		list[i] = small(first+i, journey)
	}
	return list
}

// full returns an event in which everything is set, and the secret is where a customer's data is.
func full(n int) event.Event {
	at := noon().Add(time.Duration(n) * time.Second)
	e := event.Event{
		ID: id(n), Kind: event.FeedbackReceived, Time: at, Duration: 90*time.Second + 1,
		Journey: event.Run{
			Namespace: "exporterstest", Name: "checkout", ID: "order-" + secret, Version: "7",
			Started: at.Add(-time.Hour), Value: &event.Money{Amount: 4_999, Currency: "EUR"},
			Root: event.SpanRef{TraceID: trace.TraceID{7, 15: 8}, SpanID: trace.SpanID{9, 7: 10}},
		},
		Stage: "payment", Visit: 2, Touchpoint: fmt.Sprintf("pay %d", n),
		Channel: event.Mobile, Actor: event.ActorDelegate, Direction: event.Outbound,
		Outcome: event.Failed, Zone: event.Frustrated,
		Customer: event.Customer{
			ID: "id-" + secret, Hash: "hash-" + secret, Segment: "gold", AccountID: "account-id-" + secret, Account: "account-hash-" + secret,
		},
		Cause: "card_declined", ErrorType: "timeout", Intent: "pay-by-invoice", Late: true,
	}
	e.Variant = &event.Variant{Release: "2026.4", Experiment: "one-page", Arm: "b"}
	e.Transition = &event.Transition{From: "basket", Visit: 1, Entered: at.Add(-time.Minute), Partial: true, Failures: 2, LastCause: "card_declined", LastTouchpoint: "pay"}
	e.Transition.Friction = &event.Friction{Repeats: 2, FailuresBeforeSuccess: 1, Loops: 3, ChannelSwitches: 4, Overdue: 5}
	e.Promise = &event.Promise{Name: "answered", Number: 2, Made: at.Add(-90*time.Second - 1), Due: at.Add(time.Hour), ByHand: true}
	e.Feedback = &event.Feedback{
		Survey: "after payment", Scale: event.NPS, Score: 3, Verdict: event.Negative, Comment: "comment " + secret,
		Language: "de-AT", Causes: []string{"slow", "unclear"}, Request: id(n + 1_000_000), Source: "forum",
		Sentiment: event.Negative, Version: "1f0c9a7e", Ended: event.SurveyDismissed, Shown: true, Amends: id(n + 4_000_000), Previous: new(2),
		Testimonial: &event.Testimonial{Version: "2", Language: "en", Text: "You may quote me.", Given: at, Withdrawn: at.Add(time.Hour)},
	}
	e.Mention = &event.Mention{Nature: event.Complaint, Stars: 1.5, Reach: 1_200, Address: "https://reviews.example/" + secret, ReplyTo: "reply " + secret}
	e.Assisted, e.Effort = helped(at, secret)
	e.FollowUp = &event.FollowUp{
		ID: "follow-1", Owner: "care", Severity: "high", Rule: "detractor", CausedBy: id(n + 2_000_000), Feedback: id(n + 2_000_000),
		About: event.RunRef{Namespace: "exporterstest", Name: "checkout", ID: "order-" + secret}, Due: at.Add(24 * time.Hour), Remedy: "refund", Note: "note " + secret,
		Skipped: []string{"assessed", "told"}, Silence: event.Seconds(90 * time.Minute),
	}
	e.Action = &event.Action{
		Name: "shorter form", Owner: "payment", Feedbacks: []event.ID{id(n + 2_000_000), id(n + 5_000_000)}, Cause: "slow", From: at.Add(-time.Hour), Until: at,
		Note: "action " + secret,
	}
	e.Breakdown = &event.Breakdown{
		About: "stage", Journey: "checkout", Name: "payment", Better: true, Began: at, BaselineUntil: at.Add(-time.Hour), Placed: []event.Placed{{Column: "release", Value: "2026.4"}, {Column: "channel", Value: "mobile"}},
		Severity: "high", Before: 0.125, Since: 0.25, Excess: 12.5, Customers: 11, Value: &event.Money{Amount: 59_900, Currency: "EUR"}, Owner: "payments",
		Action: event.RunRef{Namespace: "exporterstest", Name: "improvement", ID: "change-" + secret}, Earlier: "0f343b0931126a20", Note: "breakdown " + secret,
	}
	e.Contact = &event.Contact{Purpose: "survey", Rule: "one a month", Grant: id(n + 3_000_000)}
	e.Attributes = []attribute.KeyValue{
		attribute.String("note", secret), attribute.Int("items", 3), attribute.Bool("guest", true), attribute.Float64("weight", 1.5),
	}
	e.SpanContext = trace.NewSpanContext(trace.SpanContextConfig{
		TraceID: trace.TraceID{1, 2, 3, 15: 4}, SpanID: trace.SpanID{5, 6, 7: 7}, TraceFlags: trace.FlagsSampled,
	})
	return e
}

// unknownKind is a kind that does not exist yet.
const unknownKind event.Kind = "acme.parcel.lost"

// ofEveryKind returns one full event of each kind, and one of an unknown kind. The touchpoint, which names an event in a
// failure, is the kind.
func ofEveryKind() []event.Event {
	kinds := append(event.Kinds(), unknownKind)
	list := make([]event.Event, len(kinds))
	for i, kind := range kinds {
		list[i] = full(i)
		list[i].Kind, list[i].Touchpoint = kind, string(kind)
	}
	return list
}

// hostileTexts are texts that mean something to some sink: a terminator, an escape, a header, a
// path, a pattern, a subject, a statement.
func hostileTexts() []string {
	return []string{
		"\x00", "ends in NUL\x00", "a\x00b", "\x01\x1b[31m\x7f\u0085", "line\nline\r\nX-Injected: 1\r\n\r\nbody", "\tt\v\f",
		"\xff\xfe\xfd", "\xc3\x28", "cut in a rune \xe2\x82", "\xed\xa0\x80", "\ufeffBOM", "\u2028\u2029", "\ufffd\ufffe\uffff",
		"日本語 ελληνικά עברית العربية", "👩‍👩‍👧‍👦🏳️‍🌈", "e\u0301 \u202eright to left\u202c \u200b", "\U0010ffff",
		`"quoted" \back\ /slash/ \u0000 \n`, "'; DROP TABLE events; --", "$1 ? :a @b %s%n %00", "{{.}} ${HOME} `id` $(id)",
		"<script>&amp;", "=1+1", "a.b.*.>", "a/b/../../etc/passwd", "*", ">", ".", "..", " ", "  spaces  ", "null", "true", "0", "-1", "{}", "[]",
		strings.Repeat("x", event.MaxText), strings.Repeat("é", event.MaxText/2), strings.Repeat("\x00", 512), strings.Repeat("\"\\", 512),
	}
}

// hostile returns events with hostile texts wherever there is a text, but the touchpoint, which they
// are known by, and the language.
func hostile() []event.Event {
	texts := hostileTexts()
	list := make([]event.Event, len(texts))
	for i, text := range texts {
		e := full(i)
		name := text[:min(len(text), event.MaxName)]
		ident := text[:min(len(text), event.MaxID)]
		e.Journey.Name, e.Journey.ID, e.Journey.Version, e.Journey.Namespace = name, ident, name, name
		e.Stage, e.Cause, e.ErrorType, e.Intent = name, name, name, name
		e.Customer.Hash, e.Customer.Segment, e.Customer.Account = ident, name, ident
		e.Promise.Name = name
		e.Variant = &event.Variant{Release: name, Experiment: name, Arm: name}
		e.Transition.From, e.Transition.LastCause, e.Transition.LastTouchpoint = name, name, name
		e.Feedback.Survey, e.Feedback.Comment, e.Feedback.Causes, e.Feedback.Source = name, text, []string{name, "", name}, name
		textsOf(e.Assisted, name)
		e.Effort.From = name
		e.Feedback.Version, *e.Feedback.Testimonial = name, event.Testimonial{Version: name, Language: name, Text: text[:min(len(text), event.MaxLine)]}
		e.Mention.Address, e.Mention.ReplyTo = text[:min(len(text), event.MaxLine)], text[:min(len(text), event.MaxLine)]
		e.FollowUp.ID, e.FollowUp.Owner, e.FollowUp.Remedy, e.FollowUp.Note = ident, name, name, text
		e.FollowUp.Severity, e.FollowUp.Rule, e.FollowUp.About = name, name, event.RunRef{Namespace: name, Name: name, ID: ident}
		e.FollowUp.Skipped = []string{name, "", name}
		e.Action = &event.Action{Name: name, Owner: name, Cause: name, Note: text}
		e.Breakdown = &event.Breakdown{
			About: name, Journey: name, Name: name, Placed: []event.Placed{{Column: name, Value: name}, {}}, Severity: name, Owner: name,
			Action: event.RunRef{Namespace: name, Name: name, ID: ident}, Earlier: ident, Note: text,
		}
		e.Contact = &event.Contact{Purpose: name, Rule: name}
		e.Attributes = []attribute.KeyValue{
			attribute.String(name, text), attribute.String("again", text), attribute.StringSlice("list", []string{text, "", text}),
		}
		list[i] = e
	}
	return list
}

// extremes returns events whose times and numbers are at the ends of what can be said.
func extremes() []event.Event {
	days := []time.Time{
		time.Unix(0, 0), time.Unix(0, 1), time.Unix(-1, 999999999),
		time.Date(1, 1, 1, 0, 0, 0, 1, time.UTC), time.Date(-44, 3, 15, 0, 0, 0, 0, time.UTC),
		time.Unix(0, math.MinInt64).Add(-1), time.Unix(0, math.MaxInt64).Add(1), // no number of nanoseconds
		time.Date(9999, 12, 31, 23, 59, 59, 999999999, time.UTC), time.Date(20000, 1, 1, 0, 0, 0, 0, time.UTC),
		time.Date(2026, 4, 17, 12, 0, 0, 1, time.FixedZone("far", 14*3600)), time.Date(2016, 12, 31, 23, 59, 60, 0, time.UTC),
	}
	numbers := []int64{math.MinInt64, math.MaxInt64, 0, -1, 1, 1 << 53, 1<<53 + 1, math.MaxInt32 + 1, math.MinInt32 - 1, 1 << 31, 7}
	list := make([]event.Event, len(days))
	for i, day := range days {
		e, n := full(i), numbers[i]
		e.Time, e.Journey.Started, e.Transition.Entered, e.FollowUp.Due = day, day, day, day
		e.Promise.Made, e.Promise.Due, e.Promise.Number = day, day, int(int32(n))
		e.Feedback.Testimonial.Given, e.Feedback.Testimonial.Withdrawn, e.Action.From, e.Action.Until = day, day, day, day
		e.Breakdown.Began, e.Breakdown.BaselineUntil, e.Breakdown.Customers, e.Breakdown.Value.Amount = day, day, int(int32(n)), n
		e.Breakdown.Before, e.Breakdown.Since, e.Breakdown.Excess = float64(n), math.Float64frombits(uint64(n)), -float64(n)
		e.Mention.Stars, e.Mention.Reach, e.Feedback.Previous = float64(n), int(int32(n)), new(int(int32(n)))
		*e.Transition.Friction = event.Friction{Repeats: int(int32(n)), FailuresBeforeSuccess: int(int32(n)), Loops: int(int32(n)), ChannelSwitches: int(int32(n)), Overdue: int(int32(n))}
		e.Duration, e.FollowUp.Silence = time.Duration(n), event.Seconds(n)
		numbered(e.Assisted, n)
		numberedEffort(e.Effort, n, day)
		e.Journey.Value.Amount = n
		e.Visit, e.Feedback.Score = int(int32(n)), int(int32(n))
		e.Attributes = []attribute.KeyValue{attribute.Int64("n", n), attribute.Float64("f", math.Float64frombits(uint64(n)))}
		list[i] = e
	}
	return list
}

// attributed returns events with as many attributes as there may be, of every type.
func attributed() []event.Event {
	many := full(0)
	many.Attributes = make([]attribute.KeyValue, event.MaxAttributes)
	for i := range many.Attributes {
		many.Attributes[i] = attribute.String(fmt.Sprintf("attribute.%02d", i), strings.Repeat("v", 100))
	}
	types := full(1)
	types.Attributes = []attribute.KeyValue{
		attribute.Bool("bool", false), attribute.Int64("int", math.MinInt64), attribute.Float64("float", 0.1), attribute.Float64("whole", 2),
		attribute.Float64("least", math.SmallestNonzeroFloat64), attribute.Float64("most", math.MaxFloat64),
		attribute.Float64("nan", math.NaN()), attribute.Float64("infinite", math.Inf(-1)), attribute.Float64("minus zero", math.Copysign(0, -1)),
		attribute.BoolSlice("bools", []bool{true, false}), attribute.Int64Slice("ints", []int64{1, -1, math.MaxInt64}),
		attribute.Float64Slice("floats", []float64{1, 1e300, math.NaN()}), attribute.StringSlice("strings", []string{"", "a"}),
		attribute.StringSlice("none", nil),
		{Key: "bytes", Value: attribute.ByteSliceValue([]byte{0, 1, 255})},
		{Key: "map", Value: attribute.MapValue(attribute.Int("b", 1), attribute.String("a", "x"))},
		{Key: "mixed", Value: attribute.SliceValue(attribute.IntValue(1), attribute.StringValue("a"), attribute.MapValue(attribute.Bool("c", true)))},
	}
	keys := full(2)
	keys.Attributes = nil
	for i, key := range []string{"", "a.b", "a", "$set", "__proto__", "kind", "id", "v", "UPPER", "upper", "twice", "twice", "é", "a b", strings.Repeat("k", 256)} {
		keys.Attributes = append(keys.Attributes, attribute.Int(key, i))
	}
	return []event.Event{many, types, keys}
}

// heavy returns events of which each is about 16 KiB.
func heavy(n int) []event.Event {
	list := make([]event.Event, n)
	for i := range list {
		list[i] = full(i)
		list[i].Feedback.Comment = strings.Repeat("comment ", event.MaxText/8)
		list[i].Action.Note = strings.Repeat("note 🙂 ", event.MaxText/10)
	}
	return list
}
