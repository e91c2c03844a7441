package message

import (
	"context"
	"reflect"
	"time"

	"go.opentelemetry.io/otel/propagation"

	"cairncx.dev/cairn/cx/propagate"
)

// InjectOption is an option of [Inject].
type InjectOption interface{ applyInject(*injection) }

// injection is what the options of Inject say.
type injection struct{ life time.Duration }

// LifeOption is an option of [Inject] and of [NewConsumer]. [WithLife] returns one.
type LifeOption interface {
	InjectOption
	ConsumerOption
}

type lifeOption time.Duration

// WithLife says how long a signed position is believed, at most [propagate.MaxLife]. In [Inject] it is the expiry that is signed; the
// default is [propagate.MessageLife], 30 days. In [NewConsumer] it is the longest time since the signature, whatever expiry was signed; the
// default is the expiry of each message. The shorter of both times holds. 0 and less is the default.
func WithLife(d time.Duration) LifeOption { return lifeOption(d) }

func (l lifeOption) applyInject(i *injection) {
	if l > 0 {
		i.life = time.Duration(l)
	}
}

func (l lifeOption) applyConsumer(c *Consumer) {
	if l > 0 {
		c.life = time.Duration(l)
	}
}

// Inject writes the position of the customer in ctx into the headers of one message: the member "cairn" of the baggage header, signed if
// the client has keys. Other members stay as they are. A member that the headers have already is replaced, and removed if the customer is
// in no journey: it says where another service has seen the customer.
//
// Call it after OpenTelemetry's own injection, which replaces the baggage header. Inject changes the headers, so give each message its own
// before it is handed to another goroutine. Nil headers stay nil.
func Inject(ctx context.Context, headers propagation.TextMapCarrier, opts ...InjectOption) {
	if ctx == nil {
		ctx = context.Background()
	}
	InjectText(headers, Text(ctx, opts...))
}

// Text returns what [Inject] writes: the position of the customer in ctx, signed if the client has keys, or "". Adapters use it that need
// the text for something else, too.
func Text(ctx context.Context, opts ...InjectOption) string {
	i := injection{life: propagate.MessageLife}
	for _, o := range opts {
		if o != nil {
			o.applyInject(&i)
		}
	}
	return propagate.Sign(ctx, i.life)
}

// InjectText writes the text of [Text] into the headers, as [Inject] does. "" removes the member.
func InjectText(headers propagation.TextMapCarrier, text string) {
	if isNil(headers) {
		return
	}
	list, keys := baggageOf(headers)
	if text == "" {
		strip(headers, keys, list)
		return
	}
	setBaggage(headers, keys, propagate.AddToBaggage(list, text))
}

// isNil reports whether there are no headers to write to: a nil interface, map or pointer.
func isNil(headers propagation.TextMapCarrier) bool {
	if headers == nil {
		return true
	}
	switch h := headers.(type) {
	case Map:
		return h == nil
	case Lists:
		return h == nil
	}
	v := reflect.ValueOf(headers)
	return (v.Kind() == reflect.Map || v.Kind() == reflect.Pointer) && v.IsNil()
}
