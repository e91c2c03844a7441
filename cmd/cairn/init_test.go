package main

import (
	"bytes"
	"cmp"
	"encoding/csv"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	gocmp "github.com/google/go-cmp/cmp"
	"golang.org/x/text/unicode/norm"
	"pgregory.net/rapid"

	"cairncx.dev/cairn/cmd/cairn/internal/report"
	"cairncx.dev/cairn/cx/blueprint/yaml"
	"cairncx.dev/cairn/cx/event"
)

// TestInit compares the output and the exit code of the command with testdata/init/NAME.golden. Each draft is a
// valid blueprint.
func TestInit(t *testing.T) {
	t.Parallel()
	const rows = "1,cart,2026-01-31T09:00:00Z,Shop\n2,cart,2026-01-31T09:01:00Z,web\n1,pay,2026-01-31T09:02:30Z,Shop\n"
	many := "case,activity,time\n"
	for i := range 10_000 {
		many += fmt.Sprintf("%d,step %d,2026-01-31\n", i/2, i)
	}
	for _, c := range []struct {
		name, reason, stdin string
		args                []string
		code                int
	}{
		{"columns", "names identify columns", "order,step,at,on\n" + rows, []string{"-"}, exitOK},
		{"values", "values identify columns whose names are unknown", "a,b,c,d\n1,x,2026-01-31 09:00,cart\n2,y,2026-01-31 09:01,cart\n1,z,2026-01-31 09:02,pay\n2,v,2026-01-31 09:03,pay\n", []string{"--map", "case=a", "-"}, exitOK},
		{"said", "the user's choice wins", "case,activity,time,other\n1,cart,2026-01-31,x\n", []string{"--map", "activity=other", "--journey", "check out: 1", "--tz", "Europe/Amsterdam", "-"}, exitOK},
		{"excel", "a semicolon, a byte order mark, CR LF and dates of a spreadsheet", "\ufeffsep=;\r\nTicket ID;Event;Created At;Kanal\r\n7;open;31.01.2026 09:00;Laden\r\n7;close;01.02.2026 10:00;Laden\r\n", []string{"--time-format", "dmy", "-"}, exitOK},
		{"tab", "tabs", "case\tactivity\ttime\n1\ta, b\t1769850000\n1\tc\t1769850060\n", []string{"-"}, exitOK},
		{"pandas", "a column without a name", ",case,activity,time\n0,1,cart,2026-01-31\n1,1,pay,2026-02-01\n", []string{"-"}, exitOK},
		{"specials", "names that YAML reads as something else", "case,activity,time\n1,yes,2026-01-31\n1,- a,2026-01-31\n1,\"{b: 'c' # d\",2026-01-31\n1,12:30,2026-01-31\n1,1e3,2026-01-31\n1,null,2026-01-31\n1,\"say \"\"hi\"\" \\ é\",2026-01-31\n", []string{"--map", "activity=activity", "-"}, exitOK},
		{"left-out", "names that a touchpoint cannot have", "case,activity,time\n1,_x,2026-01-31\n1," + strings.Repeat("long ", 20) + ",2026-01-31\n1,\"two\nlines\",2026-01-31\n1,fine,2026-02-01\n", []string{"--map", "activity=activity", "-"}, exitOK},
		{"one-row", "one line", "case,activity,time\n1,cart,2026-01-31\n", []string{"-"}, exitOK},
		{"events", "Cairn's own events", "", []string{"testdata/replay/service.jsonl"}, exitOK},
		{"skipped", "rows that cannot be read", "case,activity,time\n1,cart,2026-01-31\n1,pay\n1,pay,2026-02-01\n", []string{"-"}, exitOK},
		{"ambiguous", "31 is not among the days: it may be May", "case,activity,time\n1,cart,05/06/2026\n1,pay,06/06/2026\n", []string{"-"}, exitFault},
		{"no-header", "the first row is not a header", rows, []string{"-"}, exitFault},
		{"only-header", "nothing to count", "case,activity,time\n", []string{"-"}, exitFault},
		{"empty", "nothing", "", []string{"-"}, exitFault},
		{"nothing-read", "no time can be read", "case,activity,time\n1,cart,soon\n", []string{"--map", "time=time", "-"}, exitFault},
		{"no-activity", "no column is certain to be the activity", "case,time,price\n1,2026-01-31,3.50\n", []string{"-"}, exitFault},
		{"no-column", "the column of --map does not exist", "case,activity,time\n1,cart,2026-01-31\n", []string{"--map", "case=order", "-"}, exitFault},
		{"binary", "an executable file", "\x7fELF\x02\x01\x01\x00\x00\x00\n\x00\x01,\n", []string{"-"}, exitFault},
		{"folder", "not a log", "", []string{"testdata"}, exitFault},
		{"missing", "the file does not exist", "", []string{"testdata/none.csv"}, exitFault},
		{"other-json", "JSON of others", "{\"case\": 1}\n{\"case\": 2}\n", []string{"-"}, exitFault},
		{"usage", "one error reports all faults of the command line", "", []string{"--map", "cse=a", "--delimiter", "::", "--tz", "Mars", "--memory", "1KiB", "--journey", "_x", "--encoding", "klingon", "-", "-"}, exitUsage},
		{"nothing", "a log is required", "", nil, exitUsage},
		{"flag", "the flag does not exist", "", []string{"--time-fromat", "dmy", "-"}, exitUsage},
		{"help", "the user asks for help", "", []string{"--help"}, exitOK},
		{"many", "more activities than a blueprint may have", many, []string{"--map", "activity=activity", "-"}, exitOK},
	} {
		if c.name == "many" && testing.Short() {
			continue // it does one thing after another, for long
		}
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			var stdout, stderr bytes.Buffer
			args := append([]string{"init"}, c.args...)
			if code := run(t.Context(), args, strings.NewReader(c.stdin), &stdout, &stderr); code != c.code {
				t.Errorf("the exit code is %d, want %d: %s", code, c.code, c.reason)
			}
			if c.code != exitOK && stdout.Len() > 0 {
				t.Errorf("a failed init printed a draft: %s", &stdout)
			}
			if c.code == exitOK && c.name != "help" {
				if _, err := yaml.Parse("draft", stdout.Bytes()); err != nil {
					t.Errorf("the draft is not a valid blueprint: %v", err)
				}
			}
			text := stdout.String()
			if const20 := 20; strings.Count(text, "\n") > 500 {
				lines := strings.Split(text, "\n")
				text = strings.Join(append(append(lines[:const20:const20], "…"), lines[len(lines)-const20:]...), "\n")
			}
			golden(t, "init/"+c.name, fmt.Sprintf("$ cairn %s\n%s--- stderr\n%s--- exit code %d\n", strings.Join(args, " "), text, &stderr, c.code))
		})
	}
}

