package webhook_test

import (
	"bytes"
	"compress/gzip"
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/cloudevents/sdk-go/v2/binding"
	cloudevents "github.com/cloudevents/sdk-go/v2/event"
	cehttp "github.com/cloudevents/sdk-go/v2/protocol/http"

	"cairncx.dev/cairn/cx"
	"cairncx.dev/cairn/cx/cxtest"
	"cairncx.dev/cairn/cx/event"
	"cairncx.dev/cairn/cx/ledger"
	"cairncx.dev/cairn/cx/stores/memory"
	"cairncx.dev/cairn/feedback"
	"cairncx.dev/cairn/feedback/intake/webhook"
)

// TestReports: each step of a report does what the method of its name does.
func TestReports(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name, reason string
		reports      []webhook.Report
		stages       []string
		ended        event.Outcome
	}{
		{"acknowledged", "a step", []webhook.Report{{Step: "acknowledged"}}, []string{"received", "acknowledged"}, 0},
		{"every step", "in the order of ISO 10002, to the end", []webhook.Report{
			{Step: "assessed", Severity: "high"},
			{Step: "acknowledged"},
			{Step: "investigated", Cause: "carrier"},
			{Step: "escalated", Owner: "legal"},
			{Step: "resolved", Remedy: "refund"},
			{Step: "told"},
			{Step: "confirmed"},
		}, []string{"received", "assessed", "acknowledged", "investigated", "escalated", "resolved", "told", "confirmed"}, event.Completed},
		{"reopened", "the customer objects", []webhook.Report{{Step: "told"}, {Step: "received"}}, []string{"received", "told", "received"}, 0},
		{"updated", "the customer has heard, which is no step", []webhook.Report{{Step: "updated"}}, []string{"received"}, 0},
		{"closed", "without objection", []webhook.Report{{Step: "told"}, {Step: "closed"}}, []string{"received", "told"}, event.Completed},
		{"withdrawn", "by the customer", []webhook.Report{{Step: "withdrawn"}}, []string{"received"}, event.Cancelled},
		{"failed", "the company has no answer", []webhook.Report{{Step: "failed", Cause: "bankrupt"}}, []string{"received"}, event.Failed},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			rec := cxtest.New(t)
			h := handler(t, rec)
			opened(rec, "7")
			for i, r := range c.reports {
				r.FollowUp, r.ID = "complaint", "7"
				if got := serve(t, h, call{id: fmt.Sprint("msg_", i), body: jsonOf(t, r)}.signed(t)); got.status != 200 || got.taken != 1 {
					t.Fatalf("%s: %+v", r.Step, got)
				}
			}
			if got := stages(rec, "7"); !slices.Equal(got, c.stages) {
				t.Errorf("%v, want %v: %s", got, c.stages, c.reason)
			}
			var ended event.Outcome
			for _, e := range rec.Events(event.JourneyEnded) {
				ended = e.Outcome
			}
			if ended != c.ended {
				t.Errorf("it ended as %v, want %v: %s", ended, c.ended, c.reason)
			}
		})
	}
}

