package main

import (
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"math"
	"math/bits"
	"runtime"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"go.opentelemetry.io/otel/attribute"
	lognoop "go.opentelemetry.io/otel/log/noop"
	tracenoop "go.opentelemetry.io/otel/trace/noop"

	"cairncx.dev/cairn/cmd/cairn/internal/eventlog"
	"cairncx.dev/cairn/cmd/cairn/internal/report"
	"cairncx.dev/cairn/cmd/cairn/internal/series"
	"cairncx.dev/cairn/cx"
	"cairncx.dev/cairn/cx/blueprint"
	"cairncx.dev/cairn/cx/event"
	"cairncx.dev/cairn/cx/fault"
	"cairncx.dev/cairn/feedback/redact"
)

// lookEvery is the number of rows after which a player checks for failures and reports its progress.
const lookEvery = 4096

// players feeds the rows of a log to several clients, each row at its own time. Each player gets all rows of its cases. Cases
// do not affect each other, so players do not wait for each other.
type players struct {
	list   []*player
	otlp   *otlpSink // nil without --otlp
	period period
	key    []byte // of customers; nil without --customer-key-file
	end    int64  // the time until which runs were followed, in Unix nanoseconds

	window  time.Duration // of efforts
	efforts *report.Efforts
}

// maxPlayers is the maximum number of players. More players do not help, because reading is then the bottleneck.
const maxPlayers = 8

func newPlayers(ctx context.Context, s *replaySettings, bp *blueprint.Blueprint, n *notes) (*players, error) {
	ps := &players{period: s.period, window: s.window}
	opts, err := ps.options(ctx, s, n)
	if err != nil {
		return nil, err
	}
	known := newVocabulary(bp)
	count := s.players
	if count == 0 {
		count = min(runtime.GOMAXPROCS(0), maxPlayers)
	}
	for range count {
		spool := series.NewSpool(s.tmp, series.DefaultMemory/int64(count))
		p := &player{
			spool: spool, tally: report.New(spool, bp.Definitions()...),
			clock: &logClock{}, blueprint: bp, known: known, notes: n, otlp: ps.otlp, customers: s.keyFile != "",
			attributes: s.columns.Attributes, columns: &s.columns.People, contacts: ps.contacts(s), faults: newFaultMeter(), counted: newCounted(s.period), seen: map[uint64]struct{}{},
		}
		p.tally.Levels(bp.Levels())
		client, err := cx.New(append(slices.Clip(opts),
			cx.WithBlueprint(bp), cx.WithClock(p.clock.now), cx.WithImplicitStarts(), cx.WithProcessors(p.tally), cx.WithProcessors(s.also...),
			cx.WithMeterProvider(p.faults))...)
		if err != nil {
			return nil, errors.Join(err, ps.close(ctx))
		}
		p.client = client
		ps.list = append(ps.list, p)
	}
	return ps, nil
}

// options returns the options that all clients share.
func (ps *players) options(ctx context.Context, s *replaySettings, n *notes) ([]cx.Option, error) {
	opts := []cx.Option{
		cx.WithSweepInterval(math.MaxInt64),  // the players sweep, because the log's time drives the clock
		cx.WithMaxJourneys(math.MaxInt),      // a log must not hit the limit on live runs
		cx.WithEndedRetention(math.MaxInt64), // a log may span years, and no run may begin twice
		cx.WithTracerProvider(tracenoop.NewTracerProvider()),
		cx.WithLogger(slog.New(slog.DiscardHandler)), // faultMeter counts the faults for the report
		cx.WithSpanLimit(math.MaxInt32),              // the length of the log bounds the spans
	}
	if s.keyFile != "" {
		var err error
		if ps.key, err = customerKey(s.keyFile); err != nil {
			return nil, err
		}
		opts = append(opts, cx.WithCustomerKey(ps.key))
	} else if s.columns.Customer != "" {
		if s.contacts && n.blueprint.Contact != nil {
			n.say("without --customer-key-file the replay uses the customer column for the contact policy only")
		} else {
			n.say("the replay does not use the customer column without --customer-key-file")
		}
	}
	if len(s.said.files) > 0 {
		r, err := redact.New()
		if err != nil {
			return nil, fmt.Errorf("making the redactor: %w", err)
		}
		opts = append(opts, cx.WithRedactor(r.Text))
	}
	if s.otlp == "" {
		return append(opts,
			cx.WithJourneySampling(0), // without --otlp no trace is exported
			cx.WithJourneyTracerProvider(tracenoop.NewTracerProvider()), cx.WithLoggerProvider(lognoop.NewLoggerProvider())), nil
	}
	var err error
	if ps.otlp, err = newOTLPSink(ctx, s.otlp); err != nil {
		return nil, err
	}
	return append(opts, cx.WithJourneyTracerProvider(ps.otlp.spans), cx.WithLoggerProvider(ps.otlp.logs)), nil
}

