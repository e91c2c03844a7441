package kafka_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/twmb/franz-go/pkg/kerr"
	"github.com/twmb/franz-go/pkg/kfake"
	"github.com/twmb/franz-go/pkg/kgo"
	"github.com/twmb/franz-go/pkg/kmsg"

	"cairncx.dev/cairn/cx/event"
	"cairncx.dev/cairn/exporters/internal/sinktest"
	"cairncx.dev/cairn/exporters/kafka"
	"cairncx.dev/cairn/exporters/sink"
)

// cutting is a connection that is cut once it is armed: in the middle of what is written, or when the
// answer to it has come.
type cutting struct {
	net.Conn

	armed   *atomic.Int32 // how many cuts are left
	answers bool
	hit     atomic.Bool
}

func (c *cutting) Write(b []byte) (int, error) {
	if !bytes.Contains(b, []byte("cairn-event-id")) || c.armed.Add(-1) < 0 {
		return c.Conn.Write(b)
	}
	if c.answers {
		c.hit.Store(true)
		return c.Conn.Write(b)
	}
	n, _ := c.Conn.Write(b[:len(b)/2])
	c.Conn.Close()
	return n, io.ErrClosedPipe
}

func (c *cutting) Read(b []byte) (int, error) {
	n, err := c.Conn.Read(b)
	if err == nil && c.hit.Load() {
		c.Conn.Close()
		return 0, io.ErrUnexpectedEOF
	}
	return n, err
}

// cuts returns an option that cuts so many connections.
func cuts(n int32, answers bool) kgo.Opt {
	var armed atomic.Int32
	armed.Store(n)
	return kgo.Dialer(func(ctx context.Context, network, host string) (net.Conn, error) {
		conn, err := new(net.Dialer).DialContext(ctx, network, host)
		if err != nil {
			return nil, err
		}
		return &cutting{Conn: conn, armed: &armed, answers: answers}, nil
	})
}

// TestOrder: what goes away while Export waits is not seen, and changes no order and makes no duplicate.
func TestOrder(t *testing.T) {
	t.Parallel()
	fault := func(err *kerr.Error, times int) func(*kfake.Cluster) kgo.Opt {
		return func(c *kfake.Cluster) kgo.Opt {
			if times > 0 {
				c.Fault(kfake.Fault{Keys: produce, Err: err, Count: times})
			}
			return kgo.ClientID("test")
		}
	}
	for _, c := range []struct {
		name, reason string
		breaks       func(c *kfake.Cluster) kgo.Opt
	}{
		{"nothing fails", "what the others are compared with", fault(nil, 0)},
		{"not the leader", "it is asked who is", fault(kerr.NotLeaderForPartition, 7)},
		{"too few replicas", "they come back", fault(kerr.NotEnoughReplicas, 5)},
		{"appended to too few replicas", "the events are there: sent again they have the numbers that they had", fault(kerr.NotEnoughReplicasAfterAppend, 5)},
		{"timed out after it was appended", "the events are there: sent again they have the numbers that they had", fault(kerr.RequestTimedOut, 5)},
		{"the numbers are forgotten", "the client begins anew", fault(kerr.UnknownProducerID, 2)},
		{"a disk that fails", "another broker leads", fault(kerr.KafkaStorageError, 4)},
		{"cut in the middle of a request", "a broker does not append half of it", func(*kfake.Cluster) kgo.Opt { return cuts(6, false) }},
		{"cut when the answer has come", "it was appended, and is not appended again", func(*kfake.Cluster) kgo.Opt { return cuts(6, true) }},
		{"leaders move", "it is found where they are", func(c *kfake.Cluster) kgo.Opt {
			n := 0
			c.ControlKey(int16(kmsg.Produce), func(kmsg.Request) (kmsg.Response, error, bool) {
				if n++; n%3 == 0 && n < 12 {
					go c.ShufflePartitionLeaders()
				}
				return nil, nil, false
			})
			return kgo.ClientID("test")
		}},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			k := cluster(t)
			opt := c.breaks(k)
			e := open(t, k, kafka.WithClientOptions(append(plain(), opt, kgo.ProducerBatchMaxBytes(20_000))...))
			var sent []event.Event
			for i := range 10 {
				batch := sinktest.Mixed(i*200, 200, 16) // more than one wave
				sent = append(sent, batch...)
				if err := e.Export(t.Context(), batch); err != nil {
					t.Fatalf("%v: %s", err, c.reason)
				}
			}
			sinktest.InOrder(t, sent, parsed(t, received(t, k)), true)
		})
	}
}

