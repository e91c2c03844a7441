package chart_test

import (
	"fmt"
	"math"
	"regexp"
	"strings"
	"testing"
	"time"

	"cairncx.dev/cairn/cx/insight/chart"
)

// TestFewAreNotShown: a group of four is shown nowhere, and one of five is.
func TestFewAreNotShown(t *testing.T) {
	t.Parallel()
	const secret = 0.77731 // 77.7%
	v := func(n int64) chart.Value {
		return chart.Value{Value: secret, Interval: chart.Interval{Low: 0.6661, High: 0.8881}, N: n}
	}
	other := chart.Value{Value: 0.5, N: 100}
	for name, c := range map[string]func(n, least int64) chart.Chart{
		"trend": func(n, least int64) chart.Chart {
			return chart.Trend{Unit: chart.Share, Points: points(weeks(3), other, v(n), other), Least: least}
		},
		"last of a trend": func(n, least int64) chart.Chart {
			return chart.Trend{Unit: chart.Share, Points: points(weeks(2), other, v(n)), Least: least}
		},
		"day of a control chart": func(n, least int64) chart.Chart {
			days := controlDays(0.5, 0.5, 0.5)
			days[1].Value = v(n)
			return chart.Control{Days: days, Least: least}
		},
		"bars": func(n, least int64) chart.Chart {
			return chart.Bars{Unit: chart.Share, Rows: []chart.Bar{{Name: "a", Value: v(n)}, {Name: "b", Value: other}}, Least: least}
		},
		"before": func(n, least int64) chart.Chart {
			return chart.Changes{Unit: chart.Share, Rows: []chart.Change{{Name: "a", Before: v(n), After: other, Real: true}}, Least: least}
		},
		"after": func(n, least int64) chart.Chart {
			return chart.Changes{Unit: chart.Share, Rows: []chart.Change{{Name: "a", Before: other, After: v(n), Real: true}}, Least: least}
		},
		"panels": func(n, least int64) chart.Chart {
			return chart.Panels{Unit: chart.Share, Panels: []chart.Panel{{"a", points(weeks(2), other, v(n))}}, Least: least}
		},
	} {
		for n := range int64(7) {
			c := c(n, 0)
			out := strings.Join(check(t, c), "\n")
			shown := strings.Contains(out, "77.7%") || strings.Contains(out, "66.6%") || strings.Contains(out, "27.7 points")
			if want := n >= chart.Least; shown != want {
				t.Errorf("%s: a value of %d runs is shown: %v, want %v", name, n, shown, want)
			}
			if n > 0 && n < chart.Least && !strings.Contains(out, "<5") && !strings.Contains(out, "n < 5") {
				t.Errorf("%s: nothing says that there are too few", name)
			}
		}
		if out := strings.Join(check(t, c(1, -1)), "\n"); !strings.Contains(out, "77.7%") {
			t.Errorf("%s: a value of one run is not shown, although the chart asks for it", name)
		}
		if out := strings.Join(check(t, c(29, 30)), "\n"); strings.Contains(out, "77.7%") {
			t.Errorf("%s: a value of 29 runs is shown, although the chart asks for 30", name)
		}
	}
}