// TestDetails: what a report says is on the event of the step.
func TestDetails(t *testing.T) {
	t.Parallel()
	rec := cxtest.New(t)
	h := handler(t, rec)
	at := time.Now().Add(-time.Hour).UTC().Truncate(time.Second)
	r := webhook.Report{FollowUp: "complaint", ID: "9", Step: webhook.StepOpened, Customer: "ann", Severity: "high", Owner: "care", Time: at}
	if got := serve(t, h, call{body: jsonOf(t, r)}.signed(t)); got.taken != 1 {
		t.Fatalf("%+v", got)
	}
	r = webhook.Report{FollowUp: "complaint", ID: "9", Step: feedback.Resolved, Remedy: "refund", Owner: "billing", Severity: "low", Cause: "late", Note: "paid back", Time: at.Add(time.Minute)}
	if got := serve(t, h, call{id: "msg_2", body: jsonOf(t, r)}.signed(t)); got.taken != 1 {
		t.Fatalf("%+v", got)
	}
	events := rec.Events(event.JourneyStageEntered)
	if len(events) != 2 {
		t.Fatalf("%d steps", len(events))
	}
	first, e := events[0], events[1]
	if first.Customer.Hash == "" || first.FollowUp.Severity != "high" || first.FollowUp.Owner != "care" || !first.Time.Equal(at) {
		t.Errorf("opened: %+v %+v", first, first.FollowUp)
	}
	d := e.FollowUp
	if d.Remedy != "refund" || d.Owner != "billing" || d.Severity != "low" || d.Note != "paid back" || e.Cause != "late" || !e.Time.Equal(at.Add(time.Minute)) {
		t.Errorf("resolved: %+v %+v", e, d)
	}
	if e.Actor != event.ActorEmployee {
		t.Errorf("the actor is %v", e.Actor)
	}
	if e.Customer.Hash != first.Customer.Hash {
		t.Error("the customer of the run is lost")
	}
	for _, p := range rec.Events(event.PromiseMade) {
		if p.Promise.Name == feedback.PromiseAcknowledged && !p.Promise.Due.Equal(at.Add(4*time.Hour)) && !p.Promise.Due.Equal(at.Add(24*time.Hour)) {
			t.Errorf("the promise is due %v", p.Promise.Due.Sub(at))
		}
	}
}

// TestUnknownRun: a report on a follow-up that was never opened, such as one with the number of a ticket, is refused, and makes none. One that
// another instance has opened is known.
func TestUnknownRun(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		name  string
		store ledger.Store
	}{{"in memory", nil}, {"in a store", new(memory.Store)}} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			var opts []cx.Option
			if test.store != nil {
				opts = append(opts, cx.WithStore(test.store))
			}
			rec := cxtest.New(t, opts...)
			h := handler(t, rec)
			for i, step := range []string{"acknowledged", "updated", "received", "told", "confirmed", "closed", "withdrawn", "failed"} {
				c := call{id: step, body: fmt.Sprintf(`{"follow_up":"complaint","id":"ticket-%d","step":%q}`, i, step)}
				if got := serve(t, h, c.signed(t)); got.status != 422 || got.code != "unknown_follow_up" {
					t.Errorf("%s: %+v", step, got)
				}
			}
			batched := "[" + cloudEvent("1", webhook.ReportType, `{"follow_up":"complaint","id":"8","step":"opened","customer":"ann"}`) + "," +
				cloudEvent("2", webhook.ReportType, `{"follow_up":"complaint","id":"8","step":"acknowledged"}`) + "]"
			if got := serve(t, h, call{id: "batch", content: batch, body: batched}.signed(t)); got.taken != 2 {
				t.Errorf("what the batch opens: %+v", got)
			}
			if err := rec.Client().Flush(t.Context()); err != nil {
				t.Fatal(err)
			}
			if got := fmt.Sprint(stages(rec, "8")); got != "[received acknowledged]" || len(rec.Events(event.JourneyStageEntered)) != 2 || len(rec.Events(event.JourneyEnded)) != 0 {
				t.Errorf("the steps are %s, and %d ends", got, len(rec.Events(event.JourneyEnded)))
			}
			if test.store == nil {
				return
			}
			other := handler(t, cxtest.New(t, opts...))
			if got := serve(t, other, call{body: `{"follow_up":"complaint","id":"8","step":"resolved"}`}.signed(t)); got.taken != 1 {
				t.Errorf("on another instance: %+v", got)
			}
		})
	}
}

// answerJSON is an answer as a survey tool sends it.
const answerJSON = `{"v":1,"kind":"feedback.received","time":"2026-01-01T10:00:00Z","feedback":{"survey":"nps","scale":"nps","score":9}}`

