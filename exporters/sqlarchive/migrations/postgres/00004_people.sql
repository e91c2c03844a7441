-- +goose Up
ALTER TABLE touchpoints ADD COLUMN intent text COLLATE "C"; -- the problem that the customer wants solved; NULL: not known
ALTER TABLE touchpoints ADD COLUMN legs bigint; -- the parts of a contact with people, in legs; this and what follows are NULL without such a contact
ALTER TABLE touchpoints ADD COLUMN by_person boolean; -- a person answered or replied, and not only a bot
ALTER TABLE touchpoints ADD COLUMN ring_seconds double precision; -- of all legs, a part of wait_seconds; NULL: none, or not known
ALTER TABLE touchpoints ADD COLUMN talk_seconds double precision; -- without time on hold
ALTER TABLE touchpoints ADD COLUMN wrap_seconds double precision; -- work after the conversation
ALTER TABLE touchpoints ADD COLUMN disposition text COLLATE "C"; -- what the employee noted
ALTER TABLE touchpoints ADD COLUMN line bigint; -- the highest line of support that was needed; NULL: not known
ALTER TABLE touchpoints ADD COLUMN claimed text COLLATE "C"; -- yes, no: the matter is resolved, as claimed; NULL: not said
ALTER TABLE touchpoints ADD COLUMN unable text COLLATE "C"; -- why the employee could not help
ALTER TABLE touchpoints ADD COLUMN again text COLLATE "C"; -- yes, no: the customer had contacted us before about this, as claimed; NULL: not said
ALTER TABLE touchpoints ADD COLUMN same_person text COLLATE "C"; -- yes, no: the employee was the one of last time; NULL: not said
ALTER TABLE touchpoints ADD COLUMN asked_to_repeat bigint; -- how often the customer was asked for what we had been told
ALTER TABLE touchpoints ADD COLUMN replies bigint; -- public replies of employees to a thread, in replies; this and what follows are NULL for a contact in real time
ALTER TABLE touchpoints ADD COLUMN bot_replies bigint; -- of our bot
ALTER TABLE touchpoints ADD COLUMN first_reply_seconds double precision; -- from the creation to the first public reply; NULL: none
ALTER TABLE touchpoints ADD COLUMN first_reply_open_seconds double precision; -- the part of it in business hours
ALTER TABLE touchpoints ADD COLUMN waited_seconds double precision; -- for which the customer waited for us in all
ALTER TABLE touchpoints ADD COLUMN waited_open_seconds double precision; -- the part of it in business hours
ALTER TABLE touchpoints ADD COLUMN unanswered boolean; -- the last word is the customer's
ALTER TABLE touchpoints ADD COLUMN effort_began timestamptz; -- when the first contact about the matter began; this and what follows are NULL without an effort
ALTER TABLE touchpoints ADD COLUMN effort_window_seconds double precision; -- the time without a further contact after which the effort is over
ALTER TABLE touchpoints ADD COLUMN effort_contacts bigint; -- its contacts so far
ALTER TABLE touchpoints ADD COLUMN effort_answered bigint; -- those that an employee answered
ALTER TABLE touchpoints ADD COLUMN effort_switches bigint; -- how often the channel differed from that of the contact before
ALTER TABLE touchpoints ADD COLUMN effort_from text COLLATE "C"; -- the touchpoint of self-service that failed last before the first employee
ALTER TABLE touchpoints ADD COLUMN effort_first_contact boolean; -- one contact was answered, and none began after it within the window

ALTER TABLE others ADD COLUMN intent text COLLATE "C"; -- the problem that the customer wants solved; NULL: not known
ALTER TABLE others ADD COLUMN effort_began timestamptz; -- when the first contact about the matter began; this and what follows are NULL without an effort
ALTER TABLE others ADD COLUMN effort_window_seconds double precision; -- the time without a further contact after which the effort is over
ALTER TABLE others ADD COLUMN effort_contacts bigint; -- its contacts so far
ALTER TABLE others ADD COLUMN effort_answered bigint; -- those that an employee answered
ALTER TABLE others ADD COLUMN effort_switches bigint; -- how often the channel differed from that of the contact before
ALTER TABLE others ADD COLUMN effort_from text COLLATE "C"; -- the touchpoint of self-service that failed last before the first employee
ALTER TABLE others ADD COLUMN effort_first_contact boolean; -- one contact was answered, and none began after it within the window

