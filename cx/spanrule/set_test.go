package spanrule_test

import (
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/codes"
	"go.opentelemetry.io/otel/trace"

	"cairncx.dev/cairn/cx/event"
	"cairncx.dev/cairn/cx/spanrule"
)

func compile(t testing.TB, rules ...spanrule.Rule) *spanrule.Set {
	t.Helper()
	s, err := spanrule.Compile(rules...)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func TestFaultyRules(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		name, want string
		rule       spanrule.Rule
	}{
		{"no touchpoint", "names no touchpoint", spanrule.Rule{Span: "a"}},
		{"no condition", "each span would match", spanrule.Rule{Touchpoint: "t", Kind: trace.SpanKindServer}},
		{"a kind that there is not", "no kind 9", spanrule.Rule{Touchpoint: "t", Span: "a", Kind: 9}},
		{"an attribute without a key", "has no key", spanrule.Rule{Touchpoint: "t", Attributes: map[string]string{"": "x"}}},
		{"two sources", "leave one of them out", spanrule.Rule{Touchpoint: "t", Span: "a", Customer: spanrule.Source{Attribute: "a", Baggage: "b", Trusted: true}}},
		{"baggage that is not trusted", "set Trusted", spanrule.Rule{Touchpoint: "t", Span: "a", Actor: spanrule.Source{Baggage: "b"}}},
		{"a journey without a case", "needs a Case", spanrule.Rule{Touchpoint: "t", Span: "a", Journey: "j"}},
		{"a case without a journey", "needs a Case, and one without has none", spanrule.Rule{Touchpoint: "t", Span: "a", Case: spanrule.Source{Attribute: "a"}}},
		{"a start of no journey", "has no journey", spanrule.Rule{Touchpoint: "t", Span: "a", Starts: true}},
		{"a value without a currency", "go together", spanrule.Rule{Touchpoint: "t", Span: "a", Value: "a"}},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			_, err := spanrule.Compile(spanrule.Rule{Touchpoint: "fine", Span: "x"}, test.rule)
			if !errors.Is(err, spanrule.ErrRule) || !strings.Contains(err.Error(), test.want) || !strings.Contains(err.Error(), "rule 1 of") {
				t.Errorf("error %v, want one of rule 1 with %q", err, test.want)
			}
		})
	}
	if _, err := spanrule.Compile(make([]spanrule.Rule, spanrule.MaxRules+1)...); err == nil {
		t.Error("no error for too many rules")
	}
}

// The outcomes that OpenTelemetry's conventions give spans: the status of a span by the status of HTTP and of gRPC, and error.type.
// https://opentelemetry.io/docs/specs/semconv/http/http-spans/#status and https://opentelemetry.io/docs/specs/semconv/rpc/grpc/.
func TestOutcome(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		name    string
		status  codes.Code
		attrs   []attribute.KeyValue
		outcome event.Outcome
		class   string
	}{
		{"a span without a word", codes.Unset, nil, event.OK, ""},
		{"an error without a class", codes.Error, nil, event.Failed, "_OTHER"},
		{"error.type comes first", codes.Error, []attribute.KeyValue{attribute.Int("http.response.status_code", 500), attribute.String("error.type", "timeout")}, event.Failed, "timeout"},
		{"500", codes.Error, []attribute.KeyValue{attribute.Int("http.response.status_code", 500)}, event.Failed, "500"},
		{"500 under its former name", codes.Error, []attribute.KeyValue{attribute.Int("http.status_code", 500)}, event.Failed, "500"},
		{"404 of a server is no error of the server", codes.Unset, []attribute.KeyValue{attribute.Int("http.response.status_code", 404)}, event.OK, ""},
		{"429 turns the customer away", codes.Unset, []attribute.KeyValue{attribute.Int("http.response.status_code", 429)}, event.Failed, "429"},
		{"499: the customer left", codes.Unset, []attribute.KeyValue{attribute.Int("http.response.status_code", 499)}, event.Cancelled, ""},
		{"gRPC: the caller cancelled", codes.Error, []attribute.KeyValue{attribute.Int("rpc.grpc.status_code", 1)}, event.Cancelled, ""},
		{"the same under its present name", codes.Unset, []attribute.KeyValue{attribute.String("rpc.response.status_code", "CANCELLED")}, event.Cancelled, ""},
		{"Connect: the caller cancelled, as otelconnect says it", codes.Unset, []attribute.KeyValue{attribute.String("rpc.response.status_code", "CANCELED"), attribute.String("error.type", "CANCELED")}, event.Cancelled, ""},
		{"Connect: the same at the client", codes.Error, []attribute.KeyValue{attribute.String("rpc.response.status_code", "CANCELED")}, event.Cancelled, ""},
		{"Connect: the same under its former name", codes.Unset, []attribute.KeyValue{attribute.String("rpc.connect_rpc.error_code", "cancelled")}, event.Cancelled, ""},
		{"Connect: a quota is used up", codes.Unset, []attribute.KeyValue{attribute.String("rpc.connect_rpc.error_code", "resource_exhausted")}, event.Failed, "resource_exhausted"},
		{"gRPC: a quota is used up", codes.Unset, []attribute.KeyValue{attribute.Int("rpc.grpc.status_code", 8)}, event.Failed, "8"},
		{"gRPC: an argument is wrong", codes.Unset, []attribute.KeyValue{attribute.Int("rpc.grpc.status_code", 3)}, event.OK, ""},
		{"gRPC: unavailable", codes.Error, []attribute.KeyValue{attribute.String("rpc.response.status_code", "UNAVAILABLE")}, event.Failed, "UNAVAILABLE"},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			o, class := spanrule.Outcome(&spanrule.Span{Status: test.status, Attributes: test.attrs})
			if o != test.outcome || class != test.class {
				t.Errorf("%v %q, want %v %q", o, class, test.outcome, test.class)
			}
		})
	}
}