// TestForms: the same answer in each form is recorded, once, with the ID that follows from the message.
func TestForms(t *testing.T) {
	t.Parallel()
	withID := strings.Replace(answerJSON, `"kind"`, `"id":"01890f3a-7c20-7000-8000-000000000001","kind"`, 1)
	const typ = "dev.cairncx.feedback.received"
	zipped := func(c call) *http.Request {
		r := c.signed(t)
		var b bytes.Buffer
		z := gzip.NewWriter(&b)
		_, _ = z.Write([]byte(c.body))
		_ = z.Close()
		again := httptest.NewRequest(http.MethodPost, "/hooks", &b)
		again.Header = r.Header
		again.Header.Set("Content-Encoding", "gzip")
		return again
	}
	for _, c := range []struct {
		name string
		r    func() *http.Request
		n    int
	}{
		{"structured", func() *http.Request { return call{content: single, body: cloudEvent("1", typ, withID)}.signed(t) }, 1},
		{"structured, without an ID", func() *http.Request { return call{content: single, body: cloudEvent("1", typ, answerJSON)}.signed(t) }, 1},
		{"structured, with parameters", func() *http.Request {
			return call{content: single + "; charset=UTF-8", body: cloudEvent("1", typ, answerJSON)}.signed(t)
		}, 1},
		{"base64", func() *http.Request {
			return call{content: single, body: `{"specversion":"1.0","id":"1","source":"s","type":"` + typ + `","data_base64":` + jsonOf(t, []byte(answerJSON)) + `}`}.signed(t)
		}, 1},
		{"batch", func() *http.Request {
			return call{content: batch, body: "[" + cloudEvent("1", typ, answerJSON) + "," + cloudEvent("2", typ, answerJSON) + "," + cloudEvent("1", typ, answerJSON) + "]"}.signed(t)
		}, 2},
		{"an empty batch", func() *http.Request { return call{content: batch, body: "[]"}.signed(t) }, 0},
		{"binary", func() *http.Request {
			return call{body: answerJSON, header: map[string]string{"Ce-Specversion": "1.0", "Ce-Id": "1", "Ce-Source": "tool", "Ce-Type": typ}}.signed(t)
		}, 1},
		{"gzip", func() *http.Request { return zipped(call{content: single, body: cloudEvent("1", typ, withID)}) }, 1},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			rec := cxtest.New(t)
			h := handler(t, rec)
			first := serve(t, h, c.r())
			if first.status != 200 || first.taken != c.n {
				t.Fatalf("%+v", first)
			}
			if again := serve(t, h, c.r()); again.status != 200 || again.taken != 0 {
				t.Errorf("again: %+v", again)
			}
			events := rec.Events(event.FeedbackReceived)
			if len(events) != c.n {
				t.Fatalf("%d answers, want %d", len(events), c.n)
			}
			ids := map[event.ID]bool{}
			for _, e := range events {
				if ids[e.ID] = true; e.ID.IsZero() || e.Feedback.Verdict != event.Positive || !e.Time.Equal(time.Date(2026, 1, 1, 10, 0, 0, 0, time.UTC)) {
					t.Errorf("%+v", e)
				}
			}
			if len(ids) != c.n {
				t.Errorf("the IDs are %v", ids)
			}
		})
	}
}

// TestBinaryIdentity: the headers of a binary CloudEvent are not signed, so that a captured request with another ce-id counts no second time.
func TestBinaryIdentity(t *testing.T) {
	t.Parallel()
	rec := cxtest.New(t)
	h := handler(t, rec)
	for i := range 3 {
		c := call{body: answerJSON, header: map[string]string{
			"Ce-Specversion": "1.0", "Ce-Id": fmt.Sprint(i), "Ce-Source": fmt.Sprint("tool", i), "Ce-Type": "dev.cairncx.feedback.received",
		}}
		if got := serve(t, h, c.signed(t)); got.status != 200 {
			t.Fatalf("%+v", got)
		}
	}
	if n := len(rec.Events(event.FeedbackReceived)); n != 1 {
		t.Errorf("%d answers, want 1", n)
	}
}

