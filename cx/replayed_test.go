package cx_test

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"cairncx.dev/cairn/cx"
	"cairncx.dev/cairn/cx/event"
	"cairncx.dev/cairn/journey"
	"cairncx.dev/cairn/touchpoint"
)

// taped keeps the events that a client delivers, as a log has them.
type taped struct{ lines []string }

func (t *taped) Process(_ context.Context, e *event.Event) {
	t.lines = append(t.lines, string(e.AppendJSON(nil)))
}
func (*taped) Shutdown(context.Context) error { return nil }

// TestReplayedEventsAreTheLiveOnes: the log of a client, replayed with the same definitions, gives the events of the log, byte for
// byte. Promises by hand are taken from the log, the others follow from the other events, and none is counted twice.
func TestReplayedEventsAreTheLiveOnes(t *testing.T) {
	t.Parallel()
	claim := journey.Define("claim", journey.Stages("received", "waiting", "replied"), journey.AbandonAfter(30*time.Hour),
		journey.Promise("settled", 40*time.Hour),
		journey.Promise("answered", 5*time.Hour, journey.Since("received"), journey.Until("replied"), journey.Pauses("waiting")),
		journey.Promise("solved", 3*time.Hour, journey.SinceTouchpoint("ask"), journey.UntilTouchpoint("solve")))
	touchpoints := map[string]*touchpoint.Definition{
		"ask": touchpoint.Define("ask", touchpoint.In(claim, "")), "solve": touchpoint.Define("solve", touchpoint.In(claim, "")),
		"receive": touchpoint.Define("receive", touchpoint.In(claim, "received")), "fix": touchpoint.Define("fix", touchpoint.Keeps(claim, "answered")),
		"sign": touchpoint.Define("sign", touchpoint.In(claim, "")),
		"done": touchpoint.Define("done", touchpoint.In(claim, ""), touchpoint.Ends(event.Completed)),
	}
	defs := []event.Definition{claim}
	for _, d := range touchpoints {
		defs = append(defs, d)
	}
	promised := []string{"settled", "answered", "callback"}
	names := []string{"ask", "solve", "receive", "fix", "done"}
	seen := map[event.Kind]bool{}
	rapid.Check(t, func(t *rapid.T) {
		now := time.Date(2026, 3, 2, 9, 0, 0, 0, time.UTC)
		client := func(opts ...cx.Option) (*cx.Client, *taped) {
			tape := &taped{}
			c, err := cx.New(append(opts, cx.WithDefinitions(defs...), cx.WithProcessors(tape), cx.WithClock(func() time.Time { return now }),
				cx.WithSweepInterval(1<<62), cx.WithNamespace("test"))...)
			if err != nil {
				t.Fatal(err)
			}
			return c, tape
		}
		live, tape := client()
		ctx := cx.NewContext(context.Background(), live)
		runs, stage := map[string]context.Context{}, map[string]string{}
		for range rapid.IntRange(1, 30).Draw(t, "deeds") {
			now = now.Add(time.Duration(rapid.IntRange(1, 400).Draw(t, "minutes later")) * time.Minute)
			live.Sweep(context.Background())
			id := rapid.SampledFrom([]string{"1", "2", "3"}).Draw(t, "run")
			if runs[id] == nil {
				runs[id] = claim.Start(ctx, id, event.Customer{})
				continue
			}
			switch what := rapid.SampledFrom(append(names, "received", "waiting", "replied", "cancel", "fail", "promise", "promise", "promise", "keep", "keep")).Draw(t, "what"); what {
			case "promise":
				due := now.Add(time.Duration(rapid.IntRange(-100, 2000).Draw(t, "minutes until it is due")) * time.Minute)
				claim.Promise(runs[id], rapid.SampledFrom(promised).Draw(t, "promise"), due)
			case "keep":
				before := len(tape.lines)
				if claim.Keep(runs[id], rapid.SampledFrom(promised).Draw(t, "promise")); len(tape.lines) == before {
					touchpoints["sign"].Record(runs[id], event.Web) // else it is a sign of life that no event tells
				}
			case "cancel":
				claim.Cancel(runs[id])
			case "fail":
				claim.Fail(runs[id])
			default:
				d := touchpoints[what]
				if what == "receive" {
					what = "received"
				}
				switch {
				case d != nil:
					d.Record(runs[id], rapid.SampledFrom([]event.Channel{event.Web, event.Web, event.Phone}).Draw(t, "channel"),
						touchpoint.Outcome(rapid.SampledFrom([]event.Outcome{event.OK, event.OK, event.Failed, event.Cancelled}).Draw(t, "outcome")))
				case stage[id] != what: // else it is a sign of life that no event tells
					runs[id] = claim.Enter(runs[id], what)
				}
				if claim.HasStage(what) {
					stage[id] = what
				}
			}
		}
		now = now.Add(time.Duration(rapid.IntRange(0, 100).Draw(t, "hours until the end")) * time.Hour)
		end := now
		live.Sweep(context.Background())

		again, replayed := client(cx.WithImplicitStarts())
		log := make([]event.Event, len(tape.lines))
		for i, line := range tape.lines {
			var err error
			if log[i], err = event.ParseJSON([]byte(line)); err != nil {
				t.Fatal(err)
			}
		}
		slices.SortStableFunc(log, func(a, b event.Event) int { return a.Time.Compare(b.Time) }) // as the replay does
		for _, e := range log {
			seen[e.Kind] = true
			now = e.Time
			again.Sweep(context.Background())
			again.Record(context.Background(), e)
		}
		now = end
		again.Sweep(context.Background())
		for _, list := range []*taped{tape, replayed} {
			slices.Sort(list.lines)
		}
		if diff := cmp.Diff(tape.lines, replayed.lines); diff != "" {
			t.Fatalf("(-live +replayed):\n%s", diff)
		}
		for _, c := range []*cx.Client{live, again} {
			if err := c.Shutdown(context.Background()); err != nil {
				t.Fatal(err)
			}
		}
	})
	for _, kind := range event.Kinds() {
		if strings.HasPrefix(string(kind), "promise.") && !seen[kind] {
			t.Error(fmt.Sprint("no log has ", kind, ", so that the test does not show it"))
		}
	}
}
