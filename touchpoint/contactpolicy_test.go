package touchpoint_test

import (
	"context"
	"strings"
	"testing"
	"time"

	"cairncx.dev/cairn/cx/calendar"
	"cairncx.dev/cairn/cx/event"
	"cairncx.dev/cairn/internal/flight"
	"cairncx.dev/cairn/touchpoint"
)

const week = 7 * 24 * time.Hour

// TestContactPolicyFaults: Validate names each fault of a policy, and what is allowed instead.
func TestContactPolicyFaults(t *testing.T) {
	t.Parallel()
	define := touchpoint.DefineContactPolicy
	purpose := func(o ...touchpoint.PurposeOption) touchpoint.ContactOption { return touchpoint.Purpose("offer", o...) }
	for _, test := range []struct {
		name   string
		policy *touchpoint.ContactPolicy
		want   string // "" is valid
	}{
		{"nil", nil, "is nil"},
		{"the plainest", define("contacts", purpose()), ""},
		{"nil options", define("contacts", nil, purpose(nil)), ""},
		{"at all bounds", define("contacts", purpose(touchpoint.Cap(touchpoint.MaxCap, touchpoint.MaxCapWindow), touchpoint.GrantLife(touchpoint.MaxGrantLife)),
			touchpoint.ContactWait(touchpoint.MaxContactWait)), ""},
		{"no name", define("", purpose()), "a name is 1 to 64 bytes"},
		{"no purpose", define("contacts"), "no Purpose"},
		{"a purpose without a name", define("contacts", touchpoint.Purpose("_x")), "a name is 1 to 64 bytes"},
		{"a purpose twice", define("contacts", purpose(), purpose()), "declared twice"},
		{"no wait", define("contacts", purpose(), touchpoint.ContactWait(0)), "ContactWait is 0s"},
		{"a long wait", define("contacts", purpose(), touchpoint.ContactWait(touchpoint.MaxContactWait+1)), "at most 5s"},
		{"a cap of none", define("contacts", purpose(touchpoint.Cap(0, week))), "have to be 1 to 64"},
		{"a cap of too many", define("contacts", purpose(touchpoint.Cap(65, week))), "have to be 1 to 64"},
		{"a cap without a window", define("contacts", purpose(touchpoint.Cap(1, 0))), "the window has to be more than 0"},
		{"a cap with a window of years", define("contacts", purpose(touchpoint.Cap(1, touchpoint.MaxCapWindow+1))), "at most 9600h0m0s"},
		{"a cap on no channel", define("contacts", purpose(touchpoint.Cap(1, week, 0))), "counts the channel 0"},
		{"caps beyond the record", define("contacts", purpose(touchpoint.Cap(40, week), touchpoint.Cap(2, time.Hour)),
			touchpoint.Purpose("survey", touchpoint.Cap(25, week))), "allow 65 contacts"},
		{"only on no channel", define("contacts", purpose(touchpoint.OnlyOn(99))), "OnlyOn names the channel 99"},
		{"a hold without a name", define("contacts", purpose(touchpoint.StoppedBy(""))), "StoppedBy names the hold"},
		{"no life", define("contacts", purpose(touchpoint.GrantLife(0))), "GrantLife is 0s"},
		{"a long life", define("contacts", purpose(touchpoint.GrantLife(touchpoint.MaxGrantLife+1))), "at most 168h0m0s"},
		{
			"caps of some channels beyond the record", define("contacts", purpose(touchpoint.Cap(1, time.Hour, event.Email), touchpoint.Cap(64, time.Minute, event.Phone))),
			"its caps allow 65 contacts in their longest windows",
		},
		{"caps together beyond the record", define("contacts", purpose(), touchpoint.Purpose("b"), touchpoint.Purpose("c", touchpoint.Cap(1, time.Minute)),
			touchpoint.CapTogether(64, time.Hour, "offer", "b")), "its caps allow 65 contacts in their longest windows"},
		{"faulty quiet hours", define("contacts", purpose(touchpoint.QuietHours(calendar.Define("night")))), "QuietHours"},
		{"one purpose together", define("contacts", purpose(), touchpoint.CapTogether(1, week, "offer")), "names 1 purposes"},
		{"an unknown purpose together", define("contacts", purpose(), touchpoint.CapTogether(1, week, "offer", "ofer")), `"ofer", which is not declared`},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			err := test.policy.Validate()
			if (err == nil) != (test.want == "") || err != nil && !strings.Contains(err.Error(), test.want) {
				t.Errorf("Validate returns %v, want %q", err, test.want)
			}
			if test.policy == nil && (test.policy.Name() != "" || test.policy.Purposes() != nil) {
				t.Error("a nil policy has a name, or purposes")
			}
		})
	}
}

