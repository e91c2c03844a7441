package yaml_test

import (
	"bytes"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"cairncx.dev/cairn/cx/blueprint"
	"cairncx.dev/cairn/cx/blueprint/yaml"
)

const survey = `version: 1
journeys:
  - name: checkout
    stages:
      - name: payment
surveys:
  - name: after-payment
    scale: ces
    question:
      de: "Der Shop hat mir das Bezahlen leicht gemacht."
      en: "The shop made it easy for me to pay: yes or no?"
      "no": Butikken gjorde det enkelt å betale.
    version: "2"
    journey: checkout
    stage: payment
    channels:
      - email
    causes:
      - slow
    sample: 12.5%
    every: 90d
    expires: 2w
    testimonial:
      version: "1"
      text:
        en: You may show my words.
`

// TestSurveyFile: a survey is read with everything that it has, and written in a form that reads back equal.
func TestSurveyFile(t *testing.T) {
	t.Parallel()
	b, err := yaml.Parse("shop.yaml", []byte(survey))
	if err != nil {
		t.Fatal(err)
	}
	const days = blueprint.Duration(24 * time.Hour)
	want := blueprint.Survey{
		Name: "after-payment", Scale: "ces", Version: "2", Journey: "checkout", Stage: "payment", Channels: []string{"email"}, Causes: []string{"slow"},
		Question: map[string]string{
			"de": "Der Shop hat mir das Bezahlen leicht gemacht.", "en": "The shop made it easy for me to pay: yes or no?", "no": "Butikken gjorde det enkelt å betale.",
		},
		Sample: 0.125, Every: 90 * days, Expires: 14 * days, Testimonial: blueprint.Testimonial{Version: "1", Text: map[string]string{"en": "You may show my words."}},
	}
	if diff := cmp.Diff(want, b.Surveys[0]); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	var written bytes.Buffer
	if err := yaml.Write(&written, b); err != nil {
		t.Fatal(err)
	}
	again, err := yaml.Parse("written.yaml", written.Bytes())
	if err != nil {
		t.Fatalf("%v in\n%s", err, written.Bytes())
	}
	if diff := cmp.Diff(b, again); diff != "" {
		t.Errorf("what was written reads back differently (-written +read):\n%s", diff)
	}
}

// TestSurveyMistakes: each mistake is at its place, with what to write instead.
func TestSurveyMistakes(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ name, old, new, want string }{
		{"a sample of nobody", "12.5%", "0%", `shop.yaml:20:13: surveys[0].sample`},
		{"a sample of more than everybody", "12.5%", "120%", `shop.yaml:20:13: surveys[0].sample`},
		{"a key that is mistyped", "question:", "questions:", `there is no key "questions" here`},
		{"a text alone", "text:\n        en: You may show my words.", "text: You may show my words.", `surveys[0].testimonial.text`},
		{"a language that is none", "de: ", "german language: ", `shop.yaml:10:24: surveys[0].question["german language"]: "german language" is not a language: write its BCP 47 tag, such as de, en or pt-BR`},
		{"a stage of another journey", "stage: payment", "stage: paymnt", `shop.yaml:15:12: surveys[0].stage: the journey "checkout" has no stage "paymnt"`},
		{"a bound in business days", "every: 90d", "every: 9bd", `shop.yaml:21:12: surveys[0].every`},
		{"a consent without its version", "version: \"1\"\n      text", "text", `surveys[0].testimonial.version: the version is missing`},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			text := strings.Replace(survey, c.old, c.new, 1)
			if _, err := yaml.Parse("shop.yaml", []byte(text)); err == nil || !strings.Contains(err.Error(), c.want) {
				t.Errorf("the error is\n%v\nwant\n%s", err, c.want)
			}
		})
	}
}
