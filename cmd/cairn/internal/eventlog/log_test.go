package eventlog_test

import (
	"bytes"
	"compress/gzip"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"cairncx.dev/cairn/cmd/cairn/internal/eventlog"
	"cairncx.dev/cairn/cx/event"
)

var columns = eventlog.Columns{Case: "case", Activity: "what", Time: "when"}

// read opens the files, and returns short forms of the rows and of the reports about skipped rows.
func read(t *testing.T, cfg eventlog.Config, stdin string, files ...string) (rows, bad []string, err error) {
	t.Helper()
	if cfg.Columns.Case == "" {
		cfg.Columns = columns
	}
	if cfg.Dir == "" {
		cfg.Dir = t.TempDir()
	}
	if cfg.TimeFormat == nil {
		cfg.TimeFormat = unixTimes(t)
	}
	cfg.Bad = func(file string, line int, err error) error {
		bad = append(bad, fmt.Sprintf("%s:%d: %v", filepath.Base(file), line, err))
		return nil
	}
	l, err := eventlog.Open(t.Context(), cfg, files, strings.NewReader(stdin))
	if err != nil {
		return nil, bad, err
	}
	defer func() {
		if err := l.Close(); err != nil {
			t.Error(err)
		}
		if left, _ := os.ReadDir(cfg.Dir); len(left) > 0 {
			t.Errorf("%v is left behind", left)
		}
	}()
	for {
		row, err := l.Next(0)
		if errors.Is(err, io.EOF) {
			return rows, bad, nil
		}
		if err != nil {
			return rows, bad, err
		}
		text := fmt.Sprintf("%d %s %s", row.Time/int64(time.Second), row.Case, l.Activity(row.Activity))
		if row.JSON != nil {
			text = fmt.Sprintf("%d %s", row.Time/int64(time.Second), row.JSON)
		}
		if row.Channel != 0 {
			text += " " + row.Channel.String()
		}
		if row.Outcome != 0 {
			text += " " + row.Outcome.String()
		}
		if len(row.Customer) > 0 {
			text += " by " + string(row.Customer)
		}
		if row.Direction != event.Inbound {
			text += " " + row.Direction.String()
		}
		if len(row.Purpose) > 0 {
			text += " for " + string(row.Purpose)
		}
		for i, attr := range row.Texts {
			text += fmt.Sprintf(" %s=%q", cfg.Columns.Attributes[i].Key, attr)
		}
		rows = append(rows, text)
	}
}

// unixTimes returns the format of logs whose times are 1, 2, 3, …, which the package would not detect as times.
func unixTimes(t testing.TB) *eventlog.TimeFormat {
	t.Helper()
	f, err := eventlog.ParseTimeFormat("unix")
	if err != nil {
		t.Fatal(err)
	}
	return f
}

