package ask_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"cairncx.dev/cairn/cx/event"
	"cairncx.dev/cairn/cx/fault"
	"cairncx.dev/cairn/cx/ledger"
	"cairncx.dev/cairn/cx/stores/memory"
	"cairncx.dev/cairn/internal/ask"
	"cairncx.dev/cairn/internal/flight"
)

const life = 7 * 24 * time.Hour

// teller collects what instances tell.
type teller struct {
	mu     sync.Mutex
	events []event.Event
	retold int
	faults []fault.Report
}

func (c *teller) tell(e *flight.Event) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.events = append(c.events, e.Event)
	if e.Retold() {
		c.retold++
	}
}

// lines returns what was told, sorted, in a line each. It fails the test where two events have one ID.
func (c *teller) lines(t *testing.T) (lines []string) {
	t.Helper()
	c.mu.Lock()
	defer c.mu.Unlock()
	seen := map[event.ID]event.Kind{}
	for i := range c.events {
		e := &c.events[i]
		if kind, twice := seen[e.ID]; twice {
			t.Errorf("%s and %s have one ID", kind, e.Kind)
		}
		seen[e.ID] = e.Kind
		line := fmt.Sprint(e.Kind, " ", e.Customer.Hash)
		switch e.Kind { //nolint:exhaustive // the rest say no more
		case event.FeedbackReceived:
			line += fmt.Sprintf(" %d solicited=%v", e.Feedback.Score, !e.Feedback.Request.IsZero())
		case event.FeedbackAmended:
			line += fmt.Sprintf(" %d after %d", e.Feedback.Score, *e.Feedback.Previous)
		case event.SurveyClosed:
			line += fmt.Sprintf(" %s shown=%v %s", e.Feedback.Ended, e.Feedback.Shown, e.Time.Format("02T15:04"))
		}
		lines = append(lines, line)
	}
	slices.Sort(lines)
	return lines
}

func (c *teller) want(t *testing.T, want ...string) {
	t.Helper()
	slices.Sort(want)
	if got := c.lines(t); !slices.Equal(got, want) {
		t.Errorf("told\n\t%s\nwant\n\t%s", strings.Join(got, "\n\t"), strings.Join(want, "\n\t"))
	}
}

// mortal is a store that does nothing for an instance that is killed.
type mortal struct {
	ledger.Store

	dead atomic.Bool
}

var errKilled = errors.New("the process is killed")

func (m *mortal) Write(ctx context.Context, changes []ledger.Change) ([]ledger.Record, error) {
	if m.dead.Load() {
		return nil, errKilled
	}
	return m.Store.Write(ctx, changes)
}

func (m *mortal) Claim(ctx context.Context, limit int, lease time.Duration) (time.Time, []ledger.Record, error) {
	if m.dead.Load() {
		return time.Time{}, nil, errKilled
	}
	return m.Store.Claim(ctx, limit, lease)
}

func (m *mortal) Forget(ctx context.Context, customer string, keep time.Duration) (int, error) {
	return m.Store.(ledger.Forgetter).Forget(ctx, customer, keep)
}

// instance returns an instance on the store, and how to kill it.
func instance(t *testing.T, on ledger.Store, c *teller, change ...func(*ask.Config)) (*ask.Shared, func()) {
	t.Helper()
	m := &mortal{Store: on}
	cfg := ask.Config{
		Store: m, Now: time.Now, Namespace: "test", Tell: c.tell, Uncommitted: c.tell, Linger: time.Second,
		Fault: func(r fault.Report) {
			c.mu.Lock()
			defer c.mu.Unlock()
			c.faults = append(c.faults, r)
		},
	}
	for _, f := range change {
		f(&cfg)
	}
	s := ask.NewShared(cfg)
	t.Cleanup(func() {
		ctx, cancel := context.WithTimeout(context.Background(), time.Second)
		defer cancel()
		_ = s.Shutdown(ctx) // a killed one cannot flush
		<-s.Stopped()
	})
	return s, func() { m.dead.Store(true) }
}

