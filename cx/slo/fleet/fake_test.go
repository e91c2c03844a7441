package fleet_test

import (
	"encoding/json"
	"fmt"
	"math"
	"net/http"
	"net/http/httptest"
	"regexp"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"cairncx.dev/cairn/cx/slo"
	"cairncx.dev/cairn/cx/slo/fleet"
)

// sample is a value at a time in milliseconds.
type sample struct {
	at    int64
	value int64
}

// stored is a series that the fake has.
type stored struct {
	labels  map[string]string
	samples []sample
}

// fake answers the queries of the package over its series, as Prometheus does. Prometheus itself is asked in an end-to-end test.
type fake struct {
	series []stored
	closed bool // whether a range has its first instant, as before Prometheus 3

	mu    sync.Mutex
	asked []string // path, query and times
}

var (
	selected = regexp.MustCompile(`(cx_slo_\w+_total)\{([^}]*)\}\[(\d+)ms\]`)
	matched  = regexp.MustCompile(`(\w+)="([^"]*)"`)
)

// ServeHTTP implements [http.Handler].
func (f *fake) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	query := r.FormValue("query")
	f.mu.Lock()
	f.asked = append(f.asked, fmt.Sprint(r.Method, " ", r.URL.Path, " ", query, " ", r.Form["time"], r.Form["start"], r.Form["end"], r.Form["step"], r.Form["timeout"]))
	f.mu.Unlock()
	m := selected.FindStringSubmatch(query)
	if m == nil {
		http.Error(w, query, http.StatusBadRequest)
		return
	}
	span, err := strconv.ParseInt(m[3], 10, 64)
	if err != nil {
		http.Error(w, err.Error(), http.StatusBadRequest)
		return
	}
	kind, result := "matrix", []any{}
	for _, s := range f.series {
		if s.labels["__name__"] != m[1] || !s.has(m[2]) {
			continue
		}
		switch {
		case strings.HasPrefix(query, "last_over_time("):
			kind = "vector"
			if in := s.within(f.closed, millis(r, "time"), span); len(in) > 0 {
				result = append(result, map[string]any{"metric": s.labels, "value": pair(in[len(in)-1])})
			}
		case r.URL.Path == "/api/v1/query":
			if in := s.within(f.closed, millis(r, "time"), span); len(in) > 0 {
				result = append(result, map[string]any{"metric": s.labels, "values": pairs(in)})
			}
		default:
			result = append(result, s.summary(f.closed, span, millis(r, "start"), millis(r, "end"), millis(r, "step"))...)
		}
	}
	if strings.HasPrefix(query, "last_over_time(") {
		kind = "vector"
	}
	answer(w, kind, result)
}

func (s *stored) has(selector string) bool {
	for _, m := range matched.FindAllStringSubmatch(selector, -1) {
		if s.labels[m[1]] != m[2] {
			return false
		}
	}
	return true
}

func (s *stored) within(closed bool, at, span int64) (in []sample) {
	for _, x := range s.samples {
		if (x.at > at-span || closed && x.at == at-span) && x.at <= at {
			in = append(in, x)
		}
	}
	return in
}

// summary is what Prometheus answers for the lowest, the last value and the resets.
func (s *stored) summary(closed bool, span, start, end, step int64) (result []any) {
	kinds := map[string][]sample{}
	for at := start; at <= end; at += step {
		in := s.within(closed, at, span)
		if len(in) == 0 {
			continue
		}
		least, resets := in[0].value, int64(0)
		for i, x := range in[1:] {
			least = min(least, x.value)
			if x.value < in[i].value {
				resets++
			}
		}
		kinds["least"] = append(kinds["least"], sample{at, least})
		kinds["last"] = append(kinds["last"], sample{at, in[len(in)-1].value})
		if resets > 0 {
			kinds["resets"] = append(kinds["resets"], sample{at, resets})
		}
	}
	for kind, values := range kinds {
		labels := map[string]string{"cx_kind": kind}
		for k, v := range s.labels {
			if k != "__name__" || kind == "last" { // as Prometheus keeps the name in last_over_time only
				labels[k] = v
			}
		}
		result = append(result, map[string]any{"metric": labels, "values": pairs(values)})
	}
	return result
}

func pair(x sample) []any { return []any{float64(x.at) / 1000, strconv.FormatInt(x.value, 10)} }

func pairs(list []sample) (all [][]any) {
	for _, x := range list {
		all = append(all, pair(x))
	}
	return all
}

func millis(r *http.Request, field string) int64 {
	s, err := strconv.ParseFloat(r.FormValue(field), 64)
	if err != nil {
		return math.MinInt64
	}
	return int64(math.Round(s * 1000))
}

func answer(w http.ResponseWriter, kind string, result []any) {
	body, err := json.Marshal(map[string]any{"status": "success", "data": map[string]any{"resultType": kind, "result": result}})
	if err != nil {
		http.Error(w, err.Error(), http.StatusInternalServerError)
		return
	}
	_, _ = w.Write(body) // the client may have gone
}

// serve starts a server until the end of the test, and returns its address and a client whose connections end with it.
func serve(t testing.TB, h http.Handler) (string, *http.Client) {
	t.Helper()
	server := httptest.NewServer(h)
	client := &http.Client{Transport: &http.Transport{DisableKeepAlives: true}}
	t.Cleanup(server.Close)
	return server.URL, client
}

// status asks the handler for the state of the objectives.
func status(t testing.TB, h http.Handler, now time.Time, objectives []slo.Objective, opts ...fleet.Option) ([]slo.Status, error) {
	t.Helper()
	address, client := serve(t, h)
	c, err := fleet.New(address, append([]fleet.Option{fleet.WithHTTPClient(client)}, opts...)...)
	if err != nil {
		t.Fatal(err)
	}
	return c.Status(t.Context(), objectives, now)
}