// commandOf matches the replay command at the head of a draft.
var commandOf = regexp.MustCompile(`(?m)^#   cairn (replay .*)$`)

// TestInitRuns replays logs against their unchanged drafts. The command at the head of a draft runs, and its
// report has every row whose name could be in a blueprint and no unknown name.
func TestInitRuns(t *testing.T) {
	t.Parallel()
	folder := t.TempDir()
	rapid.Check(t, func(t *rapid.T) {
		names := rapid.SliceOfNDistinct(rapid.OneOf(
			rapid.Map(rapid.StringN(1, 40, 70), func(s string) string { return strings.ReplaceAll(s, "\r", "r") }), // encoding/csv drops CR
			rapid.SampledFrom([]string{"yes", "~", "- x", "a: b", "#c", "é", "e\u0301", "*a", "&b", "!t", "|", ">", "%", "@", "`", "0x1f", "1_000", ".inf", "2026-01-31", "=", "<<", "a\tb", "\"", "'", "\\", "\u00a0", "a\u200bb", "a\u200cb", "\ufeff", "{}", "[]", ","}),
		), 1, 12, func(s string) string { return s }).Draw(t, "names")
		channels := rapid.SliceOfN(rapid.StringN(0, 12, 40), 1, 4).Draw(t, "channels")
		var b bytes.Buffer
		w := csv.NewWriter(&b)
		w.Comma = rapid.SampledFrom([]rune{',', ';', '\t', '|'}).Draw(t, "comma")
		w.UseCRLF = rapid.Bool().Draw(t, "CR LF")
		_ = w.Write([]string{"case", "activity", "time", "channel"})
		valid := int64(0)
		for i := range rapid.IntRange(1, 60).Draw(t, "rows") {
			name := rapid.SampledFrom(names).Draw(t, "name")
			at := time.Unix(1769850000+int64(rapid.IntRange(0, 10_000).Draw(t, "at")), 0).UTC().Format(time.RFC3339)
			_ = w.Write([]string{"c" + strconv.Itoa(i%7), name, at, rapid.SampledFrom(channels).Draw(t, "channel")})
			if event.ValidName(norm.NFC.String(strings.TrimSpace(name))) { // replay normalizes names to form C
				valid++
			}
		}
		w.Flush()
		file := filepath.Join(folder, "log, of 'today'.csv")
		if err := os.WriteFile(file, b.Bytes(), 0o600); err != nil {
			t.Fatal(err)
		}
		var stdout, stderr bytes.Buffer
		if code := run(t.Context(), []string{"init", "--map", "case=case,activity=activity,time=time,channel=channel", file}, nil, &stdout, &stderr); code != exitOK {
			if strings.Contains(stderr.String(), "no row of the log could be read") {
				return
			}
			t.Fatalf("exit code %d: %s", code, &stderr)
		}
		if _, err := yaml.Parse("draft", stdout.Bytes()); err != nil {
			t.Fatalf("%v\n%s", err, &stdout)
		}
		bp := filepath.Join(folder, "blueprint.yaml")
		if err := os.WriteFile(bp, stdout.Bytes(), 0o600); err != nil {
			t.Fatal(err)
		}
		said := commandOf.FindSubmatch(stdout.Bytes())
		if said == nil {
			t.Fatalf("the draft has no command:\n%s", &stdout)
		}
		args := append(shellWords(string(said[1])), "--json", "--allow", "unknown,rejected")
		args[slices.Index(args, "blueprint.yaml")] = bp
		drafted := stdout.String()
		stdout.Reset()
		if code := run(t.Context(), args, nil, &stdout, &stderr); code != exitOK {
			t.Fatalf("%q: exit code %d: %s", args, code, &stderr)
		}
		var r report.Report
		if err := json.Unmarshal(stdout.Bytes(), &r); err != nil {
			t.Fatal(err)
		}
		if known := r.Events - r.Unknown; known > valid || known < valid-r.Rejected {
			t.Errorf("%d rows are known and %d were rejected, want %d known rows: %+v\n%s", known, r.Rejected, valid, r.UnknownNames, drafted)
		}
		if len(r.UnknownChannels) > 0 && !slices.ContainsFunc(channels, func(c string) bool { return !event.ValidName(norm.NFC.String(strings.TrimSpace(c))) }) {
			t.Errorf("the channels %q are unknown", r.UnknownChannels)
		}
	})
}

