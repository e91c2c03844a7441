package eventlog_test

import (
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"pgregory.net/rapid"

	"cairncx.dev/cairn/cmd/cairn/internal/eventlog"
)

// logged is a row that the test made.
type logged struct {
	id, what string
	at       int64 // seconds
}

// byCase reads the log with all its readers. It returns the rows of each case in the order of their arrival,
// and the number of rows.
func byCase(t testing.TB, cfg eventlog.Config, stdin string, files ...string) (rows map[string][]string, total int, err error) {
	t.Helper()
	l, err := eventlog.Open(t.Context(), cfg, files, strings.NewReader(stdin))
	if err != nil {
		return nil, 0, err
	}
	var mu sync.Mutex
	var wg sync.WaitGroup
	rows = map[string][]string{}
	for i := range max(1, cfg.Readers) {
		wg.Go(func() {
			for {
				row, fault := l.Next(i)
				mu.Lock()
				switch {
				case fault == nil:
					total++
					rows[string(row.Case)] = append(rows[string(row.Case)], fmt.Sprintf("%d %s", row.Time/int64(time.Second), l.Activity(row.Activity)))
				case !errors.Is(fault, io.EOF):
					err = fault
				}
				mu.Unlock()
				if fault != nil {
					return
				}
			}
		})
	}
	wg.Wait()
	if fault := l.Close(); fault != nil {
		t.Error(fault)
	}
	for _, in := range l.Inputs() {
		if err == nil && in.Size > 0 && in.Bytes != in.Size {
			t.Errorf("%s: %d of %d bytes read, and no error", in.Name, in.Bytes, in.Size)
		}
	}
	return rows, total, err
}

// TestQuotesOutOfOrder: a quote before the first row that is out of order does not end the log there.
func TestQuotesOutOfOrder(t *testing.T) {
	t.Parallel()
	const rows = 65_533
	var quoted strings.Builder
	quoted.WriteString("\"case\",\"what\",\"when\"\n")
	for i := range rows {
		fmt.Fprintf(&quoted, "\"case-%d\",\"x\",\"%s\"\n", i%9, time.Unix(1_400_000_000+int64(i*7919%rows), 0).UTC().Format(time.RFC3339))
	}
	for _, tt := range []struct {
		name, log string
		want      int
	}{
		{"two rows", "case,what,when\nok,x,2026-10-25\n\"ok\",x,2026-10-24\n", 2},
		{"the first row", "case,what,when\n\"ok\",x,2026-10-25\nok,x,2026-10-24\nok,x,2026-10-26\n", 3},
		{"the header", "\"case\",what,when\nok,x,2026-10-25\nok,x,2026-10-24\nok,x,2026-10-26\n", 3},
		{"a line end in the quotes", "case,what,when\nok,\"x\ny\",2026-10-25\nok,x,2026-10-24\nok,x,2026-10-26\n", 3},
		{"all", quoted.String(), rows},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			for _, readers := range []int{1, 3} {
				_, total, err := byCase(t, eventlog.Config{Columns: columns, Readers: readers, Dir: t.TempDir()}, "", write(t, "log.csv", tt.log))
				if err != nil || total != tt.want {
					t.Errorf("%d rows, %v; want %d", total, err, tt.want)
				}
			}
		})
	}
}

