package sdktest_test

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"go.opentelemetry.io/otel/sdk/trace/tracetest"

	"cairncx.dev/cairn/cx"
	"cairncx.dev/cairn/cx/assist"
	"cairncx.dev/cairn/cx/event"
	"cairncx.dev/cairn/touchpoint"
)

func secs(n float64) event.Seconds { return event.Seconds(n * float64(time.Second)) }

func withQueues() []cx.Option {
	return []cx.Option{
		cx.WithQueues(
			assist.Queue{Name: "support", Level: assist.Level{Within: 20 * time.Second}, Channels: []event.Channel{event.Phone, event.Chat}, OpenHours: true},
			assist.Queue{Name: "mail"}),
		cx.WithIntents("refund"), cx.WithCauses("no-authority"),
	}
}

// TestContactsAreCounted: the metrics of contacts with declared queues, without the zeros. The values are by hand.
func TestContactsAreCounted(t *testing.T) {
	t.Parallel()
	p := newProcess(t, "desk", withQueues()...)
	record := func(c event.Channel, a event.Assisted) {
		chargeCard.Record(p.context(), c, touchpoint.Assisted(a))
	}
	leg := func(queue string, wait float64, end event.LegEnd) event.Leg {
		return event.Leg{Queue: queue, Queued: true, Answered: end == event.LegFinished || end == event.LegTransferred, AgentID: "agent-77", Wait: secs(wait), End: end}
	}
	first := leg("support", 0, event.LegTransferred)
	first.Talk, first.Hold, first.Holds, first.Wrap, first.Warm = secs(60), 0, 1, secs(20), true
	back := leg("support", 30, event.LegFinished)
	back.Talk = secs(100)
	record(event.Phone, event.Assisted{Legs: []event.Leg{first, leg("sales", 5, event.LegTransferred), back}})
	record(event.Phone, event.Assisted{Legs: []event.Leg{leg("support", 10, event.LegAbandoned)}})
	record(event.Phone, event.Assisted{Legs: []event.Leg{leg("support", 1, event.LegAbandoned)}})
	record(event.Chat, event.Assisted{Legs: []event.Leg{leg("support", 10, event.LegCallback)}})
	record(event.Email, event.Assisted{
		Legs:   []event.Leg{{Queue: "support", Bot: true, Queued: true, Answered: true}, {Queue: "mail", Queued: true}},
		Thread: &event.Thread{Replies: []event.Reply{{After: secs(3600), Open: secs(60)}, {After: secs(600)}}},
	})
	record(event.Social, event.Assisted{Legs: []event.Leg{{Queue: "support"}}, Thread: &event.Thread{Replies: []event.Reply{{After: secs(7200), Open: secs(3600)}}}})
	got := map[string]string{}
	for key, value := range p.points() {
		if value != "0" && (strings.HasPrefix(key, "cx.queue.") || strings.HasPrefix(key, "cx.contact.") || strings.Contains(key, ".wait.")) {
			got[key] = value
		}
	}
	want := map[string]string{
		"cx.queue.contacts{cx.channel=phone,cx.queue.end=answered,cx.queue.name=support,cx.queue.result=good}":                              "1",
		"cx.queue.contacts{cx.channel=phone,cx.queue.end=answered,cx.queue.name=support,cx.queue.result=bad}":                               "1",
		"cx.queue.contacts{cx.channel=phone,cx.queue.end=answered,cx.queue.name=_other}":                                                    "1",
		"cx.queue.contacts{cx.channel=phone,cx.queue.end=abandoned,cx.queue.name=support,cx.queue.result=bad}":                              "1",
		"cx.queue.contacts{cx.channel=phone,cx.queue.end=short_abandoned,cx.queue.name=support,cx.queue.result=excluded}":                   "1",
		"cx.queue.contacts{cx.channel=chat,cx.queue.end=callback,cx.queue.name=support,cx.queue.result=excluded}":                           "1",
		"cx.queue.contacts{cx.channel=email,cx.queue.end=unknown,cx.queue.name=mail}":                                                       "1",
		"cx.touchpoint.wait.duration{cx.queue.end=answered,cx.queue.name=support,cx.touchpoint.name=charge-card,cx.wait.kind=queue}":        "n=2 sum=30",
		"cx.touchpoint.wait.duration{cx.queue.end=answered,cx.queue.name=_other,cx.touchpoint.name=charge-card,cx.wait.kind=queue}":         "n=1 sum=5",
		"cx.touchpoint.wait.duration{cx.queue.end=abandoned,cx.queue.name=support,cx.touchpoint.name=charge-card,cx.wait.kind=queue}":       "n=1 sum=10",
		"cx.touchpoint.wait.duration{cx.queue.end=short_abandoned,cx.queue.name=support,cx.touchpoint.name=charge-card,cx.wait.kind=queue}": "n=1 sum=1",
		"cx.touchpoint.wait.duration{cx.queue.end=callback,cx.queue.name=support,cx.touchpoint.name=charge-card,cx.wait.kind=queue}":        "n=1 sum=10",
		"cx.touchpoint.wait.duration{cx.queue.end=unknown,cx.queue.name=mail,cx.touchpoint.name=charge-card,cx.wait.kind=queue}":            "n=1 sum=0",
		"cx.touchpoint.wait.duration{cx.queue.name=support,cx.touchpoint.name=charge-card,cx.wait.kind=hold}":                               "n=1 sum=0",
		"cx.contact.handle.duration{cx.channel=phone,cx.queue.name=support}":                                                                "n=2 sum=180",
		"cx.contact.handle.duration{cx.channel=phone,cx.queue.name=_other}":                                                                 "n=1 sum=0",
		"cx.contact.transfers{cx.channel=phone,cx.queue.name=support,cx.transfer.return=false,cx.transfer.warm=true}":                       "1",
		"cx.contact.transfers{cx.channel=phone,cx.queue.name=_other,cx.transfer.return=true,cx.transfer.warm=false}":                        "1",
		"cx.contact.reply.duration{cx.channel=email,cx.queue.name=mail,cx.reply.hours=all,cx.reply.kind=first}":                             "n=1 sum=3600",
		"cx.contact.reply.duration{cx.channel=email,cx.queue.name=mail,cx.reply.hours=all,cx.reply.kind=next}":                              "n=1 sum=600",
		"cx.contact.reply.duration{cx.channel=social,cx.queue.name=support,cx.reply.hours=all,cx.reply.kind=first}":                         "n=1 sum=7200",
		"cx.contact.reply.duration{cx.channel=social,cx.queue.name=support,cx.reply.hours=open,cx.reply.kind=first}":                        "n=1 sum=3600",
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("points (-want +got):\n%s", diff)
	}
	if faults := p.faults(); faults["unknown_name"] == "" {
		t.Errorf("the queue sales is not reported: %v", faults)
	}
	for key := range p.series() {
		if strings.Contains(key, "agent") {
			t.Errorf("%s names an employee", key)
		}
	}
}

