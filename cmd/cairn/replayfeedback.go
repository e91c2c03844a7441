package main

import (
	"bytes"
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/csv"
	"encoding/hex"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"slices"
	"strings"
	"sync"

	"cairncx.dev/cairn/cmd/cairn/internal/eventlog"
	"cairncx.dev/cairn/cmd/cairn/internal/said"
	"cairncx.dev/cairn/cx/blueprint"
	"cairncx.dev/cairn/cx/event"
)

// saidFlags are the files with what customers said, and how to read them.
type saidFlags struct {
	files   []string
	mapped  string
	source  string
	format  string // of the times, in the place of --time-format
	columns said.Columns

	// How the files are written, by the flags: the log of the blueprint says nothing of them, except for the zone.
	delimiter byte
	written   replayWritten
}

// fileList is the value of a flag that may be set several times.
type fileList []string

func (l *fileList) String() string { return strings.Join(*l, ", ") }

// Set implements [flag.Value].
func (l *fileList) Set(name string) error {
	*l = append(*l, name)
	return nil
}

func (f *saidFlags) flags(flags *flag.FlagSet) {
	flags.Var((*fileList)(&f.files), "feedback", "a `FILE` with what customers said, as CSV or JSON lines, which may be compressed with gzip; the flag may be set several times")
	flags.StringVar(&f.mapped, "feedback-map", "", "the `COLUMNS` of --feedback that do not have the names of the fields: time=COLUMN,text=COLUMN,…")
	flags.StringVar(&f.format, "feedback-time-format", "", "the `FORMAT` of the times in --feedback, as --time-format has it, if the log has another one (default that of --time-format)")
	flags.StringVar(&f.source, "feedback-source", "", "the `NAME` of the site, network or list that rows of --feedback come from which name no source")
}

// complete parses the texts of the flags.
func (f *saidFlags) complete(s *replaySettings) error {
	f.delimiter, f.written = s.delimiter, s.written
	var faults []error
	for i, name := range f.files {
		switch {
		case name == eventlog.Stdin || name == "":
			faults = append(faults, errors.New("--feedback: name a file: the standard input is for a LOG"))
		case slices.Contains(f.files[:i], name), slices.Contains(s.files, name):
			faults = append(faults, fmt.Errorf("--feedback: %.200q is named twice: remove one", name))
		}
	}
	if len(f.files) == 0 && f.mapped+f.source+f.format != "" {
		faults = append(faults, errors.New("--feedback-map, --feedback-time-format and --feedback-source need --feedback FILE"))
	}
	if f.format != "" {
		var err error
		if f.written.timeFormat, err = eventlog.ParseTimeFormat(f.format); err != nil {
			faults = append(faults, fmt.Errorf("--feedback-time-format: %w", err))
		}
	}
	if f.source != "" && !event.ValidName(f.source) {
		faults = append(faults, fmt.Errorf("--feedback-source: %.80q is not a name of 1 to %d bytes of printable UTF-8 that does not begin with _", f.source, event.MaxName))
	}
	if f.mapped != "" {
		pairs, err := csv.NewReader(strings.NewReader(f.mapped)).Read()
		if err == nil {
			f.columns, err = said.ParseColumns(pairs)
		}
		if err != nil {
			faults = append(faults, fmt.Errorf("--feedback-map: %w", err))
		}
	}
	return errors.Join(faults...)
}

// voices are the files of --feedback while they are read: each becomes lines of JSON in a goroutine of its own.
type voices struct {
	readers map[string]io.Reader
	pipes   []*io.PipeReader
	cancel  context.CancelFunc
	all     sync.WaitGroup

	mu     sync.Mutex
	failed error
}

