package console

import "context"

// direct asks a question about one run or customer. Its answer is not kept, because no other reader shares it, and it waits for its turn as all questions do: no longer than
// the reader, and than the console. F must not ask directly itself.
func direct[T any](ctx context.Context, v *visit, f func(context.Context) (T, error)) (T, error) {
	var none T
	d := v.c.desk
	if err := d.started(); err != nil {
		return none, err
	}
	defer d.running.Done()
	ctx, done := d.until(ctx)
	defer done()
	if err := d.turn(ctx, d.turns); err != nil {
		return none, err
	}
	defer func() { <-d.turns }()
	ctx, cancel := context.WithTimeout(ctx, maxAnswer)
	defer cancel()
	got, err := f(ctx)
	if err != nil && d.closed() != nil {
		err = errClosed
	}
	remember(ctx, got)
	return got, err
}
