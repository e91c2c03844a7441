package nats_test

import (
	"context"
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/nats-io/nats-server/v2/server"
	natsgo "github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"

	"cairncx.dev/cairn/cx/event"
	"cairncx.dev/cairn/exporters/exporterstest"
	"cairncx.dev/cairn/exporters/internal/sinktest"
	"cairncx.dev/cairn/exporters/nats"
	"cairncx.dev/cairn/exporters/sink"
)

// The users of a server with permissions: the service's, and one that may do everything.
const service, admin, password = "service", "admin", "right"

// secured returns a server on which the service has these permissions.
func secured(t *testing.T, p *server.Permissions) *broker {
	t.Helper()
	b := start(t)
	b.stop()
	b.permit(p, password)
	b.start()
	return b
}

// permit sets the service's permissions and password for the next start.
func (b *broker) permit(p *server.Permissions, password string) {
	b.opts.Users = []*server.User{
		{Username: service, Password: password, Permissions: p}, {Username: admin, Password: "admin"},
	}
}

// reload has the server that runs take the options.
func (b *broker) reload(t *testing.T) {
	t.Helper()
	opts := b.opts
	if err := b.s.ReloadOptions(&opts); err != nil {
		t.Fatal(err)
	}
}

func as(user, password string) natsgo.Option { return natsgo.UserInfo(user, password) }

func denied(publish, subscribe string) *server.Permissions {
	p := &server.Permissions{Publish: &server.SubjectPermission{Allow: []string{">"}}, Subscribe: &server.SubjectPermission{Allow: []string{">"}}}
	if publish != "" {
		p.Publish.Deny = []string{publish}
	}
	if subscribe != "" {
		p.Subscribe.Deny = []string{subscribe}
	}
	return p
}

// restart starts the server anew, changed by change.
func (b *broker) restart(change func(*server.Options)) {
	b.stop()
	change(&b.opts)
	b.start()
}

// outages are the ways to fail of each thing that the sink asks of a server.
func outages(b *broker, conn *natsgo.Conn, other func() *natsgo.Conn) []exporterstest.Outage {
	both := func(begin, end func(t *testing.T)) func(t *testing.T) *exporterstest.Broken {
		return func(t *testing.T) *exporterstest.Broken {
			t.Helper()
			begin(t)
			return &exporterstest.Broken{Mend: func() { end(t) }}
		}
	}
	permissions := func(p *server.Permissions) func(t *testing.T) *exporterstest.Broken {
		return both(func(t *testing.T) { b.permit(p, password); b.reload(t) }, func(t *testing.T) { b.permit(nil, password); b.reload(t) })
	}
	nothing := func(*testing.T) {}
	return []exporterstest.Outage{
		{Name: "the stream is deleted", Loses: true, Start: both(func(t *testing.T) { remove(t, other()) }, nothing)},
		{Name: "the stream does not listen", Start: both(
			func(t *testing.T) { listen(t, other(), "elsewhere") }, func(t *testing.T) { listen(t, other(), "cairn.>") })},
		{Name: "JetStream is disabled", Start: both(
			func(*testing.T) { b.restart(func(o *server.Options) { o.JetStream = false }) },
			func(t *testing.T) {
				b.restart(func(o *server.Options) { o.JetStream = true })
				connected(t, conn)
			})},
		{Name: "the server stops by and by", Start: both(func(*testing.T) {
			go b.s.LameDuckShutdown()
			b.s.WaitForShutdown()
		}, func(t *testing.T) {
			b.start()
			connected(t, conn)
		})},
		{Name: "no right to publish", Start: permissions(denied("cairn.>", ""))},
		{Name: "no right to make streams", Start: permissions(denied("$JS.API.STREAM.CREATE.>", ""))},
		{Name: "no right to hear answers", Start: permissions(denied("", "_INBOX.>"))},
		{Name: "no right to anything", Start: permissions(denied(">", ">"))},
		{Name: "another password", Start: both(
			func(*testing.T) { b.restart(func(*server.Options) { b.permit(nil, "wrong") }) },
			func(t *testing.T) {
				b.restart(func(*server.Options) { b.permit(nil, password) })
				until(t, "the connection is neither there again nor given up", func() bool { return conn.IsConnected() || conn.IsClosed() })
			})},
		{Name: "no room in the account", Start: both(
			func(t *testing.T) {
				limit(t, b, server.JetStreamAccountLimits{MaxMemory: -1, MaxStore: 1, MaxStreams: 1, MaxConsumers: -1})
			},
			func(t *testing.T) {
				limit(t, b, server.JetStreamAccountLimits{MaxMemory: -1, MaxStore: -1, MaxStreams: -1, MaxConsumers: -1})
			})},
	}
}

// remove deletes the stream, where it is there.
func remove(t *testing.T, conn *natsgo.Conn) {
	t.Helper()
	js, err := jetstream.New(conn)
	if err != nil {
		t.Fatal(err)
	}
	if err := js.DeleteStream(t.Context(), nats.DefaultStream); err != nil && !errors.Is(err, jetstream.ErrStreamNotFound) {
		t.Fatal(err)
	}
}

// listen has the stream listen to a subject.
func listen(t *testing.T, conn *natsgo.Conn, subject string) {
	t.Helper()
	js, err := jetstream.New(conn)
	if err != nil {
		t.Fatal(err)
	}
	cfg := jetstream.StreamConfig{Name: nats.DefaultStream, Subjects: []string{subject}, Duplicates: nats.DefaultWindow}
	if _, err := js.CreateOrUpdateStream(t.Context(), cfg); err != nil {
		t.Fatal(err)
	}
}