func write(t *testing.T, name, content string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), name)
	if err := os.WriteFile(path, []byte(content), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

func zipped(content string) string {
	var b bytes.Buffer
	z := gzip.NewWriter(&b)
	_, _ = io.WriteString(z, content)
	_ = z.Close()
	return b.String()
}

func TestCSV(t *testing.T) {
	t.Parallel()
	full := eventlog.Columns{Case: "case", Activity: "what", Time: "when", Channel: "on", Customer: "who", Outcome: "how"}
	contacts := full
	contacts.Direction, contacts.Purpose = "way", "why"
	outbound := eventlog.Columns{Case: "case", Activity: "what", Time: "when", Direction: "way"}
	long := strings.Repeat("x", 300<<10)
	tests := []struct {
		name, log string
		cfg       eventlog.Config
		rows, bad string // joined with line ends
		reason    string
	}{
		{"in order", "case,what,when\na,x,1\nb,y,2\n", eventlog.Config{}, "1 a x\n2 b y", "", "the plain case"},
		{
			"contacts", "case,what,when,on,who,how,way,why\na,mail,2,,kim,ok,outbound,survey\na,call,1,,,, inbound , survey \nb,mail,3,,,,,offer\nb,pay,4,,,,,\n",
			eventlog.Config{Columns: contacts},
			"1 a call for survey\n2 a mail ok by kim outbound for survey\n3 b mail outbound for offer\n4 b pay", "", "a purpose alone says outbound, and rows that are sorted keep both",
		},
		{
			"a direction alone", "case,what,when,way\na,mail,1,outbound\na,pay,2,\n", eventlog.Config{Columns: outbound}, "1 a mail outbound\n2 a pay", "", "a direction needs no purpose",
		},
		{
			"wrong contacts", "case,what,when,on,who,how,way,why\na,mail,1,,,,out,survey\na,mail,2,,,,outbound,_survey\na,mail,4,,,,outbound," + strings.Repeat("x", 65) + "\na,mail,5,,,,outbound,ok\n",
			eventlog.Config{Columns: contacts},
			"5 a mail outbound for ok",
			`log.csv:2: the direction, in the column "way", is not one of inbound and outbound` + "\n" +
				`log.csv:3: the purpose, in the column "why", is not a name of 1 to 64 bytes of printable UTF-8 that do not begin with _` + "\n" +
				`log.csv:4: the purpose, in the column "why", is not a name of 1 to 64 bytes of printable UTF-8 that do not begin with _`,
			"a row that cannot be read is told, and the next one is good",
		},
		{"in any order", "case,what,when\na,x,3\nb,y,1\na,z,2\n", eventlog.Config{}, "1 b y\n2 a z\n3 a x", "", "sorted by time"},
		{"same time", "case,what,when\na,x,2\na,y,2\na,z,1\na,w,2\n", eventlog.Config{}, "1 a z\n2 a x\n2 a y\n2 a w", "", "rows with one time keep their order"},
		{"columns in any order", "when,other,what,case\n1,-,x,a\n", eventlog.Config{}, "1 a x", "", "names identify columns"},
		{"byte order mark", "\ufeffcase,what,when\na,x,1\n", eventlog.Config{}, "1 a x", "", "Excel writes it"},
		{"byte order mark and quotes", "\ufeff\"case\",what,when\na,x,1\n", eventlog.Config{}, "1 a x", "", "Excel writes it"},
		{"CRLF", "case,what,when\r\na,x,1\r\nb,y,2\r\n", eventlog.Config{}, "1 a x\n2 b y", "", "the line end of Windows"},
		{"no line end at the end", "case,what,when\na,x,1", eventlog.Config{}, "1 a x", "", "the last row counts"},
		{"empty lines", "case,what,when\n\na,x,1\n\r\n\nb,y,2\n\n", eventlog.Config{}, "1 a x\n2 b y", "", "encoding/csv skips empty lines, too"},
		{"quotes", "case,what,when\n\"a\",\"x, \"\"y\"\"\",1\n", eventlog.Config{}, `1 a x, "y"`, "", "RFC 4180"},
		{"line end in quotes", "case,what,when,note\na,x,1,\"one\ntwo\r\nthree\"\nb,y,2,\nc,z,,\n", eventlog.Config{}, "1 a x\n2 b y", `log.csv:6: the time, in the column "when", is empty`, "line numbers count the lines in quotes"},
		{"quote in the last line", "case,what,when\na,x,\"1\"", eventlog.Config{}, "1 a x", "", "the last row counts"},
		{"stray quote", "case,what,when\na,x\"y,1\nb,y,2\n", eventlog.Config{}, "2 b y", `log.csv:2: a quote is misplaced: bare " in non-quoted-field`, "the next row is good"},
		{"open quote", "case,what,when\na,\"x,1\nb,y,2\nc,z,3\n", eventlog.Config{}, "2 b y\n3 c z", "log.csv:2: a quote is opened and not closed within 256 KiB", "the quote does not swallow the rest"},
		{"open quote with a later one", "case,what,when\na,\"x,1\nb,y,2\nc,\"z\",3\n", eventlog.Config{}, "2 b y\n3 c z", "log.csv:2: a quote is misplaced: extraneous or missing \" in quoted-field", "the quote does not swallow the rows in between"},
		{"long line", "case,what,when\n" + long + ",x,1\nb,y,2\n", eventlog.Config{}, "2 b y", "log.csv:2: the line is longer than 256 KiB", "bounded memory"},
		{"long last line", "case,what,when\nb,y,2\n" + long, eventlog.Config{}, "2 b y", "log.csv:3: the line is longer than 256 KiB", "bounded memory"},
		{"long quotes", "case,what,when\n\"" + long + "\",x,1\nb,y,2\n", eventlog.Config{}, "2 b y", "log.csv:2: the line is longer than 256 KiB", "bounded memory"},
		{"too few fields", "case,what,when\na,x\nb,y,2\n", eventlog.Config{}, "2 b y", "log.csv:2: the row has 2 fields, and the header has 3 columns", "the row is cut off"},
		{"too many fields", "case,what,when\na,x,y,1\nb,y,2\n", eventlog.Config{}, "2 b y", "log.csv:2: the row has 4 fields, and the header has 3 columns", "a comma needs quotes"},
		{"empty case", "case,what,when\n,x,1\n", eventlog.Config{}, "", `log.csv:2: the case, in the column "case", is empty`, "the case is unknown"},
		{"long case", "case,what,when\n" + strings.Repeat("a", 129) + ",x,1\n", eventlog.Config{}, "", `log.csv:2: the case, in the column "case", is longer than 128 bytes`, "a shortened ID would be another ID"},
		{"case with a control character", "case,what,when\na\x01,x,1\n", eventlog.Config{}, "", `log.csv:2: the case, in the column "case", has a control character`, "an ID has no control characters"},
		{"case not in UTF-8", "case,what,when\n\xe4,x,1\nä,x,2\n", eventlog.Config{}, "2 ä x", `log.csv:2: the case, in the column "case", is not UTF-8: set its encoding, such as --encoding windows-1252 or latin1, or convert the log to UTF-8, with iconv or by saving it again`, "others are, so it is damaged"},
		{"case in UTF-8", "case,what,when\nä,x,1\n", eventlog.Config{}, "1 ä x", "", "an ID may have any letters"},
		{"empty activity", "case,what,when\na, ,1\n", eventlog.Config{}, "", `log.csv:2: the activity, in the column "what", is empty`, "the activity is unknown"},
		{"empty time", "case,what,when\na,x, \n", eventlog.Config{}, "", `log.csv:2: the time, in the column "when", is empty`, "the time is unknown"},
		{"bad time", "case,what,when\na,x,Smith 07/12\n", eventlog.Config{}, "", `log.csv:2: in the column "when": not a time in the --time-format unix: its form is "aaaaa 99/99" (9 is a digit, a is a letter)`, "the message does not disclose the text"},
		{"semicolons", "case;what;when\na;x,y;1\n", eventlog.Config{Delimiter: ';'}, "1 a x,y", "", "Excel writes semicolons in much of Europe"},
		{"tabs", "case\twhat\twhen\na\tx\t1\n", eventlog.Config{Delimiter: '\t'}, "1 a x", "", "--delimiter tab"},
		{"channel", "case,what,when,on,who,how\na,x,1, Web ,,\nb,y,2,Fax,,\n", eventlog.Config{Columns: full, Channel: channelOf}, "1 a x web\n2 b y other", "", "Config.Channel maps the spelling"},
		{"customer and outcome", "case,what,when,on,who,how\na,x,1,,kim,failed\n", eventlog.Config{Columns: full}, "1 a x failed by kim", "", "both columns are read"},
		{
			"unknown outcome", "case,what,when,on,who,how\na,x,1,,,great\nb,x,1,,,completed\n",
			eventlog.Config{Columns: full},
			"",
			"log.csv:2: the outcome, in the column \"how\", is not one of ok, degraded, failed, cancelled and abandoned\nlog.csv:3: the outcome, in the column \"how\", is not one of ok, degraded, failed, cancelled and abandoned", "only a touchpoint's outcomes are valid",
		},
		{"bad customer", "case,what,when,on,who,how\na,x,1,,k\x02,\n", eventlog.Config{Columns: full}, "", `log.csv:2: the customer, in the column "who", has a control character`, "the message does not disclose the ID"},
		{"header only", "case,what,when\n", eventlog.Config{}, "", "", "the log has no rows"},
	}
	for _, tt := range tests {
		for _, from := range []string{"log.csv", "log.csv.gz", "-"} {
			t.Run(tt.name+" in "+from, func(t *testing.T) {
				t.Parallel()
				content, file, stdin := tt.log, from, ""
				want := tt.bad
				switch from {
				case "-":
					stdin = content
					want = strings.ReplaceAll(want, "log.csv:", "standard input:")
				case "log.csv.gz":
					file = write(t, from, zipped(content))
					want = strings.ReplaceAll(want, "log.csv:", "log.csv.gz:")
				default:
					file = write(t, from, content)
				}
				rows, bad, err := read(t, tt.cfg, stdin, file)
				if err != nil {
					t.Fatal(err)
				}
				if got := strings.Join(rows, "\n"); got != tt.rows {
					t.Errorf("rows:\n%s\nwant:\n%s\n%s", got, tt.rows, tt.reason)
				}
				if got := strings.Join(bad, "\n"); got != want {
					t.Errorf("bad rows:\n%s\nwant:\n%s\n%s", got, want, tt.reason)
				}
			})
		}
	}
}

func channelOf(spelling string) event.Channel {
	if strings.EqualFold(spelling, "web") {
		return event.Web
	}
	return event.OtherChannel
}

func TestOpenRefuses(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name, file, log string
		cfg             eventlog.Config
		want            []string // in the error
		reason          string
	}{
		{"nothing", "a.csv", "", eventlog.Config{}, []string{"a.csv: there is no header"}, "a header is required"},
		{"missing column", "a.csv", "case,What,when\n", eventlog.Config{}, []string{`a.csv:1: there is no column "what" for activity: did you mean "What"?`}, "the error suggests a similar name"},
		{"other columns", "a.csv", "x,y,z\n", eventlog.Config{}, []string{`no column "case"`, `no column "what"`, `the columns are ["x" "y" "z"]`}, "one error reports all faults"},
		{"column twice", "a.csv", "case,what,when,what\n", eventlog.Config{}, []string{`the column "what", for activity, occurs twice`}, "the column is ambiguous"},
		{"other delimiter", "a.csv", "case;what;when\n", eventlog.Config{Delimiter: '|'}, []string{`set --delimiter ";"`}, "the error names the remedy"},
		{"tabs", "a.csv", "case\twhat\twhen\n", eventlog.Config{Delimiter: ','}, []string{`set --delimiter "tab"`}, "the error names the remedy"},
		{"UTF-16", "a.csv", "\xff\xfec\x00a\x00", eventlog.Config{}, []string{"UTF-16", "--encoding utf-16"}, "the format that Excel calls Unicode text"},
		{"not gzip", "a.csv.gz", "\x1f\x8bnonsense", eventlog.Config{}, []string{"begins like gzip and is not valid gzip"}, "the file is damaged"},
		{"half of gzip", "a.csv.gz", zipped("case,what,when\n" + strings.Repeat("a,x,1\n", 1000))[:40], eventlog.Config{}, []string{"a.csv.gz", "unexpected EOF"}, "a partial download must not look like a short log"},
		{"columns unknown", "a.csv", "case,what,when\n", eventlog.Config{Columns: eventlog.Columns{Case: "case"}}, []string{eventlog.ErrNoColumns.Error()}, "the column of the time is unknown"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			_, _, err := read(t, tt.cfg, "", write(t, tt.file, tt.log))
			for _, want := range tt.want {
				if err == nil || !strings.Contains(err.Error(), want) {
					t.Errorf("error %v; want %q: %s", err, want, tt.reason)
				}
			}
		})
	}
	if _, _, err := read(t, eventlog.Config{}, "", filepath.Join(t.TempDir(), "none.csv")); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("error %v for a file that does not exist", err)
	}
	if _, _, err := read(t, eventlog.Config{}, "", t.TempDir()); err == nil || !strings.Contains(err.Error(), "folder") {
		t.Errorf("error %v for a folder", err)
	}
}
