package main

import (
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"
	_ "time/tzdata" // --tz works on machines that have no time zones

	"cairncx.dev/cairn/cmd/cairn/internal/eventlog"
	"cairncx.dev/cairn/cx/blueprint"
)

// replaySettings are what the flags of replay say.
type replaySettings struct {
	blueprint string
	columns   eventlog.Columns
	delimiter byte
	location  *time.Location
	written   replayWritten
	period    period
	allow     allowance
	otlp      string
	keyFile   string
	memory    int64
	tmp       string
	json      bool
	strict    bool
	files     []string
	players   int // 0 is one for each core
}

// replayTexts are the flags that need to be understood.
type replayTexts struct{ columns, delimiter, tz, from, until, allow, memory string }

const replayArguments = `--blueprint FILE --map case=COLUMN,activity=COLUMN,time=COLUMN LOG…

Sends past event logs through Cairn at their own times and says what the journeys looked
like. A LOG is a CSV file, or JSON lines of Cairn's own events (.jsonl, for which --map is
not needed), either of them gzipped; - is the standard input. An activity is the name of a
touchpoint of the blueprint.

The exit code is 0 when the log was replayed, 1 when there is no report, 2 when it is not clear
what was asked for, and 3 when there is a report, but more rows than --allow says were rejected
or have a name that the blueprint does not have.
`

// replayUsage is how the command is used.
func replayUsage() *usage { return replayFlags(&replaySettings{}, &replayTexts{}) }

// replayFlags returns the flags, which fill s and t.
func replayFlags(s *replaySettings, t *replayTexts) *usage {
	flags := newUsage("replay", replayArguments)
	flags.StringVar(&s.blueprint, "blueprint", "", "`FILE` with the journeys and touchpoints that the log is measured against")
	flags.StringVar(&t.columns, "map", "", "the `COLUMNS` of a CSV log: case=COLUMN,activity=COLUMN,time=COLUMN and, where there are such, channel=, customer=, outcome=")
	flags.StringVar(&t.delimiter, "delimiter", "", "the `CHARACTER` between the columns of a CSV log: a comma, ;, | or tab (default the one of them with which the header has the columns)")
	flags.StringVar(&t.tz, "tz", "UTC", "time `ZONE` of times without an offset, such as Europe/Amsterdam or Local")
	s.written.flags(flags.FlagSet)
	flags.StringVar(&t.from, "from", "", "count the runs that began at this `TIME` or later; a date is the whole day")
	flags.StringVar(&t.until, "until", "", "count the runs that began at this `TIME` or earlier; a date is the whole day. Where it is later than the last row, runs are followed until then")
	flags.StringVar(&t.allow, "allow", defaultAllowed, "a `LIST` of what is allowed before the exit code is 3: a percentage of the rows, unknown for any number of unknown names, rejected for any number of rejected rows")
	flags.StringVar(&s.otlp, "otlp", "", "send the journeys' spans and log events to this OTLP/HTTP `ENDPOINT`, such as http://localhost:4318")
	flags.StringVar(&s.keyFile, "customer-key-file", "", "`FILE` with the key that customers are hashed with; without one they are not known")
	flags.StringVar(&t.memory, "memory", "256MiB", "about how much memory `SIZE` sorting may take before it goes on on disk")
	flags.StringVar(&s.tmp, "tmp", "", "`FOLDER` of temporary files (default the system's)")
	flags.BoolVar(&s.json, "json", false, "print the report as JSON")
	flags.BoolVar(&s.strict, "strict", false, "stop at the first row that cannot be read, or has a name that the blueprint does not have")
	return flags
}

// parseReplay parses the flags, and returns the exit code where that is the end of it.
func parseReplay(c *env, args []string) (s *replaySettings, code int, done bool) {
	s = &replaySettings{}
	t := &replayTexts{}
	if s.files, code, done = parseMixed(c, replayFlags(s, t), args); done {
		return nil, code, true
	}
	if err := s.complete(t); err != nil {
		_, _ = fmt.Fprintf(c.stderr, "cairn replay: %v\ncairn replay --help says how it is used.\n", err)
		return nil, exitUsage, true
	}
	return s, 0, false
}

// complete understands the texts and says what is wrong or missing, all of it.
func (s *replaySettings) complete(t *replayTexts) error {
	var faults []error
	fault := func(err error) {
		if err != nil {
			faults = append(faults, err)
		}
	}
	if s.blueprint == "" {
		fault(errors.New("--blueprint FILE is missing: what is the log to be measured against?"))
	}
	if len(s.files) == 0 {
		fault(errors.New("no log is named: name one or several files, or - for the standard input"))
	}
	if i := slices.Index(s.files, eventlog.Stdin); i >= 0 && slices.Contains(s.files[i+1:], eventlog.Stdin) {
		fault(errors.New("the standard input, -, is named twice: it can be read only once"))
	}
	var err error
	s.columns, err = parseColumns(t.columns)
	fault(err)
	s.delimiter, err = parseDelimiter(t.delimiter)
	fault(err)
	s.memory, err = parseSize(t.memory)
	fault(err)
	if s.location, err = time.LoadLocation(t.tz); err != nil {
		fault(fmt.Errorf("--tz: the time zone %.80q is unknown: want UTC, Local or a name such as Europe/Amsterdam", t.tz))
	}
	s.period, err = parsePeriod(t.from, t.until, s.location)
	fault(err)
	s.allow, err = parseAllow(t.allow)
	fault(err)
	fault(s.written.complete())
	fault(checkEndpoint(s.otlp))
	return errors.Join(faults...)
}

