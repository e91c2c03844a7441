package resolve_test

import (
	"encoding/json"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"go.opentelemetry.io/otel/attribute"

	"cairncx.dev/cairn/cx/event"
	"cairncx.dev/cairn/internal/flight"
	"cairncx.dev/cairn/internal/resolve"
	"cairncx.dev/cairn/touchpoint"
)

// TestApdex goes by the Apdex Technical Specification, version 1.1: section 3.2 for the
// zones (F = 4T; T and F themselves belong to the better zone), and errors are frustrated.
func TestApdex(t *testing.T) {
	t.Parallel()
	const target = 800 * time.Millisecond
	for _, c := range []struct {
		name, reason string
		took         time.Duration
		outcome      event.Outcome
		want         event.Zone
	}{
		{"nothing", "zero is within T", 0, event.OK, event.Satisfied},
		{"below T", "satisfied", target - 1, event.OK, event.Satisfied},
		{"T", "T itself is satisfied", target, event.OK, event.Satisfied},
		{"above T", "tolerating", target + 1, event.OK, event.Tolerating},
		{"below 4T", "tolerating", 4*target - 1, event.OK, event.Tolerating},
		{"4T", "F itself is tolerating", 4 * target, event.OK, event.Tolerating},
		{"above 4T", "frustrated, by a nanosecond", 4*target + 1, event.OK, event.Frustrated},
		{"4T and three", "no rounding down into F", 4*target + 3, event.OK, event.Frustrated},
		{"far above", "frustrated", event.MaxDuration, event.OK, event.Frustrated},
		{"degraded", "it is the time that counts", target, event.Degraded, event.Satisfied},
		{"failed fast", "an error is frustrated however fast it came", 1, event.Failed, event.Frustrated},
		{"failed slowly", "frustrated", time.Hour, event.Failed, event.Frustrated},
		{"cancelled", "the customer did not wait for it", time.Hour, event.Cancelled, 0},
		{"abandoned", "the customer has left", time.Hour, event.Abandoned, 0},
		{"unknown outcome", "it was ok until somebody says otherwise", target, 0, event.Satisfied},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			r := resolver(t)
			e := run(event.TouchpointEnded)
			e.Touchpoint, e.Duration, e.Outcome, e.Zone = "pay", c.took, c.outcome, event.Satisfied
			r.Open(&e)
			r.Close(&e)
			if e.Zone != c.want {
				t.Errorf("%v after %v is %q, want %q: %s", c.outcome, c.took, e.Zone, c.want, c.reason)
			}
		})
	}
	t.Run("the specification's example", func(t *testing.T) {
		// T = 3 s with 60 satisfied, 30 tolerating and 10 frustrated is 0.75.
		t.Parallel()
		tp := touchpoint.Define("page", touchpoint.Satisfied(3*time.Second))
		r, err := resolve.New(resolve.Config{Now: time.Now}, tp)
		if err != nil {
			t.Fatal(err)
		}
		zones := map[event.Zone]float64{}
		for i := range 100 {
			e := flight.Event{Event: event.Event{Kind: event.TouchpointEnded, Touchpoint: "page", Outcome: event.OK}}
			switch {
			case i < 60:
				e.Duration = time.Duration(i) * 50 * time.Millisecond // up to 2.95 s
			case i < 90:
				e.Duration = 3*time.Second + time.Duration(i-59)*300*time.Millisecond // up to 12 s
			case i < 95:
				e.Duration = 12*time.Second + time.Duration(i)
			default:
				e.Outcome = event.Failed
			}
			r.Open(&e)
			r.Close(&e)
			zones[e.Zone]++
		}
		if got := (zones[event.Satisfied] + zones[event.Tolerating]/2) / 100; got != 0.75 {
			t.Errorf("Apdex is %v of %v, want 0.75", got, zones)
		}
	})
	t.Run("the largest target", func(t *testing.T) {
		t.Parallel()
		tp := touchpoint.Define("pension", touchpoint.Satisfied(event.MaxDuration))
		r, err := resolve.New(resolve.Config{Now: time.Now}, tp)
		if err != nil {
			t.Fatal(err)
		}
		e := flight.Event{Event: event.Event{Kind: event.TouchpointEnded, Touchpoint: "pension", Duration: event.MaxDuration}}
		r.Open(&e)
		r.Close(&e)
		if e.Zone != event.Satisfied {
			t.Errorf("ten years of ten years are %q", e.Zone)
		}
	})
	t.Run("no target", func(t *testing.T) {
		t.Parallel()
		for _, name := range []string{"search", "unknown"} {
			r := resolver(t)
			e := flight.Event{Event: event.Event{Kind: event.TouchpointEnded, Touchpoint: name, Duration: time.Hour}}
			r.Open(&e)
			r.Close(&e)
			if e.Zone != 0 {
				t.Errorf("%s, which has no target, is %q", name, e.Zone)
			}
		}
	})
}

