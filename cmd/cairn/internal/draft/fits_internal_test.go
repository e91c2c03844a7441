package draft

import (
	"strings"
	"testing"
	"time"

	"cairncx.dev/cairn/cx/event"
)

// TestFits: how well a column fits a role follows from the shares of its values. Half of them are no majority.
func TestFits(t *testing.T) {
	t.Parallel()
	const no, little, well, yes = 0, 0.2, 0.5, 1
	four := []string{"a", "b", "c", "d"}
	col := func(distinct int, times, numbers, valid float64) *column {
		return &column{values: four, distinct: distinct, times: times, numbers: numbers, valid: valid}
	}
	for _, c := range []struct {
		reason string
		c      *column
		time   float64
		id     float64
		step   float64
		few    float64 // the fit as a column with at most 3 different values
	}{
		{"an empty column", &column{}, no, no, no, no},
		{"texts that several rows share", col(2, 0, 0, 1), no, well, well, yes},
		{"texts that each row has once", col(4, 0, 0, 1), no, little, little, no},
		{"one text", col(1, 0, 0, 1), no, little, well, yes},
		{"times", col(4, 1, 0, 1), yes, no, no, no},
		{"nine of ten are times", col(3, 0.9, 0, 1), yes, no, no, no},
		{"fewer are times", col(3, 0.89, 0, 1), no, no, no, no},
		{"half are times", col(3, 0.5, 0, 1), no, well, well, yes},
		{"more than half are times", col(3, 0.51, 0, 1), no, no, no, no},
		{"numbers that may be times", col(2, 1, 1, 1), well, well, no, no},
		{"times, of which half are numbers", col(2, 1, 0.5, 1), yes, well, no, no},
		{"times, of which fewer are numbers", col(2, 1, 0.49, 1), yes, no, no, no},
		{"times, of which more are numbers", col(2, 1, 0.51, 1), well, well, no, no},
		{"numbers", col(2, 0, 1, 1), no, well, little, yes},
		{"half are numbers", col(2, 0, 0.5, 1), no, well, well, yes},
		{"half are names", col(2, 0, 0, 0.5), no, well, well, yes},
		{"fewer are names", col(2, 0, 0, 0.49), no, well, no, yes},
	} {
		for role, got := range map[string][2]float64{
			"a time": {fitsTime(c.c), c.time}, "a case": {fitsCase(c.c), c.id}, "an activity": {fitsActivity(c.c), c.step}, "a channel": {fewValues(c.c, 3), c.few},
		} {
			if got[0] != got[1] {
				t.Errorf("%s fits %s by %v, want %v", c.reason, role, got[0], got[1])
			}
		}
	}
	for n, want := range map[int]float64{200: well, 201: 0.3} {
		c := col(n, 0, 0, 1)
		c.values = make([]string, 1000)
		if got := fitsActivity(c); got != want {
			t.Errorf("%d names fit an activity by %v, want %v", n, got, want)
		}
	}
	for length, want := range map[int]float64{event.MaxID: well, event.MaxID + 1: no} {
		c := col(2, 0, 0, 1)
		c.values = []string{"a", strings.Repeat("x", length), "a"}
		if got := fitsCase(c); got != want {
			t.Errorf("an ID of %d bytes fits a case by %v, want %v", length, got, want)
		}
	}
	for part, want := range map[float64]float64{0: no, 0.5: no, 0.999: no, 1: yes} {
		if got := whole(part); got != want {
			t.Errorf("the share %v is whole by %v, want %v", part, got, want)
		}
	}
}

// TestScore: the earlier of the usual names is the more certain one, and only a name identifies the optional roles.
func TestScore(t *testing.T) {
	t.Parallel()
	for _, r := range roles() {
		good := column{values: []string{"a", "b", "a"}, distinct: 2, valid: 1, outcomes: 1, channels: 1}
		if r.key == "time" {
			good.times = 1
		}
		fits := r.fits(&good)
		if fits <= 0 {
			t.Fatalf("the values do not fit %s", r.key)
		}
		last := fits + 1 + 1e-9
		for _, name := range r.names {
			c := good
			c.folded = name
			score := r.score(&c)
			if score >= last || score <= fits+0.5 {
				t.Errorf("%s named %q has the score %v, want less than %v and more than %v", r.key, name, score, last, fits+0.5)
			}
			last = score
			c.times, c.outcomes, c.distinct, c.values = 1-c.times, 0, 0, []string{strings.Repeat("x", 1000)}
			if score := r.score(&c); score != 0 && r.key != "customer" {
				t.Errorf("%s named %q has the score %v with values that do not fit", r.key, name, score)
			}
		}
		for name, want := range map[string]float64{"xyz": fits, "the" + r.names[0] + "no": fits + 0.2} {
			if r.key == "channel" || r.key == "customer" || r.key == "outcome" {
				want = 0
			}
			c := good
			c.folded = name
			if got := r.score(&c); got != want {
				t.Errorf("%s named %q has the score %v, want %v", r.key, name, got, want)
			}
		}
	}
}

// TestRound: a duration has the precision that its unit needs.
func TestRound(t *testing.T) {
	t.Parallel()
	for d, want := range map[time.Duration]string{
		0: "0s", time.Microsecond: "0s", 1499 * time.Microsecond: "1ms", time.Second + 1500*time.Microsecond: "1.002s",
		time.Minute - time.Millisecond: "59.999s", time.Minute: "1m", time.Minute + 499*time.Millisecond: "1m", time.Minute + 501*time.Millisecond: "1m1s",
		time.Hour - time.Second: "59m59s", time.Hour: "1h", time.Hour + 29*time.Second: "1h", time.Hour + 31*time.Second: "1h1m",
		24*time.Hour - time.Minute: "23h59m", 24 * time.Hour: "1d", 24*time.Hour + 29*time.Minute: "1d", 24*time.Hour + 31*time.Minute: "1d1h",
	} {
		if got := round(d); got != want {
			t.Errorf("%v is rounded to %s, want %s", d, got, want)
		}
	}
}

// TestMayTravel: a column of groups of people may be an attribute, and one of people may not.
func TestMayTravel(t *testing.T) {
	t.Parallel()
	for name, want := range map[string]bool{
		"Bearbeiter": false, "Bearbeitergruppe": true, "Agent": false, "Agent Group": true, "user": false, "User Team": true, "contact": false, "Teamleiter Name": false, "Priority": true,
	} {
		c := column{name: name, folded: fold(name), values: make([]string, 9), distinct: 3, valid: 1}
		if got := mayTravel(&c); got != want {
			t.Errorf("the column %q may travel: %v, want %v", name, got, want)
		}
	}
}
