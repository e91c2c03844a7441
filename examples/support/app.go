package main

import (
	"context"
	"crypto/hmac"
	"crypto/sha256"
	_ "embed"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"os"
	"path/filepath"
	"sync"
	"sync/atomic"
	"time"

	"go.opentelemetry.io/otel"

	"cairncx.dev/cairn/cx"
	"cairncx.dev/cairn/cx/blueprint"
	"cairncx.dev/cairn/cx/blueprint/yaml"
	"cairncx.dev/cairn/cx/cxslog"
	"cairncx.dev/cairn/cx/event"
	"cairncx.dev/cairn/cx/insight"
	"cairncx.dev/cairn/cx/insight/watch"
	"cairncx.dev/cairn/cx/otelsetup"
	"cairncx.dev/cairn/examples/shop/care"
	"cairncx.dev/cairn/examples/shop/centre"
	"cairncx.dev/cairn/examples/shop/export"
	"cairncx.dev/cairn/examples/shop/service"
	"cairncx.dev/cairn/examples/support/desk"
	"cairncx.dev/cairn/examples/support/journal"
	"cairncx.dev/cairn/examples/support/past"
	"cairncx.dev/cairn/exporters"
	"cairncx.dev/cairn/exporters/sqlarchive"
	"cairncx.dev/cairn/feedback"
)

const (
	name = "support"
	// stopTimeout bounds the shutdown: it lets running requests end and sends the remaining telemetry and events.
	stopTimeout = 15 * time.Second
	// tellInterval bounds how long a line on the terminal waits in the queue.
	tellInterval = 100 * time.Millisecond
	// effortWindow and effortGrace are the defaults of the client. The page says the first one.
	effortWindow = 7 * 24 * time.Hour
	effortGrace  = 24 * time.Hour
	// noon is when the demonstration begins, counted from the begin of the morning. The simulated calls are over by then.
	noon = 5 * time.Hour
)

//go:embed blueprint.yaml
var blueprintFile []byte

// app is the running demonstration.
type app struct {
	settings
	stdout, stderr io.Writer
	log            *slog.Logger
	blueprint      *blueprint.Blueprint
	zone           *time.Location // of the office
	journal        *journal.Journal
	service        *service.Service
	desk           atomic.Pointer[desk.App] // made after its client, which tells it of follow-ups
	team           *care.Page
	clock          *service.Clock
	centre         *centre.Centre // with -serve, else nil
	archive        string         // path of the archive that the page of the team leads and the command centre read
	past           *past.Past     // with -serve: the customers of the weeks before, and of those that pass
	watch          *watch.Watch   // with -serve
	steps          *sqlarchive.Reader
	table          *insight.Table
	looks          chan struct{} // takes a value when the charts are looked at, if a week is passing
	scratch        string        // its folder, which ends with the process
	sinks          []*export.Sink
}

// serial makes a writer safe for several goroutines.
type serial struct {
	mu sync.Mutex
	w  io.Writer
}

// Write implements [io.Writer].
func (s *serial) Write(b []byte) (int, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.w.Write(b) //nolint:wrapcheck // the writer's own error
}

func newApp(set settings, stdout, stderr io.Writer) *app {
	a := &app{settings: set, stdout: &serial{w: stdout}, stderr: &serial{w: stderr}}
	a.log = slog.New(cxslog.NewHandler(slog.NewTextHandler(a.stderr, nil)))
	otel.SetErrorHandler(otel.ErrorHandlerFunc(func(err error) { a.log.Error("telemetry", "error", err) }))
	return a
}

