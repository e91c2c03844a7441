package nats_test

import (
	"testing"

	natsgo "github.com/nats-io/nats.go"

	"cairncx.dev/cairn/exporters/nats"
)

// TestServerAddress: it is the first server that the connection was given, without the user's password.
func TestServerAddress(t *testing.T) {
	t.Parallel()
	var none *nats.Exporter
	if host, port := none.ServerAddress(); host != "" || port != 0 {
		t.Errorf("no exporter is at %q, %d", host, port)
	}
	for servers, want := range map[string]struct {
		host string
		port int
	}{
		"nats://user:secret@127.0.0.1:1, nats://127.0.0.2:2": {"127.0.0.1", 1},
		"user:secret@127.0.0.1:1":                            {"127.0.0.1", 1},
		"nats://localhost":                                   {"localhost", natsgo.DefaultPort},
	} {
		conn, err := natsgo.Connect(servers, natsgo.RetryOnFailedConnect(true), natsgo.MaxReconnects(-1))
		if err != nil {
			t.Fatal(err)
		}
		e, err := nats.New(conn)
		if err != nil {
			conn.Close()
			t.Fatal(err)
		}
		if host, port := e.ServerAddress(); host != want.host || port != want.port {
			t.Errorf("%s is at %q, %d; want %q, %d", servers, host, port, want.host, want.port)
		}
		if err := e.Shutdown(t.Context()); err != nil {
			t.Error(err)
		}
		conn.Close()
	}
}
