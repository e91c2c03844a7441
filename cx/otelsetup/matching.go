package otelsetup

import (
	"fmt"
	"os"
	"slices"
	"strconv"
	"strings"

	sdktrace "go.opentelemetry.io/otel/sdk/trace"

	"cairncx.dev/cairn/touchpoint/spanmatch"
)

// requestOptions returns a function that returns the processor of the provider of requests, in front of the queue, and its sampler. It
// returns an error for rules that cannot be applied.
func requestOptions(cfg config) (func(queue sdktrace.SpanProcessor) []sdktrace.TracerProviderOption, error) {
	if !cfg.matching {
		return func(queue sdktrace.SpanProcessor) []sdktrace.TracerProviderOption {
			return []sdktrace.TracerProviderOption{sdktrace.WithSpanProcessor(queue)}
		}, nil
	}
	behind := &later{}
	p, err := spanmatch.New(cfg.blueprint, append(slices.Clip(cfg.match), spanmatch.WithNext(behind))...)
	if err != nil {
		return nil, fmt.Errorf("WithSpanMatching: %w", err)
	}
	return func(queue sdktrace.SpanProcessor) []sdktrace.TracerProviderOption {
		behind.SpanProcessor = queue
		return []sdktrace.TracerProviderOption{sdktrace.WithSpanProcessor(p), sdktrace.WithSampler(spanmatch.RecordAll(samplerOfVariables()))}
	}, nil
}

// later is a span processor that is set after it was passed on, and before a span starts.
type later struct{ sdktrace.SpanProcessor }

// samplerOfVariables returns the sampler that OTEL_TRACES_SAMPLER and OTEL_TRACES_SAMPLER_ARG name, after OpenTelemetry's specification:
// https://opentelemetry.io/docs/specs/otel/configuration/sdk-environment-variables/. The SDK has no function for it, and reports values
// that cannot be read. Such a ratio is 1, and such a sampler is the default, as in the SDK.
func samplerOfVariables() sdktrace.Sampler {
	name := strings.ToLower(strings.TrimSpace(os.Getenv("OTEL_TRACES_SAMPLER")))
	name, parentBased := strings.CutPrefix(name, "parentbased_")
	var s sdktrace.Sampler
	switch name {
	case "always_on":
		s = sdktrace.AlwaysSample()
	case "always_off":
		s = sdktrace.NeverSample()
	case "traceidratio":
		ratio, err := strconv.ParseFloat(strings.TrimSpace(os.Getenv("OTEL_TRACES_SAMPLER_ARG")), 64)
		if err != nil || !(ratio >= 0 && ratio <= 1) {
			ratio = 1
		}
		s = sdktrace.TraceIDRatioBased(ratio)
	default:
		return nil // the default
	}
	if parentBased {
		return sdktrace.ParentBased(s)
	}
	return s
}
