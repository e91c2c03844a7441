-- +goose Up
-- Every event has in columns what questions about many events read, so that they need not read its JSON.
ALTER TABLE transitions ADD COLUMN account TEXT; -- the pseudonymous ID of the company that the customer acts for; NULL: none, or not known
ALTER TABLE transitions ADD COLUMN release TEXT; -- that the customer saw; NULL: not known
ALTER TABLE transitions ADD COLUMN experiment TEXT; -- that the customer was in; NULL: none, or not known
ALTER TABLE transitions ADD COLUMN arm TEXT; -- of that experiment
ALTER TABLE transitions ADD COLUMN intent TEXT; -- the problem that the customer wants solved; NULL: not known
ALTER TABLE transitions ADD COLUMN customer_inferred INTEGER; -- the event names no customer, and customer is that of its run; NULL: the event names it, or it is not known
ALTER TABLE transitions ADD COLUMN started TEXT; -- when the run began; NULL: not known
ALTER TABLE transitions ADD COLUMN failures INTEGER; -- of an end: the touchpoints of the run that failed; NULL: none, or not known
ALTER TABLE transitions ADD COLUMN last_cause TEXT; -- of an end: its cause, or that of the last touchpoint with one; NULL: none, or not known
ALTER TABLE transitions ADD COLUMN last_touchpoint TEXT; -- of an end: the touchpoint that ended last; NULL: none, or not known

ALTER TABLE touchpoints ADD COLUMN account TEXT; -- the pseudonymous ID of the company that the customer acts for; NULL: none, or not known
ALTER TABLE touchpoints ADD COLUMN customer_inferred INTEGER; -- the event names no customer, and customer is that of its run; NULL: the event names it, or it is not known

ALTER TABLE feedback ADD COLUMN account TEXT; -- the pseudonymous ID of the company that the customer acts for; NULL: none, or not known
ALTER TABLE feedback ADD COLUMN release TEXT; -- that the customer saw; NULL: not known
ALTER TABLE feedback ADD COLUMN experiment TEXT; -- that the customer was in; NULL: none, or not known
ALTER TABLE feedback ADD COLUMN arm TEXT; -- of that experiment
ALTER TABLE feedback ADD COLUMN intent TEXT; -- the problem that the customer wants solved; NULL: not known
ALTER TABLE feedback ADD COLUMN customer_inferred INTEGER; -- the event names no customer, and customer is that of its run; NULL: the event names it, or it is not known

ALTER TABLE followups ADD COLUMN account TEXT; -- the pseudonymous ID of the company that the customer acts for; NULL: none, or not known
ALTER TABLE followups ADD COLUMN release TEXT; -- that the customer saw; NULL: not known
ALTER TABLE followups ADD COLUMN experiment TEXT; -- that the customer was in; NULL: none, or not known
ALTER TABLE followups ADD COLUMN arm TEXT; -- of that experiment
ALTER TABLE followups ADD COLUMN intent TEXT; -- the problem that the customer wants solved; NULL: not known
ALTER TABLE followups ADD COLUMN customer_inferred INTEGER; -- the event names no customer, and customer is that of its run; NULL: the event names it, or it is not known

ALTER TABLE others ADD COLUMN account TEXT; -- the pseudonymous ID of the company that the customer acts for; NULL: none, or not known
ALTER TABLE others ADD COLUMN release TEXT; -- that the customer saw; NULL: not known
ALTER TABLE others ADD COLUMN experiment TEXT; -- that the customer was in; NULL: none, or not known
ALTER TABLE others ADD COLUMN arm TEXT; -- of that experiment
ALTER TABLE others ADD COLUMN customer_inferred INTEGER; -- the event names no customer, and customer is that of its run; NULL: the event names it, or it is not known
ALTER TABLE others ADD COLUMN duration_seconds REAL; -- of promise.kept, .broken and .withdrawn: since the promise was made; NULL: not recorded
ALTER TABLE others ADD COLUMN promise TEXT; -- of promise.*: its name; this and what follows are NULL in other events
ALTER TABLE others ADD COLUMN number INTEGER; -- counts the promises of this name in the run from 1; NULL: not known
ALTER TABLE others ADD COLUMN made TEXT; -- when it was made; NULL: not known
ALTER TABLE others ADD COLUMN due TEXT; -- the last moment at which it can be kept; NULL: not known
ALTER TABLE others ADD COLUMN by_hand INTEGER; -- code has made or kept it, and it does not follow from other events

CREATE TABLE marks ( -- One row, for readers that go on where they were.
  one     INTEGER NOT NULL PRIMARY KEY CHECK (one = 1),
  epoch   TEXT NOT NULL, -- another random text after each erasure: what was read before it may be gone
  arrived INTEGER NOT NULL -- the highest arrival that was deleted: no event gets it again
) STRICT;
INSERT INTO marks (one, epoch, arrived) VALUES (1, lower(hex(randomblob(16))), 0);

