package main

import (
	"errors"
	"fmt"
	"io/fs"
	"path"
	"slices"
	"strings"

	"github.com/goccy/go-yaml"
	"github.com/goccy/go-yaml/ast"
	"github.com/goccy/go-yaml/parser"
)

const manifestFile = "manifest.yaml"

// fileOrder is the order of the model's files on the page. Other files follow by name.
var fileOrder = []string{"journey.yaml", "touchpoint.yaml", "feedback.yaml", "common.yaml", "sdk.yaml"}

// load reads the model below root, checks it and resolves its references. The error has every fault that it found.
func load(root fs.FS) (*registry, error) {
	names, err := modelFiles(root)
	if err != nil {
		return nil, err
	}
	var probs problems
	reg := &registry{byID: map[string]*group{}, attrs: map[string]*attribute{}}
	for _, name := range names {
		full := path.Join(modelFolder, name)
		body, err := parseFile(root, full)
		if err != nil {
			return nil, err
		}
		d := &decoder{file: full, probs: &probs}
		if name == manifestFile {
			reg.manifest = d.manifest(body)
		} else {
			reg.groups = append(reg.groups, d.groups(body)...)
		}
	}
	// Report faults of form first, because the parts that they leave out would raise further faults.
	if err := probs.err(); err != nil {
		return nil, err
	}
	if err := reg.check(); err != nil {
		return nil, err
	}
	return reg, nil
}

// modelFiles returns the names of the model's files in their order, beginning with the manifest.
func modelFiles(root fs.FS) ([]string, error) {
	entries, err := fs.ReadDir(root, modelFolder)
	if err != nil {
		return nil, fmt.Errorf("semconvgen: reading the model: %w: -root has to be the repository's root", err)
	}
	var names []string
	for _, e := range entries {
		if !e.IsDir() && path.Ext(e.Name()) == ".yaml" {
			names = append(names, e.Name())
		}
	}
	if !slices.Contains(names, manifestFile) {
		return nil, fmt.Errorf("semconvgen: %s has no %s: add it, because Weaver does not recognise the registry without it", modelFolder, manifestFile)
	}
	rank := func(name string) int {
		if name == manifestFile {
			return -1
		}
		if i := slices.Index(fileOrder, name); i >= 0 {
			return i
		}
		return len(fileOrder)
	}
	slices.SortStableFunc(names, func(a, b string) int { return rank(a) - rank(b) })
	return names, nil
}

// parseFile reads one file, which has to be one YAML document.
func parseFile(root fs.FS, name string) (ast.Node, error) {
	text, err := fs.ReadFile(root, name)
	if err != nil {
		return nil, fmt.Errorf("semconvgen: reading the model: %w", err)
	}
	parsed, err := parser.ParseBytes(text, 0)
	if err != nil {
		at := position{file: name}
		if e, ok := errors.AsType[yaml.Error](err); ok {
			if t := e.GetToken(); t != nil {
				at.line, at.col = t.Position.Line, t.Position.Column
			}
			return nil, &problem{at, "not YAML: " + strings.TrimSpace(e.GetMessage())}
		}
		return nil, &problem{at, "not YAML: " + err.Error()}
	}
	if len(parsed.Docs) != 1 || parsed.Docs[0].Body == nil {
		return nil, &problem{position{file: name}, fmt.Sprintf("has %d YAML documents: want one", len(parsed.Docs))}
	}
	return parsed.Docs[0].Body, nil
}
