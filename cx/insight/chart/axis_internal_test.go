package chart

import (
	"fmt"
	"math"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"
)

func TestTicks(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		reason    string
		unit      Unit
		low, high float64
		want      string
	}{
		{"a count begins at zero", Count, 980, 1502, "0 500 1,000 1,500 2,000"},
		{"a small count has whole ticks", Count, 1, 2, "0 1 2"},
		{"one count", Count, 1, 1, "0 1"},
		{"no count", Count, 0, 0, "0 1"},
		{"a share ends at all", Share, 0.81, 0.97, "0% 20% 40% 60% 80% 100%"},
		{"a small share has decimals", Share, 0.001, 0.004, "0.0% 0.1% 0.2% 0.3% 0.4%"},
		{"a share of over one is drawn", Share, 0, 1.3, "0% 50% 100% 150%"},
		{"durations are counted in what people count them in", Duration, 0, 34000, "0 s 2 h 4 h 6 h 8 h 10 h"},
		{"seconds", Duration, 0, 55, "0 s 15 s 30 s 45 s 1 min"},
		{"many days", Duration, 0, 86400 * 37, "0 s 10 d 20 d 30 d 40 d"},
		{"a score may be below zero", Number, -35, 62, "−40 −20 0 20 40 60 80"},
		{"a score far from zero keeps its distance", Number, 71, 78, "70 72 74 76 78"},
		{"a score near zero begins there", Number, 1.2, 4.9, "0 1 2 3 4 5"},
	} {
		x := newAxis(c.unit, c.low, c.high, 5, 0, 100)
		texts, _ := x.labels(c.unit)
		if got := strings.Join(texts, " "); got != c.want {
			t.Errorf("%s: %s, want %s", c.reason, got, c.want)
		}
	}
}

// TestAxis: an axis holds what it is made for, its ticks are even and not too many, and what it draws is between its ends.
func TestAxis(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		u := rapid.SampledFrom([]Unit{Count, Share, Duration, Number}).Draw(t, "unit")
		low, high := rapid.Float64Range(-1e18, 1e18).Draw(t, "low"), rapid.Float64Range(-1e18, 1e18).Draw(t, "high")
		if rapid.Bool().Draw(t, "small") {
			low, high = low/1e18, high/1e18
		}
		low, high = min(low, high), max(low, high)
		x := newAxis(u, low, high, 5, 10, 500)
		slack := (x.high - x.low) * 1e-6
		if x.low > low+slack || x.high < high-slack {
			t.Errorf("the axis from %v to %v does not hold %v to %v", x.low, x.high, low, high)
		}
		if u != Number && (x.low > 0 || x.high < 0) {
			t.Errorf("the axis from %v to %v has no zero", x.low, x.high)
		}
		if n := len(x.ticks); n < 2 || n > 14 {
			t.Errorf("%d ticks from %v to %v", n, x.low, x.high)
		}
		for _, v := range []float64{low, high, x.low, x.high, math.Inf(1), math.Inf(-1)} {
			if at := x.at(v); !(at >= 10 && at <= 500) {
				t.Errorf("%v is at %v", v, at)
			}
		}
	})
}

