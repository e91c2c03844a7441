package sdktest_test

import (
	"context"
	"errors"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"go.opentelemetry.io/otel/codes"
	"go.opentelemetry.io/otel/sdk/trace/tracetest"
	"go.opentelemetry.io/otel/trace"

	"cairncx.dev/cairn/cx"
	"cairncx.dev/cairn/cx/event"
	"cairncx.dev/cairn/cx/propagate"
	"cairncx.dev/cairn/feedback"
	"cairncx.dev/cairn/journey"
	"cairncx.dev/cairn/touchpoint"
)

// secret must never leave a process: a customer's name, as an ID, in a comment, or in an error's message.
const secret = "Erika.Mustermann@example.org"

// errSecret is a typical error of an application.
var errSecret = errors.New("card of " + secret + " was declined")

// hashOf is the customer's pseudonym: the beginning of HMAC-SHA-256 of the secret under customerKey, from `printf
// %s Erika.Mustermann@example.org | openssl dgst -sha256 -hmac 'a key for tests, not a secret' | cut -c1-32`.
const hashOfSecret = "9aff6a094de50de6b52692d576b9e11c"

// story is one customer's checkout, over three processes and four days.
type story struct {
	storefront, payments, surveys *process
	events                        *processor
	clock                         *clock
	requests                      map[string]trace.SpanContext // the live span, by touchpoint
}

const orderID = "order-7"

// tell plays the story. Day 1: the cart, the address, the cart again, the payment, which the payments service
// fails at first, and the receipt. Day 2: the parcel arrives, and the journey is complete. Day 5: an answer to a
// survey, by name and ID. Day 6: a refund by a service that knows only the ID.
func tell(t *testing.T, opts ...cx.Option) *story {
	t.Helper()
	c := newClock()
	events := &processor{}
	opts = append([]cx.Option{cx.WithClock(c.now), cx.WithProcessors(events)}, opts...)
	s := &story{
		storefront: newProcess(t, "storefront", opts...),
		payments:   newProcess(t, "payments", opts...),
		surveys:    newProcess(t, "surveys", opts...),
		events:     events, clock: c, requests: map[string]trace.SpanContext{},
	}
	ctx, request := s.storefront.request("GET /cart")
	s.requests["start"] = request.SpanContext()
	ctx = checkout.Start(ctx, orderID, event.Customer{ID: secret, Segment: "first-order"}, journey.Via(event.Web))
	c.pass(time.Minute)
	s.meet(ctx, viewCart, 200*time.Millisecond, nil) // 9:01
	c.pass(time.Minute)
	s.meet(ctx, enterAddress, 2*time.Second, nil)
	c.pass(time.Minute)
	s.meet(ctx, viewCart, 1500*time.Millisecond, func(tp *touchpoint.Touchpoint) { tp.Degrade("slow-cart") })
	request.End()

	c.pass(time.Minute)
	ctx, request = s.storefront.request("POST /payment")
	ctx = checkout.Resume(ctx, orderID)
	paid, tp := submitPayment.Start(ctx, event.Mobile)
	s.requests["submit-payment"] = trace.SpanContextFromContext(paid)
	s.charge(t, paid)
	tp.End()
	request.End()

	c.pass(time.Minute)
	s.meet(ctx, seeReceipt, 0, nil)
	s.clock.pass(24 * time.Hour) // day 2
	checkout.Complete(ctx)

	s.clock.pass(3 * 24 * time.Hour) // day 5
	ctx, request = s.surveys.request("POST /answers")
	s.requests["csat"] = request.SpanContext()
	feedback.CSAT.Record(ctx, 2, feedback.About("checkout", orderID), feedback.Comment("I am "+secret),
		feedback.Via(event.Email))
	request.End()

	s.clock.pass(24 * time.Hour) // day 6
	ctx, request = s.payments.request("POST /refund")
	s.meet(checkout.Resume(ctx, orderID), issueRefund, time.Second, nil)
	request.End()
	return s
}

// meet is one touchpoint, on the channel of the journey.
func (s *story) meet(ctx context.Context, d *touchpoint.Definition, took time.Duration, mark func(*touchpoint.Touchpoint)) {
	ctx, tp := d.Start(ctx, 0)
	s.requests[d.Name()] = trace.SpanContextFromContext(ctx)
	s.clock.pass(took)
	if mark != nil {
		mark(tp)
	}
	tp.End()
}