func flush(t *testing.T, all ...*ask.Shared) {
	t.Helper()
	for _, s := range all {
		if err := s.Flush(t.Context()); err != nil {
			t.Fatal(err)
		}
	}
}

// of returns an event about the request. Only the request itself names the customer.
func of(kind event.Kind, request event.ID, change ...func(*event.Event)) *flight.Event {
	e := event.Event{Kind: kind, Time: time.Now(), Feedback: &event.Feedback{Survey: "ease", Scale: event.CES, Request: request}}
	if kind == event.SurveyRequested {
		e.ID, e.Feedback.Request, e.Customer.Hash = request, event.ID{}, "alice"
	}
	for _, f := range change {
		f(&e)
	}
	return flight.Of(e)
}

func score(n int) func(*event.Event) { return func(e *event.Event) { e.Feedback.Score = n } }

func by(customer string) func(*event.Event) {
	return func(e *event.Event) { e.Customer.Hash = customer }
}

func survey(name string, scale event.Scale) func(*event.Event) {
	return func(e *event.Event) { e.Feedback.Survey, e.Feedback.Scale = name, scale }
}

func ends(end event.SurveyEnd) func(*event.Event) {
	return func(e *event.Event) { e.Feedback.Ended = end }
}

func ago(d time.Duration) func(*event.Event) {
	return func(e *event.Event) { e.Time = time.Now().Add(-d).UTC() }
}

func shelf() ledger.Store { return new(memory.Store).Shelf(ask.Shelf) }

// TestTwoInstances: what two instances hear at the same time is told once, whichever of them the store hears first.
func TestTwoInstances(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		store, c := shelf(), &teller{}
		a, _ := instance(t, store, c)
		b, _ := instance(t, store, c)
		request := event.NewID(time.Now())
		a.Take(of(event.SurveyRequested, request), life)
		flush(t, a)
		for _, s := range []*ask.Shared{a, b} {
			s.Take(of(event.SurveyShown, request), life)
			s.Take(of(event.FeedbackReceived, request, score(5)), life)
		}
		flush(t, a, b)
		c.want(t, "survey.requested alice", "survey.shown alice", "feedback.received alice 5 solicited=true")
		b.Take(of(event.FeedbackReceived, request, score(6)), life)
		b.Take(of(event.SurveyClosed, request, ends(event.SurveyBounced)), life)
		time.Sleep(life + time.Hour)
		a.Sweep(t.Context())
		b.Sweep(t.Context())
		flush(t, a, b)
		c.want(t, "survey.requested alice", "survey.shown alice", "feedback.received alice 5 solicited=true", "feedback.amended alice 6 after 5")
	})
}

// TestAnswerBeforeRequest: an instance may hear of the answer before the store hears of the request.
func TestAnswerBeforeRequest(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		store, c := shelf(), &teller{}
		a, _ := instance(t, store, c)
		request := event.NewID(time.Now())
		a.Take(of(event.FeedbackReceived, request, score(5)), life)
		flush(t, a)
		a.Take(of(event.SurveyRequested, request), life)
		a.Take(of(event.FeedbackReceived, request, score(4)), life)
		flush(t, a)
		c.want(t, "survey.requested alice", "feedback.received  5 solicited=true", "feedback.amended alice 4 after 5")
	})
}

