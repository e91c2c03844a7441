package nats_test

import (
	"context"
	"errors"
	"net"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/nats-io/nats-server/v2/server"
	natsgo "github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"

	"cairncx.dev/cairn/cx/event"
	"cairncx.dev/cairn/exporters/internal/sinktest"
	"cairncx.dev/cairn/exporters/nats"
	"cairncx.dev/cairn/exporters/sink"
)

// inbox returns what the inboxes begin with in which the answers to a publisher's messages are heard.
func inbox(m *natsgo.Msg) string { return m.Reply[:strings.LastIndexByte(m.Reply, '.')] }

// TestInbox: the answers to all calls come to one inbox. Where they did not come there is a new one, because the
// server may have refused the old one for good.
func TestInbox(t *testing.T) {
	t.Parallel()
	s := stand(t)
	e := s.exporter(nats.WithTimeout(patience))
	export := func(ctx context.Context) (string, error) {
		err := e.Export(ctx, sinktest.Mixed(0, 1, 1))
		return inbox(s.asked()[0]), err
	}
	answered := func() string {
		t.Helper()
		defer s.answer("cairn.>", says(acknowledged))()
		name, err := export(t.Context())
		if err != nil {
			t.Error(err)
		}
		return name
	}
	first := answered()
	if again := answered(); again != first {
		t.Errorf("the answers to a second call come to %s, want the inbox %s of the first", again, first)
	}
	subscriptions := s.s.NumSubscriptions()
	ctx, cancel := context.WithCancel(t.Context())
	end := s.answer("cairn.>", func(*natsgo.Msg) string { cancel(); return "" })
	if _, err := export(ctx); err == nil {
		t.Error("what is not answered is no error")
	}
	end()
	second := answered()
	if second == first {
		t.Error("it goes on with an inbox in which an answer did not come")
	}
	until(t, "the old inbox is not given back", func() bool { return s.s.NumSubscriptions() == subscriptions })
	if err := e.Shutdown(t.Context()); err != nil {
		t.Error(err)
	}
	until(t, "the inbox is not given back by Shutdown", func() bool { return s.s.NumSubscriptions() == subscriptions-1 })
}

// TestInboxOfTwo: a call that hears nothing takes no inbox from another one, which still waits for its answer.
func TestInboxOfTwo(t *testing.T) {
	t.Parallel()
	s := stand(t)
	e := s.exporter(nats.WithTimeout(patience))
	came := make(chan *natsgo.Msg, 2)
	s.answer("cairn.>", func(m *natsgo.Msg) string { came <- m; return "" })
	subscriptions := s.s.NumSubscriptions()
	waits := make(chan error, 1)
	go func() { waits <- e.Export(context.Background(), sinktest.Mixed(0, 1, 1)) }()
	m := <-came
	ctx, cancel := context.WithCancel(t.Context())
	go func() { <-came; cancel() }()
	if err := e.Export(ctx, sinktest.Mixed(1, 1, 1)); err == nil {
		t.Error("what is not answered is no error")
	}
	if err := m.Respond([]byte(acknowledged)); err != nil {
		t.Fatal(err)
	}
	if err := <-waits; err != nil {
		t.Errorf("the other call says %v", err)
	}
	until(t, "the inbox that both had is not given back", func() bool { return s.s.NumSubscriptions() == subscriptions })
}

// TestInboxOfStreamMadeAgain: a stream that is made again and then does not answer is heard in a new inbox, too.
func TestInboxOfStreamMadeAgain(t *testing.T) {
	t.Parallel()
	s := stand(t)
	e := s.exporter(nats.WithCreateStream(jetstream.StreamConfig{}), nats.WithTimeout(patience))
	ctx, cancel := context.WithCancel(t.Context())
	var inboxes []string
	made := 0
	s.answer(create, func(*natsgo.Msg) string {
		if made++; made == 2 {
			s.answer("cairn.>", func(m *natsgo.Msg) string {
				if inboxes = append(inboxes, inbox(m)); len(inboxes) > 1 {
					return acknowledged
				}
				cancel()
				return ""
			})
		}
		return acknowledged
	})
	if err := e.Export(ctx, sinktest.Mixed(0, 1, 1)); err == nil || made != 2 {
		t.Fatalf("it says %v, and the stream was made %d times, want twice", err, made)
	}
	if err := e.Export(t.Context(), sinktest.Mixed(0, 1, 1)); err != nil {
		t.Fatal(err)
	}
	if inboxes[0] == inboxes[1] {
		t.Error("it goes on with an inbox in which an answer did not come")
	}
}

