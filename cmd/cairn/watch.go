package main

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"slices"
	"strings"
	"sync"
	"time"

	"cairncx.dev/cairn/cx"
	"cairncx.dev/cairn/cx/blueprint"
	"cairncx.dev/cairn/cx/blueprint/yaml"
	"cairncx.dev/cairn/cx/insight"
	"cairncx.dev/cairn/cx/insight/breakdown"
	"cairncx.dev/cairn/cx/insight/number"
	"cairncx.dev/cairn/cx/insight/watch"
	"cairncx.dev/cairn/cx/stores/sqlite"
	"cairncx.dev/cairn/exporters/sqlarchive"
	"cairncx.dev/cairn/feedback/redact"
)

const watchArguments = `ARCHIVE --store STORE --blueprint FILE

Watches what customers live through, and keeps what has lastingly become worse until it is mended. It looks at
the charts of the ARCHIVE every few minutes, and prints what is new and which promises about breakdowns are
broken. It stops with the interrupt key (Ctrl-C) or SIGTERM, when the look that is running is over.

The ARCHIVE is the SQLite file or the postgres:// URL of exporters/sqlarchive. The environment may give it as
CAIRN_ARCHIVE. The STORE is that of the services: sqlite:FILE, redis://…, rediss://… or postgres://….
The environment may give it as CAIRN_STORE. It has the state of the breakdowns, and one instance watches at a
time, whether it is this command or a service: another one waits until that one ends. The blueprint has to be
that of the services, with the section breakdowns.

Each step of a breakdown is written to the store. A service that shares the store takes it from there, tells it
to the exporters, and calls its hooks. With --deliver no service has to run: the command delivers the steps to
the archive itself, and makes the SQLite file of the store if there is none. Use it only for a store that no
service shares.

The exit code is 0 when the command was stopped or, with --once, has looked; 1 when it cannot watch or look; 2
when the command line is wrong; and 3 when with --once another instance watches, which looks itself.

  cairn watch events.db --store redis://localhost:6379/0 -b shop.yaml
  cairn watch events.db --store sqlite:watch.db -b shop.yaml --deliver --once
`

// watchSettings holds the values of the flags of watch.
type watchSettings struct {
	storeSettings
	archiveSettings

	namespace, blueprint, tz string
	every, wait              time.Duration
	once, deliver, json      bool
	keys                     attributeKeys

	location *time.Location
}

func watchUsage() *usage { return watchFlags(&watchSettings{}) }

func watchFlags(s *watchSettings) *usage {
	flags := newUsage("watch", watchArguments)
	s.storeSettings.flags(flags)
	flags.StringVar(&s.archiveSchema, "archive-schema", "", "the `SCHEMA` of the archive's tables in PostgreSQL (default cairn)")
	flags.StringVar(&s.blueprint, "blueprint", "", "`FILE` of the services, with the section breakdowns")
	flags.StringVar(&s.blueprint, "b", "", "the same `FILE`")
	flags.StringVar(&s.namespace, "namespace", "", "the `NAMESPACE` of the services (default, as the services do, that of OTEL_RESOURCE_ATTRIBUTES)")
	flags.Var(&s.keys, "attribute", attributeUsage)
	flags.DurationVar(&s.every, "every", watch.DefaultEvery, "how often the charts are looked at, a `TIME` from 1s to 24h")
	flags.BoolVar(&s.once, "once", false, "look once, print which breakdowns are open, and end")
	flags.DurationVar(&s.wait, "wait", time.Minute, "how long --once waits while another instance watches, a `TIME`")
	flags.BoolVar(&s.deliver, "deliver", false, "deliver the steps to the archive, for a store that no service shares")
	flags.StringVar(&s.tz, "tz", "Local", "the `ZONE` of what is printed, such as Europe/Berlin")
	flags.BoolVar(&s.json, "json", false, "print a line of JSON for each piece of news")
	return flags
}