// TestContactPolicyEqual: two policies are equal if they decide the same.
func TestContactPolicyEqual(t *testing.T) {
	t.Parallel()
	night := calendar.Define("night", calendar.Zone("UTC"), calendar.Open("daily", "21:00-08:00"))
	define := func(o ...touchpoint.PurposeOption) *touchpoint.ContactPolicy {
		return touchpoint.DefineContactPolicy("contacts", touchpoint.Purpose("offer", o...), touchpoint.Purpose("survey"))
	}
	plain := define()
	for _, test := range []struct {
		name  string
		other *touchpoint.ContactPolicy
		want  bool
	}{
		{"the same", define(), true},
		{"another order", touchpoint.DefineContactPolicy("contacts", touchpoint.Purpose("survey"), touchpoint.Purpose("offer")), true},
		{"the default life", define(touchpoint.GrantLife(10 * time.Minute)), true},
		{"nil", nil, false},
		{"another name", touchpoint.DefineContactPolicy("other", touchpoint.Purpose("survey"), touchpoint.Purpose("offer")), false},
		{"a purpose less", touchpoint.DefineContactPolicy("contacts", touchpoint.Purpose("offer")), false},
		{"another wait", touchpoint.DefineContactPolicy("contacts", touchpoint.Purpose("offer"), touchpoint.Purpose("survey"), touchpoint.ContactWait(1)), false},
		{"a cap together", touchpoint.DefineContactPolicy("contacts", touchpoint.Purpose("offer"), touchpoint.Purpose("survey"), touchpoint.CapTogether(1, week, "offer", "survey")), false},
		{"a channel", define(touchpoint.OnlyOn(event.Email)), false},
		{"consent", define(touchpoint.NeedsConsent()), false},
		{"a cap", define(touchpoint.Cap(1, week)), false},
		{"quiet hours", define(touchpoint.QuietHours(night)), false},
		{"a hold", define(touchpoint.StoppedBy("complaint")), false},
		{"a life", define(touchpoint.GrantLife(time.Hour)), false},
		{"unknown", define(touchpoint.GrantedIfUnknown()), false},
	} {
		if got := plain.Equal(test.other); got != test.want {
			t.Errorf("%s: Equal is %v, want %v", test.name, got, test.want)
		}
		if test.other != nil && test.other.Equal(plain) != test.want {
			t.Errorf("%s: Equal differs the other way round", test.name)
		}
	}
}

// desk is a recorder with a desk, which answers what a test wants.
type desk struct {
	flight.Discard

	ask, use flight.Answer
	asked    []flight.Asking
	released int
	amended  int
	recorded []event.Event
}

func (d *desk) Ask(_ context.Context, a *flight.Asking) flight.Answer {
	a.ID = event.ID{15: 1}
	d.asked = append(d.asked, *a)
	return d.ask
}
func (d *desk) May(context.Context, *flight.Asking) flight.Answer { return d.ask }
func (d *desk) Use(context.Context, *flight.Asking) flight.Answer { return d.use }
func (d *desk) Release(context.Context, *flight.Asking)           { d.released++ }
func (d *desk) Amend(context.Context, event.Customer, flight.Amendment) error {
	d.amended++
	return nil
}

func (d *desk) Record(_ context.Context, e *flight.Event) { d.recorded = append(d.recorded, e.Event) }

// TestGrantCalls: a grant asks the desk as often as it must, and no more.
func TestGrantCalls(t *testing.T) {
	t.Parallel()
	yes, no := flight.Answer{Rule: event.RuleGranted}, flight.Answer{Rule: event.RuleHold, Cause: "complaint"}
	policy := touchpoint.DefineContactPolicy("contacts", touchpoint.Purpose("offer"))
	begin := func(d *desk) (context.Context, *touchpoint.Grant) {
		ctx := flight.NewContext(context.Background(), d)
		return ctx, policy.Ask(ctx, event.Customer{ID: "alice"}, "offer", event.Email)
	}
	d := &desk{ask: yes, use: no}
	ctx, g := begin(d)
	if !g.OK() || g.ID().IsZero() || g.Use(ctx) || g.OK() || g.Reason() != event.RuleHold || g.Cause() != "complaint" {
		t.Errorf("after a use that was refused the grant is %v for %q", g.OK(), g.Reason())
	}
	d.use = yes
	if g.Use(ctx) {
		t.Error("a use that was refused is not final")
	}
	if g.Release(ctx); d.released != 0 {
		t.Error("a refused grant was released")
	}
	if len(d.recorded) != 1 || d.recorded[0].Kind != event.ContactSuppressed || d.recorded[0].Contact.Grant != g.ID() || d.recorded[0].Cause != "complaint" {
		t.Errorf("recorded: %+v, want one refusal", d.recorded)
	}

	d = &desk{ask: yes, use: yes}
	ctx, g = begin(d)
	if !g.Use(ctx) || !g.Use(ctx) || len(d.recorded) != 0 {
		t.Errorf("the grant is %q, and recorded is %+v", g.Reason(), d.recorded)
	}
	g.Release(ctx)
	g.Release(ctx)
	if d.released != 1 || g.OK() || g.Use(ctx) || g.Reason() != event.RuleReleased {
		t.Errorf("released %d times, and the reason is %q", d.released, g.Reason())
	}

	var none *touchpoint.Grant
	if none.Release(ctx); none.OK() || none.Use(ctx) || none.Reason() != event.RuleUnknown || none.Cause() != "" || !none.ID().IsZero() {
		t.Error("a nil grant is no refusal")
	}
	var nothing *touchpoint.ContactPolicy
	if g := nothing.Ask(ctx, event.Customer{}, "offer", event.Email); g.OK() {
		t.Error("a nil policy grants")
	}
}

