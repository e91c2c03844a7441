package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"math/big"
	"os"
	"slices"
	"strings"
	"time"

	"cairncx.dev/cairn/cmd/cairn/internal/eventlog"
	"cairncx.dev/cairn/cmd/cairn/internal/logcheck"
	"cairncx.dev/cairn/cmd/cairn/internal/series"
	"cairncx.dev/cairn/cx/blueprint"
	"cairncx.dev/cairn/cx/event"
)

const checkArguments = `BLUEPRINT LOG…

Says whether a past event log fits a blueprint, before you rest a number on it: activities that are no
touchpoints, runs that never end or go on after their end, times that cannot be right, rows that occur
twice, and columns without a value. Each finding says how many there are, on which line an example is,
and what to do. The LOG is any file that cairn replay reads, and log: of the blueprint says how.

A finding fails the check if it is about more than --allow of the rows, runs or cases: 1%%. The kinds of
findings that may fail it are %s.

The exit code is 0 when the log fits, 1 when it cannot be checked, 2 when the command line is wrong, and
3 when a finding is about more than --allow permits.
`

// checkSettings holds the values of the flags of check.
type checkSettings struct {
	replaySettings

	kinds map[logcheck.Kind]bool // that are allowed in any number
	most  *big.Rat               // percentage
	now   time.Time              // tests set it
}

func checkUsage() *usage {
	return checkFlags(&checkSettings{}, &replayTexts{}, new(string))
}

func checkFlags(s *checkSettings, t *replayTexts, allow *string) *usage {
	flags := newUsage("check", fmt.Sprintf(checkArguments, strings.Replace(kindsText(), "goes_on", "\ngoes_on", 1)))
	s.window, t.allow = defaultEffortWindow, defaultAllowed
	readFlags(flags, &s.replaySettings, t)
	flags.StringVar(allow, "allow", defaultAllowed, "`LIST` of what is allowed before the exit code becomes 3: a percentage, and kinds of findings, each in any number")
	flags.BoolVar(&s.json, "json", false, "print the findings as JSON")
	return flags
}

// kindsText lists the kinds that may fail a check.
func kindsText() string {
	list := logcheck.Counted()
	names := make([]string, len(list))
	for i, k := range list {
		names[i] = string(k)
	}
	last := len(names) - 1
	return strings.Join(names[:last], ", ") + " and " + names[last]
}

// check runs the command check.
func check(ctx context.Context, c *env, args []string) int {
	s, t, allow := &checkSettings{now: time.Now()}, &replayTexts{}, ""
	u := checkFlags(s, t, &allow)
	var code int
	var done bool
	if s.files, code, done = parseMixed(c, u, args); done {
		return code
	}
	if err := errors.Join(s.complete(t), s.completeAllow(allow)); err != nil {
		return misused(c, u, err.Error())
	}
	bp, err := s.load()
	if err != nil {
		_, _ = fmt.Fprintln(c.stderr, blueprintFault("check", err))
		return exitFault
	}
	n := newNotes(c.stderr, bp, false)
	r, err := s.checkLog(ctx, bp, c.stdin, n)
	n.finish(err == nil)
	if err == nil {
		err = s.write(c.stdout, r)
	}
	if err != nil {
		_, _ = fmt.Fprintln(c.stderr, "cairn check:", err)
		return exitFault
	}
	if err := s.judge(r); err != nil {
		_, _ = fmt.Fprintln(c.stderr, "cairn check:", err)
		return exitDoubt
	}
	return exitOK
}

// completeAllow parses --allow.
func (s *checkSettings) completeAllow(text string) error {
	s.kinds = map[logcheck.Kind]bool{}
	for part := range strings.SplitSeq(text, ",") {
		part = strings.TrimSpace(part)
		if k := logcheck.Kind(part); slices.Contains(logcheck.Counted(), k) {
			s.kinds[k] = true
			continue
		}
		percent, err := parseAllow(part)
		if err != nil || percent.unknown || percent.rejected {
			names := strings.Fields(strings.NewReplacer(",", "", " and ", " ").Replace(kindsText()))
			return fmt.Errorf("--allow: %.80q is neither a percentage, such as 5%%, nor one of %s%s", part, kindsText(), meant(part, names))
		}
		if s.most != nil {
			return errors.New("--allow: there are two percentages: write one")
		}
		s.most = percent.percent
	}
	if s.most == nil {
		s.most = allowance{}.orDefault().percent
	}
	return nil
}

// fails reports whether the finding is about more than is allowed.
func (s *checkSettings) fails(f *logcheck.Finding) bool {
	if f.Note || s.kinds[f.Kind] {
		return false
	}
	limit := new(big.Rat).Mul(s.most, new(big.Rat).SetInt64(f.Of))
	return new(big.Rat).SetInt64(100*f.N).Cmp(limit) > 0
}

// judge returns an error with the remedy if a finding fails the check.
func (s *checkSettings) judge(r *logcheck.Result) error {
	var failed, all []string
	for k := range s.kinds {
		all = append(all, string(k))
	}
	slices.Sort(all)
	for i := range r.Findings {
		if f := &r.Findings[i]; s.fails(f) {
			failed = append(failed, f.Title)
			all = append(all, string(f.Kind))
		}
	}
	if len(failed) == 0 {
		return nil
	}
	percent := strings.TrimRight(strings.TrimRight(s.most.FloatString(6), "0"), ".")
	return fmt.Errorf("above %s%%: %s. Do what the findings say, or set --allow %s", percent, strings.Join(failed, "; "), strings.Join(all, ","))
}

// checkLog reads the log and returns what is dubious in it.
func (s *checkSettings) checkLog(ctx context.Context, bp *blueprint.Blueprint, stdin io.Reader, n *notes) (r *logcheck.Result, err error) {
	spool := series.NewSpool(s.tmp, 0)
	defer func() { err = errors.Join(err, spool.Close()) }()
	files, in, done, err := archived(ctx, s.files, stdin)
	if err != nil {
		return nil, err
	}
	defer done()
	cfg := s.logConfig(bp, n)
	h := &heardOf{notes: n, names: files}
	cfg.Places, cfg.Channel, cfg.Bad = true, h.channel, h.bad
	log, err := eventlog.Open(ctx, cfg, files, in)
	if err != nil {
		return nil, explain(err)
	}
	defer func() { err = errors.Join(err, log.Close()) }()
	l := newLogRows(s, bp, log, spool)
	if err := l.read(n); err != nil {
		return nil, err
	}
	h.tell(l.checker)
	if s.guessed {
		n.readAsUTC(log.ReadAsUTC())
	}
	if r, err = l.checker.Result(); err != nil {
		return nil, err
	}
	if r.Rows == 0 {
		return nil, errors.New("the log is empty: it has no row below the header and no event: name another file")
	}
	return r, nil
}

// write writes the findings, as text or as JSON.
func (s *checkSettings) write(w io.Writer, r *logcheck.Result) error {
	if s.json {
		return s.writeJSON(w, r)
	}
	_, err := io.WriteString(w, legibly(s.text(r, textWidth(w, os.Getenv("COLUMNS")))))
	return err //nolint:wrapcheck // check adds the context
}

// stepEnds reports whether the touchpoint ends its journey with that outcome of the interaction.
func stepEnds(t *blueprint.Touchpoint, o event.Outcome) bool {
	return t.Ends != "" && (o == 0 || o == event.OK || o == event.Degraded)
}
