// Package queues_test takes journeys through Kafka and NATS: over days, and through processes that are killed.
package queues_test

import (
	"context"
	"database/sql"
	"fmt"
	"net"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/nats-io/nats-server/v2/server"
	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"
	"github.com/twmb/franz-go/pkg/kfake"
	"github.com/twmb/franz-go/pkg/kgo"
	"go.uber.org/goleak"

	"cairncx.dev/cairn/cx/event"
	"cairncx.dev/cairn/exporters/sqlarchive"
	"cairncx.dev/cairn/journey"
	"cairncx.dev/cairn/touchpoint"
)

func TestMain(m *testing.M) {
	if text := os.Getenv(workerEnv); text != "" {
		fmt.Fprintln(os.Stderr, work(text))
		os.Exit(1)
	}
	goleak.VerifyTestMain(m)
}

const (
	namespace = "queues"
	topic     = "orders"
	group     = "warehouse"
	stream    = "PARCELS"
	subject   = "parcels.packed"
	durable   = "mailer"
	// patience bounds waits that are long only if something is wrong.
	patience = 2 * time.Minute
)

var (
	key = []byte("a key of tests, of 32 bytes.....")

	order    = journey.Define("order", journey.Stages("placed", "packed", "announced", "delivered"))
	place    = touchpoint.Define("place-order", touchpoint.In(order, "placed"))
	pack     = touchpoint.Define("pack", touchpoint.In(order, "packed"))
	announce = touchpoint.Define("announce", touchpoint.In(order, "announced"))
	receive  = touchpoint.Define("receive", touchpoint.In(order, "delivered"), touchpoint.Ends(event.Completed))
)

// startKafka starts a cluster in this process that speaks Kafka's protocol, and returns its addresses.
func startKafka(t *testing.T) []string {
	t.Helper()
	c, err := kfake.NewCluster(kfake.NumBrokers(1), kfake.SeedTopics(1, topic), kfake.BrokerConfigs(map[string]string{
		"group.min.session.timeout.ms": "100", // a consumer that was killed is missed soon
	}))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(c.Close)
	return c.ListenAddrs()
}

// startNATS starts a server in this process, with a stream, and returns its address.
func startNATS(t *testing.T, wait time.Duration) (url string) {
	t.Helper()
	s, err := server.NewServer(&server.Options{Host: "127.0.0.1", Port: server.RANDOM_PORT, JetStream: true, StoreDir: t.TempDir(), NoLog: true, NoSigs: true})
	if err != nil {
		t.Fatal(err)
	}
	s.Start()
	t.Cleanup(func() {
		s.Shutdown()
		s.WaitForShutdown()
	})
	if !s.ReadyForConnections(patience) {
		t.Fatal("the server does not start")
	}
	url = fmt.Sprintf("nats://127.0.0.1:%d", s.Addr().(*net.TCPAddr).Port) //nolint:forcetypeassert // it listens on TCP
	js := connect(t, url)
	if _, err := js.CreateStream(t.Context(), jetstream.StreamConfig{Name: stream, Subjects: []string{"parcels.>"}}); err != nil {
		t.Fatal(err)
	}
	if _, err := js.CreateConsumer(t.Context(), stream, jetstream.ConsumerConfig{
		Durable: durable, AckPolicy: jetstream.AckExplicitPolicy, AckWait: wait,
	}); err != nil {
		t.Fatal(err)
	}
	return url
}

func connect(t *testing.T, url string) jetstream.JetStream {
	t.Helper()
	conn, err := nats.Connect(url)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		closed := make(chan struct{})
		conn.SetClosedHandler(func(*nats.Conn) { close(closed) })
		conn.Close()
		<-closed
	})
	js, err := jetstream.New(conn)
	if err != nil {
		t.Fatal(err)
	}
	return js
}

func kafkaClient(t *testing.T, brokers []string, opts ...kgo.Opt) *kgo.Client {
	t.Helper()
	c, err := kgo.NewClient(append([]kgo.Opt{kgo.SeedBrokers(brokers...)}, opts...)...)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(c.Close)
	return c
}

// consumes are the options of a consumer of the group that commits what it is told to.
func consumes() []kgo.Opt {
	return []kgo.Opt{
		kgo.ConsumerGroup(group), kgo.ConsumeTopics(topic), kgo.DisableAutoCommit(), kgo.ConsumeResetOffset(kgo.NewOffset().AtStart()),
		kgo.SessionTimeout(time.Second), kgo.HeartbeatInterval(100 * time.Millisecond), kgo.RebalanceTimeout(time.Second),
	}
}

// rows returns what the archive in the file answers, one text for each row.
func rows(t *testing.T, path, query string) (all []string) {
	t.Helper()
	db, err := sql.Open("sqlite", path)
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	found, err := db.QueryContext(t.Context(), query)
	if err != nil {
		t.Fatal(err)
	}
	defer found.Close()
	for found.Next() {
		var row string
		if err := found.Scan(&row); err != nil {
			t.Fatal(err)
		}
		all = append(all, row)
	}
	if err := found.Err(); err != nil {
		t.Fatal(err)
	}
	return all
}

// archive returns an archive in a file, which clients share.
func archive(t *testing.T) (*shared, string) {
	t.Helper()
	path := filepath.Join(t.TempDir(), "archive.db")
	a, err := sqlarchive.OpenSQLite(path)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := a.Shutdown(context.Background()); err != nil {
			t.Error(err)
		}
	})
	return &shared{a}, path
}

// shared is an archive that no client shuts down.
type shared struct{ *sqlarchive.Archive }

func (*shared) Shutdown(context.Context) error { return nil }
