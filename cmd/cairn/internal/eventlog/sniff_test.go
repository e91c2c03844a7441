package eventlog_test

import (
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"testing"
	"unicode/utf16"

	"cairncx.dev/cairn/cmd/cairn/internal/eventlog"
)

// wide encodes a text as UTF-16.
func wide(text string, mark, big bool) string {
	if mark {
		text = "\ufeff" + text
	}
	var b []byte
	for _, u := range utf16.Encode([]rune(text)) {
		if big {
			b = append(b, byte(u>>8), byte(u))
		} else {
			b = append(b, byte(u), byte(u>>8))
		}
	}
	return string(b)
}

// TestForeign: the error of a file that is not a log says what the file is and what to do, and discloses none
// of its content.
func TestForeign(t *testing.T) {
	t.Parallel()
	const secret = "smith-4711"
	log := "case,what,when\n" + secret + ",x,2026-01-31\n"
	object := `{"v":1,"kind":"touchpoint.ended","time":"2011-10-11T13:45:40Z","touchpoint":"` + secret + `"}`
	pad := secret + strings.Repeat("\x00\x01", 300)
	tar := append([]byte("log.csv"), make([]byte, 505)...)
	copy(tar[257:], "ustar\x0000")
	for _, tt := range []struct {
		name, file, content string
		want                []string
	}{
		{"xlsx", "a.xlsx", "PK\x03\x04\x14\x00\x06\x00\x08\x00" + strings.Repeat("\x00", 16) + "[Content_Types].xml" + pad, []string{"Excel workbook (.xlsx)", "save the sheet"}},
		{"xlsx that is named CSV", "a.csv", "PK\x03\x04" + strings.Repeat("\x00", 26) + "xl/workbook.xml" + pad, []string{"Excel workbook (.xlsx)"}},
		{"ods", "a.ods", "PK\x03\x04" + strings.Repeat("\x00", 26) + "mimetypeapplication/vnd.oasis.opendocument.spreadsheet" + pad, []string{"OpenDocument", "save the sheet"}},
		{"zip", "a.zip", "PK\x03\x04" + strings.Repeat("\x00", 26) + "log.csv" + pad, []string{"zip archive", "unpack"}},
		{"xls", "a.xls", "\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + pad, []string{"(.xls)", "save the sheet"}},
		{"Parquet", "a.parquet", "PAR1" + pad, []string{"Parquet", "CSV"}},
		{"Avro", "a.avro", "Obj\x01" + pad, []string{"Avro", "CSV"}},
		{"ORC", "a.orc", "ORC\x00" + pad, []string{"ORC", "CSV"}},
		{"SQLite", "a.db", "SQLite format 3\x00" + pad, []string{"SQLite", "sqlite3 -header -csv"}},
		{"PDF", "a.pdf", "%PDF-1.7\n" + pad, []string{"PDF"}},
		{"HTML", "a.xls", "\r\n<!DOCTYPE html><html><body>" + secret, []string{"HTML"}},
		{"HTML with a mark", "a.csv", "\ufeff<html><table><tr><td>" + secret, []string{"HTML"}},
		{"XES", "a.xes", `<?xml version="1.0"?><!-- x --><log xes.version="1.0"><trace>` + secret, []string{"XES", "pm4py"}},
		{"XML", "a.xml", `<?xml version="1.0"?><rows><row>` + secret, []string{"XML"}},
		{"zstd", "a.csv.zst", "\x28\xb5\x2f\xfd" + pad, []string{"zstd -dc"}},
		{"bzip2", "a.csv.bz2", "BZh91AY&SY" + pad, []string{"bzip2 -dc"}},
		{"xz", "a.csv.xz", "\xfd7zXZ\x00" + pad, []string{"xz -dc"}},
		{"tar", "a.tar", string(tar) + log, []string{"tar archive", "unpack"}},
		{"tar that is compressed", "a.tgz", zipped(string(tar) + log), []string{"tar archive", "unpack"}},
		{"gzip twice", "a.csv.gz", zipped(zipped(log)), []string{"gzip twice", "gzip -dc"}},
		{"a workbook in gzip", "a.xlsx.gz", zipped("PK\x03\x04" + strings.Repeat("\x00", 26) + "xl/workbook.xml"), []string{"Excel workbook"}},
		{"UTF-16", "a.csv", wide(log, true, false), []string{"UTF-16", "--encoding utf-16"}},
		{"UTF-16, big endian", "a.csv", wide(log, true, true), []string{"UTF-16", "--encoding utf-16"}},
		{"UTF-16 without a mark", "a.csv", wide(log, false, false), []string{"UTF-16", "--encoding utf-16le"}},
		{"UTF-16 without a mark, big endian", "a.csv", wide(log, false, true), []string{"UTF-16", "--encoding utf-16be"}},
		{"UTF-32", "a.csv", "\xff\xfe\x00\x00c\x00\x00\x00a\x00\x00\x00", []string{"UTF-32"}},
		{"zeros", "a.csv", strings.Repeat("\x00", 600), []string{"NUL bytes"}},
		{"a JSON array", "a.json", "[" + object + ",\n" + object + "]", []string{"JSON array", "jq -c '.[]'"}},
		{"a JSON array over lines", "a.json", "[\n  " + object + ",\n" + object + "\n]", []string{"JSON array"}},
		{"an event over several lines", "a.json", "{\n  \"v\": 1,\n \"kind\": \"" + secret + "\"}\n", []string{"several lines", "jq -c ."}},
		{"JSON lines that end in CR", "a.jsonl", object + "\r" + object + "\r", []string{"carriage return", "tr "}},
		{"CR", "a.csv", strings.ReplaceAll(log, "\n", "\r"), []string{"a.csv:1:", "carriage return", "tr "}},
		{"CR and quotes", "a.csv", "\"case\",\"what\",\"when\"\r\"" + secret + "\",x,1\r", []string{"carriage return"}},
		{"CR CR LF", "a.csv", strings.ReplaceAll(log, "\n", "\r\r\n"), []string{"carriage return"}},
		{"CR behind the header", "a.csv", "case,what,when\n" + secret + ",x,2026-01-31\r" + secret + ",x,2026-02-01\r", []string{"a.csv:2:", "carriage return"}},
		{"a very long line with CRs", "a.csv", "case,what,when\n" + strings.Repeat(secret+",x,2026-01-31\r", 20_000), []string{"carriage return"}},
		{"no header", "a.csv", secret + ",x,2026-01-31\nb,y,2026-02-01\n", []string{"does not look like the names of columns"}},
		{"no header, another time", "a.csv", secret + ",x,31 janvier 2026\n", []string{"does not look like the names of columns"}},
		{"no header, one with an address", "a.csv", "kim@example.com,x,soon\n", []string{"does not look like the names of columns"}},
		{"a header in Latin 1", "a.csv", "case,what,when,Gr\xf6\xdfe\na,x,1,1\n", []string{"a.csv:1:", "not UTF-8", "column 4 of 4", "--encoding"}},
		{"an activity in Latin 1", "a.csv", "case,what,when\n" + secret + ",Gel\xf6st,2026-01-31\n", []string{"a.csv:2:", "not UTF-8", `"what"`, "--encoding"}},
		{"Latin 1 in one of many", "a.csv", "case,what,when\n" + strings.Repeat(secret+",x,2026-01-31\n", 500) + secret + ",Gel\xf6st,2026-01-31\n", []string{"a.csv:502:", "not UTF-8"}},
		{"a zero-byte file", "a.csv", "", []string{"is empty"}},
		{"a mark alone", "a.csv", "\ufeff", []string{"is empty"}},
		{"empty lines alone", "a.csv", "\n\r\n\n", []string{"is empty"}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			for _, file := range []string{write(t, tt.file, tt.content), "-"} {
				if file == "-" && strings.Contains(tt.file, ".json") {
					continue // only the name of the file shows that it is JSON
				}
				_, _, err := byCase(t, eventlog.Config{Columns: columns, Dir: t.TempDir()}, tt.content, file)
				for _, want := range tt.want {
					if file == "-" {
						want = strings.Replace(want, "a.csv:", "standard input:", 1)
					}
					if err == nil || !strings.Contains(err.Error(), want) {
						t.Errorf("%s: the error is %v, want %q", file, err, want)
					}
				}
				if err != nil && (strings.Contains(err.Error(), secret) || strings.Contains(err.Error(), "janvier") || strings.Contains(err.Error(), "kim@")) {
					t.Errorf("%s: the error discloses the content of the file: %v", file, err)
				}
			}
		})
	}
}

