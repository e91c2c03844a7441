package sdktest_test

import (
	"context"
	"fmt"
	"maps"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"cairncx.dev/cairn/cx"
	"cairncx.dev/cairn/cx/event"
	"cairncx.dev/cairn/feedback"
	"cairncx.dev/cairn/journey"
)

// ofFeedback returns the process's series of feedback that have counted something, or all of them.
func ofFeedback(p *process, zeros bool) map[string]string {
	got := p.series()
	maps.DeleteFunc(got, func(key, value string) bool {
		return !strings.HasPrefix(key, "cx.feedback.") || !zeros && value == "0"
	})
	return got
}

// askedAndSaid records one of everything that a customer is asked and says about a checkout.
func askedAndSaid(ctx context.Context, c *cx.Client) {
	run := event.Run{Name: "checkout", ID: orderID}
	request := event.ID{15: 1}
	say := func(kind event.Kind, f event.Feedback, m *event.Mention) {
		c.Record(ctx, event.Event{Kind: kind, Journey: run, Channel: event.Email, Feedback: &f, Mention: m})
	}
	say(event.SurveyRequested, event.Feedback{Survey: "after"}, nil)
	say(event.SurveyShown, event.Feedback{Survey: "after", Request: request}, nil)
	say(event.FeedbackReceived, event.Feedback{Survey: "after", Score: 2, Request: request, Causes: []string{"slow", "slow", "rude"}, Comment: secret}, nil)
	say(event.SurveyClosed, event.Feedback{Survey: "after", Request: request, Ended: event.SurveyAnswered, Shown: true}, nil) // told already
	say(event.FeedbackReceived, event.Feedback{Survey: "after", Score: 7, Version: "1"}, nil)
	say(event.FeedbackAmended, event.Feedback{Survey: "after", Score: 6, Previous: new(2), Amends: event.ID{15: 2}}, nil)
	say(event.SurveyClosed, event.Feedback{Survey: "after", Request: event.ID{15: 3}, Ended: event.SurveyDismissed, Shown: true}, nil)
	say(event.SurveyClosed, event.Feedback{Survey: "after", Request: event.ID{15: 4}, Ended: event.SurveyExpired}, nil)
	say(event.FeedbackMentioned, event.Feedback{Source: "trustpilot", Comment: secret, Causes: []string{"slow"}}, &event.Mention{
		Nature: event.Complaint, Stars: 1.5, Reach: 200, Address: "https://reviews.example/" + secret, ReplyTo: secret,
	})
	say(event.FeedbackMentioned, event.Feedback{Comment: secret}, nil)
}

// TestFeedbackMetrics: what each event of feedback counts, by survey, version and cause.
func TestFeedbackMetrics(t *testing.T) {
	t.Parallel()
	survey := feedback.Define("after", feedback.CES, feedback.Version("2"), feedback.Choices("slow"), feedback.Channels(event.Email))
	p := newProcess(t, "shop", cx.WithDefinitions(checkout, survey), cx.WithUnredactedText())
	askedAndSaid(p.context(), p.client)
	probe := event.Event{Kind: event.FeedbackMentioned, Actor: event.ActorSynthetic, Feedback: &event.Feedback{Source: "probe"}}
	p.client.Record(p.context(), probe)
	if faults := p.faults(); len(faults) > 0 {
		t.Errorf("the faults are %v, want none", faults)
	}
	const of, v2 = "cx.survey.name=after", "cx.survey.name=after,cx.survey.version=2"
	want := map[string]string{
		"cx.feedback.requests{cx.channel=email," + v2 + "}": "1",
		"cx.feedback.shown{cx.channel=email," + v2 + "}":    "1",
		"cx.feedback.responses{cx.channel=email,cx.feedback.scale=ces,cx.feedback.solicited=true,cx.feedback.verdict=negative," + v2 + "}":                      "1",
		"cx.feedback.responses{cx.channel=email,cx.feedback.scale=ces,cx.feedback.solicited=false,cx.feedback.verdict=positive," + of + ",cx.survey.version=1}": "1",
		"cx.feedback.score{cx.feedback.scale=ces," + v2 + "}":                                                              "n=1 sum=2",
		"cx.feedback.score{cx.feedback.scale=ces," + of + ",cx.survey.version=1}":                                          "n=1 sum=7",
		"cx.feedback.causes{cx.cause=slow," + of + "}":                                                                     "1",
		"cx.feedback.causes{cx.cause=_other," + of + "}":                                                                   "1",
		"cx.feedback.amended{" + v2 + "}":                                                                                  "1",
		"cx.feedback.closed{cx.channel=email,cx.survey.end=answered," + of + ",cx.survey.shown=true,cx.survey.version=2}":  "1",
		"cx.feedback.closed{cx.channel=email,cx.survey.end=dismissed," + of + ",cx.survey.shown=true,cx.survey.version=2}": "1",
		"cx.feedback.closed{cx.channel=email,cx.survey.end=expired," + of + ",cx.survey.shown=false,cx.survey.version=2}":  "1",
		"cx.feedback.mentions{cx.mention.nature=complaint,cx.mention.source=trustpilot}":                                   "1",
		"cx.feedback.mentions{}": "1",
	}
	if d := cmp.Diff(want, ofFeedback(p, false)); d != "" {
		t.Errorf("(-want +got):\n%s", d)
	}
}