// TestFewCountsAreNotShown: the same for charts of counts. The counts of four and of five are in no other number.
func TestFewCountsAreNotShown(t *testing.T) {
	t.Parallel()
	h := time.Hour
	for name, c := range map[string]func(n int64) chart.Chart{
		"bars": func(n int64) chart.Chart {
			return chart.Bars{Rows: []chart.Bar{{Name: "a", Value: chart.Value{Value: float64(n)}}, {Name: "b", Value: chart.Value{Value: 70}}}}
		},
		"stack": func(n int64) chart.Chart {
			return chart.Stack{Parts: []chart.Part{{Name: "p"}}, Rows: []chart.Whole{{"a", []int64{n}}, {"b", []int64{70}}}}
		},
		"funnel": func(n int64) chart.Chart {
			return chart.Funnel{Steps: []chart.Step{{Name: "a", N: 70}, {Name: "b", N: n}}}
		},
		"stages": func(n int64) chart.Chart {
			return chart.Stages{Rows: []chart.Stage{{Name: "a", Work: 3600, Runs: n, Median: 7 * h}, {Name: "b", Work: 3600, Runs: 70}}}
		},
		"map": func(n int64) chart.Chart {
			return chart.PathMap{Stops: []chart.Stop{{"a", 70}, {"b", n}}, Moves: []chart.Move{{0, 1, n, 7 * h}}}
		},
		"stage map": func(n int64) chart.Chart {
			return chart.StageMap{Columns: []chart.Column{{"c", []chart.Stop{{"a", 70}}}, {"d", []chart.Stop{{"b", n}}}}, Moves: []chart.Move{{0, 1, n, 7 * h}}}
		},
		"durations": func(n int64) chart.Chart {
			return chart.Histogram{Durations: durations(int(n), 70*h, 0.01)}
		},
	} {
		for _, n := range []int64{4, 5} {
			out := check(t, c(n))
			shown := false
			number := regexp.MustCompile(fmt.Sprintf(`(^|[ (])%d($|[ ,.(])`, n))
			for _, s := range out {
				for _, not := range []string{"<5", "n < 5"} {
					s = strings.ReplaceAll(s, not, "")
				}
				shown = shown || number.MatchString(s)
			}
			if shown != (n >= chart.Least) {
				t.Errorf("%s: a count of %d is shown: %v: %q", name, n, shown, out)
			}
		}
	}
}

// TestPictureAndTableAgree: every value that a picture writes is in the table, written in the same way.
func TestPictureAndTableAgree(t *testing.T) {
	t.Parallel()
	bold := regexp.MustCompile(`<text class="cx-b[^>]*>([^<]*)</text>`)
	seen := 0
	for _, c := range gallery() {
		var cells []string
		for _, row := range chart.Numbers(c).Rows {
			cells = append(cells, row...)
		}
		all := "|" + strings.Join(cells, "|") + "|"
		for _, m := range bold.FindAllStringSubmatch(string(chart.Figure(c)), -1) {
			seen++
			if !strings.Contains(all, "|"+m[1]+"|") {
				t.Errorf("%T: the picture says %q, and the table does not", c, m[1])
			}
		}
	}
	if seen < 40 {
		t.Errorf("the pictures have %d values: the pattern does not find them", seen)
	}
}

