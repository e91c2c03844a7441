package exporterstest

import (
	"context"
	"testing"

	"cairncx.dev/cairn/exporters/internal/clause"
)

// leaves tests that no goroutine is left when an exporter is shut down and its sink is gone.
func (r *runner) leaves(t *testing.T) {
	t.Helper()
	const reason = "a service that replaces its exporter now and then would grow"
	clause.Leaves(t, reason, r.patience, func(t *testing.T) { use(r.suite(t, reason)) }) //nolint:thelper // the body of a subtest
}

// use exports to a sink that works, and to one that does not answer, whose caller gives up.
func use(s *suite) {
	s.Helper()
	s.export(series(0, 20, "cart-1")...)
	if b := s.broken(Stalled); b != nil {
		ctx, cancel := context.WithCancelCause(s.Context())
		defer cancel(nil)
		returned := clause.Start(func() error { return s.sink.Exporter.Export(ctx, series(20, 3, "cart-1")) })
		s.reached(b)
		cancel(errGaveUp)
		_ = s.await("Export whose context is done while the sink does not answer", returned) // another subtest looks at the error
		b.Mend()
	}
	if err := s.promptly("Shutdown", func() error { return s.sink.Exporter.Shutdown(s.Context()) }); err != nil {
		s.fail("Shutdown: %v", err)
	}
}
