package paths_test

import (
	"encoding/json"
	"errors"
	"math"
	"slices"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"cairncx.dev/cairn/cx/insight/paths"
)

// TestNew: what is not a log is refused, and the error says what to do.
func TestNew(t *testing.T) {
	t.Parallel()
	run := func(int) paths.Run { return paths.Run{} }
	steps := func(int, []paths.Step) []paths.Step { return nil }
	for name, log := range map[string]paths.Log{
		"negative rows":  {Rows: -1, Run: run, Steps: steps},
		"too many rows":  {Rows: math.MaxInt32 + 1, Run: run, Steps: steps},
		"no runs":        {Rows: 1, Steps: steps},
		"no steps":       {Rows: 1, Run: run},
		"too many codes": {Codes: make([]paths.Code, paths.MaxCodes+1)},
	} {
		if _, err := paths.New(log); !errors.Is(err, paths.ErrLog) {
			t.Errorf("%s: %v, want %v", name, err, paths.ErrLog)
		}
	}
	if _, err := paths.New(paths.Log{Codes: make([]paths.Code, paths.MaxCodes)}); err != nil {
		t.Errorf("as many codes as there may be: %v", err)
	}
}

// TestStepAt: a step keeps its time to the microsecond, and its code.
func TestStepAt(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ after, want time.Duration }{
		{-time.Hour, 0},
		{0, 0},
		{999, 0},
		{time.Microsecond, time.Microsecond},
		{time.Hour + 1, time.Hour},
		{paths.MaxAfter, paths.MaxAfter},
		{math.MaxInt64, paths.MaxAfter},
		{math.MinInt64, 0},
	} {
		for _, code := range []uint16{0, 1, math.MaxUint16} {
			if s := paths.StepAt(c.after, code); s.After() != c.want || s.Code() != code {
				t.Errorf("%v with code %d is %v with code %d, want %v", c.after, code, s.After(), s.Code(), c.want)
			}
		}
	}
}

// answers returns each answer about the log in JSON, with its sentence.
func answers(t testing.TB, log paths.Log) string {
	t.Helper()
	p := asked(t, log)
	stages := []string{"a", "b", "nowhere"}
	var said strings.Builder
	for _, age := range []time.Duration{0, time.Hour, math.MaxInt64, math.MinInt64} {
		for _, a := range []interface{ Sentence() string }{
			p.Time(), p.Variants(3), p.Follows(math.NaN()), p.Follows(0.5), p.Loops(), p.Handovers(), p.PingPong(),
			p.Funnel(stages, paths.Age{Age: age}), p.Funnel(nil, p.FunnelAge(stages)), p.Detours(nil, paths.Age{Age: age}),
		} {
			b, err := json.Marshal(a)
			if err != nil {
				t.Fatalf("%T: %v", a, err)
			}
			said.Write(b)
			said.WriteString("\n" + a.Sentence() + "\n")
		}
	}
	return said.String()
}

// TestNothing: logs of nothing have answers.
func TestNothing(t *testing.T) {
	t.Parallel()
	empty := func(int, []paths.Step) []paths.Step { return nil }
	for name, log := range map[string]paths.Log{
		"no rows": {}, "no rows with codes": {Codes: []paths.Code{{Name: "a"}}},
		"no steps": {Rows: 10, Run: func(int) paths.Run { return paths.Run{} }, Steps: empty},
		"no codes": {Rows: 10, Run: func(int) paths.Run { return paths.Run{} }, Steps: func(_ int, s []paths.Step) []paths.Step { return append(s, 5) }},
	} {
		if said := answers(t, log); strings.Contains(said, "NaN") {
			t.Errorf("%s: %s", name, said)
		}
	}
}

// TestHostileLogs: no log makes a question panic, and no name gets into a sentence with what a terminal would obey.
func TestHostileLogs(t *testing.T) {
	t.Parallel()
	extreme := rapid.SampledFrom([]int64{math.MinInt64, math.MinInt64 + 1, -1, 0, 1, 1 << 47, math.MaxInt64 - 1, math.MaxInt64})
	rapid.Check(t, func(r *rapid.T) {
		log := paths.Log{Rows: rapid.IntRange(0, 40).Draw(r, "rows"), At: extreme.Draw(r, "at"), Currencies: []string{"EUR"}}
		for range rapid.IntRange(0, 6).Draw(r, "codes") {
			name := rapid.SampledFrom([]string{"a", "b", "", "\x1b[2J", "\u202ea", "a\nb", "\"", "\xff", strings.Repeat("long ", 1000)}).Draw(r, "name")
			log.Codes = append(log.Codes, paths.Code{Name: name, Rank: int(extreme.Draw(r, "rank"))})
		}
		runs, steps := make([]paths.Run, log.Rows), make([][]paths.Step, log.Rows)
		for i := range runs {
			runs[i] = paths.Run{
				Start: extreme.Draw(r, "start"), End: extreme.Draw(r, "end"), Ended: rapid.Bool().Draw(r, "ended"), Completed: rapid.Bool().Draw(r, "completed"),
				Customer: uint64(extreme.Draw(r, "who")), Value: extreme.Draw(r, "value"), Currency: uint16(extreme.Draw(r, "currency")),
			}
			for range rapid.IntRange(0, 6).Draw(r, "steps") {
				steps[i] = append(steps[i], paths.Step(extreme.Draw(r, "step"))<<16|paths.Step(rapid.IntRange(0, 7).Draw(r, "code")))
			}
		}
		before := make([][]paths.Step, log.Rows)
		for i := range steps {
			before[i] = slices.Clone(steps[i])
		}
		log.Run = func(row int) paths.Run { return runs[row] }
		log.Steps = func(row int, _ []paths.Step) []paths.Step { return steps[row] }
		said := answers(t, log)
		for line := range strings.Lines(said) {
			if strings.HasPrefix(line, "{") {
				continue
			}
			if strings.ContainsAny(strings.TrimSuffix(line, "\n"), "\x1b\u202e\n") || strings.Contains(line, "NaN") {
				r.Fatalf("a sentence has what a terminal obeys, or no number: %q", line)
			}
		}
		for i := range steps {
			if !slices.Equal(steps[i], before[i]) {
				r.Fatal("the caller's steps were changed")
			}
		}
	})
}