var (
	began   = time.Date(2026, 5, 4, 10, 0, 0, 0, time.UTC)
	context = trace.NewSpanContext(trace.SpanContextConfig{TraceID: trace.TraceID{1: 1}, SpanID: trace.SpanID{7: 2}, TraceFlags: trace.FlagsSampled})
)

// pay is a span as otelhttp makes it, with two attributes that the service adds.
func pay(more ...attribute.KeyValue) *spanrule.Span {
	return &spanrule.Span{
		Name: "POST /pay", Kind: trace.SpanKindServer, Start: began, End: began.Add(time.Second), Context: context,
		Attributes: append([]attribute.KeyValue{
			attribute.String("http.request.method", "POST"), attribute.String("http.route", "/pay"), attribute.Int("http.response.status_code", 200),
			attribute.String("cart.id", "c-1"), attribute.String("enduser.id", "u-1"),
		}, more...),
	}
}

func payRule() spanrule.Rule {
	return spanrule.Rule{
		Touchpoint: "submit-payment", Journey: "checkout", Span: "POST /pay", Kind: trace.SpanKindServer, Attributes: map[string]string{"http.route": "/pay"},
		Case: spanrule.Source{Attribute: "cart.id"}, Customer: spanrule.Source{Attribute: "enduser.id"}, Segment: spanrule.Source{Attribute: "tier"},
		Actor: spanrule.Source{Baggage: "actor", Trusted: true}, Value: "cart.total", Currency: "EUR", Channel: event.Web,
	}
}

