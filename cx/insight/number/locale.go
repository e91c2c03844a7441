package number

import (
	"cmp"
	"slices"
	"strconv"
	"strings"
	"sync"
)

// Locale is how readers of a language and region write numbers: the signs between groups of digits and before decimals, which numbers have groups, and where the percent
// sign stands. Digits are always Latin, the minus sign is always "−", and words stay English. The zero value is English. Locales may be compared.
type Locale struct {
	// of is the form of one of styles; nil is that of English. Tag is "" for English itself.
	of  *form
	tag string
}

// form is one way to write numbers.
type form struct {
	group, decimal string
	// before and after are what a percentage has beside its number.
	before, after string
	// least is how many digits stand before the first sign at least; 0 is 1.
	least int
	// indian means that groups above the lowest one have two digits.
	indian bool
}

// english is the form in which this package writes.
var english = form{group: ",", decimal: ".", after: "%"}

// Bounds of what is read of a tag, of a header, and of a run of digits and signs in a text, in bytes.
const (
	longestTag    = 64
	longestHeader = 1024
	longestRun    = 64
)

// tags are the forms by tag in lower case. It is made when a locale is first asked for.
var tags = sync.OnceValue(func() map[string]Locale {
	known := map[string]Locale{}
	for i := range styles {
		of := &styles[i].form
		if *of == english {
			of = nil
		}
		for tag := range strings.FieldsSeq(styles[i].tags) {
			known[strings.ToLower(tag)] = Locale{of: of, tag: tag}
		}
	}
	known["en"] = Locale{} // so that locales can be compared
	return known
})

// ParseLocale returns the locale of a language tag (BCP 47) such as "de" or "de-CH", with the data of the Unicode CLDR 48. A region that is not known is written as its
// language. It returns false if the language is not known.
func ParseLocale(tag string) (Locale, bool) {
	if len(tag) > longestTag {
		return Locale{}, false
	}
	parts := strings.FieldsFunc(strings.ToLower(strings.TrimSpace(tag)), func(r rune) bool { return r == '-' || r == '_' })
	if len(parts) == 0 {
		return Locale{}, false
	}
	for _, part := range parts[1:] {
		if len(part) == 1 { // what follows is an extension
			break
		}
		if l, ok := tags()[parts[0]+"-"+part]; ok {
			return l, true
		}
	}
	l, ok := tags()[parts[0]]
	return l, ok
}

// AcceptedLocale returns the locale that a reader likes best, of those that are known, from an Accept-Language header (RFC 9110, section 12.5.4). It returns false if none is
// known. It reads the first 1,024 bytes.
func AcceptedLocale(header string) (Locale, bool) {
	type liked struct {
		Locale

		weight float64
	}
	var all []liked
	for item := range strings.SplitSeq(header[:min(len(header), longestHeader)], ",") {
		tag, rest, _ := strings.Cut(item, ";")
		weight := 1.0
		if text, ok := strings.CutPrefix(strings.ToLower(strings.ReplaceAll(rest, " ", "")), "q="); ok {
			var err error
			if weight, err = strconv.ParseFloat(text, 64); err != nil {
				continue
			}
		}
		if l, ok := ParseLocale(tag); ok && weight > 0 && weight <= 1 {
			all = append(all, liked{l, weight})
		}
	}
	if len(all) == 0 {
		return Locale{}, false
	}
	slices.SortStableFunc(all, func(a, b liked) int { return cmp.Compare(b.weight, a.weight) })
	return all[0].Locale, true
}

// String returns the tag of the locale: that of its language, or of its region if that writes otherwise.
func (l Locale) String() string { return cmp.Or(l.tag, "en") }

// English reports whether the locale writes numbers as this package does.
func (l Locale) English() bool { return l.of == nil }
