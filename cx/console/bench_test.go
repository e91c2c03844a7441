//go:build unix

package console_test

import (
	"context"
	"encoding/binary"
	"flag"
	"fmt"
	"math/rand/v2"
	"net/http"
	"runtime"
	"strconv"
	"syscall"
	"testing"
	"time"

	"go.opentelemetry.io/otel/attribute"

	"cairncx.dev/cairn/cx/console"
	"cairncx.dev/cairn/cx/event"
)

var (
	benchRuns = flag.Int("runs", 20_000, "the `number` of runs of the benchmarks: the issue's is 1000000")
	benchFor  = flag.Duration("for", 2*time.Second, "how `long` readers read")
)

// stream is a source that makes its runs as it gives them, of two journeys with a promise each: most are completed, and a tenth of the last ones is open. They take four
// ways of two to four touchpoints, through two stages.
type stream int

func (stream) Distinct() bool { return true }

func (stream) Events(context.Context, event.Query, func(*event.Event) error) error { return nil }

func (s stream) Scan(_ context.Context, since event.Scan, each func(*event.Event) error) (event.Cursor, error) {
	if since.Since.Position != "" {
		return since.Since, nil
	}
	rng, ids := rand.New(rand.NewPCG(3, 4)), uint64(0)
	for n := range int(s) {
		begun := now.Add(-time.Duration(float64(60*24*time.Hour) * float64(int(s)-n) / float64(s)))
		e := event.Event{
			Journey:    event.Run{Name: []string{"ticket", "order"}[n%2], ID: strconv.Itoa(n), Started: begun},
			Customer:   event.Customer{Hash: strconv.Itoa(n / 2), Segment: []string{"gold", "iron", "tin"}[n%3]},
			Attributes: []attribute.KeyValue{attribute.String("team", []string{"red", "blue", "green"}[n%3])},
		}
		promise := &event.Promise{Name: []string{"solved", "shipped"}[n%2], Number: 1, Made: begun, Due: begun.Add(48 * time.Hour)}
		took := time.Duration((1 + 50*rng.Float64()) * float64(time.Hour))
		give := func(at time.Duration, kind event.Kind, fill func(*event.Event)) error {
			one := e
			one.Kind, one.Time = kind, begun.Add(at)
			fill(&one)
			ids++
			binary.BigEndian.PutUint64(one.ID[8:], ids)
			if one.Time.After(now) {
				return nil
			}
			return each(&one)
		}
		promised := func(e *event.Event) { e.Promise = promise }
		touch := func(at time.Duration, name, stage string) func() error {
			return func() error {
				return give(at, event.TouchpointEnded, func(e *event.Event) { e.Touchpoint, e.Stage, e.Outcome = name, stage, event.OK })
			}
		}
		steps := []func() error{
			func() error { return give(0, event.JourneyStarted, func(*event.Event) {}) },
			func() error { return give(0, event.PromiseMade, promised) },
			touch(took/3, "call", "sort"), touch(took/2, "answer", "work"),
			func() error { return give(took, event.PromiseKept, promised) },
			func() error {
				return give(took, event.JourneyEnded, func(e *event.Event) { e.Outcome = event.Completed })
			},
		}
		if n%10 == 9 && n > int(s)*29/30 { // open, and late soon
			steps = steps[:3]
		} else if n%4 == 0 {
			steps = append(steps, touch(took*2/3, "call", "sort"))
		}
		if n%7 == 0 {
			steps = append(steps, touch(took*3/4, "visit", "work"))
		}
		for _, step := range steps {
			if err := step(); err != nil {
				return since.Since, err
			}
		}
	}
	return event.Cursor{Position: "all"}, nil
}

// used returns the processor time of this process, which other processes of the machine do not change.
func used(b *testing.B) time.Duration {
	b.Helper()
	var u syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &u); err != nil {
		b.Fatal(err)
	}
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}

// bareColumns is what one pass over four columns reads, in a loop that does nothing but add.
type bareColumns struct {
	begun, ended     []int64
	journey, outcome []uint16
}

