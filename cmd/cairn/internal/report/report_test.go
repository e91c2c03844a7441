package report_test

import (
	"bytes"
	"context"
	"errors"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"cairncx.dev/cairn/cmd/cairn/internal/report"
	"cairncx.dev/cairn/cmd/cairn/internal/series"
	"cairncx.dev/cairn/cx/event"
	"cairncx.dev/cairn/cx/stats"
	"cairncx.dev/cairn/feedback/score"
	"cairncx.dev/cairn/journey"
	"cairncx.dev/cairn/touchpoint"
)

var update = flag.Bool("update", false, "write the golden files of testdata")

// tally counts the events of one run of a journey.
func tally(t *testing.T, events ...event.Event) *report.Report {
	t.Helper()
	checkout := journey.Define("checkout", journey.Stages("cart", "payment"))
	spool := series.NewSpool(t.TempDir(), 0)
	c := report.New(spool, checkout, touchpoint.Define("pay", touchpoint.In(checkout, "payment")))
	for i := range events {
		c.Process(t.Context(), &events[i])
	}
	r, err := c.Report(time.Time{})
	if err := errors.Join(err, c.Shutdown(t.Context()), spool.Close()); err != nil {
		t.Fatal(err)
	}
	return r
}

func of(kind event.Kind, id string, at time.Duration, change func(*event.Event)) event.Event {
	e := event.Event{Kind: kind, Time: time.Unix(0, 0).Add(at), Journey: event.Run{Name: "checkout", ID: id}}
	if change != nil {
		change(&e)
	}
	return e
}