// watching runs the command watch.
func watching(ctx context.Context, c *env, args []string) int {
	s := &watchSettings{}
	flags := watchFlags(s)
	list, code, done := parseMixed(c, flags, args)
	if done {
		return code
	}
	if wrong := s.complete(list); wrong != "" {
		return misused(c, flags, wrong)
	}
	return concluded(c, "watch", func() (doubt, err error) { return s.watch(ctx, c) })
}

// complete takes the arguments, and says what is wrong with the command line.
func (s *watchSettings) complete(list []string) (wrong string) {
	var err error
	switch {
	case len(list) > 1:
		return fmt.Sprintf("%.80q is one argument too many: name one archive", list[1])
	case len(list) == 1:
		s.archive = list[0]
	}
	s.archiveSettings.complete()
	if s.location, err = time.LoadLocation(s.tz); err != nil {
		return fmt.Sprintf("--tz: there is no time zone %.80q: use Local, UTC or a name of the IANA database, such as Europe/Berlin", s.tz)
	}
	switch {
	case s.archive == "":
		return "no archive is named: name one, or set the environment's " + archiveVariable
	case s.blueprint == "" || s.blueprint == "-":
		return "no blueprint is named: --blueprint FILE"
	case s.every < time.Second || s.every > 24*time.Hour:
		return fmt.Sprintf("--every %s: give 1s to 24h", s.every)
	case s.wait < 0:
		return fmt.Sprintf("--wait %s: give 0s or more", s.wait)
	}
	return ""
}

// watch watches until the context ends, or looks once.
func (s *watchSettings) watch(ctx context.Context, c *env) (doubt, err error) {
	o, err := s.openWatch(ctx, c)
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, o.end()) }()
	every := s.every
	if s.once {
		every = 24 * time.Hour
	}
	w, err := watch.New(o.store, o.plan(), watch.WithEvery(every), watch.WithErrorHandler(o.tell))
	if err != nil {
		return nil, err
	}
	if !s.once {
		<-ctx.Done()
		return nil, stopWatch(w)
	}
	return s.look(ctx, o, w)
}

// stopTime bounds the end of a look, and the delivery of its steps.
const stopTime = 5 * time.Minute

// begun says once what the watch looks at, which a watch that finds nothing does not say otherwise, and that the archive has no new events.
func (o *openedWatch) begun(ctx context.Context, charts int) {
	o.mu.Lock()
	said := o.said
	o.said = true
	o.mu.Unlock()
	if said {
		return
	}
	zone, err := time.LoadLocation(o.table.Blueprint().Zone) // as the charts have it
	if err != nil {
		zone = time.UTC
	}
	if text := o.latest.silence(time.Now().In(zone)); text != "" {
		_, _ = fmt.Fprintln(o.c.stderr, "cairn watch: note: "+text)
	}
	list, err := watch.List(ctx, o.store, o.client.Namespace(), o.journey.Name())
	if err != nil {
		return // the watch says it
	}
	if n := o.strange(ctx, list); n > 0 {
		_, _ = fmt.Fprintf(o.c.stderr, "cairn watch: note: the archive has %s that --store does not have. They may be found a second time: name the store of the watch that found them\n",
			number.Of(int64(n), "open breakdown", "open breakdowns"))
	}
	if o.once {
		return
	}
	open := 0
	for i := range list {
		open += bit(list[i].Ended.IsZero() && !list[i].Found.Better)
	}
	_, _ = fmt.Fprintf(o.c.stderr, "cairn watch: looks at %s every %v, and %s open so far\n", count(charts, "chart"), blueprint.Duration(o.every),
		number.Of(int64(open), "breakdown is", "breakdowns are"))
}

