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
// for what survived those.
//
// Before its first mutant, each suite is recorded: all of its tests run together, then each in a
// process of its own, with a probe in each statement of the workspace's code. A mutant then meets
// the tests that run its statement, the quickest first. What init, TestMain, package variables and
// child processes run counts for the test whose process it was. A test that fails by itself, and a
// statement that runs only where all tests share a process, mean that the whole suite runs. A mutant
// that no test runs survives at once and is marked as not covered.
//
// The recording is kept in the user's cache, under a hash of the sources that the suite is built
// from and of the variables that begin with CAIRN_, and made again when they change. A change of
// other files, or of the programs that the tests start, is not seen: -cache "" records anew.
//
// The mutants of a package are compiled at once: each is a copy of its function, behind a switch.
// One whose function uses its stack frame is compiled by itself, and so is one that fails a test
// which also fails while no mutant is active. A mutant runs one stack frame deeper.
//
// With -total each suite meets few mutants, thus no suite is recorded, unless an earlier recording
// fits, and every mutant is compiled by itself.
//
// A mutant that does not compile is not counted. A mutant that runs for several times as long as the
// same tests without it counts as killed.
//
// A mutant that behaves like the original is declared in equivalents.txt with the reason. The
// line's key, which each survivor is printed with, holds the function and the changed code and no
// line number.
package main
