package logcheck_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"cairncx.dev/cairn/cmd/cairn/internal/logcheck"
	"cairncx.dev/cairn/cmd/cairn/internal/series"
	"cairncx.dev/cairn/cx/blueprint"
)

// desk has a journey that touchpoints end, one that nothing ends, and one that time ends.
func desk() *blueprint.Blueprint {
	return &blueprint.Blueprint{
		Version: 1,
		Journeys: []blueprint.Journey{
			{Name: "ticket"},
			{Name: "endless"},
			{Name: "timed", AbandonAfter: blueprint.Duration(72 * time.Hour)},
		},
		Touchpoints: []blueprint.Touchpoint{
			{Name: "open", Journey: "ticket"},
			{Name: "close", Journey: "ticket", Ends: "completed"},
			{Name: "wander", Journey: "endless"},
			{Name: "wait", Journey: "timed"},
		},
		Log: &blueprint.Log{Activities: map[string]blueprint.Activity{"shut": {"close"}, "sort": nil, "both": {"open", "wait"}}},
	}
}

// result checks rows, each "2026-03-02T10:00 case activity" with the line after @, or the next line. An activity of ! is a row that cannot
// be read, and one that ends in + has a filled column.
func result(t *testing.T, rows string) map[logcheck.Kind]logcheck.Finding {
	t.Helper()
	spool := series.NewSpool(t.TempDir(), 0)
	defer func() { _ = spool.Close() }()
	amsterdam, err := time.LoadLocation("Europe/Amsterdam")
	if err != nil {
		t.Fatal(err)
	}
	bp := desk()
	c := logcheck.New(logcheck.Config{Blueprint: bp, Location: amsterdam, Now: time.Date(2026, 12, 1, 0, 0, 0, 0, time.UTC), Columns: []string{"Via"}, Spool: spool})
	for i, text := range strings.Split(rows, "\n") {
		var at, id, activity string
		line := i + 2
		text, place, ok := strings.Cut(text, "@")
		if ok {
			if _, err := fmt.Sscan(place, &line); err != nil {
				t.Fatal(err)
			}
		}
		if _, err := fmt.Sscan(text, &at, &id, &activity); err != nil {
			t.Fatal(err)
		}
		where := logcheck.Place{File: "log.csv", Line: line}
		if activity == "!" {
			c.Reject(where)
			continue
		}
		r := logcheck.Row{Place: where, Case: id, Activity: strings.TrimSuffix(activity, "+"), Known: true}
		if r.Activity != activity {
			r.Filled = 1
		}
		if r.At, err = time.Parse("2006-01-02T15:04", at); err != nil {
			t.Fatal(err)
		}
		for _, name := range bp.Log.Touchpoints(r.Activity) {
			found := false
			for _, tp := range bp.Touchpoints {
				if tp.Name == name {
					found = true
					r.Steps = append(r.Steps, logcheck.Step{Journey: tp.Journey, Touchpoint: name, Ends: tp.Ends != ""})
				}
			}
			r.Known = r.Known && found
		}
		c.Add(&r)
	}
	c.Channel("Fax")
	got, err := c.Result()
	if err != nil {
		t.Fatal(err)
	}
	all := map[logcheck.Kind]logcheck.Finding{}
	for _, f := range got.Findings {
		all[f.Kind] = f
	}
	return all
}

