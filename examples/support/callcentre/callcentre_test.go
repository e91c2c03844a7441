package callcentre_test

import (
	"context"
	"math"
	"slices"
	"testing"
	"time"

	"cairncx.dev/cairn/cx"
	"cairncx.dev/cairn/cx/assist"
	"cairncx.dev/cairn/cx/event"
	"cairncx.dev/cairn/examples/support/callcentre"
	"cairncx.dev/cairn/touchpoint"
)

// published is a worked example of Erlang's formula C: 360 calls in half an hour, 240 seconds each, 55 employees, 15 seconds.
var published = waits{Occupancy: 0.873, MustWait: 0.2387, Speed: 8.18, Within: 0.846}

const (
	replications = 30
	student      = 2.756 // the two-sided 99% quantile of Student's t with 29 degrees of freedom
)

func example(seed uint64) callcentre.Scenario {
	return callcentre.Scenario{Seed: seed, Arrivals: 360, Handle: 240 * time.Second, Agents: 55, WarmUp: 2 * time.Hour, Length: 24 * time.Hour}
}

var (
	begin  = time.Date(2026, 3, 2, 0, 0, 0, 0, time.UTC)
	phone  = touchpoint.Define("support-call")
	queues = []assist.Queue{{Name: callcentre.Queue, Level: assist.Level{Within: 15 * time.Second}}}
)

// heard counts what a client delivers.
type heard struct {
	level, atOnce *assist.Tally // by the level of the queue, and by that of an answer without a wait
	keep          bool
	events        []event.Event
}

func newHeard() *heard {
	levels := func(within time.Duration) map[string]assist.Level {
		return map[string]assist.Level{callcentre.Queue: {Within: within}}
	}
	return &heard{level: assist.NewTally(levels(15 * time.Second)), atOnce: assist.NewTally(levels(1))}
}

func (h *heard) Process(_ context.Context, e *event.Event) {
	h.level.Add(e)
	h.atOnce.Add(e)
	if h.keep {
		h.events = append(h.events, *e)
	}
}

func (*heard) Shutdown(context.Context) error { return nil }

// listened returns what a client delivers of the contacts that f records.
func listened(t *testing.T, h *heard, f func(ctx context.Context), opts ...cx.Option) *heard {
	t.Helper()
	client, err := cx.New(append(opts, cx.WithDefinitions(phone), cx.WithQueues(queues...), cx.WithProcessors(h),
		cx.WithCustomerKey([]byte("a key of at least 16 bytes")), cx.WithJourneySampling(0))...)
	if err != nil {
		t.Fatal(err)
	}
	f(cx.NewContext(t.Context(), client))
	if err := client.Shutdown(t.Context()); err != nil {
		t.Fatal(err)
	}
	return h
}

// measured returns the numbers of a replication as the product has them, and the number of its calls.
func measured(t *testing.T, s callcentre.Scenario) (waits, int) {
	t.Helper()
	h := listened(t, newHeard(), func(ctx context.Context) {
		for c := range s.Run(begin) {
			callcentre.Record(ctx, phone, c)
		}
	})
	n, quick := h.level.Queue(callcentre.Queue), h.atOnce.Queue(callcentre.Queue)
	if n.Answered != n.Queued || n.Counted != n.Queued || n.Queued == 0 {
		t.Fatalf("of %d calls %d were answered and %d count: nobody hangs up", n.Queued, n.Answered, n.Counted)
	}
	level, _ := n.ServiceLevel()
	speed, _ := n.SpeedOfAnswer()
	atOnce, _ := quick.ServiceLevel()
	return waits{
		n.Handling().Seconds() / (float64(s.Agents) * s.Length.Seconds()), 1 - atOnce, speed.Seconds(), level,
	}, n.Queued
}

// interval is a confidence interval.
type interval struct{ mean, half float64 }

func (i interval) has(x float64) bool { return math.Abs(x-i.mean) <= i.half }

func intervalOf(values []float64) interval {
	mean, variance := moments(values)
	return interval{mean, student * math.Sqrt(variance/float64(len(values)))}
}

func moments(values []float64) (mean, variance float64) {
	for _, v := range values {
		mean += v / float64(len(values))
	}
	for _, v := range values {
		variance += (v - mean) * (v - mean) / float64(len(values)-1)
	}
	return mean, variance
}

