package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"cairncx.dev/cairn/cmd/cairn/internal/eventlog"
	"cairncx.dev/cairn/cx/insight"
	"cairncx.dev/cairn/cx/insight/number"
)

// tableSettings say which runs a command asks about, of which source. All commands that answer from a case table have them.
type tableSettings struct {
	sourceSettings

	which  insight.Which    // the journey, the period and the conditions
	before *insight.Which   // what --compare names, if it is set
	by     []insight.Column // what --by names
	keys   attributeKeys    // what --attribute names
	at     time.Time        // the moment; zero is that of the latest event
	wanted string           // the ID of the run that is asked about, if it is one
}

// tableTexts holds the texts of the flags that completeTable parses.
type tableTexts struct {
	replayTexts

	week, month, compare, by, moment string
	where                            conditions
}

// tableArguments explains the arguments and what the flags of a period have in common.
const tableArguments = sourceArguments + `
A period is one of --from and --until, --week, and --month; a date stands for the whole day in the zone of
--tz. Without one the answer is about all runs of the source.
` + columnArguments

// columnArguments explains columns.
const columnArguments = `--where and --journey leave out other runs.

A column is journey, version, outcome, stage, channel, actor, segment, account, release, arm, cause, intent,
queue, team, verdict, failures, or an attribute of the events, such as those of log.attributes. A run counts
with the last team and queue that it had, and with the first value of any other attribute.
`

// tableFlags adds the flags of a source and those that say which runs a question is about.
func tableFlags(flags *usage, s *tableSettings, t *tableTexts) {
	sourceFlags(flags, &s.sourceSettings, &t.replayTexts)
	flags.Lookup("tz").Usage = "time `ZONE` of the answer, and of times without an offset, such as Europe/Amsterdam or Local (default the one of the blueprint's log, else UTC)"
	flags.StringVar(&t.from, "from", "", "the runs that began at this `TIME` or later; a date stands for the whole day")
	flags.StringVar(&t.until, "until", "", "the runs that began at this `TIME` or earlier; a date stands for the whole day")
	flags.StringVar(&t.week, "week", "", "the runs that began in this `WEEK`, Monday to Sunday: 2026-W10, or any of its days")
	flags.StringVar(&t.month, "month", "", "the runs that began in this `MONTH`, such as 2026-03")
	flags.StringVar(&s.which.Journey, "journey", "", "the runs of the journey with this `NAME`")
	flags.StringVar(&s.which.Namespace, "namespace", "", "the runs of this `NAMESPACE`, such as production")
	flags.Var(&t.where, "where", "the runs with this value in a column, `COLUMN=VALUE`, or without it, COLUMN!=VALUE; an empty value is one that is not known. Set it again for a further column, or for a further value of the same one, of which a run then has any")
	flags.StringVar(&t.by, "by", "", "tell groups apart by these `COLUMNS`, with commas between")
	flags.Var(&s.keys, "attribute", attributeUsage)
	flags.StringVar(&t.moment, "at", "", "answer as of this `TIME`; a date stands for the end of that day (default the time of the latest event)")
}

// compareFlag adds the flag that names the period before, for the commands that compare.
func compareFlag(flags *usage, t *tableTexts) {
	flags.StringVar(&t.compare, "compare", "", "compare with another `PERIOD`: previous (the one before: a month before a month, a quarter before a quarter, and else one of the same length), year (the same one a year ago; a shorter one than four weeks 52 weeks ago), or its first and last day, such as 2026-02-01..2026-02-28")
}

// completeTable parses the texts of the flags, after the arguments were set as the files. Its error reports all faults of the command line.
func (s *tableSettings) completeTable(t *tableTexts) error {
	from, until := t.from, t.until
	t.from, t.until = "", "" // the whole log is played: what was promised before the period is due in it
	err := s.completeSource(&t.replayTexts)
	if err != nil && s.location == nil {
		return err
	}
	faults := []error{err, s.completePeriod(from, until, t)}
	s.which.Where = t.where.list
	for name := range strings.SplitSeq(t.by, ",") {
		if name = strings.TrimSpace(name); name != "" && !slices.Contains(s.by, insight.Column(name)) {
			s.by = append(s.by, insight.Column(name))
		}
	}
	if _, s.at, err = parseInstant(t.moment, s.location); err != nil {
		faults = append(faults, fmt.Errorf("--at %.80q: %w", t.moment, err))
	}
	if t.compare != "" {
		s.before, err = s.comparedWith(t.compare)
		faults = append(faults, err)
	}
	return errors.Join(faults...)
}

