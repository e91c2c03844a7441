package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"slices"

	"cairncx.dev/cairn/cmd/cairn/internal/eventlog"
	"cairncx.dev/cairn/cx/blueprint"
	"cairncx.dev/cairn/cx/insight"
	"cairncx.dev/cairn/exporters/sqlarchive"
)

// sourceSettings say where the events are that a command asks about: an archive, Cairn's own events as JSON lines, or any log that cairn
// replay reads, which the command plays.
type sourceSettings struct {
	replaySettings

	archiveSchema string
}

// sourceArguments explains the arguments of a command that has a source.
const sourceArguments = `The events come from a SOURCE: an archive (an SQLite file or a postgres:// URL of exporters/sqlarchive;
without a SOURCE the one that the environment names as ` + archiveVariable + `), a file of Cairn's own events as JSON
lines, or any other log that cairn replay reads. The BLUEPRINT is a .yaml file, whose log: says how such
a log is read. A log is played as cairn replay does it, so that promises and ends follow from the blueprint.
`

// sourceFlags adds the flags of a source.
func sourceFlags(flags *usage, s *sourceSettings, t *replayTexts) {
	logFlags(flags, &s.replaySettings, t)
	s.said.flags(flags.FlagSet)
	flags.StringVar(&s.archiveSchema, "archive-schema", "", "the `SCHEMA` of the archive's tables in PostgreSQL (default that of the connection)")
}

// The errors of a source.
var (
	errNoSource   = errors.New("no source is named: name an archive or a log, or set the environment's " + archiveVariable)
	errSources    = errors.New("an archive is read alone: name no other source and no --feedback, which cairn replay --archive adds to an archive")
	errNoMeasures = errors.New("the blueprint has no journeys, surveys, follow-ups, queues or contact policy to measure the log against: add one")
)

// completeSource parses the texts of the flags, after the arguments were set as the files. Its error reports all faults of the command line.
func (s *sourceSettings) completeSource(t *replayTexts) error {
	s.takeBlueprint()
	if url := os.Getenv(archiveVariable); len(s.files)+len(s.said.files) == 0 && url != "" {
		s.files = []string{url}
	}
	switch {
	case len(s.files)+len(s.said.files) == 0:
		return errNoSource
	case !slices.ContainsFunc(s.files, isArchive):
		return s.complete(t)
	case len(s.files)+len(s.said.files) > 1:
		return errSources
	default:
		return s.completeReading(t) // the zone is also that of the answer
	}
}

// openedSource is a source with what a command says of it.
type openedSource struct {
	insight.Source

	// Blueprint is the one of the command line. It is nil for an archive without one.
	Blueprint *blueprint.Blueprint
	// Close ends the source and removes its temporary files.
	Close func() error
	// Rows returns how many rows of a log were played, after a scan. It is 0 for a source that has events.
	Rows func() int64
	// Doubt returns why the numbers that rest on the source are in doubt, as --allow has it, or nil. Ask it after a scan.
	Doubt func() error
}

// openSource opens the source that the settings name. The caller calls Close.
func openSource(ctx context.Context, c *env, s *sourceSettings) (*openedSource, error) {
	o := &openedSource{Close: func() error { return nil }, Rows: func() int64 { return 0 }, Doubt: func() error { return nil }}
	if s.blueprint != "" {
		var err error
		if o.Blueprint, err = s.load(); err != nil {
			return nil, err
		}
	}
	if len(s.files) == 1 && isArchive(s.files[0]) {
		r, err := s.openArchive(ctx, s.files[0])
		if err != nil {
			return nil, err
		}
		o.Source, o.Close = r, r.Close
		return o, nil
	}
	in, remove, err := keepInputs(s.files, c.stdin, s.tmp)
	if err != nil {
		return nil, err
	}
	o.Close = func() error {
		remove()
		return nil
	}
	own, err := s.onlyEvents(in)
	if err != nil {
		remove()
		return nil, err
	}
	if own {
		events, err := newOwnEvents(in, newNotes(c.stderr, o.Blueprint, s.strict))
		if err != nil {
			remove()
			return nil, err
		}
		o.Source, o.Doubt = events, events.doubt
		return o, nil
	}
	l := &logSource{settings: s, blueprint: o.Blueprint, in: in, env: c}
	if measures(o.Blueprint) == 0 && o.Blueprint.Contact == nil && len(s.said.files) == 0 {
		remove()
		return nil, fmt.Errorf("%s: %w", s.blueprint, errNoMeasures)
	}
	o.Source, o.Rows, o.Doubt = l, l.rows, l.doubt
	return o, nil
}

func (s *sourceSettings) openArchive(ctx context.Context, name string) (*sqlarchive.Reader, error) {
	switch {
	case !isURL(name):
		return sqlarchive.ReadSQLite(ctx, name)
	case s.archiveSchema != "":
		return sqlarchive.ReadPostgres(ctx, name, sqlarchive.WithSchema(s.archiveSchema))
	default:
		return sqlarchive.ReadPostgres(ctx, name)
	}
}

// onlyEvents reports whether all inputs are Cairn's own events, which need not be played.
func (s *sourceSettings) onlyEvents(in *inputs) (bool, error) {
	if len(s.said.files) > 0 {
		return false, nil
	}
	for _, name := range in.read {
		p, err := eventlog.Peek(eventlog.Config{Delimiter: s.delimiter, Encoding: s.written.encoding, Dir: s.tmp}, name, nil)
		switch {
		case errors.Is(err, eventlog.ErrNoHeader):
			return false, nil // playing it says what is wrong
		case err != nil:
			return false, in.named(err)
		case !p.JSON:
			return false, nil
		}
	}
	return true, nil
}

// silent returns the environment of a command that says nothing more.
func silent(c *env) *env { return &env{stdin: c.stdin, stdout: c.stdout, stderr: io.Discard} }

// firstOf returns the first error.
func firstOf(errs ...error) error {
	for _, err := range errs {
		if err != nil {
			return err
		}
	}
	return nil
}
