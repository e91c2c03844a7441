package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"os"
	"slices"

	"cairncx.dev/cairn/exporters/sqlarchive"
)

// archiveSettings say where the archive is that a command reads.
type archiveSettings struct{ archive, archiveSchema string }

// flags adds the flags of the archive.
func (s *archiveSettings) flags(flags *usage) {
	flags.StringVar(&s.archive, "archive", "", "the `ARCHIVE`: the file, or the URL of the database")
	flags.StringVar(&s.archiveSchema, "archive-schema", "", "the `SCHEMA` of the archive's tables in PostgreSQL (default cairn)")
}

// complete takes the archive from the environment where no flag names one.
func (s *archiveSettings) complete() {
	if s.archive == "" {
		s.archive = os.Getenv(archiveVariable)
	}
}

var errNoArchive = errors.New("no archive is named: set --archive, or the environment's " + archiveVariable)

// reader opens the archive.
func (s *archiveSettings) reader(ctx context.Context) (*sqlarchive.Reader, error) {
	switch {
	case s.archive == "":
		return nil, errNoArchive
	case !isURL(s.archive):
		return sqlarchive.ReadSQLite(ctx, s.archive)
	case s.archiveSchema != "":
		return sqlarchive.ReadPostgres(ctx, s.archive, sqlarchive.WithSchema(s.archiveSchema))
	default:
		return sqlarchive.ReadPostgres(ctx, s.archive)
	}
}

// actionFlags are the flags that an action of a command takes.
type actionFlags struct {
	needs []string // flags that it does not work without
	takes []string
}

// check says which flag the action with the name does not take, or does not work without. The flags of everywhere are those of all actions.
func (a *actionFlags) check(name string, everywhere []string, flags *usage) (wrong string) {
	set := map[string]bool{}
	flags.Visit(func(f *flag.Flag) {
		set[f.Name] = true
		if wrong == "" && !slices.Contains(slices.Concat(a.needs, a.takes, everywhere), f.Name) {
			wrong = fmt.Sprintf("%s does not take --%s", name, f.Name)
		}
	})
	for _, needed := range a.needs {
		if wrong == "" && !set[needed] {
			wrong = fmt.Sprintf("%s needs --%s", name, needed)
		}
	}
	return wrong
}
