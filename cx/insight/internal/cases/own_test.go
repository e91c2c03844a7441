package cases_test

import (
	"fmt"
	"hash/fnv"
	"reflect"
	"slices"
	"testing"
	"time"
	"unsafe"

	gocmp "github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"cairncx.dev/cairn/cx/event"
	"cairncx.dev/cairn/cx/insight/internal/cases"
)

// checksum is one of every byte of a chunk, with what is behind its pointers.
func checksum(c *cases.Chunk) uint64 {
	sum := fnv.New64a()
	var add func(v reflect.Value)
	add = func(v reflect.Value) {
		switch v.Kind() { //nolint:exhaustive // the others are numbers
		case reflect.Pointer:
			if !v.IsNil() {
				add(v.Elem())
			}
		case reflect.Slice:
			_, _ = fmt.Fprint(sum, v.Len(), ";")
			for i := range v.Len() {
				add(v.Index(i))
			}
		case reflect.Struct:
			for i := range v.NumField() {
				add(v.Field(i))
			}
		default:
			_, _ = sum.Write(unsafe.Slice((*byte)(unsafe.Pointer(v.UnsafeAddr())), v.Type().Size())) //nolint:gosec // the bytes of one number, or of an array of them
		}
	}
	add(reflect.ValueOf(c).Elem())
	return sum.Sum64()
}

// kept is a snapshot with what it had when it was made.
type kept struct {
	snapshot *cases.Snapshot
	sums     []uint64
	rows     map[string]row
}

func keep(table *cases.Table) kept {
	k := kept{snapshot: table.Snapshot()}
	for _, c := range k.snapshot.Chunks() {
		k.sums = append(k.sums, checksum(c))
	}
	k.rows = dumpOf(k.snapshot)
	return k
}

// changed says what of the snapshot is not as it was.
func (k *kept) changed() string {
	for n, c := range k.snapshot.Chunks() {
		if checksum(c) != k.sums[n] {
			return fmt.Sprintf("chunk %d has changed: %s", n, gocmp.Diff(k.rows, dumpOf(k.snapshot)))
		}
	}
	return gocmp.Diff(k.rows, dumpOf(k.snapshot))
}

// TestSnapshotsAreTheModel: whatever is loaded later, a snapshot stays what the model says of the events of its time, to the byte.
func TestSnapshotsAreTheModel(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		events := drawEvents(t)
		m := &memory{distinct: true}
		table := cases.New(cases.Config{Attributes: impact})
		var all []kept
		for len(events) > 0 {
			n := rapid.IntRange(1, len(events)).Draw(t, "events of a load")
			m.events, events = append(m.events, events[:n]...), events[n:]
			if err := table.Load(t.Context(), m); err != nil {
				t.Fatal(err)
			}
			all = append(all, keep(table))
			one := cases.New(cases.Config{Attributes: impact})
			if err := one.Load(t.Context(), &memory{distinct: true, events: slices.Clone(m.events)}); err != nil {
				t.Fatal(err)
			}
			if diff := gocmp.Diff(dump(one), all[len(all)-1].rows); diff != "" {
				t.Fatalf("after %d events (-loaded at once +in parts):\n%s", len(m.events), diff)
			}
		}
		for n := range all {
			if diff := all[n].changed(); diff != "" {
				t.Fatalf("the snapshot of load %d of %d: %s", n+1, len(all), diff)
			}
		}
	})
}

// everything is an event that has a value for each column, and a run that has two of them.
func everything(run string, at time.Duration, id int, value string) event.Event {
	e := touch(run, at, id)
	e.Journey.Version, e.Journey.Value = value, &event.Money{Amount: int64(id), Currency: "EUR"}
	e.Customer = event.Customer{Hash: value, Segment: value, Account: value}
	e.Variant, e.Intent = &event.Variant{Release: value, Experiment: value, Arm: value}, value
	e.Stage, e.Cause, e.Touchpoint, e.Outcome = value, value, value, event.Failed
	e.Assisted = &event.Assisted{Legs: []event.Leg{{Queue: value, Queued: true, Wait: event.Seconds(time.Minute)}}}
	e.FollowUp = &event.FollowUp{Owner: value}
	return e
}

