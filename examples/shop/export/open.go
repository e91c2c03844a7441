package export

import (
	"context"
	"fmt"

	natsgo "github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"
	"github.com/twmb/franz-go/pkg/kgo"

	"cairncx.dev/cairn/cx/event"
	"cairncx.dev/cairn/exporters/jsonl"
	"cairncx.dev/cairn/exporters/kafka"
	"cairncx.dev/cairn/exporters/nats"
	"cairncx.dev/cairn/exporters/otlplog"
	"cairncx.dev/cairn/exporters/sqlarchive"
	"cairncx.dev/cairn/exporters/stdout"
	"cairncx.dev/cairn/exporters/webhook"
)

// opener opens a sink.
type opener func(cfg *Config) (event.Exporter, error)

func openStdout(cfg *Config) (event.Exporter, error) {
	return stdout.New(stdout.WithWriter(cfg.Stdout)), nil
}

func openJSONL(path string) opener {
	return func(*Config) (event.Exporter, error) { return opened(jsonl.New(path)) }
}

func openSQLite(path string) opener {
	return func(*Config) (event.Exporter, error) { return opened(sqlarchive.OpenSQLite(path)) }
}

func openPostgres(url string) opener {
	return func(*Config) (event.Exporter, error) { return opened(sqlarchive.OpenPostgres(url)) }
}

func openWebhook(url string) opener {
	return func(cfg *Config) (event.Exporter, error) {
		return opened(webhook.New(url, webhook.WithSecrets(cfg.Secrets...)))
	}
}

func openOTLP(url string) opener {
	return func(*Config) (event.Exporter, error) {
		return opened(otlplog.New(otlplog.WithEndpoint(url)))
	}
}

func openKafka(brokers []string, topic string) opener {
	return func(*Config) (event.Exporter, error) {
		return opened(kafka.New(topic, kafka.WithBrokers(brokers...),
			// A broker that allows it creates the topic. A real shop creates its topics itself.
			kafka.WithClientOptions(kgo.AllowAutoTopicCreation())))
	}
}

func openNATS(server, stream string) opener {
	return func(*Config) (event.Exporter, error) {
		conn, err := natsgo.Connect(server, natsgo.Name("shop"), natsgo.MaxReconnects(-1))
		if err != nil {
			return nil, fmt.Errorf("nats: %w", err)
		}
		sink, err := nats.New(conn, nats.WithCreateStream(jetstream.StreamConfig{Name: stream}))
		if err != nil {
			conn.Close()
			return nil, err
		}
		return &connected{Exporter: sink, conn: conn}, nil
	}
}

// opened returns the nil interface if opening failed, instead of an interface that holds a nil pointer.
func opened[E event.Exporter](e E, err error) (event.Exporter, error) {
	if err != nil {
		return nil, err
	}
	return e, nil
}

// connected is an exporter together with its connection.
type connected struct {
	*nats.Exporter

	conn *natsgo.Conn
}

// Shutdown implements [event.Exporter]. It also closes the connection.
func (c *connected) Shutdown(ctx context.Context) error {
	if err := c.Exporter.Shutdown(ctx); err != nil {
		return err // the connection stays open, and the caller may call Shutdown again
	}
	c.conn.Close()
	return nil
}
