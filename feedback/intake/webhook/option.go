package webhook

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"time"

	"go.opentelemetry.io/otel/metric"

	"cairncx.dev/cairn/cx"
	"cairncx.dev/cairn/cx/event"
	"cairncx.dev/cairn/cx/ledger"
	"cairncx.dev/cairn/feedback"
)

// The defaults of [New].
const (
	// DefaultMaxBytes is the largest body, in bytes.
	DefaultMaxBytes = 1 << 20
	// DefaultTolerance is how far the time of a message may be from now.
	DefaultTolerance = 5 * time.Minute
	// DefaultKeep is how long the handler remembers what it has taken.
	DefaultKeep = 7 * 24 * time.Hour
)

// MaxMessages is how many CloudEvents one request has at most, and how many events and reports one message.
const MaxMessages = 4096

// The bounds of options.
const (
	minBytes, maxBytes         = 1 << 10, 64 << 20
	minTolerance, maxTolerance = time.Second, time.Hour
	minKeep, maxKeep           = time.Hour, 366 * 24 * time.Hour
)

// Option is an option of [New].
type Option interface{ apply(*config) }

type optionFunc func(*config)

func (f optionFunc) apply(c *config) { f(c) }

type config struct {
	secrets   []string
	verify    Verify
	tolerance time.Duration
	client    *cx.Client
	followUps []*feedback.FollowUp
	feedback  bool
	mapping   Mapping
	sender    string
	store     ledger.Store
	keep      time.Duration
	maxBytes  int
	flush     bool
	meters    metric.MeterProvider

	errs []error
}

func (c *config) fault(format string, args ...any) {
	c.errs = append(c.errs, fmt.Errorf(format, args...))
}

// WithSecrets accepts requests that are signed with one of the secrets. A secret is "whsec_" and 24 to 64 bytes in base64, as the Standard
// Webhooks specification says. The error of New repeats nothing of a secret. Default: none, so that [WithVerify] is needed.
func WithSecrets(secrets ...string) Option {
	return optionFunc(func(c *config) { c.secrets = append(c.secrets, secrets...) })
}

// Verify checks that a request is the sender's, and returns the ID of the message, which a redelivery has again. With an empty ID the
// handler takes a digest of the body, so that the same body counts once within [WithKeep]. An error refuses the request as forged; its text
// reaches no one. The body is the one before compression. Verify has to compare in constant time (crypto/hmac.Equal), and to refuse what is
// too old, where the scheme has a time. It must not keep the body. It may be called concurrently.
type Verify func(h http.Header, body []byte) (id string, err error)

// WithVerify replaces the scheme of Standard Webhooks by that of the sender. [WithSecrets] and [WithTolerance] beside it are an error.
// Default: the scheme of Standard Webhooks.
func WithVerify(v Verify) Option {
	return optionFunc(func(c *config) {
		if v == nil {
			c.fault("WithVerify(nil): give a function, or leave the option out for the scheme of Standard Webhooks")
		}
		c.verify = v
	})
}

// WithTolerance sets how far the time of a message may be from now, in both directions, from a second to an hour. Default:
// [DefaultTolerance].
func WithTolerance(d time.Duration) Option {
	return optionFunc(func(c *config) {
		if d < minTolerance || d > maxTolerance {
			c.fault("WithTolerance(%v): it has to be %v to %v", d, minTolerance, maxTolerance)
		}
		c.tolerance = d
	})
}

// WithClient sets the client to which the handler records. Default: that of the request's context, else the default client.
func WithClient(client *cx.Client) Option {
	return optionFunc(func(c *config) {
		if client == nil {
			c.fault("WithClient(nil): give a client, or leave the option out for the client of the request's context")
		}
		c.client = client
	})
}

// WithFollowUps takes reports about these follow-ups, and the events of their runs. Default: none.
func WithFollowUps(followUps ...*feedback.FollowUp) Option {
	return optionFunc(func(c *config) {
		for _, f := range followUps {
			switch {
			case f == nil:
				c.fault("WithFollowUps: one of the follow-ups is nil")
			case c.followUp(f.Name()) != nil:
				c.fault("WithFollowUps: the follow-up %q is there twice", f.Name())
			default:
				if err := f.Validate(); err != nil {
					c.errs = append(c.errs, fmt.Errorf("WithFollowUps: %w", err))
				}
				c.followUps = append(c.followUps, f)
			}
		}
	})
}

// followUp returns the follow-up with this name, or nil.
func (c *config) followUp(name string) *feedback.FollowUp {
	for _, f := range c.followUps {
		if f.Name() == name {
			return f
		}
	}
	return nil
}

// WithFeedback takes the events of what customers say and of what becomes of requests for feedback. The sender is trusted with them: an
// answer to a request that it names counts as that. Default: they are refused.
func WithFeedback() Option { return optionFunc(func(c *config) { c.feedback = true }) }