// TestKilledInstance: another instance tells what a killed one has committed, once, under the same ID, with all that the customer said.
func TestKilledInstance(t *testing.T) {
	for _, kind := range []event.Kind{event.SurveyRequested, event.SurveyShown, event.FeedbackReceived, event.SurveyClosed} {
		t.Run(string(kind), func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				store, c, lost := shelf(), &teller{}, &teller{}
				unsafe := errors.New("nothing is safe")
				a, kill := instance(t, store, lost, func(cfg *ask.Config) { cfg.Safe = func(context.Context) error { return unsafe } })
				b, _ := instance(t, store, c)
				other, _ := instance(t, store, c)
				request := event.NewID(time.Now())
				if kind != event.SurveyRequested {
					b.Take(of(event.SurveyRequested, request), life)
					flush(t, b)
				}
				a.Take(of(kind, request, score(3), ends(event.SurveyDismissed), func(e *event.Event) { e.Feedback.Comment = "so so" }), life)
				synctest.Wait() // the store has it
				kill()
				for range 6 {
					time.Sleep(11 * time.Second)
					b.Sweep(t.Context())
					other.Sweep(t.Context())
				}
				flush(t, b, other)
				want := map[event.Kind]string{
					event.SurveyShown: "survey.shown alice", event.FeedbackReceived: "feedback.received alice 3 solicited=true",
					event.SurveyClosed: "survey.closed alice dismissed shown=false 01T00:00",
				}
				lines := []string{"survey.requested alice"}
				if line, ok := want[kind]; ok {
					lines = append(lines, line)
				}
				c.want(t, lines...)
				told := c.events[len(c.events)-1]
				if c.retold != 1 || len(lost.events) != 1 || told.ID != lost.events[0].ID || told.Feedback.Comment != lost.events[0].Feedback.Comment {
					t.Errorf("%d events are retold: %+v after %+v", c.retold, told, lost.events)
				}
			})
		})
	}
}

// TestWordedAnswer: an answer counts for the version of the question that the customer saw, also where another instance tells it.
func TestWordedAnswer(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		store, c, lost := shelf(), &teller{}, &teller{}
		a, kill := instance(t, store, lost, func(cfg *ask.Config) { cfg.Safe = func(context.Context) error { return errKilled } })
		b, _ := instance(t, store, c)
		version := func(v string) func(*event.Event) { return func(e *event.Event) { e.Feedback.Version = v } }
		requests := []event.ID{event.NewID(time.Now()), event.NewID(time.Now())}
		for _, id := range requests {
			b.Take(of(event.SurveyRequested, id, version("asked")), life)
		}
		flush(t, b)
		worded := of(event.FeedbackReceived, requests[0], score(3), version("seen"))
		worded.SetWorded()
		a.Take(worded, life)
		a.Take(of(event.FeedbackReceived, requests[1], score(3), version("today's")), life)
		synctest.Wait()
		kill()
		for range 6 {
			time.Sleep(11 * time.Second)
			b.Sweep(t.Context())
		}
		flush(t, b)
		for where, events := range map[string][]event.Event{"the first": lost.events, "the other": c.events[2:]} {
			got := map[event.ID]string{}
			for i := range events {
				got[events[i].Feedback.Request] = events[i].Feedback.Version
			}
			if got[requests[0]] != "seen" || got[requests[1]] != "asked" {
				t.Errorf("%s instance tells the versions %v", where, got)
			}
		}
	})
}

// TestExpiredOnce: of several instances one tells that a request has expired, at the time of expiry.
func TestExpiredOnce(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		store, c := shelf(), &teller{}
		a, _ := instance(t, store, c)
		b, _ := instance(t, store, c)
		for range 20 {
			a.Take(of(event.SurveyRequested, event.NewID(time.Now())), life)
		}
		flush(t, a)
		time.Sleep(life + 9*time.Second) // facts from before it may still arrive
		a.Sweep(t.Context())
		if got := len(c.lines(t)); got != 20 {
			t.Errorf("%d events are told within the grace, want 20", got)
		}
		for range 8 {
			time.Sleep(11 * time.Second)
			a.Sweep(t.Context())
			b.Sweep(t.Context())
		}
		flush(t, a, b)
		want := slices.Repeat([]string{"survey.requested alice", "survey.closed alice expired shown=false 08T00:00"}, 20)
		c.want(t, want...)
	})
}

