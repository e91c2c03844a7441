package breakdown

import (
	"cmp"
	"math"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"cairncx.dev/cairn/cx/stats"
)

const (
	// MaxWords is the most words that [NewWords] returns.
	MaxWords = 10

	prior    = 100  // the weight of the prior, in words
	leastNow = 3    // texts of now that have a word
	newLevel = 0.05 // of the words that are new, at most this part is chance
	maxWord  = 64   // bytes of a word
)

// Word is a word that customers say more often now than before.
type Word struct {
	Word string `json:"word"`
	// Now and Before are how many texts have it.
	Now    int `json:"now"`
	Before int `json:"before"`
	// Z is the difference of the logarithms of the odds, in standard deviations. P is the probability of as much by chance, adjusted over all words.
	Z float64 `json:"z"`
	P float64 `json:"p"`
}

// NewWords returns the words that the texts of now have more often than those of before, the most telling first: at most [MaxWords]. A word counts once in a text,
// and at least three texts of now have it. Words are letters and digits between others, in lower case; a language without spaces between words has none.
//
// The measure is the difference of the log-odds of a word with an informative Dirichlet prior, divided by its standard deviation. The prior is how often all texts
// have the word, with the weight of 100 words, so that rare words say little.
//
// Source: Monroe, Colaresi and Quinn 2008, "Fightin' Words: Lexical Feature Selection and Evaluation for Identifying the Content of Political Conflict", Political
// Analysis 16, equations 15, 20 and 22.
func NewWords(now, before []string) []Word {
	x, y := wordsOf(now), wordsOf(before)
	var n, m float64
	for _, k := range x {
		n += float64(k)
	}
	for _, k := range y {
		m += float64(k)
	}
	list, p := make([]Word, 0, len(x)), make([]float64, 0, len(x))
	for word, k := range x {
		// A word of now is in all words, and one that only texts of before have is never new: it needs no test.
		w := Word{Word: word, Now: k, Before: y[word]}
		a := prior * float64(w.Now+w.Before) / (n + m)
		i, j := float64(w.Now)+a, float64(w.Before)+a
		if rest := min(n+prior-i, m+prior-j); rest > 0 {
			w.Z = (math.Log(i/(n+prior-i)) - math.Log(j/(m+prior-j))) / math.Sqrt(1/i+1/j)
		}
		list, p = append(list, w), append(p, math.Erfc(w.Z/math.Sqrt2)/2)
	}
	for i, adjusted := range stats.BenjaminiHochberg(p) {
		list[i].P = adjusted
	}
	list = slices.DeleteFunc(list, func(w Word) bool { return w.Now < leastNow || w.P > newLevel })
	slices.SortFunc(list, func(a, b Word) int { return cmp.Or(cmp.Compare(b.Z, a.Z), strings.Compare(a.Word, b.Word)) })
	return list[:min(len(list), MaxWords)]
}

// wordsOf returns in how many of the texts each word is.
func wordsOf(texts []string) map[string]int {
	all := map[string]int{}
	for _, text := range texts {
		seen := map[string]bool{}
		for word := range strings.FieldsFuncSeq(strings.ToLower(text), func(r rune) bool {
			return r == utf8.RuneError || !unicode.IsLetter(r) && !unicode.IsDigit(r) && !unicode.IsMark(r)
		}) {
			if utf8.RuneCountInString(word) > 1 && len(word) <= maxWord && !seen[word] {
				seen[word] = true
				all[word]++
			}
		}
	}
	return all
}
