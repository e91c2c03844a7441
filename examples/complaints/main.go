// Command complaints is a service that takes complaints in, and answers them as its blueprint promises. docs/followups.md says how to try
// it, and a service may copy it.
package main

import (
	"cmp"
	"context"
	"errors"
	"flag"
	"fmt"
	"log"
	"net"
	"net/http"
	"os"
	"os/signal"
	"path/filepath"
	"time"

	"cairncx.dev/cairn/cx"
	"cairncx.dev/cairn/cx/blueprint/yaml"
	"cairncx.dev/cairn/cx/event"
	"cairncx.dev/cairn/cx/stores/sqlite"
	"cairncx.dev/cairn/exporters/sqlarchive"
	"cairncx.dev/cairn/feedback"
	"cairncx.dev/cairn/feedback/redact"
	"cairncx.dev/cairn/journey"
)

func main() {
	addr := flag.String("addr", "localhost:8099", "where to listen")
	file := flag.String("blueprint", "examples/complaints/blueprint.yaml", "the blueprint")
	folder := flag.String("folder", "complaints-data", "where the store and the archive are")
	flag.Parse()
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	listener, err := (&net.ListenConfig{}).Listen(ctx, "tcp", *addr)
	if err != nil {
		log.Fatal(err)
	}
	log.Printf("listening on http://%s, the data is in %s", listener.Addr(), *folder)
	if err := serve(ctx, listener, *file, *folder); err != nil {
		log.Fatal(err)
	}
}

// serve serves until ctx is done.
func serve(ctx context.Context, listener net.Listener, file, folder string) (err error) {
	b, err := yaml.Load(file)
	if err != nil {
		return err
	}
	if err := os.MkdirAll(folder, 0o700); err != nil {
		return err
	}
	store, err := sqlite.Open(filepath.Join(folder, "store.db")) // every instance shares it: follow-ups survive this process
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, store.Close()) }()
	archive, err := sqlarchive.OpenSQLite(filepath.Join(folder, "archive.db"))
	if err != nil {
		return err
	}
	texts, err := redact.New()
	if err != nil {
		return err
	}
	key := cmp.Or(os.Getenv("CUSTOMER_KEY"), "only for development") // 16 bytes or more, the same in every service
	client, err := cx.New(
		cx.WithBlueprint(b), cx.WithStore(store), cx.WithExporters(archive), cx.WithCustomerKey([]byte(key)), cx.WithRedactor(texts.Quick),
		cx.WithOnFollowUp(step), cx.WithOnDue(due))
	if err != nil {
		return err
	}
	mux := http.NewServeMux()
	mux.HandleFunc("POST /complaints", func(w http.ResponseWriter, r *http.Request) {
		id, err := complain(client, b.FollowUp("complaint"), r)
		if err != nil {
			http.Error(w, err.Error(), http.StatusBadRequest)
			return
		}
		_, _ = fmt.Fprintln(w, id)
	})
	server := &http.Server{Handler: mux, ReadHeaderTimeout: 5 * time.Second}
	go func() {
		<-ctx.Done()
		last, cancel := context.WithTimeout(context.WithoutCancel(ctx), 5*time.Second)
		defer cancel()
		_ = server.Shutdown(last)
	}()
	if err := server.Serve(listener); !errors.Is(err, http.ErrServerClosed) {
		return err
	}
	last, cancel := context.WithTimeout(context.WithoutCancel(ctx), 20*time.Second)
	defer cancel()
	return client.Shutdown(last)
}

// complain records a complaint, for which the rule of the blueprint opens a follow-up. It returns the ID of the follow-up.
func complain(client *cx.Client, f *feedback.FollowUp, r *http.Request) (id string, err error) {
	e := event.Event{
		Kind: event.FeedbackMentioned, Time: time.Now(), Channel: event.Web, Customer: event.Customer{ID: r.FormValue("customer")},
		Feedback: &event.Feedback{Source: "web-form", Comment: r.FormValue("text")}, Mention: &event.Mention{Nature: event.Complaint},
	}
	if at := r.FormValue("received"); at != "" { // a letter that has lain about
		e.Channel, e.Feedback.Source = event.Post, "letter"
		if e.Time, err = time.Parse(time.RFC3339, at); err != nil {
			return "", errors.New("received is no time: write it as 2026-03-31T09:00:00Z")
		}
	}
	e.ID = event.NewID(e.Time)
	client.Record(r.Context(), e)
	return f.ID(e.ID), nil
}

// step keeps the customer in the loop: a service writes a mail here.
func step(_ context.Context, e event.Event) {
	switch {
	case e.Kind == event.JourneyEnded:
		log.Printf("%s %s has ended: %s", e.Journey.Name, e.Journey.ID, cmp.Or(e.Cause, e.Outcome.String()))
	case e.Stage == feedback.Received:
		log.Printf("%s %s: to %s: a customer waits", e.Journey.Name, e.Journey.ID, cmp.Or(e.FollowUp.Owner, "everybody"))
	default:
		log.Printf("%s %s: %s", e.Journey.Name, e.Journey.ID, e.Stage)
	}
}

// due reminds the team: a service calls its pager here.
func due(_ context.Context, d journey.Due) {
	what := "is due " + d.Promise.Due.Format(time.RFC3339)
	if d.Broken {
		what = "is broken"
	}
	log.Printf("%s %s: the promise %s %s", d.State.Journey.Name, d.State.Journey.ID, d.Promise.Name, what)
}
