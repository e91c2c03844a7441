package number_test

import (
	"bufio"
	_ "embed"
	"math"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"cairncx.dev/cairn/cx/insight/number"
)

// cldr is what ICU writes in each locale: see testdata/cldr.mjs.
//
//go:embed testdata/cldr.tsv
var cldr string

// TestLocales compares each locale with what ICU writes in it.
func TestLocales(t *testing.T) {
	t.Parallel()
	english := []string{number.Count(1234), number.Count(12345), number.Count(12345678), number.Decimal(1234.5, 1), number.Share(0.123)}
	lines := bufio.NewScanner(strings.NewReader(cldr))
	n := 0
	for lines.Scan() {
		fields := strings.Split(lines.Text(), "\t")
		if strings.HasPrefix(fields[0], "#") {
			continue
		}
		n++
		l, ok := number.ParseLocale(fields[0])
		if !ok || l.String() != fields[0] {
			t.Errorf("%s is read as %s, %t", fields[0], l, ok)
		}
		for i, text := range english {
			if got := l.Rewrite(text, nil); got != fields[i+1] {
				t.Errorf("%s: %s is written %q, want %q", fields[0], text, got, fields[i+1])
			}
		}
	}
	if n < 200 {
		t.Errorf("the file has %d locales", n)
	}
}

func TestParseLocale(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ tag, want, reason string }{
		{"de", "de", "a language"},
		{"de-DE", "de", "a region that writes as its language"},
		{"DE-ch", "de-CH", "tags have no case"},
		{"de_CH", "de-CH", "as POSIX writes it"},
		{"zh-Hant-TW", "zh", "a script"},
		{"pt-Latn-PT", "pt-PT", "a script before a region that writes otherwise"},
		{"es-419", "es-419", "a region in digits"},
		{"en-US", "en", "English"},
		{"en-IN", "en-IN", "English with groups of two"},
		{"de-u-ch-latn", "de", "an extension is no region"},
		{"xx", "", "no language"},
		{"", "", "nothing"},
		{"-", "", "no part"},
		{"*", "", "any language"},
		{strings.Repeat("de-", 1000), "", "too long"},
	} {
		got, ok := number.ParseLocale(c.tag)
		if ok != (c.want != "") || ok && got.String() != c.want {
			t.Errorf("%s: %.20q is read as %s, %t; want %q", c.reason, c.tag, got, ok, c.want)
		}
	}
}

func TestAcceptedLocale(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ header, want, reason string }{
		{"de-DE,de;q=0.9,en;q=0.8", "de", "what browsers send"},
		{"en-US,en;q=0.9,de;q=0.8", "en", "English is known"},
		{"en;q=0.5, fr;q=0.7", "fr", "the weight counts, not the order"},
		{"en;q=0, fr;q=0.1", "fr", "0 is not acceptable"},
		{"tlh, pl", "pl", "the first one that is known"},
		{"*", "", "any language is none"},
		{"de;q=2, fr;q=0.2", "fr", "no weight"},
		{"de;q=x", "", "no number"},
		{"de;q=NaN", "", "no number"},
		{"", "", "no header"},
		{strings.Repeat("xx,", 100_000) + "de", "", "beyond what is read"},
	} {
		got, ok := number.AcceptedLocale(c.header)
		if ok != (c.want != "") || ok && got.String() != c.want {
			t.Errorf("%s: %.40q is read as %s, %t; want %q", c.reason, c.header, got, ok, c.want)
		}
	}
}

