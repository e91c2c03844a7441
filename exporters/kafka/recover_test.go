package kafka_test

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/twmb/franz-go/pkg/kerr"
	"github.com/twmb/franz-go/pkg/kfake"
	"github.com/twmb/franz-go/pkg/kgo"
	"github.com/twmb/franz-go/pkg/kmsg"
	"github.com/twmb/franz-go/pkg/sasl/scram"

	"cairncx.dev/cairn/cx/event"
	"cairncx.dev/cairn/exporters/internal/sinktest"
	"cairncx.dev/cairn/exporters/kafka"
	"cairncx.dev/cairn/exporters/sink"
)

// An outage makes brokers fail until it is mended, and is made again for each exporter.
type outage struct {
	name, reason string
	loses        bool // what was written before is gone
	start        func(t *testing.T, c *kfake.Cluster) (mend func())
}

// asked are the requests that a sink makes of brokers, by name.
var asked = []kmsg.Key{kmsg.ApiVersions, kmsg.Metadata, kmsg.InitProducerID, kmsg.Produce}

// outages are every way to fail, of every request that the sink makes.
func outages() []outage {
	var list []outage
	answers := []struct {
		err    *kerr.Error
		reason string
	}{
		{kerr.CoordinatorNotAvailable, "it says itself that it goes away"},
		{kerr.NotLeaderForPartition, "somebody else is asked"},
		{kerr.RequestTimedOut, "the broker may have done it"},
		{kerr.UnknownServerError, "it says nothing, and is not one of those that franz-go tries again"},
		{kerr.ClusterAuthorizationFailed, "a right that somebody grants later"},
		{kerr.TopicAuthorizationFailed, "a right that somebody grants later"},
		{kerr.TransactionalIDAuthorizationFailed, "a right that somebody grants later"},
		{kerr.InvalidProducerEpoch, "the producer ID is of no use any more"},
		{kerr.UnknownProducerID, "the broker has forgotten the producer"},
		{kerr.OutOfOrderSequenceNumber, "the broker has forgotten the producer"},
		{kerr.InvalidRequest, "a proxy that is being updated"},
		{kerr.UnsupportedVersion, "a broker that is being updated"},
		{kerr.UnknownTopicOrPartition, "the topic is made later"},
		{kerr.UnknownTopicID, "the topic was made again"},
		{kerr.PolicyViolation, "a policy is changed"},
		{kerr.KafkaStorageError, "a disk is replaced"},
		{kerr.ThrottlingQuotaExceeded, "a quota is raised"},
	}
	for _, key := range asked {
		for _, a := range answers {
			list = append(list, outage{name: key.Name() + " " + a.err.Message, reason: a.reason, start: func(_ *testing.T, c *kfake.Cluster) func() {
				faults := []kfake.Fault{{Keys: []kmsg.Key{key}, Err: a.err, Count: -1}, {Keys: []kmsg.Key{key}, Err: a.err, Count: -1, TopLevel: true}}
				return c.Fault(faults...).Remove
			}})
		}
		list = append(list, outage{name: key.Name() + " cut", reason: "the connection goes with the request", start: func(_ *testing.T, c *kfake.Cluster) func() {
			return controls(c, key, errors.New("cut"))
		}}, outage{name: key.Name() + " silent", reason: "the request is never answered", start: func(_ *testing.T, c *kfake.Cluster) func() {
			return controls(c, key, nil)
		}})
	}
	return append(list, outage{name: "the topic is deleted and made again", reason: "franz-go knows the old one by its ID", loses: true, start: func(t *testing.T, c *kfake.Cluster) func() {
		t.Helper()
		if err := c.DeleteTopic(topic); err != nil {
			t.Fatal(err)
		}
		return func() {
			if err := c.CreateTopic(topic, 2, nil); err != nil {
				t.Error(err)
			}
		}
	}}, outage{name: "the topic is made again with fewer partitions while nothing is sent", reason: "no call fails before it is there again", loses: true, start: func(t *testing.T, c *kfake.Cluster) func() {
		t.Helper()
		if err := errors.Join(c.DeleteTopic(topic), c.CreateTopic(topic, 1, nil)); err != nil {
			t.Fatal(err)
		}
		return func() {}
	}})
}

