package blueprint

import (
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"cairncx.dev/cairn/cx/event"
	"cairncx.dev/cairn/feedback"
	"cairncx.dev/cairn/journey"
	"cairncx.dev/cairn/touchpoint"
)

// Survey is one survey of the blueprint.
type Survey struct {
	Name        string `json:"name"                  yaml:"name"`
	Description string `json:"description,omitempty" yaml:"description,omitempty"`
	Owner       string `json:"owner,omitempty"       yaml:"owner,omitempty"`
	// Scale is "nps", "csat", "ces", "stars" or "thumbs". See [event.Scale].
	Scale string `json:"scale" yaml:"scale"`
	// Question maps languages, which are BCP 47 tags, to the texts of the question. See [feedback.Ask].
	Question map[string]string `json:"question,omitempty" yaml:"question,omitempty"`
	// Version is the version of the survey by hand. "" derives it from the scale and the texts. See [feedback.Version].
	Version string `json:"version,omitempty" yaml:"version,omitempty"`
	// Journey and Stage name what the survey asks about. Both are empty for a survey about no journey. An
	// answer belongs to the run that its context or [feedback.About] names. See [feedback.In].
	Journey string `json:"journey,omitempty" yaml:"journey,omitempty"`
	Stage   string `json:"stage,omitempty"   yaml:"stage,omitempty"`
	// Channels lists the channels by which customers answer. An empty list means those of the journey, else "web". See
	// [feedback.Channels].
	Channels []string `json:"channels,omitempty" yaml:"channels,omitempty"`
	// Causes are the causes that a customer can choose from, each 1 to 64 bytes, at most [feedback.MaxChoices]. See [feedback.Choices].
	Causes []string `json:"causes,omitempty" yaml:"causes,omitempty"`
	// Sample is the share of customers who may be asked; 0 is everybody. See [feedback.Sample].
	Sample Share `json:"sample,omitempty" yaml:"sample,omitempty"`
	// Every is the time in which a customer is asked at most once; 0 is no bound. See [feedback.Every].
	Every Duration `json:"every,omitempty" yaml:"every,omitempty"`
	// Expires is how long a customer can answer a request; 0 is [feedback.DefaultExpiry]. See [feedback.Expires].
	Expires Duration `json:"expires,omitempty" yaml:"expires,omitempty"`
	// Purpose is the purpose of the contact policy for which the survey asks; "" is [feedback.DefaultPurpose]. See [feedback.For].
	Purpose string `json:"purpose,omitempty" yaml:"purpose,omitempty"`
	// Testimonial is the text to which a customer consents who lets the company show his or her words in public. The zero value asks for
	// no testimonials. See [feedback.TestimonialConsent].
	Testimonial Testimonial `json:"testimonial,omitzero" yaml:"testimonial,omitzero"`
}

// Testimonial is the consent text of a [Survey].
type Testimonial struct {
	// Version tells the text from its former versions. All languages have one version.
	Version string `json:"version" yaml:"version"`
	// Text maps languages, which are BCP 47 tags, to the text.
	Text map[string]string `json:"text" yaml:"text"`
}

func surveyName(s *Survey) string { return s.Name }

// Survey returns the definition of the named survey. It returns nil if the blueprint has no such survey; a nil
// definition records nothing. Each call makes a new definition: call it once and keep the result.
func (b *Blueprint) Survey(name string) *feedback.Survey {
	if b == nil {
		return nil
	}
	s := find(b.Surveys, name, surveyName)
	if s == nil {
		return nil
	}
	return s.define(b.Journey(s.Journey))
}

// define returns the definition. A survey with a name and a scale only has no options, so that it is equal to the same one in code.
func (s *Survey) define(j *journey.Definition) *feedback.Survey {
	var scale event.Scale
	_ = scale.UnmarshalText([]byte(s.Scale)) // an unknown scale stays 0, which Validate rejects
	var opts []feedback.SurveyOption
	add := func(is bool, o feedback.SurveyOption) {
		if is {
			opts = append(opts, o)
		}
	}
	for _, language := range slices.Sorted(maps.Keys(s.Question)) {
		add(true, feedback.Ask(language, s.Question[language]))
	}
	for _, language := range slices.Sorted(maps.Keys(s.Testimonial.Text)) {
		add(true, feedback.TestimonialConsent(s.Testimonial.Version, language, s.Testimonial.Text[language]))
	}
	add(s.Version != "", feedback.Version(s.Version))
	add(s.Journey != "" || s.Stage != "", feedback.In(j, s.Stage))
	add(len(s.Channels) > 0, feedback.Channels(standardChannels(s.Channels)...))
	add(len(s.Causes) > 0, feedback.Choices(s.Causes...))
	add(s.Sample != 0, feedback.Sample(float64(s.Sample)))
	add(s.Every != 0, feedback.Every(time.Duration(s.Every)))
	add(s.Expires != 0, feedback.Expires(time.Duration(s.Expires)))
	add(s.Purpose != "", feedback.For(s.Purpose))
	return feedback.Define(s.Name, feedback.Question(scale), opts...)
}

// Causes returns a copy of the causes that a customer can choose from in the named survey.
func (b *Blueprint) Causes(survey string) []string {
	if b == nil {
		return nil
	}
	if s := find(b.Surveys, survey, surveyName); s != nil {
		return slices.Clone(s.Causes)
	}
	return nil
}