func newBare(n int) *bareColumns {
	return &bareColumns{make([]int64, n), make([]int64, n), make([]uint16, n), make([]uint16, n)}
}

var bareSum int64

func (c *bareColumns) pass() {
	var sum int64
	for i := range c.begun {
		sum += c.begun[i] + c.ended[i] + int64(c.journey[i]) + int64(c.outcome[i])
	}
	bareSum += sum
}

// BenchmarkPages reads each page with and without answers that another reader has had, beside a bare pass over four columns:
//
//	go test -run '^$' -bench Pages -benchtime 20x ./cx/console -args -runs 1000000
func BenchmarkPages(b *testing.B) {
	table := loaded(b, desk("ticket"), nil)
	if err := table.Load(b.Context(), stream(*benchRuns)); err != nil {
		b.Fatal(err)
	}
	bare := newBare(*benchRuns)
	measured := func(b *testing.B, f func(i int)) {
		b.Helper()
		began, least := used(b), time.Hour
		i := 0
		for b.Loop() {
			before := used(b)
			f(i)
			least = min(least, used(b)-before)
			i++
		}
		b.ReportMetric(float64((used(b)-began).Microseconds())/1000/float64(b.N), "cpu-ms/op")
		b.ReportMetric(float64(least.Microseconds())/1000, "least-cpu-ms/op")
	}
	b.Run("bare", func(b *testing.B) { measured(b, func(int) { bare.pass() }) })
	for _, page := range []string{"/", "/journeys/ticket", "/runs?due=late", "/voice", "/support", "/goes-with?journey=ticket&bad=not-completed"} {
		for _, warm := range []bool{false, true} {
			name := map[bool]string{false: "cold", true: "warm"}[warm]
			b.Run(name+page, func(b *testing.B) {
				at := now
				c := served(b, table, console.WithClock(func() time.Time { return at }))
				read := func(int) {
					if w := request(c, http.MethodGet, page); w.Code != http.StatusOK {
						b.Fatalf("%d: %s", w.Code, w.Body)
					}
				}
				if warm {
					read(0)
					measured(b, read)
					return
				}
				measured(b, func(i int) {
					at = now.Add(time.Duration(i+1) * 10 * time.Second) // a moment of its own
					read(i)
				})
			})
		}
	}
}

// BenchmarkLocale reads pages whose answers another reader has had, in English and with the numbers of another locale. KB is the size of a page.
func BenchmarkLocale(b *testing.B) {
	table := loaded(b, desk("ticket"), larger(crowd("ticket", ""), 10))
	c := served(b, table)
	for _, page := range []string{"/", "/journeys/ticket", "/runs", "/voice", "/reports/month/2026-03-01.html"} {
		for _, tag := range []string{"en", "de"} {
			b.Run(tag+page, func(b *testing.B) {
				size := request(c, http.MethodGet, page, accepting(tag)).Body.Len()
				began := used(b)
				for b.Loop() {
					request(c, http.MethodGet, page, accepting(tag))
				}
				b.ReportMetric(float64((used(b)-began).Microseconds())/1000/float64(b.N), "cpu-ms/op")
				b.ReportMetric(float64(size)/1000, "KB")
			})
		}
	}
}

// BenchmarkFilters asks for pages with 10,000 filters that nobody else has, and says how much memory is left: the answers that are kept are bounded.
func BenchmarkFilters(b *testing.B) {
	table := loaded(b, desk("ticket"), nil)
	if err := table.Load(b.Context(), stream(*benchRuns)); err != nil {
		b.Fatal(err)
	}
	before := memoryInUse()
	c := served(b, table)
	for b.Loop() {
		for i := range 10_000 {
			if w := request(c, http.MethodGet, fmt.Sprintf("/runs?where=segment:nobody%d,gold&sort=longest", i)); w.Code != http.StatusOK {
				b.Fatalf("%d: %s", w.Code, w.Body)
			}
		}
	}
	b.ReportMetric(float64(memoryInUse()-before)/1e6, "MB-kept")
	runtime.KeepAlive(c)
}
