package redact

import (
	"bytes"
	"strings"
)

// emails finds e-mail addresses, and handles. The local part is what RFC 5322 calls an atom, or a quoted string; letters of any
// script (RFC 6531) belong to it. The domain has a dot, and a label behind the first that begins with two letters.
func (s *scan) emails() {
	f := s.f
	for p := 0; ; p++ {
		i := bytes.IndexByte(f[p:], '@')
		if i < 0 {
			return
		}
		p += i
		start, end := localBefore(f, wrapBefore(f, p)), domainAt(f, wrapAfter(f, p+1))
		if start < p && end > p && start < wrapBefore(f, p) {
			s.add(Email, start, end)
		}
	}
}

// wrapBefore and wrapAfter pass over one line break: mail programs wrap lines at an @.
func wrapBefore(f []byte, p int) int {
	if p > 0 && f[p-1] == '\n' {
		return p - 1
	}
	return p
}

func wrapAfter(f []byte, p int) int {
	if p < len(f) && f[p] == '\n' {
		return p + 1
	}
	return p
}

// localBefore returns where the local part begins that ends before p, or p.
func localBefore(f []byte, p int) int {
	const longestQuoted = 66
	if p > 1 && f[p-1] == '"' {
		for q := p - 2; q >= max(0, p-longestQuoted) && f[q] != barrier && f[q] != '\n'; q-- {
			if f[q] == '"' {
				return q
			}
		}
		return p
	}
	i := p
	for i > 0 && isLocal(f[i-1]) {
		i--
	}
	for i < p && !isAlnum(f[i]) && f[i] != '_' { // the mark of an item, a bracket's tilde: not a part of the address
		i++
	}
	return i
}

// isLocal reports whether b may be in a local part. RFC 5322 allows / = ? & too, which stand before an address in a URL.
func isLocal(b byte) bool {
	return isAlnum(b) || strings.IndexByte("!#$%'*+-^_`{|}~.", b) >= 0
}

// domainAt returns where the domain ends that begins at p, or 0.
func domainAt(f []byte, p int) int {
	end, label, named := p, p, false
	for i := p; i < len(f); i++ {
		switch {
		case isAlnum(f[i]):
			end = i + 1
			if i == label+1 && label > p && classes[f[label]]&classes[f[i]]&isLetter != 0 {
				named = true
			}
		case f[i] == '-' && i > label:
		case f[i] == '.' && i > label && end == i:
			label = i + 1
		default:
			i = len(f)
		}
	}
	if !named {
		return 0
	}
	return end
}

// spelledAt finds an address whose @ is the word at p, as in jane (at) example (dot) com. Without brackets a dot has to be
// spelled too.
func (s *scan) spelledAt(p int) bool {
	const longest = 64
	f := s.f
	left, right := p, p+len("at")
	bracketed := left > 0 && right < len(f) && strings.IndexByte("([{<", f[left-1]) >= 0 && strings.IndexByte(")]}>", f[right]) >= 0
	if bracketed {
		left, right = left-1, right+1
	}
	spaced := left > 0 && f[left-1] == ' '
	if spaced {
		left--
	}
	if right < len(f) && f[right] == ' ' {
		right++
	} else if !bracketed {
		return false
	}
	start := left
	for start > 0 && left-start < longest && (isAlnum(f[start-1]) || strings.IndexByte("._-+", f[start-1]) >= 0) {
		start--
	}
	for start < left && !isAlnum(f[start]) {
		start++
	}
	end, dots, spelled := spelledDomain(f[:min(len(f), right+longest)], right)
	if start == left || dots == 0 || !bracketed && (!spelled || !spaced) {
		return false
	}
	return s.add(Email, start, end)
}

// spelledDomain returns where the domain at p ends, how many dots it has, and whether one of them is a word.
func spelledDomain(f []byte, p int) (end, dots int, spelled bool) {
	for i := p; ; {
		from := i
		for i < len(f) && (isAlnum(f[i]) || f[i] == '-') {
			i++
		}
		if i == from || dots > 0 && i-from < 2 {
			return end, max(0, dots-1), spelled
		}
		end = i
		n, word := dotAt(f, i)
		if n == 0 {
			return end, dots, spelled
		}
		i, dots, spelled = i+n, dots+1, spelled || word
	}
}

// dotAt returns the length of the dot at p, and whether it is a word.
func dotAt(f []byte, p int) (n int, word bool) {
	if p < len(f) && f[p] == '.' {
		return 1, false
	}
	i := p
	for i < len(f) && (f[i] == ' ' || strings.IndexByte("([{<", f[i]) >= 0) && i-p < 3 {
		i++
	}
	before := i
	for _, w := range []string{"dot", "punkt", "punto", "point"} {
		if hasFold(f, i, w) {
			i += len(w)
			break
		}
	}
	if i == before || before == p {
		return 0, false
	}
	for i < len(f) && (f[i] == ' ' || strings.IndexByte(")]}>", f[i]) >= 0) && i-p < 12 {
		i++
	}
	if i < len(f) && !isAlnum(f[i-1]) {
		return i - p, true
	}
	return 0, false
}

// address returns an address in the form with @ and dots.
func address(found string) string {
	var out strings.Builder
	for i := 0; i < len(found); {
		n, word := dotAt([]byte(found), i)
		switch {
		case word && !strings.Contains(found, "@"):
			out.WriteByte('.')
			i += n
		case found[i] == ' ', found[i] == '\n', found[i] == '"':
			i++
		default:
			out.WriteByte(found[i])
			i++
		}
	}
	a := out.String()
	if strings.Contains(a, "@") {
		return a
	}
	for _, at := range []string{"(at)", "[at]", "{at}", "<at>"} {
		if i := strings.Index(strings.ToLower(a), at); i >= 0 {
			return a[:i] + "@" + a[i+len(at):]
		}
	}
	return a
}

// handle finds @name at p.
func (s *scan) handle(p int) bool {
	const longest = 30
	f := s.f
	if s.cfg.off[Handle] || p > 0 && (isAlnum(f[p-1]) || f[p-1] == barrier || f[p-1] == '@' || f[p-1] == '.') {
		return false
	}
	end := p + 1
	for end < len(f) && end-p <= longest && (isAlnum(f[end]) || f[end] == '_' || f[end] == '.') {
		end++
	}
	if end < len(f) && f[end] == barrier {
		return false
	}
	for end > p && f[end-1] == '.' {
		end--
	}
	if end-p < 3 || !bytes.ContainsFunc(f[p+1:end], func(r rune) bool { return r > '9' }) {
		return false
	}
	return s.add(Handle, p, end)
}
