package cx_test

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"cairncx.dev/cairn/cx"
	"cairncx.dev/cairn/cx/event"
	"cairncx.dev/cairn/cx/fault"
	"cairncx.dev/cairn/cx/stores/memory"
	"cairncx.dev/cairn/feedback"
	"cairncx.dev/cairn/journey"
	"cairncx.dev/cairn/touchpoint"
)

var (
	purchase  = journey.Define("order", journey.Stages("cart", "payment"), journey.AbandonAfter(400*24*time.Hour))
	asks      = touchpoint.DefineContactPolicy("asks", touchpoint.Purpose("survey", touchpoint.Cap(2, 30*24*time.Hour), touchpoint.QuietHours(night), touchpoint.StoppedBy("complaint")), touchpoint.ContactWait(time.Second))
	ease      = feedback.Define("ease", feedback.CES, feedback.Ask("en", "It was easy."), feedback.In(purchase, "payment"), feedback.Every(10*24*time.Hour), feedback.Expires(7*24*time.Hour))
	loyalty   = feedback.Define("loyalty", feedback.NPS, feedback.Every(5*24*time.Hour))
	delivered = feedback.Define("delivered", feedback.CSAT, feedback.Expires(3*24*time.Hour))
)

// places are where a client keeps requests.
var places = []struct {
	name string
	at   func() []cx.Option
}{
	{"in a store", func() []cx.Option { return []cx.Option{cx.WithStore(&memory.Store{})} }},
	{"in memory", func() []cx.Option { return []cx.Option{cx.WithContactsInMemory()} }},
}

// inEach runs the test with each place, at nine in the morning of a bubble.
func inEach(t *testing.T, test func(t *testing.T, c *contacts, ctx context.Context)) {
	t.Helper()
	for _, p := range places {
		t.Run(p.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				time.Sleep(9 * time.Hour)
				c := newAsking(t, p.at()...)
				test(t, c, c.ctx())
			})
		})
	}
}

func newAsking(t *testing.T, opts ...cx.Option) *contacts {
	t.Helper()
	c := &contacts{}
	var err error
	c.client, err = cx.New(append([]cx.Option{
		cx.WithCustomerKey([]byte("a key of at least 16 bytes")), cx.WithDefinitions(asks, purchase, ease, loyalty, delivered), cx.WithProcessors(c),
		cx.WithSweepInterval(12 * time.Hour), cx.WithUnredactedText(), cx.WithOnFault(func(_ context.Context, r fault.Report) {
			c.mu.Lock()
			defer c.mu.Unlock()
			c.faults = append(c.faults, r)
		}),
	}, opts...)...)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := c.client.Shutdown(context.Background()); err != nil {
			t.Error(err)
		}
	})
	return c
}

