package storefront

import (
	"net/http"
	"strconv"
	"time"

	"cairncx.dev/cairn/cx/event"
	"cairncx.dev/cairn/examples/shop/experience"
	"cairncx.dev/cairn/feedback"
	"cairncx.dev/cairn/journey"
	"cairncx.dev/cairn/touchpoint"
)

// confirm shows the confirmation. The first view of it is the touchpoint order-confirmed, which completes the
// journey, and the moment to ask how satisfied the customer is. The code starts the touchpoint instead of the
// route, because neither a second view nor an attempt to see the page without payment is a touchpoint.
func (s *Shop) confirm(w http.ResponseWriter, r *http.Request) {
	b, ok := s.baskets.get(session(r))
	if !ok || !b.Paid {
		http.Redirect(w, r, "/payment", http.StatusSeeOther)
		return
	}
	first := s.baskets.update(session(r), func(b *basket) bool {
		was := b.Seen
		b.Seen = true
		return !was
	})
	if first {
		ctx, tp := experience.OrderConfirmed.Start(r.Context(), channel(r))
		defer tp.End()
		b.Question = s.ask(ctx, r, experience.PostPurchase, b)
	}
	s.show(w, r, http.StatusOK, "confirmation.html", page{Title: "Thank you for your order", Stage: experience.StageConfirmation, Basket: b})
}

// giveUp ends the journey of a customer who does not try another card, and asks how easy it was to pay. It differs from leaving without a
// word: the checkout has failed, because the shop could not take the money.
func (s *Shop) giveUp(w http.ResponseWriter, r *http.Request) {
	var b basket
	if s.baskets.update(session(r), func(open *basket) bool {
		if open.over() || open.Paying || open.Failed == "" {
			return false
		}
		open.GaveUp = true
		b = *open
		return true
	}) {
		experience.Checkout.Fail(r.Context(), journey.Because(b.Failed))
		s.ask(r.Context(), r, experience.GaveUp, b)
		s.forgetBasket(w)
	}
	http.Redirect(w, r, "/sorry", http.StatusSeeOther)
}

func (s *Shop) sorry(w http.ResponseWriter, r *http.Request) {
	b, ok := s.baskets.get(session(r))
	if !ok || !b.GaveUp {
		http.Redirect(w, r, "/", http.StatusSeeOther)
		return
	}
	s.show(w, r, http.StatusOK, "sorry.html", page{Title: "We are sorry that you could not pay", Basket: b})
}

// support takes the telephone system's report of a call:
//
//	POST /support order=7KQ2-M4XA-ZP6T&seconds=180&wait=40&resolved=yes
//
// The journey may have ended yesterday, in a process that no longer runs. The order number is enough to add the
// call to the journey's trace.
func (s *Shop) support(w http.ResponseWriter, r *http.Request) {
	order := r.PostFormValue("order")
	took, err1 := seconds(r.PostFormValue("seconds"))
	waited, err2 := seconds(r.PostFormValue("wait"))
	if !isNumber(order) || err1 != nil || err2 != nil {
		http.Error(w, "the form is invalid: want order, and seconds and wait as numbers", http.StatusBadRequest)
		return
	}
	resolved := r.PostFormValue("resolved") == "yes"
	opts := []touchpoint.StartOption{
		touchpoint.At(s.cfg.Now().Add(-took)), // the report comes after the call
		touchpoint.Took(took),
		touchpoint.Assisted(event.Assisted{
			Legs: []event.Leg{{Queue: "orders", Queued: true, Answered: true, Wait: event.Seconds(waited), End: event.LegFinished}}, Claimed: claimed(resolved),
		}),
	}
	if !resolved {
		opts = append(opts, touchpoint.Outcome(event.Failed), touchpoint.Because("not-resolved"))
	}
	ctx := experience.Checkout.Resume(r.Context(), order, journey.Via(event.Phone))
	experience.CallSupport.Record(ctx, event.Phone, opts...)
	w.WriteHeader(http.StatusNoContent)
}

func seconds(s string) (time.Duration, error) {
	n, err := strconv.ParseUint(s, 10, 16)
	return time.Duration(n) * time.Second, err //nolint:wrapcheck // the caller only asks whether
}

// takeNPS takes the answer of a customer who gives it on the phone. Those who got the mail answer by its link:
//
//	POST /nps order=7KQ2-M4XA-ZP6T&score=9&via=email
func (s *Shop) takeNPS(w http.ResponseWriter, r *http.Request) {
	order := r.PostFormValue("order")
	score, err := strconv.Atoi(r.PostFormValue("score"))
	var via event.Channel
	errVia := via.UnmarshalText([]byte(r.PostFormValue("via")))
	if _, valid := feedback.NPS.Verdict(score); !isNumber(order) || err != nil || !valid || errVia != nil {
		http.Error(w, "the form is invalid: want order, score from 0 to 10, and via (email or phone)", http.StatusBadRequest)
		return
	}
	experience.Recommend.Record(r.Context(), score,
		feedback.AboutRun(experience.Checkout, order), feedback.Via(via), feedback.Comment(r.PostFormValue("comment")))
	w.WriteHeader(http.StatusNoContent)
}

func claimed(resolved bool) event.YesNo {
	if resolved {
		return event.Yes
	}
	return event.No
}
