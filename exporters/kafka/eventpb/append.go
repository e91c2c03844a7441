package eventpb

import (
	"math"
	"strings"
	"time"
	"unicode/utf8"

	"go.opentelemetry.io/otel/attribute"
	"google.golang.org/protobuf/encoding/protowire"

	"cairncx.dev/cairn/cx/event"
)

// Version is the value of the message's field schema_version. Within a version, fields are only added.
const Version = 1

// Append appends the event as a message cairn.event.v1.Event and returns the extended slice. It allocates only to grow b, for
// texts that are not valid UTF-8, whose invalid bytes become U+FFFD, and for lists among the attributes. The message never has
// the application's own IDs of customers and accounts; it has the pseudonymous ones. A nil event is an empty message.
func Append(b []byte, e *event.Event) []byte {
	if e == nil {
		return b
	}
	b = number(b, 1, Version)
	b = id(b, 2, e.ID)
	b = text(b, 3, string(e.Kind))
	b = timestamp(b, 4, e.Time)
	b = duration(b, 5, e.Duration)
	if !e.Journey.IsZero() {
		b = message(b, 6, func(b []byte) []byte { return journey(b, &e.Journey) })
	}
	b = text(b, 7, e.Stage)
	b = number(b, 8, int64(e.Visit))
	b = text(b, 9, e.Touchpoint)
	b = number(b, 10, int64(e.Channel))
	b = number(b, 11, int64(e.Actor))
	b = number(b, 12, int64(e.Direction))
	b = number(b, 13, int64(e.Outcome))
	b = number(b, 14, int64(e.Zone))
	if c := &e.Customer; c.Hash != "" || c.Segment != "" || c.Account != "" {
		b = message(b, 15, func(b []byte) []byte { return text(text(text(b, 1, c.Hash), 2, c.Segment), 3, c.Account) })
	}
	b = flag(b, 16, e.Late)
	b = text(b, 17, e.Cause)
	b = text(b, 18, e.ErrorType)
	b = details(b, e)
	for i := range e.Attributes {
		b = attributeOf(b, 26, &e.Attributes[i])
	}
	if sc := e.SpanContext; sc.IsValid() {
		b = message(b, 27, func(b []byte) []byte {
			tid, sid := sc.TraceID(), sc.SpanID()
			b = raw(raw(b, 1, tid[:]), 2, sid[:])
			return flag(b, 3, sc.IsSampled())
		})
	}
	if p := e.Promise; p != nil {
		b = message(b, 28, func(b []byte) []byte {
			return flag(timestamp(timestamp(number(text(b, 1, p.Name), 2, int64(p.Number)), 3, p.Made), 4, p.Due), 5, p.ByHand)
		})
	}
	b = text(b, 29, e.Intent)
	if f := e.Effort; f != nil {
		b = message(b, 30, func(b []byte) []byte { return effort(b, f) })
	}
	if m := e.Mention; m != nil {
		b = message(b, 31, func(b []byte) []byte { return mention(b, m) })
	}
	if d := e.Breakdown; d != nil {
		b = message(b, 32, func(b []byte) []byte { return breakdown(b, d) })
	}
	return b
}

func journey(b []byte, j *event.Run) []byte {
	b = text(b, 1, j.Namespace)
	b = text(b, 2, j.Name)
	b = text(b, 3, j.ID)
	b = text(b, 4, j.Version)
	b = timestamp(b, 5, j.Started)
	if v := j.Value; v != nil {
		b = message(b, 6, func(b []byte) []byte { return money(b, v) })
	}
	if r := &j.Root; *r != (event.SpanRef{}) {
		b = message(b, 7, func(b []byte) []byte { return raw(raw(b, 1, r.TraceID[:]), 2, r.SpanID[:]) })
	}
	return b
}

// details appends the parts that only a few kinds have.
func details(b []byte, e *event.Event) []byte {
	if v := e.Variant; v != nil {
		b = message(b, 19, func(b []byte) []byte {
			return text(text(text(b, 1, v.Release), 2, v.Experiment), 3, v.Arm)
		})
	}
	if t := e.Transition; t != nil {
		b = message(b, 20, func(b []byte) []byte {
			b = number(text(b, 1, t.From), 2, int64(t.Visit))
			b = flag(timestamp(b, 3, t.Entered), 4, t.Partial)
			b = text(text(number(b, 5, int64(t.Failures)), 6, t.LastCause), 7, t.LastTouchpoint)
			if f := t.Friction; f != nil {
				b = message(b, 8, func(b []byte) []byte { return friction(b, f) })
			}
			return b
		})
	}
	if f := e.Feedback; f != nil {
		b = message(b, 21, func(b []byte) []byte { return feedback(b, f) })
	}
	if a := e.Assisted; a != nil {
		b = message(b, 22, func(b []byte) []byte { return assisted(b, a) })
	}
	if f := e.FollowUp; f != nil {
		b = message(b, 23, func(b []byte) []byte { return followUp(b, f) })
	}
	if a := e.Action; a != nil {
		b = message(b, 24, func(b []byte) []byte { return action(b, a) })
	}
	if c := e.Contact; c != nil {
		b = message(b, 25, func(b []byte) []byte { return id(text(text(b, 1, c.Purpose), 2, c.Rule), 3, c.Grant) })
	}
	return b
}

func friction(b []byte, f *event.Friction) []byte {
	b = number(number(b, 1, int64(f.Repeats)), 2, int64(f.FailuresBeforeSuccess))
	return number(number(number(b, 3, int64(f.Loops)), 4, int64(f.ChannelSwitches)), 5, int64(f.Overdue))
}