// charge is the payments service, which gets the customer's position by a header.
func (s *story) charge(t *testing.T, ctx context.Context) { //nolint:revive // a test helper has t first
	t.Helper()
	header, ok := propagate.Header(propagate.PositionFromContext(ctx))
	if !ok {
		t.Fatal("the position does not fit into its header")
	}
	if strings.Contains(header, "Mustermann") {
		t.Errorf("the header %q has the customer's ID", header)
	}
	p, err := propagate.ParseHeader(header)
	if err != nil {
		t.Fatal(err)
	}
	served, request := s.payments.request("POST /charge")
	defer request.End()
	s.meet(propagate.ContextWithPosition(served, p), chargeCard, 300*time.Millisecond, func(tp *touchpoint.Touchpoint) {
		tp.Fail(errSecret)
	})
}

// instant is the duration of a span without a duration.
const instant = time.Nanosecond

// span is the expected form of one span.
type span struct {
	name, parent string // parent is the parent's name, "cart/2" for the second visit to the cart
	id           trace.SpanID
	start, end   time.Duration // since day1
	attrs        map[string]string
	links        []trace.SpanContext
	status       codes.Code
	description  string
	service      string
}

func (s *story) all() []*process { return []*process{s.storefront, s.payments, s.surveys} }

// TestJourneyIsOneTrace plays a story over three processes and five days and expects one trace, span by span.
func TestJourneyIsOneTrace(t *testing.T) {
	t.Parallel()
	s := tell(t)
	id := traceID("checkout", orderID)
	spans := journeySpans(id, s.all()...)
	for _, p := range s.all() {
		if n := len(p.twins.GetSpans()) - len(journeySpans(id, p)); n != 0 {
			t.Errorf("%d spans of the provider of journeys are in other traces", n)
		}
	}
	wellFormed(t, spans)
	if r := roots(spans); len(r) != 1 || r[0].Name != "checkout" {
		t.Fatalf("the roots are %q, want only the journey's", names(r))
	}

	run := map[string]string{"cx.journey.name": "checkout", "cx.journey.id": orderID}
	customer := map[string]string{"user.hash": hashOfSecret, "cx.customer.segment": "first-order"}
	stage := func(name, visit string) map[string]string {
		return with(run, map[string]string{"cx.stage.name": name, "cx.stage.visit": visit})
	}
	twin := func(name, channel, stage, outcome, zone string) map[string]string {
		m := with(run, customer, map[string]string{
			"cx.touchpoint.name": name, "cx.channel": channel, "cx.stage.name": stage, "cx.outcome": outcome,
		})
		if zone != "" {
			m["cx.apdex.zone"] = zone
		}
		return m
	}
	const (
		m   = time.Minute
		sec = time.Second
		ms  = time.Millisecond
		day = 24 * time.Hour
	)
	// The clock moves by a minute between touchpoints, and by their durations.
	address := 2*m + 200*ms
	cart2 := address + 2*sec + m
	payment := cart2 + 1500*ms + m
	confirmation := payment + 300*ms + m
	end := confirmation + day
	answer := end + 3*day
	refund := answer + day
	want := []span{
		{
			name: "checkout", id: rootID("checkout", orderID), start: 0, end: end, service: "storefront",
			attrs: with(run, customer, map[string]string{
				"cx.channel": "web", "cx.outcome": "completed", "cx.stage.name": "confirmation", "cx.journey.namespace": namespace,
				// Without a store the storefront does not know that the charge has failed.
				"cx.journey.failure_count": "0", "cx.journey.last_touchpoint": "see-receipt", "cx.journey.last_cause": "slow-cart",
				// The customer goes back to the cart, and a store assistant helps.
				"cx.journey.friction.loops": "1", "cx.journey.friction.channel_switches": "1",
			}),
		},
		{
			name: "checkout started", parent: "checkout", id: startedID("checkout", orderID), start: 0, end: 0, service: "storefront",
			attrs: with(run, customer, map[string]string{"cx.channel": "web", "cx.journey.namespace": namespace}),
			links: []trace.SpanContext{s.requests["start"]},
		},
		{name: "cart", parent: "checkout", id: stageID("checkout", orderID, "cart", 1), start: m, end: address, attrs: stage("cart", "1"), service: "storefront"},
		{name: "address", parent: "checkout", id: stageID("checkout", orderID, "address", 1), start: address, end: cart2, attrs: stage("address", "1"), service: "storefront"},
		{name: "cart", parent: "checkout", id: stageID("checkout", orderID, "cart", 2), start: cart2, end: payment, attrs: stage("cart", "2"), service: "storefront"},
		{name: "payment", parent: "checkout", id: stageID("checkout", orderID, "payment", 1), start: payment, end: confirmation, attrs: stage("payment", "1"), service: "storefront"},
		{name: "confirmation", parent: "checkout", id: stageID("checkout", orderID, "confirmation", 1), start: confirmation, end: end, attrs: stage("confirmation", "1"), service: "storefront"},
		{
			name: "view-cart", parent: "cart/1", start: m, end: m + 200*ms, service: "storefront",
			attrs: twin("view-cart", "web", "cart", "ok", "satisfied"),
		},
		{
			name: "enter-address", parent: "address/1", start: address, end: address + 2*sec, service: "storefront",
			attrs: twin("enter-address", "web", "address", "ok", ""),
			links: []trace.SpanContext{s.requests["enter-address"]},
		},
		{
			name: "view-cart", parent: "cart/2", start: cart2, end: cart2 + 1500*ms, service: "storefront",
			attrs: with(twin("view-cart", "web", "cart", "degraded", "tolerating"), map[string]string{"cx.cause": "slow-cart"}),
			links: []trace.SpanContext{s.requests["view-cart"]},
		},
		{
			name: "submit-payment", parent: "payment/1", start: payment, end: payment + 300*ms, service: "storefront",
			attrs: twin("submit-payment", "mobile", "payment", "ok", "satisfied"),
			links: []trace.SpanContext{s.requests["submit-payment"]},
		},
		{
			// The touchpoint declares no stage, and the position that payments got may be out of date, so it has
			// no stage.
			name: "charge-card", parent: "checkout", start: payment, end: payment + 300*ms, service: "payments",
			attrs: with(run, customer, map[string]string{
				"cx.touchpoint.name": "charge-card", "cx.channel": "mobile", "cx.outcome": "failed", "error.type": "_OTHER", // an error that is only a text has no class
			}),
			links:  []trace.SpanContext{s.requests["charge-card"]},
			status: codes.Error,
		},
		{
			name: "see-receipt", parent: "confirmation/1", start: confirmation, end: confirmation, service: "storefront",
			attrs: twin("see-receipt", "web", "confirmation", "ok", ""),
			links: []trace.SpanContext{s.requests["see-receipt"]},
		},
		{
			name: "csat", parent: "checkout", start: answer, end: answer, service: "surveys",
			attrs: with(run, map[string]string{
				"cx.survey.name": "csat", "cx.feedback.scale": "csat", "cx.feedback.value": "2", "cx.feedback.verdict": "negative", "cx.feedback.solicited": "false",
				"cx.channel": "email",
			}),
			links: []trace.SpanContext{s.requests["csat"]},
		},
		{
			name: "issue-refund", parent: "checkout", start: refund, end: refund + sec, service: "payments",
			attrs: with(run, map[string]string{
				"cx.touchpoint.name": "issue-refund", "cx.stage.name": "payment", "cx.outcome": "ok",
			}),
			links: []trace.SpanContext{s.requests["issue-refund"]},
		},
	}
	if len(spans) != len(want) {
		t.Errorf("%d spans, want %d: %q", len(spans), len(want), sorted(names(spans)))
	}
	for _, w := range want {
		t.Run(w.name+" under "+w.parent, func(t *testing.T) { w.find(t, spans) })
	}
}

