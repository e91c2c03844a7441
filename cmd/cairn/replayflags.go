package main

import (
	"cmp"
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"net/url"
	"os"
	"slices"
	"strconv"
	"strings"
	"time"
	_ "time/tzdata" // so that --tz works on machines without a time zone database
	"unicode"
	"unicode/utf8"

	"cairncx.dev/cairn/cmd/cairn/internal/eventlog"
	"cairncx.dev/cairn/cx/blueprint"
	"cairncx.dev/cairn/cx/event"
)

// replaySettings holds the values of the flags of replay.
type replaySettings struct {
	blueprint string
	columns   eventlog.Columns
	delimiter byte
	location  *time.Location
	guessed   bool // --tz is not set, so location is UTC
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
	contacts  bool              // judge the contacts of the log
	window    time.Duration     // without a contact, after which an effort is over; 0 is the client's default
	archive   string            // a new file for the events, or ""
	players   int               // 0 means one for each core
	also      []event.Processor // hear of every event, beside the report
	said      saidFlags

	bp      *blueprint.Blueprint // see load
	bpFault error
	loaded  bool
}

// replayTexts holds the texts of the flags that complete parses.
type replayTexts struct{ columns, delimiter, tz, from, until, allow, memory string }

const replayArguments = `BLUEPRINT LOG…

Replays past event logs through Cairn, each event at its own time, and reports on the journeys. The
BLUEPRINT is a .yaml file; --blueprint may name it, too. A LOG is a CSV file, or a file of Cairn's own
events as JSON lines (.jsonl). Either may be compressed with gzip, and - is the standard input. log: of
the blueprint says how a CSV file is read, and flags such as --map override it: cairn init writes that
part. Each activity is the name of a touchpoint of the blueprint, unless log.activities say otherwise.

--feedback takes in what customers said elsewhere, also without a LOG: reviews, posts, letters, and
answers to surveys. It is a CSV file, or JSON objects on a line each, with these columns or keys:

  time                                      when it was said; the rest may be missing
  id, source, address, reply_to             where it is: its ID at the source, and where an answer goes
  text, language, nature, sentiment         nature: complaint, compliment, question or suggestion
  stars, reach, causes                      causes: with ; or | between
  survey, score                             of an answer to a survey; a row without them is a mention
  customer, segment, channel, journey, run  whose it is, and about what
  consent_version, consent_text,            the text to which the customer agreed who lets the company
  consent_language, consent_time            show the words

Texts are redacted. A row has the same ID whenever it is read, so that it counts once, and --archive
may name an archive to add to. Give the LOG too, if the report is to have the journeys.

The exit code is 0 when the log was replayed, 1 when there is no report, 2 when the command line is
wrong, and 3 when there is a report but more rows than --allow permits were rejected or have a name
that is not in the blueprint.
`

// replayUsage returns the flags and the explanation of the command.
func replayUsage() *usage { return replayFlags(&replaySettings{}, &replayTexts{}) }

// replayFlags returns the flags, which write to s and t.
func replayFlags(s *replaySettings, t *replayTexts) *usage {
	flags := newUsage("replay", replayArguments)
	logFlags(flags, s, t)
	flags.StringVar(&t.from, "from", "", "count the runs that began at this `TIME` or later; a date stands for the whole day")
	flags.StringVar(&t.until, "until", "", "count the runs that began at this `TIME` or earlier; a date stands for the whole day. If it is later than the last row, runs are followed until then")
	flags.StringVar(&s.otlp, "otlp", "", "send the journeys' spans and log events to this OTLP/HTTP `ENDPOINT`, such as http://localhost:4318")
	flags.StringVar(&s.archive, "archive", "", "keep the events in a new SQLite archive, the `FILE`, for queries in SQL; its tables are those of exporters/sqlarchive")
	flags.DurationVar(&s.window, "effort-window", defaultEffortWindow, "the `TIME` without a further contact of the customer about the intent after which an effort is over")
	s.said.flags(flags.FlagSet)
	flags.BoolVar(&s.json, "json", false, "print the report as JSON")
	return flags
}

// logFlags adds the flags that say how a log is read and played, which several commands have.
func logFlags(flags *usage, s *replaySettings, t *replayTexts) {
	s.window = defaultEffortWindow // for a command without the flag
	readFlags(flags, s, t)
	flags.StringVar(&t.allow, "allow", defaultAllowed, "`LIST` of what is allowed before the exit code becomes 3: a percentage of the rows, unknown for any number of unknown names, rejected for any number of rejected rows")
	flags.StringVar(&s.keyFile, "customer-key-file", "", "`FILE` with the key for hashing customer IDs; without it the replay does not use them")
	flags.BoolVar(&s.strict, "strict", false, "stop at the first row that cannot be read, or has a name that is not in the blueprint")
}

