package otlplog_test

import (
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
	} {
		t.Run(tt.name, func(t *testing.T) {
			r := newReceiver(t)
			exporter := newSink(t, append(tt.opts, otlplog.WithEndpoint(r.URL))...)
			for range 2 { // one request leaves nothing to the next
				if err := exporter.Export(t.Context(), typicals(1)); err != nil {
					t.Fatal(err)
				}
			}
			for i, h := range r.headers {
				for name, want := range tt.want {
					if got := h.Get(name); got != want || len(h.Values(name)) > 1 {
						t.Errorf("request %d: %s is %q, want %q", i+1, name, h.Values(name), want)
					}
				}
			}
		})
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
