package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"maps"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"time"

	"cairncx.dev/cairn/cmd/cairn/internal/draft"
	"cairncx.dev/cairn/cmd/cairn/internal/eventlog"
	"cairncx.dev/cairn/cx/blueprint"
	"cairncx.dev/cairn/cx/event"
)

// initSettings holds the values of the flags of init.
type initSettings struct {
	name      string
	openslo   string           // the file with SLOs, in the place of logs
	said      eventlog.Columns // the columns that the user set
	columns   eventlog.Columns
	delimiter byte
	location  *time.Location
	written   replayWritten
	memory    int64
	tmp       string
	files     []string // the logs that the user named
	in        *inputs
	json      bool
	zone      string // of --tz, or ""
	module    moduleSettings
	attrs     map[string]string // guessed, by their keys
	unused    []string          // the names of columns without a use
}

const initArguments = `LOG… > blueprint.yaml
       cairn init PACKAGES > blueprint.yaml
       cairn init --openslo FILE > blueprint.yaml

Writes a draft of a blueprint from past event logs, for you to complete by hand. Each activity of
the log becomes a touchpoint. Comments say how often it occurred and how soon the next activity
followed. A LOG is any file that cairn replay reads. The head of the draft has the commands that
check and replay the log.

cairn init guesses the columns of a CSV file from their names and values, and detects the format of
its times. log: of the draft has both, and every command that reads the log takes them from there. Set
--map for a column that it cannot guess or guesses wrongly.

PACKAGES are Go packages as the go command takes them, such as ./... or ./cmd/shop. The draft then has
the routes of net/http, chi, echo and gin and the methods of gRPC and Connect that the source
registers, and says where. Nothing of the module is run. With --lines the command prints the lines to
add to the code instead: the file, the line and the code. What it cannot read or follow, it tells with
its place.

With --openslo the draft has the objectives of the SLOs (OpenSLO v1) in FILE instead. An SLO that
cannot be an objective is listed at the end of the draft, with the reason.

The exit code is 0 when there is a draft, 1 when there is none, 2 when the command line is wrong, and 3
when the draft lacks an SLO of FILE, or a part of PACKAGES could not be read or followed.
`

func initUsage() *usage { return initFlags(&initSettings{}, &replayTexts{}) }

func initFlags(s *initSettings, t *replayTexts) *usage {
	flags := newUsage("init", initArguments)
	flags.StringVar(&s.name, "journey", "", "`NAME` of the journey in a CSV log (default the name of the file), or of Go packages (default a guess)")
	flags.StringVar(&s.openslo, "openslo", "", "`FILE` with SLOs as OpenSLO v1; - is the standard input")
	flags.StringVar(&t.columns, "map", "", "the `COLUMNS` of a CSV log that you want to set: case=COLUMN, activity=, time=, channel=, customer=, outcome=, attr.KEY= and the others of cairn replay; cairn init guesses the first six, and which columns are attributes")
	flags.StringVar(&t.delimiter, "delimiter", "", "the `CHARACTER` that separates the columns of a CSV log: a comma, ;, | or tab (default the one that splits the first rows into equally many columns)")
	flags.StringVar(&t.tz, "tz", "", "time `ZONE` of times without an offset, such as Europe/Amsterdam or Local (default UTC)")
	s.written.flags(flags.FlagSet, "")
	flags.StringVar(&t.memory, "memory", "256MiB", "approximate `SIZE` of the memory for sorting; sorting continues on disk beyond it")
	s.module.flags(flags.FlagSet)
	flags.StringVar(&s.tmp, "tmp", "", "`FOLDER` for temporary files (default the system's)")
	return flags
}

// initialize runs the command init: it writes a draft of a blueprint.
func initialize(ctx context.Context, c *env, args []string) int {
	s, t := &initSettings{}, &replayTexts{}
	var code int
	var done bool
	u := initFlags(s, t)
	if s.files, code, done = parseMixed(c, u, args); done {
		return code
	}
	packages, err := arePackages(u, s.files)
	if err == nil {
		err = s.complete(t)
	}
	switch {
	case err != nil:
		return misused(c, u, err.Error())
	case packages:
		return initializeModule(ctx, c, s)
	}
	if s.openslo != "" {
		return initializeOpenSLO(c, s.openslo)
	}
	n := newNotes(c.stderr, nil, false)
	text, err := s.draft(ctx, c.stdin, n)
	n.bar.Clear()
	if skipped := n.rejected(); skipped > told {
		n.say("%d rows were skipped; the first %d are listed above", skipped, told)
	}
	if err == nil {
		_, err = c.stdout.Write(text)
	}
	if err != nil {
		_, _ = fmt.Fprintln(c.stderr, "cairn init:", err)
		return exitFault
	}
	return exitOK
}

