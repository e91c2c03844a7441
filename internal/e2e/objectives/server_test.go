package objectives_test

import (
	"fmt"
	"maps"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"cairncx.dev/cairn/cx/blueprint"
	"cairncx.dev/cairn/cx/slo"
	"cairncx.dev/cairn/cx/slo/fleet"
	"cairncx.dev/cairn/cx/slo/rules"
	"cairncx.dev/cairn/internal/e2e/servers"
)

// everything is the namespace that has the whole story, and all objectives.
const everything = "everything"

// moment is a namespace of the Prometheus, for which it is now a certain time of the story, and what fires then.
type moment struct {
	cut
	objectives []string
	fires      []string // alert and objective
}

// moments are the times of the story at which the server is asked what fires. Each has all that the rules of its objectives look at, but for
// the recorded hours, which everything has. What fires remains the same for minutes without samples, so that a slow machine changes nothing.
func moments(all *told, names []string) []moment {
	slow, down := begins(slowBurn), begins(outage)
	due := ticket.due(all.books, works, target, slow)
	at := func(name string, until time.Duration, objective string, fires ...string) moment {
		return moment{cut{name, until, about(objective)}, []string{objective}, fires}
	}
	return []moment{
		{cut{everything, whole(), func(*track) bool { return true }}, names, []string{
			rules.BudgetSpent + " " + works, rules.BudgetSpent + " " + strict, rules.BudgetSpent + " orders-confirmed",
		}},
		at("one-of-ten", begins(oneOfTen)+6*time.Minute, strict),
		at("slow-early", slow+ticket.detected(target, 0.2).Truncate(tick), works),
		at("slow-late", due+10*tick, works, rules.BurnsSlowly+" "+works),
		at("slow-over", begins(busy), works),
		at("outage-early", down+(pageFast.detected(target, 1)/2).Truncate(tick), works, rules.BurnsSlowly+" "+works), // the slow burn was today
		at("outage-late", begins(busyOn), works, rules.BurnsFast+" "+works),
	}
}

// evaluated is how often the server of the test evaluates the rules, so that the test need not wait for a minute.
const evaluated = "1s"

// hours returns what the rules record of each hour, together with the past: the counts of the objectives' windows are sums of them, and no test waits
// for a day. A Prometheus server evaluates the generated expressions over the samples, at each tick.
func hours(t *testing.T, all *told, b *blueprint.Blueprint, names []string) past {
	t.Helper()
	with := past{maps.Clone(all.past.tracks)}
	var text strings.Builder
	end := time.Now().Truncate(time.Second)
	all.past.text(&text, cut{everything, whole(), about(names...)}, end)
	text.WriteString("# EOF\n")
	p := servers.StartPrometheusWith(t, servers.PrometheusSettings{
		Past: text.String(), Rules: generated(t, b, t.TempDir(), names, rules.WithMatcher("namespace", everything)),
	})
	n := 0
	for _, g := range groups(t, p) {
		for _, r := range g.Rules {
			if !strings.HasSuffix(r.Name, ":increase_hour") {
				continue
			}
			n++
			for _, s := range matrix(t, p, r.Query, end.Add(-whole()), end) {
				labels := s.labels()
				with.tracks[r.Name+labels] = &track{name: r.Name, labels: labels, samples: s.since(end.Add(-whole()))}
			}
		}
	}
	if n == 0 {
		t.Fatal("no rule records hours")
	}
	return with
}