// feedbacks returns what the instance has told of surveys, in a line each.
func (c *contacts) feedbacks(t *testing.T) (lines []string) {
	t.Helper()
	if err := c.client.Flush(t.Context()); err != nil {
		t.Fatal(err)
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	for i := range c.events {
		e := &c.events[i]
		f := e.Feedback
		if f == nil {
			continue
		}
		line := fmt.Sprintf("%s %s", e.Kind, f.Survey)
		switch e.Kind { //nolint:exhaustive // the rest say no more
		case event.FeedbackReceived:
			line += fmt.Sprintf(" %d solicited=%v %s", f.Score, !f.Request.IsZero(), f.Comment)
		case event.FeedbackAmended:
			line += fmt.Sprintf(" %d after %d %s", f.Score, *f.Previous, f.Comment)
		case event.SurveyClosed:
			line += fmt.Sprintf(" %s shown=%v", f.Ended, f.Shown)
		}
		lines = append(lines, strings.TrimSpace(line))
	}
	return lines
}

func wantLines(t *testing.T, got []string, want ...string) {
	t.Helper()
	if !slices.Equal(got, want) {
		t.Errorf("told\n\t%s\nwant\n\t%s", strings.Join(got, "\n\t"), strings.Join(want, "\n\t"))
	}
}

// TestOneResponseARequest: a request has one answer, however often it comes. Another answer changes the first one until the request expires.
func TestOneResponseARequest(t *testing.T) {
	inEach(t, func(t *testing.T, c *contacts, ctx context.Context) {
		ctx = purchase.Start(ctx, "o-1", alice)
		req := ease.Ask(ctx, event.Customer{}, feedback.Via(event.Email))
		if !req.OK() || req.Refused() != "" || req.ID().IsZero() {
			t.Fatalf("refused as %q", req.Refused())
		}
		out := cx.NewContext(context.Background(), c.client) // a link knows the survey and the request
		req.Shown(out)
		req.Shown(out)
		for range 100 {
			ease.Record(out, 3, feedback.AnsweringID(req.ID()))
		}
		time.Sleep(time.Hour)
		ease.Record(out, 3, feedback.AnsweringID(req.ID()), feedback.Comment("hm"))
		ease.Record(out, 6, feedback.AnsweringID(req.ID()), feedback.Comment("hm"))
		if s, err := req.Committed(out); err != nil || s.Ended != event.SurveyAnswered || s.Score != 6 || s.Amended != 2 {
			t.Errorf("what is committed is %+v, %v", s, err)
		}
		req.Dismissed(out) // it is answered
		wantLines(t, c.feedbacks(t),
			"survey.requested ease", "survey.shown ease", "feedback.received ease 3 solicited=true",
			"feedback.amended ease 3 after 3 hm", "feedback.amended ease 6 after 3 hm")
		s, err := req.Status(ctx)
		want := feedback.Status{Known: true, Shown: true, Ended: event.SurveyAnswered, Score: 6, Amended: 2, Expires: req.Expires()}
		if want.Expires = want.Expires.UTC(); err != nil || s != want {
			t.Errorf("the status is %+v, %v, want %+v", s, err, want)
		}
		c.mu.Lock()
		for i := range c.events {
			if e := &c.events[i]; e.Feedback != nil && (e.Journey.ID != "o-1" || e.Customer.Hash == "" || e.Channel != event.Email || e.Feedback.Version != ease.Version()) {
				t.Errorf("%s is not completed by the request: %+v %+v %v %q", e.Kind, e.Journey, e.Customer, e.Channel, e.Feedback.Version)
			}
		}
		c.mu.Unlock()
		time.Sleep(8 * 24 * time.Hour)
		wantLines(t, c.feedbacks(t)[5:]) // an answered request does not expire
		ease.Record(out, 1, feedback.AnsweringID(req.ID()))
		wantLines(t, c.feedbacks(t)[5:], "feedback.received ease 1 solicited=false")
	})
}

// TestHowRequestsEnd: each request ends once, and an answer after another end is one without a request.
func TestHowRequestsEnd(t *testing.T) {
	answer := func(ctx context.Context, r *feedback.Request) { delivered.Record(ctx, 4, feedback.Answering(r)) }
	for _, test := range []struct {
		name, reason string
		steps        []func(context.Context, *feedback.Request)
		days         int
		want         []string
	}{
		{name: "expired unseen", reason: "the time is over", days: 4, want: []string{"survey.closed delivered expired shown=false"}},
		{
			name: "expired, shown", reason: "a partial answer in terms of AAPOR", days: 4,
			steps: []func(context.Context, *feedback.Request){func(ctx context.Context, r *feedback.Request) { r.Shown(ctx) }},
			want:  []string{"survey.shown delivered", "survey.closed delivered expired shown=true"},
		},
		{
			name: "not yet expired", reason: "it has three days", days: 2,
		},
		{
			name: "dismissed, then answered", reason: "the first end holds", days: 4,
			steps: []func(context.Context, *feedback.Request){
				func(ctx context.Context, r *feedback.Request) { r.Shown(ctx); r.Dismissed(ctx) }, answer,
			},
			want: []string{"survey.shown delivered", "survey.closed delivered dismissed shown=true", "feedback.received delivered 4 solicited=false"},
		},
		{
			name: "bounced twice", reason: "mail servers repeat themselves", days: 4,
			steps: []func(context.Context, *feedback.Request){
				func(ctx context.Context, r *feedback.Request) { r.Bounced(ctx); r.Bounced(ctx) },
			},
			want: []string{"survey.closed delivered bounced shown=false"},
		},
		{
			name: "answered unseen", reason: "a link in a mail need not show anything first", days: 4,
			steps: []func(context.Context, *feedback.Request){answer, answer},
			want:  []string{"feedback.received delivered 4 solicited=true"},
		},
	} {
		t.Run(test.name, func(t *testing.T) {
			inEach(t, func(t *testing.T, c *contacts, ctx context.Context) {
				req := delivered.Ask(ctx, alice)
				if !req.OK() {
					t.Fatalf("refused as %q", req.Refused())
				}
				for _, step := range test.steps {
					step(ctx, req)
				}
				time.Sleep(time.Duration(test.days) * 24 * time.Hour)
				wantLines(t, c.feedbacks(t), append([]string{"survey.requested delivered"}, test.want...)...)
			})
		})
	}
}

// TestWhoIsNotAsked: each reason for which a customer is not asked.
func TestWhoIsNotAsked(t *testing.T) {
	day := 24 * time.Hour
	for _, test := range []struct {
		name, reason string
		ask          func(ctx context.Context) *feedback.Request
		want         string
	}{
		{"asked before", "Every of the survey", func(ctx context.Context) *feedback.Request {
			ease.Ask(ctx, alice)
			time.Sleep(10*day - time.Minute)
			return ease.Ask(ctx, alice)
		}, event.RuleCap},
		{"asked long ago", "the time of Every is over", func(ctx context.Context) *feedback.Request {
			ease.Ask(ctx, alice)
			time.Sleep(10 * day)
			return ease.Ask(ctx, alice)
		}, ""},
		{"another survey", "Every is the survey's own", func(ctx context.Context) *feedback.Request {
			ease.Ask(ctx, alice)
			return loyalty.Ask(ctx, alice)
		}, ""},
		{"a third survey", "the cap of the policy counts all surveys", func(ctx context.Context) *feedback.Request {
			ease.Ask(ctx, alice)
			loyalty.Ask(ctx, alice)
			return delivered.Ask(ctx, alice)
		}, event.RuleCap},
		{"quiet hours", "the policy's", func(ctx context.Context) *feedback.Request {
			time.Sleep(14 * time.Hour)
			return ease.Ask(ctx, alice)
		}, event.RuleQuietHours},
		{"a complaint is open", "a hold stops the purpose", func(ctx context.Context) *feedback.Request {
			if err := asks.OpenHold(ctx, alice, "complaint", "c-1"); err != nil {
				panic(err)
			}
			return ease.Ask(ctx, alice)
		}, event.RuleHold},
		{"a delegate", "an assistant's answer is not the customer's", func(ctx context.Context) *feedback.Request {
			return ease.Ask(ctx, alice, feedback.By(event.ActorDelegate))
		}, event.RuleActor},
		{"a probe", "a probe has no opinion", func(ctx context.Context) *feedback.Request {
			return ease.Ask(ctx, alice, feedback.By(event.ActorSynthetic))
		}, event.RuleActor},
		{"nobody", "the question names no customer", func(ctx context.Context) *feedback.Request {
			return ease.Ask(ctx, event.Customer{})
		}, event.RuleUnknown},
		{"no policy", "no policy has the purpose", func(ctx context.Context) *feedback.Request {
			return feedback.Define("other", feedback.CSAT, feedback.For("marketing")).Ask(ctx, alice)
		}, event.RuleUndeclared},
		{"no client", "it fails closed", func(context.Context) *feedback.Request {
			return ease.Ask(context.Background(), alice)
		}, event.RuleUnknown},
		{"no survey", "nil is safe", func(ctx context.Context) *feedback.Request {
			return (*feedback.Survey)(nil).Ask(ctx, alice)
		}, event.RuleUnknown},
		{"by name only", "the client's definition of the name holds", func(ctx context.Context) *feedback.Request {
			ease.Ask(ctx, alice)
			time.Sleep(7 * day)
			return feedback.Define("ease", feedback.CES).Ask(ctx, alice)
		}, event.RuleCap},
	} {
		t.Run(test.name, func(t *testing.T) {
			inEach(t, func(t *testing.T, _ *contacts, ctx context.Context) {
				req := test.ask(ctx)
				if req.Refused() != test.want || req.OK() != (test.want == "") || req.ID().IsZero() != (test.want != "") {
					t.Errorf("it is refused as %q (ID %v), want %q: %s", req.Refused(), req.ID(), test.want, test.reason)
				}
			})
		})
	}
}

// TestNoPolicyIsReported: a survey asks no customer if no contact policy has its purpose, and the client says so.
func TestNoPolicyIsReported(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := newAsking(t, cx.WithContactsInMemory())
		for _, survey := range []*feedback.Survey{ease, feedback.Define("other", feedback.CSAT, feedback.For("marketing"))} {
			survey.Ask(c.ctx(), alice)
		}
		var got []string
		for _, f := range c.client.Faults() {
			got = append(got, fmt.Sprint(f.Fault, " ", f.Name, " ", f.Count))
		}
		if want := []string{"unknown_name marketing 1"}; !slices.Equal(got, want) {
			t.Errorf("the faults are %q, want %q", got, want)
		}
	})
}

