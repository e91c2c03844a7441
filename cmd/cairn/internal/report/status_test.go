package report_test

import (
	"strings"
	"testing"
	"time"

	"cairncx.dev/cairn/cmd/cairn/internal/report"
	"cairncx.dev/cairn/cx/slo"
)

// stood returns how an objective with the target 90% stands after these events, which have been counted since that time before now.
func stood(name string, good, bad, excluded int64, counted time.Duration) slo.Status {
	now := time.Date(2026, 3, 6, 12, 0, 0, 0, time.UTC)
	o := slo.Objective{Name: name, Touchpoint: "pay", Target: 0.9, Window: slo.Window{Days: 1}, MinEvents: 10}
	return slo.Compute(o, slo.Heard{Now: now, From: now.AddDate(0, 0, -1), Until: now, Since: now.Add(-counted), Counts: slo.Counts{Good: good, Bad: bad, Excluded: excluded}})
}

// mean returns how a composite of them stands.
func mean(name string, target float64, parts ...slo.Status) slo.Status {
	o := slo.Objective{Name: name, Target: target, Window: slo.Window{Days: 1}}
	for _, p := range parts {
		o.Of = append(o.Of, slo.Part{Objective: p.Name, Weight: 1})
	}
	at := parts[0].Now
	return slo.Compute(o, slo.Heard{Now: at, From: at.AddDate(0, 0, -1), Until: at, Since: at, Parts: parts})
}

func TestStateOf(t *testing.T) {
	t.Parallel()
	exact, over, none, few := stood("a", 90, 10, 0, time.Hour), stood("b", 89, 11, 0, time.Hour), stood("c", 0, 0, 0, 0), stood("d", 5, 0, 0, time.Hour)
	for _, c := range []struct {
		name, reason string
		status       slo.Status
		want         report.State
	}{
		{"exact", "as many were bad as may be", exact, report.Kept},
		{"over", "one more was bad", over, report.Missed},
		{"few", "min_events is 10", few, report.TooFew},
		{"few and bad", "too few say nothing, also of what is bad", stood("x", 0, 9, 0, time.Hour), report.TooFew},
		{"idle", "zeros are counts", stood("x", 0, 0, 0, time.Second), report.NoEvents},
		{"never", "there is not even a zero", none, report.NotCounted},
		{"excluded", "what is in no ratio is a count", stood("x", 0, 0, 1, 0), report.NoEvents},
		{"first", "the first scrape has events", stood("x", 9, 1, 0, 0), report.Kept},
		{"mean", "(90% + 89%) / 2 is 89.5%, which is the target", mean("x", 0.895, exact, over), report.Kept},
		{"mean that errs", "(50% + 82%) / 2 is 66%, and a float64 less than it", mean("x", 0.66, stood("a", 50, 50, 0, time.Hour), stood("b", 82, 18, 0, time.Hour)), report.Kept},
		{"mean below", "89.5% is below", mean("x", 0.8951, exact, over), report.Missed},
		{"mean of one", "a part drops out", mean("x", 0.9, exact, none), report.Kept},
		{"mean of few", "no part has enough", mean("x", 0.9, none, few), report.NoEvents},
		{"mean of nothing", "no part is counted", mean("x", 0.9, none, none), report.NotCounted},
	} {
		if got := report.StateOf(&c.status); got != c.want {
			t.Errorf("%s: it is %s, want %s: %s", c.name, got, c.want, c.reason)
		}
	}
}

func TestStatusVerdict(t *testing.T) {
	t.Parallel()
	kept, missed, few, none := stood("kept", 95, 5, 0, time.Hour), stood("gone\x1b[2J", 50, 50, 0, time.Hour), stood("few", 1, 0, 0, time.Hour), stood("none", 0, 0, 0, 0)
	for _, c := range []struct {
		list []slo.Status
		want string
	}{
		{[]slo.Status{kept}, "The objective is kept."},
		{[]slo.Status{kept, kept}, "All 2 objectives are kept."},
		{[]slo.Status{missed}, "The objective is missed: gone\ufffd[2J."},
		{[]slo.Status{missed, kept}, "1 of 2 objectives is missed: gone\ufffd[2J."},
		{[]slo.Status{missed, kept, missed}, "2 of 3 objectives are missed: gone\ufffd[2J, gone\ufffd[2J."},
		{[]slo.Status{kept, few}, "No objective is missed. Not enough events to say: few."},
		{[]slo.Status{few}, "Not enough events to say: few."},
		{[]slo.Status{few, none}, "Not enough events to say: few. No service counts none: deploy the blueprint that has it."},
		{[]slo.Status{none, mean("m", 0.9, none)}, "Prometheus has no count of any objective."},
	} {
		got := report.StatusVerdict(c.list)
		if got != c.want && (!strings.HasPrefix(c.want, "Prometheus") || !strings.HasPrefix(got, c.want)) {
			t.Errorf("it says\n%s\nand not\n%s", got, c.want)
		}
	}
}

// TestStatusWidth: no line of the text is wider than it may be, also with long names, except the address of a runbook.
func TestStatusWidth(t *testing.T) {
	t.Parallel()
	s := stood(strings.Repeat("long-name-", 6), 5_000_000, 5_000_000, 0, time.Hour)
	for _, width := range []int{60, 80, 140} {
		var b strings.Builder
		if err := report.WriteStatus(&b, []slo.Status{s}, report.StatusHead{Blueprint: strings.Repeat("folder/", 30), Source: "http://prometheus:9090", Now: s.Now}, width); err != nil {
			t.Fatal(err)
		}
		for line := range strings.Lines(b.String()) {
			if n := len([]rune(strings.TrimSuffix(line, "\n"))); n > width {
				t.Errorf("a line has %d characters, more than %d: %s", n, width, line)
			}
		}
	}
}
