package servers

import (
	"encoding/json"
	"fmt"
	"math"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
)

// TestQueryAnswer uses answers in the form of "HTTP API" in Prometheus's manual.
func TestQueryAnswer(t *testing.T) {
	tests := []struct {
		name   string
		reason string
		answer string
		want   []Sample
		err    string
	}{
		{
			name: "vector", reason: "the usual result",
			answer: `{"status":"success","data":{"resultType":"vector","result":[` +
				`{"metric":{"__name__":"up","job":"prometheus"},"value":[1435781451.781,"1"]},` +
				`{"metric":{},"value":[1435781451.781,"NaN"]}]}}`,
			want: []Sample{
				{Labels: map[string]string{"__name__": "up", "job": "prometheus"}, Value: 1},
				{Value: math.NaN()},
			},
		},
		{
			name: "empty vector", reason: "nothing matched",
			answer: `{"status":"success","data":{"resultType":"vector","result":[]}}`,
		},
		{
			name: "scalar", reason: "a number has no labels",
			answer: `{"status":"success","data":{"resultType":"scalar","result":[1435781451.781,"+Inf"]}}`,
			want:   []Sample{{Value: math.Inf(1)}},
		},
		{
			name: "matrix", reason: "a range has no single value",
			answer: `{"status":"success","data":{"resultType":"matrix","result":[]}}`,
			err:    "the result is a matrix",
		},
		{
			name: "error", reason: "the server's message says what is wrong",
			answer: `{"status":"error","errorType":"bad_data","error":"1:3: parse error"}`,
			err:    "1:3: parse error",
		},
		{
			name: "no pair", reason: "the result has not the documented form",
			answer: `{"status":"success","data":{"resultType":"scalar","result":[1]}}`,
			err:    "not a pair",
		},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			var answer queryAnswer
			if err := json.Unmarshal([]byte(test.answer), &answer); err != nil {
				t.Fatal(err)
			}
			got, err := answer.samples()
			if (err == nil) != (test.err == "") || err != nil && !strings.Contains(err.Error(), test.err) {
				t.Fatalf("the error is %v, want %q: %s", err, test.err, test.reason)
			}
			if diff := cmp.Diff(test.want, got, cmpopts.EquateEmpty(), cmpopts.EquateNaNs()); diff != "" {
				t.Errorf("%s (-want +got):\n%s", test.reason, diff)
			}
		})
	}
}

func TestPrometheusScrapesItsTargets(t *testing.T) {
	handler := http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		_, _ = w.Write([]byte("tills{job=\"shop\",floor=\"1\"} 2\ntills{job=\"shop\",floor=\"2\"} 3\n"))
	})
	first, second := httptest.NewServer(handler), httptest.NewServer(handler)
	defer first.Close()
	defer second.Close()
	p := StartPrometheus(t, first.Listener.Addr().String(), second.Listener.Addr().String())
	waitForValue(t, p, `sum(tills{job="shop"})`, 10)
	waitForValue(t, p, `count(up{job="e2e"} == 1)`, 2)

	if got, ok := p.Value(t, "1 + 1"); !ok || got != 2 {
		t.Errorf("1 + 1 is %v, %t, want 2", got, ok)
	}
	if got, ok := p.Value(t, "tills > 100"); ok {
		t.Errorf("a query without a result has value %v", got)
	}
	want := []Sample{{Labels: map[string]string{"floor": "2"}, Value: 6}}
	if diff := cmp.Diff(want, p.Query(t, "sum by (floor) (tills) > 5")); diff != "" {
		t.Errorf("a sum by floor (-want +got):\n%s", diff)
	}
	for query, want := range map[string]string{
		"tills": "4 samples instead of one",
		"sum(":  "parse error",
	} {
		if r := record(t, func(t testing.TB) { p.Value(t, query) }); !strings.Contains(r.fatal, want) {
			t.Errorf("%s fails with %q, want it to contain %q", query, r.fatal, want)
		}
	}
}

// waitForValue waits until the query has the value.
func waitForValue(t *testing.T, p *Prometheus, promql string, want float64) {
	t.Helper()
	Eventually(t, patience, func() error {
		got, ok := p.Value(t, promql)
		if !ok || got != want {
			return fmt.Errorf("%s is %v, %t, want %v", promql, got, ok, want)
		}
		return nil
	})
}
