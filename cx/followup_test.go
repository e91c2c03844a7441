package cx_test

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"cairncx.dev/cairn/cx"
	"cairncx.dev/cairn/cx/event"
	"cairncx.dev/cairn/cx/stores/memory"
	"cairncx.dev/cairn/feedback"
	"cairncx.dev/cairn/journey"
	"cairncx.dev/cairn/touchpoint"
)

// hour is how long an hour of these tests lasts. Time that passes costs, because instances look at the store each few seconds.
const hour = time.Minute

// shown returns the duration as it is in hours of these tests, without what tells two steps at one time apart.
func shown(d time.Duration) time.Duration {
	const hours = int64(time.Hour / hour)
	return time.Duration(int64(d) * hours).Truncate(time.Second)
}

// complaints is a follow-up with all kinds of terms.
func complaints() *feedback.FollowUp {
	return feedback.DefineFollowUp("complaint",
		feedback.AcknowledgeWithin(24*hour), feedback.AnswerWithin(120*hour), feedback.UpdateEvery(72*hour),
		feedback.ConfirmWithin(48*hour),
		feedback.ForSeverity("high", feedback.AcknowledgeWithin(4*hour), feedback.AnswerWithin(24*hour)),
		feedback.ForSeverity("urgent", feedback.UpdateEvery(12*hour)),
		feedback.OpenOn(
			feedback.Rule{On: feedback.OnComplaint, Severity: "high", Owner: "care"},
			feedback.Rule{On: feedback.OnDetractor, Segments: []string{"gold"}},
			feedback.Rule{On: feedback.OnFailedJourney, Journey: "claim", Causes: []string{"declined"}},
			feedback.Rule{On: feedback.OnBrokenPromise, Journey: "claim"}))
}

// stepsOf returns the steps and the promises of follow-ups, with when they were since began.
func stepsOf(events []event.Event, began time.Time) (told []string) {
	for _, e := range events {
		if e.Journey.Name != "complaint" {
			continue
		}
		what := strings.TrimPrefix(string(e.Kind), "journey.")
		switch {
		case e.Kind.IsPromise():
			what = strings.TrimPrefix(string(e.Kind), "promise.") + " " + e.Promise.Name
			if e.Kind == event.PromiseMade {
				what += " until " + shown(e.Promise.Due.Sub(began)).String()
			}
			if e.Late {
				what += " late"
			}
		case e.Kind == event.JourneyStageEntered:
			what = fmt.Sprintf("%s %d", e.Stage, e.Visit)
		case e.Kind == event.JourneyEnded:
			what = e.Outcome.String() + " " + e.Cause
		}
		told = append(told, fmt.Sprintf("%v %s", shown(e.Time.Sub(began)), what))
	}
	slices.Sort(told)
	return told
}