// TestMakingAgainFails: the events that no stream has listened to have the error of making it again; what is too
// large stays so.
func TestMakingAgainFails(t *testing.T) {
	t.Parallel()
	s := stand(t)
	e := s.exporter(nats.WithCreateStream(jetstream.StreamConfig{}))
	end := s.answer(create, says(acknowledged))
	endStream := s.answer("cairn.>", says(acknowledged))
	if err := e.Export(t.Context(), sinktest.Mixed(0, 2, 2)); err != nil {
		t.Fatal(err)
	}
	end()
	endStream()
	s.answer(create, says(refuses(400, 10027, "in its words")))
	batch := sinktest.Mixed(2, 4, 2)
	batch[1].Cause = strings.Repeat("x", 1<<20)
	var p *sink.PartialError
	if err := e.Export(t.Context(), batch); !errors.As(err, &p) || len(p.Failed) != len(batch) {
		t.Fatalf("it says %v", err)
	}
	for _, f := range p.Failed {
		if large := f.Index == 1; errors.Is(f.Err, natsgo.ErrMaxPayload) != large || sink.IsPermanent(f.Err) != large || strings.Contains(f.Err.Error(), "making the stream CAIRN") == large {
			t.Errorf("event %d has %v", f.Index, f.Err)
		}
	}
}

// TestTooLargeWhenMadeAgain: the call that makes a stream again refuses the events that are too large, for the
// connection or for the stream, and no other.
func TestTooLargeWhenMadeAgain(t *testing.T) {
	t.Parallel()
	conn := start(t).connect()
	e := open(t, conn, nats.WithCreateStream(jetstream.StreamConfig{MaxMsgSize: 4000}))
	if err := e.Export(t.Context(), sinktest.Mixed(0, 3, 3)); err != nil {
		t.Fatal(err)
	}
	remove(t, conn)
	batch := sinktest.Mixed(3, 12, 3)
	batch[0].Cause, batch[4].Cause, batch[8].Cause = strings.Repeat("x", 1<<20), strings.Repeat("x", 5000), strings.Repeat("x", 1<<20)
	var p *sink.PartialError
	if err := e.Export(t.Context(), batch); !errors.As(err, &p) {
		t.Fatalf("it says %v", err)
	}
	var named []int
	for _, f := range p.Failed {
		if named = append(named, f.Index); !sink.IsPermanent(f.Err) || f.ID != batch[f.Index].ID {
			t.Errorf("event %d has %v", f.Index, f.Err)
		}
	}
	if !slices.Equal(named, []int{0, 4, 8}) {
		t.Errorf("it refuses %v, want 0, 4 and 8", named)
	}
	sinktest.InOrder(t, slices.Concat(batch[1:4], batch[5:8], batch[9:]), received(t, conn), true)
}

// gate is a network on which no connection is made while it is shut.
type gate struct {
	mu      sync.Mutex
	shut    chan struct{} // closed when it opens again
	reached chan struct{}
	dials   atomic.Int32
}

// Dial implements natsgo.CustomDialer.
func (g *gate) Dial(network, address string) (net.Conn, error) {
	g.dials.Add(1)
	g.mu.Lock()
	shut := g.shut
	g.mu.Unlock()
	if shut != nil {
		select {
		case g.reached <- struct{}{}:
		default:
		}
		<-shut
	}
	return net.Dial(network, address) //nolint:noctx // as natsgo.CustomDialer has it
}

func (g *gate) set(shut chan struct{}) {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.shut = shut
}

// givenUp returns an exporter whose connection nats.go has given up, since the password was changed for a time.
func givenUp(t *testing.T, b *broker, opts ...natsgo.Option) *nats.Exporter {
	t.Helper()
	conn := b.connect(append([]natsgo.Option{as(service, password)}, opts...)...)
	e := open(t, conn, nats.WithTimeout(patience))
	if err := e.Export(t.Context(), sinktest.Mixed(0, 1, 1)); err != nil {
		t.Fatal(err)
	}
	b.restart(func(*server.Options) { b.permit(nil, "another") })
	closed(t, conn)
	b.restart(func(*server.Options) { b.permit(nil, password) })
	return e
}

