package kafka_test

import (
	"bytes"
	"strings"
	"testing"
	"time"

	"github.com/twmb/franz-go/pkg/kerr"
	"github.com/twmb/franz-go/pkg/kfake"
	"github.com/twmb/franz-go/pkg/kgo"
	"github.com/twmb/franz-go/pkg/kmsg"

	"cairncx.dev/cairn/cx/event"
	"cairncx.dev/cairn/exporters/exporterstest"
	"cairncx.dev/cairn/exporters/kafka"
)

func TestContract(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name, reason string
		partitions   int32
		opts         func(t *testing.T, c *kfake.Cluster) []kafka.Option
	}{
		{"brokers", "clients of its own", 4, func(_ *testing.T, c *kfake.Cluster) []kafka.Option {
			return []kafka.Option{kafka.WithBrokers(c.ListenAddrs()...), kafka.WithClientOptions(plain()...)}
		}},
		{"brokers, several calls at a time", "an event's journey may go by any of the clients", 4, func(_ *testing.T, c *kfake.Cluster) []kafka.Option {
			return []kafka.Option{kafka.WithBrokers(c.ListenAddrs()...), kafka.WithClientOptions(plain()...), kafka.WithConcurrency(3)}
		}},
		{"a client that is flushed", "the same guarantees", 2, func(t *testing.T, c *kfake.Cluster) []kafka.Option {
			t.Helper()
			return []kafka.Option{kafka.WithClient(client(t, c, kgo.ManualFlushing(), kgo.AllowIdempotentProduceCancellation()))}
		}},
		{"a client as it is by default", "what an application has", 1, func(t *testing.T, c *kfake.Cluster) []kafka.Option {
			t.Helper()
			return []kafka.Option{kafka.WithClient(client(t, c))}
		}},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			exporterstest.Run(t, func(t *testing.T) exporterstest.Sink {
				t.Helper()
				k := cluster(t, kfake.SeedTopics(c.partitions, topic))
				e, err := kafka.New(topic, append(c.opts(t, k), kafka.WithTimeout(30*time.Second))...)
				if err != nil {
					t.Fatalf("%v: %s", err, c.reason)
				}
				var outages []exporterstest.Outage
				if c.name == "brokers" { // TestRecovers has the others
					outages = suiteOutages(k)
				}
				return exporterstest.Sink{
					Exporter: e, Outages: outages,
					Received: func(t *testing.T) []event.Event { return parsed(t, received(t, k)) },
					Break:    func(t *testing.T, f exporterstest.Fault) *exporterstest.Broken { return breaks(t, k, f) },
				}
			})
		})
	}
}

// suiteOutages are those of TestRecovers that tell the requests apart.
func suiteOutages(c *kfake.Cluster) (list []exporterstest.Outage) {
	for _, o := range outages() {
		if !o.loses && !strings.HasSuffix(o.name, kerr.UnknownServerError.Message) && !strings.HasSuffix(o.name, "cut") {
			continue
		}
		list = append(list, exporterstest.Outage{Name: o.name, Loses: o.loses, Start: func(t *testing.T) *exporterstest.Broken {
			t.Helper()
			return &exporterstest.Broken{Mend: o.start(t, c)}
		}})
	}
	return list
}

// plain are options with which a broker can look into what it is sent, and tests are quick.
func plain() []kgo.Opt {
	return []kgo.Opt{
		kgo.ProducerBatchCompression(kgo.NoCompression()), kgo.MetadataMinAge(10 * time.Millisecond),
		kgo.RetryBackoffFn(func(int) time.Duration { return 10 * time.Millisecond }),
	}
}

func client(t *testing.T, c *kfake.Cluster, opts ...kgo.Opt) *kgo.Client {
	t.Helper()
	client, err := kgo.NewClient(append(append(plain(), kgo.SeedBrokers(c.ListenAddrs()...)), opts...)...)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(client.Close)
	return client
}

var produce = []kmsg.Key{kmsg.Produce}

// breaks makes the brokers fail. To be throttled is nothing that an error tells: the client waits.
func breaks(t *testing.T, c *kfake.Cluster, f exporterstest.Fault) *exporterstest.Broken {
	t.Helper()
	var fault kfake.Fault
	switch f {
	case exporterstest.Away:
		fault = kfake.Fault{Err: kerr.NotLeaderForPartition}
	case exporterstest.Refused:
		fault = kfake.Fault{Err: kerr.InvalidRecord}
	case exporterstest.Cut: // "a timed-out append still appends"
		fault = kfake.Fault{Err: kerr.RequestTimedOut}
	case exporterstest.Poisoned:
		fault = kfake.Fault{Err: kerr.InvalidRecord, When: func(r kmsg.Request) bool {
			return bytes.Contains(r.AppendTo(nil), []byte(`"`+exporterstest.Poison+`"`))
		}}
	case exporterstest.Partial:
		fault = kfake.Fault{Err: kerr.NotLeaderForPartition, When: func(r kmsg.Request) bool {
			return bytes.Contains(r.AppendTo(nil), []byte(`"`+exporterstest.Busy+`"`))
		}}
	case exporterstest.Stalled:
		return stalls(c)
	default:
		return nil
	}
	fault.Keys, fault.Count = produce, -1
	h := c.Fault(fault)
	return &exporterstest.Broken{Mend: h.Remove}
}

// stalls makes the brokers not answer.
func stalls(c *kfake.Cluster) *exporterstest.Broken {
	reached, mended := make(chan struct{}, 1000), make(chan struct{})
	c.ControlKey(int16(kmsg.Produce), func(kmsg.Request) (kmsg.Response, error, bool) {
		select {
		case <-mended:
			c.DropControl()
			return nil, nil, false
		default:
		}
		c.KeepControl()
		reached <- struct{}{}
		c.SleepControl(func() { <-mended })
		return nil, nil, false
	})
	return &exporterstest.Broken{Reached: reached, Mend: func() { close(mended) }}
}