// controls has the brokers cut the connection that a request comes by, or, where err is nil, not answer it.
func controls(c *kfake.Cluster, key kmsg.Key, err error) (mend func()) {
	var mended atomic.Bool
	c.ControlKey(int16(key), func(kmsg.Request) (kmsg.Response, error, bool) {
		if mended.Load() {
			c.DropControl()
			return nil, nil, false
		}
		c.KeepControl()
		return nil, err, true
	})
	return func() { mended.Store(true) }
}

// quick are options of a client that does not wait long for what never comes.
func quick() []kgo.Opt {
	return append(plain(),
		kgo.RequestTimeoutOverhead(200*time.Millisecond), kgo.ProduceRequestTimeout(100*time.Millisecond), kgo.RequestRetries(2), kgo.RetryTimeout(200*time.Millisecond))
}

// TestRecovers: whatever brokers have answered, when they work again so does the exporter, in order and
// without a loss, whether it had written something before or not, with clients of its own or one that is given.
func TestRecovers(t *testing.T) {
	t.Parallel()
	tried, n := part(t), 0
	for _, o := range outages() {
		for _, c := range []struct {
			before int
			given  bool
		}{{0, false}, {12, false}, {0, true}, {12, true}} {
			if c.given && c.before > 0 && !o.loses {
				continue // the same as of a client of its own
			}
			if n++; !tried(n) && !o.loses {
				continue
			}
			t.Run(fmt.Sprintf("%s/%d before/given %v", o.name, c.before, c.given), func(t *testing.T) {
				t.Parallel()
				recovers(t, o, c.before, c.given)
			})
		}
	}
}

func recovers(t *testing.T, o outage, before int, given bool) {
	t.Helper()
	k := cluster(t)
	opts := []kafka.Option{kafka.WithBrokers(k.ListenAddrs()...), kafka.WithClientOptions(quick()...)}
	if given {
		opts = []kafka.Option{kafka.WithClient(client(t, k, append(quick(), kgo.ManualFlushing(), kgo.AllowIdempotentProduceCancellation())...))}
	}
	e, err := kafka.New(topic, append(opts, kafka.WithTimeout(time.Second))...)
	if err != nil {
		t.Fatal(err)
	}
	defer func() {
		if err := e.Shutdown(context.Background()); err != nil {
			t.Error(err)
		}
	}()
	sent := sinktest.Mixed(0, before+24, 3)
	if before > 0 {
		if err := send(t, e, sent[:before]); err != nil {
			t.Fatal(err)
		}
	}
	mend := o.start(t, k)
	left := sent[before:]
	for range 2 {
		if left = tryBriefly(t, e, left); len(left) == 0 {
			break
		}
	}
	mend()
	// The first call may still hear of the outage: from the connections, or an answer that was under way.
	const tries = 5
	mended := time.Now()
	for n := 0; len(left) > 0; n++ {
		if n >= tries && time.Since(mended) > patience { // a call has a second, in which a busy machine may do nothing
			t.Fatalf("%d events are not written after %d calls: %s", len(left), n, o.reason)
		}
		left = try(t.Context(), t, e, left)
	}
	more := sinktest.Mixed(before+24, 6, 3)
	if err := send(t, e, more); err != nil {
		t.Fatalf("later: %v", err)
	}
	sent = append(sent, more...)
	if o.loses {
		sent = more
	}
	sinktest.InOrder(t, sent, parsed(t, received(t, k)), false)
}

// tryBriefly is try while the brokers do not work: it does not wait for long for what never comes.
func tryBriefly(t *testing.T, e *kafka.Exporter, batch []event.Event) []event.Event {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 300*time.Millisecond)
	defer cancel()
	return try(ctx, t, e, batch)
}

// try exports, and returns what is to be tried again.
func try(ctx context.Context, t *testing.T, e *kafka.Exporter, batch []event.Event) []event.Event {
	t.Helper()
	err := e.Export(ctx, batch)
	if err == nil {
		return nil
	}
	return sinktest.Rest(t, batch, err)
}

