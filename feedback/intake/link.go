package intake

import (
	"context"
	"errors"
	"net/http"
	"time"

	"cairncx.dev/cairn/cx"
	"cairncx.dev/cairn/cx/event"
	"cairncx.dev/cairn/feedback"
)

// lookFor is how long a request waits for the store to say what has become of a link.
const lookFor = 2 * time.Second

// keepFor is how long an answer waits for the store to have it. The store retries on its own within that time.
const keepFor = 5 * time.Second

// link is a link that is open: the customer can answer, or change the answer.
type link struct {
	ticket  *ticket
	asked   *asked
	asking  *asking          // the version that the link was made for, if the handler has it, else today's
	survey  *feedback.Survey // today's, to which answers are recorded
	request *feedback.Request
	status  feedback.Status // the zero value where the store has not answered
	ctx     context.Context //nolint:containedctx // it is that of one exchange
}

// answered reports whether the customer has answered.
func (l *link) answered() bool { return l.status.Ended == event.SurveyAnswered }

// link returns the link of the request, or why it takes no answer. It records nothing.
func (x *exchange) link() (*link, *refusal) {
	t, ok := x.h.signer.open(x.token)
	if !ok {
		return nil, refuse(forged, "the link is not whole, or was not signed with one of the keys")
	}
	x.lang = t.language
	if x.now.Unix() >= t.expires {
		return nil, refuse(expired, "the link expired at %s, by the clock of the handler", time.Unix(t.expires, 0).UTC().Format(time.RFC3339))
	}
	a := x.asked(t.survey)
	if a == nil {
		return nil, refuse(unknownSurvey, "the link is for a survey that the handler does not have: add it with WithSurveys")
	}
	l := &link{ticket: t, asked: a, asking: a.version(t.version), survey: a.current, request: a.current.Asked(t.request), ctx: x.apart()}
	ctx, cancel := context.WithTimeout(l.ctx, lookFor)
	defer cancel()
	s, err := l.request.Status(ctx)
	switch {
	case errors.Is(err, feedback.ErrNotKept):
		return nil, refuse(unavailable, "the client keeps no requests for feedback, so that an answer could count twice: give it cx.WithStore")
	case err != nil: // the client writes to the store what it is told, and the store decides
		return l, nil
	}
	l.status = s
	switch {
	case s.Ended == event.SurveyExpired, !s.Expires.IsZero() && !x.now.Before(s.Expires):
		return l, refuse(expired, "the request for feedback has expired")
	case s.Over:
		return l, refuse(closed, "the request for feedback has ended: it was dismissed or bounced, or its answer was changed too often")
	}
	return l, nil
}

// answer records the answer to a link, or changes it.
func (x *exchange) answer() *refusal {
	l, no := x.link()
	if no != nil {
		return no
	}
	a, no := x.read(l.asked, l.asking, l)
	if a == nil {
		return no
	}
	opts := append(a.options(), feedback.Answering(l.request))
	if t := l.ticket; t.journey != "" && !l.status.Known { // else the store knows the run
		opts = append(opts, about(l.survey, t))
	}
	l.survey.Record(l.ctx, *a.Score, opts...)
	if !l.kept() {
		no := refuse(unavailable, "the store did not say in time that it has the answer: send it again, it stays one answer")
		no.retry = retryAfter
		return x.again(no, l.asking, l, a)
	}
	x.received(l, *a.Score)
	return nil
}

// retryAfter is after how many seconds a client may send an answer again that the store did not take in time.
const retryAfter = 5

// kept reports whether the store has what was recorded: an answer that the customer is thanked for outlives this process.
func (l *link) kept() bool {
	ctx, cancel := context.WithTimeout(l.ctx, keepFor)
	defer cancel()
	_, err := l.request.Committed(ctx)
	return err == nil
}

// about returns the run that the link carries.
func about(s *feedback.Survey, t *ticket) feedback.Option {
	if j, _ := s.Journey(); j != nil && j.Name() == t.journey {
		return feedback.AboutRun(j, t.id)
	}
	return feedback.About(t.journey, t.id)
}

// unasked records an answer without a request.
func (x *exchange) unasked() *refusal {
	of := x.asked(x.survey)
	if of == nil || !of.unasked {
		return refuse(unknownSurvey, "there is no survey of this name that takes answers without a request: name it with WithUnsolicited")
	}
	a, no := x.read(of, of.version(of.current.Version()), nil)
	if a == nil {
		return no
	}
	client := x.client()
	if client == nil {
		return refuse(unavailable, "there is no client: give one with WithClient, or make one the default with cx.SetDefault")
	}
	of.current.Record(cx.NewContext(x.r.Context(), client), *a.Score, append(a.options(), feedback.Via(of.current.Channels()[0]))...)
	x.received(nil, *a.Score)
	return nil
}

// read reads and checks the answer. It returns neither an answer nor a refusal where it has shown the form once more.
func (x *exchange) read(all *asked, of *asking, l *link) (*answer, *refusal) {
	a, no := readAnswer(x.r)
	if no != nil {
		return nil, no
	}
	if isLanguage(a.Language) {
		x.lang = a.Language
	}
	if no = a.saw(all, of, l); no != nil {
		return nil, x.again(no, of, l, a)
	}
	switch no = a.check(a.seen.survey); {
	case no != nil && no.code == tooLarge:
		return nil, x.again(no, of, l, a)
	case no != nil:
		return nil, no
	case a.Score != nil:
		return a, nil
	}
	no = refuse(badRequest, "the form has no score: send a whole number on the survey's scale")
	no.form = http.StatusUnprocessableEntity
	return nil, x.again(no, of, l, a)
}

// again shows the form once more with what the customer wrote, so that it need not be written again. It returns the refusal to a client that
// shows no form.
func (x *exchange) again(no *refusal, of *asking, l *link, a *answer) *refusal {
	if l == nil || x.wantsJSON() {
		return no
	}
	x.count(no)
	status := no.httpStatus()
	if no.form != 0 {
		status = no.form
	}
	v := x.form(of, l)
	v.wrote(a)
	if v.Missing = a.Score == nil; !v.Missing {
		notice := v.Texts.Pages[string(no.code)]
		v.Failed = &notice
	}
	x.html(status, v)
	return nil
}

// becomes records that the customer sees the question, or does not want to answer.
func (x *exchange) becomes() *refusal {
	l, no := x.link()
	dismissed := x.became == "dismissed"
	switch {
	case no == nil:
	case dismissed && l != nil && no.code == closed: // most likely the same once more, and there is nothing that could be dismissed
	default:
		return no
	}
	if dismissed {
		l.request.Dismissed(l.ctx)
	} else {
		l.request.Shown(l.ctx)
	}
	if kind := x.r.Header.Get("Content-Type"); dismissed && isForm(kind) && !x.wantsJSON() {
		x.notice(http.StatusOK, "dismissed")
		return nil
	}
	x.w.WriteHeader(http.StatusNoContent)
	return nil
}
