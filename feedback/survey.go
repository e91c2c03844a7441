package feedback

import (
	"context"
	"slices"
	"strings"
	"time"

	"cairncx.dev/cairn/cx/event"
	"cairncx.dev/cairn/journey"
)

// Survey is a question that the application asks its customers. It is immutable and does nothing by itself: its methods
// record to the client in the context, else to the default client, else nowhere. Safe for concurrent use. A nil Survey
// records nothing.
type Survey struct {
	name  string
	scale event.Scale
	terms *terms // nil without options, so that a published question costs little
}

var _ event.Definition = (*Survey)(nil)

// terms are what the options of a survey set.
type terms struct {
	texts    []Text // by language
	place    *place
	channels []event.Channel
	choices  []string
	sample   float64
	every    time.Duration
	expires  time.Duration
	purpose  string
	consents []consent // by language
	version  string    // by hand
	derived  string    // from the texts
}

type place struct {
	journey *journey.Definition
	stage   string
}

// consent is a consent text for testimonials.
type consent struct {
	Text

	version string
}

// Text is a text in one language, which is a BCP 47 tag such as "en" or "pt-BR".
type Text struct{ Language, Text string }

// The defaults of a survey.
const (
	// DefaultPurpose is the purpose of the contact policy for which a survey asks.
	DefaultPurpose = "survey"
	// DefaultExpiry is how long a customer can answer a request.
	DefaultExpiry = 30 * 24 * time.Hour
)

// plain are the terms of a survey without options.
var plain = terms{sample: 1, expires: DefaultExpiry, purpose: DefaultPurpose}

// Define returns the definition of a survey that asks the question under a name of its own. It never fails. cx.New returns
// an error that names every fault of the definition; a client that first meets a faulty definition in use counts a fault.
//
// Two definitions of one name in one client must be equal ([Survey.Equal]). A definition without options only names the survey and its
// scale: it agrees with an earlier one on the same scale, such as that of the blueprint, whose options then hold.
func Define(name string, q Question, opts ...SurveyOption) *Survey {
	s := &Survey{name: name, scale: event.Scale(q)}
	if len(opts) == 0 {
		return s
	}
	t := plain
	s.terms = &t
	for _, o := range opts {
		if o != nil {
			o.applySurvey(&t)
		}
	}
	byLanguage(t.texts, func(x Text) string { return x.Language })
	byLanguage(t.consents, func(x consent) string { return x.Language })
	t.derived = versionOf(s.scale, t.texts)
	return s
}

func byLanguage[T any](list []T, of func(T) string) {
	slices.SortStableFunc(list, func(a, b T) int { return strings.Compare(strings.ToLower(of(a)), strings.ToLower(of(b))) })
}

// Name returns the survey's name.
func (s *Survey) Name() string {
	if s == nil {
		return ""
	}
	return s.name
}

// Scale returns the scale of the survey's question.
func (s *Survey) Scale() event.Scale {
	if s == nil {
		return 0
	}
	return s.scale
}

// Plain reports whether the survey was defined without options: it only names a survey and its scale.
func (s *Survey) Plain() bool { return s == nil || s.terms == nil }

// options returns what the options set, or the defaults.
func (s *Survey) options() *terms {
	if s.Plain() {
		return &plain
	}
	return s.terms
}

// Journey returns the journey and the stage that the survey asks about, as [In] declares them, or nil and "".
func (s *Survey) Journey() (j *journey.Definition, stage string) {
	if p := s.options().place; p != nil {
		return p.journey, p.stage
	}
	return nil, ""
}

// Channels returns the channels by which customers answer, as [Channels] declares them, else those of the survey's journey, else
// [event.Web].
func (s *Survey) Channels() []event.Channel {
	t := s.options()
	switch j, _ := s.Journey(); {
	case len(t.channels) > 0:
		return slices.Clone(t.channels)
	case j != nil:
		return j.Channels()
	default:
		return []event.Channel{event.Web}
	}
}

// HasChannels reports whether [Channels] declares the channels.
func (s *Survey) HasChannels() bool { return len(s.options().channels) > 0 }

// Choices returns the causes that the customer can choose from.
func (s *Survey) Choices() []string { return slices.Clone(s.options().choices) }

// Sample returns the share of customers who may be asked, more than 0 and at most 1.
func (s *Survey) Sample() float64 { return s.options().sample }

