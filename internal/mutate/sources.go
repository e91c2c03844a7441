package main

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
)

// source is a package of the workspace from which a suite is built.
type source struct {
	path, dir, name string

	code []string // full paths of its production code
}

// sources are the files and settings that decide a suite's run.
type sources struct {
	packages []source
	files    []string // full paths of all files that are compiled, embedded or under testdata
	modules  []string // other modules, with their versions
	rapid    bool     // the tests use pgregory.net/rapid
}

// listed is one package as the go command lists it for a suite.
type listed struct {
	Dir, ImportPath, Name                                 string
	Standard                                              bool
	GoFiles, CgoFiles, SFiles, HFiles, CFiles, EmbedFiles []string
	Module                                                *struct {
		Path, Version string
		Replace       *struct{ Version string }
	}
}

// readSources lists the sources of the suite in a folder.
func readSources(ctx context.Context, path, dir string) (*sources, error) {
	fields := "-json=Dir,ImportPath,Name,Standard,GoFiles,CgoFiles,SFiles,HFiles,CFiles,EmbedFiles,Module"
	out, err := goOutput(ctx, "list", "-deps", "-test", fields, path)
	if err != nil {
		return nil, err
	}
	s := &sources{}
	seen := map[string]bool{}
	for dec := json.NewDecoder(bytes.NewReader(out)); ; {
		var p listed
		if err := dec.Decode(&p); errors.Is(err, io.EOF) {
			break
		} else if err != nil {
			return nil, fmt.Errorf("reading the output of go list: %w", err)
		}
		s.add(&p, seen)
	}
	err = filepath.WalkDir(filepath.Join(dir, "testdata"), func(file string, d fs.DirEntry, err error) error {
		if err == nil && d.Type().IsRegular() {
			s.files = append(s.files, file)
		}
		return err
	})
	if errors.Is(err, fs.ErrNotExist) {
		err = nil
	}
	slices.Sort(s.files)
	s.files = slices.Compact(s.files)
	slices.Sort(s.modules)
	s.modules = slices.Compact(s.modules)
	return s, err
}

// add adds one listed package. go list lists a package that is rebuilt for the test a second time, with its tests
// among the code.
func (s *sources) add(p *listed, seen map[string]bool) {
	path, _, _ := strings.Cut(p.ImportPath, " ")
	s.rapid = s.rapid || path == "pgregory.net/rapid"
	switch {
	case p.Standard || p.Module == nil || strings.HasSuffix(path, ".test"):
		return // the standard library, which the Go version identifies, or the generated main
	case p.Module.Version != "" && (p.Module.Replace == nil || p.Module.Replace.Version != ""):
		version := p.Module.Version
		if p.Module.Replace != nil {
			version = p.Module.Replace.Version
		}
		s.modules = append(s.modules, p.Module.Path+"@"+version)
		return
	}
	pk := source{path: path, dir: p.Dir, name: p.Name}
	for _, name := range p.GoFiles {
		if !strings.HasSuffix(name, "_test.go") {
			pk.code = append(pk.code, filepath.Join(p.Dir, name))
		}
	}
	for _, name := range slices.Concat(p.GoFiles, p.CgoFiles, p.SFiles, p.HFiles, p.CFiles, p.EmbedFiles) {
		s.files = append(s.files, filepath.Join(p.Dir, name))
	}
	if len(pk.code) > 0 && !seen[path] {
		seen[path] = true
		s.packages = append(s.packages, pk)
	}
}

// key returns a hash of the sources and of other circumstances that decide a run. It does not depend on places on
// the disk, so two checkouts of one commit have the same key.
func (s *sources) key(root string, more ...string) (string, error) {
	var all []byte
	for _, text := range slices.Concat(more, s.modules) {
		all = fmt.Appendf(all, "%q\n", text)
	}
	for _, file := range s.files {
		text, err := os.ReadFile(file)
		if err != nil {
			return "", err
		}
		all = fmt.Appendf(all, "%q %x\n", below(root, file), sha256.Sum256(text))
	}
	sum := sha256.Sum256(all)
	return hex.EncodeToString(sum[:]), nil
}
