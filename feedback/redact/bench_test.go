//go:build unix

package redact_test

import (
	"fmt"
	"math"
	"os"
	"regexp"
	"strings"
	"syscall"
	"testing"
	"time"

	"cairncx.dev/cairn/feedback/redact"
)

// comment has the 280 characters of a comment in which nothing is found.
var comment = strings.Repeat("I ordered two weeks ago and the parcel still has not arrived, please help. ", 4)[:280]

// busy has 280 characters with one finding of most kinds.
var busy = ("Order 4711-0815 of 12.04.2026: call 202-555-0143 or mail jane.doe@example.com, card 4111 1111 1111 1111, 3 x 19,99 EUR, " +
	"IBAN DE89 3704 0044 0532 0130 00, SSN 078-05-1120, key AKIAIOSFODNN7EXAMPLE. " + comment)[:280]

// hostile are parts that a text of any length may repeat, to make rules begin, fail and look back.
func hostile() []string {
	return []string{
		"1", "1 ", "４ ", "4111 ", "4111 1111 1111 1111 ", "4111 1111 1111 1112 ", "078-05-1120 ", "bsn 111222334 ", "030 2312 5012\n", "(0)", "123456-", "tel 1",
		"a@", "@", "a@b.", "\"", "a at ", "a at b dot ", "(at)", "://a@", "://", "DE89 ", "ab ", "aB3", "eyJ.", "eyJaaaaaaaaaa", "ghp_", "pwd=", "pwd: a", "pwd is ", "pin 1",
		"-----BEGIN ", "-----BEGIN PRIVATE KEY-----", "[email]", "[card:", "1\u200b", "\u200b", "é", "\xff1", "@jane", "order ", "x", "+", "+49 30 23125 012 ",
	}
}

// timed returns the CPU time of one call: the least of several rounds, in which the functions take turns, so that other processes
// disturb all alike.
func timed(b *testing.B, rounds, times int, calls ...func()) []time.Duration {
	b.Helper()
	best := make([]time.Duration, len(calls))
	for range rounds {
		for i, call := range calls {
			start := cpu(b)
			for range times {
				call()
			}
			if d := (cpu(b) - start) / time.Duration(times); best[i] == 0 || d < best[i] {
				best[i] = max(1, d)
			}
		}
	}
	return best
}

// cpu returns the CPU time of this process.
func cpu(b *testing.B) time.Duration {
	b.Helper()
	var u syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &u); err != nil {
		b.Fatal(err)
	}
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}

// BenchmarkBesideRegexp compares Quick with one pass of a compiled regular expression for e-mail addresses over the same 280
// characters. With CAIRN_BENCH_GATE set, it fails beyond three times.
func BenchmarkBesideRegexp(b *testing.B) {
	const most, rounds, calls = 3.0, 100, 200
	address := regexp.MustCompile(`[a-zA-Z0-9._%+\-]+@[a-zA-Z0-9.\-]+\.[a-zA-Z]{2,}`)
	r := must(b)
	marked := must(b, redact.WithHandles(), redact.WithPseudonyms([]byte("a key only for tests")))
	for _, c := range []struct{ name, text string }{{"nothing to find", comment}, {"seven findings", busy}} {
		b.Run(c.name, func(b *testing.B) {
			d := timed(b, rounds, calls, func() { address.ReplaceAllString(c.text, "[email]") }, func() { r.Quick(c.text) }, func() { marked.Quick(c.text) })
			for b.Loop() { // the comparison is done
			}
			b.ReportMetric(0, "ns/op")
			b.ReportMetric(float64(d[0]), "regexp-ns")
			b.ReportMetric(float64(d[1]), "quick-ns")
			b.ReportMetric(float64(d[1])/float64(d[0]), "quick/regexp")
			b.ReportMetric(float64(d[2])/float64(d[0]), "with-pseudonyms/regexp")
			if ratio := float64(d[1]) / float64(d[0]); ratio > most && os.Getenv("CAIRN_BENCH_GATE") != "" {
				b.Errorf("Quick takes %.2f times as long as the regular expression: at most %.0f is allowed", ratio, most)
			}
		})
	}
}

// BenchmarkHostile measures texts that repeat one part: eight of 8 KiB against one of 64 KiB, so that both make the same garbage, whose
// collection counts. With CAIRN_BENCH_GATE set, it fails if the long one takes more than three times as long as the eight. Quadratic work
// would take eight times as long.
func BenchmarkHostile(b *testing.B) {
	const small, times, most, rounds, calls = 8 << 10, 8, 3.0, 6, 4
	r := must(b, redact.WithHandles(), redact.WithPhones(odd{}))
	var worst, growth float64
	var slowest string
	for _, part := range hostile() {
		short, long := strings.Repeat(part, small/len(part)), strings.Repeat(part, times*small/len(part))
		ratio := math.Inf(1)
		for again := 0; again < 8 && ratio > most; again++ { // the noise of a busy machine passes, quadratic work stays
			d := timed(b, rounds, calls, func() {
				for range times {
					r.Text(short)
				}
			}, func() { r.Text(long) })
			if perByte := float64(d[0]) / (times * small); perByte > worst {
				worst, slowest = perByte, part
			}
			ratio = min(ratio, float64(d[1])/float64(d[0]))
		}
		growth = max(growth, ratio)
		if ratio > most && os.Getenv("CAIRN_BENCH_GATE") != "" {
			b.Errorf("%q: one text takes %.1f times as long as eight parts of it", part, ratio)
		}
	}
	for b.Loop() { // the comparison is done
	}
	b.ReportMetric(0, "ns/op")
	b.ReportMetric(worst, "worst-ns/byte")
	b.ReportMetric(growth, "worst-growth")
	b.Log("the slowest part is " + fmt.Sprintf("%q", slowest))
}

// BenchmarkQuick is for profiles.
func BenchmarkQuick(b *testing.B) {
	r := must(b)
	for _, text := range []string{comment, busy} {
		b.Run(text[:10], func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				r.Quick(text)
			}
		})
	}
}
