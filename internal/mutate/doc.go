// Command mutate measures what the tests notice. It changes one place of a package at a time (a
// negated condition, a shifted bound, a dropped statement, a swallowed error), runs the tests
// against the change, and prints which changes no test saw.
//
//	go run ./internal/mutate -n 40 ./journey ./exporters
//	go run ./internal/mutate -total 20 -timeout 4m
//
// The sample follows from -seed and from the code: the same seed gives the same mutants, and an
// edit elsewhere in the package leaves the others as they were. The files on disk are never
// changed: the compiler reads each mutant through -overlay from a temporary folder.
//
// A package's own tests run first. The suites that test it from elsewhere, listed in suites.go, run
// for what survived those. A mutant that does not compile is not counted. A mutant that runs for
// several times as long as the unmutated tests of the same run counts as killed.
//
// A mutant that behaves like the original is declared in equivalents.txt with the reason. The
// line's key, which each survivor is printed with, holds the function and the changed code and no
// line number.
package main
