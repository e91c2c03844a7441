package resolve_test

import (
	"math"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"cairncx.dev/cairn/cx/event"
	"cairncx.dev/cairn/cx/fault"
	"cairncx.dev/cairn/feedback"
	"cairncx.dev/cairn/internal/flight"
	"cairncx.dev/cairn/internal/resolve"
	"cairncx.dev/cairn/journey"
)

var (
	asked     = event.ID{15: 1}
	noonOfDay = time.Date(2026, 5, 4, 12, 0, 0, 0, time.UTC)
)

// resolved returns the event after all steps, whether it goes on, and its faults.
func resolved(t *testing.T, cfg resolve.Config, e event.Event, defs ...event.Definition) (event.Event, bool, fault.Set) {
	t.Helper()
	if cfg.Namespace = "n"; cfg.Now == nil {
		cfg.Now = func() time.Time { return noonOfDay }
	}
	r, err := resolve.New(cfg, defs...)
	if err != nil {
		t.Fatal(err)
	}
	f := &flight.Event{Event: e}
	ok, found := r.Admit(f)
	if !ok {
		return f.Event, false, found.Set
	}
	_, more := r.Open(f)
	found.Set = found.Union(more.Set)
	ok, more = r.Close(f)
	return f.Event, ok, found.Union(more.Set)
}