// TestManyAndNone: none, one and ten thousand of everything. What is left out is said, and the figure stays small.
func TestManyAndNone(t *testing.T) {
	t.Parallel()
	for _, n := range []int{0, 1, 2, 10_000} {
		periods := weeks(n)
		values := make([]chart.Value, n)
		bars, changes, wholes := make([]chart.Bar, n), make([]chart.Change, n), make([]chart.Whole, n)
		steps, stages, stops, moves := make([]chart.Step, n), make([]chart.Stage, n), make([]chart.Stop, n), make([]chart.Move, n)
		shares := make([]float64, n)
		panels, parts := make([]chart.Panel, n), make([]chart.Part, min(n, 20))
		for i := range n {
			v := chart.Value{Value: float64(i%97) / 100, N: 50}
			name := fmt.Sprint("group ", i)
			shares[i] = v.Value
			values[i], bars[i], changes[i] = v, chart.Bar{Name: name, Value: v}, chart.Change{Name: name, Before: v, After: v}
			wholes[i], steps[i], stages[i] = chart.Whole{Name: name, Counts: []int64{9, 8, 7}}, chart.Step{Name: name, N: int64(n - i)}, chart.Stage{Name: name, Work: 3600, Runs: 9}
			stops[i], moves[i], panels[i] = chart.Stop{Name: name, N: 9}, chart.Move{From: i % 17, To: i % 13, N: 9}, chart.Panel{Name: name, Points: points(weeks(2), v, v)}
		}
		for i := range parts {
			parts[i] = chart.Part{Name: fmt.Sprint("part ", i), Tone: chart.Tone(i)}
		}
		for _, c := range []chart.Chart{
			chart.Trend{Unit: chart.Share, Points: points(periods, values...)},
			chart.Panels{Unit: chart.Share, Panels: panels},
			chart.Control{Days: controlDays(shares...)},
			chart.Bars{Unit: chart.Share, Rows: bars},
			chart.Changes{Unit: chart.Share, Rows: changes},
			chart.Stack{Parts: parts, Rows: wholes},
			chart.Funnel{Steps: steps},
			chart.Stages{Rows: stages},
			chart.Histogram{Durations: durations(n, time.Hour, 1)},
			chart.PathMap{Stops: stops, Moves: moves},
			chart.StageMap{Columns: []chart.Column{{"one", stops}, {"two", stops}}, Moves: moves},
		} {
			check(t, c)
			if size := len(chart.Figure(c)); size > 120_000 {
				t.Errorf("%T of %d has %d bytes", c, n, size)
			}
			table := chart.Numbers(c)
			if _, ok := c.(chart.Histogram); n > 100 && !ok && table.More == 0 {
				t.Errorf("%T of %d does not say that rows are left out", c, n)
			}
			if n > 100 && table.More > 0 && !strings.Contains(string(chart.Figure(c)), "not shown") {
				t.Errorf("%T of %d does not show that rows are left out", c, n)
			}
		}
		chart.Spark("many", chart.Share, make([]float64, n))
	}
	if empty := (*chart.Trend)(nil); chart.Figure(empty, nil) != "" || chart.Mail(empty) != "" || len(chart.Numbers(empty).Rows) != 0 {
		t.Error("a nil trend is drawn")
	}
	for _, out := range []string{string(chart.Figure(nil)), string(chart.Mail(nil)), strings.Join(chart.Numbers(nil).Head, "")} {
		if out != "" {
			t.Errorf("no chart is %q", out)
		}
	}
}

// TestNoPeakIsLost: of many points, the smallest and the largest are drawn.
func TestNoPeakIsLost(t *testing.T) {
	t.Parallel()
	const n = 5000
	values := make([]chart.Value, n)
	for i := range values {
		values[i] = chart.Value{Value: 500 + 100*math.Sin(float64(i)), N: 10}
	}
	values[1234].Value, values[4321].Value = 9001, 7
	table := chart.Numbers(chart.Trend{Points: points(weeks(n), values...)})
	found := map[string]bool{}
	for _, row := range table.Rows {
		found[row[1]] = true
	}
	if !found["9,001"] || !found["7"] {
		t.Error("a peak is not among the points that are left")
	}
	if got := int64(len(table.Rows)) + table.More; got != n {
		t.Errorf("%d points are shown or left out, want %d", got, n)
	}
}

