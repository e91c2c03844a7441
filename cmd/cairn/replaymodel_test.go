package main

import (
	"fmt"
	"math"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"cairncx.dev/cairn/cmd/cairn/internal/report"
)

// modelRun is one run, as somebody would work it out with a pencil.
type modelRun struct {
	began, last, entered time.Time
	stage                string
	seen                 map[string]bool
	over                 bool
}

// modelReport works out the report of the checkout of testdata/replay/shop.yaml, the slow way.
func modelReport(rows []modelRow, end time.Time) report.Report {
	const patience = 30 * time.Minute
	stages := map[string]string{"fill-cart": "cart", "submit-payment": "payment", "order-confirmed": "confirmation"}
	runs := map[int]*modelRun{}
	took := map[string][]float64{}
	j := report.Journey{Name: "checkout"}
	entered, visits := map[string]int64{}, map[string]int64{}
	rep := report.Report{Events: int64(len(rows))}
	leave := func(r *modelRun, at time.Time, outcome string) {
		if r.stage != "" {
			took[r.stage] = append(took[r.stage], at.Sub(r.entered).Seconds())
		}
		if outcome != "" {
			r.over = true
			took[outcome] = append(took[outcome], at.Sub(r.began).Seconds())
		}
	}
	abandon := func(now time.Time) {
		for _, r := range runs {
			if !r.over && now.Sub(r.last) >= patience {
				leave(r, r.last.Add(patience), "abandoned")
				j.Ended.Abandoned++
			}
		}
	}
	for _, row := range rows {
		abandon(row.at)
		r := runs[row.order]
		if r == nil {
			r = &modelRun{began: row.at, seen: map[string]bool{}}
			runs[row.order] = r
			j.Started++
		}
		if r.over {
			rep.Late++
			continue
		}
		r.last = row.at
		if s := stages[row.step]; s != r.stage {
			leave(r, row.at, "")
			r.stage, r.entered = s, row.at
			visits[s]++
			if !r.seen[s] {
				r.seen[s] = true
				entered[s]++
			}
		}
		if row.step == "order-confirmed" && !row.failed {
			leave(r, row.at, "completed")
			j.Ended.Completed++
		}
	}
	abandon(end)
	for _, r := range runs {
		if !r.over {
			j.Active++
		}
	}
	if d := modelDuration(took["completed"]); d.Count > 0 {
		j.Duration.Completed = &d
	}
	if d := modelDuration(took["abandoned"]); d.Count > 0 {
		j.Duration.Abandoned = &d
	}
	for _, s := range []string{"cart", "payment", "confirmation"} {
		j.Stages = append(j.Stages, report.Stage{
			Name: s, Entered: entered[s], Visits: visits[s],
			Conversion: float64(entered[s]) / float64(j.Started), Duration: modelDuration(took[s]),
		})
	}
	rep.Journeys = []report.Journey{j}
	return rep
}

func modelDuration(seconds []float64) report.Duration {
	n := len(seconds)
	if n == 0 {
		return report.Duration{}
	}
	slices.Sort(seconds)
	sum := 0.0
	for _, s := range seconds {
		sum += s
	}
	return report.Duration{
		Count: int64(n), Mean: sum / float64(n), Max: seconds[n-1],
		P50: seconds[int(math.Ceil(0.5*float64(n)))-1], P90: seconds[int(math.Ceil(0.9*float64(n)))-1],
	}
}

type modelRow struct {
	order  int
	step   string
	at     time.Time
	failed bool
}

// TestReplayModel compares reports of random logs, in random order, with a model that is simple
// enough to be seen to be right.
func TestReplayModel(t *testing.T) {
	t.Parallel()
	for seed := range uint64(25) {
		t.Run(fmt.Sprint("seed ", seed), func(t *testing.T) {
			t.Parallel()
			rng := rand.New(rand.NewPCG(seed, 5))
			steps := []string{"fill-cart", "fill-cart", "submit-payment", "order-confirmed"}
			rows := make([]modelRow, 400)
			began := time.Date(2026, 1, 31, 9, 0, 0, 0, time.UTC)
			for i := range rows {
				rows[i] = modelRow{
					order: rng.IntN(60), step: steps[rng.IntN(len(steps))], failed: rng.IntN(3) == 0,
					at: began.Add(time.Duration(i*rng.IntN(60)) * time.Second), // some at once, some much later
				}
			}
			var log strings.Builder
			log.WriteString("order,step,at,how\n")
			for _, r := range rows {
				how := ""
				if r.failed {
					how = "failed"
				}
				fmt.Fprintf(&log, "%d,%s,%s,%s\n", r.order, r.step, r.at.Format(time.DateTime), how)
			}
			slices.SortStableFunc(rows, func(a, b modelRow) int { return a.at.Compare(b.at) })
			file := filepath.Join(t.TempDir(), "log.csv")
			if err := os.WriteFile(file, []byte(log.String()), 0o600); err != nil {
				t.Fatal(err)
			}
			end := rows[len(rows)-1].at.Add(time.Duration(rng.IntN(40)) * time.Minute)
			got := replayed(t, "--blueprint", "testdata/replay/shop.yaml", "--map", shopMap+",outcome=how",
				"--until", end.Format(time.RFC3339), file)
			got.Journeys = got.Journeys[:1]
			got.Journeys[0].Touchpoints = nil
			if diff := cmp.Diff(modelReport(rows, end), got, cmpopts.EquateApprox(0, 2e-9)); diff != "" {
				t.Errorf("(-model +replay):\n%s", diff)
			}
		})
	}
}