// TestQueuesBeginAtZero: each end and result that a queue can have exists before the first contact, on its channels.
func TestQueuesBeginAtZero(t *testing.T) {
	t.Parallel()
	p := newProcess(t, "desk", withQueues()...)
	var got []string
	for key, value := range p.points() {
		if value == "0" && strings.HasPrefix(key, "cx.queue.contacts{cx.channel=chat") || strings.Contains(key, "queue.name=mail") {
			got = append(got, strings.NewReplacer("cx.queue.contacts{", "", "cx.", "", "}", "").Replace(key))
		}
	}
	want := []string{
		"channel=chat,queue.end=abandoned,queue.name=support,queue.result=bad",
		"channel=chat,queue.end=answered,queue.name=support,queue.result=bad", "channel=chat,queue.end=answered,queue.name=support,queue.result=good",
		"channel=chat,queue.end=callback,queue.name=support,queue.result=bad", "channel=chat,queue.end=callback,queue.name=support,queue.result=excluded",
		"channel=chat,queue.end=closed,queue.name=support,queue.result=bad", "channel=chat,queue.end=closed,queue.name=support,queue.result=excluded",
		"channel=chat,queue.end=overflowed,queue.name=support,queue.result=bad", "channel=chat,queue.end=overflowed,queue.name=support,queue.result=excluded",
		"channel=chat,queue.end=short_abandoned,queue.name=support,queue.result=excluded",
		"channel=phone,queue.end=abandoned,queue.name=mail", "channel=phone,queue.end=answered,queue.name=mail", "channel=phone,queue.end=callback,queue.name=mail",
		"channel=phone,queue.end=closed,queue.name=mail", "channel=phone,queue.end=overflowed,queue.name=mail",
		"channel=phone,queue.end=short_abandoned,queue.name=mail",
	}
	if diff := cmp.Diff(want, sorted(got)); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

// TestVocabularies: names that are not declared become _other in events, and each is told once.
func TestVocabularies(t *testing.T) {
	t.Parallel()
	var exported processor
	p := newProcess(t, "desk", append(withQueues(), cx.WithProcessors(&exported))...)
	for _, intent := range []string{"refund", "ballet", "ballet", ""} {
		p.client.Record(p.context(), event.Event{
			Kind: event.TouchpointEnded, Touchpoint: chargeCard.Name(), Outcome: event.Failed, Intent: intent, Cause: "no-authority",
			Assisted: &event.Assisted{Legs: []event.Leg{{Queue: "support"}, {Queue: "nowhere"}, {}}, Unable: "no-idea"},
		})
	}
	var got []string
	for _, e := range exported.of(event.TouchpointEnded) {
		got = append(got, fmt.Sprintf("%s %s %s %s %s%s", e.Intent, e.Cause, e.Assisted.Unable, e.Assisted.Legs[0].Queue, e.Assisted.Legs[1].Queue, e.Assisted.Legs[2].Queue))
	}
	const rest = " no-authority _other support _other"
	if want := []string{"refund" + rest, "_other" + rest, "_other" + rest, rest}; !slices.Equal(got, want) {
		t.Errorf("got %q, want %q", got, want)
	}
}

// TestContactsAreTraced: the parts of a contact lie in the journey's trace below the contact's span, and within its times.
func TestContactsAreTraced(t *testing.T) {
	t.Parallel()
	for name, arrange := range map[string]func() arrangement{"with otelsetup": likeOtelsetup, "by hand": byHand} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			k := newClock()
			p := arranged(t, "desk", arrange(), append(withQueues(), cx.WithDefinitions(viewCart), cx.WithClock(k.now))...)
			began := day1.Add(time.Minute)
			ctx := checkout.Start(p.context(), "order-1", event.Customer{})
			k.pass(time.Hour)
			p.client.Record(ctx, event.Event{
				Kind: event.TouchpointEnded, Touchpoint: viewCart.Name(), Time: began, Duration: 10 * time.Minute, Channel: event.Phone, Outcome: event.OK,
				Journey: event.Run{Name: checkout.Name(), ID: "order-1"},
				Assisted: &event.Assisted{Claimed: event.Yes, Legs: []event.Leg{
					{Bot: true, Answered: true, Talk: secs(20), End: event.LegTransferred},
					{Queue: "support", Queued: true, Answered: true, AgentID: "agent-77", Start: secs(20), Wait: secs(30), Ring: secs(5), Talk: secs(100), Hold: secs(40), Wrap: secs(10), End: event.LegTransferred},
					{Queue: "mail", Queued: true, Start: secs(200), Wait: secs(60), End: event.LegAbandoned},
					{Queue: "mail", Queued: true, Start: secs(3600), Wait: secs(60)}, // after the contact
					{Queue: "mail", Queued: true, Start: secs(590), Wait: secs(60)},  // beyond its end
					{Queue: "mail", Queued: true, Start: secs(600), Wait: secs(60)},  // at its end
				}},
			})
			checkout.Complete(ctx)
			must(t, p.client.Flush(context.Background()))
			got := contactTree(t, journeySpans(traceID(checkout.Name(), "order-1"), p), viewCart.Name(), began)
			want := []string{
				"talk 0s+20s cx.actor=automation",
				"queue 20s+30s cx.queue.end=answered cx.queue.name=support cx.queue.result=bad",
				"ring 45s+5s cx.queue.name=support",
				"talk 50s+2m20s cx.contact.hold=40 cx.queue.name=support",
				"wrap 3m10s+10s cx.queue.name=support",
				"queue 3m20s+1m0s cx.queue.end=abandoned cx.queue.name=mail",
				"queue 9m50s+10s cx.queue.end=unknown cx.queue.name=mail",
			}
			if diff := cmp.Diff(sorted(want), sorted(got)); diff != "" {
				t.Errorf("parts (-want +got):\n%s", diff)
			}
		})
	}
}

