package webhook_test

import (
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"time"

	standardwebhooks "github.com/standard-webhooks/standard-webhooks/libraries/go"

	"cairncx.dev/cairn/cx"
	"cairncx.dev/cairn/cx/event"
	"cairncx.dev/cairn/feedback"
	"cairncx.dev/cairn/feedback/intake/webhook"
)

// printer is a processor that prints the steps of follow-ups.
type printer struct{}

func (printer) Process(_ context.Context, e *event.Event) {
	switch {
	case e.Kind == event.JourneyStageEntered && e.FollowUp != nil:
		fmt.Println(strings.Join(strings.Fields(fmt.Sprint(e.Journey.Name, " ", e.Journey.ID, ": ", e.Stage, " ", e.FollowUp.Owner, " ", e.FollowUp.Remedy)), " "))
	case e.Kind == event.FeedbackMentioned:
		fmt.Println(e.Mention.Nature, "in", e.Feedback.Source)
	}
}

func (printer) Shutdown(context.Context) error { return nil }

// ticketed returns a client with an open complaint, and a function that ends it.
func ticketed() (*feedback.FollowUp, *cx.Client, func()) {
	complaint := feedback.DefineFollowUp("complaint", feedback.AcknowledgeWithin(24*time.Hour))
	client, err := cx.New(cx.WithDefinitions(complaint), cx.WithProcessors(printer{}), cx.WithUnredactedText())
	if err != nil {
		panic(err)
	}
	ctx := complaint.Open(cx.NewContext(context.Background(), client), "4711", event.Customer{})
	return complaint, client, func() {
		complaint.Withdraw(ctx)
		_ = client.Shutdown(context.Background())
	}
}

// A ticket system holds the case, and reports each step that its agents take.
func Example() {
	complaint, client, stop := ticketed()
	defer stop()
	const secret = "whsec_YSBzZWNyZXQgZm9yIGV4YW1wbGVzIG9ubHkh"
	in, err := webhook.New(webhook.WithSecrets(secret), webhook.WithFollowUps(complaint), webhook.WithClient(client))
	if err != nil {
		fmt.Println(err)
		return
	}
	shop := httptest.NewServer(in)
	defer shop.Close()

	send := func(id, report string) {
		at := time.Now()
		signer, _ := standardwebhooks.NewWebhook(secret)
		signature, _ := signer.Sign(id, at, []byte(report))
		r, _ := http.NewRequestWithContext(context.Background(), http.MethodPost, shop.URL, strings.NewReader(report))
		r.Header.Set("Content-Type", "application/json")
		r.Header.Set("Webhook-Id", id)
		r.Header.Set("Webhook-Timestamp", fmt.Sprint(at.Unix()))
		r.Header.Set("Webhook-Signature", signature)
		answer, err := http.DefaultClient.Do(r)
		if err != nil {
			fmt.Println(err)
			return
		}
		defer answer.Body.Close()
		var said struct{ Error struct{ Message string } }
		_ = json.NewDecoder(answer.Body).Decode(&said)
		fmt.Println(strings.TrimSpace(fmt.Sprint(answer.StatusCode, " ", said.Error.Message)))
	}
	send("msg_1", `{"follow_up":"complaint","id":"4711","step":"acknowledged","owner":"care"}`)
	send("msg_1", `{"follow_up":"complaint","id":"4711","step":"acknowledged","owner":"care"}`) // the answer was lost
	send("msg_2", `{"follow_up":"complaint","id":"4711","step":"resolved","remedy":"refund"}`)
	send("msg_3", `{"follow_up":"complaint","id":"4711","step":"forgotten"}`)
	// Output:
	// complaint 4711: received
	// complaint 4711: acknowledged care
	// 200
	// 200
	// complaint 4711: resolved refund
	// 200
	// 422 the step of the report has to be one of received, assessed, acknowledged, investigated, escalated, resolved, told, confirmed, updated, closed, withdrawn, failed, opened
}

