package jsonl_test

import (
	"context"
	"errors"
	"fmt"
	"math"
	"slices"
	"strings"
	"sync/atomic"
	"syscall"
	"testing"
	"testing/synctest"

	"cairncx.dev/cairn/exporters/internal/fakedisk"
	"cairncx.dev/cairn/exporters/jsonl"
)

const onModel = "/var/lib/shop/events.jsonl"

// fault is what goes wrong with a disk: from a call on, so many calls fail.
type fault struct {
	at    string // a call of the model's trace
	calls int
	err   error

	left int
	told atomic.Bool // an error that wraps the fault was returned, or was reported to OpenTelemetry
}

func (f *fault) Error() string { return f.err.Error() }

func (f *fault) Unwrap() error { return f.err }

// call is the fail of a model.
func (f *fault) call(call string) error {
	if call == f.at {
		f.left = f.calls
	}
	if f.left == 0 {
		return nil
	}
	f.left--
	return f
}

// hear notes which faults an error tells.
func hear(err error) {
	var f *fault
	if errors.As(err, &f) {
		f.told.Store(true)
	}
}

// service is a service that exports batches, comes back with those that failed, and flushes.
type service struct {
	exported, flushed []int        // what was acknowledged
	repeated          map[int]bool // what was exported again after an error
	over              bool         // New has failed, or Shutdown has not
}

// serve runs the service on the disk, in a bubble.
func serve(t *testing.T, m *model, rounds int, opts ...jsonl.Option) (s service) {
	t.Helper()
	ctx := context.Background()
	s.repeated = map[int]bool{}
	var e *jsonl.Exporter
	for range 3 {
		var err error
		if e, err = jsonl.New(onModel, append([]jsonl.Option{jsonl.WithDisk(m), jsonl.WithMaxSize(1500)}, opts...)...); err == nil {
			break
		}
		if hear(err); len(m.OpenFiles()) > 0 && !m.Down() {
			t.Errorf("New fails and leaves files open: %q", m.OpenFiles())
		}
	}
	if e == nil {
		s.over = true
		return s
	}
	n := 101
	for range rounds {
		for range 2 {
			b := touches(n, 2, "pay")
			n += 2
			for range 3 { // a Retry
				err := e.Export(ctx, b)
				if synctest.Wait(); err == nil {
					s.exported = append(s.exported, b[0].Visit, b[1].Visit)
					break
				}
				hear(err)
				s.repeated[b[0].Visit], s.repeated[b[1].Visit] = true, true
			}
		}
		if err := e.Flush(ctx); err != nil {
			hear(err)
		} else {
			s.flushed = slices.Clone(s.exported)
		}
	}
	for range 3 {
		err := e.Shutdown(ctx)
		if synctest.Wait(); err == nil {
			s.flushed = slices.Clone(s.exported)
			s.over = true
			break
		}
		hear(err)
	}
	return s
}

// story is a disk on which a service begins, and how it writes to it.
type story struct {
	name, reason string
	files        map[string]string // what is there, by what is behind "events" in the name
	has          []int             // the events that a reader finds in that
	opts         []jsonl.Option
}

// told returns what the service does on the disk with the faults, and fails where it breaks a promise.
func (s story) told(t *testing.T, rounds int, faults ...*fault) (trace []string) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		var where []string
		for _, f := range faults {
			where = append(where, fmt.Sprintf("%q and %d calls more fail with %v", f.at, f.calls-1, f.err))
		}
		at := strings.Join(where, ", ")
		m := newModel()
		for name, text := range s.files {
			m.Put(strings.TrimSuffix(onModel, ".jsonl")+name, text)
		}
		m.failing(func(call string) error {
			for _, f := range faults {
				if err := f.call(call); err != nil {
					return err
				}
			}
			return nil
		})
		does := serve(t, m, rounds, s.opts...)
		trace = m.trace
		m.check(t, at, does.over)
		// A file that was only read has nothing to lose when it is closed.
		if len(faults) == 1 && faults[0].calls == 1 && !m.Down() && !faults[0].told.Load() && !strings.HasPrefix(faults[0].at, "close closed.jsonl ") {
			t.Errorf("%s: it is told to no caller and not to OpenTelemetry", at)
		}
		for _, c := range []fakedisk.Cut{killed, power, zeroed} {
			s.after(t, m.after(c), does, c, faults, fmt.Sprintf("%s, then a %v", at, c))
		}
		if t.Failed() {
			t.Logf("%s: %s: the calls:\n%s", s.name, s.reason, strings.Join(trace, "\n"))
		}
	})
	return trace
}