// play plays the log to its end, with one reader for each player. A player that fails cancels the context,
// which stops the log and the other players.
func (ps *players) play(ctx context.Context, cancel context.CancelFunc, log *eventlog.Log) error {
	var wg sync.WaitGroup
	var once sync.Once
	var failed error
	for i, p := range ps.list {
		wg.Go(func() {
			if err := p.play(ctx, log, i); err != nil {
				once.Do(func() { failed = err }) // later errors only report the cancellation
				cancel()
			}
		})
	}
	if wg.Wait(); failed != nil {
		return failed
	}
	var all span
	for _, p := range ps.list {
		all.join(p.log)
	}
	ps.end = all.last
	if until := ps.period.until; !until.IsZero() {
		ps.end = max(ps.end, until.UnixNano())
	}
	for _, p := range ps.list {
		p.clock.ns.Store(ps.end)
		p.client.Sweep(ctx)
	}
	if err := ps.resolve(ctx); err != nil {
		return err
	}
	return ps.otlp.flush(ctx)
}

// count adds the numbers of rows and the times of the log to the report.
func (ps *players) count(rep *report.Report, n *notes) {
	var log, replayed span
	for _, p := range ps.list {
		rep.Events += p.events
		rep.Unknown += p.unknown
		rep.Rejected += p.dropped
		rep.Outside += p.outside
		rep.Again += p.again
		n.rows += p.rows
		n.leftOut += p.leftOut
		log.join(p.log)
		replayed.join(p.replayed)
		n.heard(p.faults.heard)
	}
	rep.Rejected += n.rejected()
	at := &rep.Period
	at.First, at.Last = replayed.times()
	at.LogFirst, at.LogLast = log.times()
	if log.any {
		at.Followed = instant(time.Unix(0, ps.end))
	}
	if t := ps.period.from; !t.IsZero() {
		at.From = instant(t)
	}
	if t := ps.period.until; !t.IsZero() {
		at.Until = instant(t)
	}
}

func instant(t time.Time) *time.Time {
	t = t.UTC()
	return &t
}

// span is the time range of some rows, in Unix nanoseconds.
type span struct {
	any         bool
	first, last int64
}

func (s *span) join(o span) {
	switch {
	case !o.any:
	case !s.any:
		*s = o
	default:
		s.first, s.last = min(s.first, o.first), max(s.last, o.last)
	}
}

// times returns the first and the last time, or nil if there are no rows.
func (s *span) times() (first, last *time.Time) {
	if !s.any {
		return nil, nil
	}
	return instant(time.Unix(0, s.first)), instant(time.Unix(0, s.last))
}

// report merges the tallies of all players into one report.
func (ps *players) report() (*report.Report, error) {
	all := ps.list[0].tally
	for _, p := range ps.list[1:] {
		all.Add(p.tally)
	}
	rep, err := all.Report(time.Unix(0, ps.end))
	if err != nil {
		return nil, fmt.Errorf("making the report: %w", err)
	}
	return rep, nil
}

// close shuts the clients down and removes the temporary files.
func (ps *players) close(ctx context.Context) error {
	const patience = time.Minute
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	var errs []error
	for _, p := range ps.list {
		errs = append(errs, p.client.Shutdown(ctx), p.spool.Close())
	}
	return errors.Join(append(errs, ps.otlp.close(ctx))...)
}

// player plays the rows of some cases. It is not safe for concurrent use.
type player struct {
	client    *cx.Client
	tally     *report.Tally // one for each player, so that cores do not contend for it
	spool     *series.Spool
	clock     *logClock
	blueprint *blueprint.Blueprint
	known     *vocabulary
	notes     *notes
	otlp      *otlpSink
	customers bool // the customer column is used, with hashed IDs
	contacts  *contactLog
	faults    *faultMeter
	counted   *counted

	activities []activity
	event      event.Event
	strangers  []stranger // unknown names of the current event

	rows, events, unknown, dropped int64
	outside, again, leftOut        int64
	seen                           map[uint64]struct{} // the folded IDs of played events
	log, replayed                  span
	attributes                     []eventlog.Attribute // of each row
	columns                        *eventlog.PeopleColumns
}

// activity is a player's knowledge of one activity of the log.
type activity struct {
	steps []step
	asked bool
}

// logClock is a clock that shows the log's time.
type logClock struct{ ns atomic.Int64 }

func (c *logClock) now() time.Time { return time.Unix(0, c.ns.Load()).UTC() }

func (p *player) play(ctx context.Context, log *eventlog.Log, reader int) error {
	for {
		row, err := log.Next(reader)
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return err
		}
		p.clock.ns.Store(row.Time)
		p.log.join(span{true, row.Time, row.Time})
		p.client.Sweep(ctx)
		if row.JSON != nil {
			if err := p.playJSON(ctx, row); err != nil {
				return err
			}
		} else {
			p.playRow(ctx, log, row)
		}
		if p.rows++; p.rows%lookEvery == 0 {
			if err := p.otlp.failure(); err != nil {
				return err // the log returns an error by itself when the context ends
			}
			done, total := log.Done()
			p.notes.progress("Replaying", done, total)
		}
	}
}

