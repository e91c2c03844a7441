package main

import (
	"bytes"
	"compress/gzip"
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"
)

// TestReplayWritten: the command reads logs in the formats of other programs, and says what it detected or what
// to do.
func TestReplayWritten(t *testing.T) {
	t.Parallel()
	const day, minute = 24 * 3600.0, 60.0
	const blueprint = `version: 1
journeys: [{name: checkout, stages: [{name: cart}, {name: done}]}]
touchpoints:
  - {name: fill-cart, journey: checkout, stage: cart}
  - {name: Gelöst, journey: checkout, stage: cart}
  - {name: order-confirmed, journey: checkout, stage: done, ends: completed}
`
	shop := func(rows ...string) string { return "order,step,at\n" + strings.Join(rows, "\n") + "\n" }
	for _, tt := range []struct {
		name, log string
		flags     []string
		code      int
		events    float64
		took      float64 // the duration of the completed run in seconds, 0 for none
		said      []string
	}{
		{"quotes and out of order", shop("1,fill-cart,2026-10-25", `"1",fill-cart,2026-10-24`), nil, exitOK, 2, 0, nil},
		{"days of a spreadsheet", shop("1,fill-cart,42059.46875", "1,order-confirmed,42059.47916666667"), nil, exitOK, 2, 15 * minute, []string{"1899-12-30", "excel-1904"}},
		{"days of a spreadsheet, with the flag", shop("1,fill-cart,42059.46875", "1,order-confirmed,42059.47916666667"), []string{"--time-format", "excel"}, exitOK, 2, 15 * minute, nil},
		{"CR", "order,step,at,note\r1,fill-cart,2015-02-24 11:15:00,x\r", nil, exitFault, 0, 0, []string{"log.csv:1:", "CR", "tr '\\r' '\\n'"}},
		{"Latin 1", shop("1,fill-cart,2015-02-24 11:15:00", "1,Gel\xf6st,2015-02-24 11:16:00"), nil, exitFault, 0, 0, []string{"log.csv:3:", "not UTF-8", `"step"`, "--encoding"}},
		{"Latin 1, with the flag", shop("1,fill-cart,2015-02-24 11:15:00", "1,Gel\xf6st,2015-02-24 11:16:00"), []string{"--encoding", "latin1"}, exitOK, 2, 0, nil},
		{"names of zones", shop("1,fill-cart,2015-02-24 11:15:00 UTC", "1,order-confirmed,2015-02-24 11:16:00 GMT"), nil, exitOK, 2, minute, nil},
		{"an hour twice", shop("1,fill-cart,2026-10-25 02:59:00", "1,order-confirmed,2026-10-25 03:00:00"), []string{"--tz", "Europe/Berlin"}, exitOK, 2, 0, []string{"showed twice, when they were put back: 1; each was read as the first of the two"}},
		{"day or month first", shop("1,fill-cart,03/04/2015"), nil, exitFault, 0, 0, []string{"log.csv:2:", "--time-format dmy or mdy"}},
		{"day first, with the flag", shop("1,fill-cart,03/04/2015 10:00", "1,order-confirmed,03/04/2015 10:01"), []string{"--time-format", "%d/%m/%Y %H:%M"}, exitOK, 2, minute, nil},
		{"numbers", shop("1,fill-cart,1", "1,order-confirmed,2"), nil, exitFault, 0, 0, []string{"log.csv:2:", "not a plausible time", "2000 to 2099", "--time-format unix"}},
		{"numbers, with the flag", shop("1,fill-cart,100", "1,order-confirmed,160"), []string{"--time-format=unix"}, exitOK, 2, minute, nil},
		{"a workbook", "PK\x03\x04" + strings.Repeat("\x00", 26) + "xl/workbook.xml", nil, exitFault, 0, 0, []string{"Excel workbook", "save the sheet"}},
		{"white space", shop(" 1,fill-cart,2015-02-24 11:15", "1, order-confirmed,2015-02-24 11:16"), nil, exitOK, 2, minute, []string{`"order" was removed; rows: 1`, `"step" was removed; rows: 1`}},
		{"semicolons", "order;step;at\n1;fill-cart;2015-02-24 11:15\n", nil, exitOK, 1, 0, []string{`split at ";"`}},
		{"no header", "kim.smith,fill-cart,2015-02-24 11:15\n", nil, exitFault, 0, 0, []string{"does not look like the names of columns"}},
		{"no such format", shop(), []string{"--time-format", "dd.MM.yyyy"}, exitUsage, 0, 0, []string{"--time-format", "dd.MM.yyyy", "strptime"}},
		{"no such encoding", shop(), []string{"--encoding", "klingon"}, exitUsage, 0, 0, []string{"--encoding", "windows-1252"}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			file := filepath.Join(t.TempDir(), "log.csv")
			if err := os.WriteFile(file, []byte(tt.log), 0o600); err != nil {
				t.Fatal(err)
			}
			promised := filepath.Join(t.TempDir(), "blueprint.yaml")
			if err := os.WriteFile(promised, []byte(blueprint), 0o600); err != nil {
				t.Fatal(err)
			}
			args := append([]string{"replay", "--json", "--blueprint", promised, "--map", shopMap}, tt.flags...)
			var stdout, stderr bytes.Buffer
			code := run(t.Context(), append(args, file), nil, &stdout, &stderr)
			if code != tt.code {
				t.Fatalf("exit code %d, want %d: %s", code, tt.code, &stderr)
			}
			for _, want := range tt.said {
				if !strings.Contains(stderr.String(), want) {
					t.Errorf("the output is %s; want %q", &stderr, want)
				}
			}
			if strings.Contains(stderr.String(), "kim") {
				t.Errorf("the output discloses the content of a row: %s", &stderr)
			}
			if code != exitOK {
				return
			}
			var rep struct {
				Events   float64 `json:"events"`
				Journeys []struct {
					Duration map[string]struct {
						Max float64 `json:"max"`
					} `json:"duration_seconds"`
				} `json:"journeys"`
			}
			if err := json.Unmarshal(stdout.Bytes(), &rep); err != nil {
				t.Fatal(err)
			}
			if took := rep.Journeys[0].Duration["completed"].Max; rep.Events != tt.events || tt.took > 0 && took != tt.took || took > day {
				t.Errorf("%v events, and %v s; want %v and %v s", rep.Events, took, tt.events, tt.took)
			}
		})
	}
}

