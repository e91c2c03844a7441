package semconv_test

import (
	"fmt"
	"math"
	"slices"
	"strings"
	"testing"

	"go.opentelemetry.io/otel/attribute"
	otelsemconv "go.opentelemetry.io/otel/semconv/v1.43.0"

	"cairncx.dev/cairn/cx/assist"
	"cairncx.dev/cairn/cx/event"
	"cairncx.dev/cairn/cx/fault"
	"cairncx.dev/cairn/cx/insight/breakdown"
	"cairncx.dev/cairn/cx/insight/watch"
	"cairncx.dev/cairn/cx/slo"
	"cairncx.dev/cairn/cx/telemetry/semconv"
	"cairncx.dev/cairn/internal/flight"
	"cairncx.dev/cairn/touchpoint"
)

// names returns the names of all values of an enum, in their order. It leaves out values without a name, which
// mean "not given" and are not in telemetry.
func names[T interface {
	~uint8
	fmt.Stringer
}]() []string {
	var found []string
	for v := range math.MaxUint8 + 1 {
		if s := T(v).String(); s != "" {
			found = append(found, s)
		}
	}
	return found
}

// frictions returns the kinds of friction, in their order.
func frictions() (kinds []string) {
	for kind := range (*event.Friction)(nil).Counts() {
		kinds = append(kinds, kind)
	}
	return kinds
}

// TestMembersAreTheEnums compares the registry with the Go enums, whose values telemetry writes. A value in only
// one of them would be undocumented, or would never occur.
func TestMembersAreTheEnums(t *testing.T) {
	enums := map[string][]string{
		"cx.channel":               names[event.Channel](),
		"cx.actor":                 names[event.Actor](),
		"cx.direction":             names[event.Direction](),
		"cx.outcome":               names[event.Outcome](),
		"cx.apdex.zone":            names[event.Zone](),
		"cx.feedback.scale":        names[event.Scale](),
		"cx.feedback.verdict":      names[event.Verdict](),
		"cx.sdk.faults error.type": names[fault.Fault](),
		"cx.objective.result":      names[slo.Result](),
		"cx.contact.claimed":       names[event.YesNo](),
		"cx.survey.end":            names[event.SurveyEnd](),
		"cx.mention.nature":        names[event.Nature](),
		"cx.queue.end":             slices.Insert(append(names[assist.End](), "unknown"), 2, "short_abandoned"), // telemetry's names of the zero value and of a short abandon

		"cx.link.type": {"journey", "request", "segment"}, // the targets of package telemetry's links

		"cx.friction.kind": frictions(),

		"cx.contact.rule": {
			event.RuleGranted, event.RuleUnchecked, event.RuleSuppressed, event.RuleHold, event.RuleConsent, event.RuleQuietHours, event.RuleCap,
			event.RuleUndeclared, event.RuleUnknown, event.RuleLapsed, event.RuleReleased, event.RuleNoGrant, event.RuleUsed, event.RuleMismatch,
		},

		// These have no type. The first are those of event.Assisted, which cx/telemetry/contacts.go names. The others are the
		// reasons under which packages exporters and feedback/intake count.
		"cx.wait.kind":       {"queue", "hold", "approval"},
		"cx.effort.coverage": {"known", "no_customer", "no_intent", "neither"}, // cx/telemetry/efforts.go
		"cx.effort.result":   {"first_contact", "repeated", "unanswered"},
		"cx.effort.claimed":  {event.Yes.String(), event.No.String(), "unsaid"},
		"cx.queue.result":    {"good", "bad", "excluded"},
		"cx.report.result":   {"sent", "failed", "missed"}, // cx/insight/schedule/counts.go
		"cx.breakdown.about": { // cx/insight/breakdown/found.go
			string(breakdown.OfJourney), string(breakdown.OfStage), string(breakdown.OfTouchpoint), string(breakdown.OfCause), string(breakdown.OfQueue),
			string(breakdown.OfPromise), string(breakdown.OfSurvey),
		},
		"cx.breakdown.state":                  watch.Steps(),
		"cx.reply.kind":                       {"first", "next"},
		"cx.reply.hours":                      {"all", "open"},
		"cx.decision.approval":                {"none", "granted", "refused"},
		"cx.delegate.proof":                   {touchpoint.DelegateClaimed.String(), touchpoint.DelegateVerified.String()}, // DelegateNone has no attribute
		"cx.sdk.processor.dropped error.type": {"queue_full", "already_shutdown", "permanent", "dead_letters", "filtered", "damaged", "timeout", "cancelled", "transient", "panic"},
		"cx.sdk.exporter.exported error.type": {"timeout", "cancelled", "permanent", "transient", "queue_full", "panic"},
		"cx.feedback.intake.refused error.type": { // feedback/intake/refusal.go
			"forged", "expired", "closed", "too_large", "bad_request", "too_many_requests", "cross_origin", "unknown_survey", "unavailable",
		},
		"cx.feedback.webhook.refused error.type": { // feedback/intake/webhook/refuse.go
			"method_not_allowed", "unsupported_type", "too_large", "bad_request", "forged", "expired", "not_taken", "unknown_follow_up",
			"unknown_step", "invalid", "busy", "unavailable",
		},
	}
	for name, want := range enums {
		if have := members[name]; !slices.Equal(have, want) {
			t.Errorf("%s: the registry has %q, the code has %q; change cx/telemetry/semconv/model and run go generate", name, have, want)
		}
	}
	for name := range members {
		if _, ok := enums[name]; !ok {
			t.Errorf("%s: this test compares the enum with nothing: add its type", name)
		}
	}
}

