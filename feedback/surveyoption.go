package feedback

import (
	"encoding/hex"
	"slices"
	"time"

	"cairncx.dev/cairn/cx/event"
	"cairncx.dev/cairn/internal/digest"
	"cairncx.dev/cairn/journey"
)

// SurveyOption is an option of [Define]. An option value may be reused.
type SurveyOption interface{ applySurvey(*terms) }

type surveyOption func(*terms)

func (f surveyOption) applySurvey(t *terms) { f(t) }

// Ask declares the text of the question in a language, which is a BCP 47 tag. A text has at most [event.MaxLine] bytes, a survey at most
// [MaxLanguages] languages. Answers to different texts are not compared: a changed text makes a new version of the survey, and its answers
// are another series. See [Version]. Default: no text, because the application has its own.
func Ask(language, text string) SurveyOption {
	return surveyOption(func(t *terms) { t.texts = append(slices.Clip(t.texts), Text{language, text}) })
}

// In declares the journey that the survey asks about, and the stage; an empty stage declares the journey alone. It does not move a run. An
// answer belongs to the run of its context, or to the one that [About] names. Default: no journey.
func In(j *journey.Definition, stage string) SurveyOption {
	return surveyOption(func(t *terms) { t.place = &place{j, stage} })
}

// Channels names the channels by which customers answer, each once. As soon as the client knows the survey, it exports the counters of its
// requests and answers with the value zero for each of them. Answers on other channels still count. Default: the channels of the journey
// of [In], else [event.Web].
func Channels(channels ...event.Channel) SurveyOption {
	channels = slices.Clone(channels)
	return surveyOption(func(t *terms) { t.channels = channels })
}

// Choices declares the causes that a customer can choose from, at most [MaxChoices], each a name of at most [event.MaxCause] bytes. Metrics
// count an answer with another cause under [event.Other]; the event keeps the cause. Default: no choices, and metrics distinguish the first
// [MaxChoices] causes of the survey.
func Choices(causes ...string) SurveyOption {
	causes = slices.Clone(causes)
	return surveyOption(func(t *terms) { t.choices = causes })
}

// Sample sets the share of customers who may be asked, more than 0 and at most 1. A hash of the customer and the survey decides, so that
// every instance asks the same customers. Default: 1.
func Sample(share float64) SurveyOption {
	return surveyOption(func(t *terms) { t.sample = share })
}

// Every makes a customer be asked at most once in this time, at most [touchpoint.MaxCapWindow]. The caps of the contact policy apply as
// well, and bound the requests of all surveys together. Default, and for 0: no bound of the survey's own.
func Every(d time.Duration) SurveyOption {
	return surveyOption(func(t *terms) { t.every = d })
}

// Expires sets how long a customer can answer a request, at least [MinExpiry] and at most [touchpoint.MaxCapWindow]. Default:
// [DefaultExpiry].
func Expires(d time.Duration) SurveyOption {
	return surveyOption(func(t *terms) { t.expires = d })
}

// For sets the purpose of the contact policy for which the survey asks. Default: [DefaultPurpose].
func For(purpose string) SurveyOption {
	return surveyOption(func(t *terms) { t.purpose = purpose })
}

// TestimonialConsent declares the text to which a customer consents who lets the company show his or her words in public, in a language,
// with its version: at most [event.MaxLine] bytes, at most [MaxLanguages] languages. All languages have one version. The text must not hold
// personal data. Default: none, and the survey asks for no testimonials.
func TestimonialConsent(version, language, text string) SurveyOption {
	return surveyOption(func(t *terms) {
		t.consents = append(slices.Clip(t.consents), consent{Text{language, text}, version})
	})
}

// Version sets the version of the survey by hand, a name of at most [event.MaxName] bytes: for a survey whose texts are elsewhere, or to
// keep the series where a correction does not change what is asked. Default: a hash of the scale and the texts of [Ask], and no version
// without texts.
func Version(version string) SurveyOption {
	return surveyOption(func(t *terms) { t.version = version })
}

// versionOf returns the version that the texts have. It never changes for the same texts: a version that changed with Cairn would break
// every series.
func versionOf(scale event.Scale, texts []Text) string {
	if len(texts) == 0 {
		return ""
	}
	parts := []string{"cairn.survey.1", scale.String()}
	for _, t := range texts {
		parts = append(parts, t.Language, t.Text)
	}
	sum := digest.Of(parts...)
	return hex.EncodeToString(sum[:4])
}
