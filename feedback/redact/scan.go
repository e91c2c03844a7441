package redact

import (
	"bytes"
	"cmp"
	"slices"
	"strings"
)

// A scan looks at each place of the folded text once, from left to right. A finding is overwritten with barrier, across which
// nothing is found.
//
// Redacting a redacted text has to change nothing, so the scan ends only when the text with its barriers has no finding any
// more. Each rule follows from the characters before it up to a barrier, and from at most reach characters behind its start. A
// finding therefore changes only what is found up to reach characters before it. The scan goes back that far, but not beyond
// the barrier before, since a rule that ends there is not affected. So the work is linear: each finding costs at most reach.
//
// E-mail addresses and credentials come first, because they contain digits and words. Their rules only lose by a
// barrier, so they are scanned once.
const reach = 160

// match is a finding in the folded text.
type match struct {
	kind       Kind
	start, end int
	// e164 is the number in the form of the plan, where Phones said it.
	e164 string
}

type scan struct {
	folded
	cfg    *config
	text   string
	phones Phones
	found  []match
	asked  int // how often Phones was asked
	// ruledOut are the candidates that Phones has ruled out: where they begin, and how many digits they have.
	ruledOut []match
	// original has what barriers have overwritten, for pseudonyms. It is nil where they are not wanted.
	original []byte
	number   number  // that is read
	dialled  dialled // that Phones is asked about
	short    [512]byte
}

// newScan scans the text.
func newScan(cfg *config, text string, phones bool) *scan {
	s := &scan{cfg: cfg, text: text}
	s.folded = fold(text, s.short[:0])
	if phones {
		s.phones = cfg.phones
	}
	if cfg.pseudonym {
		s.original = slices.Clone(s.f)
	}
	if !cfg.off[Credentials] {
		s.links()
	}
	if !cfg.off[Email] {
		s.emails()
	}
	s.rest()
	return s
}

// rest scans for everything that is not bound to an @ or to ://.
func (s *scan) rest() {
	f := s.f
	for p := 0; p < len(f); {
		c := classes[f[p]]
		if c&(isDigit|isLetter|isSign) == 0 {
			p++
			continue
		}
		n := len(s.found)
		next := p + 1
		switch {
		case c&isDigit != 0:
			next = s.digits(p)
		case c&isLetter != 0:
			next = s.word(p)
		default:
			s.sign(p)
		}
		if len(s.found) > n {
			next = s.back(s.found[n].start)
		}
		p = next
	}
}

// back returns where the scan goes on after a finding that begins at start.
func (s *scan) back(start int) int {
	from := max(0, start-reach)
	if i := bytes.LastIndexByte(s.f[from:start], barrier); i >= 0 {
		from += i + 1
	}
	return from
}

// add notes a finding. It reports false for a kind that is left alone.
func (s *scan) add(k Kind, start, end int) bool {
	return s.addMatch(match{kind: k, start: start, end: end})
}

func (s *scan) addMatch(m match) bool {
	if s.cfg.off[m.kind] {
		return false
	}
	s.found = append(s.found, m)
	for i := m.start; i < m.end; i++ {
		s.f[i] = barrier
	}
	return true
}

func (s *scan) sorted() []match {
	slices.SortFunc(s.found, func(a, b match) int { return cmp.Compare(a.start, b.start) })
	return s.found
}

// bounds returns where the finding is in the text.
func (s *scan) bounds(m match) (start, end int) { return s.start(m.start), s.start(m.end) }

// canonical returns what was found in one form for all ways to write it, for pseudonyms.
func (s *scan) canonical(m match) string {
	if s.original == nil {
		return ""
	}
	if m.e164 != "" {
		return m.e164
	}
	found := s.original[m.start:m.end]
	if m.kind == Email || m.kind == Handle {
		return strings.ToLower(address(s.letters(m)))
	}
	var out strings.Builder
	for _, b := range found {
		if isAlnum(b) || b == '+' {
			out.WriteByte(upper(b))
		}
	}
	return out.String()
}

// letters returns what was found, with letters of other scripts as they are in the text.
func (s *scan) letters(m match) string {
	var out strings.Builder
	for i := m.start; i < m.end; i++ {
		if b := s.original[i]; b < letter {
			out.WriteByte(b)
		} else {
			out.WriteString(s.text[s.start(i):s.start(i+1)])
		}
	}
	return out.String()
}

// Classes of characters of the folded text.
const (
	isDigit uint8 = 1 << iota
	isLetter
	isSign // may begin a finding, and is neither
	isGap  // may stand between the groups of a number
)

var classes = func() (t [256]uint8) {
	for b := range 256 {
		switch {
		case b >= '0' && b <= '9':
			t[b] = isDigit
		case b >= 'a' && b <= 'z', b >= 'A' && b <= 'Z', b == letter:
			t[b] = isLetter
		case b == '@':
			t[b] = isSign
		case b == '-':
			t[b] = isSign | isGap
		case strings.IndexByte(" ./()\n", byte(b)) >= 0:
			t[b] = isGap
		}
	}
	return t
}()

func isAlnum(b byte) bool { return classes[b]&(isDigit|isLetter) != 0 }

func digit(b byte) bool { return b >= '0' && b <= '9' }

func lower(b byte) byte {
	if b >= 'A' && b <= 'Z' {
		return b + 'a' - 'A'
	}
	return b
}

func upper(b byte) byte {
	if b >= 'a' && b <= 'z' {
		return b - 'a' + 'A'
	}
	return b
}

// hasFold reports whether f has the word at i, in letters of any case. The word is in lower case.
func hasFold(f []byte, i int, word string) bool {
	if len(f)-i < len(word) {
		return false
	}
	for j := range len(word) {
		if lower(f[i+j]) != word[j] {
			return false
		}
	}
	return true
}
