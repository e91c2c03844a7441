package sdktest_test

import (
	"context"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"go.opentelemetry.io/otel/sdk/trace/tracetest"
	"go.opentelemetry.io/otel/trace"

	"cairncx.dev/cairn/cx"
	"cairncx.dev/cairn/cx/event"
	"cairncx.dev/cairn/cx/ledger/ledgertest"
	"cairncx.dev/cairn/feedback"
	"cairncx.dev/cairn/internal/flight"
	"cairncx.dev/cairn/touchpoint"
)

// pressStart is the request that starts a journey.
var pressStart = touchpoint.Define("press-start")

// life plays one customer's random life in a journey and counts the expected events and spans.
type life struct {
	rng   *rand.Rand
	all   []*process
	told  *processor
	ctx   context.Context //nolint:containedctx // the customer's context
	open  []*touchpoint.Touchpoint
	spans int // spans of touchpoints and feedback
	ended bool
}

// newLife returns a life that is recorded by the given number of processes on one store, or by one process without
// a store.
func newLife(t *testing.T, seed uint64, stores int) *life {
	t.Helper()
	l := &life{rng: rand.New(rand.NewPCG(seed, 9)), told: &processor{}} //nolint:gosec // the same sequence each time
	opts := []cx.Option{cx.WithProcessors(l.told), cx.WithDefinitions(checkout, viewCart, enterAddress, submitPayment, seeReceipt, chargeCard)}
	if stores > 0 {
		opts = append(opts, cx.WithStore(&ledgertest.Memory{}))
	}
	for range max(1, stores) {
		l.all = append(l.all, newProcess(t, "shop", opts...))
	}
	l.ctx = l.all[0].context()
	return l
}

// elsewhere returns the context of the next event: in any of the processes, which gets the customer's position
// from the sending process.
func (l *life) elsewhere() {
	if len(l.all) > 1 {
		p := l.all[l.rng.IntN(len(l.all))]
		l.ctx = flight.ContextWithPosition(p.context(), flight.PositionFromContext(l.ctx))
	}
}

// pass lets some time pass, or none.
func (l *life) pass() {
	if l.rng.IntN(3) > 0 {
		time.Sleep(time.Duration(l.rng.IntN(10_000)) * time.Millisecond)
	}
}

func (l *life) definition() *touchpoint.Definition {
	return []*touchpoint.Definition{viewCart, enterAddress, submitPayment, seeReceipt, chargeCard}[l.rng.IntN(5)]
}

// step does one action of customers and services.
func (l *life) step() {
	l.elsewhere()
	switch k := l.rng.IntN(12); {
	case k < 4:
		_, tp := l.definition().Start(l.ctx, event.Web)
		l.open = append(l.open, tp)
	case k < 7 && len(l.open) > 0:
		l.finish(l.rng.IntN(len(l.open)))
	case k == 7:
		l.ctx = checkout.Enter(l.ctx, checkout.Stages()[l.rng.IntN(4)])
	case k == 8:
		feedback.NPS.Record(l.ctx, 9)
		l.spans++
	case k == 9: // recorded when it is over
		chargeCard.Record(l.ctx, event.Web, touchpoint.Took(time.Duration(l.rng.IntN(5000))*time.Millisecond))
		l.spans++
	case k == 10: // recorded long after: if it declares its stage, it changes the visits
		ago := time.Duration(l.rng.IntN(60_000)) * time.Millisecond
		l.definition().Record(l.ctx, event.Web, touchpoint.At(time.Now().Add(-ago)), touchpoint.Took(time.Duration(l.rng.IntN(20_000))*time.Millisecond))
		l.spans++
	case k == 11 && l.rng.IntN(4) == 0 && !l.ended:
		l.end()
	}
	l.pass()
}

func (l *life) finish(i int) {
	tp := l.open[i]
	l.open = slices.Delete(l.open, i, i+1)
	if l.rng.IntN(4) == 0 {
		tp.Fail(context.DeadlineExceeded)
	}
	tp.End()
	l.spans++
}

func (l *life) end() {
	l.ended = true
	if l.rng.IntN(2) == 0 {
		checkout.Complete(l.ctx)
	} else {
		checkout.Fail(l.ctx)
	}
}