// limit sets the account's limits.
func limit(t *testing.T, b *broker, l server.JetStreamAccountLimits) {
	t.Helper()
	l.StoreMaxStreamBytes, l.MemoryMaxStreamBytes, l.MaxAckPending = -1, -1, -1
	if err := b.s.GlobalAccount().UpdateJetStreamLimits(map[string]server.JetStreamAccountLimits{"": l}); err != nil {
		t.Fatal(err)
	}
}

// TestContractWithPermissions: the suite again, with each outage that a server with users can have.
func TestContractWithPermissions(t *testing.T) {
	if testing.Short() {
		t.Skip("TestContract runs the same code of the exporter")
	}
	t.Parallel()
	exporterstest.Run(t, func(t *testing.T) exporterstest.Sink {
		t.Helper()
		b := secured(t, nil)
		conn := b.connect(as(service, password))
		e, err := nats.New(conn, nats.WithCreateStream(jetstream.StreamConfig{}), nats.WithTimeout(30*time.Second))
		if err != nil {
			t.Fatal(err)
		}
		var second *natsgo.Conn
		other := func() *natsgo.Conn {
			if second == nil {
				second = b.connect(as(admin, "admin"))
			}
			connected(t, second)
			return second
		}
		return exporterstest.Sink{
			Exporter: e, Deduplicates: true, Outages: outages(b, conn, other),
			Received: func(t *testing.T) []event.Event { return received(t, other()) },
		}
	})
}

// TestStreamGone: without WithCreateStream the error says that the stream is missing, and it is found when
// it is there again.
func TestStreamGone(t *testing.T) {
	t.Parallel()
	conn := start(t).connect()
	e, err := nats.New(conn)
	if err != nil {
		t.Fatal(err)
	}
	defer e.Shutdown(context.Background())
	for range 2 {
		listen(t, conn, "cairn.>")
		batch := sinktest.Mixed(0, 4, 2)
		if err := e.Export(t.Context(), batch); err != nil {
			t.Fatal(err)
		}
		sinktest.InOrder(t, batch, received(t, conn), true)
		remove(t, conn)
		if err := e.Export(t.Context(), batch); err == nil || sink.IsPermanent(err) || !strings.Contains(err.Error(), "the stream is missing") {
			t.Errorf("it says %v", err)
		}
	}
}

// TestStreamMadeAgain: with it the call that finds the stream gone makes it again, and loses nothing.
func TestStreamMadeAgain(t *testing.T) {
	t.Parallel()
	conn := start(t).connect()
	e := open(t, conn)
	for i := range 3 {
		batch := sinktest.Mixed(i*10, 10, 3)
		if err := e.Export(t.Context(), batch); err != nil {
			t.Fatal(err)
		}
		sinktest.InOrder(t, batch, received(t, conn), true)
		remove(t, conn)
	}
}

// closed waits until nats.go has given the connection up.
func closed(t *testing.T, conn *natsgo.Conn) {
	t.Helper()
	until(t, "the connection is not given up", conn.IsClosed)
}

// TestGivenUp: nats.go gives a connection up, by default after two minutes, and for refused credentials. The
// exporter makes one of its own then, which Shutdown closes.
func TestGivenUp(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name, reason string
		opts         []natsgo.Option
		begin, end   func(b *broker)
	}{
		{
			"no server for too long", "an outage longer than MaxReconnects",
			[]natsgo.Option{natsgo.MaxReconnects(1)},
			func(b *broker) { b.stop() },
			func(b *broker) { b.start() },
		},
		{
			"a password that was changed", "nats.go tries it twice",
			nil,
			func(b *broker) { b.restart(func(*server.Options) { b.permit(nil, "another") }) },
			func(b *broker) { b.restart(func(*server.Options) { b.permit(nil, password) }) },
		},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			b := secured(t, nil)
			told := make(chan struct{}, 10)
			conn := b.connect(append(c.opts, as(service, password))...)
			conn.SetClosedHandler(func(*natsgo.Conn) { told <- struct{}{} })
			e := open(t, conn, nats.WithTimeout(5*time.Second))
			sent := sinktest.Mixed(0, 12, 2)
			if err := e.Export(t.Context(), sent[:6]); err != nil {
				t.Fatal(err)
			}
			c.begin(b)
			closed(t, conn)
			<-told
			for range 2 {
				if err := e.Export(t.Context(), sent[6:]); err == nil || sink.IsPermanent(err) || strings.Contains(err.Error(), password) {
					t.Errorf("it says %v", err)
				}
			}
			c.end(b)
			left := sent[6:]
			for n := 0; len(left) > 0; n++ {
				err := e.Export(t.Context(), left)
				if err == nil {
					break
				}
				if left = sinktest.Rest(t, left, err); n == 5 {
					t.Fatalf("%v: %s", err, c.reason)
				}
			}
			sinktest.InOrder(t, sent, received(t, b.connect(as(admin, "admin"))), true)
			if err := e.Shutdown(context.Background()); err != nil {
				t.Error(err)
			}
			select {
			case <-told:
				t.Error("the application is told of a connection that is not its own")
			default:
			}
		})
	}
}

// TestClosedByTheApplication: its own decision is not undone.
func TestClosedByTheApplication(t *testing.T) {
	t.Parallel()
	b := start(t)
	conn := b.connect()
	e := open(t, conn)
	batch := sinktest.Mixed(0, 4, 2)
	if err := e.Export(t.Context(), batch); err != nil {
		t.Fatal(err)
	}
	done := make(chan struct{})
	conn.SetClosedHandler(func(*natsgo.Conn) { close(done) })
	conn.Close()
	<-done
	if err := e.Export(t.Context(), batch); !errors.Is(err, natsgo.ErrConnectionClosed) || sink.IsPermanent(err) {
		t.Errorf("it says %v", err)
	}
}