// TestEncodings: a log gives the same rows in every encoding that has its letters.
func TestEncodings(t *testing.T) {
	t.Parallel()
	const log = "case,what,when\nä1,Gelöst,1600000001\nb,x,1600000000\n"
	want := []string{"1600000000 b x", "1600000001 ä1 Gelöst"}
	single := func(text string) string {
		var b []byte
		for _, r := range text {
			b = append(b, byte(r))
		}
		return string(b)
	}
	for _, tt := range []struct{ name, encoding, content string }{
		{"UTF-8", "utf-8", log},
		{"UTF-8 by another name", "UTF8", log},
		{"Latin 1", "latin1", single(log)},
		{"Latin 1 by its number", "ISO-8859-1", single(log)},
		{"Windows", "windows-1252", single(log)},
		{"Windows by its number", "cp1252", single(log)},
		{"UTF-16 with a mark", "utf-16", wide(log, true, false)},
		{"UTF-16 with a mark, big endian", "utf-16", wide(log, true, true)},
		{"UTF-16, little endian", "utf-16le", wide(log, false, false)},
		{"UTF-16, big endian", "utf-16be", wide(log, false, true)},
		{"UTF-16 without a mark", "utf-16", wide(log, false, false)},
		{"Latin 1 in gzip", "latin1", zipped(single(log))},
		{"DOS", "cp437", strings.NewReplacer("ä", "\x84", "ö", "\x94").Replace(log)},
		{"Cyrillic letters are others", "windows-1251", strings.NewReplacer("ä", "\xe0", "ö", "\xe1").Replace(log)},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			enc, err := eventlog.ParseEncoding(tt.encoding)
			if err != nil {
				t.Fatal(err)
			}
			want := want
			if tt.encoding == "windows-1251" {
				want = []string{"1600000000 b x", "1600000001 а1 Gelбst"}
			}
			for _, file := range []string{write(t, "log.csv", tt.content), "-"} {
				rows, bad, err := read(t, eventlog.Config{Encoding: enc}, tt.content, file)
				if err != nil || len(bad) > 0 || !slices.Equal(rows, want) {
					t.Errorf("%s: %q, %q, %v; want %q", file, rows, bad, err, want)
				}
			}
		})
	}
	if _, err := eventlog.ParseEncoding("klingon"); !errors.Is(err, eventlog.ErrEncoding) || !strings.Contains(err.Error(), "windows-1252") {
		t.Errorf("the error is %v", err)
	}
	for _, tt := range []struct{ encoding, content, want string }{
		{"latin1", "\ufeff" + log, "byte order mark of UTF-8"},
		{"latin1", wide(log, true, false), "byte order mark of UTF-16"},
		{"utf-16", "\ufeff" + log, "byte order mark of UTF-8"},
	} {
		enc, err := eventlog.ParseEncoding(tt.encoding)
		if err != nil {
			t.Fatal(err)
		}
		if _, _, err := read(t, eventlog.Config{Encoding: enc}, "", write(t, "log.csv", tt.content)); err == nil || !strings.Contains(err.Error(), tt.want) {
			t.Errorf("the error is %v, want %q", err, tt.want)
		}
	}
	enc, _ := eventlog.ParseEncoding("windows-1252")
	rows, bad, err := read(t, eventlog.Config{Encoding: enc}, "case,what,when\na,\x81,1\nb,x,2\n", "-")
	if err != nil || len(rows) != 1 || len(bad) != 1 || !strings.Contains(bad[0], "not a character in windows-1252") {
		t.Errorf("%q, %q, %v: want a skipped row, because 0x81 is not a character in windows-1252", rows, bad, err)
	}
}