// TestSurveysBeginAtZero: a declared survey has its counters before the first request, in its version and on its channels, and one that
// only names a published question in use has none.
func TestSurveysBeginAtZero(t *testing.T) {
	t.Parallel()
	kiosk := journey.Define("visit", journey.Channels(event.Kiosk))
	for _, c := range []struct {
		name, reason string
		survey       *feedback.Survey
		channels     []string
		scale        string
		verdicts     []string
		version      string
	}{
		{"a name and a scale", "web is the default", feedback.Define("after", feedback.NPS), []string{"web"}, "nps", []string{"positive", "neutral", "negative"}, ""},
		{"thumbs", "they are never neutral", feedback.Define("after", feedback.Thumbs, feedback.Version("3")), []string{"web"}, "thumbs", []string{"positive", "negative"}, ",cx.survey.version=3"},
		{"in a journey", "its channels", feedback.Define("after", feedback.NPS, feedback.In(kiosk, "")), []string{"kiosk"}, "nps", []string{"positive", "neutral", "negative"}, ""},
		{"with channels", "they come before those of the journey", feedback.Define("after", feedback.NPS, feedback.In(kiosk, ""), feedback.Channels(event.Email, event.Chat)), []string{"email", "chat"}, "nps", []string{"positive", "neutral", "negative"}, ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			want := map[string]string{"cx.feedback.amended{cx.survey.name=after" + c.version + "}": "0"}
			for _, channel := range c.channels {
				tail := "cx.survey.name=after" + c.version + "}"
				want["cx.feedback.requests{cx.channel="+channel+","+tail], want["cx.feedback.shown{cx.channel="+channel+","+tail] = "0", "0"
				for _, end := range []string{"answered true", "dismissed true", "bounced false", "expired true", "expired false"} {
					end, shown, _ := strings.Cut(end, " ")
					want[fmt.Sprintf("cx.feedback.closed{cx.channel=%s,cx.survey.end=%s,cx.survey.name=after,cx.survey.shown=%s%s}", channel, end, shown, c.version)] = "0"
				}
				for _, verdict := range c.verdicts {
					for _, solicited := range []string{"true", "false"} {
						want[fmt.Sprintf("cx.feedback.responses{cx.channel=%s,cx.feedback.scale=%s,cx.feedback.solicited=%s,cx.feedback.verdict=%s,%s", channel, c.scale, solicited, verdict, tail)] = "0"
					}
				}
			}
			p := newProcess(t, "shop", cx.WithDefinitions(c.survey))
			if d := cmp.Diff(want, ofFeedback(p, true)); d != "" {
				t.Errorf("%s (-want +got):\n%s", c.reason, d)
			}
		})
	}
	p := newProcess(t, "shop")
	feedback.NPS.Record(p.context(), 9)
	if got := ofFeedback(p, true); len(got) != 2 {
		t.Errorf("a published question in use has the series %v, want its answer and its score", got)
	}
}