// TestForgottenCustomer: no request of a forgotten customer expires, and an answer to it names no customer.
func TestForgottenCustomer(t *testing.T) {
	for _, test := range []struct {
		name string
		make func(t *testing.T, c *teller) ask.Requests
	}{
		{"in a store", func(t *testing.T, c *teller) ask.Requests {
			t.Helper()
			s, _ := instance(t, shelf(), c)
			return s
		}},
		{"in memory", func(_ *testing.T, c *teller) ask.Requests {
			return ask.NewLocal(ask.Config{Now: time.Now, Tell: c.tell, Fault: func(fault.Report) {}})
		}},
	} {
		t.Run(test.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				c := &teller{}
				r := test.make(t, c)
				request := event.NewID(time.Now())
				r.Take(of(event.SurveyRequested, request), life)
				if err := errors.Join(r.Flush(t.Context()), r.Forget(t.Context(), "alice")); err != nil {
					t.Fatal(err)
				}
				if s, err := r.Look(t.Context(), request); err != nil || s.Expires != (time.Time{}) {
					t.Errorf("of the request there is %+v, %v", s, err)
				}
				time.Sleep(life + time.Minute)
				r.Sweep(t.Context())
				r.Take(of(event.FeedbackReceived, request, score(2)), life)
				if err := r.Flush(t.Context()); err != nil {
					t.Fatal(err)
				}
				c.want(t, "survey.requested alice", "feedback.received  2 solicited=false")
			})
		})
	}
}

// TestAmendedTooOften: a link does not change an answer for ever.
func TestAmendedTooOften(t *testing.T) {
	c := &teller{}
	faults := 0
	r := ask.NewLocal(ask.Config{Now: time.Now, Tell: c.tell, Fault: func(f fault.Report) {
		if f.Fault == fault.RequestOver {
			faults++
		}
	}})
	request := event.NewID(time.Now())
	for n := range 50 {
		r.Take(of(event.FeedbackReceived, request, score(1), func(e *event.Event) { e.Feedback.Comment = fmt.Sprint(n) }), life)
	}
	if got := len(c.lines(t)); got != 17 || faults != 33 {
		t.Errorf("%d events are told and %d faults, want the answer, 16 changes and 33 faults", got, faults)
	}
}