// openedTable is a table that has been loaded, with its source.
type openedTable struct {
	*openedSource

	Table *insight.Table
	// View is the table as the user sees it, who has the whole source and may thus see everything in it.
	View *insight.View
	// At is the moment of the view, and Zone the time zone of the answer.
	At   time.Time
	Zone *time.Location

	seen *seenSource
}

// openTable opens the source, and loads all of it into a table. It says in one line what the table rests on. The caller calls Close, and asks
// Doubt when it has answered.
func openTable(ctx context.Context, c *env, s *tableSettings, command string) (o *openedTable, err error) {
	from, err := openSource(ctx, c, &s.sourceSettings)
	if err != nil {
		return nil, err
	}
	defer func() {
		if err != nil {
			err = errors.Join(err, from.Close())
		}
	}()
	attributes := s.attributes(c, command)
	table, err := insight.New(from.Blueprint, insight.WithAttributes(attributes...))
	if err != nil {
		return nil, fmt.Errorf("the columns of --by, --where and log.attributes: %w", err)
	}
	seen := &seenSource{Source: from.Source, attributes: map[string]bool{}, near: nearIDs{wanted: s.wanted}}
	if err = table.Load(ctx, seen.source()); err != nil {
		return nil, err
	}
	if err = s.knows(seen.attributes, table.Columns()); err != nil {
		return nil, err
	}
	state, err := table.State()
	if err != nil {
		return nil, err
	}
	o = &openedTable{openedSource: from, Table: table, View: table.View(insight.Everything(), s.at), At: s.at, Zone: s.location, seen: seen}
	if o.At.IsZero() {
		o.At = state.Newest
	}
	_, _ = fmt.Fprintf(c.stderr, "cairn %s: %s\n", command, restsOn(&state, from.Rows(), s.location))
	list, err := s.doubtful(ctx, o, &state)
	for _, said := range list {
		_, _ = fmt.Fprintf(c.stderr, "cairn %s: note: %s\n", command, said)
	}
	return o, err
}

// restsOn says what the table rests on: the rows of a log that was played, which its reader can count, or else events.
func restsOn(s *insight.State, rows int64, zone *time.Location) string {
	taken := number.Of(s.Events, "event", "events")
	if rows > 0 {
		taken = number.Of(rows, "row", "rows")
	}
	switch {
	case s.Events+s.Unused == 0:
		return "the source has no event"
	case s.Events == 0:
		return fmt.Sprintf("rests on %s, which belong to no run, the latest of %s", number.Of(s.Unused, "event", "events"), momentText(s.Newest, zone))
	}
	said := fmt.Sprintf("rests on %s and %s, the latest of %s", number.Of(s.Runs, "run", "runs"), taken, momentText(s.Newest, zone))
	if s.Coarse > 0 {
		said += fmt.Sprintf("; %s lack a part, because the source has too many different names", number.Of(s.Coarse, "event", "events"))
	}
	if !s.Held.IsZero() {
		said += fmt.Sprintf("; a transaction in flight since %s holds later ones back", s.Held.In(zone).Format("15:04:05"))
	}
	return said
}

// momentText writes a moment with its zone.
func momentText(t time.Time, zone *time.Location) string {
	return t.In(zone).Format("2006-01-02 15:04 MST")
}

