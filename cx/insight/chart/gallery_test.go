package chart_test

import (
	"bytes"
	"flag"
	"html/template"
	"math"
	"os"
	"path/filepath"
	"testing"
	"time"

	"cairncx.dev/cairn/cx/insight/chart"
	"cairncx.dev/cairn/cx/stats"
)

var update = flag.Bool("update", false, "write the golden files of testdata")

// share is a share with its interval.
func share(k, n int64) chart.Value {
	return chart.Value{Value: float64(k) / float64(n), Interval: chart.Interval(stats.Wilson(k, n, 0.95)), N: n}
}

// weeks returns n weeks from 14 May 2012 on.
func weeks(n int) []chart.Period {
	out := make([]chart.Period, n)
	for i := range out {
		from := time.Date(2012, 5, 14+7*i, 0, 0, 0, 0, time.UTC)
		out[i] = chart.Period{From: from, Until: from.AddDate(0, 0, 7)}
	}
	return out
}

// months returns n months from October 2011 on.
func months(n int) []chart.Period {
	out := make([]chart.Period, n)
	for i := range out {
		from := time.Date(2011, time.Month(10+i), 1, 0, 0, 0, 0, time.UTC)
		out[i] = chart.Period{From: from, Until: from.AddDate(0, 1, 0)}
	}
	return out
}

func points(periods []chart.Period, values ...chart.Value) []chart.Point {
	out := make([]chart.Point, len(values))
	for i, v := range values {
		out[i] = chart.Point{Period: periods[i], Value: v}
	}
	return out
}

// durations are log-normal, by the quantiles of the distribution.
func durations(n int, median time.Duration, spread float64) []time.Duration {
	out := make([]time.Duration, n)
	for i := range out {
		q := stats.NormalQuantile((float64(i) + 0.5) / float64(n))
		out[i] = time.Duration(float64(median) * math.Exp(spread*q))
	}
	return out
}

func trend() chart.Trend {
	return chart.Trend{
		About: chart.About{
			Title: "Since July fewer than nine of ten tickets are solved in time",
			Note:  "Share of tickets solved within 5 working days, by month of their start, Europe/Berlin",
			Foot:  "5,210 tickets. January has too few tickets that are old enough.",
		},
		Unit: chart.Share,
		Points: points(months(12), share(402, 437), share(391, 420), share(377, 418), share(2, 3), share(398, 441), share(420, 455), share(431, 470),
			share(440, 472), share(455, 501), share(430, 496), share(411, 520), share(401, 538)),
		Target: &chart.Line{Value: 0.9, Label: "target 90%"},
	}
}

func panels() chart.Panels {
	p := weeks(8)
	return chart.Panels{
		About: chart.About{Title: "Only the permit team misses its promise", Note: "Share of tickets solved in time, by week and team, UTC"},
		Unit:  chart.Share,
		Group: "Team",
		Panels: []chart.Panel{
			{"Permits", points(p, share(80, 91), share(77, 90), share(71, 88), share(60, 84), share(55, 90), share(51, 88), share(48, 90), share(44, 87))},
			{"Appeals", points(p, share(40, 42), share(38, 41), share(41, 43), share(3, 4), share(37, 40), share(44, 45), share(40, 43), share(41, 42))},
			{"Telephone, second line", points(p, share(140, 151), share(138, 150), share(146, 152), share(139, 148), share(141, 153), share(150, 160), share(139, 149), share(142, 151))},
			{"Counter", points(p, share(91, 96), share(88, 95), share(90, 97), share(86, 93), share(93, 99), share(89, 95), share(90, 98), share(92, 97))},
		},
		Target: &chart.Line{Value: 0.9, Label: "target 90%"},
	}
}

func bars() chart.Bars {
	return chart.Bars{
		About: chart.About{
			Title: "Building permits for shops break their promise most often",
			Note:  "Share of tickets that broke the promise “solved”, 14 to 20 May 2012, UTC. Groups of 30 or more",
			Foot:  "Association, not proof.",
		},
		Unit:  chart.Share,
		Group: "Kind of permit",
		Rows: []chart.Bar{
			{Name: "Shops and restaurants", Value: share(61, 203), Tone: chart.Bad},
			{Name: "Conversion of a listed building into flats", Value: share(17, 81), Tone: chart.Bad},
			{Name: "Signs", Value: share(22, 190)},
			{Name: "Trees", Value: share(31, 388)},
			{Name: "Garages", Value: share(9, 144)},
			{Name: "Events", Value: share(1, 3)},
		},
		Line:  &chart.Line{Value: 0.128, Label: "all 12.8%"},
		Tones: []chart.Meaning{{chart.Bad, "worse than the others by more than chance"}},
	}
}

