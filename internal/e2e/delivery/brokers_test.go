//go:build unix

package delivery_test

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"net"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/nats-io/nats-server/v2/server"
	natsgo "github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"
	"github.com/twmb/franz-go/pkg/kfake"
	"github.com/twmb/franz-go/pkg/kgo"
	"github.com/twmb/franz-go/pkg/kmsg"

	"cairncx.dev/cairn/cx/event"
	"cairncx.dev/cairn/exporters/nats"
)

const topic = "cx.events"

var errCut = errors.New("the connection is cut")

// kafkaAt is the sink of package kafka: a cluster in this process that speaks Kafka's protocol.
type kafkaAt struct {
	cluster *kfake.Cluster
	gone    atomic.Bool
	cuts    atomic.Int64
}

// startKafka starts the cluster. With rng it sometimes cuts connections and is slow.
func startKafka(t *testing.T, rng *rand.Rand) (sinkAt, sink) {
	t.Helper()
	c, err := kfake.NewCluster(kfake.NumBrokers(3), kfake.SeedTopics(4, topic))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(c.Close)
	s := &kafkaAt{cluster: c}
	c.ControlKey(-1, func(req kmsg.Request) (kmsg.Response, error, bool) { //nolint:revive // the library's signature
		c.KeepControl()
		_, produces := req.(*kmsg.ProduceRequest)
		p := 40
		if rng != nil {
			p = rng.IntN(p)
		}
		switch {
		case s.gone.Load() || produces && p < 2:
			s.cuts.Add(1)
			return nil, errCut, true
		case produces && p < 4:
			<-time.After(shortly / 2)
		}
		return nil, nil, false
	})
	return sinkAt{"kafka", strings.Join(c.ListenAddrs(), ",")}, s
}

func (s *kafkaAt) away(*testing.T)  { s.gone.Store(true) }
func (s *kafkaAt) back(*testing.T)  { s.gone.Store(false) }
func (*kafkaAt) disturb(*testing.T) {}
func (*kafkaAt) lostAnswers() int   { return 0 } // the cluster cuts a connection before it takes a batch
func (s *kafkaAt) String() string   { return fmt.Sprintf("cut %d connections", s.cuts.Load()) }

func (s *kafkaAt) read(t *testing.T) (list []event.Event) {
	t.Helper()
	want := int64(0)
	for _, p := range s.cluster.PartitionInfos(topic) {
		want += p.HighWatermark
	}
	client, err := kgo.NewClient(kgo.SeedBrokers(s.cluster.ListenAddrs()...), kgo.ConsumeTopics(topic))
	if err != nil {
		t.Fatal(err)
	}
	defer client.Close()
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	for int64(len(list)) < want {
		fetches := client.PollFetches(ctx)
		if err := fetches.Err(); err != nil {
			t.Fatal(err)
		}
		for _, r := range fetches.Records() {
			list = append(list, parsed(t, r.Value))
		}
	}
	return list
}

// natsAt is the sink of package nats: a server in this process, with JetStream in a folder.
type natsAt struct {
	opts server.Options
	s    *server.Server
	cuts int
}

func startNATS(t *testing.T, _ *rand.Rand) (sinkAt, sink) {
	t.Helper()
	s := &natsAt{opts: server.Options{
		Host: "127.0.0.1", Port: server.RANDOM_PORT, JetStream: true, StoreDir: t.TempDir(), NoLog: true, NoSigs: true,
	}}
	s.back(t)
	addr, ok := s.s.Addr().(*net.TCPAddr)
	if !ok {
		t.Fatalf("the server listens on %v", s.s.Addr())
	}
	s.opts.Port = addr.Port
	t.Cleanup(func() { s.away(t) })
	return sinkAt{"nats", s.url()}, s
}

func (s *natsAt) url() string { return fmt.Sprintf("nats://127.0.0.1:%d", s.opts.Port) }

func (s *natsAt) away(*testing.T) {
	s.s.Shutdown()
	s.s.WaitForShutdown()
}

func (s *natsAt) back(t *testing.T) {
	t.Helper()
	opts := s.opts // the server changes its options
	srv, err := server.NewServer(&opts)
	if err != nil {
		t.Fatal(err)
	}
	srv.Start()
	if !srv.ReadyForConnections(patience) {
		t.Fatal("the server did not start")
	}
	s.s = srv
}

// disturb cuts every connection, with the data in flight.
func (s *natsAt) disturb(t *testing.T) {
	t.Helper()
	list, err := s.s.Connz(nil)
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range list.Conns {
		if s.s.DisconnectClientByID(c.Cid) == nil { // otherwise the connection has ended by itself
			s.cuts++
		}
	}
}

func (*natsAt) lostAnswers() int { return 0 }
func (s *natsAt) String() string { return fmt.Sprintf("stopped once, cut %d connections", s.cuts) }

func (s *natsAt) read(t *testing.T) (list []event.Event) {
	t.Helper()
	conn, err := natsgo.Connect(s.url())
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	js, err := jetstream.New(conn)
	if err != nil {
		t.Fatal(err)
	}
	stream, err := js.Stream(t.Context(), nats.DefaultStream)
	if err != nil {
		t.Fatal(err)
	}
	state := stream.CachedInfo().State
	for n := state.FirstSeq; n <= state.LastSeq; n++ {
		m, err := stream.GetMsg(t.Context(), n)
		if err != nil {
			t.Fatalf("message %d: %v", n, err)
		}
		list = append(list, parsed(t, m.Data))
	}
	return list
}
