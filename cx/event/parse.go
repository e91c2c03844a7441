package event

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"math/big"
	"slices"
	"strings"
	"time"

	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/trace"
)

// maxList bounds the lists among an event's attributes.
const maxList = 1024

// ErrJSON marks a text that is not the JSON form of an event. Every error of [ParseJSON] wraps it.
var ErrJSON = errors.New("event: not the JSON form of an event")

// wire mirrors the JSON form for encoding/json, which ignores other fields: a newer writer of the same version may add some.
// A field of wire is a field of [scan] too.
type wire struct {
	V        int         `json:"v"`
	ID       ID          `json:"id"`
	Kind     Kind        `json:"kind"`
	Time     time.Time   `json:"time"`
	Duration json.Number `json:"duration_seconds"`
	Journey  *struct {
		Namespace string    `json:"namespace"`
		Name      string    `json:"name"`
		ID        string    `json:"id"`
		Version   string    `json:"version"`
		Started   time.Time `json:"started"`
		Root      string    `json:"root"`
		Value     *Money    `json:"value"`
	} `json:"journey"`
	Stage      string    `json:"stage"`
	Visit      int       `json:"visit"`
	Touchpoint string    `json:"touchpoint"`
	Channel    Channel   `json:"channel"`
	Actor      Actor     `json:"actor"`
	Direction  Direction `json:"direction"`
	Outcome    Outcome   `json:"outcome"`
	Zone       Zone      `json:"apdex_zone"`
	Customer   struct {
		Hash    string `json:"hash"`
		Segment string `json:"segment"`
		Account string `json:"account"`
	} `json:"customer"`
	Late       bool            `json:"late"`
	Cause      string          `json:"cause"`
	ErrorType  string          `json:"error_type"`
	Intent     string          `json:"intent"`
	Transition *Transition     `json:"transition"`
	Promise    *Promise        `json:"promise"`
	Feedback   *Feedback       `json:"feedback"`
	Variant    *Variant        `json:"variant"`
	Assisted   *wireAssisted   `json:"assisted"`
	Effort     *Effort         `json:"effort"`
	FollowUp   *FollowUp       `json:"followup"`
	Action     *Action         `json:"action"`
	Breakdown  *Breakdown      `json:"breakdown"`
	Contact    *Contact        `json:"contact"`
	Mention    *Mention        `json:"mention"`
	Attributes json.RawMessage `json:"attributes"`
	Span       struct {
		TraceID string `json:"trace_id"`
		SpanID  string `json:"span_id"`
		Sampled bool   `json:"sampled"`
	} `json:"span"`
}

// ParseJSON returns the event of this JSON form, at most [MaxJSON] bytes. It checks the form only: the client checks names and
// bounds when it records the event. The event shares no memory with data. A text that [Event.AppendJSON] has written is the
// fastest to read; white space and other orders of fields are allowed. Every error wraps [ErrJSON] and says what is wrong.
func ParseJSON(data []byte) (Event, error) {
	if len(data) > MaxJSON {
		return Event{}, fmt.Errorf("%w: %d bytes, at most %d are allowed", ErrJSON, len(data), MaxJSON)
	}
	var e Event
	if scan(data, &e) {
		return e, nil
	}
	return parseWire(data)
}

