package blueprint_test

import (
	"encoding/json"
	"errors"
	"regexp"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"cairncx.dev/cairn/cx/blueprint"
	"cairncx.dev/cairn/cx/calendar"
	"cairncx.dev/cairn/cx/event"
)

func TestWithin(t *testing.T) {
	t.Parallel()
	const hour = blueprint.Duration(time.Hour)
	for _, c := range []struct {
		name, reason, text string
		want               blueprint.Within
		fault              string // a part of the error, or "" for none
		back               string // what String writes, if it differs from text
	}{
		{"hours", "a duration", "24h", blueprint.Within{Duration: 24 * hour}, "", "1d"},
		{"minutes", "a duration", "30m", blueprint.Within{Duration: hour / 2}, "", ""},
		{"business days", "15 of them", "15bd", blueprint.Within{Days: 15}, "", ""},
		{"one business day", "the least", "1bd", blueprint.Within{Days: 1}, "", ""},
		{"most business days", "about ten years", "2500bd", blueprint.Within{Days: 2500}, "", ""},
		{"leading zeros", "leading zeros do not count", "0015bd", blueprint.Within{Days: 15}, "", "15bd"},
		{"ten years", "the longest duration", "3650d", blueprint.Within{Duration: blueprint.Duration(event.MaxDuration)}, "", ""},
		{"days", "24 hours each, not business days", "15d", blueprint.Within{Duration: 15 * 24 * hour}, "", ""},
		{"too many business days", "one more", "2501bd", blueprint.Within{}, "from 1bd to 2500bd", ""},
		{"far too many business days", "they overflow", "99999999999999999999bd", blueprint.Within{}, "from 1bd to 2500bd", ""},
		{"no business days", "a promise leaves some time", "0bd", blueprint.Within{}, "missing or zero", ""},
		{"no time", "a promise leaves some time", "0s", blueprint.Within{}, "missing or zero", ""},
		{"too long", "a second more than ten years", "3650d1s", blueprint.Within{}, "at most 3650d", ""},
		{"no number", "a unit needs a number", "bd", blueprint.Within{}, "no number of business days", ""},
		{"sign", "time does not run backwards", "-1bd", blueprint.Within{}, "no number of business days", ""},
		{"plus", "there is no sign", "+1bd", blueprint.Within{}, "no number of business days", ""},
		{"fraction", "a half day has no close", "1.5bd", blueprint.Within{}, "no number of business days", ""},
		{"both", "they do not add up", "1bd2h", blueprint.Within{}, "is not a duration", ""},
		{"both, the other way", "they do not add up", "2h1bd", blueprint.Within{}, "no number of business days", ""},
		{"empty", "no time", "", blueprint.Within{}, "or write business days, such as 15bd", ""},
		{"capitals", "one spelling only", "15BD", blueprint.Within{}, `did you mean "15bd"?`, ""},
		{"capital hours", "one spelling only", "24H", blueprint.Within{}, `did you mean "24h"?`, ""},
		{"capital M", "it may be months", "3M", blueprint.Within{}, `there is no unit "M"`, ""},
		{"no time in capitals", "nothing to guess", "0BD", blueprint.Within{}, "is not a duration", ""},
		{"space", "one word", "15 bd", blueprint.Within{}, `did you mean "15bd"?`, ""},
		{"very long text", "an error of bounded length", strings.Repeat("9", 10000) + "bd", blueprint.Within{}, "no number of business days", ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			got, err := blueprint.ParseWithin(c.text)
			if got != c.want || (err != nil) != (c.fault != "") {
				t.Fatalf("%q is %+v, %v; want %+v: %s", c.text, got, err, c.want, c.reason)
			}
			if err != nil && (!strings.Contains(err.Error(), c.fault) || len(err.Error()) > 300) {
				t.Errorf("the error is %v, want one that contains %q", err, c.fault)
			}
			if c.back == "" {
				c.back = c.text
			}
			if err == nil && got.String() != c.back {
				t.Errorf("%q is written as %q, want %q", c.text, got, c.back)
			}
			var unmarshaled blueprint.Within
			if again := unmarshaled.UnmarshalText([]byte(c.text)); (again == nil) != (err == nil) || unmarshaled != got {
				t.Errorf("UnmarshalText gives %v, %v", unmarshaled, again)
			}
		})
	}
}

