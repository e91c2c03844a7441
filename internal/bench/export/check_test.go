//go:build unix

package export

import (
	"bytes"
	"compress/gzip"
	"errors"
	"io"
	"maps"
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"go.opentelemetry.io/otel/exporters/otlp/otlplog/otlploghttp"
	sdklog "go.opentelemetry.io/otel/sdk/log"
	"go.opentelemetry.io/otel/trace"
	collog "go.opentelemetry.io/proto/otlp/collector/logs/v1"
	common "go.opentelemetry.io/proto/otlp/common/v1"
	"google.golang.org/protobuf/encoding/prototext"
	"google.golang.org/protobuf/proto"

	"cairncx.dev/cairn/cx/event"
	"cairncx.dev/cairn/cx/telemetry/semconv"
	"cairncx.dev/cairn/exporters/otlplog"
	"cairncx.dev/cairn/exporters/sqlarchive"
)

// What the tables say is only worth what measures it: these look at that.

func TestVerdict(t *testing.T) {
	for _, c := range []struct {
		name, reason string
		goal         goal
		got          float64
		text         string
		fail         bool
	}{
		{"reached", "the bound itself is enough", goal{bound: 0.8}, 0.8, "at least 0.8: met", false},
		{"missed", "a little is noise", goal{bound: 0.8}, 0.6, "at least 0.8: MISSED", false},
		{"far", "by more than the slack", goal{bound: 0.8}, 0.53, "at least 0.8: MISSED", true},
		{"out of reach", "nobody can do what by hand cannot be done", goal{bound: 8, reach: 4.5}, 2, "at least 8: out of reach, by hand it is 4.5", false},
		{"just within reach", "by hand it can be done, and no more", goal{bound: 8, reach: 8}, 2, "at least 8: MISSED, by hand it is 8", false},
		{"met out of reach", "better than by hand", goal{bound: 8, reach: 4.5}, 9, "at least 8: met", false},
		{"at most", "less is better", goal{bound: 2, most: true}, 2, "at most 2: met", false},
		{"at most, missed", "a little is noise", goal{bound: 2, most: true}, 2.9, "at most 2: MISSED", false},
		{"at most, far", "by more than the slack", goal{bound: 2, most: true}, 3.1, "at most 2: MISSED", true},
		{"none", "of nothing there is no noise", goal{most: true}, 1, "at most 0: MISSED", true},
	} {
		t.Run(c.name, func(t *testing.T) {
			text, fail := c.goal.verdict(c.got)
			if text != c.text || fail != c.fail {
				t.Errorf("it says %q, %t, want %q, %t: %s", text, fail, c.text, c.fail, c.reason)
			}
		})
	}
}

func TestNumber(t *testing.T) {
	for _, c := range []struct {
		name, reason string
		f            float64
		want         string
	}{
		{"zero", "of allocations", 0, "0"},
		{"small", "three digits count", 0.012345, "0.0123"},
		{"below a thousand", "no comma", 999.4, "999"},
		{"a thousand", "rounding makes it one", 999.6, "1,000"},
		{"thousands", "three digits count", 549_673, "550,000"},
		{"millions", "two commas", 1_258_123, "1,260,000"},
	} {
		t.Run(c.name, func(t *testing.T) {
			if got := number(c.f); got != c.want {
				t.Errorf("%v is %q, want %q: %s", c.f, got, c.want, c.reason)
			}
		})
	}
}

// TestTable: a ratio is of the same round, and the median of those.
func TestTable(t *testing.T) {
	turns := func(events, lost int, took ...time.Duration) (out []turn) {
		for _, d := range took {
			out = append(out, turn{events: events, lost: lost, took: d, cpu: d / 2})
		}
		return out
	}
	ours := &side{name: "us", turns: turns(1000, 0, time.Second, 4*time.Second, 2*time.Second)}
	theirs := &side{name: "them", turns: turns(500, 500, time.Second, time.Second, time.Second)}
	var tab table
	tab.missing("it", "is not there")
	tab.sink(t, ours, theirs, &goal{bound: 0.8})
	tab.call(t, ours, theirs, nil)
	want := `
| Cairn | events/s | beside | events/s | ratio | goal | CPU: µs an event | lost |
| --- | --- | --- | --- | --- | --- | --- | --- |
| it | is not there |  |  |  |  |  |  |
| us | 500 (250 to 1,000) | them | 500 (500 to 500) | 1 (0.5 to 2) | at least 0.8: met | 1,000 beside 1,000: 1 × | none, 50 % |

| at the call site | ns an event | beside | ns an event | ratio | goal |
| --- | --- | --- | --- | --- | --- |
| us | 2,000,000 (1,000,000 to 4,000,000) | them | 2,000,000 (2,000,000 to 2,000,000) | 1 (0.5 to 2) |  |
`
	if diff := cmp.Diff(want, tab.String()); diff != "" {
		t.Errorf("the tables are not what they should be (-want +got):\n%s", diff)
	}
}