// readFlags adds the flags that say how a log is read.
func readFlags(flags *usage, s *replaySettings, t *replayTexts) {
	flags.StringVar(&s.blueprint, "blueprint", "", "`FILE` with the journeys and touchpoints to measure the log against")
	flags.StringVar(&s.blueprint, "b", "", "the same `FILE`")
	flags.StringVar(&t.columns, "map", "", "the `COLUMNS` of a CSV log in place of those of the blueprint's log: case=COLUMN,activity=COLUMN,time=COLUMN and, if the log has them, channel=, customer=, outcome=, for contacts by the company direction= (inbound or outbound) and purpose=, for contacts with people wait=, talk=, hold=, wrap=, group=, resource= and intent=, and attr.KEY= for a column that travels as the attribute KEY")
	flags.StringVar(&t.delimiter, "delimiter", "", "the `CHARACTER` that separates the columns of a CSV log: a comma, ;, | or tab (default the one of the blueprint's log, else the one that finds the columns in the header)")
	flags.StringVar(&t.tz, "tz", "", "time `ZONE` of times without an offset, such as Europe/Amsterdam or Local (default the one of the blueprint's log, else UTC)")
	s.written.flags(flags.FlagSet, "the one of the blueprint's log, else ")
	flags.StringVar(&t.memory, "memory", "256MiB", "approximate `SIZE` of the memory for sorting; sorting continues on disk beyond it")
	flags.StringVar(&s.tmp, "tmp", "", "`FOLDER` for temporary files (default the system's)")
}

// parseReplay parses the flags. If the command has to end after that, parseReplay returns done and the exit code.
func parseReplay(c *env, args []string) (s *replaySettings, code int, done bool) {
	s = &replaySettings{}
	t := &replayTexts{}
	if s.files, code, done = parseMixed(c, replayFlags(s, t), args); done {
		return nil, code, true
	}
	if err := s.complete(t); err != nil {
		_, _ = fmt.Fprintf(c.stderr, "cairn replay: %v\nRun cairn replay --help for its usage.\n", err)
		return nil, exitUsage, true
	}
	return s, 0, false
}

// noFile names the first of the files that is not there: an archive with a slip in its name is taken for a log, which needs a blueprint.
func noFile(names []string) error {
	for _, name := range names {
		if name == eventlog.Stdin || isURL(name) {
			continue
		}
		if _, err := os.Stat(name); errors.Is(err, fs.ErrNotExist) {
			return fmt.Errorf("%q: there is no such file", name)
		}
	}
	return nil
}

// complete parses the texts of the flags. Its error reports all faults of the command line.
func (s *replaySettings) complete(t *replayTexts) error {
	s.takeBlueprint()
	var faults []error
	fault := func(err error) {
		if err != nil {
			faults = append(faults, err)
		}
	}
	if s.blueprint == "" {
		fault(noFile(s.files))
		fault(errors.New("the blueprint is missing: name the .yaml file to measure the log against first, or with --blueprint"))
	}
	if len(s.files) == 0 && len(s.said.files) == 0 {
		fault(errors.New("no log is named: name one or more files, or - for the standard input"))
	}
	if i := slices.Index(s.files, eventlog.Stdin); i >= 0 && slices.Contains(s.files[i+1:], eventlog.Stdin) {
		fault(errors.New("the standard input, -, is named twice and can be read only once: remove one"))
	}
	fault(s.completeReading(t))
	var err error
	s.memory, err = parseSize(t.memory)
	fault(err)
	s.period, err = parsePeriod(t.from, t.until, s.location)
	fault(err)
	s.allow, err = parseAllow(t.allow)
	fault(err)
	if s.window <= 0 || s.window > maxEffortWindow {
		fault(fmt.Errorf("--effort-window %v: write a time of more than 0 and at most %v", s.window, maxEffortWindow))
	}
	fault(checkEndpoint(s.otlp))
	return errors.Join(faults...)
}

