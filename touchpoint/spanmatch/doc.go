// Package spanmatch makes touchpoints of the spans that a service makes already: those of otelhttp, otelgrpc, a database or a queue. The
// rules are in the blueprint, as match of a touchpoint.
//
// [New] returns a processor for the tracer provider of requests. It records a touchpoint when a span ends that matches a rule, to the
// default client (cx.SetDefault) or to that of [WithClient]. [RecordAll] makes the provider record every span: a span that the sampler
// drops never reaches a processor, so that its touchpoint would be missing from every count.
//
//	provider := sdktrace.NewTracerProvider(
//		sdktrace.WithSampler(spanmatch.RecordAll(sampler)),
//		sdktrace.WithSpanProcessor(matcher)) // of spanmatch.New(blueprint, spanmatch.WithNext(batch))
//
// otelsetup.WithSpanMatching does the same in one line. Package cx/spanrule has the rules themselves, without the SDK.
package spanmatch
