package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"math"
	"slices"
	"strings"
	"text/tabwriter"
	"time"

	"cairncx.dev/cairn/cx/insight"
	"cairncx.dev/cairn/cx/insight/breakdown"
	"cairncx.dev/cairn/cx/insight/number"
)

// listedBreakdown is a breakdown in the list.
type listedBreakdown struct {
	insight.Breakdown

	About      string  `json:"about_text"` // in words
	AgeSeconds float64 `json:"age_seconds"`
	Overdue    bool    `json:"overdue"`
	// Promise is the one that has been overdue the longest, or is due next.
	Promise string    `json:"promise,omitempty"`
	Due     time.Time `json:"due,omitzero"`
}

// breakdownList is the answer of list.
type breakdownList struct {
	At           time.Time         `json:"at"`
	Open         int               `json:"open"`
	Overdue      int               `json:"overdue"`
	Improvements int               `json:"improvements"` // that are open
	Breakdowns   []listedBreakdown `json:"breakdowns"`
}

// listBreakdowns prints the breakdowns that are wanted.
func listBreakdowns(ctx context.Context, c *env, s *breakdownsSettings) (code int, err error) {
	r, err := s.reader(ctx)
	if err != nil {
		return exitFault, err
	}
	defer func() { err = errors.Join(err, r.Close()) }()
	all, err := s.read(ctx, r)
	if err != nil {
		return exitFault, err
	}
	list := breakdownList{At: s.now.UTC(), Breakdowns: []listedBreakdown{}}
	for i := range all {
		b := asListedBreakdown(&all[i], s.now)
		if b.Details.Better && b.Open() {
			list.Improvements++
		}
		hidden := !s.all && (b.Details.Better || !b.Open())
		if hidden || s.owner != "" && b.Details.Owner != s.owner || s.severity != "" && b.Details.Severity != s.severity || s.overdue && !b.Overdue {
			continue
		}
		if b.Open() && !b.Details.Better {
			list.Open++
		}
		if b.Overdue {
			list.Overdue++
		}
		list.Breakdowns = append(list.Breakdowns, b)
	}
	slices.SortStableFunc(list.Breakdowns, func(a, b listedBreakdown) int { return a.compare(&b, s.order) })
	if s.json {
		return exitOf(writeJSON(c.stdout, list))
	}
	return exitOf(s.writeBreakdowns(c, &list))
}

// asListedBreakdown returns the breakdown as it is at now.
func asListedBreakdown(b *insight.Breakdown, now time.Time) listedBreakdown {
	l := listedBreakdown{Breakdown: *b, About: breakdown.Name(b.Subject)}
	began, end := b.Details.Began, b.Ended
	if began.IsZero() {
		began = b.Opened
	}
	if end.IsZero() {
		end = now
	}
	l.AgeSeconds = max(0, end.Sub(began).Seconds())
	p := b.Overdue()
	l.Overdue = p != nil
	if p == nil {
		p = b.Next()
	}
	if p != nil {
		l.Promise, l.Due = p.Name, p.Due
	}
	return l
}

// spent is what the breakdown has cost.
func (l *listedBreakdown) spent() *breakdown.Spent {
	return &breakdown.Spent{Events: l.Details.Excess, Customers: float64(l.Details.Customers)}
}

// compare orders those that are open first, then improvements, then those that have ended, and each group in the order.
func (l *listedBreakdown) compare(o *listedBreakdown, order string) int {
	rank := func(x *listedBreakdown) int { return 2*bit(!x.Open()) + bit(x.Details.Better) }
	if c := cmp.Compare(rank(l), rank(o)); c != 0 {
		return c
	}
	cost := cmp.Or(l.spent().Compare(o.spent()), cmp.Compare(o.AgeSeconds, l.AgeSeconds), strings.Compare(l.Run.ID, o.Run.ID))
	switch order {
	case "age":
		return cmp.Or(cmp.Compare(o.AgeSeconds, l.AgeSeconds), cost)
	case "due":
		if l.Due.IsZero() || o.Due.IsZero() { // what has no time comes last
			return cmp.Or(-cmp.Compare(bit(!l.Due.IsZero()), bit(!o.Due.IsZero())), cost)
		}
		return cmp.Or(-cmp.Compare(bit(l.Overdue), bit(o.Overdue)), l.Due.Compare(o.Due), cost)
	default:
		return cost
	}
}

// writeBreakdowns writes the list for people.
func (s *breakdownsSettings) writeBreakdowns(c *env, list *breakdownList) error {
	improved := ""
	if n := list.Improvements; n > 0 && !s.all {
		improved = fmt.Sprintf(" --all also lists %s.", number.Of(int64(n), "improvement", "improvements"))
	}
	if len(list.Breakdowns) == 0 {
		what := "No breakdown is open." + improved
		if s.owner+s.severity+s.namespace != "" || s.overdue || s.all {
			what = "No breakdown matches the flags."
		}
		_, err := fmt.Fprintln(c.stdout, what)
		return err //nolint:wrapcheck // the standard output's own
	}
	tab := tabwriter.NewWriter(c.stdout, 0, 0, 2, ' ', 0)
	_, _ = fmt.Fprintln(tab, "ID\tABOUT\tSTEP\tAGE\tMORE THAN USUAL\tSEVERITY\tOWNER\tPROMISE\tDUE")
	for i := range list.Breakdowns {
		b := &list.Breakdowns[i]
		_, _ = fmt.Fprintf(tab, "%s\t%s\t%s\t%s\t%s\t%s\t%s\t%s\t%s\n", shown(b.Run.ID), shown(b.About), orDash(b.Step), ageOf(time.Duration(b.AgeSeconds*float64(time.Second))),
			b.costText(), orDash(b.Details.Severity), orDash(b.Details.Owner), orDash(b.Promise), b.dueText(list.At))
	}
	if err := tab.Flush(); err != nil {
		return err //nolint:wrapcheck // the standard output's own
	}
	_, err := fmt.Fprintf(c.stdout, "\n%s open, %d overdue.%s\n", count(list.Open, "breakdown"), list.Overdue, improved)
	return err //nolint:wrapcheck // the standard output's own
}

// costText says how many customers more than usual have met it, or how many events more there were.
func (l *listedBreakdown) costText() string {
	switch d := &l.Details; {
	case d.Customers != 0:
		return number.Of(int64(d.Customers), "customer", "customers")
	case d.Excess != 0:
		return number.Of(int64(math.Round(d.Excess)), "event", "events")
	default:
		return "-"
	}
}

// dueText says when the promise is due, or how the breakdown has ended.
func (l *listedBreakdown) dueText(now time.Time) string {
	switch {
	case !l.Open():
		return l.endText()
	case l.Due.IsZero():
		return "-"
	case l.Overdue:
		return "overdue by " + ageOf(now.Sub(l.Due))
	default:
		return "in " + ageOf(l.Due.Sub(now))
	}
}

// endText says how the breakdown has ended.
func (l *listedBreakdown) endText() string {
	how := "dismissed"
	if l.Outcome.String() == "completed" {
		how = "closed"
	}
	return strings.TrimSpace(how + " " + shown(l.Cause))
}
