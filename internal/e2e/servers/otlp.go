package servers

import (
	"bytes"
	"fmt"
	"time"

	"go.opentelemetry.io/collector/pdata/pcommon"
	"go.opentelemetry.io/collector/pdata/plog"
	"go.opentelemetry.io/collector/pdata/ptrace"
	"go.opentelemetry.io/otel/codes"
	"go.opentelemetry.io/otel/log"
	"go.opentelemetry.io/otel/trace"
)

// Origin has the resource and the scope that all telemetry below them shares.
type Origin struct {
	Service  string         // the resource's service.name, or ""
	Resource map[string]any // all attributes of the resource
	Scope    string         // the instrumentation scope's name
}

// Span is a span in the form in which the collector received it.
//
// Trace and span IDs are lower-case hexadecimal, "" for none. The value of an attribute is a string, bool, int64,
// float64, []byte, []any or map[string]any, or nil for an empty one.
type Span struct {
	Origin

	TraceID      string
	SpanID       string
	ParentSpanID string

	Name          string
	Kind          trace.SpanKind
	Start, End    time.Time // UTC, zero for none
	Attributes    map[string]any
	Links         []Link
	Events        []Event
	StatusCode    codes.Code
	StatusMessage string
}

// Link is a [Span]'s link to another span, in the same form.
type Link struct {
	TraceID    string
	SpanID     string
	Attributes map[string]any
}

// Event is a [Span]'s event, in the same form.
type Event struct {
	Name       string
	Time       time.Time // UTC, zero for none
	Attributes map[string]any
}

// LogRecord is a log record in the form in which the collector received it. With an EventName it is an event. IDs
// and values have the same form as in [Span].
type LogRecord struct {
	Origin

	EventName    string
	Time         time.Time // UTC, zero for none
	ObservedTime time.Time // UTC, zero for none
	Severity     log.Severity
	SeverityText string
	TraceID      string
	SpanID       string
	Body         any
	Attributes   map[string]any
}

// parseLines parses the file exporter's output, one OTLP message in JSON a line. It ignores a last line without
// its end, because the exporter is still writing it. Errors begin with the number of the line.
func parseLines[T any](data []byte, parse func(line []byte) ([]T, error)) ([]T, error) {
	var all []T
	number := 0
	for line := range bytes.Lines(data) {
		number++
		if !bytes.HasSuffix(line, []byte("\n")) {
			break
		}
		some, err := parse(line)
		if err != nil {
			return nil, fmt.Errorf("%d: %w", number, err)
		}
		all = append(all, some...)
	}
	return all, nil
}

// parseTraces parses an ExportTraceServiceRequest in OTLP's JSON.
func parseTraces(line []byte) ([]Span, error) {
	message, err := new(ptrace.JSONUnmarshaler).UnmarshalTraces(line)
	if err != nil {
		return nil, fmt.Errorf("traces in OTLP JSON: %w", err)
	}
	var spans []Span
	for _, resource := range message.ResourceSpans().All() {
		for _, scope := range resource.ScopeSpans().All() {
			from := origin(resource.Resource(), scope.Scope())
			for _, span := range scope.Spans().All() {
				spans = append(spans, newSpan(from, span))
			}
		}
	}
	return spans, nil
}

func newSpan(from Origin, s ptrace.Span) Span {
	span := Span{
		Origin:        from,
		TraceID:       s.TraceID().String(),
		SpanID:        s.SpanID().String(),
		ParentSpanID:  s.ParentSpanID().String(),
		Name:          s.Name(),
		Kind:          trace.SpanKind(s.Kind()), // same numbers
		Start:         instant(s.StartTimestamp()),
		End:           instant(s.EndTimestamp()),
		Attributes:    s.Attributes().AsRaw(),
		StatusCode:    statusCode(s.Status().Code()),
		StatusMessage: s.Status().Message(),
	}
	for _, link := range s.Links().All() {
		span.Links = append(span.Links, Link{
			TraceID:    link.TraceID().String(),
			SpanID:     link.SpanID().String(),
			Attributes: link.Attributes().AsRaw(),
		})
	}
	for _, event := range s.Events().All() {
		span.Events = append(span.Events, Event{
			Name:       event.Name(),
			Time:       instant(event.Timestamp()),
			Attributes: event.Attributes().AsRaw(),
		})
	}
	return span
}

// statusCode translates the protocol's numbers, where Ok is 1 and Error is 2, into those of the API, where Error
// is 1 and Ok is 2.
func statusCode(code ptrace.StatusCode) codes.Code {
	switch code {
	case ptrace.StatusCodeOk:
		return codes.Ok
	case ptrace.StatusCodeError:
		return codes.Error
	default:
		return codes.Unset
	}
}

// parseLogs parses an ExportLogsServiceRequest in OTLP's JSON.
func parseLogs(line []byte) ([]LogRecord, error) {
	message, err := new(plog.JSONUnmarshaler).UnmarshalLogs(line)
	if err != nil {
		return nil, fmt.Errorf("logs in OTLP JSON: %w", err)
	}
	var records []LogRecord
	for _, resource := range message.ResourceLogs().All() {
		for _, scope := range resource.ScopeLogs().All() {
			from := origin(resource.Resource(), scope.Scope())
			for _, record := range scope.LogRecords().All() {
				records = append(records, newLogRecord(from, record))
			}
		}
	}
	return records, nil
}

func newLogRecord(from Origin, r plog.LogRecord) LogRecord {
	return LogRecord{
		Origin:       from,
		EventName:    r.EventName(),
		Time:         instant(r.Timestamp()),
		ObservedTime: instant(r.ObservedTimestamp()),
		Severity:     log.Severity(r.SeverityNumber()), // same numbers
		SeverityText: r.SeverityText(),
		TraceID:      r.TraceID().String(),
		SpanID:       r.SpanID().String(),
		Body:         r.Body().AsRaw(),
		Attributes:   r.Attributes().AsRaw(),
	}
}

func origin(resource pcommon.Resource, scope pcommon.InstrumentationScope) Origin {
	attributes := resource.Attributes().AsRaw()
	service, _ := attributes["service.name"].(string)
	return Origin{Service: service, Resource: attributes, Scope: scope.Name()}
}

// instant returns the protocol's timestamp as a time, and its 0 as Go's zero time.
func instant(at pcommon.Timestamp) time.Time {
	if at == 0 {
		return time.Time{}
	}
	return at.AsTime()
}