// TestReplayedRequests: the log of a client, replayed, gives the events of the log, byte for byte: nothing expires twice, and an answer that
// the log has changed is not changed again.
func TestReplayedRequests(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := newAsking(t, cx.WithContactsInMemory(), cx.WithNamespace("test"))
		time.Sleep(9 * time.Hour)
		ctx := purchase.Start(c.ctx(), "o-1", alice)
		bob, eve := event.Customer{ID: "bob"}, event.Customer{ID: "eve"}
		answered, expired, dismissed := ease.Ask(ctx, alice), delivered.Ask(ctx, bob), delivered.Ask(ctx, eve)
		answered.Shown(ctx)
		ease.Record(ctx, 2, feedback.Answering(answered))
		ease.Record(ctx, 5, feedback.Answering(answered))
		expired.Shown(ctx, feedback.From(bob))
		dismissed.Dismissed(ctx, feedback.From(eve))
		time.Sleep(4 * 24 * time.Hour)
		delivered.Record(ctx, 1, feedback.Answering(expired), feedback.From(bob))
		if err := c.client.Flush(ctx); err != nil {
			t.Fatal(err)
		}
		var log []string
		c.mu.Lock()
		for i := range c.events {
			log = append(log, string(c.events[i].AppendJSON(nil)))
		}
		c.mu.Unlock()
		if len(log) != 11 {
			t.Errorf("the log has %d events, want 11:\n%s", len(log), strings.Join(log, "\n"))
		}
		again := &taped{}
		replay, err := cx.New(cx.WithImplicitStarts(), cx.WithContactsInMemory(), cx.WithDefinitions(asks, purchase, ease, loyalty, delivered),
			cx.WithCustomerKey([]byte("a key of at least 16 bytes")), cx.WithUnredactedText(), cx.WithProcessors(again), cx.WithNamespace("test"),
			cx.WithSweepInterval(24*time.Hour))
		if err != nil {
			t.Fatal(err)
		}
		for _, line := range log {
			e, err := event.ParseJSON([]byte(line))
			if err != nil {
				t.Fatal(err)
			}
			replay.Record(t.Context(), e)
		}
		if err := replay.Shutdown(context.Background()); err != nil {
			t.Fatal(err)
		}
		wantLines(t, again.lines, log...)
	})
}

