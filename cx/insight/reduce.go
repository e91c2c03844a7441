package insight

import (
	"math"
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/trace"

	"cairncx.dev/cairn/cx/event"
)

// Reduce leaves in a whole event what [Source].Scan gives of it, so that a source of JSON gives the same events as an archive's columns.
// It changes e and the data behind its pointers and in its lists. An event that was reduced stays as it is.
//
// Every event keeps its ID, kind, time, run (namespace, name and ID), stage, visit, channel, actor, direction, outcome, cause, customer,
// segment, account, variant, intent and lateness, and the attributes whose keys are wanted. Beyond these,
//
//	journey.*                the version, the start and the value of the run, the duration, the transition with its friction,
//	                         the follow-up or the action that the run is
//	touchpoint.*             the touchpoint, the duration, the Apdex zone, the error type, the assisted contact, the effort, the purpose
//	survey.*, feedback.*     the touchpoint, the feedback, the mention
//	followup.*               the touchpoint, the follow-up as an earlier release wrote it
//	any other                the touchpoint, the duration, the promise, the effort, the purpose and the rule of a contact,
//	                         the action as an earlier release wrote it
//
// No event keeps comments, notes, the texts and the language of consents, addresses, employees, grants, or its span. A testimonial stays only if the
// event changes nothing else ([event.Event.OnlyConsent]). Times are cut to the microsecond, and durations rounded. U+FFFD replaces
// NUL and what is not UTF-8. A detail in which nothing is set is nil.
func Reduce(e *event.Event, wanted []string) {
	consent := e.OnlyConsent() && *e.Feedback.Testimonial != event.Testimonial{}
	whole := detailsOf(e)
	e.Kind, e.Time = event.Kind(storable(string(e.Kind))), moment(e.Time)
	for _, text := range []*string{&e.Stage, &e.Cause, &e.Intent, &e.Customer.Hash, &e.Customer.Segment, &e.Customer.Account} {
		store(text)
	}
	e.Customer.ID, e.Customer.AccountID, e.SpanContext = "", "", trace.SpanContext{}
	reduceRun(&e.Journey)
	if v := e.Variant; v != nil {
		if *v = (event.Variant{Release: storable(v.Release), Experiment: storable(v.Experiment), Arm: storable(v.Arm)}); *v == (event.Variant{}) {
			e.Variant = nil
		}
	}
	reduceAttributes(e, wanted)
	family, _, _ := strings.Cut(string(whole.Kind), ".")
	if family != "journey" {
		e.Touchpoint = storable(whole.Touchpoint)
	}
	switch family {
	case "journey":
		reduceTransition(e, &whole)
	case "touchpoint":
		e.Duration, e.Zone, e.ErrorType = rounded(whole.Duration), whole.Zone, storable(whole.ErrorType)
		e.Assisted = reduceAssisted(whole.Assisted)
		e.Effort = reduceEffort(whole.Effort)
		if c := whole.Contact; c != nil {
			e.Contact = reduceContact(c, "")
		}
	case "survey", "feedback":
		reduceFeedback(e, &whole, consent)
	case "followup":
		if f := whole.FollowUp; f != nil && f.ID != "" {
			*f = event.FollowUp{ID: storable(f.ID), Owner: storable(f.Owner), Feedback: f.Feedback, Due: moment(f.Due), Remedy: storable(f.Remedy)}
			e.FollowUp = f
		}
	default:
		reduceOther(e, &whole)
	}
}

// details are what only events of some kinds keep.
type details struct {
	Kind                  event.Kind
	Touchpoint, ErrorType string
	Duration              time.Duration
	Zone                  event.Zone
	Version               string
	Started               time.Time
	Value                 *event.Money
	Transition            *event.Transition
	Promise               *event.Promise
	Feedback              *event.Feedback
	Mention               *event.Mention
	Assisted              *event.Assisted
	Effort                *event.Effort
	FollowUp              *event.FollowUp
	Action                *event.Action
	Breakdown             *event.Breakdown
	Contact               *event.Contact
}

// detailsOf takes the details out of the event.
func detailsOf(e *event.Event) details {
	d := details{
		e.Kind, e.Touchpoint, e.ErrorType, e.Duration, e.Zone, e.Journey.Version, e.Journey.Started, e.Journey.Value,
		e.Transition, e.Promise, e.Feedback, e.Mention, e.Assisted, e.Effort, e.FollowUp, e.Action, e.Breakdown, e.Contact,
	}
	e.Touchpoint, e.ErrorType, e.Duration, e.Zone, e.Journey.Version, e.Journey.Started, e.Journey.Value = "", "", 0, 0, "", time.Time{}, nil
	e.Transition, e.Promise, e.Feedback, e.Mention, e.Assisted, e.Effort, e.FollowUp, e.Action, e.Breakdown, e.Contact = nil, nil, nil, nil, nil, nil, nil, nil, nil, nil
	return d
}

