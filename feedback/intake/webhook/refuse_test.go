package webhook_test

import (
	"context"
	"net/http"
	"strings"
	"testing"
	"time"

	sdkmetric "go.opentelemetry.io/otel/sdk/metric"
	"go.opentelemetry.io/otel/sdk/metric/metricdata"

	"cairncx.dev/cairn/cx/cxtest"
	"cairncx.dev/cairn/cx/event"
	"cairncx.dev/cairn/cx/stores/memory"
	"cairncx.dev/cairn/feedback/intake/webhook"
)

// personal is a text that no answer may repeat.
const personal = "ann.example"

// TestRefused: each wrong request is refused with its code, is counted once, changes nothing, and its answer repeats no text of it.
func TestRefused(t *testing.T) {
	t.Parallel()
	report := `{"follow_up":"complaint","id":"7","step":"acknowledged","note":"` + personal + `"}`
	long := strings.Repeat("x", 100)
	answer := func(change string) string {
		return `{"v":1,"id":"01890f3a-7c20-7000-8000-000000000001","kind":"feedback.received","time":"2026-01-01T00:00:00Z",` + change + `}`
	}
	for _, c := range []struct {
		name, reason string
		call         call
		status       int
		code         string
	}{
		{"GET", "scanners and browsers open links", call{method: http.MethodGet}, 405, "method_not_allowed"},
		{"HEAD", "so do they", call{method: http.MethodHead}, 405, "method_not_allowed"},
		{"OPTIONS", "no script of a page sends webhooks", call{method: http.MethodOptions}, 405, "method_not_allowed"},
		{"no content type", "a guess may be wrong", call{body: report, header: map[string]string{"Content-Type": ""}}, 415, "unsupported_type"},
		{"a form", "a form on another site could send it", call{body: report, content: "application/x-www-form-urlencoded"}, 415, "unsupported_type"},
		{"another charset", "the signature covers bytes, and the text would change", call{body: report, content: "application/json; charset=utf-16"}, 415, "unsupported_type"},
		{"compression", "it is not known", call{body: report, header: map[string]string{"Content-Encoding": "br"}}, 415, "unsupported_type"},
		{"not gzip", "the header says so", call{body: report, header: map[string]string{"Content-Encoding": "gzip"}}, 400, "bad_request"},
		{"not signed", "a stranger", call{body: report, header: map[string]string{"Webhook-Signature": ""}}, 401, "forged"},
		{"no ID", "it is signed", call{body: report, header: map[string]string{"Webhook-Id": ""}}, 401, "forged"},
		{"another ID", "it is signed", call{body: report, header: map[string]string{"Webhook-Id": "msg_2"}}, 401, "forged"},
		{"an ID with a dot", "the signed text would have two readings", call{body: report, id: "msg.1"}, 401, "forged"},
		{"another secret", "a stranger", call{body: report, secret: secret(2)}, 401, "forged"},
		{"another version", "v1a is asymmetric", call{body: report, header: map[string]string{"Webhook-Signature": "v1a,AAAA"}}, 401, "forged"},
		{"no time", "it is signed", call{body: report, header: map[string]string{"Webhook-Timestamp": "now"}}, 401, "forged"},
		{"too old", "a replay", call{body: report, at: time.Now().Add(-6 * time.Minute)}, 401, "expired"},
		{"too new", "a replay for later", call{body: report, at: time.Now().Add(6 * time.Minute)}, 401, "expired"},
		{"too large", "memory is bounded", call{body: `"` + strings.Repeat("x", webhook.DefaultMaxBytes) + `"`}, 413, "too_large"},
		{"too many", "work is bounded", call{content: batch, body: "[" + strings.Repeat("{},", webhook.MaxMessages) + "{}]"}, 413, "too_large"},
		{"no JSON", "the content type says so", call{body: `{"follow_up"`}, 400, "bad_request"},
		{"no UTF-8", "JSON is UTF-8", call{body: "\"\xff\""}, 400, "bad_request"},
		{"no batch", "the content type says so", call{content: batch, body: "{}"}, 400, "bad_request"},
		{"null as a batch", "it is no list", call{content: batch, body: "null"}, 400, "bad_request"},
		{"another specversion", "its meaning is not known", call{content: single, body: strings.Replace(cloudEvent("1", webhook.ReportType, report), "1.0", "2.0", 1)}, 400, "bad_request"},
		{"no id", "it is required", call{content: single, body: cloudEvent("", webhook.ReportType, report)}, 400, "bad_request"},
		{"data twice", "one of them is not read", call{content: single, body: strings.Replace(cloudEvent("1", webhook.ReportType, report), `"data"`, `"data_base64":"e30=","data"`, 1)}, 400, "bad_request"},
		{"data of another type", "it is no JSON", call{content: single, body: strings.Replace(cloudEvent("1", webhook.ReportType, `"x"`), `"data"`, `"datacontenttype":"text/xml","data"`, 1)}, 415, "unsupported_type"},
		{"binary without a source", "it is required", call{body: report, header: map[string]string{"Ce-Specversion": "1.0", "Ce-Id": "1", "Ce-Type": webhook.ReportType}}, 400, "bad_request"},
		{"another type", "there is no mapping", call{content: single, body: cloudEvent("1", "com.example.ticket", "{}")}, 422, "not_taken"},
		{"a journey of the shop", "the sender is to filter", call{content: single, body: cloudEvent("1", "dev.cairncx.journey.started", `{"v":1,"time":"2026-01-01T00:00:00Z","kind":"journey.started","journey":{"name":"checkout","id":"1"}}`)}, 422, "not_taken"},
		{"a kind of its own", "it is not taken", call{content: single, body: cloudEvent("1", "dev.cairncx.x", `{"v":1,"time":"2026-01-01T00:00:00Z","kind":"x"}`)}, 422, "not_taken"},
		{"type and kind differ", "one of them is a mistake", call{content: single, body: cloudEvent("1", "dev.cairncx.feedback.received", `{"v":1,"time":"2026-01-01T00:00:00Z","kind":"feedback.mentioned","feedback":{}}`)}, 422, "invalid"},
		{"no event", "the type says so", call{content: single, body: cloudEvent("1", "dev.cairncx.feedback.received", `[]`)}, 422, "invalid"},
		{"an answer without feedback", "the client would drop it", call{content: single, body: cloudEvent("1", "dev.cairncx.feedback.received", answer(`"stage":"x"`))}, 422, "invalid"},
		{"an answer off its scale", "the client would drop it", call{content: single, body: cloudEvent("1", "dev.cairncx.feedback.received", answer(`"feedback":{"survey":"nps","scale":"nps","score":11}`))}, 422, "invalid"},
		{"an answer from the future", "the client would move it", call{content: single, body: cloudEvent("1", "dev.cairncx.feedback.received", strings.Replace(answer(`"feedback":{"survey":"nps","scale":"nps","score":9}`), "2026", "2126", 1))}, 422, "invalid"},
		{"another follow-up", "the handler does not have it", call{body: strings.Replace(report, "complaint", personal, 1)}, 422, "unknown_follow_up"},
		{"another step", "no follow-up has it", call{body: strings.Replace(report, "acknowledged", personal, 1)}, 422, "unknown_step"},
		{"no report", "plain JSON is one", call{body: "[]"}, 422, "invalid"},
		{"two reports", "the second one would be lost", call{body: report + report}, 400, "bad_request"},
		{"a misspelt field", "it would be lost", call{body: strings.Replace(report, "note", "notes", 1)}, 422, "invalid"},
		{"a number as a step", "it is a text", call{body: strings.Replace(report, `"acknowledged"`, "3", 1)}, 422, "invalid"},
		{"no run", "it is required", call{body: strings.Replace(report, `"7"`, `""`, 1)}, 422, "invalid"},
		{"a long owner", "the client would cut it", call{body: strings.Replace(report, `"note"`, `"owner":"`+long+`","note"`, 1)}, 422, "invalid"},
		{"from the future", "the client would move it", call{body: strings.Replace(report, `"note"`, `"time":"2126-01-01T00:00:00Z","note"`, 1)}, 422, "invalid"},
		{"from before 1970", "the client would move it", call{body: strings.Replace(report, `"note"`, `"time":"1969-01-01T00:00:00Z","note"`, 1)}, 422, "invalid"},
		{"opened without a customer", "nobody is answered", call{body: strings.Replace(report, "acknowledged", "opened", 1)}, 422, "invalid"},
		{"a customer of another step", "it would not be used", call{body: strings.Replace(report, `"note"`, `"customer":"`+personal+`","note"`, 1)}, 422, "invalid"},
		{"one of a batch", "a batch is taken as a whole", call{content: batch, body: "[" + cloudEvent("1", webhook.ReportType, report) + "," + cloudEvent("2", webhook.ReportType, strings.Replace(report, "acknowledged", "lost", 1)) + "]"}, 422, "unknown_step"},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			rec := cxtest.New(t)
			opened(rec, "7")
			reader := sdkmetric.NewManualReader()
			h := handler(t, rec, webhook.WithMeterProvider(sdkmetric.NewMeterProvider(sdkmetric.WithReader(reader))))
			before := len(rec.Events())
			got := serve(t, h, c.call.signed(t))
			if got.status != c.status || got.code != c.code {
				t.Errorf("%d %q, want %d %q: %s: %s", got.status, got.code, c.status, c.code, c.reason, got.body)
			}
			if n := len(rec.Events()) - before; n != 0 {
				t.Errorf("it recorded %d events: %s", n, c.reason)
			}
			if strings.Contains(got.body, personal) {
				t.Errorf("the answer repeats the request: %s", got.body)
			}
			if len(got.message) < 10 {
				t.Errorf("the message is %q", got.message)
			}
			for code, n := range refusals(t, reader) {
				if want := map[bool]int64{true: 1}[code == c.code]; n != want {
					t.Errorf("the metric counts %d of %s, want %d", n, code, want)
				}
			}
		})
	}
}

