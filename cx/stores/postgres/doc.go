// Package postgres is a [ledger.Store] in tables of a PostgreSQL database, version 13 or later, through the application's pgx
// pool. Several instances of several services share the journeys in it, and the journeys outlive each instance.
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
//	due       timestamptz  the due time; NULL is never
//	expires   timestamptz  the end of a closed run's retention; NULL for a live run
//	log       bytea        the run's history, in a form that only Cairn reads
//	customer  bytea        the customer's pseudonymous ID; live runs only
//	journey   bytea        the place at which the run is counted; live runs only
//	stage     bytea
//
// cairn_lease has one row: the instance that counts at present. Each of due, expires, customer and (journey, stage) has an
// index of the rows in which it is not NULL. The columns are bytes and not text, because IDs and names need not be in the
// database's encoding; the function encode shows them. The comment on cairn_record has the version of the tables; leave it
// there. Queries for people:
//
//	-- one run: a trace ID is a valid uuid
//	SELECT due, expires, octet_length(log), encode(journey, 'escape'), encode(stage, 'escape')
//	FROM cairn_record WHERE run = '4bf92f3577b34da6a3ce929d0e0e4736';
//	-- the number of live runs in each stage
//	SELECT encode(journey, 'escape'), encode(stage, 'escape'), count(*)
//	FROM cairn_record WHERE journey IS NOT NULL GROUP BY 1, 2;
//	-- does an instance claim? if a record has been due for minutes, none does
//	SELECT count(*), now() - min(due) FROM cairn_record WHERE due < now();
//	-- does an instance remove closed records after their retention?
//	SELECT count(*), now() - min(expires) FROM cairn_record WHERE expires < now();
//	-- do touches find room in their page? above 0.8 is good
//	SELECT n_tup_hot_upd::float / nullif(n_tup_upd, 0), n_dead_tup, last_autovacuum
//	FROM pg_stat_user_tables WHERE relname = 'cairn_record';
//
// Do not change or delete rows by hand: a run whose row is deleted is forgotten, and a log that was edited cannot be read.
//
// # Shelves
//
// A shelf ([Store.Shelf]) has a table with the same columns: cairn$tasks for the shelf tasks. A name beyond PostgreSQL's 63 bytes,
// which needs a prefix of more than 30 bytes, ends in a hash. All shelves have their count lease in cairn_lease. The first call of a
// shelf makes its table if the pool's role has CREATE on the schema. Otherwise each call of the shelf returns an error that names
// the table, and the store itself works. A role with that right then calls [Store.MigrateShelves], or runs these statements:
//
//	CREATE TABLE cx.cairn$tasks (LIKE cx.cairn_record INCLUDING ALL)
//		WITH (fillfactor = 70, autovacuum_vacuum_scale_factor = 0.05, autovacuum_analyze_scale_factor = 0.05);
//	COMMENT ON TABLE cx.cairn$tasks IS 'Cairn shelf tasks, version 1';
//	GRANT SELECT, INSERT, UPDATE, DELETE ON cx.cairn$tasks TO shop;
//
// The role that makes a table owns it, so that services with different roles need the grant in any case. The tables of a database
// without shelves stay as they are, and earlier releases and this one may share it.
//
// # Requirements on the database
//
// Rights: the pool's role needs
//
//	GRANT USAGE ON SCHEMA cx TO shop;
//	GRANT SELECT, INSERT, UPDATE, DELETE ON cx.cairn_record, cx.cairn_lease TO shop;
//
// The role that calls [Store.Migrate] needs CREATE on the schema, or on the database if Migrate also makes the schema.
//
// Durability: with synchronous_commit on, PostgreSQL's default, every acknowledged Write survives a crash of the server, and
// with synchronous standbys the loss of the machine. With off, which can be set for a role, a crash loses up to three times
// wal_writer_delay, 0.6 seconds by default. The takeover by an asynchronous standby loses what the standby had not received. A
// run that lost its last events lacks stages, and may lack its end. A run that was closed in that time is live again.
//
// Size: with a log of 200 bytes and a customer of 32 bytes a live run takes about 610 bytes, 155 of them in indexes. After
// touches it takes 950, with the free room that they leave. A closed run of 60 bytes takes 220. Plan for one kilobyte for each
// live run, and for the closed runs of the whole retention time. A log beyond about 2 kB goes to the TOAST table, and each
// append rewrites it.
//
// Vacuum: pages are filled to 70 %. A touch changes no indexed column, so it stays in its page, where PostgreSQL cleans up
// without a vacuum. Ends and changes of stage need the vacuum. Migrate sets autovacuum_vacuum_scale_factor and
// autovacuum_analyze_scale_factor to 0.05 for the table. If the vacuum still falls behind (see the queries), lower
// autovacuum_vacuum_cost_delay, and look for transactions that stay open for hours: no vacuum removes rows that they could see.
//
// Forgetting: a removed record is gone from every answer at once, from the table's file after the next vacuum, and from the
// write-ahead log, standbys and backups when those expire.
//
// Poolers: with PgBouncer and pool_mode=transaction put default_query_exec_mode=exec into the connection string, or set the
// pool's DefaultQueryExecMode to pgx.QueryExecModeExec. PgBouncer 1.21 or later with max_prepared_statements does not need that.
// The error of a call says so, too. The store uses no LISTEN and no session state, and no lock outlives a transaction.
//
// Failover: name all servers in the connection string, with target_session_attrs=read-write:
//
//	postgres://shop@db-1:5432,db-2:5432/shop?target_session_attrs=read-write
//
// A single name that follows the primary works, too. The store closes a connection that is broken (class 08), or whose server
// takes no writes (25006), stops or starts (57P01, 57P02, 57P03). The next connection finds the new primary. A server that takes
// no writes has changed nothing, so the call continues on another connection.
//
// # Cost of a call
//
// A Write is one round trip. It has one statement and one transaction for all appends, and one for all replacements. 250 touches
// of existing runs have 0.91 to 1.06 times the rate of a bare batched upsert of the same rows that knows the whole log and
// returns nothing, measured side by side. Transactions lock runs in the order of their IDs, so they cannot deadlock. The
// database ignores a change that arrives after its context's deadline, because the server or the network stood still or a lock
// was held.
package postgres
