package calendar_test

import (
	"fmt"
	"testing"
	"time"

	"pgregory.net/rapid"

	"cairncx.dev/cairn/cx/calendar"
)

// model walks through time minute by minute and looks at the zone's clock each time. It shares nothing with package calendar:
// it has the openings as minutes of a day, and knows of a change of the clock only that what the clock shows is not new.
type model struct {
	zone  *time.Location
	week  map[time.Weekday][][2]int
	dates map[string][][2]int
}

// look is what the model sees in one minute.
type look struct {
	open bool
	date string // on which the opening began; in closed time, the date
}

// face returns what a wall clock shows, as if it were UTC.
func (m *model) face(t time.Time) time.Time {
	l := t.In(m.zone)
	return time.Date(l.Year(), l.Month(), l.Day(), l.Hour(), l.Minute(), 0, 0, time.UTC)
}

func (m *model) on(date time.Time) [][2]int {
	if list, ok := m.dates[date.Format(time.DateOnly)]; ok {
		return list
	}
	return m.week[date.Weekday()]
}

// at looks at the clock, which shows the face.
func (m *model) at(face time.Time) look {
	minute := face.Hour()*60 + face.Minute()
	for _, o := range m.on(face) {
		if o[0] <= minute && minute < o[1] {
			return look{true, face.Format(time.DateOnly)}
		}
	}
	yesterday := face.AddDate(0, 0, -1)
	for _, o := range m.on(yesterday) {
		if minute+24*60 < o[1] {
			return look{true, yesterday.Format(time.DateOnly)}
		}
	}
	return look{false, face.Format(time.DateOnly)}
}

// walk calls visit for each minute from t on until it returns false.
func (m *model) walk(t time.Time, visit func(time.Time, look) bool) {
	var newest time.Time
	var seen look
	for now := t.Add(-3 * 24 * time.Hour); ; now = now.Add(time.Minute) {
		if f := m.face(now); f.After(newest) {
			newest, seen = f, m.at(f)
		}
		if !now.Before(t) && !visit(now, seen) {
			return
		}
	}
}

// maxWalk is how far the model walks.
const maxWalk = 40 * 24 * 60

func (m *model) add(t time.Time, minutes int) (end time.Time, ok bool) {
	steps := 0
	m.walk(t, func(now time.Time, l look) bool {
		if l.open {
			minutes--
		}
		end, ok = now.Add(time.Minute), minutes == 0
		steps++
		return !ok && steps < maxWalk
	})
	return end, ok
}

func (m *model) addDays(t time.Time, n int) (end time.Time, ok bool) {
	first, current := "", ""
	steps := 0
	m.walk(t, func(now time.Time, l look) bool {
		if first == "" {
			first = l.date
		}
		if l.open && l.date > first && l.date != current {
			if n == 0 {
				ok = true
				return false
			}
			current = l.date
			n--
		}
		if l.open && l.date == current {
			end = now.Add(time.Minute)
		}
		steps++
		return steps < maxWalk
	})
	return end, ok
}

// openings draws the openings of a day, as minutes and as texts. They end at the latest at 24:00, or, for a day whose
// openings may run into the next, before 24:00 + room.
func openings(t *rapid.T, least, room int) (list [][2]int, texts []string) {
	for from := rapid.IntRange(least, 24*60).Draw(t, "from"); from < 24*60 && len(list) < 4; {
		to := rapid.OneOf(rapid.IntRange(from+1, min(from+120, 24*60+room)), rapid.IntRange(from+1, min(from+24*60-1, 24*60+room))).Draw(t, "to")
		list = append(list, [2]int{from, to})
		end := to
		if to > 24*60 {
			end -= 24 * 60
		}
		texts = append(texts, fmt.Sprintf("%02d:%02d-%02d:%02d", from/60, from%60, end/60, end%60))
		from = to + rapid.IntRange(0, 300).Draw(t, "pause")
	}
	return list, texts
}

