package event

import (
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"math"
	"strconv"
	"time"
	"unicode/utf8"

	"go.opentelemetry.io/otel/attribute"
)

// JSONVersion is the version of the JSON form that this package writes, and the highest version that it reads. Within a
// version, fields are only added.
const JSONVersion = 1

// MaxJSON is the length of the longest JSON form that [ParseJSON] reads, in bytes.
const MaxJSON = 2 << 20

// AppendJSON appends the event's JSON form to b and returns the extended slice. The form is one object on one line, without a
// line break at its end. It has the hashes of the customer and of the account, and never the application's own IDs of
// them. AppendJSON allocates only to grow b.
func (e *Event) AppendJSON(b []byte) []byte {
	b = append(b, `{"v":1`...)
	if !e.ID.IsZero() {
		b = append(b, `,"id":"`...)
		b = e.ID.append(b)
		b = append(b, '"')
	}
	b = appendString(b, "kind", string(e.Kind))
	b = appendTime(b, "time", e.Time)
	if e.Duration != 0 {
		b = append(b, `,"duration_seconds":`...)
		b = appendSeconds(b, e.Duration)
	}
	if !e.Journey.IsZero() {
		b = e.Journey.appendJSON(b)
	}
	b = appendString(b, "stage", e.Stage)
	b = appendInt(b, "visit", e.Visit)
	b = appendString(b, "touchpoint", e.Touchpoint)
	b = appendString(b, "channel", e.Channel.String())
	if e.Actor != ActorCustomer {
		b = appendString(b, "actor", e.Actor.String())
	}
	if e.Direction != Inbound {
		b = appendString(b, "direction", e.Direction.String())
	}
	b = appendString(b, "outcome", e.Outcome.String())
	b = appendString(b, "apdex_zone", e.Zone.String())
	if e.Customer.Hash != "" || e.Customer.Segment != "" || e.Customer.Account != "" {
		b = append(b, `,"customer":{`...)
		b = appendString(b, "hash", e.Customer.Hash)
		b = appendString(b, "segment", e.Customer.Segment)
		b = appendString(b, "account", e.Customer.Account)
		b = append(b, '}')
	}
	if e.Late {
		b = append(b, `,"late":true`...)
	}
	b = appendString(b, "cause", e.Cause)
	b = appendString(b, "error_type", e.ErrorType)
	b = appendString(b, "intent", e.Intent)
	b = e.appendDetails(b)
	if len(e.Attributes) > 0 {
		b = append(b, `,"attributes":{`...)
		for _, kv := range e.Attributes {
			b = appendKey(b, string(kv.Key))
			b = appendValue(b, kv.Value)
		}
		b = append(b, '}')
	}
	if e.SpanContext.IsValid() {
		tid, sid := e.SpanContext.TraceID(), e.SpanContext.SpanID()
		b = append(b, `,"span":{`...)
		b = appendHex(b, "trace_id", tid[:])
		b = appendHex(b, "span_id", sid[:])
		if e.SpanContext.IsSampled() {
			b = append(b, `,"sampled":true`...)
		}
		b = append(b, '}')
	}
	return append(b, '}')
}

// MarshalJSON implements [json.Marshaler] with [Event.AppendJSON].
func (e Event) MarshalJSON() ([]byte, error) { return e.AppendJSON(make([]byte, 0, 512)), nil }

func (r *Run) appendJSON(b []byte) []byte {
	b = append(b, `,"journey":{`...)
	b = appendString(b, "namespace", r.Namespace)
	b = appendString(b, "name", r.Name)
	b = appendString(b, "id", r.ID)
	b = appendString(b, "version", r.Version)
	b = appendTime(b, "started", r.Started)
	if r.Root != (SpanRef{}) {
		b = appendHex(b, "root", append(r.Root.TraceID[:], r.Root.SpanID[:]...))
	}
	if r.Value != nil {
		b = append(b, `,"value":{"amount":`...)
		b = strconv.AppendInt(b, r.Value.Amount, 10)
		b = appendString(b, "currency", r.Value.Currency)
		b = append(b, '}')
	}
	return append(b, '}')
}

