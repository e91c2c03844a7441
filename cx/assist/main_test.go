package assist_test

import (
	"flag"
	"testing"
	"time"
	_ "time/tzdata" // the tests need no zone data of the machine

	"go.uber.org/goleak"

	"cairncx.dev/cairn/cx/event"
)

func TestMain(m *testing.M) {
	// The seed in a failure's output is enough to repeat it, so rapid writes no files to testdata.
	if err := flag.Set("rapid.nofailfile", "true"); err != nil {
		panic(err)
	}
	goleak.VerifyTestMain(m)
}

// sec is a number of seconds as an event has it.
func sec(n float64) event.Seconds { return event.Seconds(n * float64(time.Second)) }

// The legs of the worked cases.
func answered(wait float64) event.Leg {
	return event.Leg{Queue: "support", Queued: true, Answered: true, Wait: sec(wait), End: event.LegFinished}
}

func left(end event.LegEnd, wait float64) event.Leg {
	return event.Leg{Queue: "support", Queued: true, Wait: sec(wait), End: end}
}

func call(at time.Time, legs ...event.Leg) event.Event {
	return event.Event{Kind: event.TouchpointEnded, Touchpoint: "helpline", Time: at, Channel: event.Phone, Assisted: &event.Assisted{Legs: legs}}
}

func noon() time.Time { return time.Date(2026, 3, 2, 12, 0, 0, 0, time.UTC) }

func at(t *testing.T, zone, clock string) time.Time {
	t.Helper()
	l, err := time.LoadLocation(zone)
	if err != nil {
		t.Fatal(err)
	}
	when, err := time.ParseInLocation("2006-01-02 15:04:05", clock, l)
	if err != nil {
		t.Fatal(err)
	}
	return when
}