func TestTally(t *testing.T) {
	t.Parallel()
	left := func(from string, at time.Duration) *event.Transition {
		return &event.Transition{From: from, Visit: 1, Entered: time.Unix(0, 0).Add(at)}
	}
	enter := func(id, stage string, visit int, at time.Duration, tr *event.Transition) event.Event {
		return of(event.JourneyStageEntered, id, at, func(e *event.Event) { e.Stage, e.Visit, e.Transition = stage, visit, tr })
	}
	end := func(id string, o event.Outcome, at time.Duration, tr *event.Transition) event.Event {
		return of(event.JourneyEnded, id, at, func(e *event.Event) {
			e.Outcome, e.Duration, e.Transition = o, at, tr
			e.Stage, e.Visit = tr.From, tr.Visit
		})
	}
	zero := report.Duration{}
	one := func(seconds float64) report.Duration {
		return report.Duration{Count: 1, Mean: seconds, P50: seconds, P90: seconds, Max: seconds}
	}
	empty := func(change func(*report.Journey)) report.Journey {
		j := report.Journey{
			Name: "checkout", Stages: []report.Stage{{Name: "cart"}, {Name: "payment"}},
			Touchpoints: []report.Touchpoint{{Name: "pay", Channels: map[string]int64{}}}, Failures: []report.Failure{}, Promises: []report.Promise{}, Causes: []report.EndCause{},
			Friction: report.Friction{Kinds: []report.FrictionKind{{Kind: "repeat"}, {Kind: "failure_before_success"}, {Kind: "loop"}, {Kind: "channel_switch"}, {Kind: "overdue"}}},
		}
		change(&j)
		return j
	}
	tests := []struct {
		name   string
		events []event.Event
		want   report.Journey
		reason string
	}{
		{"nothing", nil, empty(func(*report.Journey) {}), "the report lists what the blueprint has, with zeros"},
		{"under way", []event.Event{of(event.JourneyStarted, "1", 0, nil), enter("1", "cart", 1, 0, &event.Transition{})}, empty(func(j *report.Journey) {
			j.Started, j.Active = 1, 1
			j.Stages[0] = report.Stage{Name: "cart", Entered: 1, Visits: 1, Conversion: 1, Duration: zero, Where: report.Where{Active: 1}}
		}), "a visit that is not over has no duration"},
		{"there and back", []event.Event{
			of(event.JourneyStarted, "1", 0, nil), of(event.JourneyStarted, "2", 0, nil),
			enter("1", "cart", 1, 0, nil), enter("1", "payment", 1, 2*time.Second, left("cart", 0)),
			enter("1", "cart", 2, 3*time.Second, left("payment", 2*time.Second)),
			end("1", event.Completed, 7*time.Second, left("cart", 3*time.Second)), end("2", event.Cancelled, time.Second, &event.Transition{}),
		}, empty(func(j *report.Journey) {
			j.Started, j.Ended = 2, report.Ended{Completed: 1, Cancelled: 1}
			done, called := one(7), one(1)
			j.Duration.Completed, j.Duration.Cancelled = &done, &called
			j.Stages[0] = report.Stage{Name: "cart", Entered: 1, Visits: 2, Conversion: 0.5, Duration: report.Duration{Count: 2, Mean: 3, P50: 2, P90: 4, Max: 4}, Where: report.Where{Ended: report.Ended{Completed: 1}}}
			j.Stages[1] = report.Stage{Name: "payment", Entered: 1, Visits: 1, Conversion: 0.5, Duration: one(1)}
			j.NoStage.Ended.Cancelled = 1
		}), "each visit counts, each run counts once, and the end of the run ends the visit"},
		{"begun before the log", []event.Event{end("1", event.Failed, time.Minute, &event.Transition{Partial: true})}, empty(func(j *report.Journey) {
			j.Ended.Failed, j.StartedBefore, j.NoStage.Ended.Failed = 1, 1, 1
		}), "an unknown duration is left out"},
		{"touchpoints", []event.Event{
			of(event.TouchpointEnded, "1", 0, func(e *event.Event) { e.Touchpoint, e.Channel = "pay", event.Web }),
			of(event.TouchpointEnded, "1", 0, func(e *event.Event) { e.Touchpoint = event.Other }),
			of(event.TouchpointEnded, "1", 0, func(e *event.Event) { e.Touchpoint, e.Actor = "pay", event.ActorSynthetic }),
			{Kind: event.TouchpointEnded, Touchpoint: "pay"},
		}, empty(func(j *report.Journey) {
			j.Touchpoints = []report.Touchpoint{
				{Name: "pay", Count: 1, Channels: map[string]int64{"web": 1}, Outcomes: report.Outcomes{OK: 1}},
				{Name: event.Other, Count: 1, Channels: map[string]int64{"other": 1}, Outcomes: report.Outcomes{OK: 1}},
			}
		}), "touchpoints of probes and of no journey are left out"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			got := tally(t, tt.events...)
			if diff := cmp.Diff([]report.Journey{tt.want}, got.Journeys); diff != "" {
				t.Errorf("%s (-want +got):\n%s", tt.reason, diff)
			}
		})
	}
}

