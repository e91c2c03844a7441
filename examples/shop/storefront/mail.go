package storefront

import (
	"io"
	"net/http"
	"strings"
	"time"

	"cairncx.dev/cairn/cx"
	"cairncx.dev/cairn/cx/event"
	"cairncx.dev/cairn/examples/shop/experience"
	"cairncx.dev/cairn/feedback"
	"cairncx.dev/cairn/touchpoint"
)

// mail takes the order of the mailing system to send a mail, and sends it if the contact policy allows:
//
//	POST /mail customer=c8@example.com&to=h8@example.com&purpose=survey&order=7KQ2-M4XA-ZP6T
//
// To is the address that the mail goes to, which may be that of another person. Order is what a survey is about. The reply says what became
// of the mail, and has the link of a survey: the demonstration has no mail server.
func (s *Shop) mail(w http.ResponseWriter, r *http.Request) {
	customer, to := event.Customer{ID: r.PostFormValue("customer")}, r.PostFormValue("to")
	w.Header().Set("Content-Type", "text/plain; charset=utf-8")
	switch purpose := r.PostFormValue("purpose"); {
	case !event.ValidID(customer.ID) || !event.ValidID(to):
		http.Error(w, "the form is invalid: want customer and to", http.StatusBadRequest)
	case purpose == experience.PurposeSurvey && isNumber(r.PostFormValue("order")):
		s.mailSurvey(w, r, customer, to)
	case purpose == experience.PurposeCampaign:
		grant := experience.Contacts().Ask(r.Context(), customer, purpose, event.Email, touchpoint.To(to))
		send(w, r, experience.CampaignMail, grant, "")
	default:
		http.Error(w, "the form is invalid: want purpose (survey, with an order, or campaign)", http.StatusBadRequest)
	}
}

// mailSurvey asks whether the customer would recommend the shop. The request for feedback has a grant of the contact policy.
func (s *Shop) mailSurvey(w http.ResponseWriter, r *http.Request, customer event.Customer, to string) {
	req := experience.Recommend.Ask(r.Context(), customer,
		feedback.Via(event.Email), feedback.To(to), feedback.AboutRun(experience.Checkout, r.PostFormValue("order")))
	link := ""
	if req.OK() {
		var err error
		if link, err = s.signer.Link("http://"+r.Host+intakePath, req); err != nil {
			s.cfg.Log.ErrorContext(r.Context(), "a mail has no link", "error", err)
		}
	}
	send(w, r, experience.SurveyMail, req.Grant(), link)
}

// send sends a mail with the link, if the grant is one.
func send(w http.ResponseWriter, r *http.Request, mail *touchpoint.Definition, grant *touchpoint.Grant, link string) {
	if !grant.Use(r.Context()) { // right before sending; a real shop's mail waits in a queue before that
		_, _ = io.WriteString(w, "refused: "+grant.Reason()+"\n") //nolint:gosec // plain text, and the rule is one of package event
		return
	}
	_, tp := mail.Start(r.Context(), event.Email, touchpoint.Granted(grant))
	defer tp.End()
	_, _ = io.WriteString(w, strings.TrimSpace("sent\n"+link)+"\n") //nolint:gosec // plain text
}

// died takes the news that the person with an address has died. No service sends a mail to the address from now on:
//
//	POST /died to=h8@example.com
func (s *Shop) died(w http.ResponseWriter, r *http.Request) {
	dead := touchpoint.Suppression{Reason: touchpoint.Deceased, Source: "family"}
	answer(w, experience.Contacts().Suppress(r.Context(), event.Customer{ID: r.PostFormValue("to")}, dead))
}

// complain takes a complaint, such as one that has come by letter and has lain for a while:
//
//	POST /complaint customer=c15@example.com&text=Nobody+called+back&order=7KQ2-M4XA-ZP6T&received=2026-03-31T09:00:00Z
//
// Order and received may be missing. The blueprint opens a follow-up, whose ID is the reply. Until it is over the customer gets neither a
// question by mail nor a campaign.
func (s *Shop) complain(w http.ResponseWriter, r *http.Request) {
	said := feedback.Mention{
		Source: "web-form", Nature: event.Complaint, Text: r.PostFormValue("text"), Author: event.Customer{ID: r.PostFormValue("customer")},
	}
	opts := []feedback.Option{feedback.Via(event.Web)}
	if at := r.PostFormValue("received"); at != "" {
		received, err := time.Parse(time.RFC3339, at)
		if err != nil {
			http.Error(w, "received is no time: write it as 2026-03-31T09:00:00Z", http.StatusBadRequest)
			return
		}
		said.Source = "letter"
		opts = []feedback.Option{feedback.Via(event.Post), feedback.At(received)}
	}
	if order := r.PostFormValue("order"); isNumber(order) {
		opts = append(opts, feedback.AboutRun(experience.Checkout, order))
	}
	if !event.ValidID(said.Author.ID) {
		http.Error(w, "the form is invalid: want customer", http.StatusBadRequest)
		return
	}
	id := said.Record(r.Context(), opts...)
	if err := cx.FromContext(r.Context()).Flush(r.Context()); err != nil { // the hold is in the customer's record then
		s.cfg.Log.WarnContext(r.Context(), "a complaint", "error", err)
	}
	_, _ = io.WriteString(w, experience.Complaint().ID(id)+"\n") //nolint:gosec // plain text
}

// answer says whether the customer's record has taken a change.
func answer(w http.ResponseWriter, err error) {
	if err != nil {
		http.Error(w, err.Error(), http.StatusBadRequest)
		return
	}
	w.WriteHeader(http.StatusNoContent)
}