// with joins maps. The last value of a key wins.
func with(ms ...map[string]string) map[string]string {
	all := map[string]string{}
	for _, m := range ms {
		for k, v := range m {
			all[k] = v
		}
	}
	return all
}

// parentID returns the ID for the parent's name.
func (w span) parentID() (id trace.SpanID) {
	switch stage, visit, ok := strings.Cut(w.parent, "/"); {
	case w.parent == "":
		return id
	case ok:
		return stageID("checkout", orderID, stage, int(visit[0]-'0'))
	default:
		return rootID("checkout", orderID)
	}
}

// find finds the expected span and compares it.
func (w span) find(t *testing.T, spans tracetest.SpanStubs) {
	t.Helper()
	for _, s := range spans {
		if s.Name != w.name || s.Parent.SpanID() != w.parentID() || !s.StartTime.Equal(day1.Add(w.start)) {
			continue
		}
		if w.id.IsValid() && s.SpanContext.SpanID() != w.id {
			t.Errorf("the span's ID is %v, want the derived one, %v", s.SpanContext.SpanID(), w.id)
		}
		if !s.EndTime.Equal(day1.Add(max(w.end, w.start+instant))) {
			t.Errorf("the span ends after %v, want %v", s.EndTime.Sub(day1), w.end)
		}
		got := attrs(s.Attributes)
		if w.name == "issue-refund" {
			delete(got, "cx.channel") // no channel was given: the registry allows "other"
		}
		if d := cmp.Diff(w.attrs, got); d != "" {
			t.Errorf("attributes (-want +got):\n%s", d)
		}
		if len(s.Attributes) != len(attrs(s.Attributes)) {
			t.Errorf("an attribute occurs twice: %v", s.Attributes)
		}
		if s.Status.Code != w.status || s.Status.Description != w.description {
			t.Errorf("the span's status is %v %q, want %v %q", s.Status.Code, s.Status.Description, w.status, w.description)
		}
		if len(s.Events) != 0 {
			t.Errorf("the span has span events, which Cairn never emits: %v", s.Events)
		}
		if got := attrs(s.Resource.Attributes())["service.name"]; got != w.service {
			t.Errorf("the span comes from the service %q, want %q", got, w.service)
		}
		w.linked(t, s)
		return
	}
	t.Errorf("no such span begins after %v; the spans are:", w.start)
	for _, s := range spans {
		t.Logf("\t%s under %v after %v", s.Name, s.Parent.SpanID(), s.StartTime.Sub(day1))
	}
}

