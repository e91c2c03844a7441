package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"go/ast"
	"go/importer"
	"go/parser"
	"go/token"
	"go/types"
	"io"
	"os"
	"path/filepath"
	"runtime"
)

// checker decides without the compiler whether a mutant of one package compiles.
type checker struct {
	pkg     *pkg
	fset    *token.FileSet
	files   map[string]*ast.File // by full path
	imports types.Importer
}

// newChecker reads a package and the exports of the packages that it imports.
func newChecker(ctx context.Context, p *pkg) (*checker, error) {
	out, err := goOutput(ctx, "list", "-export", "-deps", "-json=ImportPath,Export", p.ImportPath)
	if err != nil {
		return nil, err
	}
	exports := map[string]string{}
	for dec := json.NewDecoder(bytes.NewReader(out)); ; {
		var dep struct{ ImportPath, Export string }
		if err := dec.Decode(&dep); errors.Is(err, io.EOF) {
			break
		} else if err != nil {
			return nil, fmt.Errorf("reading the output of go list: %w", err)
		}
		exports[dep.ImportPath] = dep.Export
	}
	c := &checker{pkg: p, fset: token.NewFileSet(), files: map[string]*ast.File{}}
	c.imports = importer.ForCompiler(c.fset, "gc", func(path string) (io.ReadCloser, error) {
		if exports[path] == "" {
			return nil, fmt.Errorf("the go command lists no export data of %s", path)
		}
		return os.Open(exports[path])
	})
	for _, name := range p.GoFiles {
		file := filepath.Join(p.Dir, name)
		if c.files[file], err = parser.ParseFile(c.fset, file, nil, parser.SkipObjectResolution); err != nil {
			return nil, err
		}
	}
	return c, c.check(c.files)
}

// compiles type-checks the package with one mutant in it.
func (c *checker) compiles(m *mutation) bool {
	tree, err := parser.ParseFile(c.fset, m.file, m.mutated(), parser.SkipObjectResolution)
	if err != nil {
		return false
	}
	original := c.files[m.file]
	c.files[m.file] = tree
	err = c.check(c.files)
	c.files[m.file] = original
	return err == nil
}

func (c *checker) check(files map[string]*ast.File) error {
	list := make([]*ast.File, 0, len(files))
	for _, name := range c.pkg.GoFiles {
		list = append(list, files[filepath.Join(c.pkg.Dir, name)])
	}
	config := types.Config{Importer: c.imports, Sizes: types.SizesFor("gc", runtime.GOARCH)}
	_, err := config.Check(c.pkg.ImportPath, c.fset, list, nil)
	return err
}
