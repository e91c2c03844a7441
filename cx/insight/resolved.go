package insight

import (
	"cmp"
	"context"
	"slices"
	"strings"
	"time"

	"cairncx.dev/cairn/cx/assist"
	"cairncx.dev/cairn/cx/event"
	"cairncx.dev/cairn/feedback/score"
	"cairncx.dev/cairn/internal/smallgroup"
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
	// The customers of the known contacts, and of the efforts with an answer.
	knowns, helped smallgroup.Crowd
	// kept are the known contacts and what failed before them, if no client has told efforts.
	kept    []attempt
	intents map[string]uint32
}

// attempt is a contact, or what the customer has failed to do alone, as [assist.Resolve] needs it.
type attempt struct {
	id       event.ID
	who      uint64
	at       time.Time
	took     time.Duration
	intent   uint32
	channel  event.Channel
	contact  bool
	answered bool
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
		if f.Answered == 0 {
			r.r.Unanswered++
		} else if r.r.Efforts++; f.FirstContact {
			r.r.FirstContact++
		}
		if f.Answered != 0 {
			r.helped.Add(caller(e))
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
			r.knowns.Add(person(e))
			r.r.Known++
		}
	}
	if r.said || !known {
		return
	}
	if r.intents == nil {
		r.intents = map[string]uint32{}
	}
	intent, ok := r.intents[e.Intent]
	if !ok {
		intent = uint32(len(r.intents)) //nolint:gosec // there are no more than events
		r.intents[strings.Clone(e.Intent)] = intent
	}
	r.kept = append(r.kept, attempt{
		id: e.ID, who: person(e), at: e.Time, took: e.Duration, intent: intent, channel: e.Channel,
		contact: e.Assisted != nil, answered: e.Assisted != nil && assist.ByPerson(e.Assisted),
	})
}

// resolve returns the efforts, of one customer and intent at a time, so that few of them are events at once.
func (r *resolving) resolve(until time.Time) (sum assist.Resolution) {
	slices.SortStableFunc(r.kept, func(a, b attempt) int {
		return cmp.Or(cmp.Compare(a.who, b.who), cmp.Compare(a.intent, b.intent), a.at.Compare(b.at))
	})
	answered, not := &event.Assisted{Legs: []event.Leg{{Answered: true}}}, &event.Assisted{}
	var events []event.Event
	for i := range r.kept {
		k := &r.kept[i]
		e := event.Event{ID: k.id, Kind: event.TouchpointEnded, Time: k.at, Duration: k.took, Channel: k.channel, Intent: "intent"}
		e.Customer.Hash = "customer"
		switch {
		case k.answered:
			e.Assisted = answered
		case k.contact:
			e.Assisted = not
		default:
			e.Outcome = event.Failed
		}
		events = append(events, e)
		if i+1 < len(r.kept) && r.kept[i+1].who == k.who && r.kept[i+1].intent == k.intent {
			continue
		}
		one := assist.Resolve(events, effortWindow, until)
		if one.Efforts > 0 {
			r.helped.Add(k.who)
		}
		sum.Repeats, sum.Switches, sum.Efforts, sum.FirstContact = sum.Repeats+one.Repeats, sum.Switches+one.Switches, sum.Efforts+one.Efforts, sum.FirstContact+one.FirstContact
		sum.Unanswered, sum.Open, sum.Escalated = sum.Unanswered+one.Unanswered, sum.Open+one.Open, sum.Escalated+one.Escalated
		events = events[:0]
	}
	return sum
}

func (r *resolving) resolution(c *chooser, confidence float64) Resolution {
	a := Resolution{Resolution: r.r, Told: r.said}
	if !r.said {
		a.Window = effortWindow
		a.Resolution = r.resolve(instant(c.now))
		a.Contacts, a.Known = r.r.Contacts, r.r.Known
		a.Again = shareOf(&r.knowns, int64(a.Repeats), int64(a.Known), confidence)
	}
	a.Coverage = score.ShareOf(int64(a.Known), int64(a.Contacts), confidence)
	a.First = shareOf(&r.helped, int64(a.FirstContact), int64(a.Efforts), confidence)
	return a
}
