// Package postgres keeps journeys in PostgreSQL 13 or later, so that several instances of several
// services share them and they outlive each of them: a [ledger.Store] in two tables of a database,
// through a pool of pgx that is yours.
//
//	pool, err := pgxpool.New(ctx, os.Getenv("DATABASE_URL"))
//	store, err := postgres.New(pool, postgres.WithSchema("cx"))
//	err = store.Migrate(ctx) // or in the deployment, as a role that may create tables
//	...
//	cx.New(cx.WithStore(store))
//
// # The tables
//
// cairn_record has a row for each run:
//
//	run       uuid         the run's ID, which is its trace ID; the primary key
//	due       timestamptz  when it is due; NULL is never
//	expires   timestamptz  until when a closed one is kept; NULL is a live one
//	log       bytea        what happened in it, which Cairn alone can read
//	customer  bytea        whose it is, by the pseudonymous ID; live ones only
//	journey   bytea        where it is counted; live ones only
//	stage     bytea
//
// and cairn_lease one for whoever counts at present. Each of due, expires, customer and (journey, stage)
// has an index of the rows in which it is not NULL. Bytes are not text because what they come from
// need not be in the database's encoding: encode shows them. The version is the comment on
// cairn_record; leave it there. By hand:
//
//	-- one run: a trace ID is a uuid as it is
//	SELECT due, expires, octet_length(log), encode(journey, 'escape'), encode(stage, 'escape')
//	FROM cairn_record WHERE run = '4bf92f3577b34da6a3ce929d0e0e4736';
//	-- how many live runs are where?
//	SELECT encode(journey, 'escape'), encode(stage, 'escape'), count(*)
//	FROM cairn_record WHERE journey IS NOT NULL GROUP BY 1, 2;
//	-- is an instance claiming? a record that is due for minutes says no
//	SELECT count(*), now() - min(due) FROM cairn_record WHERE due < now();
//	-- is an instance removing records that are past their time?
//	SELECT count(*), now() - min(expires) FROM cairn_record WHERE expires < now();
//	-- do touches find room in their page? above 0.8 is well
//	SELECT n_tup_hot_upd::float / nullif(n_tup_upd, 0), n_dead_tup, last_autovacuum
//	FROM pg_stat_user_tables WHERE relname = 'cairn_record';
//
// Do not change or delete rows by hand: a run whose row is deleted is forgotten, and a log that was edited cannot be read.
//
// # What the database has to be like
//
// Rights: the pool's role needs
//
//	GRANT USAGE ON SCHEMA cx TO shop;
//	GRANT SELECT, INSERT, UPDATE, DELETE ON cx.cairn_record, cx.cairn_lease TO shop;
//
// and the role of [Store.Migrate] CREATE on the schema, or on the database where the schema is to be
// made too.
//
// Durability: with synchronous_commit on, PostgreSQL's default, what Write has acknowledged survives
// the server's end, and with synchronous standbys the machine's. With off, which a role can be set to,
// up to three times wal_writer_delay, 0.6 seconds by default, is lost when the server crashes, and so is
// what an asynchronous standby had not received when it takes over: of a run whose last events are
// lost, stages are missing and its end may be; one that was closed then is live again.
//
// Size: with a log of 200 bytes and a customer of 32 a live run takes about 610 bytes, 155 of them in
// indexes, and after touches, with the room that they leave, 950; a closed one with 60 bytes takes 220.
// Plan for a kilobyte a live run, and multiply the closed ones by how long they are kept. A log beyond
// about 2 kB goes to the TOAST table, and each append rewrites it.
//
// Vacuum: pages are filled to 70 %, so that a touch, which changes nothing that is in an index, stays in
// its page and is cleaned up there without a vacuum. Ends and changes of stage do need it. Migrate sets
// autovacuum_vacuum_scale_factor and autovacuum_analyze_scale_factor to 0.05 for the table; where it is
// still behind (see the queries), lower autovacuum_vacuum_cost_delay, and look for transactions that
// are open for hours: no vacuum removes what they could see.
//
// Forgetting: what [Store.Forget] and the end of a record's time remove is gone from every answer at
// once, from the table's file with the next vacuum, and from the write-ahead log, standbys and backups
// when those are.
//
// Poolers: with PgBouncer and pool_mode=transaction put default_query_exec_mode=exec into the connection string
// (or set the pool's DefaultQueryExecMode to pgx.QueryExecModeExec), unless it is 1.21 or later with
// max_prepared_statements. The error of a call says so, too. There is no LISTEN, no session state, and no lock
// outlives a transaction.
//
// Failover: name all servers in the connection string, with target_session_attrs=read-write:
//
//	postgres://shop@db-1:5432,db-2:5432/shop?target_session_attrs=read-write
//
// or one name that follows the primary. A connection whose server takes no writes any more (25006), stops or
// starts (57P01, 57P02, 57P03) or is broken (class 08) is closed, and the next one finds the new primary. A server
// that takes no writes has made nothing, so the call goes on by another connection.
//
// # What a call costs
//
// A Write is one round trip, one statement and one transaction for changes that append and one for
// changes that replace, whatever their number. Measured side by side, 250 touches of existing runs
// take about what a bare batched upsert of the same rows takes that knows the whole log and returns
// nothing: 0.91 to 1.06 times its rate. Transactions take their locks in the order of the runs, so they
// never wait for each other in a circle. A change that comes to the database after its context's
// deadline, since the server or the network stood still, or a lock was held, is not made any more.
package postgres
