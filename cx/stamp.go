package cx

import (
	"context"
	"net/url"
	"os"
	"strings"

	"cairncx.dev/cairn/cx/event"
	"cairncx.dev/cairn/cx/telemetry"
	"cairncx.dev/cairn/internal/flight"
	"cairncx.dev/cairn/internal/text"
)

// stamps are what the client adds to the events of the vocabulary that do not say it themselves.
type stamps struct {
	release string
	variant *event.Variant // of an event that has no experiment; nil without a release
}

// release is what WithRelease and WithReleaseOfService say.
type release struct {
	text    string
	service bool
}

// WithRelease sets the release that customers see, at most 64 bytes: touchpoints, journeys and feedback that name no release in their
// [event.Variant] have it. Use it in the service with which the customer deals. Where services with releases of their own share a journey,
// the release of a run is that of its first event. Events of [Client.Record] keep what they say. New returns an error for an empty release,
// and for one that is too long or not printable. Default: none. The last one of WithRelease and [WithReleaseOfService] holds.
func WithRelease(text string) Option {
	return optionFunc(func(c *config) { c.release = given[release]{release{text: text}, true} })
}

// WithReleaseOfService is [WithRelease] with the version of the service: service.version in the resource of the provider that
// [WithJourneyTracerProvider] got from otelsetup, else in OTEL_RESOURCE_ATTRIBUTES. Where neither has one, events have no release.
func WithReleaseOfService() Option {
	return optionFunc(func(c *config) { c.release = given[release]{release{service: true}, true} })
}

// stamps returns what the options say of events.
func (c *config) stamps() (s stamps) {
	switch {
	case !c.release.given:
	case !c.release.value.service:
		s.release = c.release.value.text
	default:
		if p, ok := c.telemetry.JourneyTracerProvider.(telemetry.ServiceVersioner); ok {
			s.release = p.ServiceVersion()
		}
		if s.release == "" {
			s.release = resourceAttribute("service.version")
		}
		if s.release, _ = text.Cut(s.release, event.MaxName); !text.Printable(s.release) {
			s.release = ""
		}
	}
	if s.release != "" {
		s.variant = &event.Variant{Release: s.release}
	}
	return s
}

// checkRelease notes what is wrong with [WithRelease].
func (c *config) checkRelease(e *optionErrors) {
	if r := c.release; r.given && !r.value.service {
		e.add(r.value.text != "" && len(r.value.text) <= event.MaxName && text.Printable(r.value.text),
			"WithRelease(%.80q): give 1 to %d bytes of printable UTF-8, or leave the option out", r.value.text, event.MaxName)
	}
}

// resourceAttribute returns the attribute with one of the keys in OTEL_RESOURCE_ATTRIBUTES, which the OpenTelemetry SDK reads too, or "". Values
// are percent-encoded, after OpenTelemetry's specification of resources.
func resourceAttribute(keys ...string) string {
	for kv := range strings.SplitSeq(os.Getenv("OTEL_RESOURCE_ATTRIBUTES"), ",") {
		k, v, _ := strings.Cut(kv, "=")
		for _, key := range keys {
			if strings.TrimSpace(k) != key {
				continue
			}
			v = strings.TrimSpace(v)
			if decoded, err := url.PathUnescape(v); err == nil {
				v = decoded
			}
			if v != "" {
				return v
			}
		}
	}
	return ""
}

// begin gives an event of the vocabulary what its context says of it, before the first step.
func (c *Client) begin(ctx context.Context, e *flight.Event) {
	if s := flight.ScopeOf(ctx); s.Synthetic() {
		e.Actor = event.ActorSynthetic
	}
}

// stamp gives an event of the vocabulary the release of the client and the arm that its customer has seen, unless it says them
// itself. It comes after the resolver, which bounds what the event says; what stamp adds is bounded already.
func (c *Client) stamp(e *flight.Event) {
	scope, spoken := e.Spoken()
	if !spoken || e.Kind.IsEmployee() {
		return
	}
	seen := scope.Arms().Seen()
	switch {
	case e.Variant == nil && seen == nil:
		e.Variant = c.stamps.variant
		return
	case e.Variant == nil:
		v := *seen
		v.Release = c.stamps.release
		e.Variant = &v
	case e.Variant.Release == "" && c.stamps.release != "", e.Variant.Experiment == "" && e.Variant.Arm == "" && seen != nil:
		v := *e.Variant
		if v.Release == "" {
			v.Release = c.stamps.release
		}
		if v.Experiment == "" && v.Arm == "" && seen != nil {
			v.Experiment, v.Arm = seen.Experiment, seen.Arm
		}
		e.Variant = &v
	}
}