// drawModel draws hours as a model and as a definition, and an instant near a change of the zone's clocks or another moment.
func drawModel(t *rapid.T) (*model, *calendar.Hours, time.Time) {
	where := rapid.SampledFrom([]struct{ zone, moment string }{
		{"Europe/London", "2025-03-30T01:00:00Z"},
		{"Europe/London", "2026-10-25T01:00:00Z"},
		{"America/New_York", "2025-03-09T07:00:00Z"},
		{"America/New_York", "2026-11-01T06:00:00Z"},
		{"Australia/Sydney", "2026-04-04T16:00:00Z"},
		{"Australia/Sydney", "2026-10-03T16:00:00Z"},
		{"Australia/Lord_Howe", "2026-04-04T15:00:00Z"},
		{"Australia/Lord_Howe", "2026-10-03T15:30:00Z"},
		{"America/Havana", "2026-11-01T05:00:00Z"},     // back from 01:00 to midnight
		{"America/Sao_Paulo", "2018-02-18T02:00:00Z"},  // back from midnight to 23:00
		{"America/Sao_Paulo", "2018-11-04T03:00:00Z"},  // forward from midnight
		{"Pacific/Apia", "2011-12-30T10:00:00Z"},       // a day is skipped
		{"Pacific/Kwajalein", "1969-09-30T13:00:00Z"},  // most of a day is repeated
		{"Africa/Casablanca", "2026-02-15T02:00:00Z"},  // back for Ramadan
		{"Antarctica/Troll", "2026-03-29T01:00:00Z"},   // two hours
		{"Asia/Kathmandu", "2026-01-01T00:00:00Z"},     // +05:45
		{"UTC", "2028-02-29T00:00:00Z"},                // a leap day
		{"America/Juneau", "1983-10-30T10:00:00Z"},     // another zone and the end of summer time at once
		{"Pacific/Kiritimati", "1994-12-31T10:00:00Z"}, // a day is skipped
		{"Europe/Dublin", "2026-10-25T01:00:00Z"},      // its winter time is the "daylight saving" one
		{"Pacific/Norfolk", "2026-10-03T15:00:00Z"},    // the southern hemisphere, recently
		{"Europe/London", "2040-12-31T12:00:00Z"},      // the last day of a leap year, beyond the list of changes
		{"Australia/Sydney", "2048-12-31T12:00:00Z"},   // the same in the south
		{"America/New_York", "2045-03-12T07:00:00Z"},   // a change by the rule of the zone
		{"Asia/Tehran", "2022-09-21T19:30:00Z"},        // the last change
	}).Draw(t, "where")
	moment, err := time.Parse(time.RFC3339, where.moment)
	if err != nil {
		t.Fatal(err)
	}
	zone, err := time.LoadLocation(where.zone)
	if err != nil {
		t.Fatal(err)
	}
	m := &model{zone: zone, week: map[time.Weekday][][2]int{}, dates: map[string][][2]int{}}
	opts := []calendar.Option{calendar.Zone(where.zone)}
	// Openings begin at `quiet` or later, and run into the next day until then at the most, so that they do not overlap.
	quiet := rapid.SampledFrom([]int{0, 0, 90, 150, 360}).Draw(t, "quiet")
	days := rapid.Permutation([]string{"sun", "mon", "tue", "wed", "thu", "fri", "sat"}).Draw(t, "days")
	for i, day := range days {
		list, texts := openings(t, quiet, quiet)
		if i == 0 && len(list) == 0 {
			list, texts = [][2]int{{600, 660}}, []string{"10:00-11:00"}
		}
		for w := range time.Weekday(7) {
			if name := w.String(); len(list) > 0 && day == string(name[0]|0x20)+name[1:3] {
				m.week[w] = list
				opts = append(opts, calendar.Open(day, texts...))
			}
		}
	}
	for offset := range 8 {
		if rapid.IntRange(0, 3).Draw(t, "holiday") > 0 {
			continue
		}
		date := m.face(moment).AddDate(0, 0, offset-3).Format(time.DateOnly)
		list, texts := openings(t, quiet, quiet)
		m.dates[date] = list
		if len(list) == 0 {
			opts = append(opts, calendar.Closed(date))
		} else {
			opts = append(opts, calendar.OpenOn(date, texts...))
		}
	}
	h := calendar.Define("h", opts...)
	if err := h.Validate(); err != nil {
		t.Fatal(err)
	}
	from := moment.Add(time.Duration(rapid.IntRange(-5*24*60, 3*24*60).Draw(t, "from")) * time.Minute)
	return m, h, from
}

