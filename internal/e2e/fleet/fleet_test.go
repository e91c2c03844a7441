// Package fleet_test asks a real Prometheus how objectives stand over several processes.
package fleet_test

import (
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"cairncx.dev/cairn/cx/event"
	"cairncx.dev/cairn/cx/slo"
	"cairncx.dev/cairn/cx/slo/fleet"
	"cairncx.dev/cairn/internal/e2e/servers"
)

const (
	scrape = 2 * time.Minute
	goods  = "good"
	bads   = "bad"
)

// seen is a sample that Prometheus has.
type seen struct {
	at    time.Time
	value int64
}

// series has the samples of one series.
type series struct {
	labels  string
	result  string
	samples []seen
}

// happened is an event, at the time of its process' clock.
type happened struct {
	at     time.Time
	result string
}

// process is an instance from its start to its end. It counts from zero.
type process struct {
	instance       string
	start, end     time.Time
	unseen         time.Duration // before the first scrape
	deaf, hears    time.Time     // between them Prometheus does not scrape it
	channel        string        // "" is the series without the split
	goods, perHour int           // of a hundred events
}

// past is what happened, and what Prometheus has seen of it.
type past struct {
	series map[string]*series
	events []happened
	lost   []happened // that no scrape has seen
}

// run lets the process count, and Prometheus scrape it.
func (p *past) run(r *rand.Rand, of process) {
	count := map[string]int64{}
	pending := []happened{}
	next := of.start.Add(of.unseen)
	at := of.start
	for {
		at = at.Add(time.Duration(r.ExpFloat64() * float64(time.Hour) / float64(of.perHour))).Truncate(time.Millisecond)
		for ; !next.After(of.end) && !next.After(at); next = next.Add(scrape) {
			if next.After(of.deaf) && next.Before(of.hears) {
				continue
			}
			for _, result := range []string{goods, bads, "excluded"} {
				key := of.instance + of.channel + result
				if p.series[key] == nil {
					labels := fmt.Sprintf(`cx_objective_result=%q,instance=%q`, result, of.instance)
					if of.channel != "" {
						labels += fmt.Sprintf(`,cx_channel=%q`, of.channel)
					}
					p.series[key] = &series{labels: labels, result: result}
					if of.unseen > 0 {
						p.lost = append(p.lost, of.only(pending, result)...)
					}
				}
				p.series[key].samples = append(p.series[key].samples, seen{next, count[result]})
			}
			pending = nil
		}
		if at.After(of.end) {
			p.lost = append(p.lost, pending...)
			return
		}
		result := goods
		if r.IntN(100) >= of.goods {
			result = bads
		}
		count[result]++
		pending = append(pending, happened{at, result})
		p.events = append(p.events, happened{at, result})
	}
}

func (process) only(list []happened, result string) (some []happened) {
	for _, e := range list {
		if e.result == result {
			some = append(some, e)
		}
	}
	return some
}

// text is what Prometheus has seen, in OpenMetrics' text format.
func (p *past) text(objective string) string {
	var b strings.Builder
	b.WriteString("# TYPE cx_slo_events counter\n")
	for _, s := range p.series {
		for _, x := range s.samples {
			fmt.Fprintf(&b, "cx_slo_events_total{cx_objective_name=%q,%s} %d %.3f\n", objective, s.labels, x.value, float64(x.at.UnixMilli())/1000)
		}
	}
	return b.String()
}

// differences counts what the samples of a result say about the time after from until then: the naive way, over all of them.
func (p *past) differences(result string, from, until time.Time) (n int64) {
	for _, s := range p.series {
		if s.result != result {
			continue
		}
		for i, x := range s.samples {
			if i == 0 || !x.at.After(from) || x.at.After(until) {
				continue
			}
			if before := s.samples[i-1].value; x.value >= before {
				n += x.value - before
			} else {
				n += x.value
			}
		}
	}
	return n
}

// within counts events of a result after from until then.
func within(list []happened, result string, from, until time.Time) (n int64) {
	for _, e := range list {
		if e.result == result && e.at.After(from) && !e.at.After(until) {
			n++
		}
	}
	return n
}

// fleetOf has instances that are restarted, replaced, not heard for hours, and new. The clocks of Berlin change in its week.
func fleetOf() (*past, time.Time) {
	now := time.Date(2026, time.March, 29, 12, 34, 56, 789_000_000, time.UTC)
	p := &past{series: map[string]*series{}}
	r := rand.New(rand.NewPCG(1, 2)) // the same each time
	ago := func(hours float64) time.Time {
		return now.Add(-time.Duration(hours * float64(time.Hour))).Truncate(time.Second)
	}
	p.run(r, process{instance: "a", start: ago(200), end: ago(100), goods: 95, perHour: 90})
	p.run(r, process{instance: "a", start: ago(100), end: ago(60.2), goods: 95, perHour: 90, deaf: ago(64), hears: ago(60.2)}) // dies unheard
	p.run(r, process{instance: "a", start: ago(60.1), end: ago(60.05), goods: 50, perHour: 900})                               // and crashes at once
	p.run(r, process{instance: "a", start: ago(60), end: ago(0.7), goods: 95, perHour: 90})
	p.run(r, process{instance: "a", start: ago(0.6), end: ago(-1), goods: 20, perHour: 90}) // a restart within the alert windows
	p.run(r, process{instance: "b", start: ago(200), end: ago(30), goods: 99, perHour: 40, channel: "web"})
	p.run(r, process{instance: "c", start: ago(29.9), end: ago(-1), goods: 99, perHour: 40, channel: "web", unseen: 90 * time.Second})
	p.run(r, process{instance: "d", start: ago(2), end: ago(-1), goods: 0, perHour: 5, channel: "phone"})
	return p, now
}