// after begins again on the disk as it is after the end.
func (s story) after(t *testing.T, m *model, does service, c fakedisk.Cut, faults []*fault, at string) {
	t.Helper()
	ctx := context.Background()
	e, err := jsonl.New(onModel, append([]jsonl.Option{jsonl.WithDisk(m)}, s.opts...)...)
	if err != nil {
		t.Fatalf("%s: New: %v", at, err)
	}
	if err := errors.Join(e.Export(ctx, touches(1000, 1, "next")), e.Shutdown(ctx)); err != nil {
		t.Fatalf("%s: %v", at, err)
	}
	m.check(t, at, true)
	again := slices.ContainsFunc(faults, func(f *fault) bool { return f.calls > 1 || strings.HasPrefix(f.at, "sync ") })
	has := m.has(t, at, again && c == zeroed)
	want := slices.Concat([]int{1000}, s.has, does.flushed)
	if c == killed {
		want = append(want, does.exported...)
	}
	for _, n := range want {
		if !slices.Contains(has, n) {
			t.Errorf("%s: event %d was acknowledged and is not there: %v", at, n, has)
		}
	}
	single := len(faults) == 0 || len(faults) == 1 && faults[0].calls == 1 && !errors.Is(faults[0], errCrash)
	last := math.MinInt
	for i, n := range has {
		if slices.Contains(has[:i], n) {
			// After one fault what was written again, or is exported again, is cut off where it was before.
			if single || !again && !does.repeated[n] {
				t.Errorf("%s: event %d is there twice: %v", at, n, has)
			}
			continue
		}
		if n < last {
			t.Errorf("%s: event %d is behind %d: %v", at, n, last, has)
		}
		last = n
	}
}

// all tells the story with each fault, and with each that follows it closely if pairs are wanted.
func (s story) all(t *testing.T, rounds int, pairs bool) {
	t.Helper()
	for _, call := range s.told(t, rounds) {
		for _, f := range []*fault{
			{calls: 3, err: syscall.ENOSPC}, {calls: math.MaxInt, err: syscall.EIO}, {calls: 1, err: errCrash},
		} {
			f.at = call
			s.told(t, rounds, f)
		}
		trace := s.told(t, rounds, &fault{at: call, calls: 1, err: syscall.EIO})
		if !pairs && !everything() {
			continue
		}
		i := slices.Index(trace, call) + 1
		for _, second := range trace[i:min(i+12, len(trace))] {
			for _, err := range []error{syscall.EIO, errCrash} {
				s.told(t, rounds, &fault{at: call, calls: 1, err: syscall.EIO}, &fault{at: second, calls: 1, err: err})
			}
		}
	}
}

// TestEveryCallFails: each call of the disk in turn fails, once, three times or for ever, or is the last before the
// process or the machine ends, and one of the calls that follow it may fail as well. After that New goes well, every
// line is whole, what Flush has acknowledged is there, and after a kill what Export has. A fault is told, and no file
// is left open.
func TestEveryCallFails(t *testing.T) {
	t.Parallel()
	rounds := 3
	if everything() {
		rounds = 6
	}
	for _, s := range []story{
		{name: "on flush", opts: []jsonl.Option{jsonl.WithoutGzip()}},
		{name: "every batch", opts: []jsonl.Option{jsonl.WithoutGzip(), jsonl.WithSync(jsonl.EveryBatch)}},
		{name: "gzip"},
	} {
		t.Run(s.name, func(t *testing.T) {
			t.Parallel()
			s.all(t, rounds, s.opts != nil)
		})
	}
}

// TestEveryCallFailsWhileMending: as above, on disks as crashes, power cuts and strangers leave them.
func TestEveryCallFailsWhileMending(t *testing.T) {
	t.Parallel()
	const closed = "-19990417T120000.000000000Z.jsonl"
	lines := func(first, n int) (text string) {
		for _, e := range touches(first, n, "pay") {
			text += string(e.AppendJSON(nil)) + "\n"
		}
		return text
	}
	type files = map[string]string
	plain := []jsonl.Option{jsonl.WithoutGzip()}
	one, three := lines(1, 1), lines(1, 3)
	half, rest := three[:len(three)-50], lines(3, 1)
	for _, s := range []story{
		{"torn", "a crash within a write", files{".jsonl": half}, []int{1, 2}, plain},
		{"without its last line break", "the same, one byte later", files{".jsonl": three[:len(three)-1]}, []int{1, 2, 3}, plain},
		{"zeros at the end", "a power cut", files{".jsonl": half + "\x00\x00"}, []int{1, 2}, plain},
		{"zeros within", "a power cut", files{".jsonl": one + "\x00\x00" + rest}, []int{1, 3}, plain},
		{"zeros within, half mended", "a crash while it was mended", files{".jsonl": one + "\x00\x00" + rest, ".jsonl.mended.tmp": one + "{"}, []int{1, 3}, plain},
		{"mended", "a crash after the damaged file had lost its name", files{closed + ".damaged": one + "\x00" + rest, ".jsonl.mended.tmp": one + rest}, []int{1, 3}, plain},
		{"a closed file", "a crash before it was gzipped", files{closed: one, ".jsonl": rest}, []int{1, 3}, nil},
		{"half gzipped", "a crash meanwhile", files{closed: one, closed + ".gz.tmp": zip(one)[:20]}, []int{1}, nil},
		{"gzipped", "a crash before the other one was removed", files{closed: one, closed + ".gz": zip(one)}, []int{1}, nil},
		{"a gzipped file that is none", "a power cut", files{closed: one, closed + ".gz": "\x00\x00"}, []int{1}, nil},
		{"a gzipped file of something else", "a stranger's", files{closed: one, closed + ".gz": zip(rest)}, []int{3}, nil},
	} {
		t.Run(s.name, func(t *testing.T) {
			t.Parallel()
			s.all(t, 1, s.opts != nil)
		})
	}
}