func TestEvent(t *testing.T) {
	t.Parallel()
	plain := event.Event{
		ID: spanrule.ID(context.TraceID(), context.SpanID()), Kind: event.TouchpointEnded, Time: began, Duration: time.Second, Touchpoint: "submit-payment",
		Journey: event.Run{Name: "checkout", ID: "c-1"}, Channel: event.Web, Outcome: event.OK, Customer: event.Customer{ID: "u-1"}, SpanContext: context,
	}
	for _, test := range []struct {
		name   string
		rule   func(*spanrule.Rule)
		span   func(*spanrule.Span)
		want   func(*event.Event)
		placed bool
	}{
		{name: "what the span says", placed: true},
		{
			name: "segment, value and actor", placed: true,
			span: func(sp *spanrule.Span) {
				sp.Attributes = append(sp.Attributes, attribute.String("tier", "gold"), attribute.Int("cart.total", 1999))
				sp.Baggage = func(key string) string { return map[string]string{"actor": "delegate"}[key] }
			},
			want: func(e *event.Event) {
				e.Customer.Segment, e.Journey.Value, e.Actor = "gold", &event.Money{Amount: 1999, Currency: "EUR"}, event.ActorDelegate
			},
		},
		{
			name: "an actor that there is not is the customer, and an amount that is no whole number is none", placed: true,
			span: func(sp *spanrule.Span) {
				sp.Attributes = append(sp.Attributes, attribute.Float64("cart.total", 19.99))
				sp.Baggage = func(string) string { return "admin" }
			},
		},
		{
			name: "a probe by OpenTelemetry's attribute", placed: true,
			span: func(sp *spanrule.Span) {
				sp.Attributes = append(sp.Attributes, attribute.String("user_agent.synthetic.type", "test"))
			},
			want: func(e *event.Event) { e.Actor = event.ActorSynthetic },
		},
		{
			name: "the outcome of the rule", placed: true,
			rule: func(r *spanrule.Rule) { r.Outcome = event.Degraded },
			span: func(sp *spanrule.Span) { sp.Status = codes.Error },
			want: func(e *event.Event) { e.Outcome = event.Degraded },
		},
		{
			name: "a declined card, which is no error of the server", placed: true,
			rule: func(r *spanrule.Rule) { r.Outcome = event.Failed },
			span: func(sp *spanrule.Span) { sp.Attributes[2] = attribute.Int("http.response.status_code", 402) },
			want: func(e *event.Event) { e.Outcome, e.ErrorType = event.Failed, "402" },
		},
		{
			name: "a span without the case is in no journey",
			span: func(sp *spanrule.Span) { sp.Attributes = sp.Attributes[:3] },
			want: func(e *event.Event) { e.Journey, e.Customer = event.Run{}, event.Customer{} },
		},
		{
			name: "a request for what there is not is in no journey", placed: true,
			span: func(sp *spanrule.Span) { sp.Attributes[2] = attribute.Int("http.response.status_code", 404) },
			want: func(e *event.Event) { e.Journey = event.Run{} },
		},
		{
			name: "a call for what there is not is in no journey either", placed: true,
			span: func(sp *spanrule.Span) { sp.Attributes[2] = attribute.String("rpc.response.status_code", "NOT_FOUND") },
			want: func(e *event.Event) { e.Journey = event.Run{} },
		},
		{
			name: "a touchpoint of no journey", placed: true,
			rule: func(r *spanrule.Rule) { r.Journey, r.Case = "", spanrule.Source{} },
			want: func(e *event.Event) { e.Journey = event.Run{} },
		},
		{
			name: "a list with one text, and a clock that went back", placed: true,
			span: func(sp *spanrule.Span) {
				sp.Attributes[3] = attribute.StringSlice("cart.id", []string{"c-2"})
				sp.End = began.Add(-time.Second)
			},
			want: func(e *event.Event) { e.Journey.ID, e.Duration = "c-2", 0 },
		},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			r, sp, want := payRule(), pay(), plain
			if test.rule != nil {
				test.rule(&r)
			}
			if test.span != nil {
				test.span(sp)
			}
			if test.want != nil {
				test.want(&want)
			}
			s := compile(t, spanrule.Rule{Touchpoint: "other", Span: "GET *"}, r)
			i, ok := s.Match(sp)
			if !ok || i != 1 {
				t.Fatalf("rule %d, %v, want rule 1", i, ok)
			}
			got, placed := s.Event(i, sp)
			if diff := cmp.Diff(want, got, cmp.Comparer(func(a, b trace.SpanContext) bool { return a.Equal(b) })); diff != "" || placed != test.placed {
				t.Errorf("placed %v, want %v; the event (-want +got):\n%s", placed, test.placed, diff)
			}
		})
	}
}

func TestStart(t *testing.T) {
	t.Parallel()
	r := payRule()
	s := compile(t, r)
	e, _ := s.Event(0, pay())
	if _, ok := s.Start(0, &e); ok {
		t.Error("a rule without Starts starts a run")
	}
	r.Starts = true
	s = compile(t, r)
	got, ok := s.Start(0, &e)
	want := event.Event{Kind: event.JourneyStarted, Time: began, Journey: event.Run{Name: "checkout", ID: "c-1"}, Channel: event.Web, Customer: event.Customer{ID: "u-1"}, SpanContext: context}
	if diff := cmp.Diff(want, got, cmp.Comparer(func(a, b trace.SpanContext) bool { return a.Equal(b) })); !ok || diff != "" {
		t.Errorf("starts %v (-want +got):\n%s", ok, diff)
	}
	if _, ok := s.Start(0, &event.Event{}); ok {
		t.Error("an event of no journey starts a run")
	}
}

