package otlplog_test

import (
	"math"
	"strings"
	"time"

	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/trace"
	"pgregory.net/rapid"

	"cairncx.dev/cairn/cx/event"
)

// hostileText is any string, whether UTF-8 or not.
func hostileText() *rapid.Generator[string] {
	return rapid.OneOf(
		rapid.String(),
		rapid.SampledFrom([]string{
			"", " ", "cx.event.id", "cx.journey.name", "user.hash", "\x00", "\xff", "\xed\xa0\x80", "\U0001f642", "\u2028",
			strings.Repeat("x", 93), strings.Repeat("x", 101), strings.Repeat("x", 127), strings.Repeat("x", 128), strings.Repeat("\u20ac", 6000),
		}),
		rapid.Map(rapid.SliceOfN(rapid.Byte(), 0, 140), func(b []byte) string { return string(b) }),
	)
}

// validText is any string of UTF-8.
func validText() *rapid.Generator[string] {
	return rapid.Map(hostileText(), func(s string) string { return strings.ToValidUTF8(s, "?") })
}

// years are times from one year on, before the end of another.
func years(from, to int) *rapid.Generator[time.Time] {
	first, last := time.Date(from, 1, 1, 0, 0, 0, 0, time.UTC).Unix(), time.Date(to, 1, 1, 0, 0, 0, 0, time.UTC).Unix()
	return rapid.Custom(func(t *rapid.T) time.Time {
		return time.Unix(rapid.Int64Range(first, last).Draw(t, "s"), rapid.Int64Range(0, 999_999_999).Draw(t, "ns")).UTC()
	})
}

// values are attribute values of every type, nested up to a depth.
func values(text *rapid.Generator[string], depth int) *rapid.Generator[attribute.Value] {
	floats := rapid.OneOf(rapid.Float64(), rapid.SampledFrom([]float64{0, math.Copysign(0, -1), math.Inf(1), math.MaxFloat64}))
	gens := []*rapid.Generator[attribute.Value]{
		rapid.Map(rapid.Bool(), attribute.BoolValue),
		rapid.Map(rapid.Int64(), attribute.Int64Value),
		rapid.Map(floats, attribute.Float64Value),
		rapid.Map(text, attribute.StringValue),
		rapid.Map(rapid.SliceOfN(rapid.Bool(), 0, 3), attribute.BoolSliceValue),
		rapid.Map(rapid.SliceOfN(rapid.Int64(), 0, 3), attribute.Int64SliceValue),
		rapid.Map(rapid.SliceOfN(floats, 0, 3), attribute.Float64SliceValue),
		rapid.Map(rapid.SliceOfN(text, 0, 3), attribute.StringSliceValue),
		rapid.Map(rapid.SliceOfN(rapid.Byte(), 0, 8), attribute.ByteSliceValue),
		rapid.Just(attribute.Value{}),
	}
	if depth > 0 {
		inner := values(text, depth-1)
		gens = append(gens,
			rapid.Map(rapid.SliceOfN(inner, 0, 3), func(v []attribute.Value) attribute.Value { return attribute.SliceValue(v...) }),
			rapid.Map(attributes(text, inner), func(kvs []attribute.KeyValue) attribute.Value { return attribute.MapValue(kvs...) }),
		)
	}
	return rapid.OneOf(gens...)
}

// attributes may have a name twice, and none.
func attributes(text *rapid.Generator[string], of *rapid.Generator[attribute.Value]) *rapid.Generator[[]attribute.KeyValue] {
	keys := rapid.OneOf(text, rapid.SampledFrom([]string{"a", "b", "", "cx.event.id", "cx.event.kind", "cx.outcome", "error.type"}))
	return rapid.SliceOfN(rapid.Custom(func(t *rapid.T) attribute.KeyValue {
		return attribute.KeyValue{Key: attribute.Key(keys.Draw(t, "key")), Value: of.Draw(t, "value")}
	}), 0, 5)
}

// deep is a list in a list, and so on.
func deep(n int) attribute.Value {
	v := attribute.IntValue(1)
	for range n {
		v = attribute.SliceValue(v, attribute.MapValue(attribute.KeyValue{Key: "k", Value: attribute.BoolValue(true)}))
	}
	return v
}

func maybe[T any](t *rapid.T, what string, draw func() T) *T {
	if !rapid.Bool().Draw(t, what) {
		return nil
	}
	v := draw()
	return &v
}

func enum[T ~uint8](t *rapid.T, what string, n int) T { return T(rapid.IntRange(0, n-1).Draw(t, what)) }

