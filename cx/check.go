package cx

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"cairncx.dev/cairn/cx/event"
	"cairncx.dev/cairn/cx/fault"
	"cairncx.dev/cairn/cx/ledger"
	"cairncx.dev/cairn/cx/propagate"
	"cairncx.dev/cairn/cx/slo"
	"cairncx.dev/cairn/cx/telemetry"
	"cairncx.dev/cairn/feedback"
	"cairncx.dev/cairn/internal/breakdowns"
	"cairncx.dev/cairn/internal/resolve"
	"cairncx.dev/cairn/internal/text"
	"cairncx.dev/cairn/internal/track"
)

// optionErrors collects what is wrong with options. Each error begins with the option as it was given; New puts the prefix of
// the package before all of them.
type optionErrors []error

// add notes that an option is faulty, unless ok.
func (e *optionErrors) add(ok bool, format string, args ...any) {
	if !ok {
		*e = append(*e, fmt.Errorf(format, args...)) //nolint:err113 // New wraps them in ErrConfig
	}
}

// check returns everything that is wrong with the options, joined. It is the only check of options, in the order of option.go.
func (c *config) check() error {
	var e optionErrors
	for _, fault := range c.nils { // a typed nil pointer is a value, such as of an exporter that does nothing
		e.add(false, "%s", fault)
	}
	namespace := c.resolve.Namespace
	e.add(event.ValidName(namespace), "WithNamespace(%.80q): a namespace is 1 to %d bytes of printable UTF-8 that do not begin with _%s",
		namespace, event.MaxName, text.NameHint(namespace))
	e.add(!c.resolve.Hashed || len(c.resolve.CustomerKey) >= minCustomerKey,
		"WithCustomerKey: the key has %d bytes, at least %d are needed: use random ones", len(c.resolve.CustomerKey), minCustomerKey)
	e.add(c.keep >= 0 && c.keep <= 1, "WithJourneySampling(%v): the ratio has to be between 0 and 1", c.keep)
	e.add(c.telemetry.SpanLimit >= 0, "WithSpanLimit(%d): it is negative: give a number of spans, or 0 for %d", c.telemetry.SpanLimit, telemetry.DefaultSpanLimit)
	e.add(c.sweep > 0, "WithSweepInterval(%v): the interval has to be positive", c.sweep)
	if c.blueprint != nil {
		if err := c.blueprint.Validate(); err != nil {
			e.add(false, "WithBlueprint: %w", err)
		}
	}
	if all, ok := c.allObjectives(); ok {
		if err := slo.Validate(all); err != nil {
			e.add(false, "WithObjectives: %w", err)
		}
	}
	c.checkRelease(&e)
	c.checkContacts(&e)
	c.efforts.check(&e, c.allIntents())
	e.add(c.maxRuns >= 0, "WithMaxJourneys(%d): it is negative: give a number of journeys, or 0 for 4194304", c.maxRuns)
	e.add(c.storeQueue >= 0 && c.storeQueue <= maxStoreQueue, "WithStoreQueue(%d): give 1 to %d changes, or 0 for 8192", c.storeQueue, maxStoreQueue)
	_, shelves := c.contacts.(ledger.Shelver)
	e.add(shelves || c.contacts == nil, "WithContactStore: a %T has no shelves: give a ledger.Shelver, as those of cx/stores are", c.contacts)
	e.add(!c.handOver || c.store != nil, "WithHandOver: there is no store through which other instances take over: give WithStore, or leave the option out")
	e.add(c.endGrace >= 0, "WithEndGrace(%v): it is negative: give cx.NoEndGrace to decide at once, or 0 for 2s", c.endGrace)
	e.add(c.endGrace <= maxEndGrace, "WithEndGrace(%v): it is %v at most, the lease of what an instance has in hand", c.endGrace, maxEndGrace)
	e.add(c.remember >= 0, "WithEndedRetention(%v): it is negative: give how long an ended journey is to be known, or 0 for 30 days", c.remember)
	e.add(!c.warnAfter.given || c.warnAfter.value > 0 && c.warnAfter.value < 1,
		"WarnAfter(%v): give a share of a promise's time, more than 0 and less than 1", c.warnAfter.value)
	e.add(!c.warnLeft.given || c.warnLeft.value > 0, "WarnLeft(%v): give the time that is left of a promise, more than 0", c.warnLeft.value)
	c.signing.check(&e)
	return errors.Join(e...)
}

// check notes what is wrong with the keys of positions.
func (s *signing) check(e *optionErrors) {
	e.add(!s.life.given || s.life.value != 0, "WithPositionLife(0): give how long a signed position is believed, or leave the option out")
	e.add(!s.life.given || s.list.given, "WithPositionLife: nothing is signed without WithPositionKeys: give both, or leave it out")
	if !s.list.given || s.life.given && s.life.value == 0 {
		return
	}
	if _, err := propagate.NewKeys(nil, s.life.value, s.list.value...); err != nil {
		e.add(false, "WithPositionKeys: %w", err)
	}
}