// TestAskWithout: a nil context and a context without a client are refused and do not panic.
func TestAskWithout(t *testing.T) {
	t.Parallel()
	policy := touchpoint.DefineContactPolicy("contacts", touchpoint.Purpose("offer", touchpoint.StoppedBy("complaint")))
	for _, ctx := range []context.Context{nil, flight.NewContext(context.Background(), flight.Discard{})} {
		g := policy.Ask(ctx, event.Customer{ID: "alice"}, "offer", event.Email, nil)
		if g.OK() || g.Use(ctx) || g.Reason() != event.RuleUnknown {
			t.Errorf("the answer is %q", g.Reason())
		}
		g.Release(ctx)
		if ok, reason := policy.May(ctx, event.Customer{ID: "alice"}, "offer", event.Email); ok || reason != event.RuleUnknown {
			t.Errorf("May answers %v and %q", ok, reason)
		}
		if err := policy.OpenHold(ctx, event.Customer{ID: "alice"}, "complaint", "1"); err == nil || !strings.Contains(err.Error(), "cx.WithStore") {
			t.Errorf("OpenHold returns %v", err)
		}
	}
}

// TestAmendmentsAreChecked: a change of a record that would have no effect, or a wrong one, is an error that says what to do.
func TestAmendmentsAreChecked(t *testing.T) {
	t.Parallel()
	d := &desk{}
	ctx := flight.NewContext(context.Background(), d)
	alice := event.Customer{ID: "alice"}
	policy := touchpoint.DefineContactPolicy("contacts", touchpoint.Purpose("offer", touchpoint.StoppedBy("complaint")))
	var nothing *touchpoint.ContactPolicy
	long := strings.Repeat("x", 65)
	for _, test := range []struct{ name, want, got string }{
		{"no purpose", "no purpose", text(policy.Consent(ctx, alice, touchpoint.Permit{}))},
		{"an unknown purpose", `no purpose "ofer": it has ["offer"]`, text(policy.Withdraw(ctx, alice, touchpoint.Permit{Purpose: "ofer"}))},
		{"an unknown channel", "no channel 99", text(policy.Consent(ctx, alice, touchpoint.Permit{Purpose: "offer", Channel: 99}))},
		{"a long source", "the source", text(policy.Consent(ctx, alice, touchpoint.Permit{Purpose: "offer", Source: long}))},
		{"a time before 1970", "out of range", text(policy.Consent(ctx, alice, touchpoint.Permit{Purpose: "offer", At: time.Unix(-1e9, 0)}))},
		{"no reason", "the reason is", text(policy.Suppress(ctx, alice, touchpoint.Suppression{}))},
		{"an unknown purpose of a suppression", "no purpose", text(policy.Suppress(ctx, alice, touchpoint.Suppression{Reason: touchpoint.Minor, Purpose: "x"}))},
		{"lifted by no one", "who lifts it", text(policy.Lift(ctx, alice, touchpoint.Suppression{Reason: touchpoint.Minor}, ""))},
		{"an unknown hold", `["complaint"]`, text(policy.OpenHold(ctx, alice, "complain", "1"))},
		{"a hold for nothing", "name the matter", text(policy.CloseHold(ctx, alice, "complaint", ""))},
		{"no policy", "the contact policy is nil", text(nothing.Consent(ctx, alice, touchpoint.Permit{Purpose: "offer"}))},
		{"no policy for a hold", "the contact policy is nil", text(nothing.OpenHold(ctx, alice, "complaint", "1"))},
	} {
		if !strings.Contains(test.got, test.want) || !strings.HasPrefix(test.got, "touchpoint: ") {
			t.Errorf("%s: the error is %q, want one that says %q", test.name, test.got, test.want)
		}
	}
	if d.amended != 0 {
		t.Errorf("%d faulty changes were made", d.amended)
	}
	for _, err := range []error{
		policy.Consent(ctx, alice, touchpoint.Permit{Purpose: "offer", Source: "form", At: time.Unix(1e9, 0)}),
		policy.Suppress(nil, alice, touchpoint.Suppression{Reason: touchpoint.Minor}), //nolint:staticcheck // a nil context is the default client
	} {
		if err != nil && !strings.Contains(err.Error(), "no client") {
			t.Error(err)
		}
	}
	if d.amended != 1 {
		t.Errorf("%d changes were made, want one", d.amended)
	}
}

func text(err error) string {
	if err == nil {
		return ""
	}
	return err.Error()
}