// TestRecoversFromSASL: credentials that were refused are taken later.
func TestRecoversFromSASL(t *testing.T) {
	t.Parallel()
	for _, key := range []kmsg.Key{kmsg.SASLHandshake, kmsg.SASLAuthenticate} {
		for _, answer := range []*kerr.Error{kerr.SaslAuthenticationFailed, kerr.UnknownServerError, kerr.UnsupportedSaslMechanism, kerr.IllegalSaslState} {
			t.Run(key.Name()+" "+answer.Message, func(t *testing.T) {
				t.Parallel()
				k := cluster(t, kfake.EnableSASL(), kfake.Superuser("SCRAM-SHA-256", "cairn", "right"))
				auth := kgo.SASL(scram.Auth{User: "cairn", Pass: "right"}.AsSha256Mechanism())
				e := open(t, k, kafka.WithTimeout(patience), kafka.WithClientOptions(append(quick(), auth)...))
				h := k.Fault(kfake.Fault{Keys: []kmsg.Key{key}, Err: answer, Count: -1, TopLevel: true})
				batch := sinktest.Mixed(0, 6, 2)
				if left := tryBriefly(t, e, batch); len(left) == 0 {
					t.Fatal("it was written")
				}
				h.Remove()
				if err := send(t, e, batch); err != nil {
					t.Error(err)
				}
			})
		}
	}
}

// TestGivenConsumer: a client that consumes, too, is not made again, for that would be another consumer. The
// error says what to do.
func TestGivenConsumer(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name     string
		opts     []kgo.Opt
		consumes bool
	}{
		{"topics", []kgo.Opt{kgo.ConsumeTopics(topic)}, true},
		{"partitions", []kgo.Opt{kgo.ConsumePartitions(map[string]map[int32]kgo.Offset{topic: {0: kgo.NewOffset()}})}, true},
		{"a group", []kgo.Opt{kgo.ConsumeTopics(topic), kgo.ConsumerGroup("group")}, true},
		{"a group without topics yet", []kgo.Opt{kgo.ConsumerGroup("group")}, true},
		{"nothing", nil, false},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			k := cluster(t)
			e, err := kafka.New(topic, kafka.WithClient(client(t, k, c.opts...)))
			if err != nil {
				t.Fatal(err)
			}
			defer e.Shutdown(context.Background())
			h := k.Fault(kfake.Fault{Keys: []kmsg.Key{kmsg.InitProducerID}, Err: kerr.UnknownServerError, Count: -1, TopLevel: true})
			batch := sinktest.Mixed(0, 3, 1)
			try(t.Context(), t, e, batch)
			h.Remove()
			err = e.Export(t.Context(), batch)
			if !c.consumes {
				if err != nil {
					t.Error(err)
				}
				return
			}
			if !errors.Is(err, kerr.UnknownServerError) || sink.IsPermanent(err) || !strings.Contains(err.Error(), "WithBrokers") {
				t.Errorf("it says %v", err)
			}
		})
	}
}

// TestShutdownWhileClosing: Close of a client has no context, and Shutdown does.
func TestShutdownWhileClosing(t *testing.T) {
	t.Parallel()
	k := cluster(t)
	reached, goOn := make(chan struct{}), make(chan struct{})
	e, err := kafka.New(topic, kafka.WithBrokers(k.ListenAddrs()...), kafka.WithClientOptions(append(plain(), kgo.WithHooks(slowToClose{reached, goOn}))...))
	if err != nil {
		t.Fatal(err)
	}
	if err := e.Export(t.Context(), sinktest.Mixed(0, 3, 1)); err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancelCause(context.Background())
	go func() {
		<-reached
		cancel(errors.New("the test is impatient"))
	}()
	if err := e.Shutdown(ctx); err == nil || !strings.Contains(err.Error(), "impatient") {
		t.Errorf("Shutdown says %v", err)
	}
	close(goOn)
	if err := e.Shutdown(context.Background()); err != nil {
		t.Errorf("Shutdown again says %v", err)
	}
}

// slowToClose is a hook that holds up Close.
type slowToClose struct{ reached, goOn chan struct{} }

func (s slowToClose) OnClientClosed(*kgo.Client) {
	close(s.reached)
	<-s.goOn
}
