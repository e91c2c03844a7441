package storefront

import (
	"io"
	"net/http"

	"cairncx.dev/cairn/cx/event"
	"cairncx.dev/cairn/examples/shop/experience"
	"cairncx.dev/cairn/touchpoint"
)

// mail takes the order of the mailing system to send a mail, and sends it if the contact policy allows:
//
//	POST /mail customer=c8@example.com&to=h8@example.com&purpose=survey
//
// To is the address that the mail goes to, which may be that of another person. The answer says what became of the mail.
func (s *Shop) mail(w http.ResponseWriter, r *http.Request) {
	customer, to := event.Customer{ID: r.PostFormValue("customer")}, r.PostFormValue("to")
	purpose := r.PostFormValue("purpose")
	mail := map[string]*touchpoint.Definition{experience.PurposeSurvey: experience.SurveyMail, experience.PurposeCampaign: experience.CampaignMail}[purpose]
	if !event.ValidID(customer.ID) || !event.ValidID(to) || mail == nil {
		http.Error(w, "the form is invalid: want customer, to, and purpose (survey or campaign)", http.StatusBadRequest)
		return
	}
	grant := experience.Contacts.Ask(r.Context(), customer, purpose, event.Email, touchpoint.To(to))
	w.Header().Set("Content-Type", "text/plain; charset=utf-8")
	if !grant.Use(r.Context()) { // right before sending; a real shop's mail waits in a queue before that
		_, _ = io.WriteString(w, "refused: "+grant.Reason()+"\n") //nolint:gosec // plain text, and the rule is one of package event
		return
	}
	_, tp := mail.Start(r.Context(), event.Email, touchpoint.Granted(grant))
	defer tp.End() // the demonstration has no mail server
	_, _ = io.WriteString(w, "sent\n")
}

// died takes the news that the person with an address has died. No service sends a mail to the address from now on:
//
//	POST /died to=h8@example.com
func (s *Shop) died(w http.ResponseWriter, r *http.Request) {
	dead := touchpoint.Suppression{Reason: touchpoint.Deceased, Source: "family"}
	answer(w, experience.Contacts.Suppress(r.Context(), event.Customer{ID: r.PostFormValue("to")}, dead))
}

// complain takes a complaint. The customer gets neither a question nor a campaign until it is closed:
//
//	POST /complaint customer=c15@example.com&ticket=7KQ2-M4XA-ZP6T&closed=yes
func (s *Shop) complain(w http.ResponseWriter, r *http.Request) {
	change := experience.Contacts.OpenHold
	if r.PostFormValue("closed") == "yes" {
		change = experience.Contacts.CloseHold
	}
	answer(w, change(r.Context(), event.Customer{ID: r.PostFormValue("customer")}, experience.HoldComplaint, r.PostFormValue("ticket")))
}

// answer says whether the customer's record has taken a change.
func answer(w http.ResponseWriter, err error) {
	if err != nil {
		http.Error(w, err.Error(), http.StatusBadRequest)
		return
	}
	w.WriteHeader(http.StatusNoContent)
}