// contactTree returns the children of the span with the name, with their times since the contact began.
func contactTree(t *testing.T, spans tracetest.SpanStubs, name string, began time.Time) (all []string) {
	t.Helper()
	contact := named(t, spans, name)
	have := attrs(contact.Attributes)
	for key, want := range map[string]string{"cx.contact.legs": "6", "cx.contact.transfers": "1", "cx.contact.talk": "120", "cx.contact.hold": "40", "cx.contact.wrap": "10", "cx.contact.claimed": "yes", "cx.queue.name": "support"} {
		if have[key] != want {
			t.Errorf("%s is %q, want %q", key, have[key], want)
		}
	}
	for _, s := range spans {
		if strings.Contains(fmt.Sprint(s.Attributes), "agent") {
			t.Errorf("the span %s names an employee: %v", s.Name, s.Attributes)
		}
		if s.Parent.SpanID() != contact.SpanContext.SpanID() {
			continue
		}
		if s.StartTime.Before(contact.StartTime) || s.EndTime.After(contact.EndTime) {
			t.Errorf("%s lies outside of the contact", s.Name)
		}
		part := fmt.Sprintf("%s %v+%v", s.Name, s.StartTime.Sub(began), s.EndTime.Sub(s.StartTime))
		kvs := attrs(s.Attributes)
		for _, key := range slices.Sorted(maps.Keys(kvs)) {
			part += " " + key + "=" + kvs[key]
		}
		all = append(all, part)
	}
	return all
}

// TestQueueOptions: New names each fault of queues, intents and causes.
func TestQueueOptions(t *testing.T) {
	t.Parallel()
	_, err := cx.New(
		cx.WithQueues(assist.Queue{Name: "_x"}, assist.Queue{Name: "a"}, assist.Queue{Name: "a"}, assist.Queue{Name: "b", Level: assist.Level{FlowOuts: true}}, assist.Queue{Name: "c", Channels: []event.Channel{99}}),
		cx.WithIntents("", "fine"), cx.WithCauses("_y"))
	if err == nil {
		t.Fatal("New accepts them")
	}
	for _, want := range []string{`"_x" is not a valid name of a queue`, `the queue "a" occurs twice`, `the queue "b": the threshold`, `the queue "c" has a channel that is none`, `WithIntents: "" is not a valid name`, `WithCauses: "_y" is not a valid name`} {
		if !strings.Contains(err.Error(), want) {
			t.Errorf("the error does not say %q:\n%v", want, err)
		}
	}
}
