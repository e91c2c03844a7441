package subscribe

import (
	"context"
	"crypto/sha256"
	"encoding/json"
	"errors"
	"fmt"
	"slices"

	"cairncx.dev/cairn/cx/insight"
	"cairncx.dev/cairn/cx/ledger"
)

// List has the subscribers of plans. It is safe for concurrent use, and so are several of them on one store.
type List struct{ store ledger.Store }

// shelf has the records of plans.
const shelf = "subscriptions"

// Bounds of a list.
const (
	// MaxSubscribers is how many addresses a plan has at most: as many as a schedule notes as delivered.
	MaxSubscribers = 1000
	maxPlan        = 64
	attempts       = 20 // to write a record that others write, too
)

// The errors of a list.
var (
	// ErrAddress is the error of an address that is none.
	ErrAddress = errors.New(`subscribe: the address is none: use one such as "name@example.com"`)
	// ErrFull is the error of a plan that has [MaxSubscribers].
	ErrFull = fmt.Errorf("subscribe: the plan has %d subscribers: ask those who run it to send the report to a list", MaxSubscribers)

	// ErrBusy is the error of a plan whose subscribers others change all the time.
	ErrBusy = errors.New("subscribe: others change the subscribers all the time: try again")

	errNewer = errors.New("subscribe: the store's record of the subscribers is of a newer release, or is damaged: run one release of Cairn, or give the plan another name")
)

// New returns the list in the store, on the shelf "subscriptions". It does no I/O. It returns an error if the store is nil or has no shelves.
func New(store ledger.Store) (*List, error) {
	shelves, ok := store.(ledger.Shelver)
	if !ok {
		return nil, fmt.Errorf("subscribe: %w", ledger.ErrNoShelves)
	}
	return &List{shelves.Shelf(shelf)}, nil
}

// record is what the store has of a plan.
type record struct {
	Version int      `json:"v"`
	To      []string `json:"to"` // in lower case, in their order
}

const version = 1

// Subscribed reports whether the address gets the reports of the plan.
func (l *List) Subscribed(ctx context.Context, plan, address string) (bool, error) {
	address, err := normal(address)
	if err != nil {
		return false, err
	}
	r, _, err := l.read(ctx, plan)
	if err != nil {
		return false, err
	}
	_, found := slices.BinarySearch(r.To, address)
	return found, nil
}

// Subscribe adds the address to the plan, or takes it away. It changes nothing if that is so already. The caller has verified that the address is the
// reader's own. It returns [ErrAddress], [ErrFull] and
// [ErrBusy], and errors of the store.
func (l *List) Subscribe(ctx context.Context, plan, address string, on bool) error {
	address, err := normal(address)
	if err != nil {
		return err
	}
	for range attempts {
		r, old, err := l.read(ctx, plan)
		if err != nil {
			return err
		}
		at, found := slices.BinarySearch(r.To, address)
		switch {
		case found == on:
			return nil
		case on && len(r.To) >= MaxSubscribers:
			return ErrFull
		case on:
			r.To = slices.Insert(r.To, at, address)
		default:
			r.To = slices.Delete(r.To, at, at+1)
		}
		if done, err := l.replace(ctx, plan, old, r); err != nil || done {
			return err
		}
	}
	return ErrBusy
}

// Addresses returns the subscribers of the plan, in the order of their addresses, in lower case.
func (l *List) Addresses(ctx context.Context, plan string) ([]string, error) {
	r, _, err := l.read(ctx, plan)
	return r.To, err
}

// read returns the record of the plan, and its log: nil if the store has none. It changes nothing.
func (l *List) read(ctx context.Context, plan string) (r record, log []byte, err error) {
	if plan == "" || len(plan) > maxPlan {
		return r, nil, fmt.Errorf("subscribe: the plan %.80q: use 1 to %d bytes", plan, maxPlan)
	}
	records, err := l.store.Write(ctx, []ledger.Change{{Key: key(plan), If: noLog, Replace: noLog}})
	if err != nil {
		return r, nil, fmt.Errorf("subscribe: the plan %q: read its subscribers: %w", plan, err)
	}
	if len(records) != 1 {
		return r, nil, errNewer
	}
	log = records[0].Log
	if len(log) == 0 {
		return record{Version: version}, log, nil
	}
	if err := json.Unmarshal(log, &r); err != nil || r.Version != version || !slices.IsSorted(r.To) {
		return record{}, nil, errNewer // the text of the error may have an address
	}
	return r, log, nil
}

// noLog is the log of no record: a change of a record with this log reads what there is.
var noLog = []byte("none")

// replace writes the record, unless another one was written since old was read. Without an old one it makes an empty record first.
func (l *List) replace(ctx context.Context, plan string, old []byte, r record) (done bool, err error) {
	log, err := json.Marshal(r)
	if err != nil {
		panic(err) // numbers and texts
	}
	if old == nil {
		if _, err := l.store.Write(ctx, []ledger.Change{{Key: key(plan)}}); err != nil {
			return false, fmt.Errorf("subscribe: the plan %q: make its record: %w", plan, err)
		}
	}
	records, err := l.store.Write(ctx, []ledger.Change{{Key: key(plan), If: old, Replace: log}})
	if err != nil {
		return false, fmt.Errorf("subscribe: the plan %q: write its subscribers: %w", plan, err)
	}
	return len(records) == 1 && string(records[0].Log) == string(log), nil
}

func key(plan string) ledger.Key {
	sum := sha256.Sum256([]byte("cairn.subscribe.plan.1\x00" + plan))
	return ledger.Key(sum[:16])
}

// normal returns the address alone, in lower case.
func normal(text string) (string, error) {
	address, ok := insight.MailAddress(text)
	if !ok {
		return "", ErrAddress
	}
	return address, nil
}