// TestReplayAnyWay: the order, the quotes, the compression and the number of files do not change the journeys
// of the report. The reference is the plainest file, which TestReplayModel compares with a model.
func TestReplayAnyWay(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	steps := []string{"fill-cart", "submit-payment", "order-confirmed", "other, \"or\" none"}
	rapid.Check(t, func(rt *rapid.T) {
		rng := rand.New(rand.NewPCG(rapid.Uint64().Draw(rt, "seed"), 1))
		rows := make([]writtenRow, rapid.IntRange(1, 60).Draw(rt, "rows"))
		for i := range rows {
			rows[i] = writtenRow{order: rng.IntN(8), step: steps[rng.IntN(len(steps))], at: time.Unix(1_700_000_000+int64(rng.IntN(20))*600, 0).UTC()}
		}
		slices.SortStableFunc(rows, func(a, b writtenRow) int { return a.at.Compare(b.at) })
		folder, err := os.MkdirTemp(dir, "")
		if err != nil {
			rt.Fatal(err)
		}
		defer func() { _ = os.RemoveAll(folder) }()
		save := func(name, text string, compress bool) string {
			name = filepath.Join(folder, name)
			b := []byte(text)
			if compress {
				var z bytes.Buffer
				w := gzip.NewWriter(&z)
				_, _ = w.Write(b)
				_ = w.Close()
				b = z.Bytes()
			}
			if err := os.WriteFile(name, b, 0o600); err != nil {
				rt.Fatal(err)
			}
			return name
		}
		report := func(args ...string) (events float64, journeys string) {
			var stdout, stderr bytes.Buffer
			args = append([]string{"replay", "--json", "--blueprint", "testdata/replay/shop.yaml", "--map", shopMap}, args...)
			if code := run(t.Context(), args, nil, &stdout, &stderr); code == exitFault || code == exitUsage {
				rt.Fatalf("exit code %d: %s", code, &stderr)
			}
			var all map[string]any
			if err := json.Unmarshal(stdout.Bytes(), &all); err != nil {
				rt.Fatal(err)
			}
			text, _ := json.Marshal(all["journeys"])
			return all["events"].(float64), string(text)
		}
		plain := save("plain.csv", csvOf(rng, rows, "\n", 0), false)
		events, want := report(plain)
		if int(events) != len(rows) {
			rt.Errorf("%v events of %d rows", events, len(rows))
		}
		// Rows of one order at one time keep their order.
		mixed := slices.Clone(rows)
		rng.Shuffle(len(mixed), func(i, j int) { mixed[i], mixed[j] = mixed[j], mixed[i] })
		same := func(a, b writtenRow) bool { return a.order == b.order && a.at.Equal(b.at) }
		left := slices.Clone(rows)
		for i, r := range mixed {
			at := slices.IndexFunc(left, func(l writtenRow) bool { return same(l, r) })
			mixed[i] = left[at]
			left = slices.Delete(left, at, at+1)
		}
		args := []string{"--memory", rapid.SampledFrom([]string{"1MiB", "256MiB"}).Draw(rt, "memory")}
		count := rapid.IntRange(1, 3).Draw(rt, "files")
		for i := range count {
			part := mixed[len(mixed)*i/count : len(mixed)*(i+1)/count]
			text := csvOf(rng, part, rapid.SampledFrom([]string{"\n", "\r\n"}).Draw(rt, "line end"), rapid.IntRange(0, 4).Draw(rt, "quotes"))
			args = append(args, save(fmt.Sprint(i), text, rapid.Bool().Draw(rt, "gzip")))
		}
		if again, got := report(args...); again != events || got != want {
			rt.Errorf("%v events, want %v; (-plain +mixed)\n%s", again, events, cmp.Diff(want, got))
		}
	})
}

// writtenRow is a row of a log that the test writes in several styles.
type writtenRow struct {
	order int
	step  string
	at    time.Time
}

// csvOf writes the rows as CSV. It puts a share of the fields, given in quarters, in quotes that they do not
// need.
func csvOf(rng *rand.Rand, rows []writtenRow, end string, quotes int) string {
	var b strings.Builder
	b.WriteString("order,step,at" + end)
	for _, r := range rows {
		for i, f := range []string{fmt.Sprint(r.order), r.step, r.at.Format(time.DateTime)} {
			if strings.ContainsAny(f, `,"`) || rng.IntN(4) < quotes {
				f = `"` + strings.ReplaceAll(f, `"`, `""`) + `"`
			}
			b.WriteString(f + []string{",", ",", end}[i])
		}
	}
	return b.String()
}