// TestOrderWhenItFails: an outage that is longer than a call, over and over. Who tries again what the
// error names has every event there, in its journey's order, some perhaps twice.
func TestOrderWhenItFails(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name, reason string
		fault        kfake.Fault
	}{
		{"one partition has no leader", "the others' events are written, and not named", kfake.Fault{Err: kerr.NotLeaderForPartition, Partitions: []int32{2}}},
		{"no partition has a leader", "nothing is written", kfake.Fault{Err: kerr.LeaderNotAvailable}},
		{"appended, and nobody knows", "it is written again", kfake.Fault{Err: kerr.RequestTimedOut, Partitions: []int32{0, 1}}},
		{"no right to write", "somebody grants it", kfake.Fault{Err: kerr.TopicAuthorizationFailed, Partitions: []int32{1}}},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			k := cluster(t)
			e := open(t, k, kafka.WithClientOptions(append(plain(), kgo.ProducerBatchMaxBytes(10_000))...), kafka.WithTimeout(patience))
			var sent []event.Event
			failures := 0
			for i := range 6 {
				batch := sinktest.Mixed(i*100, 100, 8)
				sent = append(sent, batch...)
				if i%2 == 1 {
					c.fault.Keys, c.fault.Count = produce, -1
					h := k.Fault(c.fault)
					ctx, cancel := context.WithTimeout(t.Context(), 300*time.Millisecond) // it fails for as long as the fault is there
					err := e.Export(ctx, batch)
					cancel()
					h.Remove()
					if err == nil {
						t.Fatalf("it was written: %s", c.reason)
					}
					failures++
					batch = sinktest.Rest(t, batch, err)
				}
				if err := send(t, e, batch); err != nil {
					t.Fatalf("%v: %s", err, c.reason)
				}
			}
			if failures == 0 {
				t.Error("nothing has failed")
			}
			sinktest.InOrder(t, sent, parsed(t, received(t, k)), false)
		})
	}
}

// send tries until it is written.
func send(t *testing.T, e event.Exporter, batch []event.Event) (err error) {
	t.Helper()
	for end := time.Now().Add(patience); time.Now().Before(end); {
		if err = e.Export(t.Context(), batch); err == nil {
			return nil
		}
		batch = sinktest.Rest(t, batch, err)
	}
	return err
}

// TestTooLarge: one event that is too large, for the client or for a broker, stops no other.
func TestTooLarge(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name, reason string
		broker       string
		client       int32
		poison       []int
	}{
		{"for the client, the first", "it is not sent", "1048588", 20_000, []int{0}},
		{"for the client, some", "they are not sent", "1048588", 20_000, []int{3, 4, 77, 199}},
		{"for a broker, one", "the record batch that it is in is refused as a whole", "20000", 900_000, []int{100}},
		{"for a broker, some", "all of them are found", "20000", 900_000, []int{0, 1, 50, 199}},
		{"for a broker, all", "each of them is tried alone", "20000", 900_000, nil},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			k := cluster(t, kfake.BrokerConfigs(map[string]string{"message.max.bytes": c.broker}))
			e := open(t, k, kafka.WithClientOptions(append(plain(), kgo.ProducerBatchMaxBytes(c.client))...))
			batch := sinktest.Mixed(0, 200, 5)
			if c.poison == nil {
				batch = batch[:20]
				for i := range batch {
					c.poison = append(c.poison, i)
				}
			}
			for _, i := range c.poison {
				batch[i].Cause = strings.Repeat("x", 30_000)
			}
			t.Log(c.reason)
			err := e.Export(t.Context(), batch)
			sent := sinktest.Refused(t, batch, err, c.poison, func(err error) bool { return errors.Is(err, kerr.MessageTooLarge) })
			sinktest.InOrder(t, sent, parsed(t, received(t, k)), true)
		})
	}
}

// TestUnknownTopic: somebody may still make it.
func TestUnknownTopic(t *testing.T) {
	t.Parallel()
	k := cluster(t)
	e, err := kafka.New("not.there", kafka.WithBrokers(k.ListenAddrs()...), kafka.WithClientOptions(plain()...))
	if err != nil {
		t.Fatal(err)
	}
	defer e.Shutdown(context.Background())
	err = e.Export(t.Context(), sinktest.Mixed(0, 3, 1))
	if !errors.Is(err, kerr.UnknownTopicOrPartition) || sink.IsPermanent(err) || !strings.Contains(err.Error(), "not.there") {
		t.Errorf("it says %v", err)
	}
	if err := k.CreateTopic("not.there", 1, nil); err != nil {
		t.Fatal(err)
	}
	if err := send(t, e, sinktest.Mixed(0, 3, 1)); err != nil {
		t.Error(err)
	}
}

// TestNobodyThere: the error says why.
func TestNobodyThere(t *testing.T) {
	t.Parallel()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	l.Close()
	e, err := kafka.New(topic, kafka.WithBrokers(l.Addr().String()), kafka.WithTimeout(200*time.Millisecond))
	if err != nil {
		t.Fatal(err)
	}
	defer e.Shutdown(context.Background())
	const calls = 2
	why := 0
	for end := time.Now().Add(patience); why < calls && time.Now().Before(end); { // a busy machine may not get to ask in time
		err = e.Export(t.Context(), sinktest.Mixed(0, 3, 1))
		if !errors.Is(err, context.DeadlineExceeded) || sink.IsPermanent(err) {
			t.Fatalf("it says %v", err)
		}
		if strings.Contains(fmt.Sprint(err), "refused") {
			why++
		}
	}
	if why < calls {
		t.Errorf("it does not say why: %v", err)
	}
}
