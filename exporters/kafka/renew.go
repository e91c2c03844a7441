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

// A client of franz-go keeps some errors for good: a producer ID that it was refused once, a topic that was
// deleted and made again. A list of these errors would never be complete, so a lane does not look for them:
// after a call that failed for now the next one has a new client, which knows nothing yet.

// errSpoiled says why a client that the application has given is of no use any more.
var errSpoiled = errors.New("the client of WithClient may keep an error for good, and consumes, too, so the exporter does not make another one like it: if this goes on when the brokers work again, restart, and use WithBrokers or a client that only produces")

// ready returns when the lane's client can be sent with: what an earlier call has left is settled, and a
// client that may keep an error has been replaced.
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

// settle waits for the records that an earlier call has given up: what is sent now comes after them. A client
// that is the exporter's own has the time of WithTimeout to settle them. Then it is closed, which does.
func (l *lane) settle(ctx context.Context) error {
	if l.left == nil || sink.Ended(l.left) {
		return nil
	}
	if l.own && time.Since(l.leftAt) >= l.patience {
		l.close()
	}
	if l.manual {
		_ = l.client.Flush(ctx) // the records fail when their turn comes; the error is that of ctx, below
	}
	return sink.Await(ctx, l.left)
}

// renew replaces the client. One of the application's is replaced, by one with its options, only where it keeps
// an error for good, or where two calls in a row have failed. kgo.Client.PurgeTopicsFromProducing was
// rejected: it begins the sequence numbers of the same producer anew, and a broker that has seen them
// acknowledges records without appending them.
func (l *lane) renew(ctx context.Context) error {
	if !l.own {
		_, _, err := l.client.ProducerID(ctx) // a client that has an ID, or keeps an error, asks no broker
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

// close closes the client beside what the lane does next, because Close has no context.
func (l *lane) close() {
	if !l.closed {
		l.closed = true
		l.tasks.start(l.client.Close)
	}
}

// kept reports whether franz-go keeps an error of InitProducerID for good: the answer of a broker that
// franz-go does not take for one that goes away.
func kept(err error) bool {
	answer, ok := errors.AsType[*kerr.Error](err)
	return ok && !answer.Retriable && !errors.Is(answer, kerr.ConcurrentTransactions)
}

// consumes reports whether the client consumes too: so would another one with its options.
func consumes(client *kgo.Client) bool {
	group, _ := client.OptValue(kgo.ConsumerGroup).(string)
	partitions, _ := client.OptValue(kgo.ConsumePartitions).(map[string]map[int32]kgo.Offset)
	return group != "" || len(partitions) > 0 || len(client.GetConsumeTopics()) > 0
}

// tasks are calls of franz-go that have no context.
type tasks struct {
	mu      sync.Mutex
	pending []<-chan struct{}
}

// start calls f in another goroutine, and returns what is closed when it has returned.
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

// wait waits for all of them, or until ctx is done.
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
