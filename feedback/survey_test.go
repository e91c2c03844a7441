package feedback_test

import (
	"fmt"
	"math"
	"strings"
	"testing"
	"time"

	"cairncx.dev/cairn/cx/event"
	"cairncx.dev/cairn/feedback"
	"cairncx.dev/cairn/journey"
)

const day = 24 * time.Hour

// TestSurveyFaults: Validate names each fault with its remedy, and takes what is at a bound.
func TestSurveyFaults(t *testing.T) {
	t.Parallel()
	languages := func(n int) (opts []feedback.SurveyOption) {
		for i := range n {
			opts = append(opts, feedback.Ask(fmt.Sprintf("en-x%d", i), "Easy?"))
		}
		return opts
	}
	choices := func(n int) feedback.SurveyOption {
		all := make([]string, n)
		for i := range all {
			all[i] = fmt.Sprintf("cause-%d", i)
		}
		return feedback.Choices(all...)
	}
	long := strings.Repeat("x", event.MaxLine)
	for _, c := range []struct {
		name, reason string
		opts         []feedback.SurveyOption
		want         string // in the error; "" is none
	}{
		{"none", "every option has a default", []feedback.SurveyOption{nil}, ""},
		{"the longest text", "it is allowed", []feedback.SurveyOption{feedback.Ask("en", long)}, ""},
		{"a longer text", "no page shows it", []feedback.SurveyOption{feedback.Ask("en", long+"x")}, `Ask: the text in "en" has 2049 bytes: want at most 2048 bytes of UTF-8`},
		{"a text that is not UTF-8", "no page shows it", []feedback.SurveyOption{feedback.Ask("en", "\xff")}, `Ask: the text in "en" has 1 bytes`},
		{"an empty text", "it asks nothing", []feedback.SurveyOption{feedback.Ask("en", " ")}, `Ask: the text in "en" is empty: write the text`},
		{"a language in words", "no browser asks for it", []feedback.SurveyOption{feedback.Ask("English (UK)", "Easy?")}, `Ask: "English (UK)" is not a language: want a BCP 47 tag such as en or pt-BR`},
		{"a language of 36 bytes", "RFC 5646 recommends 35 at most", []feedback.SurveyOption{feedback.Ask("en-"+strings.Repeat("abcdefgh-", 3)+"abcdef", "Easy?")}, `is not a language`},
		{"a language of 35 bytes", "RFC 5646 recommends 35 at most", []feedback.SurveyOption{feedback.Ask("en-"+strings.Repeat("abcdefgh-", 3)+"abcde", "Easy?")}, ""},
		{"no language", "nobody can choose it", []feedback.SurveyOption{feedback.Ask("", "Easy?")}, `"" is not a language`},
		{"a language twice", "tags do not differ by case", []feedback.SurveyOption{feedback.Ask("pt-BR", "a"), feedback.Ask("en", "b"), feedback.Ask("pt-br", "c")}, `Ask: the language "pt-br" is there twice`},
		{"as many languages as there may be", "64", languages(64), ""},
		{"one more", "65", languages(65), "Ask: it has texts in 65 languages, and 64 at most are allowed"},
		{"no journey", "In without one says nothing", []feedback.SurveyOption{feedback.In(nil, "")}, "In: the journey is nil: leave In out"},
		{"an unknown stage", "it is a typing error", []feedback.SurveyOption{feedback.In(checkout, "paiment")}, `In: the journey "checkout" has no stage "paiment": its stages are`},
		{"a journey alone", "the survey is about all of it", []feedback.SurveyOption{feedback.In(checkout, "")}, ""},
		{"a channel that is none", "the number stands for nothing", []feedback.SurveyOption{feedback.Channels(event.Web, 99)}, "Channels: 99 is no channel"},
		{"a channel twice", "once says it", []feedback.SurveyOption{feedback.Channels(event.Web, event.Web)}, `Channels: "web" is there twice`},
		{"as many choices as there may be", "64", []feedback.SurveyOption{choices(64)}, ""},
		{"one more choice", "65", []feedback.SurveyOption{choices(65)}, "Choices: it has 65 choices, and 64 at most are allowed"},
		{"a choice twice", "once says it", []feedback.SurveyOption{feedback.Choices("slow", "slow")}, `Choices: "slow" is there twice`},
		{"a choice of the client's own", "_other is where unknown causes go", []feedback.SurveyOption{feedback.Choices("_other")}, `Choices: "_other" is not a valid cause`},
		{"nobody is asked", "it is a survey without answers", []feedback.SurveyOption{feedback.Sample(0)}, "Sample is 0: want a share of more than 0 and at most 1"},
		{"more than all", "there are no more", []feedback.SurveyOption{feedback.Sample(1.01)}, "Sample is 1.01"},
		{"not a number", "it is no share", []feedback.SurveyOption{feedback.Sample(math.NaN())}, "Sample is NaN"},
		{"a bound in the past", "it bounds nothing", []feedback.SurveyOption{feedback.Every(-1)}, "Every is -1ns: want 0, which is no bound, to 9600h0m0s"},
		{"the longest bound", "400 days, as a cap has", []feedback.SurveyOption{feedback.Every(400 * day)}, ""},
		{"a longer bound", "the record of a customer does not remember it", []feedback.SurveyOption{feedback.Every(400*day + 1)}, "Every is 9600h0m0.000000001s"},
		{"no time to answer", "nobody can", []feedback.SurveyOption{feedback.Expires(0)}, "Expires is 0s: want 1m0s to 9600h0m0s"},
		{"a year and more to answer", "400 days are enough", []feedback.SurveyOption{feedback.Expires(401 * day)}, "Expires is 9624h0m0s"},
		{"no purpose", "the policy has none of that name", []feedback.SurveyOption{feedback.For("")}, `For: "" is not a valid name of a purpose`},
		{"a version with a line break", "it is a label", []feedback.SurveyOption{feedback.Version("1\n")}, `Version: "1\n" is not a valid name`},
		{"a consent without a version", "nobody can tell which text it was", []feedback.SurveyOption{feedback.TestimonialConsent("", "en", "Quote me.")}, `TestimonialConsent: "" is not a valid version`},
		{"a consent in two versions", "all languages say the same", []feedback.SurveyOption{feedback.TestimonialConsent("1", "en", "a"), feedback.TestimonialConsent("2", "de", "b")}, `TestimonialConsent: the texts in "de" and in "en" have the versions "2" and "1"`},
		{"an empty consent", "it says nothing", []feedback.SurveyOption{feedback.TestimonialConsent("1", "en", "")}, `TestimonialConsent: the text in "en" is empty`},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			err := feedback.Define("after", feedback.CES, c.opts...).Validate()
			switch {
			case c.want == "" && err != nil, c.want != "" && (err == nil || !strings.Contains(err.Error(), c.want)):
				t.Errorf("the error is %v, want %q: %s", err, c.want, c.reason)
			case err != nil && !strings.HasPrefix(err.Error(), `survey "after": `):
				t.Errorf("the error does not say which survey: %v", err)
			}
		})
	}
	err := feedback.Define("_x", 0, feedback.Sample(2), feedback.Every(-1)).Validate()
	if n := strings.Count(fmt.Sprint(err), "\n") + 1; n != 4 {
		t.Errorf("it names %d faults, want all four: %v", n, err)
	}
}

