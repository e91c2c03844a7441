-- +goose Up
-- Every event has in columns what questions about many events read, so that they need not read its JSON.
ALTER TABLE transitions ADD COLUMN account text COLLATE "C"; -- the pseudonymous ID of the company that the customer acts for; NULL: none, or not known
ALTER TABLE transitions ADD COLUMN release text COLLATE "C"; -- that the customer saw; NULL: not known
ALTER TABLE transitions ADD COLUMN experiment text COLLATE "C"; -- that the customer was in; NULL: none, or not known
ALTER TABLE transitions ADD COLUMN arm text COLLATE "C"; -- of that experiment
ALTER TABLE transitions ADD COLUMN intent text COLLATE "C"; -- the problem that the customer wants solved; NULL: not known
ALTER TABLE transitions ADD COLUMN customer_inferred boolean; -- the event names no customer, and customer is that of its run; NULL: the event names it, or it is not known
ALTER TABLE transitions ADD COLUMN started timestamptz; -- when the run began; NULL: not known
ALTER TABLE transitions ADD COLUMN failures bigint; -- of an end: the touchpoints of the run that failed; NULL: none, or not known
ALTER TABLE transitions ADD COLUMN last_cause text COLLATE "C"; -- of an end: its cause, or that of the last touchpoint with one; NULL: none, or not known
ALTER TABLE transitions ADD COLUMN last_touchpoint text COLLATE "C"; -- of an end: the touchpoint that ended last; NULL: none, or not known
ALTER TABLE transitions ADD COLUMN xid xid8; -- the transaction that wrote the row: a reader waits until none before it is in flight; NULL: before version 6
ALTER TABLE transitions ALTER COLUMN xid SET DEFAULT pg_current_xact_id();

ALTER TABLE touchpoints ADD COLUMN account text COLLATE "C"; -- the pseudonymous ID of the company that the customer acts for; NULL: none, or not known
ALTER TABLE touchpoints ADD COLUMN customer_inferred boolean; -- the event names no customer, and customer is that of its run; NULL: the event names it, or it is not known
ALTER TABLE touchpoints ADD COLUMN xid xid8; -- the transaction that wrote the row: a reader waits until none before it is in flight; NULL: before version 6
ALTER TABLE touchpoints ALTER COLUMN xid SET DEFAULT pg_current_xact_id();

ALTER TABLE feedback ADD COLUMN account text COLLATE "C"; -- the pseudonymous ID of the company that the customer acts for; NULL: none, or not known
ALTER TABLE feedback ADD COLUMN release text COLLATE "C"; -- that the customer saw; NULL: not known
ALTER TABLE feedback ADD COLUMN experiment text COLLATE "C"; -- that the customer was in; NULL: none, or not known
ALTER TABLE feedback ADD COLUMN arm text COLLATE "C"; -- of that experiment
ALTER TABLE feedback ADD COLUMN intent text COLLATE "C"; -- the problem that the customer wants solved; NULL: not known
ALTER TABLE feedback ADD COLUMN customer_inferred boolean; -- the event names no customer, and customer is that of its run; NULL: the event names it, or it is not known
ALTER TABLE feedback ADD COLUMN xid xid8; -- the transaction that wrote the row: a reader waits until none before it is in flight; NULL: before version 6
ALTER TABLE feedback ALTER COLUMN xid SET DEFAULT pg_current_xact_id();

ALTER TABLE followups ADD COLUMN account text COLLATE "C"; -- the pseudonymous ID of the company that the customer acts for; NULL: none, or not known
ALTER TABLE followups ADD COLUMN release text COLLATE "C"; -- that the customer saw; NULL: not known
ALTER TABLE followups ADD COLUMN experiment text COLLATE "C"; -- that the customer was in; NULL: none, or not known
ALTER TABLE followups ADD COLUMN arm text COLLATE "C"; -- of that experiment
ALTER TABLE followups ADD COLUMN intent text COLLATE "C"; -- the problem that the customer wants solved; NULL: not known
ALTER TABLE followups ADD COLUMN customer_inferred boolean; -- the event names no customer, and customer is that of its run; NULL: the event names it, or it is not known
ALTER TABLE followups ADD COLUMN xid xid8; -- the transaction that wrote the row: a reader waits until none before it is in flight; NULL: before version 6
ALTER TABLE followups ALTER COLUMN xid SET DEFAULT pg_current_xact_id();

