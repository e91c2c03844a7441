package intake

import (
	"slices"
)

// view is what the page shows. The template escapes all of it.
type view struct {
	// Lang and Dir are the language of the page's own texts, and its direction, "ltr" or "rtl".
	Lang, Dir string
	Texts     *Texts
	Company   string
	// Refused is a page that takes no answer, Done one after an answer; both nil are the form. CanChange says that the answer can be changed.
	Refused, Done *Notice
	CanChange     bool
	// Up leads from the page to where the handler is mounted, and Action is the token.
	Up, Action string
	// Language goes with the answer: it says in which language the customer has seen the question and the consent text.
	Language string
	// Version goes with the answer, too: it is that of the question.
	Version  string
	Question text
	Kind     string // the name of the scale
	Count    int    // the number of points of the scale
	Points   []point
	// Low and High say what the lowest and the highest score mean.
	Low, High string
	// Missing says that an answer was sent without a score, and Failed why another one was not taken. The form has what was sent.
	Missing bool
	Failed  *Notice
	Choices []choice
	Comment string
	Consent *consentText
	// Again says that the request is answered, and Dismissible that the customer may refuse to.
	Again, Dismissible bool
}

// text is a text in a language of its own.
type text struct{ Text, Lang, Dir string }

// point is one score. Words say what it means, of the lowest and the highest one.
type point struct {
	Value  int
	Words  string
	Chosen bool
}

// choice is a cause that the customer may choose.
type choice struct {
	Name   string `json:"name"`
	Text   string `json:"text"`
	Chosen bool   `json:"-"`
}

// consentText is what the customer consents to.
type consentText struct {
	text

	Version string
	Given   bool
}

// view returns a page without a form.
func (x *exchange) view(t *tongue) *view {
	up := "../"
	if x.became != "" {
		up = "../../"
	}
	return &view{Lang: t.tag, Dir: t.dir, Texts: &t.texts, Company: x.h.company, Up: up, Action: x.token}
}

// question returns the question in the best language, and the texts around it. A survey without texts has the title of the page.
func (x *exchange) question(of *asking) (question text, t *tongue) {
	preferred := x.preferred()
	asked, tag := of.text(preferred...)
	if asked == "" {
		t = x.h.tongues.find(preferred...)
		return text{t.texts.Title, t.tag, t.dir}, t
	}
	return text{asked, tag, dirOf(tag)}, x.h.tongues.find(append([]string{tag}, preferred...)...)
}

// form returns the page with the question.
func (x *exchange) form(of *asking, l *link) *view {
	s := of.survey
	question, t := x.question(of)
	v := x.view(t)
	v.Question, v.Language, v.Kind, v.Version = question, question.Lang, s.Scale().String(), s.Version()
	v.Low, v.High = x.h.ends(s, v.Language, &t.texts)
	scale := s.Scale()
	for score := scale.Min(); score <= scale.Max(); score++ {
		p := point{Value: score}
		switch score {
		case scale.Min():
			p.Words = v.Low
		case scale.Max():
			p.Words = v.High
		}
		v.Points = append(v.Points, p)
	}
	v.Count = len(v.Points)
	for _, cause := range s.Choices() {
		v.Choices = append(v.Choices, choice{Name: cause, Text: x.h.choice(v.Language, cause)})
	}
	if c := s.Testimonial(v.Language); c != nil {
		v.Consent = &consentText{text: text{c.Text, c.Language, dirOf(c.Language)}, Version: c.Version}
	}
	if l != nil {
		v.Again, v.Dismissible = l.answered(), !l.answered()
		if v.Again {
			v.choose(l.status.Score)
		}
	}
	return v
}

// choose chooses the score.
func (v *view) choose(score int) {
	for i := range v.Points {
		v.Points[i].Chosen = v.Points[i].Value == score
	}
}

// wrote shows what was sent.
func (v *view) wrote(a *answer) {
	if v.Comment = a.Comment; a.Score != nil {
		v.choose(*a.Score)
	}
	for i := range v.Choices {
		v.Choices[i].Chosen = slices.Contains(a.Causes, v.Choices[i].Name)
	}
	if v.Consent != nil {
		v.Consent.Given = a.Testimonial
	}
}

// surveyJSON returns the survey as the widget reads it, and what has become of the link, if there is one.
func (x *exchange) surveyJSON(of *asking, unasked bool, l *link) map[string]any {
	s := of.survey
	v := x.form(of, l)
	t := v.Texts
	texts := map[string]string{
		"language": v.Lang, "dir": v.Dir, "title": t.Title, "choose": t.Choose, "causes": t.Causes, "optional": t.Optional, "comment": t.Comment,
		"hint": t.Hint, "send": t.Send, "change": t.Change, "no": t.No, "close": t.Close, "again": t.Again, "failed": t.Pages[string(unavailable)].line(v.Lang),
	}
	for name, n := range t.Pages {
		texts[name] = n.line(v.Lang)
	}
	out := map[string]any{
		"name": s.Name(), "version": s.Version(), "language": v.Language, "dir": v.Question.Dir, "question": v.Question.Text, "unsolicited": unasked,
		"scale": map[string]any{"kind": v.Kind, "min": s.Scale().Min(), "max": s.Scale().Max(), "low": v.Low, "high": v.High},
		"texts": texts,
	}
	if len(v.Choices) > 0 {
		out["choices"] = v.Choices
	}
	if c := v.Consent; c != nil {
		out["consent"] = map[string]string{"version": c.Version, "text": c.Text, "language": c.Lang, "dir": c.Dir}
	}
	if l != nil {
		out["expires"] = l.expires()
		if l.answered() {
			out["answered"] = map[string]int{"score": l.status.Score}
		}
	}
	return out
}