// refusals returns the counts by code. Each code has a series.
func refusals(t *testing.T, r *sdkmetric.ManualReader) map[string]int64 {
	t.Helper()
	var all metricdata.ResourceMetrics
	if err := r.Collect(context.Background(), &all); err != nil {
		t.Fatal(err)
	}
	out := map[string]int64{}
	for _, s := range all.ScopeMetrics {
		for _, m := range s.Metrics {
			if m.Name != "cx.feedback.webhook.refused" {
				t.Errorf("the metric %q is not in the registry", m.Name)
				continue
			}
			for _, p := range m.Data.(metricdata.Sum[int64]).DataPoints {
				v, _ := p.Attributes.Value("error.type")
				out[v.AsString()] = p.Value
			}
		}
	}
	if len(out) != 12 {
		t.Errorf("%d series, want one for each of 12 codes: %v", len(out), out)
	}
	return out
}

// TestNoClient: what nobody records is not taken, and the sender tries again.
func TestNoClient(t *testing.T) {
	t.Parallel()
	h, err := webhook.New(webhook.WithSecrets(secret(1)), webhook.WithFollowUps(complaint()))
	if err != nil {
		t.Fatal(err)
	}
	c := call{body: `{"follow_up":"complaint","id":"7","step":"acknowledged"}`}
	got := serve(t, h, c.signed(t))
	if got.status != 503 || got.code != "unavailable" || got.header.Get("Retry-After") == "" {
		t.Errorf("%+v", got)
	}
	var none *webhook.Handler
	if got := serve(t, none, c.signed(t)); got.status != 503 {
		t.Errorf("a nil handler: %+v", got)
	}
	rec := cxtest.New(t)
	opened(rec, "7")
	r := c.signed(t)
	if got := serve(t, h, r.WithContext(rec.Context(r.Context()))); got.taken != 1 { // the refusal has not used the message up
		t.Errorf("with the client of the context: %+v", got)
	}
	if e := rec.Events(event.JourneyStageEntered); len(e) != 2 {
		t.Errorf("%d stages", len(e))
	}
}