// TestFollowUp: the steps and the promises of a follow-up, in memory and with a store.
func TestFollowUp(t *testing.T) {
	t.Parallel()
	hours := func(n int) { time.Sleep(time.Duration(n) * hour) }
	for _, c := range []struct {
		name, reason string
		live         func(f *feedback.FollowUp, ctx context.Context)
		want         []string
	}{
		{"answered in time", "each step once, and every promise kept", func(f *feedback.FollowUp, ctx context.Context) {
			ctx = f.Open(ctx, "1", event.Customer{ID: "ann"})
			hours(1)
			ctx = f.Assess(ctx, "low")
			hours(1)
			ctx = f.Acknowledge(ctx)
			hours(48)
			f.Update(ctx)
			ctx = f.Investigate(ctx)
			ctx = f.Resolve(ctx, "refund")
			hours(1)
			ctx = f.Tell(ctx)
			hours(1)
			f.Confirm(ctx)
		}, []string{
			"0s made acknowledged until 24h0m0s", "0s made answered until 120h0m0s", "0s made updated until 72h0m0s", "0s received 1", "0s started",
			"1h0m0s assessed 1", "2h0m0s acknowledged 1", "2h0m0s kept acknowledged", "2h0m0s kept updated", "2h0m0s made updated until 74h0m0s",
			"50h0m0s investigated 1", "50h0m0s kept updated", "50h0m0s made updated until 122h0m0s", "50h0m0s resolved 1",
			"51h0m0s kept answered", "51h0m0s kept updated", "51h0m0s told 1", "52h0m0s completed ", "52h0m0s confirmed 1",
		}},
		{"told at once", "the answer acknowledges, and nobody has to take all steps", func(f *feedback.FollowUp, ctx context.Context) {
			ctx = f.Open(ctx, "1", event.Customer{ID: "ann"})
			hours(3)
			f.Tell(ctx)
			hours(49)
		}, []string{
			"0s made acknowledged until 24h0m0s", "0s made answered until 120h0m0s", "0s made updated until 72h0m0s", "0s received 1", "0s started",
			"3h0m0s kept acknowledged", "3h0m0s kept answered", "3h0m0s kept updated", "3h0m0s told 1",
			"51h0m0s completed no_objection", "51h0m0s stalled",
		}},
		{"a severity at the beginning", "its times replace those of the follow-up", func(f *feedback.FollowUp, ctx context.Context) {
			ctx = f.Open(ctx, "1", event.Customer{ID: "ann"}, feedback.Severity("high"))
			hours(2)
			f.Withdraw(ctx)
		}, []string{
			"0s made acknowledged until 24h0m0s", "0s made acknowledged until 4h0m0s", "0s made answered until 120h0m0s", "0s made answered until 24h0m0s",
			"0s made updated until 72h0m0s", "0s received 1", "0s started",
			"2h0m0s cancelled withdrawn", "2h0m0s withdrawn acknowledged", "2h0m0s withdrawn answered", "2h0m0s withdrawn updated",
		}},
		{"assessed after it was acknowledged", "a promise that was kept is not made again, and the rest counts from when it was received", func(f *feedback.FollowUp, ctx context.Context) {
			ctx = f.Open(ctx, "1", event.Customer{ID: "ann"})
			hours(1)
			ctx = f.Acknowledge(ctx)
			hours(1)
			ctx = f.Assess(ctx, "high")
			hours(30)
			f.Fail(ctx, feedback.Because("lost"))
		}, []string{
			"0s made acknowledged until 24h0m0s", "0s made answered until 120h0m0s", "0s made updated until 72h0m0s", "0s received 1", "0s started",
			"1h0m0s acknowledged 1", "1h0m0s kept acknowledged", "1h0m0s kept updated", "1h0m0s made updated until 73h0m0s",
			"24h0m0s broken answered", "2h0m0s assessed 1", "2h0m0s made answered until 24h0m0s", "32h0m0s broken updated", "32h0m0s failed lost",
		}},
		{"reopened", "the next visit makes the promises anew", func(f *feedback.FollowUp, ctx context.Context) {
			ctx = f.Open(ctx, "1", event.Customer{ID: "ann"})
			hours(1)
			ctx = f.Tell(ctx)
			hours(9)
			ctx = f.Reopen(ctx)
			hours(25)
			ctx = f.Tell(ctx)
			f.Confirm(ctx)
		}, []string{
			"0s made acknowledged until 24h0m0s", "0s made answered until 120h0m0s", "0s made updated until 72h0m0s", "0s received 1", "0s started",
			"10h0m0s made acknowledged until 34h0m0s", "10h0m0s made answered until 130h0m0s", "10h0m0s made updated until 82h0m0s", "10h0m0s received 2",
			"1h0m0s kept acknowledged", "1h0m0s kept answered", "1h0m0s kept updated", "1h0m0s told 1",
			"34h0m0s broken acknowledged", "35h0m0s completed ", "35h0m0s confirmed 1", "35h0m0s kept acknowledged late", "35h0m0s kept answered",
			"35h0m0s kept updated", "35h0m0s told 2",
		}},
		{"objected just before it is closed", "the time is over, but the client has not told that yet: the customer is heard", func(f *feedback.FollowUp, ctx context.Context) {
			ctx = f.Open(ctx, "1", event.Customer{ID: "ann"})
			time.Sleep(hour / 12) // between two sweeps
			ctx = f.Tell(ctx)
			time.Sleep(48*hour + hour/60)
			ctx = f.Reopen(ctx)
			hours(1)
			f.Tell(ctx)
			hours(49)
		}, []string{
			"0s made acknowledged until 24h0m0s", "0s made answered until 120h0m0s", "0s made updated until 72h0m0s", "0s received 1", "0s started",
			"48h5m0s stalled",
			"48h6m0s made acknowledged until 72h6m0s", "48h6m0s made answered until 168h6m0s", "48h6m0s made updated until 120h6m0s", "48h6m0s received 2",
			"49h6m0s kept acknowledged", "49h6m0s kept answered", "49h6m0s kept updated", "49h6m0s told 2",
			"5m0s kept acknowledged", "5m0s kept answered", "5m0s kept updated", "5m0s told 1",
			"97h6m0s completed no_objection", "97h6m0s stalled",
		}},
		{"a severity that stays", "updates and a next visit keep to the severity, and it counts from the next visit", func(f *feedback.FollowUp, ctx context.Context) {
			ctx = f.Open(ctx, "1", event.Customer{ID: "ann"}, feedback.Severity("urgent"))
			hours(1)
			f.Update(ctx)
			hours(1)
			ctx = f.Tell(ctx)
			hours(8)
			ctx = f.Reopen(ctx)
			hours(1)
			ctx = f.Acknowledge(ctx)
			hours(1)
			ctx = f.Assess(ctx, "high")
			ctx = f.Tell(ctx)
			f.Confirm(ctx)
		}, []string{
			"0s made acknowledged until 24h0m0s", "0s made answered until 120h0m0s", "0s made updated until 12h0m0s", "0s made updated until 72h0m0s",
			"0s received 1", "0s started",
			"10h0m0s made acknowledged until 34h0m0s", "10h0m0s made answered until 130h0m0s", "10h0m0s made updated until 22h0m0s",
			"10h0m0s made updated until 82h0m0s", "10h0m0s received 2",
			"11h0m0s acknowledged 1", "11h0m0s kept acknowledged", "11h0m0s kept updated", "11h0m0s made updated until 23h0m0s",
			"12h0m0s assessed 1", "12h0m0s completed ", "12h0m0s confirmed 1", "12h0m0s kept answered", "12h0m0s kept updated",
			"12h0m0s made answered until 34h0m0s", "12h0m0s told 2",
			"1h0m0s kept updated", "1h0m0s made updated until 13h0m0s", "2h0m0s kept acknowledged", "2h0m0s kept answered", "2h0m0s kept updated", "2h0m0s told 1",
		}},
		{"heard after the answer", "updates are promised until the answer", func(f *feedback.FollowUp, ctx context.Context) {
			ctx = f.Open(ctx, "1", event.Customer{ID: "ann"})
			hours(1)
			ctx = f.Tell(ctx)
			hours(1)
			ctx = f.Acknowledge(ctx)
			hours(1)
			f.Update(ctx)
			hours(40)
			f.Confirm(ctx)
		}, []string{
			"0s made acknowledged until 24h0m0s", "0s made answered until 120h0m0s", "0s made updated until 72h0m0s", "0s received 1", "0s started",
			"1h0m0s kept acknowledged", "1h0m0s kept answered", "1h0m0s kept updated", "1h0m0s told 1", "2h0m0s acknowledged 1",
			"43h0m0s completed ", "43h0m0s confirmed 1",
		}},
		{"steps after the answer", "the customer has the answer, whatever the company does after that", func(f *feedback.FollowUp, ctx context.Context) {
			ctx = f.Open(ctx, "1", event.Customer{ID: "ann"})
			hours(1)
			ctx = f.Tell(ctx)
			hours(1)
			ctx = f.Resolve(ctx, "refund")
			hours(1)
			f.Investigate(ctx)
			hours(50)
		}, []string{
			"0s made acknowledged until 24h0m0s", "0s made answered until 120h0m0s", "0s made updated until 72h0m0s", "0s received 1", "0s started",
			"1h0m0s kept acknowledged", "1h0m0s kept answered", "1h0m0s kept updated", "1h0m0s told 1", "2h0m0s resolved 1", "3h0m0s investigated 1",
			"49h0m0s completed no_objection", "49h0m0s stalled",
		}},
		{"told twice, with a step between", "the time counts from the last answer", func(f *feedback.FollowUp, ctx context.Context) {
			ctx = f.Open(ctx, "1", event.Customer{ID: "ann"})
			ctx = f.Tell(ctx)
			hours(40)
			ctx = f.Resolve(ctx, "refund")
			f.Tell(ctx)
			hours(50)
		}, []string{
			"0s kept acknowledged", "0s kept answered", "0s kept updated",
			"0s made acknowledged until 24h0m0s", "0s made answered until 120h0m0s", "0s made updated until 72h0m0s", "0s received 1", "0s started",
			"0s told 1", "40h0m0s resolved 1", "40h0m0s told 2", "88h0m0s completed no_objection", "88h0m0s stalled",
		}},
		{"reopened after a step after the answer", "a customer who objects is heard, also after a further step of the company", func(f *feedback.FollowUp, ctx context.Context) {
			ctx = f.Open(ctx, "1", event.Customer{ID: "ann"})
			hours(1)
			ctx = f.Tell(ctx)
			ctx = f.Resolve(ctx, "refund")
			hours(1)
			ctx = f.Reopen(ctx)
			ctx = f.Investigate(ctx)
			hours(22)
			ctx = f.Acknowledge(ctx)
			hours(48)
			f.Withdraw(ctx)
		}, []string{
			"0s made acknowledged until 24h0m0s", "0s made answered until 120h0m0s", "0s made updated until 72h0m0s", "0s received 1", "0s started",
			"1h0m0s kept acknowledged", "1h0m0s kept answered", "1h0m0s kept updated", "1h0m0s resolved 1", "1h0m0s told 1",
			"24h0m0s acknowledged 1", "24h0m0s kept acknowledged", "24h0m0s kept updated", "24h0m0s made updated until 96h0m0s",
			"2h0m0s investigated 1", "2h0m0s made acknowledged until 26h0m0s", "2h0m0s made answered until 122h0m0s", "2h0m0s made updated until 74h0m0s",
			"2h0m0s received 2", "72h0m0s cancelled withdrawn", "72h0m0s withdrawn answered", "72h0m0s withdrawn updated",
		}},
		{"assessed after an update", "who has just heard from the company does not wait for an update since the receipt", func(f *feedback.FollowUp, ctx context.Context) {
			ctx = f.Open(ctx, "1", event.Customer{ID: "ann"})
			hours(20)
			f.Update(ctx)
			hours(1)
			ctx = f.Assess(ctx, "urgent")
			hours(11)
			ctx = f.Tell(ctx)
			f.Confirm(ctx)
		}, []string{
			"0s made acknowledged until 24h0m0s", "0s made answered until 120h0m0s", "0s made updated until 72h0m0s", "0s received 1", "0s started",
			"20h0m0s kept updated", "20h0m0s made updated until 92h0m0s", "21h0m0s assessed 1", "21h0m0s made updated until 33h0m0s",
			"24h0m0s broken acknowledged", "32h0m0s completed ", "32h0m0s confirmed 1", "32h0m0s kept acknowledged late", "32h0m0s kept answered",
			"32h0m0s kept updated", "32h0m0s told 1",
		}},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			eachPlace(t, func(t *testing.T, open func(...cx.Option) *instance) {
				f := complaints()
				var got seen
				i := open(cx.WithProcessors(&got), cx.WithDefinitions(f), cx.WithSweepInterval(hour/3))
				began := time.Now()
				c.live(f, i.ctx())
				time.Sleep(hour)
				i.close(t)
				if told := stepsOf(got.all, began); !slices.Equal(told, c.want) {
					t.Errorf("%s: told\n%s\nwant\n%s", c.reason, strings.Join(told, "\n"), strings.Join(c.want, "\n"))
				}
			})
		})
	}
}

