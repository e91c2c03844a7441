package touchpoint

import (
	"context"
	"errors"
	"fmt"
	"io"
	"strings"
	"time"

	"cairncx.dev/cairn/cx/event"
	"cairncx.dev/cairn/internal/flight"
)

const (
	// importBatch is how many suppressions are entered at once.
	importBatch = 256
	// importTime is how long one batch waits for the store.
	importTime = 30 * time.Second
	// maxRowErrors is how many faulty rows an ImportReport names.
	maxRowErrors = 20
)

// ImportOption is an option of [ContactPolicy.Import]. An option value may be reused.
type ImportOption interface{ applyImport(*importSettings) }

type importOption func(*importSettings)

func (f importOption) applyImport(s *importSettings) { f(s) }

type importSettings struct {
	partial, dry, adopt bool
	source              string
	date                time.Time
	zone                *time.Location
}

// ImportPartially enters the good rows of a list that has bad ones. The list is then read once, and need not be an [io.Seeker].
// Default: a list with a bad row changes nothing.
func ImportPartially() ImportOption {
	return importOption(func(s *importSettings) { s.partial = true })
}

// ImportDry changes nothing, and reports what an import would have changed. A suppression that the list has twice, far apart, counts
// twice as added. Default: the import changes the records.
func ImportDry() ImportOption { return importOption(func(s *importSettings) { s.dry = true }) }

// ImportSource says where the suppressions of a list come from that has no column source, or an empty cell there. It is as
// [Suppression.Source]. Default: none.
func ImportSource(source string) ImportOption {
	return importOption(func(s *importSettings) { s.source = source })
}

// ImportDate is the time of the suppressions of a list that has no column at, or an empty cell there: as a rule, when the list was
// made. Default: none, and a row without a time is bad.
func ImportDate(at time.Time) ImportOption {
	return importOption(func(s *importSettings) { s.date = at })
}

// ImportZone is the zone of dates without a time of day. A date is the beginning of that day. Nil is UTC. Default: UTC.
func ImportZone(zone *time.Location) ImportOption {
	return importOption(func(s *importSettings) {
		if s.zone = zone; zone == nil {
			s.zone = time.UTC
		}
	})
}

// ImportNewKey imports although the records of the store were written with another customer key, and makes the client's key the one
// with which they are said to be written. Use it after the key was changed on purpose: everything under the old key is lost.
// Default: another key is an error.
func ImportNewKey() ImportOption { return importOption(func(s *importSettings) { s.adopt = true }) }

// ImportReport counts what [ContactPolicy.Import] has done. Rows is the sum of the other counts, where no error ended the import
// early: a row that was read after the last batch is not counted.
type ImportReport struct {
	Rows int `json:"rows"` // without the header and empty rows
	// Added is the rows whose suppression is in force from now on, also again after it was lifted before the row's time.
	Added int `json:"added"`
	// Renewed is the rows whose suppression was in force and has the later time of the row now.
	Renewed int `json:"renewed"`
	// Known is the rows that changed nothing: the suppression was in force, of the same or a later time.
	Known int `json:"known"`
	// StayLifted is the rows that changed nothing, because an employee has lifted the suppression after the row's time.
	StayLifted int `json:"stay_lifted"`
	// Bad is the rows that cannot be entered. Faults has the first 20 of them.
	Bad    int        `json:"bad"`
	Faults []RowError `json:"faults,omitempty"`
	// First says that no other client has written records in this store and namespace. If services use it already, the import
	// went to the wrong place.
	First bool `json:"first"`
}

// ErrBadRows is wrapped by the error of [ContactPolicy.Import] for a list with bad rows. The error names the first 20.
var ErrBadRows = errors.New("the list has bad rows")