func (b *Blueprint) addSurvey(p *problems, path string, d *feedback.Survey) {
	if d == nil {
		p.add(path, "the survey is nil: pass a definition, or leave it out")
		return
	}
	if known := b.Survey(d.Name()); known != nil {
		p.same(path, d.Name(), known.Equal(d))
		return
	}
	if err := d.Validate(); err != nil && !d.Plain() { // Validate of the blueprint finds the faults of names and scales
		p.add(path, "%s", err)
	}
	j, stage := d.Journey()
	if j != nil {
		b.addJourney(p, path, j)
	}
	s := Survey{
		Name: d.Name(), Scale: d.Scale().String(), Version: d.VersionByHand(), Journey: j.Name(), Stage: stage, Causes: d.Choices(),
		Every: Duration(d.Every()), Question: textsOf(d.Texts()),
	}
	if d.HasChannels() {
		s.Channels = channelNames(d.Channels())
	}
	if share := d.Sample(); share != 1 {
		s.Sample = Share(share)
	}
	if expires := d.Expires(); expires != feedback.DefaultExpiry {
		s.Expires = Duration(expires)
	}
	if purpose := d.Purpose(); purpose != feedback.DefaultPurpose {
		s.Purpose = purpose
	}
	texts, version := d.Consents()
	s.Testimonial = Testimonial{Version: version, Text: textsOf(texts)}
	b.Surveys = append(b.Surveys, s)
}

// textsOf returns the texts by language, or nil.
func textsOf(list []feedback.Text) map[string]string {
	if len(list) == 0 {
		return nil
	}
	texts := make(map[string]string, len(list))
	for _, t := range list {
		texts[t.Language] = t.Text
	}
	return texts
}

func (s *Survey) validate(p *problems, path string, b *Blueprint, journeys []string, stages map[string][]string, purposes []string) {
	p.about(path, s.Description, s.Owner)
	p.journey(path, s.Journey, journeys)
	p.stage(path, s.Journey, s.Stage, stages)
	switch {
	case s.Scale == "":
		p.add(path+".scale", "the scale is missing: set it to %s", oneOf(Scales()))
	case !slices.Contains(Scales(), s.Scale):
		p.unknown(path+".scale", s.Scale, Scales(), "there is no scale %.80q: use %s", s.Scale, oneOf(Scales()))
	}
	p.texts(path+".question", s.Question)
	if s.Version != "" {
		p.name(path+".version", s.Version)
	}
	p.channels(path+".channels", s.Channels)
	if n := len(s.Causes); n > feedback.MaxChoices {
		p.add(path+".causes", "has %d causes, and at most %d are allowed: remove some", n, feedback.MaxChoices)
	} else {
		p.list(path+".causes", n, func(i int) (string, string) { return at(path+".causes", i), s.Causes[i] })
	}
	if !(s.Sample >= 0 && s.Sample <= 1) { // not a number is refused, too
		p.add(path+".sample", "is %v: write a percentage of more than 0%% and at most 100%%, or remove it to ask everybody", s.Sample)
	}
	if s.Every < 0 || s.Every > Duration(touchpoint.MaxCapWindow) {
		p.add(path+".every", "is %v: write a duration from 0s (no bound) to %v", s.Every, Duration(touchpoint.MaxCapWindow))
	}
	if s.Expires != 0 && (s.Expires < Duration(feedback.MinExpiry) || s.Expires > Duration(touchpoint.MaxCapWindow)) {
		p.add(path+".expires", "is %v: write a duration from %v to %v", s.Expires, Duration(feedback.MinExpiry), Duration(touchpoint.MaxCapWindow))
	}
	p.purpose(path+".purpose", s.Purpose, b, purposes)
	s.Testimonial.validate(p, path+".testimonial")
}

func (t *Testimonial) validate(p *problems, path string) {
	p.texts(path+".text", t.Text)
	switch {
	case t.Version == "" && len(t.Text) > 0:
		p.add(path+".version", "the version is missing: number the texts, such as version: \"1\"")
	case t.Version != "":
		if p.name(path+".version", t.Version); len(t.Text) == 0 {
			p.add(path+".text", "the text is missing: write it by language, such as en: You may show my words")
		}
	}
}

// texts checks texts by language.
func (p *problems) texts(path string, texts map[string]string) {
	if len(texts) > feedback.MaxLanguages {
		p.add(path, "has %d languages, and at most %d are allowed: remove some", len(texts), feedback.MaxLanguages)
		return
	}
	language := regexp.MustCompile(feedback.LanguagePattern)
	folded := map[string]string{}
	for _, tag := range slices.Sorted(maps.Keys(texts)) {
		where, text := fmt.Sprintf("%s[%s]", path, strconv.Quote(tag)), texts[tag]
		low := strings.ToLower(tag)
		if first, there := folded[low]; there {
			p.add(where, "differs from %.80q only in capitals, which make no difference: remove one of them", first)
		}
		folded[low] = tag
		if len(tag) > feedback.MaxLanguage || !language.MatchString(tag) {
			p.add(where, "%.80q is not a language: write its BCP 47 tag, such as de, en or pt-BR", tag)
		}
		switch {
		case strings.TrimSpace(text) == "":
			p.add(where, "the text is empty: write it, or remove the language")
		case len(text) > event.MaxLine || !utf8.ValidString(text):
			p.add(where, "has %[2]d bytes, and may have at most %[1]d bytes of valid UTF-8: shorten or correct it", event.MaxLine, len(text))
		}
	}
}
