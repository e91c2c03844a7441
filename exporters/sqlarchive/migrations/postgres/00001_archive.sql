-- +goose Up
-- Texts sort by their bytes, as SQLite's do, whatever the database's locale.

-- A batch takes one number for each 4,096 events that it has.
CREATE SEQUENCE arrivals INCREMENT BY 4096;

CREATE TABLE journeys ( -- One row a run, made from its transitions.
  namespace        text COLLATE "C" NOT NULL, -- with journey and run the primary key
  journey          text COLLATE "C" NOT NULL,
  run              text COLLATE "C" NOT NULL, -- the journey's ID: an order, a cart
  version          text COLLATE "C", -- of the blueprint, as the first event has it
  channel          text COLLATE "C", -- of the first event
  started          timestamptz, -- NULL: not known
  ended            timestamptz, -- NULL: not that is known
  end_id           uuid, -- the journey.ended in transitions
  outcome          text COLLATE "C", -- completed, failed, cancelled, abandoned; NULL: not ended
  cause            text COLLATE "C", -- of the end
  duration_seconds double precision, -- start to end; NULL: not known
  partial          boolean, -- an end whose start nobody knew
  stage            text COLLATE "C", -- the last one that it was in
  stage_at         timestamptz, -- when that was said last
  customer         text COLLATE "C", -- the pseudonymous ID that was said last
  segment          text COLLATE "C", -- said with it
  customer_at      timestamptz, -- when
  value_amount     bigint, -- what was at stake at last, in the currency's minor unit (cents)
  value_currency   text COLLATE "C", -- ISO 4217
  value_at         timestamptz, -- when that was said
  first_event      timestamptz NOT NULL, -- of its events here, the first
  last_event       timestamptz NOT NULL, -- and the last
  day              date GENERATED ALWAYS AS ((started AT TIME ZONE 'UTC')::date) STORED, -- of started, UTC
  week             date GENERATED ALWAYS AS (date_trunc('week', started AT TIME ZONE 'UTC')::date) STORED, -- its Monday
  PRIMARY KEY (run, journey, namespace)
);
CREATE INDEX journeys_started  ON journeys (journey, started);
CREATE INDEX journeys_last     ON journeys (last_event);
CREATE INDEX journeys_customer ON journeys (customer, started) WHERE customer IS NOT NULL;

CREATE TABLE transitions ( -- What moves a journey: journey.started, .stage.entered, .stalled, .ended.
  arrival          bigint NOT NULL, -- the order in which events came, over all tables
  id               uuid NOT NULL PRIMARY KEY, -- the event's ID, a UUID
  kind             text COLLATE "C" NOT NULL, -- what happened
  time             timestamptz NOT NULL, -- when it happened to the customer
  namespace        text COLLATE "C", -- NULL with journey and run: in no journey
  journey          text COLLATE "C",
  run              text COLLATE "C", -- the journey's ID: an order, a cart
  stage            text COLLATE "C",
  visit            bigint, -- to the stage, counted from 1; NULL: not known
  from_stage       text COLLATE "C", -- the stage that was left
  from_visit       bigint,
  from_entered     timestamptz, -- when that stage was entered
  partial          boolean NOT NULL, -- an end whose start nobody knew
  duration_seconds double precision, -- NULL: not known
  version          text COLLATE "C",
  value_amount     bigint, -- what is at stake, in the currency's minor unit (cents)
  value_currency   text COLLATE "C", -- ISO 4217
  channel          text COLLATE "C",
  actor            text COLLATE "C" NOT NULL,
  direction        text COLLATE "C" NOT NULL,
  outcome          text COLLATE "C",
  cause            text COLLATE "C",
  customer         text COLLATE "C", -- the pseudonymous ID
  segment          text COLLATE "C",
  late             boolean NOT NULL, -- it came after its journey's end
  event            json NOT NULL, -- all of the event, as JSON of version 1
  day              date GENERATED ALWAYS AS ((time AT TIME ZONE 'UTC')::date) STORED, -- of time, UTC
  week             date GENERATED ALWAYS AS (date_trunc('week', time AT TIME ZONE 'UTC')::date) STORED -- its Monday
);
CREATE INDEX transitions_time     ON transitions (time);
CREATE INDEX transitions_run      ON transitions (run, journey, namespace) WHERE run IS NOT NULL;
CREATE INDEX transitions_customer ON transitions (customer, time) WHERE customer IS NOT NULL;

