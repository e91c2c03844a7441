package eventlog_test

import (
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"cairncx.dev/cairn/cmd/cairn/internal/eventlog"
)

// TestStoredCutOff: an end of the temporary file inside a row is an error and not the end of the rows.
func TestStoredCutOff(t *testing.T) {
	t.Parallel()
	row := func() []byte {
		rest := append([]byte{0, 0, 0, 0, 0, 0, 1, 4}, "case"...) // CSV, no channel, no outcome, inbound, no place, activity 1, a case of 4 bytes
		b := binary.LittleEndian.AppendUint64(nil, 1)
		b = binary.AppendUvarint(b, uint64(len(rest)))
		return append(b, rest...)
	}
	whole := append(row(), row()...)
	for size := range len(whole) + 1 {
		rows, err := eventlog.ReadStored(whole[:size])
		complete := size%len(row()) == 0
		if complete != (err == nil) || rows != size/len(row()) || errors.Is(err, io.EOF) {
			t.Errorf("%d bytes give %d rows, %v", size, rows, err)
		}
	}
}

// TestDamaged: the report about a damaged row has its file and line, and the row is never read as another one.
func TestDamaged(t *testing.T) {
	t.Parallel()
	event := func(name string) string {
		return `{"v":1,"kind":"touchpoint.ended","time":"2026-01-31T09:30:00Z","touchpoint":"` + name + `"}` + "\n"
	}
	for _, tt := range []struct {
		name, file, log string
		rows            int
		bad             []string
	}{
		{"a NUL in an activity", "a.csv", "case,what,when\na,x\x00,1\nb,x,2\n", 1, []string{"a.csv:2:", "NUL byte"}},
		{"a NUL in a case", "a.csv", "case,what,when\na\x00,x,1\nb,x,2\n", 1, []string{"a.csv:2:", "NUL byte"}},
		{"a NUL in a time", "a.csv", "case,what,when\na,x,1\x00\nb,x,2\n", 1, []string{"a.csv:2:", "not a time"}},
		{"NULs at the end", "a.csv", "case,what,when\na,x,1\n" + strings.Repeat("\x00", 4096), 1, []string{"a.csv:3:", "1 fields"}},
		{"a letter that is cut off", "a.csv", "case,what,when\na,Gel\xc3,1\nb,Gelöst,2\n", 1, []string{"a.csv:2:", "not UTF-8", `"what"`}},
		{"a channel that is not UTF-8", "b.csv", "case,what,when,on\nä,x,1,T\xfcr\nä,x,2,web\n", 1, []string{"b.csv:2:", "the channel", "not UTF-8"}},
		{"a customer that is not UTF-8", "b.csv", "case,what,when,who\nä,x,1,J\xf6rg\nä,x,2,kim\n", 1, []string{"b.csv:2:", "the customer", "not UTF-8"}},
		{"JSON that is not UTF-8", "a.jsonl", event("Gel\xf6st") + event("x"), 1, []string{"a.jsonl:1:", "not UTF-8"}},
		{"JSON that is cut off", "a.jsonl", event("x") + event("y")[:40], 1, []string{"a.jsonl:2:"}},
		{"two events in a line", "a.jsonl", event("x") + strings.TrimSpace(event("y")) + event("z"), 1, []string{"a.jsonl:2:"}},
		{"NULs before JSON", "a.jsonl", strings.Repeat("\x00", 600) + "\n" + event("x"), 1, []string{"a.jsonl:1:"}},
		{"a mark in the middle", "a.jsonl", event("x") + "\ufeff" + event("y"), 1, []string{"a.jsonl:2:"}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			cfg := eventlog.Config{Columns: columns}
			if strings.Contains(tt.log, ",on\n") {
				cfg.Columns.Channel = "on"
			}
			if strings.Contains(tt.log, ",who\n") {
				cfg.Columns.Customer = "who"
			}
			rows, bad, err := read(t, cfg, "", write(t, tt.file, tt.log))
			if err != nil || len(rows) != tt.rows || len(bad) != 1 {
				t.Fatalf("%q, %q, %v; want %d rows and one skipped row", rows, bad, err, tt.rows)
			}
			for _, want := range tt.bad {
				if !strings.Contains(bad[0], want) {
					t.Errorf("the report is %q, want it to contain %q", bad[0], want)
				}
			}
		})
	}
}

