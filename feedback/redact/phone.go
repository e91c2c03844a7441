package redact

import (
	"bytes"
	"slices"
	"strings"
)

const (
	// An international number has at most 15 digits (ITU-T E.164). The shortest that is found has seven, behind a word such as
	// "call" six.
	minPhone     = 7
	minCuedPhone = 6
	maxPhone     = 15
	// maxAsked bounds how often Phones is asked about one text. What looks like a number beyond that is one.
	maxAsked = 16
)

// phone finds a telephone number that begins at p, where a number begins.
func (s *scan) phone(n *number, p int) bool {
	f := s.f
	if s.cfg.off[Phone] || n.n < minCuedPhone || !runStart(f, p) {
		return false
	}
	start := p
	plus := p > 0 && f[p-1] == '+'
	if plus {
		start--
	}
	if start > 0 && f[start-1] == '(' {
		start--
	}
	if !phoneBefore(f, start) {
		return false
	}
	d := &s.dialled
	d.n, d.plus = n, plus
	for g := n.groups; g > 0; g-- {
		k := n.first[g]
		if k > maxPhone+2 || g == n.groups && n.open || !d.endsAt(g) {
			continue
		}
		d.groups, d.digits = g, d.strip(g)
		if m, ok := s.dial(d, p); ok {
			m.kind, m.start, m.end = Phone, start, n.end(k)
			return s.addMatch(m)
		}
	}
	return false
}

// runStart reports whether no digit belongs to the number before p: what stands between is no gap, or a strong one.
func runStart(f []byte, p int) bool {
	i := p
	for i > 0 && p-i < maxGap && classes[f[i-1]]&isGap != 0 {
		i--
	}
	return i == 0 || !digit(f[i-1]) || strong(f[i:p])
}

// strong reports whether a gap separates two numbers rather than the groups of one.
func strong(gap []byte) bool {
	return bytes.IndexByte(gap, '\n') >= 0 || len(gap) == 3 && gap[0] == ' ' && gap[2] == ' ' || bytes.Equal(gap, []byte(". "))
}

// phoneBefore reports whether a telephone number may begin at p, after what stands before it.
func phoneBefore(f []byte, p int) bool {
	if p == 0 {
		return true
	}
	b := f[p-1]
	if isAlnum(b) || strings.IndexByte("$#_%&*+@", b) >= 0 {
		return false
	}
	if p == 1 || strings.IndexByte("-./,", b) < 0 || !isAlnum(f[p-2]) {
		return true
	}
	word := p - 1 // as in tel.0612345678
	for word > 0 && p-word < cueReach && classes[f[word-1]]&isLetter != 0 {
		word--
	}
	return b == '.' && cueOfBytes(f[word:p-1]) == cuePhone
}

// dialled is a candidate.
type dialled struct {
	n      *number
	plus   bool
	groups int
	digits []byte
	buf    [maxDigits + 1]byte
}

// endsAt reports whether a telephone number may end behind group g.
func (d *dialled) endsAt(g int) bool {
	n := d.n
	end := n.end(n.first[g])
	if g < n.groups {
		return strong(n.gap(g)) || d.plus
	}
	f := n.f
	if end == len(f) {
		return true
	}
	if isAlnum(f[end]) || f[end] == '_' || f[end] == '%' || f[end] == '$' || f[end] == '@' {
		return false
	}
	if end+1 < len(f) && strings.IndexByte(".,:/-", f[end]) >= 0 && isAlnum(f[end+1]) {
		return false
	}
	return d.plus || !unitAt(f, end)
}

// unitAt reports whether a currency or a unit follows at p.
func unitAt(f []byte, p int) bool {
	if p >= len(f) || f[p] != ' ' || p+1 >= len(f) {
		return false
	}
	if f[p+1] == '$' {
		return true
	}
	for _, unit := range [...]string{"eur", "usd", "gbp", "chf", "pln", "zl", "sek", "kr", "brl", "inr", "rs", "euro", "euros", "dollar", "dollars", "km", "kg", "mb", "kb", "gb", "points", "punkte"} {
		if hasFold(f, p+1, unit) && (p+1+len(unit) == len(f) || !isAlnum(f[p+1+len(unit)])) {
			return true
		}
	}
	return false
}

// currencyAt reports whether a space and three capitals follow at p, as in 100 000 000 VND.
func currencyAt(f []byte, p int) bool {
	if len(f)-p < 4 || f[p] != ' ' || len(f)-p > 4 && isAlnum(f[p+4]) {
		return false
	}
	for _, b := range f[p+1 : p+4] {
		if b < 'A' || b > 'Z' {
			return false
		}
	}
	return true
}

