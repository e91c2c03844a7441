package cxkafka

import (
	"context"
	"strconv"

	"github.com/twmb/franz-go/pkg/kgo"

	"cairncx.dev/cairn/cx/propagate"
	"cairncx.dev/cairn/touchpoint"
	"cairncx.dev/cairn/touchpoint/message"
)

// Inject writes the position of the customer in ctx into the baggage header of the record, signed if the client has keys; the default
// life is 30 days ([message.WithLife]). It replaces a member that the record has already, and removes it if the customer is in no journey:
// a record that is sent on carries no position of before. Call it before Produce, in the goroutine that the record belongs to.
//
// Kotel writes headers in Produce, from the record's context. Inject therefore sets the context of a record, or extends the one that it
// has, so that OpenTelemetry's baggage and [propagate.Propagator] write the same position. A context that Inject sets is ctx without its
// cancellation: the context of Produce still ends the record. The record gets a new list of headers, so that records which share one do
// not change together. A nil record is left alone.
func Inject(ctx context.Context, r *kgo.Record, opts ...message.InjectOption) {
	if r == nil {
		return
	}
	if ctx == nil {
		ctx = context.Background()
	}
	text := message.Text(ctx, opts...)
	base := r.Context
	if base == nil {
		base = context.WithoutCancel(ctx)
	}
	if inner, changed := propagate.Outgoing(base, text); changed {
		r.Context = inner
	}
	message.InjectText((*headers)(r), text)
}

// Consumer consumes the records of one consumer group. It is immutable and safe for concurrent use. A nil Consumer is one without a group
// and options.
type Consumer struct{ of *message.Consumer }

// NewConsumer returns the consumer of the group, which is that of kgo.ConsumerGroup. Two groups that get a record are two events of the
// customer. A program that assigns partitions itself gives another name, and keeps it. Use [message.WithSource] where one application
// consumes from several clusters.
func NewConsumer(group string, opts ...message.ConsumerOption) *Consumer {
	return &Consumer{message.NewConsumer(group, opts...)}
}

// Start begins the touchpoint d in the journey of the record, as [message.Consumer.Start] does. The record is identified by its topic,
// partition, offset and timestamp: a topic that was deleted and made again has the same offsets. The caller must call
// [touchpoint.Touchpoint.End] before it commits the offset.
//
// Start may give the record a new list of headers, without a position that it does not believe. Call it in the goroutine that the record
// belongs to.
func (c *Consumer) Start(
	ctx context.Context, r *kgo.Record, d *touchpoint.Definition, opts ...touchpoint.StartOption,
) (context.Context, *touchpoint.Touchpoint) {
	if r == nil {
		return c.consumer().Start(ctx, message.Message{}, d, opts...)
	}
	return c.consumer().Start(ctx, message.Message{Headers: (*headers)(r), ID: identity(r)}, d, opts...)
}

// Extract returns ctx in the journey of the record, as [message.Consumer.Extract] does, for a record that is no touchpoint.
func (c *Consumer) Extract(ctx context.Context, r *kgo.Record) context.Context {
	if r == nil {
		return c.consumer().Extract(ctx, nil)
	}
	return c.consumer().Extract(ctx, (*headers)(r))
}

// Options returns what [Consumer.Start] adds to a touchpoint, for code that calls [touchpoint.Definition.Start] or
// [touchpoint.Definition.Record] itself. ctx is the one of the span.
func (c *Consumer) Options(ctx context.Context, r *kgo.Record) []touchpoint.StartOption {
	if r == nil {
		return nil
	}
	return c.consumer().Options(ctx, identity(r))
}

func (c *Consumer) consumer() *message.Consumer {
	if c == nil {
		return nil
	}
	return c.of
}

// identity returns what identifies the record in its cluster. A topic has no slash in its name.
func identity(r *kgo.Record) string {
	b := make([]byte, 0, len(r.Topic)+64)
	b = append(b, "kafka/"...)
	b = append(b, r.Topic...)
	b = append(b, '/')
	b = strconv.AppendInt(b, int64(r.Partition), 10)
	b = append(b, '/')
	b = strconv.AppendInt(b, r.Offset, 10)
	b = append(b, '/')
	b = strconv.AppendInt(b, r.Timestamp.UnixMilli(), 10) // Kafka keeps milliseconds
	return string(b)
}
