package paths_test

import (
	"fmt"
	"time"

	"cairncx.dev/cairn/cx/insight/paths"
)

// A hundred customers take one hour from the cart to the payment. Twenty of them look at the cart again first, and take four.
func Example() {
	log := paths.Log{
		Rows:  100,
		Codes: []paths.Code{{Name: "cart"}, {Name: "pay", Rank: 1}},
		At:    time.Date(2026, 3, 2, 12, 0, 0, 0, time.UTC).UnixMicro(),
	}
	start := time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)
	log.Run = func(row int) paths.Run {
		took := time.Hour
		if row < 20 {
			took = 4 * time.Hour
		}
		return paths.Run{
			Start: start.UnixMicro(), End: start.Add(took).UnixMicro(), Ended: true, Completed: true, Customer: uint64(row + 1),
		}
	}
	log.Steps = func(row int, into []paths.Step) []paths.Step {
		if row < 20 {
			return append(into, paths.StepAt(0, 0), paths.StepAt(3*time.Hour, 0), paths.StepAt(4*time.Hour, 1))
		}
		return append(into, paths.StepAt(0, 0), paths.StepAt(time.Hour, 1))
	}
	p, err := paths.New(log)
	if err != nil {
		fmt.Println(err)
		return
	}
	stages := []string{"cart", "pay"}
	fmt.Println(p.Time().Sentence())
	fmt.Println(p.Funnel(stages, p.FunnelAge(stages)).Sentence())
	fmt.Println(p.Variants(10).Sentence())
	fmt.Println(p.Follows(0.8).Sentence())
	fmt.Println(p.Loops().Sentence())
	fmt.Println(p.Detours(nil, p.EndAge()).Sentence())
	// Output:
	// 100 runs took 6 days 16 hours in all. 100.0% (100.0% to 100.0%) of the time is in "cart", where half of the 120 visits last 1 hour or less. Steps that are done again take 12.5% (9.4% to 15.6%) of the time, in 20 of 100 runs (20.0%, 13.3% to 28.9%).
	// 100 of 100 runs (100.0%, 96.3% to 100.0%) completed within 4 hours.
	// 100 runs took 2 paths. 80 of 100 runs (80.0%, 71.1% to 86.7%) took the most frequent one, and half of those that have ended took 1 hour or less: "cart" → "pay".
	// The map shows 80 of 100 runs (80.0%, 71.1% to 86.7%), which took 1 path. "pay" follows "cart" most often: 80 times, half of them within 1 hour.
	// 20 of 100 runs (20.0%, 13.3% to 28.9%) do a step again. The loop that takes the most time is "cart" → "cart": 20 times, half of them within 3 hours.
	// The most costly detour is "cart" → "cart" → "pay": 20 customers, 3 hours longer at the median (3 hours to 3 hours) than the usual path. It adds "cart". This is a difference between runs on different paths, and no proof that the path is its cause.
}

// The codes of this log are teams. Ten runs go from the desk to the office, and back and forth, every hour.
func ExamplePaths_PingPong() {
	log := paths.Log{Rows: 40, Codes: []paths.Code{{Name: "desk"}, {Name: "office"}}}
	log.Run = func(row int) paths.Run {
		return paths.Run{End: (6 * time.Hour).Microseconds(), Ended: true, Customer: uint64(row + 1)}
	}
	log.Steps = func(row int, into []paths.Step) []paths.Step {
		for i := range 4 {
			if row < 10 || i < 2 {
				into = append(into, paths.StepAt(time.Duration(i)*time.Hour, uint16(i%2)))
			}
		}
		return into
	}
	p, err := paths.New(log)
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(p.Handovers().Sentence())
	fmt.Println(p.PingPong().Sentence())
	// Output:
	// 40 of 40 runs (100.0%, 91.2% to 100.0%) changed hands, 60 times in all. 25.0% (20.5% to 29.5%) of the time passes between the last step of one team and the first step of the next one. 20 of 60 handovers (33.3%, 22.7% to 45.9%) went back to a team that had the run before.
	// 10 of 40 runs (25.0%, 14.2% to 40.2%) were sent back and forth between two teams. Most of the time was lost between "desk" and "office": 20 hours in 10 runs.
}
