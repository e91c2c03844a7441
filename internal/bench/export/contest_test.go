//go:build unix

package export

import (
	"runtime"
	"syscall"
	"testing"
	"time"
)

// turn is what one side did in one round: the events that came out at its end and those that did not, how
// long it took, and what of that this process used of its CPUs.
type turn struct {
	events, lost int
	took, cpu    time.Duration
}

// time adds what f takes.
func (t *turn) time(f func() error) error {
	start, used := time.Now(), cpu()
	err := f()
	t.took += time.Since(start)
	t.cpu += cpu() - used
	return err
}

// cpu returns the CPU time of this process.
func cpu() time.Duration {
	var u syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &u); err != nil {
		panic(err)
	}
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}

// side is one way of doing the work, and what it did in each round.
type side struct {
	name  string
	run   func(b *testing.B) turn // does one round; nil in a duel
	turns []turn
}

func (s *side) each(f func(t turn) float64) []float64 {
	out := make([]float64, len(s.turns))
	for i, t := range s.turns {
		out[i] = f(t)
	}
	return out
}

// rates returns the events a second that came out, by round.
func (s *side) rates() []float64 {
	return s.each(func(t turn) float64 { return float64(t.events) / t.took.Seconds() })
}

// costs returns the microseconds of CPU for each event that came out, by round.
func (s *side) costs() []float64 {
	return s.each(func(t turn) float64 { return t.cpu.Seconds() * 1e6 / float64(t.events) })
}

// nanos returns the nanoseconds for each event, by round.
func (s *side) nanos() []float64 {
	return s.each(func(t turn) float64 { return float64(t.took) / float64(t.events) })
}

// lost returns the share of the events that did not come out, of all rounds.
func (s *side) lost() float64 {
	var came, lost int
	for _, t := range s.turns {
		came += t.events
		lost += t.lost
	}
	return float64(lost) / float64(came+lost)
}

// contest runs the sides, one after the other, each round beginning with another one.
func contest(b *testing.B, rounds int, sides ...*side) {
	b.Helper()
	for round := range rounds {
		for i := range sides {
			s := sides[(round+i)%len(sides)]
			runtime.GC()
			s.turns = append(s.turns, s.run(b))
		}
	}
}

// stretch is how many batches a side of a duel does before the other one does the same: few enough that
// both meet what else the machine does, and enough that who makes garbage collects it.
const stretch = 8

// duel gives both sides the same batches, which have so many events, in stretches. Each round has a pair of
// functions of its own, which do batch i.
func duel(b testing.TB, rounds int, ours, theirs *side, batches []int, open func() (us, them func(i int) error, done func())) {
	b.Helper()
	for round := range rounds {
		us, them, done := open()
		runtime.GC()
		turns := [2]turn{}
		do := [2]func(int) error{us, them}
		for from := 0; from < len(batches); from += stretch {
			to := min(from+stretch, len(batches))
			for k := range do {
				k = (k + round + from/stretch) % 2
				if err := turns[k].time(func() error { return through(from, to, do[k]) }); err != nil {
					b.Fatal(err)
				}
			}
			for _, n := range batches[from:to] {
				turns[0].events += n
				turns[1].events += n
			}
		}
		done()
		ours.turns, theirs.turns = append(ours.turns, turns[0]), append(theirs.turns, turns[1])
	}
}

func through(from, to int, f func(int) error) error {
	for i := from; i < to; i++ {
		if err := f(i); err != nil {
			return err
		}
	}
	return nil
}