// zendesk reads a ticket in the form that a trigger of a ticket system such as Zendesk sends. The ticket carries the ID of the follow-up in
// a field that was set when the ticket was opened.
func zendesk(_ context.Context, m *webhook.Message) (webhook.Content, error) {
	var t struct {
		Ticket struct {
			ID      int    `json:"id"`
			Status  string `json:"status"`
			Group   string `json:"group"`
			CairnID string `json:"cairn_id"`
		} `json:"ticket"`
		Updated time.Time `json:"updated_at"`
	}
	if err := json.Unmarshal(m.Data, &t); err != nil {
		return webhook.Content{}, errors.New("it is no ticket: send ticket.id, ticket.status, ticket.group, ticket.cairn_id and updated_at")
	}
	step, ok := map[string]string{
		"open": feedback.Acknowledged, "pending": feedback.Investigated, "solved": feedback.Told, "closed": feedback.Confirmed,
	}[t.Ticket.Status]
	if !ok || t.Ticket.CairnID == "" {
		return webhook.Content{}, nil // of no interest
	}
	return webhook.Content{Reports: []webhook.Report{{FollowUp: "complaint", ID: t.Ticket.CairnID, Step: step, Owner: t.Ticket.Group, Time: t.Updated}}}, nil
}

// Zendesk signs the time and the body with a secret of the webhook, in base64.
func ExampleWithVerify() {
	complaint, client, stop := ticketed()
	defer stop()
	secret := []byte("a secret for examples only")
	sign := func(at, body string) []byte {
		mac := hmac.New(sha256.New, secret)
		mac.Write([]byte(at + body))
		return mac.Sum(nil)
	}
	verify := func(h http.Header, body []byte) (id string, err error) {
		at := h.Get("X-Zendesk-Webhook-Signature-Timestamp")
		given, err := base64.StdEncoding.DecodeString(h.Get("X-Zendesk-Webhook-Signature"))
		if err != nil || !hmac.Equal(given, sign(at, string(body))) {
			return "", errors.New("another signature")
		}
		if t, err := time.Parse(time.RFC3339, at); err != nil || time.Since(t).Abs() > 5*time.Minute {
			return "", errors.New("too old")
		}
		return h.Get("X-Zendesk-Webhook-Invocation-Id"), nil
	}
	in, err := webhook.New(webhook.WithVerify(verify), webhook.WithMapping(zendesk), webhook.WithFollowUps(complaint), webhook.WithClient(client))
	if err != nil {
		fmt.Println(err)
		return
	}
	for i, body := range []string{
		`{"ticket":{"id":35,"status":"open","group":"care","cairn_id":"4711"}}`,
		`{"ticket":{"id":35,"status":"on-hold","group":"care","cairn_id":"4711"}}`,
		`{"ticket":{"id":35,"status":"solved","group":"care","cairn_id":"4711"}}`,
	} {
		at := time.Now().UTC().Format(time.RFC3339)
		r := httptest.NewRequest(http.MethodPost, "/hooks/zendesk", strings.NewReader(body))
		r.Header.Set("Content-Type", "application/json")
		r.Header.Set("X-Zendesk-Webhook-Invocation-Id", fmt.Sprint("invocation-", i))
		r.Header.Set("X-Zendesk-Webhook-Signature-Timestamp", at)
		r.Header.Set("X-Zendesk-Webhook-Signature", base64.StdEncoding.EncodeToString(sign(at, body)))
		w := httptest.NewRecorder()
		in.ServeHTTP(w, r)
		fmt.Println(strings.TrimSpace(w.Body.String()))
	}
	// Output:
	// complaint 4711: received
	// complaint 4711: acknowledged care
	// {"taken":1,"repeated":0,"ignored":0}
	// {"taken":0,"repeated":0,"ignored":1}
	// complaint 4711: told care
	// {"taken":1,"repeated":0,"ignored":0}
}

