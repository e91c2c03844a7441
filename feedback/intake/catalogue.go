package intake

import (
	"strings"
	"sync/atomic"

	"golang.org/x/text/language"

	"cairncx.dev/cairn/feedback"
)

// asked is a survey that customers can answer.
type asked struct {
	current  *feedback.Survey
	versions map[string]*asking // by version
	unasked  bool               // it takes answers without a request

	// known is the same survey as a client last knew it. Only one that names itself, and has its texts in the client's blueprint, needs it.
	known atomic.Pointer[asked]
}

// asked returns the survey of this name as the client of the exchange knows it, or nil.
func (x *exchange) asked(name string) *asked {
	a := x.h.surveys[name]
	if a == nil || !a.current.Plain() {
		return a
	}
	s := a.current.Known(x.apart())
	if s == a.current {
		return a
	}
	if k := a.known.Load(); k != nil && k.current == s {
		return k
	}
	k := &asked{current: s, versions: map[string]*asking{s.Version(): newAsking(s)}, unasked: a.unasked}
	for v, of := range a.versions {
		if k.versions[v] == nil && of.survey != a.current {
			k.versions[v] = of
		}
	}
	a.known.Store(k)
	return k
}

// asking is one version of a survey.
type asking struct {
	survey  *feedback.Survey
	tags    []string // the languages of the question
	matcher language.Matcher
}

// newCatalogue returns the surveys by name.
func newCatalogue(c *config) map[string]*asked {
	all := map[string]*asked{}
	for _, s := range c.surveys {
		a := all[s.Name()]
		if a == nil {
			a = &asked{current: s, versions: map[string]*asking{}, unasked: c.unasked[s.Name()]}
			all[s.Name()] = a
		}
		if a.versions[s.Version()] == nil {
			a.versions[s.Version()] = newAsking(s)
		}
	}
	return all
}

func newAsking(s *feedback.Survey) *asking {
	a := &asking{survey: s}
	texts := s.Texts()
	if len(texts) == 0 {
		return a
	}
	_, first := s.Text("") // the one for all other languages
	a.tags = append(a.tags, first)
	for _, t := range texts {
		if t.Language != first {
			a.tags = append(a.tags, t.Language)
		}
	}
	parsed := make([]language.Tag, len(a.tags))
	for i, tag := range a.tags {
		parsed[i] = language.Make(tag)
	}
	a.matcher = language.NewMatcher(parsed)
	return a
}

// version returns the version of the survey, or today's.
func (a *asked) version(v string) *asking {
	if of := a.versions[v]; of != nil {
		return of
	}
	return a.versions[a.current.Version()]
}

// text returns the question in the best of the preferred languages, and its language. Both are empty for a survey without texts.
func (a *asking) text(preferred ...string) (text, tag string) {
	if a.matcher == nil {
		return "", ""
	}
	_, i := language.MatchStrings(a.matcher, preferred...)
	return a.survey.Text(a.tags[i])
}

// name returns what is shown for a cause that has no text.
func nameOf(cause string) string { return strings.NewReplacer("_", " ", "-", " ").Replace(cause) }

// choice returns what is shown for a cause in the language.
func (c *config) choice(lang, cause string) string {
	for tag := strings.ToLower(lang); ; tag = tag[:max(0, strings.LastIndexByte(tag, '-'))] {
		if text, ok := c.choices[[2]string{tag, cause}]; ok {
			return text
		}
		if tag == "" {
			break
		}
	}
	if text, ok := c.choices[[2]string{fallback, cause}]; ok {
		return text
	}
	return nameOf(cause)
}

// ends returns what the lowest and the highest score of the survey mean in the language.
func (c *config) ends(s *feedback.Survey, lang string, t *Texts) (low, high string) {
	for tag := strings.ToLower(lang); tag != ""; tag = tag[:max(0, strings.LastIndexByte(tag, '-'))] {
		if e, ok := c.anchors[[2]string{s.Name(), tag}]; ok {
			return e.low, e.high
		}
	}
	return t.ends(s.Scale())
}