// full returns a report that uses every field, with long, wide and hostile names.
func full() *report.Report {
	day := 24 * time.Hour.Seconds()
	at := func(hours int) *time.Time {
		t := time.Date(2026, 1, 31, 9, 0, 0, 0, time.UTC).Add(time.Duration(hours) * time.Hour)
		return &t
	}
	number := func(f float64) *float64 { return &f }
	took := func(n int64, p99 float64) report.PromiseDuration {
		return report.PromiseDuration{Duration: report.Duration{Count: n, Mean: p99 / 3, P50: p99 / 4, P90: p99 / 2, Max: 2 * p99}, P99: p99}
	}
	yes, no := true, false
	wide := strings.Repeat("申請の受付を確認する", 8)
	return &report.Report{
		Title: report.Title, Blueprint: "/srv/" + strings.Repeat("blueprints/", 9) + "permit.yaml",
		Files:  []string{"a.csv", "b.csv", "c.csv", "d.csv", "e.csv", "f.csv", "g.csv"},
		Period: report.Period{From: at(-9), Until: at(15), First: at(0), Last: at(30), LogFirst: at(-100), LogLast: at(31), Followed: at(31)},
		Events: 1_234_567, Rejected: 1, Unknown: 20, Late: 300, Outside: 4_000, Again: 2,
		UnknownNames: []report.UnknownName{
			{Kind: "touchpoint", Name: wide, Count: 19, Suggestion: wide},
			{Kind: "stage", Name: "\x1b[31mred\u202e", Count: 1},
		},
		UnknownRest: report.UnknownRest{Names: 3, Count: 5}, UnknownChannels: []string{"Fax", wide},
		Journeys: []report.Journey{{
			Name: "permit", Started: 100_000, StartedBefore: 7, Active: 1,
			Ended: report.Ended{Completed: 99_998, Failed: 1, Cancelled: 0, Abandoned: 7},
			Duration: report.Durations{
				Completed: &report.Duration{Count: 99_998, Mean: 1.5, P50: 0.25, P90: 59.96, Max: 3 * day},
				Failed:    &report.Duration{Count: 1, Mean: day - 1, P50: 3599.7, P90: 86399, Max: 1000.5 * day},
			},
			Causes:   []report.EndCause{{Outcome: "failed", Cause: wide, Count: 1}},
			AfterEnd: report.AfterEnds{Abandoned: report.AfterEnd{Runs: 7, Share: 1, Events: 300, Feedback: 30, Completed: 2}},
			Stages: []report.Stage{
				{
					Name: "receipt", Entered: 100_000, Visits: 123_456, Conversion: 1, Duration: report.Duration{Count: 5, P50: 61, P90: 3661, Max: 90_061},
					Expect: number(5 * day), Stalled: 12, StalledShare: 12. / 123_456, Where: report.Where{Ended: report.Ended{Failed: 1, Abandoned: 7}},
				},
				{
					Name: "prüfung <ß>", Entered: 99_999, Visits: 99_999, Conversion: 0.99999, Duration: report.Duration{Count: 5, P50: 0.0004, P90: 0.9999, Max: 119.6},
					Where: report.Where{Ended: report.Ended{Completed: 99_998}, Active: 1},
				},
				{Name: wide, Entered: 1, Visits: 1, Conversion: 0.00001},
			},
			Touchpoints: []report.Touchpoint{
				{
					Name: "Confirmation of receipt", Count: 100, Channels: map[string]int64{"post": 10, "web": 80, "email": 10}, Outcomes: report.Outcomes{OK: 89, Degraded: 1, Failed: 10},
					Apdex: &report.Apdex{Target: 3, Satisfied: 60, Tolerating: 30, Frustrated: 10, Samples: 100, Score: number(0.75), Interval: &stats.Interval{Low: 0.68, High: 0.81}},
				},
				{
					Name: wide, Count: 12, Channels: map[string]int64{"kiosk": 12}, Outcomes: report.Outcomes{OK: 10, Cancelled: 1, Abandoned: 1},
					Apdex: &report.Apdex{Target: 0.8, Satisfied: 3, Samples: 3, Unmeasured: 7, Score: number(1), Small: true},
				},
				{Name: event.Other, Count: 0, Channels: map[string]int64{}, Apdex: &report.Apdex{Target: 1}},
			},
			Failures: []report.Failure{
				{Touchpoint: "Confirmation of receipt", Cause: "printer", ErrorType: "timeout", Count: 9},
				{Touchpoint: wide, Cause: wide, ErrorType: wide, Count: 1},
			},
			Promises: []report.Promise{
				{
					Name: "decided", Made: 1_300, Kept: 1_287, Broken: 8, Withdrawn: 2, Open: 3, OpenPastDue: 1, KeptShare: number(1_287. / 1_295), Samples: 1_295,
					Target: number(0.995), TargetMet: &no, UntilKept: took(1_287, 40*day), UntilBroken: took(7, 56*day), KeptLate: took(1, 60*day),
				},
				{
					Name: wide, Made: 12_345, Kept: 12_340, Withdrawn: 3, Open: 2, OpenPastDue: 2, KeptShare: number(1), Samples: 12_340,
					Target: number(0.29), TargetMet: &yes, UntilKept: took(12_340, 90),
				},
				{Name: "never", Target: number(1)},
				{Name: "without a target", Made: 1, Broken: 1, Samples: 1, KeptShare: number(0)},
			},
			Friction: report.Friction{Runs: 1_420, Kinds: []report.FrictionKind{
				{Kind: "repeat", Runs: 1_234, Share: 1_234. / 1_420, Times: 123_456, Mean: 123_456. / 1_420}, {Kind: "channel_switch", Runs: 1, Share: 1. / 1_420, Times: 1, Mean: 1. / 1_420},
			}},
		}, {Name: "bare", Promises: []report.Promise{}, Stages: []report.Stage{}, Touchpoints: []report.Touchpoint{}, Failures: []report.Failure{}, Causes: []report.EndCause{}}},
		Touchpoints: []report.Touchpoint{{Name: "read-help", Count: 2, Channels: map[string]int64{"web": 2}, Outcomes: report.Outcomes{OK: 2}}},
		Failures:    []report.Failure{},
		Surveys:     asked(wide, number),
		Asked: []score.Quarter{
			{Year: 2025, Quarter: 4, Asks: 7, Customers: 3, Hidden: true}, {Year: 2026, Quarter: 1, Asks: 41, Unknown: 1, Customers: 33, Mean: 40. / 33, Most: 3, Often: score.ShareOf(6, 33, 0.95)},
		},
		Mentions: report.Mentions{Count: 4, Positive: 1, Negative: 2},
		People:   helped(wide, number),
		Contacts: &report.Contacts{
			Policy: "contacts", Made: 1312, Permitted: 1203, Against: 109, Customers: 88, NoCustomer: 12, NoChannel: 3,
			Purposes: []report.ContactPurpose{
				{Name: "offer", Made: 300, Permitted: 250, Against: 50, NeedConsent: 290},
				{Name: "survey", Made: 1000, Permitted: 953, Against: 47},
				{Name: "unused"},
				{Name: wide, Made: 12, Against: 12, Unknown: true},
			},
			Refusals: []report.Refusal{
				{Purpose: "survey", Rule: "cap", Touchpoint: "survey-mail", Channel: "email", Count: 47, First: time.Date(2026, 1, 2, 23, 30, 0, 0, time.UTC), Last: time.Date(2026, 3, 4, 5, 6, 7, 0, time.UTC)},
				{Purpose: "offer", Rule: "quiet_hours", Touchpoint: wide, Channel: "phone", Count: 50, First: time.Date(2026, 1, 2, 0, 0, 0, 0, time.UTC), Last: time.Date(2026, 1, 2, 0, 0, 0, 0, time.UTC)},
				{Purpose: wide, Rule: "undeclared", Touchpoint: "letter", Count: 12, First: time.Date(2026, 1, 2, 0, 0, 0, 0, time.UTC), Last: time.Date(2026, 1, 2, 0, 0, 0, 0, time.UTC)},
			},
		},
	}
}

