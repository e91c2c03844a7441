package main

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"time"

	"cairncx.dev/cairn/cx/console"
	"cairncx.dev/cairn/cx/insight"
)

const serveArguments = `[BLUEPRINT] SOURCE…

Serves the command centre over a source: pages that say what is happening to customers, what is breaking and for
whom. It prints the address, which answers this machine alone, and stops with the interrupt key (Ctrl-C).

%s
An archive is read again and again, so that the pages are current. A log is read once, and its latest event is the
moment of the pages.

  cairn serve tickets.yaml tickets.csv
  cairn serve --addr 127.0.0.1:8080 events.db
`

type serveSettings struct {
	tableSettings

	addr  string
	every time.Duration
}

func serveUsage() *usage { return serveFlags(&serveSettings{}, &tableTexts{}) }

func serveFlags(s *serveSettings, t *tableTexts) *usage {
	flags := newUsage("serve", fmt.Sprintf(serveArguments, sourceArguments))
	sourceFlags(flags, &s.sourceSettings, &t.replayTexts)
	flags.Lookup("tz").Usage = "time `ZONE` of the pages, and of times without an offset, such as Europe/Amsterdam or Local (default the one of the blueprint's log, else UTC)"
	flags.StringVar(&s.addr, "addr", "127.0.0.1:0", "the `ADDRESS` to listen on, of this machine's own; port 0 is a free one")
	flags.DurationVar(&s.every, "every", 2*time.Second, "how often an archive is read, as a `DURATION`")
	return flags
}

// serve runs the command serve.
func serve(ctx context.Context, c *env, args []string) int {
	s, t := &serveSettings{}, &tableTexts{}
	u := serveFlags(s, t)
	list, code, done := parseMixed(c, u, args)
	if done {
		return code
	}
	s.files = list
	err := s.completeTable(t)
	if s.every < 100*time.Millisecond || s.every > 24*time.Hour {
		err = errors.Join(err, fmt.Errorf("--every %s: give 100ms to 24h", s.every))
	}
	if err != nil {
		return misused(c, u, err.Error())
	}
	return concluded(c, "serve", func() (doubt, err error) { return s.serve(ctx, c) })
}

// serve serves until the context ends.
func (s *serveSettings) serve(ctx context.Context, c *env) (doubt, err error) {
	from, err := openSource(ctx, c, &s.sourceSettings)
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, from.Close()) }()
	table, err := insight.New(from.Blueprint, insight.WithAttributes(s.attributes(c, "serve")...))
	if err != nil {
		return nil, err
	}
	archive := len(s.files) == 0 || len(s.files) == 1 && isArchive(s.files[0])
	opts := []console.Option{console.WithZone(s.location), console.WithLogger(slog.New(slog.NewTextHandler(c.stderr, nil)))}
	if !archive {
		opts = append(opts, console.WithClock(nil))
	}
	page, err := console.New(table, opts...)
	if err != nil {
		return nil, err
	}
	listener, err := (&net.ListenConfig{}).Listen(ctx, "tcp", s.addr)
	if err != nil {
		return nil, fmt.Errorf("--addr %s: %w", s.addr, err)
	}
	if at, ok := listener.Addr().(*net.TCPAddr); !ok || !at.IP.IsLoopback() {
		return nil, errors.Join(fmt.Errorf("--addr %s: the pages answer this machine alone: give an address of its loopback, such as 127.0.0.1:8080", s.addr), listener.Close())
	}
	server := &http.Server{Handler: page, ReadHeaderTimeout: 10 * time.Second, ReadTimeout: time.Minute, IdleTimeout: 2 * time.Minute}
	_, _ = fmt.Fprintf(c.stdout, "http://%s/\n", listener.Addr())
	err = serveWhile(ctx, server, listener, func(ctx context.Context) error { return s.keep(ctx, c, table, from.Source, archive) }, page.Close, lastReaders)
	return from.Doubt(), err
}

// lastReaders is how long the command waits at its end for what readers download.
const lastReaders = 5 * time.Second

// serveWhile serves while work runs. A server that fails ends the context of work. It then calls closing, and cuts off the readers that are left after the time.
func serveWhile(ctx context.Context, server *http.Server, listener net.Listener, work func(context.Context) error, closing func(), last time.Duration) error {
	ctx, fail := context.WithCancel(ctx)
	defer fail()
	ended := make(chan error, 1)
	go func() {
		defer fail()
		ended <- server.Serve(listener)
	}()
	err := work(ctx)
	closing()
	late, cancel := context.WithTimeout(context.WithoutCancel(ctx), last)
	defer cancel()
	if e := server.Shutdown(late); errors.Is(e, context.DeadlineExceeded) {
		err = errors.Join(err, server.Close()) // a reader who still downloads does not make the command fail
	} else {
		err = errors.Join(err, e)
	}
	if e := <-ended; !errors.Is(e, http.ErrServerClosed) {
		err = errors.Join(err, fmt.Errorf("the pages are not served any more: %w", e))
	}
	return err
}

// keep loads the table until the context ends: a log once, an archive again and again. An archive that cannot be read for a while does not end the command once it has
// been read: the pages say how old they are.
func (s *serveSettings) keep(ctx context.Context, c *env, table *insight.Table, source insight.Source, archive bool) error {
	if err := table.Load(ctx, source); err != nil && ctx.Err() == nil {
		return err
	}
	if !archive {
		<-ctx.Done()
		return nil
	}
	next := time.NewTimer(s.every) // Follow loads at once
	defer next.Stop()
	select {
	case <-next.C:
	case <-ctx.Done():
		return nil
	}
	return table.Follow(ctx, source, s.every, func(err error) { _, _ = fmt.Fprintln(c.stderr, "cairn serve: the archive could not be read:", err) })
}