func changes() chart.Changes {
	return chart.Changes{
		About:  chart.About{Title: "Release 2.4 halved failed payments by card, and more by invoice fail", Note: "Share of failed payments, by method, release 2.3 against 2.4"},
		Unit:   chart.Share,
		Group:  "Method",
		Before: "2.3", After: "2.4",
		LowerIsBetter: true,
		Rows: []chart.Change{
			{Name: "Card", Before: share(412, 5100), After: share(201, 5044), Real: true},
			{Name: "Invoice", Before: share(88, 1960), After: share(131, 1904), Real: true},
			{Name: "Direct debit", Before: share(71, 1201), After: share(66, 1244)},
			{Name: "Voucher", Before: share(12, 150), After: share(1, 4)},
		},
	}
}

func stack() chart.Stack {
	return chart.Stack{
		About: chart.About{Title: "One of five journeys ends without a result", Note: "Outcomes of journeys that began in May 2012, by channel"},
		Group: "Channel",
		Parts: []chart.Part{{"Completed", chart.Main}, {"Failed", chart.Bad}, {"Cancelled", chart.Second}, {"Silent", chart.Neutral}, {"Open", chart.Good}},
		Rows: []chart.Whole{
			{"All", []int64{6120, 540, 301, 812, 411}},
			{"Web", []int64{4005, 401, 122, 640, 201}},
			{"Telephone", []int64{1711, 90, 140, 101, 130}},
			{"Counter", []int64{404, 49, 39, 71, 80}},
			{"Fax", []int64{1, 1, 0, 0, 0}},
		},
	}
}

func funnel() chart.Funnel {
	step := func(name string, n int64) chart.Step {
		return chart.Step{Name: name, N: n, Interval: chart.Interval(stats.Wilson(n, 9120, 0.95))}
	}
	return chart.Funnel{
		About: chart.About{
			Title: "Every fourth customer is lost at the payment",
			Note:  "Checkouts that began from 1 to 28 May 2012, UTC",
			Foot:  "Only checkouts that are older than 3 d, which is how long 99 of 100 take. 311 are too young.",
		},
		Steps: []chart.Step{step("Basket", 9120), step("Address", 7811), step("Payment", 7402), step("Order confirmed", 5538)},
	}
}

func stages() chart.Stages {
	h := func(n int64) float64 { return float64(n) * 3600 }
	hours := func(n int64) time.Duration { return time.Duration(n) * time.Hour }
	return chart.Stages{
		About: chart.About{Title: "Half of the time is spent waiting for advice from outside", Note: "Time of all permits of 2012, by stage"},
		Rows: []chart.Stage{
			{Name: "Advice", Work: h(4100), Wait: h(61200), Runs: 988, Median: hours(41)},
			{Name: "Review of the documents", Work: h(20110), Wait: h(9900), Runs: 1434, Median: hours(12)},
			{Name: "Decision", Work: h(9100), Wait: h(11100), Runs: 1401, Median: hours(9)},
			{Name: "Intake", Work: h(2800), Wait: h(1500), Runs: 1434, Median: hours(2)},
			{Name: "Appeal", Work: h(300), Wait: h(120), Runs: 3},
		},
	}
}

func histogram() chart.Histogram {
	return chart.Histogram{
		About:     chart.About{Title: "Most tickets take a day, and one of ten takes over a week", Note: "Time from start to solution, tickets of May 2012"},
		Durations: durations(1434, 28*time.Hour, 1.6),
		Target:    &chart.Line{Value: 5 * 86400, Label: "promise: 5 d"},
	}
}

