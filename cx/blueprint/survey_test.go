package blueprint_test

import (
	"errors"
	"fmt"
	"math"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"cairncx.dev/cairn/cx/blueprint"
	"cairncx.dev/cairn/cx/event"
	"cairncx.dev/cairn/feedback"
	"cairncx.dev/cairn/journey"
)

// TestSurvey: a survey of the blueprint is the one that code defines with the same options, and From writes it.
func TestSurvey(t *testing.T) {
	t.Parallel()
	const days = blueprint.Duration(24 * time.Hour)
	in := &blueprint.Blueprint{
		Version: 1, Journeys: []blueprint.Journey{{Name: "checkout", Stages: []blueprint.Stage{{Name: "payment"}}, Channels: []string{"mobile"}}},
		Surveys: []blueprint.Survey{
			{
				Name: "after", Scale: "ces", Question: map[string]string{"en": "Was it easy?", "de": "War es leicht?"}, Version: "2", Journey: "checkout", Stage: "payment",
				Channels: []string{"email"}, Causes: []string{"slow"}, Sample: 0.1, Every: 90 * days, Expires: 14 * days,
				Testimonial: blueprint.Testimonial{Version: "1", Text: map[string]string{"en": "Quote me."}},
			},
			{Name: "plain", Scale: "nps"},
		},
	}
	if err := in.Validate(); err != nil {
		t.Fatal(err)
	}
	checkout := journey.Define("checkout", journey.Stages("payment"), journey.Channels(event.Mobile))
	code := feedback.Define("after", feedback.CES, feedback.Ask("de", "War es leicht?"), feedback.Ask("en", "Was it easy?"), feedback.Version("2"),
		feedback.In(checkout, "payment"), feedback.Channels(event.Email), feedback.Choices("slow"), feedback.Sample(0.1), feedback.Every(90*24*time.Hour),
		feedback.Expires(14*24*time.Hour), feedback.TestimonialConsent("1", "en", "Quote me."))
	if got := in.Survey("after"); !got.Equal(code) {
		t.Errorf("the blueprint's survey differs from that of the code: %v", cmp.Diff(fmt.Sprintf("%+v", code), fmt.Sprintf("%+v", got)))
	}
	if !in.Survey("plain").Plain() {
		t.Error("a survey with a name and a scale has options")
	}
	got, err := blueprint.From(code, feedback.Define("plain", feedback.NPS))
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(in, got); diff != "" {
		t.Errorf("From (-want +got):\n%s", diff)
	}
	if _, err := blueprint.From(code, feedback.Define("after", feedback.CES, feedback.Version("3"))); err == nil || !strings.Contains(err.Error(), "has another meaning") {
		t.Errorf("of two definitions that differ: %v", err)
	}
	if _, err := blueprint.From(feedback.Define("twice", feedback.CES, feedback.Ask("en", "a"), feedback.Ask("EN", "b"))); err == nil || !strings.Contains(err.Error(), "is there twice") {
		t.Errorf("of a survey that a blueprint cannot say: %v", err)
	}
}

