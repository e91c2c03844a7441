package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"testing"
	"time"
)

const statusBlueprint = `version: 1
journeys:
  - {name: checkout, owner: team-payments, abandon_after: 30m}
touchpoints:
  - {name: submit-payment}
surveys:
  - {name: post-purchase, scale: csat}
objectives:
  - {name: checkout-completes, journey: checkout, good: {within: 3m}, target: 95%, window: 1d, runbook: "https://wiki.example/checkout"}
  - {name: payment-works, touchpoint: submit-payment, target: 99%, window: 1d}
  - {name: customers-satisfied, survey: post-purchase, good: {score_at_least: 4}, target: 85%, window: 1d, min_events: 50}
  - {name: new-one, touchpoint: submit-payment, good: {within: 5s}, target: 99%, window: 1d}
  - {name: buying, of: [{objective: checkout-completes, weight: 3}, {objective: payment-works}], target: 92%, window: 1d}
`

// counters answers the queries of package fleet as a Prometheus that has a sample of each counter at every hour. A counter stood at the first
// number until it grew to the second one, two hours before the time of the question.
type counters map[string][2]int64

var statusQuery = regexp.MustCompile(`(cx_slo_\w+_total)\{([^}]*)\}\[(\d+)ms\]`)

func (c counters) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	query := r.FormValue("query")
	m := statusQuery.FindStringSubmatch(query)
	result := []any{}
	number := func(field string) int64 {
		f, _ := strconv.ParseFloat(r.FormValue(field), 64) // a field that is missing is 0, and has no samples
		return int64(f * 1000)
	}
	kind := "matrix"
	if strings.HasPrefix(query, "last_over_time(") {
		kind = "vector"
	}
	for key, counts := range c {
		objective, of, _ := strings.Cut(key, " ")
		name, label := "cx_slo_events_total", "cx_objective_result"
		if strings.HasPrefix(of, "currency ") {
			name, label, of = "cx_slo_value_total", "cx_currency", strings.TrimPrefix(of, "currency ")
		}
		if m == nil || m[1] != name || !strings.Contains(m[2], fmt.Sprintf("cx_objective_name=%q", objective)) {
			continue
		}
		labels := func(more ...string) map[string]string {
			l := map[string]string{"cx_objective_name": objective, label: of, "instance": "a"}
			for i := 0; i < len(more); i += 2 {
				l[more[i]] = more[i+1]
			}
			return l
		}
		span, _ := strconv.ParseInt(m[3], 10, 64)
		at := func(ms int64) string { // the counter at that time
			if ms < statusNow.Add(-2*time.Hour).UnixMilli() {
				return strconv.FormatInt(counts[0], 10)
			}
			return strconv.FormatInt(counts[1], 10)
		}
		pair := func(ms int64) []any { return []any{float64(ms) / 1000, at(ms)} }
		switch {
		case kind == "vector":
			result = append(result, map[string]any{"metric": labels(), "value": pair(number("time"))})
		case r.Form.Has("step"):
			var least, last [][]any
			for t := number("start"); t <= number("end"); t += number("step") {
				least, last = append(least, []any{float64(t) / 1000, at(t - span + 1)}), append(last, pair(t))
			}
			result = append(result, map[string]any{"metric": labels("cx_kind", "least"), "values": least}, map[string]any{"metric": labels("cx_kind", "last"), "values": last})
		default:
			var values [][]any
			for t := (number("time")-span)/3_600_000*3_600_000 + 3_600_000; t <= number("time"); t += 3_600_000 {
				values = append(values, pair(t))
			}
			if values != nil {
				result = append(result, map[string]any{"metric": labels(), "values": values})
			}
		}
	}
	text, err := json.Marshal(map[string]any{"status": "success", "data": map[string]any{"resultType": kind, "result": result}})
	if err != nil {
		http.Error(w, err.Error(), http.StatusInternalServerError)
		return
	}
	_, _ = w.Write(text) // the client may have gone
}

// statusNow is the time of the reports.
var statusNow = time.Date(2026, 3, 6, 12, 0, 0, 0, time.UTC)

