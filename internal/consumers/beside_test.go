package consumers_test

import (
	"context"
	"flag"
	"fmt"
	"log/slog"
	"math"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/prometheus/common/model"
	"github.com/prometheus/prometheus/model/labels"
	"github.com/prometheus/prometheus/model/rulefmt"
	"github.com/prometheus/prometheus/promql"
	"github.com/prometheus/prometheus/promql/parser"

	"cairncx.dev/cairn/cx/slo"
	"cairncx.dev/cairn/cx/slo/rules"
)

var update = flag.Bool("update", false, "write the table of docs/compare.md")

// page is the document that has the table.
const page = "../../docs/compare.md"

// shops are the pasts that the table compares.
func shops() []shop {
	hour := func(m int) int { return m / 60 % 24 }
	day := func(m int) int { return m / (24 * 60) }
	// customers come in a minute, each of whom fails with a chance of one in n.
	customers := func(m, come, n int) (f flow) {
		r := rand.New(rand.NewPCG(uint64(m), 7)) //nolint:gosec // repeatable; minutes are not negative
		for range come {
			if r.IntN(n) == 0 {
				f.bad++
			} else {
				f.good++
			}
		}
		return f
	}
	steady := func(m int) flow { return customers(m, 10, 100) }
	byClock := func(m int) flow {
		if m%10 == 0 {
			return flow{9, 1}
		}
		return flow{good: 10}
	}
	return []shop{
		{name: "steady traffic", reason: "ten customers a minute, of whom one in a hundred fails, by chance", at: steady},
		{name: "days of 1,000, nights of 2", reason: "in five minutes of the day 0 of 1,000 fail, in five minutes of the night 1 of 2", at: func(m int) flow {
			switch {
			case hour(m) >= 8 && hour(m) < 20:
				return flow{good: 200}
			case m%5 == 1:
				return flow{bad: 1}
			case m%5 == 3:
				return flow{good: 1}
			default:
				return flow{}
			}
		}},
		{name: "closed from two to four", reason: "the same as the first, but no customer comes in these two hours", at: func(m int) flow {
			if h := hour(m); h == 2 || h == 3 {
				return flow{}
			}
			return steady(m)
		}},
		{name: "an outage of two hours by day", reason: "100 customers a minute by day and one by night; every second one fails from 12 to 14 o'clock on one day", at: func(m int) flow {
			switch h := hour(m); {
			case day(m) == 12 && (h == 12 || h == 13):
				return customers(m, 100, 2)
			case h >= 8 && h < 20:
				return flow{good: 100}
			default:
				return flow{good: 1}
			}
		}},
		{name: "an outage of twelve hours by night", reason: "the same shop; everyone fails during one night", at: func(m int) flow {
			switch h := hour(m - 8*60); {
			case h < 12:
				return flow{good: 100}
			case day(m-8*60) == 12:
				return flow{bad: 1}
			default:
				return flow{good: 1}
			}
		}},
		{name: "six customers a day", reason: "one in every four hours, at any minute; one of 18 fails", at: func(m int) flow {
			four := rand.New(rand.NewPCG(uint64(m/240), 11)) //nolint:gosec // as above
			switch {
			case m%240 != four.IntN(240):
				return flow{}
			case m/240%18 == 7:
				return flow{bad: 1}
			default:
				return flow{good: 1}
			}
		}},
		{name: "failures by the clock", reason: "the first shop, where one customer fails in every tenth minute: a job of another system runs then", at: byClock},
		{name: "a process every hour", reason: "the first shop, in processes that live for an hour each", at: steady, life: 60},
		{name: "a process dies of what fails", reason: "the same; what fails does so in the last minute of a process", life: 60, at: func(m int) flow {
			if m%60 == 0 {
				return flow{4, 6}
			}
			return flow{good: 10}
		}},
		{name: "no monitoring for six hours", reason: "Prometheus is down from 12 to 18 o'clock on one day, and half of the customers fail meanwhile", at: func(m int) flow {
			if h := hour(m); day(m) == 12 && h >= 12 && h < 18 {
				return customers(m, 10, 2)
			}
			return steady(m)
		}, unseen: func(m int) bool { return day(m) == 12 && hour(m) >= 12 && hour(m) < 18 }},
		{name: "rules of yesterday", reason: "the rules were loaded 24 hours ago; one in twenty failed before, one in a hundred since", since: end - 24*time.Hour, at: func(m int) flow {
			if time.Duration(m)*scrape <= end-24*time.Hour {
				return customers(m, 10, 20)
			}
			return steady(m)
		}},
	}
}

