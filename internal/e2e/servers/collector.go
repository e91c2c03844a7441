package servers

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"text/template"
)

// Collector is an OpenTelemetry Collector that receives OTLP over HTTP and gRPC, keeps every span, log record and
// metric that it receives, and serves the metrics for Prometheus. [StartCollector] makes one. Its methods may be
// called concurrently.
type Collector struct {
	httpAddr, grpcAddr, metricsAddr   string
	tracesPath, logsPath, metricsPath string
}

// collectorReady is in the collector's log once all its components have started.
const collectorReady = "Everything is ready. Begin running and processing data."

// collectorConfig turns resource attributes into labels of every metric, so that a query can use service_name, and
// keeps metrics for longer than any test runs. It turns off the collector's own metrics, which would need another
// port.
var collectorConfig = template.Must(template.New("collector").Parse(`
receivers:
  otlp:
    protocols:
      http:
        endpoint: {{.HTTP}}
      grpc:
        endpoint: {{.GRPC}}
exporters:
  file/traces:
    path: {{printf "%q" .Traces}}
    flush_interval: 20ms
  file/logs:
    path: {{printf "%q" .Logs}}
    flush_interval: 20ms
  file/metrics:
    path: {{printf "%q" .Metrics}}
    flush_interval: 20ms
  prometheus:
    endpoint: {{.Prometheus}}
    metric_expiration: 24h
    resource_to_telemetry_conversion:
      enabled: true
service:
  telemetry:
    metrics:
      level: none
  pipelines:
    traces:
      receivers: [otlp]
      exporters: [file/traces]
    logs:
      receivers: [otlp]
      exporters: [file/logs]
    metrics:
      receivers: [otlp]
      exporters: [file/metrics, prometheus]
`))

// collectorBinary says where to look for the collector.
func collectorBinary() binary {
	target, err := cachePath("otelcol-cairn")
	if err != nil {
		target = "DIR/otelcol-cairn, with DIR in PATH"
	}
	return binary{
		title:   "OpenTelemetry Collector",
		env:     "CAIRN_OTELCOL",
		command: "otelcol-cairn",
		cached:  true,
		install: "Build it with: internal/e2e/collector/build " + target,
	}
}

// StartCollector starts a collector, returns when it accepts telemetry, and stops it at the end of the test. If
// the test failed, it shows the collector's log.
//
// The binary is the one that CAIRN_OTELCOL names, or else otelcol-cairn in PATH, or else cairn/bin/otelcol-cairn
// in the user's cache directory ([os.UserCacheDir]). Without a binary it skips the test, or fails it if
// CAIRN_NO_SKIP is 1.
func StartCollector(t testing.TB) *Collector {
	t.Helper()
	return startCollector(t, func(c *Collector, path string) error { return c.writeConfig(path) })
}

// StartCollectorWith is [StartCollector] with a configuration of the test's own. The configuration names the
// exporters file/traces and file/metrics and the receiver otlp without configuring them, and config has the rest.
// [Collector.MetricsAddr] does not work then.
func StartCollectorWith(t testing.TB, config string) *Collector {
	t.Helper()
	return startCollector(t, func(c *Collector, path string) error {
		var ours strings.Builder
		if err := ownConfig.Execute(&ours, map[string]string{
			"HTTP": c.httpAddr, "GRPC": c.grpcAddr, "Traces": c.tracesPath, "Metrics": c.metricsPath,
		}); err != nil {
			return fmt.Errorf("filling in the configuration: %w", err)
		}
		if err := os.WriteFile(path, []byte(ours.String()+config), 0o600); err != nil {
			return fmt.Errorf("writing the configuration: %w", err)
		}
		return nil
	})
}

// ownConfig is the part that a test's own configuration may leave out.
var ownConfig = template.Must(template.New("own").Parse(`
receivers:
  otlp:
    protocols:
      http:
        endpoint: {{.HTTP}}
      grpc:
        endpoint: {{.GRPC}}
exporters:
  file/traces:
    path: {{printf "%q" .Traces}}
    flush_interval: 20ms
  file/metrics:
    path: {{printf "%q" .Metrics}}
    flush_interval: 20ms
`))

