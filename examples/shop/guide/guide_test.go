package guide_test

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"cairncx.dev/cairn/examples/shop/guide"
)

// TestValidate: the URL of a trace has one place for the ID, and both URLs are those of web pages. The error repeats the
// URL and says which form is accepted.
func TestValidate(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name         string
		trace, query string
		says         string
	}{
		{"nothing", "", "", ""},
		{"both", "http://localhost:16686/trace/%s", "http://localhost:9090", ""},
		{"with TLS, and the ID in the query", "https://tempo.example/trace?id=%s", "https://prometheus.example/base/", ""},
		{"a trace without a place for the ID", "http://localhost:16686/trace/", "", "where the trace's ID goes"},
		{"a trace with two places", "http://localhost:16686/%s/%s", "", "where the trace's ID goes"},
		{"a trace with another verb", "http://localhost:16686/%d", "", "where the trace's ID goes"},
		{"a trace with an escape beside it", "http://localhost:16686/a%20b/%s", "", "where the trace's ID goes"},
		{"a trace without a scheme", "localhost/trace/%s", "", "where the trace's ID goes"},
		{"a trace without a host", "http:///trace/%s", "", "where the trace's ID goes"},
		{"a trace in a file", "file://host/%s", "", "where the trace's ID goes"},
		{"a trace that is no URL", "http://[::1/%s", "", "where the trace's ID goes"},
		{"a Prometheus without a scheme", "", "localhost:9090", "http://localhost:9090"},
		{"a Prometheus without a host", "", "http://", "http://localhost:9090"},
		{"a Prometheus of another scheme", "", "ftp://localhost", "http://localhost:9090"},
	} {
		err := guide.Config{TraceURL: c.trace, QueryURL: c.query}.Validate()
		if c.says == "" {
			if err != nil {
				t.Errorf("%s: %v", c.name, err)
			}
			continue
		}
		if err == nil || !strings.Contains(err.Error(), c.says) || !strings.HasPrefix(err.Error(), `"`+c.trace+c.query+`"`) {
			t.Errorf("%s: the error is %v, want one with the URL and %q", c.name, err, c.says)
		}
	}
}

// TestJourney: the hints name each backend and file of the run, and how to get a backend where there is none.
func TestJourney(t *testing.T) {
	t.Parallel()
	const query = `sum by (cx_outcome) (increase(cx_journey_ended_total{cx_journey_name="checkout"}[1h]))`
	const graph = "/graph?g0.expr=sum+by+%28cx_outcome%29+%28increase%28cx_journey_ended_total%7Bcx_journey_name%3D%22checkout%22%7D%5B1h%5D%29%29&g0.tab=1"
	code := guide.Hint{What: "Read the code", Show: "examples/shop/storefront/payment.go"}
	none := guide.Hint{What: "See it as a trace", Show: "OTEL_EXPORTER_OTLP_ENDPOINT=http://localhost:4318 go run ./examples/shop"}
	search := guide.Hint{What: "Search traces for", Show: "cx.journey.id=ABC"}
	metrics := guide.Hint{What: "Query metrics for", Show: query}
	id := guide.Hint{What: "Trace ID", Show: "12ab"}
	linked := func(h guide.Hint, link string) guide.Hint { h.Link = link; return h }
	for _, c := range []struct {
		name  string
		cfg   guide.Config
		order string
		want  []guide.Hint
	}{
		{"no backend", guide.Config{}, "ABC", []guide.Hint{id, none, code}},
		{"a backend", guide.Config{Backend: true}, "ABC", []guide.Hint{id, search, metrics, code}},
		{"a backend and no order", guide.Config{Backend: true}, "", []guide.Hint{id, metrics, code}},
		{
			"traces",
			guide.Config{TraceURL: "http://localhost:16686/trace/%s"},
			"ABC",
			[]guide.Hint{linked(id, "http://localhost:16686/trace/12ab"), search, metrics, code},
		},
		{
			"metrics",
			guide.Config{QueryURL: "http://localhost:9090/"},
			"ABC",
			[]guide.Hint{id, search, linked(metrics, "http://localhost:9090"+graph), code},
		},
		{
			"files",
			guide.Config{Files: []string{"grep %s a.jsonl", "jq %s %s"}},
			"ABC",
			[]guide.Hint{id, {What: "Its events", Show: "grep ABC a.jsonl"}, {What: "Its events", Show: "jq ABC ABC"}, none, code},
		},
		{"files and no order", guide.Config{Files: []string{"grep %s a.jsonl"}}, "", []guide.Hint{id, none, code}},
	} {
		if diff := cmp.Diff(c.want, c.cfg.Journey(c.order, "12ab")); diff != "" {
			t.Errorf("%s (-want +got):\n%s", c.name, diff)
		}
	}
}

// TestLines: a hint is one line, and its link is below what it shows.
func TestLines(t *testing.T) {
	t.Parallel()
	got := guide.Lines([]guide.Hint{{What: "Trace ID", Show: "12ab", Link: "http://localhost/12ab"}, {What: "Query metrics for", Show: "up"}})
	want := `  Trace ID            12ab
                      http://localhost/12ab
  Query metrics for   up
`
	if got != want {
		t.Errorf("the lines are\n%s\nwant\n%s", got, want)
	}
}
