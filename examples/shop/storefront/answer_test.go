package storefront_test

import (
	"net/http"
	"strings"
	"testing"

	"cairncx.dev/cairn/cx/event"
	"cairncx.dev/cairn/examples/shop/experience"
	"cairncx.dev/cairn/examples/shop/payments"
	"cairncx.dev/cairn/feedback"
)

// gaveUp lets the customer give up after a payment that failed, and returns the order and the path of the question.
func (b *browser) gaveUp(card string) (order, link string) {
	b.t.Helper()
	order = b.toPayment()
	b.post("/payment", "card", card)
	_, at, page := b.post("/give-up")
	if at != "/sorry" {
		b.t.Fatalf("giving up led to %s:\n%s", at, page)
	}
	return order, question(b.t, page)
}

// opened returns the start of each follow-up.
func (s *shop) opened() (starts []event.Event) {
	s.flush()
	for _, e := range s.Events(event.JourneyStarted) {
		if e.FollowUp != nil {
			starts = append(starts, e)
		}
	}
	return starts
}

// TestLoop: a customer gives up after a failed payment and says why, the team answers, the customer objects, the team answers again, and the
// customer is content. No other visitor sees the answer.
func TestLoop(t *testing.T) {
	s := newShop(t)
	b, other := s.browser(), s.browser()
	order, link := b.gaveUp(payments.CardBroken)
	s.Journey("checkout", order).Failed().Because("payments-unavailable")
	if n := len(s.opened()); n != 0 {
		t.Fatalf("%d follow-ups are open before the answer of a new customer", n)
	}
	if status, _, page := b.post(link, "score", "2", "causes", "payment", "comment", "<b>Twice.</b> Write to ann@example.com"); status != http.StatusOK {
		t.Fatalf("the answer has the status %d:\n%s", status, page)
	}
	starts := s.opened()
	if len(starts) != 1 || starts[0].Journey.Name != "recovery" || starts[0].FollowUp.Rule != "low_ease" || starts[0].FollowUp.About.ID != order || starts[0].FollowUp.Owner != "care" {
		t.Fatalf("the follow-ups are %+v", starts)
	}
	id := starts[0].Journey.ID
	f := experience.Recovery()
	ctx := f.Resume(s.Context(t.Context()), id)
	if _, _, page := b.get("/"); strings.Contains(page, order) {
		t.Errorf("there is an answer before the team has one:\n%s", page)
	}
	for _, content := range []string{"no", "yes"} {
		f.Tell(ctx, feedback.Note("<i>Nothing</i> was charged."), feedback.By(event.ActorEmployee))
		s.flush()
		_, _, page := b.get("/")
		if !strings.Contains(page, order) || !strings.Contains(page, "&lt;i&gt;Nothing&lt;/i&gt; was charged.") {
			t.Errorf("the customer does not see the answer:\n%s", page)
		}
		if _, _, page := other.get("/"); strings.Contains(page, order) {
			t.Errorf("another customer sees the answer:\n%s", page)
		}
		other.post("/answer", "id", id, "content", "yes") // it is not the other customer's
		b.post("/answer", "id", id, "content", content)
		if _, _, page := b.get("/"); strings.Contains(page, order) {
			t.Errorf("the answer is still there after %s:\n%s", content, page)
		}
	}
	s.flush()
	s.Journey("recovery", id).Completed().Stages("received", "told", "received", "told", "confirmed")
	b.post("/answer", "id", id, "content", "no") // it is over
	s.flush()
	if n := len(s.Events(event.JourneyEnded)); n != 2 {
		t.Errorf("%d journeys have ended, want the checkout and its follow-up", n)
	}
}

// TestRegular: a regular customer who cannot pay opens a follow-up by giving up, and the answer opens no second one.
func TestRegular(t *testing.T) {
	s := newShop(t)
	b := s.browser()
	b.toPayment()
	b.post("/payment", "card", payments.CardGood)
	order, link := b.gaveUp(payments.CardDeclined)
	for _, what := range []string{"giving up", "the answer"} {
		starts := s.opened()
		if len(starts) != 1 || starts[0].FollowUp.Rule != "lost-regular" || starts[0].FollowUp.Severity != "high" || starts[0].FollowUp.About.ID != order {
			t.Fatalf("after %s the follow-ups are %+v", what, starts)
		}
		b.post(link, "score", "1")
	}
	s.front.Abandon(s.Context(t.Context()))
	s.flush()
	s.Journey("recovery", s.opened()[0].Journey.ID).Cancelled().Because("demonstration-over")
}

// TestRecommendation: the link of the mail takes the answer, which is about the order, and a detractor opens a follow-up.
func TestRecommendation(t *testing.T) {
	s := newShop(t)
	w := s.direct(http.MethodPost, "/mail", "customer=c@example.com&to=c@example.com&purpose=survey&order=7KQ2-M4XA-ZP6T", func(r *http.Request) { r.RemoteAddr = "127.0.0.1:9" })
	_, token, ok := strings.Cut(strings.TrimSpace(w.Body.String()), "/feedback/r/")
	if !ok {
		t.Fatalf("the mail has no link: %q", w.Body)
	}
	b := s.browser()
	if status, _, page := b.get("/feedback/r/" + token + "?lang=de"); status != http.StatusOK || !strings.Contains(page, "weiterempfehlen") || !strings.Contains(page, "Waymark") {
		t.Errorf("the page of the link: %d\n%s", status, page)
	}
	s.flush()
	if n := len(s.Events(event.FeedbackReceived)); n != 0 {
		t.Errorf("a look at the page is %d answers", n)
	}
	b.post("/feedback/r/"+token, "score", "0")
	starts := s.opened()
	if len(starts) != 1 || starts[0].FollowUp.Rule != "detractor" || starts[0].FollowUp.About != (event.RunRef{Namespace: "default", Name: "checkout", ID: "7KQ2-M4XA-ZP6T"}) {
		t.Errorf("the follow-ups are %+v", starts)
	}
	if got := s.Events(event.FeedbackReceived); len(got) != 1 || got[0].Channel != event.Email || got[0].Journey.ID != "7KQ2-M4XA-ZP6T" || got[0].Feedback.Survey != "nps" {
		t.Errorf("the answers are %+v", got)
	}
}