CREATE TABLE touchpoints ( -- One interaction each: touchpoint.ended.
  arrival          bigint NOT NULL, -- the order in which events came, over all tables
  id               uuid NOT NULL PRIMARY KEY, -- the event's ID, a UUID
  kind             text COLLATE "C" NOT NULL, -- what happened
  time             timestamptz NOT NULL, -- when it happened to the customer
  namespace        text COLLATE "C", -- NULL with journey and run: in no journey
  journey          text COLLATE "C",
  run              text COLLATE "C", -- the journey's ID: an order, a cart
  stage            text COLLATE "C",
  visit            bigint, -- to the stage, counted from 1; NULL: not known
  touchpoint       text COLLATE "C",
  duration_seconds double precision, -- NULL: not known
  apdex_zone       text COLLATE "C",
  error_type       text COLLATE "C", -- a class, never a message
  queue            text COLLATE "C",
  agent            text COLLATE "C", -- a pseudonymous ID of the employee
  wait_seconds     double precision, -- in the queue
  hold_seconds     double precision, -- on hold
  transfers        bigint,
  repeated         boolean, -- about something that the customer had contacted us for before
  resolved         boolean, -- settled in this one contact
  release          text COLLATE "C",
  experiment       text COLLATE "C",
  arm              text COLLATE "C",
  channel          text COLLATE "C",
  actor            text COLLATE "C" NOT NULL,
  direction        text COLLATE "C" NOT NULL,
  outcome          text COLLATE "C",
  cause            text COLLATE "C",
  customer         text COLLATE "C", -- the pseudonymous ID
  segment          text COLLATE "C",
  late             boolean NOT NULL, -- it came after its journey's end
  event            json NOT NULL, -- all of the event, as JSON of version 1
  day              date GENERATED ALWAYS AS ((time AT TIME ZONE 'UTC')::date) STORED, -- of time, UTC
  week             date GENERATED ALWAYS AS (date_trunc('week', time AT TIME ZONE 'UTC')::date) STORED -- its Monday
);
CREATE INDEX touchpoints_time     ON touchpoints (time);
CREATE INDEX touchpoints_run      ON touchpoints (run, journey, namespace) WHERE run IS NOT NULL;
CREATE INDEX touchpoints_customer ON touchpoints (customer, time) WHERE customer IS NOT NULL;

CREATE TABLE feedback ( -- What customers were asked and said: survey.requested, feedback.received, feedback.mentioned.
  arrival          bigint NOT NULL, -- the order in which events came, over all tables
  id               uuid NOT NULL PRIMARY KEY, -- the event's ID, a UUID
  kind             text COLLATE "C" NOT NULL, -- what happened
  time             timestamptz NOT NULL, -- when it happened to the customer
  namespace        text COLLATE "C", -- NULL with journey and run: in no journey
  journey          text COLLATE "C",
  run              text COLLATE "C", -- the journey's ID: an order, a cart
  stage            text COLLATE "C",
  visit            bigint, -- to the stage, counted from 1; NULL: not known
  touchpoint       text COLLATE "C",
  survey           text COLLATE "C",
  scale            text COLLATE "C",
  score            bigint, -- on its scale; NULL: none was given
  verdict          text COLLATE "C",
  comment          text COLLATE "C", -- in the customer's words, redacted
  language         text COLLATE "C",
  request_id       uuid, -- the survey.requested that it answers
  source           text COLLATE "C", -- site or network of a public mention
  sentiment        text COLLATE "C",
  channel          text COLLATE "C",
  actor            text COLLATE "C" NOT NULL,
  direction        text COLLATE "C" NOT NULL,
  outcome          text COLLATE "C",
  cause            text COLLATE "C",
  customer         text COLLATE "C", -- the pseudonymous ID
  segment          text COLLATE "C",
  late             boolean NOT NULL, -- it came after its journey's end
  event            json NOT NULL, -- all of the event, as JSON of version 1
  day              date GENERATED ALWAYS AS ((time AT TIME ZONE 'UTC')::date) STORED, -- of time, UTC
  week             date GENERATED ALWAYS AS (date_trunc('week', time AT TIME ZONE 'UTC')::date) STORED -- its Monday
);
CREATE INDEX feedback_time     ON feedback (time);
CREATE INDEX feedback_run      ON feedback (run, journey, namespace) WHERE run IS NOT NULL;
CREATE INDEX feedback_customer ON feedback (customer, time) WHERE customer IS NOT NULL;

