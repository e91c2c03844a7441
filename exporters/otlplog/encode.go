package otlplog

import (
	"encoding/hex"
	"time"

	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/log"
	"go.opentelemetry.io/otel/trace"
	"google.golang.org/protobuf/encoding/protowire"

	"cairncx.dev/cairn/cx/event"
	"cairncx.dev/cairn/cx/telemetry/semconv"
)

// scopeName is the instrumentation scope of every record.
const scopeName = "cairncx.dev/cairn/exporters/otlplog"

// namePrefix is what the name of every record begins with: with the kind it is the name that package
// semconv has, where it has one.
const namePrefix = "cx."

// frame is what is the same in every request: resource and scope, encoded.
type frame struct {
	head  []byte // of ResourceLogs: the resource
	scope []byte // of ScopeLogs: the scope
	tail  []byte // of ResourceLogs: the resource's schema
}

func newFrame(schemaURL string, resource []attribute.KeyValue) frame {
	var f frame
	if len(resource) > 0 {
		b, at := open(nil, tagResource, 2)
		for _, kv := range resource {
			b = appendKeyValue(b, tagResourceAttr, kv, 0)
		}
		f.head = shut(b, at, 2)
	}
	b, at := open(nil, tagScope, 1)
	b = appendText(b, tagScopeName, scopeName)
	f.scope = shut(b, at, 1)
	if schemaURL != "" {
		f.tail = appendText(nil, tagResourceURL, schemaURL)
	}
	return f
}

// room is how many bytes a request has before its first record, at most.
func (f *frame) room() int { return 2*(1+protowire.SizeVarint(1<<63)) + len(f.head) + len(f.scope) }

// wrap makes a request of the records, which begin after the room that was left for it in b.
func (f *frame) wrap(b []byte) []byte {
	room := f.room()
	scopeLogs := len(f.scope) + len(b) - room
	var front [24]byte
	prefix := append(front[:0], tagScopeLogs)
	prefix = protowire.AppendVarint(prefix, uint64(scopeLogs)) //nolint:gosec // a length
	resourceLogs := len(f.head) + len(prefix) + scopeLogs + len(f.tail)
	var first [12]byte
	outer := append(first[:0], tagResourceLogs)
	outer = protowire.AppendVarint(outer, uint64(resourceLogs)) //nolint:gosec // a length
	start := room - len(f.scope) - len(prefix) - len(f.head) - len(outer)
	at := start
	for _, part := range [...][]byte{outer, f.head, prefix, f.scope} {
		at += copy(b[at:], part)
	}
	return append(b, f.tail...)[start:]
}

// encoder turns events into records. It is used by one goroutine at a time.
type encoder struct {
	buf      []byte
	attrs    []attribute.KeyValue
	comments bool // the body is the comment, not the JSON form
	own      event.Event
	place    trace.SpanContext // of own's journey, stage and visit
}

// record appends the event as a field of ScopeLogs.
func (c *encoder) record(e *event.Event, observed time.Time) {
	b, at := open(c.buf, tagRecord, 2)
	b = appendTime(b, tagTime, e.Time)
	b = append(b, tagSeverity, byte(severity(e))) //nolint:gosec // 24 at most
	b = c.body(b, e)
	b = c.attributes(b, e)
	if sc := c.spanContext(e); sc.IsValid() {
		tid, sid := sc.TraceID(), sc.SpanID()
		if sc.TraceFlags() != 0 {
			b = append(b, tagFlags)
			b = protowire.AppendFixed32(b, uint32(sc.TraceFlags()))
		}
		b = append(append(b, tagTraceID, byte(len(tid))), tid[:]...)
		b = append(append(b, tagSpanID, byte(len(sid))), sid[:]...)
	}
	b = appendTime(b, tagObserved, observed)
	b, name := open(b, tagEventName, 1)
	b = append(append(b, namePrefix...), repair(string(e.Kind))...)
	b = shut(b, name, 1)
	c.buf = shut(b, at, 2)
}

// severity is a warning for what should not have happened to the customer.
func severity(e *event.Event) log.Severity {
	if e.Outcome == event.Failed || e.Kind == event.JourneyStalled {
		return log.SeverityWarn
	}
	return log.SeverityInfo
}

// body appends what the event says in full: its JSON form, or the comment.
func (c *encoder) body(b []byte, e *event.Event) []byte {
	if c.comments {
		if e.Feedback == nil || e.Feedback.Comment == "" {
			return b
		}
		b, at := open(b, tagBody, 1)
		b = appendText(b, tagString, e.Feedback.Comment)
		return shut(b, at, 1)
	}
	b, at := open(b, tagBody, 2)
	b, text := open(b, tagString, 2)
	b = e.AppendJSON(b) // which is UTF-8 whatever is in the event
	b = shut(b, text, 2)
	return shut(b, at, 2)
}