// TestBothKeepRequests: the same is told of requests in a store and in memory.
func TestBothKeepRequests(t *testing.T) {
	day := 24 * time.Hour
	take := func(kind event.Kind, change ...func(*event.Event)) func(ask.Requests, event.ID) bool {
		return func(r ask.Requests, id event.ID) bool { return r.Take(of(kind, id, change...), life) }
	}
	wait := func(d time.Duration) func(ask.Requests, event.ID) bool {
		return func(r ask.Requests, _ event.ID) bool {
			time.Sleep(d)
			for range 5 { // a record is closed when its lease is over
				r.Sweep(context.Background())
				time.Sleep(time.Minute)
			}
			return true
		}
	}
	forget := func(r ask.Requests, _ event.ID) bool { return r.Forget(context.Background(), "alice") == nil }
	asked, shown, answered := take(event.SurveyRequested), take(event.SurveyShown), take(event.FeedbackReceived, score(5))
	for _, test := range []struct {
		name, reason string
		steps        []func(ask.Requests, event.ID) bool
		want         []string
		known, over  bool
		end          event.SurveyEnd
	}{
		{name: "nothing", reason: "no record", steps: nil},
		{
			name: "asked and shown", reason: "both are told", steps: []func(ask.Requests, event.ID) bool{asked, asked, shown, shown},
			want: []string{"survey.requested alice", "survey.shown alice"}, known: true,
		},
		{
			name: "answered", reason: "it may be changed", steps: []func(ask.Requests, event.ID) bool{asked, answered, answered},
			want: []string{"survey.requested alice", "feedback.received alice 5 solicited=true"}, known: true, end: event.SurveyAnswered,
		},
		{
			name: "expired, then shown", reason: "what comes later says nothing", steps: []func(ask.Requests, event.ID) bool{asked, wait(life + day), shown},
			want: []string{"survey.requested alice", "survey.closed alice expired shown=false 08T00:00"}, known: true, over: true,
		},
		{
			name: "an answer to a request that nothing is known of", reason: "the request may still be on its way", steps: []func(ask.Requests, event.ID) bool{answered},
			want: []string{"feedback.received  5 solicited=true"}, known: true, end: event.SurveyAnswered,
		},
		{
			name: "a late answer to a request that nothing is known of", reason: "its ID says when it was made", steps: []func(ask.Requests, event.ID) bool{wait(life), answered},
			want: []string{"feedback.received  5 solicited=false"},
		},
		{
			name: "answered before it expired, and heard of later", reason: "its end is told, and a request ends once", over: true, known: true,
			steps: []func(ask.Requests, event.ID) bool{asked, wait(life + day), take(event.FeedbackReceived, score(5), ago(3*day)), take(event.FeedbackReceived, score(4), ago(3*day))},
			want:  []string{"survey.requested alice", "survey.closed alice expired shown=false 08T00:00", "feedback.received  5 solicited=false", "feedback.received  4 solicited=false"},
		},
		{
			name: "forgotten, then answered", reason: "nothing of the request comes back", over: true, known: true,
			steps: []func(ask.Requests, event.ID) bool{asked, forget, answered, shown, asked, wait(life)},
			want:  []string{"survey.requested alice", "feedback.received  5 solicited=false"},
		},
		{
			name: "answered, forgotten, and answered again", reason: "a request has one answer", over: true, known: true,
			steps: []func(ask.Requests, event.ID) bool{asked, answered, forget, take(event.FeedbackReceived, score(1))},
			want:  []string{"survey.requested alice", "feedback.received alice 5 solicited=true", "feedback.received  1 solicited=false"},
		},
		{
			name: "of another survey", reason: "it is none of this request's", known: true,
			steps: []func(ask.Requests, event.ID) bool{asked, take(event.SurveyShown, survey("loyalty", event.NPS)), take(event.FeedbackReceived, survey("loyalty", event.NPS), score(7)), take(event.SurveyClosed, survey("loyalty", event.NPS), ends(event.SurveyDismissed))},
			want:  []string{"survey.requested alice", "feedback.received  7 solicited=false"},
		},
		{
			name: "on another scale", reason: "a client that finds another scale folds the name", known: true,
			steps: []func(ask.Requests, event.ID) bool{asked, take(event.FeedbackReceived, survey(event.Other, event.NPS), score(7))},
			want:  []string{"survey.requested alice", "feedback.received  7 solicited=false"},
		},
		{
			name: "of a survey whose name is not known", reason: "the instance may be an old one", known: true, end: event.SurveyAnswered,
			steps: []func(ask.Requests, event.ID) bool{asked, take(event.FeedbackReceived, survey(event.Other, event.CES), score(5))},
			want:  []string{"survey.requested alice", "feedback.received alice 5 solicited=true"},
		},
		{
			name: "of another customer", reason: "who is not the one that was asked", known: true,
			steps: []func(ask.Requests, event.ID) bool{asked, take(event.SurveyShown, by("bob")), take(event.FeedbackReceived, score(3), by("bob")), take(event.FeedbackReceived, score(3), by("eve")), take(event.SurveyClosed, by("bob"), ends(event.SurveyDismissed))},
			want:  []string{"survey.requested alice", "feedback.received bob 3 solicited=false", "feedback.received eve 3 solicited=false"},
		},
		{
			name: "bounced in the context of another customer, then shown", reason: "a mail system says it", known: true, over: true,
			steps: []func(ask.Requests, event.ID) bool{asked, take(event.SurveyClosed, by("bob"), ends(event.SurveyBounced)), wait(life + day), shown},
			want:  []string{"survey.requested alice", "survey.closed alice bounced shown=false 01T00:00"},
		},
		{
			name: "of another survey, then answered and changed", reason: "the answer changes nothing that the customer did not say", known: true, end: event.SurveyAnswered,
			steps: []func(ask.Requests, event.ID) bool{
				asked, take(event.FeedbackReceived, survey("loyalty", event.NPS), score(7)), answered,
				take(event.FeedbackReceived, survey("loyalty", event.NPS), score(2)), take(event.FeedbackReceived, score(4)),
			},
			want: []string{
				"survey.requested alice", "feedback.received  7 solicited=false", "feedback.received alice 5 solicited=true",
				"feedback.received  2 solicited=false", "feedback.amended alice 4 after 5",
			},
		},
		{
			name: "shown by another survey before it is known", reason: "the request says what it is about", known: true, end: event.SurveyAnswered,
			steps: []func(ask.Requests, event.ID) bool{take(event.SurveyShown, survey("loyalty", event.NPS)), asked, shown, answered},
			want:  []string{"survey.shown ", "survey.requested alice", "feedback.received alice 5 solicited=true"},
		},
		{
			name: "a late answer, again and again", reason: "the customer has said it once", known: true, over: true,
			steps: []func(ask.Requests, event.ID) bool{asked, wait(life + day), answered, answered, answered, take(event.FeedbackReceived, score(4))},
			want:  []string{"survey.requested alice", "survey.closed alice expired shown=false 08T00:00", "feedback.received  5 solicited=false", "feedback.received  4 solicited=false"},
		},
		{
			name: "nothing else becomes known", reason: "it is forgotten, and no end is told", steps: []func(ask.Requests, event.ID) bool{answered, wait(31 * day), wait(day)},
			want: []string{"feedback.received  5 solicited=true"}, known: true, over: true,
		},
	} {
		for _, place := range []string{"in a store", "in memory"} {
			t.Run(test.name+" "+place, func(t *testing.T) {
				synctest.Test(t, func(t *testing.T) {
					c := &teller{}
					var r ask.Requests = ask.NewLocal(ask.Config{Now: time.Now, Tell: c.tell, Fault: func(fault.Report) {}})
					if place == "in a store" {
						r, _ = instance(t, shelf(), c)
					}
					id := event.NewID(time.Now())
					for i, step := range test.steps {
						if !step(r, id) {
							t.Errorf("step %d is not taken", i)
						}
						if err := r.Flush(t.Context()); err != nil {
							t.Fatal(err)
						}
					}
					c.want(t, test.want...)
					s, err := r.Look(t.Context(), id)
					if err != nil || s.Known != test.known && place == "in a store" || s.Over != test.over || s.Ended != test.end {
						t.Errorf("of the request there is %+v, %v: %s", s, err, test.reason)
					}
					other := of(event.FeedbackReceived, event.ID{}, score(3))
					if r.Take(other, life) {
						t.Error("an answer without a request is taken")
					}
				})
			})
		}
	}
}