// TestContextOfConnecting: a call that connects again, and one that waits for it, wait no longer than their contexts.
// A connection that is there too late is closed.
func TestContextOfConnecting(t *testing.T) {
	t.Parallel()
	b := secured(t, nil)
	g := &gate{reached: make(chan struct{}, 1)}
	e := givenUp(t, b, natsgo.SetCustomDialer(g))
	shut := make(chan struct{})
	g.set(shut)
	why := errors.New("the test is impatient")
	first, cancelFirst := context.WithCancelCause(t.Context())
	second, cancelSecond := context.WithCancelCause(t.Context())
	results := make(chan error)
	go func() { results <- e.Export(first, sinktest.Mixed(1, 1, 1)) }()
	<-g.reached
	waits := make(chan struct{})
	go func() {
		results <- e.Export(watched{second, sync.OnceFunc(func() { close(waits) })}, sinktest.Mixed(2, 1, 1))
	}()
	<-waits
	cancelSecond(why)
	if err := <-results; !errors.Is(err, why) || !strings.Contains(err.Error(), "waiting for a connection") || sink.IsPermanent(err) {
		t.Errorf("the call that waits says %v", err)
	}
	cancelFirst(why)
	if err := <-results; !errors.Is(err, why) || !errors.Is(err, natsgo.ErrAuthorization) || !strings.Contains(err.Error(), "a new one is not there yet") || sink.IsPermanent(err) {
		t.Errorf("the call that connects says %v", err)
	}
	connections := func() uint64 {
		v, err := b.s.Varz(nil)
		if err != nil {
			t.Fatal(err)
		}
		return v.TotalConnections
	}
	before := connections()
	g.set(nil)
	close(shut)
	until(t, "the connection that is late is not closed", func() bool { return connections() > before && b.s.NumClients() == 0 })
	if err := e.Export(t.Context(), sinktest.Mixed(1, 2, 2)); err != nil {
		t.Error(err)
	}
}

// TestOwnConnection: one that the exporter has made is not given up, whatever the application's options say, and the
// application is not told of it.
func TestOwnConnection(t *testing.T) {
	t.Parallel()
	b := secured(t, nil)
	g := &gate{}
	var told atomic.Int32
	tell := func(*natsgo.Conn) { told.Add(1) }
	e := givenUp(t, b, natsgo.SetCustomDialer(g), natsgo.MaxReconnects(2), natsgo.RetryOnFailedConnect(true),
		natsgo.ClosedHandler(tell), natsgo.DisconnectHandler(tell), natsgo.ReconnectHandler(tell), natsgo.ConnectHandler(tell),
		natsgo.DisconnectErrHandler(func(*natsgo.Conn, error) { told.Add(1) }), natsgo.ReconnectErrHandler(func(*natsgo.Conn, error) { told.Add(1) }),
		natsgo.DiscoveredServersHandler(tell), natsgo.LameDuckModeHandler(tell))
	b.restart(func(*server.Options) { b.permit(nil, "another") })
	if err := e.Export(t.Context(), sinktest.Mixed(1, 1, 1)); !errors.Is(err, natsgo.ErrAuthorization) || !strings.Contains(err.Error(), "a new one is not made") || sink.IsPermanent(err) {
		t.Errorf("while the password is wrong it says %v", err)
	}
	b.restart(func(*server.Options) { b.permit(nil, password) })
	if err := e.Export(t.Context(), sinktest.Mixed(1, 1, 1)); err != nil {
		t.Fatal(err)
	}
	told.Store(0)
	tries := func(n int32) {
		t.Helper()
		more := g.dials.Load() + n
		until(t, "it does not connect again", func() bool { return g.dials.Load() >= more })
	}
	go b.s.LameDuckShutdown()
	b.s.WaitForShutdown()
	tries(5)
	b.permit(nil, "another")
	b.start()
	tries(5)
	b.restart(func(*server.Options) { b.permit(nil, password) })
	until(t, "the connection is not there again by itself", func() bool { return b.s.NumClients() == 1 })
	if n := told.Load(); n > 0 {
		t.Errorf("the application is told %d times of a connection that is not its own", n)
	}
}

// TestShutdownOfOwnConnection: Shutdown waits for the end of the connection that the exporter has made, within its
// context.
func TestShutdownOfOwnConnection(t *testing.T) {
	t.Parallel()
	b := secured(t, nil)
	entered, goOn := make(chan struct{}, 1), make(chan struct{})
	e := givenUp(t, b, natsgo.ErrorHandler(func(_ *natsgo.Conn, _ *natsgo.Subscription, err error) {
		if errors.Is(err, natsgo.ErrPermissionViolation) {
			entered <- struct{}{}
			<-goOn
		}
	}))
	b.permit(denied("cairn.>", ""), password)
	b.reload(t)
	failing, cancel := context.WithCancel(t.Context())
	go func() { <-entered; cancel() }() // the library waits for the application, which hears of the refusal
	if err := e.Export(failing, sinktest.Mixed(1, 1, 1)); err == nil {
		t.Fatal("what is refused is no error")
	}
	ctx, cancelCause := context.WithCancelCause(context.Background())
	cancelCause(errors.New("the test is impatient"))
	if err := e.Shutdown(ctx); err == nil || !strings.Contains(err.Error(), "closing the connection: the test is impatient") {
		t.Errorf("Shutdown says %v", err)
	}
	close(goOn)
	if err := e.Shutdown(context.Background()); err != nil {
		t.Error(err)
	}
	until(t, "the connection is not closed", func() bool { return b.s.NumClients() == 0 })
	if err := e.Export(t.Context(), []event.Event{sinktest.Touch(0, "")}); !errors.Is(err, sink.ErrClosed) {
		t.Errorf("Export says %v", err)
	}
}
