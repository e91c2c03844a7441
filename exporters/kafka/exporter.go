package kafka

import (
	"cmp"
	"context"
	"fmt"
	"net"
	"sync"
	"time"

	"github.com/twmb/franz-go/pkg/kgo"

	"cairncx.dev/cairn/cx/event"
	"cairncx.dev/cairn/exporters/sink"
)

// Exporter writes events to one topic. It is safe for concurrent use; [WithConcurrency] bounds the concurrent calls of Export.
type Exporter struct {
	topic   string
	seed    string // the first broker that the client was given
	cfg     config
	reach   *reach
	lanes   []*lane
	free    chan *lane
	calls   sink.Calls
	once    sync.Once
	closing chan struct{} // closed when Shutdown is called
	tasks   tasks         // background closes of clients
}

var (
	_ event.Exporter = (*Exporter)(nil)
	_ event.Flusher  = (*Exporter)(nil)
	_ sink.Addressed = (*Exporter)(nil)
)

// defaultPort is the port that franz-go uses for a broker address without one.
const defaultPort = 9092

// ServerAddress implements [sink.Addressed]. It returns the first broker address of the client, whichever broker the client
// uses.
func (e *Exporter) ServerAddress() (host string, port int) {
	if e == nil || e.seed == "" {
		return "", 0
	}
	host, port = sink.SplitAddress(e.seed)
	return host, cmp.Or(port, defaultPort)
}

// New returns an exporter to a topic. The topic has to exist, unless the client may create it (kgo.AllowAutoTopicCreation). New
// does not connect; the first Export does. The error joins all problems of the topic and the options.
func New(topic string, opts ...Option) (*Exporter, error) {
	cfg, err := newConfig(topic, opts)
	if err != nil {
		return nil, fmt.Errorf("kafka: %w", err)
	}
	reach := &reach{}
	fresh := cfg.maker(reach)
	clients, err := cfg.clients(fresh)
	if err != nil {
		return nil, fmt.Errorf("kafka: %w", err)
	}
	e := &Exporter{
		topic: topic, cfg: cfg, reach: reach,
		free: make(chan *lane, len(clients)), closing: make(chan struct{}),
	}
	seeds, _ := clients[0].OptValue(kgo.SeedBrokers).([]string)
	e.seed = cmp.Or(seeds...)
	for _, client := range clients {
		l := newLane(client, topic, &e.cfg, fresh, &e.tasks)
		e.lanes = append(e.lanes, l)
		e.free <- l
	}
	return e, nil
}

// Export implements [event.Exporter]. It returns nil when all in-sync replicas have the events. If all events failed
// temporarily, the error wraps the first one's error. Otherwise it is a *[sink.PartialError]. In a journey it names the first
// event that failed temporarily and all later ones, and each event that was refused permanently. Concurrent calls must not have
// events of the same journey.
func (e *Exporter) Export(ctx context.Context, events []event.Event) error {
	if e == nil || e.free == nil {
		return nil
	}
	if ctx == nil {
		ctx = context.Background()
	}
	end, err := e.calls.Begin()
	if err != nil {
		return fmt.Errorf("kafka: topic %s: %w", e.topic, err)
	}
	defer end()
	if err := ctx.Err(); err != nil {
		return fmt.Errorf("kafka: topic %s: %w", e.topic, context.Cause(ctx))
	}
	if len(events) == 0 {
		return nil
	}
	ctx, cancel := context.WithTimeoutCause(ctx, e.cfg.timeout, errSlow)
	defer cancel()
	select {
	case l := <-e.free:
		defer func() { e.free <- l }()
		return e.outcome(events, l.export(ctx, events))
	case <-e.closing:
		return fmt.Errorf("kafka: topic %s: %w", e.topic, sink.ErrClosed)
	case <-ctx.Done():
		return fmt.Errorf("kafka: topic %s: waiting for one of %d calls of Export to return: %w", e.topic, len(e.lanes), context.Cause(ctx))
	}
}

// Flush implements [event.Flusher]. It waits for the running calls of Export, because the exporter stores nothing beyond them.
// Each call is bounded by its own context and by [WithTimeout].
func (e *Exporter) Flush(ctx context.Context) error {
	if e == nil || e.free == nil {
		return nil
	}
	if err := e.calls.Wait(ctx); err != nil {
		return fmt.Errorf("kafka: topic %s: flush: %w", e.topic, err)
	}
	return nil
}

// Shutdown implements [event.Exporter]. From now on Export fails. Shutdown waits for the running calls and closes the clients
// that the exporter created. If ctx is done first, the clients close in the background, and the caller may call Shutdown again
// to wait for the rest.
func (e *Exporter) Shutdown(ctx context.Context) error {
	if e == nil || e.free == nil {
		return nil
	}
	e.once.Do(func() { close(e.closing) }) // ends the wait for a lane
	if err := e.calls.Shutdown(ctx, func() error { return e.release(ctx) }); err != nil {
		return fmt.Errorf("kafka: topic %s: shutdown: %w", e.topic, err)
	}
	return nil
}

// release closes the clients that the exporter created. It may be called again.
func (e *Exporter) release(ctx context.Context) error {
	for _, l := range e.lanes {
		if l.own {
			l.close()
		}
	}
	if err := e.tasks.wait(ctx); err != nil {
		return fmt.Errorf("closing the connections to the brokers: %w", err)
	}
	return nil
}

// reach is a hook that stores why a connection to a broker failed, because franz-go itself reports only the timeout.
type reach struct {
	mu  sync.Mutex
	err error
}

var _ kgo.HookBrokerConnect = (*reach)(nil)

// OnBrokerConnect implements [kgo.HookBrokerConnect].
func (r *reach) OnBrokerConnect(_ kgo.BrokerMetadata, _ time.Duration, _ net.Conn, err error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.err = err
}

// last returns the error of the last connection attempt, or nil if it succeeded.
func (r *reach) last() error {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.err
}
