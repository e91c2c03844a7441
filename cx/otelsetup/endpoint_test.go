package otelsetup_test

import (
	"context"
	"net"
	"strings"
	"testing"

	"go.uber.org/goleak"

	"cairncx.dev/cairn/cx/otelsetup"
)

// TestWrongEndpoints: an endpoint that cannot be one is an error that names the variable, what is
// wrong and what to write instead, and shows no secret.
func TestWrongEndpoints(t *testing.T) { //nolint:paralleltest // variables are the process's
	const general = "OTEL_EXPORTER_OTLP_ENDPOINT"
	for _, c := range []struct {
		name, key, value, protocol string
		says                       []string
	}{
		{"no scheme", general, "localhost:4318", "", []string{general, `"localhost:4318"`, "no scheme", "http://localhost:4318"}},
		{"an address without a scheme", general, "127.0.0.1:4318", "", []string{general, "no scheme", "http://127.0.0.1:4318"}},
		{"an IPv6 address without a scheme", general, "[::1]:4318", "", []string{general, "no scheme", "http://[::1]:4318"}},
		{"a host alone", general, "collector", "", []string{general, "no scheme", "http://collector:4318"}},
		{"a host and a path", general, "collector.example/otlp", "", []string{general, "no scheme", "http://collector.example:4318"}},
		{"slashes only", general, "//collector:4318", "", []string{general, "no scheme", "http://collector:4318"}},
		{"a port alone", general, ":4318", "", []string{general, "no scheme", "http://localhost:4318"}},
		{"a port without a host", general, "http://:4318", "", []string{general, "no host", "http://localhost:4318"}}, // RFC 9110, section 4.2.1
		{"a scheme alone", general, "http://", "", []string{general, "no host", "http://localhost:4318"}},
		{"one slash", general, "http:/collector:4318", "", []string{general, "http://"}},
		{"no slash", general, "http:collector:4318", "", []string{general, "slashes", "http://collector:4318"}},
		{"another scheme", general, "tcp://collector:4318", "", []string{general, `"tcp" cannot be used`, "http://collector:4318"}},
		{"the protocol as the scheme", general, "grpc://collector:4317", "grpc", []string{general, `"grpc" cannot be used`, "http://collector:4317"}},
		{"a port that is none", general, "http://collector:port", "", []string{general, "http://collector:4318"}},
		{"a port that is too large", general, "http://collector:431800", "", []string{general, "no such port", "http://collector:4318"}},
		{"port zero", general, "http://collector:0", "", []string{general, "no such port"}},
		{"blanks", general, "  ", "", []string{general, "unset it"}},
		{"blanks around", general, " http://localhost:4318", "", []string{general, "blanks around"}},
		{"blanks around and no scheme", general, "  localhost:4318 ", "", []string{general, "no scheme"}},
		{"for traces", "OTEL_EXPORTER_OTLP_TRACES_ENDPOINT", "localhost:4318", "", []string{"OTEL_EXPORTER_OTLP_TRACES_ENDPOINT", "no scheme"}},
		{"for metrics", "OTEL_EXPORTER_OTLP_METRICS_ENDPOINT", "localhost:4318", "", []string{"OTEL_EXPORTER_OTLP_METRICS_ENDPOINT", "no scheme"}},
		{"for logs", "OTEL_EXPORTER_OTLP_LOGS_ENDPOINT", "localhost:4318", "", []string{"OTEL_EXPORTER_OTLP_LOGS_ENDPOINT", "no scheme"}},
		{"gRPC, which would take the default", general, "127.0.0.1:4317", "grpc", []string{general, "no scheme", "http://127.0.0.1:4317"}},
		{"gRPC, whose logs would go nowhere", general, "localhost:4317", "grpc", []string{general, "no scheme", "http://localhost:4317"}},
		{"a password", general, "user:hunter2@collector:4318", "", []string{general, "no scheme", "http://collector:4318"}},
		{"a password and a scheme", general, "ftp://user:hunter2@collector:4318/token-hunter2?key=hunter2", "", []string{general, "ftp://collector:4318"}},
		{"a header without a value", "OTEL_EXPORTER_OTLP_HEADERS", "x=y,hunter2", "", []string{"OTEL_EXPORTER_OTLP_HEADERS", "entry 2", "name=value"}},
		{"a header's name that is none", "OTEL_EXPORTER_OTLP_HEADERS", "api key=hunter2", "", []string{"OTEL_EXPORTER_OTLP_HEADERS", "entry 1"}},
		{"a header's escape that is none", "OTEL_EXPORTER_OTLP_TRACES_HEADERS", "api-key=hunter2%zz", "", []string{"OTEL_EXPORTER_OTLP_TRACES_HEADERS", "api-key", "%25"}},
		{"a protocol that is none", "OTEL_EXPORTER_OTLP_PROTOCOL", "http/xml", "http/xml", []string{"http/xml", "http/protobuf"}},
	} {
		t.Run(c.name, func(t *testing.T) { //nolint:paralleltest // see above
			ignore := goleak.IgnoreCurrent()
			t.Setenv("OTEL_EXPORTER_OTLP_PROTOCOL", c.protocol)
			t.Setenv(c.key, c.value)
			s, err := otelsetup.Start(context.Background(), otelsetup.WithoutGlobals())
			if err == nil {
				_ = s.Shutdown(expired())
				t.Fatal("no error")
			}
			for _, want := range c.says {
				if !strings.Contains(err.Error(), want) {
					t.Errorf("there is no %q in: %v", want, err)
				}
			}
			if strings.Contains(err.Error(), "hunter2") {
				t.Errorf("a secret is shown: %v", err)
			}
			goleak.VerifyNone(t, ignore)
			// Where nothing is sent, nothing is wrong.
			t.Setenv("OTEL_SDK_DISABLED", "true")
			s, err = otelsetup.Start(context.Background(), otelsetup.WithoutGlobals())
			must(t, err)
			must(t, s.Shutdown(context.Background()))
		})
	}
}

