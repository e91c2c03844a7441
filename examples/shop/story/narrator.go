// Package story shows people what customers experienced: each event while it happens ([Narrator]) and the numbers
// afterwards ([Tally]).
package story

import (
	"context"
	"fmt"
	"io"
	"strings"
	"sync"
	"time"

	"cairncx.dev/cairn/cx/event"
)

// Narrator is an exporter that writes one line in words for each event.
type Narrator struct {
	mu    sync.Mutex
	w     io.Writer
	after func(*event.Event) string // returns lines to add after an event, or nil
}

// Option is an option of [NewNarrator].
type Option func(*Narrator)

// Look writes the result of look after the line of each event. Default: nothing.
func Look(look func(*event.Event) string) Option { return func(n *Narrator) { n.after = look } }

var _ event.Exporter = (*Narrator)(nil)

// NewNarrator returns a narrator that writes to w.
func NewNarrator(w io.Writer, opts ...Option) *Narrator {
	n := &Narrator{w: w}
	for _, o := range opts {
		o(n)
	}
	return n
}

// Export implements [event.Exporter].
func (n *Narrator) Export(_ context.Context, events []event.Event) error {
	var b strings.Builder
	for i := range events {
		b.WriteString(Line(&events[i]))
		b.WriteByte('\n')
		if n.after != nil {
			b.WriteString(n.after(&events[i]))
		}
	}
	n.mu.Lock()
	defer n.mu.Unlock()
	if _, err := io.WriteString(n.w, b.String()); err != nil {
		return fmt.Errorf("story: %w", err)
	}
	return nil
}

// Shutdown implements [event.Exporter].
func (n *Narrator) Shutdown(context.Context) error { return nil }

// Line returns the event as one line for people: when, where, what, and how it went.
func Line(e *event.Event) string {
	where := e.Journey.ID
	if e.Journey.IsZero() {
		where = "no journey"
	}
	return strings.TrimRight(fmt.Sprintf("%s  %-6s  %-14s  %-12s  %s",
		e.Time.Local().Format("Mon 15:04:05.000"), e.Channel, where, e.Stage, what(e)), " ")
}

func what(e *event.Event) string {
	switch e.Kind {
	case event.JourneyStarted:
		if f := e.FollowUp; f != nil {
			return "▶ " + e.Journey.Name + " begins, by the rule " + f.Rule
		}
		return "▶ " + e.Journey.Name + " begins" + worth(e.Journey.Value)
	case event.JourneyStageEntered:
		if f := e.FollowUp; f != nil && f.Remedy != "" {
			return "→ " + e.Stage + " by " + f.Remedy
		}
		return "→ " + e.Stage
	case event.JourneyEnded:
		return fmt.Sprintf("■ %s %s after %s%s", e.Journey.Name, e.Outcome, took(e.Duration), because(e))
	case event.PromiseMade:
		form := time.TimeOnly
		if e.Promise.Due.Sub(e.Time) >= 24*time.Hour {
			form = "Mon 2 Jan, 15:04"
		}
		return "◇ " + e.Promise.Name + " is promised by " + e.Promise.Due.Local().Format(form)
	case event.PromiseKept:
		if e.Late {
			return "✗ " + e.Promise.Name + " is kept too late"
		}
		return "✓ " + e.Promise.Name + " is kept"
	case event.PromiseBroken:
		return "✗ " + e.Promise.Name + " is broken"
	case event.PromiseWithdrawn:
		return "◇ " + e.Promise.Name + " is withdrawn"
	case event.TouchpointEnded:
		return fmt.Sprintf("%s %-15s  %-8s  %s%s", mark(e.Outcome), e.Touchpoint, e.Outcome, took(e.Duration), because(e))
	case event.ContactSuppressed:
		return fmt.Sprintf("✗ no %s: %s%s", e.Contact.Purpose, e.Contact.Rule, because(e))
	case event.ContactViolated:
		return fmt.Sprintf("✗ %s against the contact policy: %s", e.Contact.Purpose, e.Contact.Rule)
	case event.SurveyShown:
		return "? " + e.Feedback.Survey + " is shown"
	case event.SurveyRequested:
		return "? " + e.Feedback.Survey + " is asked"
	case event.FeedbackMentioned:
		return fmt.Sprintf("» %s: %q", e.Mention.Nature, e.Feedback.Comment)
	case event.FeedbackReceived:
		f := e.Feedback
		line := fmt.Sprintf("» %s: %d of %d, %s", f.Survey, f.Score, f.Scale.Max(), f.Verdict)
		if f.Comment != "" {
			line += fmt.Sprintf(", %q", f.Comment)
		}
		return line
	default:
		return string(e.Kind)
	}
}

func mark(o event.Outcome) string {
	switch o {
	case event.OK:
		return "✓"
	case event.Degraded:
		return "~"
	default:
		return "✗"
	}
}

func because(e *event.Event) string {
	if e.Cause == "" {
		return ""
	}
	return "  (" + e.Cause + ")"
}

func worth(m *event.Money) string {
	if m == nil {
		return ""
	}
	return fmt.Sprintf(", %d.%02d %s at stake", m.Amount/100, m.Amount%100, m.Currency)
}

// took rounds a duration to a precision that people read.
func took(d time.Duration) string {
	switch {
	case d < time.Millisecond:
		return d.Round(10 * time.Microsecond).String()
	case d < time.Second:
		return d.Round(time.Millisecond).String()
	default:
		return d.Round(10 * time.Millisecond).String()
	}
}
