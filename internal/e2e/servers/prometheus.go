package servers

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"text/template"
	"time"
)

// Prometheus is a Prometheus server that scrapes its targets twice a second. [StartPrometheus] makes one. Its
// methods may be called concurrently.
type Prometheus struct {
	addr   string
	client *http.Client
}

// Sample is one element of a query's result.
type Sample struct {
	Labels map[string]string // the metric's name is __name__; empty for a scalar
	Value  float64
}

// prometheusReady is in Prometheus's log once its API answers queries.
const prometheusReady = "Server is ready to receive web requests."

// prometheusConfig honours the targets' labels. A collector's metrics then have the job and the instance of the
// telemetry, not those of the scraped collector.
var prometheusConfig = template.Must(template.New("prometheus").Parse(`
global:
  scrape_interval: 500ms
  scrape_timeout: 500ms
rule_files: [{{range .Rules}}{{printf "%q" .}},{{end}}]
scrape_configs:
  - job_name: e2e
    honor_labels: true
    static_configs:
      - targets: [{{range .Targets}}{{printf "%q" .}},{{end}}]
`))

// StartPrometheus starts a Prometheus that scrapes /metrics of the targets, each a host:port. It returns when
// Prometheus answers queries, and stops it at the end of the test. If the test failed, it shows Prometheus's log.
// Prometheus takes about five seconds from its start to the first scrape, whatever the interval, so tests should
// share one where they can.
//
// The binary is the one that CAIRN_PROMETHEUS names, or else prometheus in PATH. Without a binary it skips the
// test, or fails it if CAIRN_NO_SKIP is 1.
func StartPrometheus(t testing.TB, scrapeTargets ...string) *Prometheus {
	t.Helper()
	return StartPrometheusWith(t, PrometheusSettings{Targets: scrapeTargets})
}

// PrometheusSettings says what a Prometheus scrapes and evaluates.
type PrometheusSettings struct {
	// Targets are host:port.
	Targets []string
	// Rules are the paths of rule files.
	Rules []string
	// Past is a text of OpenMetrics with times that lie before now, which the database has from the start. It needs promtool. "" is none.
	Past string
}

// past makes the blocks of the database from the past.
func (s *PrometheusSettings) past(t testing.TB, dir, data string) {
	t.Helper()
	if s.Past == "" {
		return
	}
	promtool := Promtool(t)
	path := filepath.Join(dir, "past.txt")
	if err := os.WriteFile(path, []byte(s.Past), 0o600); err != nil {
		t.Fatalf("write the past: %v", err)
	}
	if said, err := exec.CommandContext(t.Context(), promtool, "tsdb", "create-blocks-from", "openmetrics", path, data).CombinedOutput(); err != nil {
		t.Fatalf("make blocks of the past: %v\n%s", err, said)
	}
}

// Promtool returns the path of promtool: the one that CAIRN_PROMTOOL names, or else the one in PATH. Without it, it skips the test, or fails it
// if CAIRN_NO_SKIP is 1.
func Promtool(t testing.TB) string {
	t.Helper()
	return binary{
		title: "promtool", env: "CAIRN_PROMTOOL", command: "promtool",
		install: "Install your distribution's package of Prometheus, on Debian and Ubuntu with: apt-get install prometheus",
	}.require(t)
}

// StartPrometheusWith is [StartPrometheus] with more settings.
func StartPrometheusWith(t testing.TB, settings PrometheusSettings) *Prometheus {
	t.Helper()
	bin := binary{
		title:   "Prometheus",
		env:     "CAIRN_PROMETHEUS",
		command: "prometheus",
		install: "Install your distribution's package of it, on Debian and Ubuntu with: apt-get install prometheus",
	}
	path := bin.require(t)
	dir := t.TempDir()
	config := filepath.Join(dir, "prometheus.yaml")
	var text strings.Builder
	if err := prometheusConfig.Execute(&text, settings); err != nil {
		t.Fatalf("write Prometheus's configuration: %v", err)
	}
	if err := os.WriteFile(config, []byte(text.String()), 0o600); err != nil {
		t.Fatalf("write Prometheus's configuration: %v", err)
	}
	settings.past(t, dir, filepath.Join(dir, "data"))
	ports := server{
		title: bin.title,
		path:  path,
		ready: prometheusReady,
		ports: 1,
		args: func(ports []int) ([]string, error) {
			return []string{
				"--config.file=" + config,
				"--storage.tsdb.path=" + filepath.Join(dir, "data"),
				"--web.listen-address=" + loopback(ports[0]),
				"--enable-feature=exemplar-storage",
			}, nil
		},
	}.start(t)
	return &Prometheus{
		addr: loopback(ports[0]),
		// A kept connection would outlive the test.
		client: &http.Client{Timeout: 10 * time.Second, Transport: &http.Transport{DisableKeepAlives: true}},
	}
}

