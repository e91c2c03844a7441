package insight

import (
	"context"
	"time"

	"cairncx.dev/cairn/cx/assist"
	"cairncx.dev/cairn/cx/event"
	"cairncx.dev/cairn/feedback/score"
)

// Resolution says how often one contact was enough. No number of it is complete without the coverage.
type Resolution struct {
	assist.Resolution

	// Told reports where the efforts come from. If it is true, a client has told them ([event.ContactResolved]): they are those whose window was over in
	// the period, and Repeats and Switches are of these. Otherwise they follow from the contacts of the period alone, by [assist.Resolve] with Window, so
	// that an effort from before the period is not known.
	Told   bool          `json:"told"`
	Window time.Duration `json:"window_ns,omitempty"`
	// Coverage is the share of the contacts whose customer and intent are known. First is the share of the efforts that one answered contact
	// resolved. Again is the share of the known contacts that came again; it is none if efforts were told, because these are not about the contacts of the period.
	Coverage score.Share `json:"coverage,omitzero"`
	First    score.Share `json:"first_contact_resolution,omitzero"`
	Again    score.Share `json:"repeat_rate,omitzero"`
}

// effortWindow is that of a client by default.
const effortWindow = 7 * 24 * time.Hour

// resolving collects efforts.
type resolving struct {
	r    assist.Resolution
	said bool // a client has told efforts
	// kept are the known contacts and what failed before them, if no client has told efforts.
	kept []event.Event
}

// told reads the efforts that a client has told. They belong to no run, so that they answer only a question about all runs.
func (r *resolving) told(ctx context.Context, c *chooser) error {
	if !c.unbound() {
		return nil
	}
	return c.read(ctx, c.p.from, c.p.until, []event.Kind{event.ContactResolved}, func(e *event.Event) error {
		f := e.Effort
		if f == nil || e.Contact != nil || !c.v.segment(e.Customer.Segment) {
			return nil
		}
		r.said = true
		r.r.Repeats += f.Contacts - 1
		r.r.Switches += f.Switches
		switch {
		case f.Answered == 0:
			r.r.Unanswered++
		default:
			r.r.Efforts++
			if f.FirstContact {
				r.r.FirstContact++
			}
		}
		if f.From != "" {
			r.r.Escalated++
		}
		return nil
	})
}

// failedAlone reports whether a customer has failed to help himself or herself: see [assist.Resolve].
func failedAlone(e *event.Event) bool {
	return e.Assisted == nil && e.Outcome == event.Failed && e.Direction != event.Outbound && e.Customer.Hash != "" && e.Intent != "" && e.Intent != event.Other
}

// add counts a contact, or what a customer has failed to do alone.
func (r *resolving) add(e *event.Event) {
	if e.Direction == event.Outbound {
		return
	}
	known := e.Customer.Hash != "" && e.Intent != "" && e.Intent != event.Other
	if e.Assisted != nil {
		if r.r.Contacts++; known {
			r.r.Known++
		}
	}
	if r.said || !known {
		return
	}
	kept := event.Event{ID: e.ID, Kind: e.Kind, Time: e.Time, Duration: e.Duration, Channel: e.Channel, Outcome: e.Outcome, Intent: e.Intent}
	kept.Customer.Hash = e.Customer.Hash
	if e.Assisted != nil {
		kept.Assisted = &alone
		if assist.ByPerson(e.Assisted) {
			kept.Assisted = &helped
		}
	}
	r.kept = append(r.kept, kept)
}

// Contacts that a person has answered, and not: all that [assist.Resolve] asks of them.
var (
	helped = event.Assisted{Legs: []event.Leg{{Answered: true}}}
	alone  = event.Assisted{}
)

func (r *resolving) resolution(c *chooser, confidence float64) Resolution {
	a := Resolution{Resolution: r.r, Told: r.said}
	if !r.said {
		a.Window = effortWindow
		a.Resolution = assist.Resolve(r.kept, effortWindow, instant(c.p.at))
		a.Contacts, a.Known = r.r.Contacts, r.r.Known
		a.Again = score.ShareOf(int64(a.Repeats), int64(a.Known), confidence)
	}
	a.Coverage = score.ShareOf(int64(a.Known), int64(a.Contacts), confidence)
	a.First = score.ShareOf(int64(a.FirstContact), int64(a.Efforts), confidence)
	return a
}
