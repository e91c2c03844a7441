package intake

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"mime"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"unicode/utf8"

	"cairncx.dev/cairn/cx/event"
	"cairncx.dev/cairn/feedback"
)

// The media types that an answer may have.
const (
	typeJSON = "application/json"
	typeForm = "application/x-www-form-urlencoded"
)

// answer is what a customer sends.
type answer struct {
	Score       *int     `json:"score"`
	Comment     string   `json:"comment"`
	Causes      []string `json:"causes"`
	Language    string   `json:"language"`
	Testimonial bool     `json:"testimonial"`
	// Consent is the version of the text that the customer has seen beside Testimonial; "" is today's.
	Consent string `json:"consent"`
	// Version is that of the question which the customer has seen; "" is the one that the handler shows.
	Version string `json:"version"`

	seen *asking // what the answer is checked against
}

// readAnswer reads the body of the request. A form without a score is no error here.
func readAnswer(r *http.Request) (*answer, *refusal) {
	kind, _, err := mime.ParseMediaType(r.Header.Get("Content-Type"))
	if err != nil || (kind != typeJSON && kind != typeForm) {
		no := refuse(badRequest, "the content type is neither %s nor %s", typeJSON, typeForm)
		no.status = http.StatusUnsupportedMediaType
		return nil, no
	}
	body, err := io.ReadAll(r.Body)
	if err != nil {
		if _, ok := errors.AsType[*http.MaxBytesError](err); ok {
			return nil, refuse(tooLarge, "the body is too long: shorten the comment")
		}
		return nil, refuse(badRequest, "the body could not be read to its end: send it again")
	}
	if kind == typeJSON {
		return parseJSON(body)
	}
	return parseForm(string(body))
}

// parseJSON reads one object. It refuses fields that it does not know, because they are misspelt ones.
func parseJSON(body []byte) (*answer, *refusal) {
	var a answer
	d := json.NewDecoder(bytes.NewReader(body))
	d.DisallowUnknownFields()
	if !utf8.Valid(body) || d.Decode(&a) != nil {
		return nil, refuse(badRequest, `the body is no JSON of the form {"score":4,"comment":"…","causes":["…"],"language":"en","testimonial":false}`)
	}
	if _, err := d.Token(); !errors.Is(err, io.EOF) {
		return nil, refuse(badRequest, "something follows the JSON of the answer: send one object")
	}
	if a.Score == nil {
		return nil, refuse(badRequest, "the answer has no score: send a whole number on the survey's scale")
	}
	return &a, nil
}

// parseForm reads a form. It leaves fields alone that it does not know: browsers and their extensions add some.
func parseForm(body string) (*answer, *refusal) {
	form, err := url.ParseQuery(body)
	if err != nil || !utf8.ValidString(body) {
		return nil, refuse(badRequest, "the form is not encoded as %s", typeForm)
	}
	a := &answer{
		Comment: form.Get("comment"), Causes: form["causes"], Language: form.Get("language"), Consent: form.Get("consent"), Version: form.Get("version"),
	}
	switch form.Get("testimonial") {
	case "", "false", "0":
	case "true", "on", "1":
		a.Testimonial = true
	default:
		return nil, refuse(badRequest, "testimonial is neither true nor false")
	}
	if len(form["score"]) > 1 {
		return nil, refuse(badRequest, "the form has more than one score: send one")
	}
	if text := form.Get("score"); text != "" {
		score, err := strconv.Atoi(text)
		if err != nil || strconv.Itoa(score) != text {
			return nil, refuse(badRequest, "the score is no whole number")
		}
		a.Score = &score
	}
	for _, text := range append([]string{a.Comment, a.Language, a.Consent, a.Version}, a.Causes...) {
		if !utf8.ValidString(text) {
			return nil, refuse(badRequest, "the form is not UTF-8")
		}
	}
	return a, nil
}

// check checks the answer against the survey. A missing score is left to the caller.
func (a *answer) check(s *feedback.Survey) *refusal {
	scale := s.Scale()
	switch {
	case a.Score != nil && !onScale(scale, *a.Score):
		return refuse(badRequest, "the score is not on the scale %v: want %d to %d", scale, scale.Min(), scale.Max())
	case len(a.Comment) > event.MaxText:
		return refuse(tooLarge, "the comment has %d bytes: want at most %d", len(a.Comment), event.MaxText)
	case a.Language != "" && !isLanguage(a.Language):
		return refuse(badRequest, "the language is no BCP 47 tag such as en or pt-BR")
	case len(a.Causes) > feedback.MaxChoices:
		return refuse(badRequest, "there are %d causes: want at most %d", len(a.Causes), feedback.MaxChoices)
	}
	choices := s.Choices()
	for i, cause := range a.Causes {
		switch {
		case !slices.Contains(choices, cause):
			return refuse(badRequest, "cause %d is none of the survey's choices: send the names that the survey's JSON has", i+1)
		case slices.Contains(a.Causes[:i], cause):
			return refuse(badRequest, "cause %d is there twice: send it once", i+1)
		}
	}
	if !a.Testimonial {
		return nil
	}
	text := s.Testimonial(a.Language)
	switch {
	case text == nil:
		return refuse(badRequest, "the survey asks for no testimonials: leave testimonial out")
	case a.Consent != "" && a.Consent != text.Version:
		return refuse(badRequest, "the consent text has changed since it was shown: show today's text, and ask again")
	}
	return nil
}

// saw finds the version of the question that the customer has seen: one of the handler, or the one of the link, which another instance may
// have. The argument of is the version that this handler shows.
func (a *answer) saw(all *asked, of *asking, l *link) *refusal {
	a.seen = of
	switch shown := all.versions[a.Version]; {
	case a.Version == "":
		a.Version = of.survey.Version()
	case shown != nil:
		a.seen = shown
	case l != nil && a.Version == l.ticket.version:
	default:
		return refuse(badRequest, "the question has changed since it was shown: show today's, and ask again")
	}
	return nil
}

// options returns what is recorded. The answer has been checked.
func (a *answer) options() []feedback.Option {
	s := a.seen.survey
	opts := []feedback.Option{feedback.Causes(a.Causes...), feedback.Worded(a.Version)}
	if a.Comment != "" {
		opts = append(opts, feedback.Comment(a.Comment), feedback.Language(a.Language))
	}
	if a.Testimonial {
		opts = append(opts, feedback.Testimonial(s.Testimonial(a.Language)))
	}
	return opts
}
