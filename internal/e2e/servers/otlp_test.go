package servers

import (
	"math"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
	"go.opentelemetry.io/otel/codes"
	"go.opentelemetry.io/otel/log"
	"go.opentelemetry.io/otel/trace"
)

// The messages below follow "JSON Protobuf Encoding" in the OTLP specification: 64-bit integers as decimal
// strings, IDs in hexadecimal, enumerations as numbers, keys in lowerCamelCase.

const (
	traceID = "5b8efff798038103d269b633813fc60c"
	spanID  = "eee19b7ec3c1b174"
)

// fullSpan has each field and each kind of value. bareSpan has only a name and a status.
const fullSpan = `{"resourceSpans":[{` +
	`"resource":{"attributes":[{"key":"service.name","value":{"stringValue":"shop"}}]},` +
	`"scopeSpans":[{"scope":{"name":"till"},"spans":[{` +
	`"traceId":"5B8EFFF798038103D269B633813FC60C","spanId":"EEE19B7EC3C1B174","parentSpanId":"EEE19B7EC3C1B173",` +
	`"name":"pay","kind":2,"startTimeUnixNano":"1544712660000000001","endTimeUnixNano":"1544712661000000000",` +
	`"attributes":[` +
	`{"key":"string","value":{"stringValue":"a"}},{"key":"bool","value":{"boolValue":true}},` +
	`{"key":"int","value":{"intValue":"9223372036854775807"}},{"key":"double","value":{"doubleValue":0.5}},` +
	`{"key":"list","value":{"arrayValue":{"values":[{"stringValue":"x"},{"intValue":"7"}]}}},` +
	`{"key":"map","value":{"kvlistValue":{"values":[{"key":"k","value":{"boolValue":false}}]}}},` +
	`{"key":"bytes","value":{"bytesValue":"AQI="}},{"key":"empty","value":{}}],` +
	`"events":[{"timeUnixNano":"1544712660000000002","name":"paid","attributes":[{"key":"n","value":{"intValue":"1"}}]}],` +
	`"links":[{"traceId":"5b8efff798038103d269b633813fc60c","spanId":"eee19b7ec3c1b175",` +
	`"attributes":[{"key":"why","value":{"stringValue":"retry"}}]}],` +
	`"status":{"code":2,"message":"declined"}}]}]}]}` + "\n"

const bareSpan = `{"resourceSpans":[{"scopeSpans":[{"spans":[{"name":"bare","status":{"code":1}}]}]}]}` + "\n"

// parsedFullSpan is the parsed form of fullSpan.
var parsedFullSpan = Span{
	Origin:  Origin{Service: "shop", Resource: map[string]any{"service.name": "shop"}, Scope: "till"},
	TraceID: traceID, SpanID: spanID, ParentSpanID: "eee19b7ec3c1b173",
	Name: "pay", Kind: trace.SpanKindServer,
	Start: time.Unix(1544712660, 1).UTC(), End: time.Unix(1544712661, 0).UTC(),
	Attributes: map[string]any{
		"string": "a", "bool": true, "int": int64(math.MaxInt64), "double": 0.5,
		"list": []any{"x", int64(7)}, "map": map[string]any{"k": false},
		"bytes": []byte{1, 2}, "empty": nil,
	},
	Links: []Link{{
		TraceID: traceID, SpanID: "eee19b7ec3c1b175",
		Attributes: map[string]any{"why": "retry"},
	}},
	Events: []Event{{
		Name: "paid", Time: time.Unix(1544712660, 2).UTC(),
		Attributes: map[string]any{"n": int64(1)},
	}},
	StatusCode: codes.Error, StatusMessage: "declined",
}

func TestParseTraces(t *testing.T) {
	minimal := Span{Name: "bare", StatusCode: codes.Ok}
	tests := []struct {
		name   string
		reason string
		data   string
		want   []Span
		err    string
	}{
		{name: "nothing", reason: "the exporter creates the file before it writes"},
		{name: "everything", reason: "each field and each kind of value", data: fullSpan, want: []Span{parsedFullSpan}},
		{name: "almost empty", reason: "an absent field is zero", data: bareSpan, want: []Span{minimal}},
		{name: "two lines", reason: "in the order of arrival", data: bareSpan + fullSpan, want: []Span{minimal, parsedFullSpan}},
		{
			name: "half a line", reason: "the exporter is still writing it",
			data: bareSpan + fullSpan[:len(fullSpan)/2], want: []Span{minimal},
		},
		{
			name: "a whole line without its end", reason: "it looks the same as half a line",
			data: bareSpan + strings.TrimSuffix(fullSpan, "\n"), want: []Span{minimal},
		},
		{name: "no JSON", reason: "only the last line can be incomplete", data: bareSpan + "{\n" + bareSpan, err: "2: traces in OTLP JSON: "},
		{
			name: "bad id", reason: "ids are hexadecimal",
			data: `{"resourceSpans":[{"scopeSpans":[{"spans":[{"traceId":"xyz"}]}]}]}` + "\n", err: "1: traces in OTLP JSON: ",
		},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			got, err := parseLines([]byte(test.data), parseTraces)
			checkParsed(t, got, test.want, err, test.err, test.reason)
		})
	}
}