// claims are the runs that follow-ups are about.
func claims() *journey.Definition {
	return journey.Define("claim", journey.Stages("filed"), journey.Promise("paid", 10*hour))
}

// TestFollowUpOpens: rules open a follow-up once for each cause, with what is known of the cause.
func TestFollowUpOpens(t *testing.T) {
	t.Parallel()
	ann := event.Customer{ID: "ann", Segment: "gold"}
	for _, c := range []struct {
		name, reason string
		live         func(claim *journey.Definition, i *instance)
		want         []string
	}{
		{"a detractor", "a valued customer", func(claim *journey.Definition, i *instance) {
			ctx := claim.Start(i.ctx(), "7", ann)
			feedback.NPS.Record(ctx, 6)
			claim.Keep(ctx, "paid")
			claim.Complete(ctx)
		}, []string{"detractor about claim 7 feedback gold"}},
		{"a detractor of another segment", "the rule names gold", func(_ *journey.Definition, i *instance) {
			feedback.NPS.Record(i.ctx(), 0, feedback.From(event.Customer{ID: "bob", Segment: "new"}))
		}, nil},
		{"a passive", "7 is no detractor", func(_ *journey.Definition, i *instance) {
			feedback.NPS.Record(i.ctx(), 7, feedback.From(ann))
		}, nil},
		{"a run that failed", "for the cause that the rule names", func(claim *journey.Definition, i *instance) {
			ctx := claim.Start(i.ctx(), "7", ann)
			claim.Keep(ctx, "paid")
			claim.Fail(ctx, journey.Because("declined"))
		}, []string{"failed_journey about claim 7 gold"}},
		{"a run that failed for another cause", "", func(claim *journey.Definition, i *instance) {
			ctx := claim.Start(i.ctx(), "7", ann)
			claim.Keep(ctx, "paid")
			claim.Fail(ctx, journey.Because("timeout"))
		}, nil},
		{"a broken promise", "time breaks it", func(claim *journey.Definition, i *instance) {
			claim.Start(i.ctx(), "7", ann)
			time.Sleep(11 * hour)
		}, []string{"broken_promise about claim 7 gold"}},
		{"a complaint, recorded twice", "one ID is one matter", func(_ *journey.Definition, i *instance) {
			e := event.Event{ID: event.NewID(time.Now()), Kind: event.FeedbackMentioned, Customer: ann, Feedback: &event.Feedback{Source: "letter"}, Mention: &event.Mention{Nature: event.Complaint}}
			i.Record(i.ctx(), e)
			time.Sleep(hour)
			i.Record(i.ctx(), e)
		}, []string{"complaint care high feedback gold"}},
		{"a compliment", "", func(_ *journey.Definition, i *instance) {
			i.Record(i.ctx(), event.Event{Kind: event.FeedbackMentioned, Customer: ann, Feedback: &event.Feedback{}, Mention: &event.Mention{Nature: event.Compliment}})
		}, nil},
		{"a probe", "it is no customer", func(_ *journey.Definition, i *instance) {
			feedback.NPS.Record(i.ctx(), 0, feedback.From(ann), feedback.By(event.ActorSynthetic))
		}, nil},
		{"an answer that is changed to a negative one, and then again", "the matter is the first answer", func(_ *journey.Definition, i *instance) {
			id := event.NewID(time.Now())
			said := func(kind event.Kind, score int, amends event.ID, id event.ID) {
				i.Record(i.ctx(), event.Event{ID: id, Kind: kind, Customer: ann, Feedback: &event.Feedback{Survey: "nps", Scale: event.NPS, Score: score, Amends: amends}})
			}
			said(event.FeedbackReceived, 9, event.ID{}, id)
			said(event.FeedbackAmended, 2, id, event.NewID(time.Now()))
			said(event.FeedbackAmended, 1, id, event.NewID(time.Now()))
		}, []string{"detractor feedback gold"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			eachPlace(t, func(t *testing.T, open func(...cx.Option) *instance) {
				var got seen
				claim := claims()
				i := open(cx.WithProcessors(&got), cx.WithDefinitions(claim, complaints()), cx.WithSweepInterval(hour/3))
				c.live(claim, i)
				time.Sleep(hour)
				i.close(t)
				var told []string
				for _, e := range got.all {
					if e.Kind != event.JourneyStarted || e.Journey.Name != "complaint" {
						continue
					}
					d := e.FollowUp
					if d == nil {
						t.Fatalf("%s: the start has no details: %+v", c.reason, e)
					}
					words := []string{d.Rule, d.Owner, d.Severity}
					if d.About.ID != "" {
						words = append(words, "about", d.About.Name, d.About.ID)
					}
					if !d.Feedback.IsZero() {
						words = append(words, "feedback")
					}
					told = append(told, strings.Join(slices.DeleteFunc(append(words, e.Customer.Segment), func(w string) bool { return w == "" }), " "))
					if d.CausedBy.IsZero() || e.Journey.ID != d.CausedBy.String() || e.Customer.Hash == "" || d.Due.IsZero() {
						t.Errorf("%s: the follow-up %s of %q is caused by %v and due at %v", c.reason, e.Journey.ID, e.Customer.Hash, d.CausedBy, d.Due)
					}
				}
				if !slices.Equal(told, c.want) {
					t.Errorf("%s: opened %q, want %q", c.reason, told, c.want)
				}
			})
		})
	}
}