// TestWrittenAgainInVain: an fsync fails while another program has put a file of its own in the place of the path's, and
// writing the lines again to that one fails as well. Nothing of a line is left in it, and the next Flush writes them.
func TestWrittenAgainInVain(t *testing.T) {
	t.Parallel()
	m := newModel()
	e, err := jsonl.New(onModel, jsonl.WithDisk(m))
	if err != nil {
		t.Fatal(err)
	}
	export(t, e, touches(2, 3, "pay")...)
	if err := m.Rename(onModel, onModel+".1"); err != nil {
		t.Fatal(err)
	}
	m.Put(onModel, string(touches(1, 1, "pay")[0].AppendJSON(nil))+"\n")
	m.failing(func(call string) error {
		if strings.HasPrefix(call, "sync events.jsonl ") || strings.HasPrefix(call, "write events.jsonl ") {
			return syscall.EIO
		}
		return nil
	})
	if err := e.Flush(t.Context()); !errors.Is(err, syscall.EIO) {
		t.Errorf("Flush says %v, and nothing is on the disk", err)
	}
	m.failing(nil)
	if err := e.Flush(t.Context()); err != nil {
		t.Error(err)
	}
	shut(t, e)
	if has := m.has(t, "afterwards", false); !slices.Equal(has, []int{1, 2, 3, 4}) {
		t.Errorf("the events are %v, want 1 to 4", has)
	}
	if strings.Contains(m.Text(onModel), `"visit":1,`) {
		t.Error("the file that could not be written to is written to again")
	}
}

// TestFsyncsFailInTurn: each time what came since the last good fsync is in a new file, and what was on the disk before
// stays where it is.
func TestFsyncsFailInTurn(t *testing.T) {
	t.Parallel()
	m := newModel()
	e, err := jsonl.New(onModel, jsonl.WithDisk(m), jsonl.WithoutGzip())
	if err != nil {
		t.Fatal(err)
	}
	want := []int{1, 2}
	export(t, e, touches(1, 2, "pay")...)
	for n := range 6 {
		if n%2 == 1 { // else nothing has come since
			export(t, e, touches(n+10, 1, "pay")...)
			want = append(want, n+10)
		}
		bad := true
		m.failing(func(call string) error {
			if bad && strings.HasPrefix(call, "sync events.jsonl ") {
				bad = false
				return syscall.EIO
			}
			return nil
		})
		if err := e.Flush(t.Context()); err != nil || bad {
			t.Fatalf("Flush %d says %v, and what it is about is on the disk", n, err)
		}
	}
	shut(t, e)
	for _, c := range []fakedisk.Cut{killed, power} {
		if has := m.after(c).has(t, c.String(), false); !slices.Equal(has, want) {
			t.Errorf("after a %v the events are %v, want %v", c, has, want)
		}
	}
}

// TestFlushAfterFailedSync: an fsync that has failed is not made good by another one. What was exported is
// written again; until that went well no Flush says that it is on the disk.
func TestFlushAfterFailedSync(t *testing.T) {
	t.Parallel()
	ctx := context.Background()
	m := newModel()
	var bad atomic.Bool
	m.failing(func(call string) error {
		if bad.Load() && strings.HasPrefix(call, "sync ") {
			return syscall.EIO
		}
		return nil
	})
	e, err := jsonl.New(onModel, jsonl.WithDisk(m))
	if err != nil {
		t.Fatal(err)
	}
	export(t, e, touches(1, 3, "pay")...)
	if err := e.Flush(ctx); err != nil {
		t.Fatal(err)
	}
	export(t, e, touches(4, 3, "pay")...)
	bad.Store(true)
	for i := range 3 {
		if err := e.Flush(ctx); !errors.Is(err, syscall.EIO) {
			t.Fatalf("Flush %d says %v, and nothing is on the disk", i, err)
		}
	}
	bad.Store(false)
	if err := e.Flush(ctx); err != nil {
		t.Fatal(err)
	}
	after := m.after(power)
	if has := after.has(t, "after a power cut", false); len(has) != 6 {
		t.Errorf("after a power cut %v are there, want 1 to 6", has)
	}
	shut(t, e)
}
