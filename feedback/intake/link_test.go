package intake_test

import (
	"context"
	"fmt"
	"net/http"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"cairncx.dev/cairn/cx/event"
	"cairncx.dev/cairn/feedback/intake"
)

// TestOneLinkIsOneResponse: whatever happens to a link, on two instances at once, one answer is counted.
func TestOneLinkIsOneResponse(t *testing.T) {
	t.Parallel()
	store := newStore()
	a, b := newDoor(t, store), newDoor(t, store)
	token := a.token()
	if err := a.client.Flush(t.Context()); err != nil {
		t.Fatal(err)
	}
	other := must(intake.NewSigner([]byte("another key of 32 bytes, which no handler has")))
	forged := must(other.Token(a.ask(a.ctx(), "alice")))
	expired := must(a.signer.Token(a.ask(a.ctx(), "alice"), intake.Until(time.Now().Add(-time.Second))))
	var all sync.WaitGroup
	for i := range 100 {
		d := []*door{a, b}[i%2]
		all.Go(func() {
			for _, method := range []string{"GET", "HEAD", "OPTIONS", "PUT", "DELETE", "PROPFIND"} {
				d.do(method, "/r/"+token+"?score=1", "")
				d.do(method, "/r/"+token+"/shown", "")
				d.do(method, "/r/"+token+"/dismissed", "")
			}
			for _, bad := range []string{forged, expired, token + "A", token[1:]} {
				if w := d.do("POST", "/r/"+bad, `{"score":1}`, asJSON...); w.Code == http.StatusOK {
					t.Errorf("a link that is not good is taken: %s", w.Body)
				}
				d.do("POST", "/r/"+bad+"/dismissed", "")
			}
			if w := d.do("POST", "/r/"+token, form("score", "6", "comment", "fine", "language", "en"), asForm...); w.Code != http.StatusOK {
				t.Errorf("a good link is refused: %d %s", w.Code, w.Body)
			}
		})
	}
	all.Wait()
	got := append(a.told(), b.told()...)
	if len(got) != 1 || got[0] != "feedback.received 6" {
		t.Errorf("recorded %v, want one answer", got)
	}
	if n := a.refused()["forged"] + b.refused()["forged"]; n != 600 { // three bad tokens, each twice, a hundred times
		t.Errorf("%d forged links are counted, want 600", n)
	}
	if n := a.refused()["expired"] + b.refused()["expired"]; n != 200 {
		t.Errorf("%d expired links are counted, want 200", n)
	}
}

// TestWhatBecomesOfALink follows a request through its states. Each step is one POST.
func TestWhatBecomesOfALink(t *testing.T) {
	t.Parallel()
	type step struct {
		path, body string
		status     int
		want       string // code or status of the reply
	}
	answer := func(score int, status int, want string) step {
		return step{"", fmt.Sprintf(`{"score":%d}`, score), status, want}
	}
	for _, test := range []struct {
		name, reason string
		steps        []step
		want         []string
	}{
		{"changed", "the counter has the first answer, and the change is a change", []step{answer(3, 200, "answered"), answer(5, 200, "amended")}, []string{"feedback.received 3", "feedback.amended 5"}},
		{"the same form again", "a browser that loads a page again sends the form again", []step{answer(3, 200, "answered"), answer(3, 200, "amended")}, []string{"feedback.received 3"}},
		{"shown twice, then answered", "two tabs show one question", []step{{"/shown", "", 204, ""}, {"/shown", "", 204, ""}, answer(7, 200, "answered")}, []string{"survey.shown ", "feedback.received 7"}},
		{"dismissed, then answered", "a request ends once", []step{{"/dismissed", "", 204, ""}, {"/dismissed", "", 204, ""}, {"/shown", "", 410, "closed"}, answer(3, 410, "closed")}, []string{"survey.closed dismissed"}},
		{"answered, then dismissed", "closing the widget after the answer takes nothing back", []step{answer(3, 200, "answered"), {"/dismissed", "", 204, ""}, answer(4, 200, "amended")}, []string{"feedback.received 3", "feedback.amended 4"}},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			d := newDoor(t, newStore())
			token := d.token()
			for i, s := range test.steps {
				w := d.do("POST", "/r/"+token+s.path, s.body, asJSON...)
				if w.Code != s.status || !contains(w, s.want) {
					t.Errorf("%s: step %d: %d %s, want %d %q", test.reason, i, w.Code, w.Body, s.status, s.want)
				}
				if err := d.client.Flush(t.Context()); err != nil { // the store has it
					t.Fatal(err)
				}
			}
			d.want(test.want...)
		})
	}
}

// TestChangedTooOften: what the store would leave out is not said to be taken.
func TestChangedTooOften(t *testing.T) {
	t.Parallel()
	d := newDoor(t, newStore())
	token := d.token()
	taken := 0
	for i := range 30 {
		w := d.do("POST", "/r/"+token, fmt.Sprintf(`{"score":%d}`, i%7+1), asJSON...)
		if w.Code == http.StatusOK {
			taken++
		} else if codeOf(t, w) != "closed" {
			t.Errorf("the answer is %d %s", w.Code, w.Body)
		}
		if err := d.client.Flush(t.Context()); err != nil {
			t.Fatal(err)
		}
	}
	if got := len(d.told()); taken != 17 || got != 17 {
		t.Errorf("%d answers are taken and %d recorded, want the first and 16 changes", taken, got)
	}
}