CREATE TABLE followups ( -- The company's answers, one row a step: followup.opened to followup.overdue.
  arrival          bigint NOT NULL, -- the order in which events came, over all tables
  id               uuid NOT NULL PRIMARY KEY, -- the event's ID, a UUID
  kind             text COLLATE "C" NOT NULL, -- what happened
  time             timestamptz NOT NULL, -- when it happened to the customer
  namespace        text COLLATE "C", -- NULL with journey and run: in no journey
  journey          text COLLATE "C",
  run              text COLLATE "C", -- the journey's ID: an order, a cart
  stage            text COLLATE "C",
  visit            bigint, -- to the stage, counted from 1; NULL: not known
  touchpoint       text COLLATE "C",
  followup         text COLLATE "C", -- its ID: its steps share it
  state            text COLLATE "C" NOT NULL, -- opened, acknowledged, investigated, resolved, told, confirmed, reopened, overdue
  owner            text COLLATE "C",
  feedback_id      uuid, -- the feedback that it answers
  due              timestamptz,
  remedy           text COLLATE "C",
  note             text COLLATE "C",
  channel          text COLLATE "C",
  actor            text COLLATE "C" NOT NULL,
  direction        text COLLATE "C" NOT NULL,
  outcome          text COLLATE "C",
  cause            text COLLATE "C",
  customer         text COLLATE "C", -- the pseudonymous ID
  segment          text COLLATE "C",
  late             boolean NOT NULL, -- it came after its journey's end
  event            json NOT NULL, -- all of the event, as JSON of version 1
  day              date GENERATED ALWAYS AS ((time AT TIME ZONE 'UTC')::date) STORED, -- of time, UTC
  week             date GENERATED ALWAYS AS (date_trunc('week', time AT TIME ZONE 'UTC')::date) STORED -- its Monday
);
CREATE INDEX followups_time     ON followups (time);
CREATE INDEX followups_run      ON followups (run, journey, namespace) WHERE run IS NOT NULL;
CREATE INDEX followups_customer ON followups (customer, time) WHERE customer IS NOT NULL;
CREATE INDEX followups_feedback ON followups (feedback_id) WHERE feedback_id IS NOT NULL;

CREATE TABLE others ( -- Everything else: action.taken, contact.*, and kinds that are newer than this table.
  arrival          bigint NOT NULL, -- the order in which events came, over all tables
  id               uuid NOT NULL PRIMARY KEY, -- the event's ID, a UUID
  kind             text COLLATE "C" NOT NULL, -- what happened
  time             timestamptz NOT NULL, -- when it happened to the customer
  namespace        text COLLATE "C", -- NULL with journey and run: in no journey
  journey          text COLLATE "C",
  run              text COLLATE "C", -- the journey's ID: an order, a cart
  stage            text COLLATE "C",
  visit            bigint, -- to the stage, counted from 1; NULL: not known
  touchpoint       text COLLATE "C",
  action           text COLLATE "C",
  owner            text COLLATE "C",
  note             text COLLATE "C",
  purpose          text COLLATE "C",
  rule             text COLLATE "C",
  channel          text COLLATE "C",
  actor            text COLLATE "C" NOT NULL,
  direction        text COLLATE "C" NOT NULL,
  outcome          text COLLATE "C",
  cause            text COLLATE "C",
  customer         text COLLATE "C", -- the pseudonymous ID
  segment          text COLLATE "C",
  late             boolean NOT NULL, -- it came after its journey's end
  event            json NOT NULL, -- all of the event, as JSON of version 1
  day              date GENERATED ALWAYS AS ((time AT TIME ZONE 'UTC')::date) STORED, -- of time, UTC
  week             date GENERATED ALWAYS AS (date_trunc('week', time AT TIME ZONE 'UTC')::date) STORED -- its Monday
);
CREATE INDEX others_time     ON others (time);
CREATE INDEX others_run      ON others (run, journey, namespace) WHERE run IS NOT NULL;
CREATE INDEX others_customer ON others (customer, time) WHERE customer IS NOT NULL;

CREATE VIEW events AS -- every event, whatever it is about
  SELECT arrival, id, kind, time, day, week, namespace, journey, run, stage, visit, CAST(NULL AS text) COLLATE "C" AS touchpoint,
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
