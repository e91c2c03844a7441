package yaml

import (
	"strings"

	"github.com/goccy/go-yaml/token"

	"cairncx.dev/cairn/cx/blueprint"
)

// The parser takes time quadratic in the number of keys of a mapping, in the depth and in the number of
// documents, and it recurses for each of them. plain therefore bounds all of them before the parser sees the
// text. No valid blueprint exceeds these bounds.
const (
	maxDepth   = 16
	maxEntries = 2 * blueprint.MaxNames
)

// nesting tracks how deeply the tokens are nested.
type nesting struct {
	flow   []int // the number of entries of each open bracket
	blocks []block
}

// block is a mapping or a list in block style: its entries are on lines of their own and begin at one column.
type block struct {
	column, entries int
	list            bool
}

// plain reports whether the tokens are those of a blueprint: of bounded depth and length, and without
// references. It adds a problem for each token that is not.
func plain(p *problems, tokens token.Tokens) bool {
	var n nesting
	ok, documents := true, 0
	refuse := func(t *token.Token, format string, args ...any) {
		p.add(tokenPlace(t), "", "", format, args...)
		ok = false
	}
	for _, t := range tokens {
		switch t.Type {
		case token.AnchorType, token.AliasType, token.MergeKeyType:
			refuse(t, "a blueprint has no anchors, aliases or merge keys (&, *, <<): write the value out, or put it in quotes")
		case token.TagType:
			refuse(t, "a blueprint has no tags (!): remove the tag, or put the value in quotes")
		case token.DirectiveType:
			refuse(t, "a blueprint has no directives (%%): remove the line")
		case token.DocumentHeaderType:
			if documents++; documents > 1 {
				refuse(t, "begins a second document, and a file holds one blueprint: remove one of the two")
				return false
			}
		case token.MappingKeyType:
			refuse(t, "a blueprint has no keys that begin with ?: write key: value")
		default:
			if n.add(t); n.depth() > maxDepth {
				refuse(t, "is nested deeper than a blueprint may be: use at most %d levels", maxDepth)
				return false
			}
			if n.entries() > maxEntries {
				refuse(t, "is one more than a blueprint may have: write at most %d entries in one list or mapping", maxEntries)
				return false
			}
		}
	}
	return ok
}

func (n *nesting) depth() int { return len(n.flow) + len(n.blocks) }

// entries returns the number of entries that the innermost list or mapping has so far.
func (n *nesting) entries() int {
	switch {
	case len(n.flow) > 0:
		return n.flow[len(n.flow)-1]
	case len(n.blocks) > 0:
		return n.blocks[len(n.blocks)-1].entries
	default:
		return 0
	}
}

func (n *nesting) add(t *token.Token) {
	switch t.Type {
	case token.MappingStartType, token.SequenceStartType:
		n.flow = append(n.flow, 1) // a comma begins each further entry
	case token.MappingEndType, token.SequenceEndType:
		n.flow = n.flow[:max(0, len(n.flow)-1)]
	case token.SequenceEntryType:
		if len(n.flow) == 0 {
			n.enter(t.Position.Column, true)
		}
	case token.CollectEntryType:
		if len(n.flow) > 0 {
			n.flow[len(n.flow)-1]++
		}
	case token.MappingValueType:
		if len(n.flow) > 0 {
			return // the bracket and the commas count the entries
		}
		key := t
		if t.Prev != nil {
			key = t.Prev
		}
		n.enter(key.Position.Column, false)
	default: // other tokens do not nest
	}
}

// enter closes the blocks whose column lies further to the right, and counts an entry of the block at the
// column. It opens that block if there is none. A list may begin at the column of the mapping that contains it.
func (n *nesting) enter(column int, list bool) {
	for last := len(n.blocks) - 1; last >= 0; last-- {
		b := n.blocks[last]
		if b.column < column || b.column == column && (b.list == list || list) {
			break
		}
		n.blocks = n.blocks[:last]
	}
	if last := len(n.blocks) - 1; last >= 0 && n.blocks[last].column == column && n.blocks[last].list == list {
		n.blocks[last].entries++
		return
	}
	n.blocks = append(n.blocks, block{column: column, entries: 1, list: list})
}

// tokenPlace returns the place where the token begins. The lexer gives the exact place of a quoted token; the
// place of another token may be a line break too early.
func tokenPlace(t *token.Token) place {
	if t == nil || t.Position == nil {
		return place{}
	}
	return place{t.Position.Line, t.Position.Column}
}

// quotedForm returns the text in double quotes.
func quotedForm(text string) string {
	return `"` + strings.NewReplacer(`\`, `\\`, `"`, `\"`).Replace(text) + `"`
}