func TestParseLogs(t *testing.T) {
	const data = `{"resourceLogs":[{` +
		`"resource":{"attributes":[{"key":"service.name","value":{"stringValue":"shop"}}]},` +
		`"scopeLogs":[{"scope":{"name":"till"},"logRecords":[` +
		`{"timeUnixNano":"1544712660300000000","observedTimeUnixNano":"1544712660300000001",` +
		`"severityNumber":10,"severityText":"Information","traceId":"5b8efff798038103d269b633813fc60c",` +
		`"spanId":"eee19b7ec3c1b174","eventName":"paid","body":{"intValue":"42"},` +
		`"attributes":[{"key":"cents","value":{"intValue":"1999"}}]},` +
		`{"body":{"stringValue":"plain"}}]}]}]}` + "\n"
	from := Origin{Service: "shop", Resource: map[string]any{"service.name": "shop"}, Scope: "till"}
	want := []LogRecord{
		{
			Origin: from, EventName: "paid",
			Time:         time.Unix(1544712660, 300000000).UTC(),
			ObservedTime: time.Unix(1544712660, 300000001).UTC(),
			Severity:     log.SeverityInfo2, SeverityText: "Information",
			TraceID: traceID, SpanID: spanID,
			Body: int64(42), Attributes: map[string]any{"cents": int64(1999)},
		},
		{Origin: from, Body: "plain"},
	}
	got, err := parseLines([]byte(data), parseLogs)
	checkParsed(t, got, want, err, "", "an event and a plain record")

	_, err = parseLines([]byte("[]\n"), parseLogs)
	checkParsed(t, nil, []LogRecord(nil), err, "1: logs in OTLP JSON: ", "a message is an object")
}

func TestParseMetrics(t *testing.T) {
	const (
		point = `"timeUnixNano":"1544712660000000000","attributes":[{"key":"a","value":{"stringValue":"b"}}]`
		data  = `{"resourceMetrics":[{` +
			`"resource":{"attributes":[{"key":"service.name","value":{"stringValue":"shop"}}]},` +
			`"scopeMetrics":[{"scope":{"name":"till"},"metrics":[` +
			`{"name":"sum","unit":"1","description":"all","sum":{"aggregationTemporality":2,"isMonotonic":true,` +
			`"dataPoints":[{"asInt":"5",` + point + `},{"asDouble":2.5,` + point + `}]}},` +
			`{"name":"gauge","gauge":{"dataPoints":[{"asDouble":-1,` + point + `}]}},` +
			`{"name":"histogram","unit":"s","histogram":{"aggregationTemporality":1,` +
			`"dataPoints":[{"count":"2","sum":3.5,"bucketCounts":["1","1"],"explicitBounds":[1],` + point + `}]}},` +
			`{"name":"exponential","exponentialHistogram":{"aggregationTemporality":2,` +
			`"dataPoints":[{"count":"4","sum":7,` + point + `}]}},` +
			`{"name":"summary","summary":{"dataPoints":[{"count":"1","sum":9,` + point + `}]}}` +
			`]}]}]}` + "\n"
	)
	of := func(p MetricPoint) MetricPoint {
		p.Origin = Origin{Service: "shop", Resource: map[string]any{"service.name": "shop"}, Scope: "till"}
		p.Time = time.Unix(1544712660, 0).UTC()
		p.Attributes = map[string]any{"a": "b"}
		return p
	}
	want := []MetricPoint{
		of(MetricPoint{Name: "sum", Description: "all", Unit: "1", Type: "Sum", Monotonic: true, Cumulative: true, Value: 5}),
		of(MetricPoint{Name: "sum", Description: "all", Unit: "1", Type: "Sum", Monotonic: true, Cumulative: true, Value: 2.5}),
		of(MetricPoint{Name: "gauge", Type: "Gauge", Value: -1}),
		of(MetricPoint{Name: "histogram", Unit: "s", Type: "Histogram", Count: 2, Sum: 3.5}),
		of(MetricPoint{Name: "exponential", Type: "ExponentialHistogram", Cumulative: true, Count: 4, Sum: 7}),
		of(MetricPoint{Name: "summary", Type: "Summary", Cumulative: true, Count: 1, Sum: 9}),
	}
	got, err := parseLines([]byte(data), parseMetrics)
	checkParsed(t, got, want, err, "", "each type of metric")

	_, err = parseLines([]byte("{\n"), parseMetrics)
	checkParsed(t, nil, []MetricPoint(nil), err, "1: metrics in OTLP JSON: ", "a message is valid JSON")
}

// checkParsed compares the results of a parser. wantErr is the beginning of the error.
func checkParsed[T any](t *testing.T, got, want []T, err error, wantErr, reason string) {
	t.Helper()
	switch {
	case wantErr == "" && err != nil:
		t.Fatalf("%v: %s", err, reason)
	case wantErr != "" && (err == nil || !strings.HasPrefix(err.Error(), wantErr)):
		t.Fatalf("the error is %v, want one that begins with %q: %s", err, wantErr, reason)
	}
	if diff := cmp.Diff(want, got, cmpopts.EquateEmpty()); diff != "" {
		t.Errorf("%s (-want +got):\n%s", reason, diff)
	}
}
