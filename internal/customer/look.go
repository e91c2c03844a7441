package customer

import (
	"context"
	"time"

	"cairncx.dev/cairn/cx/event"
	"cairncx.dev/cairn/cx/ledger"
	"cairncx.dev/cairn/internal/flight"
)

// Look returns the record of the subject as it is now, and false where there is none or nothing is in it. It writes nothing.
func (b *Book) Look(ctx context.Context, subject string) (flight.CustomerRecord, bool, error) {
	at, err := b.now(ctx)
	if err != nil {
		return flight.CustomerRecord{}, false, err
	}
	records, err := b.write(ctx, []ledger.Change{reading(b.key(subject))})
	if err != nil {
		return flight.CustomerRecord{}, false, err
	}
	r, _, _, _, err := readLog(liveLog(&records[0]))
	if err != nil {
		return flight.CustomerRecord{}, false, err
	}
	r.pass(at.UnixNano())
	if r.representative, err = b.employee(ctx, r.representative); err != nil {
		return flight.CustomerRecord{}, false, err
	}
	return r.shown(subject), !r.empty(), nil
}

// shown returns the record for people.
func (r *record) shown(pseudonym string) flight.CustomerRecord {
	s := flight.CustomerRecord{Pseudonym: pseudonym, Representative: r.representative}
	if r.representative != "" {
		s.Represented = instant(r.represented)
	}
	for _, p := range r.permits {
		s.Permits = append(s.Permits, flight.RecordedPermit{Purpose: p.purpose, Channel: p.channel, Given: p.given, At: instant(p.at), Source: p.source})
	}
	for _, q := range r.suppressions {
		one := flight.RecordedSuppression{Reason: q.reason, Purpose: q.purpose, Channel: q.channel, At: instant(q.at), Source: q.source}
		if q.lifted {
			one.Lifted, one.LiftedAt, one.LiftedBy = true, instant(q.end), q.by
		}
		s.Suppressions = append(s.Suppressions, one)
	}
	for i := range r.contacts {
		c := &r.contacts[i]
		s.Contacts = append(s.Contacts, flight.RecordedContact{
			Grant: c.id, Purpose: c.purpose, Channel: c.channel, At: instant(c.at), Used: c.until == 0, Until: instant(c.end()), Topic: c.topic,
		})
	}
	for _, h := range r.holds {
		s.Holds = append(s.Holds, flight.RecordedHold{Name: h.name, Ref: h.ref, At: instant(h.at)})
	}
	for i := range r.efforts {
		f := &r.efforts[i]
		e := r.soFar(f, event.ID{})
		s.Efforts = append(s.Efforts, flight.RecordedEffort{
			Intent: e.Intent, Began: e.Began, Ended: e.Ended, Contacts: e.Contacts, Answered: e.Answered, Switches: e.Switches, Until: instant(f.over()),
		})
	}
	for i := range r.steps {
		s.Steps = append(s.Steps, flight.RecordedStep{Intent: r.steps[i].intent, Touchpoint: r.steps[i].touchpoint, At: instant(r.steps[i].at)})
	}
	return s
}

// instant returns the time of a record, in UTC.
func instant(ns int64) time.Time { return time.Unix(0, ns).UTC() }