// The ID of an event is what other versions and other languages derive, so it never changes. The expected text is that of
//
//	printf '\x0ccairn.span.1\x10\x4b\xf9\x2f\x35\x77\xb3\x4d\xa6\xa3\xce\x92\x9d\x0e\x0e\x47\x36\x08\x00\xf0\x67\xaa\x0b\xa9\x02\xb7' | sha256sum
//
// with the version 8 and the variant of RFC 9562 set in it.
func TestID(t *testing.T) {
	t.Parallel()
	const want = "e89c2b0d-5746-8536-b502-3952278e17c3"
	traceID, _ := trace.TraceIDFromHex("4bf92f3577b34da6a3ce929d0e0e4736")
	spanID, _ := trace.SpanIDFromHex("00f067aa0ba902b7")
	if got := spanrule.ID(traceID, spanID).String(); got != want {
		t.Errorf("ID %s, want %s", got, want)
	}
}

// A span that Cairn has described is no second touchpoint. A request that only names its journey is not described.
func TestDescribedSpans(t *testing.T) {
	t.Parallel()
	s := compile(t, payRule())
	for _, test := range []struct {
		name string
		attr attribute.KeyValue
		ok   bool
	}{
		{"that of a touchpoint", attribute.String("cx.touchpoint.name", "submit-payment"), false},
		{"that of a journey's trace", attribute.String("cx.channel", "web"), false},
		{"a request in a journey", attribute.String("cx.journey.id", "c-1"), true},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			if _, ok := s.Match(pay(test.attr)); ok != test.ok {
				t.Errorf("matches %v, want %v", ok, test.ok)
			}
		})
	}
}

func TestBaggage(t *testing.T) {
	t.Parallel()
	r := payRule()
	r.Case = spanrule.Source{Baggage: "cart", Trusted: true}
	s := compile(t, r, spanrule.Rule{Touchpoint: "other", Span: "x"})
	if diff := cmp.Diff([]string{"cart", "actor"}, s.Baggage()); diff != "" {
		t.Error(diff)
	}
	if !s.ReadsBaggage(trace.SpanKindServer) || s.ReadsBaggage(trace.SpanKindClient) || s.ReadsBaggage(99) {
		t.Error("the rules that read baggage are for spans of servers alone")
	}
	if (*spanrule.Set)(nil).Baggage() != nil || (*spanrule.Set)(nil).ReadsBaggage(trace.SpanKindServer) || (*spanrule.Set)(nil).Len() != 0 {
		t.Error("a nil Set has rules")
	}
	if _, ok := (*spanrule.Set)(nil).Match(pay()); ok {
		t.Error("a nil Set matches")
	}
}

func TestMatchDoesNotAllocate(t *testing.T) {
	sp := pay()
	s := compile(t, manyRules(1000)...)
	if n := testing.AllocsPerRun(100, func() { s.Match(sp) }); n != 0 {
		t.Errorf("%v allocations, want none", n)
	}
}

// manyRules returns n rules of which no span of this package is one: half of them by name, some with a *, and the rest by route.
func manyRules(n int) []spanrule.Rule {
	rules := make([]spanrule.Rule, n)
	for i := range rules {
		r := spanrule.Rule{Touchpoint: fmt.Sprintf("t-%d", i), Kind: trace.SpanKindServer}
		switch i % 4 {
		case 0, 1:
			r.Span = fmt.Sprintf("GET /%d", i)
		case 2:
			r.Span = fmt.Sprintf("GET /%d/*", i)
		default:
			r.Attributes = map[string]string{"http.route": fmt.Sprintf("/%d", i)}
		}
		rules[i] = r
	}
	return rules
}

func BenchmarkMatchNothing(b *testing.B) {
	for _, n := range []int{10, 1000} {
		b.Run(fmt.Sprintf("rules=%d", n), func(b *testing.B) {
			s, sp := compile(b, manyRules(n)...), pay()
			b.ReportAllocs()
			for b.Loop() {
				if _, ok := s.Match(sp); ok {
					b.Fatal("it matches")
				}
			}
		})
	}
}