// clock returns the clock of [WithClock], or the real one.
func (c *config) clock(fails func(panicked any)) *clock { return newClock(c.now, fails) }

// resolver returns a resolver, with the definitions of the blueprint before the others. Where the options are faulty it still
// says what is wrong with the definitions.
func (c *config) resolver(now *clock) (*resolve.Resolver, error) {
	cfg, definitions := c.resolve, c.definitions
	cfg.Now = now.Now
	if c.blueprint != nil && c.blueprint.Validate() == nil {
		promised := c.blueprint.Definitions()
		cfg.Blueprint = len(promised)
		definitions = append(promised, definitions...)
	}
	queues := c.allQueues()
	names := make([]string, len(queues))
	for i := range queues {
		names[i] = queues[i].Name
	}
	causes := c.causes
	if c.blueprint != nil {
		causes = append(slices.Clone(c.blueprint.RootCauses), causes...)
	}
	if len(causes) > 0 { // follow-ups and breakdowns end with causes of their own
		causes = slices.Concat(causes, []string{feedback.NoObjection, feedback.Withdrawn}, breakdowns.Causes())
	}
	cfg.Queues, cfg.Intents, cfg.Causes = resolve.VocabularyOf(names), resolve.VocabularyOf(c.allIntents()), resolve.VocabularyOf(causes)
	definitions = slices.DeleteFunc(slices.Clone(definitions), func(d event.Definition) bool { return d == nil })
	return resolve.New(cfg, definitions...)
}

// allObjectives returns the objectives of the blueprint and, after them, those of [WithObjectives]. It returns false if the blueprint is
// faulty, because a composite may have parts of it.
func (c *config) allObjectives() ([]slo.Objective, bool) {
	if c.blueprint == nil {
		return c.objectives, true
	}
	if c.blueprint.Validate() != nil {
		return nil, false
	}
	return append(c.blueprint.AllObjectives(), c.objectives...), true
}

// counter returns what counts events for objectives, or nil if there are none.
func (c *config) counter(now *clock, t *reporter) (*slo.Counter, error) {
	objectives, _ := c.allObjectives()
	if len(objectives) == 0 {
		return nil, nil //nolint:nilnil // a nil Counter counts nothing
	}
	return slo.NewCounter(objectives, slo.CounterConfig{
		MeterProvider: c.telemetry.MeterProvider, Version: Version, Now: now.Now, Delegates: c.resolve.ScoreDelegates,
		Folded: func(ctx context.Context, objective string) {
			t.c.RecordFault(ctx, fault.Report{Fault: fault.SeriesLimit, Name: objective, Detail: manySplits})
		},
	})
}

const manySplits = "the values by which the objective is split have more than 200 series, or those of all objectives more than 1,900: " +
	"further ones are counted under _other"

// instruments returns the telemetry, which reports to t, and what counts events for objectives beside it. Where the options are faulty it
// has defaults in their place.
func (c *config) instruments(t *reporter, counter *slo.Counter) (*telemetry.Telemetry, error) {
	cfg := c.telemetry
	cfg.Version, cfg.Namespace, cfg.SpanLimit = Version, c.resolve.Namespace, max(0, cfg.SpanLimit)
	if c.keep >= 0 && c.keep <= 1 {
		cfg.DropRatio = 1 - c.keep
	}
	cfg.Tell, cfg.Handle = t.report, t.handle
	cfg.Queues = c.allQueues()
	if counter != nil {
		cfg.Counted, cfg.Collecting = counter.Record, counter.Zero
	}
	return telemetry.New(cfg)
}

// runs returns the part of the tracker's configuration that options say.
func (c *config) runs() track.Config {
	cfg := track.Config{
		Store: c.store, ImplicitStarts: c.implicitStarts, SpanLimit: c.telemetry.SpanLimit,
		Remember: c.remember, MaxRuns: c.maxRuns, QueueSize: c.storeQueue, EndGrace: c.endGrace,
		HandOver: c.handOver,
	}
	if c.onDue != nil {
		cfg.Warning = track.Warning{Share: c.warnAfter.value, Left: c.warnLeft.value}
		if !c.warnAfter.given && !c.warnLeft.given {
			cfg.Warning.Share = 0.8
		}
	}
	if cfg.SpanLimit == 0 {
		cfg.SpanLimit = telemetry.DefaultSpanLimit
	}
	if c.endGrace == NoEndGrace {
		cfg.EndGrace = -1
	}
	return cfg
}
