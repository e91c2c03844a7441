package customer

import (
	"bytes"
	"context"
	"time"

	"cairncx.dev/cairn/cx/ledger"
	"cairncx.dev/cairn/internal/flight"
)

// subject is what a list says of one person.
type subject struct {
	key     ledger.Key
	entries []*entry
	of      []*flight.Listed // the entries are made of these
}

// Enter makes the suppressions of a list, whose subjects are pseudonyms, and sets their outcomes. It reads all records in one call of
// the store, and appends in a second one what changes something: to enter a list again writes nothing. With dry it only reads. After
// an error from the store any of the suppressions may have been made; enter the list again.
//
// The appended entries do not make a record due. A record with suppressions only needs no housekeeping.
func (b *Book) Enter(ctx context.Context, list []flight.Listed, dry bool) error {
	if len(list) == 0 {
		return nil
	}
	at, err := b.now(ctx)
	if err != nil {
		return err
	}
	subjects := b.subjects(list, at)
	reads := make([]ledger.Change, len(subjects))
	for i := range subjects {
		reads[i] = reading(subjects[i].key)
	}
	records, err := b.write(ctx, reads)
	if err != nil {
		return err
	}
	var changes []ledger.Change
	var changed []*subject
	for i := range subjects {
		news, err := subjects[i].take(liveLog(&records[i]))
		if err != nil {
			return err
		}
		if len(news) > 0 && !dry {
			changes = append(changes, ledger.Change{Key: subjects[i].key, Append: news})
			changed = append(changed, &subjects[i])
		}
	}
	if len(changes) == 0 {
		return nil
	}
	return b.enter(ctx, changes, changed)
}

// enter appends what changes the records. The outcomes are those at the place in the log where the store has put the entries.
func (b *Book) enter(ctx context.Context, changes []ledger.Change, changed []*subject) error {
	b.checkKey()
	records, err := b.write(ctx, changes)
	if err != nil {
		return err
	}
	for i := range records {
		if records[i].Closed { // it had nothing in it and is being removed
			one, err := b.append(ctx, changes[i:i+1])
			if err != nil {
				return err
			}
			records[i] = one[0]
		}
		before, own := bytes.CutSuffix(records[i].Log, changes[i].Append)
		if !own {
			return errAnswer
		}
		if _, err := changed[i].take(before); err != nil {
			return err
		}
	}
	return nil
}

// subjects returns what the list says of each person, in its order.
func (b *Book) subjects(list []flight.Listed, at time.Time) []subject {
	all := make([]subject, 0, len(list))
	place := make(map[ledger.Key]int, len(list))
	for i := range list {
		m := &list[i]
		key := b.key(m.Subject)
		n, ok := place[key]
		if !ok {
			n = len(all)
			place[key] = n
			all = append(all, subject{key: key})
		}
		all[n].entries, all[n].of = append(all[n].entries, listed(m, at)), append(all[n].of, m)
	}
	return all
}

// listed returns the entry of a suppression of a list.
func listed(m *flight.Listed, at time.Time) *entry {
	e := &entry{kind: opSuppress, at: at.UnixNano(), purpose: m.Purpose, channel: m.Channel, reason: m.Reason, text: m.Source}
	if !m.At.IsZero() {
		e.when = m.At.UnixNano()
	}
	return e
}

// take applies the entries to the log, sets their outcomes, and returns those that change something.
func (s *subject) take(log []byte) (news []byte, err error) {
	r, _, _, _, err := readLog(log)
	if err != nil {
		return nil, err
	}
	for i, e := range s.entries {
		s.of[i].Outcome = outcomeOf(r.apply(e).problem)
		if o := s.of[i].Outcome; o == flight.Added || o == flight.Renewed {
			news = e.appendTo(news)
		}
	}
	return news, nil
}

func outcomeOf(p problem) flight.Outcome {
	switch p {
	case full:
		return flight.Full
	case renewed:
		return flight.Renewed
	case known:
		return flight.Known
	case stays:
		return flight.StaysLifted
	default:
		return flight.Added
	}
}
