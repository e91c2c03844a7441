-- +goose Up
-- Times are text, UTC to the microsecond: 2026-04-17 09:30:15.123456. What is true is 1, what is not 0.

CREATE TABLE journeys ( -- One row a run, made from its transitions.
  namespace        TEXT NOT NULL, -- with journey and run the primary key
  journey          TEXT NOT NULL,
  run              TEXT NOT NULL, -- the journey's ID: an order, a cart
  version          TEXT, -- of the blueprint, as the first event has it
  channel          TEXT, -- of the first event
  started          TEXT, -- NULL: not known
  ended            TEXT, -- NULL: not that is known
  end_id           TEXT, -- the journey.ended in transitions
  outcome          TEXT, -- completed, failed, cancelled, abandoned; NULL: not ended
  cause            TEXT, -- of the end
  duration_seconds REAL, -- start to end; NULL: not known
  partial          INTEGER, -- an end whose start nobody knew
  stage            TEXT, -- the last one that it was in
  stage_at         TEXT, -- when that was said last
  customer         TEXT, -- the pseudonymous ID that was said last
  segment          TEXT, -- said with it
  customer_at      TEXT, -- when
  value_amount     INTEGER, -- what was at stake at last, in the currency's minor unit (cents)
  value_currency   TEXT, -- ISO 4217
  value_at         TEXT, -- when that was said
  first_event      TEXT NOT NULL, -- of its events here, the first
  last_event       TEXT NOT NULL, -- and the last
  day              TEXT GENERATED ALWAYS AS (date(started)) VIRTUAL, -- of started, UTC
  week             TEXT GENERATED ALWAYS AS (date(started, 'weekday 0', '-6 days')) VIRTUAL, -- its Monday
  PRIMARY KEY (run, journey, namespace)
) STRICT, WITHOUT ROWID;
CREATE INDEX journeys_started  ON journeys (journey, started);
CREATE INDEX journeys_last     ON journeys (last_event);
CREATE INDEX journeys_customer ON journeys (customer, started) WHERE customer IS NOT NULL;

CREATE TABLE transitions ( -- What moves a journey: journey.started, .stage.entered, .stalled, .ended.
  arrival          INTEGER NOT NULL PRIMARY KEY, -- the order in which events came, over all tables
  id               TEXT NOT NULL UNIQUE, -- the event's ID, a UUID
  kind             TEXT NOT NULL, -- what happened
  time             TEXT NOT NULL, -- when it happened to the customer
  namespace        TEXT, -- NULL with journey and run: in no journey
  journey          TEXT,
  run              TEXT, -- the journey's ID: an order, a cart
  stage            TEXT,
  visit            INTEGER, -- to the stage, counted from 1; NULL: not known
  from_stage       TEXT, -- the stage that was left
  from_visit       INTEGER,
  from_entered     TEXT, -- when that stage was entered
  partial          INTEGER NOT NULL, -- an end whose start nobody knew
  duration_seconds REAL, -- NULL: not known
  version          TEXT,
  value_amount     INTEGER, -- what is at stake, in the currency's minor unit (cents)
  value_currency   TEXT, -- ISO 4217
  channel          TEXT,
  actor            TEXT NOT NULL,
  direction        TEXT NOT NULL,
  outcome          TEXT,
  cause            TEXT,
  customer         TEXT, -- the pseudonymous ID
  segment          TEXT,
  late             INTEGER NOT NULL, -- it came after its journey's end
  event            TEXT NOT NULL, -- all of the event, as JSON of version 1
  day              TEXT GENERATED ALWAYS AS (date(time)) VIRTUAL, -- of time, UTC
  week             TEXT GENERATED ALWAYS AS (date(time, 'weekday 0', '-6 days')) VIRTUAL -- its Monday
) STRICT;
CREATE INDEX transitions_time     ON transitions (time);
CREATE INDEX transitions_run      ON transitions (run, journey, namespace) WHERE run IS NOT NULL;
CREATE INDEX transitions_customer ON transitions (customer, time) WHERE customer IS NOT NULL;