// linked checks that the span has the expected links to requests.
func (w span) linked(t *testing.T, s tracetest.SpanStub) {
	t.Helper()
	if w.links == nil {
		return // the first of two with the name; links of the root and the stages do not matter
	}
	if len(s.Links) != len(w.links) {
		t.Fatalf("the span has %d links, want %d", len(s.Links), len(w.links))
	}
	for i, l := range s.Links {
		if l.SpanContext.TraceID() != w.links[i].TraceID() || l.SpanContext.SpanID() != w.links[i].SpanID() {
			t.Errorf("the span links to %v/%v, want the request's span %v/%v",
				l.SpanContext.TraceID(), l.SpanContext.SpanID(), w.links[i].TraceID(), w.links[i].SpanID())
		}
	}
}

// TestLiveSpansAreLinkedToTheirTwins checks the other direction: from the request's trace into the journey's, span
// to span.
func TestLiveSpansAreLinkedToTheirTwins(t *testing.T) {
	t.Parallel()
	s := tell(t)
	twins := journeySpans(traceID("checkout", orderID), s.all()...)
	for _, c := range []struct {
		name, reason string
		process      *process
		touchpoint   string
		times        int
		request      string
	}{
		{"the process that holds the journey", "each visit links to its own twin", s.storefront, "view-cart", 2, "GET /cart"},
		{"a process with a position from a header", "its span links to its twin", s.payments, "charge-card", 1, "POST /charge"},
		{"a process that knows the ID only", "its span links to its twin", s.payments, "issue-refund", 1, "POST /refund"},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			request := named(t, c.process.spans.GetSpans(), c.request)
			seen := map[trace.SpanID]bool{}
			for _, live := range c.process.spans.GetSpans() {
				if live.Name != c.touchpoint {
					continue
				}
				if live.Parent.SpanID() != request.SpanContext.SpanID() {
					t.Errorf("the live span is not a child of the request: %s", c.reason)
				}
				if live.SpanContext.TraceID() == traceID("checkout", orderID) {
					t.Error("a live span is in the journey's trace")
				}
				if len(live.Links) != 1 {
					t.Fatalf("the live span has %d links, want one: %s", len(live.Links), c.reason)
				}
				to := live.Links[0].SpanContext
				seen[to.SpanID()] = true
				found := false
				for _, twin := range twins {
					if twin.SpanContext.SpanID() != to.SpanID() {
						continue
					}
					found = true
					if twin.Name != c.touchpoint || twin.SpanContext.TraceID() != to.TraceID() || !to.IsSampled() {
						t.Errorf("the live span links to %q, sampled %v, want its twin: %s", twin.Name, to.IsSampled(), c.reason)
					}
					if len(twin.Links) != 1 || twin.Links[0].SpanContext.SpanID() != live.SpanContext.SpanID() {
						t.Errorf("the twin links to %v, want the live span: %s", twin.Links, c.reason)
					}
				}
				if !found {
					t.Errorf("the live span links to %v, which is no span of the journey: %s", to.SpanID(), c.reason)
				}
				if got := attrs(live.Attributes); got["cx.journey.id"] != orderID || got["cx.touchpoint.name"] != c.touchpoint {
					t.Errorf("its attributes are %v", got)
				}
			}
			if len(seen) != c.times {
				t.Errorf("the live spans link to %d different twins, want %d: %s", len(seen), c.times, c.reason)
			}
		})
	}
}

