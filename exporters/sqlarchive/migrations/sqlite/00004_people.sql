-- +goose Up
ALTER TABLE touchpoints ADD COLUMN intent TEXT; -- the problem that the customer wants solved; NULL: not known
ALTER TABLE touchpoints ADD COLUMN legs INTEGER; -- the parts of a contact with people, in legs; this and what follows are NULL without such a contact
ALTER TABLE touchpoints ADD COLUMN by_person INTEGER; -- a person answered or replied, and not only a bot
ALTER TABLE touchpoints ADD COLUMN ring_seconds REAL; -- of all legs, a part of wait_seconds; NULL: none, or not known
ALTER TABLE touchpoints ADD COLUMN talk_seconds REAL; -- without time on hold
ALTER TABLE touchpoints ADD COLUMN wrap_seconds REAL; -- work after the conversation
ALTER TABLE touchpoints ADD COLUMN disposition TEXT; -- what the employee noted
ALTER TABLE touchpoints ADD COLUMN line INTEGER; -- the highest line of support that was needed; NULL: not known
ALTER TABLE touchpoints ADD COLUMN claimed TEXT; -- yes, no: the matter is resolved, as claimed; NULL: not said
ALTER TABLE touchpoints ADD COLUMN unable TEXT; -- why the employee could not help
ALTER TABLE touchpoints ADD COLUMN again TEXT; -- yes, no: the customer had contacted us before about this, as claimed; NULL: not said
ALTER TABLE touchpoints ADD COLUMN same_person TEXT; -- yes, no: the employee was the one of last time; NULL: not said
ALTER TABLE touchpoints ADD COLUMN asked_to_repeat INTEGER; -- how often the customer was asked for what we had been told
ALTER TABLE touchpoints ADD COLUMN replies INTEGER; -- public replies of employees to a thread, in replies; this and what follows are NULL for a contact in real time
ALTER TABLE touchpoints ADD COLUMN bot_replies INTEGER; -- of our bot
ALTER TABLE touchpoints ADD COLUMN first_reply_seconds REAL; -- from the creation to the first public reply; NULL: none
ALTER TABLE touchpoints ADD COLUMN first_reply_open_seconds REAL; -- the part of it in business hours
ALTER TABLE touchpoints ADD COLUMN waited_seconds REAL; -- for which the customer waited for us in all
ALTER TABLE touchpoints ADD COLUMN waited_open_seconds REAL; -- the part of it in business hours
ALTER TABLE touchpoints ADD COLUMN unanswered INTEGER; -- the last word is the customer's
ALTER TABLE touchpoints ADD COLUMN effort_began TEXT; -- when the first contact about the matter began; this and what follows are NULL without an effort
ALTER TABLE touchpoints ADD COLUMN effort_window_seconds REAL; -- the time without a further contact after which the effort is over
ALTER TABLE touchpoints ADD COLUMN effort_contacts INTEGER; -- its contacts so far
ALTER TABLE touchpoints ADD COLUMN effort_answered INTEGER; -- those that an employee answered
ALTER TABLE touchpoints ADD COLUMN effort_switches INTEGER; -- how often the channel differed from that of the contact before
ALTER TABLE touchpoints ADD COLUMN effort_from TEXT; -- the touchpoint of self-service that failed last before the first employee
ALTER TABLE touchpoints ADD COLUMN effort_first_contact INTEGER; -- one contact was answered, and none began after it within the window

ALTER TABLE others ADD COLUMN intent TEXT; -- the problem that the customer wants solved; NULL: not known
ALTER TABLE others ADD COLUMN effort_began TEXT; -- when the first contact about the matter began; this and what follows are NULL without an effort
ALTER TABLE others ADD COLUMN effort_window_seconds REAL; -- the time without a further contact after which the effort is over
ALTER TABLE others ADD COLUMN effort_contacts INTEGER; -- its contacts so far
ALTER TABLE others ADD COLUMN effort_answered INTEGER; -- those that an employee answered
ALTER TABLE others ADD COLUMN effort_switches INTEGER; -- how often the channel differed from that of the contact before
ALTER TABLE others ADD COLUMN effort_from TEXT; -- the touchpoint of self-service that failed last before the first employee
ALTER TABLE others ADD COLUMN effort_first_contact INTEGER; -- one contact was answered, and none began after it within the window

ALTER TABLE transitions ADD COLUMN friction_repeats INTEGER; -- of an end: what made the run harder for the customer; this and what follows are NULL if it is not known: touchpoints that the customer had to try again
ALTER TABLE transitions ADD COLUMN friction_failures_before_success INTEGER; -- failures at what worked in the end
ALTER TABLE transitions ADD COLUMN friction_loops INTEGER; -- returns to a stage
ALTER TABLE transitions ADD COLUMN friction_channel_switches INTEGER; -- the channels of the run, less one
ALTER TABLE transitions ADD COLUMN friction_overdue INTEGER; -- promises whose due time passed before they were kept

