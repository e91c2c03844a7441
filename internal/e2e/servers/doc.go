// Package servers starts a real OpenTelemetry Collector, Prometheus, Redis or
// PostgreSQL for a test, each on free loopback ports and with its files in the
// test's temporary directory, and reads back what arrived there. Tests use it to see that what
// Cairn sends is what such servers understand, and not merely what Cairn's own
// code believes it sent.
//
//	collector := servers.StartCollector(t)
//	prometheus := servers.StartPrometheus(t, collector.MetricsAddr())
//	... send telemetry to collector.OTLPHTTPEndpoint() ...
//	servers.Eventually(t, 10*time.Second, func() error {
//		if n := len(collector.Traces(t)); n != 1 {
//			return fmt.Errorf("%d spans, want 1", n)
//		}
//		return nil
//	})
//
// The collector's binary comes from ../collector/build; the others are the
// distribution's, or where CAIRN_REDIS, CAIRN_REDIS_CLI and CAIRN_POSTGRES say. A test that needs a missing one is skipped, or fails when the
// environment has CAIRN_NO_SKIP=1, as it should have wherever both are installed.
//
// What to send, and what to expect of it, is up to the tests: this package knows
// OTLP and PromQL and nothing of Cairn.
package servers