// TestNothingPersonalLeaves searches for the customer's name in all data that a process sends.
func TestNothingPersonalLeaves(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name, reason string
		opts         []cx.Option
		comment      string // the comment on the log event
	}{
		{"by default", "without a redactor Cairn drops free text", nil, ""},
		{
			"with a redactor", "events have only the redactor's result",
			[]cx.Option{cx.WithRedactor(func(s string) string { return strings.ReplaceAll(s, secret, "[name]") })},
			"I am [name]",
		},
		{
			"with a redactor that panics", "Cairn drops text that was not redacted",
			[]cx.Option{cx.WithRedactor(func(s string) string { panic(s) })},
			"",
		},
		{
			"with touchpoint events", "touchpoint events follow the same rules",
			[]cx.Option{cx.WithTouchpointEvents()},
			"",
		},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			s := tell(t, c.opts...)
			var all strings.Builder
			for _, p := range s.all() {
				all.WriteString(p.everything())
			}
			for _, e := range s.events.all() {
				if e.Customer.ID != "" {
					t.Errorf("%s: the customer's ID is on the event %s that processors see", c.reason, e.Kind)
				}
				text, err := e.MarshalJSON()
				if err != nil {
					t.Fatal(err)
				}
				all.Write(text)
			}
			if !strings.Contains(all.String(), orderID) || !strings.Contains(all.String(), hashOfSecret) {
				t.Fatal("the test proves nothing: the data has neither the order nor the customer's hash")
			}
			if at := strings.Index(all.String(), "Mustermann"); at >= 0 {
				t.Errorf("%s: the data has the customer's name: …%s…", c.reason, all.String()[max(0, at-200):at+40])
			}
			if strings.Contains(all.String(), "was declined") {
				t.Errorf("the data has the message of an error")
			}
			var comments []string
			for _, r := range s.surveys.logs.all() {
				if r.EventName() == "cx.feedback.received" {
					comments = append(comments, r.Body().String())
				}
			}
			if !slices.Equal(comments, []string{c.comment}) {
				t.Errorf("the comments are %q, want %q: %s", comments, c.comment, c.reason)
			}
		})
	}
}

// TestNothingPersonalLeavesOnPanic: a panic's value may contain a customer's data, too.
func TestNothingPersonalLeavesOnPanic(t *testing.T) {
	t.Parallel()
	p := newProcess(t, "panics", cx.WithRedactor(func(s string) string { panic(s) }),
		cx.WithProcessors(panicking{}))
	feedback.NPS.Record(p.context(), 3, feedback.Comment(secret))
	if n := handled.with("Mustermann"); n != 0 {
		t.Errorf("the value of a redactor's panic was reported %d times", n)
	}
}

// panicking is a processor that panics with its event.
type panicking struct{}

func (panicking) Process(_ context.Context, e *event.Event) { panic(errSecret) }
func (panicking) Shutdown(context.Context) error            { return nil }