// start starts everything. If a step fails, stop stops what the steps before it made.
func (a *app) start(ctx context.Context) error {
	if err := a.load(); err != nil {
		return err
	}
	morning := lastMonday(time.Now(), a.zone)
	begin := morning
	if a.serve {
		begin = begin.AddDate(0, 0, -7*a.weeks)
	}
	a.clock = service.NewClock(time.Until(begin.Add(noon)))
	if err := a.startService(ctx, morning); err != nil {
		return err
	}
	if a.serve {
		if err := a.playPast(ctx, morning.Add(noon)); err != nil {
			return err
		}
	}
	a.team = care.New(care.Config{
		Company: "Larkfield", FollowUps: []*feedback.FollowUp{a.blueprint.FollowUp("complaint")}, Action: a.blueprint.Action("improvement"),
		Mail: a.blueprint.Touchpoint("answer-mail"), Remedies: []string{"apology", "voucher", "free-delivery"}, Example: "one-person-for-each-matter",
		Archive: a.archive, Now: a.now, Log: a.log,
	})
	app, err := desk.New(desk.Config{
		Blueprint: a.blueprint, Journal: a.journal, Window: effortWindow, Now: a.service.Now, Advance: a.service.Advance, Log: a.log,
		LinkKey: a.linkKey(), Care: a.team.Handler(), Crowd: a.crowd(),
	})
	if err != nil {
		return fmt.Errorf("support: %w", err)
	}
	a.desk.Store(app)
	n := recordCalls(cx.NewContext(ctx, a.service.Client()), a.blueprint.Touchpoint("call"), morning, a.calls)
	if a.serve {
		if err := a.openCentre(ctx); err != nil {
			return err
		}
	}
	if err := a.service.Serve(ctx, a.listen, a.centre.Beside(app.Handler())); err != nil {
		return fmt.Errorf("support: %w", err)
	}
	// Programs read this line. What is for people goes to stderr.
	if _, err := fmt.Fprintf(a.stdout, "%s listening on %s\n", name, a.service.URL()); err != nil {
		return fmt.Errorf("support: %w", err)
	}
	_, _ = fmt.Fprintf(a.stderr, "\nOpen %s in a browser, and %s/numbers to read. %s%s has who waits for an answer. Simulated calls: %d. Ctrl-C ends it.\n\n", a.service.URL(), a.service.URL(), a.service.URL(), care.Path, n)
	if a.serve {
		_, _ = fmt.Fprintf(a.stderr, "The command centre is at %s%s.\n\n", a.service.URL(), centre.Path)
	}
	return nil
}

// load reads the blueprint, and makes the journal of its numbers.
func (a *app) load() (err error) {
	if a.blueprint, err = yaml.Parse("examples/support/blueprint.yaml", blueprintFile); err != nil {
		return fmt.Errorf("support: %w", err)
	}
	hours, _ := a.blueprint.Calendar("office") // the desk refuses a blueprint without them
	if a.zone, err = time.LoadLocation(hours.Zone()); err != nil {
		return fmt.Errorf("support: %w", err)
	}
	if a.journal, err = journal.New(a.blueprint, a.zone); err != nil {
		return fmt.Errorf("support: %w", err)
	}
	return nil
}

// startService makes the client with everything that gets its events. It does not listen yet. The journal has what happens from the morning on, and the terminal what happens from noon on.
func (a *app) startService(ctx context.Context, morning time.Time) (err error) {
	sdk, err := otelsetup.Start(ctx,
		otelsetup.WithServiceName(name), otelsetup.WithoutGlobals(), otelsetup.OnlyIfConfigured(), otelsetup.WithLogger(a.log))
	if err != nil {
		return fmt.Errorf("support: %w", err)
	}
	archive, err := a.openArchive(ctx)
	if err != nil {
		return errors.Join(err, sdk.Shutdown(ctx))
	}
	processors := []event.Processor{since{a.journal, morning}, exporters.NewBatch(archive, exporters.WithMeterProvider(sdk.MeterProvider))}
	defer func() {
		if err == nil {
			return
		}
		for _, p := range processors {
			err = errors.Join(err, p.Shutdown(ctx))
		}
		err = errors.Join(err, sdk.Shutdown(ctx))
	}()
	if a.tells {
		told := exporters.NewBatch(journal.NewNarrator(a.stdout, a.zone), exporters.WithInterval(tellInterval), exporters.WithMeterProvider(sdk.MeterProvider))
		processors = append(processors, since{told, morning.Add(noon)})
	}
	for _, t := range a.exports {
		sink, err := export.Open(ctx, t, export.Config{
			Program: name, Stdout: a.stdout, Secrets: a.secrets, Spool: a.spool, MeterProvider: sdk.MeterProvider,
		})
		if err != nil {
			return fmt.Errorf("support: %w", err)
		}
		a.sinks = append(a.sinks, sink)
		processors = append(processors, lent{sink})
	}
	if a.service, err = service.New(service.Config{
		Name: name, SDK: sdk, Clock: a.clock, CustomerKey: a.key, Processors: processors, Log: a.log,
		// The records of customers, which know the open matters, are in memory, because the clock of the demonstration moves. A real
		// service has cx.WithStore instead, and its matters survive it.
		Options: []cx.Option{
			cx.WithTracerProvider(a.tracers(sdk)), cx.WithBlueprint(a.blueprint), cx.WithContactsInMemory(), cx.WithEffortWindow(effortWindow), cx.WithEffortGrace(effortGrace),
			cx.WithOnFollowUp(func(ctx context.Context, e event.Event) {
				if app := a.desk.Load(); app != nil {
					app.FollowedUp(ctx, e)
				}
			}),
		},
	}); err != nil {
		return fmt.Errorf("support: %w", err)
	}
	return nil
}

