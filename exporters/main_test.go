package exporters_test

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

func reported(s string) int {
	reports.mu.Lock()
	defer reports.mu.Unlock()
	return strings.Count(reports.text.String(), s)
}

// allReports returns all reports so far.
func allReports() []string {
	reports.mu.Lock()
	defer reports.mu.Unlock()
	return strings.Split(reports.text.String(), "\n")
}

func TestMain(m *testing.M) {
	// A failure names its seed, which is enough to repeat it: no files in testdata.
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