// TestVerdicts: a value misses its target by more than chance if its whole interval does, in the direction that is worse.
func TestVerdicts(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		reason           string
		value, low, high float64
		lower            bool
		want             string
	}{
		{"above", 0.95, 0.92, 0.97, false, "met"},
		{"exactly", 0.9, 0.85, 0.94, false, "met"},
		{"below, and the interval reaches the target", 0.88, 0.84, 0.91, false, "missed, may be chance"},
		{"the whole interval is below", 0.8, 0.75, 0.85, false, "missed"},
		{"lower is better: below", 0.8, 0.75, 0.85, true, "met"},
		{"lower is better: exactly", 0.9, 0.85, 0.94, true, "met"},
		{"lower is better: above, and the interval reaches the target", 0.92, 0.89, 0.94, true, "missed, may be chance"},
		{"lower is better: the whole interval is above", 0.95, 0.92, 0.97, true, "missed"},
		{"without an interval the value decides", 0.89, 0, 0, false, "missed"},
	} {
		v := chart.Value{Value: c.value, Interval: chart.Interval{Low: c.low, High: c.high}, N: 100}
		trend := chart.Trend{Unit: chart.Share, Points: points(weeks(1), v), Target: &chart.Line{Value: 0.9}, LowerIsBetter: c.lower}
		row := chart.Numbers(trend).Rows[0]
		if got := row[len(row)-1]; got != c.want {
			t.Errorf("%s: %q, want %q", c.reason, got, c.want)
		}
		if diamond, want := strings.Contains(string(chart.Figure(trend)), "misses it"), c.want == "missed"; diamond != want {
			t.Errorf("%s: the picture marks it: %v, want %v", c.reason, diamond, want)
		}
	}
	for _, c := range []struct {
		reason        string
		before, after float64
		n             int64
		real, lower   bool
		want, tells   string
	}{
		{"more", 0.1, 0.2, 100, true, false, "better, more than chance", "1 differs by more than chance, 0 worse"},
		{"more, and lower is better", 0.1, 0.2, 100, true, true, "worse, more than chance", "1 differs by more than chance, 1 worse"},
		{"less", 0.2, 0.1, 100, true, false, "worse, more than chance", "1 differs by more than chance, 1 worse"},
		{"less, and lower is better", 0.2, 0.1, 100, true, true, "better, more than chance", "1 differs by more than chance, 0 worse"},
		{"the question found nothing", 0.2, 0.1, 100, false, true, "may be chance", "0 differ by more than chance, 0 worse"},
		{"nothing is said of a group that is not shown", 0.2, 0.1, 4, true, false, "", "0 differ by more than chance, 0 worse"},
	} {
		changes := chart.Changes{Unit: chart.Share, LowerIsBetter: c.lower, Rows: []chart.Change{{
			Name: "a", Before: chart.Value{Value: c.before, N: 100}, After: chart.Value{Value: c.after, N: c.n}, Real: c.real,
		}}}
		row := chart.Numbers(changes).Rows[0]
		if got := row[len(row)-1]; got != c.want {
			t.Errorf("%s: %q, want %q", c.reason, got, c.want)
		}
		if out := string(chart.Figure(changes)); !strings.Contains(out, c.tells) {
			t.Errorf("%s: the description does not say %q", c.reason, c.tells)
		}
	}
}

// TestLongNumbers: numbers that are wider than a telephone leave some room for the marks.
func TestLongNumbers(t *testing.T) {
	t.Parallel()
	v := chart.Value{Value: 4e14}
	check(t, chart.Trend{Points: points(weeks(12), v, v, v, v, v, v, v, v, v, v, v, v)})
	check(t, chart.Panels{Panels: []chart.Panel{{"a", points(weeks(3), v, v, v)}, {"b", points(weeks(3), v, v, v)}}})
	check(t, chart.Bars{Rows: []chart.Bar{{Name: strings.Repeat("long ", 30), Value: chart.Value{Value: 4e14, N: 4e14}}, {Name: "b", Value: v}}})
	check(t, chart.Changes{Rows: []chart.Change{{Name: "a", Before: v, After: v}}})
}

// TestMapWithoutMoves: a map of single steps has no table, which would have headings alone.
func TestMapWithoutMoves(t *testing.T) {
	t.Parallel()
	alone := chart.StageMap{Columns: []chart.Column{{"c", []chart.Stop{{"a", 70}, {"b", 60}}}}}
	if got := string(chart.Figure(alone)); !strings.Contains(got, "<svg") || strings.Contains(got, "<table") {
		t.Errorf("the figure is %s", got)
	}
	alone.Moves = []chart.Move{{0, 1, 30, time.Hour}}
	if got := string(chart.Figure(alone)); !strings.Contains(got, "<table") {
		t.Errorf("the figure with a move is %s", got)
	}
}

// TestLongStages: the time of all runs together may be longer than a time.Duration, and is written as it is.
func TestLongStages(t *testing.T) {
	t.Parallel()
	c := chart.Stages{Rows: []chart.Stage{{Name: "work", Work: 3e10, Runs: 70}, {Name: "wait", Wait: 1e10, Runs: 70}}}
	page := string(chart.Figure(c))
	for _, want := range []string{"347,222 d", "115,741 d", "75.0%", "25.0%"} {
		if !strings.Contains(page, want) {
			t.Errorf("the picture has no %s:\n%s", want, page)
		}
	}
}
