package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path"
	"path/filepath"
	"strings"
)

// pkg is one package as the go command lists it.
type pkg struct {
	Dir          string
	ImportPath   string
	Name         string
	GoFiles      []string
	TestGoFiles  []string
	XTestGoFiles []string
	Module       *struct{ Path, Dir string }

	rel   string     // its folder below the root, with slashes
	tests []string   // import paths of the packages that test it, its own first
	sites []mutation // all of its mutants
}

func (p *pkg) tested() bool { return len(p.TestGoFiles)+len(p.XTestGoFiles) > 0 }

// world is the workspace to mutate.
type world struct {
	root       string // the folder of go.work, or of the module
	packages   []*pkg
	equivalent map[string]string // key to reason
}

// load lists the packages and reads the places to change in them.
func load(ctx context.Context, patterns []string) (*world, error) {
	if len(patterns) == 0 {
		patterns = []string{"work"}
	}
	root, err := rootFolder(ctx)
	if err != nil {
		return nil, err
	}
	w := &world{root: root}
	if w.packages, err = list(ctx, patterns); err != nil {
		return nil, err
	}
	if w.equivalent, err = readEquivalents(filepath.Join(root, "internal", "mutate", "equivalents.txt")); err != nil {
		return nil, err
	}
	for _, p := range w.packages {
		rel, err := filepath.Rel(root, p.Dir)
		if err != nil {
			return nil, err
		}
		p.rel = filepath.ToSlash(rel)
		if p.tested() {
			p.tests = append(p.tests, p.ImportPath)
		}
		for _, s := range suites(p.rel) {
			p.tests = append(p.tests, path.Join(strings.TrimSuffix(p.ImportPath, p.rel), s))
		}
		if len(p.tests) == 0 {
			continue // the report lists the package
		}
		if p.sites, err = mutations(p); err != nil {
			return nil, err
		}
	}
	return w, nil
}

func rootFolder(ctx context.Context) (string, error) {
	out, err := goOutput(ctx, "env", "GOWORK", "GOMOD")
	if err != nil {
		return "", err
	}
	for line := range strings.Lines(string(out)) {
		if line = strings.TrimSpace(line); line != "" && line != "off" && line != os.DevNull {
			return filepath.Dir(line), nil
		}
	}
	return "", errors.New("no go.work and no go.mod found: run the command inside the repository")
}

// list asks the go command about packages. It leaves out packages without production code.
func list(ctx context.Context, patterns []string) ([]*pkg, error) {
	fields := "-json=Dir,ImportPath,Name,GoFiles,TestGoFiles,XTestGoFiles,Module"
	out, err := goOutput(ctx, append([]string{"list", fields, "--"}, patterns...)...)
	if err != nil {
		return nil, err
	}
	var packages []*pkg
	for dec := json.NewDecoder(bytes.NewReader(out)); ; {
		p := new(pkg)
		if err := dec.Decode(p); errors.Is(err, io.EOF) {
			return packages, nil
		} else if err != nil {
			return nil, fmt.Errorf("reading the output of go list: %w", err)
		}
		if len(p.GoFiles) > 0 && p.Module != nil {
			packages = append(packages, p)
		}
	}
}

// goOutput runs the go command. Its error has the go command's own message.
func goOutput(ctx context.Context, args ...string) ([]byte, error) {
	out, err := exec.CommandContext(ctx, "go", args...).Output()
	if exit := (*exec.ExitError)(nil); errors.As(err, &exit) {
		return nil, fmt.Errorf("go %s: %w: %s", strings.Join(args, " "), err, bytes.TrimSpace(exit.Stderr))
	}
	return out, err
}