// TestEventNamesAreKinds: the name of a log event follows from the event's kind.
func TestEventNamesAreKinds(t *testing.T) {
	for name, kind := range map[string]event.Kind{
		semconv.JourneyEndedEvent:      event.JourneyEnded,
		semconv.JourneyStalledEvent:    event.JourneyStalled,
		semconv.TouchpointEndedEvent:   event.TouchpointEnded,
		semconv.FeedbackReceivedEvent:  event.FeedbackReceived,
		semconv.FeedbackAmendedEvent:   event.FeedbackAmended,
		semconv.FeedbackMentionedEvent: event.FeedbackMentioned,
		semconv.SurveyClosedEvent:      event.SurveyClosed,
	} {
		if want := "cx." + string(kind); name != want {
			t.Errorf("event name %q: want %q", name, want)
		}
	}
}

// TestStandardKeys compares the standard attributes with OpenTelemetry's own constants of the release that the
// registry's manifest names.
func TestStandardKeys(t *testing.T) {
	for have, want := range map[attribute.Key]attribute.Key{
		semconv.UserHashKey:  otelsemconv.UserHashKey,
		semconv.ErrorTypeKey: otelsemconv.ErrorTypeKey,
		semconv.SessionIDKey: otelsemconv.SessionIDKey,

		semconv.ServerAddressKey:          otelsemconv.ServerAddressKey,
		semconv.ServerPortKey:             otelsemconv.ServerPortKey,
		semconv.UserAgentSyntheticTypeKey: otelsemconv.UserAgentSyntheticTypeKey,

		semconv.ServiceVersionKey:           otelsemconv.ServiceVersionKey,
		semconv.FeatureFlagKeyKey:           otelsemconv.FeatureFlagKeyKey,
		semconv.FeatureFlagResultVariantKey: otelsemconv.FeatureFlagResultVariantKey,
	} {
		if have != want {
			t.Errorf("key %q: OpenTelemetry has %q", have, want)
		}
	}
	if !strings.HasSuffix(otelsemconv.SchemaURL, "/1.43.0") {
		t.Errorf("the constants are from %s: import the release that model/manifest.yaml depends on", otelsemconv.SchemaURL)
	}
}

// TestBucketsAreTheCallers: a caller that changes the boundaries does not change another caller's.
func TestBucketsAreTheCallers(t *testing.T) {
	for name, buckets := range map[string]func() []float64{
		semconv.JourneyDurationName:              semconv.JourneyDurationBuckets,
		semconv.JourneyStageDurationName:         semconv.JourneyStageDurationBuckets,
		semconv.TouchpointDurationName:           semconv.TouchpointDurationBuckets,
		semconv.TouchpointWaitDurationName:       semconv.TouchpointWaitDurationBuckets,
		semconv.FeedbackScoreName:                semconv.FeedbackScoreBuckets,
		semconv.SDKExporterOperationDurationName: semconv.SDKExporterOperationDurationBuckets,
	} {
		first := buckets()
		if !slices.IsSorted(first) || len(first) == 0 {
			t.Errorf("%s: boundaries %v do not rise", name, first)
			continue
		}
		first[0] = -1
		if buckets()[0] == -1 {
			t.Errorf("%s: a caller's change to the boundaries reached the next caller", name)
		}
	}
}

// TestScoreBucketsFitEveryScale: the distribution is exact only if each answer of each scale has a boundary of its
// own.
func TestScoreBucketsFitEveryScale(t *testing.T) {
	boundaries := semconv.FeedbackScoreBuckets()
	for s := event.Scale(1); int(s) < flight.NumScales; s++ {
		for v := s.Min(); v <= s.Max(); v++ {
			if !slices.Contains(boundaries, float64(v)) {
				t.Errorf("%s: answer %d has no boundary", s, v)
			}
		}
	}
}