// live plays a life call by call.
func (l *life) live() {
	if l.rng.IntN(3) == 0 { // the request that starts the journey
		ctx, tp := pressStart.Start(l.ctx, event.Web)
		l.pass()
		l.ctx = checkout.Start(ctx, orderID, event.Customer{})
		defer tp.End()
	} else {
		l.ctx = checkout.Start(l.ctx, orderID, event.Customer{})
	}
	l.pass()
	for range 5 + l.rng.IntN(20) {
		l.step()
	}
	if !l.ended {
		l.end()
	}
	for len(l.open) > 0 {
		l.pass()
		l.finish(0)
	}
}

// replay plays a life from a log: touchpoints that overlap, each recorded with its start, some at the same time.
func (l *life) replay() {
	at := time.Now().Add(-time.Hour)
	j := event.Run{Name: "checkout", ID: orderID}
	l.all[0].client.Record(l.ctx, event.Event{Kind: event.JourneyStarted, Time: at, Journey: j})
	last := at
	for range 1 + l.rng.IntN(12) {
		took := time.Duration(l.rng.IntN(20)) * time.Second
		began := at
		if l.rng.IntN(4) == 0 { // the log is out of order
			began = began.Add(-time.Duration(l.rng.IntN(30)) * time.Second)
		}
		l.all[0].client.Record(l.ctx, event.Event{
			Kind: event.TouchpointEnded, Time: began, Duration: took, Journey: j, Touchpoint: l.definition().Name(), Channel: event.Web, Outcome: event.OK,
		})
		l.spans++
		if over := began.Add(took); over.After(last) {
			last = over
		}
		at = at.Add(time.Duration(l.rng.IntN(10)) * time.Second)
	}
	if l.rng.IntN(2) == 0 {
		last = at // in the log the journey ended while touchpoints continued
	}
	l.all[0].client.Record(l.ctx, event.Event{Kind: event.JourneyEnded, Time: last, Journey: j, Outcome: event.Completed})
}

// TestSpansLieWithinTheirParents: whatever happens in a journey, and in whatever way it is recorded, each span of
// its trace lies within its parent, except spans that began after the journey's end, and no span is missing.
func TestSpansLieWithinTheirParents(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name, reason string
		stores       int // processes on one store, or 0 for one without
		play         func(*life)
	}{
		{"in memory", "live, without a store", 0, (*life).live},
		{"with a store", "events are exported after the store has committed them", 1, (*life).live},
		{"two with a store", "each process first knows only its own events", 2, (*life).live},
		{"replay", "a log, line by line", 0, (*life).replay},
		{"replay with a store", "a log, line by line", 1, (*life).replay},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			for seed := range uint64(300) {
				t.Run(fmt.Sprint(seed), func(t *testing.T) { //nolint:paralleltest // each seed is a bubble of its own
					synctest.Test(t, func(t *testing.T) {
						l := newLife(t, seed, c.stores)
						c.play(l)
						l.check(t)
					})
				})
			}
		})
	}
}

func (l *life) check(t *testing.T) {
	t.Helper()
	for range 2 { // one process may have to settle the other's events
		for _, p := range l.all {
			must(t, p.client.Flush(t.Context()))
		}
	}
	spans := journeySpans(traceID("checkout", orderID), l.all...)
	ends := l.told.of(event.JourneyEnded)
	if len(ends) != 1 || len(roots(spans)) != 1 {
		t.Fatalf("got %d ends and %d roots, want one each", len(ends), len(roots(spans)))
	}
	wellFormed(t, spans, l.neverCame()...)
	visits := map[string]int{}
	for _, e := range l.told.of(event.JourneyStageEntered) {
		visits[fmt.Sprint(e.Stage, "/", e.Visit)]++
	}
	for _, s := range spans {
		if visit := attrs(s.Attributes)["cx.stage.visit"]; visit != "" && !strings.Contains(s.Name, "-") {
			visits[fmt.Sprint(s.Name, "/", visit)] -= 1
		}
	}
	for visit, n := range visits {
		if n != 0 {
			t.Errorf("%s was entered %d times more than it has spans", visit, n)
		}
	}
	over := ends[0].Time
	twins := 0
	for _, s := range spans {
		if a := attrs(s.Attributes); a["cx.touchpoint.name"] != "" && s.Name != pressStart.Name() || a["cx.survey.name"] != "" {
			twins++
		}
	}
	if twins != l.spans {
		t.Errorf("got %d spans of touchpoints and answers, want %d: %q", twins, l.spans, names(spans))
	}
	for _, p := range l.all { // a parent that another process emits does not bound a span
		within(t, journeySpans(traceID("checkout", orderID), p), over)
	}
}