// appendDetails writes the details. It writes transitions, promises and feedback itself, because many events have them, and
// leaves the rarer details to encoding/json.
func (e *Event) appendDetails(b []byte) []byte {
	if t := e.Transition; t != nil {
		b = append(b, `,"transition":{`...)
		b = appendString(b, "from", t.From)
		b = appendInt(b, "visit", t.Visit)
		b = appendTime(b, "entered", t.Entered)
		b = appendTrue(b, "partial", t.Partial)
		b = appendInt(b, "failures", t.Failures)
		b = appendString(b, "last_cause", t.LastCause)
		b = appendString(b, "last_touchpoint", t.LastTouchpoint)
		if t.Friction != nil {
			b = t.Friction.appendJSON(b)
		}
		b = append(b, '}')
	}
	if p := e.Promise; p != nil {
		b = append(b, `,"promise":{"name":`...)
		b = appendQuoted(b, p.Name)
		b = appendInt(b, "number", p.Number)
		b = appendTime(b, "made", p.Made)
		b = appendTime(b, "due", p.Due)
		b = appendTrue(b, "by_hand", p.ByHand)
		b = append(b, '}')
	}
	if f := e.Feedback; f != nil {
		b = f.appendJSON(b)
	}
	if e.Variant != nil {
		b = appendAny(b, "variant", e.Variant)
	}
	if e.Assisted != nil {
		b = appendAny(b, "assisted", e.Assisted)
	}
	if e.Effort != nil {
		f := *e.Effort
		f.Began = expressible(f.Began)
		b = appendAny(b, "effort", &f)
	}
	if e.FollowUp != nil {
		b = e.FollowUp.appendJSON(b)
	}
	if e.Action != nil {
		b = e.Action.appendJSON(b)
	}
	if e.Breakdown != nil {
		b = e.Breakdown.appendJSON(b)
	}
	if e.Contact != nil {
		b = appendAny(b, "contact", e.Contact)
	}
	if e.Mention != nil {
		b = e.Mention.appendJSON(b)
	}
	return b
}

// appendKey writes a name that may hold any text, such as the key of an attribute.
func appendKey(b []byte, key string) []byte {
	if b[len(b)-1] != '{' {
		b = append(b, ',')
	}
	b = appendQuoted(b, key)
	return append(b, ':')
}

// appendName writes a name of the form itself, which needs no escapes.
func appendName(b []byte, name string) []byte {
	if b[len(b)-1] != '{' {
		b = append(b, ',')
	}
	b = append(b, '"')
	b = append(b, name...)
	return append(b, '"', ':')
}

func appendString(b []byte, name, v string) []byte {
	if v == "" {
		return b
	}
	return appendQuoted(appendName(b, name), v)
}

func appendInt(b []byte, name string, v int) []byte {
	if v == 0 {
		return b
	}
	return strconv.AppendInt(appendName(b, name), int64(v), 10)
}

// appendTrue writes a field that is true, and nothing for false.
func appendTrue(b []byte, name string, v bool) []byte {
	if !v {
		return b
	}
	return append(appendName(b, name), "true"...)
}

func appendID(b []byte, name string, id ID) []byte {
	if id.IsZero() {
		return b
	}
	return append(id.append(append(appendName(b, name), '"')), '"')
}

func appendTime(b []byte, name string, t time.Time) []byte {
	if t.IsZero() {
		return b
	}
	b = append(appendName(b, name), '"')
	b = clampTime(t).UTC().AppendFormat(b, time.RFC3339Nano)
	return append(b, '"')
}

// The first second of the year 1 and that of the year 10000, since 1970.
const (
	year1     = -62135596800
	year10000 = 253402300800
)

// clampTime returns t, or the nearest time that RFC 3339 can express and that is not the zero time.
func clampTime(t time.Time) time.Time {
	switch s := t.Unix(); {
	case s < year1:
		return time.Date(1, 1, 1, 0, 0, 0, 1, time.UTC)
	case s >= year10000:
		return time.Date(9999, 12, 31, 23, 59, 59, 999999999, time.UTC)
	default:
		return t
	}
}

// expressible returns t in UTC as [clampTime] does, and the zero time as it is.
func expressible(t time.Time) time.Time {
	if t.IsZero() {
		return t
	}
	return clampTime(t).UTC()
}

// appendSeconds writes a duration as a number of seconds, exact to the nanosecond.
func appendSeconds(b []byte, d time.Duration) []byte {
	ns := uint64(d) //nolint:gosec // the sign is written first, and negating wraps to the right magnitude
	if d < 0 {
		b = append(b, '-')
		ns = -ns
	}
	b = strconv.AppendUint(b, ns/1e9, 10)
	if ns %= 1e9; ns == 0 {
		return b
	}
	frac := [10]byte{0: '.'}
	for i := 9; i > 0; i-- {
		frac[i] = byte('0' + ns%10)
		ns /= 10
	}
	end := 10
	for frac[end-1] == '0' {
		end--
	}
	return append(b, frac[:end]...)
}

// Seconds is a duration. Its JSON form is a number of seconds, exact to the nanosecond.
type Seconds time.Duration