// TestSurveyProblems: each fault has its place and its remedy.
func TestSurveyProblems(t *testing.T) {
	t.Parallel()
	texts := func(n int) map[string]string {
		m := map[string]string{}
		for i := range n {
			m[fmt.Sprintf("en-%d", i)] = "Easy?"
		}
		return m
	}
	many := func(n int) (list []string) {
		for i := range n {
			list = append(list, fmt.Sprintf("cause-%d", i))
		}
		return list
	}
	for _, c := range []struct {
		name   string
		change func(*blueprint.Survey)
		path   string // "" is no problem
		says   string
	}{
		{"a stage without a journey", func(s *blueprint.Survey) { s.Stage = "payment" }, "stage", "needs a journey"},
		{"an unknown stage", func(s *blueprint.Survey) { s.Journey, s.Stage = "checkout", "paymnt" }, "stage", `the journey "checkout" has no stage "paymnt": it has ["payment"]`},
		{"an unknown journey", func(s *blueprint.Survey) { s.Journey = "chekout" }, "journey", `there is no journey "chekout"`},
		{"a language in words", func(s *blueprint.Survey) { s.Question = map[string]string{"English!": "Easy?"} }, `question["English!"]`, "write its BCP 47 tag, such as de, en or pt-BR"},
		{"a long tag", func(s *blueprint.Survey) {
			s.Question = map[string]string{"en-abcdefgh-abcdefgh-abcdefgh-abcdef": "Easy?"}
		}, `question["en-abcdefgh-abcdefgh-abcdefgh-abcdef"]`, "is not a language"},
		{"a language twice", func(s *blueprint.Survey) { s.Question = map[string]string{"pt-BR": "a", "pt-br": "b"} }, `question["pt-br"]`, `differs from "pt-BR" only in capitals`},
		{"an empty text", func(s *blueprint.Survey) { s.Question = map[string]string{"en": "\n"} }, `question["en"]`, "the text is empty: write it, or remove the language"},
		{"a long text", func(s *blueprint.Survey) {
			s.Question = map[string]string{"en": strings.Repeat("x", event.MaxLine+1)}
		}, `question["en"]`, "has 2049 bytes, and may have at most 2048"},
		{"a text of the full length", func(s *blueprint.Survey) {
			s.Question = map[string]string{"en": strings.Repeat("x", event.MaxLine)}
		}, "", ""},
		{"as many languages as there may be", func(s *blueprint.Survey) { s.Question = texts(64) }, "", ""},
		{"one more", func(s *blueprint.Survey) { s.Question = texts(65) }, "question", "has 65 languages, and at most 64 are allowed"},
		{"a version with a control character", func(s *blueprint.Survey) { s.Version = "1\x00" }, "version", "is not a valid name"},
		{"an unknown channel", func(s *blueprint.Survey) { s.Channels = []string{"fax"} }, "channels[0]", `there is no channel "fax"`},
		{"as many causes as there may be", func(s *blueprint.Survey) { s.Causes = many(64) }, "", ""},
		{"one more cause", func(s *blueprint.Survey) { s.Causes = many(65) }, "causes", "has 65 causes, and at most 64 are allowed"},
		{"more than everybody", func(s *blueprint.Survey) { s.Sample = 1.5 }, "sample", "write a percentage of more than 0% and at most 100%"},
		{"a share that is no number", func(s *blueprint.Survey) { s.Sample = blueprint.Share(math.NaN()) }, "sample", "write a percentage"},
		{"a long bound", func(s *blueprint.Survey) { s.Every = blueprint.Duration(401 * 24 * time.Hour) }, "every", "is 401d: write a duration from 0s (no bound) to 400d"},
		{"a negative bound", func(s *blueprint.Survey) { s.Every = -1 }, "every", "write a duration"},
		{"no time to answer", func(s *blueprint.Survey) { s.Expires = 1 }, "expires", "write a duration from 1m to 400d"},
		{"a purpose without a policy", func(s *blueprint.Survey) { s.Purpose = "survey" }, "purpose", "needs the contact policy"},
		{"a consent without a version", func(s *blueprint.Survey) { s.Testimonial.Text = map[string]string{"en": "Quote me."} }, "testimonial.version", "the version is missing: number the texts"},
		{"a consent without a text", func(s *blueprint.Survey) { s.Testimonial.Version = "1" }, "testimonial.text", "the text is missing: write it by language"},
		{"an empty consent", func(s *blueprint.Survey) {
			s.Testimonial = blueprint.Testimonial{Version: "1", Text: map[string]string{"en": ""}}
		}, `testimonial.text["en"]`, "the text is empty"},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			b := &blueprint.Blueprint{
				Version: 1, Journeys: []blueprint.Journey{{Name: "checkout", Stages: []blueprint.Stage{{Name: "payment"}}}},
				Surveys: []blueprint.Survey{{Name: "after", Scale: "ces"}},
			}
			c.change(&b.Surveys[0])
			err := b.Validate()
			if c.path == "" {
				if err != nil {
					t.Errorf("it has %v", err)
				}
				if err := b.Survey("after").Validate(); err != nil {
					t.Errorf("its definition has %v", err)
				}
				return
			}
			var found *blueprint.Error
			if !errors.As(err, &found) || len(found.Problems) != 1 || found.Problems[0].Path != "surveys[0]."+c.path || !strings.Contains(found.Problems[0].Message, c.says) {
				t.Errorf("the problems are %v, want one at surveys[0].%s: %s", err, c.path, c.says)
			}
			if only := []string{"purpose", "journey", "testimonial.text", "channels[0]"}; !slices.Contains(only, c.path) && b.Survey("after").Validate() == nil {
				t.Error("the definition has no fault")
			}
		})
	}
}

// TestSurveyPurpose: the purpose of a survey is one of the contact policy.
func TestSurveyPurpose(t *testing.T) {
	t.Parallel()
	b := &blueprint.Blueprint{
		Version: 1, Contact: &blueprint.Contact{Purposes: []blueprint.Purpose{{Name: "survey"}}},
		Surveys: []blueprint.Survey{{Name: "after", Scale: "ces", Purpose: "survey"}},
	}
	if err := b.Validate(); err != nil {
		t.Error(err)
	}
	b.Surveys[0].Purpose = "surveys"
	if err := b.Validate(); err == nil || !strings.Contains(err.Error(), `surveys[0].purpose: the contact policy has no purpose "surveys"`) {
		t.Errorf("of an unknown purpose: %v", err)
	}
}