// strange returns how many open breakdowns of the archive the store does not have.
func (o *openedWatch) strange(ctx context.Context, list []watch.Status) (n int) {
	got, err := o.table.View(insight.Everything(), time.Now()).Breakdowns(ctx, insight.Which{})
	if err != nil {
		return 0 // the watch says what is wrong with the archive
	}
	for i := range got.List {
		b := &got.List[i]
		n += bit(b.Open() && b.Run.Namespace == o.client.Namespace() && !slices.ContainsFunc(list, func(s watch.Status) bool { return s.ID == b.Run.ID }))
	}
	return n
}

func stopWatch(w *watch.Watch) error {
	ctx, cancel := context.WithTimeout(context.Background(), stopTime)
	defer cancel()
	return w.Shutdown(ctx)
}

// look waits for one look at the charts, and prints what is open then.
func (s *watchSettings) look(ctx context.Context, o *openedWatch, w *watch.Watch) (doubt, err error) {
	late := time.NewTimer(s.wait)
	defer late.Stop()
	looked := false
	select {
	case <-o.looks:
		looked = true
	case <-o.failed:
	case <-late.C:
	case <-ctx.Done():
	}
	err = stopWatch(w) // which ends the look that is running
	select {
	case <-o.looks:
		looked = true
	default:
	}
	switch told := o.errors(); {
	case ctx.Err() != nil:
		return nil, errors.Join(errInterrupted, err)
	case err != nil || told != nil:
		return nil, errors.Join(told, err)
	case !looked:
		return errElsewhere, nil
	}
	list, err := watch.List(context.WithoutCancel(ctx), o.store, o.client.Namespace(), o.journey.Name())
	if err != nil {
		return nil, err
	}
	return nil, o.printOpen(list)
}

var (
	errInterrupted = errors.New("interrupted")
	errElsewhere   = errors.New("another instance watches, and looks at the charts itself: cairn breakdowns shows what it has found")
)

// openedWatch is what a watch works with.
type openedWatch struct {
	*watchSettings

	c       *env
	journey *watch.Journey
	store   openedStore
	reader  *sqlarchive.Reader
	latest  *latest
	table   *insight.Table
	client  *cx.Client
	closers []func() error
	looks   chan struct{} // one in it says that the charts were looked at
	failed  chan struct{} // one in it says that they could not be

	mu   sync.Mutex
	told []error
	left error // the one of writing
	said bool  // what it looks at
	// printed has the IDs of the breakdowns of which a line was printed.
	printed map[string]bool
}

// openWatch opens the archive and the store. The caller calls end.
func (s *watchSettings) openWatch(ctx context.Context, c *env) (*openedWatch, error) {
	b, err := yaml.Load(s.blueprint)
	if err != nil {
		return nil, err
	}
	if b.Breakdowns == nil {
		return nil, fmt.Errorf("%s: %w", s.blueprint, errNoBreakdowns)
	}
	o := &openedWatch{watchSettings: s, c: c, journey: watch.FromBlueprint(b), looks: make(chan struct{}, 1), failed: make(chan struct{}, 1), printed: map[string]bool{}}
	if err := o.begin(ctx, b); err != nil {
		return nil, errors.Join(err, o.end())
	}
	return o, nil
}

// begin opens what end closes.
func (o *openedWatch) begin(ctx context.Context, b *blueprint.Blueprint) (err error) {
	if o.table, err = insight.New(b, insight.WithAttributes(o.keys...)); err != nil {
		return err
	}
	if o.reader, err = o.archiveSettings.reader(ctx); err != nil {
		return err
	}
	o.latest = &latest{Reader: o.reader, journey: o.journey.Name()}
	o.closers = append(o.closers, o.reader.Close)
	store, done, err := o.openStore(ctx)
	if err != nil {
		return err
	}
	o.store, o.closers = store, append(o.closers, done)
	return o.newClient(ctx)
}

