package spanmatch

import (
	"fmt"

	sdktrace "go.opentelemetry.io/otel/sdk/trace"
)

// RecordAll returns a sampler that records every span, and samples those that s samples. A span that s drops is recorded and not exported:
// it reaches span processors, and its trace is in no backend. Without it, only sampled spans become touchpoints.
//
// A recorded span costs the process memory and time for its attributes, also where s keeps one trace of a hundred; docs/spanmatch.md has
// the numbers. A nil s is the SDK's default, ParentBased(AlwaysSample).
func RecordAll(s sdktrace.Sampler) sdktrace.Sampler {
	if s == nil {
		s = sdktrace.ParentBased(sdktrace.AlwaysSample())
	}
	return recordAll{s}
}

type recordAll struct{ sampler sdktrace.Sampler }

// ShouldSample implements [sdktrace.Sampler].
func (r recordAll) ShouldSample(p sdktrace.SamplingParameters) sdktrace.SamplingResult {
	result := r.sampler.ShouldSample(p)
	if result.Decision == sdktrace.Drop {
		result.Decision = sdktrace.RecordOnly
	}
	return result
}

// Description implements [sdktrace.Sampler].
func (r recordAll) Description() string { return fmt.Sprintf("RecordAll{%s}", r.sampler.Description()) }
