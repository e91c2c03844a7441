package resolve

import (
	"fmt"

	"cairncx.dev/cairn/cx/event"
	"cairncx.dev/cairn/cx/fault"
	"cairncx.dev/cairn/feedback"
	"cairncx.dev/cairn/internal/flight"
	"cairncx.dev/cairn/internal/nearest"
)

// maxFindings is how many findings of one event are kept.
const maxFindings = 8

// Findings are the faults of one event: the set, for the counters, and the details of each, for the reports. The zero
// value has none, and allocates nothing.
type Findings struct {
	fault.Set

	list []Finding
	of   *flight.Event // the event, while it is resolved
}

// List returns the details of the first eight faults.
func (f *Findings) List() []Finding { return f.list }

// Finding is one fault. [Finding.Report] makes the text, because only few faults are reported.
type Finding struct {
	report       fault.Report
	got, most    int
	known, given event.Definition // the two definitions that differ
	sides        sides
	rest         []string        // of the detail
	meant        func() []string // the names among which the one that was meant may be
}

// About returns the fault, and the name that it is about.
func (f *Finding) About() (kind fault.Fault, name string) { return f.report.Fault, f.report.Name }

// Report returns the fault with its detail.
func (f *Finding) Report() fault.Report {
	r := f.report
	switch {
	case f.known != nil:
		r.Detail = differences(f.known, f.given, f.sides)
	case f.most > 0:
		r.Detail = fmt.Sprintf("%s: %d given, and %d at most are taken", r.Detail, f.got, f.most)
	}
	for _, s := range f.rest {
		r.Detail += s
	}
	if f.meant != nil {
		r.Detail += nearest.Meant(r.Name, f.meant())
	}
	return r
}

// add notes a fault. An empty name is the event's subject.
func (f *Findings) add(kind fault.Fault, name, detail string) {
	f.report(fault.Report{Fault: kind, Name: name, Detail: detail})
}

// beyond notes a number beyond its bound.
func (f *Findings) beyond(kind fault.Fault, name, what string, got, most int) {
	if x := f.report(fault.Report{Fault: kind, Name: name, Detail: what}); x != nil {
		x.got, x.most = got, most
	}
}

// report notes a fault and returns it. It returns nil for a fault that is noted already, and beyond the bound.
func (f *Findings) report(r fault.Report) *Finding {
	if r.Name == "" && f.of != nil {
		r.Name = f.of.Subject()
	}
	f.Add(r.Fault)
	if len(f.list) >= maxFindings {
		return nil
	}
	for i := range f.list {
		if o := &f.list[i].report; o.Fault == r.Fault && o.Name == r.Name {
			return nil
		}
	}
	f.list = append(f.list, Finding{report: r})
	return &f.list[len(f.list)-1]
}

// notice adds the faults that the vocabulary has noticed.
func (f *Findings) notice(s fault.Set) {
	for kind := range s.All {
		f.add(kind, "", noticed(kind))
	}
}

// noticed returns the detail of a fault that the vocabulary has noticed.
func noticed(kind fault.Fault) string {
	switch kind {
	case fault.Attribute:
		return "an attribute has no key, or no value"
	case fault.TooLong:
		return "the key of an attribute has more than 64 bytes, or is not UTF-8"
	case fault.TooMany:
		return "it has more than 32 attributes"
	case fault.CauseLimit:
		return "the answer has more than 32 causes"
	default:
		return ""
	}
}

// outcome notes an outcome that this kind of event cannot have.
func (f *Findings) outcome(e *flight.Event) {
	if x := f.report(fault.Report{Fault: fault.Outcome, Detail: "its outcome is "}); x != nil {
		x.rest = []string{e.Outcome.String(), ", which ", string(e.Kind), " cannot have"}
	}
}

// score notes a score that is not on its scale.
func (f *Findings) score(a *event.Feedback) {
	if s := a.Scale.String(); s != "" {
		f.add(fault.Score, a.Survey, "the score of an answer is not on the scale "+s)
		return
	}
	f.add(fault.Score, a.Survey, "an answer has a score and no scale")
}

// fold notes an unknown name and returns the name that replaces it.
func (f *Findings) fold(what, name string) string {
	if name == event.Other {
		return name
	}
	if event.ValidName(name) {
		f.add(fault.UnknownName, name, "it is the name of a "+what+" that is not defined")
	} else {
		f.invalid(what, name)
	}
	return event.Other
}

// foldStage notes a stage that the journey does not have, and returns the name that replaces it.
func (f *Findings) foldStage(journey, name string) string {
	switch {
	case name == event.Other:
	case !event.ValidName(name):
		f.invalid("stage", name)
	default:
		if x := f.report(fault.Report{Fault: fault.UnknownName, Name: name, Detail: "it is a stage that the journey "}); x != nil {
			x.rest = []string{journey, " does not have"}
		}
	}
	return event.Other
}

// invalid notes a malformed name.
func (f *Findings) invalid(what, name string) {
	if name == "" {
		f.add(fault.InvalidName, "", "the name of a "+what+" is empty")
		return
	}
	f.add(fault.InvalidName, name, "it is to be the name of a "+what)
}

// otherScale notes an answer from outside that is on another scale than its survey.
func (f *Findings) otherScale(known *feedback.Survey, scale event.Scale, s sides) {
	f.refused(&refusal{
		fault: fault.Conflict, name: known.Name(), known: known,
		given: feedback.Define(known.Name(), feedback.Question(scale)), sides: sides{s.known, inEvent},
	})
}

// refused notes why the catalogue refuses a definition.
func (f *Findings) refused(r *refusal) {
	x := f.report(fault.Report{Fault: r.fault, Name: r.name, Detail: r.what})
	if x != nil {
		x.known, x.given, x.sides = r.known, r.given, r.sides
	}
}