// openStore opens the store. One that no service shares is made.
func (s *watchSettings) openStore(ctx context.Context) (openedStore, func() error, error) {
	if path, ok := strings.CutPrefix(s.address(), "sqlite:"); ok && s.deliver {
		store, err := sqlite.Open(strings.TrimPrefix(path, "//"))
		if err != nil {
			return nil, nil, err
		}
		return store, store.Close, nil
	}
	store, done, err := s.open(ctx)
	if errors.Is(err, fs.ErrNotExist) {
		err = fmt.Errorf("%w: check --store, or set --deliver for a store that no service shares, which is then made", err)
	}
	return store, done, err
}

// newClient makes the client that records the steps.
func (o *openedWatch) newClient(ctx context.Context) error {
	r, err := redact.New()
	if err != nil {
		return err
	}
	opts := []cx.Option{
		cx.WithStore(journeysOnly{o.store}), cx.WithDefinitions(o.journey.Journey()), cx.WithRedactor(r.Quick), cx.WithoutCustomerIDs(),
		cx.WithLogger(slog.New(slog.NewTextHandler(o.c.stderr, &slog.HandlerOptions{Level: slog.LevelWarn}))),
	}
	if o.namespace != "" {
		opts = append(opts, cx.WithNamespace(o.namespace))
	}
	if o.deliver {
		archive, err := o.exporter()
		if err != nil {
			return err
		}
		opts = append(opts, cx.WithExporters(archive), cx.WithEndGrace(cx.NoEndGrace))
	} else {
		opts = append(opts, cx.WithHandOver())
	}
	if o.client, err = cx.New(opts...); err != nil {
		return err
	}
	o.closers = append(o.closers, func() error {
		ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), stopTime)
		defer cancel()
		return o.client.Shutdown(ctx)
	})
	return nil
}

// exporter returns the archive as a sink.
func (o *openedWatch) exporter() (*sqlarchive.Archive, error) {
	if !isURL(o.archive) {
		return sqlarchive.OpenSQLite(o.archive)
	}
	var opts []sqlarchive.PostgresOption
	if o.archiveSchema != "" {
		opts = append(opts, sqlarchive.WithSchema(o.archiveSchema))
	}
	return sqlarchive.OpenPostgres(o.archive, opts...)
}

// end closes everything, the client first.
func (o *openedWatch) end() (err error) {
	for i := len(o.closers) - 1; i >= 0; i-- {
		err = errors.Join(err, o.closers[i]())
	}
	o.closers = nil
	o.mu.Lock()
	defer o.mu.Unlock()
	return errors.Join(err, o.left)
}

// plan returns the plan of the watch.
func (o *openedWatch) plan() watch.Plan {
	charts := watch.Charts{Table: o.table}
	return watch.Plan{
		Journey: o.journey, Client: o.client, Steps: o.reader,
		Find: func(ctx context.Context, open []breakdown.Open) (breakdown.Findings, error) {
			if err := o.table.Load(ctx, o.latest); err != nil {
				return breakdown.Findings{}, fmt.Errorf("read the archive: %w", err)
			}
			list, err := charts.Find(ctx, open)
			if err == nil {
				o.begun(ctx, list.Charts)
				notify(o.looks)
			}
			return list, err
		},
		Place: charts.Place, Compare: charts.Compare, Tell: o.printNews, ReportUp: o.printOverdue,
	}
}

// notify puts one into the channel, which has room for one.
func notify(c chan struct{}) {
	select {
	case c <- struct{}{}:
	default:
	}
}

// tell says that something failed. The watch goes on.
func (o *openedWatch) tell(err error) {
	notify(o.failed)
	if !o.once {
		_, _ = fmt.Fprintln(o.c.stderr, strings.TrimPrefix(err.Error(), "cairn: "))
		return
	}
	o.mu.Lock()
	defer o.mu.Unlock()
	o.told = append(o.told, errors.New(strings.TrimPrefix(err.Error(), "cairn: watch: "))) //nolint:err113 // the command prints it
}

func (o *openedWatch) errors() error {
	o.mu.Lock()
	defer o.mu.Unlock()
	return errors.Join(o.told...)
}