// TestSaid: what an answer, an end of a request and an amendment keep of what they came with.
func TestSaid(t *testing.T) {
	t.Parallel()
	survey := feedback.Define("after", feedback.CES, feedback.Ask("en", "Was it easy?"))
	for _, c := range []struct {
		name, reason string
		kind         event.Kind
		in, want     event.Feedback
		dropped      bool
		faults       fault.Set
	}{
		{
			name: "an answer", reason: "it has the version of the survey's text", kind: event.FeedbackReceived,
			in:   event.Feedback{Survey: "after", Score: 6, Request: asked},
			want: event.Feedback{Survey: "after", Scale: event.CES, Score: 6, Verdict: event.Positive, Version: survey.Version(), Request: asked},
		},
		{
			name: "an answer to an earlier text", reason: "its own version holds", kind: event.FeedbackReceived,
			in:   event.Feedback{Survey: "after", Score: 6, Version: "1"},
			want: event.Feedback{Survey: "after", Scale: event.CES, Score: 6, Verdict: event.Positive, Version: "1"},
		},
		{
			name: "an unknown survey", reason: "what is folded has no version", kind: event.FeedbackReceived,
			in:     event.Feedback{Survey: "before", Scale: event.CES, Score: 6},
			want:   event.Feedback{Survey: event.Other, Scale: event.CES, Score: 6, Verdict: event.Positive},
			faults: faults(fault.UnknownName),
		},
		{
			name: "an end of a request", reason: "it has no score", kind: event.SurveyClosed,
			in:   event.Feedback{Survey: "after", Request: asked, Ended: event.SurveyDismissed, Shown: true},
			want: event.Feedback{Survey: "after", Scale: event.CES, Version: survey.Version(), Request: asked, Ended: event.SurveyDismissed, Shown: true},
		},
		{
			name: "an end of no request", reason: "it cannot be counted", kind: event.SurveyClosed,
			in: event.Feedback{Survey: "after", Ended: event.SurveyDismissed}, dropped: true, faults: faults(fault.MissingDetail),
		},
		{
			name: "a request without its end", reason: "it says nothing", kind: event.SurveyClosed,
			in: event.Feedback{Survey: "after", Request: asked}, dropped: true, faults: faults(fault.MissingDetail),
		},
		{
			name: "an end that is none", reason: "the number stands for nothing", kind: event.SurveyClosed,
			in:     event.Feedback{Survey: "after", Request: asked, Ended: 200},
			want:   event.Feedback{Survey: "after", Scale: event.CES, Version: survey.Version(), Request: asked},
			faults: faults(fault.InvalidValue),
		},
		{
			name: "shown of no request", reason: "nobody was asked", kind: event.SurveyShown,
			in: event.Feedback{Survey: "after"}, dropped: true, faults: faults(fault.MissingDetail),
		},
		{
			name: "an amended score", reason: "the verdict is that of the new one", kind: event.FeedbackAmended,
			in:   event.Feedback{Survey: "after", Score: 2, Previous: new(7), Amends: asked},
			want: event.Feedback{Survey: "after", Scale: event.CES, Score: 2, Verdict: event.Negative, Version: survey.Version(), Previous: new(7), Amends: asked},
		},
		{
			name: "an amended score off the scale", reason: "an answer has one of the scale's scores", kind: event.FeedbackAmended,
			in: event.Feedback{Survey: "after", Score: 8, Amends: asked}, dropped: true, faults: faults(fault.Score),
		},
		{
			name: "a former score off the scale", reason: "it cannot have been one", kind: event.FeedbackAmended,
			in:     event.Feedback{Survey: "after", Score: 1, Previous: new(0), Amends: asked},
			want:   event.Feedback{Survey: "after", Scale: event.CES, Score: 1, Verdict: event.Negative, Version: survey.Version(), Amends: asked},
			faults: faults(fault.Score),
		},
		{
			name: "a former score of 0", reason: "it is a score of NPS", kind: event.FeedbackAmended,
			in:   event.Feedback{Survey: "nps", Scale: event.NPS, Score: 1, Previous: new(0), Amends: asked},
			want: event.Feedback{Survey: "nps", Scale: event.NPS, Score: 1, Verdict: event.Negative, Previous: new(0), Amends: asked},
		},
		{
			name: "an amendment of nothing", reason: "no view can show it", kind: event.FeedbackAmended,
			in: event.Feedback{Survey: "after", Score: 2}, dropped: true, faults: faults(fault.MissingDetail),
		},
		{
			name: "a withdrawn consent to a mention", reason: "a mention has no scale", kind: event.FeedbackAmended,
			in:   event.Feedback{Amends: asked, Testimonial: &event.Testimonial{Version: "1", Withdrawn: noonOfDay}},
			want: event.Feedback{Amends: asked, Testimonial: &event.Testimonial{Version: "1", Withdrawn: noonOfDay}},
		},
		{
			name: "a consent without a time", reason: "it was given with the answer", kind: event.FeedbackReceived,
			in:   event.Feedback{Survey: "after", Score: 7, Testimonial: &event.Testimonial{Version: "1", Language: "en", Text: "You may quote me."}},
			want: event.Feedback{Survey: "after", Scale: event.CES, Score: 7, Verdict: event.Positive, Version: survey.Version(), Testimonial: &event.Testimonial{Version: "1", Language: "en", Text: "You may quote me.", Given: noonOfDay}},
		},
		{
			name: "a consent of the year 9999", reason: "no sink can keep the time", kind: event.FeedbackAmended,
			in:     event.Feedback{Amends: asked, Testimonial: &event.Testimonial{Given: noonOfDay, Withdrawn: time.Date(9999, 1, 1, 0, 0, 0, 0, time.UTC)}},
			want:   event.Feedback{Amends: asked, Testimonial: &event.Testimonial{Given: noonOfDay}},
			faults: faults(fault.Time),
		},
		{
			name: "a long consent text", reason: "each text has its bound", kind: event.FeedbackAmended,
			in:     event.Feedback{Amends: asked, Version: strings.Repeat("v", 65), Testimonial: &event.Testimonial{Text: strings.Repeat("t", event.MaxLine+1), Given: noonOfDay}},
			want:   event.Feedback{Amends: asked, Version: strings.Repeat("v", 64), Testimonial: &event.Testimonial{Text: strings.Repeat("t", event.MaxLine), Given: noonOfDay}},
			faults: faults(fault.TooLong),
		},
		{
			name: "a mention of no survey", reason: "nobody asked", kind: event.FeedbackMentioned,
			in: event.Feedback{Source: "forum", Causes: []string{"slow"}}, want: event.Feedback{Source: "forum", Causes: []string{"slow"}},
		},
		{
			name: "an answer to no survey", reason: "somebody asked", kind: event.FeedbackReceived,
			in: event.Feedback{Scale: event.CES, Score: 6}, want: event.Feedback{Survey: event.Other, Scale: event.CES, Score: 6, Verdict: event.Positive},
			faults: faults(fault.InvalidName),
		},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			got, ok, found := resolved(t, resolve.Config{}, event.Event{Kind: c.kind, Time: noonOfDay, Feedback: &c.in}, survey)
			if ok == c.dropped || found != c.faults {
				t.Fatalf("it goes on: %v, with the faults %v, want %v: %s", ok, names(found), names(c.faults), c.reason)
			}
			if c.dropped {
				return
			}
			if diff := cmp.Diff(c.want, *got.Feedback); diff != "" {
				t.Errorf("%s (-want +got):\n%s", c.reason, diff)
			}
		})
	}
}

