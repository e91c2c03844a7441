package assist_test

import (
	"math"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"cairncx.dev/cairn/cx/assist"
	"cairncx.dev/cairn/cx/event"
)

const within = 30 * time.Second

func TestJudge(t *testing.T) {
	negative := assist.Level{Within: within}
	ignored := assist.Level{Within: within, Variant: assist.Ignored}
	positive := assist.Level{Within: within, Variant: assist.Positive}
	flows := assist.Level{Within: within, FlowOuts: true}
	bot := answered(3)
	bot.Bot = true
	direct := answered(0)
	direct.Queued = false
	ringing := left(event.LegAbandoned, 20)
	ringing.Ring = sec(8)
	for _, c := range []struct {
		name, reason  string
		level         assist.Level
		leg           event.Leg
		counted, good bool
	}{
		{"answered at once", "a wait of zero is an answer in time, and not the absence of a queue", negative, answered(0), true, true},
		{"answered at the threshold", "within includes it", negative, answered(30), true, true},
		{"answered a nanosecond later", "the timer had expired", negative, answered(30 + 1e-9), true, false},
		{"answered late, ignored", "the variants differ in who leaves", ignored, answered(31), true, false},
		{"abandoned in time", "a lost opportunity", negative, left(event.LegAbandoned, 20), true, false},
		{"abandoned in time, ignored", "ServiceLevelAband is taken from the offered", ignored, left(event.LegAbandoned, 20), false, false},
		{"abandoned in time, positive", "as though it was answered", positive, left(event.LegAbandoned, 20), true, true},
		{"abandoned late, ignored", "the timer expired first, so it is offered in each variant", ignored, left(event.LegAbandoned, 31), true, false},
		{"abandoned late, positive", "the timer expired first", positive, left(event.LegAbandoned, 31), true, false},
		{"abandoned while ringing", "the wait includes the ringing", negative, ringing, true, false},
		{"a short abandon", "below the abandon wait time it is a short call", negative, left(event.LegAbandoned, 5.999), false, false},
		{"abandoned at six seconds", "it has waited the abandon wait time", negative, left(event.LegAbandoned, 6), true, false},
		{"a short abandon, positive", "it is not counted, not even as good", positive, left(event.LegAbandoned, 5), false, false},
		{"no short abandons", "a negative time turns them off", assist.Level{Within: within, ShortAbandon: -1}, left(event.LegAbandoned, 0), true, false},
		{"a short abandon beyond the threshold", "it never counts", assist.Level{Within: within, ShortAbandon: time.Minute}, left(event.LegAbandoned, 45), false, false},
		{"overflowed in time", "no service level event", negative, left(event.LegOverflowed, 10), false, false},
		{"overflowed in time, counted", "flow-outs are in", flows, left(event.LegOverflowed, 10), true, false},
		{"overflowed at once, counted", "a short abandon is one by the customer", flows, left(event.LegOverflowed, 0), true, false},
		{"overflowed late", "the timer expired first", negative, left(event.LegOverflowed, 31), true, false},
		{"a callback in time", "the customer did not abandon", negative, left(event.LegCallback, 5), false, false},
		{"a callback, counted", "flow-outs are in", flows, left(event.LegCallback, 20), true, false},
		{"closed in time", "nobody could answer", negative, left(event.LegClosed, 1), false, false},
		{"closed, counted", "flow-outs are in", flows, left(event.LegClosed, 1), true, false},
		{"an end that is not known", "it may have been answered", flows, left(0, 20), false, false},
		{"an end that is not known, late", "whatever it was, it was late", negative, left(0, 31), true, false},
		{"finished without an answer", "who ended it is not known", negative, left(event.LegFinished, 20), false, false},
		{"a bot", "a bot is not what customers queue for", negative, bot, false, false},
		{"no queue", "there was nothing to wait for", negative, direct, false, false},
		{"no level", "nothing is promised", assist.Level{}, answered(0), false, false},
	} {
		t.Run(c.name, func(t *testing.T) {
			if counted, good := c.level.Judge(&c.leg); counted != c.counted || good != c.good {
				t.Errorf("got %v, %v, want %v, %v: %s", counted, good, c.counted, c.good, c.reason)
			}
		})
	}
}