// TestInputs: the statistics of the inputs add up.
func TestInputs(t *testing.T) {
	t.Parallel()
	log := "case,what,when\na,x,1600000000\n\nb,y,never\nc,\"z\nz\",1600000002\nd,x,1600000001\n"
	zip := zipped(log)
	files := []string{write(t, "a.csv", log), write(t, "b.csv.gz", zip), "-"}
	var bad int64
	cfg := eventlog.Config{Columns: columns, Dir: t.TempDir(), Bad: func(string, int, error) error { bad++; return nil }}
	l, err := eventlog.Open(t.Context(), cfg, files, strings.NewReader(log))
	if err != nil {
		t.Fatal(err)
	}
	for err == nil {
		_, err = l.Next(0)
	}
	if !errors.Is(err, io.EOF) {
		t.Fatal(err)
	}
	want := []eventlog.Input{
		{Name: files[0], Bytes: int64(len(log)), Size: int64(len(log)), Records: 4, Rows: 3},
		{Name: files[1], Bytes: int64(len(zip)), Size: int64(len(zip)), Records: 4, Rows: 3},
		{Name: "standard input", Bytes: int64(len(log)), Records: 4, Rows: 3},
	}
	before := fmt.Sprint(l.Inputs())
	if err := l.Close(); err != nil {
		t.Fatal(err)
	}
	for _, got := range []string{before, fmt.Sprint(l.Inputs())} {
		if got != fmt.Sprint(want) || bad != 3 {
			t.Errorf("%s and %d skipped rows, want %v and 3", got, bad, want)
		}
	}
}

// FuzzTimes: a text has only the forms that an order of its numbers allows. Each time is between 1970 and 2251.
// A number has at most one form. A year-first or named date gives the same time as package time.
func FuzzTimes(f *testing.F) {
	for _, s := range []string{
		"24/Feb/15 11:15 AM", "24.02.2015 11:15", "02/24/15 11:15:00 PM", "20150224T111500Z", "42059.46875", "1424776500000",
		"Tue Feb 24 2015 11:15:00 GMT+0100 (Central European Standard Time)", "2015-02-24 11:15:00 CET", "24FEB2015:11:15:00", "24-FEB-15 11.15.00.000000 AM",
		"Feb 24, 2015, 11:15\u202fAM", "2015-02-24T11:15:00+01:00[Europe/Berlin]", "03/03/03", "Tue, 24 Feb 2015 11:15:00 -0000",
	} {
		f.Add(s)
	}
	known := []string{
		"2/1/2006", "2.1.2006 15:04", "2-1-2006 15:04:05", "2/Jan/06 3:04 PM", "2 Jan 2006", "Jan 2, 2006 3:04 PM", "Mon Jan 2 15:04:05 2006",
		"Mon, 2 Jan 2006 15:04:05 -0700", "2/Jan/2006:15:04:05 -0700", "20060102", "20060102150405", "2006/1/2 15:04:05",
	}
	f.Fuzz(func(t *testing.T, text string) {
		names, at := eventlog.Meanings([]byte(text))
		for i, ns := range at {
			if ns < 0 || time.Unix(0, ns).UTC().Year() > 2251 {
				t.Fatalf("%q gives %v as %s", text, time.Unix(0, ns).UTC(), names[i])
			}
		}
		if len(names) > 1 && (len(names) > 3 || !strings.Contains(names[0], "first")) {
			t.Fatalf("%q has the forms %q", text, names)
		}
		if len(names) != 1 {
			return
		}
		for _, layout := range known {
			if want, err := time.Parse(layout, text); err == nil && want.Year() >= 1970 && names[0] != "the month first" && names[0] != "two digits of the year first" {
				if want.UnixNano() != at[0] {
					t.Fatalf("%q gives %v as %s, and package time gives %v with %q", text, time.Unix(0, at[0]).UTC(), names[0], want, layout)
				}
			}
		}
	})
}

// FuzzOpen: whatever a file contains, Open or Next returns an error, or all bytes of the file are read and each
// of its records is a row or reported as skipped.
func FuzzOpen(f *testing.F) {
	for _, s := range []string{
		"case,what,when\na,x,03/04/2015\nb,\"y\",13/04/2015\n", "sep=;\ncase;what;when\r\na;x;42059,5\r\n", "\xef\xbb\xbfcase\twhat\twhen\n a\tx\t24/Feb/15\n",
		"case,what,when\r\"a\",x,1\r", zipped("case,what,when\na,x,1424776500\n") + "x", "{\"v\":1}\r{}", "PK\x03\x04xl/", "\xff\xfec\x00a\x00", "case,what,when\nä,\xfc,2015-01-01\n",
	} {
		f.Add([]byte(s), true)
		f.Add([]byte(s), false)
	}
	f.Fuzz(func(t *testing.T, content []byte, file bool) {
		name := "-"
		if file {
			name = filepath.Join(t.TempDir(), "log.csv")
			if err := os.WriteFile(name, content, 0o600); err != nil {
				t.Fatal(err)
			}
		}
		var bad int64
		cfg := eventlog.Config{Columns: columns, Dir: t.TempDir(), Bad: func(string, int, error) error { bad++; return nil }}
		l, err := eventlog.Open(t.Context(), cfg, []string{name}, strings.NewReader(string(content)))
		if err != nil {
			return
		}
		rows := int64(0)
		for err == nil {
			if _, err = l.Next(0); err == nil {
				rows++
			}
		}
		if fault := l.Close(); fault != nil {
			t.Fatal(fault)
		}
		if in := l.Inputs()[0]; errors.Is(err, io.EOF) && (in.Bytes != int64(len(content)) || in.Rows != rows || in.Records != rows+bad) {
			t.Errorf("%+v of %d bytes, with %d rows and %d skipped ones", in, len(content), rows, bad)
		}
	})
}