// TestSurveyVersion: a changed text is another version, and the version of a text is what it was in every release.
func TestSurveyVersion(t *testing.T) {
	t.Parallel()
	version := func(q feedback.Question, opts ...feedback.SurveyOption) string {
		return feedback.Define("after", q, opts...).Version()
	}
	en, de := feedback.Ask("en", "Was it easy?"), feedback.Ask("de", "War es leicht?")
	first := version(feedback.CES, en, de)
	// printf '\x0ecairn.survey.1\x03ces\x02de\x0eWar es leicht?\x02en\x0cWas it easy?' | sha256sum
	if want := "3999ead3"; first != want {
		t.Errorf("the version is %q, want %q", first, want)
	}
	for name, c := range map[string]struct {
		got  string
		same bool
	}{
		"in another order": {version(feedback.CES, de, en), true}, "with other options": {version(feedback.CES, en, de, feedback.Sample(0.5), feedback.Choices("slow")), true},
		"a language less": {version(feedback.CES, en), false}, "another scale": {version(feedback.CSAT, en, de), false},
		"another text": {version(feedback.CES, feedback.Ask("en", "Was it easy"), de), false}, "by hand": {version(feedback.CES, en, de, feedback.Version("2026-05")), false},
		"none": {version(feedback.CES, feedback.Sample(0.5)), false}, "texts changed places": {version(feedback.CES, feedback.Ask("de", "Was it easy?"), feedback.Ask("en", "War es leicht?")), false},
	} {
		if (c.got == first) != c.same {
			t.Errorf("%s: the version is %q, and was %q", name, c.got, first)
		}
	}
	if got := version(feedback.CES, en, feedback.Version("2026-05")); got != "2026-05" {
		t.Errorf("the version by hand is %q", got)
	}
	if got := version(feedback.CES); got != "" {
		t.Errorf("the version of a survey without texts is %q", got)
	}
}

