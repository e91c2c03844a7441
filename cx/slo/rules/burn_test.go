package rules_test

import (
	"fmt"
	"math"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"cairncx.dev/cairn/cx/slo"
	"cairncx.dev/cairn/cx/slo/rules"
)

func objective(target float64, w slo.Window) slo.Objective {
	return slo.Objective{Name: "x", Journey: "checkout", Target: target, Window: w}
}

// TestBurns compares the alerts with published values: Google SRE Workbook, chapter 5, table 5-8 for 30 days, and its arithmetic for
// other windows and for targets at which a factor cannot be reached: the highest burn rate is 1 / (1 − target).
func TestBurns(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		reason string
		target float64
		window slo.Window
		want   string // severity long/short factor threshold, of each alert
	}{
		{"the workbook's table", 0.999, slo.Window{Days: 30}, "page 1h0m0s/5m0s 14.4 0.0144; page 6h0m0s/30m0s 6 0.006; ticket 72h0m0s/6h0m0s 1 0.001"},
		{"28 days: the windows are 28/30, in minutes", 0.95, slo.Window{Days: 28}, "page 56m0s/5m0s 14.4 0.72; page 5h36m0s/28m0s 6 0.3; ticket 67h12m0s/5h36m0s 1 0.05"},
		{"7 days: 70 seconds are a minute", 0.999, slo.Window{Days: 7}, "page 14m0s/1m0s 14.4 0.0144; page 1h24m0s/7m0s 6 0.006; ticket 16h48m0s/1h24m0s 1 0.001"},
		{"90 days", 0.999, slo.Window{Days: 90}, "page 3h0m0s/15m0s 14.4 0.0144; page 18h0m0s/1h30m0s 6 0.006; ticket 216h0m0s/18h0m0s 1 0.001"},
		{"a day: no window is shorter than four scrapes", 0.999, slo.Window{Days: 1}, "page 2m0s/1m0s 14.4 0.0144; page 12m0s/1m0s 6 0.006; ticket 2h24m0s/12m0s 1 0.001"},
		{"14.4 can fire above 93.06%, where 4,900 events in the hour would have to be bad without one good one", 0.9306, slo.Window{Days: 30}, "page 1h0m0s/5m0s 11.53 0.8; page 6h0m0s/30m0s 6 0.4164; ticket 72h0m0s/6h0m0s 1 0.0694"},
		{"14.4 at 94.5% is 79.2% of the events", 0.945, slo.Window{Days: 30}, "page 1h0m0s/5m0s 14.4 0.792; page 6h0m0s/30m0s 6 0.33; ticket 72h0m0s/6h0m0s 1 0.055"},
		{"14.4 cannot fire at 93%", 0.93, slo.Window{Days: 30}, "page 1h0m0s/5m0s 11.43 0.8; page 6h0m0s/30m0s 6 0.42; ticket 72h0m0s/6h0m0s 1 0.07"},
		{"90%, the workbook's example: at most 10", 0.9, slo.Window{Days: 30}, "page 1h0m0s/5m0s 8 0.8; page 6h0m0s/30m0s 6 0.6; ticket 72h0m0s/6h0m0s 1 0.1"},
		{"6 cannot fire at 83%", 0.83, slo.Window{Days: 30}, "page 1h0m0s/5m0s 4.706 0.8; page 6h0m0s/30m0s 4.706 0.8; ticket 72h0m0s/6h0m0s 1 0.17"},
		{"a fifth: 0.8 of the highest rate is 1", 0.2, slo.Window{Days: 30}, "page 1h0m0s/5m0s 1 0.8; page 6h0m0s/30m0s 1 0.8; ticket 72h0m0s/6h0m0s 1 0.8"},
		{"a calendar month is 30 days", 0.999, slo.Window{Period: slo.CalendarMonth}, "page 1h0m0s/5m0s 14.4 0.0144; page 6h0m0s/30m0s 6 0.006; ticket 72h0m0s/6h0m0s 1 0.001"},
	} {
		burns, err := rules.Burns(objective(c.target, c.window))
		if err != nil {
			t.Errorf("%s: %v", c.reason, err)
			continue
		}
		var got []string
		for _, b := range burns {
			got = append(got, fmt.Sprintf("%s %s/%s %.4g %v", b.Severity, b.Long, b.Short, b.Factor, b.Threshold()))
		}
		if g := strings.Join(got, "; "); g != c.want {
			t.Errorf("%s:\n got %s\nwant %s", c.reason, g, c.want)
		}
	}
}