// TestMention: a mention has a rating that a review can have, and addresses as they may leave.
func TestMention(t *testing.T) {
	t.Parallel()
	keep, redact := resolve.Config{KeepText: true}, resolve.Config{Redact: func(s string) string { return strings.ReplaceAll(s, "jane", "[name]") }}
	for _, c := range []struct {
		name, reason string
		cfg          resolve.Config
		in, want     event.Mention
		faults       fault.Set
	}{
		{"a review", "all of it is right", keep, event.Mention{Nature: event.Complaint, Stars: 0.5, Reach: 7}, event.Mention{Nature: event.Complaint, Stars: 0.5, Reach: 7}, faults()},
		{"five stars", "the most that there are", keep, event.Mention{Stars: 5}, event.Mention{Stars: 5}, faults()},
		{"more than five", "no site has them", keep, event.Mention{Stars: 5.5}, event.Mention{}, faults(fault.Score)},
		{"less than none", "no site has them", keep, event.Mention{Stars: -1}, event.Mention{}, faults(fault.Score)},
		{"not a number", "it is no rating", keep, event.Mention{Stars: math.NaN()}, event.Mention{}, faults(fault.Score)},
		{"between two halves", "the nearest one", keep, event.Mention{Stars: 4.3}, event.Mention{Stars: 4.5}, faults(fault.Score)},
		{"nearly nothing", "it rounds to no star at all", keep, event.Mention{Stars: 0.1}, event.Mention{}, faults(fault.Score)},
		{"a negative reach", "a count is not negative", keep, event.Mention{Reach: -1}, event.Mention{}, faults(fault.Number)},
		{"a nature that is none", "the number stands for nothing", keep, event.Mention{Nature: 200}, event.Mention{}, faults(fault.InvalidValue)},
		{"addresses", "they are redacted", redact, event.Mention{Address: "https://a.example/jane/1", ReplyTo: "jane-1"}, event.Mention{Address: "https://a.example/[name]/1", ReplyTo: "[name]-1"}, faults()},
		{"addresses without a redactor", "they may lead to a person", resolve.Config{}, event.Mention{Address: "https://a.example/jane/1", ReplyTo: "jane-1"}, event.Mention{}, faults(fault.TextDropped)},
		{"the longest address", "it is allowed", keep, event.Mention{Address: strings.Repeat("a", event.MaxLine)}, event.Mention{Address: strings.Repeat("a", event.MaxLine)}, faults()},
		{"a longer one", "a part of it leads elsewhere", keep, event.Mention{Address: strings.Repeat("a", event.MaxLine+1)}, event.Mention{}, faults(fault.TooLong)},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			got, ok, found := resolved(t, c.cfg, event.Event{Kind: event.FeedbackMentioned, Time: noonOfDay, Feedback: &event.Feedback{}, Mention: &c.in})
			if !ok || found != c.faults {
				t.Errorf("it goes on: %v, with the faults %v, want %v: %s", ok, names(found), names(c.faults), c.reason)
			}
			if diff := cmp.Diff(c.want, *got.Mention); diff != "" {
				t.Errorf("%s (-want +got):\n%s", c.reason, diff)
			}
		})
	}
}

// TestFollowUpAndAction: the details of a run that is the company's answer.
func TestFollowUpAndAction(t *testing.T) {
	t.Parallel()
	late := time.Date(9999, 1, 1, 0, 0, 0, 0, time.UTC)
	got, _, found := resolved(t, resolve.Config{KeepText: true}, event.Event{
		Kind: event.JourneyStageEntered, Time: noonOfDay, Journey: event.Run{Name: "complaint", ID: "f-1"}, Stage: "resolved",
		FollowUp: &event.FollowUp{Severity: strings.Repeat("s", 65), CausedBy: asked, About: event.RunRef{Name: "checkout", ID: strings.Repeat("i", 129)}, Due: late, Note: "called"},
		Action: &event.Action{
			Name: "faq", Feedbacks: make([]event.ID, event.MaxFeedbacks+1), Cause: "slow", From: noonOfDay, Until: late, Note: "since May",
		},
	}, journey.Define("complaint", journey.Stages("resolved")))
	if diff := cmp.Diff(&event.FollowUp{ID: "f-1", Severity: strings.Repeat("s", 64), CausedBy: asked, Note: "called"}, got.FollowUp); diff != "" {
		t.Errorf("the follow-up has the ID of its run, and no part of an ID (-want +got):\n%s", diff)
	}
	if diff := cmp.Diff(&event.Action{Name: "faq", Feedbacks: make([]event.ID, event.MaxFeedbacks), Cause: "slow", From: noonOfDay, Note: "since May"}, got.Action); diff != "" {
		t.Errorf("the action (-want +got):\n%s", diff)
	}
	if want := faults(fault.TooLong, fault.InvalidID, fault.Time, fault.DetailLimit); found != want {
		t.Errorf("the faults are %v, want %v", names(found), names(want))
	}
}

