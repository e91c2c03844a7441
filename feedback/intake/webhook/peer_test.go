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
