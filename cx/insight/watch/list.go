package watch

import (
	"context"
	"fmt"
	"slices"

	"cairncx.dev/cairn/cx/insight/breakdown"
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
	slices.SortStableFunc(all, func(x, y Status) int { return dearer(&x, &y) })
	return all, nil
}

// dearer orders breakdowns by what they have cost: see [breakdown.Spent.Compare]. Improvements come last.
func dearer(x, y *Status) int {
	switch a, b := x.spent(), y.spent(); {
	case x.Found.Better == y.Found.Better:
		return a.Compare(&b)
	case y.Found.Better:
		return -1
	default:
		return 1
	}
}

func (s *Status) spent() breakdown.Spent {
	return breakdown.Spent{Events: s.Found.Excess, PerDay: s.Found.PerDay, Customers: float64(s.Customers)}
}