// Every returns the time in which a customer is asked at most once; 0 is no bound.
func (s *Survey) Every() time.Duration { return s.options().every }

// Expires returns how long a customer can answer a request.
func (s *Survey) Expires() time.Duration { return s.options().expires }

// Purpose returns the purpose of the contact policy for which the survey asks.
func (s *Survey) Purpose() string { return s.options().purpose }

// Version returns what tells the texts of the survey apart: the text of [Version], else eight hexadecimal digits of a hash of the scale and
// the question's texts. It is empty for a survey without either.
func (s *Survey) Version() string {
	if t := s.options(); t.version != "" {
		return t.version
	}
	return s.options().derived
}

// VersionByHand returns the text of [Version].
func (s *Survey) VersionByHand() string { return s.options().version }

// Texts returns the question's texts by language.
func (s *Survey) Texts() []Text { return slices.Clone(s.options().texts) }

// Text returns the question in the language of the BCP 47 tag, and the language that it is in. It follows the lookup of RFC 4647,
// section 3.4: "de-CH-1996" finds "de-CH-1996", else "de-CH", else "de". A language without a text gets the English one, else the first
// in the order of the tags. Both are empty for a survey without texts.
func (s *Survey) Text(language string) (text, in string) {
	found := lookup(s.options().texts, language, func(x *Text) string { return x.Language })
	if found == nil {
		return "", ""
	}
	return found.Text, found.Language
}

// Consents returns the consent texts for testimonials by language, and their version, as [TestimonialConsent] declares them.
func (s *Survey) Consents() (texts []Text, version string) {
	for _, c := range s.options().consents {
		texts, version = append(texts, c.Text), c.version
	}
	return texts, version
}

// Testimonial returns the consent text that is shown beside a testimonial, in the language of the tag, found as by [Survey.Text]. It is nil
// for a survey that asks for no testimonials. Set Given in the result when the customer consents.
func (s *Survey) Testimonial(language string) *event.Testimonial {
	found := lookup(s.options().consents, language, func(x *consent) string { return x.Language })
	if found == nil {
		return nil
	}
	return &event.Testimonial{Version: found.version, Language: found.Language, Text: found.Text.Text}
}

// lookup returns the entry of the list that RFC 4647 finds for the tag, else the English one, else the first one.
func lookup[T any](list []T, tag string, of func(*T) string) *T {
	for tag != "" {
		for i := range list {
			if strings.EqualFold(of(&list[i]), tag) {
				return &list[i]
			}
		}
		tag = tag[:max(0, strings.LastIndexByte(tag, '-'))]
		if n := len(tag); n > 1 && tag[n-2] == '-' { // a singleton goes with what follows it
			tag = tag[:n-2]
		}
	}
	for i := range list {
		if l := strings.ToLower(of(&list[i])); l == "en" || strings.HasPrefix(l, "en-") {
			return &list[i]
		}
	}
	if len(list) > 0 {
		return &list[0]
	}
	return nil
}

// Equal reports whether both definitions have the same name, scale and options. The order of languages, choices and channels means
// nothing.
func (s *Survey) Equal(o *Survey) bool {
	switch {
	case s == o:
		return true
	case s == nil || o == nil || s.name != o.name || s.scale != o.scale:
		return false
	}
	a, b := s.options(), o.options()
	aj, as := s.Journey()
	bj, bs := o.Journey()
	return a.sample == b.sample && a.every == b.every && a.expires == b.expires && a.purpose == b.purpose && a.version == b.version &&
		slices.Equal(a.texts, b.texts) && slices.Equal(a.consents, b.consents) && slices.Equal(sorted(a.choices), sorted(b.choices)) &&
		slices.Equal(sorted(a.channels), sorted(b.channels)) && as == bs && aj.Equal(bj)
}

func sorted[T ~string | ~uint8](list []T) []T { return slices.Sorted(slices.Values(list)) }

// Record records an answer to the survey, as [Question.Record] does.
func (s *Survey) Record(ctx context.Context, score int, opts ...Option) {
	if s != nil {
		record(ctx, event.FeedbackReceived, s, score, opts)
	}
}

// Request records that the customer was asked, as [Question.Request] does. It asks no contact policy: see [Survey.Ask].
func (s *Survey) Request(ctx context.Context, opts ...Option) {
	if s != nil {
		record(ctx, event.SurveyRequested, s, 0, opts)
	}
}
