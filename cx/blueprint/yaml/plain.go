package yaml

import (
	"strings"

	"github.com/goccy/go-yaml/token"

	"cairncx.dev/cairn/cx/blueprint"
)

// The parser takes time quadratic in the keys of one mapping, in the depth and in the documents, and
// calls itself for each of them, so all of them are bounded before it sees the text: by what no
// blueprint has.
const (
	maxDepth   = 16
	maxEntries = 2 * blueprint.MaxNames
)

// nesting follows how deep the tokens are nested.
type nesting struct {
	flow   []int // entries of each bracket that is open
	blocks []block
}

// block is a mapping or a list in lines of its own, which begin at a column.
type block struct {
	column, entries int
	list            bool
}

// plain reports whether the tokens are those of a blueprint: of bounded depth, and nothing in them
// refers to anything else. It adds everything that is not.
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
			refuse(t, "a blueprint has no anchors, aliases or merge keys (&, *, <<): write it out, or put the value in quotes")
		case token.TagType:
			refuse(t, "a blueprint has no tags (!): take it out, or put the value in quotes")
		case token.DirectiveType:
			refuse(t, "a blueprint has no directives (%%): take the line out")
		case token.DocumentHeaderType:
			if documents++; documents > 1 {
				refuse(t, "begins a second document: a file holds one blueprint")
				return false
			}
		case token.MappingKeyType:
			refuse(t, "a blueprint has no keys that begin with ?: write key: value")
		default:
			if n.add(t); n.depth() > maxDepth {
				refuse(t, "is nested deeper than any blueprint is: at most %d levels are read", maxDepth)
				return false
			}
			if n.entries() > maxEntries {
				refuse(t, "is one more than any blueprint has: at most %d entries of one list or mapping are read", maxEntries)
				return false
			}
		}
	}
	return ok
}

func (n *nesting) depth() int { return len(n.flow) + len(n.blocks) }

// entries returns how many entries the innermost list or mapping has by now.
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
		n.flow = append(n.flow, 0)
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
			return // its comma counts
		}
		key := t
		if t.Prev != nil {
			key = t.Prev
		}
		n.enter(key.Position.Column, false)
	default: // nothing that something can be in
	}
}

// enter leaves the blocks that are further in than the column, and counts an entry of the one that is
// there, which it begins if there is none. A list may be at the column of the mapping that it is in.
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

// tokenPlace returns where the token begins: the lexer's position of a quoted one is there, of
// others it may be a line break too early.
func tokenPlace(t *token.Token) place {
	if t == nil || t.Position == nil {
		return place{}
	}
	return place{t.Position.Line, t.Position.Column}
}

// quotedForm returns the text as it is written in quotes.
func quotedForm(text string) string {
	return `"` + strings.NewReplacer(`\`, `\\`, `"`, `\"`).Replace(text) + `"`
}