// stands runs cairn status against the handler.
func stands(t *testing.T, h http.Handler, blueprint string, args ...string) (code int, stdout, stderr string) {
	t.Helper()
	server := httptest.NewServer(h)
	t.Cleanup(server.Close)
	var out, fault bytes.Buffer
	code = run(t.Context(), append([]string{"status", "-b", "-", "--prometheus", strings.Replace(server.URL, "http://", "http://reader:secret@", 1), "--at", "2026-03-06T12:00:00Z"}, args...),
		strings.NewReader(blueprint), &out, &fault)
	if strings.Contains(out.String()+fault.String(), "secret") {
		t.Errorf("the password is printed: %s%s", &out, &fault)
	}
	hide := func(text string) string { return strings.ReplaceAll(text, server.URL, "http://prometheus:9090") }
	return code, hide(out.String()), hide(fault.String())
}

// TestStatus compares the report with golden files.
func TestStatus(t *testing.T) {
	t.Parallel()
	grown := counters{
		"checkout-completes good":         {100, 9_612}, // 9,512 of 10,000
		"checkout-completes bad":          {10, 498},
		"checkout-completes currency EUR": {0, 124_950},
		"payment-works good":              {0, 960}, // 960 of 1,000
		"payment-works bad":               {0, 40},
		"payment-works excluded":          {0, 7},
		"customers-satisfied good":        {5, 13}, // 8 of 10
		"customers-satisfied bad":         {0, 2},
	}
	for _, c := range []struct {
		name, reason string
		handler      http.Handler
		args         []string
	}{
		{"status", "each state", grown, nil},
		{"status-zone", "a zone for the times", grown, []string{"--tz", "Europe/Amsterdam"}},
		{"status-nothing", "no service runs, or the label is wrong", counters{}, []string{"--match", "namespace=prodction"}},
	} {
		code, stdout, stderr := stands(t, c.handler, statusBlueprint, c.args...)
		if code != exitOK {
			t.Errorf("%s: the exit code is %d: %s", c.name, code, c.reason)
		}
		golden(t, c.name, stdout+"--- stderr\n"+stderr)
	}
	code, stdout, stderr := stands(t, grown, statusBlueprint, "--json")
	var got struct {
		Prometheus string
		Objectives []struct {
			Name, State, Words string
			Good, Bad          int64
			Target             float64
			Burn               []struct {
				Seconds float64 `json:"window_seconds"`
				Bad     int64
				Rate    float64
			}
			Parts []string
		}
	}
	if err := json.Unmarshal([]byte(stdout), &got); err != nil || code != exitOK || len(got.Objectives) != 5 {
		t.Fatalf("exit code %d, %v, %s\n%s", code, err, stdout, stderr)
	}
	if o := got.Objectives[0]; o.State != "kept" || o.Good != 9_512 || o.Bad != 488 || o.Target != 0.95 || o.Words != "9,512 of 10,000 customers; promised 9,500; 12 left in the last day; 1,249.50 EUR at stake" {
		t.Errorf("the first one is %+v", o)
	}
	if b := got.Objectives[1].Burn; len(b) == 0 || b[len(b)-1].Seconds != 8_640 || b[len(b)-1].Bad != 40 || b[len(b)-1].Rate < 3.9999 || b[len(b)-1].Rate > 4.0001 {
		t.Errorf("the burn rates of the second one are %+v, and the last is 4%% bad of 1%% in a tenth of a day", b)
	}
	if p := got.Objectives[4].Parts; len(p) != 2 || p[0] != "checkout-completes" {
		t.Errorf("the parts of the composite are %q", p)
	}
	if got.Prometheus != "http://prometheus:9090" {
		t.Errorf("the server is %s", got.Prometheus)
	}
}