// Import enters a suppression list, which is a CSV file in UTF-8: persons and addresses that must not be contacted. Its first row
// names the columns:
//
//	customer   the application's own ID of a customer, or
//	addressee  an address or a person as in [To]; a row has one of the two. IDs are compared byte by byte: write an e-mail
//	           address as the application does
//	reason     one of the constants of [SuppressionReason], such as opted_out
//	purpose    one of the policy's; empty is every purpose. Not required
//	channel    such as email; empty is every channel. Not required
//	at         since when the suppression holds, as 2026-03-31T18:00:00Z or 2026-03-31, which is the beginning of the day in UTC
//	           ([ImportZone]). Not required with [ImportDate]
//	source     as [Suppression.Source]. Not required
//
// The delimiter is a comma, a semicolon or a tab. A row has at most 64 KiB.
//
// A bad row is reported with its place and a remedy, and never with its content. If one row is bad, Import changes nothing: it reads
// the list twice, so that list has to be an [io.Seeker], unless it is to import the good rows ([ImportPartially]). The memory that it
// needs does not grow with the list.
//
// To import a list twice changes nothing, and a newer list only adds to an older one: who is missing from it stays suppressed. Where
// an employee has lifted a suppression ([ContactPolicy.Lift]) at or before the row's time, it is in force again. After that time it
// stays lifted.
//
// Each batch of 256 rows is two calls of the store, which services may use meanwhile. The error is that of the first batch that the
// store refuses; batches before it are entered, and the report counts them: import the list again. It is also an error if the
// records of the store were written with another customer key. A batch waits 30 seconds at most, and Import returns when ctx is done.
func (p *ContactPolicy) Import(ctx context.Context, list io.Reader, opts ...ImportOption) (ImportReport, error) {
	i := &importing{set: importSettings{zone: time.UTC}}
	for _, o := range opts {
		if o != nil {
			o.applyImport(&i.set)
		}
	}
	if err := i.prepare(ctx, p, list); err != nil {
		return i.report, fail("import", err)
	}
	if err := i.run(list); err != nil {
		return i.report, fail("import", err)
	}
	return i.report, nil
}

// importing is one import.
type importing struct {
	ctx      context.Context //nolint:containedctx // it is one call
	registry flight.Registry
	set      importSettings
	policy   *ContactPolicy
	now      time.Time
	adopt    bool // the store has yet to learn the client's key, before the first batch

	report ImportReport
	batch  []flight.Listed
	lines  []int // of the batch
}

// The errors of an import, beside those of the list.
var (
	errNoList  = errors.New("there is no list: give a reader")
	errNoSeek  = errors.New("a list is read twice, so that a bad row changes nothing, and this reader cannot go back: give a file, or import the good rows only")
	errSource  = fmt.Errorf("the source of the list is not 1 to %d bytes of printable UTF-8 that do not begin with _", event.MaxName)
	errDate    = errors.New("the time of the list is before 1970 or in the future")
	errChanged = errors.New("the list was changed while it was read: import it again")
)

// prepare checks what the list is imported with, and whether the records were written with the client's key.
func (i *importing) prepare(ctx context.Context, p *ContactPolicy, list io.Reader) error {
	if i.ctx = ctx; ctx == nil {
		i.ctx = context.Background()
	}
	switch i.registry = flight.RegistryFrom(i.ctx); {
	case p == nil:
		return errNoPolicy
	case list == nil:
		return errNoList
	case i.set.source != "" && !event.ValidName(i.set.source):
		return errSource
	case i.registry == nil:
		return errNoClient
	}
	if _, err := p.plan(); err != nil {
		return err
	}
	i.policy = p
	ctx, cancel := context.WithTimeout(i.ctx, amendTime)
	defer cancel()
	now, key, err := i.registry.Ready(ctx)
	switch {
	case err != nil:
		return err
	case !i.set.date.IsZero() && (!event.ValidTime(i.set.date) || i.set.date.Sub(now) > event.MaxAhead):
		return errDate
	case key == flight.KeyOther && !i.set.adopt:
		return ErrOtherKey
	}
	i.now, i.report.First, i.adopt = now, key == flight.KeyNew, key != flight.KeySame && !i.set.dry
	return nil
}

