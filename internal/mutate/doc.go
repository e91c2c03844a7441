// Command mutate measures how many code changes the tests notice. It changes one place of a package at a time (a
// negated condition, a shifted bound, a dropped statement, a swallowed error), runs the tests against the change,
// and prints the changes that no test noticed.
//
//	go run ./internal/mutate -n 40 ./journey ./exporters
//	go run ./internal/mutate -total 20 -timeout 4m
//
// The seed and the code decide the sample: the same seed gives the same mutants, and an edit elsewhere in the
// package does not change the others. The command never changes the files on disk: the compiler reads each mutant
// through -overlay from a temporary folder.
//
// A package's own tests run first. The suites that test it from another package, listed in suites.go, run only for
// the mutants that survived.
//
// Before its first mutant, the command records each suite. It runs all of the suite's tests together, then each in
// a process of its own, with a probe in each statement of the workspace's code. For a mutant it then runs the
// tests that execute the mutant's statement, the quickest first. A test also counts as executing the statements
// that init, TestMain, package variables and child processes execute in its process. The command runs the whole
// suite for a test that fails by itself, and for a statement that runs only if all tests share a process. A mutant
// that no test executes survives at once and is marked as not covered.
//
// The user's cache keeps the recording under a hash of the suite's sources and of the variables that begin with
// CAIRN_. If they change, the command records again. It does not notice a change of other files, or of the
// programs that the tests start: -cache "" records anew.
//
// The command compiles the mutants of a package at once: each is a copy of its function, behind a switch. It
// compiles a mutant by itself if its function uses its stack frame, or if the mutant fails a test that also fails
// while no mutant is active. A mutant runs one stack frame deeper.
//
// With -total each suite runs for few mutants. The command therefore records no suite, unless an earlier recording
// fits, and compiles every mutant by itself.
//
// A mutant that does not compile does not count. A mutant whose tests take several times as long as without it
// counts as killed.
//
// A mutant that behaves like the original is declared in equivalents.txt with the reason. The report prints the
// key of each survivor. The key has the function and the changed code, and no line number.
package main
