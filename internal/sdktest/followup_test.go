package sdktest_test

import (
	"context"
	"maps"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"cairncx.dev/cairn/cx"
	"cairncx.dev/cairn/cx/event"
	"cairncx.dev/cairn/feedback"
	"cairncx.dev/cairn/journey"
)

// TestFollowUpIsInTheTrace: the trace of the run that failed leads to "told", and that of the follow-up leads back.
func TestFollowUpIsInTheTrace(t *testing.T) {
	t.Parallel()
	f := feedback.DefineFollowUp("complaint", feedback.OpenOn(feedback.Rule{On: feedback.OnFailedJourney}))
	var cause event.ID
	p := newProcess(t, "shop", cx.WithDefinitions(checkout, f), cx.WithProcessors(ended{&cause}))
	ctx := checkout.Start(p.context(), orderID, event.Customer{ID: "ann"})
	checkout.Fail(ctx, journey.Because("declined"))
	own := f.Resume(p.context(), f.ID(cause))
	own = f.Acknowledge(own)
	f.Confirm(f.Tell(own))
	about, answers := traceID("checkout", orderID), traceID("complaint", f.ID(cause))
	var got []string
	for _, s := range journeySpans(about, p) {
		if !strings.HasPrefix(s.Name, "complaint ") {
			continue
		}
		got = append(got, s.Name)
		if len(s.Links) != 1 || s.Links[0].SpanContext.TraceID() != answers {
			t.Errorf("the span %s in the trace of the checkout has the links %v, want one to the follow-up", s.Name, s.Links)
		}
	}
	slices.Sort(got)
	if want := []string{"complaint acknowledged", "complaint completed", "complaint confirmed", "complaint received", "complaint told"}; !slices.Equal(got, want) {
		t.Errorf("the trace of the checkout has %q, want %q", got, want)
	}
	start := named(t, journeySpans(answers, p), "complaint started")
	back := false
	for _, l := range start.Links {
		back = back || l.SpanContext.TraceID() == about
	}
	if !back {
		t.Errorf("the start of the follow-up has the links %v, want one to the checkout", start.Links)
	}
	if faults := p.faults(); len(faults) > 0 {
		t.Errorf("the faults are %v, want none", faults)
	}
}

// ended notes the ID of the end of a checkout.
type ended struct{ id *event.ID }

func (n ended) Process(_ context.Context, e *event.Event) {
	if e.Kind == event.JourneyEnded && e.Journey.Name == "checkout" {
		*n.id = e.ID
	}
}

func (ended) Shutdown(context.Context) error { return nil }

// TestFollowUpMetrics: what the end of follow-ups counts, beside what the end of every journey does.
func TestFollowUpMetrics(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		f := feedback.DefineFollowUp("complaint", feedback.AnswerWithin(24*time.Hour), feedback.UpdateEvery(2*time.Hour))
		p := newProcess(t, "shop", cx.WithDefinitions(f))
		of := func() map[string]string {
			got := p.series()
			maps.DeleteFunc(got, func(key, _ string) bool { return !strings.HasPrefix(key, "cx.followup.") })
			return got
		}
		want := map[string]string{}
		for _, step := range []string{"assessed", "acknowledged", "investigated", "resolved", "told"} {
			want["cx.followup.skipped{cx.journey.name=complaint,cx.stage.name="+step+"}"] = "0"
		}
		if diff := cmp.Diff(want, of()); diff != "" {
			t.Errorf("before the first event (-want +got):\n%s", diff)
		}
		ann := event.Customer{ID: "ann"}
		told := f.Assess(f.Open(p.context(), "1", ann), "low")
		time.Sleep(time.Hour)
		f.Confirm(f.Tell(told))
		withdrawn := f.Open(p.context(), "2", ann)
		time.Sleep(90 * time.Minute)
		f.Withdraw(withdrawn)
		failed := f.Open(p.context(), "3", ann)
		time.Sleep(30 * time.Minute)
		f.Fail(failed)
		probe := f.Open(p.context(), "4", ann, feedback.By(event.ActorSynthetic))
		f.Fail(probe, feedback.By(event.ActorSynthetic))
		for step, n := range map[string]string{"assessed": "1", "acknowledged": "2", "investigated": "2", "resolved": "2", "told": "1"} {
			want["cx.followup.skipped{cx.journey.name=complaint,cx.stage.name="+step+"}"] = n
		}
		want["cx.followup.silence.duration{cx.journey.name=complaint}"] = "n=3 sum=10800"
		if diff := cmp.Diff(want, of()); diff != "" {
			t.Errorf("(-want +got):\n%s", diff)
		}
	})
}
