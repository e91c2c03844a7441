package nats_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"sync"
	"testing"
	"time"

	"github.com/nats-io/nats-server/v2/server"
	natsgo "github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"
	"go.uber.org/goleak"

	"cairncx.dev/cairn/cx/event"
	"cairncx.dev/cairn/exporters/internal/sinktest"
	"cairncx.dev/cairn/exporters/nats"
)

// patience bounds what no machine needs so long for.
const patience = sinktest.Patience

func TestMain(m *testing.M) {
	// On a busy machine nats.go leaves this goroutine behind although link.cleanUp lets it run first.
	goleak.VerifyTestMain(m, goleak.IgnoreTopFunction("github.com/nats-io/nats.go/jetstream.(*jetStream).resetPendingAcksOnReconnect"))
}

// broker is a NATS server in this process, with JetStream in a folder, which can be stopped and started.
type broker struct {
	tb   testing.TB
	opts server.Options
	s    *server.Server
}

func start(tb testing.TB) *broker {
	tb.Helper()
	b := &broker{tb: tb, opts: server.Options{
		Host: "127.0.0.1", Port: server.RANDOM_PORT, JetStream: true, StoreDir: tb.TempDir(), NoLog: true, NoSigs: true, SyncAlways: true,
		LameDuckGracePeriod: time.Millisecond, LameDuckDuration: 2 * time.Millisecond,
	}}
	b.start()
	b.opts.Port = b.s.Addr().(*net.TCPAddr).Port
	tb.Cleanup(b.stop)
	return b
}

func (b *broker) start() {
	b.tb.Helper()
	opts := b.opts
	s, err := server.NewServer(&opts)
	if err != nil {
		b.tb.Fatal(err)
	}
	s.Start()
	if !s.ReadyForConnections(patience) {
		b.tb.Fatal("the server does not start")
	}
	b.s = s
}

func (b *broker) stop() {
	b.s.Shutdown()
	b.s.WaitForShutdown()
}

func (b *broker) connect(opts ...natsgo.Option) *natsgo.Conn {
	b.tb.Helper()
	conn, err := natsgo.Connect(fmt.Sprintf("nats://127.0.0.1:%d", b.opts.Port), append([]natsgo.Option{
		natsgo.MaxReconnects(-1), natsgo.ReconnectWait(5 * time.Millisecond), natsgo.ReconnectJitter(time.Millisecond, time.Millisecond),
		natsgo.ErrorHandler(func(*natsgo.Conn, *natsgo.Subscription, error) {}),
	}, opts...)...)
	if err != nil {
		b.tb.Fatal(err)
	}
	b.tb.Cleanup(func() {
		if conn.IsClosed() {
			return
		}
		closed := make(chan struct{})
		conn.SetClosedHandler(func(*natsgo.Conn) { close(closed) })
		conn.Close()
		<-closed
	})
	return conn
}

// connected waits until the connection is there again.
func connected(tb testing.TB, conn *natsgo.Conn) {
	tb.Helper()
	// It may not have noticed yet that it was away: then it finds out by this.
	until(tb, "the connection is not there again", func() bool { return conn.IsConnected() && conn.FlushTimeout(patience) == nil })
}

func until(tb testing.TB, what string, ok func() bool) {
	tb.Helper()
	tick := time.NewTicker(5 * time.Millisecond)
	defer tick.Stop()
	for end := time.Now().Add(patience); !ok(); <-tick.C {
		if time.Now().After(end) {
			tb.Fatal(what)
		}
	}
}

// open returns an exporter, which makes its stream and goes with the test.
func open(tb testing.TB, conn *natsgo.Conn, opts ...nats.Option) *nats.Exporter {
	tb.Helper()
	e, err := nats.New(conn, append([]nats.Option{nats.WithCreateStream(jetstream.StreamConfig{})}, opts...)...)
	if err != nil {
		tb.Fatal(err)
	}
	tb.Cleanup(func() {
		if err := e.Shutdown(context.Background()); err != nil {
			tb.Error(err)
		}
	})
	return e
}

func stream(tb testing.TB, conn *natsgo.Conn) jetstream.Stream {
	tb.Helper()
	js, err := jetstream.New(conn)
	if err != nil {
		tb.Fatal(err)
	}
	s, err := js.Stream(tb.Context(), nats.DefaultStream)
	if err != nil {
		tb.Fatal(err)
	}
	return s
}

// messages returns all that is in the stream.
func messages(tb testing.TB, conn *natsgo.Conn) (list []*jetstream.RawStreamMsg) {
	tb.Helper()
	js, err := jetstream.New(conn)
	if err != nil {
		tb.Fatal(err)
	}
	s, err := js.Stream(tb.Context(), nats.DefaultStream)
	if errors.Is(err, jetstream.ErrStreamNotFound) {
		return nil
	}
	if err != nil {
		tb.Fatal(err)
	}
	state := s.CachedInfo().State
	for seq := state.FirstSeq; seq != 0 && seq <= state.LastSeq; seq++ {
		m, err := s.GetMsg(tb.Context(), seq)
		if errors.Is(err, jetstream.ErrMsgNotFound) {
			continue
		}
		if err != nil {
			tb.Fatal(err)
		}
		list = append(list, m)
	}
	return list
}

func received(tb testing.TB, conn *natsgo.Conn) []event.Event {
	tb.Helper()
	msgs := messages(tb, conn)
	list := make([]event.Event, len(msgs))
	for i, m := range msgs {
		e, err := event.ParseJSON(m.Data)
		if err != nil {
			tb.Fatalf("message %d: %v", m.Sequence, err)
		}
		list[i] = e
	}
	return list
}

// wire is a network that can be cut when the answer to a message comes, or go silent.
type wire struct {
	mu      sync.Mutex
	cut     bool
	silent  chan struct{} // closed when it speaks again; nil when it does
	reached chan struct{}
}

// Dial implements natsgo.CustomDialer.
func (w *wire) Dial(network, address string) (net.Conn, error) {
	conn, err := net.Dial(network, address)
	if err != nil {
		return nil, err
	}
	return &wired{Conn: conn, wire: w}, nil
}

func (w *wire) set(cut bool, silent chan struct{}) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.cut, w.silent = cut, silent
}

type wired struct {
	net.Conn
	*wire

	sent bool
}

func (c *wired) Write(b []byte) (int, error) {
	c.mu.Lock()
	if (c.cut || c.silent != nil) && bytes.Contains(b, []byte("HPUB cairn.")) {
		c.sent = true
		select {
		case c.reached <- struct{}{}:
		default:
		}
	}
	c.mu.Unlock()
	return c.Conn.Write(b)
}

func (c *wired) Read(b []byte) (int, error) {
	n, err := c.Conn.Read(b)
	c.mu.Lock()
	cut, silent := c.cut && c.sent, c.silent
	if !c.sent {
		silent = nil
	}
	c.mu.Unlock()
	if err == nil && cut {
		c.Conn.Close()
		return 0, io.ErrUnexpectedEOF
	}
	if silent != nil {
		<-silent
	}
	return n, err
}
