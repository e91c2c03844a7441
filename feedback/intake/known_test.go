package intake_test

import (
	"testing"

	"cairncx.dev/cairn/cx/event"
	"cairncx.dev/cairn/feedback"
	"cairncx.dev/cairn/feedback/intake"
)

// TestNamedSurvey: a survey that code only names has the texts and the choices that the client's blueprint gives it.
func TestNamedSurvey(t *testing.T) {
	t.Parallel()
	named, helpful := feedback.Define("ease", feedback.CES), feedback.Define("was this/helpful?", feedback.Thumbs)
	d := newDoor(t, newStore())
	old := feedback.Define("ease", feedback.CES, feedback.Ask("en", "Was it easy to pay?"))
	d.handler = must(intake.New(intake.WithClient(d.client), intake.WithSigner(d.signer), intake.WithSurveys(named, helpful, old), intake.WithUnsolicited(helpful.Name())))
	token := d.token()
	for range 2 { // the second time from memory
		if w := d.do("GET", "/r/"+token, "", "Accept-Language", "de"); !contains(w, "Wie einfach war das Bezahlen?") || !contains(w, "too_slow") || !contains(w, "Sie dürfen meine Worte zeigen.") {
			t.Errorf("the page is %s", w.Body)
		}
	}
	if w := d.do("GET", "/surveys/ease?lang=de", ""); !contains(w, "Wie einfach war das Bezahlen?") {
		t.Errorf("the survey is %s", w.Body)
	}
	if w := d.do("POST", "/r/"+token, `{"score":2,"causes":["too_slow"],"testimonial":true,"comment":"slow"}`, asJSON...); w.Code != 200 {
		t.Errorf("the answer is %d %s", w.Code, w.Body)
	}
	if f := d.last(event.FeedbackReceived).Feedback; f.Version != ease.Version() || f.Testimonial == nil {
		t.Errorf("the answer is %+v", f)
	}
	if w := d.do("POST", "/surveys/was%20this%2Fhelpful%3F", `{"score":1}`, asJSON...); w.Code != 200 {
		t.Errorf("the answer is %d %s", w.Code, w.Body)
	}
	earlier := must(d.signer.Token(old.Asked(event.ID{7}), intake.Until(d.ask(d.ctx(), "bob").Expires())))
	if w := d.do("GET", "/r/"+earlier, ""); !contains(w, "Was it easy to pay?") {
		t.Errorf("the page of the earlier version is %s", w.Body)
	}
	bare := must(intake.New(intake.WithSurveys(helpful))) // without a client that knows more
	if w := send(bare, "GET", "/surveys/was%20this%2Fhelpful%3F", ""); w.Code != 200 || contains(w, "Was this page helpful?") {
		t.Errorf("the survey is %d %s", w.Code, w.Body)
	}
}
