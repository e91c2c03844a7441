package redact

import "strings"

// This file has the checks of national numbers. Digits are ASCII.

func value(digits []byte) int {
	v := 0
	for _, d := range digits {
		v = v*10 + int(d-'0')
	}
	return v
}

// weighted returns the sum of the digits times their weights.
func weighted(digits []byte, weights ...int) int {
	sum := 0
	for i, w := range weights {
		sum += int(digits[i]-'0') * w
	}
	return sum
}

// monthDay reports whether four digits are a month and a day.
func monthDay(d []byte) bool {
	month, day := value(d[:2]), value(d[2:4])
	return month >= 1 && month <= 12 && day >= 1 && day <= 31
}

// ssn is the form of the US Social Security number: no area 000, 666 or 900 to 999, no group 00, no serial 0000 (SSA, POMS RM
// 10201.035). It has no check digit.
func ssn(d []byte) bool {
	area := value(d[:3])
	return area != 0 && area != 666 && area < 900 && value(d[3:5]) != 0 && value(d[5:]) != 0
}

// bsn is the eleven-test of the Dutch burgerservicenummer.
func bsn(d []byte) bool {
	return value(d) != 0 && weighted(d, 9, 8, 7, 6, 5, 4, 3, 2, -1)%11 == 0
}

// personnummer is the Swedish number: a date, where a coordination number has 60 more days, and Luhn's check digit
// (Skatteverket, SKV 704).
func personnummer(d []byte) bool {
	month, day := value(d[2:4]), value(d[4:6])
	if day > 60 {
		day -= 60
	}
	return month >= 1 && month <= 12 && day >= 1 && day <= 31 && luhn(d)
}

func longPersonnummer(d []byte) bool {
	century := value(d[:2])
	return century >= 18 && century <= 20 && personnummer(d[2:])
}

// cpf has two check digits modulo 11 (Receita Federal). Eleven equal digits pass them and are no number.
func cpf(d []byte) bool {
	check := func(sum int) byte {
		if r := sum * 10 % 11; r < 10 {
			return byte('0' + r)
		}
		return '0'
	}
	return strings.Trim(string(d), string(d[:1])) != "" &&
		check(weighted(d, 10, 9, 8, 7, 6, 5, 4, 3, 2)) == d[9] && check(weighted(d, 11, 10, 9, 8, 7, 6, 5, 4, 3, 2)) == d[10]
}

// steuerID is the German tax identification number: of its first ten digits one occurs twice or three times, and the others at
// most once; the last is a check digit (ISO/IEC 7064, MOD 11, 10).
func steuerID(d []byte) bool {
	var count [10]int
	for _, b := range d[:10] {
		count[b-'0']++
	}
	repeated := 0
	for _, n := range count {
		switch {
		case n > 3:
			return false
		case n > 1:
			repeated++
		}
	}
	product := 10
	for _, b := range d[:10] {
		sum := (int(b-'0') + product) % 10
		if sum == 0 {
			sum = 10
		}
		product = sum * 2 % 11
	}
	return d[0] != '0' && repeated == 1 && (11-product)%10 == int(d[10]-'0')
}

// pesel is the Polish number: a date, whose month has the century added, and a check digit.
func pesel(d []byte) bool {
	month, day := value(d[2:4])%20, value(d[4:6])
	return month >= 1 && month <= 12 && day >= 1 && day <= 31 && weighted(d, 1, 3, 7, 9, 1, 3, 7, 9, 1, 3, 1)%10 == 0
}

// rijksregister is the Belgian number: a date, a serial number, and 97 less the rest by 97, with a 2 before the number for
// those who were born from 2000 on.
func rijksregister(d []byte) bool {
	if !monthDay(d[2:6]) {
		return false
	}
	check, n := value(d[9:]), value(d[:9])
	return check == 97-n%97 || check == 97-(2_000_000_000+n)%97
}

// aadhaar is the Indian number, whose last digit is Verhoeff's check digit. It does not begin with 0 or 1.
func aadhaar(d []byte) bool { return d[0] >= '2' && verhoeff(d) }

// verhoeff reports whether the last digit is the check digit of J. Verhoeff, Error Detecting Decimal Codes (1969).
func verhoeff(digits []byte) bool {
	// The permutation of each place is that of the place before it, applied once more.
	permutation := [10]int{1, 5, 7, 6, 2, 8, 3, 0, 9, 4}
	check := 0
	for i := range digits {
		d := int(digits[len(digits)-1-i] - '0')
		for range i % 8 {
			d = permutation[d]
		}
		check = dihedral(check, d)
	}
	return check == 0
}

// dihedral is the product in the symmetry group of a pentagon: 0 to 4 are rotations, 5 to 9 reflections.
func dihedral(a, b int) int {
	switch {
	case a < 5 && b < 5:
		return (a + b) % 5
	case a < 5:
		return 5 + (a+b)%5
	case b < 5:
		return 5 + (a-b)%5
	default:
		return (a - b + 5) % 5
	}
}

// ahv is the Swiss number: 756, and the check digit of EAN-13.
func ahv(d []byte) bool { return value(d[:3]) == 756 && ean13(d) }

// ean13 reports whether the last of 13 digits is the check digit of the others (GS1).
func ean13(d []byte) bool {
	return weighted(d, 1, 3, 1, 3, 1, 3, 1, 3, 1, 3, 1, 3, 1)%10 == 0
}

