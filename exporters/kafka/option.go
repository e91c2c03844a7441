package kafka

import (
	"errors"
	"fmt"
	"time"

	"github.com/twmb/franz-go/pkg/kgo"
)

// Option is an option of [New].
type Option interface{ apply(*config) }

type optionFunc func(*config)

func (f optionFunc) apply(c *config) { f(c) }

// Encoding is the format of a record's value.
type Encoding uint8

// The encodings. The content-type header of each record names its encoding.
const (
	// JSON is the event's JSON form, version 1, which Cairn's other sinks write and its replay reads.
	JSON Encoding = iota
	// Protobuf is the message cairn.event.v1.Event of proto/cairn/event/v1/event.proto. It has about half the size of JSON, and
	// generated code in any language reads it.
	Protobuf
)

type config struct {
	brokers  []string
	client   *kgo.Client
	given    bool
	opts     []kgo.Opt
	encoding Encoding
	lanes    int
	timeout  time.Duration
}

// The default and the upper bounds of options.
const (
	DefaultTimeout = 30 * time.Second
	maxLanes       = 64
	maxTopic       = 249 // Kafka's own limit, in characters
)

// WithBrokers sets the addresses, host:port, of one or more brokers of the cluster; the clients find the others through them.
// The exporter creates its own clients and closes them in Shutdown. Either WithBrokers or [WithClient] is required.
func WithBrokers(seeds ...string) Option {
	return optionFunc(func(c *config) { c.brokers = append(c.brokers, seeds...) })
}

// WithClientOptions passes options to the clients that the exporter creates, such as kgo.SASL, kgo.DialTLSConfig, kgo.ClientID,
// kgo.ProducerBatchCompression and kgo.WithHooks. [New] refuses options that weaken delivery: acknowledgements from fewer than
// all in-sync replicas, no idempotence, or transactions. A custom partitioner has to use the key alone, or journeys lose their
// order. Default: franz-go's own, with kgo.ManualFlushing and kgo.AllowIdempotentProduceCancellation. With these two, Export
// decides the record batches and returns when its context ends. A nil option does nothing.
func WithClientOptions(opts ...kgo.Opt) Option {
	return optionFunc(func(c *config) {
		for _, o := range opts {
			if o != nil {
				c.opts = append(c.opts, o)
			}
		}
	})
}

// WithClient sends with an existing client, and Shutdown leaves that client open. The client has to be idempotent and to wait
// for the acknowledgements of all in-sync replicas, as franz-go does by default. With kgo.ManualFlushing, and if no other code
// produces with the client, the guarantees are those of [WithBrokers]. The package documentation lists the weaker guarantees of
// other clients, and when the exporter replaces the client by its own with the same options.
func WithClient(client *kgo.Client) Option {
	return optionFunc(func(c *config) { c.client, c.given = client, true })
}

// WithEncoding sets the format of the values. Default: [JSON].
func WithEncoding(e Encoding) Option {
	return optionFunc(func(c *config) { c.encoding = e })
}

// WithConcurrency sets the number of concurrent calls of Export, 1 to 64. Each has its own client and connections; further
// calls wait. Use it with exporters.WithConcurrency and the same number. Default: 1, and always 1 with [WithClient].
func WithConcurrency(n int) Option {
	return optionFunc(func(c *config) { c.lanes = n })
}

// WithTimeout bounds one call of Export, in addition to its context, because franz-go itself retries for ever. It must be
// positive. Default: [DefaultTimeout].
func WithTimeout(d time.Duration) Option {
	return optionFunc(func(c *config) { c.timeout = d })
}

