package redact_test

import (
	"cairncx.dev/cairn/feedback/redact"
	"regexp"
	"strings"
	"testing"
)

var plain = strings.Repeat("I ordered two weeks ago and the parcel still has not arrived, please help. ", 4)[:280]

func BenchmarkQ(b *testing.B) {
	r, _ := redact.New()
	re := regexp.MustCompile(`[a-zA-Z0-9._%+\-]+@[a-zA-Z0-9.\-]+\.[a-zA-Z]{2,}`)
	busy := "Bestellung 4711-0815 vom 12.04.2026: bitte rufen Sie mich unter 030 23125 012 an oder mail jane.doe@example.com, Karte 4111 1111 1111 1111, 3 x 19,99 EUR, IBAN DE89 3704 0044 0532 0130 00. " + plain[:110]
	b.Run("regexp", func(b *testing.B) {
		for b.Loop() {
			re.ReplaceAllString(plain, "[email]")
		}
	})
	b.Run("plain", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			r.Quick(plain)
		}
	})
	b.Run("busyregexp", func(b *testing.B) {
		for b.Loop() {
			re.ReplaceAllString(busy, "[email]")
		}
	})
	b.Run("busy", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			r.Quick(busy)
		}
	})
	for name, unit := range map[string]string{"digits": "1", "spaced": "1 ", "at": "a@", "ssn": "078-05-1120 ", "card": "4111 1111 1111 1111 ", "luhnmiss": "4111 1111 1111 1112 ", "words": "ab ", "token": "aB3", "atdot": "a at ", "iban": "de89 ", "phone": "030 2312 5012\n", "cue": "tel ", "mix": "bsn 111222334 ", "dash": "-----BEGIN ", "url": "://a@", "zw": "1\u200b", "full": "４ ", "uni": "é ", "bad": "\xff1", "six": "123456-", "eq": "pwd=", "paren": "(0)"} {
		s := strings.Repeat(unit, 8192/len(unit))
		b.Run("8k/"+name, func(b *testing.B) {
			for b.Loop() {
				r.Quick(s)
			}
			b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/float64(len(s)), "ns/byte")
		})
	}
}
