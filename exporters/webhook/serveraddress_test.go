package webhook_test

import (
	"testing"

	"cairncx.dev/cairn/exporters/webhook"
)

// TestServerAddress: of the receiver only the host and the port are told, since the path may be a secret.
func TestServerAddress(t *testing.T) {
	t.Parallel()
	var none *webhook.Exporter
	if host, port := none.ServerAddress(); host != "" || port != 0 {
		t.Errorf("no exporter is at %q, %d", host, port)
	}
	for receiver, want := range map[string]struct {
		host string
		port int
	}{
		"https://user:secret@Hooks.Example.com/services/SECRET?token=SECRET": {"hooks.example.com", 443},
		"http://127.0.0.1:8080/hook":                                         {"127.0.0.1", 8080},
		"http://[::1]/hook":                                                  {"::1", 80},
	} {
		e, err := webhook.New(receiver)
		if err != nil {
			t.Fatal(err)
		}
		if host, port := e.ServerAddress(); host != want.host || port != want.port {
			t.Errorf("%s is at %q, %d; want %q, %d", receiver, host, port, want.host, want.port)
		}
		if err := e.Shutdown(t.Context()); err != nil {
			t.Error(err)
		}
	}
}
