package touchpoint

import (
	"context"
	"net/http"
	"strings"

	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/trace"

	"cairncx.dev/cairn/cx/event"
)

// SyntheticType is a kind of synthetic traffic. Its values are those of OpenTelemetry's attribute
// user_agent.synthetic.type.
type SyntheticType string

// The kinds of synthetic traffic. Every other value is a customer.
const (
	NotSynthetic  SyntheticType = ""     // a customer
	SyntheticBot  SyntheticType = "bot"  // a crawler, such as that of a search engine
	SyntheticTest SyntheticType = "test" // a probe of the application: a synthetic check, an uptime monitor, a health check
)

// WithSynthetic identifies the requests of crawlers and probes. Their touchpoints, and the runs that they start, have the
// actor synthetic. They appear in traces, with user_agent.synthetic.type, and in exports, and in no metric of journeys,
// touchpoints and feedback. A trusted position whose actor is not the customer overrides this option. Handler calls the
// function once for each request, and concurrently for several requests. If the function panics, the request is a
// customer's. Nil is the default. A trusted peer can also say so itself ([SyntheticHeader]).
//
// Default: the products in the User-Agent header decide. A test is one of kube-probe, GoogleHC,
// GoogleStackdriverMonitoring-UptimeChecks, ELB-HealthChecker, Amazon-Route53-Health-Check-Service, CloudWatchSynthetics,
// Datadog/Synthetics, NewRelicSynthetics, Pingdom.com_bot, UptimeRobot, StatusCake, Site24x7, Checkly, Chrome-Lighthouse,
// k6, Blackbox-Exporter. A bot is a product with a version whose name ends in bot, crawler or spider, such as
// Googlebot/2.1. An assistant that acts for a customer, such as ChatGPT-User, is neither.
//
// Any client can send any User-Agent, and its failures are then missing from the metrics. Where that matters, such as for
// an alert on abuse or on a partner's requests, identify the application's own probes by a secret header or by their
// network.
func WithSynthetic(kind func(*http.Request) SyntheticType) HandlerOption {
	return handlerFunc(func(h *handler) { h.synthetic = kind })
}

// syntheticKey is the attribute of OpenTelemetry's conventions for synthetic traffic.
const syntheticKey = attribute.Key("user_agent.synthetic.type")

func (h *handler) callSynthetic(ctx context.Context, r *http.Request) (kind SyntheticType) {
	defer h.contain(ctx, r, func() { kind = NotSynthetic })
	switch kind = h.synthetic(r); kind {
	case SyntheticBot, SyntheticTest:
		return kind
	default:
		return NotSynthetic
	}
}

// asSynthetic returns ctx with the actor synthetic for a synthetic request, unless ctx knows another actor.
func asSynthetic(ctx context.Context, kind SyntheticType) context.Context {
	if kind == NotSynthetic || acts(ctx) {
		return ctx
	}
	return actingAs(ctx, event.ActorSynthetic)
}

// describe sets the attribute on the touchpoint's span, which is the span of ctx.
func (kind SyntheticType) describe(ctx context.Context) {
	if kind != NotSynthetic {
		trace.SpanFromContext(ctx).SetAttributes(syntheticKey.String(string(kind)))
	}
}

// maxAgent is how much of a User-Agent the default reads, in bytes.
const maxAgent = 512

// syntheticAgent is the default of [WithSynthetic].
func syntheticAgent(r *http.Request) SyntheticType { return agentType(r.UserAgent()) }

// agentType returns what the products of a user agent say.
func agentType(agent string) SyntheticType {
	if len(agent) > maxAgent {
		agent = agent[:maxAgent]
	}
	kind := NotSynthetic
	for len(agent) > 0 { // this loop runs for every request
		end := 0
		for end < len(agent) && !divides(agent[end]) {
			end++
		}
		name, version, _ := strings.Cut(agent[:end], "/")
		switch {
		case name == "":
		case isTest(name, version):
			return SyntheticTest
		case isBot(name, version):
			kind = SyntheticBot
		}
		agent = agent[min(end+1, len(agent)):]
	}
	return kind
}

// divides reports whether the character separates products.
func divides(c byte) bool {
	switch c {
	case ' ', '(', ')', ';', ',', '+', '\t':
		return true
	default:
		return false
	}
}

func isTest(name, version string) bool {
	for _, known := range [...]string{
		"kube-probe", "GoogleHC", "GoogleStackdriverMonitoring-UptimeChecks", "ELB-HealthChecker",
		"Amazon-Route53-Health-Check-Service", "CloudWatchSynthetics", "NewRelicSynthetics", "UptimeRobot", "StatusCake",
		"Site24x7", "Checkly", "Chrome-Lighthouse", "k6", "Blackbox-Exporter",
	} {
		if len(name) == len(known) && strings.EqualFold(name, known) {
			return true
		}
	}
	return strings.EqualFold(version, "Synthetics") && strings.EqualFold(name, "Datadog") || hasPrefixFold(name, "Pingdom.com_bot")
}

func isBot(name, version string) bool {
	if version == "" || version[0] < '0' || version[0] > '9' || strings.EqualFold(name, "cubot") { // a maker of telephones
		return false
	}
	for _, end := range [...]string{"bot", "crawler", "spider"} {
		if len(name) >= len(end) && strings.EqualFold(name[len(name)-len(end):], end) {
			return true
		}
	}
	return false
}

func hasPrefixFold(s, prefix string) bool {
	return len(s) >= len(prefix) && strings.EqualFold(s[:len(prefix)], prefix)
}
