package objectives_test

import (
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"net/http"
	"net/url"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"cairncx.dev/cairn/internal/e2e/servers"
)

// iterations is in the server's own metrics, for each group of rules.
var iterations = regexp.MustCompile(`(?m)^prometheus_rule_group_iterations_total\{.*\} (\d+)$`)

// get returns the body of an answer of the server's.
func get(t *testing.T, url string) []byte {
	t.Helper()
	answer, err := http.Get(url)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = answer.Body.Close() }()
	body, err := io.ReadAll(answer.Body)
	if err != nil || answer.StatusCode != http.StatusOK {
		t.Fatalf("%s: %s, %v\n%s", url, answer.Status, err, body)
	}
	return body
}

// group is a group of rules, as the server has it.
type group struct {
	File  string
	Rules []struct{ Name, Query, LastError string }
}

// groups returns the rules of the server.
func groups(t *testing.T, p *servers.Prometheus) []group {
	t.Helper()
	var read struct{ Data struct{ Groups []group } }
	if err := json.Unmarshal(get(t, p.URL()+"/api/v1/rules"), &read); err != nil {
		t.Fatal(err)
	}
	return read.Data.Groups
}

// row is a series of a range of time.
type row struct {
	Metric map[string]string
	Values [][2]any // a time, and a value as text
}

// labels returns the labels of the series without its name, as the exposition format has them.
func (r row) labels() string {
	var list []string
	for _, name := range slices.Sorted(maps.Keys(r.Metric)) {
		if name != "__name__" && name != "namespace" { // the past gives each story a namespace
			list = append(list, fmt.Sprintf("%s=%q", name, r.Metric[name]))
		}
	}
	return strings.Join(list, ",")
}

// since returns the samples with their times after that one.
func (r row) since(from time.Time) (list []sample) {
	for _, v := range r.Values {
		at, ok1 := v[0].(float64)
		value, ok2 := v[1].(string)
		if ok1 && ok2 {
			list = append(list, sample{time.Duration(at*float64(time.Second)) - time.Duration(from.Unix())*time.Second, value})
		}
	}
	return list
}

// matrix evaluates an expression at each tick of a range of time, between two scrapes: at a scrape increase is exact, which no rule can rely on.
func matrix(t *testing.T, p *servers.Prometheus, expr string, from, until time.Time) []row {
	t.Helper()
	var read struct {
		Data struct{ Result []row }
	}
	seconds := func(at time.Time) string { return strconv.FormatInt(at.Unix(), 10) }
	query := url.Values{"query": {expr}, "start": {seconds(from.Add(tick / 2))}, "end": {seconds(until)}, "step": {fmt.Sprint(tick.Seconds())}}
	if err := json.Unmarshal(get(t, p.URL()+"/api/v1/query_range?"+query.Encode()), &read); err != nil {
		t.Fatal(err)
	}
	if len(read.Data.Result) == 0 {
		t.Fatalf("%s has no result", expr)
	}
	return read.Data.Result
}
