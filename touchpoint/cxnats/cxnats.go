package cxnats

import (
	"context"
	"maps"
	"strconv"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"

	"cairncx.dev/cairn/touchpoint"
	"cairncx.dev/cairn/touchpoint/message"
)

// Inject writes the position of the customer in ctx into the baggage header of the message, signed if the client has keys; the default
// life is 30 days ([message.WithLife]). It replaces a member that the message has already, and removes it if the customer is in no
// journey. Call it before the message is published, after OpenTelemetry's own injection, and in the goroutine that the message belongs to.
//
// The message gets a new map of headers, so that messages which share one do not change together. A nil message is left alone.
func Inject(ctx context.Context, m *nats.Msg, opts ...message.InjectOption) {
	if m == nil {
		return
	}
	text := message.Text(ctx, opts...)
	if text == "" && len(m.Header) == 0 {
		return
	}
	header := maps.Clone(m.Header)
	if header == nil {
		header = nats.Header{}
	}
	message.InjectText(message.Lists(header), text)
	m.Header = header
}

// Consumer consumes the messages of one group. It is immutable and safe for concurrent use. A nil Consumer is one without a group and
// options.
type Consumer struct {
	of    *message.Consumer
	group string
}

// NewConsumer returns the consumer of the group: the name of the instances that share the work. "" is the name of each message's JetStream
// consumer, or the queue group of a core subscription. Give a name, and keep it, where that name is not the same after a restart: for
// ephemeral and ordered consumers. Use [message.WithSource] where one application consumes from several NATS systems or accounts.
func NewConsumer(group string, opts ...message.ConsumerOption) *Consumer {
	return &Consumer{of: message.NewConsumer(group, opts...), group: group}
}

// Start begins the touchpoint d in the journey of a message of JetStream, as [message.Consumer.Start] does. The message is identified by
// its domain, stream, sequence and time in the stream, and by the consumer. The caller must call [touchpoint.Touchpoint.End] before it
// acknowledges the message.
//
// Start may remove a position that it does not believe from the message's headers. Call it in the goroutine that the message belongs to.
func (c *Consumer) Start(
	ctx context.Context, m jetstream.Msg, d *touchpoint.Definition, opts ...touchpoint.StartOption,
) (context.Context, *touchpoint.Touchpoint) {
	if m == nil {
		return c.consumer().Start(ctx, message.Message{}, d, opts...)
	}
	return c.consumer().Start(ctx, message.Message{Headers: message.Lists(m.Headers()), ID: c.stored(m)}, d, opts...)
}

// StartMsg is [Consumer.Start] for a message of core NATS, and for one of JetStream that came by nats.Conn.JetStream. A message of core
// NATS is identified by its subject and its header Nats-Msg-Id. Without that header it has no identity, and its event has an ID of its own:
// core NATS delivers nothing again.
func (c *Consumer) StartMsg(
	ctx context.Context, m *nats.Msg, d *touchpoint.Definition, opts ...touchpoint.StartOption,
) (context.Context, *touchpoint.Touchpoint) {
	if m == nil {
		return c.consumer().Start(ctx, message.Message{}, d, opts...)
	}
	return c.consumer().Start(ctx, message.Message{Headers: own(m), ID: c.identity(m)}, d, opts...)
}

// Extract returns ctx in the journey of a message of JetStream, as [message.Consumer.Extract] does, for one that is no touchpoint.
func (c *Consumer) Extract(ctx context.Context, m jetstream.Msg) context.Context {
	if m == nil {
		return c.consumer().Extract(ctx, nil)
	}
	return c.consumer().Extract(ctx, message.Lists(m.Headers()))
}

// ExtractMsg is [Consumer.Extract] for the messages of [Consumer.StartMsg].
func (c *Consumer) ExtractMsg(ctx context.Context, m *nats.Msg) context.Context {
	if m == nil {
		return c.consumer().Extract(ctx, nil)
	}
	return c.consumer().Extract(ctx, own(m))
}

// Options returns what [Consumer.Start] adds to a touchpoint, for code that calls [touchpoint.Definition.Start] or
// [touchpoint.Definition.Record] itself. ctx is the one of the span.
func (c *Consumer) Options(ctx context.Context, m jetstream.Msg) []touchpoint.StartOption {
	if m == nil {
		return nil
	}
	return c.consumer().Options(ctx, c.stored(m))
}

// OptionsMsg is [Consumer.Options] for the messages of [Consumer.StartMsg].
func (c *Consumer) OptionsMsg(ctx context.Context, m *nats.Msg) []touchpoint.StartOption {
	if m == nil {
		return nil
	}
	return c.consumer().Options(ctx, c.identity(m))
}

// own returns the headers of the message.
func own(m *nats.Msg) message.Lists { return message.Lists(m.Header) }

func (c *Consumer) consumer() *message.Consumer {
	if c == nil {
		return nil
	}
	return c.of
}

// stored returns what identifies a message of JetStream, or "" for one without metadata.
func (c *Consumer) stored(m jetstream.Msg) string {
	meta, err := m.Metadata()
	if err != nil || meta == nil {
		return ""
	}
	return c.inStream(meta.Domain, meta.Stream, meta.Consumer, meta.Sequence.Stream, meta.Timestamp)
}

// identity returns what identifies a message of either kind, or "".
func (c *Consumer) identity(m *nats.Msg) string {
	if meta, err := m.Metadata(); err == nil && meta != nil {
		return c.inStream(meta.Domain, meta.Stream, meta.Consumer, meta.Sequence.Stream, meta.Timestamp)
	}
	id := m.Header.Get(nats.MsgIdHdr)
	if id == "" {
		return ""
	}
	group := ""
	if m.Sub != nil && (c == nil || c.group == "") {
		group = m.Sub.Queue
	}
	return "nats/" + strconv.Itoa(len(group)) + "/" + group + "/" + m.Subject + "/" + id // a subject may have a slash
}

// inStream returns what identifies a message in a stream. The names of streams and consumers have no slash.
func (c *Consumer) inStream(domain, stream, consumer string, sequence uint64, at time.Time) string {
	if c != nil && c.group != "" {
		consumer = ""
	}
	return "jetstream/" + domain + "/" + stream + "/" + consumer + "/" + strconv.FormatUint(sequence, 10) + "/" + strconv.FormatInt(at.UnixNano(), 10)
}
