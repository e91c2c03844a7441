package cx_test

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"go.opentelemetry.io/otel/attribute"
	"pgregory.net/rapid"

	"cairncx.dev/cairn/cx"
	"cairncx.dev/cairn/cx/event"
	"cairncx.dev/cairn/cx/propagate"
	"cairncx.dev/cairn/feedback"
	"cairncx.dev/cairn/journey"
	"cairncx.dev/cairn/touchpoint"
)

// mark is in every ID and text of a customer here. Nothing that is told has it.
const mark = "Zq7personal"

// personal draws an ID or a text with the mark, most often one that cannot be taken as it is.
func personal(t *rapid.T, label string) string {
	return rapid.SampledFrom([]string{
		mark, mark + "\n", "\x00" + mark, mark + "\xff", strings.Repeat(mark, 20), strings.Repeat(mark, 2000), mark + "\u202e", "_" + mark,
		mark + ";sig=" + mark, "1//checkout/" + mark,
	}).Draw(t, label)
}

type marked struct{ text string }

func (m marked) Error() string { return m.text }

// TestNothingPersonalIsTold, whatever is recorded, and however wrongly.
func TestNothingPersonalIsTold(t *testing.T) {
	t.Parallel()
	order := journey.Define("order", journey.Stages("basket"), journey.AbandonAfter(time.Hour))
	pay := touchpoint.Define("pay", touchpoint.In(order, "basket"))
	rapid.Check(t, func(t *rapid.T) {
		var l lines
		var h hearing
		client, err := cx.New(cx.WithLogger(l.logger()), cx.WithOnFault(h.hear), cx.WithCustomerKey([]byte(strings.Repeat("k", 32))),
			cx.WithMaxJourneys(64), cx.WithRedactor(func(s string) string {
				if rapid.Bool().Draw(t, "the redactor panics") {
					panic(marked{s})
				}
				return s
			}))
		if err != nil {
			t.Fatal(err)
		}
		ctx := cx.NewContext(context.Background(), client)
		customer := func() event.Customer {
			return event.Customer{ID: personal(t, "customer"), Hash: personal(t, "hash"), Segment: personal(t, "segment")}
		}
		calls := []func(){
			func() { ctx = order.Start(ctx, personal(t, "run"), customer()) },
			func() { ctx = order.Resume(ctx, personal(t, "run")) },
			func() { ctx = order.Enter(ctx, "attic") },
			func() { order.Complete(ctx, journey.Because(personal(t, "cause"))) },
			func() { order.Fail(ctx) },
			func() {
				ctx, tp := pay.Start(ctx, 200, touchpoint.From(customer()))
				tp.SetAttributes(attribute.String("k", personal(t, "attribute")), attribute.StringSlice("l", []string{personal(t, "attribute")}), attribute.String("", mark))
				tp.Fail(marked{personal(t, "error")})
				tp.Because(personal(t, "cause"))
				tp.End()
				pay.Record(ctx, event.Web, touchpoint.Took(-1), touchpoint.At(time.Unix(1<<50, 0)))
			},
			func() {
				feedback.CSAT.Record(ctx, 9, feedback.Comment(personal(t, "comment")), feedback.From(customer()), feedback.Causes(personal(t, "cause")),
					feedback.About("oder", personal(t, "run")), feedback.Language(personal(t, "language")))
				feedback.CSAT.Record(ctx, 3, feedback.Comment(personal(t, "comment")), feedback.About("order", personal(t, "run")))
			},
			func() {
				client.Record(ctx, event.Event{
					Kind: event.TouchpointEnded, Touchpoint: "stranger", Outcome: event.Completed, Customer: customer(),
					Journey: event.Run{Name: "order", ID: personal(t, "run"), Value: &event.Money{Amount: 1 << 60, Currency: personal(t, "currency")}},
					Cause:   personal(t, "cause"), ErrorType: personal(t, "error type"), Variant: &event.Variant{Release: personal(t, "release")},
					Assisted: &event.Assisted{Legs: []event.Leg{{AgentID: personal(t, "employee") + "\x00", Agent: personal(t, "agent"), Holds: -1}}},
					FollowUp: &event.FollowUp{
						ID: personal(t, "follow-up"), Note: personal(t, "note"), Owner: personal(t, "owner"),
						About: event.RunRef{Name: personal(t, "run"), ID: personal(t, "run") + "\x00"}, Due: time.Unix(-1, 0),
					},
					Action: &event.Action{Note: personal(t, "note"), Owner: personal(t, "owner"), From: time.Unix(-1, 0)},
				})
				client.Record(ctx, event.Event{
					Kind: event.FeedbackMentioned, Customer: customer(),
					Feedback: &event.Feedback{Comment: personal(t, "words"), Source: personal(t, "source"), Testimonial: &event.Testimonial{Text: personal(t, "consent") + "\xff"}},
					Mention:  &event.Mention{Address: personal(t, "address") + "\xff", ReplyTo: strings.Repeat(personal(t, "reply"), 100), Stars: 99},
				})
			},
			func() { _, _ = propagate.Verify(ctx, personal(t, "position"), 0) },
			func() { _, _ = propagate.Read(ctx, personal(t, "position")) },
			func() { _ = propagate.Sign(ctx, 0) },
			func() {
				mux := http.NewServeMux()
				mux.HandleFunc("GET /orders/{id}", func(_ http.ResponseWriter, r *http.Request) { order.Enter(r.Context(), "attic") })
				r := httptest.NewRequest(http.MethodGet, "/orders/"+mark, nil).WithContext(ctx)
				r.Header.Set("Baggage", "cairn=1//order/"+mark)
				touchpoint.Handler(mux, touchpoint.WithJourneyID(order, func(*http.Request) string { panic(errors.New(mark)) })).ServeHTTP(httptest.NewRecorder(), r)
			},
		}
		for range rapid.IntRange(1, 20).Draw(t, "calls") {
			rapid.SampledFrom(calls).Draw(t, "call")()
		}
		_, _ = client.Forget(context.Background(), personal(t, "customer"))
		if err := client.Shutdown(context.Background()); err != nil {
			t.Error(err)
		}
		order.Complete(ctx)
		for what, text := range map[string]string{
			"the log": l.String(), "the function": fmt.Sprintf("%+v", h.all()), "Faults": fmt.Sprintf("%+v", client.Faults()),
		} {
			if at := strings.Index(text, mark); at >= 0 {
				t.Errorf("%s is told %s", what, text[max(0, at-200):min(len(text), at+100)])
			}
		}
	})
}
