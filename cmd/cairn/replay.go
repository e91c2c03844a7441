package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"slices"
	"time"

	"cairncx.dev/cairn/cmd/cairn/internal/eventlog"
	"cairncx.dev/cairn/cmd/cairn/internal/report"
	"cairncx.dev/cairn/cx/blueprint"
	"cairncx.dev/cairn/cx/event"
)

// measures returns the number of things in the blueprint that a log can be measured against.
func measures(bp *blueprint.Blueprint) int {
	n := len(bp.Journeys) + len(bp.Surveys) + len(bp.FollowUps) + len(bp.Actions) + len(bp.Queues)
	if bp.Breakdowns != nil {
		n++
	}
	return n
}

// replay runs the command replay: it sends past event logs through a client and reports on the journeys.
func replay(ctx context.Context, c *env, args []string) int {
	s, code, done := parseReplay(c, args)
	if done {
		return code
	}
	bp, err := s.load()
	if err == nil && measures(bp) == 0 && bp.Contact == nil && !s.columns.People.Any() && len(s.said.files) == 0 {
		err = fmt.Errorf("%s: the blueprint has no journeys, surveys, follow-ups, queues or contact policy to measure the log against: add one", s.blueprint)
	}
	if err != nil {
		_, _ = fmt.Fprintln(c.stderr, blueprintFault("replay", err))
		return exitFault
	}
	s.contacts = true
	n := newNotes(c.stderr, bp, s.strict)
	rep, err := replayArchived(ctx, s, bp, c.stdin, n)
	n.finish(err == nil)
	if err == nil {
		err = empty(rep)
	}
	if err == nil {
		if s.json {
			err = rep.WriteJSON(c.stdout)
		} else {
			err = rep.WriteText(c.stdout, textWidth(c.stdout, os.Getenv("COLUMNS")))
		}
	}
	if err != nil {
		_, _ = fmt.Fprintln(c.stderr, "cairn replay:", err)
		return exitFault
	}
	if err := s.allow.judge(rep); err != nil {
		_, _ = fmt.Fprintln(c.stderr, "cairn replay:", err)
		return exitDoubt
	}
	return exitOK
}

// empty returns an error if the report has no events, or nil.
func empty(rep *report.Report) error {
	switch p := &rep.Period; {
	case rep.Events > 0:
		return nil
	case rep.Outside > 0:
		return fmt.Errorf("no run began in the period of --from and --until: choose another period, because the log goes from %s to %s",
			p.LogFirst.Format(time.RFC3339), p.LogLast.Format(time.RFC3339))
	case rep.Rejected > 0:
		return errors.New("no row of the log could be read: correct the rows that are listed above, or set --map and --time-format")
	default:
		return errors.New("the log is empty: it has no row below the header and no event: name another file")
	}
}

// replayLog replays the logs and returns the report.
func replayLog(ctx context.Context, s *replaySettings, bp *blueprint.Blueprint, stdin io.Reader, n *notes) (rep *report.Report, err error) {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	p, err := newPlayers(ctx, s, bp, n)
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, p.close(context.WithoutCancel(ctx))) }()
	cfg := s.logConfig(bp, n)
	cfg.Readers = len(p.list)
	if s.strict && !s.allow.unknown {
		cfg.Check = newVocabulary(bp).check
	}
	files, in, done, err := archived(ctx, s.files, stdin)
	if err != nil {
		return nil, err
	}
	defer done()
	voices, err := s.said.open(ctx, s, bp, n)
	if err != nil {
		return nil, err
	}
	defer voices.close()
	cfg.Converted = voices.readers
	log, err := eventlog.Open(ctx, cfg, slices.Concat(files, s.said.files), in)
	if err != nil {
		return nil, voices.fault(explain(err))
	}
	defer func() { err = errors.Join(err, log.Close()) }()
	if err := p.play(ctx, cancel, log); err != nil {
		return nil, voices.fault(err)
	}
	n.readNotes(log.Notes())
	if s.guessed {
		n.readAsUTC(log.ReadAsUTC())
	}
	if rep, err = p.report(); err != nil {
		return nil, err
	}
	if rep.Contacts, err = p.judge(ctx, bp.ContactPolicy(), n); err != nil {
		return nil, err
	}
	rep.Blueprint, rep.Location, rep.Efforts = s.blueprint, s.location, p.efforts
	for _, name := range slices.Concat(s.files, s.said.files) {
		rep.Files = append(rep.Files, shownName(name))
	}
	p.count(rep, n)
	n.report(rep)
	return rep, nil
}

// logConfig returns how the log is read.
func (s *replaySettings) logConfig(bp *blueprint.Blueprint, n *notes) eventlog.Config {
	return eventlog.Config{
		Columns: s.columns, Delimiter: s.delimiter, Location: s.location,
		Activities: activityNames(bp), Channel: n.channel, Bad: n.bad, Progress: n.progress,
		Memory: s.memory, Dir: s.tmp,
		TimeFormat: s.written.timeFormat, Encoding: s.written.encoding,
	}
}

// explain adds to an error of the log the flag that remedies it.
func explain(err error) error {
	if errors.Is(err, eventlog.ErrNoColumns) {
		return fmt.Errorf("%w: set --map case=COLUMN,activity=COLUMN,time=COLUMN, or write them under log.columns in the blueprint", err)
	}
	return err
}

func touchpointNames(bp *blueprint.Blueprint) []string {
	names := make([]string, len(bp.Touchpoints))
	for i := range bp.Touchpoints {
		names[i] = bp.Touchpoints[i].Name
	}
	return names
}

// channel returns the channel that a spelling stands for. It warns about an unknown spelling, which counts as
// other.
func (n *notes) channel(spelling string) event.Channel {
	if c, ok := n.blueprint.Channel(spelling); ok {
		return c
	}
	n.unknownChannel(spelling)
	return event.OtherChannel
}