// openArchive makes the archive that the page of the team leads reads.
func (a *app) openArchive(ctx context.Context) (archive *sqlarchive.Archive, err error) {
	if a.scratch, err = os.MkdirTemp("", "support-archive-"); err != nil {
		return nil, fmt.Errorf("support: %w", err)
	}
	a.archive = filepath.Join(a.scratch, "archive.db")
	if archive, err = sqlarchive.OpenSQLite(a.archive); err == nil {
		err = archive.Ping(context.WithoutCancel(ctx)) // it makes the tables
	}
	if err != nil {
		return nil, fmt.Errorf("support: %w", err)
	}
	return archive, nil
}

// now returns the time of the demonstration where the office is.
func (a *app) now() time.Time { return a.service.Now().In(a.zone) }

// linkKey derives the key of the questions' tokens from that of the customers, so that one secret is enough.
func (a *app) linkKey() []byte {
	m := hmac.New(sha256.New, a.key)
	_, _ = m.Write([]byte("links to questions")) // a hash's Write never fails
	return m.Sum(nil)
}

// lastMonday returns 8 o'clock of the last Monday that is over, on which the demonstration begins: offices are open then.
func lastMonday(now time.Time, zone *time.Location) time.Time {
	now = now.In(zone)
	back := (int(now.Weekday()) + 6) % 7
	if back == 0 {
		back = 7
	}
	return time.Date(now.Year(), now.Month(), now.Day()-back, 8, 0, 0, 0, zone)
}

// lent is a sink that the client uses, and that stop closes, because closing says what was delivered.
type lent struct{ *export.Sink }

// Shutdown implements [event.Processor]. It only flushes.
func (l lent) Shutdown(ctx context.Context) error { return l.Flush(ctx) }

// stop stops everything: the server first, then what is open is recorded, and the client and the sinks send it. It makes a context of its
// own, because Ctrl-C has already cancelled that of the command.
func (a *app) stop() error {
	ctx, cancel := context.WithTimeout(context.Background(), stopTimeout)
	defer cancel()
	var errs []error
	a.centre.ClosePages()
	errs = append(errs, a.stopWatch(ctx)...)
	if a.service != nil {
		errs = append(errs, a.service.StopAfter(ctx, func() {
			if app := a.desk.Load(); app != nil {
				_ = a.service.Client().Flush(ctx) // Stop says what is wrong
				ctx := cx.NewContext(ctx, a.service.Client())
				app.Close(ctx)
				a.team.Close(ctx)
			}
		}))
	}
	a.centre.Close()
	for _, s := range a.sinks {
		said, err := s.Close(ctx)
		_, _ = fmt.Fprintf(a.stderr, "-export %s.\n", said)
		if err != nil {
			errs = append(errs, fmt.Errorf("support: %w", err))
		}
	}
	if a.scratch != "" {
		errs = append(errs, os.RemoveAll(a.scratch))
	}
	return errors.Join(errs...)
}