func startCollector(t testing.TB, write func(c *Collector, path string) error) *Collector {
	t.Helper()
	bin := collectorBinary()
	path := bin.require(t)
	dir := t.TempDir()
	c := &Collector{
		tracesPath:  filepath.Join(dir, "traces.jsonl"),
		logsPath:    filepath.Join(dir, "logs.jsonl"),
		metricsPath: filepath.Join(dir, "metrics.jsonl"),
	}
	server{
		title: bin.title,
		path:  path,
		ready: collectorReady,
		ports: 3,
		args: func(ports []int) ([]string, error) {
			c.httpAddr, c.grpcAddr, c.metricsAddr = loopback(ports[0]), loopback(ports[1]), loopback(ports[2])
			config := filepath.Join(dir, "collector.yaml")
			return []string{"--config", config}, write(c, config)
		},
	}.start(t)
	return c
}

// writeConfig writes the collector's configuration to path.
func (c *Collector) writeConfig(path string) error {
	var config strings.Builder
	err := collectorConfig.Execute(&config, map[string]string{
		"HTTP": c.httpAddr, "GRPC": c.grpcAddr, "Prometheus": c.metricsAddr,
		"Traces": c.tracesPath, "Logs": c.logsPath, "Metrics": c.metricsPath,
	})
	if err != nil {
		return fmt.Errorf("filling in the configuration: %w", err)
	}
	if err := os.WriteFile(path, []byte(config.String()), 0o600); err != nil {
		return fmt.Errorf("writing the configuration: %w", err)
	}
	return nil
}

// OTLPHTTPEndpoint is the base URL for OTLP over HTTP, without the signal's path
// (/v1/traces and so on): http://127.0.0.1:port.
func (c *Collector) OTLPHTTPEndpoint() string { return "http://" + c.httpAddr }

// OTLPGRPCEndpoint is the URL for OTLP over gRPC, without TLS:
// http://127.0.0.1:port.
func (c *Collector) OTLPGRPCEndpoint() string { return "http://" + c.grpcAddr }

// MetricsAddr is the host:port at which Prometheus can scrape, at /metrics, the metrics that the collector has
// received. Pass it to [StartPrometheus].
//
// Attributes of the resource become labels with underscores for dots (service.name becomes service_name).
// service.name and service.instance.id also become job and instance. A resource with both is also in target_info.
func (c *Collector) MetricsAddr() string { return c.metricsAddr }

// Traces returns every span that the collector has received, in the order of arrival. A span appears here shortly
// after its export returns: see [Eventually].
func (c *Collector) Traces(t testing.TB) []Span {
	t.Helper()
	return readFile(t, c.tracesPath, parseTraces)
}

// Logs returns every log record that the collector has received, in the order of arrival. A record appears here
// shortly after its export returns: see [Eventually].
func (c *Collector) Logs(t testing.TB) []LogRecord {
	t.Helper()
	return readFile(t, c.logsPath, parseLogs)
}

// Metrics returns every data point of every metric that the collector has received, in the order of arrival: a
// metric that was exported three times is here three times. A point appears here shortly after its export returns:
// see [Eventually].
func (c *Collector) Metrics(t testing.TB) []MetricPoint {
	t.Helper()
	return readFile(t, c.metricsPath, parseMetrics)
}

// readFile parses a file of the file exporter. A missing file is empty.
func readFile[T any](t testing.TB, path string, parse func(line []byte) ([]T, error)) []T {
	t.Helper()
	data, err := os.ReadFile(path)
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		t.Fatalf("read the collector's file: %v", err)
	}
	all, err := parseLines(data, parse)
	if err != nil {
		t.Fatalf("read the collector's file: %s:%v", path, err)
	}
	return all
}
