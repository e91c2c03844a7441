package redact

import "bytes"

// issuer is a range of card numbers.
type issuer struct {
	low, high int    // the first digits of the number lie between them
	lengths   string // what lengths it has, as letters: a is 12
}

// issuers are the ranges of ISO/IEC 7812's register, as the schemes publish them.
var issuers = [...]issuer{
	{300000, 305999, "cdefgh"}, // Diners Club
	{340000, 349999, "d"},      // American Express
	{352800, 358999, "efgh"},   // JCB
	{360000, 369999, "cdefgh"}, // Diners Club
	{370000, 379999, "d"},      // American Express
	{380000, 399999, "cdefgh"}, // Diners Club
	{400000, 499999, "eh"},     // Visa
	{220000, 220499, "efgh"},   // Mir
	{222100, 272099, "e"},      // Mastercard
	{501800, 501899, "efgh"},   // Maestro
	{501900, 501999, "e"},      // Dankort
	{502000, 502099, "efgh"},   // Maestro
	{503800, 503899, "efgh"},   // Maestro
	{506099, 506198, "eh"},     // Verve
	{508500, 508999, "e"},      // RuPay
	{510000, 559999, "e"},      // Mastercard
	{589300, 589399, "efgh"},   // Maestro
	{601100, 601199, "efgh"},   // Discover
	{606282, 606282, "e"},      // Hipercard
	{620000, 629999, "efgh"},   // UnionPay
	{630400, 630499, "efgh"},   // Maestro
	{636368, 636368, "e"},      // Elo
	{644000, 659999, "efgh"},   // Discover, Elo, RuPay
	{675900, 675999, "efgh"},   // Maestro
	{676100, 676399, "efgh"},   // Maestro
	{810000, 817199, "efgh"},   // UnionPay
	{979200, 979289, "e"},      // Troy
}

// lengthsOf returns the lengths of the cards of the range that has the number, by its first six digits.
func lengthsOf(prefix int) string {
	for i := range issuers {
		if prefix >= issuers[i].low && prefix <= issuers[i].high {
			return issuers[i].lengths
		}
	}
	return ""
}

const (
	shortestCard = 12 // the length that issuer writes as a
	prefixDigits = 6
	// maxCardGroups bounds the groups of a card, if they have different sizes.
	maxCardGroups = 8
)

// card finds the number of a payment card at p. It may follow letters directly, if it has no groups.
func (s *scan) card(n *number, p int) bool {
	if n.n < shortestCard {
		return false
	}
	prefix := 0
	for _, d := range n.digits[:prefixDigits] {
		prefix = prefix*10 + int(d-'0')
	}
	lengths := lengthsOf(prefix)
	for i := range len(lengths) {
		k := shortestCard + int(lengths[i]-'a')
		groups := n.groupsOf(k)
		if groups == 0 || !n.cardGroups(groups) || !luhn(n.digits[:k]) {
			continue
		}
		end := n.end(k)
		if groups > 1 && (p > 0 && isAlnum(s.f[p-1]) || end < len(s.f) && isAlnum(s.f[end])) {
			continue
		}
		if s.add(Card, p, end) {
			return true
		}
	}
	return false
}

// cardGroups reports whether a card's number may be written in these groups: few ones, of which the first has four digits at least,
// or all the same size, with at most three spaces, dashes, dots and line breaks between them. The numbers of orders often
// begin with a group of three.
func (n *number) cardGroups(groups int) bool {
	const first = 4
	even := true
	for g := range groups {
		even = even && n.size(g) == n.size(0)
		if bytes.ContainsAny(n.gapOf(g), "/()") {
			return false
		}
	}
	return even || n.size(0) >= first && groups <= maxCardGroups
}

// luhn reports whether the last digit is the check digit of the others (ISO/IEC 7812-1, annex B).
func luhn(digits []byte) bool {
	sum := 0
	for i := range digits {
		d := int(digits[len(digits)-1-i] - '0')
		if i%2 == 1 {
			d *= 2
			if d > 9 {
				d -= 9
			}
		}
		sum += d
	}
	return sum%10 == 0
}