// TestStatusFaults: an error names the flag that remedies it, and no function of Go.
func TestStatusFaults(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	write := func(name, text string) string {
		t.Helper()
		path := filepath.Join(dir, name)
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		return path
	}
	says := func(code int, body string) http.Handler {
		return http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
			w.WriteHeader(code)
			_, _ = w.Write([]byte(body)) // the client may have gone
		})
	}
	wantsToken := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Header.Get("Authorization") != "Bearer t0ken" {
			w.WriteHeader(http.StatusUnauthorized)
			return
		}
		counters{}.ServeHTTP(w, r)
	})
	for _, c := range []struct {
		name, reason string
		handler      http.Handler
		blueprint    string
		args         []string
		code         int
		want         string
	}{
		{"a token", "the server asks for it", wantsToken, statusBlueprint, []string{"--token-file", write("token", "t0ken\n")}, exitOK, ""},
		{"no token", "the message says how to give one", wantsToken, statusBlueprint, nil, exitFault, "HTTP 401: name a token with --token-file, or write user:password@"},
		{"two tokens", "a header has one line", wantsToken, statusBlueprint, []string{"--token-file", write("tokens", "a\nb")}, exitUsage, "has no token on one line"},
		{"no token file", "it is not there", wantsToken, statusBlueprint, []string{"--token-file", filepath.Join(dir, "none")}, exitUsage, "--token-file: open "},
		{"a slow server", "it gives up itself", says(503, `{"status":"error","errorType":"timeout","error":"query timed out"}`), statusBlueprint, nil, exitFault, "allow more time with --timeout"},
		{"too long", "the bounds of the flag", counters{}, statusBlueprint, []string{"--timeout", "11m"}, exitUsage, "--timeout 11m0s: it has to be 1ms to 10m"},
		{"a redirect", "the login page", http.RedirectHandler("/login", http.StatusFound), statusBlueprint, nil, exitFault, "give --prometheus the address that answers itself"},
		{"an own label", "the client sets it itself", counters{}, statusBlueprint, []string{"--match", "cx_objective_name=a"}, exitUsage, `--match "cx_objective_name": name a label of the targets`},
		{"no address", "it has no scheme", counters{}, statusBlueprint, []string{"--prometheus", "prometheus:9090"}, exitUsage, "the address of Prometheus has no host"},
		{"a query", "it would be lost", counters{}, statusBlueprint, []string{"--prometheus", "http://a.example/?x=1"}, exitUsage, "has a query or a fragment after it: leave that out"},
		{"none listens", "Prometheus is away", counters{}, statusBlueprint, []string{"--prometheus", "http://127.0.0.1:1"}, exitFault, "see that Prometheus runs there"},
		{"no objective", "there is nothing to say", counters{}, "version: 1\njourneys: [{name: a}]\n", nil, exitFault, "standard input: the blueprint has no objectives: add one under objectives"},
		{"a mistake", "the place is in the message", counters{}, "version: 1\njourneys: [{nam: a}]\n", nil, exitFault, "<stdin>:2:"},
		{"no zone", "it is unknown", counters{}, statusBlueprint, []string{"--tz", "Mars"}, exitUsage, `--tz: the time zone "Mars" is unknown`},
		{"no time", "it is none", counters{}, statusBlueprint, []string{"--at", "yesterday"}, exitUsage, `--at "yesterday"`},
		{"an argument", "it would be ignored", counters{}, statusBlueprint, []string{"checkout"}, exitUsage, `"checkout" is one argument too many`},
	} {
		code, stdout, stderr := stands(t, c.handler, c.blueprint, c.args...)
		if code != c.code || !strings.Contains(stderr, c.want) || (code != exitOK) != (stdout == "") {
			t.Errorf("%s: exit code %d, want %d and %q: %s\n%s%s", c.name, code, c.code, c.want, c.reason, stdout, stderr)
		}
		if api := regexp.MustCompile(`With[A-Z]\w+|fleet\b`).FindString(stderr); api != "" {
			t.Errorf("%s: the message names %s, which is not of the command: %s", c.name, api, stderr)
		}
	}
}

// TestStatusLater: a time that has not come is now.
func TestStatusLater(t *testing.T) {
	t.Parallel()
	now := time.Now()
	for _, c := range []struct {
		at   string
		want time.Time
	}{
		{"", now},
		{"2199-01-01", now},
		{"2026-03-05", time.Date(2026, 3, 6, 0, 0, 0, 0, time.UTC).Add(-time.Nanosecond)}, // a date stands for its end
	} {
		s := &statusSettings{blueprint: "-", prometheus: "http://a.example", tz: "UTC", at: c.at}
		if err := s.complete(now); err != nil || !s.now.Equal(c.want) {
			t.Errorf("--at %q is %s, want %s: %v", c.at, s.now, c.want, err)
		}
	}
}
