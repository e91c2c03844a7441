package customer

import (
	"context"
	"errors"
	"fmt"

	"cairncx.dev/cairn/cx/event"
	"cairncx.dev/cairn/cx/ledger"
	"cairncx.dev/cairn/internal/digest"
)

// The HMAC of a dedicated representative is in a record of its own, the link, and not in the customer's. The customer's record has the
// link's name, which is an ID that says nothing. The link carries the HMAC as [ledger.Change.Customer], so that the store finds all links
// of an employee by its own index, and closes them ([ledger.Forgetter]). A link that is closed, or missing, is no representative.

var errNoForgetter = errors.New("the store of customers' records cannot forget an employee: it is no ledger.Forgetter")

func (b *Book) linkKey(name string) ledger.Key {
	return digest.Representative(b.cfg.Namespace, name)
}

// represent writes the link and its name in the customer's record, with one call of the store's Write, and closes the link that does not
// hold any more. After an error the representative may have changed.
func (b *Book) represent(ctx context.Context, c ledger.Change, e *entry) error {
	employee := e.ref
	changes := []ledger.Change{c}
	if employee != "" {
		e.ref = event.NewID(b.cfg.Now()).String()
		changes[0].Append = e.appendTo(nil)
		link := &entry{kind: opRepresented, at: e.at, ref: employee}
		changes = append(changes, ledger.Change{Key: b.linkKey(e.ref), Append: link.appendTo(nil), Customer: employee})
	}
	records, err := b.append(ctx, changes)
	if err != nil {
		return err
	}
	r, _, _, _, err := readLog(records[0].Log)
	if err != nil {
		return err
	}
	was, _, _, _, err := readLog(records[0].Log[:max(len(records[0].Log)-len(changes[0].Append), 0)])
	if err != nil {
		return err
	}
	for _, stale := range []string{was.representative, e.ref} {
		if stale != "" && stale != r.representative {
			if err := b.unlink(ctx, stale); err != nil {
				return err
			}
		}
	}
	return nil
}

// employee returns the HMAC that the link has, or "".
func (b *Book) employee(ctx context.Context, name string) (string, error) {
	if name == "" {
		return "", nil
	}
	records, err := b.write(ctx, []ledger.Change{reading(b.linkKey(name))})
	if err != nil {
		return "", err
	}
	r, _, _, _, err := readLog(liveLog(&records[0]))
	if err != nil {
		return "", fmt.Errorf("the representative: %w", err)
	}
	return r.representative, nil
}

// unlink closes the link, if there is one.
func (b *Book) unlink(ctx context.Context, name string) error {
	if name == "" {
		return nil
	}
	records, err := b.write(ctx, []ledger.Change{reading(b.linkKey(name))})
	if err != nil || records[0].Log == nil || records[0].Closed {
		return err
	}
	_, err = b.write(ctx, []ledger.Change{{Key: records[0].Key, If: records[0].Log, Replace: []byte{}, Close: true}}) // no one changes a link
	return err
}

// ForgetEmployee removes the employee from all records. No customer has the employee as the representative afterwards. It returns an error
// for a store that is no [ledger.Forgetter]. After an error, call it again.
func (b *Book) ForgetEmployee(ctx context.Context, employee string) error {
	forgetter, ok := b.cfg.Store.(ledger.Forgetter)
	if !ok {
		return errNoForgetter
	}
	_, err := within(ctx, b, func() (int, error) { return forgetter.Forget(ctx, employee, tidyAfter) })
	return err
}

// ForgetEmployee removes the employee from all records.
func (l *Local) ForgetEmployee(_ context.Context, employee string) error {
	l.mu.Lock()
	defer l.mu.Unlock()
	for who, r := range l.records {
		if r.representative == employee {
			r.representative, r.represented = "", 0
		}
		if r.empty() {
			delete(l.records, who)
		}
	}
	return nil
}
