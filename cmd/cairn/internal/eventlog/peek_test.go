package eventlog_test

import (
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"

	"cairncx.dev/cairn/cmd/cairn/internal/eventlog"
)

// TestPeek: what divides the columns is "that which most of the first rows have as often as the header, and of
// several the one with which there are the most columns"; then the first rows are those with all columns.
func TestPeek(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		name, file, log string
		said            byte
		delimiter       byte
		names           []string
		rows            [][]string
	}{
		{"commas", "a.csv", "case,what\na,x\nb,y\n", 0, ',', []string{"case", "what"}, [][]string{{"a", "x"}, {"b", "y"}}},
		{"semicolons", "a.csv", "case;what;when\na;x;1\n", 0, ';', []string{"case", "what", "when"}, [][]string{{"a", "x", "1"}}},
		{"tabs", "a.csv", "case\twhat\na\tx\n", 0, '\t', []string{"case", "what"}, [][]string{{"a", "x"}}},
		{"bars", "a.csv", "case|what\na|x\n", 0, '|', []string{"case", "what"}, [][]string{{"a", "x"}}},
		{"the most columns", "a.csv", "case,of;what;when\na,b;x;1\n", 0, ';', []string{"case,of", "what", "when"}, [][]string{{"a,b", "x", "1"}}},
		{"what the rows do not have", "a.csv", "case;of;whom,what\na,x\nb,y\nc,z\n", 0, ',', []string{"case;of;whom", "what"}, [][]string{{"a", "x"}, {"b", "y"}, {"c", "z"}}},
		{"what half of the rows have is too few", "a.csv", "case;of;whom,what\na;b;c,x\nb,y\nc,z\n", 0, ',', []string{"case;of;whom", "what"}, [][]string{{"a;b;c", "x"}, {"b", "y"}, {"c", "z"}}},
		{"as many columns either way", "a.csv", "case,of\twhat\na,b\tx\n", 0, ',', []string{"case", "of\twhat"}, [][]string{{"a", "b\tx"}}},
		{"as many columns either way, in .tsv", "a.tsv", "case,of\twhat\na,b\tx\n", 0, '\t', []string{"case,of", "what"}, [][]string{{"a,b", "x"}}},
		{"more columns by commas, in .tsv", "a.tsv", "case,of,what\na,b,x\n", 0, ',', []string{"case", "of", "what"}, [][]string{{"a", "b", "x"}}},
		{"one column", "a.csv", "case\na\n", 0, ',', []string{"case"}, [][]string{{"a"}}},
		{"one column in .tsv", "a.tsv", "case\na\n", 0, '\t', []string{"case"}, [][]string{{"a"}}},
		{"said", "a.csv", "case;what,when\na;x,1\n", ';', ';', []string{"case", "what,when"}, [][]string{{"a", "x,1"}}},
		{"said by the first line", "a.csv", "sep=;\ncase;what,when\na;x,1\n", 0, ';', []string{"case", "what,when"}, [][]string{{"a", "x,1"}}},
		{"a mark", "a.csv", "\ufeffcase,what\na,x\n", 0, ',', []string{"case", "what"}, [][]string{{"a", "x"}}},
		{"rows with other fields", "a.csv", "case,what\na\na,x,1\nb,y\n", 0, ',', []string{"case", "what"}, [][]string{{"b", "y"}}},
		{"a row that cannot be read", "a.csv", "case,what\n\"a,x\nb,y\n", 0, ',', []string{"case", "what"}, [][]string{{"b", "y"}}},
		{"spaces", "a.csv", " case ,what\na, x\n", 0, ',', []string{"case", "what"}, [][]string{{"a", "x"}}},
		{"columns without a name", "a.csv", ",case,\n0,a,b\n", 0, ',', []string{"", "case", ""}, [][]string{{"0", "a", "b"}}},
		{"a header alone", "a.csv", "case,what\n", 0, ',', []string{"case", "what"}, nil},
		{"letters beyond ASCII", "a.csv", "Vorgang,Schritt größer\na,x\n", 0, ',', []string{"Vorgang", "Schritt größer"}, [][]string{{"a", "x"}}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			p, err := eventlog.Peek(eventlog.Config{Delimiter: tt.said, Dir: t.TempDir()}, write(t, tt.file, tt.log), nil)
			if err != nil {
				t.Fatal(err)
			}
			if p.JSON || p.Delimiter != tt.delimiter || !slices.Equal(p.Names, tt.names) {
				t.Errorf("it has the columns %q, divided by %q, want %q and %q", p.Names, p.Delimiter, tt.names, tt.delimiter)
			}
			if !slices.EqualFunc(p.Rows, tt.rows, slices.Equal) {
				t.Errorf("the rows are %q, want %q", p.Rows, tt.rows)
			}
		})
	}
}

