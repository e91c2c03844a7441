package redact

import "strings"

const (
	maxDigits = 40
	maxGroups = 24
	maxGap    = 3
)

// number is a run of digits in groups, as from a place of the text on: 030 23125-012 has three groups.
type number struct {
	f      []byte
	n      int             // digits
	digits [maxDigits]byte // ASCII
	at     [maxDigits]int  // where each digit is
	groups int
	first  [maxGroups + 1]int   // index of each group's first digit; behind the last group, n
	whole  [maxDigits + 1]uint8 // how many groups have so many digits together; 0 for none
	open   bool                 // the run is longer
}

// read reads the number that begins at p.
func (n *number) read(f []byte, p int) {
	n.f, n.n, n.groups, n.open = f, 0, 0, false
	clear(n.whole[:])
	for i := p; ; {
		if n.groups == maxGroups {
			n.open = true
			break
		}
		n.first[n.groups] = n.n
		for i < len(f) && digit(f[i]) && n.n < maxDigits {
			n.digits[n.n], n.at[n.n] = f[i], i
			n.n++
			i++
		}
		n.groups++
		n.whole[n.n] = uint8(n.groups) //nolint:gosec // at most maxGroups
		if i < len(f) && digit(f[i]) { // too long: the last group is not whole
			n.whole[n.n] = 0
			n.groups, n.open = n.groups-1, true
			n.n = n.first[n.groups]
			return
		}
		next := i
		for next < len(f) && next-i < maxGap && classes[f[next]]&isGap != 0 {
			next++
		}
		if next == i || next == len(f) || !digit(f[next]) {
			break
		}
		i = next
	}
	n.first[n.groups] = n.n
}

// size returns the digits of group g.
func (n *number) size(g int) int { return n.first[g+1] - n.first[g] }

// text returns the digits of group g.
func (n *number) text(g int) string { return string(n.digits[n.first[g]:n.first[g+1]]) }

// gap returns what stands between group g and the one before it.
func (n *number) gap(g int) []byte { return n.f[n.at[n.first[g]-1]+1 : n.at[n.first[g]]] }

// end returns the place behind the first k digits.
func (n *number) end(k int) int { return n.at[k-1] + 1 }

// groupsOf returns how many groups have the first k digits together, or 0.
func (n *number) groupsOf(k int) int {
	if k > n.n {
		return 0
	}
	return int(n.whole[k])
}

// shaped reports whether the first groups have these sizes, with single characters of gaps between them.
func (n *number) shaped(gaps string, sizes ...int) bool {
	if n.groups < len(sizes) {
		return false
	}
	for g, size := range sizes {
		if n.size(g) != size {
			return false
		}
		if gap := n.gapOf(g); g > 0 && (len(gap) != 1 || strings.IndexByte(gaps, gap[0]) < 0) {
			return false
		}
	}
	return true
}

// gapOf is gap, and nothing for the first group.
func (n *number) gapOf(g int) []byte {
	if g == 0 {
		return nil
	}
	return n.gap(g)
}

// digits looks for what begins with a digit at p, and returns where the scan goes on.
func (s *scan) digits(p int) int {
	f := s.f
	end := p + 1
	for end < len(f) && digit(f[end]) {
		end++
	}
	if p > 0 && digit(f[p-1]) { // the scan has gone back into a number
		return end
	}
	if end < len(f) && classes[f[end]]&isLetter != 0 && (p == 0 || !isAlnum(f[p-1])) && !s.cfg.off[Secret] && s.token(p) {
		return end
	}
	n := &s.number
	n.read(f, p)
	if n.n == 0 || s.card(n, p) || p > 0 && isAlnum(f[p-1]) {
		return end
	}
	_ = s.nationalID(n, p) || s.phone(n, p)
	return end
}

// bounded reports whether a number of the first k digits stands by itself: it is not a part of a longer one or of a word.
// Grouped says that it has spaces, so that digits behind a space would belong to it too.
func (n *number) bounded(p, end int, grouped bool) bool {
	f := n.f
	if p > 0 {
		b := f[p-1]
		if isAlnum(b) || b == '+' || b == '$' || b == '_' {
			return false
		}
		if p > 1 && (isAlnum(f[p-2]) && strings.IndexByte("-/_", b) >= 0 || digit(f[p-2]) && (b == '.' || b == ',' || grouped && b == ' ')) {
			return false
		}
	}
	if end == len(f) {
		return true
	}
	b := f[end]
	if isAlnum(b) || b == '_' || b == '%' {
		return false
	}
	return end+1 == len(f) || !digit(f[end+1]) || strings.IndexByte("-./,", b) < 0 && (!grouped || b != ' ')
}
