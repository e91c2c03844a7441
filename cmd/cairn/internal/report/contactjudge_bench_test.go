package report_test

import (
	"math/rand/v2"
	"strconv"
	"testing"
	"time"

	"cairncx.dev/cairn/cmd/cairn/internal/report"
	"cairncx.dev/cairn/cx/event"
)

// BenchmarkJudge judges contacts with as many customers as half of them, and says how long one takes.
func BenchmarkJudge(b *testing.B) {
	random, begin := rand.New(rand.NewPCG(1, 2)), time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)
	p := report.NewPastContacts()
	for range b.N {
		at := begin.Add(time.Duration(random.IntN(90*24*60)) * time.Minute)
		p.Add(contacted(at, []string{"offer", "survey", "service", "news"}[random.IntN(4)], event.Email), strconv.Itoa(random.IntN(b.N/2+1)), true)
	}
	b.ReportAllocs()
	b.ResetTimer()
	if _, err := p.Judge(b.Context(), company); err != nil {
		b.Fatal(err)
	}
}