func TestPeriods(t *testing.T) {
	t.Parallel()
	berlin, err := time.LoadLocation("Europe/Berlin")
	if err != nil {
		t.Fatal(err)
	}
	at := func(s string) time.Time {
		v, err := time.ParseInLocation("2006-01-02 15:04", s, berlin)
		if err != nil {
			t.Fatal(err)
		}
		return v
	}
	for _, c := range []struct{ from, until, label, short, reason string }{
		{"2012-05-14 00:00", "2012-05-15 00:00", "Mon 14 May 2012", "14 May/2012", "a day"},
		{"2012-03-25 00:00", "2012-03-26 00:00", "Sun 25 March 2012", "25 Mar/2012", "a day of 23 hours"},
		{"2012-10-28 00:00", "2012-10-29 00:00", "Sun 28 October 2012", "28 Oct/2012", "a day of 25 hours"},
		{"2012-05-14 00:00", "2012-05-21 00:00", "14 to 20 May 2012", "14 May/2012", "a week"},
		{"2012-10-22 00:00", "2012-10-29 00:00", "22 to 28 October 2012", "22 Oct/2012", "a week of 169 hours"},
		{"2012-04-30 00:00", "2012-05-07 00:00", "30 April to 6 May 2012", "30 Apr/2012", "a week in two months"},
		{"2012-12-31 00:00", "2013-01-07 00:00", "31 December 2012 to 6 January 2013", "31 Dec/2012", "a week in two years"},
		{"2012-02-01 00:00", "2012-03-01 00:00", "February 2012", "Feb/2012", "a month of 29 days"},
		{"2012-04-01 00:00", "2012-07-01 00:00", "Q2 2012", "Q2/2012", "a quarter"},
		{"2012-05-01 00:00", "2012-08-01 00:00", "1 May to 31 July 2012", "1 May/2012", "three months that are no quarter"},
		{"2012-01-01 00:00", "2013-01-01 00:00", "2012", "2012/", "a year"},
		{"2012-05-14 10:00", "2012-05-14 10:30", "14 May 2012 10:00 to 10:30 CEST", "10:00/14 May", "half an hour"},
		{"2012-05-14 23:30", "2012-05-15 00:00", "14 May 2012 23:30 to 15 May 2012 00:00 CEST", "23:30/14 May", "half an hour before midnight"},
		{"2012-05-14 10:00", "2012-05-16 11:00", "14 May 2012 10:00 to 16 May 2012 11:00 CEST", "14 May/2012", "another span"},
		{"2012-05-14 00:00", "2012-05-14 00:00", "14 May 2012 00:00 to 14 May 2012 00:00 CEST", "14 May/2012", "nothing"},
	} {
		p := Period{at(c.from), at(c.until)}
		if got := p.Label(); got != c.label {
			t.Errorf("%s: %q, want %q", c.reason, got, c.label)
		}
		utc := Period{at(c.from), at(c.until).UTC()}
		if got := utc.Label(); got != c.label {
			t.Errorf("%s, whose end is in another zone: %q, want %q", c.reason, got, c.label)
		}
		first, second := p.short(nil)
		if got := first + "/" + second; got != c.short {
			t.Errorf("%s: the axis says %q, want %q", c.reason, got, c.short)
		}
	}
	// The hour that the clock shows twice.
	first := time.Date(2012, 10, 28, 0, 0, 0, 0, time.UTC).In(berlin)
	one, two := Period{first, first.Add(time.Hour)}.Label(), Period{first.Add(time.Hour), first.Add(2 * time.Hour)}.Label()
	if one == two || !strings.Contains(one, "02:00") || !strings.Contains(two, "02:00") {
		t.Errorf("the two hours from two o'clock are %q and %q", one, two)
	}
}

// TestFit: a text that is cut is no wider than its room, and is whole if it has room.
func TestFit(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		s, width := clean(rapid.String().Draw(t, "s")), rapid.Float64Range(14, 400).Draw(t, "width")
		got := fit(s, 13, width)
		if w := measure(got, 13); w > width+1e-9 {
			t.Errorf("%q is %v wide, want at most %v", got, w, width)
		}
		if measure(s, 13) <= width && got != s {
			t.Errorf("%q is cut to %q without need", s, got)
		}
		if all := lines(s, 13, width); len(all) > 2 {
			t.Errorf("%d lines", len(all))
		}
	})
}

// TestClasses: every duration is in the class that holds it.
func TestClasses(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		d := time.Duration(rapid.Int64().Draw(t, "d"))
		all, n, median, ninth := Histogram{Durations: []time.Duration{d}, Least: -1}.classes()
		if n != 1 || len(all) != 1 || all[0].n != 1 {
			t.Fatalf("%v is in %v", d, all)
		}
		if v := max(d, 0); v < all[0].from || v >= all[0].until && v != math.MaxInt64 {
			t.Errorf("%v is in the class from %v to %v", d, all[0].from, all[0].until)
		}
		if median != max(d, 0) || ninth != median {
			t.Errorf("the quantiles of %v are %v and %v", d, median, ninth)
		}
	})
	for i := 1; i < len(ladder); i++ {
		if ratio := float64(ladder[i]) / float64(ladder[i-1]); ratio < 1.4 || ratio > 2.2 {
			t.Errorf("the class from %v to %v is %.2f times as long as it begins", ladder[i-1], ladder[i], ratio)
		}
	}
	d := make([]time.Duration, 100)
	for i := range d {
		d[i] = time.Duration(i+1) * time.Second
	}
	if _, _, median, ninth := (Histogram{Durations: d}).classes(); median != 50*time.Second || ninth != 90*time.Second {
		t.Errorf("the quantiles of 1 to 100 are %v and %v, want 50 s and 90 s", median, ninth)
	}
}