// The numbers are those of Cisco's manuals: "if you had 50 calls that were answered in under 30 seconds and 80 calls that took longer", and
// the table of service levels with 70 answered in time, 10 abandoned in time and 20 that exceeded the threshold.
func TestCiscosExamples(t *testing.T) {
	many := func(n int, l event.Leg) (all []event.Leg) {
		for range n {
			all = append(all, l)
		}
		return all
	}
	first := append(many(50, answered(12)), many(80, answered(44))...)
	second := append(append(many(70, answered(29)), many(10, left(event.LegAbandoned, 15))...), many(20, answered(31))...)
	for _, c := range []struct {
		name string
		legs []event.Leg
		v    assist.Variant
		want float64
	}{
		{"50 within, 80 later", first, assist.Ignored, 0.385},
		{"70, 10, 20: ignored", second, assist.Ignored, 0.778},
		{"70, 10, 20: negative", second, assist.Negative, 0.700},
		{"70, 10, 20: positive", second, assist.Positive, 0.800},
	} {
		tally := assist.NewTally(map[string]assist.Level{"support": {Within: within, Variant: c.v}})
		for i := range c.legs {
			e := call(noon(), c.legs[i])
			tally.Add(&e)
		}
		n := tally.Queue("support")
		if got, ok := n.ServiceLevel(); !ok || math.Abs(got-c.want) > 0.0005 {
			t.Errorf("%s: got %v, want %v", c.name, got, c.want)
		}
	}
}

// The naive model counts classes of legs and applies Cisco's formulas to the counts, as a report does. The answers of Judge, leg by leg,
// come to the same.
func TestJudgeIsTheFormula(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		threshold := rapid.Float64Range(1, 60).Draw(t, "threshold")
		l := assist.Level{
			Within: time.Duration(sec(threshold)), Variant: rapid.SampledFrom([]assist.Variant{0, 1, 2}).Draw(t, "variant"),
			ShortAbandon: time.Duration(sec(rapid.SampledFrom([]float64{-1, 0, 3, 40}).Draw(t, "short"))), FlowOuts: rapid.Bool().Draw(t, "flow-outs"),
		}
		short := l.ShortAbandon.Seconds()
		if short == 0 {
			short = 6
		}
		var inTime, lost, exceeded, flowed int
		counted, good := 0, 0
		for range rapid.IntRange(0, 40).Draw(t, "legs") {
			leg := event.Leg{
				Queued: rapid.Bool().Draw(t, "queued"), Answered: rapid.Bool().Draw(t, "answered"), Bot: rapid.IntRange(0, 5).Draw(t, "bot") == 0,
				Wait: sec(float64(rapid.IntRange(0, 80).Draw(t, "wait"))), End: event.LegEnd(rapid.IntRange(0, 6).Draw(t, "end")),
			}
			if c, g := l.Judge(&leg); c {
				counted++
				if g {
					good++
				}
			} else if g {
				t.Fatalf("%+v is good and does not count", leg)
			}
			wait := time.Duration(leg.Wait).Seconds()
			late := time.Duration(leg.Wait) > l.Within
			abandoned := !leg.Answered && leg.End == event.LegAbandoned
			switch {
			case !leg.Queued || leg.Bot || abandoned && wait < short:
			case late:
				exceeded++
			case leg.Answered:
				inTime++
			case abandoned:
				lost++
			case leg.End == event.LegOverflowed, leg.End == event.LegCallback, leg.End == event.LegClosed:
				flowed++
			}
		}
		offered, met := inTime+lost+exceeded, inTime
		switch l.Variant {
		case assist.Ignored:
			offered -= lost
		case assist.Positive:
			met += lost
		default:
		}
		if l.FlowOuts {
			offered += flowed
		}
		if counted != offered || good != met {
			t.Fatalf("%+v: %d of %d, want %d of %d", l, good, counted, met, offered)
		}
	})
}

func TestLevelIsValid(t *testing.T) {
	for _, c := range []struct {
		name, reason string
		level        assist.Level
		want         string // "" is valid
	}{
		{"usual", "the rest has defaults", assist.Level{Within: 20 * time.Second}, ""},
		{"zero", "it promises nothing", assist.Level{}, "the threshold of the service level is 0s"},
		{"negative", "no wait is shorter", assist.Level{Within: -1}, "the threshold"},
		{"ten years", "the longest wait of an event", assist.Level{Within: event.MaxDuration}, ""},
		{"more than ten years", "no wait is as long", assist.Level{Within: event.MaxDuration + 1}, "the threshold"},
		{"an unknown variant", "a number that is none", assist.Level{Within: 1, Variant: 3}, "the variant"},
		{"everybody who leaves", "a negative wait turns short abandons off", assist.Level{Within: 1, ShortAbandon: -1}, ""},
		{"a very long short abandon", "no wait is as long", assist.Level{Within: 1, ShortAbandon: event.MaxDuration + 1}, "short abandon"},
	} {
		err := c.level.Validate()
		if (err == nil) != (c.want == "") || err != nil && !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: got %v, want %q: %s", c.name, err, c.want, c.reason)
		}
	}
	var v assist.Variant
	for _, name := range assist.Variants() {
		if err := v.UnmarshalText([]byte(name)); err != nil || v.String() != name {
			t.Errorf("%s: got %v, %v", name, v, err)
		}
	}
	if err := v.UnmarshalText([]byte("neutral")); err == nil || v != assist.Positive {
		t.Errorf("got %v, %v, want an error and the old value", v, err)
	}
}
