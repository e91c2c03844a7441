package blueprint_test

import (
	"encoding/json"
	"math"
	"regexp"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"cairncx.dev/cairn/cx/blueprint"
)

func TestParseShare(t *testing.T) {
	t.Parallel()
	form := regexp.MustCompile(blueprint.SharePattern)
	for _, c := range []struct {
		name, reason, text string
		want               blueprint.Share
		text2              string // the text of the share
		fault              string // a part of the error
	}{
		{"percent", "the usual form", "90%", 0.9, "90%", ""},
		{"part of 1", "the form of a number", "0.9", 0.9, "90%", ""},
		{"no digit before the point", "YAML writes numbers so, too", ".9", 0.9, "90%", ""},
		{"three nines", "99.9/100 is not the number 0.999", "99.9%", 0.999, "99.9%", ""},
		{"29 percent", "0.29*100 is not the number 29", "29%", 0.29, "29%", ""},
		{"less than one percent", "a small share", "0.5%", 0.005, "0.5%", ""},
		{"all", "the whole", "100%", 1, "100%", ""},
		{"all as a number", "the whole", "1", 1, "100%", ""},
		{"all with a point", "the whole", "1.0", 1, "100%", ""},
		{"zeros in front", "they change nothing", "090%", 0.9, "90%", ""},
		{"more than all", "it cannot be kept", "101%", 0, "", "101% is more than the whole"},
		{"a little more than all", "it cannot be kept", "100.00001%", 0, "", "more than the whole"},
		{"percent without the sign", "90 times as much as there is", "90", 0, "", "90 is more than the whole: write a percentage, such as 90%"},
		{"none", "a target of nothing is no target", "0%", 0, "", "0% is no share"},
		{"none as a number", "a target of nothing is no target", "0", 0, "", "no share"},
		{"too small", "less than every number", "0." + strings.Repeat("0", 400) + "1", 0, "", "no share"},
		{"too large", "more than every number", strings.Repeat("9", 400), 0, "", "more than the whole"},
		{"negative", "less than nothing", "-5%", 0, "", "no share"},
		{"a sign", "no sign", "+5%", 0, "", "no share"},
		{"exponent", "people do not write it", "9e-1", 0, "", "no share"},
		{"hexadecimal", "people do not write it", "0x1p-1", 0, "", "no share"},
		{"infinite", "no number", "inf", 0, "", "no share"},
		{"not a number", "no number", "NaN", 0, "", "no share"},
		{"two points", "no number", "0.9.1", 0, "", "no share"},
		{"nothing behind the point", "no number", "90.%", 0, "", "no share"},
		{"a point", "no number", ".", 0, "", "no share"},
		{"a comma", "other languages write it", "99,9%", 0, "", "no share"},
		{"blank", "the sign stands at the number", "90 %", 0, "", "no share"},
		{"empty", "no number", "", 0, "", "no share"},
		{"a sign alone", "no number", "%", 0, "", "no share"},
		{"two signs", "one is enough", "90%%", 0, "", "no share"},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			got, err := blueprint.ParseShare(c.text)
			if c.fault != "" {
				if err == nil || !strings.Contains(err.Error(), c.fault) || !strings.HasPrefix(err.Error(), "blueprint: ") || got != 0 {
					t.Errorf("%.40q is %v, %v; want an error with %q: %s", c.text, got, err, c.fault, c.reason)
				}
				return
			}
			if err != nil || got != c.want || got.String() != c.text2 {
				t.Errorf("%q is %v (%s), %v; want %v (%s): %s", c.text, float64(got), got, err, float64(c.want), c.text2, c.reason)
			}
			if !form.MatchString(c.text) {
				t.Errorf("SharePattern does not match %q", c.text)
			}
		})
	}
}

// TestShareText: each share is read from its own text as the same number.
func TestShareText(t *testing.T) {
	t.Parallel()
	form := regexp.MustCompile(blueprint.SharePattern)
	rapid.Check(t, func(t *rapid.T) {
		s := blueprint.Share(rapid.OneOf(
			rapid.Float64Range(math.SmallestNonzeroFloat64, 1),
			rapid.Map(rapid.IntRange(1, 100_000), func(n int) float64 { return float64(n) / 100_000 }),
		).Draw(t, "share"))
		data, err := json.Marshal(s)
		if err != nil {
			t.Fatal(err)
		}
		var got blueprint.Share
		if err := json.Unmarshal(data, &got); err != nil || got != s {
			t.Errorf("%v has the text %s, which is read as %v, %v", float64(s), data, float64(got), err)
		}
		if !form.MatchString(s.String()) {
			t.Errorf("SharePattern does not match %q", s)
		}
	})
	for s, want := range map[blueprint.Share]string{0: "0%", -0.5: "-0.5", 1.5: "1.5", blueprint.Share(math.Inf(1)): "+Inf", blueprint.Share(math.NaN()): "NaN"} {
		if s.String() != want {
			t.Errorf("%v, which is no share, has the text %q, want %q", float64(s), s, want)
		}
	}
	var s blueprint.Share
	if err := s.UnmarshalText([]byte("x")); err == nil {
		t.Error("x is a share")
	}
}

func FuzzParseShare(f *testing.F) {
	for _, s := range []string{"90%", "0.9", ".9", "1", "100%", "0%", "99.9%", "1e9", "nan", "0.000000000000000000000000000000001"} {
		f.Add(s)
	}
	form := regexp.MustCompile(blueprint.SharePattern)
	f.Fuzz(func(t *testing.T, text string) {
		s, err := blueprint.ParseShare(text)
		if err != nil {
			return
		}
		if !(s > 0 && s <= 1) || !form.MatchString(text) {
			t.Errorf("%q is the share %v, and SharePattern matches it: %v", text, float64(s), form.MatchString(text))
		}
		if again, err := blueprint.ParseShare(s.String()); err != nil || again != s {
			t.Errorf("%q is %v, and its text %q is %v, %v", text, float64(s), s, float64(again), err)
		}
	})
}