// nirBody is the French number without its key: sex, year, month and place of birth. Months from 20 on stand for unknown ones.
func nirBody(d []byte) bool {
	month := value(d[3:5])
	return (d[0] == '1' || d[0] == '2') && (month >= 1 && month <= 12 || month >= 20 && month <= 42 || month >= 50) && value(d[5:7]) > 0
}

// nir is the French number with its key: 97 less the rest by 97.
func nir(d []byte) bool { return nirBody(d) && value(d[13:]) == 97-value(d[:13])%97 }

// residentID is the Chinese number (GB 11643): a date, and a check digit by ISO/IEC 7064, MOD 11-2, which may be X.
func residentID(d []byte) bool {
	century := value(d[6:8])
	if century != 19 && century != 20 || !monthDay(d[10:14]) || d[0] == '0' {
		return false
	}
	sum := weighted(d, 7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2)
	return "10X98765432"[sum%11] == d[17]
}

// dniLetter is the check letter of the Spanish DNI.
func dniLetter(d []byte) byte { return "TRWAGMYFPDXBNJZSQVHLCKE"[value(d)%23] }

// nie returns where the Spanish NIE at p ends, or 0: X, Y or Z, seven digits, and the letter of the number with 0, 1 or 2
// before it.
func nie(f []byte, p int) int {
	const digits = 7
	first := upper(f[p])
	i := p + 1
	if i < len(f) && f[i] == '-' {
		i++
	}
	if first < 'X' || first > 'Z' || i+digits >= len(f) {
		return 0
	}
	d := append([]byte{first - 'X' + '0'}, f[i:i+digits]...)
	for _, b := range d {
		if !digit(b) {
			return 0
		}
	}
	if end := letterAt(f, i+digits); end > 0 && upper(f[end-1]) == dniLetter(d) {
		return end
	}
	return 0
}

// nino returns where the British number at p ends, or 0 (HMRC, NIM39110): two letters out of those that are in use, six
// digits, and A, B, C or D.
func nino(f []byte, p int) int {
	var t [9]byte
	n, end := spaced(f, p, t[:])
	if n < len(t) || strings.IndexByte("DFIQUV", t[0]) >= 0 || strings.IndexByte("DFIOQUV", t[1]) >= 0 || t[8] < 'A' || t[8] > 'D' {
		return 0
	}
	switch string(t[:2]) {
	case "BG", "GB", "KN", "NK", "NT", "TN", "ZZ":
		return 0
	}
	for i, b := range t[:8] {
		if digit(b) != (i >= 2) {
			return 0
		}
	}
	return end
}

// codiceFiscale returns where the Italian number at p ends, or 0 (D.M. 12 March 1974). Letters may stand for digits, to tell
// equal numbers apart.
func codiceFiscale(f []byte, p int) int {
	var t [16]byte
	n, end := spaced(f, p, t[:])
	if n < len(t) {
		return 0
	}
	sum := 0
	for i, b := range t[:15] {
		v := int(b - '0')
		if !digit(b) {
			v = int(b - 'A')
		}
		switch i {
		case 0, 1, 2, 3, 4, 5, 8, 11: // letters
			if digit(b) {
				return 0
			}
		default: // digits, or the letters L M N P Q R S T U V for them
			if !digit(b) && strings.IndexByte("LMNPQRSTUV", b) < 0 {
				return 0
			}
		}
		if i%2 == 0 { // the places are counted from one: this one is odd
			v = [26]int{1, 0, 5, 7, 9, 13, 15, 17, 19, 21, 2, 4, 18, 20, 11, 3, 6, 8, 12, 14, 16, 10, 22, 25, 24, 23}[v]
		}
		sum += v
	}
	if strings.IndexByte("ABCDEHLMPRST", t[8]) < 0 || int(t[15]) != 'A'+sum%26 {
		return 0
	}
	return end
}

// hetu returns where the Finnish number at p ends, or 0: a date, a sign for the century, three digits, and a check character.
func hetu(f []byte, p int, date []byte) int {
	const length = 11
	if p+length > len(f) || value(date[:2]) < 1 || value(date[:2]) > 31 || value(date[2:4]) < 1 || value(date[2:4]) > 12 {
		return 0
	}
	if strings.IndexByte("+-ABCDEFUVWXY", upper(f[p+6])) < 0 {
		return 0
	}
	serial := f[p+7 : p+10]
	for _, b := range serial {
		if !digit(b) {
			return 0
		}
	}
	if "0123456789ABCDEFHJKLMNPRSTUVWXY"[(value(date)*1000+value(serial))%31] != upper(f[p+10]) {
		return 0
	}
	return p + length
}

// corsican returns where the French number at p ends of somebody born in Corsica, or 0. Its department is 2A or 2B, for which 19
// and 18 are reckoned.
func corsican(f []byte, p int) int {
	var t [15]byte
	n, end := spaced(f, p, t[:])
	if n < len(t) || t[5] != '2' || t[6] != 'A' && t[6] != 'B' {
		return 0
	}
	d := t
	copy(d[5:7], "19")
	if t[6] == 'B' {
		d[6] = '8'
	}
	for _, b := range d {
		if !digit(b) {
			return 0
		}
	}
	if !nir(d[:]) {
		return 0
	}
	return end
}