// TestModel: Open, Closes, Add, Between and AddDays agree with a walk minute by minute.
func TestModel(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		m, h, from := drawModel(t)
		minutes := rapid.OneOf(rapid.IntRange(1, 300), rapid.IntRange(1, 6000)).Draw(t, "minutes")
		d := time.Duration(minutes) * time.Minute
		if want, ok := m.add(from, minutes); ok {
			if got, err := h.Add(from, d); err != nil || !got.Equal(want) {
				t.Fatalf("Add(%v, %v) is %v, %v; the model says %v", from, d, got, err, want)
			}
			if got := h.Between(from, want); got != d {
				t.Fatalf("Between(%v, %v) is %v; the model says %v", from, want, got, d)
			}
			if got := h.Between(want, from); got != -d {
				t.Fatalf("Between(%v, %v) is %v; the model says %v", want, from, got, -d)
			}
		}
		n := rapid.IntRange(1, 8).Draw(t, "business days")
		if want, ok := m.addDays(from, n); ok {
			if got, err := h.AddDays(from, n); err != nil || !got.Equal(want) {
				t.Fatalf("AddDays(%v, %d) is %v, %v; the model says %v", from, n, got, err, want)
			}
		}
		closes, open := h.Closes(from)
		minute := 0
		m.walk(from, func(now time.Time, l look) bool {
			switch {
			case minute == 0 && l.open != open:
				t.Fatalf("Closes(%v) is %v, %v; the model says that it is open: %v", from, closes, open, l.open)
			case !l.open && open && !closes.Equal(now):
				t.Fatalf("Closes(%v) is %v; the model says %v", from, closes, now)
			}
			minute++
			return l.open && minute < maxWalk
		})
		steps := 0
		m.walk(from, func(now time.Time, l look) bool {
			if got := h.Open(now); got != l.open {
				t.Fatalf("Open(%v) is %v; the model says %v", now, got, l.open)
			}
			steps++
			return steps < 300
		})
	})
}

// TestLaws: Between undoes Add, and a time may be added in parts.
func TestLaws(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		_, h, from := drawModel(t)
		from = from.Add(time.Duration(rapid.Int64Range(0, int64(time.Minute)).Draw(t, "fraction")))
		length := rapid.OneOf(
			rapid.Int64Range(0, int64(3*time.Second)), rapid.Int64Range(0, int64(50*time.Hour)), rapid.Int64Range(0, int64(1000*time.Hour)),
		)
		a, b := time.Duration(length.Draw(t, "a")), time.Duration(length.Draw(t, "b"))
		add := func(from time.Time, d time.Duration) time.Time {
			end, err := h.Add(from, d)
			if err != nil {
				t.Fatal(err)
			}
			if got := h.Between(from, end); got != d {
				t.Fatalf("Between(%v, Add(%v)) is %v", from, d, got)
			}
			if d > 0 && h.Between(from, end.Add(-1)) != d-1 || end.Before(from) {
				t.Fatalf("Add(%v, %v) is %v, which is not the first such instant", from, d, end)
			}
			return end
		}
		if once, twice := add(from, a+b), add(add(from, a), b); !once.Equal(twice) {
			t.Fatalf("from %v, %v and then %v is %v, and at once it is %v", from, a, b, twice, once)
		}
		next, err := h.Next(from)
		if err != nil || !h.Open(next) || h.Between(from, next) != 0 {
			t.Fatalf("the next opening after %v is %v, %v", from, next, err)
		}
		closes, open := h.Closes(from)
		if open != h.Open(from) || h.Between(from, closes) != closes.Sub(from) || open && (h.Open(closes) || !closes.After(from)) {
			t.Fatalf("%v closes at %v, %v", from, closes, open)
		}
	})
}
