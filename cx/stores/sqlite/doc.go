// Package sqlite is a [ledger.Store], [ledger.Counter], [ledger.Forgetter] and [ledger.Shelver] in one SQLite file, without C. The
// journeys of one or several processes on a machine survive the processes in it.
//
//	store, err := sqlite.Open("/var/lib/shop/journeys.db")
//	if err != nil { … }
//	defer store.Close()
//
// A change is on the disk when Write returns ([WithoutFsync] makes it faster). One Write is one transaction: all of its changes
// are made, or none. Few large calls are much faster than many small ones, because each waits for the disk. One writer at a time
// has the file, in this process or another, and the others wait until their contexts are done. A Claim that finds nothing only
// reads, and does not wait.
//
// # The file
//
// The file is readable and writable by the process's user only. Beside it are path-wal, the latest writes, and path-shm. The
// three belong together: copy a file that is in use with the sqlite3 program's ".backup", never with cp. The file holds logs and
// pseudonymous customer IDs. A Forget overwrites with zeros what it erases, in the write-ahead log too as soon as no process
// reads.
//
// Queries for people, also while services run:
//
//	sqlite3 -readonly journeys.db "SELECT hex(key), datetime(due/1000, 'unixepoch'), length(log) FROM record ORDER BY due LIMIT 20"
//	sqlite3 -readonly journeys.db "SELECT * FROM live"
//
// The tables are record (kind, key, due, gone, customer, journey, stage, log), live (kind, journey, stage, records), lease
// (name, holder, until) and shelf (kind, name). Times are milliseconds since 1970. A closed record is removed at gone. live has the
// counts. Other programs must not write to the file. The file does not shrink, but the store uses free room again.
//
// The records of journeys have the kind 1, and those of a shelf the kind that the table shelf has for its name. The first call of
// a shelf makes that row, and the table in a file that an earlier release made. Earlier releases and this one may use a file at the
// same time. A Claim removes closed records of every kind, so that those of a shelf that is no longer used do not stay.
//
// The store uses the machine's clock. Services on several machines need a store on a server.
package sqlite
