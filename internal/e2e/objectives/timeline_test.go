package objectives_test

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"cairncx.dev/cairn/cx/blueprint"
	"cairncx.dev/cairn/cx/slo"
	"cairncx.dev/cairn/cx/slo/rules"
	"cairncx.dev/cairn/cx/stats"
	"cairncx.dev/cairn/internal/e2e/servers"
)

// pace is an alert window of the SRE Workbook's table 5-8 with its burn rate, for the objectives of 7 days: its windows are 7/30 as long.
// The numbers are worked out by hand.
type pace struct {
	burn        float64
	long, short time.Duration
}

var (
	pageFast = pace{14.4, 14 * time.Minute, 4 * time.Minute} // 1 h and 5 min; four scrapes at least
	pageSlow = pace{6, 84 * time.Minute, 7 * time.Minute}    // 6 h and 30 min
	ticket   = pace{1, 1008 * time.Minute, 84 * time.Minute} // 3 d and 6 h
)

// detected is the workbook's time from the beginning of a fault to the alert: the long window × the threshold / the share of bad events.
func (p pace) detected(target, share float64) time.Duration {
	return time.Duration(float64(p.long) * p.burn * (1 - target) / share)
}

// due returns when the alert can fire first after from, by what the customers experienced: the shares of both windows are above the threshold, and by the
// exact binomial distribution the bad events of the long one are no chance at 5%.
func (p pace) due(b *books, objective string, target float64, from time.Duration) time.Duration {
	threshold := p.burn * (1 - target)
	over := func(c slo.Counts) bool { return float64(c.Bad) > threshold*float64(c.Total()) }
	for at := from; at < whole(); at += tick {
		long, short := b.counts(objective, at-p.long, at), b.counts(objective, at-p.short, at)
		if over(long) && over(short) && long.Bad >= 2 && long.Bad >= stats.BinomialCritical(long.Total(), threshold, 0.05) {
			return at
		}
	}
	panic("the alert is never due")
}

// ended returns when the alert of a fault that is over by from ends at last: when the short window has no more bad events than the target allows at
// the burn rate.
func (p pace) ended(b *books, objective string, target float64, from time.Duration) time.Duration {
	for at := from; at < whole(); at += tick {
		if c := b.counts(objective, at-p.short, at); float64(c.Bad) <= p.burn*(1-target)*float64(c.Total()) {
			return at
		}
	}
	panic("the alert never ends")
}

// generated writes the rules of some objectives of the blueprint into a folder and returns their paths.
func generated(t *testing.T, b *blueprint.Blueprint, dir string, names []string, opts ...rules.Option) (paths []string) {
	t.Helper()
	files, err := rules.Prometheus(b.AllObjectives(), append(opts, rules.WithScrape(tick))...)
	if err != nil {
		t.Fatal(err)
	}
	if err := os.MkdirAll(dir, 0o700); err != nil {
		t.Fatal(err)
	}
	for _, f := range files {
		name, ours := strings.CutSuffix(f.Name, ".rules.yaml")
		for _, n := range names {
			if ours && name == n {
				path := filepath.Join(dir, f.Name)
				if err := os.WriteFile(path, f.Data, 0o600); err != nil {
					t.Fatal(err)
				}
				paths = append(paths, path)
			}
		}
	}
	if len(paths) != len(names) {
		t.Fatalf("the rules of %v are in %v", names, paths)
	}
	return paths
}

// chapter is a part of the story that promtool evaluates the rules over, with what has to come out. The times of what it claims are those of
// the story.
type chapter struct {
	from, until time.Duration
	eval        time.Duration // between two evaluations
	objectives  []string
	claims      strings.Builder
}

// none says that the expression has no sample at that time.
func (c *chapter) none(at time.Duration, expr string) {
	fmt.Fprintf(&c.claims, "      - {eval_time: %s, expr: '%s', exp_samples: []}\n", at-c.from, expr)
}

// holds says that the expression has a sample at that time: it is made to have the value 1, without labels.
func (c *chapter) holds(at time.Duration, expr string) {
	fmt.Fprintf(&c.claims, "      - {eval_time: %s, expr: 'sum(%s) * 0 + 1', exp_samples: [{labels: '{}', value: 1}]}\n", at-c.from, expr)
}

// fires says that an alert fires for the first time after earliest, and at latest then.
func (c *chapter) fires(alert, objective string, earliest, latest time.Duration) {
	c.none(earliest, c.ever(alert, objective, earliest))
	c.holds(latest, firing(alert, objective))
}

// ever has a sample if the alert fired in the chapter until that time.
func (c *chapter) ever(alert, objective string, until time.Duration) string {
	return within(alert, objective, until-c.from)
}

// within has a sample if the alert fired within the last d.
func within(alert, objective string, d time.Duration) string {
	return fmt.Sprintf(`count_over_time(%s[%dm])`, firing(alert, objective), d/time.Minute)
}