// TestOtherWaysThroughAJourney has the shapes that one story cannot combine.
func TestOtherWaysThroughAJourney(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name, reason string
		play         func(p *process, c *clock)
		root         span // without ID and attributes
		attrs        map[string]string
		stages       []string
	}{
		{
			name: "abandoned", reason: "the journey ended when its time ran out, not at the sweep",
			play: func(p *process, c *clock) {
				viewCart.Record(checkout.Start(p.context(), orderID, event.Customer{}), event.Web, touchpoint.At(day1), touchpoint.Took(time.Minute))
				c.pass(100 * time.Hour)
				must(p.tb, p.client.Flush(context.Background()))
			},
			root:   span{end: 72*time.Hour + time.Minute},
			attrs:  map[string]string{"cx.outcome": "abandoned", "cx.stage.name": "cart", "cx.journey.failure_count": "0", "cx.journey.last_touchpoint": "view-cart"},
			stages: []string{"cart"},
		},
		{
			name: "failed", reason: "the cause is the status",
			play: func(p *process, c *clock) {
				ctx := checkout.Start(p.context(), orderID, event.Customer{})
				c.pass(time.Second)
				checkout.Fail(ctx, journey.Because("out-of-stock"))
			},
			root:  span{end: time.Second, status: codes.Error, description: "out-of-stock"},
			attrs: map[string]string{"cx.outcome": "failed", "cx.cause": "out-of-stock", "cx.journey.last_cause": "out-of-stock"},
		},
		{
			name: "cancelled", reason: "a cancellation is not an error",
			play: func(p *process, c *clock) {
				ctx := checkout.Start(p.context(), orderID, event.Customer{}, journey.By(event.ActorDelegate))
				c.pass(time.Second)
				checkout.Cancel(ctx)
			},
			root:  span{end: time.Second},
			attrs: map[string]string{"cx.outcome": "cancelled", "cx.actor": "delegate"},
		},
		{
			name: "ended by a touchpoint", reason: "the journey ends when the touchpoint does",
			play: func(p *process, c *clock) {
				ctx := checkout.Start(p.context(), orderID, event.Customer{})
				last := touchpoint.Define("last", touchpoint.In(checkout, "confirmation"), touchpoint.Ends(event.Completed))
				c.pass(time.Second)
				_, tp := last.Start(ctx, event.Web)
				c.pass(2 * time.Second)
				tp.End()
			},
			root:   span{end: 3 * time.Second},
			attrs:  map[string]string{"cx.outcome": "completed", "cx.stage.name": "confirmation", "cx.journey.failure_count": "0", "cx.journey.last_touchpoint": "last"},
			stages: []string{"confirmation"},
		},
		{
			name: "an unknown start", reason: "the journey has no duration and is marked as partial",
			play: func(p *process, c *clock) {
				c.pass(time.Second)
				checkout.Complete(checkout.Resume(p.context(), orderID))
			},
			root:  span{start: time.Second, end: time.Second},
			attrs: map[string]string{"cx.outcome": "completed", "cx.journey.partial": "true"},
		},
		{
			name: "recorded afterwards", reason: "the time of the event holds, not that of the processing",
			play: func(p *process, c *clock) {
				at := day1.Add(-48 * time.Hour)
				ctx := checkout.Start(p.context(), orderID, event.Customer{}, journey.At(at))
				ctx = checkout.Enter(ctx, "payment", journey.At(at.Add(time.Minute)))
				checkout.Complete(ctx, journey.At(at.Add(time.Hour)))
			},
			root:   span{start: -48 * time.Hour, end: -47 * time.Hour},
			attrs:  map[string]string{"cx.outcome": "completed", "cx.stage.name": "payment"},
			stages: []string{"payment"},
		},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			k := newClock()
			p := newProcess(t, "shop", cx.WithClock(k.now))
			c.play(p, k)
			spans := journeySpans(traceID("checkout", orderID), p)
			wellFormed(t, spans)
			root := named(t, spans, "checkout")
			if root.SpanContext.SpanID() != rootID("checkout", orderID) || root.Parent.IsValid() {
				t.Errorf("%s: the root has the ID %v and the parent %v", c.reason, root.SpanContext.SpanID(), root.Parent.SpanID())
			}
			if got, want := root.StartTime.Sub(day1), c.root.start; got != want {
				t.Errorf("the root starts after %v, want %v: %s", got, want, c.reason)
			}
			if got, want := root.EndTime.Sub(day1), max(c.root.end, c.root.start+instant); got != want {
				t.Errorf("the root ends after %v, want %v: %s", got, want, c.reason)
			}
			if root.Status.Code != c.root.status || root.Status.Description != c.root.description {
				t.Errorf("the root's status is %v, want %v %q: %s", root.Status, c.root.status, c.root.description, c.reason)
			}
			got := attrs(root.Attributes)
			delete(got, "cx.channel")
			want := with(c.attrs, map[string]string{
				"cx.journey.name": "checkout", "cx.journey.id": orderID, "cx.journey.namespace": namespace,
			})
			if d := cmp.Diff(want, got); d != "" {
				t.Errorf("attributes of the root (-want +got): %s\n%s", c.reason, d)
			}
			var stages []string
			for _, s := range spans {
				if attrs(s.Attributes)["cx.stage.visit"] != "" {
					stages = append(stages, s.Name)
				}
			}
			if d := cmp.Diff(c.stages, stages); d != "" {
				t.Errorf("stages (-want +got): %s\n%s", c.reason, d)
			}
		})
	}
}

