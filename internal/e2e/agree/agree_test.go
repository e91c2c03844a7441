package agree_test

import (
	"bufio"
	"context"
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"cairncx.dev/cairn/cx"
	"cairncx.dev/cairn/cx/event"
)

// TestMemoryAgrees: one process with sweeps at random moments reports what happened.
func TestMemoryAgrees(t *testing.T) {
	t.Parallel()
	for seed := range uint64(20) {
		rng := rand.New(rand.NewPCG(seed, 2)) //nolint:gosec // the same sequence each time
		began := time.Date(2026, 3, 2, 9, 0, 0, 0, time.UTC)
		now := began
		var got events
		w := newWords()
		client, err := cx.New(quiet(cx.WithDefinitions(w.definitions()...), cx.WithExporters(&got), cx.WithNamespace("agree"),
			cx.WithClock(func() time.Time { return now }), cx.WithSweepInterval(24*time.Hour))...)
		if err != nil {
			t.Fatal(err)
		}
		all := livesOf(seed)
		for _, d := range all {
			if at := began.Add(d.at); rng.IntN(3) == 0 && now.Before(at) {
				now = now.Add(time.Duration(rng.Int64N(int64(at.Sub(now)))))
				client.Sweep(t.Context())
			}
			now = began.Add(d.at)
			w.do(cx.NewContext(t.Context(), client), d, began)
		}
		now = now.Add(time.Hour)
		if err := client.Shutdown(flushed(t, client)); err != nil {
			t.Fatal(err)
		}
		compare(t, fmt.Sprint("seed ", seed), ofRun(all), got.all(), began)
	}
}

// flushed flushes the client and returns the context for its shutdown.
func flushed(t *testing.T, client *cx.Client) context.Context {
	t.Helper()
	if err := client.Flush(t.Context()); err != nil {
		t.Error(err)
	}
	return t.Context()
}

// TestStoresAgree: two processes report the same runs to a shared store, each at the times of its own clock, and
// sweep at any moment. Together they report what happened.
func TestStoresAgree(t *testing.T) {
	t.Parallel()
	for _, kind := range storeKinds {
		t.Run(kind.name, func(t *testing.T) {
			t.Parallel()
			seed := rand.Uint64() //nolint:gosec // a new one each time, which the test prints
			t.Logf("seed %d", seed)
			orders := [2]order{}
			began := time.Now().Add(3 * time.Second).Truncate(time.Second).UTC()
			at := kind.start(t)
			for i := range orders {
				orders[i] = order{Store: at, Seed: seed, Index: i, Began: began, Events: filepath.Join(t.TempDir(), fmt.Sprint(i, ".jsonl"))}
			}
			var running sync.WaitGroup
			for i := range orders {
				running.Go(func() { report(t, &orders[i]) })
			}
			running.Wait()
			var got []event.Event
			slow := map[string]bool{}
			for i := range orders {
				got = append(got, readEvents(t, orders[i].Events)...)
				readSlow(t, orders[i].Events+".slow", slow)
			}
			runs := ofRun(livesOf(seed))
			for id := range slow {
				delete(runs, id)
			}
			t.Logf("the processes reported %d of %d runs in time", len(runs), lives)
			compare(t, kind.name, runs, got, began)
		})
	}
}

func compare(t *testing.T, where string, runs map[string][]deed, got []event.Event, began time.Time) {
	t.Helper()
	of := map[string][]event.Event{}
	for _, e := range got {
		of[e.Journey.ID] = append(of[e.Journey.ID], e)
	}
	for id, deeds := range runs {
		if diff := cmp.Diff(truth(deeds), told(of[id], began)); diff != "" {
			t.Errorf("%s: the events of %s %+v\ndiffer (-truth +reported):\n%s", where, id, deeds, diff)
		}
	}
}

// report runs a process that follows the order.
func report(t *testing.T, o *order) {
	t.Helper()
	text, err := json.Marshal(o)
	if err != nil {
		t.Error(err)
		return
	}
	self, err := os.Executable()
	if err != nil {
		t.Error(err)
		return
	}
	cmd := exec.CommandContext(t.Context(), self)
	cmd.Env = append(os.Environ(), orderEnv+"="+string(text))
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Errorf("process %d: %v\n%s", o.Index, err, out)
	}
}

func readEvents(t *testing.T, path string) (out []event.Event) {
	t.Helper()
	file, err := os.Open(path)
	if err != nil {
		t.Error(err)
		return nil
	}
	defer func() { _ = file.Close() }()
	for in := bufio.NewScanner(file); in.Scan(); {
		e, err := event.ParseJSON(in.Bytes())
		if err != nil {
			t.Errorf("%s: %v", path, err)
			continue
		}
		out = append(out, e)
	}
	return out
}

func readSlow(t *testing.T, path string, slow map[string]bool) {
	t.Helper()
	text, err := os.ReadFile(path)
	if err != nil {
		t.Error(err)
	}
	for id := range strings.FieldsSeq(string(text)) {
		slow[id] = true
	}
}
