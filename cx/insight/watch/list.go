package watch

import (
	"cmp"
	"context"
	"fmt"
	"math"
	"slices"

	"cairncx.dev/cairn/cx/ledger"
)

// List returns the breakdowns that a watch keeps in the store, under the name of their journey and the namespace of the client, as [Watch.List]
// does: for what reads the store, and does not watch.
func List(ctx context.Context, store ledger.Store, namespace, journey string) ([]Status, error) {
	shelves, ok := store.(ledger.Shelver)
	if !ok {
		return nil, fmt.Errorf("watch: %w", ledger.ErrNoShelves)
	}
	return list(ctx, shelves.Shelf(shelf), namespace, journey)
}

func list(ctx context.Context, store ledger.Store, namespace, journey string) ([]Status, error) {
	b := &book{store: store, namespace: namespace, journey: journey}
	if err := b.read(ctx); err != nil {
		return nil, fmt.Errorf("watch: %w", err)
	}
	all := make([]Status, 0, len(b.entries))
	for _, e := range b.sorted() {
		all = append(all, e.status())
	}
	slices.SortStableFunc(all, func(x, y Status) int { return cmp.Compare(y.cost(), x.cost()) })
	return all, nil
}

// cost returns what orders breakdowns: the customers in excess, and the events where these are not known. Improvements come last.
func (s *Status) cost() float64 {
	if s.Customers != 0 {
		return float64(s.Customers)
	}
	return math.Abs(s.Found.Excess) * map[bool]float64{true: -1, false: 1}[s.Found.Better]
}
