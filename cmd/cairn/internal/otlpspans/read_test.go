package otlpspans_test

import (
	"bytes"
	"errors"
	"io"
	"strings"
	"testing"
	"testing/iotest"
	"time"

	"github.com/google/go-cmp/cmp"
	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/codes"
	"go.opentelemetry.io/otel/trace"

	"cairncx.dev/cairn/cmd/cairn/internal/otlpspans"
	"cairncx.dev/cairn/cx/spanrule"
)

// example is the trace of OpenTelemetry's own examples of OTLP JSON, with a status and a list besides:
// https://github.com/open-telemetry/opentelemetry-proto/blob/main/examples/trace.json.
const example = `{"resourceSpans":[{"resource":{"attributes":[{"key":"service.name","value":{"stringValue":"my.service"}}]},
"scopeSpans":[{"scope":{"name":"my.library","version":"1.0.0"},"spans":[{"traceId":"5B8EFFF798038103D269B633813FC60C","spanId":"EEE19B7EC3C1B174",
"parentSpanId":"EEE19B7EC3C1B173","name":"I'm a server span","startTimeUnixNano":"1544712660000000000","endTimeUnixNano":"1544712661000000000","kind":2,
"attributes":[{"key":"my.span.attr","value":{"stringValue":"some value"}},{"key":"n","value":{"intValue":"7"}},{"key":"f","value":{"doubleValue":1.5}},
{"key":"b","value":{"boolValue":true}},{"key":"l","value":{"arrayValue":{"values":[{"stringValue":"a"},{"intValue":"1"},{"stringValue":"b"}]}}},
{"key":"m","value":{"kvlistValue":{"values":[]}}}],"status":{"code":2,"message":"no"}}]}]}]}`

func read(t *testing.T, in string) (spans []spanrule.Span, err error) {
	t.Helper()
	err = otlpspans.Read(strings.NewReader(in), func(s *spanrule.Span) error { spans = append(spans, *s); return nil })
	return spans, err
}

func TestRead(t *testing.T) {
	t.Parallel()
	traceID, _ := trace.TraceIDFromHex("5b8efff798038103d269b633813fc60c")
	spanID, _ := trace.SpanIDFromHex("eee19b7ec3c1b174")
	want := spanrule.Span{
		Name: "I'm a server span", Kind: trace.SpanKindServer, Status: codes.Error,
		Start: time.Date(2018, 12, 13, 14, 51, 0, 0, time.UTC), End: time.Date(2018, 12, 13, 14, 51, 1, 0, time.UTC),
		Attributes: []attribute.KeyValue{
			attribute.String("my.span.attr", "some value"), attribute.Int("n", 7), attribute.Float64("f", 1.5), attribute.Bool("b", true),
			attribute.StringSlice("l", []string{"a", "b"}),
		},
		Context: trace.NewSpanContext(trace.SpanContextConfig{TraceID: traceID, SpanID: spanID, TraceFlags: trace.FlagsSampled, Remote: true}),
	}
	named := strings.NewReplacer(`"kind":2`, `"kind":"SPAN_KIND_SERVER"`, `"code":2`, `"code":"STATUS_CODE_ERROR"`, `"1544712660000000000"`, `1544712660000000000`, `"7"`, `7`).Replace(example)
	for _, test := range []struct {
		name, in string
		n        int
	}{
		{"one document", example, 1},
		{"lines", strings.ReplaceAll(example, "\n", "") + "\n" + strings.ReplaceAll(example, "\n", "") + "\n", 2},
		{"names of enumerations, and numbers as numbers", named, 1},
		{"metrics between", `{"resourceMetrics":[{"scopeMetrics":[]}]}` + example, 1},
		{"nothing", "", 0},
		{"an empty document", "{}", 0},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			spans, err := read(t, test.in)
			if err != nil || len(spans) != test.n {
				t.Fatalf("%d spans and the error %v, want %d and none", len(spans), err, test.n)
			}
			for i := range spans {
				if diff := cmp.Diff(want, spans[i], cmp.Comparer(func(a, b trace.SpanContext) bool { return a.Equal(b) }), cmp.Comparer(func(a, b attribute.Value) bool { return a.Type() == b.Type() && a.Emit() == b.Emit() })); diff != "" {
					t.Errorf("(-want +got)\n%s", diff)
				}
			}
		})
	}
}

