package chart_test

import (
	"fmt"
	"html/template"
	"os"
	"strings"
	"time"

	"cairncx.dev/cairn/cx/insight/chart"
	"cairncx.dev/cairn/cx/stats"
)

func Example() {
	page := template.Must(template.New("").Parse("<style>{{.Style}}</style>\n{{.Chart}}"))
	var out strings.Builder
	err := page.Execute(&out, map[string]any{
		"Style": chart.Style(),
		"Chart": chart.Figure(chart.Bars{
			About: chart.About{Title: "Appeals take longest", Note: "Median time to a solution, May 2012"},
			Unit:  chart.Duration,
			Rows:  []chart.Bar{{Name: "Appeals", Value: chart.Value{Value: 34_200, N: 91}}, {Name: "Permits", Value: chart.Value{Value: 21_000, N: 413}}},
		}),
	})
	fmt.Println(err, strings.Count(out.String(), "<svg"), "pictures,", strings.Count(out.String(), "<table"), "table")
	// Output: <nil> 2 pictures, 1 table
}

// The table of a chart, for a report in Markdown. A group of three customers is not shown.
func ExampleNumbers() {
	value := func(k, n int64) chart.Value {
		return chart.Value{Value: float64(k) / float64(n), Interval: chart.Interval(stats.Wilson(k, n, 0.95)), N: n}
	}
	table := chart.Numbers(chart.Bars{
		Unit:  chart.Share,
		Group: "Kind of permit",
		Rows:  []chart.Bar{{Name: "Shops", Value: value(61, 203)}, {Name: "Trees", Value: value(31, 388)}, {Name: "Events", Value: value(1, 3)}},
	})
	fmt.Println(strings.Join(table.Head, " | "))
	for _, row := range table.Rows {
		fmt.Println(strings.Join(row, " | "))
	}
	// Output:
	// Kind of permit | Share | 95% interval | n
	// Shops | 30.0% | 24.2% to 36.7% | 203
	// Trees | 8.0% | 5.7% to 11.1% | 388
	// Events | – |  | <5
}

func ExampleTrend() {
	zone := time.FixedZone("CEST", 2*60*60)
	var points []chart.Point
	for i, solved := range []int64{95, 91, 70} {
		from := time.Date(2012, 5, 14+7*i, 0, 0, 0, 0, zone)
		points = append(points, chart.Point{
			Period: chart.Period{From: from, Until: from.AddDate(0, 0, 7)},
			Value:  chart.Value{Value: float64(solved) / 100, Interval: chart.Interval(stats.Wilson(solved, 100, 0.95)), N: 100},
		})
	}
	table := chart.Numbers(chart.Trend{Unit: chart.Share, Points: points, Target: &chart.Line{Value: 0.93, Label: "Target 93%"}})
	fmt.Println(strings.Join(table.Head, " | "))
	for _, row := range table.Rows {
		fmt.Println(strings.Join(row, " | "))
	}
	// Output:
	// Period | Share | 95% interval | n | Target 93%
	// 14 to 20 May 2012 | 95.0% | 88.8% to 97.8% | 100 | met
	// 21 to 27 May 2012 | 91.0% | 83.8% to 95.2% | 100 | missed, may be chance
	// 28 May to 3 June 2012 | 70.0% | 60.4% to 78.1% | 100 | missed
}

func ExampleMail() {
	out := string(chart.Mail(chart.Stack{
		About: chart.About{Title: "Nine of ten journeys end well"},
		Parts: []chart.Part{{Name: "Completed"}, {Name: "Failed", Tone: chart.Bad}},
		Rows:  []chart.Whole{{Name: "All", Counts: []int64{90, 10}}},
	}))
	fmt.Println("SVG:", strings.Contains(out, "<svg"), "style sheet:", strings.Contains(out, "class="))
	fmt.Println("a bar of 90%:", strings.Contains(out, `width="90%"`))
	// Output:
	// SVG: false style sheet: false
	// a bar of 90%: true
}

func ExampleSpark() {
	fmt.Println(strings.Split(string(chart.Spark("Contacts", chart.Count, []float64{980, 1011, 1502})), "\n")[0])
	// Output: <svg class="cx-spark" xmlns="http://www.w3.org/2000/svg" role="img" width="120" height="28" viewBox="0 0 120 28"><title>Contacts: 3 values, last 1,502</title>
}

func ExampleStyle() {
	err := template.Must(template.New("").Parse("{{if .}}<style>…</style>{{end}}\n")).Execute(os.Stdout, chart.Style())
	fmt.Println(err)
	// Output:
	// <style>…</style>
	// <nil>
}

func ExamplePeriod_Label() {
	from := time.Date(2012, 5, 14, 0, 0, 0, 0, time.UTC)
	fmt.Println(chart.Period{From: from, Until: from.AddDate(0, 0, 7)}.Label())
	fmt.Println(chart.Period{From: from.AddDate(0, 0, -13), Until: from.AddDate(0, 0, 18)}.Label())
	// Output:
	// 14 to 20 May 2012
	// May 2012
}