// TestPlainSurvey: a definition without options only names a survey, whichever of the two is met first.
func TestPlainSurvey(t *testing.T) {
	t.Parallel()
	checkout := journey.Define("checkout", journey.Stages("payment"))
	full := feedback.Define("after", feedback.CES, feedback.Ask("en", "Was it easy?"), feedback.In(checkout, "payment"))
	plain, other := feedback.Define("after", feedback.CES), feedback.Define("after", feedback.CES, feedback.Version("2"))
	for _, c := range []struct {
		name, reason string
		given        []event.Definition
		used         []*feedback.Survey
		version      string // of the last answer
		fault        bool   // definition_conflict
	}{
		{"given", "the blueprint's options hold", []event.Definition{full}, []*feedback.Survey{plain}, full.Version(), false},
		{"given twice", "one names the other", []event.Definition{plain, full, plain}, []*feedback.Survey{plain}, full.Version(), false},
		{"met first", "the options come with the second one", nil, []*feedback.Survey{plain, full, plain}, full.Version(), false},
		{"met second", "the first one has the options", nil, []*feedback.Survey{full, plain}, full.Version(), false},
		{"two that differ", "the first one holds", nil, []*feedback.Survey{full, other}, full.Version(), true},
		{"on another scale", "it is another question", []event.Definition{full}, []*feedback.Survey{feedback.Define("after", feedback.CSAT)}, "", true},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			r, err := resolve.New(resolve.Config{Namespace: "n", Now: time.Now}, c.given...)
			if err != nil {
				t.Fatal(err)
			}
			var met []string
			r.OnSurvey(func(s *feedback.Survey) { met = append(met, s.Version()) })
			conflict, version := false, ""
			for _, s := range c.used {
				e := flight.Of(event.Event{Kind: event.FeedbackReceived, Feedback: &event.Feedback{Survey: "after", Scale: s.Scale(), Score: 5}})
				e.SetDefinition(s)
				_, found := r.Open(e)
				conflict, version = conflict || found.Has(fault.Conflict), e.Feedback.Version
			}
			if version != c.version || conflict != c.fault {
				t.Errorf("the version is %q, want %q, and a conflict: %v, want %v: %s", version, c.version, conflict, c.fault, c.reason)
			}
			if met[len(met)-1] != full.Version() {
				t.Errorf("the surveys that became known have the versions %q, want the last one to be %q", met, full.Version())
			}
			if r.Journey("checkout") == nil {
				t.Error("the journey of the survey is not known")
			}
		})
	}
}

// TestSurveysDiffer: the report of two definitions names each option that differs, and no text of more than a line.
func TestSurveysDiffer(t *testing.T) {
	t.Parallel()
	checkout := journey.Define("checkout", journey.Stages("payment"))
	define := func(opts ...feedback.SurveyOption) *feedback.Survey {
		return feedback.Define("after", feedback.CES, append([]feedback.SurveyOption{feedback.Ask("en", "Was it easy?"), feedback.TestimonialConsent("1", "en", "Quote me.")}, opts...)...)
	}
	known := define()
	for _, c := range []struct {
		name  string
		given *feedback.Survey
		want  string
	}{
		{"language", define(feedback.Ask("de", "War es leicht?")), `the languages of the question (Ask) are ["en"] in the first definition and ["de" "en"] in the second`},
		{"text", feedback.Define("after", feedback.CES, feedback.Ask("en", "Easy?"), feedback.TestimonialConsent("1", "en", "Quote me.")), `the question (Ask) in "en" is one text`},
		{"version", define(feedback.Version("2")), `its version (Version) is nothing in the first definition and "2" in the second`},
		{"journey", define(feedback.In(checkout, "payment")), `its journey (In) is nothing in the first definition and "checkout" in the second; its stage (In) is nothing in the first definition and "payment"`},
		{"channels", define(feedback.Channels(event.Email)), `its channels (Channels) are ["web"] in the first definition and ["email"]`},
		{"choices", define(feedback.Choices("slow")), `its choices (Choices) are nothing in the first definition and ["slow"]`},
		{"sample", define(feedback.Sample(0.1)), `its sample (Sample) is 100% in the first definition and 10%`},
		{"every", define(feedback.Every(24 * time.Hour)), `every (Every) is nothing in the first definition and 24h0m0s`},
		{"expires", define(feedback.Expires(time.Hour)), `expires (Expires) is 720h0m0s in the first definition and 1h0m0s`},
		{"purpose", define(feedback.For("care")), `its purpose (For) is "survey" in the first definition and "care"`},
		{"consent", feedback.Define("after", feedback.CES, feedback.Ask("en", "Was it easy?"), feedback.TestimonialConsent("2", "en", "You may quote me.")), `the version of its consent text (TestimonialConsent) is "1" in the first definition and "2" in the second; the consent text (TestimonialConsent) in "en" is one text in the first definition and another one in the second`},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			if known.Equal(c.given) {
				t.Error("they are equal")
			}
			_, err := resolve.New(resolve.Config{Namespace: "n", Now: time.Now}, known, c.given)
			if err == nil || !strings.Contains(err.Error(), c.want) {
				t.Errorf("the error is\n%v\nwant\n%s", err, c.want)
			}
		})
	}
}
