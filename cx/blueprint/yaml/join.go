package yaml

import (
	"unicode/utf8"

	"github.com/goccy/go-yaml/token"
)

// joined returns the tokens with each plain text in brackets in one piece. Within braces the lexer cuts the text 10:00-12:00 of
// a list at its first colon, although a colon ends a plain text only where a space or a bracket follows (YAML 1.2.2, section
// 7.3.3).
func joined(tokens token.Tokens) token.Tokens {
	var all token.Tokens
	var open []token.Type
	for i := 0; i < len(tokens); i++ {
		t := tokens[i]
		switch t.Type {
		case token.MappingStartType, token.SequenceStartType:
			open = append(open, t.Type)
		case token.MappingEndType, token.SequenceEndType:
			open = open[:max(0, len(open)-1)]
		default: // other tokens open and close nothing
		}
		if len(open) > 0 && open[len(open)-1] == token.SequenceStartType {
			if i+2 < len(tokens) && isPlain(t) && tokens[i+1].Type == token.MappingValueType && isPlain(tokens[i+2]) &&
				touch(t, tokens[i+1]) && touch(tokens[i+1], tokens[i+2]) {
				t = token.New(t.Value+":"+tokens[i+2].Value, t.Origin+":"+tokens[i+2].Origin, t.Position)
				i += 2
			}
		}
		all.Add(t)
	}
	return all
}

// isPlain reports whether the token is a text, a number or a word without quotes.
func isPlain(t *token.Token) bool {
	return t.CharacterType == token.CharacterTypeMiscellaneous && t.Indicator == token.NotIndicator
}

// touch reports whether nothing is between the tokens.
func touch(a, b *token.Token) bool {
	end := a.Position.Column + utf8.RuneCountInString(a.Value)
	return a.Position.Line == b.Position.Line && end == b.Position.Column
}
