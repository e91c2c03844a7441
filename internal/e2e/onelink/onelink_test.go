// Package onelink_test sends one link for feedback many times, to two instances that share a store, over real HTTP.
package onelink_test

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"strings"
	"sync"
	"testing"
	"time"

	"golang.org/x/time/rate"

	"cairncx.dev/cairn/cx"
	"cairncx.dev/cairn/cx/event"
	"cairncx.dev/cairn/feedback"
	"cairncx.dev/cairn/feedback/intake"
	"cairncx.dev/cairn/internal/e2e/shared"
	"cairncx.dev/cairn/touchpoint"
)

var (
	contacts = touchpoint.DefineContactPolicy("contacts", touchpoint.Purpose("survey", touchpoint.Cap(2, time.Hour)), touchpoint.ContactWait(5*time.Second))
	ease     = feedback.Define("ease", feedback.CES, feedback.Ask("en", "How easy was it?"))
	signs    = []byte("the key of all instances, 32 bytes or more")
)

// teller has what all instances tell.
type teller struct {
	mu    sync.Mutex
	kinds map[string]int
}

// Process implements [event.Processor].
func (l *teller) Process(_ context.Context, e *event.Event) {
	if e.Feedback == nil {
		return
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	l.kinds[fmt.Sprint(e.Kind, " ", e.Feedback.Score)]++
}

// Shutdown implements [event.Processor].
func (*teller) Shutdown(context.Context) error { return nil }

// instance returns a client on the store, and the address of its handler.
func instance(t *testing.T, at shared.Place, told *teller) (*cx.Client, string) {
	t.Helper()
	store, closeStore, err := at.Open(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(closeStore)
	client, err := cx.New(cx.WithStore(store), cx.WithCustomerKey([]byte("a key of at least 16 bytes")), cx.WithDefinitions(contacts, ease), cx.WithProcessors(told))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = client.Shutdown(context.Background()) })
	signer, err := intake.NewSigner(signs)
	if err != nil {
		t.Fatal(err)
	}
	h, err := intake.New(intake.WithClient(client), intake.WithSigner(signer), intake.WithSurveys(ease), intake.WithRate(rate.Inf, 1))
	if err != nil {
		t.Fatal(err)
	}
	server := httptest.NewServer(http.StripPrefix("/feedback", h))
	t.Cleanup(server.Close)
	return client, server.URL + "/feedback"
}

// do sends a request, and returns its status.
func do(t *testing.T, client *http.Client, method, address, body string) int {
	t.Helper()
	r, err := http.NewRequestWithContext(t.Context(), method, address, strings.NewReader(body))
	if err != nil {
		t.Error(err)
		return 0
	}
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	r.Header.Set("Accept", "text/html")
	reply, err := client.Do(r)
	if err != nil {
		t.Error(err)
		return 0
	}
	defer func() { _ = reply.Body.Close() }()
	if _, err := io.Copy(io.Discard, reply.Body); err != nil {
		t.Error(err)
	}
	return reply.StatusCode
}

// TestOneLinkIsOneResponse: a hundred each of the same form, of forged and of expired links, and of requests that scanners of mails send, in
// parallel and on both instances, are one answer. A hundred different answers are one answer and its changes.
func TestOneLinkIsOneResponse(t *testing.T) {
	kinds := []string{shared.Redis, shared.SQLite}
	if os.Getenv("CAIRN_WHOLE") != "" {
		kinds = append(kinds, shared.Postgres)
	}
	for _, kind := range kinds {
		t.Run(kind, func(t *testing.T) {
			t.Parallel()
			at := shared.StartStore(t, kind)
			at.Prefix = "onelink"
			told := &teller{kinds: map[string]int{}}
			a, first := instance(t, at, told)
			b, second := instance(t, at, told)
			bases := []string{first, second}
			ctx := cx.NewContext(t.Context(), a)
			signer, _ := intake.NewSigner(signs)                                                  //nolint:errcheck // it was made once
			stranger, _ := intake.NewSigner([]byte("the key of somebody else, 32 bytes or more")) //nolint:errcheck // as above
			token := func(s *intake.Signer, customer string, opts ...intake.LinkOption) string {
				req := ease.Ask(ctx, event.Customer{ID: customer}, feedback.Via(event.Email))
				link, err := s.Token(req, opts...)
				if err != nil {
					t.Fatal(err)
				}
				return "/r/" + link
			}
			same, changing := token(signer, "alice"), token(signer, "bob")
			bad := []string{token(stranger, "carol"), token(signer, "dora", intake.Until(time.Now().Add(-time.Second))), same[:len(same)-1]}
			web := &http.Client{Transport: &http.Transport{MaxConnsPerHost: 16}}
			t.Cleanup(web.CloseIdleConnections)
			var all sync.WaitGroup
			for i := range 100 {
				base := bases[i%2]
				all.Go(func() {
					for _, method := range []string{"GET", "HEAD", "OPTIONS"} {
						do(t, web, method, base+same+"?score=1", "")
					}
					for _, link := range bad {
						if status := do(t, web, "POST", base+link, "score=1"); status != http.StatusNotFound && status != http.StatusGone {
							t.Errorf("a bad link is answered with %d", status)
						}
					}
					if status := do(t, web, "POST", base+same, url.Values{"score": {"6"}, "comment": {"fine"}}.Encode()); status != http.StatusOK {
						t.Errorf("the form is answered with %d", status)
					}
					do(t, web, "POST", base+changing, fmt.Sprint("score=", i%7+1))
				})
			}
			all.Wait()
			for _, c := range []*cx.Client{a, b} {
				if err := c.Flush(t.Context()); err != nil {
					t.Error(err)
				}
			}
			check(t, told)
		})
	}
}

// check: alice has answered 6 once, and bob once something that was changed at most 16 times. The other two have answered nothing.
func check(t *testing.T, told *teller) {
	t.Helper()
	told.mu.Lock()
	defer told.mu.Unlock()
	answers, changes := 0, 0
	for line, n := range told.kinds {
		switch {
		case strings.HasPrefix(line, string(event.FeedbackReceived)):
			answers += n
		case strings.HasPrefix(line, string(event.FeedbackAmended)):
			changes += n
		case line != string(event.SurveyRequested)+" 0":
			t.Errorf("%d times %s", n, line)
		}
	}
	if answers != 2 || changes > 16 || changes == 0 || told.kinds[string(event.FeedbackReceived)+" 6"] == 0 || told.kinds[string(event.SurveyRequested)+" 0"] != 4 {
		t.Errorf("told %v, want two answers and up to 16 changes of one", told.kinds)
	}
}
