package main

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"time"

	"cairncx.dev/cairn/cx/event"
	"cairncx.dev/cairn/cx/insight"
	"cairncx.dev/cairn/cx/insight/breakdown"
	"cairncx.dev/cairn/cx/insight/number"
	"cairncx.dev/cairn/cx/insight/watch"
	"cairncx.dev/cairn/internal/text"
)

// watchLine is what watch prints of a breakdown, with --json as a line.
type watchLine struct {
	At time.Time `json:"at"`
	// News is a kind of news, "overdue", or "open" for what --once lists.
	News string `json:"news"`
	ID   string `json:"id"`

	breakdown.Subject

	Better    bool           `json:"better,omitempty"`
	Sentence  string         `json:"sentence"`
	Step      string         `json:"step"`
	Severity  string         `json:"severity,omitempty"`
	Owner     string         `json:"owner,omitempty"`
	Began     time.Time      `json:"began,omitzero"`
	Excess    float64        `json:"excess"`
	Customers int            `json:"customers,omitempty"`
	Value     *event.Money   `json:"value,omitempty"`
	Placed    []event.Placed `json:"placed,omitempty"`
	Promise   string         `json:"promise,omitempty"` // that is broken
	Due       time.Time      `json:"due,omitzero"`
	Compared  string         `json:"compared,omitempty"` // before and after, in words
	Still     bool           `json:"still,omitempty"`    // it has returned, because the mending has not helped
	Cause     string         `json:"cause,omitempty"`    // why it is closed

	found breakdown.Found
}

func lineOf(news string, at time.Time, s *watch.Status) watchLine {
	l := watchLine{
		At: at.UTC(), News: news, ID: s.ID, Subject: s.Subject, Better: s.Found.Better, Sentence: s.Found.Sentence(), Step: s.Stage, Severity: s.Severity, Owner: s.Owner,
		Began: s.Found.Began, Excess: s.Found.Excess, Customers: s.Customers, Value: s.Value, Placed: s.Placed,
	}
	l.found = s.Found
	if !s.Ended.IsZero() {
		l.Cause = s.Cause
	}
	if c := s.Compared; c != nil && c.Difference.OK() {
		helped := "a difference that chance would explain"
		switch {
		case c.Helped():
			helped = "which is less by more than chance"
		case c.Difference.Low > 0:
			helped = "which is more by more than chance"
		}
		l.Compared = fmt.Sprintf("%s before it was mended, and %s since, %s", number.Share(c.Before.Value), number.Share(c.After.Value), helped)
	}
	return l
}

// sentences say what changed and what goes with it. A release that goes with it and coincides with its beginning is named once.
func (l *watchLine) sentences() string {
	f, more := l.found, make([]string, 0, len(l.Placed))
	f.Coincides = slices.Clone(f.Coincides)
	for _, p := range l.Placed {
		also := p.Column + " " + p.Value
		at := slices.IndexFunc(f.Coincides, func(c insight.DailyChange) bool { return string(c.Kind) == p.Column && c.Name == p.Value })
		if at >= 0 {
			also += ", which began on " + f.Coincides[at].Day.Format("2 January 2006")
			f.Coincides = slices.Delete(f.Coincides, at, at+1)
		}
		more = append(more, also)
	}
	if len(more) == 0 {
		return f.Sentence()
	}
	return f.Sentence() + " It goes with " + strings.Join(more, ", and ") + "."
}

// stands says what has become of a breakdown that has returned or is closed.
func (l *watchLine) stands() string {
	switch {
	case l.Still:
		return "It was mended, and the charts show it ever since: the mending has not helped."
	case l.News == string(watch.NewsReturned):
		return "It was mended, and the charts show it again."
	case l.News == string(watch.NewsClosed) && l.Cause == watch.Held && l.Better:
		return "It has lasted, and is no news any more."
	case l.News == string(watch.NewsClosed) && l.Cause == watch.Held:
		return "What mended it has held."
	case l.News == string(watch.NewsClosed) && l.Cause == watch.Subsided && l.Better:
		return "It has subsided: the charts do not show it any more."
	case l.News == string(watch.NewsClosed) && l.Cause == watch.Subsided:
		return "It has subsided: the charts have not shown it for weeks, and nothing has mended it."
	default:
		return ""
	}
}

// text writes the line for people.
func (l *watchLine) text(zone *time.Location) string {
	said := []string{l.At.In(zone).Format("2006-01-02 15:04"), l.News, l.ID}
	if l.Promise != "" {
		said = append(said, fmt.Sprintf("was to be %s by %s.", l.Promise, l.Due.In(zone).Format("2006-01-02 15:04")))
	}
	if stands := l.stands(); stands != "" {
		said = append(said, stands)
	}
	said = append(said, l.sentences())
	if cost := l.cost(); cost != "" {
		said = append(said, cost)
	}
	for _, x := range [...]struct{ name, value string }{{"Severity", l.Severity}, {"Owner", l.Owner}, {"Compared", l.Compared}} {
		if x.value != "" {
			said = append(said, x.name+": "+x.value+".")
		}
	}
	return shown(strings.Join(said, " "))
}

// cost says what it has cost so far.
func (l *watchLine) cost() string {
	if l.Customers <= 0 {
		return ""
	}
	said := "So far " + number.Of(int64(l.Customers), "customer", "customers") + " more than usual met it"
	if l.Value != nil {
		said += ", worth " + text.Money(l.Value.Amount, l.Value.Currency)
	}
	return said + "."
}

// print prints a line. A reader of the output that has gone is told at the end.
func (o *openedWatch) print(l *watchLine) {
	written := l.text(o.location)
	if o.json {
		b, err := json.Marshal(l)
		if err != nil {
			return // numbers that are finite, texts and times
		}
		written = string(b)
	}
	o.mu.Lock()
	defer o.mu.Unlock()
	o.printed[l.ID] = true
	if _, err := fmt.Fprintln(o.c.stdout, written); err != nil && o.left == nil {
		o.left = fmt.Errorf("print the news: %w", err)
	}
}

// printNews prints what has changed.
func (o *openedWatch) printNews(_ context.Context, n watch.News) error {
	l := lineOf(string(n.Kind), time.Now(), &n.Status)
	l.Still = n.Still
	o.print(&l)
	return nil
}

// printOverdue prints a promise that is broken.
func (o *openedWatch) printOverdue(_ context.Context, v watch.Overdue) error {
	l := lineOf("overdue", time.Now(), &v.Status)
	l.Promise, l.Due = v.Promise, v.Due
	o.print(&l)
	return nil
}

// printOpen prints what is open after a look.
func (o *openedWatch) printOpen(list []watch.Status) error {
	n := map[bool]int64{}
	for i := range list {
		s := &list[i]
		if !s.Ended.IsZero() {
			continue
		}
		n[s.Found.Better]++
		if o.printed[s.ID] && !o.json { // the line of its news says the same
			continue
		}
		l := lineOf("open", time.Now(), s)
		o.print(&l)
	}
	if o.json {
		return nil
	}
	_, err := fmt.Fprintf(o.c.stdout, "\n%s and %s open.\n", number.Of(n[false], "breakdown", "breakdowns"), number.Of(n[true], "improvement", "improvements"))
	return err //nolint:wrapcheck // the standard output's own
}
