package sdktest_test

import (
	"context"
	"errors"
	"slices"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"cairncx.dev/cairn/cx"
	"cairncx.dev/cairn/cx/event"
	"cairncx.dev/cairn/cx/ledger"
	"cairncx.dev/cairn/cx/stores/memory"
	"cairncx.dev/cairn/feedback"
)

var errKilled = errors.New("the process is killed")

// mortal is a store that does nothing for a process that is killed.
type mortal struct {
	ledger.Store

	dead *atomic.Bool
}

func (m mortal) Write(ctx context.Context, changes []ledger.Change) ([]ledger.Record, error) {
	if m.dead.Load() {
		return nil, errKilled
	}
	return m.Store.Write(ctx, changes)
}

func (m mortal) Claim(ctx context.Context, limit int, lease time.Duration) (time.Time, []ledger.Record, error) {
	if m.dead.Load() {
		return time.Time{}, nil, errKilled
	}
	return m.Store.Claim(ctx, limit, lease)
}

func (m mortal) Shelf(name string) ledger.Store {
	return mortal{m.Store.(ledger.Shelver).Shelf(name), m.dead}
}

// heard keeps the events of an exporter, or keeps them and does not return, so that nothing is safe.
type heard struct {
	hangs chan struct{}

	mu     sync.Mutex
	events []event.Event
}

func (h *heard) Export(_ context.Context, events []event.Event) error {
	h.mu.Lock()
	h.events = append(h.events, events...)
	h.mu.Unlock()
	if h.hangs != nil {
		<-h.hangs
		return errKilled
	}
	return nil
}

func (*heard) Shutdown(context.Context) error { return nil }

// of returns the IDs of the events of the kind.
func (h *heard) of(kind event.Kind) (ids []event.ID) {
	h.mu.Lock()
	defer h.mu.Unlock()
	for i := range h.events {
		if e := &h.events[i]; e.Kind == kind && !slices.Contains(ids, e.ID) {
			ids = append(ids, e.ID)
		}
	}
	return ids
}

// TestRetoldAnswerCountsOnce: a process is killed after it has counted an answer, and before its exporter has it. Another process exports the
// answer under the same ID, and does not count it again.
func TestRetoldAnswerCountsOnce(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		ease := feedback.Define("ease", feedback.CES)
		store, dead := new(memory.Store), new(atomic.Bool)
		lost, kept := &heard{hangs: make(chan struct{})}, &heard{}
		victim := sdk(t, "shop", likeOtelsetup())
		client, err := cx.New(append(slices.Clone(victim.providers), cx.WithDefinitions(ease), cx.WithStore(mortal{store, dead}), cx.WithExporters(lost), cx.WithUnredactedText())...)
		if err != nil {
			t.Fatal(err)
		}
		heir := newProcess(t, "shop", cx.WithDefinitions(ease), cx.WithStore(store), cx.WithExporters(kept), cx.WithSweepInterval(time.Second), cx.WithUnredactedText())
		request := event.NewID(time.Now())
		heir.client.Record(heir.context(), event.Event{ID: request, Kind: event.SurveyRequested, Customer: event.Customer{ID: "ann"}, Feedback: &event.Feedback{Survey: "ease", Scale: event.CES}})
		if err := heir.client.Flush(t.Context()); err != nil {
			t.Fatal(err)
		}
		ease.Record(cx.NewContext(context.Background(), client), 2, feedback.AnsweringID(request), feedback.Comment("so so"))
		time.Sleep(5 * time.Second) // the store has it, and the exporter has refused it
		dead.Store(true)
		time.Sleep(2 * time.Minute)
		was, is := lost.of(event.FeedbackReceived), kept.of(event.FeedbackReceived)
		if len(was) != 1 || !slices.Equal(was, is) {
			t.Errorf("the killed process exports answers with the IDs %v, and the other one %v; want one, the same", was, is)
		}
		victim.client = client
		counts := []int{answers(t, victim), answers(t, heir)}
		if !slices.Equal(counts, []int{1, 0}) {
			t.Errorf("the killed process counts %d answers, and the other one %d; want 1 and 0", counts[0], counts[1])
		}
		dead.Store(false) // so that the client can end
		close(lost.hangs)
		if err := client.Shutdown(context.Background()); err != nil {
			t.Log(err) // the exporter has lost the answer
		}
	})
}

// answers returns how many answers the process has counted.
func answers(t *testing.T, p *process) (sum int) {
	t.Helper()
	for key, value := range p.series() {
		if strings.HasPrefix(key, "cx.feedback.responses{") {
			n, err := strconv.Atoi(value)
			if err != nil {
				t.Fatal(err)
			}
			sum += n
		}
	}
	return sum
}