ALTER TABLE transitions ADD COLUMN friction_repeats bigint; -- of an end: what made the run harder for the customer; this and what follows are NULL if it is not known: touchpoints that the customer had to try again
ALTER TABLE transitions ADD COLUMN friction_failures_before_success bigint; -- failures at what worked in the end
ALTER TABLE transitions ADD COLUMN friction_loops bigint; -- returns to a stage
ALTER TABLE transitions ADD COLUMN friction_channel_switches bigint; -- the channels of the run, less one
ALTER TABLE transitions ADD COLUMN friction_overdue bigint; -- promises whose due time passed before they were kept

ALTER TABLE journeys ADD COLUMN friction_repeats bigint; -- of the end: what made the run harder for the customer; this and what follows are NULL if it is not known: touchpoints that the customer had to try again
ALTER TABLE journeys ADD COLUMN friction_failures_before_success bigint; -- failures at what worked in the end
ALTER TABLE journeys ADD COLUMN friction_loops bigint; -- returns to a stage
ALTER TABLE journeys ADD COLUMN friction_channel_switches bigint; -- the channels of the run, less one
ALTER TABLE journeys ADD COLUMN friction_overdue bigint; -- promises whose due time passed before they were kept

CREATE TABLE legs ( -- The parts of contacts with people: one queue and one who answered each.
  touchpoint_id uuid NOT NULL, -- the contact's id in touchpoints
  number        bigint NOT NULL, -- in the contact, from 1
  arrival       bigint NOT NULL, -- that of the contact
  time          timestamptz NOT NULL, -- that of the contact
  queue         text COLLATE "C", -- the team or line
  queued        boolean NOT NULL, -- the customer was in the queue, if only for a moment
  answered      boolean NOT NULL, -- a person or a bot answered
  bot           boolean NOT NULL, -- it was a bot
  agent         text COLLATE "C", -- a pseudonymous ID of the employee
  started       timestamptz NOT NULL, -- when the leg began
  start_seconds double precision NOT NULL, -- from the beginning of the contact to that of the leg
  wait_seconds  double precision NOT NULL, -- in the queue, with the time of ringing
  ring_seconds  double precision NOT NULL, -- for which the employee's device rang
  talk_seconds  double precision NOT NULL, -- in conversation, without time on hold
  hold_seconds  double precision NOT NULL, -- on hold
  wrap_seconds  double precision NOT NULL, -- work after the conversation
  holds         bigint NOT NULL, -- how often the customer was put on hold
  leg_end       text COLLATE "C", -- finished, transferred, overflowed, abandoned, callback, closed; NULL: not known
  warm          boolean NOT NULL, -- a transfer in which the next one was told what it was about
  PRIMARY KEY (touchpoint_id, number)
);
CREATE INDEX legs_time ON legs (time);
CREATE INDEX legs_queue ON legs (queue, started);
CREATE INDEX legs_agent ON legs (agent, started) WHERE agent IS NOT NULL;

CREATE TABLE decisions ( -- What employees decided for customers.
  touchpoint_id    uuid NOT NULL, -- the contact's id in touchpoints
  number           bigint NOT NULL, -- in the contact, from 1
  arrival          bigint NOT NULL, -- that of the contact
  time             timestamptz NOT NULL, -- that of the contact
  decision         text COLLATE "C", -- such as refund
  amount           bigint, -- what the customer was given, in the currency's minor unit (cents)
  amount_currency  text COLLATE "C", -- ISO 4217
  limit_amount     bigint, -- the most that the employee may give without an approval
  limit_currency   text COLLATE "C", -- ISO 4217
  approval         boolean NOT NULL, -- an approval was needed
  approver         text COLLATE "C", -- the role that it came from
  approval_seconds double precision NOT NULL, -- how long it took
  refused          boolean NOT NULL, -- it was refused
  path             text COLLATE "C", -- the alternative path that was taken
  skipped          text COLLATE "C", -- the steps that were skipped or changed: a JSON array; NULL: none
  PRIMARY KEY (touchpoint_id, number)
);
CREATE INDEX decisions_time ON decisions (time);

CREATE TABLE views ( -- The parts of the customers' pictures that employees asked for.
  touchpoint_id uuid NOT NULL, -- the contact's id in touchpoints
  number        bigint NOT NULL, -- in the contact, from 1
  arrival       bigint NOT NULL, -- that of the contact
  time          timestamptz NOT NULL, -- that of the contact
  part          text COLLATE "C", -- such as orders
  age_seconds   double precision NOT NULL, -- how old the data was
  took_seconds  double precision NOT NULL, -- how long it took to appear
  found         boolean NOT NULL, -- it was there
  PRIMARY KEY (touchpoint_id, number)
);
CREATE INDEX views_time ON views (time);

