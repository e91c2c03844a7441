//go:build unix

package paths_test

import (
	"fmt"
	"math/rand/v2"
	"syscall"
	"testing"
	"time"

	"cairncx.dev/cairn/cx/insight/paths"
)

// million returns a log of that many runs of ten steps. The last drawnSteps steps of each run are drawn from twenty names, the others are the usual ones.
func million(runs, drawnSteps int) (paths.Log, []paths.Step) {
	const steps, names = 10, 20
	rng := rand.New(rand.NewPCG(1, 1))
	all := make([]paths.Step, 0, runs*steps)
	lives := make([]paths.Run, runs)
	log := paths.Log{Rows: runs, At: 400 * day}
	for i := range names {
		log.Codes = append(log.Codes, paths.Code{Name: fmt.Sprint("step ", i), Wait: i%4 == 0})
	}
	for row := range runs {
		after := time.Duration(0)
		for i := range steps {
			code := uint16(i)
			if i >= steps-drawnSteps {
				code = uint16(rng.IntN(names))
			}
			all = append(all, paths.StepAt(after, code))
			after += time.Duration(rng.ExpFloat64() * float64(time.Hour))
		}
		start := rng.Int64N(365 * day)
		lives[row] = paths.Run{Start: start, End: start + after.Microseconds(), Ended: rng.IntN(20) > 0, Completed: rng.IntN(5) > 0, Customer: 1 + rng.Uint64N(uint64(runs))}
	}
	log.Run = func(row int) paths.Run { return lives[row] }
	log.Steps = func(row int, _ []paths.Step) []paths.Step { return all[row*steps : (row+1)*steps] }
	return log, all
}

// used returns the processor time of this process, which other processes of the machine do not change.
func used(b *testing.B) time.Duration {
	b.Helper()
	var u syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &u); err != nil {
		b.Fatal(err)
	}
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}

// BenchmarkQuestions measures each question on a million runs of ten steps, beside one bare pass over the steps, in processor time. The questions about
// variants count the variants anew.
func BenchmarkQuestions(b *testing.B) {
	stages := []string{"step 0", "step 1", "step 2", "step 3", "step 4", "step 5"}
	for _, data := range []struct {
		name  string
		drawn int
	}{{"usual", 2}, {"all different", 8}} {
		log, all := million(1_000_000, data.drawn)
		bare := time.Duration(1 << 62)
		for range 5 {
			begin, total := used(b), [20]int64{}
			for _, s := range all {
				total[s.Code()] += int64(s >> 16)
			}
			if bare = min(bare, used(b)-begin); total[0] < 0 {
				b.Fatal("no step")
			}
		}
		ask := func(name string, question func(p *paths.Paths)) {
			b.Run(data.name+"/"+name, func(b *testing.B) {
				b.ReportAllocs()
				begin := used(b)
				for b.Loop() {
					question(asked(b, log))
				}
				cpu := (used(b) - begin).Seconds() / float64(b.N)
				b.ReportMetric(cpu, "cpu-s/op")
				b.ReportMetric(cpu/bare.Seconds(), "×bare")
			})
		}
		ask("time", func(p *paths.Paths) { p.Time() })
		ask("variants", func(p *paths.Paths) { p.Variants(20) })
		ask("follows", func(p *paths.Paths) { p.Follows(0.8) })
		ask("loops", func(p *paths.Paths) { p.Loops() })
		ask("handovers", func(p *paths.Paths) { p.Handovers() })
		ask("ping-pong", func(p *paths.Paths) { p.PingPong() })
		ask("funnel", func(p *paths.Paths) { p.Funnel(stages, p.FunnelAge(stages)) })
		ask("detours", func(p *paths.Paths) { p.Detours(nil, p.EndAge()) })
	}
}