// asked returns surveys.
func asked(wide string, number func(float64) *float64) []report.Survey {
	between := func(low, high float64) *stats.Interval { return &stats.Interval{Low: low, High: high} }
	gold := score.Segment{
		Name: "gold", Answers: score.AnswersOf(event.NPS, []int64{0, 0, 0, 0, 0, 1, 0, 1, 1, 2, 2}, 0.95), Response: score.Response{Asked: 10, Answered: 7, Rate: score.ShareOf(7, 10, 0.95)},
	}
	return []report.Survey{
		{
			Name: "would-you-recommend-us", Version: "1f0c9a7e", Scale: "nps", Requested: 40, Responses: 10, Solicited: 9, Amended: 1, Positive: 5, Neutral: 3, Negative: 2,
			Mean: number(7.9), PositiveShare: number(0.5), NPS: number(30), NPSInterval: between(-18.4, 64.5), PositiveInterval: between(0.2366, 0.7634), Causes: []report.NamedCause{},
			Response: score.Response{Asked: 40, Answered: 9, Dismissed: 4, Bounced: 3, Seen: 12, Unseen: 10, Open: 2, Rate: score.ShareOf(9, 40, 0.95)},
			Segments: []score.Segment{{Answers: score.Answers{Hidden: true}, Response: score.Response{Hidden: true}}, gold, {Name: wide}},
		},
		{
			Name: wide, Scale: "ces", Responses: 7, Positive: 4, Neutral: 1, Negative: 2, Mean: number(4.0833), MeanInterval: between(2.71, 5.35), PositiveShare: number(4. / 7), PositiveInterval: between(0.2505, 0.8418),
			Causes: []report.NamedCause{{Cause: wide, Count: 3, Share: 3. / 7, Interval: *between(0.158, 0.749)}, {Cause: "waiting", Count: 1, Share: 1. / 7, Interval: *between(0.026, 0.513)}},
		},
		{Name: "unanswered", Scale: "csat", Requested: 3, Causes: []report.NamedCause{}, Response: score.Response{Asked: 3, Hidden: true}},
		{Name: "few", Scale: "stars", Responses: 4, Hidden: true, Causes: []report.NamedCause{}},
	}
}