CREATE TABLE replies ( -- The public replies of employees to threads of messages.
  touchpoint_id uuid NOT NULL, -- the contact's id in touchpoints
  number        bigint NOT NULL, -- in the contact, from 1
  arrival       bigint NOT NULL, -- that of the contact
  time          timestamptz NOT NULL, -- that of the contact
  after_seconds double precision NOT NULL, -- since the creation, or since the customer's first message without a reply
  open_seconds  double precision NOT NULL, -- the part of it in business hours
  PRIMARY KEY (touchpoint_id, number)
);
CREATE INDEX replies_time ON replies (time);

-- What the events that are here already say. They are from before a contact had legs: the queue and the employee of the last one, the
-- wait of the first one, and the number of transfers between them. NUL becomes U+FFFD, as it is in the columns.
UPDATE touchpoints SET intent = nullif(replace(event::text, '\u0000', '\ufffd')::json ->> 'intent', '') WHERE event::text LIKE '%"intent":%';
UPDATE others SET intent = nullif(replace(event::text, '\u0000', '\ufffd')::json ->> 'intent', '') WHERE event::text LIKE '%"intent":%';
UPDATE touchpoints SET asked_to_repeat = 0, transfers = least(greatest(transfers, 0), 15), legs = CASE WHEN (queue IS NOT NULL OR agent IS NOT NULL OR wait_seconds IS NOT NULL OR hold_seconds IS NOT NULL OR transfers <> 0) THEN least(greatest(transfers, 0), 15) + 1 ELSE 0 END,
  by_person = (queue IS NOT NULL OR agent IS NOT NULL OR wait_seconds IS NOT NULL OR hold_seconds IS NOT NULL OR transfers <> 0),
  claimed = CASE WHEN resolved THEN 'yes' END, again = CASE WHEN repeated THEN 'yes' END
WHERE transfers IS NOT NULL;
INSERT INTO legs (touchpoint_id, number, arrival, time, queue, queued, answered, bot, agent, started, start_seconds, wait_seconds, ring_seconds, talk_seconds, hold_seconds, wrap_seconds, holds, leg_end, warm)
WITH numbers AS (SELECT n FROM generate_series(1, 16) AS s (n))
SELECT t.id, n.n, t.arrival, t.time, CASE WHEN n.n = t.legs THEN t.queue END, n.n = 1 AND t.wait_seconds IS NOT NULL, true, false, CASE WHEN n.n = t.legs THEN t.agent END, t.time, 0,
  CASE WHEN n.n = 1 THEN coalesce(t.wait_seconds, 0) ELSE 0 END, 0, 0, CASE WHEN n.n = t.legs THEN coalesce(t.hold_seconds, 0) ELSE 0 END, 0, 0,
  CASE WHEN n.n < t.legs THEN 'transferred' END, false
FROM touchpoints AS t JOIN numbers AS n ON n.n <= t.legs;
INSERT INTO decisions (touchpoint_id, number, arrival, time, approval, approval_seconds, refused)
SELECT id, 1, arrival, time, seconds <> 0, seconds, false FROM (
  SELECT id, arrival, time, coalesce((replace(event::text, '\u0000', '\ufffd')::json -> 'assisted' ->> 'approval_seconds')::double precision, 0) AS seconds,
    coalesce((replace(event::text, '\u0000', '\ufffd')::json -> 'assisted' ->> 'decided')::boolean, false) AS decided
  FROM touchpoints WHERE transfers IS NOT NULL
) AS old WHERE decided OR seconds <> 0;
UPDATE transitions SET friction_repeats = coalesce((replace(event::text, '\u0000', '\ufffd')::json #>> '{transition,friction,repeats}')::bigint, 0),
  friction_failures_before_success = coalesce((replace(event::text, '\u0000', '\ufffd')::json #>> '{transition,friction,failures_before_success}')::bigint, 0),
  friction_loops = coalesce((replace(event::text, '\u0000', '\ufffd')::json #>> '{transition,friction,loops}')::bigint, 0),
  friction_channel_switches = coalesce((replace(event::text, '\u0000', '\ufffd')::json #>> '{transition,friction,channel_switches}')::bigint, 0),
  friction_overdue = coalesce((replace(event::text, '\u0000', '\ufffd')::json #>> '{transition,friction,overdue}')::bigint, 0)
WHERE event::text LIKE '%"friction":%' AND json_typeof(replace(event::text, '\u0000', '\ufffd')::json #> '{transition,friction}') = 'object';
UPDATE journeys SET friction_repeats = t.friction_repeats, friction_failures_before_success = t.friction_failures_before_success, friction_loops = t.friction_loops, friction_channel_switches = t.friction_channel_switches, friction_overdue = t.friction_overdue
FROM transitions AS t WHERE t.id = journeys.end_id AND t.friction_repeats IS NOT NULL;