// TestSDK: what the SDK of CloudEvents sends, structured and binary, is what the handler takes, with all attributes.
func TestSDK(t *testing.T) {
	t.Parallel()
	for _, encode := range []func(context.Context) context.Context{binding.WithForceStructured, binding.WithForceBinary} {
		rec := cxtest.New(t)
		var got []webhook.Message
		h := handler(t, rec,
			webhook.WithMapping(func(_ context.Context, m *webhook.Message) (webhook.Content, error) {
				own := *m
				own.Data = slices.Clone(m.Data)
				got = append(got, own)
				return webhook.Content{}, nil
			}))
		e := cloudevents.New()
		e.SetID("ü 1/2")
		e.SetSource("https://tickets.example/7")
		e.SetType("com.example.ticket")
		e.SetSubject("ticket/€ 7%")
		e.SetTime(time.Date(2026, 2, 3, 4, 5, 6, 789, time.UTC))
		if err := e.SetData(cloudevents.ApplicationJSON, map[string]string{"state": "open"}); err != nil {
			t.Fatal(err)
		}
		r := httptest.NewRequest(http.MethodPost, "/hooks", nil)
		if err := cehttp.WriteRequest(encode(context.Background()), binding.ToMessage(&e), r); err != nil {
			t.Fatal(err)
		}
		var b bytes.Buffer
		if _, err := b.ReadFrom(r.Body); err != nil {
			t.Fatal(err)
		}
		again := call{content: r.Header.Get("Content-Type"), body: b.String()}.signed(t)
		for name := range r.Header {
			if strings.HasPrefix(name, "Ce-") {
				again.Header.Set(name, r.Header.Get(name))
			}
		}
		if out := serve(t, h, again); out.status != 200 || out.ignored != 1 {
			t.Fatalf("%+v", out)
		}
		m := got[0]
		if m.ID != "msg_1" || m.EventID != e.ID() || m.Source != e.Source() || m.Type != e.Type() || m.Subject != e.Subject() || !m.Time.Equal(e.Time()) || string(m.Data) != `{"state":"open"}` {
			t.Errorf("%+v", m)
		}
	}
}

// TestSecretsRotate: each of two secrets is right, and a removed one is not.
func TestSecretsRotate(t *testing.T) {
	t.Parallel()
	rec := cxtest.New(t)
	c := call{content: batch, body: "[]"}
	both, err := webhook.New(webhook.WithSecrets(secret(2)), webhook.WithSecrets(secret(1)), webhook.WithFeedback(), webhook.WithClient(rec.Client()))
	if err != nil {
		t.Fatal(err)
	}
	one, err := webhook.New(webhook.WithSecrets(secret(2)), webhook.WithFeedback(), webhook.WithClient(rec.Client()))
	if err != nil {
		t.Fatal(err)
	}
	for n, want := range map[byte][2]int{1: {200, 401}, 2: {200, 200}, 3: {401, 401}} {
		c.secret = secret(n)
		if got := serve(t, both, c.signed(t)); got.status != want[0] {
			t.Errorf("secret %d of two: %+v", n, got)
		}
		if got := serve(t, one, c.signed(t)); got.status != want[1] {
			t.Errorf("secret %d of one: %+v", n, got)
		}
	}
	r := c.signed(t) // a sender that rotates signs with both
	c.secret = secret(2)
	r.Header.Set("Webhook-Signature", r.Header.Get("Webhook-Signature")+" "+c.signed(t).Header.Get("Webhook-Signature"))
	if got := serve(t, one, r); got.status != 200 {
		t.Errorf("two signatures: %+v", got)
	}
}

