package feedback

import (
	"errors"
	"fmt"
	"regexp"
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"cairncx.dev/cairn/cx/event"
	"cairncx.dev/cairn/internal/flight"
	"cairncx.dev/cairn/internal/text"
	"cairncx.dev/cairn/touchpoint"
)

// The bounds of a survey.
const (
	// MaxLanguages is the number of languages in which a survey may have texts.
	MaxLanguages = 64
	// MaxChoices is the number of causes that a customer may choose from.
	MaxChoices = 64
	// MaxLanguage is the length of the longest BCP 47 tag, in bytes: RFC 5646, section 4.4.1, recommends it.
	MaxLanguage = 35
	// MinExpiry is the shortest time in which a customer can answer.
	MinExpiry = time.Minute
)

// LanguagePattern is what a language has to match: a well-formed BCP 47 tag (RFC 5646) that begins with two or three letters, as those of
// all languages in IANA's registry do. It refuses the name of a language, such as german. It is valid in both ECMA-262 and RE2.
const LanguagePattern = `^[A-Za-z]{2,3}(-[A-Za-z0-9]{1,8})*$`

// isLanguage compiles the pattern, because most programs validate no survey.
func isLanguage(tag string) bool {
	return len(tag) <= MaxLanguage && regexp.MustCompile(LanguagePattern).MatchString(tag)
}

// Validate returns every fault of the definition, joined, or nil.
func (s *Survey) Validate() error {
	if s == nil {
		return errors.New("feedback: the survey is nil")
	}
	c := &check{survey: s.name}
	if !event.ValidName(s.name) {
		c.fault("a name is 1 to %d bytes of printable UTF-8 that do not begin with _%s", event.MaxName, text.NameHint(s.name))
	}
	if s.scale.String() == "" {
		c.fault("it has no scale: want NPS, CSAT, CES, Stars or Thumbs")
	}
	if !s.Plain() {
		c.terms(s.terms)
	}
	return errors.Join(c.faults...)
}

// check collects the faults of a survey.
type check struct {
	survey string
	faults []error
}

func (c *check) fault(format string, args ...any) {
	c.faults = append(c.faults, fmt.Errorf("survey %.80q: "+format, append([]any{c.survey}, args...)...))
}

func (c *check) terms(t *terms) {
	c.texts("Ask", t.texts)
	c.place(t.place)
	for i, channel := range t.channels {
		switch {
		case channel == 0 || int(channel) >= flight.NumChannels:
			c.fault("Channels: %d is no channel: use the constants of package event", channel)
		case slices.Contains(t.channels[:i], channel):
			c.fault("Channels: %q is there twice: name it once", channel)
		}
	}
	c.choices(t.choices)
	if !(t.sample > 0 && t.sample <= 1) { // not a number is refused, too
		c.fault("Sample is %v: want a share of more than 0 and at most 1", t.sample)
	}
	if t.every < 0 || t.every > touchpoint.MaxCapWindow {
		c.fault("Every is %v: want 0, which is no bound, to %v", t.every, touchpoint.MaxCapWindow)
	}
	if t.expires < MinExpiry || t.expires > touchpoint.MaxCapWindow {
		c.fault("Expires is %v: want %v to %v", t.expires, MinExpiry, touchpoint.MaxCapWindow)
	}
	if !event.ValidName(t.purpose) {
		c.fault("For: %.80q is not a valid name of a purpose%s: leave For out for %q", t.purpose, text.NameHint(t.purpose), DefaultPurpose)
	}
	if t.version != "" && !event.ValidName(t.version) {
		c.fault("Version: %.80q is not a valid name%s: leave Version out to derive it from the texts", t.version, text.NameHint(t.version))
	}
	c.consents(t.consents)
}

func (c *check) place(p *place) {
	switch {
	case p == nil:
	case p.journey == nil:
		c.fault("In: the journey is nil: leave In out for a survey about no journey")
	case p.stage != "" && !p.journey.HasStage(p.stage):
		c.fault("In: the journey %.80q has no stage %.80q: its stages are %q", p.journey.Name(), p.stage, p.journey.Stages())
	}
}

// texts checks the texts of an option, which are in the order of their languages.
func (c *check) texts(option string, texts []Text) {
	if len(texts) > MaxLanguages {
		c.fault("%s: it has texts in %d languages, and %d at most are allowed", option, len(texts), MaxLanguages)
		return
	}
	for i, t := range texts {
		switch {
		case !isLanguage(t.Language):
			c.fault("%s: %.80q is not a language: want a BCP 47 tag such as en or pt-BR", option, t.Language)
		case i > 0 && strings.EqualFold(texts[i-1].Language, t.Language):
			c.fault("%s: the language %q is there twice: keep one of the texts", option, t.Language)
		}
		switch {
		case strings.TrimSpace(t.Text) == "":
			c.fault("%s: the text in %.80q is empty: write the text, or leave the language out", option, t.Language)
		case len(t.Text) > event.MaxLine || !utf8.ValidString(t.Text):
			c.fault("%s: the text in %.80q has %d bytes: want at most %d bytes of UTF-8", option, t.Language, len(t.Text), event.MaxLine)
		}
	}
}

func (c *check) choices(list []string) {
	if len(list) > MaxChoices {
		c.fault("Choices: it has %d choices, and %d at most are allowed", len(list), MaxChoices)
		return
	}
	for i, choice := range list {
		switch {
		case !event.ValidName(choice):
			c.fault("Choices: %.80q is not a valid cause: want 1 to %d bytes of printable UTF-8 that do not begin with _%s", choice, event.MaxCause, text.NameHint(choice))
		case slices.Contains(list[:i], choice):
			c.fault("Choices: %.80q is there twice: name it once", choice)
		}
	}
}

func (c *check) consents(list []consent) {
	texts := make([]Text, len(list))
	for i, x := range list {
		texts[i] = x.Text
	}
	c.texts("TestimonialConsent", texts)
	for i, x := range list {
		switch {
		case i == 0 && !event.ValidName(x.version):
			c.fault("TestimonialConsent: %.80q is not a valid version%s: number the texts, such as \"1\"", x.version, text.NameHint(x.version))
		case x.version != list[0].version:
			c.fault("TestimonialConsent: the texts in %.80q and in %.80q have the versions %.80q and %.80q: give all languages of a text one version", list[0].Language, x.Language, list[0].version, x.version)
			return
		}
	}
}