// TestHeaders: the package detects the delimiter and reports it, and names of columns may have spaces around
// them.
func TestHeaders(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		name, file, log string
		delimiter       byte
		note            eventlog.NoteKind
	}{
		{"commas", "a.csv", "case,what,when\na,x,1600000000\n", 0, ""},
		{"semicolons", "a.csv", "case;what;when\na;x;1600000000\n", 0, eventlog.NoteDelimiter},
		{"semicolons, and a comma in a column", "a.csv", "case;what;when;a,b\na;x;1600000000;1,5\n", 0, eventlog.NoteDelimiter},
		{"tabs", "a.csv", "case\twhat\twhen\na\tx\t1600000000\n", 0, eventlog.NoteDelimiter},
		{"bars", "a.csv", "case|what|when\na|x|1600000000\n", 0, eventlog.NoteDelimiter},
		{"tabs in .tsv", "a.tsv", "case\twhat\twhen\na\tx\t1600000000\n", 0, ""},
		{"commas in .tsv", "a.tsv", "case,what,when\na,x,1600000000\n", 0, eventlog.NoteDelimiter},
		{"quotes", "a.csv", "\"case\";\"what\";\"when\"\n\"a\";\"x\";\"1600000000\"\n", 0, eventlog.NoteDelimiter},
		{"set by the caller", "a.csv", "case:what:when\na:x:1600000000\n", ':', ""},
		{"Excel's first line", "a.csv", "sep=;\r\ncase;what;when\r\na;x;1600000000\r\n", 0, eventlog.NoteDelimiter},
		{"Excel's first line with a mark", "a.csv", "\ufeffsep=,\ncase,what,when\na,x,1600000000\n", 0, ""},
		{"spaces", "a.csv", "case , what,when\na,x,1600000000\n", 0, ""},
		{"an unused column twice", "a.csv", "case,what,when,note,note\na,x,1600000000,,\n", 0, ""},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			l, err := eventlog.Open(t.Context(), eventlog.Config{Columns: columns, Delimiter: tt.delimiter, Dir: t.TempDir()}, []string{write(t, tt.file, tt.log)}, nil)
			if err != nil {
				t.Fatal(err)
			}
			defer func() { _ = l.Close() }()
			row, err := l.Next(0)
			if err != nil || string(row.Case) != "a" || l.Activity(row.Activity) != "x" {
				t.Fatalf("%+v, %v", row, err)
			}
			if _, err := l.Next(0); !errors.Is(err, io.EOF) {
				t.Errorf("the error is %v, want io.EOF behind the only row", err)
			}
			if got := fmt.Sprint(l.Notes()); (tt.note != "") != strings.Contains(got, "split at") {
				t.Errorf("the notes are %s", got)
			}
		})
	}
	for _, log := range []string{"case,what,what,when\n", "case, what, what ,when\n"} {
		if _, _, err := read(t, eventlog.Config{}, "", write(t, "a.csv", log)); err == nil || !strings.Contains(err.Error(), `the column "what", for activity, occurs twice`) {
			t.Errorf("the error of %q is %v", log, err)
		}
	}
}

