package support_test

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	gocmp "github.com/google/go-cmp/cmp"

	"cairncx.dev/cairn/cx"
	"cairncx.dev/cairn/cx/event"
	"cairncx.dev/cairn/cx/otelsetup"
	"cairncx.dev/cairn/internal/e2e/servers"
	"cairncx.dev/cairn/journey"
	"cairncx.dev/cairn/touchpoint"
)

var checkout = journey.Define("checkout", journey.Stages("payment"))

// clock is the clock of the story. A client reads it from several goroutines.
type clock struct{ now atomic.Int64 }

func (c *clock) pass(d time.Duration) { c.now.Add(int64(d)) }
func (c *clock) time() time.Time      { return time.Unix(0, c.now.Load()).UTC() }

// live lives through the story whose trace the page on queues shows. A customer cannot pay and calls. The bot hands over to support, where
// an employee answers after 30 s, puts the customer on hold and passes the call on to billing, where the customer gives up. On the second
// call the customer takes a promise to be called back. Half a minute later the order is complete, and a minute later the promise is kept.
func live(ctx context.Context, c *clock) {
	order := checkout.Start(ctx, "order-1", event.Customer{ID: "customer-7"})
	checkout.Enter(order, "payment")
	c.pass(30 * time.Second)

	_, call := helpline.Contact(order, event.Phone)
	call.AnswerBot()
	c.pass(20 * time.Second)
	call.Unable("not-understood")
	call.Transfer("support")
	c.pass(25 * time.Second)
	call.Ring()
	c.pass(5 * time.Second)
	call.Answer("employee-7")
	c.pass(time.Minute)
	call.Hold()
	c.pass(40 * time.Second)
	call.Resume()
	c.pass(20 * time.Second)
	call.Transfer("billing")
	c.pass(50 * time.Second)
	call.Abandon()
	call.End()
	c.pass(30 * time.Second)

	_, again := helpline.Contact(order, event.Phone)
	again.Queue("support")
	c.pass(15 * time.Second)
	id := again.Callback(c.time().Add(time.Hour))
	again.End()
	c.pass(30 * time.Second)
	checkout.Complete(order)

	c.pass(time.Minute)
	_, back := helpline.Contact(touchpoint.Callbacks.Resume(ctx, id), event.Phone, touchpoint.Outbound())
	back.Ring()
	c.pass(10 * time.Second)
	back.Answer("employee-9")
	c.pass(50 * time.Second)
	back.Claim(event.Yes)
	back.Wrap()
	c.pass(20 * time.Second)
	back.End()
}

// traces returns what a Collector receives of the story, by the name of the root.
func traces(t *testing.T) map[string][]servers.Span {
	t.Helper()
	collector := servers.StartCollector(t)
	for name, value := range map[string]string{
		"OTEL_SDK_DISABLED": "", "OTEL_EXPORTER_OTLP_ENDPOINT": collector.OTLPHTTPEndpoint(), "OTEL_EXPORTER_OTLP_PROTOCOL": "http/protobuf",
		"OTEL_TRACES_EXPORTER": "otlp", "OTEL_METRICS_EXPORTER": "none", "OTEL_LOGS_EXPORTER": "none",
	} {
		t.Setenv(name, value)
	}
	sdk, err := otelsetup.Start(t.Context(), otelsetup.WithoutGlobals(), otelsetup.WithServiceName("desk"))
	if err != nil {
		t.Fatal(err)
	}
	c := new(clock)
	c.now.Store(time.Date(2026, 3, 2, 12, 0, 0, 0, time.UTC).UnixNano())
	ctx, client := newClient(t, cx.WithClock(c.time), cx.WithDefinitions(checkout),
		cx.WithTracerProvider(sdk.TracerProvider), cx.WithJourneyTracerProvider(sdk.JourneyTracerProvider))
	live(ctx, c)
	if err := client.Flush(t.Context()); err != nil {
		t.Fatal(err)
	}
	if err := sdk.Shutdown(t.Context()); err != nil {
		t.Fatal(err)
	}
	const all = 20
	var spans []servers.Span
	servers.Eventually(t, patience, func() error {
		if spans = collector.Traces(t); len(spans) < all {
			return fmt.Errorf("%d spans, want %d", len(spans), all)
		}
		return nil
	})
	byTrace, named := map[string][]servers.Span{}, map[string][]servers.Span{}
	for _, s := range spans {
		byTrace[s.TraceID] = append(byTrace[s.TraceID], s)
	}
	for _, list := range byTrace {
		for _, s := range list {
			if s.ParentSpanID == "" && (s.Name == "checkout" || s.Name == "callback") {
				named[s.Name] = list
			}
		}
	}
	return named
}

// line is a span with its place in the trace.
type line struct {
	span  *servers.Span
	depth int
}

