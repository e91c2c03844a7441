package exporters

import (
	"context"
	"fmt"
	"sync/atomic"

	"cairncx.dev/cairn/cx/event"
)

var (
	_ event.EmployeeEraser = (*Batch)(nil)
	_ event.EmployeeEraser = (*Retry)(nil)
	_ event.EmployeeEraser = (*Spool)(nil)
	_ event.EmployeeEraser = (*Tee)(nil)
	_ event.EmployeeEraser = (*filter)(nil)
)

// forgetEmployee asks e, which is behind the part with that name, to forget the employee, if e is an event.EmployeeEraser.
func forgetEmployee(ctx context.Context, name string, e event.Exporter, employeeHash string) (records int64, err error) {
	f, ok := e.(event.EmployeeEraser)
	if !ok {
		return 0, nil
	}
	err = contained(func() error {
		records, err = f.ForgetEmployee(ctx, employeeHash)
		return err
	})
	if err != nil {
		return records, outward(fmt.Errorf("%s: forgetting an employee: %w", name, err))
	}
	return records, nil
}

// ForgetEmployee implements [event.EmployeeEraser]: the Batch exports what waits, then the exporter forgets, if it can.
func (b *Batch) ForgetEmployee(ctx context.Context, employeeHash string) (records int64, err error) {
	if b == nil {
		return 0, nil
	}
	if err := b.Wait(ctx); err != nil { // a lost event is nowhere, so there is nothing to forget of it
		return 0, err
	}
	return forgetEmployee(ctx, b.cfg.name, b.exporter, employeeHash)
}

// ForgetEmployee implements [event.EmployeeEraser]: the exporter forgets, if it can. It does not change dead letters, which a person
// has to look through.
func (r *Retry) ForgetEmployee(ctx context.Context, employeeHash string) (records int64, err error) {
	if r == nil || r.next == nil {
		return 0, nil
	}
	return forgetEmployee(ctx, r.cfg.name, r.next, employeeHash)
}

// ForgetEmployee implements [event.EmployeeEraser]: the Spool delivers what waits on the disk, then the exporter forgets, if it can.
// It does not change dead.jsonl and damaged.jsonl, which a person has to look through.
func (s *Spool) ForgetEmployee(ctx context.Context, employeeHash string) (records int64, err error) {
	if s == nil || s.store == nil {
		return 0, nil
	}
	if err := s.Drain(leaving(ctx)); err != nil { // a lost event is nowhere, so there is nothing to forget of it
		return 0, err
	}
	return forgetEmployee(ctx, s.cfg.name, s.next, employeeHash)
}

// ForgetEmployee implements [event.EmployeeEraser]: each sink that can forgets.
func (t *Tee) ForgetEmployee(ctx context.Context, employeeHash string) (records int64, err error) {
	if t == nil {
		return 0, nil
	}
	var sum atomic.Int64
	err = t.each(func(b *Batch) error {
		n, err := b.ForgetEmployee(ctx, employeeHash)
		sum.Add(n)
		return err
	})
	return sum.Load(), outward(err)
}

// ForgetEmployee implements [event.EmployeeEraser].
func (f *filter) ForgetEmployee(ctx context.Context, employeeHash string) (records int64, err error) {
	if f == nil {
		return 0, nil
	}
	return forgetEmployee(ctx, f.name, f.next, employeeHash)
}