// spanContext returns the span that the event belongs to: the request's, or else the journey's, which is
// worked out once for what follows each other in one place.
func (c *encoder) spanContext(e *event.Event) trace.SpanContext {
	if e.SpanContext.IsValid() || e.Journey.IsZero() {
		return e.SpanContext
	}
	o := &c.own
	if !c.place.IsValid() || !o.Journey.Same(&e.Journey) || o.Stage != e.Stage || o.Visit != e.Visit {
		*o = event.Event{Journey: e.Journey, Stage: e.Stage, Visit: e.Visit} // working it out would change the caller's
		c.place = o.Trace().Parent()
	}
	return c.place
}

// attributes appends the caller's attributes and ours.
func (c *encoder) attributes(b []byte, e *event.Event) []byte {
	kvs := describe(append(c.attrs[:0], e.Attributes...), e) // the caller's first, for the last of a name holds
	if !e.ID.IsZero() {
		b = appendID(b, e.ID)
	}
	for i := range kvs {
		kv := &kvs[i]
		if i < len(e.Attributes) && (kv.Key == "" || shadowed(kvs, i) || kv.Key == semconv.EventIDKey && !e.ID.IsZero()) {
			continue
		}
		if kv.Value.Type() == attribute.STRING {
			b = appendKeyText(b, tagAttribute, string(kv.Key), kv.Value.AsString())
		} else {
			b = appendKeyValue(b, tagAttribute, *kv, 0)
		}
	}
	clear(kvs[:len(e.Attributes)]) // the caller's may be large; ours are a few short texts
	c.attrs = kvs[:0]
	return b
}

// appendID appends the attribute of the event's ID, without making a string of it.
func appendID(b []byte, id event.ID) []byte {
	const key, size = string(semconv.EventIDKey), 36
	b = append(b, tagAttribute, byte(len(key)+size+6), tagKey, byte(len(key)))
	b = append(b, key...)
	b = append(b, tagValue, size+2, tagString, size)
	b = append(hex.AppendEncode(b, id[:4]), '-')
	b = append(hex.AppendEncode(b, id[4:6]), '-')
	b = append(hex.AppendEncode(b, id[6:8]), '-')
	b = append(hex.AppendEncode(b, id[8:10]), '-')
	return hex.AppendEncode(b, id[10:])
}

// describe appends what package semconv has a name for, but for the ID.
func describe(kvs []attribute.KeyValue, e *event.Event) []attribute.KeyValue {
	kvs = append(kvs, semconv.EventKindKey.String(string(e.Kind)))
	kvs = text(kvs, semconv.TouchpointNameKey, e.Touchpoint)
	kvs = text(kvs, semconv.ChannelKey, e.Channel.String())
	kvs = text(kvs, semconv.OutcomeKey, e.Outcome.String())
	kvs = text(kvs, semconv.ApdexZoneKey, e.Zone.String())
	if e.Actor != event.ActorCustomer {
		kvs = text(kvs, semconv.ActorKey, e.Actor.String())
	}
	if e.Direction != event.Inbound {
		kvs = text(kvs, semconv.DirectionKey, e.Direction.String())
	}
	if !e.Journey.IsZero() {
		kvs = text(kvs, semconv.JourneyNameKey, e.Journey.Name)
		kvs = text(kvs, semconv.JourneyIDKey, e.Journey.ID)
		kvs = text(kvs, semconv.JourneyNamespaceKey, e.Journey.Namespace)
		kvs = text(kvs, semconv.JourneyVersionKey, e.Journey.Version)
	}
	kvs = text(kvs, semconv.StageNameKey, e.Stage)
	if e.Visit != 0 {
		kvs = append(kvs, semconv.StageVisitKey.Int(e.Visit))
	}
	kvs = text(kvs, semconv.UserHashKey, e.Customer.Hash)
	kvs = text(kvs, semconv.CustomerSegmentKey, e.Customer.Segment)
	kvs = text(kvs, semconv.CauseKey, e.Cause)
	kvs = text(kvs, semconv.ErrorTypeKey, e.ErrorType)
	if e.Transition != nil && e.Transition.Partial {
		kvs = append(kvs, semconv.JourneyPartialKey.Bool(true))
	}
	return describeDetails(kvs, e)
}

func describeDetails(kvs []attribute.KeyValue, e *event.Event) []attribute.KeyValue {
	if v := e.Variant; v != nil {
		kvs = text(kvs, semconv.VariantReleaseKey, v.Release)
		kvs = text(kvs, semconv.VariantExperimentKey, v.Experiment)
		kvs = text(kvs, semconv.VariantArmKey, v.Arm)
	}
	if f := e.Feedback; f != nil {
		kvs = text(kvs, semconv.SurveyNameKey, f.Survey)
		kvs = text(kvs, semconv.FeedbackScaleKey, f.Scale.String())
		kvs = append(kvs, semconv.FeedbackValueKey.Int(f.Score))
		kvs = text(kvs, semconv.FeedbackVerdictKey, f.Verdict.String())
	}
	return kvs
}

func text(kvs []attribute.KeyValue, k attribute.Key, v string) []attribute.KeyValue {
	if v == "" {
		return kvs
	}
	return append(kvs, k.String(v))
}
