package eventlog //nolint:testpackage // it tests the reader of records, which is not exported

import (
	"bufio"
	"encoding/csv"
	"errors"
	"io"
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"
)

// TestFaultyQuoteCostsItsLine: the reader does not search the lines behind a faulty quote for the end of that
// quote. Otherwise a log with a faulty quote in each line would be searched once for each line.
func TestFaultyQuoteCostsItsLine(t *testing.T) {
	t.Parallel()
	for _, line := range []string{`1,x,2026-01-31,a""b`, `1,x,2026-01-31,""a""`, `1,x,2026-01-31,"a" "b`, `1,x,2026-01-31,5" pipe`, `1,x,2026-01-31,"a"b"`} {
		behind := errors.New("the reader searched behind the line")
		r := newRecords(io.MultiReader(strings.NewReader(line+"\n"), broken{behind}), ',')
		_, _, err := r.next()
		if bad := (recordError{}); !errors.As(err, &bad) {
			t.Errorf("%s: the error is %v, want a recordError", line, err)
		}
	}
}

type broken struct{ err error }

func (b broken) Read([]byte) (int, error) { return 0, b.err }

// TestLongRecordAnywhere: a record in quotes that is too long is rejected wherever it is in the log.
func TestLongRecordAnywhere(t *testing.T) {
	t.Parallel()
	long := "1,\"" + strings.Repeat("a\n", maxRecord/2) + "\",2026\n"
	for _, before := range []int{0, 1, 1000, 100_000} {
		r := newRecords(strings.NewReader(strings.Repeat("1,x,2026\n", before)+long), ',')
		for range before {
			if _, _, err := r.next(); err != nil {
				t.Fatal(err)
			}
		}
		_, _, err := r.next()
		if bad := (recordError{}); !errors.As(err, &bad) || !strings.Contains(bad.why, "not closed within 256 KiB") {
			t.Errorf("behind %d rows the error is %v, want one about a quote that is not closed within 256 KiB", before, err)
		}
	}
}

// TestRecordsAsEncodingCSV: the first record of any text is the same as that of encoding/csv. If it is faulty,
// the reader skips its first line.
func TestRecordsAsEncodingCSV(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		text := rapid.StringOfN(rapid.SampledFrom([]rune("a\"\"\",\n\r")), 1, 30, -1).Draw(t, "text")
		for rest := strings.TrimLeft(text, "\r\n"); rest != ""; rest = strings.TrimLeft(rest, "\r\n") {
			line, _, _ := strings.Cut(rest, "\n")
			if !strings.Contains(line, `"`) {
				rest = rest[len(line):]
				continue // without quotes the two agree
			}
			want := csv.NewReader(strings.NewReader(rest))
			want.FieldsPerRecord = -1
			fields, fault := want.Read()
			r := newRecords(bufio.NewReader(strings.NewReader(rest)), ',')
			got, _, err := r.next()
			if bad := (recordError{}); (fault != nil) != errors.As(err, &bad) || err != nil && fault == nil {
				t.Fatalf("%q: the error is %v, that of encoding/csv is %v", rest, err, fault)
			}
			if fault != nil {
				if r.used != min(len(line)+1, len(rest)) {
					t.Fatalf("%q: the reader skips %d bytes, want the first line", rest, r.used)
				}
				rest = rest[r.used:]
				continue
			}
			texts := make([]string, len(got))
			for i, f := range got {
				texts[i] = string(f)
			}
			if !slices.Equal(texts, fields) || int64(r.used) != want.InputOffset() {
				t.Fatalf("%q: the fields are %q in %d bytes, those of encoding/csv are %q in %d", rest, texts, r.used, fields, want.InputOffset())
			}
			rest = rest[r.used:]
		}
	})
}