CREATE TABLE touchpoints ( -- One interaction each: touchpoint.ended.
  arrival          INTEGER NOT NULL PRIMARY KEY, -- the order in which events came, over all tables
  id               TEXT NOT NULL UNIQUE, -- the event's ID, a UUID
  kind             TEXT NOT NULL, -- what happened
  time             TEXT NOT NULL, -- when it happened to the customer
  namespace        TEXT, -- NULL with journey and run: in no journey
  journey          TEXT,
  run              TEXT, -- the journey's ID: an order, a cart
  stage            TEXT,
  visit            INTEGER, -- to the stage, counted from 1; NULL: not known
  touchpoint       TEXT,
  duration_seconds REAL, -- NULL: not known
  apdex_zone       TEXT,
  error_type       TEXT, -- a class, never a message
  queue            TEXT,
  agent            TEXT, -- a pseudonymous ID of the employee
  wait_seconds     REAL, -- in the queue
  hold_seconds     REAL, -- on hold
  transfers        INTEGER,
  repeated         INTEGER, -- about something that the customer had contacted us for before
  resolved         INTEGER, -- settled in this one contact
  release          TEXT,
  experiment       TEXT,
  arm              TEXT,
  channel          TEXT,
  actor            TEXT NOT NULL,
  direction        TEXT NOT NULL,
  outcome          TEXT,
  cause            TEXT,
  customer         TEXT, -- the pseudonymous ID
  segment          TEXT,
  late             INTEGER NOT NULL, -- it came after its journey's end
  event            TEXT NOT NULL, -- all of the event, as JSON of version 1
  day              TEXT GENERATED ALWAYS AS (date(time)) VIRTUAL, -- of time, UTC
  week             TEXT GENERATED ALWAYS AS (date(time, 'weekday 0', '-6 days')) VIRTUAL -- its Monday
) STRICT;
CREATE INDEX touchpoints_time     ON touchpoints (time);
CREATE INDEX touchpoints_run      ON touchpoints (run, journey, namespace) WHERE run IS NOT NULL;
CREATE INDEX touchpoints_customer ON touchpoints (customer, time) WHERE customer IS NOT NULL;

CREATE TABLE feedback ( -- What customers were asked and said: survey.requested, feedback.received, feedback.mentioned.
  arrival          INTEGER NOT NULL PRIMARY KEY, -- the order in which events came, over all tables
  id               TEXT NOT NULL UNIQUE, -- the event's ID, a UUID
  kind             TEXT NOT NULL, -- what happened
  time             TEXT NOT NULL, -- when it happened to the customer
  namespace        TEXT, -- NULL with journey and run: in no journey
  journey          TEXT,
  run              TEXT, -- the journey's ID: an order, a cart
  stage            TEXT,
  visit            INTEGER, -- to the stage, counted from 1; NULL: not known
  touchpoint       TEXT,
  survey           TEXT,
  scale            TEXT,
  score            INTEGER, -- on its scale; NULL: none was given
  verdict          TEXT,
  comment          TEXT, -- in the customer's words, redacted
  language         TEXT,
  request_id       TEXT, -- the survey.requested that it answers
  source           TEXT, -- site or network of a public mention
  sentiment        TEXT,
  channel          TEXT,
  actor            TEXT NOT NULL,
  direction        TEXT NOT NULL,
  outcome          TEXT,
  cause            TEXT,
  customer         TEXT, -- the pseudonymous ID
  segment          TEXT,
  late             INTEGER NOT NULL, -- it came after its journey's end
  event            TEXT NOT NULL, -- all of the event, as JSON of version 1
  day              TEXT GENERATED ALWAYS AS (date(time)) VIRTUAL, -- of time, UTC
  week             TEXT GENERATED ALWAYS AS (date(time, 'weekday 0', '-6 days')) VIRTUAL -- its Monday
) STRICT;
CREATE INDEX feedback_time     ON feedback (time);
CREATE INDEX feedback_run      ON feedback (run, journey, namespace) WHERE run IS NOT NULL;
CREATE INDEX feedback_customer ON feedback (customer, time) WHERE customer IS NOT NULL;

