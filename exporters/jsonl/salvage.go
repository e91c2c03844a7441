package jsonl

import (
	"bufio"
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"

	"go.opentelemetry.io/otel"

	"cairncx.dev/cairn/cx/event"
)

const (
	damaged = ".damaged"    // behind a closed file's name: one that was set aside
	mending = ".mended.tmp" // behind the path: what is whole of the one that is set aside
	sector  = 512           // bytes of zeros that a power cut leaves at least
)

// errDamaged is the error of mend for a file that has zeros in it.
var errDamaged = errors.New("it has zeros in it")

// salvage puts what is whole of the damaged file into a new one in its place, and sets the damaged one
// aside. The new file is on the disk before the old one loses its name: [file.resume] goes on from there
// after a crash.
func (f *file) salvage(h handle) error {
	info, err := h.Stat()
	if err != nil {
		return err
	}
	dst, err := create(f.cfg.disk, f.path+mending, info.Mode().Perm())
	if err != nil {
		return err
	}
	found, err := recovered(dst, io.NewSectionReader(h, 0, info.Size()))
	err = errors.Join(err, dst.Chmod(info.Mode().Perm()), dst.Sync(), dst.Close())
	if err == nil && found.whole == 0 && !found.ours {
		err = fmt.Errorf("%w: %s has zeros in it and no event; move it away or name another", ErrForeign, f.path)
	}
	if err != nil {
		return errors.Join(err, remove(f.cfg.disk, f.path+mending))
	}
	aside, err := f.setAside()
	if err != nil {
		return err
	}
	otel.Handle(fmt.Errorf("cairn: jsonl: %s was damaged, as by a power cut: %d pieces of lines are lost, %d whole lines are kept; the damaged file is %s", //nolint:err113 // a report, no caller branches on it
		f.path, found.lost, found.whole, aside))
	return f.resume()
}

// setAside gives the path's file a name under which it is not touched any more.
func (f *file) setAside() (name string, err error) {
	name = f.archive.next() + damaged
	if err := f.cfg.disk.Rename(f.path, name); err != nil {
		return "", err
	}
	return name, nil
}

// resume puts the mended file in the place of the damaged one, which is set aside already. Where the damaged
// one still has its name, the mended one is not finished.
func (f *file) resume() error {
	d := f.cfg.disk
	switch _, err := d.Lstat(f.path + mending); {
	case errors.Is(err, fs.ErrNotExist):
		return nil
	case err != nil:
		return err
	}
	switch _, err := d.Lstat(f.path); {
	case err == nil:
		return remove(d, f.path+mending)
	case !errors.Is(err, fs.ErrNotExist):
		return err
	}
	if err := d.Rename(f.path+mending, f.path); err != nil {
		return err
	}
	return d.SyncFolder(f.archive.folder)
}

// finding is what is in a damaged file.
type finding struct {
	whole, lost int
	ours        bool // it may be a file of ours of which no line is left
}

// recovered writes the whole lines of src to dst. Zeros separate like line breaks: a line whose break has
// become a zero is whole.
func recovered(dst io.Writer, src io.Reader) (finding, error) {
	var found finding
	w := bufio.NewWriter(dst)
	in := bufio.NewScanner(src)
	in.Buffer(nil, 2*event.MaxJSON)
	text, zeros, longest, first := true, 0, 0, true
	in.Split(piece)
	for in.Scan() {
		switch p := in.Bytes(); {
		case p[0] == 0:
			zeros += len(p)
			longest = max(longest, zeros)
		case p[0] == '\n':
		case len(p) <= event.MaxJSON && p[0] == '{' && json.Valid(p):
			found.whole++
			zeros = 0
			_, _ = w.Write(p) // Flush says what is wrong
			_ = w.WriteByte('\n')
		default:
			text = text && !bytes.ContainsFunc(p, func(r rune) bool { return r < ' ' })
			if first && p[0] == '{' {
				found.ours = true
			}
			found.lost++
			zeros = 0
		}
		first = false
	}
	found.ours = text && (found.ours || longest >= sector)
	return found, errors.Join(in.Err(), w.Flush())
}

// piece is a [bufio.SplitFunc]. It splits at line breaks, each of which is a piece by itself, and at runs of
// zeros.
func piece(data []byte, atEOF bool) (int, []byte, error) {
	if len(data) == 0 {
		return 0, nil, nil
	}
	switch end := bytes.IndexAny(data, "\n\x00"); {
	case end == 0 && data[0] == 0:
		run := len(data) - len(bytes.TrimLeft(data, "\x00"))
		return run, data[:run], nil
	case end == 0:
		return 1, data[:1], nil
	case end > 0:
		return end, data[:end:end], nil
	case atEOF || len(data) > event.MaxJSON: // no line is so long: it is taken in parts, none of which is whole
		return len(data), data[:len(data):len(data)], nil
	default:
		return 0, nil, nil
	}
}