// way is how a tool comes to the share of bad events within 30 days: the rules that record on the way, each with the times of the records
// that are read, and the expression that is read in the end.
type way struct {
	name    string
	records []record
	expr    string
	empty   string // what the tool shows where the expression has no sample
}

// record is a rule, evaluated every step from first on.
type record struct {
	rule        rulefmt.Rule
	first, step time.Duration
}

// offset is how long after a scrape Prometheus evaluates rules: any time, which is the same in each interval.
const offset = 17 * time.Second

// ways returns the ways of all tools.
func ways(t *testing.T) []way {
	t.Helper()
	files, err := rules.Prometheus([]slo.Objective{{Name: "checkout-completes", Journey: "checkout", Target: 0.99, Window: slo.Window{Days: 30}}}, rules.WithScrape(scrape))
	if err != nil {
		t.Fatal(err)
	}
	cairn := parsed(t, files[0].Data)
	file := func(name string) map[string]rulefmt.Rule {
		data, err := os.ReadFile(filepath.Join("testdata/beside", name))
		if err != nil {
			t.Fatal(err)
		}
		return parsed(t, data)
	}
	sloth, raw, pyrra := file("sloth.rules.yaml"), file("sloth-raw.rules.yaml"), file("pyrra.rules.yaml")
	need := func(m map[string]rulefmt.Rule, name string) rulefmt.Rule {
		r, there := m[name]
		if !there {
			t.Fatalf("there is no rule %s", name)
		}
		return r
	}
	// Subqueries of an hour read the last record before each whole hour, and those of five minutes before each multiple of these.
	hourly := func(name string) record { return record{need(cairn, name), time.Hour + offset - scrape, time.Hour} }
	budget := func(series string) string {
		return fmt.Sprintf(`sum(%s{cx_objective_result="bad"} or vector(0)) / sum(%s)`, series, series)
	}
	now := func(r rulefmt.Rule) record { return record{r, end + offset, scrape} }
	fives := record{need(pyrra, "cx_slo_events:increase5m"), 5*time.Minute + offset - scrape, 5 * time.Minute}
	return []way{
		{"Cairn", []record{
			hourly("objective:cx_slo_bad:increase_hour"), hourly("objective:cx_slo_events:increase_hour"),
			now(need(cairn, rules.Bad)), now(need(cairn, rules.Events)),
		}, need(cairn, rules.BadRatio).Expr, "nothing"},
		{"sloth", []record{{need(sloth, "slo:sli_error:ratio_rate5m"), scrape + offset, scrape}}, need(sloth, "slo:sli_error:ratio_rate30d").Expr, "nothing"},
		{"sloth, not optimized", nil, need(raw, "slo:sli_error:ratio_rate30d").Expr, "nothing"},
		{"pyrra", []record{now(need(pyrra, "cx_slo_events:increase30d"))}, budget("cx_slo_events:increase30d"), "nothing"},
		{"pyrra, performance over accuracy", []record{fives, now(need(pyrra, "cx_slo_events:increase30d_by_5m"))}, budget("cx_slo_events:increase30d_by_5m"), "nothing"},
	}
}

// parsed returns the recording rules of a file by their names, as Prometheus reads them.
func parsed(t *testing.T, data []byte) map[string]rulefmt.Rule {
	t.Helper()
	all, errs := rulefmt.Parse(data, false, model.UTF8Validation, parser.NewParser(parser.Options{}), slog.New(slog.DiscardHandler))
	if len(errs) > 0 {
		t.Fatal(errs)
	}
	list := map[string]rulefmt.Rule{}
	for _, g := range all.Groups {
		for _, r := range g.Rules {
			list[r.Record] = r
		}
	}
	return list
}