func TestFindings(t *testing.T) {
	t.Parallel()
	steady := "" // a hundred tickets of an hour, so that a longer silence is rare
	for i := range 100 {
		steady += fmt.Sprintf("2026-03-02T10:%02d c%d open+@%d\n", i%60, i, 2*i+2)
	}
	for i := range 100 {
		steady += fmt.Sprintf("2026-03-02T11:%02d c%d close@%d\n", i%60, i, 2*i+3)
	}
	for _, c := range []struct {
		name, reason, rows string
		kind               logcheck.Kind
		n, of              int64
		line               int
		items              string
	}{
		{"unknown", "a typing mistake", "2026-03-02T10:00 a open\n2026-03-02T11:00 a clsoe\n2026-03-02T12:00 b clsoe\n2026-03-02T12:00 c zzz", logcheck.Unknown, 3, 4, 3, "clsoe 2 close, zzz 1 "},
		{"rejected", "of all rows", "2026-03-02T10:00 a open\n2026-03-02T11:00 a !", logcheck.Rejected, 1, 2, 3, ""},
		{"left out", "a note", "2026-03-02T10:00 a open\n2026-03-02T11:00 a sort", logcheck.LeftOut, 1, 2, 3, ""},
		{"no end", "nothing ends the journey; time and touchpoints end the others", "2026-03-02T10:00 a wander\n2026-03-02T10:00 b wander\n2026-03-02T11:00 c open\n2026-03-02T11:00 d wait", logcheck.NoEnd, 2, 4, 0, "endless 2 "},
		{"goes on", "a row after the end", "2026-03-02T10:00 a open\n2026-03-02T11:00 a shut\n2026-03-02T12:00 a open\n2026-03-02T13:00 a open\n2026-03-02T13:00 b close", logcheck.GoesOn, 1, 2, 4, "close 1 "},
		{"at the time of the end", "it may have come before", "2026-03-02T10:00 a close\n2026-03-02T10:00 a open", logcheck.GoesOn, 0, 0, 0, ""},
		{"another journey goes on", "each has its own end", "2026-03-02T10:00 a both\n2026-03-02T11:00 a close\n2026-03-02T12:00 a wait", logcheck.GoesOn, 0, 0, 0, ""},
		{"unended", "silent for longer than nearly all steps", steady + "2026-03-02T12:00 x open@300\n2026-03-05T12:00 y close@301", logcheck.Unended, 1, 102, 300, "ticket 1 "},
		{"still open", "the silence is as long as others", steady + "2026-03-02T12:00 x open@300\n2026-03-02T13:00 y close@301", logcheck.Unended, 0, 0, 0, ""},
		{"timed", "abandon_after ends it", "2026-03-02T12:00 x wait\n2026-06-05T12:00 y wait", logcheck.Unended, 0, 0, 0, ""},
		{"silence", "it goes on after it was abandoned", "2026-03-02T12:00 x wait\n2026-03-05T12:00 x wait\n2026-03-05T12:00 y wait\n2026-03-08T11:59 y wait", logcheck.Silence, 1, 2, 3, "timed 1 "},
		{"early", "1989 in Amsterdam is 1990 nowhere", "1989-12-31T22:59 a open\n1989-12-31T23:00 a open", logcheck.Early, 1, 2, 2, ""},
		{"future", "after now", "2026-11-30T23:59 a open\n2026-12-01T00:00 a open\n2026-12-01T00:01 a close", logcheck.Future, 1, 3, 4, ""},
		{"midnight", "in the zone of the log, or in UTC", "2026-03-01T23:00 a open\n2026-03-02T00:00 b open\n2026-03-02T00:01 c open", logcheck.Midnight, 2, 3, 2, ""},
		{"years", "two years and a minute", "2020-01-01T00:01 a open\n2020-01-01T00:01 b open\n2021-12-31T00:01 b close\n2021-12-31T00:02 a close", logcheck.Years, 1, 2, 5, ""},
		{"duplicates", "the same activity at the same time", "2026-03-02T10:00 a open\n2026-03-02T10:00 a both\n2026-03-02T10:00 a open\n2026-03-02T10:00 b open", logcheck.Duplicates, 1, 4, 4, ""},
		{"the time before", "it was at another time", "2026-03-02T10:00 a open\n2026-03-02T11:00 a both\n2026-03-02T11:00 a open", logcheck.Duplicates, 0, 0, 0, ""},
		{"same time", "another activity", "2026-03-02T10:00 a open\n2026-03-02T10:00 a both\n2026-03-02T10:00 a open", logcheck.SameTime, 1, 3, 3, ""},
		{"weekend", "29 rows say nothing, 30 do", strings.Repeat("2026-03-07T10:00 a open\n", 29) + "2026-03-08T22:59 b open\n2026-03-08T23:01 c close", logcheck.Weekend, 1, 2, 0, "open 30 "},
		{"monday", "a minute after midnight in Amsterdam", strings.Repeat("2026-03-07T10:00 a open\n", 26) + strings.Repeat("2026-03-08T23:01 b open\n", 3) + "2026-03-08T23:01 c open", logcheck.Weekend, 0, 0, 0, ""},
		{"empty", "no row has it", "2026-03-02T10:00 a open", logcheck.Empty, 1, 1, 0, "Via 0 "},
		{"filled", "one row has it", "2026-03-02T10:00 a open+", logcheck.Empty, 0, 0, 0, ""},
		{"channels", "spellings without a meaning", "2026-03-02T10:00 a open", logcheck.Channels, 1, 1, 0, "Fax 0 "},
		{"unused", "with the activity that was probably meant", "2026-03-02T10:00 a open\n2026-03-02T10:00 a wanderr\n2026-03-02T10:00 a sort", logcheck.Unused, 7, 10, 0, "both 0 , close 0 , endless 0 , shut 0 , timed 0 , wait 0 , wander 0 wanderr"},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			f := result(t, strings.TrimSpace(c.rows))[c.kind]
			if f.N != c.n || f.Of != c.of {
				t.Fatalf("%d of %d, want %d of %d: %s", f.N, f.Of, c.n, c.of, c.reason)
			}
			line := 0
			if f.Where != nil {
				line = f.Where.Line
			}
			var items []string
			for _, i := range f.Items {
				items = append(items, fmt.Sprint(i.Name, " ", i.N, " ", i.Meant))
			}
			if got := strings.Join(items, ", "); line != c.line || got != c.items {
				t.Errorf("on line %d %q, want line %d %q: %s", line, got, c.line, c.items, c.reason)
			}
			if c.n > 0 && (f.Title == "" || f.Remedy == "" || f.What == "" || f.Part != float64(f.N)/float64(f.Of)) {
				t.Errorf("the finding is not complete: %+v", f)
			}
		})
	}
}

