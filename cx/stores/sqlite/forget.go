package sqlite

import (
	"context"
	"time"
)

// Forget implements [ledger.Forgetter]. It overwrites the erased records in the file. The checkpoint also empties the
// write-ahead log, if no other process reads at that moment.
func (s *Store) Forget(ctx context.Context, customer string, keep time.Duration) (int, error) {
	return s.forgetOn(ctx, nil, customer, keep)
}

// forgetOn is Forget on a shelf, or on the store's own records for nil.
func (s *Store) forgetOn(ctx context.Context, on *shelf, customer string, keep time.Duration) (int, error) {
	forgotten := int64(0)
	err := s.updateOn(ctx, on, on.what("forgetting a customer"), func(quiet context.Context, k kind, now int64) error {
		if customer == "" {
			return nil
		}
		left := places{}
		if err := query(quiet, s.stmt.customerPlaces, []any{int64(k), customer}, left.scan); err != nil {
			return err
		}
		if err := s.countPlaces(quiet, k, left); err != nil {
			return err
		}
		var err error
		forgotten, err = exec(quiet, s.stmt.forget, after(now, keep), int64(k), customer)
		return err
	})
	if err != nil || forgotten == 0 {
		return 0, err
	}
	// The records are forgotten. If other processes use the file, a later checkpoint empties the write-ahead log, so an error
	// is ignored.
	_ = s.use(ctx, "emptying the write-ahead log", func(quiet context.Context) error {
		_, err := exec(quiet, s.stmt.checkpoint)
		return err
	})
	return int(forgotten), nil
}