// TestOptions: New joins all faults, and repeats nothing of a secret.
func TestOptions(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name, want string
		opts       []webhook.Option
	}{
		{"nothing", "WithSecrets or WithVerify", nil},
		{"no content", "takes nothing", []webhook.Option{webhook.WithSecrets(secret(1))}},
		{"no prefix", `secret 2 of 2 does not begin with "whsec_"`, []webhook.Option{webhook.WithSecrets(secret(1), personal), webhook.WithFeedback()}},
		{"no base64", "secret 1 of 1 is not base64", []webhook.Option{webhook.WithSecrets("whsec_" + personal), webhook.WithFeedback()}},
		{"short", "has 1 bytes", []webhook.Option{webhook.WithSecrets("whsec_AA=="), webhook.WithFeedback()}},
		{"both", "replaces the scheme", []webhook.Option{webhook.WithSecrets(secret(1)), webhook.WithVerify(func(http.Header, []byte) (string, error) { return "", nil }), webhook.WithFeedback()}},
		{"nil function", "WithVerify(nil)", []webhook.Option{webhook.WithVerify(nil)}},
		{"tolerance", "WithTolerance(2h0m0s)", []webhook.Option{webhook.WithTolerance(2 * time.Hour)}},
		{"keep", "WithKeep(1s)", []webhook.Option{webhook.WithKeep(time.Second)}},
		{"size", "WithMaxBytes(1)", []webhook.Option{webhook.WithMaxBytes(1)}},
		{"store", "has no shelves", []webhook.Option{webhook.WithStore(nil)}},
		{"no sender", "WithStore without WithSender", []webhook.Option{webhook.WithSecrets(secret(1)), webhook.WithFeedback(), webhook.WithStore(new(memory.Store))}},
		{"a name without text", "WithSender", []webhook.Option{webhook.WithSender("")}},
		{"twice", "is there twice", []webhook.Option{webhook.WithFollowUps(complaint(), complaint())}},
		{"nil follow-up", "is nil", []webhook.Option{webhook.WithFollowUps(nil)}},
		{"nil client", "WithClient(nil)", []webhook.Option{webhook.WithClient(nil)}},
		{"nil mapping", "WithMapping(nil)", []webhook.Option{webhook.WithMapping(nil)}},
		{"nil option", "WithSecrets or WithVerify", []webhook.Option{nil}},
	} {
		h, err := webhook.New(c.opts...)
		if err == nil || h != nil || !strings.Contains(err.Error(), c.want) || strings.Contains(err.Error(), personal) {
			t.Errorf("%s: %v, want %q", c.name, err, c.want)
		}
	}
}
