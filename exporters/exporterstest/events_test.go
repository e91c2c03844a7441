package exporterstest_test

import (
	"maps"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"cairncx.dev/cairn/cx/event"
	"cairncx.dev/cairn/exporters/exporterstest"
	"cairncx.dev/cairn/exporters/internal/fill"
)

// TestSameTwice: events that are made twice are equal, which is how the suite finds a change.
func TestSameTwice(t *testing.T) {
	for name, list := range exporterstest.Lists {
		for i, e := range list() {
			// Compared as JSON, because NaN is not equal to itself.
			if again := list()[i]; string(e.AppendJSON(nil)) != string(again.AppendJSON(nil)) {
				t.Errorf("event %d of %q is another one each time", i, name)
			}
		}
	}
}

// TestEverythingSet: an exporter cannot lose a field of an event unseen.
func TestEverythingSet(t *testing.T) {
	for i, e := range exporterstest.Lists["every kind"]() {
		fill.Leaves(reflect.ValueOf(e), func(path string, v reflect.Value) {
			if v.IsZero() {
				t.Errorf("event %d has no %s", i, path)
			}
		})
	}
}

// TestHostileEverywhere: each hostile text is wherever an application, a peer or a customer may write one. A name is as
// long as a name may be.
func TestHostileEverywhere(t *testing.T) {
	except := map[string]string{
		"Touchpoint":             "the events are known by it",
		"Feedback.Language":      "it is a tag of BCP 47",
		"Journey.Value.Currency": "it is a code of ISO 4217",
		"Customer.ID":            "it leaves no process",
		"Customer.AccountID":     "it leaves no process",
		"Assisted.Legs.AgentID":  "it leaves no process",
	}
	list, texts := exporterstest.Lists["hostile texts"](), exporterstest.HostileTexts()
	if len(list) != len(texts) {
		t.Fatalf("there are %d events for %d texts", len(list), len(texts))
	}
	for i, e := range list {
		fill.Leaves(reflect.ValueOf(e), func(path string, v reflect.Value) {
			if except[path] != "" {
				return
			}
			var has []string
			switch v.Type() {
			case reflect.TypeFor[string]():
				has = []string{v.String()}
			case reflect.TypeFor[[]string]():
				has = v.Interface().([]string)
			default:
				return
			}
			most := min(len(texts[i]), event.MaxName, event.MaxID) - utf8.UTFMax // a rune may be cut off
			if !slices.ContainsFunc(has, func(s string) bool { return strings.HasPrefix(texts[i], s) && len(s) >= most }) {
				t.Errorf("%s of event %d is %.40q, want as much of %.40q as there may be", path, i, has, texts[i])
			}
		})
		if len(e.Attributes) == 0 || string(e.Attributes[0].Key) == "" || !strings.HasPrefix(texts[i], string(e.Attributes[0].Key)) || e.Attributes[0].Value.AsString() != texts[i] {
			t.Errorf("no attribute of event %d has the key and the value %.40q", i, texts[i])
		}
	}
}

// TestExtremes: among the numbers are those that other formats do not have, in each field that has one, and among the
// times those that other clocks do not have.
func TestExtremes(t *testing.T) {
	properties := map[string]func(n int64) bool{
		"negative":                     func(n int64) bool { return n < 0 },
		"zero":                         func(n int64) bool { return n == 0 },
		"beyond 32 bits":               func(n int64) bool { return n > 1<<32-1 || n == 1<<31 },
		"below 32 bits":                func(n int64) bool { return n < -1<<31 },
		"between two numbers of JSON":  func(n int64) bool { return n > 0 && n < 1<<60 && int64(float64(n)) != n },
		"the first after those":        func(n int64) bool { return n == 1<<53 },
		"the largest of 64 bits":       func(n int64) bool { return n == 1<<63-1 },
		"the smallest of 64 bits":      func(n int64) bool { return n == -1<<63 },
		"small enough for any of them": func(n int64) bool { return n > 0 && n < 100 },
	}
	numbers, times := map[string][]int64{}, map[string][]time.Time{}
	for _, e := range exporterstest.Lists["extreme times and numbers"]() {
		fill.Leaves(reflect.ValueOf(e), func(path string, v reflect.Value) {
			if at, ok := v.Interface().(time.Time); ok {
				times[path] = append(times[path], at)
			} else if v.Kind() == reflect.Int64 {
				numbers[path] = append(numbers[path], v.Int())
			}
		})
	}
	for path, all := range numbers {
		for name, is := range properties {
			if !slices.ContainsFunc(all, is) {
				t.Errorf("no %s is %s: %d", path, name, all)
			}
		}
	}
	if len(numbers) < 3 || len(times) < 4 {
		t.Errorf("the numbers are in %v, the times in %v", slices.Collect(maps.Keys(numbers)), slices.Collect(maps.Keys(times)))
	}
	clocks := map[string]func(at time.Time) bool{
		"before 1970":                         func(at time.Time) bool { return at.Unix() < 0 && at.Year() > 1900 },
		"before Christ":                       func(at time.Time) bool { return at.Year() < 0 },
		"a year of five digits":               func(at time.Time) bool { return at.Year() > 9999 },
		"before what 64 bits of ns have":      func(at time.Time) bool { return at.Year() > 1600 && time.Unix(0, at.UnixNano()).After(at) },
		"behind what 64 bits of ns have":      func(at time.Time) bool { return at.Year() < 2300 && time.Unix(0, at.UnixNano()).Before(at) },
		"between two microseconds":            func(at time.Time) bool { return at.Nanosecond()%1000 != 0 },
		"in a zone":                           func(at time.Time) bool { _, offset := at.Zone(); return offset != 0 },
		"on another day than in UTC":          func(at time.Time) bool { return at.Day() != at.UTC().Day() },
		"the epoch, which looks like no time": func(at time.Time) bool { return at.UnixNano() == 0 },
	}
	for path, all := range times {
		for name, is := range clocks {
			if !slices.ContainsFunc(all, is) {
				t.Errorf("no %s is %s: %v", path, name, all)
			}
		}
	}
}

// TestHeavy: the batch is larger than what a broker or a server takes in one message by default, 1 MiB, and each event is
// much smaller.
func TestHeavy(t *testing.T) {
	whole := 0
	for i, e := range exporterstest.Lists["a heavy batch"]() {
		n := len(e.AppendJSON(nil))
		if whole += n; n < 12<<10 || n > 24<<10 {
			t.Errorf("event %d has %d bytes, want about 16 KiB", i, n)
		}
	}
	if whole < 2<<20 {
		t.Errorf("the batch has %d bytes, want more than 2 MiB", whole)
	}
}

// TestAttributed: there are attributes of each type, and as many as there may be.
func TestAttributed(t *testing.T) {
	most, types := 0, map[string]bool{}
	for _, e := range exporterstest.Lists["attributes"]() {
		most = max(most, len(e.Attributes))
		for _, a := range e.Attributes {
			types[a.Value.Type().String()] = true
		}
	}
	if most != event.MaxAttributes || len(types) < 11 {
		t.Errorf("at most %d attributes are in an event, want %d; the types are %v", most, event.MaxAttributes, slices.Sorted(maps.Keys(types)))
	}
}
