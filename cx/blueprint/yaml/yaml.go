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

// MaxSize is the most bytes that a file has.
const MaxSize = 1 << 20

// Load reads the file at path and validates it. What is wrong with its content is an [*Error] that
// names all of it; a file that cannot be read is the error of package os.
func Load(path string) (*blueprint.Blueprint, error) {
	f, err := os.Open(path) //nolint:gosec // the caller names the file to read
	if err != nil {
		return nil, fmt.Errorf("yaml: open the blueprint %s: %w", path, reason(err))
	}
	defer func() { _ = f.Close() }() // nothing was written
	return Read(path, f)
}

// Read reads a blueprint of at most [MaxSize] bytes from r and validates it. Name is what errors
// call it. See [Load].
func Read(name string, r io.Reader) (*blueprint.Blueprint, error) {
	data, err := io.ReadAll(io.LimitReader(r, MaxSize+1))
	if err != nil {
		return nil, fmt.Errorf("yaml: read the blueprint %s: %w", name, reason(err))
	}
	return Parse(name, data)
}

// reason returns err without the path, which the caller says.
func reason(err error) error {
	var p *fs.PathError
	if errors.As(err, &p) {
		return p.Err
	}
	return err
}

// Parse returns the blueprint that data holds, validated. Name is what errors call it. See [Load].
// It is safe on whatever data: time and memory are bounded by [MaxSize].
func Parse(name string, data []byte) (*blueprint.Blueprint, error) {
	if len(data) > MaxSize {
		p := problems{name: name}
		p.add(place{}, "", "", "has more than %d bytes: a blueprint is written by people", MaxSize)
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
	d := decoder{problems: p, places: map[string]place{}, failed: map[string]bool{}}
	d.root(root, b)
	var invalid *blueprint.Error
	if errors.As(b.Validate(), &invalid) {
		d.locate(invalid)
	}
	if err := p.err(); err != nil {
		return nil, err
	}
	return b, nil
}

// isText refuses what is not UTF-8, and the control characters that YAML 1.2 has no place for
// (section 5.1).
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
				p.add(place{i + 1, column}, "", "", "is not text in UTF-8: there is the byte %#02x", line[at])
				return false
			}
		}
	}
	return true
}

// parse returns the one document of the text, nil where it is empty, or false where it is not YAML
// or none of the kind that a blueprint is.
func parse(p *problems, text string) (root ast.Node, ok bool) {
	defer func() {
		if recover() != nil { // the parser is not ours, and the text is anybody's
			p.add(place{}, "", "", "cannot be read as YAML")
			root, ok = nil, false
		}
	}()
	tokens := lexer.Tokenize(text)
	if !plain(p, tokens) {
		return nil, false
	}
	file, err := parser.Parse(tokens, 0, parser.AllowDuplicateMapKey())
	if err != nil {
		var syntax yaml.Error
		if errors.As(err, &syntax) && syntax.GetToken() != nil {
			p.add(tokenPlace(syntax.GetToken()), "", "", "is not YAML: %.200s: look at the indentation, colons and quotes here and in the line above", syntax.GetMessage())
		} else {
			p.add(place{}, "", "", "is not YAML: %.200s", err)
		}
		return nil, false
	}
	for _, doc := range file.Docs { // a ... ends one, too
		if doc.Body == nil || doc.Body.Type() == ast.CommentType {
			continue
		}
		if root != nil {
			p.add(nodePlace(doc.Body), "", "", "is a second document: a file holds one blueprint")
			return nil, false
		}
		root = doc.Body
	}
	return root, true
}
