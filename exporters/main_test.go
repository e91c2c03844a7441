package exporters_test

import (
	"flag"
	"strings"
	"testing"

	"go.opentelemetry.io/otel"
	"go.uber.org/goleak"

	"cairncx.dev/cairn/exporters/internal/sinktest"
)

// reports are what was told to OpenTelemetry's error handler.
var reports sinktest.Reports

func reported(s string) int { return strings.Count(reports.Text(), s) }

func TestMain(m *testing.M) {
	// A failure names its seed, which is enough to repeat it: no files in testdata.
	if err := flag.Set("rapid.nofailfile", "true"); err != nil {
		panic(err)
	}
	otel.SetErrorHandler(&reports)
	goleak.VerifyTestMain(m)
}