// neverCame returns the visits to declared stages whose touchpoints were recorded after the end was decided,
// however long before it they happened. Their process did not know of the decision, and the journey never reached
// the stage.
func (l *life) neverCame() (visits []trace.SpanID) {
	if len(l.all) < 2 {
		return nil
	}
	entered := map[string]bool{}
	for _, e := range l.told.of(event.JourneyStageEntered) {
		entered[fmt.Sprint(e.Stage, "/", e.Visit)] = true
	}
	for _, e := range l.told.of(event.TouchpointEnded) {
		for visit := 1; e.Late && e.Stage != "" && visit <= len(entered)+1; visit++ {
			if !entered[fmt.Sprint(e.Stage, "/", visit)] {
				visits = append(visits, stageID("checkout", orderID, e.Stage, visit))
			}
		}
	}
	return visits
}

// TestToldAfterTheEnd: a touchpoint happened before its journey's end, and a process that does not know of the end
// records it after the decision. The touchpoint is late and changes nothing: its stage was not entered and has no
// span. Its own span cannot have the mark, because it is emitted before the store answers.
func TestToldAfterTheEnd(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		l := newLife(t, 0, 2)
		position := flight.PositionFromContext(checkout.Start(l.ctx, orderID, event.Customer{}))
		time.Sleep(10 * time.Second)
		began := time.Now()
		time.Sleep(10 * time.Second)
		checkout.Complete(flight.ContextWithPosition(l.all[0].context(), position))
		must(t, l.all[0].client.Flush(t.Context()))
		ctx := flight.ContextWithPosition(l.all[1].context(), position)
		enterAddress.Record(ctx, event.Web, touchpoint.At(began), touchpoint.Took(5*time.Second))
		l.spans++
		l.check(t)
		if told := l.told.of(event.TouchpointEnded); len(told) != 1 || !told[0].Late {
			t.Errorf("the touchpoint was exported as %+v, want once and late", told)
		}
		if never := l.neverCame(); !slices.Contains(never, stageID("checkout", orderID, "address", 1)) || len(l.told.of(event.JourneyStageEntered)) > 0 {
			t.Errorf("the stages without an entry are %v, want the address", never)
		}
	})
}

// within checks that each span lies within its parent, if the parent is among the spans.
func within(t *testing.T, spans tracetest.SpanStubs, over time.Time) {
	t.Helper()
	known := map[trace.SpanID]tracetest.SpanStub{}
	for _, s := range spans {
		known[s.SpanContext.SpanID()] = s
	}
	for _, s := range spans {
		parent, ok := known[s.Parent.SpanID()]
		if !ok || !s.StartTime.Before(over) && !s.StartTime.Equal(over) {
			continue // the root, or a span after the end
		}
		if skew := jaegerSkew(s, parent); skew != 0 || s.StartTime.Before(parent.StartTime) || s.EndTime.After(parent.EndTime) {
			if s.StartTime.Equal(over) && attrs(s.Attributes)["cx.stage.visit"] == "" && s.Name != "checkout started" {
				continue // the span began after the journey's end
			}
			t.Errorf("%q, %v to %v, is not within %q, %v to %v; the journey ends at %v", s.Name, s.StartTime, s.EndTime,
				parent.Name, parent.StartTime, parent.EndTime, over)
		}
	}
}

// jaegerSkew returns by how much Jaeger would move a span, by the rule of its clock-skew adjuster. A span stays if
// it fits, or if it is longer than its parent and does not begin before it. Any other span moves to the middle of
// its parent.
func jaegerSkew(child, parent tracetest.SpanStub) time.Duration {
	took, room := child.EndTime.Sub(child.StartTime), parent.EndTime.Sub(parent.StartTime)
	switch {
	case took > room:
		return max(0, parent.StartTime.Sub(child.StartTime))
	case !child.StartTime.Before(parent.StartTime) && !child.EndTime.After(parent.EndTime):
		return 0
	default:
		return parent.StartTime.Add((room - took) / 2).Sub(child.StartTime)
	}
}