func pathMap() chart.PathMap {
	return chart.PathMap{
		About: chart.About{Title: "One of six permits goes back from the decision to the review", Note: "Permits of 2012, from stage to stage"},
		Stops: []chart.Stop{{"Intake", 1434}, {"Review of documents", 1434}, {"Advice", 988}, {"Decision", 1401}, {"Sent", 1377}},
		Moves: []chart.Move{
			{0, 1, 1434, 5 * time.Hour},
			{1, 2, 988, 9 * time.Hour},
			{2, 3, 931, 90 * time.Hour},
			{1, 3, 446, 30 * time.Hour},
			{3, 4, 1377, 4 * time.Hour},
			{3, 1, 237, 50 * time.Hour},
			{2, 2, 120, 40 * time.Hour},
			{0, 4, 22, 2 * time.Hour},
			{3, 2, 51, 9 * time.Hour},
			{4, 0, 3, time.Hour},
		},
		Runs: 1390, Of: 1434,
	}
}

func longMap() chart.PathMap {
	return chart.PathMap{
		About: chart.About{Title: "The way of a ticket through seven stages"},
		Stops: []chart.Stop{{"Opened", 5210}, {"Sorted", 5210}, {"Assigned to a team", 5101}, {"In work", 5060}, {"Waiting for the customer", 2110}, {"Resolved", 4811}, {"Closed", 4702}},
		Moves: []chart.Move{
			{0, 1, 5210, time.Minute},
			{1, 2, 4990, time.Hour},
			{2, 3, 5012, 3 * time.Hour},
			{3, 4, 2110, time.Hour},
			{4, 5, 990, 9 * time.Hour},
			{5, 6, 4702, 90 * time.Hour},
			{3, 5, 3801, 4 * time.Hour},
			{4, 3, 1100, 30 * time.Hour},
			{5, 3, 211, 20 * time.Hour},
			{2, 2, 640, time.Hour},
			{1, 5, 200, time.Minute},
			{6, 3, 41, time.Hour},
			{0, 3, 70, time.Hour},
		},
		Runs: 5011, Of: 5210,
	}
}

func stageMap() chart.StageMap {
	return chart.StageMap{
		About: chart.About{Title: "One of six customers pays again", Note: "Checkouts of May 2012, from touchpoint to touchpoint"},
		Columns: []chart.Column{
			{"cart", []chart.Stop{{"view-cart", 1434}, {"enter-voucher", 203}}},
			{"address", []chart.Stop{{"enter-address", 1301}}},
			{"payment", []chart.Stop{{"choose-payment-method", 1288}, {"charge-card", 1190}, {"call-support", 88}}},
			{"", []chart.Stop{{"Dankeschön", 1105}}},
		},
		Moves: []chart.Move{
			{0, 2, 1101, time.Minute},
			{0, 1, 203, time.Minute},
			{1, 0, 22, time.Minute},
			{1, 2, 180, time.Minute},
			{2, 3, 1288, time.Minute},
			{3, 4, 1190, time.Second},
			{4, 3, 201, time.Minute},
			{4, 4, 31, time.Minute},
			{4, 6, 1020, time.Second},
			{3, 5, 60, time.Hour},
			{5, 3, 51, time.Hour},
			{6, 0, 40, 90 * time.Hour},
			{0, 6, 9, time.Hour},
		},
		Runs: 1390, Of: 1434,
	}
}

// control is a chart of 112 days. The share of Mondays is higher, a holiday does not count, a day has too few, and payments fail since the 13th week.
func control() chart.Control {
	c := chart.Control{
		About:         chart.About{Title: "More payments fail since 6 August", Note: "Share of payments that failed, by day, UTC", Foot: "It began since then, which does not say that it began because of the release."},
		LowerIsBetter: true,
	}
	first := time.Date(2012, 5, 14, 0, 0, 0, 0, time.UTC)
	at := func(day int) time.Time { return first.AddDate(0, 0, day) }
	c.Baseline = chart.Period{From: at(14), Until: at(70)}
	c.Began = chart.Event{At: at(84), Label: "began 6 Aug"}
	c.Events = []chart.Event{{At: at(20), Label: "release 2.3"}, {At: at(83), Label: "release 2.4"}, {At: at(84), Label: "experiment “one page”"}, {At: at(110), Label: "mended"}}
	for i := range 112 {
		n := int64(180 + i*37%60)
		usual := 0.1
		if i%7 == 0 {
			usual = 0.14
		}
		bad := int64(float64(n)*usual) + int64(i*53%13) - 6
		switch {
		case i == 41:
			n, bad = 3, 1
		case i == 63:
			bad = 0
		case i >= 84 && i < 110:
			bad += n / 9
		}
		sigma := 1.1 * math.Sqrt(usual*(1-usual)/float64(n))
		c.Days = append(c.Days, chart.Day{
			Period: chart.Period{From: at(i), Until: at(i + 1)}, Value: chart.Value{Value: float64(bad) / float64(n), N: n}, Usual: usual,
			Limits: chart.Interval{Low: usual - 3*sigma, High: usual + 3*sigma}, Out: i == 52 || i == 95,
		})
	}
	return c
}

