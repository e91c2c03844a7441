package otelsetup

import (
	"testing"

	sdktrace "go.opentelemetry.io/otel/sdk/trace"
)

// The samplers that OpenTelemetry's specification names for OTEL_TRACES_SAMPLER. Jaeger's and X-Ray's remote samplers are not in the SDK.
func TestSamplerOfVariables(t *testing.T) {
	for _, test := range []struct{ name, arg, want string }{
		{"always_on", "", "AlwaysOnSampler"},
		{"always_off", "", "AlwaysOffSampler"},
		{"traceidratio", "0.25", "TraceIDRatioBased{0.25}"},
		{"traceidratio", "", "TraceIDRatioBased{1}"},
		{"traceidratio", "2", "TraceIDRatioBased{1}"},
		{"traceidratio", "-1", "TraceIDRatioBased{1}"},
		{"traceidratio", "NaN", "TraceIDRatioBased{1}"},
		{"traceidratio", "a half", "TraceIDRatioBased{1}"},
		{" Parentbased_Always_On ", "", sdktrace.ParentBased(sdktrace.AlwaysSample()).Description()},
		{"parentbased_always_off", "", sdktrace.ParentBased(sdktrace.NeverSample()).Description()},
		{"parentbased_traceidratio", "0.01", sdktrace.ParentBased(sdktrace.TraceIDRatioBased(0.01)).Description()},
		{"", "", ""},
		{"xray", "", ""},
		{"parentbased_xray", "", ""},
	} {
		t.Run(test.name+test.arg, func(t *testing.T) {
			t.Setenv("OTEL_TRACES_SAMPLER", test.name)
			t.Setenv("OTEL_TRACES_SAMPLER_ARG", test.arg)
			got := ""
			if s := samplerOfVariables(); s != nil {
				got = s.Description()
			}
			if got != test.want {
				t.Errorf("%q, want %q", got, test.want)
			}
		})
	}
}