// events are events as they can be, with texts and times of the generators.
func events(text *rapid.Generator[string], times *rapid.Generator[time.Time]) *rapid.Generator[event.Event] {
	return rapid.Custom(func(t *rapid.T) event.Event {
		s := func(what string) string { return text.Draw(t, what) }
		e := event.Event{
			Kind: rapid.OneOf(rapid.SampledFrom(event.Kinds()), rapid.Map(text, func(s string) event.Kind { return event.Kind(s) })).Draw(t, "kind"),
			Time: times.Draw(t, "time"), Duration: time.Duration(rapid.Int64().Draw(t, "duration")),
			Stage: s("stage"), Visit: rapid.Int().Draw(t, "visit"), Touchpoint: s("touchpoint"),
			Channel: enum[event.Channel](t, "channel", int(event.OtherChannel)+1), Actor: enum[event.Actor](t, "actor", int(event.ActorSynthetic)+1),
			Direction: enum[event.Direction](t, "direction", 2), Outcome: enum[event.Outcome](t, "outcome", int(event.Completed)+1),
			Zone:     enum[event.Zone](t, "zone", int(event.Frustrated)+1),
			Customer: event.Customer{Hash: s("hash"), Segment: s("segment"), Account: s("account")}, Cause: s("cause"), ErrorType: s("error type"), Intent: s("intent"),
			Variant: maybe(t, "variant", func() event.Variant {
				return event.Variant{Release: s("release"), Experiment: s("experiment"), Arm: s("arm")}
			}),
			Transition: maybe(t, "transition", func() event.Transition {
				return event.Transition{
					From: s("from"), Partial: rapid.Bool().Draw(t, "partial"),
					Failures: rapid.IntRange(0, 3).Draw(t, "failures"), LastCause: s("last cause"), LastTouchpoint: s("last touchpoint"),
					Friction: maybe(t, "friction", func() event.Friction {
						num := func(what string) int { return rapid.IntRange(-1, 3).Draw(t, what) }
						return event.Friction{
							Repeats: num("repeats"), FailuresBeforeSuccess: num("failures before success"), Loops: num("loops"),
							ChannelSwitches: num("switches"), Overdue: num("overdue"),
						}
					}),
				}
			}),
			Feedback: maybe(t, "feedback", func() event.Feedback {
				return event.Feedback{
					Survey: s("survey"), Scale: enum[event.Scale](t, "scale", int(event.Thumbs)+1), Score: rapid.Int().Draw(t, "score"),
					Verdict: enum[event.Verdict](t, "verdict", int(event.Negative)+1), Comment: s("comment"),
					Version: s("survey version"), Ended: enum[event.SurveyEnd](t, "ended", int(event.SurveyExpired)+1), Shown: rapid.Bool().Draw(t, "shown"),
					Source: s("source"), Request: rapid.SampledFrom([]event.ID{{}, {1}}).Draw(t, "request"),
				}
			}),
			Mention: maybe(t, "mention", func() event.Mention {
				return event.Mention{
					Nature: enum[event.Nature](t, "nature", int(event.Suggestion)+1), Stars: rapid.Float64Range(-1, 5).Draw(t, "stars"),
					Reach: rapid.IntRange(-1, 3).Draw(t, "reach"), Address: s("address"),
				}
			}),
			FollowUp: maybe(t, "follow-up", func() event.FollowUp {
				return event.FollowUp{Owner: s("owner"), Severity: s("severity"), Rule: s("rule"), Remedy: s("remedy"), Note: s("note")}
			}),
			Action: maybe(t, "action", func() event.Action {
				return event.Action{Name: s("action"), Owner: s("action owner"), Note: s("action note")}
			}),
			Breakdown: maybe(t, "breakdown", func() event.Breakdown {
				return event.Breakdown{
					About: s("about"), Journey: s("broken journey"), Name: s("broken name"), Better: rapid.Bool().Draw(t, "better"), Severity: s("severity of it"),
					Owner: s("breakdown owner"), Note: s("breakdown note"),
				}
			}),
			Attributes: attributes(text, values(text, 2)).Draw(t, "attributes"),
		}
		if rapid.IntRange(0, 20).Draw(t, "deep") == 0 {
			e.Attributes = append(e.Attributes, attribute.KeyValue{Key: "deep", Value: deep(rapid.IntRange(60, 70).Draw(t, "depth"))})
		}
		if rapid.Bool().Draw(t, "id") {
			copy(e.ID[:], rapid.SliceOfN(rapid.Byte(), 16, 16).Draw(t, "ID"))
		}
		if rapid.Bool().Draw(t, "journey") {
			e.Journey = event.Run{Namespace: s("namespace"), Name: s("journey name"), ID: s("journey ID"), Version: s("version")}
		}
		if rapid.Bool().Draw(t, "span") {
			cfg := trace.SpanContextConfig{TraceID: trace.TraceID{1}, SpanID: trace.SpanID{1}}
			copy(cfg.TraceID[1:], rapid.SliceOfN(rapid.Byte(), 15, 15).Draw(t, "trace"))
			copy(cfg.SpanID[1:], rapid.SliceOfN(rapid.Byte(), 7, 7).Draw(t, "span ID"))
			cfg.TraceFlags = trace.TraceFlags(rapid.Byte().Draw(t, "flags"))
			e.SpanContext = trace.NewSpanContext(cfg)
		}
		return e
	})
}
