// Package number writes numbers for readers, in one way wherever an answer has one: in sentences, tables, charts, and on the terminal.
//
//	number.Count(1234)                  // 1,234
//	number.Share(0.1234)                // 12.3%
//	number.Points(0.0472)               // +4.7 points
//	number.Duration(200 * time.Minute)  // 3 h 20 min
//
// The texts are English. Where a reader is known, a [Locale] writes the numbers of a finished text as the reader's language and region do:
//
//	german, _ := number.ParseLocale("de-DE")
//	german.Rewrite("12.3% of 1,234 runs", nil) // 12,3 % of 1.234 runs
//
// Numbers for machines, such as those of JSON and CSV, are not written here. What cannot be written, such as a NaN, is [None]. The functions are
// pure, and may be called concurrently. The package imports the standard library only.
package number