// TestFollowUpHook: the application is called at each step, in a context in which it can go on.
func TestFollowUpHook(t *testing.T) {
	t.Parallel()
	eachPlace(t, func(t *testing.T, open func(...cx.Option) *instance) {
		f := complaints()
		var mu sync.Mutex
		var told []string
		var got seen
		i := open(cx.WithDefinitions(f), cx.WithProcessors(&got), cx.WithOnFollowUp(func(ctx context.Context, e event.Event) {
			mu.Lock()
			defer mu.Unlock()
			told = append(told, strings.Join(strings.Fields(e.Stage+" "+e.Outcome.String()+" "+e.FollowUp.Note), " "))
			if e.Stage == feedback.Received {
				f.Acknowledge(ctx)
			}
		}), cx.WithUnredactedText())
		ctx := f.Open(i.ctx(), "1", event.Customer{ID: "ann"})
		time.Sleep(time.Minute)
		ctx = f.Tell(ctx, feedback.Note("called"))
		f.Confirm(ctx)
		time.Sleep(time.Minute)
		i.close(t)
		if want := []string{"received", "acknowledged", "told called", "confirmed completed"}; !slices.Equal(told, want) {
			t.Errorf("told %q, want %q", told, want)
		}
	})
}

// TestHooksInOrder: whatever a call takes, the next one about the run begins after it, and those about other runs do not wait.
func TestHooksInOrder(t *testing.T) {
	t.Parallel()
	eachPlace(t, func(t *testing.T, open func(...cx.Option) *instance) {
		f := complaints()
		var mu sync.Mutex
		told := map[string][]string{}
		i := open(cx.WithDefinitions(f), cx.WithOnFollowUp(func(_ context.Context, e event.Event) {
			if e.Journey.ID == "slow" && e.Stage == feedback.Received && e.Visit == 1 {
				time.Sleep(5 * time.Second)
			}
			mu.Lock()
			defer mu.Unlock()
			told[e.Journey.ID] = append(told[e.Journey.ID], e.Stage)
		}))
		want := []string{"received", "told", "received", "told", "confirmed"}
		for _, id := range []string{"slow", "quick"} {
			ctx := f.Open(i.ctx(), id, event.Customer{ID: "ann"})
			for _, move := range []func(context.Context, ...feedback.Option) context.Context{f.Tell, f.Reopen, f.Tell} {
				time.Sleep(time.Millisecond)
				ctx = move(ctx)
			}
			time.Sleep(time.Millisecond)
			f.Confirm(ctx)
		}
		time.Sleep(4 * time.Second)
		synctest.Wait()
		mu.Lock()
		if len(told["slow"]) != 0 || !slices.Equal(told["quick"], want) {
			t.Errorf("while the first call about one is running, they are told %v", told)
		}
		mu.Unlock()
		i.close(t)
		if !slices.Equal(told["slow"], want) {
			t.Errorf("told %v, want %v", told["slow"], want)
		}
	})
}

