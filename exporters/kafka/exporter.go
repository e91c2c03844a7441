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

// Exporter writes events to one topic. Safe for concurrent use; as many calls of Export are under way as
// [WithConcurrency] says.
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
	tasks   tasks         // clients that are being closed, and the like
}

var (
	_ event.Exporter = (*Exporter)(nil)
	_ event.Flusher  = (*Exporter)(nil)
	_ sink.Addressed = (*Exporter)(nil)
)

// defaultPort is the one that franz-go takes for a broker without.
const defaultPort = 9092

// ServerAddress implements [sink.Addressed]: the first broker that the client was given, whichever it sends to.
func (e *Exporter) ServerAddress() (host string, port int) {
	if e == nil || e.seed == "" {
		return "", 0
	}
	host, port = sink.SplitAddress(e.seed)
	return host, cmp.Or(port, defaultPort)
}

// New returns an exporter to a topic, which has to be there unless the client may make it
// (kgo.AllowAutoTopicCreation). It connects when there is something to send. The error says what is
// wrong with the topic and the options, all of it.
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

// Export implements [event.Exporter]: it returns when all in-sync replicas have the events. Where some
// were not written the error is a *[sink.PartialError], unless it is the same for all; of a journey
// it names an event and all that come after it, but for those that are refused for themselves. Events of
// one journey must not be in two calls at a time.
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

// Flush implements [event.Flusher]: it waits for the calls of Export that are under way, for nothing is
// kept beyond them. Each is bounded by its own context and by [WithTimeout].
func (e *Exporter) Flush(ctx context.Context) error {
	if e == nil || e.free == nil {
		return nil
	}
	if err := e.calls.Wait(ctx); err != nil {
		return fmt.Errorf("kafka: topic %s: flush: %w", e.topic, err)
	}
	return nil
}

// Shutdown implements [event.Exporter]: Export fails from now on; it waits for the calls that are under
// way, and closes the clients that the exporter made, beside the caller where that takes longer than ctx. When
// ctx is done first it may be called again, to wait for the rest.
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

// release closes the clients that the exporter made. It may be called again.
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

// reach remembers why brokers were not reached, for franz-go says only that time was up. It is a hook.
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

// last returns why the last connection failed, or nil.
func (r *reach) last() error {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.err
}
