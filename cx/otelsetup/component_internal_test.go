package otelsetup //nolint:testpackage // what the metrics are told by is worked out in one place

import (
	"maps"
	"testing"
)

// TestServerOfAnExporter: the metrics of an exporter say where it sends to: the port is that of the scheme where the
// endpoint names none, and nothing else of the endpoint is told.
func TestServerOfAnExporter(t *testing.T) { //nolint:paralleltest // variables are the process's
	for _, c := range []struct {
		name, reason, protocol, endpoint string
		host, port                       string
	}{
		{"none", "OpenTelemetry's default", "", "", "localhost", "4318"},
		{"none, gRPC", "the same", "grpc", "", "localhost", "4317"},
		{"with a port", "it says so", "", "http://collector:4318", "collector", "4318"},
		{"https", "its port is known", "", "https://collector.example.com/v1", "collector.example.com", "443"},
		{"http", "its port is known", "", "http://collector", "collector", "80"},
		{"IPv6", "brackets are no part of the address", "", "http://[2001:db8::1]:4318", "2001:db8::1", "4318"},
		{"a password", "it is told to no metric", "", "https://user:secret@collector:4318/?token=secret", "collector", "4318"},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Setenv(varProtocol, c.protocol)
			t.Setenv(varEndpoint, c.endpoint)
			for _, signal := range []string{signalTraces, signalMetrics, signalLogs} {
				got := map[string]string{}
				set := destinationOf(signal).component()
				for _, kv := range set.ToSlice() {
					if k := string(kv.Key); k == "server.address" || k == "server.port" {
						got[k] = kv.Value.String()
					}
				}
				if want := map[string]string{"server.address": c.host, "server.port": c.port}; !maps.Equal(got, want) {
					t.Errorf("%s say %v, want %v: %s", signal, got, want, c.reason)
				}
			}
		})
	}
	t.Setenv("OTEL_TRACES_EXPORTER", "console")
	d := destinationOf(signalTraces).component()
	if _, ok := d.Value("server.address"); ok {
		t.Error("the console has an address")
	}
}