// TestFollowUpCauses: a client whose causes are declared ends follow-ups with its own causes still.
func TestFollowUpCauses(t *testing.T) {
	t.Parallel()
	eachPlace(t, func(t *testing.T, open func(...cx.Option) *instance) {
		f := feedback.DefineFollowUp("complaint", feedback.ConfirmWithin(24*hour))
		var got seen
		i := open(cx.WithDefinitions(f), cx.WithCauses("too-late"), cx.WithProcessors(&got))
		ann := event.Customer{ID: "ann"}
		f.Tell(f.Open(i.ctx(), "silent", ann))
		f.Withdraw(f.Open(i.ctx(), "withdrawn", ann))
		f.Fail(f.Open(i.ctx(), "other", ann), feedback.Because("something-else"))
		time.Sleep(48 * hour)
		i.close(t)
		causes := map[string]string{}
		for _, e := range got.of(event.JourneyEnded) {
			causes[e.Journey.ID] = e.Cause
		}
		if want := map[string]string{"silent": feedback.NoObjection, "withdrawn": feedback.Withdrawn, "other": event.Other}; !maps.Equal(causes, want) {
			t.Errorf("the follow-ups ended because of %v, want %v", causes, want)
		}
	})
}

// TestFollowUpHolds: while a complaint is open, the contact policy refuses marketing.
func TestFollowUpHolds(t *testing.T) {
	t.Parallel()
	eachPlace(t, func(t *testing.T, open func(...cx.Option) *instance) {
		f := complaints()
		policy := touchpoint.DefineContactPolicy("contacts", touchpoint.Purpose("marketing", touchpoint.StoppedBy("complaint")), touchpoint.Purpose("service"))
		i := open(cx.WithDefinitions(f, policy), cx.WithContactsInMemory())
		ann := event.Customer{ID: "ann"}
		ask := func(purpose string) bool { return policy.Ask(i.ctx(), ann, purpose, event.Email).OK() }
		if !ask("marketing") {
			t.Error("marketing is refused before there is a complaint")
		}
		ctx := f.Open(i.ctx(), "1", ann)
		time.Sleep(time.Minute)
		if ask("marketing") || !ask("service") {
			t.Error("while the complaint is open: want marketing refused, and service granted")
		}
		f.Confirm(f.Tell(ctx))
		time.Sleep(time.Minute)
		if !ask("marketing") {
			t.Error("marketing is refused though the complaint is closed")
		}
		i.close(t)
	})
}

