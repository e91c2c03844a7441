package kafka

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"
	"time"

	"github.com/twmb/franz-go/pkg/kerr"
	"github.com/twmb/franz-go/pkg/kgo"

	"cairncx.dev/cairn/exporters/sink"
)

// A franz-go client keeps some errors for good, such as the refusal of a producer ID or a topic that was deleted and created
// again. A list of these errors would never be complete, so a lane does not look for them. After a call with a temporary
// failure, the next call has a new client without any stored error.

// errSpoiled says why the exporter cannot replace a client of the application.
var errSpoiled = errors.New("the client of WithClient may keep an error for good, and consumes, too, so the exporter does not make another one like it: if this goes on when the brokers work again, restart, and use WithBrokers or a client that only produces")

// ready prepares the lane's client for a call: it waits until the records of an earlier call are settled, and replaces a client
// that may keep an error.
func (l *lane) ready(ctx context.Context) error {
	if err := l.settle(ctx); err != nil {
		return err
	}
	l.spoiled = nil
	if l.failures == 0 {
		return nil
	}
	return l.renew(ctx)
}

// settle waits for the records that an earlier call abandoned, so that the next records come after them. The exporter's own
// client has the time of WithTimeout to settle them. After that, settle closes the client, which settles them.
func (l *lane) settle(ctx context.Context) error {
	if l.left == nil || sink.Ended(l.left) {
		return nil
	}
	if l.own && time.Since(l.leftAt) >= l.patience {
		l.close()
	}
	if l.manual {
		_ = l.client.Flush(ctx) // each record fails in its turn; ctx's error is returned below
	}
	return sink.Await(ctx, l.left)
}

// renew replaces the client after a temporary failure. It replaces a client of the application only if that client keeps an
// error for good or two calls in a row have failed; the replacement has the same options. kgo.Client.PurgeTopicsFromProducing
// was rejected: it restarts the sequence numbers of the same producer, and a broker that has seen these numbers acknowledges
// records without appending them.
func (l *lane) renew(ctx context.Context) error {
	if !l.own {
		_, _, err := l.client.ProducerID(ctx) // a client that has an ID, or keeps an error, does not ask a broker
		if !kept(err) && l.failures < 2 {
			return nil
		}
		if consumes(l.client) {
			l.spoiled = errSpoiled
			return nil
		}
		opts := l.client.Opts()
		l.fresh = func() (*kgo.Client, error) { return kgo.NewClient(opts...) }
	}
	client, err := l.fresh()
	if err != nil {
		return fmt.Errorf("making a client in the place of one that may keep an error for good: %w", err)
	}
	if l.own {
		l.close()
	}
	l.client, l.own, l.closed, l.known, l.failures = client, true, false, false, 0
	return nil
}

// close closes the client in the background, because Close has no context.
func (l *lane) close() {
	if !l.closed {
		l.closed = true
		l.tasks.start(l.client.Close)
	}
}

// kept reports whether franz-go keeps an error of InitProducerID for good: a broker's answer that franz-go does not regard as
// retriable.
func kept(err error) bool {
	answer, ok := errors.AsType[*kerr.Error](err)
	return ok && !answer.Retriable && !errors.Is(answer, kerr.ConcurrentTransactions)
}

// consumes reports whether the client also consumes, as another client with its options would.
func consumes(client *kgo.Client) bool {
	group, _ := client.OptValue(kgo.ConsumerGroup).(string)
	partitions, _ := client.OptValue(kgo.ConsumePartitions).(map[string]map[int32]kgo.Offset)
	return group != "" || len(partitions) > 0 || len(client.GetConsumeTopics()) > 0
}

// tasks are calls of franz-go that take no context.
type tasks struct {
	mu      sync.Mutex
	pending []<-chan struct{}
}

// start calls f in another goroutine and returns a channel that is closed when f has returned.
func (t *tasks) start(f func()) <-chan struct{} {
	done := make(chan struct{})
	t.mu.Lock()
	t.pending = append(slices.DeleteFunc(t.pending, sink.Ended), done)
	t.mu.Unlock()
	go func() {
		defer close(done)
		f()
	}()
	return done
}

// wait waits until all tasks have ended or ctx is done.
func (t *tasks) wait(ctx context.Context) error {
	t.mu.Lock()
	pending := slices.Clone(t.pending)
	t.mu.Unlock()
	for _, done := range pending {
		if err := sink.Await(ctx, done); err != nil {
			return err
		}
	}
	return nil
}