// TestCoordinates: a coordinate has one decimal at most, and is never what a path cannot hold.
func TestCoordinates(t *testing.T) {
	t.Parallel()
	for v, want := range map[float64]string{0: "0", -0.04: "0", 0.05: "0.1", 12.34: "12.3", -7: "-7", math.Inf(1): "0", 1e300: "100000", -1e300: "-100000"} {
		if got := coordinate(v); got != want {
			t.Errorf("%v is written %s, want %s", v, got, want)
		}
	}
	if got := coordinate(math.NaN()); got != "0" {
		t.Errorf("a NaN is written %s", got)
	}
}

// TestLanes: moves on one side of a map that pass one another have different lanes, and the longer one is outside.
func TestLanes(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		moves := rapid.SliceOfN(rapid.Custom(func(t *rapid.T) Move {
			return Move{From: rapid.IntRange(0, 9).Draw(t, "from"), To: rapid.IntRange(0, 9).Draw(t, "to"), N: 9}
		}), 0, 30).Draw(t, "moves")
		lanes, over, under := assign(moves)
		for i, a := range moves {
			if a.To == a.From+1 {
				continue
			}
			if most := map[bool]int{true: under, false: over}[a.To <= a.From]; lanes[i] >= most {
				t.Errorf("%v has the lane %d of %d", a, lanes[i], most)
			}
			for j, b := range moves[:i] {
				low, high := max(min(a.From, a.To), min(b.From, b.To)), min(max(a.From, a.To), max(b.From, b.To))
				if b.To == b.From+1 || (a.To <= a.From) != (b.To <= b.From) || low >= high {
					continue
				}
				if lanes[i] == lanes[j] {
					t.Errorf("%v and %v pass one another in the lane %d", a, b, lanes[i])
				}
			}
		}
	})
}

// TestThin: what is left of points is a part of them, in their order, with the first and the last.
func TestThin(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		all := make([]shownPoint, rapid.IntRange(0, 3000).Draw(t, "n"))
		for i := range all {
			all[i].N, all[i].ok, all[i].Value.Value = int64(i), rapid.Bool().Draw(t, "ok"), rapid.Float64Range(0, 9).Draw(t, "v")
		}
		got := thin(all, mostPoints)
		if len(got) > mostPoints || len(all) <= mostPoints && len(got) != len(all) {
			t.Fatalf("%d of %d points are left", len(got), len(all))
		}
		for i := 1; i < len(got); i++ {
			if got[i].N <= got[i-1].N {
				t.Fatal(fmt.Sprint("the points are not in order: ", got[i-1].N, got[i].N))
			}
		}
		if len(all) > 0 && (got[0].N != 0 || got[len(got)-1].N != int64(len(all)-1)) {
			t.Error("the first or the last point is left out")
		}
	})
}

func TestClean(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ text, want, reason string }{
		{"a\r\n\tb\u2028c", "a   b c", "lines become spaces"},
		{" a ", "a", "spaces around are gone"},
		{"a\x00\x1b\u0085b", "a b", "control characters are gone; the next line is a space"},
		{"a\u202eb\u2066c\u200fd", "abcd", "what turns the direction is gone"},
		{"\xff", "�", "a byte that is no character"},
		{"e\u0301\u0301\u0301\u0301\u0301f", "e\u0301\u0301\u0301f", "no more marks than three in a row"},
		{strings.Repeat("ä", 401), strings.Repeat("ä", 400) + "…", "what is longer is cut"},
		{strings.Repeat("ä", 400), strings.Repeat("ä", 400), "what fits is not"},
		{"<b>&amp;", "<b>&amp;", "escaping is not its task"},
		{"بسم 12", "بسم 12", "text from right to left stays"},
	} {
		if got := clean(c.text); got != c.want {
			t.Errorf("%s: %q, want %q", c.reason, got, c.want)
		}
	}
}