// TestSurveyText: the lookup of RFC 4647, section 3.4, with the ranges of its example.
func TestSurveyText(t *testing.T) {
	t.Parallel()
	define := func(languages ...string) *feedback.Survey {
		var opts []feedback.SurveyOption
		for _, l := range languages {
			opts = append(opts, feedback.Ask(l, "in "+l), feedback.TestimonialConsent("1", l, "consent in "+l))
		}
		return feedback.Define("after", feedback.CES, opts...)
	}
	for _, c := range []struct {
		name      string
		languages []string
		asked     string
		want      string
	}{
		{"the same", []string{"de", "de-CH", "en"}, "de-CH", "de-CH"},
		{"in other capitals", []string{"en", "pt-BR"}, "PT-br", "pt-BR"},
		{"a prefix", []string{"de", "en"}, "de-CH-1996", "de"},
		{"no longer tag", []string{"de-CH", "en"}, "de", "en"},
		{"step by step", []string{"en", "zh-Hant", "zh-Hant-CN-x-private1"}, "zh-Hant-CN-x-private1-private2", "zh-Hant-CN-x-private1"},
		{"a singleton goes with what follows it", []string{"en", "zh-Hant-CN-x", "zh-Hant-CN"}, "zh-Hant-CN-x-private1", "zh-Hant-CN"},
		{"not known", []string{"de", "en-GB", "fr"}, "ja", "en-GB"},
		{"not known, and no English", []string{"fr", "de"}, "ja", "de"},
		{"not said", []string{"fr", "en"}, "", "en"},
		{"not a tag", []string{"fr", "en"}, "-", "en"},
		{"only dashes", []string{"fr", "en"}, "--a-b--", "en"},
		{"no texts", nil, "en", ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			s := define(c.languages...)
			text, in := s.Text(c.asked)
			if in != c.want || in != "" && text != "in "+in {
				t.Errorf("%q gets %q in %q, want %q", c.asked, text, in, c.want)
			}
			switch got := s.Testimonial(c.asked); {
			case c.want == "" && got != nil, c.want != "" && (got == nil || *got != event.Testimonial{Version: "1", Language: c.want, Text: "consent in " + c.want}):
				t.Errorf("%q gets the consent %+v, want that in %q", c.asked, got, c.want)
			}
		})
	}
}

// TestSurveyDefaults: what a survey without options, and a nil one, is.
func TestSurveyDefaults(t *testing.T) {
	t.Parallel()
	for name, s := range map[string]*feedback.Survey{"nil": nil, "plain": feedback.Define("after", feedback.CES), "with an option": feedback.Define("after", feedback.CES, feedback.Sample(1))} {
		if s.Plain() != (name != "with an option") {
			t.Errorf("%s: it is plain: %v", name, s.Plain())
		}
		if j, stage := s.Journey(); j != nil || stage != "" {
			t.Errorf("%s: it is about %v, %q", name, j, stage)
		}
		texts, version := s.Consents()
		if s.Sample() != 1 || s.Every() != 0 || s.Expires() != 30*day || s.Purpose() != "survey" || s.Version() != "" || len(s.Choices()) != 0 || s.HasChannels() ||
			fmt.Sprint(s.Channels()) != "[web]" || len(s.Texts()) != 0 || len(texts) != 0 || version != "" || s.Testimonial("en") != nil {
			t.Errorf("%s: sample %v, every %v, expires %v, purpose %q, version %q, choices %q, channels %v", name, s.Sample(), s.Every(), s.Expires(), s.Purpose(), s.Version(), s.Choices(), s.Channels())
		}
	}
	phone := journey.Define("call", journey.Channels(event.Phone))
	if got := fmt.Sprint(feedback.Define("a", feedback.CES, feedback.In(phone, "")).Channels()); got != "[phone]" {
		t.Errorf("the channels are %s, want those of the journey", got)
	}
}

// TestSurveyIsImmutable: neither what the caller gave nor what it got changes the definition, and an option may be used again.
func TestSurveyIsImmutable(t *testing.T) {
	t.Parallel()
	channels, causes := []event.Channel{event.Email}, []string{"slow"}
	opts := []feedback.SurveyOption{feedback.Ask("en", "Easy?"), feedback.Channels(channels...), feedback.Choices(causes...), feedback.TestimonialConsent("1", "en", "Quote me.")}
	a, b := feedback.Define("after", feedback.CES, opts...), feedback.Define("after", feedback.CES, opts...)
	channels[0], causes[0] = event.Phone, "changed"
	a.Channels()[0], a.Choices()[0], a.Texts()[0].Text = event.Phone, "changed", "changed"
	consents, _ := a.Consents()
	consents[0].Text = "changed"
	if !a.Equal(b) || fmt.Sprintln(a.Channels(), a.Choices(), a.Texts(), a.Testimonial("en").Text) != "[email] [slow] [{en Easy?}] Quote me.\n" {
		t.Errorf("it is now %v %v %v %v", a.Channels(), a.Choices(), a.Texts(), a.Testimonial("en"))
	}
}
