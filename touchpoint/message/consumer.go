package message

import (
	"context"
	"slices"
	"time"

	"go.opentelemetry.io/otel/propagation"
	"go.opentelemetry.io/otel/trace"

	"cairncx.dev/cairn/cx/propagate"
	"cairncx.dev/cairn/internal/flight"
	"cairncx.dev/cairn/touchpoint"
)

// Message is one message as a consumer gets it.
type Message struct {
	// Headers are those of the message; nil has none. [Map] and [Lists] are such headers.
	Headers propagation.TextMapCarrier
	// ID identifies the message within the consumer's group and source: a redelivery has the same ID, and no other message ever has it. ""
	// is none: a redelivery is then a further event.
	ID string
}

// ConsumerOption is an option of [NewConsumer].
type ConsumerOption interface{ applyConsumer(*Consumer) }

type consumerFunc func(*Consumer)

func (f consumerFunc) applyConsumer(c *Consumer) { f(c) }

// WithTrustedMessages believes the position of a message, signed or not, where the function reports that one of the application's own
// services has sent the message. Give it only for a queue that no one else can write to. The consumer calls the function with the context
// of the call, for each message that brings a position, concurrently. A nil function trusts no message, and neither does one that panics.
// Several such options add up. Default: signed positions alone are believed.
func WithTrustedMessages(trusted func(ctx context.Context) bool) ConsumerOption {
	return consumerFunc(func(c *Consumer) {
		if trusted != nil {
			c.trusted = append(c.trusted, trusted)
		}
	})
}

// WithTrustedQueue is [WithTrustedMessages] for every message.
func WithTrustedQueue() ConsumerOption {
	return WithTrustedMessages(func(context.Context) bool { return true })
}

// WithSource names the cluster, account or region that the messages come from. It is a part of what identifies a message. Give it where
// one application consumes from several of them, whose messages may have the same IDs. Default: "".
func WithSource(name string) ConsumerOption {
	return consumerFunc(func(c *Consumer) { c.source = name })
}

// Consumer consumes messages for one purpose. It is immutable and safe for concurrent use. A nil Consumer is one without a group and
// options.
type Consumer struct {
	group, source string
	life          time.Duration
	trusted       []func(context.Context) bool
}

// NewConsumer returns the consumer of the group: the instances that share the work, so that each message is for one of them. Two groups
// that get the same message are two events of the customer. The group is a part of what identifies a message: keep its name. Nothing
// else uses it, and it is on no event.
func NewConsumer(group string, opts ...ConsumerOption) *Consumer {
	c := &Consumer{group: group}
	for _, o := range opts {
		if o != nil {
			o.applyConsumer(c)
		}
	}
	return c
}

// trusts asks the rules of [WithTrustedMessages].
func (c *Consumer) trusts(ctx context.Context) bool {
	return slices.ContainsFunc(c.trusted, func(rule func(context.Context) bool) bool { return rule(ctx) })
}

// Start begins the touchpoint d in the journey of the message. The caller must call [touchpoint.Touchpoint.End] when the message is
// processed, before it acknowledges or commits it. It is [touchpoint.Definition.Start] with the context of [Consumer.Extract] and the
// options of [Consumer.Options], before opts. The channel is that of the position, or that of [touchpoint.Via]. Start never fails and
// never panics: a message without a position, or with one that is not believed, begins a touchpoint outside of a journey.
func (c *Consumer) Start(
	ctx context.Context, m Message, d *touchpoint.Definition, opts ...touchpoint.StartOption,
) (context.Context, *touchpoint.Touchpoint) {
	ctx = c.Extract(ctx, m.Headers)
	return d.Start(ctx, 0, append(c.Options(ctx, m.ID), opts...)...)
}

// Options returns what [Consumer.Start] adds to a touchpoint: [touchpoint.OncePer] with what identifies the message id, unless that is empty,
// and [touchpoint.OnSpan] with the span of ctx.
func (c *Consumer) Options(ctx context.Context, id string) []touchpoint.StartOption {
	opts := make([]touchpoint.StartOption, 0, 4)
	if id != "" {
		group, source := "", ""
		if c != nil {
			group, source = c.group, c.source
		}
		opts = append(opts, touchpoint.OncePer("message", source, group, id))
	}
	if ctx == nil {
		return opts
	}
	return append(opts, touchpoint.OnSpan(trace.SpanFromContext(ctx)))
}

// Extract returns ctx in the journey of a message that came with these headers, if the consumer believes the position in them: one that a
// key of the client has signed and that has not expired, or one of a message that it trusts. It removes the position from OpenTelemetry's
// baggage in ctx in any case, because instrumentation sends that baggage everywhere.
//
// Extract removes a position that it does not believe from the headers, so that a message that is sent on does not carry it, and counts it
// as a fault: unsigned_position, bad_header, unknown_position_key, forged_position, expired_position, early_position or no_position_keys.
// It changes the headers in no other case. Call it in the goroutine that the message belongs to.
func (c *Consumer) Extract(ctx context.Context, headers propagation.TextMapCarrier) context.Context {
	if ctx == nil {
		ctx = context.Background()
	}
	if isNil(headers) {
		headers = nil
	}
	list, keys := baggageOf(headers)
	ctx, _ = flight.WithoutCarried(ctx) // what Propagator found is in the headers, too
	belief := propagate.Belief{Signed: true, Life: propagate.MaxLife, By: "message.NewConsumer"}
	if c != nil {
		if len(c.trusted) > 0 {
			belief.Trusted = c.trusts
		}
		if c.life > 0 {
			belief.Life = c.life
		}
	}
	was := flight.PositionFromContext(ctx)
	ctx, _ = propagate.Incoming(ctx, list, belief)
	if flight.PositionFromContext(ctx) == was { // it was not believed, or there was none
		strip(headers, keys, list)
	}
	return ctx
}
