package webhook_test

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"strconv"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"cairncx.dev/cairn/cx"
	"cairncx.dev/cairn/cx/cxtest"
	"cairncx.dev/cairn/cx/event"
	"cairncx.dev/cairn/cx/ledger"
	"cairncx.dev/cairn/cx/stores/memory"
	"cairncx.dev/cairn/feedback"
	"cairncx.dev/cairn/feedback/intake/webhook"
)

// TestOnce: 100 requests at once for one message, and 100 with the same event in other messages, to two instances with one store: it is
// recorded once, and a sender that tries again is told so in the end.
func TestOnce(t *testing.T) {
	t.Parallel()
	store := new(memory.Store)
	recs := []*cxtest.Recorder{cxtest.New(t), cxtest.New(t)}
	handlers := []*webhook.Handler{handler(t, recs[0], webhook.WithSender("tool"), webhook.WithStore(store)), handler(t, recs[1], webhook.WithSender("tool"), webhook.WithStore(store))}
	body := cloudEvent("1", "dev.cairncx.feedback.received", `{"v":1,"id":"01890f3a-7c20-7000-8000-000000000001",`+answerJSON[len(`{"v":1,`):])
	var requests []*http.Request
	for i := range 200 {
		c := call{content: single, body: body}
		if i >= 100 { // a batch that was split, or a spool that was read again: the same event in a message of another name
			c.id, c.content = fmt.Sprint("msg_", i), batch
			c.body = "[" + body + "]"
		}
		requests = append(requests, c.signed(t))
	}
	var wg sync.WaitGroup
	var mu sync.Mutex
	taken := 0
	for i, r := range requests {
		wg.Go(func() {
			got := serve(t, handlers[i%2], r)
			mu.Lock()
			defer mu.Unlock()
			if taken += got.taken; got.status != 200 && got.code != "busy" {
				t.Errorf("%+v", got)
			}
		})
	}
	wg.Wait()
	if n := len(recs[0].Events(event.FeedbackReceived)) + len(recs[1].Events(event.FeedbackReceived)); n != 1 || taken != 1 {
		t.Errorf("%d answers and %d taken, want 1", n, taken)
	}
	for _, h := range handlers {
		if got := serve(t, h, call{content: single, body: body}.signed(t)); got.status != 200 || got.repeated != 1 {
			t.Errorf("afterwards: %+v", got)
		}
	}
}

// stuck is a store in which the second write of a process never happens: the process was killed.
type stuck struct {
	*memory.Store

	writes int
}

func (s *stuck) Shelf(name string) ledger.Store { return &stuckShelf{s.Store.Shelf(name), s} }

type stuckShelf struct {
	ledger.Store

	of *stuck
}

var errKilled = errors.New("killed")

func (s *stuckShelf) Write(ctx context.Context, c []ledger.Change) ([]ledger.Record, error) {
	if s.of.writes++; s.of.writes > 1 {
		return nil, errKilled
	}
	return s.Store.Write(ctx, c)
}

// TestKilled: a request whose process was killed before the message was marked as done leaves a claim, which lapses after a minute. Until then
// the sender is to wait, and afterwards the message is recorded, under the same ID.
func TestKilled(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		store := new(memory.Store)
		killed, lives := cxtest.New(t), cxtest.New(t)
		dead := handler(t, killed, webhook.WithSender("tool"), webhook.WithStore(&stuck{Store: store}))
		h := handler(t, lives, webhook.WithSender("tool"), webhook.WithStore(store))
		send := func(to http.Handler) said {
			return serve(t, to, call{content: single, body: cloudEvent("1", "dev.cairncx.feedback.received", strings.Replace(answerJSON, "2026", "1999", 1))}.signed(t))
		}
		if got := send(dead); got.taken != 1 {
			t.Fatalf("%+v", got)
		}
		for range 5 {
			if got := send(h); got.status != 503 || got.code != "busy" {
				t.Fatalf("before the claim lapses: %+v", got)
			}
			time.Sleep(11 * time.Second)
		}
		time.Sleep(6 * time.Second)
		if got := send(h); got.code != "busy" { // it frees the claim
			t.Fatalf("as the claim lapses: %+v", got)
		}
		time.Sleep(5 * time.Second)
		if got := send(h); got.status != 200 || got.taken != 1 {
			t.Fatalf("after it lapsed: %+v", got)
		}
		if got := send(h); got.repeated != 1 {
			t.Fatalf("again: %+v", got)
		}
		a, b := killed.Events(event.FeedbackReceived), lives.Events(event.FeedbackReceived)
		if len(a) != 1 || len(b) != 1 || a[0].ID != b[0].ID {
			t.Errorf("the events are %v and %v", a, b)
		}
	})
}

