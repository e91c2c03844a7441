package jsonl_test

import (
	"context"
	"errors"
	"io"
	"os"
	"path/filepath"
	"syscall"
	"testing"

	"cairncx.dev/cairn/exporters/jsonl"
)

// tearing is a writer whose first writes go wrong.
type tearing struct {
	text   []byte
	faults []tear
}

// tear is what becomes of a write: so many bytes are written, and it returns that number, or another one, and an error.
type tear struct {
	written, told int
	err           error
}

var errTorn = errors.New("torn")

func (w *tearing) Write(b []byte) (int, error) {
	if len(w.faults) == 0 {
		w.text = append(w.text, b...)
		return len(b), nil
	}
	f := w.faults[0]
	w.faults = w.faults[1:]
	w.text = append(w.text, b[:f.written]...)
	return f.told, f.err
}

// TestWriterTorn: a line that is torn is ended once, before the next batch, and only a line that is.
func TestWriterTorn(t *testing.T) {
	t.Parallel()
	batch := touches(1, 2, "pay")
	first, second := string(batch[0].AppendJSON(nil))+"\n", string(batch[1].AppendJSON(nil))+"\n"
	whole := first + second
	at := func(n int) tear { return tear{n, n, errTorn} }
	for _, c := range []struct {
		name, reason string
		faults       []tear
		err          error
		torn         string // what is there before the batches
	}{
		{"nothing is written", "there is nothing to end", []tear{at(0)}, errTorn, ""},
		{"one byte", "the next batch would be a part of it", []tear{at(1)}, errTorn, first[:1] + "\n"},
		{"in the first line", "as above", []tear{at(10)}, errTorn, first[:10] + "\n"},
		{"between two lines", "a line that is whole has ended", []tear{at(len(first))}, errTorn, first},
		{"in the second line", "as in the first", []tear{at(len(first) + 5)}, errTorn, first + second[:5] + "\n"},
		{"all but the last line break", "it is whole then", []tear{at(len(whole) - 1)}, errTorn, whole},
		{"twice", "each is ended", []tear{at(10), {1, 1, nil}, at(20)}, errTorn, first[:10] + "\n" + first[:20] + "\n"},
		{"its end, too", "it is ended when that goes well", []tear{at(10), at(0)}, errTorn, first[:10] + "\n"},
		{"a short write without an error", "io.Writer must return one, and not each does", []tear{{10, 10, nil}}, io.ErrShortWrite, first[:10] + "\n"},
		{"more than there was", "the number is not to be trusted", []tear{{len(whole), len(whole) + 1, errTorn}}, errTorn, whole},
		{"less than nothing", "as above", []tear{{0, -1, errTorn}}, errTorn, ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			w := &tearing{faults: c.faults}
			e, err := jsonl.NewWriter(w)
			if err != nil {
				t.Fatal(err)
			}
			for len(w.faults) > 0 {
				if err := e.Export(context.Background(), batch); !errors.Is(err, c.err) {
					t.Fatalf("Export: %v, want %v: %s", err, c.err, c.reason)
				}
			}
			export(t, e, batch...)
			export(t, e, batch...)
			if want := c.torn + whole + whole; string(w.text) != want {
				t.Errorf("it is\n%q, want\n%q: %s", w.text, want, c.reason)
			}
		})
	}
}

// syncing is a writer that can be synced.
type syncing struct {
	tearing

	syncs int
	err   error
}

func (w *syncing) Sync() error {
	w.syncs++
	return w.err
}

// TestWriterSync: Flush and Shutdown sync what can be synced, once each. That a pipe or a terminal cannot be is no
// error.
func TestWriterSync(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name, reason string
		err          error
		fails        bool
	}{
		{"it can", "there is no error", nil, false},
		{"EINVAL", "Linux says so of a pipe", syscall.EINVAL, false},
		{"ENOTSUP", "macOS says so of a terminal", syscall.ENOTSUP, false},
		{"unsupported", "Go says so of what has no file", errors.ErrUnsupported, false},
		{"EIO", "the lines may not be on the disk", syscall.EIO, true},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			w := &syncing{err: c.err}
			e, err := jsonl.NewWriter(w)
			if err != nil {
				t.Fatal(err)
			}
			for i, does := range []func(context.Context) error{e.Flush, e.Shutdown} {
				if err := does(t.Context()); (err != nil) != c.fails || c.fails && !errors.Is(err, c.err) {
					t.Errorf("call %d says %v: %s", i, err, c.reason)
				}
				if w.syncs != i+1 {
					t.Errorf("after call %d it was synced %d times", i, w.syncs)
				}
			}
		})
	}
}

// TestWriterIsTheCallers: after Shutdown the application may close the writer, and call Shutdown again.
func TestWriterIsTheCallers(t *testing.T) {
	t.Parallel()
	f, err := os.Create(filepath.Join(t.TempDir(), "events.jsonl"))
	if err != nil {
		t.Fatal(err)
	}
	e, err := jsonl.NewWriter(f)
	if err != nil {
		t.Fatal(err)
	}
	export(t, e, touches(1, 1, "pay")...)
	shut(t, e)
	if err := f.Close(); err != nil {
		t.Errorf("the exporter has closed what is not its own: %v", err)
	}
	shut(t, e)
}

type panicking struct{}

func (panicking) Write([]byte) (int, error) { panic("no") }

// TestWriterPanics: a panic of somebody's writer is an error, and the next call has its turn.
func TestWriterPanics(t *testing.T) {
	t.Parallel()
	e, err := jsonl.NewWriter(panicking{})
	if err != nil {
		t.Fatal(err)
	}
	for range 2 {
		if err := e.Export(t.Context(), touches(1, 1, "pay")); err == nil {
			t.Error("Export returned nil")
		}
	}
	shut(t, e)
}