// measured is what a way comes to, and how many samples the last evaluation reads.
type measured struct {
	share float64
	there bool
	reads int64
}

func newEngine() *promql.Engine {
	return promql.NewEngine(promql.EngineOpts{
		MaxSamples: 50_000_000, Timeout: time.Hour, EnableAtModifier: true, EnableNegativeOffset: true, Parser: parser.NewParser(parser.Options{}),
		NoStepSubqueryIntervalFn: func(int64) int64 { return time.Minute.Milliseconds() },
	})
}

// measure evaluates the rules of a way, and reads its share at the end. A range query has, at each step, what a rule records there.
func (w *way) measure(t *testing.T, s *shop, store *samples) (m measured) {
	t.Helper()
	e := newEngine()
	since := time.Unix(0, 0).UTC()
	at := since.Add(end + offset)
	for i := range w.records {
		r := &w.records[i]
		first := r.first
		for first < s.since {
			first += r.step
		}
		q, err := e.NewRangeQuery(context.Background(), store, nil, r.rule.Expr, since.Add(first), at, r.step)
		if err != nil {
			t.Fatal(err)
		}
		matrix, err := q.Exec(t.Context()).Matrix()
		if err != nil {
			t.Fatal(err)
		}
		if first == end+offset { // an expression over the window: the others read minutes
			m.reads += q.Stats().Samples.TotalSamples
		}
		for _, line := range matrix {
			b := labels.NewBuilder(line.Metric).Set(model.MetricNameLabel, r.rule.Record)
			for name, value := range r.rule.Labels {
				b.Set(name, value)
			}
			l := b.Labels()
			for _, p := range line.Floats {
				if s.sees(int(p.T / scrape.Milliseconds())) {
					store.add(l, p.T, p.F)
				}
			}
		}
		q.Close()
	}
	q, err := e.NewInstantQuery(context.Background(), store, nil, w.expr, at)
	if err != nil {
		t.Fatal(err)
	}
	defer q.Close()
	v, err := q.Exec(t.Context()).Vector()
	if err != nil {
		t.Fatal(err)
	}
	m.reads += q.Stats().Samples.TotalSamples
	switch len(v) {
	case 0:
	case 1:
		m.share, m.there = v[0].F, true
	default:
		t.Fatalf("%s has %d samples: %v", w.name, len(v), v)
	}
	return m
}

func (m measured) String() string {
	switch {
	case !m.there:
		return "nothing"
	case math.IsNaN(m.share):
		return "NaN"
	default:
		return percent(m.share)
	}
}

func percent(share float64) string { return fmt.Sprintf("%.3g%%", 100*share) }

// sampled are the pasts that are compared in every run. CAIRN_WHOLE=1 compares all of them.
var sampled = map[string]bool{"steady traffic": true, "days of 1,000, nights of 2": true, "failures by the clock": true}

// TestBesideOthers writes the table of docs/compare.md: the share of bad events within 30 days by the rules of each tool, on the same
// samples, beside the exact count. Prometheus' own query engine evaluates the rules.
func TestBesideOthers(t *testing.T) {
	t.Parallel()
	whole := *update || os.Getenv("CAIRN_WHOLE") == "1"
	all := ways(t)
	head := "| past | exact |"
	for i := range all {
		head += " " + all[i].name + " |"
	}
	rows := []string{head, "|" + strings.Repeat(" --- |", 2+len(all))}
	var about []string
	reads := "| samples that one evaluation over 30 days reads | |"
	list := shops()
	for i := range list {
		s := &list[i]
		about = append(about, fmt.Sprintf("- **%s**: %s.", s.name, s.reason))
		if !whole && !sampled[s.name] {
			continue
		}
		bad, events := s.exact()
		row := fmt.Sprintf("| %s | %s |", s.name, percent(float64(bad)/float64(events)))
		for k := range all {
			m := all[k].measure(t, s, s.scraped())
			row += fmt.Sprintf(" %s |", m)
			if i == 0 {
				reads += fmt.Sprintf(" %s |", thousands(m.reads))
			}
		}
		rows = append(rows, row)
	}
	compare(t, "table", append(rows, reads), whole)
	compare(t, "pasts", about, true)
}