func TestReadRefuses(t *testing.T) {
	t.Parallel()
	for _, test := range []struct{ name, in, want string }{
		{"text", "hello", "file exporter"},
		{"half a line", example + `{"resourceSpans":[{`, "ends too early"},
		{"an object in the place of a text", `{"resourceSpans":[{"scopeSpans":[{"spans":[{"name":{}}]}]}]}`, "which OTLP does not have there"},
		{"a number that is none", `{"resourceSpans":[{"scopeSpans":[{"spans":[{"startTimeUnixNano":"soon"}]}]}]}`, "not a whole number"},
		{"nested without an end", `{"resourceSpans":` + strings.Repeat("[", 100_000), "document 1"},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			if _, err := read(t, test.in); err == nil || !strings.Contains(err.Error(), test.want) {
				t.Errorf("error %v, want one with %q", err, test.want)
			}
		})
	}
	broken := errors.New("broken")
	if err := otlpspans.Read(iotest.ErrReader(broken), nil); !errors.Is(err, broken) {
		t.Errorf("error %v, want that of the reader", err)
	}
	if err := otlpspans.Read(strings.NewReader(example), func(*spanrule.Span) error { return broken }); !errors.Is(err, broken) {
		t.Errorf("error %v, want that of the function", err)
	}
}

// spaces is an endless document.
type spaces struct{ read int }

func (s *spaces) Read(p []byte) (int, error) {
	for i := range p {
		p[i] = ' '
	}
	s.read += len(p)
	return len(p), nil
}

// A document without an end takes no more than its bound.
func TestReadIsBounded(t *testing.T) {
	t.Parallel()
	s := &spaces{}
	err := otlpspans.ReadBounded(io.MultiReader(strings.NewReader(`{"resourceSpans":`), s), 1<<20, nil)
	if err == nil || !strings.Contains(err.Error(), "more than 64 MiB") || s.read > 1<<20 {
		t.Errorf("error %v after %d bytes, want one after 1 MiB", err, s.read)
	}
	lines := strings.Repeat(strings.ReplaceAll(example, "\n", "")+"\n", 100)
	spans := 0
	if err := otlpspans.ReadBounded(strings.NewReader(lines), 1<<13, func(*spanrule.Span) error { spans++; return nil }); err != nil || spans != 100 {
		t.Errorf("error %v after %d spans, want 100: the bound is that of each document", err, spans)
	}
}

// TestReadBoundsParts: small parts take far more memory than their text, and are bounded by their number.
func TestReadBoundsParts(t *testing.T) {
	t.Parallel()
	for _, part := range []string{"{}", "null"} {
		err := otlpspans.ReadBounded(strings.NewReader(`{"resourceSpans":[{"scopeSpans":[{"spans":[`+strings.Repeat(part+",", 1<<17)+part+`]}]}]}`), 1<<20, func(*spanrule.Span) error { return nil })
		if err == nil || !strings.Contains(err.Error(), "comma") {
			t.Errorf("%s: error %v, want that of too many parts", part, err)
		}
	}
}

// TestReadDoubles: the JSON mapping of Protocol Buffers has texts for what JSON has no number for
// (https://protobuf.dev/programming-guides/json/).
func TestReadDoubles(t *testing.T) {
	t.Parallel()
	for in, want := range map[string]string{`"NaN"`: "NaN", `"Infinity"`: "+Inf", `"-Infinity"`: "-Inf", `"1.5"`: "1.5", `1.5`: "1.5"} {
		spans, err := read(t, strings.Replace(example, `"doubleValue":1.5`, `"doubleValue":`+in, 1))
		if err != nil {
			t.Errorf("%s: %v", in, err)
			continue
		}
		if got := spans[0].Attributes[2].Value.Emit(); got != want {
			t.Errorf("%s is %s, want %s", in, got, want)
		}
	}
}

func FuzzRead(f *testing.F) {
	f.Add([]byte(example))
	f.Add([]byte(`{"resourceSpans":[{"scopeSpans":[{"spans":[{"attributes":[{"value":{"arrayValue":{"values":[{"intValue":9e99}]}}}]}]}]}]}`))
	f.Add([]byte(`{"resourceSpans":null}{"resourceSpans":[null]}`))
	f.Fuzz(func(t *testing.T, in []byte) {
		if len(in) > 1<<14 {
			return
		}
		set, err := spanrule.Compile(spanrule.Rule{Touchpoint: "t", Span: "*a*", Journey: "j", Case: spanrule.Source{Attribute: "l"}},
			spanrule.Rule{Touchpoint: "u", Attributes: map[string]string{"n": "*"}})
		if err != nil {
			t.Fatal(err)
		}
		_ = otlpspans.Read(bytes.NewReader(in), func(s *spanrule.Span) error {
			if rule, ok := set.Match(s); ok {
				set.Event(rule, s)
			}
			return nil
		})
	})
}
