package jsonl_test

import (
	"bytes"
	"compress/gzip"
	"fmt"
	"io"
	"io/fs"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"cairncx.dev/cairn/cx/event"
	"cairncx.dev/cairn/exporters/internal/fakedisk"
	"cairncx.dev/cairn/exporters/jsonl"
)

// The ends of a process or a machine.
const (
	killed = fakedisk.Kill
	power  = fakedisk.Power
	zeroed = fakedisk.Zeroed
)

var errCrash = fakedisk.ErrCrash

// model is the disk in memory of an exporter.
type model struct {
	*fakedisk.Disk

	fail  func(call string) error
	nth   map[string]int // how often there was such a call
	trace []string       // the calls, such as "write events.jsonl 3"
}

func newModel() *model { return modelOn(fakedisk.New()) }

func modelOn(d *fakedisk.Disk) *model {
	m := &model{Disk: d, nth: map[string]int{}}
	d.Call = m.call
	return m
}

// after returns the disk as it is after the end.
func (m *model) after(c fakedisk.Cut) *model { return modelOn(m.After(c)) }

// failing sets the function that says which calls fail, also while the exporter's goroutine uses the disk.
func (m *model) failing(f func(call string) error) {
	m.Mu.Lock()
	defer m.Mu.Unlock()
	m.fail = f
}

// call notes a call, and says whether it fails.
func (m *model) call(does, name string) error {
	base := filepath.Base(name)
	if after, ok := strings.CutPrefix(base, "events-"); ok {
		base = "closed" + after[len("20060102T150405.000000000Z"):] // when it was closed differs
	}
	what := does + " " + base
	m.nth[what]++
	what = fmt.Sprintf("%s %d", what, m.nth[what])
	m.trace = append(m.trace, what)
	if m.fail == nil {
		return nil
	}
	return m.fail(what)
}

func (m *model) Open(name string, flag int, _ fs.FileMode) (jsonl.Handle, error) {
	f, err := m.Disk.Open(name, flag)
	if err != nil {
		return nil, err
	}
	return handle{f}, nil
}

// handle is an open file of a model.
type handle struct{ *fakedisk.File }

func (h handle) Lock() error { return h.File.Lock(jsonl.ErrLocked) }

// check fails if a handle was used after its Close, or was not closed when the exporter is at its end.
func (m *model) check(t *testing.T, at string, over bool) {
	t.Helper()
	if bad := m.Misuse(); len(bad) > 0 {
		t.Errorf("%s: files were used after they were closed: %q", at, bad)
	}
	if open := m.OpenFiles(); over && !m.Down() && len(open) > 0 {
		t.Errorf("%s: files are left open: %q", at, open)
	}
}

// has returns the numbers of the events in the path's files in their order, and fails where a line is not whole, or
// has zeros in it and must not.
func (m *model) has(t *testing.T, at string, zeros bool) (numbers []int) {
	t.Helper()
	// By name the closed files are in the order in which they were closed, before the one that is written to. A closed file is
	// there both ways until its plain form is removed, and counts once.
	names := m.Names()
	for _, name := range names {
		if slices.Contains(names, name+".gz") {
			continue
		}
		text := m.Text(name)
		switch {
		case strings.HasSuffix(name, ".jsonl.gz"):
			r, err := gzip.NewReader(strings.NewReader(text))
			if err != nil {
				t.Fatalf("%s: %s: %v", at, name, err)
			}
			b, err := io.ReadAll(r)
			if err != nil {
				t.Fatalf("%s: %s: %v", at, name, err)
			}
			text = string(b)
		case !strings.HasSuffix(name, ".jsonl"):
			continue
		}
		for line := range bytes.Lines([]byte(text)) {
			e, err := event.ParseJSON(line)
			if zeros && name != onModel && bytes.IndexByte(line, 0) >= 0 {
				continue
			}
			if err != nil {
				t.Fatalf("%s: %s: %.80q: %v", at, name, line, err)
			}
			numbers = append(numbers, e.Visit)
		}
	}
	return numbers
}
