package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"text/tabwriter"
	"time"
	"unicode"

	"cairncx.dev/cairn/exporters/sqlarchive"
	"cairncx.dev/cairn/feedback"
)

// listedFollowUp is a follow-up in the list.
type listedFollowUp struct {
	sqlarchive.FollowUp

	Step       string    `json:"step"`
	AgeSeconds float64   `json:"age_seconds"`
	Overdue    bool      `json:"overdue"`
	Promise    string    `json:"promise,omitempty"` // that is to be kept next
	Due        time.Time `json:"due,omitzero"`
}

// followUpList is the answer of list.
type followUpList struct {
	At        time.Time        `json:"at"`
	Open      int              `json:"open"`
	Overdue   int              `json:"overdue"`
	FollowUps []listedFollowUp `json:"follow_ups"`
}

// listFollowUps prints the follow-ups that are wanted.
func listFollowUps(ctx context.Context, c *env, s *followUpsSettings) (code int, err error) {
	r, err := s.reader(ctx)
	if err != nil {
		return exitFault, err
	}
	defer func() { err = errors.Join(err, r.Close()) }()
	all, err := r.FollowUps(ctx, sqlarchive.WhichFollowUps{Namespace: s.namespace, Name: s.name, Ended: s.all})
	if err != nil {
		return exitFault, err
	}
	list := followUpList{At: s.now.UTC(), FollowUps: []listedFollowUp{}}
	for i := range all {
		f := asListed(&all[i], s.now)
		if s.owner != "" && f.Owner != s.owner || s.severity != "" && f.Severity != s.severity || s.promise != "" && f.Promise != s.promise || s.overdue && !f.Overdue {
			continue
		}
		if f.Ended.IsZero() {
			list.Open++
		}
		if f.Overdue {
			list.Overdue++
		}
		list.FollowUps = append(list.FollowUps, f)
	}
	slices.SortStableFunc(list.FollowUps, func(a, b listedFollowUp) int { return a.compare(&b, s.order) })
	if s.json {
		return exitOf(writeJSON(c.stdout, list))
	}
	return exitOf(s.writeList(c, &list))
}

// asListed returns the follow-up as it is at now.
func asListed(f *sqlarchive.FollowUp, now time.Time) listedFollowUp {
	l := listedFollowUp{FollowUp: *f, Step: f.Step()}
	if end := f.Ended; !f.Opened.IsZero() {
		if end.IsZero() {
			end = now
		}
		l.AgeSeconds = max(0, end.Sub(f.Opened).Seconds())
	}
	var p sqlarchive.FollowUpPromise
	if p, l.Overdue = f.Overdue(now); p.Name != "" {
		l.Promise, l.Due = p.Name, p.Due
	} else if n := len(f.Steps); n > 0 && f.Ended.IsZero() {
		l.Due = f.Steps[n-1].Due
	}
	return l
}

// compare orders the overdue ones before the others, those that have ended last, and each group in the order.
func (l *listedFollowUp) compare(o *listedFollowUp, order string) int {
	rank := func(x *listedFollowUp) int {
		switch {
		case x.Overdue:
			return 0
		case x.Ended.IsZero():
			return 1
		default:
			return 2
		}
	}
	if c := cmp.Compare(rank(l), rank(o)); c != 0 {
		return c
	}
	due := func() int {
		if l.Due.IsZero() || o.Due.IsZero() { // what has no time comes last
			return -cmp.Compare(bit(!l.Due.IsZero()), bit(!o.Due.IsZero()))
		}
		return l.Due.Compare(o.Due)
	}
	switch order {
	case "age":
		return cmp.Or(l.Opened.Compare(o.Opened), due())
	case "owner":
		return cmp.Or(cmp.Compare(l.Owner, o.Owner), due())
	case "promise":
		return cmp.Or(cmp.Compare(l.Promise, o.Promise), due())
	default:
		return cmp.Or(due(), l.Opened.Compare(o.Opened))
	}
}

func bit(b bool) int {
	if b {
		return 1
	}
	return 0
}

// writeList writes the list for people.
func (s *followUpsSettings) writeList(c *env, list *followUpList) error {
	if len(list.FollowUps) == 0 {
		what := "No follow-up is open."
		if s.owner+s.severity+s.promise+s.name+s.namespace != "" || s.overdue || s.all {
			what = "No follow-up matches the flags."
		}
		_, err := fmt.Fprintln(c.stdout, what)
		return err //nolint:wrapcheck // of the standard output
	}
	tab := tabwriter.NewWriter(c.stdout, 0, 0, 2, ' ', 0)
	_, _ = fmt.Fprintln(tab, "FOLLOW-UP\tID\tSTEP\tAGE\tOWNER\tSEVERITY\tPROMISE\tDUE")
	for i := range list.FollowUps {
		f := &list.FollowUps[i]
		age := ageOf(time.Duration(f.AgeSeconds * float64(time.Second)))
		if f.Opened.IsZero() {
			age = "-"
		}
		_, _ = fmt.Fprintf(tab, "%s\t%s\t%s\t%s\t%s\t%s\t%s\t%s\n", shown(f.Name), shown(f.ID), orDash(f.Step), age, orDash(f.Owner), orDash(f.Severity),
			orDash(f.Promise), f.dueText(list.At))
	}
	if err := tab.Flush(); err != nil {
		return err //nolint:wrapcheck // of the standard output
	}
	_, err := fmt.Fprintf(c.stdout, "\n%s open, %d overdue.\n", count(list.Open, "follow-up"), list.Overdue)
	return err //nolint:wrapcheck // of the standard output
}

// dueText says when the promise is due, or how the follow-up has ended.
func (l *listedFollowUp) dueText(now time.Time) string {
	switch {
	case !l.Ended.IsZero():
		return strings.TrimSpace(l.Outcome + " " + shown(l.Cause))
	case l.Due.IsZero():
		return "-"
	case l.Overdue:
		return "overdue by " + ageOf(now.Sub(l.Due))
	case l.Promise == "" && l.Step == feedback.Told:
		return "closes in " + ageOf(l.Due.Sub(now))
	default:
		return "in " + ageOf(l.Due.Sub(now))
	}
}

// ageOf writes a duration in its two largest units.
func ageOf(d time.Duration) string {
	const day = 24 * time.Hour
	two := func(large, small int, a, b string) string {
		if small == 0 {
			return fmt.Sprintf("%d%s", large, a)
		}
		return fmt.Sprintf("%d%s %d%s", large, a, small, b)
	}
	switch {
	case d < time.Minute:
		return "less than 1min"
	case d < time.Hour:
		return fmt.Sprintf("%dmin", d/time.Minute)
	case d < day:
		return two(int(d/time.Hour), int(d%time.Hour/time.Minute), "h", "min")
	default:
		return two(int(d/day), int(d%day/time.Hour), "d", "h")
	}
}

func orDash(text string) string {
	if text == "" {
		return "-"
	}
	return shown(text)
}

// shown returns a text that cannot move the cursor, hide other text or begin a line.
func shown(text string) string {
	return strings.Map(func(r rune) rune {
		switch {
		case unicode.IsPrint(r):
			return r
		case unicode.IsSpace(r):
			return ' '
		default:
			return unicode.ReplacementChar
		}
	}, text)
}