// gallery is one chart of each kind, or more.
func gallery() []chart.Chart {
	slow := bars()
	slow.About = chart.About{Title: "The appeals team takes longest", Note: "Median time to a solution, by team"}
	slow.Unit, slow.Line, slow.Group = chart.Duration, &chart.Line{Value: 8 * 3600, Label: "promise: 8 h"}, "Team"
	slow.Rows = []chart.Bar{
		{Name: "Appeals", Value: chart.Value{Value: 34200, Interval: chart.Interval{Low: 30100, High: 39900}, N: 91}},
		{Name: "Permits", Value: chart.Value{Value: 21000, Interval: chart.Interval{Low: 19800, High: 23000}, N: 413}},
		{Name: "الهاتف", Value: chart.Value{Value: 12600, Interval: chart.Interval{Low: 11000, High: 14000}, N: 212}},
		{Name: "窓口", Value: chart.Value{Value: 9000, N: 1204}},
	}
	calls := chart.Trend{
		About: chart.About{Title: "Contacts rise again", Note: "Contacts by week, UTC"}, Unit: chart.Count,
		Points: points(weeks(12), chart.Value{Value: 1200}, chart.Value{Value: 1310}, chart.Value{Value: 1290}, chart.Value{Value: 980}, chart.Value{Value: 1011},
			chart.Value{Value: 1100}, chart.Value{Value: 1175}, chart.Value{Value: 1204}, chart.Value{Value: 1320}, chart.Value{Value: 1401}, chart.Value{Value: 1466}, chart.Value{Value: 1502}),
	}
	return []chart.Chart{trend(), bars(), stack(), funnel(), stages(), histogram(), changes(), panels(), pathMap(), longMap(), stageMap(), slow, calls, control()}
}

var page = template.Must(template.New("page").Parse(`<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width">
<title>{{.Title}}</title>
<style>{{.Style}}
:root{color-scheme:light dark}
body{margin:16px;background:#fff;color:#1b1f26}
h1{font:650 24px system-ui,sans-serif}
@media screen and (prefers-color-scheme:dark){body{background:#14171c;color:#eceff3}}
</style>
</head>
<body>
<main>
<h1>{{.Title}}</h1>
{{range .Figures}}{{.}}{{end}}{{with .Spark}}<p>In the cell of a table: {{.}}</p>
{{end}}</main>
</body>
</html>
`))

type sheet struct {
	Title   string
	Style   template.CSS
	Figures []template.HTML
	Spark   template.HTML
}

// TestGallery: the pages of all charts are the golden ones, byte for byte, and the same each time.
func TestGallery(t *testing.T) {
	t.Parallel()
	s := sheet{Title: "Charts", Style: chart.Style(), Spark: chart.Spark("Contacts by week", chart.Count, []float64{3, 5, 4, math.NaN(), 6, 9, 7})}
	mail := sheet{Title: "Charts in an e-mail"}
	for i, c := range gallery() {
		var opts []chart.Option
		if i%2 == 1 {
			opts = append(opts, chart.Folded())
		}
		s.Figures = append(s.Figures, chart.Figure(c, opts...))
		mail.Figures = append(mail.Figures, chart.Mail(c))
		if again := chart.Figure(c, opts...); again != s.Figures[i] {
			t.Errorf("the chart %d differs the second time", i)
		}
	}
	golden(t, "gallery.html", s)
	golden(t, "mail.html", mail)
}

func golden(t *testing.T, name string, s sheet) {
	t.Helper()
	var b bytes.Buffer
	if err := page.Execute(&b, s); err != nil {
		t.Fatal(err)
	}
	path := filepath.Join("testdata", name)
	if *update {
		if err := os.WriteFile(path, b.Bytes(), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(b.Bytes(), want) {
		t.Errorf("%s differs from the golden one. Look at the pages, and run go test -update", name)
	}
}