// TestPlaces: the stage and the end that a touchpoint declares hold in its own journey only.
func TestPlaces(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name, reason string
		e            flight.Event
		stage        string
		ends         event.Outcome
	}{
		{"in its journey", "it declares both", flight.Event{Event: event.Event{Journey: event.Run{Name: "checkout", ID: "1"}, Touchpoint: "confirm", Outcome: event.OK}}, "payment", event.Completed},
		{"degraded", "the customer has what they came for", flight.Event{Event: event.Event{Journey: event.Run{Name: "checkout", ID: "1"}, Touchpoint: "confirm", Outcome: event.Degraded}}, "payment", event.Completed},
		{"failed", "unless it fails", flight.Event{Event: event.Event{Journey: event.Run{Name: "checkout", ID: "1"}, Touchpoint: "confirm", Outcome: event.Failed}}, "payment", 0},
		{"cancelled", "called off is not done", flight.Event{Event: event.Event{Journey: event.Run{Name: "checkout", ID: "1"}, Touchpoint: "confirm", Outcome: event.Cancelled}}, "payment", 0},
		{"in another journey", "another journey has other stages", flight.Event{Event: event.Event{Journey: event.Run{Name: "other", ID: "1"}, Touchpoint: "confirm", Outcome: event.OK}}, "", 0},
		{"in no journey", "there is nothing to end", flight.Event{Event: event.Event{Touchpoint: "confirm", Outcome: event.OK}}, "", 0},
		{"of no journey", "it declares none", flight.Event{Event: event.Event{Journey: event.Run{Name: "checkout", ID: "1"}, Touchpoint: "search", Outcome: event.OK}}, "", 0},
		{"unknown", "no definition says what it declares", flight.Event{Event: event.Event{Journey: event.Run{Name: "checkout", ID: "1"}, Touchpoint: "nope", Outcome: event.OK}}, "", 0},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			r := resolver(t)
			e := c.e
			e.Kind = event.TouchpointEnded
			stage, _ := r.Open(&e)
			r.Close(&e)
			if ends := r.Ends(&e); stage != c.stage || ends != c.ends {
				t.Errorf("it declares %q and %v, want %q and %v: %s", stage, ends, c.stage, c.ends, c.reason)
			}
		})
	}
}

// TestCallersKeepTheirOwn: the resolver changes the event, and nothing that the caller gave
// with it, who may use it again or at the same time.
func TestCallersKeepTheirOwn(t *testing.T) {
	t.Parallel()
	long := strings.Repeat("x", 200)
	kvs := []attribute.KeyValue{attribute.String(long, "a\xff"), attribute.Int("", 1)}
	causes := []string{long, "slow"}
	was, te := 99, event.Testimonial{Version: long, Text: long}
	f := event.Feedback{Survey: "unknown", Scale: event.NPS, Score: 3, Comment: "secret", Causes: causes, Previous: &was, Testimonial: &te}
	me := event.Mention{Address: "secret", Stars: 9}
	v := event.Variant{Release: long}
	a := event.Assisted{
		Legs: []event.Leg{{Queue: long, Wait: -1, AgentID: "e-1"}}, Views: []event.View{{Part: long}},
		Decisions: []event.Decision{{What: long, Skipped: []string{long}, Amount: &event.Money{Currency: "Euro"}}},
		Thread:    &event.Thread{Replies: []event.Reply{{After: -1}}},
	}
	fu := event.FollowUp{ID: "f", Owner: long, Note: "secret"}
	ac := event.Action{Name: long, Note: "secret", Feedbacks: make([]event.ID, 300)}
	bd := event.Breakdown{Name: long, Note: "secret", Since: 7, Placed: []event.Placed{{Column: long}}, Value: &event.Money{Currency: "Euro"}}
	co := event.Contact{Rule: long}
	tr := event.Transition{From: long}
	m := event.Money{Currency: "Euro"}
	e := run(event.FeedbackReceived)
	e.Attributes, e.Feedback, e.Variant, e.Assisted, e.FollowUp, e.Action, e.Contact, e.Transition, e.Journey.Value = kvs, &f, &v, &a, &fu, &ac, &co, &tr, &m
	e.Mention, e.Breakdown = &me, &bd
	before := e
	beforeBD := bd
	beforeBD.Placed, beforeBD.Value = slices.Clone(bd.Placed), &event.Money{Currency: "Euro"}
	beforeTE, beforeME := te, me
	beforeF, beforeV, beforeA, beforeFU, beforeAC, beforeCO, beforeTR, beforeM := f, v, copied(t, a), fu, ac, co, tr, m
	beforeF.Causes = slices.Clone(causes)
	beforeKVs := slices.Clone(kvs)

	r := resolver(t, func(cfg *resolve.Config) { cfg.Redact = func(string) string { return "redacted" } })
	var wg sync.WaitGroup
	for range 4 {
		wg.Go(func() {
			e := before
			r.Open(&e)
			r.Close(&e)
		})
	}
	wg.Wait()
	for what, diff := range map[string]string{
		"feedback": cmp.Diff(beforeF, f), "variant": cmp.Diff(beforeV, v), "assisted": cmp.Diff(beforeA, copied(t, a)), "follow-up": cmp.Diff(beforeFU, fu),
		"action": cmp.Diff(beforeAC, ac), "contact": cmp.Diff(beforeCO, co), "breakdown": cmp.Diff(beforeBD, bd), "transition": cmp.Diff(beforeTR, tr), "money": cmp.Diff(beforeM, m),
		"causes": cmp.Diff(beforeF.Causes, causes), "testimonial": cmp.Diff(beforeTE, te), "mention": cmp.Diff(beforeME, me), "score": cmp.Diff(99, was),
		"attributes": cmp.Diff(beforeKVs, kvs, cmp.Comparer(func(a, b attribute.Value) bool { return a == b })),
	} {
		if diff != "" {
			t.Errorf("the caller's %s was changed (-before +after):\n%s", what, diff)
		}
	}
}

// copied returns a copy of v that shares nothing with it.
func copied[T any](t *testing.T, v T) (c T) {
	t.Helper()
	b, err := json.Marshal(v)
	if err == nil {
		err = json.Unmarshal(b, &c)
	}
	if err != nil {
		t.Fatal(err)
	}
	return c
}
