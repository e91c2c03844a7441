package webhook_test

import (
	"context"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"
	"time"

	"cairncx.dev/cairn/cx"
	"cairncx.dev/cairn/cx/cxtest"
	"cairncx.dev/cairn/cx/event"
	"cairncx.dev/cairn/exporters"
	sender "cairncx.dev/cairn/exporters/webhook"
	"cairncx.dev/cairn/feedback"
)

// TestPeer: what a support service records of a follow-up reaches a shop by exporters/webhook, over HTTP: the shop's follow-up is opened, moved
// and ended. Answers and mentions go the same way. A second delivery of all changes nothing.
func TestPeer(t *testing.T) {
	t.Parallel()
	for name, opts := range map[string][]sender.Option{
		"batches":    nil,
		"compressed": {sender.WithGzip()},
		"single":     {sender.WithSingle()},
		"small":      {sender.WithMaxBytes(1 << 10)},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			shop := cxtest.New(t)
			server := httptest.NewServer(handler(t, shop))
			t.Cleanup(server.Close)
			sink, err := sender.New(server.URL, append(opts, sender.WithSecrets(secret(1)))...)
			if err != nil {
				t.Fatal(err)
			}
			t.Cleanup(func() { _ = sink.Shutdown(context.Background()) })
			ours := exporters.Filter(sink, func(e event.Event) (event.Event, bool) {
				return e, e.Journey.Name == "complaint" || strings.HasPrefix(string(e.Kind), "feedback.")
			})
			kept := &keeper{}
			support := cxtest.New(t, cx.WithProcessors(exporters.NewBatch(ours), kept))

			ctx := support.Context(context.Background())
			feedback.NPS.Record(ctx, 3, feedback.From(event.Customer{ID: "ann"}), feedback.Comment("<b>late</b>"))
			f := complaint()
			ctx = f.Open(ctx, "7", event.Customer{ID: "ann"}, feedback.Severity("high"), feedback.About("checkout", "cart-1"))
			ctx = f.Assess(ctx, "low")
			ctx = f.Acknowledge(ctx, feedback.Owner("care"))
			ctx = f.Resolve(ctx, "refund", feedback.Note("paid back"))
			ctx = f.Tell(ctx)
			ctx = f.Reopen(ctx)
			ctx = f.Tell(ctx)
			f.Confirm(ctx)
			if err := support.Client().Flush(ctx); err != nil {
				t.Fatal(err)
			}
			want := []string{"received", "assessed", "acknowledged", "resolved", "told", "received", "told", "confirmed"}
			check := func(when string) {
				t.Helper()
				if got := stages(shop, "7"); !slices.Equal(got, want) {
					t.Errorf("%s: %v, want %v", when, got, want)
				}
				if e := shop.Events(event.JourneyEnded); len(e) != 1 || e[0].Outcome != event.Completed {
					t.Errorf("%s: %d ends", when, len(e))
				}
				if e := shop.Events(event.FeedbackReceived); len(e) != 1 || e[0].Feedback.Comment != "<b>late</b>" {
					t.Errorf("%s: %d answers", when, len(e))
				}
			}
			check("delivered")
			theirs, own := support.Events(event.JourneyStageEntered), shop.Events(event.JourneyStageEntered)
			for i := range own {
				a, b := theirs[i], own[i]
				if a.FollowUp.Owner != b.FollowUp.Owner || a.FollowUp.Remedy != b.FollowUp.Remedy || a.FollowUp.Note != b.FollowUp.Note ||
					a.FollowUp.Severity != b.FollowUp.Severity || a.FollowUp.About != b.FollowUp.About || !a.Time.Equal(b.Time) ||
					a.Customer.Hash != b.Customer.Hash || a.Actor != b.Actor {
					t.Errorf("%s: %+v %+v, want %+v %+v", b.Stage, b, b.FollowUp, a, a.FollowUp)
				}
			}
			if err := ours.Export(context.Background(), kept.all()); err != nil {
				t.Errorf("delivered again: %v", err)
			}
			check("delivered again")
		})
	}
}

