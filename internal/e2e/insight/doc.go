// Package insight tests that questions have the same answers whatever the source is, and that every number of a report is the one that SQL finds in the
// archive, or follows from such numbers by a formula. Statements and formulas are written apart from the questions: see proof in proof_test.go.
package insight
