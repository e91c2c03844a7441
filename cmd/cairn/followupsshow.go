package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"slices"
	"strconv"
	"strings"
	"text/tabwriter"
	"time"

	"cairncx.dev/cairn/cx/event"
	"cairncx.dev/cairn/exporters/sqlarchive"
)

// showFollowUp prints one follow-up with its history.
func showFollowUp(ctx context.Context, c *env, s *followUpsSettings) (code int, err error) {
	r, err := s.reader(ctx)
	if err != nil {
		return exitFault, err
	}
	defer func() { err = errors.Join(err, r.Close()) }()
	f, err := s.one(ctx, r)
	if err != nil {
		return exitFault, err
	}
	events, err := r.Run(ctx, event.RunRef{Namespace: f.Namespace, Name: f.Name, ID: f.ID})
	if err != nil {
		return exitFault, err
	}
	l := asListed(f, s.now)
	cause, err := causeOf(ctx, r, f)
	if err != nil {
		return exitFault, err
	}
	if s.json {
		return exitOf(writeJSON(c.stdout, struct {
			FollowUp listedFollowUp    `json:"follow_up"`
			Cause    json.RawMessage   `json:"cause,omitempty"`
			Events   []json.RawMessage `json:"events"`
		}{l, cause.raw(), rawEvents(events)}))
	}
	return exitOf(s.writeFollowUp(c.stdout, &l, cause, events))
}

// causing is the event that a follow-up answers; nil if the archive does not have it.
type causing struct{ event.Event }

// causeOf returns the event that the follow-up answers.
func causeOf(ctx context.Context, r *sqlarchive.Reader, f *sqlarchive.FollowUp) (*causing, error) {
	var id event.ID
	if f.CausedBy != "" {
		if err := id.UnmarshalText([]byte(f.CausedBy)); err != nil {
			return nil, fmt.Errorf("the cause of the follow-up: %w", err)
		}
	}
	e, ok, err := r.Event(ctx, id)
	if err != nil || !ok {
		return nil, err
	}
	return &causing{e}, nil
}

func (c *causing) raw() json.RawMessage {
	if c == nil {
		return nil
	}
	return c.AppendJSON(nil)
}

// text says what has caused the follow-up, with the customer's words.
func (c *causing) text() string {
	words := []string{string(c.Kind)}
	if f := c.Feedback; f != nil {
		if f.Scale != 0 {
			words = append(words, fmt.Sprintf("%s %d", f.Survey, f.Score))
		}
		words = append(words, f.Source)
		words = append(words, f.Causes...)
		if f.Comment != "" {
			words = append(words, strconv.Quote(f.Comment))
		}
	}
	if p := c.Promise; p != nil {
		words = append(words, p.Name)
	}
	words = append(words, c.Cause)
	return shown(strings.Join(slices.DeleteFunc(words, func(w string) bool { return w == "" }), ", "))
}

// writeFollowUp writes a follow-up for people.
func (s *followUpsSettings) writeFollowUp(w io.Writer, f *listedFollowUp, cause *causing, events []event.Event) error {
	tab := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
	say := func(name, text string) {
		if text != "" {
			_, _ = fmt.Fprintf(tab, "  %s\t%s\n", name, text)
		}
	}
	_, _ = fmt.Fprintf(tab, "%s %s\n", shown(f.Name), shown(f.ID))
	opened := ""
	if !f.Opened.IsZero() {
		opened = s.when(f.Opened)
	}
	if f.Rule != "" {
		opened += " by the rule " + shown(f.Rule)
	}
	say("opened", opened)
	if f.Ended.IsZero() {
		say("step", shown(f.Step))
		say("age", ageOf(time.Duration(f.AgeSeconds*float64(time.Second))))
	} else {
		say("ended", s.when(f.Ended)+" "+f.dueText(s.now))
	}
	say("owner", shown(f.Owner))
	say("severity", shown(f.Severity))
	say("remedy", shown(f.Remedy))
	if f.About.ID != "" {
		say("about", shown(f.About.Name+" "+f.About.ID))
	}
	if cause != nil {
		say("caused by", cause.text())
	} else {
		say("caused by", shown(f.CausedBy))
	}
	say("customer", shown(strings.TrimSpace(f.Customer+" "+f.Segment)))
	if len(f.Promises) > 0 {
		_, _ = fmt.Fprintln(tab, "\nPromises")
	}
	waiting := f.Waiting()
	for i := range f.Promises {
		say(shown(f.Promises[i].Name), s.promiseText(&f.Promises[i], waiting))
	}
	if err := tab.Flush(); err != nil {
		return err //nolint:wrapcheck // of the standard output
	}
	return s.writeHistory(w, events)
}

// promiseText says what has become of a promise.
func (s *followUpsSettings) promiseText(p *sqlarchive.FollowUpPromise, waiting []sqlarchive.FollowUpPromise) string {
	text := "due " + s.when(p.Due)
	switch {
	case p.Outcome != "":
		text += ", " + shown(p.Outcome) + " " + s.when(p.Settled)
	case !p.Due.After(s.now):
		text += ", open"
	default:
		text += ", open, in " + ageOf(p.Due.Sub(s.now))
	}
	if !p.Due.After(s.now) && slices.ContainsFunc(waiting, func(x sqlarchive.FollowUpPromise) bool { return x.Name == p.Name && x.Number == p.Number }) {
		text += ", overdue by " + ageOf(s.now.Sub(p.Due))
	}
	return text
}