// keeper keeps copies of all events.
type keeper struct{ rec []event.Event }

func (k *keeper) Process(_ context.Context, e *event.Event) { k.rec = append(k.rec, *e) }
func (*keeper) Shutdown(context.Context) error              { return nil }
func (k *keeper) all() []event.Event                        { return k.rec }

// TestPeerUnfiltered: a sender that does not filter gets its other events back as refused, and the rest is taken.
func TestPeerUnfiltered(t *testing.T) {
	t.Parallel()
	shop := cxtest.New(t)
	server := httptest.NewServer(handler(t, shop))
	t.Cleanup(server.Close)
	sink, err := sender.New(server.URL, sender.WithSecrets(secret(1)))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = sink.Shutdown(context.Background()) })
	at := time.Now()
	var events []event.Event
	for i, kind := range []event.Kind{event.FeedbackMentioned, event.TouchpointEnded, event.FeedbackMentioned, event.JourneyStarted} {
		e := event.Event{ID: event.ID{15: byte(i + 1)}, Kind: kind, Time: at, Touchpoint: "pay"}
		if kind == event.FeedbackMentioned {
			e.Feedback, e.Mention, e.Touchpoint = &event.Feedback{Source: "x"}, &event.Mention{Nature: event.Compliment}, ""
		}
		if kind == event.JourneyStarted {
			e.Journey = event.Run{Name: "checkout", ID: "1"}
		}
		events = append(events, e)
	}
	if err := sink.Export(context.Background(), events); err == nil || !strings.Contains(err.Error(), "422") {
		t.Errorf("the exporter says %v", err)
	}
	if n := len(shop.Events(event.FeedbackMentioned)); n != 2 {
		t.Errorf("%d mentions, want 2", n)
	}
}

// TestRunEvents: of the events of a follow-up's run the handler takes its start, its steps and its end. The client finds the rest itself.
func TestRunEvents(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name, reason string
		event        event.Event
		taken        bool
	}{
		{"started", "it is opened", event.Event{Kind: event.JourneyStarted}, true},
		{"received first", "it was opened", event.Event{Kind: event.JourneyStageEntered, Stage: feedback.Received, Visit: 1}, false},
		{"received again", "it is reopened", event.Event{Kind: event.JourneyStageEntered, Stage: feedback.Received, Visit: 2}, true},
		{"told", "a step", event.Event{Kind: event.JourneyStageEntered, Stage: feedback.Told}, true},
		{"confirmed", "the end of the run follows, and an end before it would make that one late", event.Event{Kind: event.JourneyStageEntered, Stage: feedback.Confirmed}, false},
		{"completed", "the customer is content", event.Event{Kind: event.JourneyEnded, Outcome: event.Completed}, true},
		{"abandoned", "time ends it here too", event.Event{Kind: event.JourneyEnded, Outcome: event.Abandoned}, false},
		{"stalled", "time does it here too", event.Event{Kind: event.JourneyStalled, Stage: feedback.Told}, false},
		{"a promise", "it follows from the steps", event.Event{Kind: event.PromiseKept, Promise: &event.Promise{Name: feedback.PromiseAnswered}}, false},
		{"a touchpoint", "it belongs to the service that saw it", event.Event{Kind: event.TouchpointEnded, Touchpoint: "call"}, false},
	} {
		rec := cxtest.New(t)
		opened(rec, "7")
		e := c.event
		e.ID, e.Time, e.Journey = event.ID{1}, time.Now(), event.Run{Name: "complaint", ID: "7"}
		got := serve(t, handler(t, rec), call{content: single, body: cloudEvent("1", "dev.cairncx."+string(e.Kind), string(e.AppendJSON(nil)))}.signed(t))
		if got.status != 200 || (got.taken == 1) != c.taken || (got.ignored == 1) == c.taken {
			t.Errorf("%s: %+v: %s", c.name, got, c.reason)
		}
	}
}
