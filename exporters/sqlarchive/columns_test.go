package sqlarchive_test

import (
	"fmt"
	"math"
	"slices"
	"strings"
	"testing"
	"time"

	"cairncx.dev/cairn/cx/event"
	"cairncx.dev/cairn/exporters/sqlarchive"
)

// TestColumns: each field of an event that has a column is in it, and a column of what the event does not say is NULL.
func TestColumns(t *testing.T) {
	t.Parallel()
	j := event.Run{Namespace: "test", Name: "checkout", ID: "cart-42", Version: "7", Started: noon, Value: &event.Money{Amount: 4999, Currency: "EUR"}}
	full := event.Event{
		ID: id(1), Journey: j, Time: noon, Stage: "payment", Visit: 2, Touchpoint: "pay", Channel: event.Web, Outcome: event.Failed, Cause: "declined",
		Customer: event.Customer{Hash: "c1", Segment: "new"}, Late: true, Actor: event.ActorDelegate, Direction: event.Outbound, Duration: 1500 * time.Millisecond,
	}
	of := func(kind event.Kind, fill func(*event.Event)) event.Event {
		e := full
		e.Kind = kind
		fill(&e)
		return e
	}
	common := map[string]string{
		"id": id(1).String(), "time": "2026-04-17 12:00:00.123456", "namespace": "test", "journey": "checkout", "run": "cart-42", "stage": "payment", "visit": "2",
		"channel": "web", "outcome": "failed", "cause": "declined", "customer": "c1", "segment": "new", "late": "1", "actor": "delegate", "direction": "outbound",
	}
	nothing := map[string]string{"namespace": "NULL", "journey": "NULL", "run": "NULL", "stage": "NULL", "visit": "NULL", "outcome": "NULL", "cause": "NULL", "customer": "NULL", "segment": "NULL", "late": "0", "actor": "customer", "direction": "inbound"}
	for _, c := range []struct {
		table string
		e     event.Event
		all   map[string]string // besides common, or nothing
	}{
		{"transitions", of(event.JourneyEnded, func(e *event.Event) {
			e.Transition = &event.Transition{From: "cart", Visit: 3, Entered: noon.Add(-time.Minute), Partial: true, Friction: &event.Friction{Repeats: 2, FailuresBeforeSuccess: 1, Loops: 3, ChannelSwitches: 4, Overdue: 5}}
		}), map[string]string{
			"from_stage": "cart", "from_visit": "3", "from_entered": "2026-04-17 11:59:00.123456", "partial": "1", "duration_seconds": "1.5", "version": "7",
			"value_amount": "4999", "value_currency": "EUR", "friction_repeats": "2", "friction_failures_before_success": "1", "friction_loops": "3",
			"friction_channel_switches": "4", "friction_overdue": "5",
		}},
		{"transitions", event.Event{ID: id(2), Kind: event.JourneyEnded, Time: noon, Transition: &event.Transition{Friction: &event.Friction{}}}, map[string]string{
			"friction_repeats": "0", "friction_failures_before_success": "0", "friction_loops": "0", "friction_channel_switches": "0", "friction_overdue": "0",
		}},
		{"transitions", event.Event{ID: id(2), Kind: event.JourneyEnded, Time: noon, Transition: &event.Transition{}}, map[string]string{
			"friction_repeats": "NULL", "friction_failures_before_success": "NULL", "friction_loops": "NULL", "friction_channel_switches": "NULL", "friction_overdue": "NULL",
		}},
		{"transitions", event.Event{ID: id(2), Kind: event.JourneyStageEntered, Time: noon}, map[string]string{
			"from_stage": "NULL", "from_visit": "NULL", "from_entered": "NULL", "partial": "0", "duration_seconds": "NULL", "version": "NULL", "value_amount": "NULL", "value_currency": "NULL",
		}},
		{"touchpoints", of(event.TouchpointEnded, func(e *event.Event) {
			e.ErrorType, e.Zone = "timeout", event.Tolerating
			e.Assisted = &event.Assisted{Legs: []event.Leg{
				{Queue: "lines", Wait: event.Seconds(60 * time.Second), End: event.LegTransferred},
				{Queue: "loans", Hold: event.Seconds(500 * time.Millisecond), End: event.LegTransferred},
				{Queue: "cards", Agent: "a-7", Wait: event.Seconds(30 * time.Second)},
			}, Again: event.Yes, Claimed: event.Yes}
			e.Variant = &event.Variant{Release: "2026.4", Experiment: "button", Arm: "green"}
		}), map[string]string{
			"touchpoint": "pay", "duration_seconds": "1.5", "error_type": "timeout", "apdex_zone": "tolerating", "queue": "cards", "agent": "a-7", "wait_seconds": "90.0", "hold_seconds": "0.5", "transfers": "2",
			"repeated": "1", "resolved": "1", "release": "2026.4", "experiment": "button", "arm": "green",
		}},
		{"touchpoints", event.Event{ID: id(2), Kind: event.TouchpointEnded, Time: noon, Assisted: &event.Assisted{}}, map[string]string{
			"touchpoint": "NULL", "duration_seconds": "NULL", "error_type": "NULL", "queue": "NULL", "agent": "NULL", "wait_seconds": "NULL", "hold_seconds": "NULL", "transfers": "0",
			"repeated": "0", "resolved": "0", "release": "NULL", "experiment": "NULL", "arm": "NULL", "apdex_zone": "NULL",
		}},
		{"touchpoints", event.Event{ID: id(2), Kind: event.TouchpointEnded, Time: noon}, map[string]string{"transfers": "NULL", "repeated": "NULL", "resolved": "NULL"}},
		{"feedback", of(event.FeedbackReceived, func(e *event.Event) {
			e.Feedback = &event.Feedback{Survey: "after", Scale: event.NPS, Score: 9, Comment: "good", Language: "de", Request: id(9), Source: "mail", Verdict: event.Positive, Sentiment: event.Negative}
		}), map[string]string{
			"touchpoint": "pay", "survey": "after", "scale": event.NPS.String(), "score": "9", "comment": "good", "language": "de", "request_id": id(9).String(), "source": "mail", "verdict": "positive", "sentiment": "negative",
		}},
		{"feedback", of(event.SurveyRequested, func(e *event.Event) { e.Feedback = &event.Feedback{Survey: "after", Scale: event.NPS, Score: 9} }), map[string]string{
			"survey": "after", "scale": event.NPS.String(), "score": "NULL", "comment": "NULL", "language": "NULL", "request_id": "NULL", "source": "NULL", "verdict": "NULL", "sentiment": "NULL",
		}},
		{"feedback", event.Event{ID: id(2), Kind: event.FeedbackReceived, Time: noon}, map[string]string{"survey": "NULL", "scale": "NULL", "score": "NULL"}},
		{"feedback", of(event.FeedbackAmended, func(e *event.Event) {
			e.Feedback = &event.Feedback{
				Survey: "after", Scale: event.NPS, Score: 0, Verdict: event.Negative, Version: "1f0c9a7e", Causes: []string{"slow", "a \"b\"\x00"}, Amends: id(7), Previous: new(0),
				Testimonial: &event.Testimonial{Version: "2", Language: "en", Text: "Quote me.", Given: noon, Withdrawn: noon.Add(time.Hour)},
			}
		}), map[string]string{
			"score": "0", "survey_version": "1f0c9a7e", "causes": `["slow","a \"b\"` + "\uFFFD" + `"]`, "amends_id": id(7).String(), "previous_score": "0", "survey_end": "NULL", "shown": "NULL",
			"testimonial_version": "2", "testimonial_language": "en", "testimonial_text": "Quote me.", "testimonial_given": "2026-04-17 12:00:00.123456", "testimonial_withdrawn": "2026-04-17 13:00:00.123456",
			"nature": "NULL", "stars": "NULL", "reach": "NULL", "address": "NULL", "reply_to": "NULL",
		}},
		{"feedback", of(event.SurveyClosed, func(e *event.Event) {
			e.Feedback = &event.Feedback{Survey: "after", Scale: event.NPS, Request: id(9), Ended: event.SurveyExpired}
		}), map[string]string{
			"score": "NULL", "survey_end": "expired", "shown": "0", "request_id": id(9).String(), "previous_score": "NULL", "testimonial_version": "NULL", "causes": "NULL",
		}},
		{"feedback", of(event.FeedbackMentioned, func(e *event.Event) {
			e.Feedback = &event.Feedback{Source: "forum"}
			e.Mention = &event.Mention{Nature: event.Complaint, Stars: 4.5, Reach: 12, Address: "https://a.example", ReplyTo: "r-1"}
		}), map[string]string{
			"score": "NULL", "survey": "NULL", "source": "forum", "nature": "complaint", "stars": "4.5", "reach": "12", "address": "https://a.example", "reply_to": "r-1",
		}},
		{"transitions", of(event.JourneyStageEntered, func(e *event.Event) {
			e.FollowUp = &event.FollowUp{
				ID: "fu-1", Owner: "care", Severity: "high", Rule: "detractor", CausedBy: id(8), Feedback: id(8), About: event.RunRef{Namespace: "test", Name: "checkout", ID: "cart-7"},
				Due: noon.Add(time.Hour), Remedy: "refund", Note: "called", Skipped: []string{"told"}, Silence: event.Seconds(90 * time.Second),
			}
		}), map[string]string{
			"followup": "fu-1", "owner": "care", "severity": "high", "opened_by": "detractor", "caused_by_id": id(8).String(), "feedback_id": id(8).String(),
			"about_namespace": "test", "about_journey": "checkout", "about_run": "cart-7", "due": "2026-04-17 13:00:00.123456", "remedy": "refund", "note": "called",
			"skipped_steps": `["told"]`, "silence_seconds": "90.0", "action": "NULL", "feedback_ids": "NULL", "action_from": "NULL",
		}},
		{"transitions", of(event.JourneyStageEntered, func(e *event.Event) {
			e.Action = &event.Action{Name: "new-form", Owner: "web", Feedbacks: []event.ID{id(8), id(9)}, Cause: "slow", From: noon.Add(-time.Hour), Until: noon, Note: "shorter"}
		}), map[string]string{
			"followup": "NULL", "about_run": "NULL", "caused_by_id": "NULL", "action": "new-form", "owner": "web", "note": "shorter", "action_cause": "slow",
			"feedback_ids": `["` + id(8).String() + `","` + id(9).String() + `"]`, "action_from": "2026-04-17 11:00:00.123456", "action_until": "2026-04-17 12:00:00.123456",
		}},
		{"transitions", of(event.JourneyStageEntered, func(e *event.Event) {
			e.Breakdown = &event.Breakdown{
				About: "stage", Journey: "checkout", Name: "payment", Began: noon, BaselineUntil: noon.Add(-time.Hour), Placed: []event.Placed{{Column: "release", Value: "2026<48>"}, {Column: "channel", Value: "\"web\"\x00"}},
				Severity: "high", Before: 0.1, Since: 0.4, Excess: 31.5, Customers: 28, Value: &event.Money{Amount: 12300, Currency: "EUR"}, Owner: "payments",
				Action: event.RunRef{Namespace: "test", Name: "improvement", ID: "retry"}, Earlier: "38c397cf94d496b14098046d96504e93", Note: "the provider",
			}
		}), map[string]string{
			"breakdown": "stage", "breakdown_journey": "checkout", "breakdown_name": "payment", "breakdown_better": "0", "breakdown_began": "2026-04-17 12:00:00.123456", "breakdown_baseline_until": "2026-04-17 11:00:00.123456",
			"breakdown_placed": `[{"column":"release","value":"2026<48>"},{"column":"channel","value":"\"web\"` + "\uFFFD" + `"}]`, "severity": "high", "share_before": "0.1",
			"share_since": "0.4", "excess": "31.5", "excess_customers": "28", "excess_value_amount": "12300", "excess_value_currency": "EUR", "owner": "payments",
			"plan_namespace": "test", "plan_action": "improvement", "plan_run": "retry", "earlier_run": "38c397cf94d496b14098046d96504e93", "note": "the provider",
			"followup": "NULL", "action": "NULL", "due": "NULL",
		}},
		{"transitions", of(event.JourneyStageEntered, func(e *event.Event) {
			e.Breakdown = &event.Breakdown{Better: true, Before: math.NaN(), Excess: math.Inf(-1)} // as a step of a person, and numbers that JSON does not have
		}), map[string]string{
			"breakdown": "", "breakdown_journey": "NULL", "breakdown_name": "NULL", "breakdown_better": "1", "breakdown_began": "NULL", "breakdown_baseline_until": "NULL", "breakdown_placed": "NULL",
			"severity": "NULL", "share_before": "NULL", "share_since": "NULL", "excess": "NULL", "excess_customers": "NULL", "excess_value_amount": "NULL",
			"excess_value_currency": "NULL", "owner": "NULL", "plan_run": "NULL", "earlier_run": "NULL", "note": "NULL",
		}},
		{"followups", of("followup.opened", func(e *event.Event) {
			e.FollowUp = &event.FollowUp{ID: "fu-1", Owner: "care", Feedback: id(8), Due: noon.Add(time.Hour), Remedy: "refund", Note: "called"}
		}), map[string]string{
			"touchpoint": "pay", "followup": "fu-1", "state": "opened", "owner": "care", "feedback_id": id(8).String(), "due": "2026-04-17 13:00:00.123456", "remedy": "refund", "note": "called",
		}},
		{"followups", event.Event{ID: id(2), Kind: "followup.opened", Time: noon}, map[string]string{
			"followup": "NULL", "state": "opened", "owner": "NULL", "feedback_id": "NULL", "due": "NULL", "remedy": "NULL", "note": "NULL",
		}},
		{"others", of("action.taken", func(e *event.Event) { e.Action = &event.Action{Name: "new-form", Owner: "web", Note: "shorter"} }), map[string]string{
			"touchpoint": "pay", "action": "new-form", "owner": "web", "note": "shorter", "purpose": "NULL", "rule": "NULL",
		}},
		{"others", of(event.ContactSuppressed, func(e *event.Event) { e.Contact = &event.Contact{Purpose: "survey", Rule: "pause"} }), map[string]string{
			"action": "NULL", "owner": "NULL", "note": "NULL", "purpose": "survey", "rule": "pause", "grant_id": "NULL",
		}},
		{"others", of(event.ContactViolated, func(e *event.Event) {
			e.Contact = &event.Contact{Purpose: "survey", Rule: event.RuleUsed, Grant: id(7)}
		}), map[string]string{"purpose": "survey", "rule": "used", "grant_id": id(7).String()}},
		{"touchpoints", of(event.TouchpointEnded, func(e *event.Event) { e.Contact = &event.Contact{Purpose: "survey", Grant: id(7)} }), map[string]string{
			"purpose": "survey", "grant_id": id(7).String(),
		}},
		{"touchpoints", event.Event{ID: id(2), Kind: event.TouchpointEnded, Time: noon}, map[string]string{"purpose": "NULL", "grant_id": "NULL"}},
	} {
		name := fmt.Sprintf("%s %v", c.e.Kind, c.e.ID == id(1))
		path := temp(t)
		export(t, open(t, path, sqlarchive.WithoutFsync()), c.e)
		db := raw(t, path)
		more := common
		if c.e.ID != id(1) {
			more = nothing
		}
		for _, want := range []map[string]string{more, c.all, {"kind": string(c.e.Kind), "event": string(c.e.AppendJSON(nil))}} {
			for column, text := range want {
				if got := rows(t, db, "SELECT CAST("+column+" AS TEXT) FROM "+c.table); !slices.Equal(got, []string{text}) {
					t.Errorf("%s: %s.%s is %q, want %q", name, c.table, column, got, text)
				}
			}
		}
	}
}

