// Package sqlarchive is an [event.Exporter] that keeps every event in tables for SQL queries. The tables are in one SQLite
// file, without C, for one or more services on one machine, or in a PostgreSQL database, version 13 or later, for more. The
// same query gives the same answer in both.
//
//	archive, err := sqlarchive.OpenPostgres(os.Getenv("ARCHIVE_URL")) // or OpenSQLite(path)
//	…
//	spool, err := exporters.NewSpool("/var/spool/shop", archive) // keeps events while the database is away
//	…
//	client, err := cx.New(cx.WithExporters(spool))
//
// Opening does not wait for the database. The service starts without it, the spool fills, and the first Export that reaches
// the database makes the tables. [Archive.Ping] does that at a time that the service chooses.
//
// An event is one row in one of five tables, by its kind: transitions, touchpoints, feedback, followups or others. Common
// fields are columns, and the column event holds all of the event as JSON. The view events is the union of the five tables.
// The tables legs, decisions, views and replies have the lists of contacts with people.
// The table journeys has one row for each run, merged from its transitions. README.md in this folder documents every column
// with its unit. It also has queries for common questions: conversion and abandonment by stage, satisfaction by week, a
// customer's timeline, the slowest touchpoints.
//
// A [Reader] reads an archive. It is a source of cx/insight: [Reader.Scan] gives each event once, from the columns, and [Reader.Events] whole events.
//
// # Options
//
//	WithRetention(d)      delete older rows                       default: keep everything
//	WithoutFsync()        SQLite: commit without fsync            default: on the disk when Export returns
//	WithOpenTimeout(d)    SQLite: the wait of opening             default: 10 seconds
//	WithMaxBytes(n)       SQLite: bound the file                  default: the disk
//	WithSchema(name)      PostgreSQL: the schema of the tables    default: cairn
//	WithoutMigration()    PostgreSQL: never make tables           default: the first call makes missing tables
//
// # Guarantees
//
//	ordering    The column arrival numbers the events of a run, and those of a batch, in the order of their
//	            Export. A run's row in journeys does not depend on the order.
//	duplicates  None: an event ID is in the archive once, however often the event is exported. If two events
//	            with one ID differ, the archive keeps the first to arrive. An event without an ID gets one
//	            that is derived from its content.
//	loss        None after Export has returned nil, as far as the database guarantees it. SQLite syncs each
//	            batch, unless WithoutFsync is set. PostgreSQL follows its setting synchronous_commit. The
//	            caller keeps the other events. Behind an exporters.Spool they are on the disk until the
//	            database has them, through outages, restarts and kill -9. Behind an exporters.Retry they are
//	            lost after its time, 30 seconds by default, and with the process. Without either they are
//	            lost at the first error.
//	batches     A batch is one transaction, all or nothing, except for events that the database refuses.
//	poison      An event that the database refuses (because of a constraint that you added, or a key that is
//	            too long for an index), or that no reader takes (event.MaxJSON), is found by halves. It is a permanent failure of a sink.PartialError,
//	            and the other events are kept.
//	errors      Every other error is transient, and trying again is right: busy, away, full (ErrFull),
//	            damaged, a wrong password, a missing database, missing rights, other tables (ErrNewer,
//	            ErrNotOurs). The error says what an operator has to do, and events wait for that. No error
//	            repeats an event's content or a password.
//
// # SQLite
//
// The archive needs a folder that the process may write to, on a disk of this machine. Only the process's user can read the
// file. The files path-wal and path-shm beside it belong to it. To copy the archive, use ".backup" of the program sqlite3.
// Writers take turns. Each waits for its turn as long as its context allows.
//
// If the file is damaged or gone, events wait, because a running archive makes no new file. Put the damaged file aside with
// its -wal and -shm, and move (mv, not cp) a copy or an empty file to its place. The next Export uses the new file.
//
// # PostgreSQL
//
// The archive needs a role that may create the schema, or [WithoutMigration] and
//
//	GRANT USAGE ON SCHEMA cairn TO shop;
//	GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA cairn TO shop;
//	GRANT USAGE ON SEQUENCE cairn.arrivals TO shop;
//
// In both cases the role needs TEMPORARY on the database, which PostgreSQL grants to every role by default.
//
// Export copies a batch into its tables with COPY. A batch with events that the archive has already goes through temporary
// staging tables and INSERT … ON CONFLICT DO NOTHING instead, so that only this rare case writes everything twice.
//
// The migrations in the folder migrations have goose's format. One process at a time applies them, under an advisory lock, on
// separate connections. They need a session. Behind a pooler in transaction mode, therefore, make the tables with a Ping from
// an archive that is connected to PostgreSQL directly, and put default_query_exec_mode=exec into the connection string of the
// service. README.md in this folder describes that, and how the archive finds the new primary after a failover.
//
// An archive makes its tables once. If the tables disappear while it runs, it waits for them, because an operator may be
// restoring them.
//
// # Cost
//
// The benchmarks in internal/e2e/archive compare Export with bare inserts of the same rows: with a prepared INSERT in SQLite
// and with a COPY in PostgreSQL, in transactions of the same size.
package sqlarchive