// parseWire reads the form with encoding/json, with any white space and order. Its errors say what is wrong with a text.
func parseWire(data []byte) (Event, error) {
	var w wire
	if err := json.Unmarshal(data, &w); err != nil {
		return Event{}, fmt.Errorf("%w: %w", ErrJSON, err)
	}
	if !readable(w.V) {
		return Event{}, fmt.Errorf("%w: version %d, this reads versions 1 to %d", ErrJSON, w.V, JSONVersion)
	}
	if w.Kind == "" || w.Time.IsZero() {
		return Event{}, fmt.Errorf("%w: kind and time are required", ErrJSON)
	}
	e := Event{
		ID: w.ID, Kind: w.Kind, Time: w.Time, Stage: w.Stage, Visit: w.Visit,
		Touchpoint: w.Touchpoint, Channel: w.Channel, Actor: w.Actor, Direction: w.Direction,
		Outcome: w.Outcome, Zone: w.Zone, Late: w.Late, Cause: w.Cause, ErrorType: w.ErrorType, Intent: w.Intent,
		Customer:   Customer{Hash: w.Customer.Hash, Segment: w.Customer.Segment, Account: w.Customer.Account},
		Transition: w.Transition, Promise: w.Promise, Feedback: w.Feedback, Variant: w.Variant,
		Assisted: w.Assisted.read(), Effort: w.Effort, FollowUp: w.FollowUp, Action: w.Action, Breakdown: w.Breakdown,
		Contact: w.Contact, Mention: w.Mention,
	}
	if j := w.Journey; j != nil {
		e.Journey = Run{
			Namespace: j.Namespace, Name: j.Name, ID: j.ID, Version: j.Version,
			Started: j.Started, Value: j.Value,
		}
		if err := e.Journey.Root.parse([]byte(j.Root)); err != nil {
			return Event{}, fmt.Errorf("%w: journey.root: %w", ErrJSON, err)
		}
	}
	var err error
	if e.Duration, err = parseSeconds(string(w.Duration)); err != nil {
		return Event{}, err
	}
	if e.SpanContext, err = spanContext(w.Span.TraceID, w.Span.SpanID, w.Span.Sampled); err != nil {
		return Event{}, err
	}
	if e.Attributes, err = parseAttributes(w.Attributes); err != nil {
		return Event{}, err
	}
	return e, nil
}

// UnmarshalJSON implements [json.Unmarshaler] with [ParseJSON].
func (e *Event) UnmarshalJSON(data []byte) error {
	parsed, err := ParseJSON(data)
	if err != nil {
		return err
	}
	*e = parsed
	return nil
}

// readable reports whether this package reads the version of the form.
func readable(version int) bool { return version >= 1 && version <= JSONVersion }

// spanContext returns the context of the span with these IDs. It is the zero context where both are empty.
func spanContext(traceID, spanID string, sampled bool) (trace.SpanContext, error) {
	if traceID == "" && spanID == "" {
		return trace.SpanContext{}, nil
	}
	tid, err := trace.TraceIDFromHex(traceID)
	if err != nil {
		return trace.SpanContext{}, fmt.Errorf("%w: span.trace_id: %w", ErrJSON, err)
	}
	sid, err := trace.SpanIDFromHex(spanID)
	if err != nil {
		return trace.SpanContext{}, fmt.Errorf("%w: span.span_id: %w", ErrJSON, err)
	}
	cfg := trace.SpanContextConfig{TraceID: tid, SpanID: sid}
	if sampled {
		cfg.TraceFlags = trace.FlagsSampled
	}
	return trace.NewSpanContext(cfg), nil
}

// parseSeconds reads a number of seconds, exact to the nanosecond.
func parseSeconds(s string) (time.Duration, error) {
	if s == "" {
		return 0, nil
	}
	if len(s) > 40 {
		return 0, fmt.Errorf("%w: duration_seconds: %.40q is not a duration", ErrJSON, s)
	}
	if _, exp, ok := strings.Cut(strings.ToLower(s), "e"); ok && len(strings.TrimLeft(exp, "+-")) > 3 {
		return 0, fmt.Errorf("%w: duration_seconds: %q is out of range", ErrJSON, s)
	}
	r, ok := new(big.Rat).SetString(s)
	if !ok {
		return 0, fmt.Errorf("%w: duration_seconds: %q is not a number", ErrJSON, s)
	}
	r.Mul(r, big.NewRat(int64(time.Second), 1))
	ns := new(big.Int).Quo(r.Num(), r.Denom())
	if !ns.IsInt64() {
		return 0, fmt.Errorf("%w: duration_seconds: %q is out of range", ErrJSON, s)
	}
	return time.Duration(ns.Int64()), nil
}