// inOrder returns the spans of a trace as a backend shows them: children below their parent, in the order of their beginnings. If two
// begin at one time the longer one comes first.
func inOrder(spans []servers.Span) (lines []line) {
	var walk func(parent string, depth int)
	walk = func(parent string, depth int) {
		var children []*servers.Span
		for i := range spans {
			if spans[i].ParentSpanID == parent {
				children = append(children, &spans[i])
			}
		}
		slices.SortFunc(children, func(a, b *servers.Span) int {
			return cmp.Or(a.Start.Compare(b.Start), b.End.Compare(a.End), cmp.Compare(a.Name, b.Name))
		})
		for _, c := range children {
			lines = append(lines, line{c, depth})
			walk(c.SpanID, depth+1)
		}
	}
	walk("", 0)
	return lines
}

// told returns a line in one text: indented name, times from the beginning of the trace on, and what tells the part.
func (l line) told(from time.Time) string {
	begin, end := minutes(l.span.Start.Sub(from)), minutes(l.span.End.Sub(from))
	return strings.TrimRight(fmt.Sprintf("%*s%s %s-%s %s", 2*l.depth, "", l.span.Name, begin, end, l.what()), " ")
}

// minutes returns a time from the beginning of a trace on, such as 1:05.
func minutes(d time.Duration) string {
	d = d.Round(time.Second)
	return fmt.Sprintf("%d:%02d", int(d.Minutes()), int(d.Seconds())%60)
}

// what returns the attributes of a span that tell what happened.
func (l line) what() string {
	var words []string
	for _, key := range []string{"cx.actor", "cx.queue.name", "cx.queue.end", "cx.queue.result"} {
		if v, has := l.span.Attributes[key]; has {
			words = append(words, fmt.Sprint(v))
		}
	}
	if v, has := l.span.Attributes["cx.contact.hold"]; has {
		words = append(words, fmt.Sprintf("on hold for %v s", v))
	}
	if v, has := l.span.Attributes["callback.from.touchpoint"]; has {
		words = append(words, fmt.Sprintf("promised in %v of %v, with a link", v, l.span.Attributes["callback.from.journey"]))
	}
	return strings.Join(words, ", ")
}

// TestTrace: the parts of a contact are below its span in the trace of the journey, at the times at which they happened; a callback is a
// trace of its own that leads back to the contact in which it was promised; and the page's picture shows what the Collector has received.
func TestTrace(t *testing.T) {
	all := traces(t)
	for name, want := range map[string][]string{
		"checkout": {
			"checkout 0:00-5:25",
			"  payment 0:00-5:25",
			"    helpline 0:30-4:10 support, on hold for 40 s",
			"      talk 0:30-0:50 automation",
			"      queue 0:50-1:20 support, answered, bad",
			"      ring 1:15-1:20 support",
			"      talk 1:20-3:20 support, on hold for 40 s",
			"      queue 3:20-4:10 billing, abandoned, excluded",
			"    helpline 4:40-4:55 support",
			"      queue 4:40-4:55 support, callback, excluded",
			"  checkout started 0:00-0:00",
		},
		"callback": {
			"callback 0:00-2:30",
			"  promise called-back 0:00-1:40",
			"  callback started 0:00-0:00 promised in helpline of checkout, with a link",
			"  helpline 1:30-2:30",
			"    ring 1:30-1:40",
			"    talk 1:40-2:30",
		},
	} {
		lines := inOrder(all[name])
		got := make([]string, 0, len(lines))
		for _, l := range lines {
			got = append(got, l.told(lines[0].span.Start))
		}
		if diff := gocmp.Diff(want, got); diff != "" {
			t.Errorf("%s (-want +got):\n%s", name, diff)
		}
	}
	if t.Failed() {
		return
	}
	promised, started, talked := inOrder(all["checkout"])[8].span, inOrder(all["callback"])[2].span, inOrder(all["callback"])[3].span
	if len(promised.Links) != 1 || len(started.Links) != 1 || promised.Links[0].SpanID != started.Links[0].SpanID || promised.Links[0].TraceID != started.Links[0].TraceID {
		t.Errorf("the callback leads to %v, and the contact in which it was promised to %v", started.Links, promised.Links)
	}
	if from := started.Attributes["callback.from.journey"]; from != "checkout" || started.Attributes["callback.from.journey_id"] != "order-1" {
		t.Errorf("the callback is from %v of the journey %v", started.Attributes["callback.from.journey_id"], from)
	}
	if wrap := talked.Attributes["cx.contact.wrap"]; fmt.Sprint(wrap) != "20" {
		t.Errorf("the work after the talk took %v", wrap)
	}
	for _, list := range all {
		for _, s := range list {
			for key, value := range s.Attributes {
				if text := fmt.Sprint(value); strings.Contains(text, "employee") || strings.Contains(text, "customer-7") {
					t.Errorf("the span %s has %s=%s: nobody is named in a trace", s.Name, key, text)
				}
			}
		}
	}
	golden(t, "../../../docs/call.svg", draw(inOrder(all["checkout"]), inOrder(all["callback"])))
}
