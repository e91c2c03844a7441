package eventlog_test

import (
	"fmt"
	"testing"
	"time"

	"pgregory.net/rapid"

	"cairncx.dev/cairn/cmd/cairn/internal/eventlog"
)

// TestLocalTimes compares the instant of a local time with all instants at which a clock in the zone shows that
// time: it is the first of them. If there is none, it is the instant that java.time's ZonedDateTime.of gives,
// with the offset from before the change.
func TestLocalTimes(t *testing.T) {
	t.Parallel()
	const layout = "2006-01-02 15:04:05"
	// Summer time of an hour and of half an hour, in both hemispheres; a zone that skipped a day;
	// one that changed its offset permanently; one that changes its time during Ramadan; and some
	// without changes.
	names := []string{"Europe/Berlin", "America/New_York", "Australia/Lord_Howe", "America/Santiago", "Pacific/Apia", "Asia/Pyongyang", "Africa/Casablanca", "Asia/Kolkata", "UTC"}
	rapid.Check(t, func(rt *rapid.T) {
		loc, err := time.LoadLocation(rapid.SampledFrom(names).Draw(rt, "zone"))
		if err != nil {
			rt.Skip(err)
		}
		from := time.Date(2005, 1, 1, 0, 0, 0, 0, time.UTC).Unix()
		near := time.Unix(from+rapid.Int64Range(0, 25*365*86400).Draw(rt, "at"), 0).In(loc)
		if _, end := near.ZoneBounds(); !end.IsZero() { // close to a clock change
			near = end.In(loc)
		}
		wall := near.Add(time.Duration(rapid.IntRange(-240, 240).Draw(rt, "minutes")) * time.Minute)
		text := wall.Format(layout)
		if rapid.Bool().Draw(rt, "never shown, perhaps") {
			_, before := near.Add(-time.Hour).Zone()
			text = wall.In(time.FixedZone("", before)).Format(layout)
		}
		got, err := eventlog.Times{Location: loc}.Parse([]byte(text))
		if err != nil {
			rt.Fatal(err)
		}
		want := int64(-1)
		utc, _ := time.Parse(layout, text)
		for at := utc.Unix() - 26*3600; at <= utc.Unix()+26*3600; at += 60 {
			if time.Unix(at, 0).In(loc).Format(layout) == text {
				want = at
				break
			}
		}
		if want < 0 {
			_, before := time.Unix(utc.Unix()-86400, 0).In(loc).Zone()
			want = utc.Unix() - int64(before)
		}
		if got != want*int64(time.Second) {
			rt.Errorf("%s in %s is %v, want %v", text, loc, time.Unix(0, got).UTC(), time.Unix(want, 0).UTC())
		}
	})
}

func ExampleTimes_Parse_repeated() {
	berlin, err := time.LoadLocation("Europe/Berlin")
	if err != nil {
		fmt.Println(err)
		return
	}
	// On 25 October the clocks show 2:30 twice, and on 29 March they skip it.
	for _, text := range []string{"2026-10-25 02:30", "2026-03-29 02:30"} {
		ns, _ := eventlog.Times{Location: berlin}.Parse([]byte(text))
		fmt.Println(time.Unix(0, ns).In(berlin).Format(time.RFC3339))
	}
	// Output:
	// 2026-10-25T02:30:00+02:00
	// 2026-03-29T03:30:00+02:00
}