// TestForgottenRequests: a client that only forgets removes the requests that other instances made.
func TestForgottenRequests(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		store := &memory.Store{}
		time.Sleep(9 * time.Hour)
		c := newAsking(t, cx.WithStore(store))
		req := delivered.Ask(c.ctx(), alice)
		if err := c.client.Flush(t.Context()); err != nil || !req.OK() {
			t.Fatalf("refused as %q, %v", req.Refused(), err)
		}
		tool, err := cx.New(cx.WithStore(store), cx.WithCustomerKey([]byte("a key of at least 16 bytes")))
		if err != nil {
			t.Fatal(err)
		}
		if _, err := tool.Forget(t.Context(), alice.ID); err != nil {
			t.Error(err)
		}
		if err := tool.Shutdown(context.Background()); err != nil {
			t.Error(err)
		}
		time.Sleep(5 * 24 * time.Hour)
		wantLines(t, c.feedbacks(t), "survey.requested delivered")
	})
}

// TestRequestsAreNotTakenTwice: of two instances one may ask, and what both hear of is told once.
func TestRequestsAreNotTakenTwice(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		time.Sleep(9 * time.Hour)
		store := &memory.Store{}
		a, b := newAsking(t, cx.WithStore(store)), newAsking(t, cx.WithStore(store))
		req := ease.Ask(a.ctx(), alice)
		if second := ease.Ask(b.ctx(), alice); !req.OK() || second.OK() {
			t.Fatalf("refused as %q and %q", req.Refused(), second.Refused())
		}
		for _, c := range []*contacts{a, b} { // the customer has two tabs
			ease.Asked(req.ID()).Shown(c.ctx())
			ease.Record(c.ctx(), 5, feedback.AnsweringID(req.ID()))
		}
		lines := append(a.feedbacks(t), b.feedbacks(t)...)
		slices.Sort(lines)
		wantLines(t, lines, "feedback.received ease 5 solicited=true", "survey.requested ease", "survey.shown ease")
	})
}

