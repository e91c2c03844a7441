// Package sqlarchive is the archive: an [event.Exporter] that keeps every event in tables which a person
// can query. In one SQLite file, without C, for a service or several on one machine; in PostgreSQL, 13
// or later, where that is outgrown. The same query gives the same answer in both.
//
//	archive, err := sqlarchive.OpenPostgres(os.Getenv("ARCHIVE_URL")) // or OpenSQLite(path)
//	…
//	spool, err := exporters.NewSpool("/var/spool/shop", archive) // keeps what comes while it is away
//	…
//	client, err := cx.New(cx.WithExporters(spool))
//
// Opening does not wait for the database: the service starts without it, the spool fills, and the first
// Export that reaches the database makes the tables. [Archive.Ping] does the same at the start.
//
// An event is one row in one of five tables, by its kind: transitions, touchpoints, feedback, followups,
// others. What is asked for often is a column, and the column event has all of it as JSON, so nothing
// is lost; the view events has all five. The table journeys has one row a run, merged from
// its transitions. README.md beside this file documents every column with its unit, and has the questions
// that people ask as queries: conversion and abandonment by stage, satisfaction by week, a
// customer's timeline, the slowest touchpoints.
//
// # Options
//
//	WithRetention(d)      delete what is older                    default: keep everything
//	WithoutFsync()    SQLite: commit without fsync            default: on the disk when Export returns
//	WithOpenTimeout(d)    SQLite: opening waits for others        default: 10 seconds
//	WithMaxBytes(n)       SQLite: bound the file                  default: the disk
//	WithSchema(name)      PostgreSQL: where the tables are        default: cairn
//	WithoutMigration()    PostgreSQL: never make tables           default: the first call makes what is missing
//
// # What it guarantees
//
//	ordering    arrival numbers events in the order in which Export was given them, of one run and of
//	            one batch; a run's row in journeys does not depend on it
//	duplicates  none: an event ID is there once, however often it was exported; where two events of
//	            one ID differ, the first to come stays. An event without an ID gets one derived from
//	            what it says
//	loss        none of what Export acknowledged, as far as the database promises: SQLite syncs each
//	            batch, unless WithoutFsync; PostgreSQL goes by its synchronous_commit. What Export
//	            did not acknowledge is its caller's: behind an exporters.Spool it is on the disk until
//	            the database has it, through outages, restarts and kill -9; behind an exporters.Retry
//	            it is lost when its time is up (30 seconds by default), and with the process; behind neither at
//	            the first error
//	batches     one transaction each: whole or not at all, but for events that the database refuses
//	poison      an event that cannot be kept (a constraint of your own, a key that is too long to be
//	            indexed) is found by halves and named in an sink.PartialError, as permanent;
//	            the others are kept
//	errors      every other one passes, and trying again is right: busy, away, full (ErrFull), damaged,
//	            a wrong password, no such database, no rights, other tables (ErrNewer, ErrNotOurs).
//	            They say what a person has to do, and events wait for that. No error repeats what is
//	            in an event, or a password
//
// # What the databases need
//
// SQLite: a folder that the process may write to, on a disk of this machine. The file is readable by
// its user only; path-wal and path-shm beside it belong to it: copy it with the sqlite3 program's
// ".backup". Writers take turns, each for as long as its context allows. Where the file is damaged or gone,
// events wait, for an archive that runs makes no new one. Put it aside with its -wal and -shm and move
// (mv, not cp) a copy or an empty file to its place: it is taken up with the next Export.
//
// PostgreSQL: a role that may create the schema, or WithoutMigration and
//
//	GRANT USAGE ON SCHEMA cairn TO shop;
//	GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA cairn TO shop;
//	GRANT USAGE ON SEQUENCE cairn.arrivals TO shop;
//
// and TEMPORARY on the database, which everybody has by default. A batch is copied into its tables; one
// that has events which are there already goes through temporary staging tables and INSERT … ON
// CONFLICT DO NOTHING, so that the usual case does not write everything twice. The migrations, in the
// folder migrations, are goose's, made one process at a time under an advisory lock, over
// connections of their own: behind a pooler in transaction mode make them from elsewhere, by a Ping. Behind
// PgBouncer in that mode put default_query_exec_mode=exec into the connection string; README.md beside this file
// has that, and how the new primary is found after a failover. Tables are made once: the archive waits for
// tables that go while it runs, because a restore may be under way.
//
// # What it costs
//
// Measured in turns with bare inserts of the same rows, in transactions of the same size of 512 events of
// which 40 in 100 move a run, on a machine that had much other work: SQLite 0.88 to 1.02 of the rate of a
// prepared INSERT with every batch synced, and 0.79 to 1.10 without; PostgreSQL 0.90 to 0.99 of a COPY with
// fsync, and 0.89 to 0.99 without. go test -bench . in internal/e2e/archive prints both beside each other.
package sqlarchive
