package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"text/tabwriter"
	"time"

	"cairncx.dev/cairn/cmd/cairn/internal/eventlog"
	"cairncx.dev/cairn/cmd/cairn/internal/report"
	"cairncx.dev/cairn/cx/event"
	"cairncx.dev/cairn/touchpoint"
)

// exitOf returns the exit code of an action that has ended with the error.
func exitOf(err error) (int, error) {
	if err != nil {
		return exitFault, err
	}
	return exitOK, nil
}

// importList imports a suppression list.
func importList(ctx context.Context, c *env, s *contactsSettings) (int, error) {
	name, list := "standard input", c.stdin
	if s.file != eventlog.Stdin {
		f, err := os.Open(s.file)
		if err != nil {
			return exitFault, err //nolint:wrapcheck // it names the file
		}
		defer func() { _ = f.Close() }()
		name, list = s.file, f
	}
	opts := []touchpoint.ImportOption{touchpoint.ImportZone(s.location), touchpoint.ImportSource(s.source), touchpoint.ImportDate(s.time)}
	for _, o := range []struct {
		set    bool
		option touchpoint.ImportOption
	}{{s.partial, touchpoint.ImportPartially()}, {s.dry, touchpoint.ImportDry()}, {s.newKey, touchpoint.ImportNewKey()}} {
		if o.set {
			opts = append(opts, o.option)
		}
	}
	var report touchpoint.ImportReport
	err := s.work(ctx, func(ctx context.Context, p *touchpoint.ContactPolicy) (err error) {
		report, err = p.Import(ctx, list, opts...)
		return err
	})
	if wrong := s.told(c, name, &report, err != nil); wrong != nil {
		return exitFault, errors.Join(err, wrong)
	}
	if errors.Is(err, touchpoint.ErrBadRows) && s.partial {
		return exitDoubt, err
	}
	return exitOf(err)
}

// told prints the report of an import. With silent it prints no text if nothing was entered: the error says it all.
func (s *contactsSettings) told(c *env, name string, r *touchpoint.ImportReport, silent bool) error {
	if s.json {
		return writeJSON(c.stdout, struct {
			File string `json:"file"`
			Dry  bool   `json:"dry_run"`
			touchpoint.ImportReport
		}{name, s.dry, *r})
	}
	if silent && r.Added+r.Renewed+r.Known+r.StayLifted == 0 {
		return nil
	}
	what := ""
	if s.dry {
		what = " Nothing was changed: this was a dry run."
	}
	_, wrong := fmt.Fprintf(c.stdout, "%s: %s: %d added, %d renewed, %d already there, %d stay lifted, %d bad.%s\n",
		name, count(r.Rows, "row"), r.Added, r.Renewed, r.Known, r.StayLifted, r.Bad, what)
	if r.First {
		_, _ = fmt.Fprintln(c.stderr, "cairn contacts import: no service has written a record in this store and namespace yet: if services use contact policies already, check --store, --store-prefix and --namespace")
	}
	return wrong //nolint:wrapcheck // of the standard output
}

// showRecord prints one person's record.
func showRecord(ctx context.Context, c *env, s *contactsSettings) (int, error) {
	var r *touchpoint.ContactRecord
	ctx, cancel := context.WithTimeout(ctx, contactsTime)
	defer cancel()
	err := s.work(ctx, func(ctx context.Context, p *touchpoint.ContactPolicy) (err error) {
		r, err = p.Record(ctx, s.subject)
		return err
	})
	if err != nil {
		return exitFault, err
	}
	if s.json {
		return exitOf(writeJSON(c.stdout, r))
	}
	return exitOf(writeRecord(c.stdout, r))
}

// change makes one change of the person's record, and prints what is so now.
func (s *contactsSettings) change(ctx context.Context, c *env, done string, do func(ctx context.Context, p *touchpoint.ContactPolicy) error) (int, error) {
	ctx, cancel := context.WithTimeout(ctx, contactsTime)
	defer cancel()
	err := s.work(ctx, func(ctx context.Context, p *touchpoint.ContactPolicy) error {
		_, err := p.Record(ctx, s.subject) // a wrong key would change another record, without an error
		if err != nil && !errors.Is(err, touchpoint.ErrNoRecord) {
			return err
		}
		missing := err
		if err := do(ctx, p); err != nil {
			return errors.Join(err, missing)
		}
		return nil
	})
	if err == nil {
		_, err = fmt.Fprintln(c.stdout, done)
	}
	return exitOf(err)
}

func suppressPerson(ctx context.Context, c *env, s *contactsSettings) (int, error) {
	return s.change(ctx, c, "suppressed: "+s.suppressed(), func(ctx context.Context, p *touchpoint.ContactPolicy) error {
		return p.Suppress(ctx, s.subject, s.suppression())
	})
}

