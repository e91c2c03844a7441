package eventlog_test

import (
	"context"
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"testing"

	"cairncx.dev/cairn/cmd/cairn/internal/eventlog"
	"cairncx.dev/cairn/cx/event"
)

// TestOrderInParts: the survey of a large file in two concurrent parts gives the same result as one survey from
// the beginning to the end.
func TestOrderInParts(t *testing.T) {
	t.Parallel()
	const (
		head, rows = "case,what,when\n", 340_000
		width      = len("case-000000,x,0000000000\n")
	)
	row := func(i, at int) string { return fmt.Sprintf("case-%06d,x,%010d\n", i, at) }
	// The second part begins behind the line in the middle of the file.
	middle := (rows*width/2)/width + 1
	log := func(change map[int]string) string {
		var b strings.Builder
		b.WriteString(head)
		for i := range rows {
			if text, ok := change[i]; ok {
				b.WriteString(text)
			} else {
				b.WriteString(row(i, i+1000))
			}
		}
		return b.String()
	}
	// from makes the row first and all later rows happen earlier, so that the log is out of order there only.
	from := func(first int) string {
		var b strings.Builder
		b.WriteString(head)
		for i := range rows {
			at := i + 1000
			if i >= first {
				at -= 10
			}
			b.WriteString(row(i, at))
		}
		return b.String()
	}
	hidden := strings.Repeat("z,x,0000000000\n", 20_000) // these lines would be rows without the quotes
	for _, tt := range []struct {
		name, log string
		streams   bool
		reason    string
	}{
		{"in order", log(nil), true, "every row is in order"},
		{"at once", log(map[int]string{middle: row(1, middle+999)}), true, "the same time twice is in order"},
		{"in the first part", from(100), false, "a row comes too late"},
		{"before the middle", from(middle - 1), false, "the last row of the first part comes too late"},
		{"in the middle", from(middle), false, "each part is in order, and their sequence is not"},
		{"behind the middle", from(middle + 1), false, "the second row of the second part comes too late"},
		{"at the end", from(rows - 1), false, "the last row comes too late"},
		{"bad rows in the middle", log(map[int]string{middle - 1: "a,x,never\n", middle: "a,x\n", middle + 1: "\n"}), true, "they are skipped"},
		{"a bad row hides nothing", strings.Replace(from(middle), row(middle, middle+990), "a,x,never-ever\n", 1), false, "the row behind it comes too late"},
		{"a long line in the middle", log(map[int]string{middle: strings.Repeat("y", 300<<10) + "\n"}), true, "it is skipped, and rows behind it are in order"},
		{"a quote over the middle", log(map[int]string{middle - 2400: "\"" + hidden[:240<<10] + "\",x," + fmt.Sprintf("%010d\n", middle-2400+1000)}), true, "the lines in quotes are not rows"},
		{"a quote at the end", log(map[int]string{rows - 1: "\"a\nz,x,0000000000\n\",x,0009999999\n"}), true, "the lines in quotes are not rows"},
		{"out of order behind quotes", strings.Replace(from(middle), row(5, 1005), "\"a\",x,0000001005\n", 1), false, "the survey restarts at the beginning of the file"},
	} {
		if testing.Short() && tt.name != "in order" && tt.name != "in the middle" {
			continue
		}
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			want := goodRows(t, tt.log)
			file := write(t, "log.csv", tt.log)
			for _, readers := range []int{1, 2} {
				cfg := eventlog.Config{TimeFormat: unixTimes(t), Columns: columns, Readers: readers, Dir: t.TempDir()}
				l, err := eventlog.Open(t.Context(), cfg, []string{file}, nil)
				if err != nil {
					t.Fatal(err)
				}
				// Done counts rows if the log is sorted, and bytes otherwise.
				if _, total := l.Done(); (total == int64(len(tt.log))) != tt.streams {
					t.Errorf("with %d readers Done is %d of %d; want streaming to be %v: %s",
						readers, total, len(tt.log), tt.streams, tt.reason)
				}
				if err := l.Close(); err != nil {
					t.Error(err)
				}
				if readers == 1 {
					continue
				}
				// The result of the survey does not change the rows.
				total, err := counted(t, cfg, file)
				if err != nil || total != len(want) {
					t.Errorf("with %d readers there are %d rows, %v; want %d: %s", readers, total, err, len(want), tt.reason)
				}
			}
		})
	}
}

// counted returns the number of rows.
func counted(t *testing.T, cfg eventlog.Config, file string) (int, error) {
	t.Helper()
	l, err := eventlog.Open(t.Context(), cfg, []string{file}, nil)
	if err != nil {
		return 0, err
	}
	var total atomic.Int64
	faults := make([]error, cfg.Readers)
	var wg sync.WaitGroup
	for i := range faults {
		wg.Go(func() {
			n := int64(0)
			for faults[i] == nil {
				if _, faults[i] = l.Next(i); faults[i] == nil {
					n++
				}
			}
			total.Add(n)
		})
	}
	wg.Wait()
	for i := range faults {
		if faults[i] == io.EOF {
			faults[i] = nil
		}
	}
	return int(total.Load()), errors.Join(errors.Join(faults...), l.Close())
}

// goodRows returns the cases of the readable rows, found with encoding/csv alone.
func goodRows(t *testing.T, log string) (cases []string) {
	t.Helper()
	r := csv.NewReader(strings.NewReader(log))
	r.FieldsPerRecord = -1
	all, err := r.ReadAll()
	if err != nil {
		t.Fatal(err)
	}
	for _, fields := range all[1:] {
		if len(fields) == 3 && len(fields[0]) <= event.MaxID && !strings.ContainsAny(fields[0], "\n") {
			if _, err := strconv.Atoi(fields[2]); err == nil {
				cases = append(cases, fields[0])
			}
		}
	}
	return cases
}

// TestOrderStops: the survey stops in all parts when the context is cancelled, and returns the reason.
func TestOrderStops(t *testing.T) {
	t.Parallel()
	var log strings.Builder
	log.WriteString("case,what,when\n")
	for i := range 600_000 {
		fmt.Fprintf(&log, "case-%06d,x,%d\n", i, i)
	}
	ctx, cancel := context.WithCancelCause(t.Context())
	enough := errors.New("enough")
	var told atomic.Int64
	cfg := eventlog.Config{TimeFormat: unixTimes(t), Columns: columns, Readers: 2, Dir: t.TempDir(), Progress: func(_ string, done, total int64) {
		if told.Add(1) == 1 {
			if done <= 0 || total != int64(log.Len()) {
				t.Errorf("progress reports %d of %d bytes, want a total of %d", done, total, log.Len())
			}
			cancel(enough)
		}
	}}
	_, err := eventlog.Open(ctx, cfg, []string{write(t, "log.csv", log.String())}, nil)
	if !errors.Is(err, enough) || told.Load() != 1 {
		t.Errorf("the error is %v after %d reports of progress, want the reason of the cancellation at once", err, told.Load())
	}
}
