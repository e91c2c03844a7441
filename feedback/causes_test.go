package feedback_test

import (
	"context"
	"fmt"
	"slices"
	"sync"
	"testing"

	"cairncx.dev/cairn/cx"
	"cairncx.dev/cairn/cx/event"
	"cairncx.dev/cairn/feedback"
)

// TestCauses: "at most 32, each once", however many options name them.
func TestCauses(t *testing.T) {
	t.Parallel()
	causes := make([]string, 70)
	for i := range causes {
		causes[i] = fmt.Sprintf("cause-%d", i)
	}
	for _, c := range []struct {
		name   string
		opts   []feedback.Option
		want   []string
		faults int64 // of cause_limit
	}{
		{"none", []feedback.Option{feedback.Causes()}, nil, 0},
		{"one less", []feedback.Option{feedback.Causes(causes[:31]...)}, causes[:31], 0},
		{"as many as there may be", []feedback.Option{feedback.Causes(causes[:32]...)}, causes[:32], 0},
		{"one more", []feedback.Option{feedback.Causes(causes[:33]...)}, causes[:32], 1},
		{"many more", []feedback.Option{feedback.Causes(causes...)}, causes[:32], 1},
		{"in two options", []feedback.Option{feedback.Causes(causes[:20]...), feedback.Causes(causes[20:33]...)}, causes[:32], 1},
		{"the same again", []feedback.Option{feedback.Causes(causes[:32]...), feedback.Causes(causes[:32]...)}, causes[:32], 0},
		{"the same in one option", []feedback.Option{feedback.Causes(causes[0], causes[1], causes[0], causes[1])}, causes[:2], 0},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			s := start(t)
			feedback.CSAT.Record(s.ctx(), 2, c.opts...)
			if got := s.one(t, event.FeedbackReceived).Feedback.Causes; !slices.Equal(got, c.want) {
				t.Errorf("the causes are %q, want %q", got, c.want)
			}
			if got := s.faults(); got["cause_limit"] != c.faults || len(got) != int(c.faults) {
				t.Errorf("the faults are %v, want cause_limit %d times", got, c.faults)
			}
		})
	}
}

// noticing is a processor that looks at contexts alone.
type noticing struct {
	mu         sync.Mutex
	seen, none int
}

// Process implements [event.Processor].
func (n *noticing) Process(ctx context.Context, _ *event.Event) {
	n.mu.Lock()
	defer n.mu.Unlock()
	n.seen++
	if ctx == nil {
		n.none++
	}
}

// Shutdown implements [event.Processor].
func (*noticing) Shutdown(context.Context) error { return nil }

// TestNilContext: a nil context is the background, so that what is recorded goes to the default client, whose
// processors get a context.
func TestNilContext(t *testing.T) { // not parallel: it sets the default client
	n := &noticing{}
	s := start(t, cx.WithProcessors(n))
	cx.SetDefault(s.client)
	t.Cleanup(func() { cx.SetDefault(nil) })
	var none context.Context
	feedback.CSAT.Record(none, 4)
	feedback.CSAT.Request(none)
	survey := feedback.Define("after-checkout", feedback.CES)
	survey.Record(none, 5)
	survey.Request(none)
	if n.seen != 4 || n.none != 0 {
		t.Errorf("the processor saw %d events, %d without a context; want 4 with one", n.seen, n.none)
	}
}
