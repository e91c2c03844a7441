package care_test

import (
	"context"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/url"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"cairncx.dev/cairn/cx"
	"cairncx.dev/cairn/cx/cxtest"
	"cairncx.dev/cairn/cx/event"
	"cairncx.dev/cairn/examples/shop/care"
	"cairncx.dev/cairn/exporters/sqlarchive"
	"cairncx.dev/cairn/feedback"
	"cairncx.dev/cairn/journey"
	"cairncx.dev/cairn/touchpoint"
)

var (
	checkout  = journey.Define("checkout")
	mail      = touchpoint.Define("answer-mail")
	complaint = feedback.DefineFollowUp("complaint", feedback.AcknowledgeWithin(24*time.Hour), feedback.AnswerWithin(5*24*time.Hour),
		feedback.OpenOn(feedback.Rule{On: feedback.OnComplaint, Owner: "care"}, feedback.Rule{On: feedback.OnDissatisfied}, feedback.Rule{On: feedback.OnBrokenPromise}))
	improvement = feedback.DefineAction("improvement")
)

// team is the page with a client, an archive and a clock.
type team struct {
	*cxtest.Recorder
	t     *testing.T
	page  *care.Page
	ahead atomic.Int64
}

func newTeam(t *testing.T) *team {
	t.Helper()
	s := &team{t: t}
	path := filepath.Join(t.TempDir(), "archive.db")
	archive, err := sqlarchive.OpenSQLite(path)
	if err != nil {
		t.Fatal(err)
	}
	if err := archive.Ping(t.Context()); err != nil {
		t.Fatal(err)
	}
	s.Recorder = cxtest.New(t, cx.WithDefinitions(checkout, complaint, improvement, mail), cx.WithExporters(archive), cx.WithClock(s.now))
	s.page = care.New(care.Config{
		Company: "Waymark & <sons>", FollowUps: []*feedback.FollowUp{complaint}, Action: improvement, Mail: mail, Remedies: []string{"refund", "voucher"},
		Archive: path, TraceURL: "http://jaeger.example.com/trace/%s", Now: s.now, Log: slog.New(slog.DiscardHandler),
	})
	return s
}

func (s *team) now() time.Time { return time.Now().Add(time.Duration(s.ahead.Load())) }

// do serves a request, and returns the status and the page that it leads to.
func (s *team) do(method, path string, kv ...string) (status int, page string) {
	s.t.Helper()
	form := url.Values{}
	for i := 0; i < len(kv); i += 2 {
		form.Set(kv[i], kv[i+1])
	}
	r := httptest.NewRequestWithContext(s.Context(context.Background()), method, path, strings.NewReader(form.Encode()))
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	w := httptest.NewRecorder()
	s.page.Handler().ServeHTTP(w, r)
	if w.Code == http.StatusSeeOther {
		at, _, _ := strings.Cut(w.Header().Get("Location"), "#")
		return s.do(http.MethodGet, at)
	}
	return w.Code, w.Body.String()
}

// complains records a complaint with a cause, and returns the ID of its follow-up.
func (s *team) complains(who, text string, causes ...string) string {
	ctx := s.Context(s.t.Context())
	said := feedback.Mention{Source: "web-form", Nature: event.Complaint, Text: text, Author: event.Customer{ID: who}, Causes: causes}
	return complaint.ID(said.Record(ctx, feedback.About("checkout", "7KQ2")))
}

