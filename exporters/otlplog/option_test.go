package otlplog_test

import (
	"crypto/tls"
	"encoding/pem"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	collogpb "go.opentelemetry.io/proto/otlp/collector/logs/v1"

	"cairncx.dev/cairn/exporters/otlplog"
)

func TestNewFaults(t *testing.T) {
	tests := []struct {
		name, reason string
		env          map[string]string
		opts         []otlplog.Option
		want         string
	}{
		{"no URL", "it may hold a secret, so it is not repeated", nil, []otlplog.Option{otlplog.WithEndpoint("collector:s3cr3t")}, "the endpoint is no URL of the form"},
		{"no timeout", "no request could be made", nil, []otlplog.Option{otlplog.WithTimeout(0)}, "WithTimeout(0s)"},
		{"no header", "a line break would be another header", nil, []otlplog.Option{otlplog.WithHeader("X-Key", "s3cr3t\r\nX: y")}, `WithHeader("X-Key"): the name, or its value`},
		{"our header", "it says how the body is to be read", nil, []otlplog.Option{otlplog.WithHeader("content-encoding", "br")}, `WithHeader("content-encoding"): the exporter sets this header`},
		{"no compression", "there are two", nil, []otlplog.Option{otlplog.WithCompression(7)}, "WithCompression(7)"},
		{"too few bytes", "no event would fit", nil, []otlplog.Option{otlplog.WithMaxBytes(1)}, "WithMaxBytes(1)"},
		{"nil client", "a mistake", nil, []otlplog.Option{otlplog.WithHTTPClient(nil)}, "WithHTTPClient(nil)"},
		{"client and TLS", "one would be ignored", nil, []otlplog.Option{otlplog.WithHTTPClient(&http.Client{}), otlplog.WithTLS(&tls.Config{})}, "WithHTTPClient and WithTLS"},
		{"timeout in the environment", "", map[string]string{"OTEL_EXPORTER_OTLP_TIMEOUT": "10s"}, nil, "OTEL_EXPORTER_OTLP_TIMEOUT in the environment"},
		{"compression in the environment", "", map[string]string{"OTEL_EXPORTER_OTLP_LOGS_COMPRESSION": "zstd"}, nil, "OTEL_EXPORTER_OTLP_LOGS_COMPRESSION in the environment"},
		{"headers in the environment", "", map[string]string{"OTEL_EXPORTER_OTLP_HEADERS": "s3cr3t"}, nil, "OTEL_EXPORTER_OTLP_HEADERS in the environment"},
		{"endpoint in the environment", "", map[string]string{"OTEL_EXPORTER_OTLP_ENDPOINT": "http://[s3cr3t"}, nil, "OTEL_EXPORTER_OTLP_ENDPOINT in the environment"},
		{"certificate in the environment", "", map[string]string{"OTEL_EXPORTER_OTLP_CERTIFICATE": "/nowhere/s3cr3t.pem"}, nil, "OTEL_EXPORTER_OTLP_CERTIFICATE in the environment"},
		{"key in the environment", "", map[string]string{"OTEL_EXPORTER_OTLP_CLIENT_KEY": "/nowhere/s3cr3t.pem"}, nil, "CLIENT_CERTIFICATE in the environment"},
		{"no scheme", "which is not known", nil, []otlplog.Option{otlplog.WithEndpoint("s3cr3t.example:4318/v1/logs")}, "it has no scheme, write http:// or https://"},
		{"no scheme in the environment", "which is not known", map[string]string{"OTEL_EXPORTER_OTLP_ENDPOINT": "s3cr3t:4318"}, nil, "OTEL_EXPORTER_OTLP_ENDPOINT in the environment: it is no URL of the form https://host:4318/v1/logs: it has no scheme"},
		{"no scheme in the environment of logs", "which is not known", map[string]string{"OTEL_EXPORTER_OTLP_LOGS_ENDPOINT": "//s3cr3t:4318"}, nil, "it has no scheme"},
		{"another scheme", "some clients of OTLP/gRPC take it", nil, []otlplog.Option{otlplog.WithEndpoint("grpc://s3cr3t:4317")}, "its scheme has to be http or https"},
		{"IPv6 without brackets", "RFC 3986, section 3.2.2", nil, []otlplog.Option{otlplog.WithEndpoint("http://::1:4318/v1/logs")}, "brackets around it, as in http://[::1]:4318"},
		{"no port", "none is larger", nil, []otlplog.Option{otlplog.WithEndpoint("http://s3cr3t:65536")}, "its port has to be 1 to 65535"},
		{"no host", "it says nothing", nil, []otlplog.Option{otlplog.WithEndpoint("http://:4318/s3cr3t")}, "the endpoint is no URL of the form"},
		{"gRPC", "it does not speak it", map[string]string{"OTEL_EXPORTER_OTLP_PROTOCOL": "grpc"}, nil, "OTEL_EXPORTER_OTLP_PROTOCOL in the environment: it is grpc, and this exporter speaks http/protobuf alone: set OTEL_EXPORTER_OTLP_LOGS_PROTOCOL=http/protobuf"},
		{"gRPC of logs", "that of logs goes first", map[string]string{"OTEL_EXPORTER_OTLP_LOGS_PROTOCOL": " grpc ", "OTEL_EXPORTER_OTLP_PROTOCOL": "http/protobuf"}, nil, "OTEL_EXPORTER_OTLP_LOGS_PROTOCOL in the environment: it is grpc"},
		{"gRPC, and an endpoint beside it", "the port may be that of gRPC", map[string]string{"OTEL_EXPORTER_OTLP_PROTOCOL": "grpc", "OTEL_EXPORTER_OTLP_ENDPOINT": "http://localhost:4317"}, nil, "it is grpc"},
		{"JSON", "it does not speak it", map[string]string{"OTEL_EXPORTER_OTLP_PROTOCOL": "http/json"}, nil, "it is http/json"},
		{"no protocol", "a mistake", map[string]string{"OTEL_EXPORTER_OTLP_PROTOCOL": "s3cr3t"}, nil, "it has to be http/protobuf"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			for k, v := range tt.env {
				t.Setenv(k, v)
			}
			_, err := otlplog.New(tt.opts...)
			if err == nil || !strings.Contains(err.Error(), tt.want) || strings.Contains(err.Error(), "s3cr3t") {
				t.Errorf("%v, want %q: %s", err, tt.want, tt.reason)
			}
		})
	}
}