// TestNotInTheStore: what the store does not take is told outside metrics, under the IDs that it has anyway.
func TestNotInTheStore(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		told, aside := &teller{}, &teller{}
		r, kill := instance(t, shelf(), told, func(c *ask.Config) { c.Uncommitted, c.QueueSize = aside.tell, 4 })
		kill()
		request := event.NewID(time.Now())
		for range 20 {
			r.Take(of(event.SurveyRequested, event.NewID(time.Now())), life)
		}
		synctest.Wait()
		for _, kind := range []event.Kind{event.SurveyShown, event.FeedbackReceived, event.SurveyClosed} {
			if !r.Take(of(kind, request, score(1), ends(event.SurveyDismissed)), life) {
				t.Errorf("%s is not taken", kind)
			}
		}
		ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
		defer cancel()
		if err := r.Shutdown(ctx); err == nil {
			t.Error("Shutdown says nothing of what the store has not taken")
		}
		if len(told.events) != 0 || len(aside.lines(t)) != 23 {
			t.Errorf("%d events are told and %d set aside, want 0 and 23", len(told.events), len(aside.events))
		}
		if i := slices.IndexFunc(aside.events, func(e event.Event) bool { return e.Kind == event.FeedbackReceived }); aside.events[i].ID != ask.AnswerID(request) {
			t.Errorf("the answer has the ID %v", aside.events[i].ID)
		}
	})
}