// helped returns numbers of contacts with people.
func helped(wide string, number func(float64) *float64) *report.People {
	level := &report.Level{Within: 20, Variant: "negative", ShortAbandon: 6, FlowOuts: true}
	queues := []report.Queue{
		{Name: "", Channel: "chat", Contacts: 3, Handled: 2, HandleTime: number(61.25), HandledSeconds: 122.5},
		{
			Name: "billing", Channel: "phone", Contacts: 12_345, Queued: 12_000, Answered: 10_000, Abandoned: 1_500, ShortAbandons: 300, Others: 200, Abandonment: number(1_500. / 11_700),
			Level: level, Counted: 11_600, Good: 9_000, ServiceLevel: number(9_000. / 11_600), SpeedOfAnswer: number(17.4), Handled: 10_400, HandleTime: number(312.04), HandledSeconds: 3_245_216, Transfers: 77,
		},
		{Name: wide, Queued: 1, Others: 1, Abandonment: number(0), Contacts: 1},
	}
	return &report.People{
		Contacts: 12_349, Answered: 10_402, Transfers: 77, Returns: 3, Claimed: 40, Resolved: 30, WithCustomer: 9_000, WithIntent: 5_000, WithBoth: 4_000,
		Queues: queues, ByChannel: queues,
	}
}

// TestWrite compares both forms of a report with the golden files of testdata.
func TestWrite(t *testing.T) {
	t.Parallel()
	r := full()
	for name, write := range map[string]func(*bytes.Buffer) error{
		"report.json":    func(b *bytes.Buffer) error { return r.WriteJSON(b) },
		"report.txt":     func(b *bytes.Buffer) error { return r.WriteText(b, 0) },
		"report-50.txt":  func(b *bytes.Buffer) error { return r.WriteText(b, 50) },
		"report-140.txt": func(b *bytes.Buffer) error { return r.WriteText(b, 140) },
	} {
		var b bytes.Buffer
		if err := write(&b); err != nil {
			t.Fatal(err)
		}
		path := filepath.Join("testdata", name)
		if *update {
			if err := os.WriteFile(path, b.Bytes(), 0o600); err != nil {
				t.Fatal(err)
			}
		}
		want, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(string(want), b.String()); diff != "" {
			t.Errorf("run go test -update and check the difference (-file +got):\n%s", diff)
		}
	}
}

type broken struct{}

var errBroken = errors.New("broken pipe")

func (broken) Write([]byte) (int, error) { return 0, errBroken }

func TestWriteFails(t *testing.T) {
	t.Parallel()
	r := &report.Report{}
	for _, err := range []error{r.WriteJSON(broken{}), r.WriteText(broken{}, 0)} {
		if !errors.Is(err, errBroken) {
			t.Errorf("error %v; want the writer's", err)
		}
	}
}

func ExampleTally() {
	spool := series.NewSpool("", 0)
	defer func() { _ = spool.Close() }()
	t := report.New(spool, journey.Define("checkout"))
	run := event.Run{Name: "checkout", ID: "17"}
	t.Process(context.Background(), &event.Event{Kind: event.JourneyStarted, Journey: run})
	t.Process(context.Background(), &event.Event{Kind: event.JourneyEnded, Journey: run, Outcome: event.Completed, Duration: time.Minute})
	r, err := t.Report(time.Time{})
	if err != nil {
		fmt.Println(err)
		return
	}
	j := r.Journeys[0]
	fmt.Println(j.Name, j.Started, j.Ended.Completed, j.Duration.Completed.P50)
	// Output: checkout 1 1 60
}
