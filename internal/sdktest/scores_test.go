package sdktest_test

import (
	"context"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"cairncx.dev/cairn/cx"
	"cairncx.dev/cairn/cx/event"
	"cairncx.dev/cairn/feedback"
	"cairncx.dev/cairn/feedback/score"
	"cairncx.dev/cairn/touchpoint"
)

// collected is a processor that keeps events.
type collected struct {
	mu     sync.Mutex
	events []event.Event
}

func (c *collected) Process(_ context.Context, e *event.Event) {
	c.mu.Lock()
	defer c.mu.Unlock()
	own := *e
	if e.Feedback != nil {
		own.Feedback = new(*e.Feedback)
	}
	c.events = append(c.events, own)
}

func (c *collected) Shutdown(context.Context) error { return nil }

// TestMetricsAreTheScores: the client's counters have the numbers of package score over the events that the client delivers: the first answers,
// the requests, and what became of them.
func TestMetricsAreTheScores(t *testing.T) {
	t.Parallel()
	policy := touchpoint.DefineContactPolicy("asks", touchpoint.Purpose("survey", touchpoint.Cap(2, 30*24*time.Hour)))
	survey := feedback.Define("ease", feedback.CES, feedback.Ask("en", "It was easy."), feedback.Channels(event.Email, event.Web))
	var sink collected
	p := newProcess(t, "shop", cx.WithDefinitions(policy, survey), cx.WithContactsInMemory(), cx.WithProcessors(&sink))
	ctx := p.context()
	rng := rand.New(rand.NewPCG(4, 15)) //nolint:gosec // the same numbers each time
	for i := range 300 {
		customer := event.Customer{ID: fmt.Sprint("customer ", i), Segment: []string{"gold", "silver"}[i%2]}
		via := feedback.Via([]event.Channel{event.Email, event.Web}[rng.IntN(2)])
		answer := func(opts ...feedback.Option) {
			survey.Record(ctx, 1+rng.IntN(7), append(opts, feedback.From(customer), via)...)
		}
		if rng.IntN(4) == 0 {
			answer() // nobody has asked
			continue
		}
		r := survey.Ask(ctx, customer, via)
		if !r.OK() {
			t.Fatalf("refused: %s", r.Refused())
		}
		if rng.IntN(2) == 0 {
			r.Shown(ctx)
		}
		switch rng.IntN(5) {
		case 0:
			r.Dismissed(ctx)
		case 1:
			r.Bounced(ctx)
		case 2: // open
		default:
			for range 1 + rng.IntN(3) {
				answer(feedback.Answering(r))
			}
		}
	}
	if err := p.client.Flush(t.Context()); err != nil {
		t.Fatal(err)
	}
	sink.mu.Lock()
	defer sink.mu.Unlock()
	list := score.Of(slices.Values(sink.events)).Surveys()
	if len(list) != 1 || list[0].Version != survey.Version() || list[0].Amended == 0 || list[0].Response.Open == 0 {
		t.Fatalf("the surveys are %+v", list)
	}
	s := &list[0]
	got := map[string]string{}
	sums := map[string]int64{}
	for key, value := range ofFeedback(p, false) {
		name, labels, _ := strings.Cut(strings.TrimSuffix(key, "}"), "{")
		var n int64
		if _, err := fmt.Sscan(value, &n); err != nil {
			got[name] = value // the histogram
			continue
		}
		for _, label := range strings.Split(labels, ",") {
			if k, v, _ := strings.Cut(label, "="); k == "cx.feedback.verdict" || k == "cx.survey.end" || k == "cx.feedback.solicited" {
				sums[name+" "+v] += n
			}
		}
		sums[name] += n
	}
	var total int64
	for i, n := range s.First.Counts {
		total += int64(i+1) * n
	}
	if want := fmt.Sprintf("n=%d sum=%d", s.First.N, total); got["cx.feedback.score"] != want {
		t.Errorf("the histogram of scores has %q, want %q", got["cx.feedback.score"], want)
	}
	for key, want := range map[string]int64{
		"cx.feedback.responses": s.First.N, "cx.feedback.responses positive": s.First.Positive.Count, "cx.feedback.responses neutral": s.First.Neutral.Count,
		"cx.feedback.responses negative": s.First.Negative.Count, "cx.feedback.responses true": s.Solicited, "cx.feedback.responses false": s.First.N - s.Solicited,
		"cx.feedback.requests": s.Response.Asked, "cx.feedback.closed answered": s.Response.Answered, "cx.feedback.closed dismissed": s.Response.Dismissed,
		"cx.feedback.closed bounced": s.Response.Bounced, "cx.feedback.closed": s.Response.Asked - s.Response.Open,
	} {
		if sums[key] != want {
			t.Errorf("%s: %d, want %d", key, sums[key], want)
		}
	}
	if slices.Equal(s.First.Counts, s.Answers.Counts) || sums["cx.feedback.amended"] < s.Amended {
		t.Errorf("%d answers were changed, and the counter has %d: first %v, last %v", s.Amended, sums["cx.feedback.amended"], s.First.Counts, s.Answers.Counts)
	}
}