// TestFollowUpOnce: two instances that hear of one complaint open one follow-up, and when it becomes overdue, one of them says so, also
// if the one that opened it is gone.
func TestFollowUpOnce(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		store := newTable()
		var mu sync.Mutex
		var hooks []string
		var got [2]seen
		var all [2]*instance
		for n := range all {
			all[n] = open(t, store, cx.WithDefinitions(complaints()), cx.WithProcessors(&got[n]), cx.WithOnFollowUp(func(_ context.Context, e event.Event) {
				mu.Lock()
				defer mu.Unlock()
				hooks = append(hooks, e.Stage)
			}))
		}
		e := event.Event{ID: event.NewID(time.Now()), Kind: event.FeedbackMentioned, Customer: event.Customer{ID: "ann"}, Feedback: &event.Feedback{}, Mention: &event.Mention{Nature: event.Complaint}}
		var both sync.WaitGroup
		for _, i := range all {
			both.Go(func() { i.Record(i.ctx(), e) })
		}
		both.Wait()
		time.Sleep(time.Minute)
		all[0].close(t)
		time.Sleep(30 * hour)
		all[1].close(t)
		counted := map[event.Kind]int{}
		for n := range got {
			for _, e := range got[n].all {
				if e.Journey.Name == "complaint" {
					counted[e.Kind]++
				}
			}
		}
		if counted[event.JourneyStarted] != 1 || counted[event.JourneyStageEntered] != 1 || counted[event.PromiseBroken] != 2 || !slices.Equal(hooks, []string{feedback.Received}) {
			t.Errorf("events %v, calls of the hook %q: want one start, one step with a call, and the promises acknowledged and answered broken once", counted, hooks)
		}
	})
}

