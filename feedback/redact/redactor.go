package redact

import (
	"errors"
	"fmt"
	"strings"

	"cairncx.dev/cairn/cx/event"
)

// ErrConfig is wrapped by every error of [New].
var ErrConfig = errors.New("redact: the redactor cannot be made")

// Redactor replaces personal data in texts by marks. It is safe for concurrent use. A nil Redactor returns empty texts, because
// it can find nothing.
type Redactor struct {
	cfg config
}

// New returns a Redactor. If options are faulty, it returns an error that wraps [ErrConfig] and names every fault.
func New(opts ...Option) (*Redactor, error) {
	var cfg config
	cfg.off[Handle] = true
	for _, o := range opts {
		if o == nil {
			cfg.faults = append(cfg.faults, errors.New("a nil option: leave it out"))
			continue
		}
		o.apply(&cfg)
	}
	if len(cfg.faults) > 0 {
		return nil, fmt.Errorf("%w: %w", ErrConfig, errors.Join(cfg.faults...))
	}
	return &Redactor{cfg: cfg}, nil
}

// Text returns the text with a mark in the place of each finding. It asks the [Phones] of [WithPhones], which takes about as long
// for one number as all the rest for a thousand bytes. Do not call it where a customer waits: see [Redactor.Quick]. It
// changes no other byte, also where they are not UTF-8. Text of its result returns the same.
func (r *Redactor) Text(text string) string { return r.redact(text, true) }

// Quick is [Redactor.Text] without asking the [Phones] of [WithPhones], for cx.WithRedactor, which is called in the goroutine
// that records. Its cost is linear in the length of the text. Text may be called on its result, to find the rest.
func (r *Redactor) Quick(text string) string { return r.redact(text, false) }

// Event redacts the free texts of the event: the comment of feedback, the addresses of a mention, and the notes of follow-ups and actions. Give it to
// exporters.Filter, which calls it in the goroutine of the exporter. It returns a copy with details of its own, and true. It
// does not change attributes. A nil Redactor empties the texts.
func (r *Redactor) Event(e event.Event) (event.Event, bool) {
	if e.Feedback != nil {
		d := *e.Feedback
		d.Comment = r.Text(d.Comment)
		e.Feedback = &d
	}
	if e.Mention != nil {
		d := *e.Mention
		d.Address, d.ReplyTo = r.Text(d.Address), r.Text(d.ReplyTo)
		e.Mention = &d
	}
	if e.FollowUp != nil {
		d := *e.FollowUp
		d.Note = r.Text(d.Note)
		e.FollowUp = &d
	}
	if e.Action != nil {
		d := *e.Action
		d.Note = r.Text(d.Note)
		e.Action = &d
	}
	if e.Breakdown != nil {
		d := *e.Breakdown
		d.Note = r.Text(d.Note)
		e.Breakdown = &d
	}
	return e, true
}

// Finding is a place in a text.
type Finding struct {
	// Kind is what was found.
	Kind Kind
	// Start and End are offsets in bytes: the finding is text[Start:End].
	Start, End int
}

// Find returns what [Redactor.Text] replaces, in the order of the text, without overlaps. It is meant for tests, and for people
// who judge a redactor on their own texts. A nil Redactor finds nothing.
func (r *Redactor) Find(text string) []Finding {
	if r == nil {
		return nil
	}
	s := newScan(&r.cfg, text, true)
	out := make([]Finding, 0, len(s.found))
	for _, m := range s.sorted() {
		start, end := s.bounds(m)
		out = append(out, Finding{Kind: m.kind, Start: start, End: end})
	}
	return out
}

func (r *Redactor) redact(text string, phones bool) string {
	if r == nil || text == "" {
		return ""
	}
	s := newScan(&r.cfg, text, phones)
	if len(s.found) == 0 {
		return text
	}
	var out strings.Builder
	out.Grow(len(text))
	from := 0
	for _, m := range s.sorted() {
		start, end := s.bounds(m)
		out.WriteString(text[from:start])
		r.cfg.mark(&out, m.kind, s.canonical(m))
		from = end
	}
	out.WriteString(text[from:])
	return out.String()
}