// attributes returns the attributes that are columns of the table: those of the log and those that the command line names.
func (s *tableSettings) attributes(c *env, command string) (keys []string) {
	own := builtIn()
	for _, a := range s.columns.Attributes {
		if name := insight.Column(a.Key); slices.Contains(own, name) && name != insight.Team {
			_, _ = fmt.Fprintf(c.stderr, "cairn %s: note: the attribute %q is no column, because %[2]q is one already: give it another key in log.attributes\n", command, a.Key)
			continue
		}
		keys = append(keys, a.Key)
	}
	for _, name := range s.named() {
		if !slices.Contains(own, name) && !slices.Contains(keys, string(name)) {
			keys = append(keys, string(name))
		}
	}
	return keys
}

// named returns the columns that the command line names.
func (s *tableSettings) named() []insight.Column {
	list := slices.Clone(s.by)
	for _, key := range s.keys {
		list = append(list, insight.Column(key))
	}
	for i := range s.which.Where {
		list = append(list, s.which.Where[i].Column)
	}
	return list
}

// builtIn returns the columns of every table.
func builtIn() []insight.Column {
	t, _ := insight.New(nil) // it has no option that could be faulty
	return t.Columns()
}

// knows returns an error if the command line names a column that is no attribute of any event.
func (s *tableSettings) knows(has map[string]bool, columns []insight.Column) error {
	mapped := func(name insight.Column) bool {
		return slices.ContainsFunc(s.columns.Attributes, func(a eventlog.Attribute) bool { return a.Key == string(name) })
	}
	known := make([]string, 0, len(columns))
	for _, name := range columns {
		if slices.Contains(builtIn(), name) || has[string(name)] || mapped(name) {
			known = append(known, string(name))
		}
	}
	for _, name := range s.named() {
		if !slices.Contains(known, string(name)) {
			hint := cmp.Or(s.unmapped(string(name)), meant(string(name), known))
			if hint == "" {
				hint = ": the columns are " + strings.Join(known, ", ")
			}
			return fmt.Errorf("there is no column %.80q, and no event has an attribute of that name%s", name, hint)
		}
	}
	return nil
}

// unmapped says that the log has a column of that name, if it does, and how it becomes one of the table.
func (s *tableSettings) unmapped(name string) string {
	for _, file := range s.files {
		if file == eventlog.Stdin || isArchive(file) {
			continue
		}
		p, err := eventlog.Peek(eventlog.Config{Delimiter: s.delimiter, Encoding: s.written.encoding, Dir: s.tmp}, file, nil)
		if err == nil && !p.JSON && slices.Contains(p.Names, name) {
			return fmt.Sprintf(": the log has a column of that name. If it has no personal data, add it under log.attributes of the blueprint, or set --map attr.%[1]s=%[1]s", shown(name))
		}
	}
	return ""
}

// attributeKeys are the values of --attribute.
type attributeKeys []string

// attributeUsage explains --attribute.
const attributeUsage = "make a column of the attribute with this `NAME` that the services set, so that it may be what bad runs have in common. Set it again for a further one"

// String implements [flag.Value].
func (*attributeKeys) String() string { return "" }

// Set implements [flag.Value].
func (k *attributeKeys) Set(key string) error {
	if key == "" {
		return errAttribute
	}
	if !slices.Contains(*k, key) {
		*k = append(*k, key)
	}
	return nil
}

// errAttribute is the fault of an --attribute.
var errAttribute = errors.New("write the name of an attribute, such as acme.carrier")

// conditions are the values of --where.
type conditions struct{ list []insight.Where }

// String implements [flag.Value].
func (*conditions) String() string { return "" }

// errCondition is the fault of a --where.
var errCondition = errors.New("write COLUMN=VALUE or COLUMN!=VALUE")

// Set implements [flag.Value].
func (c *conditions) Set(text string) error {
	column, value, ok := strings.Cut(text, "=")
	column, not := strings.CutSuffix(column, "!")
	column = strings.TrimSpace(column)
	if !ok || column == "" {
		return errCondition
	}
	for i := range c.list {
		if w := &c.list[i]; w.Column == insight.Column(column) && w.Not == not {
			w.Values = append(w.Values, value)
			return nil
		}
	}
	c.list = append(c.list, insight.Where{Column: insight.Column(column), Values: []string{value}, Not: not})
	return nil
}