func attributeOf(b []byte, n protowire.Number, kv *attribute.KeyValue) []byte {
	return message(b, n, func(b []byte) []byte {
		return message(text(b, 1, string(kv.Key)), 2, func(b []byte) []byte { return value(b, kv.Value) })
	})
}

// value appends the one field of a Value, or nothing for an empty value.
func value(b []byte, v attribute.Value) []byte {
	switch v.Type() {
	case attribute.BOOL:
		return protowire.AppendVarint(protowire.AppendTag(b, 1, protowire.VarintType), protowire.EncodeBool(v.AsBool()))
	case attribute.INT64:
		return integer(b, v.AsInt64())
	case attribute.FLOAT64:
		return float(b, v.AsFloat64())
	case attribute.STRING:
		return item(b, 4, v.AsString())
	case attribute.BYTESLICE:
		return raw(b, 5, v.AsByteSlice())
	case attribute.BOOLSLICE:
		return list(b, v.AsBoolSlice(), func(b []byte, x bool) []byte { return value(b, attribute.BoolValue(x)) })
	case attribute.INT64SLICE:
		return list(b, v.AsInt64Slice(), integer)
	case attribute.FLOAT64SLICE:
		return list(b, v.AsFloat64Slice(), float)
	case attribute.STRINGSLICE:
		return list(b, v.AsStringSlice(), func(b []byte, x string) []byte { return item(b, 4, x) })
	case attribute.SLICE:
		return list(b, v.AsSlice(), value)
	case attribute.MAP:
		return message(b, 7, func(b []byte) []byte {
			for _, kv := range v.AsMap() {
				b = attributeOf(b, 1, &kv)
			}
			return b
		})
	default:
		return b
	}
}

func integer(b []byte, v int64) []byte {
	return protowire.AppendVarint(protowire.AppendTag(b, 2, protowire.VarintType), uint64(v))
}

func float(b []byte, v float64) []byte { return double(b, 3, v) }

// double appends a number, also if it is 0.
func double(b []byte, n protowire.Number, v float64) []byte {
	return protowire.AppendFixed64(protowire.AppendTag(b, n, protowire.Fixed64Type), math.Float64bits(v))
}

func list[T any](b []byte, values []T, one func([]byte, T) []byte) []byte {
	return message(b, 6, func(b []byte) []byte {
		for _, v := range values {
			b = message(b, 1, func(b []byte) []byte { return one(b, v) })
		}
		return b
	})
}

// message appends a field whose type is a message; body appends its content. The field is present even if the message is empty.
func message(b []byte, n protowire.Number, body func([]byte) []byte) []byte {
	b = append(protowire.AppendTag(b, n, protowire.BytesType), 0)
	start := len(b)
	b = body(b)
	size := len(b) - start
	if size < 0x80 {
		b[start-1] = byte(size)
		return b
	}
	// The length needs more than the one byte that was reserved for it.
	more := protowire.SizeVarint(uint64(size)) - 1
	b = append(b, make([]byte, more)...)
	copy(b[start+more:], b[start:start+size])
	protowire.AppendVarint(b[:start-1], uint64(size))
	return b
}

// number appends an integer or an enum.
func number(b []byte, n protowire.Number, v int64) []byte {
	if v == 0 {
		return b
	}
	return protowire.AppendVarint(protowire.AppendTag(b, n, protowire.VarintType), uint64(v))
}

func flag(b []byte, n protowire.Number, v bool) []byte {
	if !v {
		return b
	}
	return number(b, n, 1)
}

func raw(b []byte, n protowire.Number, v []byte) []byte {
	return protowire.AppendBytes(protowire.AppendTag(b, n, protowire.BytesType), v)
}

func id(b []byte, n protowire.Number, v event.ID) []byte {
	if v.IsZero() {
		return b
	}
	return raw(b, n, v[:])
}

func text(b []byte, n protowire.Number, v string) []byte {
	if v == "" {
		return b
	}
	return item(b, n, v)
}

// item appends a text, also an empty one.
func item(b []byte, n protowire.Number, v string) []byte {
	if !utf8.ValidString(v) {
		v = valid(v)
	}
	return protowire.AppendString(protowire.AppendTag(b, n, protowire.BytesType), v)
}

// valid returns the text with each invalid byte replaced by U+FFFD, as in the JSON form.
func valid(v string) string {
	var s strings.Builder
	for _, r := range v {
		s.WriteRune(r) // range yields U+FFFD for an invalid byte
	}
	return s.String()
}

// The range of a Timestamp. The zero time is not in it, because it stands for no time.
var (
	firstTime = time.Date(1, 1, 1, 0, 0, 0, 1, time.UTC)
	lastTime  = time.Date(9999, 12, 31, 23, 59, 59, 999999999, time.UTC)
)

// timestamp appends a google.protobuf.Timestamp. A time outside the range becomes the nearest bound.
func timestamp(b []byte, n protowire.Number, t time.Time) []byte {
	switch {
	case t.IsZero():
		return b
	case t.Before(firstTime):
		t = firstTime
	case t.After(lastTime):
		t = lastTime
	}
	return message(b, n, func(b []byte) []byte {
		return number(number(b, 1, t.Unix()), 2, int64(t.Nanosecond()))
	})
}

// duration appends a google.protobuf.Duration.
func duration(b []byte, n protowire.Number, d time.Duration) []byte {
	if d == 0 {
		return b
	}
	return message(b, n, func(b []byte) []byte {
		return number(number(b, 1, int64(d/time.Second)), 2, int64(d%time.Second))
	})
}
