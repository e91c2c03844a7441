package webhook

import (
	"bytes"
	"context"
	"encoding/json"
	"slices"
	"strings"
	"time"

	"cairncx.dev/cairn/cx/event"
	"cairncx.dev/cairn/feedback"
)

// ReportType is the type of a CloudEvent whose data is a [Report].
const ReportType = "dev.cairncx.followup.report"

// StepOpened is the step of a [Report] beside those of [feedback.Moves]. It opens a follow-up for the Customer of the report. It has no effect
// on one that is open.
const StepOpened = "opened"

// steps returns every step of a report.
func steps() []string { return append(feedback.Moves(), StepOpened) }

// Report is what a ticket system says of a follow-up: that it has taken a step. Only FollowUp, ID and Step are required.
type Report struct {
	// FollowUp is the name of the follow-up, and ID that of its run: event.FollowUp.ID of the events that were sent to the ticket system.
	FollowUp string `json:"follow_up"`
	ID       string `json:"id"`
	// Step is one of [feedback.Moves], or [StepOpened]. The step received reopens a follow-up. The steps confirmed, closed, withdrawn and
	// failed end it.
	Step string `json:"step"`
	// Customer is the application's own ID of the customer. StepOpened needs it, and no other step has it.
	Customer string `json:"customer,omitempty"`
	// Owner, Severity, Remedy and Cause are names from bounded vocabularies, at most [event.MaxName] bytes each: see the options of package
	// feedback. Note is free text, at most [event.MaxText] bytes, which the client redacts or drops.
	Owner    string `json:"owner,omitempty"`
	Severity string `json:"severity,omitempty"`
	Remedy   string `json:"remedy,omitempty"`
	Cause    string `json:"cause,omitempty"`
	Note     string `json:"note,omitempty"`
	// Time is when the step was taken, at most [event.MaxAhead] ahead. Default: the time of the CloudEvent, else now.
	Time time.Time `json:"time,omitzero"`
	// Key tells this report from others, such as the ID of the ticket's change, at most 256 bytes. A report with a key counts once.
	// Default: see the package comment.
	Key string `json:"key,omitempty"`
}

// maxKey is the length of the longest key of a report, in bytes.
const maxKey = 256

// reportOf reads a report. A field that it does not know is an error, so that a misspelt one is not lost.
func reportOf(data []byte) (r Report, _ *refusal) {
	d := json.NewDecoder(bytes.NewReader(data))
	d.DisallowUnknownFields()
	if err := d.Decode(&r); err != nil {
		if strings.HasPrefix(err.Error(), "json: unknown field") {
			return r, refuse(codeInvalid, "the report has a field that is not known: it may have follow_up, id, step, customer, owner, severity, remedy, cause, note, time and key")
		}
		return r, refuse(codeInvalid, "it is no report: %s", fault(err))
	}
	if d.More() {
		return r, refuse(codeInvalid, "more than one report: send a batch of CloudEvents")
	}
	return r, nil
}

// item checks the report and returns what is to be recorded. Key is that of the message.
func (h *Handler) item(r Report, key string, sentAt time.Time) (item, *refusal) {
	f := h.cfg.followUp(r.FollowUp)
	if f == nil {
		return item{}, refuse(codeFollowUp, "the follow-up of the report is not one of webhook.WithFollowUps: %s", h.names())
	}
	if !slices.Contains(steps(), r.Step) {
		return item{}, refuse(codeStep, "the step of the report has to be one of %s", strings.Join(steps(), ", "))
	}
	for _, field := range []struct {
		name, value string
		most        int
	}{
		{"owner", r.Owner, event.MaxName},
		{"severity", r.Severity, event.MaxName},
		{"remedy", r.Remedy, event.MaxName},
		{"cause", r.Cause, event.MaxCause},
		{"note", r.Note, event.MaxText},
		{"key", r.Key, maxKey},
	} {
		if len(field.value) > field.most {
			return item{}, refuse(codeInvalid, "the %s of the report has more than %d bytes", field.name, field.most)
		}
	}
	switch {
	case !event.ValidID(r.ID):
		return item{}, refuse(codeInvalid, "the id of the report has to be the ID of the follow-up: 1 to %d bytes without control characters", event.MaxID)
	case (r.Step == StepOpened) != (r.Customer != ""):
		return item{}, refuse(codeInvalid, "a report has a customer if its step is %s, and only then", StepOpened)
	case r.Customer != "" && !event.ValidID(r.Customer):
		return item{}, refuse(codeInvalid, "the customer of the report has to be 1 to %d bytes without control characters", event.MaxID)
	}
	if r.Time.IsZero() {
		r.Time = sentAt
	}
	if refused := h.inTime(r.Time); refused != nil {
		return item{}, refused
	}
	if r.Key != "" {
		key = h.cfg.own("report\x00" + r.FollowUp + "\x00" + r.Key)
	}
	return item{key: key, followUp: f, id: r.ID, step: r.Step, reported: true, customer: event.Customer{ID: r.Customer}, options: r.options()}, nil
}

// names returns the names of the follow-ups that the handler takes.
func (h *Handler) names() string {
	if len(h.cfg.followUps) == 0 {
		return "it has none"
	}
	list := make([]string, len(h.cfg.followUps))
	for i, f := range h.cfg.followUps {
		list[i] = f.Name()
	}
	return strings.Join(list, ", ")
}

// inTime refuses a time that an event cannot have. The zero time is none.
func (h *Handler) inTime(t time.Time) *refusal {
	if t.IsZero() || event.ValidTime(t) && t.Sub(h.now()) <= event.MaxAhead {
		return nil
	}
	return refuse(codeInvalid, "the time has to be from 1970 to %v ahead of now", event.MaxAhead)
}

// options returns the report as options of a step.
func (r *Report) options() []feedback.Option {
	var list []feedback.Option
	if !r.Time.IsZero() {
		list = append(list, feedback.At(r.Time))
	}
	for _, o := range []struct {
		value string
		of    func(string) feedback.Option
	}{{r.Owner, feedback.Owner}, {r.Severity, feedback.Severity}, {r.Remedy, feedback.Remedy}, {r.Cause, feedback.Because}, {r.Note, feedback.Note}} {
		if o.value != "" {
			list = append(list, o.of(o.value))
		}
	}
	return list
}

// item is one thing to record: an event, or a step of a follow-up.
type item struct {
	key   string
	event *event.Event

	followUp *feedback.FollowUp
	id, step string
	reported bool // by a ticket system, and not by a service that has the run
	customer event.Customer
	options  []feedback.Option
}

// take records the step of a follow-up.
func (it *item) take(ctx context.Context) {
	f := it.followUp
	if it.step == StepOpened {
		f.Open(ctx, it.id, it.customer, it.options...)
		return
	}
	f.Move(f.Resume(ctx, it.id), it.step, it.options...)
}
