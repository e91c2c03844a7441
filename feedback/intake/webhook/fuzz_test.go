package webhook_test

import (
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"slices"
	"strings"
	"testing"

	"cairncx.dev/cairn/cx/cxtest"
	"cairncx.dev/cairn/cx/event"
	"cairncx.dev/cairn/cx/fault"
	"cairncx.dev/cairn/feedback"
	"cairncx.dev/cairn/feedback/intake/webhook"
)

// FuzzRequest: whatever a sender sends, the handler does not panic, takes a request as a whole or not at all, records what it says that it has
// taken, takes nothing of it a second time, and repeats no long text of it in a refusal.
func FuzzRequest(f *testing.F) {
	report := `{"follow_up":"complaint","id":"7","step":"acknowledged"}`
	for form, bodies := range map[uint8][]string{
		0: {report, `{}`, `[]`, `null`, `"` + strings.Repeat("x", 100) + `"`, report + report, strings.Replace(report, "acknowledged", "opened", 1)},
		1: {cloudEvent("1", webhook.ReportType, report), cloudEvent("1", "dev.cairncx.feedback.received", answerJSON), cloudEvent("1", "dev.cairncx.", "1"), cloudEvent("1", "x", "{}")},
		2: {"[" + cloudEvent("1", webhook.ReportType, report) + "," + cloudEvent("1", "dev.cairncx.feedback.received", answerJSON) + "]", "[null]", "[[]]"},
		3: {answerJSON, strings.Replace(answerJSON, "received", "mentioned", 1)},
	} {
		for _, b := range bodies {
			f.Add(form, b, "msg_1", "1", "tool", "dev.cairncx.feedback.received")
		}
	}
	f.Add(uint8(1), cloudEvent("2", "dev.cairncx.journey.stage.entered", `{"v":1,"id":"01890f3a-7c20-7000-8000-000000000002","kind":"journey.stage.entered","time":"2026-01-01T00:00:00Z","journey":{"name":"complaint","id":"7"},"stage":"told","followup":{"id":"7","note":"x"}}`), "m", "", "", "")
	f.Add(uint8(1), cloudEvent("3", "dev.cairncx.journey.ended", `{"v":1,"kind":"journey.ended","time":"2026-01-01T00:00:00Z","journey":{"name":"complaint","id":"7"},"outcome":"failed"}`), "m", "", "", "")
	f.Fuzz(func(t *testing.T, form uint8, body, id, ceID, ceSource, ceType string) {
		rec := cxtest.New(t)
		for x := fault.Fault(0); int(x) < fault.Num; x++ {
			if x != fault.Panic {
				rec.AllowFaults(x)
			}
		}
		opened(rec, "7")
		h := handler(t, rec, webhook.WithMapping(func(_ context.Context, m *webhook.Message) (webhook.Content, error) {
			if len(m.Data)%2 == 1 {
				return webhook.Content{}, errors.New("odd")
			}
			return webhook.Content{Reports: []webhook.Report{{FollowUp: "complaint", ID: "7", Step: feedback.Updated}}}, nil
		}))
		if strings.ContainsAny(id, "\x00\r\n") || id == "" {
			id = "m"
		}
		c := call{body: body, id: id, content: []string{"application/json", single, batch}[min(int(form%4), 2)]}
		if form%4 == 3 {
			c.content = "application/json"
			c.header = map[string]string{"Ce-Specversion": "1.0", "Ce-Id": ceID, "Ce-Source": ceSource, "Ce-Type": ceType}
		}
		before := len(rec.Events())
		got := serve(t, h, c.signed(t))
		recorded := len(rec.Events()) - before
		if !slices.Contains([]int{200, 400, 401, 413, 415, 422}, got.status) {
			t.Fatalf("%+v", got)
		}
		if got.status != http.StatusOK && recorded != 0 {
			t.Errorf("refused, and %d events recorded: %+v", recorded, got)
		}
		if got.status == http.StatusOK && got.taken == 0 && recorded != 0 {
			t.Errorf("nothing taken, and %d events recorded", recorded)
		}
		var e struct{ Error struct{ Message string } }
		if json.Unmarshal([]byte(got.body), &e) == nil && got.status != 200 {
			for i := 0; i+40 <= len(body); i++ {
				if strings.Contains(e.Error.Message, body[i:i+40]) && !strings.Contains("feedback.received, feedback.amended, feedback.mentioned, survey.requested, survey.shown and survey.closed", body[i:i+40]) {
					t.Errorf("the message repeats %q: %q", body[i:i+40], e.Error.Message)
				}
			}
		}
		before = len(rec.Events(event.FeedbackReceived, event.FeedbackMentioned, event.JourneyStageEntered))
		if again := serve(t, h, c.signed(t)); got.status == 200 && (again.status != 200 || again.taken != 0) {
			t.Errorf("again: %+v", again)
		}
		if n := len(rec.Events(event.FeedbackReceived, event.FeedbackMentioned, event.JourneyStageEntered)); n != before {
			t.Errorf("again: %d more events", n-before)
		}
	})
}