// TestTexts: a text that both databases cannot keep is one that they can, and the event's JSON has it as it came.
func TestTexts(t *testing.T) {
	t.Parallel()
	path := temp(t)
	a := open(t, path, sqlarchive.WithoutFsync())
	for i, c := range []struct{ text, want string }{
		{"plain Käse", "plain Käse"},
		{"a\x00b", "a\uFFFDb"},
		{"a\xffb", "a\uFFFDb"},
		{"\x00\xff", "\uFFFD\uFFFD"},
	} {
		export(t, a, event.Event{ID: id(i + 1), Kind: event.TouchpointEnded, Time: noon, Touchpoint: c.text})
		if got := rows(t, raw(t, path), "SELECT touchpoint FROM touchpoints WHERE id = ?", id(i+1).String()); !slices.Equal(got, []string{c.want}) {
			t.Errorf("%q is %q, want %q", c.text, got, c.want)
		}
	}
}

// TestInstants: a run of no length has a known duration, unless what is known of it is a part. Times beyond what both
// databases can say are the first and the last one that they can.
func TestInstants(t *testing.T) {
	t.Parallel()
	path := temp(t)
	a := open(t, path, sqlarchive.WithoutFsync())
	end := event.Event{ID: id(1), Kind: event.JourneyEnded, Time: noon, Journey: event.Run{Namespace: "test", Name: "checkout", ID: "a", Started: noon}}
	for i, c := range []struct {
		name, want string
		change     func(*event.Event)
	}{
		{"of no length", "0.0", func(*event.Event) {}},
		{"of no length, whole", "0.0", func(e *event.Event) { e.Transition = &event.Transition{} }},
		{"a part", "NULL", func(e *event.Event) { e.Transition = &event.Transition{Partial: true} }},
		{"without a start", "NULL", func(e *event.Event) { e.Journey.Started = time.Time{} }},
		{"of another time", "NULL", func(e *event.Event) { e.Journey.Started = noon.Add(-1) }},
		{"of a known length", "2.0", func(e *event.Event) { e.Duration = 2 * time.Second }},
		{"no end", "NULL", func(e *event.Event) { e.Kind = event.JourneyStarted }},
	} {
		e := end
		e.ID = id(i + 1)
		c.change(&e)
		export(t, a, e)
		if got := rows(t, raw(t, path), "SELECT CAST(duration_seconds AS TEXT) FROM transitions WHERE id = ?", e.ID.String()); !slices.Equal(got, []string{c.want}) {
			t.Errorf("%s: %q, want %s", c.name, got, c.want)
		}
	}
	for i, c := range []struct {
		at   time.Time
		want string
	}{
		{time.Date(0, 12, 31, 0, 0, 0, 0, time.UTC), "0001-01-01 00:00:00.000000"},
		{time.Date(1, 6, 1, 0, 0, 0, 0, time.UTC), "0001-06-01 00:00:00.000000"},
		{time.Date(9999, 6, 1, 0, 0, 0, 0, time.UTC), "9999-06-01 00:00:00.000000"},
		{time.Date(10_000, 1, 1, 0, 0, 0, 0, time.UTC), "9999-12-31 23:59:59.999999"},
	} {
		export(t, a, event.Event{ID: id(100 + i), Kind: event.TouchpointEnded, Time: c.at})
		if got := rows(t, raw(t, path), "SELECT CAST(time AS TEXT) FROM touchpoints WHERE id = ?", id(100+i).String()); !slices.Equal(got, []string{c.want}) {
			t.Errorf("%v is %q, want %s", c.at, got, c.want)
		}
	}
}