// complete parses the texts of the flags. Its error reports all faults of the command line.
func (s *initSettings) complete(t *replayTexts) error {
	var errs []error
	switch {
	case s.openslo != "" && len(s.files) > 0:
		errs = append(errs, errOpenSLO)
	case s.openslo == "" && len(s.files) == 0:
		errs = append(errs, errors.New("no log is named: name one or more files, - for the standard input, or Go packages, with ./... for all below this folder"))
	}
	if i := slices.Index(s.files, eventlog.Stdin); i >= 0 && slices.Contains(s.files[i+1:], eventlog.Stdin) {
		errs = append(errs, errors.New("the standard input, -, is named twice and can be read only once: remove one"))
	}
	if s.name != "" && !event.ValidName(s.name) {
		errs = append(errs, fmt.Errorf("--journey: %.80q is not a valid name: a name has 1 to %d bytes of printable UTF-8 and does not begin with _", s.name, event.MaxName))
	}
	s.zone = t.tz
	var err error
	if s.said, err = parseColumns(t.columns); err != nil {
		errs = append(errs, err)
	}
	if s.delimiter, err = parseDelimiter(t.delimiter); err != nil {
		errs = append(errs, err)
	}
	if s.memory, err = parseSize(t.memory); err != nil {
		errs = append(errs, err)
	}
	if s.location, err = time.LoadLocation(cmp.Or(t.tz, "UTC")); err != nil {
		errs = append(errs, fmt.Errorf("--tz: the time zone %.80q is unknown: write UTC, Local or a name such as Europe/Amsterdam", t.tz))
	}
	return errors.Join(append(errs, s.written.complete())...)
}

// draft reads the logs and returns the text of the draft.
func (s *initSettings) draft(ctx context.Context, stdin io.Reader, n *notes) (text []byte, err error) {
	in, remove, err := keepInputs(s.files, stdin, s.tmp)
	if err != nil {
		return nil, err
	}
	defer remove()
	s.in = in
	if err := s.guess(); err != nil {
		return nil, err
	}
	spool := draft.Spool(s.tmp)
	defer func() { err = errors.Join(err, spool.Close()) }()
	count := draft.NewCount(spool)
	log, err := eventlog.Open(ctx, eventlog.Config{
		Columns: s.columns, Delimiter: s.delimiter, Location: s.location,
		Bad: func(file string, line int, err error) error { return n.bad(in.nameOf(file), line, err) }, Progress: n.progress, Memory: s.memory, Dir: s.tmp,
		TimeFormat: s.written.timeFormat, Encoding: s.written.encoding,
		Channel: func(spelling string) event.Channel {
			count.Channel(spelling)
			return event.OtherChannel
		},
	}, in.read, nil)
	if err != nil {
		return nil, s.in.named(err)
	}
	defer func() { err = errors.Join(err, log.Close()) }()
	forms := log.Forms()
	if err := s.count(count, log); err != nil {
		return nil, s.in.named(err)
	}
	if count.Rows() == 0 {
		if n.rejected() > 0 {
			return nil, errors.New("no row of the log could be read: correct the rows that are listed above, or set --map and --time-format")
		}
		return nil, errors.New("the log is empty: it has no row below the header and no event: name another file")
	}
	return count.Write(s.notes(n.rejected()), s.section(forms, log.ReadAsUTC() > 0))
}

