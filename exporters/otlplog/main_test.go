package otlplog_test

import (
	"flag"
	"testing"

	"go.opentelemetry.io/otel"
	"go.uber.org/goleak"

	"cairncx.dev/cairn/exporters/internal/sinktest"
)

// reports are what was told to OpenTelemetry's error handler.
var reports sinktest.Reports

func TestMain(m *testing.M) {
	if err := flag.Set("rapid.nofailfile", "true"); err != nil {
		panic(err)
	}
	otel.SetErrorHandler(&reports)
	goleak.VerifyTestMain(m)
}
