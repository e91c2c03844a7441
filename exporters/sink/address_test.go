package sink_test

import (
	"testing"

	"cairncx.dev/cairn/exporters/sink"
)

// TestSplitAddress: of what a sink is given only the host and the port are told.
func TestSplitAddress(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name, reason, text string
		host               string
		port               int
	}{
		{"nothing", "there is no host", "", "", 0},
		{"host and port", "as brokers are named", "broker:9092", "broker", 9092},
		{"host", "the port is not known", "broker", "broker", 0},
		{"IPv4", "an address", "10.0.0.7:4222", "10.0.0.7", 4222},
		{"IPv6", "brackets are no part of it", "[2001:db8::1]:4222", "2001:db8::1", 4222},
		{"IPv6 without a port", "brackets are no part of it", "[2001:db8::1]", "2001:db8::1", 0},
		{"user", "a password is nobody's business", "user:secret@broker:4222", "broker", 4222},
		{"URL", "with its port", "https://collector:4318/v1/logs", "collector", 4318},
		{"https", "it has a port", "https://hooks.example.com/services/SECRET?token=SECRET", "hooks.example.com", 443},
		{"http", "it has a port", "http://localhost", "localhost", 80},
		{"URL with a user", "a password is nobody's business", "nats://user:secret@broker:4222", "broker", 4222},
		{"another scheme", "its port is not known", "nats://broker", "broker", 0},
		{"URL of IPv6", "brackets are no part of it", "http://[::1]:8080/x", "::1", 8080},
		{"no URL", "nothing is made up", "http://%zz", "", 0},
		{"no port", "a word", "broker:port", "broker", 0},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			if host, port := sink.SplitAddress(c.text); host != c.host || port != c.port {
				t.Errorf("%q is %q, %d; want %q, %d: %s", c.text, host, port, c.host, c.port, c.reason)
			}
		})
	}
}