// store makes the text storable in its place.
func store(text *string) {
	if !plainText(*text) {
		*text = storable(*text)
	}
}

// reduceRun leaves in a run its names and its ID, and nothing without a name and an ID.
func reduceRun(j *event.Run) {
	if j.IsZero() {
		*j = event.Run{}
		return
	}
	store(&j.Namespace)
	store(&j.Name)
	store(&j.ID)
	j.Root = event.SpanRef{}
}

func reduceAttributes(e *event.Event, wanted []string) {
	if len(wanted) > 0 {
		e.Attributes = slices.DeleteFunc(e.Attributes, func(kv attribute.KeyValue) bool { return !slices.Contains(wanted, string(kv.Key)) })
	}
	if len(wanted) == 0 || len(e.Attributes) == 0 {
		e.Attributes = nil
	}
}

func reduceTransition(e *event.Event, whole *details) {
	e.Duration = rounded(whole.Duration)
	if !e.Journey.IsZero() {
		e.Journey.Version, e.Journey.Started, e.Journey.Value = storable(whole.Version), moment(whole.Started), reduceMoney(whole.Value)
	}
	if t := whole.Transition; t != nil && *t != (event.Transition{}) {
		t.From, t.LastCause, t.LastTouchpoint, t.Entered = storable(t.From), storable(t.LastCause), storable(t.LastTouchpoint), moment(t.Entered)
		e.Transition = t
	}
	switch f, a := whole.FollowUp, whole.Action; {
	case f != nil && f.ID != "":
		*f = event.FollowUp{
			ID: storable(f.ID), Owner: storable(f.Owner), Severity: storable(f.Severity), Rule: storable(f.Rule), CausedBy: f.CausedBy, Feedback: f.Feedback,
			About: event.RunRef{Namespace: storable(f.About.Namespace), Name: storable(f.About.Name), ID: storable(f.About.ID)}, Due: moment(f.Due), Remedy: storable(f.Remedy),
			Skipped: list(f.Skipped), Silence: length(f.Silence),
		}
		e.FollowUp = f
	case a != nil && a.Name != "":
		feedbacks := a.Feedbacks
		if len(feedbacks) == 0 {
			feedbacks = nil
		}
		*a = event.Action{Name: storable(a.Name), Owner: storable(a.Owner), Feedbacks: feedbacks, Cause: storable(a.Cause), From: moment(a.From), Until: moment(a.Until)}
		e.Action = a
	}
}

func reduceOther(e *event.Event, whole *details) {
	e.Duration = rounded(whole.Duration)
	if p := whole.Promise; p != nil {
		p.Name, p.Made, p.Due = storable(p.Name), moment(p.Made), moment(p.Due)
		e.Promise = p
	}
	e.Effort = reduceEffort(whole.Effort)
	if c := whole.Contact; c != nil {
		e.Contact = reduceContact(c, storable(c.Rule))
	}
	if a := whole.Action; a != nil && a.Name != "" {
		*a = event.Action{Name: storable(a.Name), Owner: storable(a.Owner)}
		e.Action = a
	}
}

func reduceContact(c *event.Contact, rule string) *event.Contact {
	if *c = (event.Contact{Purpose: storable(c.Purpose), Rule: rule}); *c == (event.Contact{}) {
		return nil
	}
	return c
}

func reduceEffort(f *event.Effort) *event.Effort {
	if f == nil {
		return nil
	}
	f.Began, f.Window, f.From = moment(f.Began), length(f.Window), storable(f.From)
	return f
}

func reduceFeedback(e *event.Event, whole *details, consent bool) {
	if m := whole.Mention; m != nil && whole.Feedback != nil {
		if *m = (event.Mention{Nature: m.Nature, Stars: m.Stars, Reach: m.Reach}); *m != (event.Mention{}) {
			e.Mention = m
		}
	}
	f := whole.Feedback
	if f == nil {
		return
	}
	f.Survey, f.Version, f.Language, f.Source, f.Causes, f.Comment = storable(f.Survey), storable(f.Version), storable(f.Language), storable(f.Source), list(f.Causes), ""
	if f.Scale == 0 || whole.Kind == event.SurveyRequested || whole.Kind == event.SurveyShown || whole.Kind == event.SurveyClosed {
		f.Score = 0
	}
	if t := f.Testimonial; consent {
		*t = event.Testimonial{Given: moment(t.Given), Withdrawn: moment(t.Withdrawn)}
	} else {
		f.Testimonial = nil
	}
	some := f.Previous != nil || f.Testimonial != nil || len(f.Causes) > 0 || f.Survey != "" || f.Version != "" || f.Scale != 0 || f.Verdict != 0 || f.Language != "" ||
		!f.Request.IsZero() || f.Ended != 0 || f.Shown || !f.Amends.IsZero() || f.Source != "" || f.Sentiment != 0
	if some {
		e.Feedback = f
	}
}