// TestFeedbackIsBounded: versions, sources and causes that code makes up do not make endless series.
func TestFeedbackIsBounded(t *testing.T) {
	t.Parallel()
	const many = 100
	for _, c := range []struct {
		name, metric, key string
		do                func(ctx context.Context, c *cx.Client, i int)
		names             int // distinguished, besides _other
	}{
		{"versions", "cx.feedback.responses", "cx.survey.version", func(ctx context.Context, c *cx.Client, i int) {
			c.Record(ctx, event.Event{Kind: event.FeedbackReceived, Feedback: &event.Feedback{Survey: "after", Score: 5, Version: fmt.Sprint("v", i)}})
		}, 7}, // the declared one is the eighth
		{"causes", "cx.feedback.causes", "cx.cause", func(ctx context.Context, _ *cx.Client, i int) {
			feedback.NPS.Record(ctx, 3, feedback.Causes(fmt.Sprint("c", i)))
		}, 64},
		{"sources", "cx.feedback.mentions", "cx.mention.source", func(ctx context.Context, c *cx.Client, i int) {
			c.Record(ctx, event.Event{Kind: event.FeedbackMentioned, Feedback: &event.Feedback{Source: fmt.Sprint("s", i)}})
		}, 64},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			p := newProcess(t, "shop", cx.WithDefinitions(feedback.Define("after", feedback.CES, feedback.Version("now"))))
			for i := range many {
				c.do(p.context(), p.client, i)
			}
			names, others := map[string]bool{}, 0
			for key, n := range ofFeedback(p, false) {
				metric, attributes, _ := strings.Cut(key, "{")
				if _, value, ok := strings.Cut(attributes, c.key+"="); ok && metric == c.metric {
					value, _, _ = strings.Cut(strings.TrimSuffix(value, "}"), ",")
					if names[value] = true; value == event.Other {
						_, _ = fmt.Sscan(n, &others)
					}
				}
			}
			if len(names) != c.names+1 || others != many-c.names {
				t.Errorf("%d names are distinguished, and %d events are in _other; want %d and %d", len(names)-1, others, c.names, many-c.names)
			}
			if p.faults()["series_limit"] == "" {
				t.Error("the fold is not reported as series_limit")
			}
		})
	}
}

// TestFeedbackSpansAndLogs: the journey's trace and the log events have what was asked and said, and never the words or an address.
func TestFeedbackSpansAndLogs(t *testing.T) {
	t.Parallel()
	survey := feedback.Define("after", feedback.CES, feedback.Version("2"))
	p := newProcess(t, "shop", cx.WithDefinitions(checkout, survey), cx.WithUnredactedText())
	ctx := checkout.Start(p.context(), orderID, event.Customer{})
	askedAndSaid(ctx, p.client)
	run := map[string]string{"cx.journey.name": "checkout", "cx.journey.id": orderID, "cx.channel": "email"}
	of := func(more map[string]string) map[string]string {
		maps.Copy(more, map[string]string{"cx.survey.name": "after", "cx.survey.version": "2", "cx.feedback.scale": "ces"})
		return with(run, more)
	}
	for name, want := range map[string]map[string]string{
		"after requested": of(map[string]string{}),
		"after amended":   of(map[string]string{"cx.feedback.value": "6", "cx.feedback.verdict": "positive"}),
	} {
		if d := cmp.Diff(want, attrs(named(t, p.twins.GetSpans(), name).Attributes)); d != "" {
			t.Errorf("the span %s (-want +got):\n%s", name, d)
		}
	}
	want := map[string][]map[string]string{
		"cx.feedback.amended": {{"cx.survey.name": "after", "cx.feedback.value": "6", "cx.feedback.verdict": "positive"}},
		"cx.survey.closed": {
			{"cx.survey.name": "after", "cx.survey.end": "answered", "cx.survey.shown": "true"},
			{"cx.survey.name": "after", "cx.survey.end": "dismissed", "cx.survey.shown": "true"},
			{"cx.survey.name": "after", "cx.survey.end": "expired", "cx.survey.shown": "false"},
		},
		"cx.feedback.mentioned": {{"cx.mention.nature": "complaint", "cx.mention.source": "trustpilot", "cx.mention.stars": "1.5"}, {}},
	}
	got := map[string][]map[string]string{}
	for _, r := range p.logs.all() {
		if _, is := want[r.EventName()]; is {
			got[r.EventName()] = append(got[r.EventName()], recordAttrs(r))
		}
	}
	for name, records := range want {
		for i := range records {
			records[i] = with(records[i], map[string]string{"cx.journey.name": "checkout", "cx.journey.id": orderID})
		}
		if d := cmp.Diff(records, got[name]); d != "" {
			t.Errorf("the log events %s (-want +got):\n%s", name, d)
		}
	}
	if n := strings.Count(p.everything(), secret); n != 3 {
		t.Errorf("what a customer said, or its address, is in telemetry %d times, want the bodies of three log events", n)
	}
}
