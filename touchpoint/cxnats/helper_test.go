package cxnats_test

import (
	"context"
	"fmt"
	"net"
	"testing"
	"time"

	"github.com/nats-io/nats-server/v2/server"
	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"
	"go.uber.org/goleak"

	"cairncx.dev/cairn/cx"
	"cairncx.dev/cairn/cx/cxtest"
	"cairncx.dev/cairn/cx/event"
	"cairncx.dev/cairn/cx/propagate"
	"cairncx.dev/cairn/journey"
	"cairncx.dev/cairn/touchpoint"
	"cairncx.dev/cairn/touchpoint/cxnats"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

const (
	subject = "orders.paid"
	// patience bounds what no machine needs so long for.
	patience = time.Minute
)

var (
	key = []byte("a key of tests, of 32 bytes.....")

	order   = journey.Define("order", journey.Stages("paid", "confirmed"))
	confirm = touchpoint.Define("confirm", touchpoint.In(order, "confirmed"))
)

func newService(tb testing.TB, opts ...cx.Option) *cxtest.Recorder {
	tb.Helper()
	return cxtest.New(tb, append([]cx.Option{cx.WithNamespace("shop"), cx.WithDefinitions(order, confirm), cx.WithPositionKeys(key)}, opts...)...)
}

// in is a context in which the customer is in the order.
func in(r *cxtest.Recorder, id string) context.Context {
	return propagate.ContextWithPosition(r.Context(context.Background()), &event.Position{
		Journey: event.Run{Namespace: "shop", Name: "order", ID: id}, Stage: "paid", Visit: 1, Channel: event.Web,
	})
}

// start starts a NATS server in this process, with JetStream in a folder, and returns a connection.
func start(tb testing.TB) *nats.Conn {
	tb.Helper()
	s, err := server.NewServer(&server.Options{Host: "127.0.0.1", Port: server.RANDOM_PORT, JetStream: true, StoreDir: tb.TempDir(), NoLog: true, NoSigs: true})
	if err != nil {
		tb.Fatal(err)
	}
	s.Start()
	tb.Cleanup(func() {
		s.Shutdown()
		s.WaitForShutdown()
	})
	if !s.ReadyForConnections(patience) {
		tb.Fatal("the server does not start")
	}
	addr, ok := s.Addr().(*net.TCPAddr)
	if !ok {
		tb.Fatalf("the server listens on %v", s.Addr())
	}
	return connect(tb, addr.Port)
}

func connect(tb testing.TB, port int) *nats.Conn {
	tb.Helper()
	conn, err := nats.Connect(fmt.Sprintf("nats://127.0.0.1:%d", port))
	if err != nil {
		tb.Fatal(err)
	}
	tb.Cleanup(func() {
		closed := make(chan struct{})
		conn.SetClosedHandler(func(*nats.Conn) { close(closed) })
		conn.Close()
		<-closed
	})
	return conn
}

// queue returns a stream with a durable consumer, which waits so long for an Ack.
func queue(tb testing.TB, conn *nats.Conn, wait time.Duration) (jetstream.JetStream, jetstream.Consumer) {
	tb.Helper()
	js, err := jetstream.New(conn)
	if err != nil {
		tb.Fatal(err)
	}
	if _, err = js.CreateStream(tb.Context(), jetstream.StreamConfig{Name: "ORDERS", Subjects: []string{"orders.>"}}); err != nil {
		tb.Fatal(err)
	}
	return js, durable(tb, js, "mailer", wait)
}

func durable(tb testing.TB, js jetstream.JetStream, name string, wait time.Duration) jetstream.Consumer {
	tb.Helper()
	c, err := js.CreateConsumer(tb.Context(), "ORDERS", jetstream.ConsumerConfig{Durable: name, AckPolicy: jetstream.AckExplicitPolicy, AckWait: wait})
	if err != nil {
		tb.Fatal(err)
	}
	return c
}

// next waits for one message.
func next(tb testing.TB, c jetstream.Consumer) jetstream.Msg {
	tb.Helper()
	m, err := c.Next(jetstream.FetchMaxWait(patience))
	if err != nil {
		tb.Fatal(err)
	}
	return m
}

// publish sends a message of the order to the stream.
func publish(tb testing.TB, js jetstream.JetStream, r *cxtest.Recorder, id string) {
	tb.Helper()
	m := nats.NewMsg(subject)
	cxnats.Inject(in(r, id), m)
	if _, err := js.PublishMsg(tb.Context(), m); err != nil {
		tb.Fatal(err)
	}
}