// newConfig applies the options and returns all errors in them and in the topic, joined.
func newConfig(topic string, opts []Option) (config, error) {
	c := config{lanes: 1, timeout: DefaultTimeout}
	for _, o := range opts {
		if o != nil {
			o.apply(&c)
		}
	}
	var faults []error
	fault := func(format string, args ...any) {
		faults = append(faults, fmt.Errorf(format, args...)) //nolint:err113 // no caller branches on it
	}
	if !validTopic(topic) {
		fault("New(%.80q): a topic is 1 to %d letters, digits, dots, underscores and hyphens, and not only dots", topic, maxTopic)
	}
	switch {
	case c.given && c.client == nil:
		fault("WithClient(nil): the client is nil: give one of kgo.NewClient")
	case c.given && (len(c.brokers) > 0 || len(c.opts) > 0):
		fault("WithClient: a client has its brokers and options already: leave WithBrokers and WithClientOptions out")
	case c.given && c.lanes != 1:
		fault("WithConcurrency(%d): one client carries one call at a time: leave it out, or use WithBrokers", c.lanes)
	case !c.given && len(c.brokers) == 0:
		fault("no brokers: use WithBrokers or WithClient")
	}
	if c.encoding > Protobuf {
		fault("WithEncoding(%d): use JSON or Protobuf", c.encoding)
	}
	if c.lanes < 1 || c.lanes > maxLanes {
		fault("WithConcurrency(%d): use 1 to %d", c.lanes, maxLanes)
	}
	if c.timeout <= 0 {
		fault("WithTimeout(%v): it has to be positive", c.timeout)
	}
	return c, errors.Join(faults...)
}

func validTopic(topic string) bool {
	if topic == "" || len(topic) > maxTopic || topic == "." || topic == ".." {
		return false
	}
	for _, r := range topic {
		switch {
		case r >= 'a' && r <= 'z', r >= 'A' && r <= 'Z', r >= '0' && r <= '9', r == '.', r == '_', r == '-':
		default:
			return false
		}
	}
	return true
}

// maker returns the function that creates the exporter's own clients.
func (c *config) maker(reach *reach) func() (*kgo.Client, error) {
	opts := append([]kgo.Opt{
		kgo.ManualFlushing(),
		kgo.AllowIdempotentProduceCancellation(),
		kgo.WithHooks(reach),
	}, c.opts...)
	opts = append(opts, kgo.SeedBrokers(c.brokers...))
	return func() (*kgo.Client, error) {
		client, err := kgo.NewClient(opts...)
		if err != nil {
			return nil, fmt.Errorf("franz-go does not take the options: %w", err)
		}
		if err := check(client); err != nil {
			client.Close()
			return nil, err
		}
		return client, nil
	}
}

// clients returns the given client, or creates one for each lane.
func (c *config) clients(fresh func() (*kgo.Client, error)) ([]*kgo.Client, error) {
	if c.given {
		return []*kgo.Client{c.client}, check(c.client)
	}
	var clients []*kgo.Client
	for range c.lanes {
		client, err := fresh()
		if err != nil { // all clients have the same options, so the first error is enough
			return nil, err
		}
		clients = append(clients, client)
	}
	return clients, nil
}

var (
	errAcks = errors.New("the client's acknowledgements are not those of all replicas, so a broker that is lost loses events: leave kgo.RequiredAcks out")
	errIdem = errors.New("the client is not idempotent, so events of a journey change places: leave kgo.DisableIdempotentWrite out")
	errTxn  = errors.New("the client is transactional, and the exporter begins and ends no transactions: leave kgo.TransactionalID out")
)

// check returns every reason why the client would deliver less than the package promises.
func check(client *kgo.Client) error {
	var faults []error
	if acks, _ := client.OptValue(kgo.RequiredAcks).(kgo.Acks); acks != kgo.AllISRAcks() {
		how := "another number of replicas"
		switch acks {
		case kgo.NoAck():
			how = "kgo.NoAck"
		case kgo.LeaderAck():
			how = "kgo.LeaderAck"
		}
		faults = append(faults, fmt.Errorf("kgo.RequiredAcks(%s): %w", how, errAcks))
	}
	if off, _ := client.OptValue(kgo.DisableIdempotentWrite).(bool); off {
		faults = append(faults, fmt.Errorf("kgo.DisableIdempotentWrite: %w", errIdem))
	}
	if id, _ := client.OptValue(kgo.TransactionalID).(string); id != "" {
		faults = append(faults, fmt.Errorf("kgo.TransactionalID(%.80q): %w", id, errTxn))
	}
	return errors.Join(faults...)
}