ALTER TABLE journeys ADD COLUMN friction_repeats INTEGER; -- of the end: what made the run harder for the customer; this and what follows are NULL if it is not known: touchpoints that the customer had to try again
ALTER TABLE journeys ADD COLUMN friction_failures_before_success INTEGER; -- failures at what worked in the end
ALTER TABLE journeys ADD COLUMN friction_loops INTEGER; -- returns to a stage
ALTER TABLE journeys ADD COLUMN friction_channel_switches INTEGER; -- the channels of the run, less one
ALTER TABLE journeys ADD COLUMN friction_overdue INTEGER; -- promises whose due time passed before they were kept

CREATE TABLE legs ( -- The parts of contacts with people: one queue and one who answered each.
  touchpoint_id TEXT NOT NULL, -- the contact's id in touchpoints
  number        INTEGER NOT NULL, -- in the contact, from 1
  arrival       INTEGER NOT NULL, -- that of the contact
  time          TEXT NOT NULL, -- that of the contact
  queue         TEXT, -- the team or line
  queued        INTEGER NOT NULL, -- the customer was in the queue, if only for a moment
  answered      INTEGER NOT NULL, -- a person or a bot answered
  bot           INTEGER NOT NULL, -- it was a bot
  agent         TEXT, -- a pseudonymous ID of the employee
  started       TEXT NOT NULL, -- when the leg began
  start_seconds REAL NOT NULL, -- from the beginning of the contact to that of the leg
  wait_seconds  REAL NOT NULL, -- in the queue, with the time of ringing
  ring_seconds  REAL NOT NULL, -- for which the employee's device rang
  talk_seconds  REAL NOT NULL, -- in conversation, without time on hold
  hold_seconds  REAL NOT NULL, -- on hold
  wrap_seconds  REAL NOT NULL, -- work after the conversation
  holds         INTEGER NOT NULL, -- how often the customer was put on hold
  leg_end       TEXT, -- finished, transferred, overflowed, abandoned, callback, closed; NULL: not known
  warm          INTEGER NOT NULL, -- a transfer in which the next one was told what it was about
  PRIMARY KEY (touchpoint_id, number)
) STRICT, WITHOUT ROWID;
CREATE INDEX legs_time ON legs (time);
CREATE INDEX legs_queue ON legs (queue, started);
CREATE INDEX legs_agent ON legs (agent, started) WHERE agent IS NOT NULL;

CREATE TABLE decisions ( -- What employees decided for customers.
  touchpoint_id    TEXT NOT NULL, -- the contact's id in touchpoints
  number           INTEGER NOT NULL, -- in the contact, from 1
  arrival          INTEGER NOT NULL, -- that of the contact
  time             TEXT NOT NULL, -- that of the contact
  decision         TEXT, -- such as refund
  amount           INTEGER, -- what the customer was given, in the currency's minor unit (cents)
  amount_currency  TEXT, -- ISO 4217
  limit_amount     INTEGER, -- the most that the employee may give without an approval
  limit_currency   TEXT, -- ISO 4217
  approval         INTEGER NOT NULL, -- an approval was needed
  approver         TEXT, -- the role that it came from
  approval_seconds REAL NOT NULL, -- how long it took
  refused          INTEGER NOT NULL, -- it was refused
  path             TEXT, -- the alternative path that was taken
  skipped          TEXT, -- the steps that were skipped or changed: a JSON array; NULL: none
  PRIMARY KEY (touchpoint_id, number)
) STRICT, WITHOUT ROWID;
CREATE INDEX decisions_time ON decisions (time);

CREATE TABLE views ( -- The parts of the customers' pictures that employees asked for.
  touchpoint_id TEXT NOT NULL, -- the contact's id in touchpoints
  number        INTEGER NOT NULL, -- in the contact, from 1
  arrival       INTEGER NOT NULL, -- that of the contact
  time          TEXT NOT NULL, -- that of the contact
  part          TEXT, -- such as orders
  age_seconds   REAL NOT NULL, -- how old the data was
  took_seconds  REAL NOT NULL, -- how long it took to appear
  found         INTEGER NOT NULL, -- it was there
  PRIMARY KEY (touchpoint_id, number)
) STRICT, WITHOUT ROWID;
CREATE INDEX views_time ON views (time);

