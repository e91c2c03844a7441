package main

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math"
	"strings"
	"text/tabwriter"
	"time"

	"cairncx.dev/cairn/cx/event"
	"cairncx.dev/cairn/cx/insight"
	"cairncx.dev/cairn/cx/insight/number"
	"cairncx.dev/cairn/cx/insight/watch"
	"cairncx.dev/cairn/exporters/sqlarchive"
	"cairncx.dev/cairn/internal/text"
)

// shownBreakdown is one breakdown with what show says of it.
type shownBreakdown struct {
	listedBreakdown

	// Shares are the shares before it began, while it lasted, and since it was mended; 0 is not known.
	Shares struct {
		Before float64 `json:"before,omitempty"`
		Since  float64 `json:"since,omitempty"`
		Mended float64 `json:"mended,omitempty"`
	} `json:"shares"`
	// Plan is the last step of the action that mends it.
	Plan *planned `json:"plan,omitempty"`
}

// planned is how far an action is.
type planned struct {
	Run  event.RunRef `json:"run"`
	Step string       `json:"step,omitempty"`
	At   time.Time    `json:"at,omitzero"`
}

// showBreakdown prints one breakdown with its history.
func showBreakdown(ctx context.Context, c *env, s *breakdownsSettings) (code int, err error) {
	r, err := s.reader(ctx)
	if err != nil {
		return exitFault, err
	}
	defer func() { err = errors.Join(err, r.Close()) }()
	b, err := s.one(ctx, r)
	if err != nil {
		return exitFault, err
	}
	events, err := r.Run(ctx, b.Run)
	if err != nil {
		return exitFault, err
	}
	is, err := s.detailed(ctx, r, b, events)
	if err != nil {
		return exitFault, err
	}
	if s.json {
		return exitOf(writeJSON(c.stdout, struct {
			Breakdown *shownBreakdown   `json:"breakdown"`
			Events    []json.RawMessage `json:"events"`
		}{is, rawEvents(events)}))
	}
	return exitOf(s.writeBreakdown(c.stdout, is, events))
}

// detailed returns the breakdown with its shares and its plan.
func (s *breakdownsSettings) detailed(ctx context.Context, r *sqlarchive.Reader, b *insight.Breakdown, events []event.Event) (*shownBreakdown, error) {
	is := &shownBreakdown{listedBreakdown: asListedBreakdown(b, s.now)}
	mended := false
	for i := range events {
		e := &events[i]
		d := e.Breakdown
		if e.Kind == event.JourneyStageEntered {
			mended = e.Stage == watch.Verified
		}
		if d == nil || d.About == "" {
			continue
		}
		is.Shares.Before = d.Before
		if mended {
			is.Shares.Mended = d.Since
		} else {
			is.Shares.Since, is.Shares.Mended = d.Since, 0 // found anew
		}
	}
	if action := b.Details.Action; action.ID != "" {
		is.Plan = &planned{Run: action}
		steps, err := r.Run(ctx, action)
		if err != nil {
			return nil, err
		}
		for i := range steps {
			switch e := &steps[i]; e.Kind { //nolint:exhaustive // the rest says nothing of how far it is
			case event.JourneyStageEntered:
				is.Plan.Step, is.Plan.At = e.Stage, e.Time
			case event.JourneyEnded:
				is.Plan.Step, is.Plan.At = strings.TrimSpace(is.Plan.Step+" and ended as "+e.Outcome.String()), e.Time
			}
		}
	}
	return is, nil
}

// writeBreakdown writes a breakdown for people.
func (s *breakdownsSettings) writeBreakdown(w io.Writer, b *shownBreakdown, events []event.Event) error {
	tab := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
	say := func(name, text string) {
		if text != "" {
			_, _ = fmt.Fprintf(tab, "  %s\t%s\n", name, text)
		}
	}
	d := &b.Details
	what := map[bool]string{true: "improvement", false: "breakdown"}[d.Better]
	_, _ = fmt.Fprintf(tab, "%s %s\n", what, shown(b.Run.ID))
	say("about", shown(b.About))
	say("share", b.sharesText())
	began := ""
	if !d.Began.IsZero() {
		began = dayText(d.Began.In(cmp.Or(s.days, s.location)))
	}
	say("began", began)
	say("found", s.when(b.Opened))
	if b.Returned() {
		say("returned", s.when(b.Found))
	}
	if b.Open() {
		say("step", shown(b.Step))
		say("age", ageOf(time.Duration(b.AgeSeconds*float64(time.Second))))
	} else {
		say("ended", s.when(b.Ended)+" "+b.endText())
	}
	say("severity", shown(d.Severity))
	say("owner", shown(d.Owner))
	say("cost", b.spentText())
	placed := make([]string, len(d.Placed))
	for i, p := range d.Placed {
		placed[i] = p.Column + " " + p.Value
	}
	say("goes with", shown(strings.Join(placed, ", ")))
	say("plan", s.planText(b.Plan))
	say("earlier", shown(d.Earlier))
	if len(b.Promises) > 0 {
		_, _ = fmt.Fprintln(tab, "\nPromises")
	}
	for i := range b.Promises {
		say(shown(b.Promises[i].Name), s.promiseText(&b.Promises[i], b.Open()))
	}
	if err := tab.Flush(); err != nil {
		return err //nolint:wrapcheck // the standard output's own
	}
	return s.writeHistory(w, events)
}

// dayText is the day that begins at the time. Where no day of the zone begins then, it is one of the charts' zone, which only the blueprint says, and the time is said, too.
func dayText(at time.Time) string {
	if h, m, sec := at.Clock(); h|m|sec != 0 {
		return at.Format("2006-01-02 15:04 MST")
	}
	return at.Format(time.DateOnly)
}

// sharesText says how the share was before, while it lasted, and since it was mended.
func (b *shownBreakdown) sharesText() string {
	if b.Shares.Before == 0 && b.Shares.Since == 0 {
		return ""
	}
	said := number.Share(b.Shares.Before) + " before, " + number.Share(b.Shares.Since) + " since it began"
	if b.Shares.Mended > 0 {
		said += ", " + number.Share(b.Shares.Mended) + " since it was mended"
	}
	return said
}

// spentText says what it has cost.
func (b *shownBreakdown) spentText() string {
	var said []string
	if n := b.Details.Customers; n != 0 {
		said = append(said, number.Of(int64(n), "customer", "customers")+" more than usual")
	}
	if v := b.Details.Value; v != nil {
		said = append(said, text.Money(v.Amount, v.Currency))
	}
	if len(said) == 0 && b.Details.Excess != 0 {
		said = append(said, number.Of(int64(math.Round(b.Details.Excess)), "event", "events")+" more than usual")
	}
	return strings.Join(said, ", ")
}

func (s *breakdownsSettings) planText(p *planned) string {
	if p == nil {
		return ""
	}
	said := p.Run.Name + " " + p.Run.ID
	if p.Step != "" {
		said += ": " + p.Step + " " + s.when(p.At)
	}
	return shown(said)
}

// promiseText says what has become of a promise.
func (s *breakdownsSettings) promiseText(p *insight.BreakdownPromise, open bool) string {
	said := "due " + s.when(p.Due)
	switch {
	case !p.Kept.IsZero() && p.Broken:
		said += ", kept late " + s.when(p.Kept)
	case !p.Kept.IsZero():
		said += ", kept " + s.when(p.Kept)
	case p.Broken && open:
		said += ", overdue by " + ageOf(s.now.Sub(p.Due))
	case p.Broken:
		said += ", broken"
	case open:
		said += ", open, in " + ageOf(p.Due.Sub(s.now))
	}
	return said
}