// URL is the base URL of the server: http://127.0.0.1:port.
func (p *Prometheus) URL() string { return "http://" + p.addr }

// Query returns the current result of an instant query that yields an instant vector or a scalar. An empty result
// is nil. A query that Prometheus does not accept fails the test at once.
//
// Exported data appears here only after the next scrape: see [Eventually].
func (p *Prometheus) Query(t testing.TB, promql string) []Sample {
	t.Helper()
	samples, err := p.query(t.Context(), promql)
	if err != nil {
		t.Fatalf("query Prometheus for %s: %v", promql, err)
	}
	return samples
}

// Value returns the value of a query that yields a scalar or at most one sample, and false if it yields none. More
// than one sample fails the test at once.
func (p *Prometheus) Value(t testing.TB, promql string) (float64, bool) {
	t.Helper()
	samples := p.Query(t, promql)
	switch len(samples) {
	case 0:
		return 0, false
	case 1:
		return samples[0].Value, true
	default:
		t.Fatalf("query Prometheus for %s: %d samples instead of one, aggregate them or ask Query: %v",
			promql, len(samples), samples)
		return 0, false
	}
}

// query is Query with an error as a result.
func (p *Prometheus) query(ctx context.Context, promql string) ([]Sample, error) {
	body := strings.NewReader(url.Values{"query": {promql}}.Encode())
	request, err := http.NewRequestWithContext(ctx, http.MethodPost, p.URL()+"/api/v1/query", body)
	if err != nil {
		return nil, fmt.Errorf("making the request: %w", err)
	}
	request.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	response, err := p.client.Do(request)
	if err != nil {
		return nil, err // the error has the method and the URL
	}
	defer func() { _ = response.Body.Close() }()
	defer context.AfterFunc(ctx, func() { _ = response.Body.Close() })() // ctx does not end every body: not that of a 101 response
	var answer queryAnswer
	if err := json.NewDecoder(response.Body).Decode(&answer); err != nil {
		return nil, fmt.Errorf("status %s, body: %w", response.Status, err)
	}
	return answer.samples()
}

// queryAnswer is an answer of /api/v1/query, after "HTTP API" in Prometheus's manual.
type queryAnswer struct {
	Status string `json:"status"`
	Error  string `json:"error"`
	Data   struct {
		ResultType string          `json:"resultType"`
		Result     json.RawMessage `json:"result"`
	} `json:"data"`
}

// samples returns the answer's result.
func (a queryAnswer) samples() ([]Sample, error) {
	if a.Status != "success" {
		return nil, fmt.Errorf("status %q: %s", a.Status, a.Error)
	}
	switch a.Data.ResultType {
	case "vector":
		var vector []struct {
			Metric map[string]string `json:"metric"`
			Value  timedValue        `json:"value"`
		}
		if err := json.Unmarshal(a.Data.Result, &vector); err != nil {
			return nil, fmt.Errorf("vector: %w", err)
		}
		var samples []Sample
		for _, element := range vector {
			samples = append(samples, Sample{Labels: element.Metric, Value: float64(element.Value)})
		}
		return samples, nil
	case "scalar":
		var value timedValue
		if err := json.Unmarshal(a.Data.Result, &value); err != nil {
			return nil, fmt.Errorf("scalar: %w", err)
		}
		return []Sample{{Value: float64(value)}}, nil
	default:
		return nil, fmt.Errorf("the result is a %s: ask for an instant vector or a scalar", a.Data.ResultType)
	}
}

// timedValue is the value of a pair [time, "value"]. The string is a float, NaN, +Inf or -Inf.
type timedValue float64

// UnmarshalJSON implements [json.Unmarshaler].
func (v *timedValue) UnmarshalJSON(data []byte) error {
	var pair []json.RawMessage
	if err := json.Unmarshal(data, &pair); err != nil {
		return err
	}
	if len(pair) != 2 {
		return errors.New("a value is not a pair of time and value")
	}
	var text string
	if err := json.Unmarshal(pair[1], &text); err != nil {
		return err
	}
	value, err := strconv.ParseFloat(text, 64)
	if err != nil {
		return err
	}
	*v = timedValue(value)
	return nil
}