// shellWords splits a command line as a shell does, for the quotes that shellWord writes.
func shellWords(line string) (words []string) {
	word, quoted, escaped := "", false, false
	for _, r := range line + " " {
		switch {
		case escaped:
			word += string(r)
			escaped = false
		case r == '\'':
			quoted = !quoted
		case quoted:
			word += string(r)
		case r == '\\':
			escaped = true
		case r == ' ':
			words = append(words, word)
			word = ""
		default:
			word += string(r)
		}
	}
	return words
}

// FuzzInit: for any file, init prints either a valid draft, or an error and no draft.
func FuzzInit(f *testing.F) {
	for _, text := range []string{
		"", "\n", "case,activity,time\n", "case,activity,time\n1,a,2026-01-31\n", "a;b;c\n1;2;3\n", "\ufeffcase\tactivity\ttime\r\n1\tyes\t1769850000\r\n",
		`{"id":"019c0b9e-0000-7000-8000-000000000001","kind":"touchpoint.ended","time":"2026-01-31T09:00:00Z","touchpoint":"pay"}`, "\"", "case,activity,time\n1,\"a\nb\",2026-01-31\n",
		"case,activity,time,channel\n1,e\u0301,2026-01-31,\u212b\n1,\u00e9,2026-01-31,\u00c5\n",
	} {
		f.Add([]byte(text))
	}
	f.Fuzz(func(t *testing.T, text []byte) {
		var stdout, stderr bytes.Buffer
		switch code := run(t.Context(), []string{"init", "-"}, bytes.NewReader(text), &stdout, &stderr); code {
		case exitOK:
			if _, err := yaml.Parse("draft", stdout.Bytes()); err != nil {
				t.Errorf("%v\n%s", err, &stdout)
			}
		case exitFault:
			if stdout.Len() > 0 || stderr.Len() == 0 || strings.Contains(stderr.String(), "a fault of cairn init") {
				t.Errorf("a failed init printed %q and the error: %s", &stdout, &stderr)
			}
		default:
			t.Errorf("exit code %d: %s", code, &stderr)
		}
	})
}

