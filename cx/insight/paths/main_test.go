package paths_test

import (
	"flag"
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	"go.uber.org/goleak"

	"cairncx.dev/cairn/cx/insight/paths"
)

func TestMain(m *testing.M) {
	// The seed in a failure's output is enough to repeat it, so rapid writes no files to testdata.
	if err := flag.Set("rapid.nofailfile", "true"); err != nil {
		panic(err)
	}
	goleak.VerifyTestMain(m)
}

// moment is a step of a run, in microseconds since its start.
type moment struct {
	at   int64
	name string
}

// life is a run as a test tells it.
type life struct {
	start, end       int64
	ended, completed bool
	who              uint64
	value            int64
	currency         uint16
	steps            []moment
}

// world is what a log is made of.
type world struct {
	names      []string
	ranks      map[string]int
	waits      map[string]bool
	currencies []string
	at         int64
	lives      []life
	few        int // the model shows no group of fewer customers
}

// log returns the log, with rows, codes and steps in an order that the seed decides. Every second run's steps are a slice of the log's own.
func (w *world) log(seed uint64) paths.Log {
	rng := rand.New(rand.NewPCG(seed, 1))
	lives, names := slices.Clone(w.lives), slices.Clone(w.names)
	if seed > 0 {
		rng.Shuffle(len(lives), func(i, j int) { lives[i], lives[j] = lives[j], lives[i] })
		rng.Shuffle(len(names), func(i, j int) { names[i], names[j] = names[j], names[i] })
	}
	log := paths.Log{Rows: len(lives), Currencies: w.currencies, At: w.at}
	for _, n := range names {
		log.Codes = append(log.Codes, paths.Code{Name: n, Rank: w.ranks[n], Wait: w.waits[n]})
	}
	own := make([][]paths.Step, len(lives))
	for i, l := range lives {
		for _, m := range l.steps {
			code := uint16(slices.Index(names, m.name))
			own[i] = append(own[i], paths.StepAt(time.Duration(m.at)*time.Microsecond, code))
		}
		if seed > 0 {
			rng.Shuffle(len(own[i]), func(a, b int) { own[i][a], own[i][b] = own[i][b], own[i][a] })
		}
	}
	log.Run = func(row int) paths.Run {
		l := lives[row]
		return paths.Run{Start: l.start, End: l.end, Ended: l.ended, Completed: l.completed, Customer: l.who, Value: l.value, Currency: l.currency}
	}
	log.Steps = func(row int, into []paths.Step) []paths.Step {
		if row%2 == 0 {
			return own[row]
		}
		return append(into, own[row]...)
	}
	return log
}

// open returns the questions about the world.
func (w *world) open(t testing.TB) *paths.Paths {
	t.Helper()
	return asked(t, w.log(0))
}

func asked(t testing.TB, log paths.Log) *paths.Paths {
	t.Helper()
	p, err := paths.New(log)
	if err != nil {
		t.Fatal(err)
	}
	return p
}

const (
	minute = int64(time.Minute / time.Microsecond)
	hour   = 60 * minute
	day    = 24 * hour
)

// trace returns a run whose steps are one hour apart, from the start on, and which ends an hour after the last one.
func trace(who uint64, names ...string) life {
	l := life{who: who, ended: true, completed: true, end: int64(len(names)) * hour}
	for i, n := range names {
		l.steps = append(l.steps, moment{int64(i) * hour, n})
	}
	return l
}