// TestOrder: a file that has the rows of each case in the order of time, or in the reverse, has few that contradict; any other has no order.
func TestOrder(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name, reason      string
		forward, backward int64
		want              int64
	}{
		{"in order", "nothing contradicts", 30, 0, 0},
		{"newest first", "the reverse is an order, too", 0, 30, 0},
		{"one of thirty", "it contradicts", 29, 1, 1},
		{"one of thirty, newest first", "it contradicts", 1, 29, 1},
		{"one of ten", "the most that may contradict", 9, 1, 1},
		{"one of nine", "the file has no order", 8, 1, 0},
		{"half", "the file has no order", 15, 15, 0},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			var rows []string
			for i := range c.forward + c.backward {
				first, then := 10*i+2, 10*i+3
				if i >= c.forward {
					first, then = then, first
				}
				rows = append(rows, fmt.Sprintf("2026-03-02T10:00 c%d open@%d", i, first), fmt.Sprintf("2026-03-02T11:00 c%d close@%d", i, then))
			}
			var sorted []string // in the order of time
			for _, at := range []int{0, 1} {
				for i := at; i < len(rows); i += 2 {
					sorted = append(sorted, rows[i])
				}
			}
			f := result(t, strings.Join(sorted, "\n"))[logcheck.Order]
			if f.N != c.want || c.want > 0 && (f.Of != c.forward+c.backward || f.Where == nil) {
				t.Errorf("%d of %d at %v, want %d of %d: %s", f.N, f.Of, f.Where, c.want, c.forward+c.backward, c.reason)
			}
		})
	}
}

// TestManyItems: a finding lists the most frequent names, and counts the others.
func TestManyItems(t *testing.T) {
	t.Parallel()
	var rows []string
	for i := range 50 {
		for range i + 1 {
			rows = append(rows, fmt.Sprintf("2026-03-02T10:00 c%d xyz%d", i, i))
		}
	}
	f := result(t, strings.Join(rows, "\n"))[logcheck.Unknown]
	if len(f.Items) != logcheck.MaxItems || f.More != 30 || f.Items[0].Name != "xyz49" || f.Items[19].Name != "xyz30" {
		t.Errorf("%d items and %d more, the first %+v", len(f.Items), f.More, f.Items[:1])
	}
}