// TestAllWrongEndpointsAtOnce: one start says it all, each variable once.
func TestAllWrongEndpointsAtOnce(t *testing.T) { //nolint:paralleltest // variables are the process's
	t.Setenv("OTEL_EXPORTER_OTLP_ENDPOINT", "localhost:4318")
	t.Setenv("OTEL_EXPORTER_OTLP_LOGS_ENDPOINT", "logs:4318")
	t.Setenv("OTEL_EXPORTER_OTLP_HEADERS", "nonsense")
	_, err := otelsetup.Start(context.Background(), otelsetup.WithoutGlobals())
	if err == nil {
		t.Fatal("no error")
	}
	for _, name := range []string{"OTEL_EXPORTER_OTLP_ENDPOINT is", "OTEL_EXPORTER_OTLP_LOGS_ENDPOINT is", "OTEL_EXPORTER_OTLP_HEADERS:"} {
		if strings.Count(err.Error(), name) != 1 {
			t.Errorf("%q is not there once:\n%v", name, err)
		}
	}
}

// TestWrongEndpointsThatNothingUses are no errors: the signal goes elsewhere, or nowhere.
func TestWrongEndpointsThatNothingUses(t *testing.T) { //nolint:paralleltest // variables are the process's
	for _, c := range []struct {
		name string
		env  map[string]string
	}{
		{"another exporter", map[string]string{
			"OTEL_EXPORTER_OTLP_ENDPOINT": "localhost:4318", "OTEL_TRACES_EXPORTER": "none", "OTEL_METRICS_EXPORTER": "none", "OTEL_LOGS_EXPORTER": "none",
		}},
		{"an endpoint for each signal", map[string]string{
			"OTEL_EXPORTER_OTLP_ENDPOINT": "localhost:4318", "OTEL_EXPORTER_OTLP_TRACES_ENDPOINT": "http://127.0.0.1:1/v1/traces",
			"OTEL_EXPORTER_OTLP_METRICS_ENDPOINT": "http://127.0.0.1:1/v1/metrics", "OTEL_EXPORTER_OTLP_LOGS_ENDPOINT": "http://127.0.0.1:1/v1/logs",
		}},
		{"blanks, of which the exporters of spans and metrics make nothing", map[string]string{"OTEL_EXPORTER_OTLP_ENDPOINT": "  ", "OTEL_LOGS_EXPORTER": "none"}},
		{"blanks around, likewise", map[string]string{"OTEL_EXPORTER_OTLP_ENDPOINT": " http://127.0.0.1:1 ", "OTEL_LOGS_EXPORTER": "none"}},
		{"a comma too many", map[string]string{"OTEL_EXPORTER_OTLP_HEADERS": "a=b, ,", "OTEL_EXPORTER_OTLP_ENDPOINT": "http://127.0.0.1:1"}},
		{"upper case and a slash", map[string]string{"OTEL_EXPORTER_OTLP_ENDPOINT": "HTTP://127.0.0.1:1/"}},
		{"no port", map[string]string{"OTEL_EXPORTER_OTLP_ENDPOINT": "http://127.0.0.1"}},
		{"an IPv6 address", map[string]string{"OTEL_EXPORTER_OTLP_ENDPOINT": "http://[::1]:1"}},
	} {
		t.Run(c.name, func(t *testing.T) { //nolint:paralleltest // see above
			for k, v := range c.env {
				t.Setenv(k, v)
			}
			s, err := otelsetup.Start(context.Background(), otelsetup.WithoutGlobals())
			must(t, err)
			_ = s.Shutdown(context.Background()) // nothing listens there
		})
	}
}

// TestGRPCTargets: spans and metrics go to a target without a scheme, as gRPC has it.
func TestGRPCTargets(t *testing.T) { //nolint:paralleltest // variables are the process's
	told := listen(t)
	_, port, err := net.SplitHostPort(serveGRPC(t, grpcServer{}))
	must(t, err)
	t.Setenv("OTEL_EXPORTER_OTLP_PROTOCOL", "grpc")
	t.Setenv("OTEL_EXPORTER_OTLP_INSECURE", "true")
	t.Setenv("OTEL_EXPORTER_OTLP_ENDPOINT", "localhost:"+port)
	t.Setenv("OTEL_LOGS_EXPORTER", "none")
	for _, scheme := range []string{"", "dns:///", "http://"} {
		t.Setenv("OTEL_EXPORTER_OTLP_ENDPOINT", scheme+"localhost:"+port)
		s, err := otelsetup.Start(context.Background(), otelsetup.WithoutGlobals())
		must(t, err)
		record(t, s)
		must(t, s.Shutdown(context.Background()))
	}
	if len(told.losses) > 0 {
		t.Error(told.text())
	}
}