func thousands(n int64) string {
	s := fmt.Sprint(n)
	for i := len(s) - 3; i > 0; i -= 3 {
		s = s[:i] + "," + s[i:]
	}
	return s
}

// compare compares a part of the page, between two comments, with what was measured. If that is not the whole, the page has to have each of
// the lines.
func compare(t *testing.T, part string, lines []string, whole bool) {
	t.Helper()
	text, err := os.ReadFile(page)
	if err != nil {
		t.Fatal(err)
	}
	begin, finish := "<!-- measured: "+part+" -->\n", "<!-- end: "+part+" -->"
	from, to := strings.Index(string(text), begin), strings.Index(string(text), finish)
	if from < 0 || to < from {
		t.Fatalf("%s has no part between %q and %q", page, begin, finish)
	}
	from += len(begin)
	want := strings.Join(lines, "\n") + "\n"
	if *update {
		if err := os.WriteFile(page, []byte(string(text[:from])+want+string(text[to:])), 0o600); err != nil {
			t.Fatal(err)
		}
		return
	}
	got := string(text[from:to])
	for _, line := range lines {
		if !strings.Contains(got, line+"\n") {
			t.Errorf("%s does not say %q; run go test -run BesideOthers -update and look at the difference", page, line)
		}
	}
	if whole && got != want {
		t.Errorf("%s says\n%s\nmeasured is\n%s", page, got, want)
	}
}

// TestThreeEvents: increase reads three events of five minutes as 2.5 where one of them lies before the first scrape of the window, as it
// extrapolates the other two from four minutes to five.
func TestThreeEvents(t *testing.T) {
	t.Parallel()
	store := &samples{}
	for m, total := range []float64{0, 1, 2, 3, 3, 3} {
		store.add(labels.FromStrings(model.MetricNameLabel, "x"), int64(m)*scrape.Milliseconds(), total)
	}
	q, err := newEngine().NewInstantQuery(context.Background(), store, nil, "increase(x[5m])", time.Unix(5*60, 0))
	if err != nil {
		t.Fatal(err)
	}
	defer q.Close()
	if v, err := q.Exec(t.Context()).Vector(); err != nil || len(v) != 1 || v[0].F != 2.5 {
		t.Errorf("%v, %v; want 2.5", v, err)
	}
}

// TestSlothStillWritesTheseRules compares the files that the comparison reads with what sloth writes. CAIRN_SLOTH is the path of sloth
// v0.16.0: go install github.com/slok/sloth/cmd/sloth@v0.16.0, which takes minutes. Without it the test says so and ends.
func TestSlothStillWritesTheseRules(t *testing.T) {
	t.Parallel()
	sloth := os.Getenv("CAIRN_SLOTH")
	if sloth == "" {
		t.Log("CAIRN_SLOTH is not set: the rules are compared with sloth on request only")
		return
	}
	for _, name := range []string{"sloth", "sloth-raw"} {
		out, err := exec.CommandContext(t.Context(), sloth, "generate", "-i", "testdata/beside/"+name+".yaml").Output() //nolint:gosec // the developer names the program
		if err != nil {
			t.Fatal(err)
		}
		text := strings.NewReplacer("Sloth (dev)", "Sloth (v0.16.0)", "sloth_version: dev", "sloth_version: v0.16.0").Replace(string(out)) // go install sets no version
		golden := "testdata/beside/" + name + ".rules.yaml"
		if *update {
			if err := os.WriteFile(golden, []byte(text), 0o600); err != nil {
				t.Fatal(err)
			}
		}
		if want, err := os.ReadFile(golden); err != nil || string(want) != text {
			t.Errorf("%s differs from what sloth writes (%v)", golden, err)
		}
	}
}
