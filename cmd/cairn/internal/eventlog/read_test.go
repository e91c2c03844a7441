package eventlog_test

import (
	"context"
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"
	"unicode/utf8"

	"cairncx.dev/cairn/cmd/cairn/internal/eventlog"
	"cairncx.dev/cairn/cx/event"
)

func TestSeveralFiles(t *testing.T) {
	t.Parallel()
	ordered := []string{
		write(t, "a.csv", "case,what,when\na,x,1\na,y,5\n"),
		write(t, "b.csv", "what,case,when\nx,b,1\ny,b,3\n"),
	}
	want := []string{"1 a x", "1 b x", "3 b y", "5 a y"}
	rows, bad, err := read(t, eventlog.Config{}, "", ordered...)
	if err != nil || len(bad) > 0 || !slices.Equal(rows, want) {
		t.Errorf("rows %q, %q, %v; want a merge of the files in order", rows, bad, err)
	}
	mixed := append(ordered, write(t, "c.csv.gz", zipped("case,what,when\nc,z,4\nc,y,2\n")))
	want = []string{"1 a x", "1 b x", "2 c y", "3 b y", "4 c z", "5 a y"}
	if rows, _, err = read(t, eventlog.Config{}, "", mixed...); err != nil || !slices.Equal(rows, want) {
		t.Errorf("rows %q, %v; want all files sorted together", rows, err)
	}
}

func TestJSON(t *testing.T) {
	t.Parallel()
	one := `{"v":1,"kind":"touchpoint.ended","time":"2011-10-11T13:45:40Z","touchpoint":"x"}`
	two := `{"v":1,"kind":"journey.started","time":"2011-10-11T13:45:39Z","journey":{"name":"permit","id":"a"}}`
	log := "\ufeff" + one + "\n\n" + two + "\r\n{\"v\":1}\nnot json\n" +
		`{"v":1,"kind":"touchpoint.ended","time":"1969-10-11T13:45:40Z"}` + "\n" +
		`{"v":1,"kind":"` + strings.Repeat("x", event.MaxJSON) + `"}` + "\n" + one
	for _, file := range []string{"-", write(t, "log.jsonl", log), write(t, "log.ndjson.gz", zipped(log)), write(t, "log", log)} {
		rows, bad, err := read(t, eventlog.Config{}, log, file)
		if want := []string{"1318340739 " + two, "1318340740 " + one, "1318340740 " + one}; err != nil || !slices.Equal(rows, want) {
			t.Errorf("%s: rows %q, %v; want %q", file, rows, err, want)
		}
		if len(bad) != 4 || !strings.Contains(bad[0], ":4: ") || !strings.Contains(bad[3], ":7: ") {
			t.Errorf("%s: bad rows %.300q; want lines 4 to 7", file, bad)
		}
	}
}

// TestSortOnDisk compares a log that does not fit into memory with a stable sort of all its rows.
func TestSortOnDisk(t *testing.T) {
	t.Parallel()
	rng := rand.New(rand.NewPCG(1, 2))
	type row struct {
		at   int
		text string
	}
	const rows = 60_000
	all := make([]row, rows)
	var log strings.Builder
	log.WriteString("case,what,when\n")
	for i := range all {
		all[i] = row{at: rng.IntN(rows / 4), text: fmt.Sprintf("case-%d a%d", i, rng.IntN(5))}
		fmt.Fprintf(&log, "%s,%d\n", strings.Replace(all[i].text, " ", ",", 1), all[i].at)
	}
	slices.SortStableFunc(all, func(a, b row) int { return a.at - b.at })
	want := make([]string, rows)
	for i, r := range all {
		want[i] = fmt.Sprintf("%d %s", r.at, r.text)
	}
	for _, memory := range []int64{eventlog.MinMemory, eventlog.DefaultMemory} {
		got, bad, err := read(t, eventlog.Config{Memory: memory}, log.String(), "-")
		if err != nil || len(bad) > 0 {
			t.Fatal(err, bad)
		}
		if !slices.Equal(got, want) {
			t.Errorf("memory %d: the rows differ from a stable sort", memory)
		}
	}
}

// TestReaders: each row goes to exactly one reader, each case goes to one reader, and each reader gets its rows
// in order.
func TestReaders(t *testing.T) {
	t.Parallel()
	const rows, readers = 30_000, 3
	var log strings.Builder
	log.WriteString("case,what,when\n")
	for i := range rows {
		fmt.Fprintf(&log, "case-%d,x,%d\n", i%100, i/2)
	}
	cfg := eventlog.Config{TimeFormat: unixTimes(t), Columns: columns, Readers: readers}
	l, err := eventlog.Open(t.Context(), cfg, []string{write(t, "log.csv", log.String())}, nil)
	if err != nil {
		t.Fatal(err)
	}
	var mu sync.Mutex
	var wg sync.WaitGroup
	reader, total := map[string]int{}, 0
	for i := range readers {
		wg.Go(func() {
			last := int64(0)
			for {
				row, err := l.Next(i)
				if errors.Is(err, io.EOF) {
					return
				}
				if err != nil || row.Time < last {
					t.Errorf("reader %d: time %d after %d, %v", i, row.Time, last, err)
					return
				}
				last = row.Time
				mu.Lock()
				if was, there := reader[string(row.Case)]; there && was != i {
					t.Errorf("%s goes to readers %d and %d", row.Case, was, i)
				}
				reader[string(row.Case)] = i
				total++
				mu.Unlock()
			}
		})
	}
	wg.Wait()
	if err := l.Close(); err != nil || total != rows {
		t.Errorf("%d rows, %v; want %d", total, err, rows)
	}
}

