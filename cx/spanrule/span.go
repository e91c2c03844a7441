package spanrule

import (
	"cmp"
	"strconv"
	"strings"
	"time"

	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/codes"
	"go.opentelemetry.io/otel/trace"

	"cairncx.dev/cairn/cx/event"
)

// Span is a span that has ended, as data. A [Set] reads it and keeps nothing of it.
type Span struct {
	Name string
	Kind trace.SpanKind
	// Attributes are those of the span when it ended.
	Attributes []attribute.KeyValue
	Start, End time.Time
	Status     codes.Code
	// Context has the IDs of the span. The ID of the event is derived from them.
	Context trace.SpanContext
	// Baggage returns the value of a member of the baggage when the span started, or "". Nil is no baggage.
	Baggage func(key string) string
}

// The attributes of OpenTelemetry's semantic conventions that say how an interaction went, in their present and their former names:
// https://opentelemetry.io/docs/specs/semconv/http/http-spans/ and https://opentelemetry.io/docs/specs/semconv/rpc/grpc/.
const (
	keyErrorType     = "error.type"
	keyHTTPStatus    = "http.response.status_code"
	keyOldHTTPStatus = "http.status_code"
	keyRPCStatus     = "rpc.response.status_code"
	keyGRPCStatus    = "rpc.grpc.status_code"
	keyConnectError  = "rpc.connect_rpc.error_code"
	keySynthetic     = "user_agent.synthetic.type"
)

// Outcome returns the outcome of the interaction that the span is, and the class of its error.
//
// A span with an error is failed. The conventions leave the status of a server's span unset where the client is at fault, and
// touchpoint.Handler counts two of these answers as more than ok: 429 and gRPC's RESOURCE_EXHAUSTED turn the customer away and are
// failed; 499 and gRPC's CANCELLED say that the customer left, and are cancelled, also on a span with an error. Every other span is ok.
//
// The class is error.type, else the status of HTTP, else that of RPC, else _OTHER. It is "" for an interaction that has not failed.
func Outcome(sp *Span) (o event.Outcome, class string) {
	class, status, rpc := said(sp)
	switch {
	case status == "499", isCode(rpc, "1", "CANCELLED"), isCode(rpc, "1", "CANCELED"): // Connect spells it so
		return event.Cancelled, ""
	case sp.Status == codes.Error, status == "429", isCode(rpc, "8", "RESOURCE_EXHAUSTED"):
		return event.Failed, cmp.Or(class, status, rpc, "_OTHER")
	default:
		return event.OK, ""
	}
}

// lacking reports whether the answer is that there is no such thing: 404 and 410 of HTTP, and NOT_FOUND of RPC.
func lacking(status, rpc string) bool {
	return status == "404" || status == "410" || isCode(rpc, "5", "NOT_FOUND")
}

// isCode reports whether the status of RPC is this code. Connect's own names have small letters.
func isCode(rpc, number, name string) bool { return rpc == number || strings.EqualFold(rpc, name) }

// said returns what the span says of how it went, each "" if it says nothing: the class of its error, and the statuses of HTTP and RPC.
func said(sp *Span) (class, status, rpc string) {
	for i := range sp.Attributes {
		kv := &sp.Attributes[i]
		switch kv.Key {
		case keyErrorType:
			class = text(kv.Value)
		case keyHTTPStatus, keyOldHTTPStatus:
			status = text(kv.Value)
		case keyRPCStatus, keyGRPCStatus, keyConnectError:
			rpc = text(kv.Value)
		}
	}
	return class, status, rpc
}

// Described reports whether Cairn itself has described the span, as a touchpoint or as a part of a journey's trace. The name and the ID of
// the journey alone are on every request that belongs to one.
func Described(sp *Span) bool {
	for i := range sp.Attributes {
		key := sp.Attributes[i].Key
		if strings.HasPrefix(string(key), "cx.") && key != "cx.journey.name" && key != "cx.journey.id" {
			return true
		}
	}
	return false
}

// text returns the value as text: a number as its digits, a truth value as true or false, a list of texts with a single text as that text.
// It is "" for every other value.
func text(v attribute.Value) string {
	switch v.Type() {
	case attribute.STRING:
		return v.AsString()
	case attribute.STRINGSLICE:
		if list := v.AsStringSlice(); len(list) == 1 {
			return list[0]
		}
		return ""
	default:
		return string(digits(nil, v))
	}
}

// digits appends the text of a number or a truth value.
func digits(to []byte, v attribute.Value) []byte {
	switch v.Type() {
	case attribute.INT64:
		return strconv.AppendInt(to, v.AsInt64(), 10)
	case attribute.FLOAT64:
		return strconv.AppendFloat(to, v.AsFloat64(), 'f', -1, 64)
	case attribute.BOOL:
		return strconv.AppendBool(to, v.AsBool())
	default:
		return to
	}
}

// matches reports whether the value has a text that matches the pattern.
func matches(pattern string, v attribute.Value) bool {
	switch v.Type() {
	case attribute.STRING:
		return glob(pattern, v.AsString())
	case attribute.STRINGSLICE:
		for _, s := range v.AsStringSlice() {
			if glob(pattern, s) {
				return true
			}
		}
		return false
	case attribute.INT64, attribute.FLOAT64, attribute.BOOL:
		var room [32]byte
		return glob(pattern, string(digits(room[:0], v)))
	default:
		return pattern == "*"
	}
}
