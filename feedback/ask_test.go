package feedback_test

import (
	"context"
	"fmt"
	"math"
	"reflect"
	"testing"
	"testing/synctest"
	"time"

	"cairncx.dev/cairn/cx"
	"cairncx.dev/cairn/cx/event"
	"cairncx.dev/cairn/cx/fault"
	"cairncx.dev/cairn/feedback"
	"cairncx.dev/cairn/journey"
	"cairncx.dev/cairn/touchpoint"
)

// TestNilRequest: every method is safe on nil and on the zero value.
func TestNilRequest(t *testing.T) {
	t.Parallel()
	for _, r := range []*feedback.Request{nil, {}, (*feedback.Survey)(nil).Asked(event.NewID(time.Now()))} {
		v := reflect.ValueOf(r)
		for m := range v.Type().Methods() {
			args := []reflect.Value{}
			for n := 1; n < m.Type.NumIn() && (!m.Type.IsVariadic() || n < m.Type.NumIn()-1); n++ {
				args = append(args, reflect.Zero(m.Type.In(n)))
			}
			v.MethodByName(m.Name).Call(args)
		}
		if r.OK() || !r.ID().IsZero() {
			t.Errorf("%+v may be answered", r)
		}
	}
	if _, err := (*feedback.Request)(nil).Status(t.Context()); err == nil {
		t.Error("a refused request has a status")
	}
	if _, err := (*feedback.Request)(nil).Committed(t.Context()); err == nil {
		t.Error("of a refused request something is committed")
	}
}

// asker returns a client that keeps requests in memory, and its faults.
func asker(t *testing.T, opts ...cx.Option) (ctx context.Context, faults *[]fault.Fault) {
	t.Helper()
	faults = &[]fault.Fault{}
	client, err := cx.New(append([]cx.Option{
		cx.WithContactsInMemory(), cx.WithCustomerKey([]byte("a secret of at least 16 bytes")),
		cx.WithOnFault(func(_ context.Context, r fault.Report) { *faults = append(*faults, r.Fault) }),
	}, opts...)...)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = client.Shutdown(context.Background()) })
	return cx.NewContext(context.Background(), client), faults
}

// TestSample: the share of customers who are asked is that of the survey, the same ones are asked each time, and a larger share has all of
// a smaller one. The bounds are four standard deviations of a binomial distribution.
func TestSample(t *testing.T) {
	t.Parallel()
	const customers = 1500
	policy := touchpoint.DefineContactPolicy("contacts", touchpoint.Purpose("survey"), touchpoint.ContactWait(5*time.Second))
	before := map[int]bool{}
	for _, share := range []float64{0.05, 0.3, 0.9, 1} {
		ctx, _ := asker(t, cx.WithDefinitions(policy)) // a client keeps the first definition
		s := feedback.Define("sampled", feedback.NPS, feedback.Sample(share))
		now := map[int]bool{}
		for n := range customers {
			who := event.Customer{ID: fmt.Sprint("customer ", n)}
			req := s.Ask(ctx, who, feedback.Under(policy), feedback.Via(event.Web))
			if again := s.Ask(ctx, who, feedback.Under(policy), feedback.Via(event.Web)); again.OK() != req.OK() {
				t.Fatalf("customer %d is asked %v and then %v", n, req.OK(), again.OK())
			}
			if now[n] = req.OK(); !now[n] && req.Refused() != event.RuleSample {
				t.Fatalf("customer %d is refused as %q", n, req.Refused())
			}
			if before[n] && !now[n] {
				t.Fatalf("customer %d is in the smaller sample only", n)
			}
		}
		asked := 0.0
		for _, ok := range now {
			if ok {
				asked++
			}
		}
		if deviation := 4 * math.Sqrt(share*(1-share)*customers); math.Abs(asked-share*customers) > deviation {
			t.Errorf("%v of %d customers are asked, want %v ± %v", asked, customers, share*customers, deviation)
		}
		before = now
	}
}

