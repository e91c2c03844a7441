package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"slices"
	"strings"

	"cairncx.dev/cairn/cx/insight"
	"cairncx.dev/cairn/cx/insight/report"
)

const reportArguments = `[BLUEPRINT] SOURCE…

Says on one page how customers fared in a period: whether promises were kept, and whether that is better or
worse than before by more than chance; what is open and breaks its promise by Friday; where the time goes;
which groups lag; what was taken up again; what customers say; what goes with it, and what to mend first.

It prints fifteen lines. --html writes the page with its pictures into one file, which prints well.

The period is that of --week, --month, or --from and --until; a date of --until is the last day that counts.
Without one it is the last whole --period that has ended. A promise belongs to the period in which it falls
due. The report is of the end of its period, unless --at says otherwise: a report of a past week is what it
was at the end of that week.

`

// reportSettings holds the values of the flags of report.
type reportSettings struct {
	tableSettings

	period, title             string
	html, markdown, csv, mail string
	json                      bool
	trend                     int
}

func reportUsage() *usage { return reportFlags(&reportSettings{}, &tableTexts{}) }

func reportFlags(s *reportSettings, t *tableTexts) *usage {
	flags := newUsage("report", reportArguments+sourceArguments+"\n"+columnArguments)
	tableFlags(flags, &s.tableSettings, t)
	for name, usage := range map[string]string{
		"from":  "the beginning of the period, a `TIME`; a date stands for the whole day",
		"until": "the end of the period, a `TIME`; a date stands for the whole day",
		"week":  "the period is this `WEEK`, Monday to Sunday: 2026-W10, or any of its days",
		"month": "the period is this `MONTH`, such as 2026-03",
		"by":    "tell groups apart by these `COLUMNS`, with commas between (default team,channel)",
		"at":    "report as of this `TIME`; a date stands for the end of that day (default the end of the period)",
	} {
		flags.Lookup(name).Usage = usage
	}
	flags.StringVar(&t.compare, "compare", "previous", "compare with the period before, and with a year ago: `previous`, or none")
	flags.StringVar(&s.period, "period", "week", "without a period, report on the last whole `UNIT` that has ended: day, week, month, quarter or year")
	flags.IntVar(&s.trend, "trend", 12, "the `NUMBER` of periods of the trend, 2 to 60")
	flags.StringVar(&s.title, "title", "", "the `NAME` of the report (default Customer report)")
	flags.StringVar(&s.html, "html", "", "write the page with its pictures to this `FILE`, - to print it")
	flags.StringVar(&s.markdown, "markdown", "", "write the report as Markdown to this `FILE`, - to print it")
	flags.StringVar(&s.csv, "csv", "", "write the numbers as CSV, one a row, to this `FILE`, - to print it")
	flags.StringVar(&s.mail, "mail", "", "write the page as an e-mail shows it, without pictures in SVG, to this `FILE`, - to print it")
	flags.BoolVar(&s.json, "json", false, "print the report as JSON instead of the fifteen lines")
	return flags
}

// reporting runs the command report.
func reporting(ctx context.Context, c *env, args []string) int {
	s, t := &reportSettings{}, &tableTexts{}
	u := reportFlags(s, t)
	var code int
	var done bool
	if s.files, code, done = parseMixed(c, u, args); done {
		return code
	}
	want, err := s.complete(t)
	if err != nil {
		return misused(c, u, err.Error())
	}
	r, doubt, err := s.make(ctx, c, want)
	if err == nil {
		err = s.write(c.stdout, r)
	}
	switch {
	case errors.Is(err, report.ErrSettings) || errors.Is(err, insight.ErrWhich):
		return misused(c, u, err.Error())
	case err != nil:
		_, _ = fmt.Fprintln(c.stderr, blueprintFault("report", err))
		return exitFault
	case doubt != nil:
		_, _ = fmt.Fprintln(c.stderr, "cairn report:", doubt)
		return exitDoubt
	}
	return exitOK
}

// The faults of a period.
var (
	errCompared = errors.New("write previous or none")
	errHalf     = errors.New("a report needs both ends of its period: set --from and --until")
)