// TestContest: every side has its turn in each round, and another one is the first.
func TestContest(t *testing.T) {
	var order strings.Builder
	var sides []*side
	for _, who := range []string{"a", "b", "c"} {
		sides = append(sides, &side{run: func(*testing.B) turn { order.WriteString(who); return turn{events: 1} }})
	}
	contest(&testing.B{}, 4, sides...)
	if want := "abc" + "bca" + "cab" + "abc"; order.String() != want {
		t.Errorf("the order is %q, want %q", order.String(), want)
	}
	for i, s := range sides {
		if len(s.turns) != 4 {
			t.Errorf("side %d had %d turns, want 4", i, len(s.turns))
		}
	}
}

// TestDuel: both sides do every batch once in each round, in stretches, and take turns at being first.
func TestDuel(t *testing.T) {
	batches := slices.Repeat([]int{10}, stretch+1)
	var order strings.Builder
	var ours, theirs side
	note := func(b byte) func(int) error { return func(int) error { return order.WriteByte(b) } }
	duel(t, 2, &ours, &theirs, batches, func() (us, them func(int) error, done func()) {
		return note('u'), note('t'), func() { order.WriteByte('.') }
	})
	u, th := strings.Repeat("u", stretch), strings.Repeat("t", stretch)
	if want := u + th + "tu." + th + u + "ut."; order.String() != want {
		t.Errorf("the order is %q, want %q", order.String(), want)
	}
	for _, s := range []side{ours, theirs} {
		if len(s.turns) != 2 || s.turns[0].events != 10*len(batches) || s.turns[1].events != 10*len(batches) {
			t.Errorf("the turns are %+v, want 2 of %d events", s.turns, 10*len(batches))
		}
	}
}

// TestSink: it counts what came, however it came, and takes a second body in the first one's buffer.
func TestSink(t *testing.T) {
	zip := func(s string) []byte {
		var b bytes.Buffer
		w := gzip.NewWriter(&b)
		if _, err := w.Write([]byte(s)); err != nil {
			t.Fatal(err)
		}
		if err := w.Close(); err != nil {
			t.Fatal(err)
		}
		return b.Bytes()
	}
	for _, c := range []struct {
		name, reason string
		body         io.Reader
		gzip, fails  bool
		events       int
	}{
		{"plain", "its length is known", strings.NewReader("ab" + strings.Repeat("-", 10_000) + "ab"), false, false, 2},
		{"chunked", "its length is not known", io.MultiReader(strings.NewReader("ab ab"), strings.NewReader(" ab")), false, false, 3},
		{"compressed", "events are counted, not bytes", bytes.NewReader(zip(strings.Repeat("ab", 5000))), true, false, 5000},
		{"not gzip", "what nobody can read has not come", strings.NewReader("ab"), true, true, 0},
		{"torn", "half of a body is none", bytes.NewReader(zip("ab")[:20]), true, true, 0},
		{"empty", "nothing is nothing", http.NoBody, false, false, 0},
	} {
		t.Run(c.name, func(t *testing.T) {
			s := newSink(occurrences("ab"))
			defer s.Close()
			req, err := http.NewRequestWithContext(t.Context(), http.MethodPost, s.URL, c.body)
			if err != nil {
				t.Fatal(err)
			}
			if c.gzip {
				req.Header.Set("Content-Encoding", "gzip")
			}
			res, err := http.DefaultClient.Do(req)
			if err != nil {
				t.Fatal(err)
			}
			defer res.Body.Close()
			if got, err := s.came(); res.StatusCode != http.StatusOK || got != c.events || (err != nil) != c.fails {
				t.Errorf("status %d, %d events, %v; want %d: %s", res.StatusCode, got, err, c.events, c.reason)
			}
		})
	}
}

// TestRecords: the sink counts what the real decoder finds.
func TestRecords(t *testing.T) {
	var got []byte
	s := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) { got, _ = io.ReadAll(r.Body) }))
	defer s.Close()
	e, err := otlplog.New(otlplog.WithEndpoint(s.URL), otlplog.WithCompression(otlplog.NoCompression))
	if err != nil {
		t.Fatal(err)
	}
	if err := errors.Join(e.Export(t.Context(), samples(3)), e.Shutdown(t.Context())); err != nil {
		t.Fatal(err)
	}
	var req collog.ExportLogsServiceRequest
	if err := proto.Unmarshal(got, &req); err != nil {
		t.Fatal(err)
	}
	n := 0
	for _, r := range req.GetResourceLogs() {
		for _, sc := range r.GetScopeLogs() {
			n += len(sc.GetLogRecords())
		}
	}
	if n != 3 || records(got) != 3 {
		t.Errorf("there are %d records, and the sink counts %d", n, records(got))
	}
}