-- What the events that are here already say. NUL becomes U+FFFD, as it is in the columns. A character that no JSON has stands for two
-- backslashes meanwhile, so that a backslash before u0000 in a text is no NUL.
UPDATE transitions SET account = nullif((d.doc ->> '$.customer.account'), ''),
  release = nullif((d.doc ->> '$.variant.release'), ''),
  experiment = nullif((d.doc ->> '$.variant.experiment'), ''),
  arm = nullif((d.doc ->> '$.variant.arm'), ''),
  intent = nullif((d.doc ->> '$.intent'), ''),
  started = substr((d.doc ->> '$.journey.started'), 1, 10) || ' ' || substr((d.doc ->> '$.journey.started'), 12, 8) || '.' || substr(rtrim(substr((d.doc ->> '$.journey.started'), 21), 'Z') || '000000', 1, 6),
  failures = nullif(CAST((d.doc ->> '$.transition.failures') AS INTEGER), 0),
  last_cause = nullif((d.doc ->> '$.transition.last_cause'), ''),
  last_touchpoint = nullif((d.doc ->> '$.transition.last_touchpoint'), '')
FROM (SELECT id AS of_id, replace(replace(replace(event, '\\', char(1)), '\u0000', '\ufffd'), char(1), '\\') AS doc FROM transitions WHERE event LIKE '%"account":%' OR event LIKE '%"variant":{%' OR event LIKE '%"intent":%' OR event LIKE '%"journey":%' OR event LIKE '%"transition":%') AS d WHERE d.of_id = transitions.id;
UPDATE touchpoints SET account = nullif((d.doc ->> '$.customer.account'), '')
FROM (SELECT id AS of_id, replace(replace(replace(event, '\\', char(1)), '\u0000', '\ufffd'), char(1), '\\') AS doc FROM touchpoints WHERE event LIKE '%"account":%') AS d WHERE d.of_id = touchpoints.id;
UPDATE feedback SET account = nullif((d.doc ->> '$.customer.account'), ''),
  release = nullif((d.doc ->> '$.variant.release'), ''),
  experiment = nullif((d.doc ->> '$.variant.experiment'), ''),
  arm = nullif((d.doc ->> '$.variant.arm'), ''),
  intent = nullif((d.doc ->> '$.intent'), '')
FROM (SELECT id AS of_id, replace(replace(replace(event, '\\', char(1)), '\u0000', '\ufffd'), char(1), '\\') AS doc FROM feedback WHERE event LIKE '%"account":%' OR event LIKE '%"variant":{%' OR event LIKE '%"intent":%') AS d WHERE d.of_id = feedback.id;
UPDATE followups SET account = nullif((d.doc ->> '$.customer.account'), ''),
  release = nullif((d.doc ->> '$.variant.release'), ''),
  experiment = nullif((d.doc ->> '$.variant.experiment'), ''),
  arm = nullif((d.doc ->> '$.variant.arm'), ''),
  intent = nullif((d.doc ->> '$.intent'), '')
FROM (SELECT id AS of_id, replace(replace(replace(event, '\\', char(1)), '\u0000', '\ufffd'), char(1), '\\') AS doc FROM followups WHERE event LIKE '%"account":%' OR event LIKE '%"variant":{%' OR event LIKE '%"intent":%') AS d WHERE d.of_id = followups.id;
UPDATE others SET account = nullif((d.doc ->> '$.customer.account'), ''),
  release = nullif((d.doc ->> '$.variant.release'), ''),
  experiment = nullif((d.doc ->> '$.variant.experiment'), ''),
  arm = nullif((d.doc ->> '$.variant.arm'), ''),
  duration_seconds = CAST((d.doc ->> '$.duration_seconds') AS REAL),
  promise = (d.doc ->> '$.promise.name'),
  number = nullif(CAST((d.doc ->> '$.promise.number') AS INTEGER), 0),
  made = substr((d.doc ->> '$.promise.made'), 1, 10) || ' ' || substr((d.doc ->> '$.promise.made'), 12, 8) || '.' || substr(rtrim(substr((d.doc ->> '$.promise.made'), 21), 'Z') || '000000', 1, 6),
  due = substr((d.doc ->> '$.promise.due'), 1, 10) || ' ' || substr((d.doc ->> '$.promise.due'), 12, 8) || '.' || substr(rtrim(substr((d.doc ->> '$.promise.due'), 21), 'Z') || '000000', 1, 6),
  by_hand = CASE WHEN (d.doc ->> '$.promise.name') IS NOT NULL THEN coalesce((d.doc ->> '$.promise.by_hand'), 0) END
FROM (SELECT id AS of_id, replace(replace(replace(event, '\\', char(1)), '\u0000', '\ufffd'), char(1), '\\') AS doc FROM others WHERE event LIKE '%"account":%' OR event LIKE '%"variant":{%' OR event LIKE '%"promise":%' OR event LIKE '%"duration_seconds":%') AS d WHERE d.of_id = others.id;
UPDATE transitions SET customer_inferred = 1 WHERE customer IS NOT NULL AND CAST(event AS text) NOT LIKE '%,"customer":{"hash":%';
UPDATE touchpoints SET customer_inferred = 1 WHERE customer IS NOT NULL AND CAST(event AS text) NOT LIKE '%,"customer":{"hash":%';
UPDATE feedback SET customer_inferred = 1 WHERE customer IS NOT NULL AND CAST(event AS text) NOT LIKE '%,"customer":{"hash":%';
UPDATE followups SET customer_inferred = 1 WHERE customer IS NOT NULL AND CAST(event AS text) NOT LIKE '%,"customer":{"hash":%';
UPDATE others SET customer_inferred = 1 WHERE customer IS NOT NULL AND CAST(event AS text) NOT LIKE '%,"customer":{"hash":%';

CREATE INDEX touchpoints_contacts ON touchpoints (time) WHERE legs IS NOT NULL; -- contacts with people are few among interactions

PRAGMA user_version = 6;