// TestPeekBounds: at most PeekedRows rows, and none that is cut off.
func TestPeekBounds(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct{ rows, width, want int }{
		{eventlog.PeekedRows - 1, 10, eventlog.PeekedRows - 1},
		{eventlog.PeekedRows, 10, eventlog.PeekedRows},
		{eventlog.PeekedRows + 1, 10, eventlog.PeekedRows},
		{3 * eventlog.PeekedRows, 10, eventlog.PeekedRows},
		{400, 40_000, -1}, // more than is looked at
	} {
		t.Run(fmt.Sprint(tt.rows), func(t *testing.T) {
			t.Parallel()
			var log strings.Builder
			log.WriteString("case,what\n")
			for i := range tt.rows {
				fmt.Fprintf(&log, "%d,%s\n", i, strings.Repeat("x", tt.width))
			}
			p, err := eventlog.Peek(eventlog.Config{Dir: t.TempDir()}, write(t, "a.csv", log.String()), nil)
			if err != nil {
				t.Fatal(err)
			}
			if tt.want >= 0 && len(p.Rows) != tt.want || tt.want < 0 && (len(p.Rows) < 2 || len(p.Rows) >= tt.rows) {
				t.Errorf("there are %d rows of %d, want %d, or some where that is -1", len(p.Rows), tt.rows, tt.want)
			}
			for i, row := range p.Rows {
				if row[0] != fmt.Sprint(i) || len(row[1]) != tt.width {
					t.Fatalf("row %d is of %q and has %d bytes, want %d", i, row[0], len(row[1]), tt.width)
				}
			}
		})
	}
}

// TestPeekRefuses: the error says what is wrong with the header, and nothing of a row.
func TestPeekRefuses(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct{ name, log, want string }{
		{"empty", "", "the file is empty"},
		{"no names", ",,\n", "the file is empty"},
		{"not UTF-8", "case,gr\xf6\xdfer\na,x\n", ":1: the header is not UTF-8: "},
		{"not UTF-8, behind sep=", "sep=,\ncase,gr\xf6\xdfer\na,x\n", ":2: the header is not UTF-8: "},
		{"a row", "s3cr3t,2026-01-31\n", "does not look like the names of columns"},
		{"a quote without an end", "\"s3cr3t,what\na,x\n", "the header cannot be read"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			_, err := eventlog.Peek(eventlog.Config{Dir: t.TempDir()}, write(t, "a.csv", tt.log), nil)
			if err == nil || !strings.Contains(err.Error(), tt.want) || strings.Contains(err.Error(), "s3cr3t") {
				t.Errorf("%v, want %q", err, tt.want)
			}
			if errors.Is(err, eventlog.ErrNoHeader) != (tt.name == "a row") {
				t.Errorf("%v is ErrNoHeader: %v", err, errors.Is(err, eventlog.ErrNoHeader))
			}
		})
	}
}

func TestPeekJSON(t *testing.T) {
	t.Parallel()
	log := `{"v":1,"kind":"touchpoint.ended","time":"2026-04-17T12:00:00Z","touchpoint":"pay","outcome":"ok"}` + "\n"
	p, err := eventlog.Peek(eventlog.Config{Dir: t.TempDir()}, write(t, "a.jsonl", log), nil)
	if err != nil || !p.JSON || p.Names != nil || p.Rows != nil {
		t.Errorf("%+v, %v; want that it is of JSON, and no more", p, err)
	}
}

// TestForms: "how the times of each CSV file are written, by the file's name, where that was found out".
func TestForms(t *testing.T) {
	t.Parallel()
	const header = "case,what,when\n"
	event := `{"v":1,"kind":"touchpoint.ended","time":"2026-04-17T12:00:00Z","journey":{"name":"j","id":"1"},"touchpoint":"pay","outcome":"ok"}` + "\n"
	year, seconds := write(t, "year.csv", header+"a,x,2026-01-31\n"), write(t, "seconds.csv", header+"a,x,1600000000\n")
	german := write(t, "german.csv", header+"a,x,31.01.2026\n")
	none, json := write(t, "none.csv", header), write(t, "events.jsonl", event)
	for _, tt := range []struct {
		name, said string
		files      []string
		want       map[string]string
	}{
		{"one form", "", []string{year}, map[string]string{year: "iso8601"}},
		{"numbers", "", []string{seconds}, map[string]string{seconds: "unix"}},
		{"each its own", "", []string{year, seconds, german}, map[string]string{year: "iso8601", seconds: "unix", german: "dmy"}},
		{"no times", "", []string{year, none}, map[string]string{year: "iso8601"}},
		{"no CSV", "", []string{json}, nil},
		{"CSV among others", "", []string{json, german}, map[string]string{german: "dmy"}},
		{"said", "unix", []string{seconds}, nil},
		{"said as a layout", "2006-01-02", []string{year}, nil},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			cfg := eventlog.Config{Columns: columns, Dir: t.TempDir()}
			if tt.said != "" {
				f, err := eventlog.ParseTimeFormat(tt.said)
				if err != nil {
					t.Fatal(err)
				}
				cfg.TimeFormat = f
			}
			l, err := eventlog.Open(t.Context(), cfg, tt.files, nil)
			if err != nil {
				t.Fatal(err)
			}
			defer func() { _ = l.Close() }()
			if got := l.Forms(); !maps.Equal(got, tt.want) {
				t.Errorf("the forms are %q, want %q", got, tt.want)
			}
		})
	}
}
