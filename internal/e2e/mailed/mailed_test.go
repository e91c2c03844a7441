// Package mailed_test has several processes with one schedule on one store, a server of SMTP, a kill in the middle of a mail, and kills at random moments.
package mailed_test

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"

	"cairncx.dev/cairn/cx/insight/schedule"
	"cairncx.dev/cairn/cx/ledger"
	"cairncx.dev/cairn/internal/e2e/servers"
	"cairncx.dev/cairn/internal/e2e/shared"
)

// TestMailed: of three processes one sends the report. Where it is killed with a mail half sent, another process sends that mail again
// with the same Message-ID, and no mail that was noted.
func TestMailed(t *testing.T) {
	for _, kind := range []string{shared.SQLite, shared.Redis, shared.Postgres} {
		t.Run(kind, func(t *testing.T) {
			t.Parallel()
			at := shared.StartStore(t, kind)
			for i, test := range []struct {
				name, reason string
				point        point
				want         string // how many mails each recipient gets
			}{
				{"no kill", "one process has the lease", nowhere, "anna 1, bert 1, cleo 1"},
				{"killed before the mail", "nothing was sent to the second recipient, and the first one is noted", atRecipient, "anna 1, bert 1, cleo 1"},
				{"killed before the answer", "the server has the mail, and the sender does not know it", atData, "anna 1, bert 2, cleo 1"},
			} {
				t.Run(test.name, func(t *testing.T) {
					at.Prefix = fmt.Sprint("mailed", i)
					o := begin(t, at, 3)
					server := listen(t, test.point)
					crew := []*process{o.start(t, server, moment{}), o.start(t, server, moment{}), o.start(t, server, moment{})}
					servers.Eventually(t, patience, func() error {
						if list := server.got(); len(list) == 0 || list[len(list)-1].to != "cleo@example.org" {
							return fmt.Errorf("%d mails; processes: %s", len(list), logs(crew))
						}
						return nil
					})
					killed := 0
					for _, p := range crew {
						killed += p.stop(t)
					}
					if want := map[bool]int{true: 0, false: 1}[test.point == nowhere]; killed != want {
						t.Errorf("%d processes were killed, want %d", killed, want)
					}
					o.settled(t)
					counts, ids := map[string]int{}, map[string]bool{}
					for _, m := range server.got() {
						counts[m.to]++
						ids[m.id] = true
					}
					have := fmt.Sprintf("anna %d, bert %d, cleo %d", counts["anna@example.org"], counts["bert@example.org"], counts["cleo@example.org"])
					if have != test.want || len(ids) != 1 || ids[""] {
						t.Errorf("%s under the IDs %v, want %s under one: %s; processes: %s", have, ids, test.want, test.reason, logs(crew))
					}
				})
			}
		})
	}
}

// office is where the processes of a test work.
type office struct {
	store  shared.Place
	zone   int
	to     int          // so many recipients
	ends   int64        // the period, in Unix seconds
	reader ledger.Store // of the plan's record
}

// begin makes the plan begin, with a day that ended an hour ago and that has not settled. To the processes it has.
func begin(t *testing.T, at shared.Place, to int) *office {
	t.Helper()
	now := time.Now().UTC()
	midnight := time.Date(now.Year(), now.Month(), now.Day(), 0, 0, 0, 0, time.UTC)
	o := &office{store: at, to: to, zone: -int((now.Sub(midnight) - time.Hour).Seconds())}
	o.look(t, 2*time.Hour, nil)
	return o
}

var errUnsettled = errors.New("the report is not noted as delivered")

// settled checks that the store knows that the report was delivered.
func (o *office) settled(t *testing.T) {
	t.Helper()
	o.look(t, 1, errUnsettled)
}

// look starts an instance, and ends it when it has looked at the plan's record. It fails the test if there is something to deliver.
func (o *office) look(t *testing.T, settle time.Duration, delivers error) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	store, closeStore, err := o.store.Open(ctx)
	if err != nil {
		t.Fatal(err)
	}
	defer closeStore()
	watched := &watched{Store: store, looked: make(chan struct{})}
	s, err := schedule.New(watched, plan(o.zone, settle, fails{t, delivers}), schedule.WithErrorHandler(func(err error) { t.Error(err) }))
	if err != nil {
		t.Fatal(err)
	}
	select {
	case <-watched.looked:
	case <-ctx.Done():
		t.Error("the schedule does not ask the store")
	}
	if err := s.Shutdown(ctx); err != nil {
		t.Error(err)
	}
}

// fails fails the test when there is something to deliver.
type fails struct {
	t   *testing.T
	err error
}

func (f fails) Deliver(context.Context, *schedule.Delivery) error {
	f.t.Errorf("there is something to deliver: %v", f.err)
	return nil
}

// watched is a store that says when it was asked to write.
type watched struct {
	shared.Store

	once   sync.Once
	looked chan struct{}
}

func (w *watched) Shelf(name string) ledger.Store { return &watchedShelf{w.Store.Shelf(name), w} }

type watchedShelf struct {
	ledger.Store

	of *watched
}

func (s *watchedShelf) Write(ctx context.Context, changes []ledger.Change) ([]ledger.Record, error) {
	s.of.once.Do(func() { close(s.of.looked) })
	return s.Store.Write(ctx, changes)
}

// logs returns what the processes have written.
func logs(all []*process) string {
	var b strings.Builder
	for i, p := range all {
		fmt.Fprintf(&b, "\n%d: %s", i, p.said())
	}
	return b.String()
}
