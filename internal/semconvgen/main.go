package main

import (
	"bytes"
	"errors"
	"flag"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
)

// folder is the folder of the registry below the root of the repository, and modelFolder the folder of its YAML
// files. Both have slashes on every system.
const (
	folder      = "cx/telemetry/semconv"
	modelFolder = folder + "/model"
)

func main() {
	os.Exit(run(os.Args[1:], os.Stdout, os.Stderr))
}

// run is main without the process. It returns the exit code: 0 for success, 1 if the model is faulty or a
// committed file is stale, 2 for a wrong command line.
func run(args []string, stdout, stderr io.Writer) int {
	flags := flag.NewFlagSet("semconvgen", flag.ContinueOnError)
	flags.SetOutput(stderr)
	root := flags.String("root", "../..", "the repository's root `folder`")
	check := flags.Bool("check", false, "write nothing; fail when a committed file is stale")
	if err := flags.Parse(args); err != nil {
		if errors.Is(err, flag.ErrHelp) {
			return 0
		}
		return 2
	}
	if flags.NArg() > 0 {
		_, _ = fmt.Fprintf(stderr, "semconvgen: unexpected argument %q: see -help\n", flags.Arg(0))
		return 2
	}
	files, err := generate(os.DirFS(*root))
	if err == nil && *check {
		err = compare(*root, files)
	} else if err == nil {
		err = write(*root, files, stdout)
	}
	if err != nil {
		_, _ = fmt.Fprintln(stderr, err)
		return 1
	}
	return 0
}

// file is one output: its path below the root, with slashes, and its content.
type file struct {
	path    string
	content []byte
}

// generate reads and checks the model below root and returns the generated files. It writes nothing.
func generate(root fs.FS) ([]file, error) {
	reg, err := load(root)
	if err != nil {
		return nil, err
	}
	outputs := []struct {
		name   string
		render func(*registry) ([]byte, error)
	}{
		{"attributes_gen.go", attributesFile},
		{"metrics_gen.go", metricsFile},
		{"events_gen.go", eventsFile},
		{"members_gen_test.go", membersFile},
		{"README.md", readmeFile},
	}
	files := make([]file, 0, len(outputs))
	for _, o := range outputs {
		content, err := o.render(reg)
		if err != nil {
			return nil, fmt.Errorf("semconvgen: rendering %s: %w", o.name, err)
		}
		files = append(files, file{folder + "/" + o.name, content})
	}
	return files, nil
}

// write writes the files below root whose content changes, and prints their names.
func write(root string, files []file, stdout io.Writer) error {
	for _, f := range files {
		path := filepath.Join(root, filepath.FromSlash(f.path))
		if have, err := os.ReadFile(path); err == nil && bytes.Equal(have, f.content) {
			continue
		}
		if err := os.WriteFile(path, f.content, 0o644); err != nil {
			return fmt.Errorf("semconvgen: writing %s: %w", f.path, err)
		}
		_, _ = fmt.Fprintln(stdout, "wrote", f.path)
	}
	return nil
}

// compare returns an error that names every file below root that is stale, and its first difference.
func compare(root string, files []file) error {
	var stale []error
	for _, f := range files {
		have, err := os.ReadFile(filepath.Join(root, filepath.FromSlash(f.path)))
		if err != nil {
			stale = append(stale, fmt.Errorf("semconvgen: reading %s: %w", f.path, err))
			continue
		}
		if line, got, want, ok := firstDifference(have, f.content); !ok {
			stale = append(stale, fmt.Errorf("%s:%d: not as generated: have %q, want %q", f.path, line, got, want))
		}
	}
	if len(stale) == 0 {
		return nil
	}
	return errors.Join(append(stale, errors.New("semconvgen: run go generate ./"+folder+" and commit what it changes"))...)
}

// firstDifference returns the first line, counted from 1, in which the two texts differ, with the line of each
// text. same is true if the texts are equal.
func firstDifference(have, want []byte) (line int, got, wanted string, same bool) {
	if bytes.Equal(have, want) {
		return 0, "", "", true
	}
	h, w := bytes.Split(have, []byte("\n")), bytes.Split(want, []byte("\n"))
	n := 0
	for n < len(h) && n < len(w) && bytes.Equal(h[n], w[n]) {
		n++
	}
	at := func(lines [][]byte) string {
		if n < len(lines) {
			return string(lines[n])
		}
		return "the end of the file"
	}
	return n + 1, at(h), at(w), false
}
