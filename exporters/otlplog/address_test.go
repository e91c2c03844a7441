package otlplog_test

import (
	"testing"

	"cairncx.dev/cairn/exporters/otlplog"
)

// TestServerAddress: it is the collector's host and port.
func TestServerAddress(t *testing.T) {
	t.Parallel()
	var none *otlplog.Exporter
	if host, port := none.ServerAddress(); host != "" || port != 0 {
		t.Errorf("no exporter is at %q, %d", host, port)
	}
	for endpoint, want := range map[string]struct {
		host string
		port int
	}{
		"http://collector.internal:4318":     {"collector.internal", 4318},
		"https://logs.example.com/v1/SECRET": {"logs.example.com", 443},
	} {
		e, err := otlplog.New(otlplog.WithEndpoint(endpoint))
		if err != nil {
			t.Fatal(err)
		}
		if host, port := e.ServerAddress(); host != want.host || port != want.port {
			t.Errorf("%s is at %q, %d; want %q, %d", endpoint, host, port, want.host, want.port)
		}
		if err := e.Shutdown(t.Context()); err != nil {
			t.Error(err)
		}
	}
}