// TestExpiry: a link expires with its request, to the second, and also where only the store knows that.
func TestExpiry(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		d := newDoor(t, newStore())
		req := d.ask(d.ctx(), "alice")
		link := must(d.signer.Token(req))
		longer := must(d.signer.Token(req, intake.Until(time.Now().Add(30*24*time.Hour))))
		time.Sleep(7*24*time.Hour - time.Second)
		for _, token := range []string{link, longer} {
			if w := d.do("GET", "/r/"+token, ""); w.Code != http.StatusOK {
				t.Errorf("a second before the expiry: %d", w.Code)
			}
		}
		time.Sleep(time.Second)
		for _, token := range []string{link, longer} {
			if w := d.do("POST", "/r/"+token, `{"score":1}`, asJSON...); w.Code != http.StatusGone || codeOf(t, w) != "expired" {
				t.Errorf("at the expiry: %d %s", w.Code, w.Body)
			}
		}
		time.Sleep(24 * time.Hour) // the client has closed it
		_ = d.told()
		if w := d.do("GET", "/r/"+longer, ""); w.Code != http.StatusGone || !contains(w, "This question is closed") { // a store keeps of what is over only that
			t.Errorf("a day later: %d %s", w.Code, w.Body)
		}
		d.want("survey.closed expired")
		_ = d.client.Shutdown(context.Background())
	})
}

// TestNoStore: without what remembers requests each POST would count.
func TestNoStore(t *testing.T) {
	t.Parallel()
	d := newDoor(t, nil)
	token := must(d.signer.Token(ease.Asked(event.NewID(time.Now())), intake.Until(time.Now().Add(time.Hour))))
	for _, path := range []string{"", "/shown", "/dismissed"} {
		if w := d.do("POST", "/r/"+token+path, `{"score":1}`, asJSON...); w.Code != http.StatusServiceUnavailable || codeOf(t, w) != "unavailable" {
			t.Errorf("%q: %d %s", path, w.Code, w.Body)
		}
	}
	if w := d.do("GET", "/r/"+token, ""); w.Code != http.StatusServiceUnavailable {
		t.Errorf("the page: %d", w.Code)
	}
	d.want()
	if got := d.refused()["unavailable"]; got != 4 {
		t.Errorf("%d are counted, want 4", got)
	}
}

// TestAnswerBelongsToTheRequest: whoever opens the link may be logged in as somebody else, in another journey, on another channel.
func TestAnswerBelongsToTheRequest(t *testing.T) {
	t.Parallel()
	d := newDoor(t, newStore())
	run := order.Start(d.ctx(), "order-1", event.Customer{ID: "alice"})
	token := must(d.signer.Token(d.ask(run, "alice")))
	elsewhere := order.Start(d.ctx(), "order-2", event.Customer{ID: "bob"})
	h := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { d.handler.ServeHTTP(w, r.WithContext(elsewhere)) })
	if w := send(h, "POST", "/r/"+token, `{"score":2}`, asJSON...); w.Code != http.StatusOK {
		t.Fatal(w.Code, w.Body)
	}
	asked, got := d.last(event.SurveyRequested), d.last(event.FeedbackReceived)
	if got.Journey.ID != "order-1" || got.Customer.Hash != asked.Customer.Hash || got.Channel != event.Email || got.Feedback.Version != ease.Version() {
		t.Errorf("the answer is of %v in %v by %v, version %q", got.Customer, got.Journey, got.Channel, got.Feedback.Version)
	}
}

// TestLostRequest: where the store has lost the request, the link says to which run the answer belongs.
func TestLostRequest(t *testing.T) {
	t.Parallel()
	asked := newDoor(t, newStore())
	run := order.Start(asked.ctx(), "order-1", event.Customer{ID: "alice"})
	req := asked.ask(run, "alice")
	for _, test := range []struct {
		name string
		opts []intake.LinkOption
		want string
	}{
		{"with the run", nil, "order-1"},
		{"without it", []intake.LinkOption{intake.WithoutRun()}, ""},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			d := newDoor(t, newStore())
			token := must(d.signer.Token(req, test.opts...))
			if w := d.do("POST", "/r/"+token, `{"score":2}`, asJSON...); w.Code != http.StatusOK {
				t.Fatal(w.Code, w.Body)
			}
			got := d.last(event.FeedbackReceived)
			if got.Journey.ID != test.want || got.Feedback.Request != req.ID() || got.Customer != (event.Customer{}) {
				t.Errorf("the answer is %+v in %v", got.Customer, got.Journey)
			}
		})
	}
}

// TestForgottenCustomer: an answer by a link from before the customer was forgotten names no customer.
func TestForgottenCustomer(t *testing.T) {
	t.Parallel()
	d := newDoor(t, newStore())
	token := d.token()
	if _, err := d.client.Forget(t.Context(), "alice"); err != nil {
		t.Fatal(err)
	}
	w := d.do("POST", "/r/"+token, `{"score":2}`, asJSON...)
	_ = d.told()
	for i := range d.events {
		if e := &d.events[i]; e.Kind == event.FeedbackReceived && e.Customer != (event.Customer{}) {
			t.Errorf("%d: the answer names %v", w.Code, e.Customer)
		}
	}
}