// TestFleet: the counts of a real Prometheus are those of all samples, counted one by one, and differ from what happened by no more than the
// package documentation says: events at an edge within a scrape interval, and those that no scrape has seen.
func TestFleet(t *testing.T) {
	p, now := fleetOf()
	rolling := slo.Objective{Name: "checkout-completes", Journey: "checkout", Target: 0.95, Window: slo.Window{Days: 7}}
	week := slo.Objective{Name: "payment-feels-fast", Touchpoint: "submit-payment", Target: 0.9, Window: slo.Window{Period: slo.CalendarWeek, Zone: "Europe/Berlin"}}
	young := slo.Objective{Name: "answered", Journey: "order", Promise: "answered", Target: 0.99, Window: slo.Window{Period: slo.CalendarMonth}}
	nowhere := slo.Objective{Name: "new", Journey: "refund", Target: 0.99, Window: slo.Window{Days: 1}}
	both := slo.Objective{Name: "buying", Target: 0.9, Window: slo.Window{Days: 7}, Of: []slo.Part{{Objective: rolling.Name, Weight: 1}}}
	value := fmt.Sprintf("# TYPE cx_slo_value counter\n%[1]s 1000 %[2]d\n%[1]s 5999 %[3]d\n", `cx_slo_value_total{cx_objective_name="checkout-completes",cx_currency="EUR"}`,
		now.Add(-time.Hour).Unix(), now.Add(-time.Minute).Unix())
	events := p.text(rolling.Name) + strings.ReplaceAll(strings.Replace(p.text(week.Name)+p.text(young.Name), "# TYPE cx_slo_events counter\n", "", 2), "# TYPE cx_slo_events counter\n", "")
	prometheus := servers.StartPrometheusWith(t, servers.PrometheusSettings{Past: events + value + "# EOF\n"})

	client, err := fleet.New(prometheus.URL(), fleet.WithTimeout(59_500*time.Millisecond)) // Prometheus reads no duration of 59.5s
	if err != nil {
		t.Fatal(err)
	}
	all, err := client.Status(t.Context(), []slo.Objective{both, rolling, week, young, nowhere}, now)
	if err != nil {
		t.Fatal(err)
	}
	for _, s := range all[1:4] {
		t.Logf("%s: %s", s.Name, s)
		p.check(t, s.Name, s.From, now, s.Counts)
		for _, b := range s.Burn {
			p.check(t, s.Name+" "+b.Window.String(), now.Add(-b.Window), now, b.Counts)
		}
		if len(s.Burn) != 5 {
			t.Errorf("%s has %d burn rates", s.Name, len(s.Burn))
		}
	}
	if diff := cmp.Diff([]event.Money{{Amount: 4999, Currency: "EUR"}}, all[1].AtStake); diff != "" {
		t.Errorf("at stake (-want +got):\n%s", diff)
	}
	if got, want := all[2].From, time.Date(2026, time.March, 22, 23, 0, 0, 0, time.UTC); !got.Equal(want) {
		t.Errorf("the week of Berlin begins %s, want %s", got, want)
	}
	if got, want := all[3].Since, now.Add(-200*time.Hour).Truncate(time.Second); !got.Equal(want) {
		t.Errorf("the month is counted since %s, want %s, its first sample", got, want)
	}
	if !all[1].Since.IsZero() || !all[2].Since.IsZero() {
		t.Errorf("%s and %s: the whole window was counted, but they say since %s and %s", all[1].Name, all[2].Name, all[1].Since, all[2].Since)
	}
	if s := all[4]; !s.Since.Equal(now) || s.Total() != 0 || s.Enough {
		t.Errorf("what no process counts: %+v", s)
	}
	if s := all[0]; s.Heard != 1 || s.Ratio != all[1].Ratio {
		t.Errorf("the composite: %+v", s)
	}
	estimate, _ := prometheus.Value(t, fmt.Sprintf(`sum(increase(cx_slo_events_total{cx_objective_name=%q, cx_objective_result="bad"}[7d] @ %.3f))`, rolling.Name, float64(now.UnixMilli())/1000))
	t.Logf("bad events of 7 days: %d, by increase %.2f, in truth %d", all[1].Bad, estimate, within(p.events, bads, all[1].From, now))
}

// check compares counts with the samples and with the events.
func (p *past) check(t *testing.T, name string, from, now time.Time, got slo.Counts) {
	t.Helper()
	want := slo.Counts{Good: p.differences(goods, from, now), Bad: p.differences(bads, from, now)}
	if got != want {
		t.Errorf("%s: %+v, want %+v from the samples", name, got, want)
	}
	for result, n := range map[string]int64{goods: got.Good, bads: got.Bad} {
		truth := within(p.events, result, from, now)
		over := within(p.events, result, from.Add(-scrape), from)                                              // before the edge, and heard after it
		under := within(p.events, result, now.Add(-scrape), now) + within(p.lost, result, from.Add(-day), now) // not heard yet, or never
		if n > truth+over || n < truth-under {
			t.Errorf("%s: %d %s, in truth %d: more than %d too many or %d too few", name, n, result, truth, over, under)
		}
	}
}

const day = 24 * time.Hour
