package exporters

import (
	"context"
	"fmt"
	"sync/atomic"

	"cairncx.dev/cairn/cx/event"
)

var (
	_ event.Eraser = (*Batch)(nil)
	_ event.Eraser = (*Retry)(nil)
	_ event.Eraser = (*Spool)(nil)
	_ event.Eraser = (*Tee)(nil)
)

// forget asks e, which is behind the part with that name, to forget the customer, if e is an event.Eraser.
func forget(ctx context.Context, name string, e event.Exporter, customerHash string) (records int64, err error) {
	f, ok := e.(event.Eraser)
	if !ok {
		return 0, nil
	}
	err = contained(func() error {
		records, err = f.Forget(ctx, customerHash)
		return err
	})
	if err != nil {
		return records, outward(fmt.Errorf("%s: forgetting a customer: %w", name, err))
	}
	return records, nil
}

// Forget implements [event.Eraser]: the Batch exports what waits, then the exporter forgets, if it can.
func (b *Batch) Forget(ctx context.Context, customerHash string) (records int64, err error) {
	if b == nil {
		return 0, nil
	}
	if err := b.Wait(ctx); err != nil { // a lost event is nowhere, so there is nothing to forget of it
		return 0, err
	}
	return forget(ctx, b.cfg.name, b.exporter, customerHash)
}

// Forget implements [event.Eraser]: the exporter forgets, if it can. It does not change dead letters, which a person has to
// look through.
func (r *Retry) Forget(ctx context.Context, customerHash string) (records int64, err error) {
	if r == nil || r.next == nil {
		return 0, nil
	}
	return forget(ctx, r.cfg.name, r.next, customerHash)
}

// Forget implements [event.Eraser]: the Spool delivers what waits on the disk, then the exporter forgets, if it can. It does
// not change dead.jsonl and damaged.jsonl, which a person has to look through.
func (s *Spool) Forget(ctx context.Context, customerHash string) (records int64, err error) {
	if s == nil || s.store == nil {
		return 0, nil
	}
	if err := s.Drain(leaving(ctx)); err != nil { // a lost event is nowhere, so there is nothing to forget of it
		return 0, err
	}
	return forget(ctx, s.cfg.name, s.next, customerHash)
}

// Forget implements [event.Eraser]: each sink that can forgets.
func (t *Tee) Forget(ctx context.Context, customerHash string) (records int64, err error) {
	if t == nil {
		return 0, nil
	}
	var sum atomic.Int64
	err = t.each(func(b *Batch) error {
		n, err := b.Forget(ctx, customerHash)
		sum.Add(n)
		return err
	})
	return sum.Load(), outward(err)
}
