package text

import (
	"strconv"
	"strings"
)

// Money writes an amount of minor units, such as cents, in the currency's usual unit: "1,249.50 EUR". The currency is that of ISO 4217.
func Money(minor int64, currency string) string {
	digits := strconv.FormatInt(minor, 10)
	digits, negative := strings.CutPrefix(digits, "-")
	part := minorDigits(currency)
	if n := part + 1 - len(digits); n > 0 {
		digits = strings.Repeat("0", n) + digits
	}
	whole, rest := digits[:len(digits)-part], digits[len(digits)-part:]
	for i := len(whole) - 3; i > 0; i -= 3 {
		whole = whole[:i] + "," + whole[i:]
	}
	if part > 0 {
		whole += "." + rest
	}
	if negative {
		whole = "−" + whole
	}
	return whole + " " + currency
}

// minorDigits returns how many decimal digits the minor unit of the currency is. Source: ISO 4217, list one.
func minorDigits(currency string) int {
	const usual = 2
	switch currency {
	case "BIF", "CLP", "DJF", "GNF", "ISK", "JPY", "KMF", "KRW", "PYG", "RWF", "UGX", "UYI", "VND", "VUV", "XAF", "XOF", "XPF":
		return 0
	case "BHD", "IQD", "JOD", "KWD", "LYD", "OMR", "TND":
		return usual + 1
	case "CLF", "UYW":
		return usual + 2
	default:
		return usual
	}
}
