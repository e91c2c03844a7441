package resolve

import (
	"fmt"

	"cairncx.dev/cairn/cx/event"
)

// maxFindings bounds what is told of one event.
const maxFindings = 8

// Findings are the faults of one event: the set, which is counted, and what each is about, which is told. The zero
// value is none. It costs nothing until there is one.
type Findings struct {
	event.Faults

	list []Finding
	of   *event.Event // while it is looked at
}

// List returns what the faults are about, the first eight.
func (f *Findings) List() []Finding { return f.list }

// Finding is one fault. What costs time to say is said by [Finding.Report], for those that are told.
type Finding struct {
	report       event.FaultReport
	got, most    int
	known, given event.Definition // that differ
	sides        sides
	rest         []string // of the detail
}

// About returns the fault, and the name of what it is about.
func (f *Finding) About() (fault event.Fault, name string) { return f.report.Fault, f.report.Name }

// Report returns the fault with its detail.
func (f *Finding) Report() event.FaultReport {
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
	return r
}

// add notes a fault; an empty name is the event's.
func (f *Findings) add(fault event.Fault, name, detail string) {
	f.report(event.FaultReport{Fault: fault, Name: name, Detail: detail})
}

// beyond notes a number that is beyond its bound.
func (f *Findings) beyond(fault event.Fault, name, what string, got, most int) {
	if x := f.report(event.FaultReport{Fault: fault, Name: name, Detail: what}); x != nil {
		x.got, x.most = got, most
	}
}

// report notes a fault, and returns it unless it is noted already, or there are too many.
func (f *Findings) report(r event.FaultReport) *Finding {
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

// notice takes over what the vocabulary has noticed.
func (f *Findings) notice(s event.Faults) {
	for fault := event.Fault(0); s != 0 && int(fault) < event.NumFaults; fault++ {
		if !s.Has(fault) {
			continue
		}
		s &^= 1 << fault
		f.add(fault, "", noticed(fault))
	}
}

// noticed says what the vocabulary has noticed.
func noticed(fault event.Fault) string {
	switch fault {
	case event.FaultInvalidName:
		return "an attribute has no key, or no value"
	case event.FaultTooLong:
		return "the key of an attribute has more than 64 bytes, or is not UTF-8"
	case event.FaultTooMany:
		return "it has more than 32 attributes"
	case event.FaultCauseLimit:
		return "the answer has more than 32 causes"
	default:
		return ""
	}
}

// outcome notes an outcome that the kind of the event cannot have.
func (f *Findings) outcome(e *event.Event) {
	if x := f.report(event.FaultReport{Fault: event.FaultOutcome, Detail: "its outcome is "}); x != nil {
		x.rest = []string{e.Outcome.String(), ", which ", string(e.Kind), " cannot have"}
	}
}

// fold is what becomes of a name that is not known.
func (f *Findings) fold(what, name string) string {
	if name == event.Other {
		return name
	}
	if event.ValidName(name) {
		f.add(event.FaultUnknownName, name, "it is the name of a "+what+" that is not defined")
	} else {
		f.invalid(what, name)
	}
	return event.Other
}

// foldStage is what becomes of the name of a stage that the journey does not have.
func (f *Findings) foldStage(journey, name string) string {
	switch {
	case name == event.Other:
	case !event.ValidName(name):
		f.invalid("stage", name)
	default:
		if x := f.report(event.FaultReport{Fault: event.FaultUnknownName, Name: name, Detail: "it is a stage that the journey "}); x != nil {
			x.rest = []string{journey, " does not have"}
		}
	}
	return event.Other
}

// invalid notes a name that is none.
func (f *Findings) invalid(what, name string) {
	if name == "" {
		f.add(event.FaultInvalidName, "", "the name of a "+what+" is empty")
		return
	}
	f.add(event.FaultInvalidName, name, "it is to be the name of a "+what)
}

// refused notes why a definition is not taken.
func (f *Findings) refused(r *refusal) {
	x := f.report(event.FaultReport{Fault: r.fault, Name: r.name, Detail: r.what})
	if x != nil {
		x.known, x.given, x.sides = r.known, r.given, r.sides
	}
}
