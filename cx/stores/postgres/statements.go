package postgres

import "strings"

// statements are the store's statements with the names of its tables. They use the database's clock_timestamp, because the time
// of a transaction is that of its begin.
//
// Each statement locks its records in the order of the runs, also if it skips locked ones. Write's two statements are two
// transactions. No two transactions can therefore wait for each other.
type statements struct {
	appends, replaces, claim, count, forget string
}

func newStatements(c *config) statements {
	fill := strings.NewReplacer("{record}", c.table("record"), "{lease}", c.table(leaseTable), "{count}", c.countLease()).Replace
	return statements{
		appends: fill(appendSQL), replaces: fill(replaceSQL), claim: fill(claimSQL),
		count: fill(countSQL), forget: fill(forgetSQL),
	}
}

// appendSQL appends to logs. The arrays are in the order of the runs, in which rows are inserted or locked. A closed record is
// rewritten unchanged, because the statement then returns its latest version. A record after its retention counts as a new one.
// The statement reads the clock for that once.
const appendSQL = `
INSERT INTO {record} AS r (run, log, due, customer)
SELECT u.run, u.log, least(u.due, clock_timestamp() + u.lease), u.customer
FROM unnest($1::uuid[], $2::bytea[], $3::timestamptz[], $4::interval[], $5::bytea[])
	AS u (run, log, due, lease, customer)
WHERE clock_timestamp() < $6
ON CONFLICT (run) DO UPDATE SET
	log = CASE WHEN r.expires IS NULL THEN r.log || excluded.log
		WHEN r.expires > statement_timestamp() THEN r.log
		ELSE excluded.log END,
	due = CASE WHEN r.expires > statement_timestamp() THEN NULL
		ELSE least(r.due, excluded.due) END,
	customer = CASE WHEN r.expires > statement_timestamp() THEN NULL
		ELSE coalesce(r.customer, excluded.customer) END,
	expires = CASE WHEN r.expires > statement_timestamp() THEN r.expires END
WHERE clock_timestamp() < $6
RETURNING r.run, r.log, r.expires IS NOT NULL`

// replaceSQL replaces logs. It first locks the records in the order of the runs, and so compares and returns their latest
// versions. It returns no log for a record that it has replaced. After the deadline it does not return whether a record is
// closed.
const replaceSQL = `
WITH u AS MATERIALIZED (
	SELECT * FROM unnest($1::uuid[], $2::bytea[], $3::bytea[], $4::timestamptz[], $5::interval[],
		$6::bytea[], $7::bytea[], $8::bytea[], $9::bool[], $10::interval[])
		AS u (run, was, log, due, lease, customer, journey, stage, closes, keep)
), latest AS MATERIALIZED (
	SELECT run, log, expires, clock_timestamp() AS now FROM {record} WHERE run = ANY ($1::uuid[])
	ORDER BY run FOR NO KEY UPDATE
), made AS (
	UPDATE {record} AS r SET
		log = u.log,
		due = CASE WHEN NOT u.closes THEN least(u.due, latest.now + u.lease) END,
		customer = CASE WHEN NOT u.closes THEN coalesce(r.customer, u.customer) END,
		journey = CASE WHEN NOT u.closes THEN u.journey END,
		stage = CASE WHEN NOT u.closes THEN u.stage END,
		expires = CASE WHEN u.closes THEN latest.now + u.keep END
	FROM u JOIN latest ON latest.run = u.run
	WHERE r.run = u.run AND latest.expires IS NULL AND latest.log = u.was AND clock_timestamp() < $11
	RETURNING r.run, u.closes
)
SELECT run, CASE WHEN made.run IS NULL THEN latest.log END,
	CASE WHEN clock_timestamp() < $11 THEN coalesce(made.closes, latest.expires IS NOT NULL) END
FROM latest LEFT JOIN made USING (run)
WHERE latest.expires IS NULL OR latest.expires > latest.now`

// claimSQL leases due records and removes closed records after their retention. It skips records that another transaction is
// writing.
//
// It chooses records without a lock, the longest due first, and then locks them in the order of the runs. SKIP LOCKED can still
// wait: if the transaction that changed a record ends while the statement looks at the record, PostgreSQL follows the record's
// later versions and waits for the transaction with the latest one (heap_lock_updated_tuple in heapam.c). The order of the locks
// keeps that wait from becoming a deadlock.
//
// A chosen record may be locked or changed by then, so a full window can yield fewer records than asked for. The caller then
// claims again with a wider window. Both limits are literals, because the planner otherwise expects a tenth of the table.
const claimSQL = `
WITH clock AS MATERIALIZED (
	SELECT clock_timestamp() AS now
), overdue AS MATERIALIZED (
	SELECT run FROM {record} WHERE due <= (SELECT now FROM clock) ORDER BY due LIMIT {window}
), expired AS MATERIALIZED (
	SELECT run FROM {record} WHERE expires <= (SELECT now FROM clock) ORDER BY expires LIMIT {purge}
), locked AS MATERIALIZED (
	SELECT run, due FROM {record}
	WHERE run = ANY (ARRAY (SELECT run FROM overdue UNION ALL SELECT run FROM expired))
		AND (due <= (SELECT now FROM clock) OR expires <= (SELECT now FROM clock))
	ORDER BY run LIMIT $2 FOR NO KEY UPDATE SKIP LOCKED
), purged AS (
	DELETE FROM {record} AS r USING locked WHERE r.run = locked.run AND locked.due IS NULL
), leased AS (
	UPDATE {record} AS r SET due = (SELECT now FROM clock) + $1::interval
	FROM locked WHERE r.run = locked.run AND locked.due IS NOT NULL AND locked.run IN (SELECT run FROM overdue)
	RETURNING r.run, r.log, locked.due
)
SELECT clock.now, (SELECT count(*) FROM overdue), leased.run, leased.log
FROM clock LEFT JOIN leased ON true ORDER BY leased.due`

// countSQL takes or extends the lease, and counts for its holder. A row without a journey confirms the lease; without that row
// another holder has it.
const countSQL = `
WITH held AS (
	INSERT INTO {lease} AS l (name, holder, until) VALUES ('{count}', $1::bytea, clock_timestamp() + $2::interval)
	ON CONFLICT (name) DO UPDATE SET holder = excluded.holder, until = excluded.until
	WHERE l.holder = excluded.holder OR l.until <= clock_timestamp()
	RETURNING true
)
SELECT NULL::bytea, NULL::bytea, 0::bigint FROM held
UNION ALL
SELECT journey, stage, count(*) FROM {record}
WHERE journey IS NOT NULL AND EXISTS (SELECT FROM held) GROUP BY journey, stage`

// forgetSQL erases a customer's records.
const forgetSQL = `
WITH theirs AS MATERIALIZED (
	SELECT run FROM {record} WHERE customer = $1::bytea ORDER BY run FOR NO KEY UPDATE
)
UPDATE {record} AS r SET log = '', due = NULL, customer = NULL, journey = NULL, stage = NULL,
	expires = clock_timestamp() + $2::interval
FROM theirs WHERE r.run = theirs.run`
