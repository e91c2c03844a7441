package schedule_test

import (
	"errors"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"cairncx.dev/cairn/cx/insight/report"
	"cairncx.dev/cairn/cx/insight/schedule"
	"cairncx.dev/cairn/cx/ledger"
	"cairncx.dev/cairn/cx/stores/memory"
)

// record reads the record of a plan in UTC.
func record(t *testing.T, store *memory.Store, name, every string) (time.Time, []byte) {
	t.Helper()
	shelf := store.Shelf("schedules")
	now, _, err := shelf.Claim(t.Context(), 0, 0)
	if err != nil {
		t.Fatal(err)
	}
	records, err := shelf.Write(t.Context(), []ledger.Change{{Key: schedule.KeyOf(name, every, "UTC")}})
	if err != nil {
		t.Fatal(err)
	}
	return now, records[0].Log
}

// TestNewerRecord: what a newer release has written is left alone, and said.
func TestNewerRecord(t *testing.T) {
	for _, log := range []string{`{"v":2,"done":0}`, `no JSON`} {
		synctest.Test(t, func(t *testing.T) {
			o := newOffice(t, report.Day)
			o.until(2 * time.Hour)
			if _, err := o.store.Shelf("schedules").Write(t.Context(), []ledger.Change{{Key: schedule.KeyOf("week", "day", "UTC"), Append: []byte(log)}}); err != nil {
				t.Fatal(err)
			}
			s := o.start(o.store, o.plan("a", nil))
			time.Sleep(30 * time.Hour)
			o.want()
			o.stop(s)
			if _, errs := o.all(); len(errs) == 0 || !strings.Contains(errs[0].Error(), "newer release") {
				t.Error(errs)
			}
			if _, is := record(t, o.store, "week", "day"); string(is) != log {
				t.Errorf("the record is %s", is)
			}
		})
	}
}

// TestPlanFaults: what cannot work is said at the start.
func TestPlanFaults(t *testing.T) {
	t.Parallel()
	good := newOffice(t, report.Week).plan("a", nil)
	for _, test := range []struct {
		name, want string
		change     func(*schedule.Plan)
		opts       []schedule.Option
	}{
		{"no name", "Name", func(p *schedule.Plan) { p.Name = "" }, nil},
		{"long name", "Name", func(p *schedule.Plan) { p.Name = strings.Repeat("a", 65) }, nil},
		{"two lines", "Name", func(p *schedule.Plan) { p.Name = "a\r\nBcc: b@example.org" }, nil},
		{"no text", "Name", func(p *schedule.Plan) { p.Name = "\xff" }, nil},
		{"no interval", "Every", func(p *schedule.Plan) { p.Every = report.Span }, nil},
		{"local zone", "LoadLocation", func(p *schedule.Plan) { p.Zone = time.Local }, nil}, //nolint:gosmopolitan // tried
		{"negative settle", "Settle", func(p *schedule.Plan) { p.Settle = -1 }, nil},
		{"settle of a week", "Settle", func(p *schedule.Plan) { p.Settle = week }, nil},
		{"settle of a day", "Settle", func(p *schedule.Plan) { p.Every, p.Settle = report.Day, 24*time.Hour }, nil},
		{"no Make", "Make", func(p *schedule.Plan) { p.Make = nil }, nil},
		{"no Deliver", "Deliver", func(p *schedule.Plan) { p.Deliver = nil }, nil},
		{"short lease", "WithLease", func(*schedule.Plan) {}, []schedule.Option{schedule.WithLease(time.Millisecond)}},
		{"long timeout", "WithTimeout", func(*schedule.Plan) {}, []schedule.Option{nil, schedule.WithTimeout(week)}},
	} {
		p := good
		test.change(&p)
		if s, err := schedule.New(new(memory.Store), p, test.opts...); err == nil || s != nil || !strings.Contains(err.Error(), test.want) {
			t.Errorf("%s: %v, want an error with %q", test.name, err, test.want)
		}
	}
	for _, store := range []ledger.Store{nil, struct{ ledger.Store }{new(memory.Store)}} {
		if _, err := schedule.New(store, good); !errors.Is(err, ledger.ErrNoShelves) {
			t.Errorf("a store without shelves: %v", err)
		}
	}
}
