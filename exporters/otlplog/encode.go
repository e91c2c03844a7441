package otlplog

import (
	"encoding/hex"
	"slices"
	"time"

	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/log"
	"google.golang.org/protobuf/encoding/protowire"

	"cairncx.dev/cairn/cx/event"
	"cairncx.dev/cairn/cx/telemetry/semconv"
	"cairncx.dev/cairn/exporters/httpsink"
)

// scopeName is the instrumentation scope of every record.
const scopeName = "cairncx.dev/cairn/exporters/otlplog"

// namePrefix begins the event name of every record. With the kind it is the name in package semconv, if semconv has one.
const namePrefix = "cx."

// frame is the part that all requests share: the encoded resource and scope.
type frame struct {
	head  []byte // the resource, in ResourceLogs
	scope []byte // the scope, in ScopeLogs
	tail  []byte // the resource's schema URL, in ResourceLogs
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

// room bounds the bytes of a request before its first record.
func (f *frame) room() int { return 2*(1+protowire.SizeVarint(1<<63)) + len(f.head) + len(f.scope) }

// wrap makes a request of the records in b. They begin after room bytes that were left free.
func (f *frame) wrap(b []byte) []byte {
	room := f.room()
	scopeLogs := len(f.scope) + len(b) - room
	var front [24]byte
	prefix := append(front[:0], tagScopeLogs)
	prefix = protowire.AppendVarint(prefix, uint64(scopeLogs))
	resourceLogs := len(f.head) + len(prefix) + scopeLogs + len(f.tail)
	var first [12]byte
	outer := append(first[:0], tagResourceLogs)
	outer = protowire.AppendVarint(outer, uint64(resourceLogs))
	start := room - len(f.scope) - len(prefix) - len(f.head) - len(outer)
	at := start
	for _, part := range [...][]byte{outer, f.head, prefix, f.scope} {
		at += copy(b[at:], part)
	}
	return append(b, f.tail...)[start:]
}

// encoder turns events into records. One goroutine at a time uses it.
type encoder struct {
	buf      []byte
	keys     []attribute.Key // the names of the appended attributes, if they are needed
	comments bool            // the body is the comment instead of the JSON form
	places   httpsink.Places
}

// request writes a request of as many of the events as fit in maxBytes, at least one. It returns their number and the part of
// the body that is the request.
func (c *encoder) request(body *httpsink.Body, f *frame, events []event.Event, observed time.Time, maxBytes int) (n int, part []byte) {
	room := f.room()
	c.buf = slices.Grow(body.Bytes, room)[:room]
	for ; n < len(events); n++ {
		before := len(c.buf)
		c.record(&events[n], observed)
		if len(c.buf)+len(f.tail) > maxBytes && n > 0 {
			c.buf = c.buf[:before]
			break
		}
	}
	part = f.wrap(c.buf)
	body.Bytes, c.buf = c.buf, nil
	return n, part
}

// record appends the event as a field of ScopeLogs.
func (c *encoder) record(e *event.Event, observed time.Time) {
	b, at := open(c.buf, tagRecord, 2)
	b = appendTime(b, tagTime, e.Time)
	b = append(b, tagSeverity, byte(severity(e)))
	b = c.body(b, e)
	b = c.attributes(b, e)
	if sc := c.places.Of(e); sc.IsValid() {
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

// severity returns WARN for a failed outcome, for a journey that stalled and for a broken promise, and INFO for all others.
func severity(e *event.Event) log.Severity {
	if e.Outcome == event.Failed || e.Kind == event.JourneyStalled || e.Kind == event.PromiseBroken {
		return log.SeverityWarn
	}
	return log.SeverityInfo
}

// body appends the record's body: the event's JSON form, or the customer's comment.
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
	b = e.AppendJSON(b) // it is UTF-8 for every event
	b = shut(b, text, 2)
	return shut(b, at, 2)
}

// attributes appends the attributes that package semconv names. The caller's attributes with other names follow, and the last
// of each name counts.
func (c *encoder) attributes(b []byte, e *event.Event) []byte {
	d := describer{b: b, keys: c.keys[:0], keep: len(e.Attributes) > 0}
	d.event(e)
	d.details(e)
	b, c.keys = d.b, d.keys
	for i := range e.Attributes {
		kv := &e.Attributes[i]
		if kv.Key == "" || slices.Contains(d.keys, kv.Key) || shadowed(e.Attributes, i) {
			continue
		}
		if kv.Value.Type() == attribute.STRING {
			b = appendKeyText(b, tagAttribute, string(kv.Key), kv.Value.AsString())
		} else {
			b = appendKeyValue(b, tagAttribute, *kv, 0)
		}
	}
	return b
}

// appendID appends the attribute of the event's ID without making a string.
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

// describer appends attributes, and keeps their names if the encoder needs them.
type describer struct {
	b    []byte
	keys []attribute.Key
	keep bool
}

func (d *describer) has(k attribute.Key) {
	if d.keep {
		d.keys = append(d.keys, k)
	}
}

func (d *describer) text(k attribute.Key, v string) {
	if v != "" {
		d.has(k)
		d.b = appendNameText(d.b, tagAttribute, string(k), v)
	}
}

func (d *describer) value(kv attribute.KeyValue) {
	d.has(kv.Key)
	d.b = appendKeyValue(d.b, tagAttribute, kv, 0)
}

func (d *describer) event(e *event.Event) {
	if !e.ID.IsZero() {
		d.has(semconv.EventIDKey)
		d.b = appendID(d.b, e.ID)
	}
	if e.Kind == "" {
		d.value(semconv.EventKindKey.String(""))
	}
	d.text(semconv.EventKindKey, string(e.Kind))
	d.text(semconv.TouchpointNameKey, e.Touchpoint)
	d.text(semconv.ChannelKey, e.Channel.String())
	d.text(semconv.OutcomeKey, e.Outcome.String())
	d.text(semconv.ApdexZoneKey, e.Zone.String())
	if e.Actor != event.ActorCustomer {
		d.text(semconv.ActorKey, e.Actor.String())
	}
	if e.Direction != event.Inbound {
		d.text(semconv.DirectionKey, e.Direction.String())
	}
	if !e.Journey.IsZero() {
		d.text(semconv.JourneyNameKey, e.Journey.Name)
		d.text(semconv.JourneyIDKey, e.Journey.ID)
		d.text(semconv.JourneyNamespaceKey, e.Journey.Namespace)
		d.text(semconv.JourneyVersionKey, e.Journey.Version)
	}
	d.text(semconv.StageNameKey, e.Stage)
	if e.Visit != 0 {
		d.value(semconv.StageVisitKey.Int(e.Visit))
	}
	d.text(semconv.UserHashKey, e.Customer.Hash)
	d.text(semconv.CustomerSegmentKey, e.Customer.Segment)
	d.text(semconv.CustomerAccountKey, e.Customer.Account)
	d.text(semconv.CauseKey, e.Cause)
	d.text(semconv.IntentKey, e.Intent)
	if e.Outcome == event.Failed && e.ErrorType == "" && e.Kind == event.TouchpointEnded {
		d.text(semconv.ErrorTypeKey, "_OTHER") // OpenTelemetry's value for an error without a class
	}
	d.text(semconv.ErrorTypeKey, e.ErrorType)
}

func (d *describer) transition(t *event.Transition) {
	if t.Partial {
		d.value(semconv.JourneyPartialKey.Bool(true))
	}
	if t.Failures > 0 || t.LastTouchpoint != "" {
		d.value(semconv.JourneyFailureCountKey.Int(t.Failures))
	}
	d.text(semconv.JourneyLastCauseKey, t.LastCause)
	d.text(semconv.JourneyLastTouchpointKey, t.LastTouchpoint)
	if f := t.Friction; f != nil {
		d.friction(f)
	}
}

// friction describes the counts that are not 0.
func (d *describer) friction(f *event.Friction) {
	for _, n := range [...]struct {
		key   attribute.Key
		count int
	}{
		{semconv.JourneyFrictionRepeatsKey, f.Repeats},
		{semconv.JourneyFrictionFailuresBeforeSuccessKey, f.FailuresBeforeSuccess},
		{semconv.JourneyFrictionLoopsKey, f.Loops},
		{semconv.JourneyFrictionChannelSwitchesKey, f.ChannelSwitches},
		{semconv.JourneyFrictionOverdueKey, f.Overdue},
	} {
		if n.count > 0 {
			d.value(n.key.Int(n.count))
		}
	}
}

func (d *describer) promise(p *event.Promise) {
	d.text(semconv.PromiseNameKey, p.Name)
	if p.Number != 0 {
		d.value(semconv.PromiseNumberKey.Int(p.Number))
	}
	if !p.Due.IsZero() {
		d.text(semconv.PromiseDueKey, p.Due.UTC().Format(time.RFC3339Nano))
	}
}

func (d *describer) details(e *event.Event) {
	if t := e.Transition; t != nil {
		d.transition(t)
	}
	if p := e.Promise; p != nil {
		d.promise(p)
	}
	if c := e.Contact; c != nil {
		d.text(semconv.ContactPurposeKey, c.Purpose)
		d.text(semconv.ContactRuleKey, c.Rule)
	}
	if v := e.Journey.Value; v != nil {
		d.value(semconv.JourneyAmountKey.Int64(v.Amount))
		d.text(semconv.CurrencyKey, v.Currency)
	}
	if v := e.Variant; v != nil {
		d.text(semconv.ServiceVersionKey, v.Release)
		d.text(semconv.FeatureFlagKeyKey, v.Experiment)
		d.text(semconv.FeatureFlagResultVariantKey, v.Arm)
	}
	if e.Feedback != nil {
		d.feedback(e)
	}
	if f := e.FollowUp; f != nil {
		d.text(semconv.FollowUpOwnerKey, f.Owner)
		d.text(semconv.FollowUpSeverityKey, f.Severity)
		d.text(semconv.FollowUpRuleKey, f.Rule)
		d.text(semconv.FollowUpRemedyKey, f.Remedy)
	}
	if a := e.Action; a != nil {
		d.text(semconv.ActionNameKey, a.Name)
		d.text(semconv.ActionOwnerKey, a.Owner)
	}
	if b := e.Breakdown; b != nil {
		d.breakdown(b)
	}
}

func (d *describer) breakdown(b *event.Breakdown) {
	d.text(semconv.BreakdownAboutKey, b.About)
	d.text(semconv.BreakdownJourneyKey, b.Journey)
	d.text(semconv.BreakdownNameKey, b.Name)
	if b.Better {
		d.value(semconv.BreakdownBetterKey.Bool(true))
	}
	d.text(semconv.BreakdownSeverityKey, b.Severity)
	d.text(semconv.BreakdownOwnerKey, b.Owner)
}

// feedback describes what a customer was asked or said, without the addresses of a mention.
func (d *describer) feedback(e *event.Event) {
	f := e.Feedback
	d.text(semconv.SurveyNameKey, f.Survey)
	d.text(semconv.SurveyVersionKey, f.Version)
	d.text(semconv.FeedbackScaleKey, f.Scale.String())
	d.value(semconv.FeedbackValueKey.Int(f.Score))
	d.text(semconv.FeedbackVerdictKey, f.Verdict.String())
	d.text(semconv.SurveyEndKey, f.Ended.String())
	if f.Shown {
		d.value(semconv.SurveyShownKey.Bool(true))
	}
	if e.Kind == event.FeedbackReceived {
		d.value(semconv.FeedbackSolicitedKey.Bool(!f.Request.IsZero()))
	}
	d.text(semconv.MentionSourceKey, f.Source)
	if m := e.Mention; m != nil {
		d.text(semconv.MentionNatureKey, m.Nature.String())
		if m.Stars != 0 {
			d.value(semconv.MentionStarsKey.Float64(m.Stars))
		}
		if m.Reach != 0 {
			d.value(semconv.MentionReachKey.Int(m.Reach))
		}
	}
}