// TestFollowUpAtShutdown: a run that fails just before the client is shut down has a follow-up, with its hold.
func TestFollowUpAtShutdown(t *testing.T) {
	t.Parallel()
	eachPlace(t, func(t *testing.T, open func(...cx.Option) *instance) {
		claim := claims()
		policy := touchpoint.DefineContactPolicy("contacts", touchpoint.Purpose("marketing", touchpoint.StoppedBy("complaint")))
		records, err := memory.New()
		if err != nil {
			t.Fatal(err)
		}
		var got seen
		i := open(cx.WithDefinitions(claim, complaints(), policy), cx.WithProcessors(&got), cx.WithContactStore(records))
		began := time.Now()
		ctx := claim.Start(i.ctx(), "7", event.Customer{ID: "ann", Segment: "gold"})
		claim.Keep(ctx, "paid")
		claim.Fail(ctx, journey.Because("declined"))
		i.close(t)
		if took := time.Since(began); took > 5*time.Second {
			t.Errorf("Shutdown takes %v", took)
		}
		opened := 0
		for _, e := range got.all {
			if e.Kind == event.JourneyStarted && e.Journey.Name == "complaint" {
				opened++
			}
		}
		if opened != 1 {
			t.Errorf("%d follow-ups are open, want 1", opened)
		}
		next := open(cx.WithDefinitions(policy), cx.WithContactStore(records))
		if policy.Ask(next.ctx(), event.Customer{ID: "ann"}, "marketing", event.Email).OK() {
			t.Error("marketing is granted though the complaint is open")
		}
		next.close(t)
	})
}