ALTER TABLE others ADD COLUMN account text COLLATE "C"; -- the pseudonymous ID of the company that the customer acts for; NULL: none, or not known
ALTER TABLE others ADD COLUMN release text COLLATE "C"; -- that the customer saw; NULL: not known
ALTER TABLE others ADD COLUMN experiment text COLLATE "C"; -- that the customer was in; NULL: none, or not known
ALTER TABLE others ADD COLUMN arm text COLLATE "C"; -- of that experiment
ALTER TABLE others ADD COLUMN customer_inferred boolean; -- the event names no customer, and customer is that of its run; NULL: the event names it, or it is not known
ALTER TABLE others ADD COLUMN duration_seconds double precision; -- of promise.kept, .broken and .withdrawn: since the promise was made; NULL: not recorded
ALTER TABLE others ADD COLUMN promise text COLLATE "C"; -- of promise.*: its name; this and what follows are NULL in other events
ALTER TABLE others ADD COLUMN number bigint; -- counts the promises of this name in the run from 1; NULL: not known
ALTER TABLE others ADD COLUMN made timestamptz; -- when it was made; NULL: not known
ALTER TABLE others ADD COLUMN due timestamptz; -- the last moment at which it can be kept; NULL: not known
ALTER TABLE others ADD COLUMN by_hand boolean; -- code has made or kept it, and it does not follow from other events
ALTER TABLE others ADD COLUMN xid xid8; -- the transaction that wrote the row: a reader waits until none before it is in flight; NULL: before version 6
ALTER TABLE others ALTER COLUMN xid SET DEFAULT pg_current_xact_id();

CREATE TABLE marks ( -- One row, for readers that go on where they were.
  one   bigint NOT NULL PRIMARY KEY CHECK (one = 1),
  epoch text COLLATE "C" NOT NULL -- another random text after each erasure: what was read before it may be gone
);
INSERT INTO marks (one, epoch) VALUES (1, replace(gen_random_uuid()::text, '-', ''));

