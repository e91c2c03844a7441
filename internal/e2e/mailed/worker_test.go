package mailed_test

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"testing"
	"time"

	"cairncx.dev/cairn/cx/insight/mail"
	"cairncx.dev/cairn/cx/insight/report"
	"cairncx.dev/cairn/cx/insight/schedule"
	"cairncx.dev/cairn/internal/e2e/shared"
)

// workerEnv is the variable with the order for a worker, a process of this test's own binary.
const workerEnv = "CAIRN_MAILED_WORKER"

// patience bounds waits that are long only if something is wrong.
const patience = 2 * time.Minute

func TestMain(m *testing.M) {
	if text := os.Getenv(workerEnv); text != "" {
		if err := runWorker(text); err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
		os.Exit(0)
	}
	os.Exit(m.Run())
}

// order tells a worker where it works.
type order struct {
	Store  shared.Place
	Server string // of SMTP
	Zone   int    // in seconds east of UTC
	To     int    // so many recipients
	Dies   moment // by its own hand, if it is one of the store
}

// recipients are those of the report, in the order in which they get it.
func recipients(n int) []string {
	return []string{"anna@example.org", "bert@example.org", "cleo@example.org", "dora@example.org", "emil@example.org", "fred@example.org", "gina@example.org", "hans@example.org"}[:n]
}

// page is a report.
type page struct{}

func (page) Subject() string { return "The day" }
func (page) MailHTML(w io.Writer) error {
	_, err := io.WriteString(w, "<p>The day</p>")
	return err
}

func (page) Text(w io.Writer, _ int) error {
	_, err := io.WriteString(w, "The day\n")
	return err
}

// plan is the plan that all processes have. Settle is no part of its name.
func plan(zone int, settle time.Duration, d schedule.Deliverer) schedule.Plan {
	return schedule.Plan{
		Name: "the day", Every: report.Day, Zone: time.FixedZone("test", zone), Settle: settle, Deliver: d,
		Make: func(context.Context, report.Period) (schedule.Report, error) { return page{}, nil },
	}
}

// runWorker is an instance of a service, until its standard input ends.
func runWorker(text string) error {
	var o order
	if err := json.Unmarshal([]byte(text), &o); err != nil {
		return fmt.Errorf("reading the order: %w", err)
	}
	store, closeStore, err := o.Store.Open(context.Background())
	if err != nil {
		return fmt.Errorf("opening the store: %w", err)
	}
	defer closeStore()
	// The name tells the server which process it talks to.
	sender, err := mail.New(o.Server, "reports@example.com", recipients(o.To), mail.WithPlainLoopback(), mail.WithHello(fmt.Sprint("pid-", os.Getpid())))
	if err != nil {
		return err
	}
	s, err := schedule.New(&doomed{Store: store, at: o.Dies}, plan(o.Zone, 1, sender), schedule.WithLease(time.Second),
		schedule.WithErrorHandler(func(err error) { fmt.Fprintln(os.Stderr, err) }))
	if err != nil {
		return err
	}
	_, _ = io.Copy(io.Discard, os.Stdin)
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	return s.Shutdown(ctx)
}
