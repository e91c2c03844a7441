package otlplog_test

import (
	"io"
	"net"
	"strings"
	"testing"
	"time"

	"cairncx.dev/cairn/exporters/otlplog"
)

// TestFirstFrame: a server of HTTP/2 begins with a SETTINGS frame (RFC 9113, section 3.4), which is not the
// acknowledgement of another one (section 6.5). A port that begins with anything else is not taken for one.
func TestFirstFrame(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		name, frame string
		grpc        bool
	}{
		{"settings", settings, true},
		{"settings that are empty", "\x00\x00\x00\x04\x00\x00\x00\x00\x00", true},
		{"an acknowledgement", "\x00\x00\x00\x04\x01\x00\x00\x00\x00", false},
		{"an acknowledgement, and then settings", "\x00\x00\x00\x04\x01\x00\x00\x00\x00" + settings, false},
		{"a good-bye", goAway, false},
		{"a ping", "\x00\x00\x08\x06\x00\x00\x00\x00\x0012345678", false},
		{"a window", "\x00\x00\x04\x08\x00\x00\x00\x00\x00\x00\x00\x00\x01", false},
		{"half a frame", settings[:12], false},
		{"nothing", "", false},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			url := port(t, func(c net.Conn) {
				b := make([]byte, 24)
				if _, err := io.ReadFull(c, b); err == nil && strings.HasPrefix(string(b), "PRI * HTTP/2.0") {
					_, _ = io.WriteString(c, tt.frame)
				}
			})
			err := newSink(t, otlplog.WithEndpoint(url), otlplog.WithTimeout(time.Hour)).Export(t.Context(), typicals(1))
			if err == nil || strings.Contains(err.Error(), remedy) != tt.grpc {
				t.Errorf("%v, want that gRPC is recognised: %v", err, tt.grpc)
			}
		})
	}
}
