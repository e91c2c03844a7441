package otlpspans

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strings"
	"time"

	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/codes"
	"go.opentelemetry.io/otel/trace"

	"cairncx.dev/cairn/cx/spanrule"
)

// The bounds of the input. A collector's batch is far smaller.
const (
	maxDocument   = 64 << 20 // bytes of one document
	bytesOfPart   = 16       // a document has so many for each comma at least, on average; an attribute has two commas in 40 bytes
	maxAttributes = 1024     // attributes of a span; the SDK keeps 128
)

// errLarge is the error for a document of more than maxDocument bytes.
var errLarge = fmt.Errorf("a document has more than %d MiB: let the collector write smaller batches", maxDocument>>20)

// errParts is the error for a document of many small parts, which take far more memory than their text.
var errParts = fmt.Errorf("a document has more than %d million commas: let the collector write smaller batches", maxDocument/bytesOfPart/1_000_000)

// bounded is a reader that fails where a document is too large, or has too many parts. The decoder reads a little beyond the end of a document.
type bounded struct {
	r           io.Reader
	left, parts int
}

// reset begins a document of at most so many bytes.
func (b *bounded) reset(most int) { b.left, b.parts = most, most/bytesOfPart }

// Read implements [io.Reader].
func (b *bounded) Read(p []byte) (int, error) {
	if b.left <= 0 {
		return 0, errLarge
	}
	n, err := b.r.Read(p[:min(len(p), b.left)])
	b.left -= n
	if b.parts -= bytes.Count(p[:n], []byte(",")); b.parts < 0 {
		return 0, errParts
	}
	return n, err //nolint:wrapcheck // the reader's own error, as it is
}

// Read calls each with every span of the documents, in their order. The span is valid until each returns. Fields that the package does not
// know are left out, and a document that is not one of traces has no spans. An error of each ends the reading.
//
// Read returns an error for what is not JSON, for a document that is too large, and for an end in the middle of a document.
func Read(r io.Reader, each func(*spanrule.Span) error) error { return read(r, maxDocument, each) }

func read(r io.Reader, most int, each func(*spanrule.Span) error) error {
	in := &bounded{r: r}
	dec := json.NewDecoder(in)
	for n := 1; ; n++ {
		in.reset(most)
		var d document
		err := dec.Decode(&d)
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return fmt.Errorf("document %d, at byte %d: %w", n, dec.InputOffset(), explain(err))
		}
		if err := d.each(each); err != nil {
			return err
		}
	}
}

// explain says what to do about JSON that cannot be read.
func explain(err error) error {
	var kind *json.UnmarshalTypeError
	var syntax *json.SyntaxError
	switch {
	case errors.Is(err, io.ErrUnexpectedEOF):
		return errors.New("it ends too early: wait until the collector has written the line, or remove it")
	case errors.As(err, &kind):
		return fmt.Errorf("%s is a JSON %s, which OTLP does not have there: export the spans as OTLP JSON", kind.Field, kind.Value)
	case !errors.As(err, &syntax):
		return err
	default:
		return fmt.Errorf("it is no OTLP JSON (%w): export the spans with the file exporter of a collector, as format: json", err)
	}
}

type document struct {
	ResourceSpans []struct {
		ScopeSpans []struct {
			Spans []span `json:"spans"`
		} `json:"scopeSpans"`
	} `json:"resourceSpans"`
}

func (d *document) each(f func(*spanrule.Span) error) error {
	for i := range d.ResourceSpans {
		for k := range d.ResourceSpans[i].ScopeSpans {
			for _, s := range d.ResourceSpans[i].ScopeSpans[k].Spans {
				if err := f(s.span()); err != nil {
					return err
				}
			}
		}
	}
	return nil
}

// span is a span of OTLP. Numbers may be texts, and enumerations their names: both forms are in the JSON mapping of Protocol Buffers.
type span struct {
	TraceID    string     `json:"traceId"`
	SpanID     string     `json:"spanId"`
	Name       string     `json:"name"`
	Kind       word       `json:"kind"`
	Start      number     `json:"startTimeUnixNano"`
	End        number     `json:"endTimeUnixNano"`
	Attributes []keyValue `json:"attributes"`
	Status     struct {
		Code word `json:"code"`
	} `json:"status"`
}

func (s *span) span() *spanrule.Span {
	out := &spanrule.Span{Name: s.Name, Kind: s.kind(), Start: time.Unix(0, int64(s.Start)).UTC(), End: time.Unix(0, int64(s.End)).UTC(), Status: s.status()}
	for _, kv := range s.Attributes[:min(len(s.Attributes), maxAttributes)] {
		if v, ok := kv.Value.value(); ok {
			out.Attributes = append(out.Attributes, attribute.KeyValue{Key: attribute.Key(kv.Key), Value: v})
		}
	}
	traceID, err := trace.TraceIDFromHex(strings.ToLower(s.TraceID)) // OTLP allows both cases
	spanID, err2 := trace.SpanIDFromHex(strings.ToLower(s.SpanID))
	if err == nil && err2 == nil {
		out.Context = trace.NewSpanContext(trace.SpanContextConfig{TraceID: traceID, SpanID: spanID, TraceFlags: trace.FlagsSampled, Remote: true})
	}
	return out
}

// kind returns the kind of the span. The numbers of OTLP are those of package trace.
func (s *span) kind() trace.SpanKind {
	switch s.Kind {
	case "1", "SPAN_KIND_INTERNAL":
		return trace.SpanKindInternal
	case "2", "SPAN_KIND_SERVER":
		return trace.SpanKindServer
	case "3", "SPAN_KIND_CLIENT":
		return trace.SpanKindClient
	case "4", "SPAN_KIND_PRODUCER":
		return trace.SpanKindProducer
	case "5", "SPAN_KIND_CONSUMER":
		return trace.SpanKindConsumer
	default:
		return trace.SpanKindUnspecified
	}
}

func (s *span) status() codes.Code {
	switch s.Status.Code {
	case "1", "STATUS_CODE_OK":
		return codes.Ok
	case "2", "STATUS_CODE_ERROR":
		return codes.Error
	default:
		return codes.Unset
	}
}

type keyValue struct {
	Key   string   `json:"key"`
	Value anyValue `json:"value"`
}

// anyValue is the value of an attribute. One of its fields is set.
type anyValue struct {
	String *string `json:"stringValue"`
	Bool   *bool   `json:"boolValue"`
	Int    *number `json:"intValue"`
	Double *double `json:"doubleValue"`
	Array  *struct {
		Values []anyValue `json:"values"`
	} `json:"arrayValue"`
}

// value returns the value, and false for one that no rule can read. A list has its texts.
func (v *anyValue) value() (attribute.Value, bool) {
	switch {
	case v.String != nil:
		return attribute.StringValue(*v.String), true
	case v.Bool != nil:
		return attribute.BoolValue(*v.Bool), true
	case v.Int != nil:
		return attribute.Int64Value(int64(*v.Int)), true
	case v.Double != nil:
		return attribute.Float64Value(float64(*v.Double)), true
	case v.Array != nil:
		texts := []string{}
		for i := range v.Array.Values {
			if s := v.Array.Values[i].String; s != nil {
				texts = append(texts, *s)
			}
		}
		return attribute.StringSliceValue(texts), true
	default:
		return attribute.Value{}, false
	}
}