// Message is what a sender has sent, in the sender's own form.
type Message struct {
	// ID is that of the message: the header webhook-id, or what [Verify] has returned.
	ID string
	// Source, EventID, Type and Subject are attributes of a CloudEvent, and Time is its time. They are empty for plain JSON. Those of a
	// binary CloudEvent are not signed.
	Source, EventID, Type, Subject string
	Time                           time.Time
	// Data is the content as JSON.
	Data []byte
}

// Content is what a message says. An event needs a kind that the handler takes: see [WithFeedback]. An event without an ID gets one that
// follows from the message. An event may name the customer by the application's own ID (event.Customer.ID), which the client hashes.
type Content struct {
	Events  []event.Event
	Reports []Report
}

// Mapping reads a message of the sender's own form. Nothing in the content, and no error, says that the message is of no interest. The text
// of an error is in the answer to the sender, at most 512 bytes, and nowhere else. A mapping must not keep the message or its data. It may
// be called concurrently.
type Mapping func(ctx context.Context, m *Message) (Content, error)

// WithMapping reads messages that are not of a Cairn type. Default: such messages are refused, except that plain JSON is a [Report].
func WithMapping(f Mapping) Option {
	return optionFunc(func(c *config) {
		if f == nil {
			c.fault("WithMapping(nil): give a function, or leave the option out")
		}
		c.mapping = f
	})
}

// WithSender names the sender, in 1 to [event.MaxName] bytes without control characters. The name is the same on all instances, and
// differs from those of other senders: keys of reports and IDs of messages and CloudEvents are unique within one sender only, such as the
// number of a ticket's change. Required with [WithStore]. Default: no name.
func WithSender(name string) Option {
	return optionFunc(func(c *config) {
		if len(name) > event.MaxName || !event.ValidID(name) {
			c.fault("WithSender(%.80q): it has to be 1 to %d bytes without control characters", name, event.MaxName)
		}
		c.sender = name
	})
}

// own returns the key as one of this sender.
func (c *config) own(key string) string {
	if c.sender == "" {
		return key
	}
	return "sender\x00" + c.sender + "\x00" + key
}

// WithStore remembers what was taken in the store, on the shelf "webhooks", so that it counts once across all instances and after a
// restart. A request then costs two round trips, and one more a minute. The store has to be a [ledger.Shelver], as those of cx/stores are.
// [WithSender] tells the senders apart that share the store. Default: each process remembers for itself.
func WithStore(store ledger.Store) Option {
	return optionFunc(func(c *config) {
		if _, ok := store.(ledger.Shelver); !ok {
			c.fault("WithStore(%T): %w", store, ledger.ErrNoShelves)
			return
		}
		c.store = store
	})
}

// WithKeep sets how long the handler remembers what it has taken, from an hour to a year: at least as long as the sender may try again.
// Default: [DefaultKeep].
func WithKeep(d time.Duration) Option {
	return optionFunc(func(c *config) {
		if d < minKeep || d > maxKeep {
			c.fault("WithKeep(%v): it has to be %v to %v", d, minKeep, maxKeep)
		}
		c.keep = d
	})
}

// WithMaxBytes bounds the body, and what it decompresses to, from 1 KiB to 64 MiB. Default: [DefaultMaxBytes].
func WithMaxBytes(n int) Option {
	return optionFunc(func(c *config) {
		if n < minBytes || n > maxBytes {
			c.fault("WithMaxBytes(%d): it has to be 1 KiB to 64 MiB", n)
		}
		c.maxBytes = n
	})
}

// WithFlush answers 2xx when the client was flushed (cx.Client.Flush), within the time of the request's context. If the flush fails, the
// answer is 503, and the redelivery flushes again. Default: no flush.
func WithFlush() Option { return optionFunc(func(c *config) { c.flush = true }) }

// WithMeterProvider sets the provider of the metric cx.feedback.webhook.refused. Default, and for nil: OpenTelemetry's global provider.
func WithMeterProvider(p metric.MeterProvider) Option {
	return optionFunc(func(c *config) { c.meters = p })
}

// newConfig applies the options to the defaults, and returns all faults, joined.
func newConfig(opts []Option) (*config, error) {
	c := &config{tolerance: DefaultTolerance, keep: DefaultKeep, maxBytes: DefaultMaxBytes}
	for _, o := range opts {
		if o != nil {
			o.apply(c)
		}
	}
	switch {
	case c.verify == nil && len(c.secrets) == 0 && len(c.errs) == 0:
		c.fault("give WithSecrets or WithVerify: a handler that verifies nothing takes in what anyone sends")
	case c.verify != nil && (len(c.secrets) > 0 || c.tolerance != DefaultTolerance):
		c.fault("WithVerify and WithSecrets or WithTolerance: the function replaces the scheme: leave one out")
	}
	if len(c.followUps) == 0 && !c.feedback && c.mapping == nil && len(c.errs) == 0 {
		c.fault("give WithFollowUps, WithFeedback or WithMapping: without them the handler takes nothing")
	}
	if c.store != nil && c.sender == "" && len(c.errs) == 0 {
		c.fault("WithStore without WithSender: name the sender, because another one that shares the store may number its messages in the same way")
	}
	return c, errors.Join(c.errs...)
}