func TestDiskFull(t *testing.T) {
	t.Parallel()
	log := "case,what,when\n" + strings.Repeat("a,x,2\nb,y,1\n", 50_000)
	cfg := eventlog.Config{TimeFormat: unixTimes(t), Columns: columns, Memory: eventlog.MinMemory, Dir: filepath.Join(t.TempDir(), "none")}
	if _, err := eventlog.Open(t.Context(), cfg, []string{"-"}, strings.NewReader(log)); err == nil || !strings.Contains(err.Error(), "--tmp") {
		t.Errorf("error %v; want one with the remedy", err)
	}
}

func TestStopped(t *testing.T) {
	t.Parallel()
	log := "case,what,when\n" + strings.Repeat("a,x,1\n", 100_000)
	file := write(t, "log.csv", log)
	ctx, cancel := context.WithCancel(t.Context())
	l, err := eventlog.Open(ctx, eventlog.Config{TimeFormat: unixTimes(t), Columns: columns}, []string{file}, nil)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := l.Next(0); err != nil {
		t.Fatal(err)
	}
	cancel()
	for err == nil {
		_, err = l.Next(0)
	}
	if !errors.Is(err, context.Canceled) {
		t.Errorf("error %v after the context was cancelled", err)
	}
	if err := errors.Join(l.Close(), l.Close()); err != nil {
		t.Errorf("Close, twice: %v", err)
	}
	if _, err := eventlog.Open(ctx, eventlog.Config{TimeFormat: unixTimes(t), Columns: columns}, []string{"-"}, strings.NewReader(log)); !errors.Is(err, context.Canceled) {
		t.Errorf("Open: error %v with a cancelled context", err)
	}
	stop := errors.New("stop")
	bad := func(string, int, error) error { return stop }
	for _, in := range []string{"case,what,when\n,x,1\n", "case,what,when\na,x,2\n,x,1\n"} {
		l, err := eventlog.Open(t.Context(), eventlog.Config{TimeFormat: unixTimes(t), Columns: columns, Bad: bad}, []string{write(t, "log.csv", in)}, nil)
		if err == nil {
			for err == nil {
				_, err = l.Next(0)
			}
			_ = l.Close()
		}
		if !errors.Is(err, stop) {
			t.Errorf("error %v; want that of Bad", err)
		}
	}
}

// FuzzCSV compares the rows with those of encoding/csv, if encoding/csv finds no fault.
func FuzzCSV(f *testing.F) {
	f.Add("a,\"x\ny\",1\n")
	f.Add("\"a\"\"b\",x,1\r\n\n\nc,\"\",2")
	f.Add("a,x\",1\nb,\"y,2\n\"")
	f.Add("\x00\x03\x00\"\x00\x03\x00") // looks like UTF-16
	f.Fuzz(func(t *testing.T, text string) {
		if strings.HasPrefix(text, "\x1f\x8b") || strings.HasPrefix(text, "{") {
			return
		}
		const header = "case,what,when\n"
		r := csv.NewReader(strings.NewReader(header + text))
		r.FieldsPerRecord = -1
		var want, got []string
		all, fault := r.ReadAll()
		for _, fields := range all[min(1, len(all)):] {
			if len(fields) != 3 {
				continue
			}
			id, what := strings.TrimSpace(fields[0]), strings.TrimSpace(fields[1])
			if !event.ValidID(id) || what == "" || !utf8.ValidString(what) || strings.Contains(what, "\x00") {
				continue
			}
			seconds := strings.TrimSpace(fields[2])
			if i := strings.IndexAny(seconds, ".,"); i > 0 && i+1 < len(seconds) && strings.Trim(seconds[i+1:], "0123456789") == "" {
				seconds = seconds[:i]
			}
			if at, err := strconv.ParseUint(seconds, 10, 33); err == nil {
				name := strings.ToValidUTF8(what[:min(len(what), 256)], "")
				want = append(want, fmt.Sprintf("%d %s %s", at, id, name))
			}
		}
		got, bad, err := read(t, eventlog.Config{}, header+text, "-")
		if err != nil && (strings.Contains(err.Error(), "not UTF-8") || strings.Contains(err.Error(), "UTF-16") || strings.Contains(err.Error(), "carriage return")) {
			return // Open rejects the whole log
		}
		if err != nil {
			t.Fatal(err)
		}
		for _, b := range bad {
			if strings.Contains(b, "quote") {
				fault = errors.New("a quote")
			}
		}
		if fault != nil {
			return
		}
		slices.Sort(want)
		slices.Sort(got)
		if !slices.Equal(got, want) {
			t.Errorf("rows %q, encoding/csv says %q", got, want)
		}
	})
}

func ExampleOpen() {
	log := "request,step,at\n17,decided,2026-01-31 12:00\n17,received,2026-01-30 09:30\n"
	cfg := eventlog.Config{Columns: eventlog.Columns{Case: "request", Activity: "step", Time: "at"}}
	l, err := eventlog.Open(context.Background(), cfg, []string{eventlog.Stdin}, strings.NewReader(log))
	if err != nil {
		fmt.Println(err)
		return
	}
	defer func() { _ = l.Close() }()
	for {
		row, err := l.Next(0)
		if err != nil {
			break
		}
		fmt.Println(time.Unix(0, row.Time).UTC().Format(time.DateTime), string(row.Case), l.Activity(row.Activity))
	}
	// Output:
	// 2026-01-30 09:30:00 17 received
	// 2026-01-31 12:00:00 17 decided
}
