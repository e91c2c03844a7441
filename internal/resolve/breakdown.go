package resolve

import (
	"math"

	"cairncx.dev/cairn/cx/event"
	"cairncx.dev/cairn/cx/fault"
)

// breakdown bounds the details of a breakdown, which is the run of the event. They are of what many customers have met, and of no single
// one.
func (r *Resolver) breakdown(d event.Breakdown, f *Findings) *event.Breakdown {
	label(&d.About, "the kind of the breakdown", f)
	label(&d.Journey, "the journey of the breakdown", f)
	label(&d.Name, "the name that the breakdown is about", f)
	moment(&d.Began, "the day on which the breakdown began is", f)
	moment(&d.BaselineUntil, "the end of the days before the breakdown is", f)
	d.Placed = firstOf(d.Placed, event.MaxPlaced, false, "the places of the breakdown", f)
	for i := range d.Placed {
		label(&d.Placed[i].Column, "a column of the breakdown", f)
		label(&d.Placed[i].Value, "a value of the breakdown", f)
	}
	label(&d.Severity, "the severity of the breakdown", f)
	share(&d.Before, "the share before the breakdown", f)
	share(&d.Since, "the share since the breakdown began", f)
	if math.IsNaN(d.Excess) || math.IsInf(d.Excess, 0) {
		d.Excess = 0
		f.add(fault.Number, "", "the excess of the breakdown is no number")
	}
	d.Value = money(d.Value, "", "the value in excess of a breakdown", f)
	cut(&d.Owner, event.MaxName, "the owner of the breakdown", f)
	if d.Action != (event.RunRef{}) {
		d.Action = reference(d.Action, "action that mends a breakdown", f)
	}
	if d.Earlier != "" && !event.ValidID(d.Earlier) {
		f.invalidID(fault.InvalidID, "", "the ID of the earlier breakdown", d.Earlier)
		d.Earlier = ""
	}
	d.Note = r.text(d.Note, "the note of the breakdown", f)
	return &d
}

// share sets a share to 0 that is not from 0 to 1.
func share(p *float64, what string, f *Findings) {
	if !(*p >= 0 && *p <= 1) { // not a number is none, too
		*p = 0
		f.add(fault.Number, "", what+" is not from 0 to 1")
	}
}

// reference returns the run that details name, or none where its ID is not valid: a part of an ID may be the ID of another run.
func reference(d event.RunRef, what string, f *Findings) event.RunRef {
	if !event.ValidID(d.ID) {
		f.invalidID(fault.InvalidID, "", "the ID of the "+what, d.ID)
		return event.RunRef{}
	}
	label(&d.Namespace, "the namespace of the "+what, f)
	label(&d.Name, "the name of the "+what, f)
	return d
}
