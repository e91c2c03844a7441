package redact

// idRule is the form of a national number of digits only.
type idRule struct {
	// digits is how many it has.
	digits int
	// sizes are the groups that it is written in, with one of the characters of gaps between them.
	sizes []int
	gaps  string
	valid func(d []byte) bool
	// bare says that the number is found without groups too.
	bare bool
	// cue has to stand before the number: any of its words. 0 is none. bareCue is that of a number without groups, and spaceCue
	// that of one with spaces.
	cue, bareCue, spaceCue cue
	// weak says that a number behind the name of another number, such as that of a parcel, is none.
	weak bool
}

// idRules are the rules of numbers that have digits only. A number whose check is weak needs a word before it, or its country's
// punctuation.
var idRules = [...]idRule{
	{digits: 9, sizes: []int{3, 2, 4}, gaps: "- ", valid: ssn, bare: true, bareCue: cueSSN, spaceCue: cueSSN},         // US
	{digits: 9, sizes: []int{3, 3, 3}, gaps: "- ", valid: luhn, bare: true, cue: cueSIN},                              // CA
	{digits: 9, sizes: []int{4, 2, 3}, gaps: ". ", valid: bsn, bare: true, cue: cueBSN},                               // NL
	{digits: 10, sizes: []int{6, 4}, gaps: "-", valid: personnummer, bare: true, bareCue: cuePersonnummer},            // SE
	{digits: 12, sizes: []int{8, 4}, gaps: "-", valid: longPersonnummer, bare: true, bareCue: cuePersonnummer},        // SE
	{digits: 11, sizes: []int{3, 3, 3, 2}, gaps: ".- ", valid: cpf, bare: true},                                       // BR
	{digits: 11, sizes: []int{2, 3, 3, 3}, gaps: " ", valid: steuerID, bare: true},                                    // DE
	{digits: 11, sizes: []int{6, 5}, gaps: " -", valid: pesel, bare: true},                                            // PL
	{digits: 11, sizes: []int{2, 2, 2, 3, 2}, gaps: ".- ", valid: rijksregister, bare: true},                          // BE
	{digits: 12, sizes: []int{4, 4, 4}, gaps: "- ", valid: aadhaar, bare: true, bareCue: cueAadhaar, weak: true},      // IN
	{digits: 13, sizes: []int{3, 4, 4, 2}, gaps: ". ", valid: ahv, bare: true},                                        // CH
	{digits: 15, sizes: []int{1, 2, 2, 2, 3, 3, 2}, gaps: " ", valid: nir, bare: true},                                // FR
	{digits: 13, sizes: []int{1, 2, 2, 2, 3, 3}, gaps: " ", valid: nirBody, bare: true, cue: cueNIR, bareCue: cueNIR}, // FR, without its key
	{digits: 18, sizes: []int{6, 8, 4}, gaps: " ", valid: residentID, bare: true},                                     // CN
}

// nationalID finds a number that a state gives a person, at p.
func (s *scan) nationalID(n *number, p int) bool {
	if s.cfg.off[NationalID] {
		return false
	}
	if s.withLetter(n, p) {
		return true
	}
	const shortest = 9
	if n.n < shortest {
		return false
	}
	for i := range idRules {
		if end := s.follows(&idRules[i], n, p); end > 0 {
			return s.add(NationalID, p, end)
		}
	}
	return false
}

// follows returns where the number ends that follows the rule at p, or 0.
func (s *scan) follows(r *idRule, n *number, p int) int {
	groups := n.groupsOf(r.digits)
	if groups == 0 {
		return 0
	}
	need := r.cue
	spaced := false
	switch {
	case groups == 1:
		if !r.bare {
			return 0
		}
		need |= r.bareCue
	case !n.shaped(r.gaps, r.sizes...) || groups != len(r.sizes):
		return 0
	default:
		spaced = n.gap(1)[0] == ' '
		if spaced {
			need |= r.spaceCue
		}
	}
	end := n.end(r.digits)
	if !n.bounded(p, end, spaced) || !r.valid(n.digits[:r.digits]) {
		return 0
	}
	if need != 0 && s.cueBefore(p)&need == 0 || r.weak && s.cueBefore(p) == cueNot {
		return 0
	}
	return end
}

// withLetter finds a number of digits and letters that begins with a digit: the Spanish DNI, the Finnish henkilötunnus, the French
// number of somebody born in Corsica, the Chinese number whose check digit is X.
func (s *scan) withLetter(n *number, p int) bool {
	f := s.f
	whole := func(end int) bool { return n.bounded(p, end, false) && s.add(NationalID, p, end) }
	switch n.size(0) {
	case 8:
		if end := letterAt(f, n.end(8)); end > 0 && upper(f[end-1]) == dniLetter(n.digits[:8]) {
			return whole(end)
		}
	case 2:
		if n.shaped(".", 2, 3, 3) {
			if end := letterAt(f, n.end(8)); end > 0 && upper(f[end-1]) == dniLetter(n.digits[:8]) {
				return whole(end)
			}
		}
	case 6:
		if end := max(hetu(f, p, n.digits[:6]), corsican(f, p)); end > 0 {
			return whole(end)
		}
	case 17:
		if end := n.end(17); end < len(f) && upper(f[end]) == 'X' && residentID(append(n.digits[:17:17], 'X')) {
			return whole(end + 1)
		}
	case 1, 5:
		if end := corsican(f, p); end > 0 {
			return whole(end)
		}
	}
	return false
}

// letterAt returns where the check letter at p ends, which may stand behind a dash or a space, or 0.
func letterAt(f []byte, p int) int {
	if p+1 < len(f) && (f[p] == '-' || f[p] == ' ') {
		p++
	}
	if p < len(f) && upper(f[p]) >= 'A' && upper(f[p]) <= 'Z' {
		return p + 1
	}
	return 0
}

// idWord finds a national number that begins with letters, at p where a word of the given length begins: the British National
// Insurance number, the Spanish NIE, the Italian codice fiscale.
func (s *scan) idWord(p, letters int) bool {
	const cfLetters = 6
	if s.cfg.off[NationalID] {
		return false
	}
	end := 0
	switch letters {
	case 1:
		end = nie(s.f, p)
	case 2:
		end = nino(s.f, p)
	case cfLetters, cfLetters / 2:
		end = codiceFiscale(s.f, p)
	}
	return end > 0 && (end == len(s.f) || !isAlnum(s.f[end])) && s.add(NationalID, p, end)
}

// spaced reads up to len(out) letters and digits at p, with at most one space or dash between two, in upper case. It returns how
// many there are and where they end.
func spaced(f []byte, p int, out []byte) (n, end int) {
	for i := p; i < len(f) && n < len(out); {
		if isAlnum(f[i]) && f[i] < letter {
			out[n] = upper(f[i])
			n, i = n+1, i+1
			end = i
			continue
		}
		if f[i] != ' ' && f[i] != '-' || i != end {
			break
		}
		i++
	}
	return n, end
}
