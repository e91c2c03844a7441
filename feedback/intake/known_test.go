package intake_test

import (
	"testing"

	"cairncx.dev/cairn/cx"
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

// TestVersionThatWasSeen: an answer counts for the version of the question that the customer has seen, not for the one that was asked.
func TestVersionThatWasSeen(t *testing.T) {
	t.Parallel()
	old := feedback.Define("ease", feedback.CES, feedback.Ask("en", "Was it easy to pay?"))
	older := feedback.Define("ease", feedback.CES, feedback.Ask("en", "Was paying easy?"))
	for _, test := range []struct {
		name, reason string
		has          []*feedback.Survey
		asked        *feedback.Survey // that the link was made with
		version      string           // that the answer says
		status       int
		want         string
	}{
		{"the link's", "the page shows it", []*feedback.Survey{ease, old}, old, "", 200, old.Version()},
		{"one that the handler has no more", "the page shows today's", []*feedback.Survey{ease}, old, "", 200, ease.Version()},
		{"today's, shown by an instance that has no other", "the page says what it has shown", []*feedback.Survey{ease, old}, old, ease.Version(), 200, ease.Version()},
		{"the link's, shown by an instance that has it", "the link is signed", []*feedback.Survey{ease}, old, old.Version(), 200, old.Version()},
		{"none that is known", "it is no version of the survey", []*feedback.Survey{ease, old}, old, older.Version(), 400, ""},
	} {
		for kind, headers := range map[string][]string{"JSON": asJSON, "form": asForm} {
			t.Run(test.name+" in "+kind, func(t *testing.T) {
				t.Parallel()
				store := newStore()
				d := newDoor(t, store)
				earlier := must(cx.New(cx.WithCustomerKey([]byte("a key of at least 16 bytes")), cx.WithStore(store), cx.WithDefinitions(contacts, test.asked)))
				req := test.asked.Ask(cx.NewContext(t.Context(), earlier), event.Customer{ID: "alice"})
				if err := earlier.Shutdown(t.Context()); err != nil || !req.OK() {
					t.Fatalf("refused as %q, %v", req.Refused(), err)
				}
				token := must(d.signer.Token(req))
				d.handler = must(intake.New(intake.WithClient(d.client), intake.WithSigner(d.signer), intake.WithSurveys(test.has...)))
				body := `{"score":2,"version":"` + test.version + `"}`
				if kind == "form" {
					body = form("score", "2", "version", test.version)
				}
				if w := d.do("POST", "/r/"+token, body, headers...); w.Code != test.status {
					t.Fatalf("the answer is %d %s", w.Code, w.Body)
				}
				if test.status != 200 {
					d.want()
					return
				}
				if f := d.last(event.FeedbackReceived).Feedback; f.Version != test.want || f.Request != req.ID() {
					t.Errorf("the answer counts for %q of request %v, want %q: %s", f.Version, f.Request, test.want, test.reason)
				}
				if w := d.do("GET", "/r/"+token, ""); !contains(w, `name="version" value="`) {
					t.Errorf("the page does not say which version it shows: %s", w.Body)
				}
			})
		}
	}
}

// TestUnaskedVersion: an answer without a request counts for the version that the customer has seen, too.
func TestUnaskedVersion(t *testing.T) {
	t.Parallel()
	d := newDoor(t, newStore())
	old := feedback.Define(thumbs.Name(), feedback.Thumbs, feedback.Ask("en", "Did this help?"))
	d.handler = must(intake.New(intake.WithClient(d.client), intake.WithSurveys(thumbs, old), intake.WithUnsolicited(thumbs.Name())))
	for version, want := range map[string]string{"": thumbs.Version(), thumbs.Version(): thumbs.Version(), old.Version(): old.Version(), "x": ""} {
		w := d.do("POST", "/surveys/was%20this%2Fhelpful%3F", `{"score":1,"version":"`+version+`"}`, asJSON...)
		if (w.Code == 200) != (want != "") {
			t.Errorf("%q: %d %s", version, w.Code, w.Body)
		} else if want != "" {
			if f := d.last(event.FeedbackReceived).Feedback; f.Version != want {
				t.Errorf("%q counts for %q, want %q", version, f.Version, want)
			}
		}
	}
}
