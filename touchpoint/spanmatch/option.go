package spanmatch

import (
	sdktrace "go.opentelemetry.io/otel/sdk/trace"

	"cairncx.dev/cairn/cx"
)

// DefaultMaxOpen is the default of [WithMaxOpen].
const DefaultMaxOpen = 65_536

// Option is an option of [New].
type Option interface{ apply(*config) }

type optionFunc func(*config)

func (f optionFunc) apply(c *config) { f(c) }

type config struct {
	client  *cx.Client
	next    []sdktrace.SpanProcessor
	maxOpen int
}

// WithClient records to c. Default, and for nil: the client that is the default one (cx.SetDefault) when a span ends. Without one, nothing
// is recorded.
func WithClient(c *cx.Client) Option { return optionFunc(func(cfg *config) { cfg.client = c }) }

// WithNext passes every span on to the processors, in this order: those that export spans. A span that becomes a touchpoint then has the
// touchpoint, the run and a link to the run's trace, as that of touchpoint.Handler has. A processor must not be given to the provider as
// well. The processors are flushed and shut down with this one. A nil one is left out.
//
// Default: none. The trace of the run then links to the request, and the request does not link back, because a span that has ended
// cannot change.
func WithNext(next ...sdktrace.SpanProcessor) Option {
	return optionFunc(func(cfg *config) {
		for _, p := range next {
			if p != nil {
				cfg.next = append(cfg.next, p)
			}
		}
	})
}

// WithMaxOpen bounds the open spans whose baggage the processor keeps, because a rule reads baggage. With more of them it forgets the
// oldest, whose touchpoints are then in no journey; each is a fault outside_journey. An entry takes about 200 bytes. [New] returns an
// error for a number that is not positive. Default: [DefaultMaxOpen].
func WithMaxOpen(spans int) Option { return optionFunc(func(cfg *config) { cfg.maxOpen = spans }) }