func reduceAssisted(a *event.Assisted) *event.Assisted {
	if a == nil {
		return nil
	}
	for i := range a.Legs {
		l := &a.Legs[i]
		l.Queue, l.Agent, l.AgentID = storable(l.Queue), "", ""
		l.Start, l.Wait, l.Ring, l.Talk, l.Hold, l.Wrap = length(l.Start), length(l.Wait), length(l.Ring), length(l.Talk), length(l.Hold), length(l.Wrap)
	}
	for i := range a.Decisions {
		d := &a.Decisions[i]
		d.What, d.Approver, d.Path, d.Waited, d.Skipped = storable(d.What), storable(d.Approver), storable(d.Path), length(d.Waited), list(d.Skipped)
		d.Amount, d.Limit = reduceMoney(d.Amount), reduceMoney(d.Limit)
	}
	for i := range a.Views {
		v := &a.Views[i]
		v.Part, v.Age, v.Took = storable(v.Part), length(v.Age), length(v.Took)
	}
	if t := a.Thread; t != nil {
		t.Waited, t.WaitedOpen = length(t.Waited), length(t.WaitedOpen)
		for i := range t.Replies {
			t.Replies[i] = event.Reply{After: length(t.Replies[i].After), Open: length(t.Replies[i].Open)}
		}
		t.Replies = some(t.Replies)
	}
	a.Legs, a.Decisions, a.Views = some(a.Legs), some(a.Decisions), some(a.Views)
	a.Disposition, a.Unable = storable(a.Disposition), storable(a.Unable)
	return a
}

// some returns nil for a list without entries.
func some[T any](of []T) []T {
	if len(of) == 0 {
		return nil
	}
	return of
}

func reduceMoney(m *event.Money) *event.Money {
	if m != nil {
		m.Currency = storable(m.Currency)
	}
	return m
}

// storable returns s as both databases of an archive keep it.
func storable(s string) string {
	if plainText(s) || utf8.ValidString(s) && strings.IndexByte(s, 0) < 0 {
		return s
	}
	return strings.ReplaceAll(strings.ToValidUTF8(s, "\uFFFD"), "\x00", "\uFFFD")
}

// plainText reports whether s is ASCII without NUL, as nearly every text is: of eight bytes at once, each less one and itself have no high bit.
func plainText(s string) bool {
	const ones, high = 0x0101010101010101, 0x8080808080808080
	for ; len(s) >= 8; s = s[8:] {
		w := uint64(s[0]) | uint64(s[1])<<8 | uint64(s[2])<<16 | uint64(s[3])<<24 | uint64(s[4])<<32 | uint64(s[5])<<40 | uint64(s[6])<<48 | uint64(s[7])<<56
		if (w|(w-ones))&high != 0 {
			return false
		}
	}
	for i := range len(s) {
		if c := s[i]; c == 0 || c >= utf8.RuneSelf {
			return false
		}
	}
	return true
}

func list(of []string) []string {
	for i, s := range of {
		of[i] = storable(s)
	}
	return some(of)
}

// moment cuts a time to the microsecond, within the years 1 to 9999. The zero time stays.
func moment(t time.Time) time.Time {
	const first, last = -62135596800000000, 253402300799999999
	if t.IsZero() {
		return time.Time{}
	}
	if s := t.Unix(); s >= first/1_000_000 && s < last/1_000_000 {
		return time.Unix(s, int64(t.Nanosecond()/1000*1000)).UTC()
	}
	us := int64(last)
	switch y := t.UTC().Year(); {
	case y < 1:
		us = first
	case y <= 9999:
		us = t.UnixMicro()
	}
	return time.UnixMicro(us).UTC()
}

// rounded rounds a duration to the microsecond. An archive keeps seconds as a float64, which beyond 24 days has no nanoseconds.
func rounded(d time.Duration) time.Duration {
	const exact, longest = 20 * 24 * time.Hour, 9223372036 * time.Second
	switch {
	case d > -exact && d < exact:
		return d.Round(time.Microsecond)
	case d >= longest:
		return longest
	case d <= -longest:
		return -longest
	default:
		return time.Duration(math.Round(d.Seconds()*1e6)) * time.Microsecond
	}
}

func length(s event.Seconds) event.Seconds { return event.Seconds(rounded(time.Duration(s))) }
