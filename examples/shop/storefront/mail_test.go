package storefront_test

import (
	"net/http"
	"strings"
	"testing"

	"cairncx.dev/cairn/cx/event"
	"cairncx.dev/cairn/examples/shop/experience"
)

// TestMails: what the mailing system is told of a mail, step by step, for one customer.
func TestMails(t *testing.T) {
	here := func(r *http.Request) { r.RemoteAddr = "127.0.0.1:9" }
	s := newShop(t)
	const survey, campaign = "customer=c@example.com&to=c@example.com&purpose=survey&order=7KQ2-M4XA-ZP6T", "customer=c@example.com&to=c@example.com&purpose=campaign"
	for _, c := range []struct{ path, body, want string }{
		{"/mail", "to=c@example.com&purpose=survey", "the form is invalid"},
		{"/mail", "customer=c@example.com&purpose=survey", "the form is invalid"},
		{"/mail", "customer=c@example.com&to=c@example.com&purpose=invoice", "the form is invalid"},
		{"/mail", "customer=c@example.com&to=c@example.com&purpose=survey&order=7", "the form is invalid"},
		{"/mail", survey, "/feedback/r/"},
		{"/mail", survey, "refused: cap"},
		{"/complaint", "text=late", "want customer"},
		{"/complaint", "customer=c@example.com&text=late&received=yesterday", "is no time"},
		{"/complaint", "customer=c@example.com&text=late", "-"}, // the ID of the follow-up
		{"/mail", campaign, "refused: hold"},
		{"confirm", "", ""},
		{"/mail", campaign, "sent"},
		{"/mail", campaign, "sent"},
		{"/mail", campaign, "refused: cap"},
		{"/died", "to=h@example.com", ""},
		{"/died", "", "customer"},
		{"/mail", "customer=w@example.com&to=h@example.com&purpose=survey&order=7KQ2-M4XA-ZP6T", "refused: suppressed"},
		{"/mail", "customer=w@example.com&to=w@example.com&purpose=campaign", "sent"},
	} {
		if c.path == "confirm" { // the customer is content with the answer, and the hold is over
			f := experience.Complaint()
			f.Confirm(f.Resume(s.Context(t.Context()), s.Events(event.JourneyStarted)[0].Journey.ID))
			if err := s.Client().Flush(t.Context()); err != nil {
				t.Fatal(err)
			}
			continue
		}
		w := s.direct(http.MethodPost, c.path, c.body, here)
		if got := w.Body.String(); !strings.Contains(got, c.want) || (got == "") != (c.want == "") || strings.Contains(got, "@") {
			t.Errorf("%s %s: the answer is %d %q, want %q", c.path, c.body, w.Code, got, c.want)
		}
	}
	s.Touchpoint("survey-mail").OK().Times(1)
	s.Touchpoint("campaign-mail").OK().Times(3)
	if n, v := len(s.Events(event.ContactSuppressed)), len(s.Events(event.ContactViolated)); n != 4 || v != 0 {
		t.Errorf("there are %d refusals and %d violations, want 4 and 0", n, v)
	}
}
