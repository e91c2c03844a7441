package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"runtime/debug"
	"slices"
	"strings"
	"time"

	"cairncx.dev/cairn/cmd/cairn/internal/report"
	"cairncx.dev/cairn/cx/event"
	"cairncx.dev/cairn/cx/slo"
	"cairncx.dev/cairn/cx/slo/backtest"
	"cairncx.dev/cairn/cx/slo/rules"
)

const backtestArguments = `BLUEPRINT LOG…

Says when each alert of the blueprint's objectives would have fired, for how long, and how much of the
error budget was gone. It replays the LOG as cairn replay does, and evaluates the rules that cairn
generate writes with Prometheus' own rule engine, at every step of the past.

The alerts are those of the log's last 90 days, or of --from and --until. Earlier events of the log fill
the windows that reach back.

The exit code is 0 when there is a report, 1 when there is none, 2 when the command line is wrong, and 3
when more rows than --allow permits were rejected or have a name that is not in the blueprint.
`

// backtestSettings holds the values of the flags of backtest.
type backtestSettings struct {
	replaySettings

	past         period
	step, scrape time.Duration
}

// backtestTexts holds the texts of the flags that complete parses.
type backtestTexts struct {
	replayTexts

	from, until string
}

func backtestUsage() *usage { return backtestFlags(&backtestSettings{}, &backtestTexts{}) }

func backtestFlags(s *backtestSettings, t *backtestTexts) *usage {
	flags := newUsage("backtest", backtestArguments)
	logFlags(flags, &s.replaySettings, &t.replayTexts)
	flags.StringVar(&t.from, "from", "", "the alerts from this `TIME` on; a date stands for its beginning (default 90 days before the end)")
	flags.StringVar(&t.until, "until", "", "the alerts until this `TIME`; a date stands for its end (default the end of the log)")
	flags.DurationVar(&s.step, "step", 0, "`TIME` between two evaluations of the rules, 1m to 1h (default 5m, or less where an alert looks at less)")
	flags.DurationVar(&s.scrape, "scrape", rules.DefaultScrape, "`TIME` between two scrapes, as for the rules")
	flags.BoolVar(&s.json, "json", false, "print the report as JSON")
	return flags
}

// backtesting runs the command backtest.
func backtesting(ctx context.Context, c *env, args []string) int {
	s, t := &backtestSettings{}, &backtestTexts{}
	var code int
	var done bool
	if s.files, code, done = parseMixed(c, backtestFlags(s, t), args); done {
		return code
	}
	err := s.complete(&t.replayTexts)
	if s.location != nil {
		var wrong error
		s.past, wrong = parsePeriod(t.from, t.until, s.location)
		err = errors.Join(err, wrong)
	}
	if err != nil {
		_, _ = fmt.Fprintf(c.stderr, "cairn backtest: %v\nRun cairn backtest --help for its usage.\n", err)
		return exitUsage
	}
	past, code := hear(ctx, c, "backtest", &s.replaySettings)
	if code != exitOK {
		return code
	}
	rep, err := past.alerts(ctx, s)
	if err == nil {
		err = past.write(c.stdout, rep, &s.replaySettings)
	}
	if err != nil {
		_, _ = fmt.Fprintln(c.stderr, "cairn backtest:", withFlag(err))
		return exitFault
	}
	return past.doubt(c, "backtest", s.allow)
}

// past is what a log says about the objectives of a blueprint.
type past struct {
	objectives []slo.Objective
	counts     *backtest.Counts
	replay     *report.Report
	notes      *notes
	hints      []string // see hint
}

// hear replays the logs and counts the events of the blueprint's objectives. The code is not exitOK if it has reported a fault of the
// command.
func hear(ctx context.Context, c *env, command string, s *replaySettings) (*past, int) {
	fault := func(err error) (*past, int) {
		_, _ = fmt.Fprintln(c.stderr, err)
		return nil, exitFault
	}
	bp, err := s.load()
	if err != nil {
		return fault(errors.New(blueprintFault(command, err)))
	}
	p := &past{objectives: bp.AllObjectives(), notes: newNotes(c.stderr, bp, s.strict)}
	if len(p.objectives) == 0 {
		return fault(fmt.Errorf("cairn %s: %s: the blueprint has no objectives: add one under objectives", command, s.blueprint))
	}
	p.counts = backtest.NewCounts(p.objectives)
	s.also = []event.Processor{p.counts}
	p.replay, err = replayLog(ctx, s, bp, c.stdin, p.notes)
	p.notes.finish(err == nil)
	if err == nil {
		err = empty(p.replay)
	}
	if err != nil {
		return fault(fmt.Errorf("cairn %s: %w", command, err))
	}
	if at := &p.replay.Period; at.LogFirst != nil && at.Followed != nil {
		p.counts.Cover(*at.LogFirst, *at.Followed)
		p.hint(bp, s)
	}
	return p, exitOK
}

// garbage is how much garbage there may be beside what is in use, in percent.
const garbage = 400

// alerts evaluates the rules.
func (p *past) alerts(ctx context.Context, s *backtestSettings) (*backtest.Report, error) {
	until := s.past.until
	if !until.IsZero() {
		until = until.Add(time.Nanosecond) // a date stands for the whole day
	}
	if os.Getenv("GOGC") == "" { // the rule engine makes much garbage, and little of it is large
		defer debug.SetGCPercent(debug.SetGCPercent(garbage))
	}
	rep, err := backtest.Run(ctx, p.counts, backtest.WithPeriod(s.past.from, until), backtest.WithStep(s.step), backtest.WithScrape(s.scrape),
		backtest.WithLocation(s.location), backtest.WithProgress(func(done, total int) {
			p.notes.progress("Evaluating the rules", int64(done), int64(total))
		}))
	p.notes.mu.Lock()
	p.notes.bar.Clear()
	p.notes.mu.Unlock()
	return rep, err
}

// withFlag adds to an error of the backtest the flag that remedies it.
func withFlag(err error) error {
	text := strings.TrimPrefix(err.Error(), "backtest: ")
	if errors.Is(err, backtest.ErrEmpty) {
		text += ", by --from and --until"
	}
	return errors.New(text) //nolint:err113 // a message for the user
}

// write writes the report, as text or as JSON.
func (p *past) write(w io.Writer, rep *backtest.Report, s *replaySettings) error {
	head := report.PastHead{Files: p.replay.Files, Blueprint: s.blueprint, Location: s.location, Hints: p.hints}
	if !s.json {
		return report.WritePast(w, rep, head, textWidth(w, os.Getenv("COLUMNS")))
	}
	if err := report.JSON(w, struct {
		Title     string   `json:"title"`
		Verdict   string   `json:"verdict"`
		Hints     []string `json:"hints,omitempty"`
		Blueprint string   `json:"blueprint"`
		Files     []string `json:"files"`
		*backtest.Report
	}{report.PastTitle, rep.Verdict(), p.hints, s.blueprint, slices.Clone(p.replay.Files), rep}, ""); err != nil {
		return fmt.Errorf("writing the report: %w", err)
	}
	return nil
}

// doubt returns the exit code of a report that was made.
func (p *past) doubt(c *env, command string, a allowance) int {
	if err := a.judge(p.replay); err != nil {
		_, _ = fmt.Fprintf(c.stderr, "cairn %s: %v\n", command, err)
		return exitDoubt
	}
	return exitOK
}