// TestTimeToExhaustion: at each factor the share of the budget is gone after the long window. Google SRE Workbook, chapter 5: 2%, 5% and 10%.
func TestTimeToExhaustion(t *testing.T) {
	t.Parallel()
	burns, err := rules.Burns(objective(0.999, slo.Window{Days: 28}))
	if err != nil {
		t.Fatal(err)
	}
	for i, share := range []float64{0.02, 0.05, 0.1} {
		if got := burns[i].Factor * burns[i].Long.Hours() / (28 * 24); math.Abs(got-share) > 1e-12 || burns[i].Share != share || burns[i].Shortened {
			t.Errorf("alert %d: the share is %v, and %v by the factor, not %v", i+1, burns[i].Share, got, share)
		}
	}
	short, err := rules.Burns(objective(0.9, slo.Window{Days: 30}))
	if err != nil {
		t.Fatal(err)
	}
	if b := short[0]; !b.Shortened || math.Abs(b.Share-8.0/720) > 1e-12 {
		t.Errorf("at 90%% the first alert has the share %v, not 8 h of 720", b.Share)
	}
}

// TestRefusedBurns: a factor below 1 fires on a healthy service.
func TestRefusedBurns(t *testing.T) {
	t.Parallel()
	day := 24 * time.Hour
	for _, c := range []struct {
		reason string
		o      slo.Objective
		paces  []rules.Pace
		want   []string
	}{
		{"0.8 of the highest rate is below 1", objective(0.15, slo.Window{Days: 28}), rules.Workbook(), []string{`objective "x"`, "15%", "1.176", "0.9412", "raise the target"}},
		{
			"5% in three days of 30", objective(0.999, slo.Window{Days: 30}),
			[]rules.Pace{{Severity: rules.Ticket, Share: 0.05, Long: 3 * day, Short: 6 * time.Hour}},
			[]string{"5%", "3d", "0.5", "larger share"},
		},
	} {
		_, err := rules.Burns(c.o, rules.WithPaces(c.paces...))
		if err == nil {
			t.Errorf("%s: accepted", c.reason)
			continue
		}
		for _, w := range c.want {
			if !strings.Contains(err.Error(), w) {
				t.Errorf("%s: the error does not say %q: %v", c.reason, w, err)
			}
		}
	}
}

// TestBurnsCanFire: every alert that is not refused fires if all events are bad, is silent at the target, and keeps the promise of its
// window, whatever the target and the window.
func TestBurnsCanFire(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		target := float64(rapid.IntRange(1, 999_999).Draw(t, "target")) / 1_000_000
		days := rapid.IntRange(1, slo.MaxDays).Draw(t, "days")
		scrape := time.Duration(rapid.IntRange(1, 60).Draw(t, "scrape")) * time.Second
		burns, err := rules.Burns(objective(target, slo.Window{Days: days}), rules.WithScrape(scrape))
		if err != nil {
			if target >= 0.2 && days >= 3 {
				t.Fatalf("refused: %v", err)
			}
			return
		}
		for _, b := range burns {
			if b.Factor < 1 || b.Threshold() >= 1 || b.Threshold() < 1-target-1e-12 || (b.Shortened && b.Threshold() != 0.8) || (target >= 0.2 && b.Threshold() > 0.8) {
				t.Fatalf("%+v, threshold %v", b, b.Threshold())
			}
			if b.Long%time.Minute != 0 || b.Short%time.Minute != 0 || b.Short < 4*scrape || b.Long < b.Short {
				t.Fatalf("windows %s and %s at a scrape interval of %s", b.Long, b.Short, scrape)
			}
		}
	})
}

// TestBurnsAreDistinct: with rare scrapes the windows of the two pages of a short window are one, and two alerts with the same labels are
// one alert. The lower factor stays. Expected: 2% of a day's budget within 20 minutes, and a fifth of a day's 10% within 144 minutes.
func TestBurnsAreDistinct(t *testing.T) {
	t.Parallel()
	o := objective(0.99, slo.Window{Days: 1})
	burns, err := rules.Burns(o, rules.WithScrape(5*time.Minute))
	if err != nil {
		t.Fatal(err)
	}
	if len(burns) != 2 || burns[0].Severity != rules.Page || burns[0].Long != 20*time.Minute || math.Abs(burns[0].Factor-1.44) > 1e-12 ||
		burns[1].Severity != rules.Ticket || burns[1].Long != 144*time.Minute {
		t.Errorf("the burns are %+v", burns)
	}
	hour := time.Hour
	paces := []rules.Pace{{Severity: rules.Page, Share: 0.02, Long: hour, Short: 5 * time.Minute}, {Severity: rules.Ticket, Share: 0.01, Long: hour, Short: 10 * time.Minute}}
	files, err := rules.Prometheus([]slo.Objective{objective(0.99, slo.Window{Days: 30})}, rules.WithPaces(paces...))
	if err != nil {
		t.Fatal(err)
	}
	names := map[string]bool{}
	for _, f := range files {
		if names[f.Name] {
			t.Errorf("two files have the name %s, so one of them is lost", f.Name)
		}
		names[f.Name] = true
	}
}