// open opens the files. The caller closes the result, which is never nil.
func (f *saidFlags) open(ctx context.Context, s *replaySettings, bp *blueprint.Blueprint, n *notes) (*voices, error) {
	v := &voices{readers: map[string]io.Reader{}}
	ctx, v.cancel = context.WithCancel(ctx)
	cfg := said.Config{
		Columns: f.columns, Source: f.source, Delimiter: f.delimiter, Channel: n.channel, Encoding: f.written.encoding,
		Times: eventlog.Times{Location: s.location, Format: f.written.timeFormat},
		Scale: func(survey string) (scale event.Scale, ok bool) {
			for i := range bp.Surveys {
				if bp.Surveys[i].Name == survey {
					return scale, scale.UnmarshalText([]byte(bp.Surveys[i].Scale)) == nil
				}
			}
			return 0, false
		},
	}
	if s.keyFile != "" {
		key, err := customerKey(s.keyFile)
		if err != nil {
			v.close()
			return nil, err
		}
		cfg.Pseudonym = func(id string) string { return pseudonymOf(key, id) }
	}
	for _, name := range f.files {
		file, err := os.Open(name) //nolint:gosec // the file that the user names
		if err != nil {
			v.close()
			return nil, fmt.Errorf("--feedback: %w", err)
		}
		v.read(ctx, cfg, name, file, n)
	}
	return v, nil
}

// read begins to read one file, and closes it at the end.
func (v *voices) read(ctx context.Context, cfg said.Config, name string, file *os.File, n *notes) {
	r, w := io.Pipe()
	v.readers[name], v.pipes = r, append(v.pipes, r)
	cfg.Bad = func(line int, err error) error { return n.bad(name, line, err) }
	cfg.Unused = func(line int, column string) error { return n.unused(name, line, column) }
	v.all.Go(func() {
		err := said.Convert(ctx, cfg, file, w)
		if err != nil && ctx.Err() == nil && !errors.Is(err, io.ErrClosedPipe) {
			v.fail(name, err)
		}
		_ = w.CloseWithError(errors.Join(err, file.Close()))
	})
}

// fail keeps the first reason for which a file cannot be read.
func (v *voices) fail(name string, err error) {
	v.mu.Lock()
	defer v.mu.Unlock()
	var stopped *stoppedError
	if !errors.As(err, &stopped) {
		err = fmt.Errorf("%s: %w", name, err)
	}
	if v.failed == nil {
		v.failed = err
	}
}

// fault returns why a file cannot be read, else err.
func (v *voices) fault(err error) error {
	v.mu.Lock()
	defer v.mu.Unlock()
	if v.failed != nil {
		return v.failed
	}
	return err
}

// close ends the goroutines.
func (v *voices) close() {
	v.cancel()
	for _, r := range v.pipes {
		_ = r.Close()
	}
	v.all.Wait()
}

// stoppedError is the first faulty row with --strict. It names the file and the line.
type stoppedError struct{ error }

// Unwrap returns what is wrong with the row.
func (s *stoppedError) Unwrap() error { return s.error }

// unused records a column, or a key of JSON, of a file with what customers said that no field has.
func (n *notes) unused(file string, line int, column string) error {
	n.mu.Lock()
	defer n.mu.Unlock()
	what := fmt.Sprintf("%s:%d: the column %.80q is not used: to use it, map a field to it with --feedback-map FIELD=COLUMN%s", shownName(file), line, column, meant(column, said.Fields()))
	if n.strict {
		return &stoppedError{errors.New(what)} //nolint:err113 // a message for the user
	}
	n.say("%s", what)
	return nil
}

// customerKey reads the key for hashing customer IDs.
func customerKey(file string) ([]byte, error) {
	key, err := os.ReadFile(file) //nolint:gosec // the file that the user names
	if err != nil {
		return nil, fmt.Errorf("--customer-key-file: %w", err)
	}
	return bytes.TrimRight(key, "\r\n"), nil
}

// pseudonymOf returns the pseudonym of a customer, as a client with the key makes it.
func pseudonymOf(key []byte, id string) string {
	mac := hmac.New(sha256.New, key)
	mac.Write([]byte(id))
	return hex.EncodeToString(mac.Sum(nil)[:16])
}