// playRow records the touchpoints that the activity of a CSV row stands for. What the row says of employees, and of a contact by the company,
// belongs to the first of them.
func (p *player) playRow(ctx context.Context, log *eventlog.Log, row *eventlog.Row) {
	steps := p.activity(log, row.Activity)
	if len(steps) == 0 {
		p.leftOut++
	}
	for i := range steps {
		s, e := &steps[i], &p.event
		*e = event.Event{}
		e.Kind, e.Time, e.Touchpoint = event.TouchpointEnded, p.clock.now(), s.name
		e.Channel, e.Outcome, e.Direction = row.Channel, row.Outcome, row.Direction
		if p.customers && len(row.Customer) > 0 {
			e.Customer.ID = string(row.Customer)
		}
		if s.journey != "" {
			e.Journey.Name, e.Journey.ID = s.journey, string(row.Case)
		}
		p.attribute(e, row)
		p.strangers = p.strangers[:0]
		if !s.known {
			p.strangers = append(p.strangers, stranger{kindTouchpoint, s.name})
		}
		if i == 0 {
			p.contact(e, row)
		}
		p.known.words(e, p.strange)
		p.contacts.noted(row.Customer)
		p.record(ctx, e)
	}
}

// attribute completes the event with the attributes of the row.
func (p *player) attribute(e *event.Event, row *eventlog.Row) {
	for i, text := range row.Texts {
		if len(text) == 0 {
			continue
		}
		if e.Attributes == nil {
			e.Attributes = make([]attribute.KeyValue, 0, len(p.attributes))
		}
		e.Attributes = append(e.Attributes, attribute.String(p.attributes[i].Key, string(text)))
	}
}

// contact completes the event with the contact that the row is.
func (p *player) contact(e *event.Event, row *eventlog.Row) {
	if len(row.Purpose) > 0 && row.Direction == event.Outbound {
		e.Contact = &event.Contact{Purpose: string(row.Purpose)}
		if p.known.stranger(e.Contact.Purpose) {
			p.strangers = append(p.strangers, stranger{kindPurpose, e.Contact.Purpose})
		}
	}
	p.help(e, row)
}

// playJSON records an event of a JSON log.
func (p *player) playJSON(ctx context.Context, row *eventlog.Row) error {
	e, err := event.ParseJSON(row.JSON)
	if err != nil {
		return fmt.Errorf("an event was read once and cannot be read a second time: %w", err)
	}
	if p.heard(e.ID) {
		p.again++
		return nil
	}
	p.strangers = p.strangers[:0]
	p.known.unknown(&e, p.strange)
	p.contacts.noted(nil)
	p.record(ctx, &e)
	return nil
}

// strange notes a name of the current event that is not in the blueprint.
func (p *player) strange(kind, name string) { p.strangers = append(p.strangers, stranger{kind, name}) }

// heard reports whether an event with this ID has been played. Delivery is at least once, so a log may hold
// duplicates. The ID is folded to 64 bits, which are enough to tell events apart.
func (p *player) heard(id event.ID) bool {
	if id.IsZero() {
		return false
	}
	key := binary.BigEndian.Uint64(id[:8]) ^ bits.RotateLeft64(binary.BigEndian.Uint64(id[8:]), 32)
	if _, again := p.seen[key]; again {
		return true
	}
	p.seen[key] = struct{}{}
	return false
}

// record records e if its run counts, and notes the names that are not in the blueprint.
func (p *player) record(ctx context.Context, e *event.Event) {
	if !p.counted.has(e) {
		p.contacts.add(e, p.known.purposeOf[e.Touchpoint], false)
		p.outside++
		return
	}
	at := e.Time.UnixNano()
	if p.drops(ctx, e) {
		p.dropped++
		return
	}
	p.contacts.add(e, p.known.purposeOf[e.Touchpoint], true)
	p.events++
	p.replayed.join(span{true, at, at})
	if len(p.strangers) > 0 {
		p.unknown++
		p.notes.unknownNames(p.strangers)
	}
}

// drops records e and reports whether the client dropped it.
func (p *player) drops(ctx context.Context, e *event.Event) bool {
	kind, nowhere := e.Kind, e.Journey.IsZero()
	wrong := p.faults.heard[fault.Outcome.String()]
	p.client.Record(ctx, *e)
	if p.faults.ask() {
		return true
	}
	switch kind {
	case event.JourneyStarted, event.JourneyStageEntered, event.JourneyStalled,
		event.PromiseMade, event.PromiseKept, event.PromiseBroken, event.PromiseWithdrawn:
		return nowhere
	case event.JourneyEnded: // the client corrects a touchpoint with an invalid outcome and drops an end with one
		return nowhere || p.faults.heard[fault.Outcome.String()] > wrong
	default:
		return false
	}
}

// activity returns what the activity with this number stands for.
func (p *player) activity(log *eventlog.Log, number int) []step {
	for number >= len(p.activities) {
		p.activities = append(p.activities, activity{})
	}
	a := &p.activities[number]
	if !a.asked {
		a.asked, a.steps = true, stepsOf(p.blueprint, log.Activity(number))
	}
	return a.steps
}
