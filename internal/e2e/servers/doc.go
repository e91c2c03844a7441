// Package servers starts a real OpenTelemetry Collector, Prometheus, Redis or PostgreSQL for a test, each on free
// loopback ports and with its files in the test's temporary directory, and reads back the data that arrived. With
// it tests check that these servers understand Cairn's data, independent of Cairn's own code.
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
// ../collector/build makes the collector's binary. The others come from the distribution, or from the variables
// CAIRN_REDIS, CAIRN_REDIS_CLI and CAIRN_POSTGRES. A test without its server is skipped, or fails if the
// environment has CAIRN_NO_SKIP=1, which a machine with all servers should set.
//
// [FindBrowser] finds Chromium and what drives it, for tests of pages. ../browser/install installs the latter.
//
// The package knows OTLP and PromQL and nothing of Cairn. The tests decide what to send and what to expect.
package servers