// TestAnyWayToWriteIt: the order of the rows, the quotes, the line ends, the compression, the number of files,
// the order of their columns and the memory do not change the result, as long as the rows of a case with one
// time keep their order. The expected result follows from the rows that the test made, without any parsing.
func TestAnyWayToWriteIt(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	rapid.Check(t, func(rt *rapid.T) {
		ids := []string{"a", "b b", "ä-1", `c"c`, "d,d", "e;e"}
		names := []string{"Created", "x, \"y\"", "Gelöst", "two\nlines", "a\tb"}
		rows := rapid.SliceOfN(rapid.Custom(func(rt *rapid.T) logged {
			return logged{
				id: rapid.SampledFrom(ids).Draw(rt, "case"), what: rapid.SampledFrom(names).Draw(rt, "what"),
				at: 1_600_000_000 + rapid.Int64Range(0, 8).Draw(rt, "at"),
			}
		}), 0, 40).Draw(rt, "rows")
		if rapid.IntRange(0, 30).Draw(rt, "many") == 30 { // more than fits into memory
			few := rows
			for i := 1; len(few) > 0 && len(rows) < 15_000; i++ {
				for _, r := range few {
					rows = append(rows, logged{fmt.Sprint(r.id, i), r.what, r.at})
				}
			}
		}
		rng := rand.New(rand.NewPCG(rapid.Uint64().Draw(rt, "seed"), 0))
		want := map[string][]string{}
		for _, r := range slices.SortedStableFunc(slices.Values(rows), func(a, b logged) int { return int(a.at - b.at) }) {
			want[r.id] = append(want[r.id], fmt.Sprintf("%d %s", r.at, r.what))
		}
		order := permuted(rng, rows)

		cfg := eventlog.Config{Columns: columns, Readers: rapid.IntRange(1, 3).Draw(rt, "readers"), Dir: dir}
		cfg.Memory = rapid.SampledFrom([]int64{eventlog.MinMemory, eventlog.DefaultMemory}).Draw(rt, "memory")
		cfg.Bad = func(file string, line int, err error) error { return fmt.Errorf("%s:%d: %w", file, line, err) }
		var files []string
		stdin := ""
		folder, err := os.MkdirTemp(dir, "")
		if err != nil {
			rt.Fatal(err)
		}
		defer func() { _ = os.RemoveAll(folder) }()
		count := rapid.IntRange(1, 4).Draw(rt, "files")
		for i := range count {
			part := order[len(order)*i/count : len(order)*(i+1)/count]
			text := written(rng, part, rapid.SampledFrom([]string{"\n", "\r\n"}).Draw(rt, "line end"), rapid.SampledFrom([]string{"none", "some", "all"}).Draw(rt, "quotes"))
			name := filepath.Join(folder, fmt.Sprintf("%d.csv", i))
			switch rapid.SampledFrom([]string{"plain", "gzip", "members", "stdin"}).Draw(rt, "as") {
			case "gzip":
				text = zipped(text)
			case "members":
				half := rng.IntN(len(text) + 1)
				text = zipped(text[:half]) + zipped(text[half:])
			case "stdin":
				if stdin == "" {
					stdin, name = text, "-"
				}
			}
			if name != "-" {
				if err := os.WriteFile(name, []byte(text), 0o600); err != nil {
					rt.Fatal(err)
				}
			}
			files = append(files, name)
		}
		got, total, err := byCase(t, cfg, stdin, files...)
		if err != nil {
			rt.Fatal(err)
		}
		if total != len(rows) {
			rt.Errorf("%d rows, want %d", total, len(rows))
		}
		for id := range want {
			if !slices.Equal(got[id], want[id]) {
				rt.Fatalf("case %q: %q, want %q", id, got[id], want[id])
			}
		}
	})
}

// permuted returns the rows in another order that keeps the order of rows with one case and one time.
func permuted(rng *rand.Rand, rows []logged) []logged {
	type group struct {
		id string
		at int64
	}
	groups := map[group][]logged{}
	for _, r := range rows {
		g := group{r.id, r.at}
		groups[g] = append(groups[g], r)
	}
	out := slices.Clone(rows)
	rng.Shuffle(len(out), func(i, j int) { out[i], out[j] = out[j], out[i] })
	for i, r := range out {
		g := group{r.id, r.at}
		out[i], groups[g] = groups[g][0], groups[g][1:]
	}
	return out
}

// written writes the rows as CSV with an additional column, in one of the usual styles.
func written(rng *rand.Rand, rows []logged, end, quotes string) string {
	header := []string{"case", "what", "when", "note"}
	order := rng.Perm(len(header))
	var b strings.Builder
	if rng.IntN(4) == 0 {
		b.WriteString("\ufeff")
	}
	line := func(fields []string) {
		for i, at := range order {
			if i > 0 {
				b.WriteByte(',')
			}
			f := fields[at]
			if quotes == "all" || strings.ContainsAny(f, ",\"\n\r") || quotes == "some" && rng.IntN(3) == 0 {
				f = `"` + strings.ReplaceAll(f, `"`, `""`) + `"`
			}
			b.WriteString(f)
		}
	}
	line(header)
	notes := []string{"", "-", "a,b", "one\rtwo", "one\ntwo", `say "so"`}
	for _, r := range rows {
		b.WriteString(strings.Repeat(end, 1+rng.IntN(8)/7)) // sometimes an empty line
		line([]string{r.id, r.what, time.Unix(r.at, 0).UTC().Format(time.RFC3339), notes[rng.IntN(len(notes))]})
	}
	if rng.IntN(3) > 0 {
		b.WriteString(end)
	}
	return b.String()
}