// TestWithinOfGo: a time that is made in Go has the same bounds as a text.
func TestWithinOfGo(t *testing.T) {
	t.Parallel()
	for want, w := range map[string]blueprint.Within{
		"missing":           {},
		"both set":          {Duration: 1, Days: 1},
		"-1bd is out":       {Days: -1},
		"2501bd is out":     {Days: 2501},
		"-1ns is out":       {Duration: -1},
		"3650d1ns is out":   {Duration: blueprint.Duration(event.MaxDuration) + 1},
		"":                  {Days: 2500},
		"at most 3650d":     {Duration: blueprint.Duration(event.MaxDuration) * 2},
		"-1bd are both set": {Duration: -1, Days: -1},
	} {
		err := w.Validate()
		if (err != nil) != (want != "") || err != nil && !strings.Contains(err.Error(), want) {
			t.Errorf("%+v: the error is %v, want %q", w, err, want)
		}
		now := time.Date(2026, 1, 5, 12, 0, 0, 0, time.UTC)
		if due, dueErr := w.Due(now, nil); (dueErr == nil) != (err == nil) || err != nil && !due.Equal(now) {
			t.Errorf("%+v is due at %v, %v", w, due, dueErr)
		}
	}
	data, err := json.Marshal(map[string]blueprint.Within{"within": {Days: 15}})
	if err != nil || string(data) != `{"within":"15bd"}` {
		t.Errorf("the JSON form is %s, %v", data, err)
	}
}

func TestWithinDue(t *testing.T) {
	t.Parallel()
	office := calendar.Define("office", calendar.Zone("Europe/London"), calendar.Open("mon-fri", "09:00-17:30"))
	friday := time.Date(2026, 1, 9, 12, 0, 0, 0, time.UTC)
	for text, want := range map[string]time.Time{
		"24h": time.Date(2026, 1, 14, 10, 30, 0, 0, time.UTC), // 5½ hours on Friday, 8½ on Monday and Tuesday, 1½ on Wednesday
		"1bd": time.Date(2026, 1, 12, 17, 30, 0, 0, time.UTC),
	} {
		w, err := blueprint.ParseWithin(text)
		if err != nil {
			t.Fatal(err)
		}
		if got, err := w.Due(friday, office); err != nil || !got.Equal(want) {
			t.Errorf("%s after %v is %v, %v; want %v", text, friday, got, err, want)
		}
	}
	if got, err := (blueprint.Within{Days: 1}).Due(friday, nil); err != nil || !got.Equal(time.Date(2026, 1, 11, 0, 0, 0, 0, time.UTC)) {
		t.Errorf("without hours a business day after Friday ends at %v, %v; want Saturday midnight", got, err)
	}
	faulty := calendar.Define("office", calendar.Zone("Local"))
	var invalid *calendar.Error
	if _, err := (blueprint.Within{Days: 1}).Due(friday, faulty); !errors.As(err, &invalid) {
		t.Errorf("with faulty hours the error is %v", err)
	}
}

// TestWithinRoundTrip: ParseWithin reads what String writes as the same time, and the pattern matches it.
func TestWithinRoundTrip(t *testing.T) {
	t.Parallel()
	pattern := regexp.MustCompile(blueprint.WithinPattern)
	rapid.Check(t, func(t *rapid.T) {
		w := blueprint.Within{Days: rapid.IntRange(0, blueprint.MaxBusinessDays).Draw(t, "days")}
		if w.Days == 0 {
			w.Duration = blueprint.Duration(rapid.Int64Range(1, int64(event.MaxDuration)).Draw(t, "ns"))
		}
		if got, err := blueprint.ParseWithin(w.String()); err != nil || got != w || !pattern.MatchString(w.String()) {
			t.Fatalf("%+v is written as %q and read as %+v: %v", w, w, got, err)
		}
	})
}

// FuzzParseWithin: what ParseWithin accepts is valid, matches the pattern and survives String.
func FuzzParseWithin(f *testing.F) {
	for _, s := range []string{"24h", "15bd", "0bd", "2501bd", "1bd2h", "1w2d", "-1s", "999999999999999999999bd"} {
		f.Add(s)
	}
	pattern := regexp.MustCompile(blueprint.WithinPattern)
	f.Fuzz(func(t *testing.T, text string) {
		w, err := blueprint.ParseWithin(text)
		if err != nil {
			if w != (blueprint.Within{}) {
				t.Errorf("%q gives %+v and an error", text, w)
			}
			return
		}
		if again, err := blueprint.ParseWithin(w.String()); err != nil || again != w || w.Validate() != nil || !pattern.MatchString(text) {
			t.Errorf("%q gives %+v, which is written as %q and read as %+v, %v", text, w, w, again, err)
		}
	})
}