// strip returns the digits of the first groups, behind a plus sign if there is one, without the (0) that is dialled inside the
// country only, as in +49 (0)30.
func (d *dialled) strip(groups int) []byte {
	n := d.n
	out := d.buf[:0]
	if d.plus {
		out = append(out, '+')
	}
	for g := range groups {
		if g > 0 && n.size(g) == 1 && n.digits[n.first[g]] == '0' && bytes.HasSuffix(n.gap(g), []byte("(")) {
			continue
		}
		out = append(out, n.digits[n.first[g]:n.first[g+1]]...)
	}
	return out
}

// dial decides about a candidate.
func (s *scan) dial(d *dialled, p int) (m match, ok bool) {
	if full := international(d.digits); full != "" {
		return match{e164: full}, true
	}
	if d.plus || d.noPhone() {
		return match{}, false
	}
	words := s.cueBefore(p)
	if words&cuePhone != 0 && len(d.digits) <= maxPhone {
		return match{e164: s.plan(d.digits)}, true
	}
	if words&cueNot != 0 || len(d.digits) < minPhone {
		return match{}, false
	}
	if d.northAmerican() {
		return match{e164: "+1" + string(d.digits[len(d.digits)-10:])}, true
	}
	if words&cueNumber != 0 && d.digits[0] == '0' && len(d.digits) > 8 {
		return match{e164: s.plan(d.digits)}, true
	}
	if s.phones == nil || !d.national() {
		return match{}, false
	}
	candidate := match{start: p, end: p + len(d.digits)}
	if slices.Contains(s.ruledOut, candidate) { // the scan has gone back
		return match{}, false
	}
	if s.asked == maxAsked {
		return match{}, true
	}
	s.asked++
	if m.e164, ok = s.phones.Phone(string(d.digits)); !ok {
		s.ruledOut = append(s.ruledOut, candidate)
	}
	return m, ok
}

// plan returns the number in the form of E.164, if that is of use and Phones knows it.
func (s *scan) plan(digits []byte) string {
	if s.phones == nil || s.original == nil || s.asked == maxAsked {
		return ""
	}
	s.asked++
	if e164, ok := s.phones.Phone(string(digits)); ok {
		return e164
	}
	return ""
}

// international returns the number in the form of E.164, if the digits are one in international form: + or 00, a country's code,
// and as many digits as may follow. Else it returns nothing.
func international(d []byte) string {
	switch {
	case d[0] == '+':
		d = d[1:]
	case len(d) > 11 && d[0] == '0' && d[1] == '0':
		d = d[2:]
	default:
		return ""
	}
	if len(d) < minPhone+1 || len(d) > maxPhone {
		return ""
	}
	if d[0] == '1' && (len(d) != 11 || d[1] < '2') || d[0] != '1' && !callingCode(value(d[:2]), value(d[:3])) {
		return ""
	}
	return "+" + string(d)
}

// callingCode reports whether the digits behind a plus sign begin with the code of a country or a service (ITU-T E.164, as
// assigned; libphonenumber has the same list). That of North America, 1, is not among them.
func callingCode(two, three int) bool {
	if two/10 == 7 { // Russia and Kazakhstan have one digit
		return true
	}
	switch two {
	case 20, 27, 30, 31, 32, 33, 34, 36, 39, 40, 41, 43, 44, 45, 46, 47, 48, 49, 51, 52, 53, 54, 55, 56, 57, 58, 60, 61, 62, 63,
		64, 65, 66, 81, 82, 84, 86, 90, 91, 92, 93, 94, 95, 98:
		return true
	}
	switch three {
	case 211, 212, 213, 216, 218, 220, 221, 222, 223, 224, 225, 226, 227, 228, 229, 230, 231, 232, 233, 234, 235, 236, 237, 238,
		239, 240, 241, 242, 243, 244, 245, 246, 247, 248, 249, 250, 251, 252, 253, 254, 255, 256, 257, 258, 260, 261, 262,
		263, 264, 265, 266, 267, 268, 269, 290, 291, 297, 298, 299, 350, 351, 352, 353, 354, 355, 356, 357, 358, 359, 370,
		371, 372, 373, 374, 375, 376, 377, 378, 380, 381, 382, 383, 385, 386, 387, 389, 420, 421, 423, 500, 501, 502, 503,
		504, 505, 506, 507, 508, 509, 590, 591, 592, 593, 594, 595, 596, 597, 598, 599, 670, 672, 673, 674, 675, 676, 677,
		678, 679, 680, 681, 682, 683, 685, 686, 687, 688, 689, 690, 691, 692, 800, 808, 850, 852, 853, 855, 856, 870, 878,
		880, 881, 882, 883, 886, 888, 960, 961, 962, 963, 964, 965, 966, 967, 968, 970, 971, 972, 973, 974, 975, 976, 977,
		979, 992, 993, 994, 995, 996, 998:
		return true
	}
	return false
}

