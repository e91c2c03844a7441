package webhook_test

import (
	"bytes"
	"context"
	"encoding/base64"
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"strconv"
	"strings"
	"testing"
	"time"

	standardwebhooks "github.com/standard-webhooks/standard-webhooks/libraries/go"
	"go.uber.org/goleak"

	"cairncx.dev/cairn/cx/cxtest"
	"cairncx.dev/cairn/cx/event"
	"cairncx.dev/cairn/feedback"
	"cairncx.dev/cairn/feedback/intake/webhook"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// secret returns a secret of 32 bytes, which differs by n.
func secret(n byte) string {
	return "whsec_" + base64.StdEncoding.EncodeToString(bytes.Repeat([]byte{n}, 32))
}

// complaint is the follow-up of the tests.
func complaint() *feedback.FollowUp {
	return feedback.DefineFollowUp("complaint",
		feedback.AcknowledgeWithin(24*time.Hour), feedback.AnswerWithin(120*time.Hour), feedback.UpdateEvery(72*time.Hour),
		feedback.ForSeverity("high", feedback.AcknowledgeWithin(4*time.Hour)))
}

// call is a request that is right but for what a test changes.
type call struct {
	method, content, body, id string
	at                        time.Time
	secret                    string
	header                    map[string]string // set after signing; "" removes
}

// signed returns the call as a signed request.
func (c call) signed(tb testing.TB) *http.Request {
	tb.Helper()
	if c.method == "" {
		c.method = http.MethodPost
	}
	if c.content == "" {
		c.content = "application/json"
	}
	if c.id == "" {
		c.id = "msg_1"
	}
	if c.at.IsZero() {
		c.at = time.Now()
	}
	if c.secret == "" {
		c.secret = secret(1)
	}
	r := httptest.NewRequestWithContext(context.Background(), c.method, "/hooks", strings.NewReader(c.body))
	r.Header.Set("Content-Type", c.content)
	k, err := standardwebhooks.NewWebhook(c.secret)
	if err != nil {
		tb.Fatal(err)
	}
	s, err := k.Sign(c.id, c.at, []byte(c.body))
	if err != nil {
		tb.Fatal(err)
	}
	r.Header.Set("Webhook-Id", c.id)
	r.Header.Set("Webhook-Timestamp", strconv.FormatInt(c.at.Unix(), 10))
	r.Header.Set("Webhook-Signature", s)
	for name, v := range c.header {
		if v == "" {
			r.Header.Del(name)
			continue
		}
		r.Header.Set(name, v)
	}
	return r
}

// said is an answer of the handler.
type said struct {
	status                   int
	code, message            string
	taken, repeated, ignored int
	header                   http.Header
	body                     string
}

// serve serves the request.
func serve(tb testing.TB, h http.Handler, r *http.Request) said {
	tb.Helper()
	w := httptest.NewRecorder()
	h.ServeHTTP(w, r)
	var body struct {
		Taken, Repeated, Ignored int
		Error                    struct{ Code, Message string }
	}
	out := said{status: w.Code, header: w.Header(), body: w.Body.String()}
	if err := json.Unmarshal(w.Body.Bytes(), &body); err != nil {
		tb.Fatalf("the answer is no JSON: %v: %s", err, out.body)
	}
	out.code, out.message = body.Error.Code, body.Error.Message
	out.taken, out.repeated, out.ignored = body.Taken, body.Repeated, body.Ignored
	return out
}

// handler returns a handler that records to the recorder, with secret 1, a follow-up and feedback.
func handler(tb testing.TB, rec *cxtest.Recorder, opts ...webhook.Option) *webhook.Handler {
	tb.Helper()
	h, err := webhook.New(append([]webhook.Option{
		webhook.WithSecrets(secret(1)), webhook.WithFollowUps(complaint()), webhook.WithFeedback(), webhook.WithClient(rec.Client()),
	}, opts...)...)
	if err != nil {
		tb.Fatal(err)
	}
	return h
}

// opened opens a complaint with this ID.
func opened(rec *cxtest.Recorder, id string) {
	complaint().Open(rec.Context(context.Background()), id, event.Customer{ID: "ann"})
}

// stages returns the stages of the run that were entered.
func stages(rec *cxtest.Recorder, id string) (list []string) {
	for _, e := range rec.Events(event.JourneyStageEntered) {
		if e.Journey.ID == id {
			list = append(list, e.Stage)
		}
	}
	return list
}

// jsonOf returns v as JSON.
func jsonOf(tb testing.TB, v any) string {
	tb.Helper()
	b, err := json.Marshal(v)
	if err != nil {
		tb.Fatal(err)
	}
	return string(b)
}

// cloudEvent returns a structured CloudEvent.
func cloudEvent(id, typ, data string) string {
	return `{"specversion":"1.0","id":"` + id + `","source":"tickets","type":"` + typ + `","data":` + data + `}`
}

const (
	single = "application/cloudevents+json"
	batch  = "application/cloudevents-batch+json"
)