func TestRewrite(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ tag, text, want, reason string }{
		{"de", "1,234 runs, 12.3% of them (10.7% to 14.1%).", "1.234 runs, 12,3\u00a0% of them (10,7\u00a0% to 14,1\u00a0%).", "a sentence"},
		{"de", "<0.1% and >99.9%", "<0,1\u00a0% and >99,9\u00a0%", "comparisons"},
		{"de", "&lt;0.1%, &#43;4.7 points, &#34;1,234&#34;", "&lt;0,1\u00a0%, &#43;4,7 points, &#34;1.234&#34;", "references of HTML"},
		{"de", "−4.7 points", "−4,7 points", "a sign"},
		{"de", "1.5 s, 1,000 d", "1,5 s, 1.000 d", "durations"},
		{"fr", "1,234,567.8", "1\u202f234\u202f567,8", "three groups and a decimal"},
		{"es", "1,234 and 12,345", "1234 and 12.345", "four digits have no group"},
		{"en-IN", "1,234 and 12,345,678", "1,234 and 1,23,45,678", "groups of two"},
		{"tr", "100.0% of 5%", "%100,0 of %5", "the sign stands before the number"},
		{"en", "1,234.5", "1,234.5", "English"},
		{"de", "15:04, 2 March 2026, 999", "15:04, 2 March 2026, 999", "nothing to write otherwise"},
		{"de", "v1.2 and 1.2.3 and 1,2 and 1234.5 and 01,234 and 0,123", "v1.2 and 1.2.3 and 1,2 and 1234.5 and 01,234 and 0,123", "not what this package writes"},
		{"de", "1.2-beta 1,234/5 x1,234 1,234x a.1,234 #1.5 12.3… 1.00e+300 1.5.x 5%20", "1.2-beta 1,234/5 x1,234 1,234x a.1,234 #1.5 12.3… 1.00e+300 1.5.x 5%20", "not by itself"},
		{"de", "It was 1,234. Then 5.5, then 6.5: 7.5", "It was 1.234. Then 5,5, then 6,5: 7,5", "before the sign of a sentence"},
		{"de", "1,234", "1.234", "alone"},
	} {
		l, ok := number.ParseLocale(c.tag)
		if got := l.Rewrite(c.text, nil); !ok || got != c.want {
			t.Errorf("%s: %q, want %q", c.reason, got, c.want)
		}
	}
	german, _ := number.ParseLocale("de")
	if got := german.Rewrite("release 1.5 has 2.5", func(n string) bool { return n == "1.5" }); got != "release 1.5 has 2,5" {
		t.Errorf("with a number that is kept: %q", got)
	}
}

// TestRewriteEveryNumber: each number that the package writes is rewritten, with the signs of the locale.
func TestRewriteEveryNumber(t *testing.T) {
	t.Parallel()
	german, _ := number.ParseLocale("de")
	write := strings.NewReplacer(".", ",", ",", ".", "%", "\u00a0%")
	rapid.Check(t, func(t *rapid.T) {
		v := rapid.Float64Range(-1e14, 1e14).Draw(t, "v")
		for _, text := range []string{number.Count(int64(v)), number.Decimal(v, 2), number.Share(math.Mod(v, 1)), number.Points(math.Mod(v, 1)), number.Seconds(v)} {
			got := german.Rewrite("It is "+text+".", nil)
			if want := "It is " + write.Replace(text) + "."; got != want {
				t.Fatalf("%s is written %s, want %s", text, got, want)
			}
		}
	})
}

// TestNumbersAreKept: with the numbers of a name kept, a sentence keeps the name, also if it is cut.
func TestNumbersAreKept(t *testing.T) {
	t.Parallel()
	german, _ := number.ParseLocale("de")
	rapid.Check(t, func(t *rapid.T) {
		name := rapid.StringOfN(rapid.RuneFrom([]rune("0123456789.,%- ve\u00a0")), 1, 20, -1).Draw(t, "name")
		kept := map[string]bool{}
		number.Numbers(name, func(n string) { kept[n] = true })
		for cut := range len(name) + 1 {
			text := "of " + name[:cut]
			for _, end := range []string{"", " is", ", and"} {
				if got := german.Rewrite(text+end, func(n string) bool { return kept[n] }); got != text+end {
					t.Fatalf("%q becomes %q", text+end, got)
				}
			}
		}
	})
}

func FuzzRewrite(f *testing.F) {
	f.Add("de-CH", "1,234.5% of 1.2.3")
	f.Fuzz(func(t *testing.T, tag, text string) {
		l, ok := number.ParseLocale(tag)
		if !ok {
			number.AcceptedLocale(tag)
			return
		}
		letters := func(s string) string {
			return strings.Map(func(r rune) rune {
				if strings.ContainsRune("., '\u00a0\u202f\u060c%", r) {
					return -1
				}
				return r
			}, s)
		}
		if got := l.Rewrite(text, nil); letters(got) != letters(text) && l.Rewrite("5%", nil)[0] != '%' {
			t.Errorf("%q becomes %q", text, got)
		}
	})
}

// TestLocalesAreCompared: the same locale has one value, whatever the tag that named it.
func TestLocalesAreCompared(t *testing.T) {
	t.Parallel()
	for _, same := range [][2]string{{"en", "en-US"}, {"de", "de_DE"}, {"de-CH", "de-Latn-CH"}} {
		one, ok := number.ParseLocale(same[0])
		other, known := number.ParseLocale(same[1])
		if one != other || !ok || !known {
			t.Errorf("%s and %s are %v and %v", same[0], same[1], one, other)
		}
	}
	if english, _ := number.ParseLocale("en"); english != (number.Locale{}) || english.String() != "en" {
		t.Errorf("English is %#v, want the zero value", english)
	}
}