func ExampleHistogram() {
	var waits []time.Duration
	for i := range 20 {
		waits = append(waits, time.Duration(i+1)*time.Minute)
	}
	for _, row := range chart.Numbers(chart.Histogram{Durations: waits}).Rows {
		fmt.Println(strings.Join(row, " | "))
	}
	// Output:
	// 1 min to under 2 min | 1 | 5.0% | 5.0%
	// 2 min to under 4 min | 2 | 10.0% | 15.0%
	// 4 min to under 8 min | 4 | 20.0% | 35.0%
	// 8 min to under 15 min | 7 | 35.0% | 70.0%
	// 15 min to under 30 min | 6 | 30.0% | 100.0%
}

func ExampleFunnel() {
	steps := []chart.Step{{Name: "Basket", N: 9120}, {Name: "Payment", N: 7402}, {Name: "Order", N: 5538}}
	for _, row := range chart.Numbers(chart.Funnel{Steps: steps}).Rows {
		fmt.Printf("%s: %s, %s of the first\n", row[0], row[1], row[2])
	}
	// Output:
	// Basket: 9,120, 100.0% of the first
	// Payment: 7,402, 81.2% of the first
	// Order: 5,538, 60.7% of the first
}

func ExamplePathMap() {
	table := chart.Numbers(chart.PathMap{
		Stops: []chart.Stop{{Name: "Intake", N: 1434}, {Name: "Review", N: 1434}, {Name: "Decision", N: 1401}},
		Moves: []chart.Move{{From: 0, To: 1, N: 1434}, {From: 1, To: 2, N: 1401, Median: 30 * time.Hour}, {From: 2, To: 1, N: 237}, {From: 2, To: 0, N: 3}},
	})
	for _, row := range table.Rows {
		fmt.Println(strings.TrimRight(strings.Join(row, " | "), " |"))
	}
	fmt.Println("left out:", table.More)
	// Output:
	// Intake | Review | 1,434 | –
	// Review | Decision | 1,401 | 1 d 6 h
	// Decision | Review | 237 | –
	// left out: 1
}

func ExampleStageMap() {
	table := chart.Numbers(chart.StageMap{
		Columns: []chart.Column{
			{Name: "cart", Stops: []chart.Stop{{Name: "view-cart", N: 300}, {Name: "voucher", N: 41}}},
			{Name: "payment", Stops: []chart.Stop{{Name: "pay", N: 255}}},
		},
		Moves: []chart.Move{{From: 0, To: 2, N: 240, Median: 16 * time.Second}, {From: 0, To: 1, N: 41}, {From: 2, To: 0, N: 12}, {From: 2, To: 7, N: 30}},
	})
	for _, row := range table.Rows {
		fmt.Println(strings.TrimRight(strings.Join(row, " | "), " |"))
	}
	fmt.Println("left out:", table.More)
	// Output:
	// view-cart | pay | 240 | 16 s
	// view-cart | voucher | 41 | –
	// pay | view-cart | 12 | –
	// left out: 1
}

func ExampleSparkRange() {
	fmt.Println(strings.Split(string(chart.SparkRange("Kept in time", chart.Share, []float64{0.93, 0.96, 0.95})), "\n")[0])
	// Output: <svg class="cx-spark" xmlns="http://www.w3.org/2000/svg" role="img" width="120" height="28" viewBox="0 0 120 28"><title>Kept in time: 3 values, last 95.0%</title>
}

// A day on which more fails than chance explains has another mark, and the table says so.
func ExampleControl() {
	var days []chart.Day
	for i, failed := range []int64{9, 11, 10, 31} {
		from := time.Date(2012, 5, 14+i, 0, 0, 0, 0, time.UTC)
		days = append(days, chart.Day{
			Period: chart.Period{From: from, Until: from.AddDate(0, 0, 1)}, Value: chart.Value{Value: float64(failed) / 100, N: 100},
			Usual: 0.1, Limits: chart.Interval{Low: 0.01, High: 0.19},
		})
	}
	table := chart.Numbers(chart.Control{Days: days, LowerIsBetter: true, Events: []chart.Event{{At: days[3].From, Label: "release 2.4"}}})
	fmt.Println(strings.Join(table.Head, " | "))
	for _, row := range table.Rows[2:] {
		fmt.Println(strings.TrimRight(strings.Join(row, " | "), "| "))
	}
	// Output:
	// Day | Share | n | Usual | Limits | What happened
	// Wed 16 May 2012 | 10.0% | 100 | 10.0% | 1.0% to 19.0%
	// Thu 17 May 2012 | 31.0% | 100 | 10.0% | 1.0% to 19.0% | release 2.4; above the limits
}