// TestEveryColumnIsCopied: a snapshot keeps each column, when every value of a row and the row beside it change, and a chunk becomes full.
func TestEveryColumnIsCopied(t *testing.T) {
	t.Parallel()
	m := &memory{distinct: true}
	table := cases.New(cases.Config{Attributes: impact})
	answer := everything("a", time.Hour, 3, "x")
	answer.Kind, answer.Feedback = event.FeedbackReceived, &event.Feedback{Survey: "after", Scale: event.Thumbs, Verdict: event.Positive, Score: 1}
	m.events = append(m.events, everything("a", time.Hour, 1, "x"), answer)
	load(t, table, m)
	before := keep(table)
	late := answer
	late.ID, late.Time, late.Feedback = event.ID{8: 9}, epoch.Add(2*time.Hour), &event.Feedback{Survey: "after", Scale: event.Thumbs, Verdict: event.Negative, Score: -1}
	end := ended("a", 3*time.Hour)
	end.Stage, end.Cause = "y", "y"
	m.events = append(m.events, everything("a", time.Minute, 4, "w"), everything("a", 2*time.Hour, 5, "y"), late, end, everything("b", 0, 6, "z"))
	load(t, table, m)
	between := keep(table)
	for n := range cases.Rows {
		m.events = append(m.events, everything(fmt.Sprint(n), time.Duration(n)*time.Second, n, fmt.Sprint(n)))
	}
	load(t, table, m)
	m.events = append(m.events, everything("a", 0, 7, "v"), everything("new", 0, 8, "v"))
	load(t, table, m)
	for name, k := range map[string]kept{"first": before, "second": between} {
		if diff := k.changed(); diff != "" {
			t.Errorf("the %s snapshot: %s", name, diff)
		}
	}
	if _, _, ok := between.snapshot.Find(event.RunRef{Name: "ticket", ID: "new"}); ok {
		t.Error("the snapshot has a run that came after it")
	}
	if _, ok := between.snapshot.Names.Code("v"); ok {
		t.Error("the snapshot has the code of a text that came after it")
	}
	if c, row, ok := before.snapshot.Find(event.RunRef{Name: "ticket", ID: "a"}); !ok || row != 0 || before.snapshot.FirstText(cases.Segment, c, row) != "x" {
		t.Error("the snapshot has lost its run")
	}
	if a := dump(table)["/ticket/a"]; a.Segment != "v" || a.Stage != "y" || a.Verdict != "negative" {
		t.Errorf("the table has not taken the changes: %+v", a)
	}
}

// TestRunsThatCameLater: a snapshot does not find a run that is in the index, because it came after the snapshot: in the last chunk, and in one more.
func TestRunsThatCameLater(t *testing.T) {
	t.Parallel()
	for _, rows := range []int{2, cases.Rows} {
		m := &memory{distinct: true}
		for n := range rows {
			m.events = append(m.events, touch(fmt.Sprint(n), 0, n))
		}
		table := cases.New(cases.Config{})
		load(t, table, m)
		old := table.Snapshot()
		m.events = append(m.events, touch("new", 0, rows))
		load(t, table, m)
		run := event.RunRef{Name: "ticket", ID: "new"}
		if _, _, ok := old.Find(run); ok {
			t.Errorf("the snapshot of %d rows has a run that came after it", rows)
		}
		if _, row, ok := table.Snapshot().Find(run); !ok || row != rows%cases.Rows {
			t.Errorf("after %d rows the new run is in the row %d: %t", rows, row, ok)
		}
	}
}

// TestRunsThatLeft: a snapshot finds its runs also when they have left the table since, and its index was made anew.
func TestRunsThatLeft(t *testing.T) {
	t.Parallel()
	m := &memory{distinct: true}
	table := cases.New(cases.Config{Last: time.Hour.Microseconds()})
	fill := func(day int) {
		for n := range 2 * cases.Rows {
			m.events = append(m.events, touch(fmt.Sprint(day, "-", n), time.Duration(day)*24*time.Hour, n))
		}
		load(t, table, m)
	}
	fill(0)
	old := table.Snapshot()
	for day := range 4 {
		fill(day + 1)
	}
	run := event.RunRef{Name: "ticket", ID: "0-7"}
	if _, row, ok := old.Find(run); !ok || row != 7 {
		t.Errorf("the snapshot finds row %d, %t", row, ok)
	}
	if _, _, ok := table.Snapshot().Find(run); ok {
		t.Error("the table still has a run that has left the period")
	}
	if !table.Holds(old) {
		t.Error("nothing was forgotten, and the table does not hold an old snapshot")
	}
}

// TestFirstLoadCopiesNothing: the chunks of a first load are those that questions then read, and a later load copies those alone that change.
func TestFirstLoadCopiesNothing(t *testing.T) {
	t.Parallel()
	m := &memory{distinct: true}
	for n := range cases.BatchSize + 100 {
		m.events = append(m.events, everything(fmt.Sprint(n), time.Duration(n)*time.Second, n, "x"))
	}
	table := cases.New(cases.Config{})
	var working []*cases.Chunk
	m.watch = func(n int) {
		if n == cases.BatchSize+50 {
			working = slices.Clone(table.Working())
		}
	}
	load(t, table, m)
	first := table.Snapshot().Chunks()
	if len(working) != cases.BatchSize/cases.Rows || !slices.Equal(working, first[:len(working)]) {
		t.Errorf("%d chunks were worked on, and some were copied", len(working))
	}
	m.watch = nil
	m.events = append(m.events, touch("5000", 0, 1))
	load(t, table, m)
	for n, c := range table.Snapshot().Chunks() {
		if copied := c != first[n]; copied != (n == 5000/cases.Rows) {
			t.Errorf("chunk %d was copied: %t", n, copied)
		}
		if v := reflect.ValueOf(c).Elem(); !v.FieldByName("was").IsZero() || !v.FieldByName("firsts").Index(0).FieldByName("was").IsZero() {
			t.Errorf("chunk %d keeps the memory of the one that it has replaced", n)
		}
	}
}
