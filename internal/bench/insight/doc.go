// Package insight measures what it takes to load a case table from a source, beside a bare read of the same columns, and to ask it:
//
//	go test -run '^$' -bench . -benchtime 1x -timeout 2h ./internal/bench/insight -args -events 1000000
//
// One round writes runs of ten events into each source, reads the source bare, scans it, loads a table from it, adds 1,000 events and loads again, and
// asks every question once. It prints what each step takes, by the clock and of the processors. With -folder and -postgres the sources stay, and the next time
// begins with reading them. PostgreSQL has to be installed for its part, unless -postgres names one. The log as CSV, which is played by cairn replay, is a part of
// BenchmarkReplay in cmd/cairn.
package insight