// parseAttributes reads an object of attributes and keeps its order.
func parseAttributes(raw json.RawMessage) ([]attribute.KeyValue, error) {
	if len(raw) == 0 || bytes.Equal(raw, []byte("null")) {
		return nil, nil
	}
	dec := json.NewDecoder(bytes.NewReader(raw))
	dec.UseNumber()
	if t, err := dec.Token(); err != nil || t != json.Delim('{') {
		return nil, fmt.Errorf("%w: attributes is not an object", ErrJSON)
	}
	kvs, err := parseObject(dec)
	if err != nil {
		return nil, fmt.Errorf("%w: attributes: %w", ErrJSON, err)
	}
	return kvs, nil
}

// parseObject reads an object after its opening brace.
func parseObject(dec *json.Decoder) ([]attribute.KeyValue, error) {
	var kvs []attribute.KeyValue
	for dec.More() {
		key, err := dec.Token()
		if err != nil {
			return nil, fmt.Errorf("reading a key: %w", err)
		}
		v, err := parseValue(dec)
		if err != nil {
			return nil, err
		}
		if name, ok := key.(string); ok && v.Type() != attribute.EMPTY {
			kvs = append(kvs, attribute.KeyValue{Key: attribute.Key(name), Value: v})
		}
	}
	_, err := dec.Token()
	return kvs, err //nolint:wrapcheck // the caller says where
}

// parseValue reads one value. Null is the empty value.
func parseValue(dec *json.Decoder) (attribute.Value, error) {
	t, err := dec.Token()
	if err != nil {
		return attribute.Value{}, fmt.Errorf("reading a value: %w", err)
	}
	switch t := t.(type) {
	case bool:
		return attribute.BoolValue(t), nil
	case string:
		return attribute.StringValue(t), nil
	case json.Number:
		if !strings.ContainsAny(t.String(), ".eE") {
			if n, err := t.Int64(); err == nil {
				return attribute.Int64Value(n), nil
			}
		}
		f, err := t.Float64()
		if err != nil {
			return attribute.Value{}, fmt.Errorf("the number %s: %w", t, err)
		}
		return attribute.Float64Value(f), nil
	case json.Delim:
		if t == '{' {
			kvs, err := parseObject(dec)
			return attribute.MapValue(kvs...), err
		}
		var list []attribute.Value
		for dec.More() {
			if len(list) == maxList {
				return attribute.Value{}, fmt.Errorf("a list of more than %d values", maxList)
			}
			v, err := parseValue(dec)
			if err != nil {
				return attribute.Value{}, err
			}
			list = append(list, v)
		}
		_, err := dec.Token()
		return listValue(list), err
	default:
		return attribute.Value{}, nil
	}
}

// listValue returns a typed slice where all values have one type, else a mixed one.
func listValue(list []attribute.Value) attribute.Value {
	if len(list) == 0 {
		return attribute.StringSliceValue(nil)
	}
	of := list[0].Type()
	if slices.ContainsFunc(list, func(v attribute.Value) bool { return v.Type() != of }) {
		return attribute.SliceValue(list...)
	}
	switch of {
	case attribute.BOOL:
		return attribute.BoolSliceValue(mapValues(list, attribute.Value.AsBool))
	case attribute.INT64:
		return attribute.Int64SliceValue(mapValues(list, attribute.Value.AsInt64))
	case attribute.FLOAT64:
		return attribute.Float64SliceValue(mapValues(list, attribute.Value.AsFloat64))
	case attribute.STRING:
		return attribute.StringSliceValue(mapValues(list, attribute.Value.AsString))
	default:
		return attribute.SliceValue(list...)
	}
}

func mapValues[T any](list []attribute.Value, f func(attribute.Value) T) []T {
	out := make([]T, len(list))
	for i, v := range list {
		out[i] = f(v)
	}
	return out
}