func (i *importing) run(list io.Reader) error {
	if i.set.partial {
		return i.read(list, i.enter)
	}
	seeker, ok := list.(io.Seeker)
	if !ok {
		return errNoSeek
	}
	start, err := seeker.Seek(0, io.SeekCurrent)
	if err != nil {
		return errNoSeek
	}
	if err := i.read(list, func(flight.Listed, int) error { return nil }); err != nil {
		return err
	}
	checked := i.report.Rows
	i.report.Rows = 0
	if _, err := seeker.Seek(start, io.SeekStart); err != nil {
		return fmt.Errorf("reading the list a second time: %w", err)
	}
	if err := i.read(list, i.enter); err != nil {
		return err
	}
	if i.report.Rows != checked {
		return errChanged
	}
	return nil
}

// read gives each good row to take, and notes the bad ones, which are the error. An error of take ends it.
func (i *importing) read(list io.Reader, take func(s flight.Listed, line int) error) error {
	l, err := newSuppressionList(list, &i.set, i.policy, i.now)
	if err != nil {
		return i.end(err)
	}
	for {
		s, line, err := l.next()
		var fault *RowError
		switch {
		case errors.As(err, &fault):
			i.report.Rows++
			i.bad(fault)
		case err != nil:
			return i.end(err)
		default:
			i.report.Rows++
			if err := take(s, line); err != nil {
				return err
			}
		}
	}
}

// end returns what an import ends with after the error of the list, which is io.EOF for one that was read to its end.
func (i *importing) end(err error) error {
	var fault *RowError
	var last *fatalError
	switch {
	case errors.As(err, &fault):
		i.bad(fault)
	case errors.As(err, &last):
		i.report.Rows++
		i.bad(&last.RowError)
	case !errors.Is(err, io.EOF):
		return fmt.Errorf("reading the list: %w", err)
	}
	if err := i.flush(); err != nil {
		return err
	}
	if last != nil {
		return i.faults(". The rows after the last of these were not read")
	}
	return i.faults("")
}

// bad notes a bad row.
func (i *importing) bad(f *RowError) {
	i.report.Bad++
	if len(i.report.Faults) < maxRowErrors {
		i.report.Faults = append(i.report.Faults, *f)
	}
}

// faults returns the error about the bad rows, or nil without one.
func (i *importing) faults(more string) error {
	if i.report.Bad == 0 {
		return nil
	}
	var b strings.Builder
	for k := range i.report.Faults {
		b.WriteString("\n" + i.report.Faults[k].Error())
	}
	if n := i.report.Bad - len(i.report.Faults); n > 0 {
		fmt.Fprintf(&b, "\nand %d more", n)
	}
	done := "nothing was changed"
	if !i.set.dry && i.report.Added+i.report.Renewed+i.report.Known+i.report.StayLifted > 0 {
		done = "the others were entered"
	}
	return fmt.Errorf("%w: %d, and %s%s%s", ErrBadRows, i.report.Bad, done, more, &b)
}

// enter adds the row to the batch.
func (i *importing) enter(s flight.Listed, line int) error {
	i.batch, i.lines = append(i.batch, s), append(i.lines, line)
	if len(i.batch) < importBatch {
		return nil
	}
	return i.flush()
}

// flush enters the batch.
func (i *importing) flush() error {
	if len(i.batch) == 0 {
		return nil
	}
	ctx, cancel := context.WithTimeout(i.ctx, importTime)
	defer cancel()
	if i.adopt {
		if err := i.registry.AdoptKey(ctx); err != nil {
			return fmt.Errorf("nothing is entered, because the store did not take the record of the customer key: %w", err)
		}
		i.adopt = false
	}
	if err := i.registry.Enter(ctx, i.batch, i.set.dry); err != nil {
		return fmt.Errorf("the rows before line %d are entered, and those from there on are not: import the list again, which changes nothing of the former: %w", i.lines[0], err)
	}
	for k := range i.batch {
		switch i.batch[k].Outcome {
		case flight.Added:
			i.report.Added++
		case flight.Renewed:
			i.report.Renewed++
		case flight.Known:
			i.report.Known++
		case flight.StaysLifted:
			i.report.StayLifted++
		default:
			i.bad(&RowError{Line: i.lines[k], Text: "the person's record has no room for more suppressions: leave purpose or channel empty"})
		}
	}
	i.batch, i.lines = i.batch[:0], i.lines[:0]
	return nil
}
