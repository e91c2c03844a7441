package otlplog_test

import (
	"flag"
	"strings"
	"sync"
	"testing"

	"go.opentelemetry.io/otel"
	"go.uber.org/goleak"
)

// reports are what was told to OpenTelemetry's error handler.
var reports struct {
	mu   sync.Mutex
	text strings.Builder
}

func reported() string {
	reports.mu.Lock()
	defer reports.mu.Unlock()
	return reports.text.String()
}

func TestMain(m *testing.M) {
	if err := flag.Set("rapid.nofailfile", "true"); err != nil {
		panic(err)
	}
	otel.SetErrorHandler(otel.ErrorHandlerFunc(func(err error) {
		reports.mu.Lock()
		defer reports.mu.Unlock()
		reports.text.WriteString(err.Error() + "\n")
	}))
	goleak.VerifyTestMain(m)
}
