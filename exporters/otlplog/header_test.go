package otlplog_test

import (
	"crypto/tls"
	"testing"

	"cairncx.dev/cairn/exporters/otlplog"
)

// TestHeaders: OTLP/HTTP says how the body is to be read, the exporter says which client it is unless the
// application does, and it asks for an answer that is not compressed.
func TestHeaders(t *testing.T) {
	for _, tt := range []struct {
		name string
		opts []otlplog.Option
		want map[string]string
	}{
		{"by default", nil, map[string]string{
			"Content-Type": "application/x-protobuf", "Content-Encoding": "gzip", "Accept-Encoding": "identity", "User-Agent": "cairn-otlplog", "X-Key": "",
		}},
		{"without compression", []otlplog.Option{otlplog.WithCompression(otlplog.NoCompression)}, map[string]string{
			"Content-Type": "application/x-protobuf", "Content-Encoding": "", "Accept-Encoding": "identity", "User-Agent": "cairn-otlplog",
		}},
		{"the application's own", []otlplog.Option{otlplog.WithHeader("user-agent", "shop"), otlplog.WithHeader("x-key", "1")}, map[string]string{
			"Content-Type": "application/x-protobuf", "Content-Encoding": "gzip", "Accept-Encoding": "identity", "User-Agent": "shop", "X-Key": "1",
		}},
		{"one name twice", []otlplog.Option{otlplog.WithHeader("x-key", "1"), otlplog.WithHeader("X-KEY", "2")}, map[string]string{"X-Key": "2"}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			r := newReceiver(t)
			exporter := newSink(t, append(tt.opts, otlplog.WithEndpoint(r.URL))...)
			for range 2 { // one request leaves nothing to the next
				if err := exporter.Export(t.Context(), typicals(1)); err != nil {
					t.Fatal(err)
				}
			}
			for i, h := range r.Headers() {
				for name, want := range tt.want {
					if got := h.Get(name); got != want || len(h.Values(name)) > 1 {
						t.Errorf("request %d: %s is %q, want %q", i+1, name, h.Values(name), want)
					}
				}
			}
		})
	}
}

// TestEmptyHeader: an option replaces the environment's header, also by an empty value.
func TestEmptyHeader(t *testing.T) {
	t.Setenv("OTEL_EXPORTER_OTLP_HEADERS", "x-key=1,x-other=2")
	r := newReceiver(t)
	if err := newSink(t, otlplog.WithEndpoint(r.URL), otlplog.WithHeader("x-key", "")).Export(t.Context(), typicals(1)); err != nil {
		t.Fatal(err)
	}
	if h := r.Headers()[0]; h.Get("X-Key") != "" || h.Get("X-Other") != "2" {
		t.Errorf("the headers are %v, want an empty X-Key, and the environment's X-Other", h)
	}
}

// TestNilTLS: WithTLS(nil) is the default, so it may stand beside a client.
func TestNilTLS(t *testing.T) {
	r := newReceiver(t)
	for name, opts := range map[string][]otlplog.Option{
		"alone":           {otlplog.WithTLS(nil)},
		"after another":   {otlplog.WithTLS(&tls.Config{}), otlplog.WithTLS(nil), otlplog.WithHTTPClient(r.Client())},
		"beside a client": {otlplog.WithTLS(nil), otlplog.WithHTTPClient(r.Client())},
	} {
		if err := newSink(t, append(opts, otlplog.WithEndpoint(r.URL))...).Export(t.Context(), typicals(1)); err != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// TestPorts: "its port has to be 1 to 65535".
func TestPorts(t *testing.T) {
	for port, fine := range map[string]bool{"0": false, "1": true, "4318": true, "65535": true, "65536": false, "": true} {
		_, err := otlplog.New(otlplog.WithEndpoint("http://collector.test:" + port + "/v1/logs"))
		if (err == nil) != fine {
			t.Errorf("port %q: %v, want that it is taken: %v", port, err, fine)
		}
	}
}