// northAmerican reports whether the number is written as (202) 555-0143, 202-555-0143 or 202.555.0143, with or without a 1.
func (d *dialled) northAmerican() bool {
	n, g := d.n, 0
	if n.size(0) == 1 && n.digits[0] == '1' {
		g = 1
	}
	if d.groups != g+3 || n.size(g) != 3 || n.size(g+1) != 3 || n.size(g+2) != 4 {
		return false
	}
	if n.digits[n.first[g]] < '2' || n.digits[n.first[g+1]] < '2' {
		return false
	}
	last, before := string(n.gap(g+2)), string(n.gap(g+1))
	return last == "-" && (before == "-" || before == " " || strings.HasPrefix(before, ")")) || last == "." && before == "." ||
		last == " " && strings.HasPrefix(before, ")")
}

// national reports whether the candidate looks like a number in national form, of which a country's plan then decides: it begins
// with a zero, or it has groups.
func (d *dialled) national() bool {
	const mostNational = 13
	if len(d.digits) > mostNational {
		return false
	}
	return d.digits[0] == '0' || d.groups > 1 && len(d.digits) > 8
}

// noPhone reports whether the candidate is a date, a span of years or hours, an amount, a version, an address on a network, a
// place on a map or a book.
func (d *dialled) noPhone() bool {
	n := d.n
	if d.groups == 1 {
		return allSame(d.digits)
	}
	var all [maxGroups]int
	sizes := all[:d.groups]
	same, short := n.gap(1), false
	thousands := n.size(0) <= 3 && n.digits[0] != '0'
	for g := range sizes {
		sizes[g] = n.size(g)
		short = short || sizes[g] == 1
		if g > 0 {
			if !bytes.Equal(n.gap(g), same) {
				same = nil
			}
			thousands = thousands && sizes[g] == 3
		}
	}
	return n.date() || n.years(sizes) || n.hours(sizes) ||
		thousands && (string(same) == "." || string(same) == " " && (len(d.digits)%3 != 0 || currencyAt(n.f, n.end(n.first[d.groups])))) ||
		string(same) == "." && (short || d.groups == 2) || d.groups == 4 && string(same) == "." && n.address() || n.book(d.groups) || allSame(d.digits)
}

func allSame(d []byte) bool { return len(bytes.Trim(d, string(d[:1]))) == 0 }

// date reports whether the first three groups are a date, with one character between them.
func (n *number) date() bool {
	if n.groups < 3 || len(n.gap(1)) != 1 || len(n.gap(2)) != 1 || n.gap(1)[0] != n.gap(2)[0] {
		return false
	}
	a, b, c := value([]byte(n.text(0))), value([]byte(n.text(1))), value([]byte(n.text(2)))
	switch {
	case n.size(0) == 4 && n.size(1) <= 2 && n.size(2) <= 2: // 2026-04-17
		return year(a) && b >= 1 && b <= 12 && c >= 1 && c <= 31
	case n.size(0) <= 2 && n.size(1) <= 2 && (n.size(2) == 4 && year(c) || n.size(2) == 2 && n.gap(1)[0] != ' '): // 17.04.2026, 4/17/26
		return a >= 1 && b >= 1 && a <= 31 && b <= 31 && (a <= 12 || b <= 12)
	}
	return false
}

func year(y int) bool { return y >= 1900 && y < 2100 }

// years reports whether the number is a span of years, as in 2019-2024.
func (n *number) years(sizes []int) bool {
	return len(sizes) == 2 && sizes[0] == 4 && sizes[1] == 4 && year(value([]byte(n.text(0)))) && year(value([]byte(n.text(1))))
}

// hours reports whether the number is a span of hours, as in 08.00-17.30.
func (n *number) hours(sizes []int) bool {
	if len(sizes) != 4 || !bytes.Equal(n.gap(1), n.gap(3)) || string(n.gap(1)) != "." {
		return false
	}
	for g, size := range sizes {
		if v := value([]byte(n.text(g))); size > 2 || g%2 == 0 && v > 24 || g%2 == 1 && v > 59 {
			return false
		}
	}
	return true
}

// address reports whether the four first groups are the parts of an IPv4 address.
func (n *number) address() bool {
	for g := range 4 {
		if n.size(g) > 3 || value([]byte(n.text(g))) > 255 {
			return false
		}
	}
	return true
}

// dashed reports whether the first four groups have single dashes between them.
func (n *number) dashed() bool {
	for g := 1; g < 4; g++ {
		if string(n.gap(g)) != "-" {
			return false
		}
	}
	return true
}

// book reports whether the number is an ISBN: of 13 digits, or of ten in four groups with dashes.
func (n *number) book(groups int) bool {
	d := n.digits[:n.first[groups]]
	switch len(d) {
	case 13:
		return (value(d[:3]) == 978 || value(d[:3]) == 979) && ean13(d)
	case 10:
		return groups == 4 && n.dashed() && weighted(d, 10, 9, 8, 7, 6, 5, 4, 3, 2, 1)%11 == 0
	}
	return false
}