// TestSamplesDiffer: who is in the sample of one survey is no more often in that of another one.
func TestSamplesDiffer(t *testing.T) {
	t.Parallel()
	policy := touchpoint.DefineContactPolicy("contacts", touchpoint.Purpose("survey"), touchpoint.ContactWait(5*time.Second))
	ctx, _ := asker(t, cx.WithDefinitions(policy))
	a, b := feedback.Define("a", feedback.NPS, feedback.Sample(0.5)), feedback.Define("b", feedback.NPS, feedback.Sample(0.5))
	both := 0
	for n := range 4000 {
		who := event.Customer{ID: fmt.Sprint("customer ", n)}
		if a.Ask(ctx, who).OK() && b.Ask(ctx, who).OK() {
			both++
		}
	}
	if both < 890 || both > 1110 { // 1000 ± 4 standard deviations
		t.Errorf("%d of 4000 customers are in both halves, want about 1000", both)
	}
}

// TestFailsClosed: a purpose that may be used unchecked does not make a survey ask unchecked.
func TestFailsClosed(t *testing.T) {
	t.Parallel()
	policy := touchpoint.DefineContactPolicy("contacts", touchpoint.Purpose("survey", touchpoint.GrantedIfUnknown()))
	client, err := cx.New(cx.WithDefinitions(policy), cx.WithCustomerKey([]byte("a secret of at least 16 bytes"))) // it has no store
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = client.Shutdown(context.Background()) })
	ctx := cx.NewContext(t.Context(), client)
	for _, every := range []time.Duration{0, time.Hour} {
		req := feedback.Define("s", feedback.NPS, feedback.Every(every)).Ask(ctx, event.Customer{ID: "alice"})
		if req.OK() || req.Refused() != event.RuleUnknown {
			t.Errorf("with Every(%v) it is refused as %q, want %q", every, req.Refused(), event.RuleUnknown)
		}
		if _, err := feedback.Define("s", feedback.NPS).Asked(event.NewID(time.Now())).Status(ctx); err == nil {
			t.Error("there is a status without a store")
		}
	}
}

// TestChannelOfARequest: who is asked where.
func TestChannelOfARequest(t *testing.T) {
	t.Parallel()
	policy := touchpoint.DefineContactPolicy("contacts", touchpoint.Purpose("survey"), touchpoint.ContactWait(5*time.Second))
	stay := journey.Define("stay")
	visit := touchpoint.Define("visit", touchpoint.In(stay, ""))
	for _, test := range []struct {
		name, reason string
		survey       *feedback.Survey
		opts         []feedback.AskOption
		want         event.Channel
	}{
		{"given", "Via goes first", feedback.Define("a", feedback.NPS, feedback.Channels(event.Phone)), []feedback.AskOption{feedback.Via(event.Email)}, event.Email},
		{"of the survey", "it names one", feedback.Define("b", feedback.NPS, feedback.Channels(event.Phone, event.Email)), nil, event.Phone},
		{"of the context", "the survey names none", feedback.Define("c", feedback.NPS, feedback.Sample(1)), nil, event.Kiosk},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			got := make(chan event.Channel, 1)
			ctx, _ := asker(t, cx.WithDefinitions(policy, visit, test.survey), cx.WithProcessors(requests(got)))
			ctx, tp := visit.Start(stay.Start(ctx, "room-7", event.Customer{}), event.Kiosk)
			defer tp.End()
			if req := test.survey.Ask(ctx, event.Customer{ID: "alice"}, test.opts...); !req.OK() {
				t.Fatalf("refused as %q", req.Refused())
			}
			if c := <-got; c != test.want {
				t.Errorf("the channel is %v, want %v: %s", c, test.want, test.reason)
			}
		})
	}
}

// requests is a processor that passes on the channels of requests.
type requests chan event.Channel

func (r requests) Process(_ context.Context, e *event.Event) {
	if e.Kind == event.SurveyRequested {
		r <- e.Channel
	}
}

func (requests) Shutdown(context.Context) error { return nil }

