package webhook_test

import (
	"net/http"
	"testing"

	"cairncx.dev/cairn/cx/event"
	"cairncx.dev/cairn/exporters/internal/sinktest"
	"cairncx.dev/cairn/exporters/webhook"
)

// TestConnections: Shutdown closes the exporter's own connections, and "leaves [those of the application's client]
// alone".
func TestConnections(t *testing.T) {
	t.Parallel()
	sinktest.Connections(t, func(t *testing.T, url string, client *http.Client) event.Exporter {
		t.Helper()
		if client == nil {
			return newSink(t, url)
		}
		return newSink(t, url, webhook.WithHTTPClient(client))
	})
}

// TestWaitsForCalls: Shutdown waits for the calls of Export that are under way.
func TestWaitsForCalls(t *testing.T) {
	t.Parallel()
	sinktest.WaitsForCalls(t, func(client *http.Client) (event.Exporter, error) {
		return webhook.New("http://hooks.test", webhook.WithHTTPClient(client))
	})
}
