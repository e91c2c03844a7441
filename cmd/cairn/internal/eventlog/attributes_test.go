package eventlog_test

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"cairncx.dev/cairn/cmd/cairn/internal/eventlog"
)

// TestAttributes: the columns of attributes travel with their rows, in order, out of order and through the disk. A text that is
// not UTF-8 is no attribute.
func TestAttributes(t *testing.T) {
	t.Parallel()
	with := columns
	with.Customer = "who"
	with.Attributes = []eventlog.Attribute{{Key: "team", Column: "Team"}, {Key: "note", Column: "note"}, {Key: "again", Column: "case"}}
	const header = "when,case,what,who,Team,note\n"
	for _, c := range []struct {
		name, log string
		rows, bad []string
	}{
		{"in order", "1,a,x,kim, red ,\n2,a,y,,,\"one, two\"\n", []string{`1 a x by kim team="red" note="" again="a"`, `2 a y team="" note="one, two" again="a"`}, nil},
		{"out of order", "2,b,y,kim,blüe,n\n1,a,x,,,\n", []string{`1 a x team="" note="" again="a"`, `2 b y by kim team="blüe" note="n" again="b"`}, nil},
		{"not UTF-8", "1,é,x,,r\xff,\n2,a,y,,red,\n", []string{`2 a y team="red" note="" again="a"`}, []string{`log.csv:2: the attribute "team", in the column "Team", is not UTF-8`}},
		{"NUL", "1,a,x,,r\x00,\n2,a,y,,red,\n", []string{`2 a y team="red" note="" again="a"`}, []string{`log.csv:2: the attribute "team", in the column "Team", has a NUL byte`}},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			rows, bad, err := read(t, eventlog.Config{Columns: with}, "", logFile(t, header+c.log))
			if err != nil || !slices.Equal(rows, c.rows) || len(bad) != len(c.bad) {
				t.Fatalf("the rows are %q, rejected are %q, %v; want %q and %q", rows, bad, err, c.rows, c.bad)
			}
			for i := range bad {
				if !strings.HasPrefix(bad[i], c.bad[i]) {
					t.Errorf("rejected is %q, want %q", bad[i], c.bad[i])
				}
			}
		})
	}
	for text, says := range map[string]string{
		"when,case,what,who,team,note\n1,a,x,,,\n":       `there is no column "Team" for attr.team: did you mean "team"?`,
		"when,case,what,who,Team,note,Team\n1,a,x,,,,\n": `the column "Team", for attr.team, occurs twice`,
	} {
		if _, _, err := read(t, eventlog.Config{Columns: with}, "", logFile(t, text)); err == nil || !strings.Contains(err.Error(), says) {
			t.Errorf("the error is %v, want %q in it", err, says)
		}
	}
}

// TestAttributesOnDisk: a log that is sorted on the disk keeps the attributes of each row.
func TestAttributesOnDisk(t *testing.T) {
	t.Parallel()
	with := columns
	with.Attributes = []eventlog.Attribute{{Key: "team", Column: "team"}}
	const n = 60_000
	var log strings.Builder
	log.WriteString("when,case,what,team\n")
	for i := range n {
		fmt.Fprintf(&log, "%d,c%d,x,%s%d\n", n-i, i%7, strings.Repeat("t", i%50), n-i)
	}
	rows, bad, err := read(t, eventlog.Config{Columns: with, Memory: eventlog.MinMemory}, "", logFile(t, log.String()))
	if err != nil || len(bad) > 0 || len(rows) != n {
		t.Fatalf("%d rows, rejected are %q, %v", len(rows), bad, err)
	}
	for i, row := range rows {
		at := i + 1
		if want := fmt.Sprintf("%d c%d x team=%q", at, (n-at)%7, fmt.Sprintf("%s%d", strings.Repeat("t", (n-at)%50), at)); row != want {
			t.Fatalf("row %d is %s, want %s", i, row, want)
		}
	}
}

func logFile(t *testing.T, text string) string {
	t.Helper()
	file := filepath.Join(t.TempDir(), "log.csv")
	if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	return file
}

// TestPlaces: each row has its file and the line on which it begins, in order, out of order and through the disk.
func TestPlaces(t *testing.T) {
	t.Parallel()
	with := columns
	with.Attributes = []eventlog.Attribute{{Key: "note", Column: "note"}}
	const n = 40_000
	var big strings.Builder
	big.WriteString("when,case,what,note\n")
	for i := range n {
		fmt.Fprintf(&big, "%d,c,x,%s\n", n-i, strings.Repeat("t", i%90))
	}
	for _, c := range []struct {
		name   string
		places bool
		logs   []string
		want   []string // file, line and time of the first rows
	}{
		{"in order", true, []string{"when,case,what,note\n1,a,x,\n\n2,a,y,\"two\nlines\"\n3,a,z,\n"}, []string{"0 2 1", "0 4 2", "0 6 3"}},
		{"out of order", true, []string{"when,case,what,note\n2,a,x,\n1,a,y,\n", "when,case,what,note\n3,a,x,\n"}, []string{"0 3 1", "0 2 2", "1 2 3"}},
		{"on the disk", true, []string{big.String()}, []string{"0 40001 1", "0 40000 2"}},
		{"not asked for", false, []string{"when,case,what,note\n2,a,x,\n1,a,y,\n"}, []string{"0 0 1", "0 0 2"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			files := make([]string, len(c.logs))
			for i := range files {
				files[i] = logFile(t, c.logs[i])
			}
			l, err := eventlog.Open(t.Context(), eventlog.Config{Columns: with, Places: c.places, TimeFormat: unixTimes(t), Memory: eventlog.MinMemory, Dir: t.TempDir()}, files, nil)
			if err != nil {
				t.Fatal(err)
			}
			defer func() { _ = l.Close() }()
			for _, want := range c.want {
				row, err := l.Next(0)
				if err != nil {
					t.Fatal(err)
				}
				if got := fmt.Sprint(row.File, row.Line, row.Time/1e9); got != want {
					t.Errorf("a row is at %s, want %s", got, want)
				}
			}
		})
	}
}
