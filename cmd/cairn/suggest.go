package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"time"

	"cairncx.dev/cairn/cmd/cairn/internal/ratchet"
	"cairncx.dev/cairn/cmd/cairn/internal/report"
)

const suggestArguments = `BLUEPRINT LOG…

Suggests higher targets for the blueprint's objectives. A target can be higher if the last two full
windows of the log were both better: the lower limit of the share of good events, one-sided at 95%
after Wilson, lies above the target in each of them. The suggestion is the highest target that both
lower limits reach, in steps of half a point up to 99%, and then 99.5%, 99.9%, 99.95%, 99.99% and so
on. It is never 100%. A person decides: the command changes nothing.

The exit code is 0 when there is a report, also without a suggestion, 1 when there is none, 2 when the
command line is wrong, and 3 when more rows than --allow permits were rejected or have a name that is
not in the blueprint.
`

func suggestUsage() *usage { return suggestFlags(&replaySettings{}, &replayTexts{}) }

func suggestFlags(s *replaySettings, t *replayTexts) *usage {
	flags := newUsage("suggest", suggestArguments)
	logFlags(flags, s, t)
	flags.StringVar(&t.until, "until", "", "the windows up to this `TIME`; a date stands for its end (default the end of the log)")
	flags.BoolVar(&s.json, "json", false, "print the report as JSON")
	return flags
}

// suggest runs the command suggest.
func suggest(ctx context.Context, c *env, args []string) int {
	s, t := &replaySettings{}, &replayTexts{}
	var code int
	var done bool
	if s.files, code, done = parseMixed(c, suggestFlags(s, t), args); done {
		return code
	}
	if err := s.complete(t); err != nil {
		_, _ = fmt.Fprintf(c.stderr, "cairn suggest: %v\nRun cairn suggest --help for its usage.\n", err)
		return exitUsage
	}
	until := s.period.until
	s.period = period{} // the runs of all times count
	past, code := hear(ctx, c, "suggest", s)
	if code != exitOK {
		return code
	}
	at := &past.replay.Period
	if at.LogFirst == nil || at.LogLast == nil {
		_, _ = fmt.Fprintln(c.stderr, "cairn suggest: the log has no event: name another file")
		return exitFault
	}
	end := at.LogLast.Add(time.Millisecond) // a window ends before its end, and the last event counts: counts know milliseconds
	if !until.IsZero() {
		end = until.Add(time.Nanosecond) // a date stands for the whole day
	}
	list := ratchet.Suggest(past.objectives, past.counts.Between, *at.LogFirst, end)
	if err := writeSuggestions(c, past, list, s); err != nil {
		_, _ = fmt.Fprintln(c.stderr, "cairn suggest:", err)
		return exitFault
	}
	return past.doubt(c, "suggest", s.allow)
}

// writeSuggestions writes the suggestions, as text or as JSON.
func writeSuggestions(c *env, p *past, list []ratchet.Suggestion, s *replaySettings) error {
	if !s.json {
		head := report.PastHead{Files: p.replay.Files, Blueprint: s.blueprint, Location: s.location, Hints: p.hints}
		return report.WriteSuggestions(c.stdout, list, head, textWidth(c.stdout, os.Getenv("COLUMNS")))
	}
	if err := report.JSON(c.stdout, struct {
		Title      string               `json:"title"`
		Hints      []string             `json:"hints,omitempty"`
		Blueprint  string               `json:"blueprint"`
		Files      []string             `json:"files"`
		Objectives []ratchet.Suggestion `json:"objectives"`
	}{report.SuggestTitle, p.hints, s.blueprint, p.replay.Files, list}, ""); err != nil {
		return errors.Join(errors.New("writing the suggestions"), err)
	}
	return nil
}
