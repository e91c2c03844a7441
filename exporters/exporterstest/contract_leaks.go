package exporterstest

import (
	"context"
	"testing"

	"cairncx.dev/cairn/exporters/internal/leak"
)

// leaves tests that no goroutine is left when an exporter is shut down and its sink is gone. A sink is opened and used twice:
// what tests share, such as a server, starts with the first one and is not looked at.
func (r *runner) leaves(t *testing.T) {
	t.Helper()
	t.Run("no goroutine is left", func(t *testing.T) {
		const reason = "a service that replaces its exporter now and then would grow"
		t.Run("before", func(t *testing.T) { use(r.suite(t, reason)) })
		label := t.Name()
		t.Run("looked at", func(t *testing.T) {
			defer leak.Mark(context.Background(), label)()
			use(r.suite(t, reason))
		})
		if left := leak.Left(label, r.patience); left != "" && !t.Failed() {
			t.Errorf("goroutines are left after Shutdown:\n%s\nwhy it matters: %s", left, reason)
		}
	})
}

// use exports to a sink that works, and to one that does not answer, whose caller gives up.
func use(s *suite) {
	s.Helper()
	s.export(series(0, 20, "cart-1")...)
	if b := s.broken(Stalled); b != nil {
		ctx, cancel := context.WithCancelCause(s.Context())
		defer cancel(nil)
		returned := s.start(func() error { return s.sink.Exporter.Export(ctx, series(20, 3, "cart-1")) })
		s.reached(b)
		cancel(errGaveUp)
		_ = s.await("Export whose context is done while the sink does not answer", returned) // another subtest looks at the error
		b.Mend()
	}
	if err := s.promptly("Shutdown", func() error { return s.sink.Exporter.Shutdown(s.Context()) }); err != nil {
		s.fail("Shutdown: %v", err)
	}
}