// TestTrimmed: the package removes white space around the values of every column, and reports it.
func TestTrimmed(t *testing.T) {
	t.Parallel()
	full := eventlog.Columns{Case: "case", Activity: "what", Time: "when", Channel: "on", Customer: "who", Outcome: "how"}
	log := "case,what,when,on,who,how\n a,x ,1600000000, web , kim , failed \na,\tx,1600000001,web,kim\u00a0,failed\na,x,1600000002,web,kim,failed\n , x,1600000003,web,kim,failed\n"
	l, err := eventlog.Open(t.Context(), eventlog.Config{Columns: full, Channel: channelOf, Dir: t.TempDir()}, []string{"-"}, strings.NewReader(log))
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = l.Close() }()
	rows := 0
	for {
		row, err := l.Next(0)
		if err != nil {
			break
		}
		rows++
		if got := fmt.Sprintf("%s %s %s %s %s", row.Case, l.Activity(row.Activity), row.Channel, row.Customer, row.Outcome); got != "a x web kim failed" {
			t.Errorf("row %d is %q", rows, got)
		}
	}
	got := map[string]int64{}
	for _, n := range l.Notes() {
		if n.Kind == eventlog.NoteTrimmed {
			got[n.Column] = n.Rows
		}
	}
	if rows != 3 || len(got) != 3 || got["case"] != 1 || got["what"] != 2 || got["who"] != 2 {
		t.Errorf("%d rows, trimmed %v: want 1 case, 2 activities and 2 customers of 3 rows", rows, got)
	}
}
