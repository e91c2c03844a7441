//go:build unix

package people_test

import (
	"fmt"
	"maps"
	"math"
	"os/exec"
	"slices"
	"strconv"
	"strings"
	"testing"

	"go.opentelemetry.io/otel/attribute"
	sdkmetric "go.opentelemetry.io/otel/sdk/metric"
	"go.opentelemetry.io/otel/sdk/metric/metricdata"

	"cairncx.dev/cairn/internal/e2e/servers"
)

// sums are numbers by name. NaN is NULL.
type sums map[string]float64

// awk runs a program of testdata over a file, and returns what it prints.
func awk(t *testing.T, program, file string, args ...string) string {
	t.Helper()
	path, err := exec.LookPath("awk")
	if err != nil {
		servers.Skip(t, "awk is not installed, which counts independently: install mawk or gawk")
	}
	cmd := exec.CommandContext(t.Context(), path, append(args, "-f", "testdata/"+program, file)...)
	var stderr strings.Builder
	cmd.Stderr = &stderr
	out, err := cmd.Output()
	if err != nil || stderr.Len() > 0 {
		t.Fatalf("awk: %v: %s", err, &stderr)
	}
	return string(out)
}

// counts returns the numbers that people.awk finds in the log.
func counts(t *testing.T, log string, variables map[string]string) sums {
	t.Helper()
	var args []string
	for name, v := range variables {
		args = append(args, "-v", name+"="+v)
	}
	s := sums{}
	for line := range strings.Lines(awk(t, "people.awk", log, args...)) {
		name, text, _ := strings.Cut(strings.TrimSuffix(line, "\n"), "\t")
		v := math.NaN()
		if text != "NULL" {
			var err error
			if v, err = strconv.ParseFloat(text, 64); err != nil {
				t.Fatalf("awk printed %q", line)
			}
		}
		if _, twice := s[name]; twice {
			t.Fatalf("awk printed %q twice", name)
		}
		s[name] = v
	}
	return s
}

// part returns the numbers whose names begin with one of the words.
func (s sums) part(words ...string) sums {
	some := sums{}
	for name, v := range s {
		if slices.ContainsFunc(words, func(w string) bool { return strings.HasPrefix(name, w) }) {
			some[name] = v
		}
	}
	return some
}

// same reports each number that is not in both, or differs. A count has to be equal, and a sum of seconds to 1e-9 of it. A name with ~ is
// what a query has rounded: to two digits for seconds, and to one for percent.
func same(t *testing.T, what string, want, got sums) {
	t.Helper()
	if len(want) == 0 {
		t.Errorf("%s: awk finds nothing", what)
	}
	all := maps.Clone(want)
	maps.Copy(all, got)
	wrong := 0
	for _, name := range slices.Sorted(maps.Keys(all)) {
		w, is := want[name]
		g, has := got[name]
		allowed := 0.0
		switch {
		case strings.Contains(name, " ~") && strings.HasSuffix(name, "percent"):
			allowed = 0.05 + 1e-9
		case strings.Contains(name, " ~"):
			allowed = 0.005 + 1e-9
		case w != math.Trunc(w) || g != math.Trunc(g):
			allowed = 1e-9 * math.Abs(w)
		}
		if is && has && (math.Abs(w-g) <= allowed || math.IsNaN(w) && math.IsNaN(g)) {
			continue
		}
		if wrong++; wrong <= 12 {
			t.Errorf("%s: %s: awk has %v (%v), the product %v (%v)", what, name, w, is, g, has)
		}
	}
	if wrong > 12 {
		t.Errorf("%s: and %d further numbers of %d", what, wrong-12, len(all))
	}
}

// counted are the metrics that people.awk knows.
var counted = []string{
	"cx.queue.contacts", "cx.touchpoint.wait.duration", "cx.contact.handle.duration", "cx.contact.reply.duration", "cx.contact.transfers",
	"cx.employee.decisions", "cx.effort.contacts", "cx.effort.ended", "cx.effort.repeats", "cx.effort.switches",
}

// gathered returns the numbers of the metrics, without those that are zero.
func gathered(t *testing.T, reader *sdkmetric.ManualReader) sums {
	t.Helper()
	var rm metricdata.ResourceMetrics
	if err := reader.Collect(t.Context(), &rm); err != nil {
		t.Fatal(err)
	}
	s := sums{}
	put := func(name string, v float64) {
		if v != 0 {
			s[name] = v
		}
	}
	for _, scope := range rm.ScopeMetrics {
		for _, m := range scope.Metrics {
			if !slices.Contains(counted, m.Name) {
				continue
			}
			switch data := m.Data.(type) {
			case metricdata.Sum[int64]:
				for _, p := range data.DataPoints {
					put(series(m.Name, p.Attributes), float64(p.Value))
				}
			case metricdata.Histogram[float64]:
				for _, p := range data.DataPoints {
					name := series(m.Name, p.Attributes)
					put(name+" count", float64(p.Count))
					put(name+" sum", p.Sum)
					for i, n := range p.BucketCounts {
						le := "+Inf"
						if i < len(p.Bounds) {
							le = fmt.Sprint(p.Bounds[i])
						}
						put(name+" le="+le, float64(n))
					}
				}
			default:
				t.Fatalf("%s is a %T", m.Name, m.Data)
			}
		}
	}
	return s
}

func series(name string, set attribute.Set) string {
	var parts []string
	for _, kv := range set.ToSlice() {
		parts = append(parts, string(kv.Key)+"="+kv.Value.Emit())
	}
	slices.Sort(parts)
	return name + "{" + strings.Join(parts, ",") + "}"
}
