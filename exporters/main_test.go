package exporters_test

import (
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

func reported(s string) int {
	reports.mu.Lock()
	defer reports.mu.Unlock()
	return strings.Count(reports.text.String(), s)
}

func TestMain(m *testing.M) {
	otel.SetErrorHandler(otel.ErrorHandlerFunc(func(err error) {
		reports.mu.Lock()
		defer reports.mu.Unlock()
		reports.text.WriteString(err.Error() + "\n")
	}))
	goleak.VerifyTestMain(m)
}