// run lets promtool evaluate the rules over what the shop exposed.
func (c *chapter) run(t *testing.T, all *told) {
	t.Helper()
	dir := t.TempDir()
	var text strings.Builder
	fmt.Fprintf(&text, "rule_files: [%s]\nevaluation_interval: %s\ntests:\n  - interval: %s\n    input_series:\n",
		strings.Join(generated(t, promises(t), dir, c.objectives), ", "), c.eval, tick)
	all.past.series(&text, c.from, c.until, about(c.objectives...))
	text.WriteString("    promql_expr_test:\n" + c.claims.String())
	path := filepath.Join(dir, "timeline.test.yaml")
	if err := os.WriteFile(path, []byte(text.String()), 0o600); err != nil {
		t.Fatal(err)
	}
	if said, err := exec.CommandContext(t.Context(), servers.Promtool(t), "test", "rules", path).CombinedOutput(); err != nil {
		t.Errorf("promtool: %v\n%s", err, said)
	}
}

// firing is the series of an alert while it fires.
func firing(alert, objective string) string {
	return fmt.Sprintf(`ALERTS{alertname="%s", alertstate="firing", cx_objective_name="%s"}`, alert, objective)
}

// target is that of payment-works.
const target = 0.95

// TestOneOfTen: at a target that allows one failure of a thousand, one of ten is far above the threshold of every alert, and no alert fires.
func TestOneOfTen(t *testing.T) {
	all := tell(t)
	t.Parallel()
	c := chapter{until: 4 * time.Hour, eval: tick, objectives: []string{strict}}
	for _, p := range []pace{pageSlow, ticket} {
		c.holds(begins(healthy), fmt.Sprintf(`{__name__="%s"} > %g`, rules.BadRatioWithin(p.long), 10*p.burn*(1-0.999)))
	}
	if got := all.books.counts(strict, -1, begins(healthy)); got != (slo.Counts{Good: 9, Bad: 1}) {
		t.Fatalf("the story has %+v, want one failure of ten", got)
	}
	c.none(c.until, `count_over_time(ALERTS{alertstate="firing"}[4h])`)
	c.run(t, all)
}

// TestSlowBurn: one payment of five fails. The ticket comes not before the workbook's time, and not later than its evidence needs. There is no
// page. When the fault is mended, all alerts are silent.
func TestSlowBurn(t *testing.T) {
	all := tell(t)
	t.Parallel()
	c := chapter{until: begins(busy), eval: 5 * time.Minute, objectives: []string{works}}
	slow := begins(slowBurn)
	earliest, due := slow+ticket.detected(target, 0.2), ticket.due(all.books, works, target, slow)
	t.Logf("the ticket: by the workbook's formula %s, with the evidence %s", earliest-slow, due-slow)
	c.fires(rules.BurnsSlowly, works, earliest, due+c.eval+tick)
	over := ticket.ended(all.books, works, target, begins(mended))
	c.holds(over-c.eval, firing(rules.BurnsSlowly, works))
	c.none(over+c.eval+tick, `ALERTS`)
	c.none(c.until, `ALERTS`)
	c.none(c.until, c.ever(rules.BurnsFast, works, c.until))
	c.none(c.until, c.ever(rules.BudgetSpent, works, c.until)) // 69 of 1,520 failed, and 76 were allowed
	c.run(t, all)
}

// TestOutage: each payment fails. The page comes not before the workbook's time, and not later than its evidence needs. It silences its ticket,
// and ends soon after the outage. The ticket remains for as long as its short window remembers.
func TestOutage(t *testing.T) {
	all := tell(t)
	t.Parallel()
	c := chapter{from: begins(busy) - 2*time.Hour, until: whole(), eval: tick, objectives: []string{works}}
	down, up := begins(outage), begins(busyOn)
	earliest, due := down+pageFast.detected(target, 1), pageFast.due(all.books, works, target, down)
	t.Logf("the page: by the workbook's formula %s, with the evidence %s", earliest-down, due-down)
	c.fires(rules.BurnsFast, works, earliest.Truncate(tick), due+2*tick)
	c.holds(up, firing(rules.BurnsFast, works))
	c.none(up, firing(rules.BurnsSlowly, works))
	silent := pageSlow.ended(all.books, works, target, up)
	c.none(silent+2*tick, firing(rules.BurnsFast, works))
	c.none(whole(), within(rules.BurnsFast, works, whole()-silent-2*tick))
	over := ticket.ended(all.books, works, target, up)
	t.Logf("after the outage the page ends within %s, and the ticket within %s", silent-up, over-up)
	c.holds(over-2*tick, firing(rules.BurnsSlowly, works))
	c.none(whole(), within(rules.BurnsSlowly, works, whole()-over-2*tick))
	c.run(t, all)
}
