package breakdown_test

import (
	"math"
	"strings"
	"testing"

	"cairncx.dev/cairn/cx/insight/breakdown"
)

// repeated has a text so many times.
func repeated(text string, times int) (list []string) {
	for range times {
		list = append(list, text)
	}
	return list
}

// TestNewWords: words that are new are found, and those that are as frequent as before, or rare, are not.
func TestNewWords(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		reason      string
		now, before []string
		want        string
	}{
		{"a word that is new", append(repeated("The card was declined!", 20), repeated("the delivery was late", 20)...), append(repeated("the card was fine", 20), repeated("the delivery was late", 20)...), "declined"},
		{"nothing is new", repeated("the delivery was late", 40), repeated("the delivery was late", 50), ""},
		{"a word of two texts", append(repeated("the delivery was late", 40), repeated("zebra", 2)...), repeated("the delivery was late", 40), ""},
		{"a word that one text repeats", append(repeated("the delivery was late", 40), strings.Repeat("zebra ", 50)), repeated("the delivery was late", 40), ""},
		{"upper case, marks and other scripts", repeated("ОПЛАТА не прошла, naïveté", 30), repeated("доставка не прошла", 30), "naïveté оплата"},
		{"bytes that are no text", repeated("\xff\xfe a b \x00", 30), repeated("fine", 30), ""},
		{"no texts", nil, nil, ""},
		{"no texts before", repeated("broken", 30), nil, ""},
	} {
		var got []string
		for _, w := range breakdown.NewWords(c.now, c.before) {
			got = append(got, w.Word)
			if !(w.Z > 1.6 && w.P <= 0.05) || w.Now < 3 {
				t.Errorf("%s: %+v", c.reason, w)
			}
		}
		if s := strings.Join(got, " "); s != c.want {
			t.Errorf("%s: %q, want %q", c.reason, s, c.want)
		}
	}
	many := breakdown.NewWords(repeated("one two three four five six seven eight nine ten eleven twelve", 60), repeated("uno due", 60))
	if len(many) != breakdown.MaxWords {
		t.Errorf("%d words", len(many))
	}
}

// TestWordsByHand: the numbers of equations 20 and 22, worked out by hand. Of 40 words now and 40 before, "late" has 20 and 5, and the prior of 100 words gives it
// 100 · 25/80 = 31.25.
func TestWordsByHand(t *testing.T) {
	t.Parallel()
	got := breakdown.NewWords(append(repeated("late", 20), repeated("fine", 20)...), append(repeated("late", 5), repeated("fine", 35)...))
	i, j := 20+31.25, 5+31.25
	want := (math.Log(i/(140-i)) - math.Log(j/(140-j))) / math.Sqrt(1/i+1/j)
	if len(got) != 1 || got[0].Word != "late" || got[0].Now != 20 || got[0].Before != 5 || math.Abs(got[0].Z-want) > 1e-12 {
		t.Errorf("%+v, want %v", got, want)
	}
	// Two words are tested, and "fine" is the less likely one to be new: the probability of "late", one-sided, is doubled.
	if p := math.Erfc(want / math.Sqrt2); math.Abs(got[0].P-p) > 1e-12 {
		t.Errorf("its probability is %v, want %v", got[0].P, p)
	}
}

// TestWhatAWordIs: letters, digits and marks between others, of two characters and at most 64 bytes, whatever the case.
func TestWhatAWordIs(t *testing.T) {
	t.Parallel()
	long := strings.Repeat("x", 64)
	for said, want := range map[string]string{
		"x, I": "", "e2e-test": "e2e test", "Nai\u0308ve": "nai\u0308ve", long: long, long + "x": "", "404!": "404", "DON'T": "don", "né": "né", "\u0928\u093f": "\u0928\u093f",
	} {
		var got []string
		for _, w := range breakdown.NewWords(repeated(said, 60), repeated("fine", 60)) {
			got = append(got, w.Word)
		}
		if s := strings.Join(got, " "); s != want {
			t.Errorf("%q has the words %q, want %q", said, s, want)
		}
	}
	if got := breakdown.NewWords(append(repeated("Late", 30), repeated("LATE", 30)...), repeated("fine", 60)); len(got) != 1 || got[0].Now != 60 {
		t.Errorf("one word in two cases: %+v", got)
	}
}

// FuzzNewWords: whatever is written, the words are words.
func FuzzNewWords(f *testing.F) {
	f.Add("the card was declined", "fine", uint8(20))
	f.Add("\xff\x00", "", uint8(255))
	f.Fuzz(func(t *testing.T, now, before string, times uint8) {
		for _, w := range breakdown.NewWords(repeated(now, int(times)), repeated(before, int(times))) {
			if w.Word == "" || w.Now < 3 || w.Before > int(times) || math.IsNaN(w.Z) || !(w.P >= 0 && w.P <= 0.05) || strings.ContainsAny(w.Word, " \t\n<>\x00") {
				t.Errorf("%+v", w)
			}
		}
	})
}