// TestKeep: what was taken is remembered for the time of WithKeep, and redeliveries do not shorten that. Then the store is empty.
func TestKeep(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		for name, opts := range map[string][]webhook.Option{"store": {webhook.WithSender("tool"), webhook.WithStore(new(memory.Store))}, "process": nil} {
			rec := cxtest.New(t)
			h := handler(t, rec, append(opts, webhook.WithKeep(24*time.Hour))...)
			other := 0
			send := func(id string) said {
				return serve(t, h, call{id: id, content: single, body: cloudEvent(id, "dev.cairncx.feedback.received", strings.Replace(answerJSON, "2026", "1999", 1))}.signed(t))
			}
			pass := func(d time.Duration) { // others send meanwhile, so that the memory is swept
				for end := time.Now().Add(d); time.Now().Before(end); time.Sleep(20 * time.Minute) {
					other++
					send("other_" + strconv.Itoa(other))
				}
			}
			if got := send("m"); got.taken != 1 {
				t.Fatalf("%s: %+v", name, got)
			}
			for range 5 {
				pass(4 * time.Hour)
				if got := send("m"); got.repeated != 1 {
					t.Fatalf("%s: %+v", name, got)
				}
			}
			pass(25 * time.Hour)
			if got := send("m"); got.taken != 1 {
				t.Errorf("%s: after its time: %+v", name, got)
			}
		}
	})
}

// answerOf is a report that nothing tells from others but its message.
func answerOf(t *testing.T, id string) string {
	t.Helper()
	return `{"follow_up":"complaint","id":` + jsonOf(t, id) + `,"step":"opened","customer":"ann"}`
}

// TestStoreAway: without an answer of the store nothing is taken, and the sender tries again.
func TestStoreAway(t *testing.T) {
	t.Parallel()
	rec := cxtest.New(t)
	h := handler(t, rec, webhook.WithSender("tool"), webhook.WithStore(&stuck{Store: new(memory.Store), writes: 1}))
	got := serve(t, h, call{body: answerOf(t, "1")}.signed(t))
	if got.status != 503 || got.code != "unavailable" || len(rec.Events()) != 0 {
		t.Errorf("%+v, %d events", got, len(rec.Events()))
	}
}

// TestSendersApart: two ticket systems that share a store number their changes and messages in the same way. What one says hides nothing of what the
// other one says.
func TestSendersApart(t *testing.T) {
	t.Parallel()
	store, rec := new(memory.Store), cxtest.New(t)
	a := handler(t, rec, webhook.WithStore(store), webhook.WithSender("zen"))
	b := handler(t, rec, webhook.WithStore(store), webhook.WithSender("lira"))
	for _, body := range []string{
		`{"follow_up":"complaint","id":"ID","step":"acknowledged","key":"1001"}`, // the ID of a change
		`{"follow_up":"complaint","id":"ID","step":"investigated"}`,              // the ID of the message
		cloudEvent("1", webhook.ReportType, `{"follow_up":"complaint","id":"ID","step":"told"}`),
		cloudEvent("2", "dev.cairncx.feedback.received", strings.Replace(answerJSON, "2026", "1999", 1)), // it has no ID
	} {
		c := call{id: "42", body: body}
		if strings.HasPrefix(body, `{"spec`) {
			c.content = single
		}
		for i, h := range []http.Handler{a, b} {
			run := strconv.Itoa(i)
			if len(stages(rec, run)) == 0 {
				opened(rec, run)
			}
			c.body = strings.Replace(body, `"ID"`, strconv.Quote(run), 1)
			if got := serve(t, h, c.signed(t)); got.taken != 1 {
				t.Errorf("sender %d: %s: %+v", i, c.body, got)
			}
			if got := serve(t, h, c.signed(t)); got.repeated != 1 {
				t.Errorf("sender %d again: %s: %+v", i, c.body, got)
			}
		}
	}
	for _, run := range []string{"0", "1"} {
		if got := strings.Join(stages(rec, run), " "); got != "received acknowledged investigated told" {
			t.Errorf("the follow-up %s has %s", run, got)
		}
	}
	if e := rec.Events(event.FeedbackReceived); len(e) != 2 || e[0].ID == e[1].ID {
		t.Errorf("the answers are %v", e)
	}
}

// TestOtherNamespace: an event of another environment moves nothing here, although the follow-up has the same name and ID.
func TestOtherNamespace(t *testing.T) {
	t.Parallel()
	rec := cxtest.New(t, cx.WithNamespace("live"))
	h := handler(t, rec)
	opened(rec, "7")
	for i, test := range []struct {
		namespace string
		status    int
	}{{"staging", 422}, {"live", 200}, {"", 200}} {
		data := fmt.Sprintf(`{"v":1,"kind":"journey.stage.entered","time":"1999-01-01T00:00:00Z","journey":{"namespace":%q,"name":"complaint","id":"7"},"stage":%q}`,
			test.namespace, feedback.Steps()[i+1])
		if test.namespace == "" {
			data = strings.Replace(data, `"namespace":"",`, "", 1)
		}
		if got := serve(t, h, call{id: strconv.Itoa(i), content: single, body: cloudEvent(strconv.Itoa(i), "dev.cairncx.journey.stage.entered", data)}.signed(t)); got.status != test.status {
			t.Errorf("%q: %+v", test.namespace, got)
		}
	}
	if got := len(stages(rec, "7")); got != 3 {
		t.Errorf("the follow-up is in %v", stages(rec, "7"))
	}
}