// complete parses the texts of the flags, and returns the settings of the report without its columns.
func (s *reportSettings) complete(t *tableTexts) (want report.Settings, err error) {
	compare := t.compare
	t.compare = ""
	faults := []error{s.completeTable(t)}
	if want.Period, err = report.ParseKind(s.period); err != nil {
		faults = append(faults, fmt.Errorf("--period %.80q: write day, week, month, quarter or year%s", s.period, meant(s.period, []string{"day", "week", "month", "quarter", "year"})))
	}
	if compare != "previous" && compare != "none" {
		faults = append(faults, fmt.Errorf("--compare %.80q: %w%s", compare, errCompared, meant(compare, []string{"previous", "none"})))
	}
	faults = append(faults, s.toStdout(), s.toFiles())
	w := &s.which
	if w.From.IsZero() != w.Until.IsZero() {
		faults = append(faults, errHalf)
	}
	want.Title, want.From, want.Until, want.At, want.Zone = s.title, w.From, w.Until, s.at, s.location
	want.Alone, want.Journey, want.Where, want.Trend = compare == "none", w.Journey, w.Where, s.trend
	want.Namespace = w.Namespace
	if len(s.by) > 0 {
		want.By = s.by
	}
	return want, errors.Join(faults...)
}

// make loads the table and makes the report. Doubt is why the numbers are in doubt.
func (s *reportSettings) make(ctx context.Context, c *env, want report.Settings) (r *report.Report, doubt, err error) {
	o, err := openTable(ctx, c, &s.tableSettings, "report")
	if err != nil {
		return nil, nil, err
	}
	defer func() { err = errors.Join(err, o.Close()) }()
	if err := s.knowsNames(o.Blueprint, ""); err != nil {
		return nil, nil, err
	}
	r, err = report.Make(ctx, o.Table, insight.Everything(), want)
	return r, o.Doubt(), err
}

// write prints the report, and writes the files that the command line names.
func (s *reportSettings) write(stdout io.Writer, r *report.Report) error {
	printed := false
	for i, write := range []func(io.Writer) error{r.HTML, r.Markdown, r.CSV, r.MailHTML} {
		switch name := s.forms()[i].name; name {
		case "":
		case "-":
			printed = true
			if err := write(stdout); err != nil {
				return err
			}
		default:
			var b bytes.Buffer
			if err := write(&b); err != nil {
				return err
			}
			if err := putFile(name, b.Bytes()); err != nil {
				return err
			}
		}
	}
	switch {
	case s.json:
		return r.JSON(stdout)
	case printed:
		return nil
	default:
		return r.Text(stdout, textWidth(stdout, os.Getenv("COLUMNS")))
	}
}

// toStdout returns an error if several forms are to be printed.
func (s *reportSettings) toStdout() error {
	var forms []string
	for _, f := range s.forms() {
		if f.name == "-" {
			forms = append(forms, f.flag)
		}
	}
	if s.json {
		forms = append(forms, "--json")
	}
	if len(forms) > 1 {
		return fmt.Errorf("%s are all to be printed: give all but one of them a file", strings.Join(forms, " and "))
	}
	return nil
}

// form is a flag that writes the report in one form, and the file that it names.
type form struct{ flag, name string }

func (s *reportSettings) forms() [4]form {
	return [...]form{{"--html", s.html}, {"--markdown", s.markdown}, {"--csv", s.csv}, {"--mail", s.mail}}
}

// toFiles returns an error if a form would be written over what the command reads, or over another form.
func (s *reportSettings) toFiles() error {
	forms := s.forms()
	inputs := slices.Concat(s.files, s.said.files, []string{s.blueprint, s.keyFile})
	var faults []error
	for i, f := range forms {
		if f.name == "" || f.name == "-" {
			continue
		}
		for _, in := range inputs {
			if in != "" && in != "-" && sameFile(f.name, in) {
				faults = append(faults, fmt.Errorf("%s %.80q: the command reads this file: give the report another one", f.flag, f.name)) //nolint:err113 // no caller branches on it
			}
		}
		for _, other := range forms[:i] {
			if other.name != "" && other.name != "-" && sameFile(f.name, other.name) {
				faults = append(faults, fmt.Errorf("%s and %s are the same file: give each form one of its own", other.flag, f.flag)) //nolint:err113 // no caller branches on it
			}
		}
	}
	return errors.Join(faults...)
}