// TestAnswersToOtherRequests: what is not of the request leaves it alone. An answer is heard, without a request, and the client says what to do.
func TestAnswersToOtherRequests(t *testing.T) {
	bob := event.Customer{ID: "bob"}
	by := func(a event.Actor) feedback.Option { return feedback.By(a) }
	for _, test := range []struct {
		name, reason string
		record       func(ctx context.Context, r *feedback.Request)
		want         []string
		faults       int64
	}{
		{"another survey", "7 of 7 is no CSAT", func(ctx context.Context, r *feedback.Request) {
			ease.Record(ctx, 7, feedback.Answering(r))
			ease.Asked(r.ID()).Shown(ctx)
			ease.Asked(r.ID()).Dismissed(ctx)
			ease.Asked(r.ID()).Bounced(ctx)
		}, []string{"feedback.received ease 7 solicited=false"}, 4},
		{"another survey on the same scale", "the question is another one", func(ctx context.Context, r *feedback.Request) {
			feedback.CSAT.Record(ctx, 2, feedback.Answering(r))
		}, []string{"feedback.received csat 2 solicited=false"}, 1},
		{"another scale", "the name is folded, and the scale says more", func(ctx context.Context, r *feedback.Request) {
			feedback.Define("delivered", feedback.NPS).Record(ctx, 9, feedback.Answering(r))
		}, []string{"feedback.received " + event.Other + " 9 solicited=false"}, 1},
		{"another customer", "who was not asked", func(ctx context.Context, r *feedback.Request) {
			delivered.Record(ctx, 1, feedback.Answering(r), feedback.From(bob))
			r.Shown(ctx, feedback.From(bob))
			r.Dismissed(ctx, feedback.From(bob))
		}, []string{"feedback.received delivered 1 solicited=false"}, 3},
		{"a delegate", "the answer of an assistant is not the customer's", func(ctx context.Context, r *feedback.Request) {
			delivered.Record(ctx, 1, feedback.Answering(r), by(event.ActorDelegate))
			r.Shown(ctx, by(event.ActorDelegate))
			r.Dismissed(ctx, by(event.ActorDelegate))
		}, []string{"feedback.received delivered 1 solicited=false"}, 3},
		{"a probe", "it has no opinion", func(ctx context.Context, r *feedback.Request) {
			delivered.Record(ctx, 1, feedback.Answering(r), by(event.ActorSynthetic))
			r.Shown(ctx, by(event.ActorSynthetic))
			r.Bounced(ctx, by(event.ActorSynthetic))
		}, []string{"feedback.received delivered 1 solicited=false"}, 3},
		{"an employee", "who writes down what the customer says on the phone", func(ctx context.Context, r *feedback.Request) {
			r.Shown(ctx, by(event.ActorEmployee))
		}, []string{"survey.shown delivered"}, 0},
	} {
		t.Run(test.name, func(t *testing.T) {
			inEach(t, func(t *testing.T, c *contacts, ctx context.Context) {
				req := delivered.Ask(ctx, alice)
				if !req.OK() {
					t.Fatalf("refused as %q", req.Refused())
				}
				test.record(ctx, req)
				delivered.Record(ctx, 4, feedback.Answering(req))
				delivered.Record(ctx, 5, feedback.Answering(req))
				want := append([]string{"survey.requested delivered", "feedback.received delivered 4 solicited=true", "feedback.amended delivered 5 after 4"}, test.want...)
				got := c.feedbacks(t) // an answer without a request need not wait for the store
				slices.Sort(got)
				slices.Sort(want)
				wantLines(t, got, want...)
				var n int64
				for _, f := range c.client.Faults() {
					if f.Fault == fault.RequestMismatch {
						n += f.Count
					}
				}
				if n != test.faults {
					t.Errorf("there are %d faults, want %d: %s", n, test.faults, test.reason)
				}
			})
		})
	}
}