// TestChannelIsAlwaysThere: the registry promises cx.channel on spans, with "other" if no channel was given.
func TestChannelIsAlwaysThere(t *testing.T) {
	t.Parallel()
	p := newProcess(t, "shop")
	ctx := checkout.Start(p.context(), orderID, event.Customer{})
	viewCart.Record(ctx, 0)
	feedback.NPS.Record(ctx, 9)
	checkout.Complete(ctx)
	spans := append(journeySpans(traceID("checkout", orderID), p), p.spans.GetSpans()...)
	for _, name := range []string{"checkout", "view-cart", "nps"} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if got := attrs(named(t, spans, name).Attributes)["cx.channel"]; got != "other" {
				t.Errorf("cx.channel is %q, want other: the registry says always, and the metrics have it", got)
			}
		})
	}
}

// TestNoMissingParent uses positions that could lead to a span below a parent that no process ever emits.
func TestNoMissingParent(t *testing.T) {
	t.Parallel()
	older := journey.Define("checkout", journey.Stages("cart", "payment"))
	for _, c := range []struct {
		name, reason string
		stage        string // the stage in the other process's position
		do           func(ctx context.Context)
	}{
		{
			"feedback in a stage that this process does not know",
			"two releases run side by side: the older one does not have the stage, the newer one emits its span",
			"gift", func(ctx context.Context) { feedback.NPS.Record(ctx, 9) },
		},
		{
			"a touchpoint in a stage that this process does not know", "its parent is the root",
			"gift", func(ctx context.Context) { chargeCard.Record(ctx, event.Web) },
		},
		{
			"a touchpoint that declares another stage", "this process does not know the visit: the parent is the root",
			"cart", func(ctx context.Context) {
				touchpoint.Define("pay", touchpoint.In(older, "payment")).Record(ctx, event.Web)
			},
		},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			newer := journey.Define("checkout", journey.Stages("cart", "gift", "payment"))
			front := newProcess(t, "front", cx.WithDefinitions(newer))
			back := newProcess(t, "back", cx.WithDefinitions(older))
			ctx := newer.Enter(newer.Start(front.context(), orderID, event.Customer{}), c.stage)
			header, ok := propagate.Header(propagate.PositionFromContext(ctx))
			if !ok {
				t.Fatal("no header")
			}
			p, err := propagate.ParseHeader(header)
			if err != nil {
				t.Fatal(err)
			}
			c.do(propagate.ContextWithPosition(back.context(), p))
			newer.Complete(ctx)
			spans := journeySpans(traceID("checkout", orderID), front, back)
			if len(spans) != 4 {
				t.Errorf("the spans are %q, want the root, its start, a stage and one more: %s", names(spans), c.reason)
			}
			wellFormed(t, spans)
		})
	}
}

func must(tb testing.TB, err error) {
	tb.Helper()
	if err != nil {
		tb.Fatal(err)
	}
}