CREATE TABLE replies ( -- The public replies of employees to threads of messages.
  touchpoint_id TEXT NOT NULL, -- the contact's id in touchpoints
  number        INTEGER NOT NULL, -- in the contact, from 1
  arrival       INTEGER NOT NULL, -- that of the contact
  time          TEXT NOT NULL, -- that of the contact
  after_seconds REAL NOT NULL, -- since the creation, or since the customer's first message without a reply
  open_seconds  REAL NOT NULL, -- the part of it in business hours
  PRIMARY KEY (touchpoint_id, number)
) STRICT, WITHOUT ROWID;
CREATE INDEX replies_time ON replies (time);

-- What the events that are here already say. They are from before a contact had legs: the queue and the employee of the last one, the
-- wait of the first one, and the number of transfers between them. NUL becomes U+FFFD, as it is in the columns.
UPDATE touchpoints SET intent = nullif(json_extract(replace(event, '\u0000', '\ufffd'), '$.intent'), '') WHERE event LIKE '%"intent":%';
UPDATE others SET intent = nullif(json_extract(replace(event, '\u0000', '\ufffd'), '$.intent'), '') WHERE event LIKE '%"intent":%';
UPDATE touchpoints SET asked_to_repeat = 0, transfers = min(max(transfers, 0), 15), legs = CASE WHEN (queue IS NOT NULL OR agent IS NOT NULL OR wait_seconds IS NOT NULL OR hold_seconds IS NOT NULL OR transfers <> 0) THEN min(max(transfers, 0), 15) + 1 ELSE 0 END,
  by_person = (queue IS NOT NULL OR agent IS NOT NULL OR wait_seconds IS NOT NULL OR hold_seconds IS NOT NULL OR transfers <> 0),
  claimed = CASE WHEN resolved THEN 'yes' END, again = CASE WHEN repeated THEN 'yes' END
WHERE transfers IS NOT NULL;
INSERT INTO legs (touchpoint_id, number, arrival, time, queue, queued, answered, bot, agent, started, start_seconds, wait_seconds, ring_seconds, talk_seconds, hold_seconds, wrap_seconds, holds, leg_end, warm)
WITH RECURSIVE numbers (n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM numbers WHERE n < 16)
SELECT t.id, n.n, t.arrival, t.time, CASE WHEN n.n = t.legs THEN t.queue END, n.n = 1 AND t.wait_seconds IS NOT NULL, 1, 0, CASE WHEN n.n = t.legs THEN t.agent END, t.time, 0,
  CASE WHEN n.n = 1 THEN coalesce(t.wait_seconds, 0) ELSE 0 END, 0, 0, CASE WHEN n.n = t.legs THEN coalesce(t.hold_seconds, 0) ELSE 0 END, 0, 0,
  CASE WHEN n.n < t.legs THEN 'transferred' END, 0
FROM touchpoints AS t JOIN numbers AS n ON n.n <= t.legs;
INSERT INTO decisions (touchpoint_id, number, arrival, time, approval, approval_seconds, refused)
SELECT id, 1, arrival, time, seconds <> 0, seconds, 0 FROM (
  SELECT id, arrival, time, coalesce(json_extract(replace(event, '\u0000', '\ufffd'), '$.assisted.approval_seconds'), 0.0) AS seconds,
    coalesce(json_extract(replace(event, '\u0000', '\ufffd'), '$.assisted.decided'), 0) AS decided
  FROM touchpoints WHERE transfers IS NOT NULL
) AS old WHERE decided OR seconds <> 0;
UPDATE transitions SET friction_repeats = coalesce(json_extract(replace(event, '\u0000', '\ufffd'), '$.transition.friction.repeats'), 0),
  friction_failures_before_success = coalesce(json_extract(replace(event, '\u0000', '\ufffd'), '$.transition.friction.failures_before_success'), 0),
  friction_loops = coalesce(json_extract(replace(event, '\u0000', '\ufffd'), '$.transition.friction.loops'), 0),
  friction_channel_switches = coalesce(json_extract(replace(event, '\u0000', '\ufffd'), '$.transition.friction.channel_switches'), 0),
  friction_overdue = coalesce(json_extract(replace(event, '\u0000', '\ufffd'), '$.transition.friction.overdue'), 0)
WHERE event LIKE '%"friction":%' AND json_type(replace(event, '\u0000', '\ufffd'), '$.transition.friction') = 'object';
UPDATE journeys SET friction_repeats = t.friction_repeats, friction_failures_before_success = t.friction_failures_before_success, friction_loops = t.friction_loops, friction_channel_switches = t.friction_channel_switches, friction_overdue = t.friction_overdue
FROM transitions AS t WHERE t.id = journeys.end_id AND t.friction_repeats IS NOT NULL;

PRAGMA user_version = 4;