// TestSameRecord: otlplog and the SDK do the same work.
func TestSameRecord(t *testing.T) {
	var got [][]byte
	s := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		b, _ := io.ReadAll(r.Body)
		got = append(got, b)
	}))
	defer s.Close()
	ctx := t.Context()
	e, err := otlplog.New(otlplog.WithEndpoint(s.URL), otlplog.WithCompression(otlplog.NoCompression), otlplog.WithoutJSON())
	if err != nil {
		t.Fatal(err)
	}
	exp, err := otlploghttp.New(ctx, otlploghttp.WithEndpointURL(s.URL+"/v1/logs"))
	if err != nil {
		t.Fatal(err)
	}
	p := sdklog.NewLoggerProvider(sdklog.WithProcessor(sdklog.NewSimpleProcessor(exp)))
	mine := samples(1)
	p.Logger("bench").Emit(trace.ContextWithSpanContext(ctx, mine[0].JourneySpan()), logRecord(0))
	if err := errors.Join(e.Export(ctx, samples(1)), e.Shutdown(ctx), p.Shutdown(ctx)); err != nil {
		t.Fatal(err)
	}
	var all [2]string
	for i := range all {
		var req collog.ExportLogsServiceRequest
		if err := proto.Unmarshal(got[i], &req); err != nil {
			t.Fatal(err)
		}
		r := req.GetResourceLogs()[0].GetScopeLogs()[0].GetLogRecords()[0]
		r.ObservedTimeUnixNano, r.Body = 0, nil // the SDK sends an empty one
		slices.SortFunc(r.Attributes, func(a, b *common.KeyValue) int { return strings.Compare(a.Key, b.Key) })
		for _, a := range r.Attributes {
			if a.Key == string(semconv.EventIDKey) { // each has its own
				a.Value.Value = &common.AnyValue_StringValue{StringValue: strconv.Itoa(len(a.Value.GetStringValue()))}
			}
		}
		all[i] = prototext.Format(r)
	}
	if strings.ReplaceAll(all[0], " ", "") != strings.ReplaceAll(all[1], " ", "") { // prototext varies its spaces
		t.Errorf("the SDK sends\n%s\notlplog\n%s", all[0], all[1])
	}
}

// TestSQLiteFloor: the bare insert leaves the tables as the archive does, so it is the same work.
func TestSQLiteFloor(t *testing.T) {
	batches, sizes, of := story(2)
	model, bare, archive := filepath.Join(t.TempDir(), "model.db"), filepath.Join(t.TempDir(), "bare.db"), filepath.Join(t.TempDir(), "archive.db")
	list, columns := sqliteRows(t, model, batches, of)
	insert, done := bareSQLite(t, model, bare, "FULL", columns)
	a, err := sqlarchive.OpenSQLite(archive)
	if err != nil {
		t.Fatal(err)
	}
	for i := range batches {
		if err := errors.Join(a.Export(t.Context(), batches[i]), insert(list[i])); err != nil {
			t.Fatal(err)
		}
	}
	done()
	if err := a.Shutdown(t.Context()); err != nil {
		t.Fatal(err)
	}
	total := 0
	for _, table := range tables {
		text := "SELECT * FROM " + table + " ORDER BY run, rowid"
		if table == "journeys" {
			text = "SELECT * FROM journeys ORDER BY run" // it has no rowid
		} else {
			total += len(query(t, bare, text))
		}
		if diff := cmp.Diff(query(t, archive, text), query(t, bare, text)); diff != "" {
			t.Errorf("%s differs (-archive +bare):\n%s", table, diff)
		}
	}
	if total != sizes[0]+sizes[1] {
		t.Errorf("there are %d rows of %d events", total, sizes[0]+sizes[1])
	}
}

// TestStory: a batch has whole runs, and no event is there twice.
func TestStory(t *testing.T) {
	batches, sizes, of := story(3)
	seen := map[event.ID]bool{}
	for i, batch := range batches {
		runs := map[string]bool{}
		for k := range batch {
			if seen[batch[k].ID] || of[batch[k].Journey.ID] != i {
				t.Fatalf("event %d of batch %d, of %s, is there twice or in another batch", k, i, batch[k].Journey.ID)
			}
			seen[batch[k].ID], runs[batch[k].Journey.ID] = true, true
		}
		if len(runs) != runsInBatch || sizes[i] != len(batch) {
			t.Errorf("batch %d has %d runs and %d events, %d as it says: %v", i, len(runs), len(batch), sizes[i], slices.Sorted(maps.Keys(runs))[:3])
		}
	}
}
