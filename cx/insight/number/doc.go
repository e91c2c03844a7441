// Package number writes numbers for readers, in one way wherever an answer has one: in sentences, tables, charts, and on the terminal.
//
//	number.Count(1234)                  // 1,234
//	number.Share(0.1234)                // 12.3%
//	number.Points(0.0472)               // +4.7 points
//	number.Duration(200 * time.Minute)  // 3 h 20 min
//
// Numbers for machines, such as those of JSON and CSV, are not written here. The texts are English and have no dependence on a locale. What
// cannot be written, such as a NaN, is [None]. The functions are pure, and may be called concurrently. The package imports the standard
// library only.
package number