// jira reads an issue in the form of Jira's webhooks: a change of the status is a step, and a new comment of a customer is a mention. The
// labels of the issue have the ID of the follow-up.
func jira(_ context.Context, m *webhook.Message) (c webhook.Content, _ error) {
	var w struct {
		Event string `json:"webhookEvent"`
		Issue struct {
			Fields struct {
				Labels []string `json:"labels"`
			} `json:"fields"`
		} `json:"issue"`
		Changelog struct {
			ID    string `json:"id"`
			Items []struct {
				Field string `json:"field"`
				To    string `json:"toString"`
			} `json:"items"`
		} `json:"changelog"`
		Comment struct {
			Body   string `json:"body"`
			Author struct {
				Type string `json:"accountType"`
			} `json:"author"`
		} `json:"comment"`
	}
	if err := json.Unmarshal(m.Data, &w); err != nil {
		return c, errors.New("it is no webhook of Jira")
	}
	id := ""
	for _, l := range w.Issue.Fields.Labels {
		if s, ok := strings.CutPrefix(l, "cairn-"); ok {
			id = s
		}
	}
	steps := map[string]string{"In Progress": feedback.Acknowledged, "Escalated": feedback.Escalated, "Done": feedback.Resolved}
	for i, item := range w.Changelog.Items {
		if step := steps[item.To]; item.Field == "status" && step != "" && id != "" {
			c.Reports = append(c.Reports, webhook.Report{FollowUp: "complaint", ID: id, Step: step, Key: fmt.Sprint(w.Changelog.ID, "/", i)})
		}
	}
	if w.Event == "comment_created" && w.Comment.Author.Type == "customer" {
		c.Events = append(c.Events, event.Event{
			Kind: event.FeedbackMentioned, Feedback: &event.Feedback{Source: "jira", Comment: w.Comment.Body}, Mention: &event.Mention{Nature: event.Complaint},
		})
	}
	return c, nil
}

// Jira signs the body with HMAC-SHA256, in the header X-Hub-Signature, as GitHub and others do.
func ExampleWithMapping() {
	complaint, client, stop := ticketed()
	defer stop()
	secret := []byte("a secret for examples only")
	sign := func(body string) string {
		mac := hmac.New(sha256.New, secret)
		mac.Write([]byte(body))
		return "sha256=" + hex.EncodeToString(mac.Sum(nil))
	}
	verify := func(h http.Header, body []byte) (string, error) {
		if !hmac.Equal([]byte(h.Get("X-Hub-Signature")), []byte(sign(string(body)))) {
			return "", errors.New("another signature")
		}
		return h.Get("X-Atlassian-Webhook-Identifier"), nil
	}
	in, err := webhook.New(webhook.WithVerify(verify), webhook.WithMapping(jira), webhook.WithFollowUps(complaint), webhook.WithFeedback(), webhook.WithClient(client))
	if err != nil {
		fmt.Println(err)
		return
	}
	for _, body := range []string{
		`{"webhookEvent":"jira:issue_updated","issue":{"fields":{"labels":["cairn-4711"]}},"changelog":{"id":"10001","items":[{"field":"status","toString":"In Progress"}]}}`,
		`{"webhookEvent":"comment_created","issue":{"fields":{"labels":["cairn-4711"]}},"comment":{"body":"I still wait.","author":{"accountType":"customer"}}}`,
		`{"webhookEvent":"jira:issue_updated","issue":{"fields":{"labels":["cairn-4711"]}},"changelog":{"id":"10002","items":[{"field":"status","toString":"Done"}]}}`,
	} {
		r := httptest.NewRequest(http.MethodPost, "/hooks/jira", strings.NewReader(body))
		r.Header.Set("Content-Type", "application/json")
		r.Header.Set("X-Hub-Signature", sign(body))
		in.ServeHTTP(httptest.NewRecorder(), r)
	}
	// Output:
	// complaint 4711: received
	// complaint 4711: acknowledged
	// complaint in jira
	// complaint 4711: resolved
}