// TestPage: the page has what the customer said, escaped, and the step that comes next; a change is told to those who said so, once each.
func TestPage(t *testing.T) {
	t.Parallel()
	s := newTeam(t)
	if _, page := s.do("GET", care.Path); !strings.Contains(page, "Nobody waits") || !strings.Contains(page, "Waymark &amp; &lt;sons&gt;") {
		t.Errorf("the page of nothing is\n%s", page)
	}
	late := s.complains("ann", `<script>alert("late")</script>`, "payment")
	s.complains("ann", "again", "payment")
	s.complains("bob", "dear", "price")
	_, page := s.do("GET", care.Path)
	run := event.Run{Namespace: "default", Name: "checkout", ID: "7KQ2"}
	for _, want := range []string{
		"3 open, 0 over", "&lt;script&gt;alert(", "complaint by web form", "To be acknowledged in 24 hours", "for care", "cause: payment",
		"http://jaeger.example.com/trace/" + run.TraceID().String(), "payment (1)", "price (1)", // one customer each
	} {
		if !strings.Contains(page, want) {
			t.Errorf("the page lacks %s:\n%s", want, page)
		}
	}
	if strings.Contains(page, "<script>") {
		t.Errorf("the page has markup of a customer:\n%s", page)
	}
	for _, c := range []struct{ to, want, without string }{
		{"acknowledged", "To be answered in 5 days", ""},
		{"resolved", "remedy: voucher", ""},
		{"told", "The customer has the answer", "Overdue"},
		{"received", "To be acknowledged in 24 hours", ""}, // the customer objects
		{"told", "The customer has the answer", ""},
		{"confirmed", "2 open, 1 over", late},
	} {
		_, page := s.do("POST", care.Path+"move", "name", "complaint", "id", late, "to", c.to, "remedy", "voucher", "note", "sorry")
		if !strings.Contains(page, c.want) || c.without != "" && strings.Contains(page, c.without) {
			t.Errorf("after %s the page is\n%s", c.to, page)
		}
	}
	told := s.Touchpoint("answer-mail").Times(2).Events()[0]
	if told.Direction != event.Outbound || told.Actor != event.ActorEmployee || told.Journey.ID != late || told.Customer.Hash == "" {
		t.Errorf("the mail is %s", told.AppendJSON(nil))
	}
	s.Journey("complaint", late).Completed()

	if _, page := s.do("POST", care.Path+"change", "name", "second-bank", "cause", "payment"); !strings.Contains(page, "second bank, because of payment: 1 customer told") {
		t.Errorf("the change is not on the page:\n%s", page)
	}
	e := s.Touchpoint("told-of-change").Times(1).Events()[0]
	if e.Customer != told.Customer {
		t.Errorf("the change is told to %+v, want %+v", e.Customer, told.Customer)
	}
	if acted := feedback.CountActedOn(func(yield func(event.Event) bool) {
		for _, e := range s.Events() {
			if !yield(e) {
				return
			}
		}
	}, time.Time{}, time.Time{}); acted.WithCause != 3 || acted.Acted != 2 || acted.Told != 1 {
		t.Errorf("the loop is closed for %+v", acted)
	}
	if _, page := s.do("POST", care.Path+"verify", "id", e.Journey.ID); !strings.Contains(page, "and it helps") {
		t.Errorf("the change is not verified:\n%s", page)
	}
	s.Journey("improvement", e.Journey.ID).Completed()
}

// TestOverdue: what is overdue comes first and says so.
func TestOverdue(t *testing.T) {
	t.Parallel()
	s := newTeam(t)
	s.complains("ann", "early")
	s.ahead.Add(int64(25 * time.Hour))
	s.complains("bob", "fresh")
	_, page := s.do("GET", care.Path)
	if !strings.Contains(page, "<strong>Overdue</strong> for 60 minutes: acknowledged") || strings.Index(page, "early") > strings.Index(page, "fresh") {
		t.Errorf("the page is\n%s", page)
	}
	s.page.Close(s.Context(t.Context())) // no change is open
}

// TestRefused: a form that does not fit changes nothing.
func TestRefused(t *testing.T) {
	t.Parallel()
	s := newTeam(t)
	id := s.complains("ann", "late", "payment")
	for _, c := range []struct {
		reason, path string
		form         []string
	}{
		{"no such follow-up", "move", []string{"name", "none", "id", id, "to", "told"}},
		{"no such step", "move", []string{"name", "complaint", "id", id, "to", "forgotten"}},
		{"no ID", "move", []string{"name", "complaint", "to", "told"}},
		{"a change without a name", "change", []string{"cause", "payment"}},
		{"a cause that nobody chose", "change", []string{"cause", "weather", "name", "umbrella"}},
	} {
		if status, page := s.do("POST", care.Path+c.path, c.form...); status != http.StatusBadRequest || !strings.HasPrefix(page, "the form is invalid") {
			t.Errorf("%s: %d\n%s", c.reason, status, page)
		}
	}
	s.do("POST", care.Path+"verify", "id", "none")
	if _, page := s.do("POST", care.Path+"move", "name", "complaint", "id", id, "to", "resolved", "remedy", "the moon"); !strings.Contains(page, "remedy: refund") {
		t.Errorf("a remedy that the team does not have is not the first one:\n%s", page)
	}
	if _, page := s.do("POST", care.Path+"change", "name", "second-bank", "cause", "payment"); !strings.Contains(page, "1 customer told") {
		t.Errorf("the change is\n%s", page)
	}
	s.page.Close(s.Context(t.Context()))
	for _, e := range s.Events(event.JourneyEnded) {
		if e.Journey.Name == "improvement" && (e.Outcome != event.Cancelled || e.Cause != "demonstration-over") {
			t.Errorf("the change ends as %v, %s", e.Outcome, e.Cause)
		}
	}
	if n := len(s.Events(event.JourneyEnded)); n != 1 {
		t.Errorf("%d runs have ended, want the change", n)
	}
}