func liftSuppression(ctx context.Context, c *env, s *contactsSettings) (int, error) {
	return s.change(ctx, c, "lifted: "+s.suppressed(), func(ctx context.Context, p *touchpoint.ContactPolicy) error {
		return p.Lift(ctx, s.subject, s.suppression(), s.by)
	})
}

func openHold(ctx context.Context, c *env, s *contactsSettings) (int, error) {
	return s.change(ctx, c, "open: "+s.hold, func(ctx context.Context, p *touchpoint.ContactPolicy) error {
		return p.OpenHold(ctx, s.subject, s.hold, s.ref)
	})
}

func closeHold(ctx context.Context, c *env, s *contactsSettings) (int, error) {
	return s.change(ctx, c, "closed: "+s.hold, func(ctx context.Context, p *touchpoint.ContactPolicy) error {
		return p.CloseHold(ctx, s.subject, s.hold, s.ref)
	})
}

func (s *contactsSettings) suppression() touchpoint.Suppression {
	return touchpoint.Suppression{Reason: touchpoint.SuppressionReason(s.reason), Purpose: s.purpose, Channel: s.on, Source: s.source, At: s.time}
}

// suppressed says which suppression was changed.
func (s *contactsSettings) suppressed() string {
	return fmt.Sprintf("%s, %s, %s", s.reason, purposeText(s.purpose), channelText(s.on))
}

func purposeText(purpose string) string {
	if purpose == "" {
		return "every purpose"
	}
	return purpose
}

func channelText(c event.Channel) string {
	if c == 0 {
		return "every channel"
	}
	return c.String()
}

// writeRecord writes the record for people.
func writeRecord(w io.Writer, r *touchpoint.ContactRecord) error {
	tab := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
	say := func(format string, args ...any) { _, _ = fmt.Fprintf(tab, format+"\n", args...) }
	at := func(t time.Time) string { return t.Format(time.RFC3339) }
	say("Person %s", r.Customer)
	section(say, "Consent", len(r.Permits))
	for _, p := range r.Permits {
		said := "withdrawn"
		if p.Given {
			said = "given"
		}
		say("  %s\t%s\t%s %s\t%s", p.Purpose, channelText(p.Channel), said, at(p.At), p.Source)
	}
	section(say, "Suppressions", len(r.Suppressions))
	for _, q := range r.Suppressions {
		lifted := "in force"
		if !q.LiftedAt.IsZero() {
			lifted = fmt.Sprintf("lifted %s by %s", at(q.LiftedAt), q.LiftedBy)
		}
		say("  %s\t%s\t%s\tsince %s\t%s\t%s", q.Reason, purposeText(q.Purpose), channelText(q.Channel), at(q.At), lifted, q.Source)
	}
	section(say, "Contacts that still count", len(r.Contacts))
	for _, k := range r.Contacts {
		used := "asked for"
		if k.Used {
			used = "made"
		}
		say("  %s\t%s\t%s %s\tcounts until %s\t%s", k.Purpose, k.Channel, used, at(k.At), at(k.Until), k.Topic)
	}
	section(say, "Holds", len(r.Holds))
	for _, h := range r.Holds {
		say("  %s\topen since %s\tmatter %s", h.Name, at(h.At), h.Ref)
	}
	sayEfforts(say, r)
	if r.Representative != "" {
		say("\nRepresentative\n  employee %s since %s", r.Representative, at(r.RepresentedSince))
	} else {
		section(say, "Representative", 0)
	}
	return tab.Flush() //nolint:wrapcheck // of the standard output
}

// sayEfforts writes the open matters of the person, if there are any.
func sayEfforts(say func(string, ...any), r *touchpoint.ContactRecord) {
	if len(r.Efforts) > 0 {
		section(say, "Open matters", len(r.Efforts))
	}
	for _, e := range r.Efforts {
		say("  %s\t%d contacts, %d answered\tfrom %s to %s\tkept until %s", e.Intent, e.Contacts, e.Answered,
			e.Began.Format(time.RFC3339), e.Ended.Format(time.RFC3339), e.Until.Format(time.RFC3339))
	}
	if len(r.Steps) > 0 {
		section(say, "Self-service that failed", len(r.Steps))
	}
	for _, s := range r.Steps {
		say("  %s\t%s\t%s", s.Intent, s.Touchpoint, s.At.Format(time.RFC3339))
	}
}

func section(say func(string, ...any), name string, n int) {
	say("\n%s", name)
	if n == 0 {
		say("  none")
	}
}

func writeJSON(w io.Writer, v any) error {
	if err := report.JSON(w, v, ""); err != nil {
		return fmt.Errorf("writing the answer: %w", err)
	}
	return nil
}