-- What the events that are here already say. NUL becomes U+FFFD, as it is in the columns. A character that no JSON has stands for two
-- backslashes meanwhile, so that a backslash before u0000 in a text is no NUL.
UPDATE transitions SET account = nullif((d.doc #>> '{customer,account}'), ''),
  release = nullif((d.doc #>> '{variant,release}'), ''),
  experiment = nullif((d.doc #>> '{variant,experiment}'), ''),
  arm = nullif((d.doc #>> '{variant,arm}'), ''),
  intent = nullif((d.doc #>> '{intent}'), ''),
  started = (substr((d.doc #>> '{journey,started}'), 1, 10) || ' ' || substr((d.doc #>> '{journey,started}'), 12, 8) || '.' || substr(rtrim(substr((d.doc #>> '{journey,started}'), 21), 'Z') || '000000', 1, 6) || '+00')::timestamptz,
  failures = nullif(CAST((d.doc #>> '{transition,failures}') AS bigint), 0),
  last_cause = nullif((d.doc #>> '{transition,last_cause}'), ''),
  last_touchpoint = nullif((d.doc #>> '{transition,last_touchpoint}'), '')
FROM (SELECT id AS of_id, replace(replace(replace(event::text, '\\', chr(1)), '\u0000', '\ufffd'), chr(1), '\\')::json AS doc FROM transitions WHERE event::text LIKE '%"account":%' OR event::text LIKE '%"variant":{%' OR event::text LIKE '%"intent":%' OR event::text LIKE '%"journey":%' OR event::text LIKE '%"transition":%') AS d WHERE d.of_id = transitions.id;
UPDATE touchpoints SET account = nullif((d.doc #>> '{customer,account}'), '')
FROM (SELECT id AS of_id, replace(replace(replace(event::text, '\\', chr(1)), '\u0000', '\ufffd'), chr(1), '\\')::json AS doc FROM touchpoints WHERE event::text LIKE '%"account":%') AS d WHERE d.of_id = touchpoints.id;
UPDATE feedback SET account = nullif((d.doc #>> '{customer,account}'), ''),
  release = nullif((d.doc #>> '{variant,release}'), ''),
  experiment = nullif((d.doc #>> '{variant,experiment}'), ''),
  arm = nullif((d.doc #>> '{variant,arm}'), ''),
  intent = nullif((d.doc #>> '{intent}'), '')
FROM (SELECT id AS of_id, replace(replace(replace(event::text, '\\', chr(1)), '\u0000', '\ufffd'), chr(1), '\\')::json AS doc FROM feedback WHERE event::text LIKE '%"account":%' OR event::text LIKE '%"variant":{%' OR event::text LIKE '%"intent":%') AS d WHERE d.of_id = feedback.id;
UPDATE followups SET account = nullif((d.doc #>> '{customer,account}'), ''),
  release = nullif((d.doc #>> '{variant,release}'), ''),
  experiment = nullif((d.doc #>> '{variant,experiment}'), ''),
  arm = nullif((d.doc #>> '{variant,arm}'), ''),
  intent = nullif((d.doc #>> '{intent}'), '')
FROM (SELECT id AS of_id, replace(replace(replace(event::text, '\\', chr(1)), '\u0000', '\ufffd'), chr(1), '\\')::json AS doc FROM followups WHERE event::text LIKE '%"account":%' OR event::text LIKE '%"variant":{%' OR event::text LIKE '%"intent":%') AS d WHERE d.of_id = followups.id;
UPDATE others SET account = nullif((d.doc #>> '{customer,account}'), ''),
  release = nullif((d.doc #>> '{variant,release}'), ''),
  experiment = nullif((d.doc #>> '{variant,experiment}'), ''),
  arm = nullif((d.doc #>> '{variant,arm}'), ''),
  duration_seconds = CAST((d.doc #>> '{duration_seconds}') AS double precision),
  promise = (d.doc #>> '{promise,name}'),
  number = nullif(CAST((d.doc #>> '{promise,number}') AS bigint), 0),
  made = (substr((d.doc #>> '{promise,made}'), 1, 10) || ' ' || substr((d.doc #>> '{promise,made}'), 12, 8) || '.' || substr(rtrim(substr((d.doc #>> '{promise,made}'), 21), 'Z') || '000000', 1, 6) || '+00')::timestamptz,
  due = (substr((d.doc #>> '{promise,due}'), 1, 10) || ' ' || substr((d.doc #>> '{promise,due}'), 12, 8) || '.' || substr(rtrim(substr((d.doc #>> '{promise,due}'), 21), 'Z') || '000000', 1, 6) || '+00')::timestamptz,
  by_hand = CASE WHEN (d.doc #>> '{promise,name}') IS NOT NULL THEN coalesce((d.doc #>> '{promise,by_hand}')::boolean, false) END
FROM (SELECT id AS of_id, replace(replace(replace(event::text, '\\', chr(1)), '\u0000', '\ufffd'), chr(1), '\\')::json AS doc FROM others WHERE event::text LIKE '%"account":%' OR event::text LIKE '%"variant":{%' OR event::text LIKE '%"promise":%' OR event::text LIKE '%"duration_seconds":%') AS d WHERE d.of_id = others.id;
UPDATE transitions SET customer_inferred = true WHERE customer IS NOT NULL AND CAST(event AS text) NOT LIKE '%,"customer":{"hash":%';
UPDATE touchpoints SET customer_inferred = true WHERE customer IS NOT NULL AND CAST(event AS text) NOT LIKE '%,"customer":{"hash":%';
UPDATE feedback SET customer_inferred = true WHERE customer IS NOT NULL AND CAST(event AS text) NOT LIKE '%,"customer":{"hash":%';
UPDATE followups SET customer_inferred = true WHERE customer IS NOT NULL AND CAST(event AS text) NOT LIKE '%,"customer":{"hash":%';
UPDATE others SET customer_inferred = true WHERE customer IS NOT NULL AND CAST(event AS text) NOT LIKE '%,"customer":{"hash":%';

CREATE INDEX transitions_xid ON transitions (xid);
CREATE INDEX touchpoints_xid ON touchpoints (xid);
CREATE INDEX feedback_xid ON feedback (xid);
CREATE INDEX followups_xid ON followups (xid);
CREATE INDEX others_xid ON others (xid);
CREATE INDEX touchpoints_contacts ON touchpoints (time) WHERE legs IS NOT NULL; -- contacts with people are few among interactions
