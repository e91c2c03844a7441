package report_test

import (
	"testing"

	"cairncx.dev/cairn/cmd/cairn/internal/report"
	"cairncx.dev/cairn/cmd/cairn/internal/series"
	"cairncx.dev/cairn/exporters/processortest"
	"cairncx.dev/cairn/journey"
)

// TestTallyIsAProcessor: a Tally keeps the contract of processors.
func TestTallyIsAProcessor(t *testing.T) {
	processortest.Run(t, func(t *testing.T) processortest.Subject {
		spool := series.NewSpool(t.TempDir(), 0)
		return processortest.Subject{Processor: report.New(spool, journey.Define("checkout", journey.Stages("cart", "payment")))}
	})
}
