package redact

import "strings"

// structure returns the form of the account numbers of a country behind the two check digits, as in the IBAN registry (SWIFT,
// ISO 13616): n digits, a letters, c both.
func structure(country string) string { //nolint:funlen // one line for each country
	switch country {
	case "NO":
		return "11n"
	case "BE":
		return "12n"
	case "DK", "FI", "FO", "GL", "SD":
		return "14n"
	case "NL":
		return "4a10n"
	case "SI":
		return "15n"
	case "MK":
		return "3n10c2n"
	case "AT", "BA", "EE", "LT", "XK":
		return "16n"
	case "KZ", "LU":
		return "3n13c"
	case "HR":
		return "17n"
	case "LV":
		return "4a13c"
	case "CH", "LI":
		return "5n12c"
	case "CR", "DE", "ME", "RS", "VA":
		return "18n"
	case "GE":
		return "2a16n"
	case "BH":
		return "4a14c"
	case "GB", "IE":
		return "4a14n"
	case "BG":
		return "4a6n8c"
	case "AE", "IL", "TL":
		return "19n"
	case "GI":
		return "4a15c"
	case "IQ":
		return "4a15n"
	case "MD":
		return "20c"
	case "CZ", "ES", "SE", "SK", "TN":
		return "20n"
	case "SA":
		return "2n18c"
	case "PK", "RO", "VG":
		return "4a16c"
	case "AD":
		return "8n12c"
	case "PT", "ST":
		return "21n"
	case "IS", "TR":
		return "22n"
	case "FR", "MC":
		return "10n11c2n"
	case "IT", "SM":
		return "1a10n12c"
	case "MR":
		return "23n"
	case "GR":
		return "7n16c"
	case "GT":
		return "24c"
	case "HU", "PL":
		return "24n"
	case "AZ":
		return "4a20c"
	case "NI", "SV":
		return "4a20n"
	case "DO":
		return "4c20n"
	case "BY":
		return "4c4n16c"
	case "LB":
		return "4n20c"
	case "AL", "CY":
		return "8n16c"
	case "BR":
		return "23n1a1c"
	case "EG":
		return "25n"
	case "PS", "QA":
		return "4a21c"
	case "UA":
		return "6n19c"
	case "MU":
		return "4a19n3a"
	case "KW":
		return "4a22c"
	case "JO":
		return "4a4n18c"
	case "SC":
		return "4a20n3a"
	case "MT":
		return "4a5n18c"
	case "LC":
		return "4a24c"
	case "RU":
		return "14n15c"
	default:
		return ""
	}
}

// iban finds an account number at p, where a word begins. Up to three spaces, dashes and line breaks may stand between its
// characters.
func (s *scan) iban(p int) bool {
	const longest = 34
	f := s.f
	if p+3 >= len(f) || !digit(f[p+2]) && (f[p+2] != ' ' || !digit(f[p+3])) {
		return false
	}
	form := structure(string([]byte{upper(f[p]), upper(f[p+1])}))
	if form == "" {
		return false
	}
	var text [longest]byte
	n, i := 2, p+2
	text[0], text[1] = upper(f[p]), upper(f[p+1])
	take := func(class byte, count int) bool {
		for ; count > 0; count-- {
			for gap := 0; i < len(f) && strings.IndexByte(" -\n", f[i]) >= 0 && gap < maxGap; gap++ {
				i++
			}
			if i >= len(f) || n == longest || !of(class, f[i]) {
				return false
			}
			text[n] = upper(f[i])
			n, i = n+1, i+1
		}
		return true
	}
	if !take('n', 2) {
		return false
	}
	count := 0
	for j := range len(form) {
		if digit(form[j]) {
			count = count*10 + int(form[j]-'0')
			continue
		}
		if !take(form[j], count) {
			return false
		}
		count = 0
	}
	if i < len(f) && isAlnum(f[i]) || !mod97(text[:n]) {
		return false
	}
	return s.add(IBAN, p, i)
}

// of reports whether b is of a class of [structure].
func of(class, b byte) bool {
	up := upper(b)
	return digit(b) && class != 'a' || up >= 'A' && up <= 'Z' && class != 'n'
}

// mod97 checks an account number (ISO/IEC 7064, MOD 97-10, with the first four characters at the end).
func mod97(text []byte) bool {
	rest := 0
	for i := range text {
		b := text[(i+4)%len(text)]
		if digit(b) {
			rest = (rest*10 + int(b-'0')) % 97
		} else {
			rest = (rest*100 + int(b-'A') + 10) % 97
		}
	}
	return rest == 1
}