// TestDelegatesWithoutRequestsKept: also where no client keeps requests, a delegate answers none.
func TestDelegatesWithoutRequestsKept(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := newAsking(t)
		ctx, r := c.ctx(), delivered.Asked(event.NewID(time.Now()))
		delivered.Record(ctx, 4, feedback.Answering(r), feedback.By(event.ActorDelegate))
		r.Dismissed(ctx, feedback.By(event.ActorDelegate))
		delivered.Record(ctx, 5, feedback.Answering(r))
		wantLines(t, c.feedbacks(t), "feedback.received delivered 4 solicited=false", "feedback.received delivered 5 solicited=true")
	})
}

// TestLateAnswerOnce: a form that is sent again and again after the end of its request is one answer.
func TestLateAnswerOnce(t *testing.T) {
	inEach(t, func(t *testing.T, c *contacts, ctx context.Context) {
		req := delivered.Ask(ctx, alice)
		req.Dismissed(ctx)
		for range 5 {
			delivered.Record(ctx, 2, feedback.Answering(req), feedback.Comment("late"))
		}
		time.Sleep(5 * 24 * time.Hour)
		c.feedbacks(t)
		for range 5 {
			delivered.Record(ctx, 2, feedback.Answering(req), feedback.Comment("late"))
		}
		delivered.Record(ctx, 3, feedback.Answering(req), feedback.Comment("later"))
		wantLines(t, c.feedbacks(t), "survey.requested delivered", "survey.closed delivered dismissed shown=false",
			"feedback.received delivered 2 solicited=false late", "feedback.received delivered 3 solicited=false later")
	})
}