// Seconds returns the duration in seconds.
func (s Seconds) Seconds() float64 { return time.Duration(s).Seconds() }

// MarshalJSON implements [json.Marshaler].
func (s Seconds) MarshalJSON() ([]byte, error) { return appendSeconds(nil, time.Duration(s)), nil }

// UnmarshalJSON implements [json.Unmarshaler].
func (s *Seconds) UnmarshalJSON(b []byte) error {
	if string(b) == "null" {
		return nil
	}
	d, err := parseSeconds(string(b))
	*s = Seconds(d)
	return err
}

func appendHex(b []byte, name string, v []byte) []byte {
	b = append(appendName(b, name), '"')
	return append(hex.AppendEncode(b, v), '"')
}

func appendAny(b []byte, name string, v any) []byte {
	j, err := json.Marshal(v)
	if err != nil {
		// The details are structs of strings, numbers and times. Only a time outside the years 0 to 9999 fails.
		j = []byte("null")
	}
	return append(appendName(b, name), j...)
}

// appendValue writes the value of an attribute. A float has a point or an exponent, which tells it from an integer. NaN and
// the infinities are null, because JSON has no number for them.
func appendValue(b []byte, v attribute.Value) []byte {
	switch v.Type() {
	case attribute.BOOL:
		return strconv.AppendBool(b, v.AsBool())
	case attribute.INT64:
		return strconv.AppendInt(b, v.AsInt64(), 10)
	case attribute.FLOAT64:
		return appendFloat(b, v.AsFloat64())
	case attribute.STRING:
		return appendQuoted(b, v.AsString())
	case attribute.BOOLSLICE:
		return appendList(b, v.AsBoolSlice(), strconv.AppendBool)
	case attribute.INT64SLICE:
		return appendList(b, v.AsInt64Slice(), func(b []byte, n int64) []byte { return strconv.AppendInt(b, n, 10) })
	case attribute.FLOAT64SLICE:
		return appendList(b, v.AsFloat64Slice(), appendFloat)
	case attribute.STRINGSLICE:
		return appendList(b, v.AsStringSlice(), appendQuoted)
	case attribute.BYTESLICE:
		b = append(b, '"')
		b = base64.StdEncoding.AppendEncode(b, v.AsByteSlice())
		return append(b, '"')
	case attribute.SLICE:
		return appendList(b, v.AsSlice(), appendValue)
	case attribute.MAP:
		b = append(b, '{')
		for _, kv := range v.AsMap() {
			b = appendValue(appendKey(b, string(kv.Key)), kv.Value)
		}
		return append(b, '}')
	default:
		return append(b, "null"...)
	}
}

func appendList[T any](b []byte, list []T, one func([]byte, T) []byte) []byte {
	b = append(b, '[')
	for i, v := range list {
		if i > 0 {
			b = append(b, ',')
		}
		b = one(b, v)
	}
	return append(b, ']')
}

func appendFloat(b []byte, f float64) []byte {
	if math.IsNaN(f) || math.IsInf(f, 0) {
		return append(b, "null"...)
	}
	start := len(b)
	b = strconv.AppendFloat(b, f, 'g', -1, 64)
	for _, c := range b[start:] {
		if c == '.' || c == 'e' {
			return b
		}
	}
	return append(b, ".0"...)
}

// appendQuoted writes s as a JSON string. It escapes control characters, quotes, backslashes and the line separators U+2028
// and U+2029, and replaces invalid UTF-8.
func appendQuoted(b []byte, s string) []byte {
	const lower = "0123456789abcdef"
	b = append(b, '"')
	start := 0
	for i := 0; i < len(s); {
		c := s[i]
		if c-' ' < 0x7f-' ' && c != '"' && c != '\\' { // most are
			i++
			continue
		}
		if c >= utf8.RuneSelf {
			r, n := utf8.DecodeRuneInString(s[i:])
			if (r == utf8.RuneError && n == 1) || r == '\u2028' || r == '\u2029' {
				b = append(b, s[start:i]...)
				b = append(b, '\\', 'u', lower[r>>12&0xf], lower[r>>8&0xf], lower[r>>4&0xf], lower[r&0xf])
				start = i + n
			}
			i += n
			continue
		}
		b = append(b, s[start:i]...)
		switch c {
		case '"', '\\':
			b = append(b, '\\', c)
		case '\n':
			b = append(b, '\\', 'n')
		case '\r':
			b = append(b, '\\', 'r')
		case '\t':
			b = append(b, '\\', 't')
		default:
			b = append(b, '\\', 'u', '0', '0', lower[c>>4], lower[c&0xf])
		}
		i++
		start = i
	}
	b = append(b, s[start:]...)
	return append(b, '"')
}