// TestChangedWhileRead: a file that changes while it is read gives an error and no result.
func TestChangedWhileRead(t *testing.T) {
	t.Parallel()
	row := func(i int) string { return fmt.Sprintf("case-%06d,x,%d\n", i, 1_600_000_000+i) }
	const rows = 100_000 // more than the read-ahead
	var log strings.Builder
	log.WriteString("case,what,when\n")
	for i := range rows {
		log.WriteString(row(i))
	}
	appended := func(path string) error {
		f, err := os.OpenFile(path, os.O_APPEND|os.O_WRONLY, 0)
		if err != nil {
			return err
		}
		_, err = f.WriteString(row(rows))
		return errors.Join(err, f.Close())
	}
	cut := func(path string) error { return os.Truncate(path, int64(log.Len()/2)) }
	cutAtLine := func(path string) error {
		return os.Truncate(path, int64(len("case,what,when\n")+len(row(0))*rows/2))
	}
	rewritten := func(path string) error {
		f, err := os.OpenFile(path, os.O_WRONLY, 0)
		if err != nil {
			return err
		}
		_, err = f.WriteAt([]byte("9"), int64(len("case,what,when\n")+len(row(0))*rows/2+len("case-"))) // changes a case
		return errors.Join(err, f.Close(), os.Chtimes(path, time.Time{}, time.Now().Add(time.Hour)))
	}
	for _, tt := range []struct {
		name   string
		change func(path string) error
	}{
		{"grown", appended}, {"shrunk", cut}, {"shrunk to whole lines", cutAtLine}, {"rewritten", rewritten},
	} {
		for _, when := range []string{"looked at", "read", "sorted"} {
			t.Run(tt.name+" while it is "+when, func(t *testing.T) {
				t.Parallel()
				content, change := log.String(), tt.change
				if when == "sorted" { // makes the log out of order from the beginning
					content = strings.Replace(content, "case,what,when\n", "case,what,when\n"+row(rows), 1)
				}
				path := write(t, "log.csv", content)
				var once sync.Once
				cfg := eventlog.Config{Columns: columns, Dir: t.TempDir()}
				cfg.Progress = func(string, int64, int64) {
					if when != "read" {
						once.Do(func() {
							if err := change(path); err != nil {
								t.Error(err)
							}
						})
					}
				}
				l, err := eventlog.Open(t.Context(), cfg, []string{path}, nil)
				if err == nil {
					if when == "read" {
						if err := change(path); err != nil {
							t.Error(err)
						}
					}
					for err == nil {
						_, err = l.Next(0)
					}
					_ = l.Close()
				}
				if err == nil || errors.Is(err, io.EOF) || !strings.Contains(err.Error(), "changed while it was read") {
					t.Errorf("the error is %v, want one about a changed file", err)
				}
			})
		}
	}
}

// TestCompressedWholly: the package reads compressed data to its real end and reports data behind it.
func TestCompressedWholly(t *testing.T) {
	t.Parallel()
	const head = "case,what,when\n"
	body := strings.Repeat("a,x,1600000000\n", 5000)
	whole := zipped(head + body)
	for _, tt := range []struct {
		name, content string
		rows          int
		want          string
	}{
		{"one member", whole, 5000, ""},
		{"three members", zipped(head) + zipped(body) + zipped(body), 10_000, ""},
		{"an empty member", zipped(head) + zipped("") + zipped(body), 5000, ""},
		{"other data behind it", whole + "a,x,1600000000\n", 0, "other data follows the compressed data"},
		{"one byte behind it", whole + "a", 0, "cut off"},
		{"zeros behind it", whole + strings.Repeat("\x00", 512), 0, "other data follows the compressed data"},
		{"cut off", whole[:len(whole)-5], 0, "cut off"},
		{"cut off in the second member", whole + whole[:20], 0, "cut off"},
		{"a bit wrong", whole[:len(whole)-6] + "\x00" + whole[len(whole)-5:], 0, "checksum"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			for _, file := range []string{write(t, "log.csv.gz", tt.content), "-"} {
				_, total, err := byCase(t, eventlog.Config{Columns: columns, Dir: t.TempDir()}, tt.content, file)
				if tt.want == "" && (err != nil || total != tt.rows) {
					t.Errorf("%s: %d rows, %v; want %d", file, total, err, tt.rows)
				}
				if tt.want != "" && (err == nil || !strings.Contains(err.Error(), tt.want)) {
					t.Errorf("%s: the error is %v, want %q", file, err, tt.want)
				}
			}
		})
	}
}
