package eventlog_test

import (
	"errors"
	"fmt"
	"io"
	"strings"
	"testing"
	"time"

	"cairncx.dev/cairn/cmd/cairn/internal/eventlog"
)

// peopleOf reads a CSV log with the columns of people, and returns what its rows say and what is wrong with the others.
func peopleOf(t *testing.T, memory int64, text string) (rows, bad []string) {
	t.Helper()
	cfg := eventlog.Config{Columns: eventlog.Columns{
		Case: "case", Activity: "activity", Time: "time",
		People: eventlog.PeopleColumns{Wait: "wait", Talk: "talk", Hold: "hold", Wrap: "wrap", Group: "team", Resource: "who", Intent: "why"},
	}, Memory: memory, Dir: t.TempDir(), Readers: 1, Bad: func(_ string, line int, err error) error {
		bad = append(bad, fmt.Sprintf("%d: %v", line, err))
		return nil
	}}
	log, err := eventlog.Open(t.Context(), cfg, []string{eventlog.Stdin}, strings.NewReader(text))
	if err != nil {
		t.Fatal(err)
	}
	defer log.Close()
	for {
		row, err := log.Next(0)
		if errors.Is(err, io.EOF) {
			return rows, bad
		}
		if err != nil {
			t.Fatal(err)
		}
		p := row.People()
		rows = append(rows, fmt.Sprintf("%s %v %v %v %v %04b %q %q %q %v", row.Case, p.Wait, p.Talk, p.Hold, p.Wrap, p.Said, p.Group, p.Resource, p.Intent, p.Any()))
	}
}

// TestPeople: what a row says of people travels with it, in order and out of order, and through the disk. A row with a time that is none
// is rejected, with its line, column and the remedy.
func TestPeople(t *testing.T) {
	t.Parallel()
	const head = "case,activity,time,wait,talk,hold,wrap,team,who,why\n"
	at := time.Date(2026, 3, 1, 0, 0, 0, 0, time.UTC)
	line := func(n int, rest string) string {
		return fmt.Sprintf("c%d,call,%s,%s\n", n, at.Add(time.Duration(n)*time.Second).Format(time.RFC3339), rest)
	}
	for _, c := range []struct{ reason, rest, want, bad string }{
		{reason: "nothing is said", rest: ",,,,,,", want: `0s 0s 0s 0s 0000 "" "" "" false`},
		{reason: "0 is a wait", rest: "0,,,,,,", want: `0s 0s 0s 0s 0001 "" "" "" true`},
		{reason: "all is said", rest: `12.5,0:59,1:00:00, 007 ,"Cards, and loans",r-7,lost card`, want: `12.5s 59s 1h0m0s 7s 1111 "Cards, and loans" "r-7" "lost card" true`},
		{reason: "an intent alone is no contact with people", rest: ",,,,,,lost card", want: `0s 0s 0s 0s 0000 "" "" "lost card" false`},
		{reason: "minutes may be many, if no hour is before them", rest: "90:00,,,,,,", want: `1h30m0s 0s 0s 0s 0001 "" "" "" true`},
		{reason: "nanoseconds", rest: "0.0000000019,,,,,,", want: `1ns 0s 0s 0s 0001 "" "" "" true`},
		{reason: "a negative time", rest: "-1,,,,,,", bad: `the wait, in the column "wait", is not a time: write seconds`},
		{reason: "a sign", rest: ",+1,,,,,", bad: `the talk, in the column "talk", is not a time`},
		{reason: "an exponent", rest: ",,1e3,,,,", bad: `the hold`},
		{reason: "no number", rest: ",,,NaN,,,", bad: `the wrap`},
		{reason: "60 seconds of a minute", rest: "0:60,,,,,,", bad: `the wait`},
		{reason: "one digit behind a colon", rest: "1:1,,,,,,", bad: `the wait`},
		{reason: "days", rest: "1:00:00:00,,,,,,", bad: `the wait`},
		{reason: "only a fraction", rest: ".5,,,,,,", bad: `the wait`},
		{reason: "no fraction behind the point", rest: "5.,,,,,,", bad: `the wait`},
		{reason: "a comma as the point", rest: `"1,5",,,,,,`, bad: `the wait`},
		{reason: "two points", rest: "1.2.3,,,,,,", bad: `the wait`},
		{reason: "beyond any number", rest: "99999999999999999999999999,,,,,,", bad: `the wait, in the column "wait", is longer than 87600 hours`},
		{reason: "beyond the longest time", rest: "999999999999:00:00,,,,,,", bad: `the wait, in the column "wait", is longer than 87600 hours`},
		{reason: "a fraction beyond the longest time", rest: "87600:00:00.1,,,,,,", bad: `is longer than 87600 hours`},
		{reason: "the longest time", rest: "87600:00:00.0,,,,,,", want: `87600h0m0s 0s 0s 0s 0001 "" "" "" true`},
		{reason: "long, and not a time", rest: "999999999999:00:0,,,,,,", bad: `the wait, in the column "wait", is not a time`},
		{reason: "a team that no queue can have", rest: ",,,," + strings.Repeat("a", 65) + ",,", bad: `the group, in the column "team", is longer than 64 bytes`},
		{reason: "an employee that no event can have", rest: ",,,,," + strings.Repeat("a", 129) + ",", bad: `the resource, in the column "who", is longer than 128 bytes`},
		{reason: "an intent with a tab inside", rest: ",,,,,,a\tb", bad: `the intent, in the column "why"`},
	} {
		rows, bad := peopleOf(t, 1<<20, head+line(2, c.rest)+line(1, "1,2,3,4,a,b,c"))
		other := `c1 1s 2s 3s 4s 1111 "a" "b" "c" true`
		switch {
		case c.bad == "" && (len(bad) > 0 || len(rows) != 2 || rows[0] != other || rows[1] != "c2 "+c.want):
			t.Errorf("%s: the rows are %q, the bad ones %q, want %s", c.reason, rows, bad, c.want)
		case c.bad != "" && (len(rows) != 1 || len(bad) != 1 || !strings.Contains(bad[0], c.bad)):
			t.Errorf("%s: the rows are %q, the bad ones %q, want %s", c.reason, rows, bad, c.bad)
		}
	}
	var text strings.Builder
	const many = 40_000
	for i := range many {
		text.WriteString(line(many-i, fmt.Sprintf("%d,%d:%02d,,,team %d,,", i, i/60, i%60, i%9)))
	}
	rows, bad := peopleOf(t, eventlog.MinMemory, head+text.String())
	if len(rows) != many || len(bad) > 0 {
		t.Fatalf("%d rows and %d bad ones, want %d", len(rows), len(bad), many)
	}
	for i, got := range rows {
		n := many - i - 1
		d := time.Duration(n) * time.Second
		if want := fmt.Sprintf(`c%d %v %v 0s 0s 0011 "team %d" "" "" true`, i+1, d, d, n%9); got != want {
			t.Fatalf("row %d is %s, want %s", i, got, want)
		}
	}
}
