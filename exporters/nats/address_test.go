package nats_test

import (
	"testing"

	natsgo "github.com/nats-io/nats.go"

	"cairncx.dev/cairn/exporters/nats"
)

// TestServerAddress: it is the server that the connection tries first, without the user's password.
func TestServerAddress(t *testing.T) {
	t.Parallel()
	var none *nats.Exporter
	if host, port := none.ServerAddress(); host != "" || port != 0 {
		t.Errorf("no exporter is at %q, %d", host, port)
	}
	if host, port := (&nats.Exporter{}).ServerAddress(); host != "" || port != 0 {
		t.Errorf("the zero value is at %q, %d", host, port)
	}
	connect := func(servers string) func(natsgo.Options) (*natsgo.Conn, error) {
		return func(natsgo.Options) (*natsgo.Conn, error) {
			return natsgo.Connect(servers, natsgo.RetryOnFailedConnect(true), natsgo.MaxReconnects(-1))
		}
	}
	for name, c := range map[string]struct {
		connect func(natsgo.Options) (*natsgo.Conn, error)
		host    string
		port    int
	}{
		"two, with a password": {connect("nats://user:secret@127.0.0.1:1, nats://127.0.0.2:2"), "127.0.0.1", 1},
		"no scheme":            {connect("user:secret@127.0.0.1:1"), "127.0.0.1", 1},
		"no port":              {connect("nats://localhost"), "localhost", natsgo.DefaultPort},
		"none":                 {connect(""), "127.0.0.1", natsgo.DefaultPort},
		"options with an URL":  {func(o natsgo.Options) (*natsgo.Conn, error) { o.Url = "nats://127.0.0.1:3"; return o.Connect() }, "127.0.0.1", 3},
		"an URL before servers": {func(o natsgo.Options) (*natsgo.Conn, error) {
			o.Url, o.Servers = "nats://127.0.0.1:3", []string{"nats://127.0.0.1:1"}
			return o.Connect()
		}, "127.0.0.1", 3},
	} {
		o := natsgo.GetDefaultOptions()
		o.RetryOnFailedConnect, o.MaxReconnect = true, -1
		conn, err := c.connect(o)
		if err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		e, err := nats.New(conn)
		if err != nil {
			conn.Close()
			t.Fatal(err)
		}
		if host, port := e.ServerAddress(); host != c.host || port != c.port {
			t.Errorf("%s: it is at %q, %d; want %q, %d", name, host, port, c.host, c.port)
		}
		if err := e.Shutdown(t.Context()); err != nil {
			t.Error(err)
		}
		conn.Close()
	}
}
