package event_test

import (
	"flag"
	"math"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/trace"
	"pgregory.net/rapid"

	"cairncx.dev/cairn/cx/event"
	"cairncx.dev/cairn/internal/flight"
)

var update = flag.Bool("update", false, "rewrite the golden files")

// hostile are strings that have broken things elsewhere.
var hostile = []string{
	"", " ", "_", event.Other, "a", "checkout", "0", "-1", "null", "true", "{}", "[", `"`, `\`, `\u0000`,
	"\x00", "\x1f", "\x7f", "\n", "\r\n", "\t", "\u0080", "\u009f", "\u00a0", "\u2028", "\u2029", "\ufeff", "\ufffd", "\uffff",
	"é", "e\u0301", "€", "🙂", "🏴󠁧󠁢󠁥󠁮󠁧󠁿", "\u202eevil", "</script><script>", "a/b", "a~2Fb", "~", "~~", "%2F", "a,b", "a;b", "a=b",
	"\xff", "\xc0\xaf", "\xed\xa0\x80", "\xe2\x82", "\xf4\x90\x80\x80", "a\xffb", "\x80\x80\x80\x80\x80",
	strings.Repeat("x", 63), strings.Repeat("x", 64), strings.Repeat("x", 65), strings.Repeat("€", 21) + "x", strings.Repeat("€", 22),
	strings.Repeat("x", 127), strings.Repeat("x", 128), strings.Repeat("x", 129), strings.Repeat("🙂", 33),
}

// hostileText is any string, whether UTF-8 or not.
func hostileText() *rapid.Generator[string] {
	return rapid.OneOf(
		rapid.SampledFrom(hostile),
		rapid.String(),
		rapid.Map(rapid.SliceOfN(rapid.Byte(), 0, 140), func(b []byte) string { return string(b) }),
		rapid.Map(rapid.SliceOfN(rapid.SampledFrom(hostile), 0, 4), func(s []string) string { return strings.Join(s, "") }),
	)
}

// validText is any string of UTF-8.
func validText() *rapid.Generator[string] {
	return rapid.Map(hostileText(), func(s string) string { return strings.ToValidUTF8(s, "?") })
}

// times are those that RFC 3339 can say, without the zero time, which is none.
func times() *rapid.Generator[time.Time] {
	first := time.Date(1, 1, 1, 0, 0, 0, 1, time.UTC)
	last := time.Date(9999, 12, 31, 23, 59, 59, 999_999_999, time.UTC)
	return rapid.Custom(func(t *rapid.T) time.Time {
		at := time.Unix(rapid.Int64Range(first.Unix()+1, last.Unix()).Draw(t, "s"), rapid.Int64Range(0, 999_999_999).Draw(t, "ns"))
		at = rapid.SampledFrom([]time.Time{at, at, at, first, last, time.Unix(0, 0)}).Draw(t, "time")
		zone := rapid.SampledFrom([]*time.Location{time.UTC, time.FixedZone("", 14*3600), time.FixedZone("", -12*3600)}).Draw(t, "zone")
		return at.In(zone)
	})
}

func durations() *rapid.Generator[time.Duration] {
	return rapid.OneOf(
		rapid.SampledFrom([]time.Duration{
			0, 1, -1, 9, 10, 999_999_999, time.Second, 1_000_000_001, -time.Second, -1_500_000_000,
			event.MaxDuration, math.MaxInt64, math.MinInt64, math.MinInt64 + 1,
		}),
		rapid.Map(rapid.Int64(), func(n int64) time.Duration { return time.Duration(n) }),
	)
}

func ids() *rapid.Generator[event.ID] {
	return rapid.Custom(func(t *rapid.T) (id event.ID) {
		if rapid.Bool().Draw(t, "some") {
			copy(id[:], rapid.SliceOfN(rapid.Byte(), 16, 16).Draw(t, "id"))
		}
		return id
	})
}

// values are attribute values of every type, nested up to a depth.
func values(text *rapid.Generator[string], depth int) *rapid.Generator[attribute.Value] {
	floats := rapid.OneOf(rapid.Float64(), rapid.SampledFrom([]float64{
		0, math.Copysign(0, -1), 1, -1, 1e21, 1e-7, math.MaxFloat64, math.SmallestNonzeroFloat64, 1 << 53, math.NaN(), math.Inf(1), math.Inf(-1),
	}))
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

func attributes(text *rapid.Generator[string], of *rapid.Generator[attribute.Value]) *rapid.Generator[[]attribute.KeyValue] {
	kv := rapid.Custom(func(t *rapid.T) attribute.KeyValue {
		return attribute.KeyValue{Key: attribute.Key(text.Draw(t, "key")), Value: of.Draw(t, "value")}
	})
	return rapid.SliceOfNDistinct(kv, 0, 4, func(kv attribute.KeyValue) attribute.Key { return kv.Key })
}

// maybe is nil, or a pointer to what draw returns.
func maybe[T any](t *rapid.T, what string, draw func() T) *T {
	if !rapid.Bool().Draw(t, what) {
		return nil
	}
	v := draw()
	return &v
}

func enum[T ~uint8](t *rapid.T, what string, n int) T {
	return T(rapid.IntRange(0, n-1).Draw(t, what))
}

// events are events as they can be, with texts of the generator.
func events(text *rapid.Generator[string]) *rapid.Generator[event.Event] {
	return rapid.Custom(func(t *rapid.T) event.Event {
		s := func(what string) string { return text.Draw(t, what) }
		at := func(what string) (v time.Time) {
			if rapid.Bool().Draw(t, what+"?") {
				v = times().Draw(t, what)
			}
			return v
		}
		num := func(what string) int { return rapid.Int().Draw(t, what) }
		e := event.Event{
			ID: ids().Draw(t, "id"), Kind: event.Kind("k" + s("kind")),
			Time: times().Draw(t, "time"), Duration: durations().Draw(t, "duration"),
			Stage: s("stage"), Visit: num("visit"), Touchpoint: s("touchpoint"),
			Channel: enum[event.Channel](t, "channel", flight.NumChannels), Actor: enum[event.Actor](t, "actor", flight.NumActors),
			Direction: enum[event.Direction](t, "direction", 2), Outcome: enum[event.Outcome](t, "outcome", flight.NumOutcomes),
			Zone:     enum[event.Zone](t, "zone", flight.NumZones),
			Customer: event.Customer{Hash: s("hash"), Segment: s("segment"), Account: s("account")},
			Cause:    s("cause"), ErrorType: s("error type"), Intent: s("intent"),
			Variant: maybe(t, "variant", func() event.Variant {
				return event.Variant{Release: s("release"), Experiment: s("experiment"), Arm: s("arm")}
			}),
			Transition: maybe(t, "transition", func() event.Transition {
				return event.Transition{
					From: s("from"), Visit: num("left"), Entered: at("entered"), Partial: rapid.Bool().Draw(t, "partial"),
					Failures: num("failures"), LastCause: s("last cause"), LastTouchpoint: s("last touchpoint"),
					Friction: maybe(t, "friction", func() event.Friction {
						return event.Friction{
							Repeats: num("repeats"), FailuresBeforeSuccess: num("failures before success"), Loops: num("loops"),
							ChannelSwitches: num("channel switches"), Overdue: num("overdue"),
						}
					}),
				}
			}),
			Promise: maybe(t, "promise", func() event.Promise {
				return event.Promise{Name: s("promise name"), Number: num("number"), Made: at("made"), Due: at("promise due"), ByHand: rapid.Bool().Draw(t, "by hand")}
			}),
			Feedback: maybe(t, "feedback", func() event.Feedback {
				return event.Feedback{
					Survey: s("survey"), Scale: enum[event.Scale](t, "scale", flight.NumScales), Score: num("score"),
					Verdict: enum[event.Verdict](t, "verdict", flight.NumVerdicts), Comment: s("comment"), Language: s("language"),
					Causes: rapid.SliceOfN(text, 0, 3).Draw(t, "causes"), Request: ids().Draw(t, "request"), Source: s("source"),
					Sentiment: enum[event.Verdict](t, "sentiment", flight.NumVerdicts),
					Version:   s("survey version"), Ended: enum[event.SurveyEnd](t, "survey end", flight.NumSurveyEnds), Shown: rapid.Bool().Draw(t, "shown"),
					Amends: ids().Draw(t, "amends"), Previous: maybe(t, "previous", func() int { return num("previous score") }),
					Testimonial: maybe(t, "testimonial", func() event.Testimonial {
						return event.Testimonial{
							Version: s("text version"), Language: s("text language"), Text: s("consent text"), Given: at("given"), Withdrawn: at("withdrawn"),
						}
					}),
				}
			}),
			Mention: maybe(t, "mention", func() event.Mention {
				return event.Mention{
					Nature: enum[event.Nature](t, "nature", flight.NumNatures), Stars: rapid.Float64Range(-math.MaxFloat64, math.MaxFloat64).Draw(t, "rating"),
					Reach: num("reach"), Address: s("address"), ReplyTo: s("reply to"),
				}
			}),
			Assisted: maybe(t, "assisted", func() event.Assisted {
				return assistedContact(t, text)
			}),
			Effort: maybe(t, "effort", func() event.Effort {
				return event.Effort{
					Began: at("began").UTC(), Window: event.Seconds(durations().Draw(t, "window")), Contacts: num("contacts"), Answered: num("answered"),
					Switches: num("switches"), From: s("from"), FirstContact: rapid.Bool().Draw(t, "first contact"),
				}
			}),
			FollowUp: maybe(t, "follow-up", func() event.FollowUp {
				return event.FollowUp{
					ID: s("follow-up ID"), Owner: s("owner"), Severity: s("severity"), Rule: s("rule of"), CausedBy: ids().Draw(t, "caused by"),
					Feedback: ids().Draw(t, "of"), About: event.RunRef{Namespace: s("about namespace"), Name: s("about"), ID: s("about ID")},
					Due: at("due").UTC(), Remedy: s("remedy"), Note: s("note"),
					Skipped: rapid.SliceOfN(text, 0, 3).Draw(t, "skipped"), Silence: event.Seconds(durations().Draw(t, "silence")),
				}
			}),
			Action: maybe(t, "action", func() event.Action {
				return event.Action{
					Name: s("name"), Owner: s("action owner"), Feedbacks: rapid.SliceOfN(ids(), 0, 3).Draw(t, "feedbacks"), Cause: s("action cause"),
					From: at("from time").UTC(), Until: at("until").UTC(), Note: s("action note"),
				}
			}),
			Breakdown: maybe(t, "breakdown", func() event.Breakdown {
				return event.Breakdown{
					About: s("breakdown about"), Journey: s("breakdown journey"), Name: s("breakdown name"), Better: rapid.Bool().Draw(t, "better"), Began: at("began").UTC(), BaselineUntil: at("baseline").UTC(),
					Placed: rapid.SliceOfN(rapid.Custom(func(t *rapid.T) event.Placed {
						return event.Placed{Column: text.Draw(t, "column"), Value: text.Draw(t, "placed")}
					}), 0, 2).Draw(t, "places"),
					Severity: s("breakdown severity"), Before: rapid.Float64Range(-1, 1).Draw(t, "before"), Since: rapid.Float64Range(-1, 1).Draw(t, "since"),
					Excess: rapid.Float64Range(-1e300, 1e300).Draw(t, "excess"), Customers: rapid.Int().Draw(t, "customers"),
					Value: maybe(t, "value in excess", func() event.Money {
						return event.Money{Amount: rapid.Int64().Draw(t, "amount in excess"), Currency: s("currency in excess")}
					}),
					Owner: s("breakdown owner"), Action: event.RunRef{Namespace: s("mends namespace"), Name: s("mends"), ID: s("mends ID")}, Earlier: s("earlier"),
					Note: s("breakdown note"),
				}
			}),
			Contact: maybe(t, "contact", func() event.Contact {
				return event.Contact{Purpose: s("purpose"), Rule: s("rule"), Grant: ids().Draw(t, "grant")}
			}),
			Attributes: attributes(text, values(text, 2)).Draw(t, "attributes"),
		}
		if rapid.Bool().Draw(t, "journey") {
			e.Journey = event.Run{
				Namespace: s("namespace"), Name: s("journey name"), ID: "i" + s("journey ID"), Version: s("version"), Started: at("started"),
				Root: rapid.SampledFrom([]event.SpanRef{{}, {}, {TraceID: trace.TraceID{1}, SpanID: trace.SpanID{2}}}).Draw(t, "root"),
				Value: maybe(t, "value", func() event.Money {
					return event.Money{Amount: rapid.Int64().Draw(t, "amount"), Currency: s("currency")}
				}),
			}
		}
		if rapid.Bool().Draw(t, "span") {
			cfg := trace.SpanContextConfig{TraceID: trace.TraceID{1}, SpanID: trace.SpanID{1}}
			copy(cfg.TraceID[1:], rapid.SliceOfN(rapid.Byte(), 15, 15).Draw(t, "trace"))
			copy(cfg.SpanID[1:], rapid.SliceOfN(rapid.Byte(), 7, 7).Draw(t, "span ID"))
			if rapid.Bool().Draw(t, "sampled") {
				cfg.TraceFlags = trace.FlagsSampled
			}
			e.SpanContext = trace.NewSpanContext(cfg)
		}
		return e
	})
}

// TestGenerators: a generator that has stopped making what it says proves nothing.
func TestGenerators(t *testing.T) {
	t.Parallel()
	invalid, types := 0, map[attribute.Type]bool{}
	for seed := range 500 {
		if !utf8.ValidString(hostileText().Example(seed)) {
			invalid++
		}
		types[values(validText(), 2).Example(seed).Type()] = true
	}
	if invalid < 20 {
		t.Errorf("of 500 hostile texts only %d are not UTF-8", invalid)
	}
	if len(types) != int(attribute.MAP)+1 {
		t.Errorf("only these types of attributes are made: %v", types)
	}
}