// parseColumns reads case=COLUMN,activity=COLUMN,…; a column with a comma in it is put in quotes,
// as in CSV: "case=Case, number",activity=….
func parseColumns(text string) (eventlog.Columns, error) {
	c, err := parseSomeColumns(text)
	if err != nil || text == "" {
		return c, err
	}
	for _, needed := range [][2]string{{"case", c.Case}, {"activity", c.Activity}, {"time", c.Time}} {
		if needed[1] == "" {
			return c, fmt.Errorf("--map: %s=COLUMN is missing", needed[0])
		}
	}
	return c, nil
}

// parseSomeColumns is parseColumns of which any may be missing.
func parseSomeColumns(text string) (eventlog.Columns, error) {
	var c eventlog.Columns
	if text == "" {
		return c, nil
	}
	r := csv.NewReader(strings.NewReader(text))
	pairs, err := r.Read()
	if err == nil {
		if _, more := r.Read(); !errors.Is(more, io.EOF) {
			err = errors.New("there is a line's end in it")
		}
	}
	if err != nil {
		return c, fmt.Errorf("--map: %w", err)
	}
	into := map[string]*string{
		"case": &c.Case, "activity": &c.Activity, "time": &c.Time,
		"channel": &c.Channel, "customer": &c.Customer, "outcome": &c.Outcome,
	}
	keys := []string{"case", "activity", "time", "channel", "customer", "outcome"}
	for _, pair := range pairs {
		key, column, ok := strings.Cut(pair, "=")
		key = strings.TrimSpace(key)
		field := into[key]
		switch {
		case field == nil:
			return c, fmt.Errorf("--map: %.80q is none of %s%s", key, strings.Join(keys, ", "), meant(key, keys))
		case !ok || column == "":
			return c, fmt.Errorf("--map: %s= needs the name of a column", key)
		case *field != "":
			return c, fmt.Errorf("--map: %s= is there twice", key)
		}
		*field = column
	}
	return c, nil
}

// meant is a hint to what may have been meant, or "".
func meant(text string, known []string) string {
	if near := blueprint.Suggest(text, known); near != "" {
		return fmt.Sprintf(": did you mean %q?", near)
	}
	return ""
}

func parseDelimiter(text string) (byte, error) {
	switch {
	case text == "":
		return 0, nil
	case text == "tab" || text == `\t`:
		return '\t', nil
	case len(text) == 1 && text[0] >= ' ' && text[0] < 0x7f && text[0] != '"', text == "\t":
		return text[0], nil
	default:
		return 0, fmt.Errorf("--delimiter: %.80q is not one character: want , or ; or | or tab", text)
	}
}

// parseSize reads a number of bytes, such as 64MiB.
func parseSize(text string) (int64, error) {
	const most = 64 << 30
	number := strings.TrimRight(text, "KMGiBkmgb")
	unit := int64(1)
	switch strings.ToUpper(strings.TrimSuffix(strings.TrimSuffix(text[len(number):], "B"), "i")) {
	case "":
	case "K":
		unit = 1 << 10
	case "M":
		unit = 1 << 20
	case "G":
		unit = 1 << 30
	default:
		unit = 0
	}
	n, err := strconv.ParseInt(strings.TrimSpace(number), 10, 64)
	if err != nil || unit == 0 || n < 0 || n > most/unit || n*unit < eventlog.MinMemory {
		return 0, fmt.Errorf("--memory: %.80q is not a size between 1MiB and 64GiB, such as 256MiB", text)
	}
	return n * unit, nil
}

func checkEndpoint(endpoint string) error {
	if endpoint == "" {
		return nil
	}
	u, err := url.Parse(endpoint)
	switch {
	case err != nil || u.Host == "" || (u.Scheme != "http" && u.Scheme != "https"):
		return fmt.Errorf("--otlp: %.200q is no endpoint for OTLP over HTTP: want http://host:4318 or https://…; OTLP over gRPC, port 4317, is not spoken here", endpoint)
	case u.User != nil || u.RawQuery != "" || u.Fragment != "":
		return errors.New("--otlp: want a scheme, a host and at most a path; headers, such as those that authenticate, come from OTEL_EXPORTER_OTLP_HEADERS")
	}
	return nil
}