// completeReading parses the texts of the flags that say how a log is read, and completes them with the log of the blueprint. A
// blueprint that cannot be read is reported when it is used.
func (s *replaySettings) completeReading(t *replayTexts) error {
	var errs [6]error
	s.columns, errs[0] = parseColumns(t.columns)
	s.delimiter, errs[1] = parseDelimiter(t.delimiter)
	s.guessed = t.tz == ""
	if s.location, errs[2] = time.LoadLocation(cmp.Or(t.tz, "UTC")); errs[2] != nil {
		errs[2] = fmt.Errorf("--tz: the time zone %.80q is unknown: write UTC, Local or a name such as Europe/Amsterdam", t.tz)
	}
	errs[3] = s.written.complete()
	errs[4] = s.said.complete(s)
	if err := errors.Join(errs[:]...); err != nil {
		return err
	}
	if s.blueprint != "" {
		if bp, err := s.load(); err == nil {
			errs[5] = s.takeLog(bp.Log, t)
		}
	}
	if errs[5] == nil && t.columns != "" {
		errs[5] = missingColumn(&s.columns)
	}
	return errs[5]
}

// parseColumns parses case=COLUMN,activity=COLUMN,…. A column with a comma in its name is in quotes, as in CSV:
// "case=Case, number",activity=…. It accepts that a required column is missing: see missingColumn.
func parseColumns(text string) (eventlog.Columns, error) {
	var c eventlog.Columns
	if text == "" {
		return c, nil
	}
	r := csv.NewReader(strings.NewReader(text))
	pairs, err := r.Read()
	if err == nil {
		if _, more := r.Read(); !errors.Is(more, io.EOF) {
			err = errors.New("it contains a line break: write it on one line")
		}
	}
	if err != nil {
		return c, fmt.Errorf("--map: %w", err)
	}
	fields := columnFields(&c)
	into := make(map[string]*string, len(fields))
	keys := make([]string, 0, len(fields)+1)
	for _, f := range fields {
		into[f.key] = f.field
		keys = append(keys, f.key)
	}
	keys = append(keys, attributePrefix+"KEY")
	for _, pair := range pairs {
		key, column, ok := strings.Cut(pair, "=")
		key = strings.TrimSpace(key)
		if name, is := strings.CutPrefix(key, attributePrefix); is {
			if err := addAttribute(&c, name, column); err != nil {
				return c, err
			}
			continue
		}
		field := into[key]
		switch {
		case field == nil:
			return c, fmt.Errorf("--map: %.80q is not one of %s%s", key, strings.Join(keys, ", "), meant(key, keys))
		case !ok || column == "":
			return c, fmt.Errorf("--map: %s= needs the name of a column", key)
		case *field != "":
			return c, fmt.Errorf("--map: %s= occurs twice: remove one", key)
		}
		*field = column
	}
	return c, nil
}

// attributePrefix precedes the key of an attribute in --map.
const attributePrefix = "attr."

// addAttribute adds attr.KEY=COLUMN. Cairn's own attributes have keys that begin with cx., and replace others with these keys.
func addAttribute(c *eventlog.Columns, key, column string) error {
	switch {
	case key == "" || len(key) > event.MaxName || !utf8.ValidString(key) || strings.ContainsFunc(key, unicode.IsControl):
		return fmt.Errorf("--map: attr.%.80q needs a key of 1 to %d bytes of printable UTF-8, such as attr.team=team", key, event.MaxName)
	case strings.HasPrefix(key, "cx."):
		return fmt.Errorf("--map: attr.%s: keys that begin with cx. are Cairn's own: choose another one", key)
	case column == "":
		return fmt.Errorf("--map: attr.%s= needs the name of a column", key)
	case slices.ContainsFunc(c.Attributes, func(a eventlog.Attribute) bool { return a.Key == key }):
		return fmt.Errorf("--map: attr.%s= occurs twice: remove one", key)
	case len(c.Attributes) == event.MaxAttributes:
		return fmt.Errorf("--map: attr.%s= is one attribute too many: an event has at most %d", key, event.MaxAttributes)
	}
	c.Attributes = append(c.Attributes, eventlog.Attribute{Key: key, Column: column})
	return nil
}

// meant returns a hint with the known word that was probably meant, or "".
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
		return 0, fmt.Errorf("--delimiter: %.80q is not one character: write , or ; or | or tab", text)
	}
}

// parseSize parses a number of bytes, such as 64MiB.
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
		return 0, fmt.Errorf("--memory: %.80q is not a size between 1MiB and 64GiB: write one such as 256MiB", text)
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
		return fmt.Errorf("--otlp: %.200q is not an OTLP/HTTP endpoint: write http://host:4318 or https://…; OTLP over gRPC (port 4317) is not supported", endpoint)
	case u.User != nil || u.RawQuery != "" || u.Fragment != "":
		return errors.New("--otlp: the endpoint has credentials, a query or a fragment: write a scheme, a host and at most a path, and set headers such as credentials in OTEL_EXPORTER_OTLP_HEADERS")
	}
	return nil
}
