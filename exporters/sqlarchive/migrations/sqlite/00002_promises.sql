-- +goose Up
ALTER TABLE journeys ADD COLUMN moved INTEGER NOT NULL DEFAULT 1; -- a transition of the run is here; else only other events have said something
ALTER TABLE journeys ADD COLUMN release TEXT; -- that the customer saw last
ALTER TABLE journeys ADD COLUMN release_at TEXT; -- when that was said
ALTER TABLE journeys ADD COLUMN experiment TEXT; -- that the customer was in last
ALTER TABLE journeys ADD COLUMN arm TEXT; -- said with it
ALTER TABLE journeys ADD COLUMN experiment_at TEXT; -- when
ALTER TABLE journeys ADD COLUMN intent TEXT; -- the problem that the customer wants solved, as it was said last
ALTER TABLE journeys ADD COLUMN intent_at TEXT; -- when
ALTER TABLE journeys ADD COLUMN causes TEXT; -- of the run's events, each once: a JSON array in the order of its bytes, of the first 32; NULL: none
ALTER TABLE journeys ADD COLUMN account TEXT; -- the pseudonymous ID of the company that the customer acts for, as it was said last
ALTER TABLE journeys ADD COLUMN account_at TEXT; -- when
CREATE INDEX journeys_account ON journeys (account, started) WHERE account IS NOT NULL;

CREATE TABLE promises ( -- One row a promise of a run, made from its events.
  namespace        TEXT NOT NULL, -- with journey, run, promise and number the primary key
  journey          TEXT NOT NULL,
  run              TEXT NOT NULL, -- the journey's ID: an order, a cart
  promise          TEXT NOT NULL, -- its name in the blueprint
  number           INTEGER NOT NULL, -- counts the promises of this name in the run from 1; 0: not known
  made             TEXT, -- NULL: not known
  due              TEXT, -- until when it is to be kept, as it was said last
  due_at           TEXT, -- when that was said
  settled          TEXT, -- when it was kept, broken or withdrawn; NULL: it is open
  settled_id       TEXT, -- the event that says so, in others
  outcome          TEXT, -- kept, broken, withdrawn; NULL: it is open
  duration_seconds REAL, -- from made to settled; NULL: not recorded
  customer         TEXT, -- the pseudonymous ID that its events said last
  customer_at      TEXT, -- when
  last_event       TEXT NOT NULL, -- of its events here, the last
  day              TEXT GENERATED ALWAYS AS (date(made)) VIRTUAL, -- of made, UTC
  week             TEXT GENERATED ALWAYS AS (date(made, 'weekday 0', '-6 days')) VIRTUAL, -- its Monday
  PRIMARY KEY (run, journey, namespace, promise, number)
) STRICT, WITHOUT ROWID;
CREATE INDEX promises_made     ON promises (journey, promise, made);
CREATE INDEX promises_open     ON promises (due) WHERE settled IS NULL;
CREATE INDEX promises_last     ON promises (last_event);
CREATE INDEX promises_customer ON promises (customer, made) WHERE customer IS NOT NULL;

-- What the events that are here already say of their runs. The JSON operators of PostgreSQL fail if a NUL is anywhere in an event,
-- and those of SQLite end a text there, so NUL becomes U+FFFD first, as it is in the columns.
INSERT INTO journeys AS j (namespace, journey, run, first_event, last_event, moved, release, release_at, experiment, arm, experiment_at, causes)
WITH documents AS MATERIALIZED ( -- of events with something that has no column: touchpoints have columns
  SELECT namespace, journey, run, time, replace(event, '\u0000', '\ufffd') AS doc FROM (
    SELECT namespace, journey, run, time, event FROM transitions UNION ALL SELECT namespace, journey, run, time, event FROM feedback
    UNION ALL SELECT namespace, journey, run, time, event FROM followups UNION ALL SELECT namespace, journey, run, time, event FROM others
  ) AS without_columns
  WHERE run IS NOT NULL AND (event LIKE '%"variant":{%' OR event LIKE '%"causes":[%' OR event LIKE '%"last_cause":%')
), variants AS (
  SELECT namespace, journey, run, time, nullif(doc ->> '$.variant.release', '') AS release, nullif(doc ->> '$.variant.experiment', '') AS experiment, nullif(doc ->> '$.variant.arm', '') AS arm FROM documents
  UNION ALL SELECT namespace, journey, run, time, release, experiment, arm FROM touchpoints
  WHERE run IS NOT NULL AND (release IS NOT NULL OR experiment IS NOT NULL OR arm IS NOT NULL)
), releases AS (
  SELECT namespace, journey, run, time, release, row_number() OVER (PARTITION BY run, journey, namespace ORDER BY time DESC, release DESC) AS n
  FROM variants WHERE release IS NOT NULL
), experiments AS (
  SELECT namespace, journey, run, time, experiment, arm,
    row_number() OVER (PARTITION BY run, journey, namespace ORDER BY time DESC, coalesce(experiment, '') DESC, coalesce(arm, '') DESC) AS n
  FROM variants WHERE experiment IS NOT NULL OR arm IS NOT NULL
), all_causes AS (
  SELECT namespace, journey, run, time, cause AS cause FROM events WHERE run IS NOT NULL AND cause IS NOT NULL
  UNION ALL SELECT namespace, journey, run, time, (doc ->> '$.transition.last_cause') FROM documents WHERE doc ->> '$.transition.last_cause' <> ''
  UNION ALL SELECT namespace, journey, run, time, c.value FROM documents , json_each(doc, '$.feedback.causes') AS c WHERE c.value <> ''
), first_causes AS (
  SELECT namespace, journey, run, cause, row_number() OVER (PARTITION BY run, journey, namespace ORDER BY cause) AS n
  FROM (SELECT DISTINCT namespace, journey, run, cause FROM all_causes) AS distinct_causes
), causes AS (
  SELECT namespace, journey, run, json_group_array(cause ORDER BY cause) AS causes FROM first_causes WHERE n <= 32 GROUP BY run, journey, namespace
), said AS (
  SELECT namespace, journey, run, min(time) AS first_event, max(time) AS last_event
  FROM (SELECT namespace, journey, run, time FROM variants UNION ALL SELECT namespace, journey, run, time FROM all_causes) AS times
  GROUP BY run, journey, namespace
)
SELECT s.namespace, s.journey, s.run, s.first_event, s.last_event, 0, r.release, r.time, e.experiment, e.arm, e.time, c.causes
FROM said AS s
LEFT JOIN releases    AS r ON r.n = 1 AND r.run = s.run AND r.journey = s.journey AND r.namespace = s.namespace
LEFT JOIN experiments AS e ON e.n = 1 AND e.run = s.run AND e.journey = s.journey AND e.namespace = s.namespace
LEFT JOIN causes      AS c ON c.run = s.run AND c.journey = s.journey AND c.namespace = s.namespace
WHERE true
ON CONFLICT (run, journey, namespace) DO UPDATE SET release = excluded.release, release_at = excluded.release_at,
  experiment = excluded.experiment, arm = excluded.arm, experiment_at = excluded.experiment_at, causes = excluded.causes;

PRAGMA user_version = 2;