func TestEnvironment(t *testing.T) {
	r := newReceiver(t)
	var path string
	r.Set(func(_ http.ResponseWriter, req *http.Request, _ *collogpb.ExportLogsServiceRequest) bool {
		path = req.URL.Path
		return false
	})
	tests := []struct {
		name, reason string
		env          map[string]string
		opts         []otlplog.Option
		path         string
		header       map[string]string
		service      string
	}{
		{
			"all signals", "the path of logs is added", map[string]string{
				"OTEL_EXPORTER_OTLP_ENDPOINT": r.URL + "/otlp/", "OTEL_EXPORTER_OTLP_HEADERS": "api-key=a%2Cb, x=1",
				"OTEL_RESOURCE_ATTRIBUTES": "service.name=from-attributes,deployment.environment.name=a%20b",
			}, nil, "/otlp/v1/logs", map[string]string{"Api-Key": "a,b", "X": "1", "Content-Encoding": "gzip"}, "from-attributes",
		},
		{
			"logs", "the URL is taken as it is, and goes first", map[string]string{
				"OTEL_EXPORTER_OTLP_ENDPOINT": "http://192.0.2.1", "OTEL_EXPORTER_OTLP_LOGS_ENDPOINT": r.URL,
				"OTEL_EXPORTER_OTLP_COMPRESSION": "gzip", "OTEL_EXPORTER_OTLP_LOGS_COMPRESSION": "none",
				"OTEL_EXPORTER_OTLP_LOGS_TIMEOUT": "60000", "OTEL_RESOURCE_ATTRIBUTES": "service.name=x", "OTEL_SERVICE_NAME": "shop",
			}, nil, "/", map[string]string{"Content-Encoding": ""}, "shop",
		},
		{
			"options", "they go before the environment", map[string]string{
				"OTEL_EXPORTER_OTLP_ENDPOINT": "http://192.0.2.1", "OTEL_EXPORTER_OTLP_HEADERS": "x=1,y=2",
				"OTEL_EXPORTER_OTLP_COMPRESSION": "none", "OTEL_EXPORTER_OTLP_TIMEOUT": "1",
			}, []otlplog.Option{
				otlplog.WithEndpoint(r.URL + "/mine"), otlplog.WithHeader("x", "3"), otlplog.WithCompression(otlplog.Gzip),
				otlplog.WithTimeout(time.Minute), otlplog.WithResource(""),
			}, "/mine", map[string]string{"X": "3", "Y": "2", "Content-Encoding": "gzip"}, "",
		},
		{
			"protocols", "that of logs goes first", map[string]string{
				"OTEL_EXPORTER_OTLP_ENDPOINT": r.URL, "OTEL_EXPORTER_OTLP_PROTOCOL": "grpc", "OTEL_EXPORTER_OTLP_LOGS_PROTOCOL": "http/protobuf",
				"OTEL_SERVICE_NAME": "shop",
			}, nil, "/v1/logs", nil, "shop",
		},
		{
			"a protocol for another endpoint", "an option goes before the environment", map[string]string{
				"OTEL_EXPORTER_OTLP_ENDPOINT": "http://192.0.2.1:4317", "OTEL_EXPORTER_OTLP_PROTOCOL": "grpc", "OTEL_SERVICE_NAME": "shop",
			}, []otlplog.Option{otlplog.WithEndpoint(r.URL + "/v1/logs")}, "/v1/logs", nil, "shop",
		},
		{"nothing", "the program has a name", map[string]string{"OTEL_EXPORTER_OTLP_LOGS_ENDPOINT": r.URL}, nil, "/", nil, "unknown_service:" + filepath.Base(os.Args[0])},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			for k, v := range tt.env {
				t.Setenv(k, v)
			}
			if err := newSink(t, tt.opts...).Export(t.Context(), typicals(1)); err != nil {
				t.Fatal(err)
			}
			if path != tt.path {
				t.Errorf("the path is %q, want %q: %s", path, tt.path, tt.reason)
			}
			for k, v := range tt.header {
				if got := r.Headers()[len(r.Headers())-1].Get(k); got != v {
					t.Errorf("%s is %q, want %q: %s", k, got, v, tt.reason)
				}
			}
			service := ""
			for _, kv := range r.Bodies()[len(r.Bodies())-1].GetResourceLogs()[0].GetResource().GetAttributes() {
				if kv.GetKey() == "service.name" {
					service = kv.GetValue().GetStringValue()
				}
			}
			if service != tt.service {
				t.Errorf("service.name is %q, want %q: %s", service, tt.service, tt.reason)
			}
		})
	}
}

func TestCertificates(t *testing.T) {
	taken := 0
	s := httptest.NewTLSServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { taken++ }))
	t.Cleanup(s.Close)
	file := filepath.Join(t.TempDir(), "roots.pem")
	if err := os.WriteFile(file, pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: s.Certificate().Raw}), 0o600); err != nil {
		t.Fatal(err)
	}
	s.Config.ErrorLog = nil
	err := newSink(t, otlplog.WithEndpoint(s.URL)).Export(t.Context(), typicals(1))
	if err == nil || !strings.Contains(err.Error(), "certificate") || taken != 0 {
		t.Errorf("%v, want that the certificate is not to be trusted", err)
	}
	t.Setenv("OTEL_EXPORTER_OTLP_CERTIFICATE", file)
	if err := newSink(t, otlplog.WithEndpoint(s.URL)).Export(t.Context(), typicals(1)); err != nil || taken != 1 {
		t.Errorf("with the roots of the environment: %v", err)
	}
}