// guess finds the columns of the first CSV file. The other files have the same columns.
func (s *initSettings) guess() error {
	s.json = true
	for _, name := range s.in.read {
		p, err := eventlog.Peek(eventlog.Config{Delimiter: s.delimiter, Encoding: s.written.encoding, Dir: s.tmp}, name, nil)
		if err != nil {
			return s.in.named(err)
		}
		if p.JSON {
			continue
		}
		s.json = false
		if s.columns, err = draft.Guess(p, s.said); err != nil {
			return s.in.named(fmt.Errorf("%s: %w", name, err))
		}
		s.attrs, s.unused = draft.GuessAttributes(p, &s.columns)
		if s.delimiter == 0 {
			s.delimiter = p.Delimiter
		}
		return nil
	}
	return nil
}

// count counts all rows of the log.
func (s *initSettings) count(count *draft.Count, log *eventlog.Log) error {
	journey := s.journey()
	seen := map[event.ID]struct{}{}
	for {
		row, err := log.Next(0)
		switch {
		case err == io.EOF: //nolint:errorlint // an error that only wraps it is not the end
			return nil
		case err != nil:
			return err
		case row.JSON == nil:
			count.Row(journey, string(row.Case), log.Activity(row.Activity), row.Time)
			continue
		}
		e, err := event.ParseJSON(row.JSON)
		if err != nil {
			return fmt.Errorf("an event was read once and cannot be read a second time: %w", err)
		}
		if _, again := seen[e.ID]; again && !e.ID.IsZero() {
			continue
		}
		seen[e.ID] = struct{}{}
		count.Event(&e)
	}
}

var notInNames = regexp.MustCompile(`[^a-z0-9]+`)

// journey returns the name of the journey in a CSV log.
func (s *initSettings) journey() string {
	if s.name != "" {
		return s.name
	}
	base := strings.ToLower(filepath.Base(s.files[0]))
	base = strings.TrimSuffix(base, ".gz")
	base = strings.TrimSuffix(base, filepath.Ext(base))
	name := strings.Trim(notInNames.ReplaceAllString(base, "-"), "-")
	if name = name[:min(len(name), event.MaxName)]; name == "" {
		return "journey"
	}
	return name
}

// notes returns the comments at the head of the draft.
func (s *initSettings) notes(rejected int64) []draft.Note {
	files := make([]string, 0, len(s.files))
	for _, name := range s.files {
		files = append(files, shellWord(name))
	}
	list := strings.Join(files, " ")
	notes := []draft.Note{
		"This is a draft that cairn init made. Name the stages, set how long they may take and what ends the journey,",
		"and remove the touchpoints that no customer meets. Then see whether the log fits, and measure it:",
		"",
		draft.Note("  cairn check blueprint.yaml " + list),
		draft.Note("  cairn replay blueprint.yaml " + list),
		"",
	}
	if rejected > 0 {
		notes = append(notes, draft.Note(fmt.Sprintf("Rows that could not be read and were not counted: %d", rejected)))
	}
	return notes
}

// section returns how the log is read, given the formats of the times by file.
func (s *initSettings) section(forms map[string]string, asUTC bool) *draft.LogSection {
	l := &draft.LogSection{}
	if s.written.encoding != nil {
		l.Encoding = s.written.encodingText
	}
	if s.json {
		return l
	}
	of := columnFields(&s.columns)
	for i, c := range logColumns(&l.Columns) {
		*c.field = *of[i].field
	}
	l.Attributes, l.Unused, l.Zone, l.AsUTC = s.attrs, s.unused, s.zone, asUTC && s.zone == ""
	if s.zone == "Local" { // another machine may have another one
		l.Zone, l.AsUTC = "", asUTC
	}
	if l.TimeFormat = s.written.timeFormatText; s.written.timeFormat == nil {
		l.TimeFormat = ""
		if list := slices.Compact(slices.Sorted(maps.Values(forms))); len(list) == 1 {
			l.TimeFormat = list[0]
		}
	}
	switch s.delimiter {
	case 0, ',':
	case '\t':
		l.Delimiter = "tab"
	default:
		l.Delimiter = string(s.delimiter)
	}
	l.Unfit = (&blueprint.Blueprint{Version: blueprint.Version, Log: &l.Log}).Validate() != nil
	return l
}

var plainWord = regexp.MustCompile(`^[A-Za-z0-9_./=,:@%+-]+$`)

// shellWord quotes the text as one word of a shell command.
func shellWord(text string) string {
	if plainWord.MatchString(text) {
		return text
	}
	return "'" + strings.ReplaceAll(text, "'", `'\''`) + "'"
}