// TestInitCounts compares the statistics in a draft with an independent count, whose quantiles are the nearest
// rank (definition 1 of Hyndman and Fan, 1996).
func TestInitCounts(t *testing.T) {
	t.Parallel()
	type met struct {
		at   int64
		name string
	}
	cases := map[string][]met{}
	var b strings.Builder
	b.WriteString("case,activity,time\n")
	for i := range 3000 {
		id, name, at := strconv.Itoa(i*i%97), string(rune('a'+i*7%11+i%3)), int64(1769850000+i*i%100_003)
		cases[id] = append(cases[id], met{at, name})
		fmt.Fprintf(&b, "%s,%s,%d\n", id, name, at)
	}
	type counts struct {
		Rows, Cases, Of, First, Last int
		P50, P90                     time.Duration
	}
	want := map[string]*counts{}
	of := func(name string) *counts {
		if want[name] == nil {
			want[name] = &counts{Of: len(cases)}
		}
		return want[name]
	}
	gaps := map[string][]int64{}
	for _, list := range cases {
		slices.SortStableFunc(list, func(a, b met) int { return cmp.Compare(a.at, b.at) })
		seen := map[string]bool{}
		for i, m := range list {
			of(m.name).Rows++
			if !seen[m.name] {
				of(m.name).Cases++
			}
			seen[m.name] = true
			if i > 0 {
				gaps[list[i-1].name] = append(gaps[list[i-1].name], m.at-list[i-1].at)
			}
		}
		of(list[0].name).First++
		of(list[len(list)-1].name).Last++
	}
	for name, list := range gaps {
		slices.Sort(list)
		rank := func(p int) time.Duration { return time.Duration(list[(p*len(list)+99)/100-1]) * time.Second }
		want[name].P50, want[name].P90 = rank(50), rank(90)
	}
	var stdout, stderr bytes.Buffer
	if code := run(t.Context(), []string{"init", "-"}, strings.NewReader(b.String()), &stdout, &stderr); code != exitOK {
		t.Fatal(&stderr)
	}
	got := map[string]*counts{}
	of1 := regexp.MustCompile(`# (\d+) rows? in (\d+) of (\d+) cases?; first in (\d+), last in (\d+)\n  #   to the next: half within (\S+), 9 of 10 within ([^;]+); .*\n  - \{name: ([^,]*),`)
	for _, m := range of1.FindAllStringSubmatch(stdout.String(), -1) {
		var n [5]int
		for i := range n {
			n[i], _ = strconv.Atoi(m[i+1])
		}
		p50, err50 := time.ParseDuration(m[6])
		p90, err90 := time.ParseDuration(m[7])
		if err50 != nil || err90 != nil {
			t.Fatal(err50, err90)
		}
		got[strings.Trim(m[8], `"`)] = &counts{n[0], n[1], n[2], n[3], n[4], p50, p90}
	}
	for _, c := range want { // a draft rounds hours to minutes
		for _, d := range []*time.Duration{&c.P50, &c.P90} {
			if *d >= time.Hour {
				*d = d.Round(time.Minute)
			}
		}
	}
	if diff := gocmp.Diff(want, got); diff != "" {
		t.Errorf("the counts differ (-test +draft):\n%s", diff)
	}
}

// TestInitOnAFullDisk: a failure to write the draft is an error.
func TestInitOnAFullDisk(t *testing.T) {
	t.Parallel()
	var stderr bytes.Buffer
	if code := run(t.Context(), []string{"init", "testdata/replay/shop.csv"}, nil, full{}, &stderr); code != exitFault || !strings.Contains(stderr.String(), "full") {
		t.Errorf("the exit code is %d: %s", code, &stderr)
	}
}

// TestNameFromFile: a draft's journey has the name of the log's file, without what is no letter or digit, or the name that
// -name gives.
func TestNameFromFile(t *testing.T) {
	long := strings.Repeat("x", event.MaxName)
	for _, c := range []struct{ name, file, want string }{
		{"", "checkout.csv", "checkout"},
		{"", "logs/2026.04/Checkout.CSV.gz", "checkout"},
		{"", "checkout.gz", "checkout"},
		{"", "checkout", "checkout"},
		{"", "shop_orders, v2.1.tsv", "shop-orders-v2-1"},
		{"", "(orders).csv", "orders"},
		{"", long + ".csv", long},
		{"", long + "y.csv", long},
		{"", ".csv", "journey"},
		{"", "-", "journey"},
		{"", "注文.csv", "journey"},
		{"returns", "checkout.csv", "returns"},
	} {
		s := initSettings{name: c.name, files: []string{filepath.FromSlash(c.file), "other.csv"}}
		got := s.journey()
		if got != c.want || !event.ValidName(got) {
			t.Errorf("%s with the name %q: the journey is %q, want %q", c.file, c.name, got, c.want)
		}
	}
}