// TestARequestIsSentWithItsGrant: a touchpoint with the grant of the request keeps the contact policy.
func TestARequestIsSentWithItsGrant(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		policy := touchpoint.DefineContactPolicy("contacts", touchpoint.Purpose("survey", touchpoint.Cap(1, time.Hour)))
		mail := touchpoint.Define("mail", touchpoint.For("survey"))
		violations := 0
		ctx, faults := asker(t, cx.WithDefinitions(policy, mail), cx.WithOnViolation(func(context.Context, event.Event) { violations++ }))
		req := feedback.Define("s", feedback.NPS, feedback.Sample(1)).Ask(ctx, event.Customer{ID: "alice"}, feedback.Via(event.Email))
		_, tp := mail.Start(ctx, event.Email, touchpoint.Granted(req.Grant()))
		tp.End()
		synctest.Wait()
		if !req.OK() || violations != 0 || len(*faults) != 0 {
			t.Errorf("refused as %q, %d violations, faults %v", req.Refused(), violations, *faults)
		}
		_, tp = mail.Start(ctx, event.Email, touchpoint.Granted(req.Grant()))
		tp.End()
		synctest.Wait()
		if violations != 1 {
			t.Errorf("a second mail is %d violations, want 1", violations)
		}
	})
}

// TestFaultySurveyAsksNobody: a survey whose definition cannot hold has no Every that could protect a customer, so that it asks none.
func TestFaultySurveyAsksNobody(t *testing.T) {
	t.Parallel()
	policy := touchpoint.DefineContactPolicy("asks", touchpoint.Purpose("survey"), touchpoint.ContactWait(5*time.Second))
	mine := feedback.Define("mine", feedback.CSAT, feedback.Every(time.Hour))
	for _, test := range []struct {
		name, reason string
		survey       *feedback.Survey
		want         string
		fault        []fault.Fault
	}{
		{"no name", "nothing could be counted under it", feedback.Define("", feedback.CSAT), event.RuleUndeclared, []fault.Fault{fault.InvalidName}},
		{"no scale", "no score is on it", feedback.Define("a", feedback.Question(77)), event.RuleUndeclared, []fault.Fault{fault.InvalidName}},
		{"a negative time", "it is no bound", feedback.Define("b", feedback.CSAT, feedback.Every(-time.Hour)), event.RuleUndeclared, []fault.Fault{fault.InvalidName}},
		{"over before it begins", "it cannot be answered", feedback.Define("c", feedback.CSAT, feedback.Expires(-1)), event.RuleUndeclared, []fault.Fault{fault.InvalidName}},
		{"another scale than the client's", "its answers would be none of the survey's", feedback.Define("mine", feedback.NPS, feedback.Every(time.Hour)), event.RuleUndeclared, []fault.Fault{fault.Conflict}},
		{"other terms than the client's", "those of the client hold", feedback.Define("mine", feedback.CSAT, feedback.Every(time.Minute)), "", []fault.Fault{fault.Conflict}},
		{"one that the client does not know", "the client adopts it", feedback.Define("new", feedback.CSAT, feedback.Every(time.Hour)), "", []fault.Fault{}},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			ctx, faults := asker(t, cx.WithDefinitions(policy, mine))
			r := test.survey.Ask(ctx, event.Customer{ID: "ann"})
			if err := cx.FromContext(ctx).Flush(ctx); err != nil { // faults are told in the background
				t.Error(err)
			}
			if r.Refused() != test.want || !reflect.DeepEqual(*faults, test.fault) {
				t.Errorf("it is refused as %q, with the faults %v, want %q and %v: %s", r.Refused(), *faults, test.want, test.fault, test.reason)
			}
		})
	}
}

// TestAskedAtAnImpossibleTime: the request expires as the client has recorded it.
func TestAskedAtAnImpossibleTime(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		ctx, _ := asker(t, cx.WithDefinitions(touchpoint.DefineContactPolicy("asks", touchpoint.Purpose("survey"))))
		r := feedback.Define("mine", feedback.CSAT, feedback.Expires(time.Hour)).Ask(ctx, event.Customer{ID: "ann"}, feedback.At(time.Time{}.Add(1)))
		s, err := r.Status(ctx)
		if want := time.Now().Add(time.Hour); err != nil || !r.Expires().Equal(want) || !s.Expires.Equal(want) {
			t.Errorf("it expires at %v, and says %v, want %v (%v)", s.Expires, r.Expires(), want, err)
		}
	})
}