// evaluating starts the server, as if it had scraped the shop until now, with the rules of each namespace. It returns when the server has evaluated all of
// them, and the time of the last scrape.
func evaluating(t *testing.T, p past, b *blueprint.Blueprint, list []moment) (server *servers.Prometheus, now time.Time) {
	t.Helper()
	now = time.Now().Truncate(time.Second)
	var text strings.Builder
	for _, m := range list {
		p.text(&text, m.cut, now)
	}
	text.WriteString("# EOF\n")
	var files []string
	for _, m := range list {
		files = append(files, generated(t, b, filepath.Join(t.TempDir(), m.namespace), append(m.objectives, "_sdk"), rules.WithMatcher("namespace", m.namespace))...)
	}
	evaluations := 0 // groups of rules
	for _, path := range files {
		text, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		sooner := strings.ReplaceAll(string(text), "interval: 1m\n", "interval: "+evaluated+"\n")
		if sooner == string(text) {
			t.Fatalf("%s is not evaluated once a minute", path)
		}
		evaluations += strings.Count(sooner, "interval: "+evaluated+"\n")
		if err := os.WriteFile(path, []byte(sooner), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	server = servers.StartPrometheusWith(t, servers.PrometheusSettings{Past: text.String(), Rules: files})
	servers.Eventually(t, 2*time.Minute, func() error { return unevaluated(t, server, evaluations) })
	return server, now
}

// unevaluated is an error until the server has evaluated each group of rules often enough: alerts are in ALERTS from the third time on, because the server
// first restores what it knew of them before its start. A rule that fails ends the test.
func unevaluated(t *testing.T, p *servers.Prometheus, want int) error {
	t.Helper()
	done := 0
	for _, m := range iterations.FindAllSubmatch(get(t, p.URL()+"/metrics"), -1) {
		if n, err := strconv.Atoi(string(m[1])); err == nil && n >= 4 { // the fourth has begun
			done++
		}
	}
	if done != want {
		return fmt.Errorf("%d of %d groups of rules are evaluated", done, want)
	}
	for _, g := range groups(t, p) {
		for _, r := range g.Rules {
			if r.LastError != "" {
				t.Fatalf("%s: the rule %s: %s", g.File, r.Name, r.LastError)
			}
		}
	}
	return nil
}

// TestServer: a Prometheus server that has scraped the shop fires what it should at each time of the story; its budgets are those of the
// customers within the error of increase, and fleet counts them to the last one.
func TestServer(t *testing.T) {
	all, b := tell(t), promises(t)
	var names []string
	for _, o := range b.AllObjectives() {
		names = append(names, o.Name)
	}
	t.Parallel()
	with := hours(t, all, b, names)
	list := moments(all, names)
	p, now := evaluating(t, with, b, list)
	t.Logf("rules evaluated %s after the last scrape", time.Since(now))

	t.Run("alerts", func(t *testing.T) {
		for _, m := range list {
			var got []string
			for _, s := range p.Query(t, fmt.Sprintf(`ALERTS{namespace=%q, alertstate="firing"}`, m.namespace)) {
				got = append(got, s.Labels["alertname"]+" "+s.Labels["cx_objective_name"])
			}
			slices.Sort(got)
			slices.Sort(m.fires)
			if diff := cmp.Diff(m.fires, slices.Compact(got)); diff != "" {
				t.Errorf("%s (-want +got):\n%s", m.namespace, diff)
			}
		}
	})
	t.Run("budgets", func(t *testing.T) {
		for _, o := range b.AllObjectives() {
			if len(o.Of) == 0 {
				recorded(t, p, all, &o, now)
			}
		}
	})
	t.Run("fleet", func(t *testing.T) { counted(t, p, all, b, now) })
	t.Run("dashboards", func(t *testing.T) { drawn(t, p, b) })
}

// recorded compares the recorded counts of an objective with what happened. The count of an hour is the difference of two scrapes an hour apart. They are up
// to a tick off its limits, and a counter that has just begun is taken to grow more slowly: by at most a tick's share, which is a 59th here.
func recorded(t *testing.T, p *servers.Prometheus, all *told, o *slo.Objective, now time.Time) {
	t.Helper()
	for series, of := range map[string]func(slo.Counts) int64{
		rules.Bad:    func(c slo.Counts) int64 { return c.Bad },
		rules.Events: slo.Counts.Total,
	} {
		selector := fmt.Sprintf(`%s{namespace=%q, cx_objective_name=%q}`, series, everything, o.Name)
		got, ok := p.Value(t, selector)
		if !ok {
			t.Errorf("%s is not recorded", selector)
			continue
		}
		at, _ := p.Value(t, "timestamp("+selector+")")
		truth, missed, share := int64(0), int64(0), 0.0
		for h := time.Unix(int64(at), 0).UTC().Truncate(time.Hour); h.After(now.Add(-whole())); h = h.Add(-time.Hour) {
			end := whole() - now.Sub(h)
			n := of(all.books.counts(o.Name, end-time.Hour, end))
			truth += n
			missed += of(all.books.counts(o.Name, end-time.Hour-tick, end-time.Hour+tick)) + of(all.books.counts(o.Name, end-tick, end+tick))
			share += float64(n) * float64(tick) / float64(time.Hour-tick)
		}
		if most := float64(missed) + share + 1e-6; math.Abs(got-float64(truth)) > most {
			t.Errorf("%s is %v, want %d, at most %.1f off", selector, got, truth, most)
		}
		t.Logf("%s: %s is %.1f, in truth %d", o.Name, series, got, truth)
	}
}

// counted compares what fleet says with what the process says, and with what happened.
func counted(t *testing.T, p *servers.Prometheus, all *told, b *blueprint.Blueprint, now time.Time) {
	t.Helper()
	client, err := fleet.New(p.URL(), fleet.WithMatcher("namespace", everything))
	if err != nil {
		t.Fatal(err)
	}
	states, err := client.Status(t.Context(), b.AllObjectives(), now)
	if err != nil {
		t.Fatal(err)
	}
	for i, got := range states {
		want := all.states["storefront"][i]
		if got.Counts != want.Counts || got.Ratio != want.Ratio || got.Interval != want.Interval || got.Budget != want.Budget ||
			got.Enough != want.Enough || got.Heard != want.Heard || !slices.Equal(got.AtStake, want.AtStake) {
			t.Errorf("%s: the fleet %+v\nthe process %+v", got.Name, got, want)
		}
		if since := now.Add(-whole()); !got.Since.Equal(since) || !want.Since.Equal(all.from) {
			t.Errorf("%s: counted since %s, want %s; the process says %s", got.Name, got.Since, since, want.Since)
		}
		for _, burn := range got.Burn {
			c := all.books.counts(got.Name, whole()-burn.Window, whole())
			if burn.Counts != c {
				t.Errorf("%s within %s: %+v, want %+v", got.Name, burn.Window, burn.Counts, c)
			}
		}
		if math.IsNaN(got.Ratio) {
			t.Errorf("%s has no ratio", got.Name)
		}
	}
}
