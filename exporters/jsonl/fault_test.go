package jsonl_test

import (
	"bytes"
	"compress/gzip"
	"context"
	"errors"
	"fmt"
	"io"
	"maps"
	"math/rand/v2"
	"slices"
	"strings"
	"syscall"
	"testing"

	"cairncx.dev/cairn/cx/event"
	"cairncx.dev/cairn/exporters/jsonl"
)

const onModel = "/var/lib/shop/events.jsonl"

// has returns the numbers of the events in the path's files on the model, and what is wrong with them.
func (m *model) has(t *testing.T) (numbers map[int]bool) {
	t.Helper()
	numbers = map[int]bool{}
	for _, name := range slices.Sorted(maps.Keys(m.names)) {
		text := m.text(name)
		switch {
		case strings.HasSuffix(name, ".jsonl.gz"):
			r, err := gzip.NewReader(strings.NewReader(text))
			if err != nil {
				t.Fatalf("%s: %v", name, err)
			}
			b, err := io.ReadAll(r)
			if err != nil {
				t.Fatalf("%s: %v", name, err)
			}
			text = string(b)
		case !strings.HasSuffix(name, ".jsonl"):
			continue
		}
		for line := range bytes.Lines([]byte(text)) {
			e, err := event.ParseJSON(line)
			if err != nil {
				t.Fatalf("%s: %.80q: %v", name, line, err)
			}
			numbers[e.Visit] = true
		}
	}
	return numbers
}

// scripted is a service that exports batches, comes back with those that failed, and flushes. It says what
// was acknowledged, and is over when the machine has stopped.
func scripted(m *model, opts ...jsonl.Option) (exported, flushed []int, err error) {
	ctx := context.Background()
	e, err := jsonl.New(onModel, append([]jsonl.Option{jsonl.WithDisk(m), jsonl.WithMaxSize(1500)}, opts...)...)
	if err != nil {
		return nil, nil, err
	}
	n := 1
	for range 6 {
		var batches [][]event.Event
		for range 2 {
			batches = append(batches, touches(n, 2, "pay"))
			n += 2
		}
		for _, b := range batches {
			for range 3 { // a Retry
				if err = e.Export(ctx, b); err == nil {
					exported = append(exported, b[0].Visit, b[1].Visit)
					break
				}
			}
		}
		if e.Flush(ctx) == nil {
			flushed = slices.Clone(exported)
		}
	}
	for range 3 {
		if err = e.Shutdown(ctx); err == nil {
			flushed = slices.Clone(exported)
			break
		}
	}
	return exported, flushed, err
}

// TestEveryCallFails: each call of the disk in turn fails, once, three times or for ever, or is the last
// before the process or the machine ends. After that New goes well, every line is whole, what Flush has
// acknowledged is there, and after a kill what Export has.
func TestEveryCallFails(t *testing.T) {
	t.Parallel()
	type opts = []jsonl.Option
	for name, o := range map[string]opts{
		"on flush": {jsonl.WithoutGzip()}, "every batch": {jsonl.WithoutGzip(), jsonl.WithSync(jsonl.EveryBatch)}, "gzip": {},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			whole := newModel()
			if _, flushed, err := scripted(whole, o...); err != nil || len(flushed) != 24 {
				t.Fatalf("without a fault: %v, %v", flushed, err)
			}
			faults := []struct {
				times int
				err   error
			}{{1, syscall.EIO}, {3, syscall.ENOSPC}, {1 << 30, syscall.EIO}, {1, errCrash}}
			first := rand.IntN(len(faults))
			if !everything() {
				t.Logf("each call fails in one way of %d, the first one in way %d; CAIRN_WHOLE=1 has all", len(faults), first)
			}
			for k := 1; k <= whole.calls+2; k++ {
				for i, f := range faults {
					if everything() || (first+k)%len(faults) == i {
						failed(t, k, f.times, f.err, o)
					}
				}
			}
		})
	}
}

func failed(t *testing.T, k, times int, fault error, o []jsonl.Option) {
	t.Helper()
	m := newModel()
	what := ""
	m.fail = func(call int, does string) error {
		if call >= k && call < k+times && !strings.HasPrefix(does, "close ") {
			if call == k {
				what = does
			}
			return fault
		}
		return nil
	}
	exported, flushed, err := scripted(m, o...)
	for _, c := range []cut{killed, power, zeroed} {
		where := fmt.Sprintf("call %d (%s) and %d more fail with %v (the end: %v), then a %v", k, what, times-1, fault, err, c)
		after := m.after(c)
		e, err := jsonl.New(onModel, jsonl.WithDisk(after))
		if err != nil {
			t.Fatalf("%s: New: %v", where, err)
		}
		if err := errors.Join(e.Export(context.Background(), touches(1000, 1, "next")), e.Shutdown(context.Background())); err != nil {
			t.Fatalf("%s: %v", where, err)
		}
		has := after.has(t)
		want := append([]int{1000}, flushed...)
		if c == killed {
			want = append(want, exported...)
		}
		for _, n := range want {
			if !has[n] {
				t.Fatalf("%s: event %d was acknowledged and is not there:\n%s", where, n, strings.Join(m.trace, "\n"))
			}
		}
	}
}

// TestFlushAfterFailedSync: an fsync that has failed is not made good by another one. What was exported is
// written again; until that went well no Flush says that it is on the disk.
func TestFlushAfterFailedSync(t *testing.T) {
	t.Parallel()
	ctx := context.Background()
	m := newModel()
	bad := false
	m.fail = func(_ int, does string) error {
		if bad && strings.HasPrefix(does, "sync ") {
			return syscall.EIO
		}
		return nil
	}
	e, err := jsonl.New(onModel, jsonl.WithDisk(m))
	if err != nil {
		t.Fatal(err)
	}
	export(t, e, touches(1, 3, "pay")...)
	if err := e.Flush(ctx); err != nil {
		t.Fatal(err)
	}
	export(t, e, touches(4, 3, "pay")...)
	bad = true
	for i := range 3 {
		if err := e.Flush(ctx); !errors.Is(err, syscall.EIO) {
			t.Fatalf("Flush %d says %v, and nothing is on the disk", i, err)
		}
	}
	bad = false
	if err := e.Flush(ctx); err != nil {
		t.Fatal(err)
	}
	after := m.after(power)
	if has := after.has(t); len(has) != 6 {
		t.Errorf("after a power cut %v are there, want 1 to 6", has)
	}
	shut(t, e)
}