// TestMapping: events and reports of an application's mapping are recorded once, and its error is the sender's.
func TestMapping(t *testing.T) {
	t.Parallel()
	rec := cxtest.New(t)
	opened(rec, "7")
	h := handler(t, rec, webhook.WithMapping(func(_ context.Context, m *webhook.Message) (webhook.Content, error) {
		if m.Type == "bad" {
			return webhook.Content{}, errors.New("the ticket has no field cairn_id\n\x1b[31m")
		}
		return webhook.Content{
			Events:  []event.Event{{Kind: event.FeedbackMentioned, Customer: event.Customer{ID: "ann"}, Feedback: &event.Feedback{Source: "reviews"}, Mention: &event.Mention{Nature: event.Compliment}}},
			Reports: []webhook.Report{{FollowUp: "complaint", ID: "7", Step: "acknowledged"}, {FollowUp: "complaint", ID: "7", Step: "resolved"}},
		}, nil
	}))
	for i := range 3 {
		want := map[bool]int{true: 3}[i == 0]
		if got := serve(t, h, call{body: `{"x":1}`}.signed(t)); got.status != 200 || got.taken != want || got.taken+got.repeated != 3 {
			t.Errorf("%+v", got)
		}
	}
	if got := stages(rec, "7"); !slices.Equal(got, []string{"received", "acknowledged", "resolved"}) {
		t.Errorf("%v", got)
	}
	if e := rec.Events(event.FeedbackMentioned); len(e) != 1 || e[0].Customer.Hash == "" || e[0].ID.IsZero() {
		t.Errorf("%+v", e)
	}
	got := serve(t, h, call{content: single, body: cloudEvent("9", "bad", "{}")}.signed(t))
	if got.status != 422 || got.code != "invalid" || !strings.HasPrefix(got.message, "the ticket has no field cairn_id") || strings.ContainsAny(got.message, "\n\x1b") {
		t.Errorf("%+v", got)
	}
}

// TestVerify: the application's own scheme replaces that of Standard Webhooks. Without an ID the same body counts once.
func TestVerify(t *testing.T) {
	t.Parallel()
	rec := cxtest.New(t)
	opened(rec, "7")
	h, err := webhook.New(webhook.WithFollowUps(complaint()), webhook.WithClient(rec.Client()), webhook.WithVerify(func(h http.Header, _ []byte) (string, error) {
		if h.Get("X-Token") != "right" {
			return "", errors.New(personal)
		}
		return h.Get("X-Id"), nil
	}))
	if err != nil {
		t.Fatal(err)
	}
	send := func(token, id, step string) said {
		r := httptest.NewRequest(http.MethodPost, "/", strings.NewReader(`{"follow_up":"complaint","id":"7","step":"`+step+`"}`))
		r.Header.Set("Content-Type", "application/json")
		r.Header.Set("X-Token", token)
		r.Header.Set("X-Id", id)
		return serve(t, h, r)
	}
	if got := send("wrong", "1", "told"); got.status != 401 || got.code != "forged" || strings.Contains(got.body, personal) {
		t.Errorf("%+v", got)
	}
	for i, c := range []struct {
		id, step string
		taken    int
	}{{"", "acknowledged", 1}, {"", "acknowledged", 0}, {"", "resolved", 1}, {"1", "acknowledged", 1}, {"1", "told", 0}} {
		if got := send("right", c.id, c.step); got.status != 200 || got.taken != c.taken {
			t.Errorf("%d: %+v", i, got)
		}
	}
}

// TestFlush: with WithFlush an answer says that the client's processors have what was sent.
func TestFlush(t *testing.T) {
	t.Parallel()
	p := &flushed{}
	rec := cxtest.New(t, cx.WithProcessors(p))
	opened(rec, "7")
	h := handler(t, rec, webhook.WithFlush())
	c := call{body: `{"follow_up":"complaint","id":"7","step":"told"}`}
	p.err = errors.New("the sink is away")
	if got := serve(t, h, c.signed(t)); got.status != 503 || got.code != "unavailable" {
		t.Errorf("%+v", got)
	}
	p.err = nil
	if got := serve(t, h, c.signed(t)); got.status != 200 || got.repeated != 1 || got.taken != 0 {
		t.Errorf("%+v", got)
	}
	if p.n != 2 {
		t.Errorf("%d flushes", p.n)
	}
	if got := stages(rec, "7"); !slices.Equal(got, []string{"received", "told"}) {
		t.Errorf("%v", got)
	}
}

// flushed is a processor whose Flush can fail.
type flushed struct {
	err error
	n   int
}

func (*flushed) Process(context.Context, *event.Event) {}
func (*flushed) Shutdown(context.Context) error        { return nil }
func (f *flushed) Flush(context.Context) error         { f.n++; return f.err }
