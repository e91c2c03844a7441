package yaml

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"unicode/utf8"

	"github.com/goccy/go-yaml"
	"github.com/goccy/go-yaml/ast"
	"github.com/goccy/go-yaml/lexer"
	"github.com/goccy/go-yaml/parser"

	"cairncx.dev/cairn/cx/blueprint"
)

// MaxSize is the maximum size of a file in bytes.
const MaxSize = 1 << 20

// Load reads the file at path and validates it. Faulty content gives an [*Error] that reports all problems. A
// file that cannot be opened or read gives the error of package os, wrapped.
func Load(path string) (*blueprint.Blueprint, error) {
	f, err := os.Open(path) //nolint:gosec // the caller names the file to read
	if err != nil {
		return nil, fmt.Errorf("yaml: open the blueprint %s: %w", path, reason(err))
	}
	defer func() { _ = f.Close() }() // the file was only read
	return Read(path, f)
}

// Read reads a blueprint of at most [MaxSize] bytes from r and validates it. Errors refer to the blueprint by
// name. See [Load].
func Read(name string, r io.Reader) (*blueprint.Blueprint, error) {
	data, err := io.ReadAll(io.LimitReader(r, MaxSize+1))
	if err != nil {
		return nil, fmt.Errorf("yaml: read the blueprint %s: %w", name, reason(err))
	}
	return Parse(name, data)
}

// reason returns err without the path, which the caller adds.
func reason(err error) error {
	var p *fs.PathError
	if errors.As(err, &p) {
		return p.Err
	}
	return err
}

// Parse returns the blueprint in data, validated. Errors refer to the blueprint by name. See [Load]. Parse is
// safe on untrusted data: [MaxSize] bounds its time and memory.
func Parse(name string, data []byte) (*blueprint.Blueprint, error) {
	if len(data) > MaxSize {
		p := problems{name: name}
		p.add(place{}, "", "", "has more than %d bytes, the limit of a blueprint: shorten it", MaxSize)
		return nil, p.err()
	}
	data = bytes.TrimPrefix(data, []byte("\ufeff"))
	p := newProblems(name, data)
	if !p.isText() {
		return nil, p.err()
	}
	root, ok := parse(p, string(data))
	if !ok {
		return nil, p.err()
	}
	b := new(blueprint.Blueprint)
	d := decoder{problems: p, places: map[string]place{}, failed: map[string]bool{}, days: map[string]bool{}}
	d.root(root, b)
	d.openedDays(b)
	var invalid *blueprint.Error
	if errors.As(b.Validate(), &invalid) {
		d.locate(invalid)
	}
	if err := p.err(); err != nil {
		return nil, err
	}
	return b, nil
}

// isText rejects data that is not UTF-8, and the control characters that YAML 1.2 does not allow (section 5.1).
func (p *problems) isText() bool {
	for i, line := range p.lines {
		column := 0
		for at, r := range line {
			column++
			bad := r < 0x20 && r != '\t' || r == 0x7f || r >= 0x80 && r < 0xa0 && r != 0x85 || r == 0xfeff
			if r == utf8.RuneError {
				_, size := utf8.DecodeRuneInString(line[at:])
				bad = size == 1
			}
			if bad {
				p.add(place{i + 1, column}, "", "", "is not text in UTF-8: the byte %#02x is not allowed here: remove it, or save the file as UTF-8", line[at])
				return false
			}
		}
	}
	return true
}

// parse returns the only document of the text, or nil if the text is empty. It returns false if the text is not
// YAML or uses YAML that a blueprint must not use.
func parse(p *problems, text string) (root ast.Node, ok bool) {
	defer func() {
		if recover() != nil { // a third-party parser may panic on untrusted text
			p.add(place{}, "", "", "cannot be read as YAML: write it in plain mappings, lists and words")
			root, ok = nil, false
		}
	}()
	tokens := joined(lexer.Tokenize(text))
	if !plain(p, tokens) {
		return nil, false
	}
	file, err := parser.Parse(tokens, 0, parser.AllowDuplicateMapKey())
	if err != nil {
		var at place
		message := err.Error()
		if syntax, ok := errors.AsType[yaml.Error](err); ok {
			at, message = tokenPlace(syntax.GetToken()), syntax.GetMessage()
		}
		p.add(at, "", "", "is not YAML: %.200s: check the indentation, colons and quotes here and on the line above", message)
		return nil, false
	}
	for _, doc := range file.Docs { // the marker ... ends a document, too
		if doc.Body == nil || doc.Body.Type() == ast.CommentType {
			continue
		}
		if root != nil {
			p.add(nodePlace(doc.Body), "", "", "is a second document, and a file holds one blueprint: remove one of the two")
			return nil, false
		}
		root = doc.Body
	}
	return root, true
}