// TestBounds: what is at the bounds of the options is taken, and what is beyond them is refused.
func TestBounds(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name string
		opt  sqlarchive.SQLiteOption
		says string // "" where it is taken
	}{
		{"the shortest retention", sqlarchive.WithRetention(time.Hour), ""},
		{"a shorter one", sqlarchive.WithRetention(time.Hour - 1), "give at least 1h0m0s"},
		{"the shortest wait", sqlarchive.WithOpenTimeout(1), ""},
		{"the smallest file", sqlarchive.WithMaxBytes(1 << 20), ""},
		{"a smaller one", sqlarchive.WithMaxBytes(1<<20 - 1), "give at least 1048576 bytes"},
	} {
		a, err := sqlarchive.OpenSQLite(temp(t), c.opt)
		if err == nil {
			err = a.Shutdown(background)
		}
		if (err == nil) != (c.says == "") || err != nil && !strings.Contains(err.Error(), c.says) {
			t.Errorf("%s: %v", c.name, err)
		}
	}
	for name, ok := range map[string]bool{
		"azAZ_09": true, "_": true, strings.Repeat("n", 63): true,
		"": false, strings.Repeat("n", 64): false, "0a": false, "9a": false, "a-b": false, "käse": false,
		"a`": false, "a{": false, "a@": false, "a[": false, "a/": false, "a:": false, "\x00\x00": false, `a"; --`: false,
	} {
		a, err := sqlarchive.OpenPostgres("postgres://cairn@127.0.0.1:1/cairn", sqlarchive.WithSchema(name))
		if err == nil {
			if err := a.Shutdown(background); err != nil {
				t.Error(err)
			}
		}
		if (err == nil) != ok || err != nil && !strings.Contains(err.Error(), "letters, digits and underscores") {
			t.Errorf("the schema %q: %v", name, err)
		}
	}
}
