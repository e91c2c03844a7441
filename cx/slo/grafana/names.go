package grafana

import (
	"strings"

	"github.com/prometheus/otlptranslator"
	"go.opentelemetry.io/otel/attribute"

	"cairncx.dev/cairn/cx/telemetry/semconv"
)

// metric is the name of a metric in Prometheus, as OpenTelemetry's exporters, its Collector and Prometheus' own OTLP endpoint give it: with
// underscores, the unit and _total.
type metric string

// The suffixes of a histogram's series.
const (
	bucket = "_bucket"
	sum    = "_sum"
	count  = "_count"
)

// names has the names of the metrics that the dashboards ask for.
type names struct {
	started, ended, exits, value, active, duration, stageDuration, stalled, late metric
	friction                                                                     metric
	settled, delay                                                               metric
	skipped, silence                                                             metric
	interactions, failures, touchpointDuration                                   metric
	requests, closed, responses, score                                           metric
	events, atStake                                                              metric
	decisions, violations                                                        metric
	contacts, waits, handling, replies, transfers, helperDecisions               metric
	effortContacts, efforts                                                      metric
	info, faults, queueSize, queueCapacity, processed, dropped                   metric
	exported, inflight, exportDuration, spoolUsage, spoolLimit                   metric
}

func metricNames() names {
	namer := otlptranslator.NewMetricNamer("", otlptranslator.UnderscoreEscapingWithSuffixes)
	of := func(name, unit string, kind otlptranslator.MetricType) metric {
		built, err := namer.Build(otlptranslator.Metric{Name: name, Unit: unit, Type: kind})
		if err != nil {
			return metric(strings.ReplaceAll(name, ".", "_")) // the registry has no empty name, which is the only fault
		}
		return metric(built)
	}
	counter := func(name, unit string) metric { return of(name, unit, otlptranslator.MetricTypeMonotonicCounter) }
	gauge := func(name, unit string) metric { return of(name, unit, otlptranslator.MetricTypeNonMonotonicCounter) }
	histogram := func(name, unit string) metric { return of(name, unit, otlptranslator.MetricTypeHistogram) }
	return names{
		started:            counter(semconv.JourneyStartedName, semconv.JourneyStartedUnit),
		ended:              counter(semconv.JourneyEndedName, semconv.JourneyEndedUnit),
		exits:              counter(semconv.JourneyExitsName, semconv.JourneyExitsUnit),
		value:              counter(semconv.JourneyValueName, semconv.JourneyValueUnit),
		active:             gauge(semconv.JourneyActiveName, semconv.JourneyActiveUnit),
		duration:           histogram(semconv.JourneyDurationName, semconv.JourneyDurationUnit),
		stageDuration:      histogram(semconv.JourneyStageDurationName, semconv.JourneyStageDurationUnit),
		stalled:            counter(semconv.JourneyStalledName, semconv.JourneyStalledUnit),
		friction:           counter(semconv.JourneyFrictionName, semconv.JourneyFrictionUnit),
		late:               counter(semconv.JourneyLateName, semconv.JourneyLateUnit),
		settled:            counter(semconv.PromiseSettledName, semconv.PromiseSettledUnit),
		delay:              histogram(semconv.PromiseDelayName, semconv.PromiseDelayUnit),
		skipped:            counter(semconv.FollowUpSkippedName, semconv.FollowUpSkippedUnit),
		silence:            histogram(semconv.FollowUpSilenceDurationName, semconv.FollowUpSilenceDurationUnit),
		interactions:       counter(semconv.TouchpointInteractionsName, semconv.TouchpointInteractionsUnit),
		failures:           counter(semconv.TouchpointFailuresName, semconv.TouchpointFailuresUnit),
		touchpointDuration: histogram(semconv.TouchpointDurationName, semconv.TouchpointDurationUnit),
		requests:           counter(semconv.FeedbackRequestsName, semconv.FeedbackRequestsUnit),
		closed:             counter(semconv.FeedbackClosedName, semconv.FeedbackClosedUnit),
		responses:          counter(semconv.FeedbackResponsesName, semconv.FeedbackResponsesUnit),
		score:              histogram(semconv.FeedbackScoreName, semconv.FeedbackScoreUnit),
		events:             counter(semconv.SLOEventsName, semconv.SLOEventsUnit),
		atStake:            counter(semconv.SLOValueName, semconv.SLOValueUnit),
		decisions:          counter(semconv.ContactDecisionsName, semconv.ContactDecisionsUnit),
		violations:         counter(semconv.ContactViolationsName, semconv.ContactViolationsUnit),
		contacts:           counter(semconv.QueueContactsName, semconv.QueueContactsUnit),
		waits:              histogram(semconv.TouchpointWaitDurationName, semconv.TouchpointWaitDurationUnit),
		handling:           histogram(semconv.ContactHandleDurationName, semconv.ContactHandleDurationUnit),
		replies:            histogram(semconv.ContactReplyDurationName, semconv.ContactReplyDurationUnit),
		transfers:          counter(semconv.ContactTransfersName, semconv.ContactTransfersUnit),
		helperDecisions:    counter(semconv.EmployeeDecisionsName, semconv.EmployeeDecisionsUnit),
		effortContacts:     counter(semconv.EffortContactsName, semconv.EffortContactsUnit),
		efforts:            counter(semconv.EffortEndedName, semconv.EffortEndedUnit),
		info:               gauge(semconv.SDKInfoName, semconv.SDKInfoUnit),
		faults:             counter(semconv.SDKFaultsName, semconv.SDKFaultsUnit),
		queueSize:          gauge(semconv.SDKProcessorQueueSizeName, semconv.SDKProcessorQueueSizeUnit),
		queueCapacity:      gauge(semconv.SDKProcessorQueueCapacityName, semconv.SDKProcessorQueueCapacityUnit),
		processed:          counter(semconv.SDKProcessorProcessedName, semconv.SDKProcessorProcessedUnit),
		dropped:            counter(semconv.SDKProcessorDroppedName, semconv.SDKProcessorDroppedUnit),
		exported:           counter(semconv.SDKExporterExportedName, semconv.SDKExporterExportedUnit),
		inflight:           gauge(semconv.SDKExporterInflightName, semconv.SDKExporterInflightUnit),
		exportDuration:     histogram(semconv.SDKExporterOperationDurationName, semconv.SDKExporterOperationDurationUnit),
		spoolUsage:         gauge(semconv.SDKSpoolUsageName, semconv.SDKSpoolUsageUnit),
		spoolLimit:         gauge(semconv.SDKSpoolLimitName, semconv.SDKSpoolLimitUnit),
	}
}

// label returns the name of an attribute in Prometheus.
func label(key attribute.Key) string { return strings.ReplaceAll(string(key), ".", "_") }
