package main

import (
	"errors"
	"fmt"
	"io"
	"os"
	"slices"
	"strings"

	"cairncx.dev/cairn/cmd/cairn/internal/eventlog"
)

// inputs are files that a command reads more than once. An input that can be read only once, such as the standard input or a pipe, is read
// from a copy.
type inputs struct {
	files []string // as the user names them
	read  []string // the files to read
	tmp   string
}

// keepInputs copies what can be read only once to temporary files in the folder. The caller calls remove.
func keepInputs(files []string, stdin io.Reader, tmp string) (in *inputs, remove func(), err error) {
	var copies []string
	remove = func() {
		for _, name := range copies {
			_ = os.Remove(name)
		}
	}
	in = &inputs{files: files, read: slices.Clone(files), tmp: tmp}
	for i, name := range files {
		from := stdin
		if name != eventlog.Stdin {
			info, err := os.Stat(name)
			if err != nil || info.Mode().IsRegular() || info.IsDir() {
				continue // Open reports the error
			}
			f, err := os.Open(name) //nolint:gosec // the file that the user names
			if err != nil {
				continue
			}
			defer func() { _ = f.Close() }()
			from = f
		}
		if in.read[i], err = in.copyOf(from); in.read[i] != "" {
			copies = append(copies, in.read[i])
		}
		if err != nil {
			remove()
			return nil, nil, fmt.Errorf("copying %s to a temporary file: %w", inWords(name), err)
		}
	}
	return in, remove, nil
}

// copyOf copies the input to a temporary file and returns the name of that file.
func (in *inputs) copyOf(from io.Reader) (string, error) {
	f, err := os.CreateTemp(in.tmp, "cairn-input-")
	if err != nil {
		return "", err //nolint:wrapcheck // keepInputs adds the context
	}
	_, err = io.Copy(f, from)
	return f.Name(), errors.Join(err, f.Close())
}

func inWords(name string) string {
	if name == eventlog.Stdin {
		return "standard input"
	}
	return name
}

// nameOf returns the user's name for the file.
func (in *inputs) nameOf(file string) string {
	if i := slices.Index(in.read, file); i >= 0 {
		return inWords(in.files[i])
	}
	return file
}

// named replaces the names of copies in an error by the user's names for the files.
func (in *inputs) named(err error) error {
	for i, name := range in.read {
		if in.files[i] != name && err != nil && strings.Contains(err.Error(), name) {
			err = errors.New(strings.ReplaceAll(err.Error(), name, inWords(in.files[i])))
		}
	}
	return err
}
