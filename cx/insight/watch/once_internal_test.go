package watch

import (
	"context"
	"fmt"
	"log/slog"
	"maps"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"cairncx.dev/cairn/cx"
	"cairncx.dev/cairn/cx/event"
	"cairncx.dev/cairn/cx/insight/breakdown"
	"cairncx.dev/cairn/cx/ledger"
	"cairncx.dev/cairn/cx/stores/memory"
)

// sink has the events of a client by their IDs, with how often each has come.
type sink struct {
	mu  sync.Mutex
	all map[string]int
}

func (s *sink) Process(_ context.Context, e *event.Event) {
	s.mu.Lock()
	defer s.mu.Unlock()
	text := fmt.Sprintf("%s %s", e.Kind, e.Stage)
	if e.Promise != nil {
		text += fmt.Sprintf(" %s %d %s", e.Promise.Name, e.Promise.Number, e.Promise.Due.Format(time.RFC3339Nano))
	}
	s.all[fmt.Sprintf("%s at %s: %s", strings.TrimSpace(text), e.Time.Format(time.RFC3339Nano), e.ID)]++
}
func (*sink) Flush(context.Context) error    { return nil }
func (*sink) Shutdown(context.Context) error { return nil }

func (s *sink) list() (list []string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for text := range s.all {
		list = append(list, text)
	}
	slices.Sort(list)
	return list
}

// taker is an instance that records steps.
type taker struct {
	*refresh
	*sink
}

func newTaker(t *testing.T, store ledger.Store) *taker {
	t.Helper()
	j := Define("", ConfirmWithin(2*dayLen), PlanWithin(7*dayLen), MendWithin(30*dayLen), ForSeverity("low", 0), ForSeverity("high", 20, ConfirmWithin(4*time.Hour)))
	s := &sink{all: map[string]int{}}
	c, err := cx.New(cx.WithStore(store), cx.WithNamespace("shop"), cx.WithDefinitions(j.Journey()), cx.WithProcessors(s), cx.WithoutCustomerIDs(),
		cx.WithLogger(slog.New(slog.DiscardHandler)), cx.WithSweepInterval(time.Hour))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := c.Shutdown(context.WithoutCancel(t.Context())); err != nil {
			t.Error(err)
		}
	})
	return &taker{&refresh{w: &Watch{plan: Plan{Journey: j, Client: c}, namespace: "shop"}}, s}
}

// known is what an instance knows of the breakdown, which has this severity.
func known(severity string) *entry {
	began := time.Date(2000, 1, 1, 0, 0, 0, 0, time.UTC)
	return &entry{
		ID: strings.Repeat("0", 32), First: breakdown.Subject{About: breakdown.OfStage, Journey: "checkout", Name: "payment"}, Severity: severity, FoundAt: began, Since: began,
		Found: breakdown.Found{Began: began}, Stage: Found,
	}
}

// take records the steps, each with the severity of the same number.
func (k *taker) take(t *testing.T, steps []pending, severities ...string) {
	t.Helper()
	ctx := cx.NewContext(t.Context(), k.w.plan.Client)
	for i := range steps {
		k.record(ctx, known(severities[min(i, len(severities)-1)]), &steps[i])
		k.flush(t)
	}
}

func (k *taker) flush(t *testing.T) {
	t.Helper()
	if err := k.w.plan.Client.Flush(t.Context()); err != nil {
		t.Error(err)
	}
}

// person takes the same steps as a person would, each without a name.
func (k *taker) person(t *testing.T, steps []pending, severity string) {
	t.Helper()
	e, j := known(severity), k.w.plan.Journey
	is := e.status()
	for i := range steps {
		ctx := j.Resume(cx.NewContext(t.Context(), k.w.plan.Client), e.ID)
		at, d := At(steps[i].At), is.Details()
		switch steps[i].Do {
		case doFind:
			j.Find(ctx, e.ID, d, at)
		case doReopen:
			j.Reopen(ctx, d, at)
		case doEscalate:
			j.Escalate(ctx, d, e.FoundAt, at)
		case doMend:
			j.Mend(ctx, at)
		case doVerify:
			j.Verify(ctx, at)
		case doClose:
			j.Close(ctx, at)
		}
		k.flush(t)
	}
}

// life has every step that an instance takes, with its number.
func life() (steps []pending) {
	at := time.Date(2000, 1, 1, 1, 0, 0, 0, time.UTC)
	for n, do := range []string{doFind, doEscalate, doMend, doReopen, doMend, doVerify, doClose} {
		steps = append(steps, pending{Do: do, N: n + 1, At: at.Add(time.Duration(n) * time.Minute)})
	}
	return steps
}

// TestOnce: a step that two instances take is one: whatever each of them knows of the run, its events have the same IDs. An instance that takes it again adds
// no event, and two steps of one kind have IDs of their own.
func TestOnce(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		time.Sleep(2 * time.Hour)
		store := new(memory.Store)
		first, apart, second, people := newTaker(t, store), newTaker(t, new(memory.Store)), newTaker(t, store), newTaker(t, new(memory.Store))
		first.take(t, life()[:2], "high")
		apart.take(t, life(), "high") // it shares nothing with the first one
		people.person(t, life(), "high")
		second.take(t, life()[:2], "low") // it knows less
		second.take(t, life(), "high")
		first.take(t, life(), "high")
		if diff := cmp.Diff(apart.list(), people.list()); diff != "" {
			t.Errorf("a step with a name is another one (-instance +person):\n%s", diff)
		}
		all := map[string]bool{}
		for _, text := range slices.Concat(first.list(), second.list()) {
			all[text] = true
		}
		both := slices.Sorted(maps.Keys(all))
		if diff := cmp.Diff(apart.list(), both); diff != "" {
			t.Errorf("(-one instance +two):\n%s", diff)
		}
		ids, stages := map[string]bool{}, map[string]int{}
		for _, text := range both {
			of, id, _ := strings.Cut(text, ": ")
			if ids[id] {
				t.Errorf("%s has the ID of another event", text)
			}
			ids[id] = true
			stages[strings.Join(strings.Fields(of)[:2], " ")]++
		}
		if stages["journey.stage.entered found"] != 2 || stages["journey.stage.entered mended"] != 2 || stages["journey.ended verified"] != 1 {
			t.Errorf("the events are\n%s", strings.Join(both, "\n"))
		}
	})
}

// TestOnceEarly: an instance is killed in the middle of a step's events. The next one records what is left of it.
func TestOnceEarly(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		time.Sleep(2 * time.Hour)
		whole := newTaker(t, new(memory.Store))
		whole.take(t, life(), "high")
		for n := range life() {
			store := new(memory.Store)
			first, second := newTaker(t, store), newTaker(t, store)
			first.take(t, life()[:n], "high")
			second.take(t, life(), "high") // it does not know what the first one has done
			got := map[string]bool{}
			for _, text := range slices.Concat(first.list(), second.list()) {
				got[text] = true
			}
			for _, want := range whole.list() {
				if !got[want] {
					t.Errorf("after %d steps %s is missing", n, want)
				}
			}
			if len(got) != len(whole.list()) {
				t.Errorf("after %d steps there are %d events, want %d", n, len(got), len(whole.list()))
			}
		}
	})
}