// TestPublishedExample: what the product measures of the published example is what the formula says, and not what it says of an employee
// more or less, or of customers who hang up.
func TestPublishedExample(t *testing.T) {
	c := centre{rate: 360.0 / 1800, handle: 240, agents: 55}
	exact := c.erlangC(15)
	near := func(got, want, unit float64) bool { return math.Abs(got-want) <= unit/2+1e-12 }
	if !near(exact.Occupancy, published.Occupancy, 1e-3) || !near(exact.MustWait, published.MustWait, 1e-4) || !near(exact.Speed, published.Speed, 1e-2) ||
		!near(exact.Within, published.Within, 1e-3) {
		t.Fatalf("the formula gives %+v, published is %+v", exact, published)
	}
	var occupancy, mustWait, speed, within, calls []float64
	for seed := range uint64(replications) {
		w, n := measured(t, example(seed))
		occupancy, mustWait, speed, within = append(occupancy, w.Occupancy), append(mustWait, w.MustWait), append(speed, w.Speed), append(within, w.Within)
		calls = append(calls, float64(n))
	}
	less, more := centre{c.rate, c.handle, 54}.erlangC(15), centre{c.rate, c.handle, 56}.erlangC(15)
	leaving := c.erlangA(300)
	for _, n := range []struct {
		name                      string
		got                       []float64
		want, less, more, leaving float64
	}{
		{"occupancy", occupancy, published.Occupancy, less.Occupancy, more.Occupancy, leaving.Occupancy},
		{"share that waits", mustWait, published.MustWait, less.MustWait, more.MustWait, leaving.MustWait},
		{"average speed of answer", speed, published.Speed, less.Speed, more.Speed, leaving.Speed},
		{"service level", within, published.Within, less.Within, more.Within, leaving.Within},
	} {
		i := intervalOf(n.got)
		t.Logf("%s: %.4f ± %.4f, published %.4f; with 54 %.4f, with 56 %.4f, with impatience %.4f", n.name, i.mean, i.half, n.want, n.less, n.more, n.leaving)
		if !i.has(n.want) {
			t.Errorf("%s: %.4f is not in %.4f ± %.4f", n.name, n.want, i.mean, i.half)
		}
		for what, other := range map[string]float64{"54 employees": n.less, "56 employees": n.more, "a patience of 5 minutes": n.leaving} {
			if i.has(other) {
				t.Errorf("%s: %.4f ± %.4f is too wide: it has that of %s, %.4f", n.name, i.mean, i.half, what, other)
			}
		}
	}
	// The numbers of calls in independent replications of a Poisson process have a variance that is their mean. Seeds that give the same
	// calls, or some of the same, have another one. The bounds are the 0.05% and 99.95% quantiles of chi-square with 29 degrees of freedom.
	mean, variance := moments(calls)
	if chi := (replications - 1) * variance / mean; chi < 9.56 || chi > 62.0 {
		t.Errorf("the replications have %.0f calls with a variance of %.0f: they are not independent", mean, variance)
	}
}

// TestScenario: a scenario repeats, and its calls are what it says.
func TestScenario(t *testing.T) {
	s := example(1)
	calls := gather(s)
	if again := gather(s); !slices.Equal(calls, again) {
		t.Error("the same scenario gives other calls")
	}
	firsts := map[callcentre.Call]uint64{}
	for seed := range uint64(replications) {
		for c := range example(seed).Run(begin) {
			if was, same := firsts[c]; same {
				t.Errorf("the seeds %d and %d give the same first call", was, seed)
			}
			firsts[c] = seed
			break // a caller may stop
		}
	}
	busy, last, answered, longest := map[string]time.Time{}, begin, begin, time.Duration(0)
	for _, c := range calls {
		if c.At.Before(last) || !c.At.Before(begin.Add(s.Length)) {
			t.Fatalf("a call at %v is out of order, or out of the time", c.At)
		}
		last = c.At
		answer := c.At.Add(c.Wait)
		if busy[c.Agent].After(answer) {
			t.Fatalf("%s answers at %v, and is busy until %v", c.Agent, answer, busy[c.Agent])
		}
		if answer.Before(answered) {
			t.Fatalf("a call is answered at %v, before an earlier one", answer)
		}
		answered, longest = answer, max(longest, c.Wait)
		busy[c.Agent] = c.At.Add(c.Wait + c.Talk + c.Wrap)
	}
	if len(busy) != s.Agents || longest < 2*time.Minute {
		t.Errorf("%d employees answer, want %d; the longest wait is %v, in which an impatient customer would have left", len(busy), s.Agents, longest)
	}
	// With more employees, the same customers come with the same problems, and wait less.
	more := s
	more.Agents = 200
	for i, c := range gather(more) {
		if was := calls[i]; !c.At.Equal(was.At) || c.Talk != was.Talk || c.Wrap != was.Wrap || c.Wait != 0 {
			t.Fatalf("with 200 employees call %d is %+v, want %+v without a wait", i, c, was)
		}
	}
	for _, none := range []callcentre.Scenario{{}, {Arrivals: 360, Length: time.Hour}, {Arrivals: -1, Agents: 1, Length: time.Hour}, {Arrivals: 1, Agents: 1}} {
		if got := gather(none); len(got) > 0 {
			t.Errorf("%+v has %d calls, want none", none, len(got))
		}
	}
}

func gather(s callcentre.Scenario) (calls []callcentre.Call) {
	for c := range s.Run(begin) {
		calls = append(calls, c)
	}
	return calls
}
