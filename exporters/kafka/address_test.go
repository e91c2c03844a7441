package kafka_test

import (
	"testing"

	"github.com/twmb/franz-go/pkg/kgo"

	"cairncx.dev/cairn/exporters/kafka"
)

// TestServerAddress: it is the first broker that the client was given, without a connection to it.
func TestServerAddress(t *testing.T) {
	t.Parallel()
	own, err := kafka.New("events", kafka.WithBrokers("one.internal:19092", "two.internal:9092"))
	if err != nil {
		t.Fatal(err)
	}
	client, err := kgo.NewClient(kgo.SeedBrokers("three.internal"), kgo.ManualFlushing())
	if err != nil {
		t.Fatal(err)
	}
	defer client.Close()
	given, err := kafka.New("events", kafka.WithClient(client))
	if err != nil {
		t.Fatal(err)
	}
	var none *kafka.Exporter
	for _, c := range []struct {
		name string
		e    *kafka.Exporter
		host string
		port int
	}{
		{"a client of its own", own, "one.internal", 19092},
		{"a client that it was given, and franz-go's port", given, "three.internal", 9092},
		{"no exporter", none, "", 0},
		{"the zero value", &kafka.Exporter{}, "", 0},
	} {
		if host, port := c.e.ServerAddress(); host != c.host || port != c.port {
			t.Errorf("%s is at %q, %d; want %q, %d", c.name, host, port, c.host, c.port)
		}
	}
	for _, e := range []*kafka.Exporter{own, given} {
		if err := e.Shutdown(t.Context()); err != nil {
			t.Error(err)
		}
	}
}
