package stdout_test

import (
	"testing"

	"cairncx.dev/cairn/exporters/exporterstest"
	"cairncx.dev/cairn/exporters/internal/sinktest"
	"cairncx.dev/cairn/exporters/stdout"
)

func TestContract(t *testing.T) {
	t.Parallel()
	exporterstest.Run(t, func(*testing.T) exporterstest.Sink {
		w := &sinktest.Writer{}
		return exporterstest.Sink{
			Exporter: stdout.New(stdout.WithWriter(w)),
			Received: w.Events,
			Break:    w.Break,
		}
	})
}