CREATE TABLE followups ( -- The company's answers, one row a step: followup.opened to followup.overdue.
  arrival          INTEGER NOT NULL PRIMARY KEY, -- the order in which events came, over all tables
  id               TEXT NOT NULL UNIQUE, -- the event's ID, a UUID
  kind             TEXT NOT NULL, -- what happened
  time             TEXT NOT NULL, -- when it happened to the customer
  namespace        TEXT, -- NULL with journey and run: in no journey
  journey          TEXT,
  run              TEXT, -- the journey's ID: an order, a cart
  stage            TEXT,
  visit            INTEGER, -- to the stage, counted from 1; NULL: not known
  touchpoint       TEXT,
  followup         TEXT, -- its ID: its steps share it
  state            TEXT NOT NULL, -- opened, acknowledged, investigated, resolved, told, confirmed, reopened, overdue
  owner            TEXT,
  feedback_id      TEXT, -- the feedback that it answers
  due              TEXT,
  remedy           TEXT,
  note             TEXT,
  channel          TEXT,
  actor            TEXT NOT NULL,
  direction        TEXT NOT NULL,
  outcome          TEXT,
  cause            TEXT,
  customer         TEXT, -- the pseudonymous ID
  segment          TEXT,
  late             INTEGER NOT NULL, -- it came after its journey's end
  event            TEXT NOT NULL, -- all of the event, as JSON of version 1
  day              TEXT GENERATED ALWAYS AS (date(time)) VIRTUAL, -- of time, UTC
  week             TEXT GENERATED ALWAYS AS (date(time, 'weekday 0', '-6 days')) VIRTUAL -- its Monday
) STRICT;
CREATE INDEX followups_time     ON followups (time);
CREATE INDEX followups_run      ON followups (run, journey, namespace) WHERE run IS NOT NULL;
CREATE INDEX followups_customer ON followups (customer, time) WHERE customer IS NOT NULL;
CREATE INDEX followups_feedback ON followups (feedback_id) WHERE feedback_id IS NOT NULL;

CREATE TABLE others ( -- Everything else: action.taken, contact.*, and kinds that are newer than this table.
  arrival          INTEGER NOT NULL PRIMARY KEY, -- the order in which events came, over all tables
  id               TEXT NOT NULL UNIQUE, -- the event's ID, a UUID
  kind             TEXT NOT NULL, -- what happened
  time             TEXT NOT NULL, -- when it happened to the customer
  namespace        TEXT, -- NULL with journey and run: in no journey
  journey          TEXT,
  run              TEXT, -- the journey's ID: an order, a cart
  stage            TEXT,
  visit            INTEGER, -- to the stage, counted from 1; NULL: not known
  touchpoint       TEXT,
  action           TEXT,
  owner            TEXT,
  note             TEXT,
  purpose          TEXT,
  rule             TEXT,
  channel          TEXT,
  actor            TEXT NOT NULL,
  direction        TEXT NOT NULL,
  outcome          TEXT,
  cause            TEXT,
  customer         TEXT, -- the pseudonymous ID
  segment          TEXT,
  late             INTEGER NOT NULL, -- it came after its journey's end
  event            TEXT NOT NULL, -- all of the event, as JSON of version 1
  day              TEXT GENERATED ALWAYS AS (date(time)) VIRTUAL, -- of time, UTC
  week             TEXT GENERATED ALWAYS AS (date(time, 'weekday 0', '-6 days')) VIRTUAL -- its Monday
) STRICT;
CREATE INDEX others_time     ON others (time);
CREATE INDEX others_run      ON others (run, journey, namespace) WHERE run IS NOT NULL;
CREATE INDEX others_customer ON others (customer, time) WHERE customer IS NOT NULL;

CREATE VIEW events AS -- every event, whatever it is about
  SELECT arrival, id, kind, time, day, week, namespace, journey, run, stage, visit, CAST(NULL AS TEXT) AS touchpoint,
    channel, actor, direction, outcome, cause, customer, segment, late, event FROM transitions
  UNION ALL
  SELECT arrival, id, kind, time, day, week, namespace, journey, run, stage, visit, touchpoint AS touchpoint,
    channel, actor, direction, outcome, cause, customer, segment, late, event FROM touchpoints
  UNION ALL
  SELECT arrival, id, kind, time, day, week, namespace, journey, run, stage, visit, touchpoint AS touchpoint,
    channel, actor, direction, outcome, cause, customer, segment, late, event FROM feedback
  UNION ALL
  SELECT arrival, id, kind, time, day, week, namespace, journey, run, stage, visit, touchpoint AS touchpoint,
    channel, actor, direction, outcome, cause, customer, segment, late, event FROM followups
  UNION ALL
  SELECT arrival, id, kind, time, day, week, namespace, journey, run, stage, visit, touchpoint AS touchpoint,
    channel, actor, direction, outcome, cause, customer, segment, late, event FROM others;

PRAGMA application_id = 0x43614172; -- "CaAr": an archive of Cairn's
PRAGMA user_version = 1;
