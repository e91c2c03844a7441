-- +goose Up
ALTER TABLE feedback ADD COLUMN causes TEXT; -- the causes of the answer or mention: a JSON array; NULL: none
ALTER TABLE feedback ADD COLUMN survey_version TEXT; -- changes with the survey's texts; NULL: a survey without texts
ALTER TABLE feedback ADD COLUMN survey_end TEXT; -- of survey.closed: answered, dismissed, bounced, expired
ALTER TABLE feedback ADD COLUMN shown INTEGER; -- of survey.closed: the customer had seen the question
ALTER TABLE feedback ADD COLUMN amends_id TEXT; -- of feedback.amended: the answer or mention that it changes
ALTER TABLE feedback ADD COLUMN previous_score INTEGER; -- of feedback.amended: the score before; NULL: none, or not known
ALTER TABLE feedback ADD COLUMN testimonial_version TEXT; -- of the consent text to which the customer agreed; this and what follows are NULL without a consent
ALTER TABLE feedback ADD COLUMN testimonial_language TEXT; -- of that text
ALTER TABLE feedback ADD COLUMN testimonial_text TEXT; -- that text
ALTER TABLE feedback ADD COLUMN testimonial_given TEXT; -- when the customer consented
ALTER TABLE feedback ADD COLUMN testimonial_withdrawn TEXT; -- when the customer withdrew the consent; NULL: not withdrawn
ALTER TABLE feedback ADD COLUMN nature TEXT; -- of a mention: complaint, compliment, question, suggestion
ALTER TABLE feedback ADD COLUMN stars REAL; -- of a review: 0.5 to 5
ALTER TABLE feedback ADD COLUMN reach INTEGER; -- of a mention: how many people may have seen it; NULL: not known
ALTER TABLE feedback ADD COLUMN address TEXT; -- of a mention: where it is, redacted
ALTER TABLE feedback ADD COLUMN reply_to TEXT; -- of a mention: where an answer goes, redacted

ALTER TABLE transitions ADD COLUMN followup TEXT; -- the ID of the follow-up that the run is; this and what follows are NULL in other runs
ALTER TABLE transitions ADD COLUMN owner TEXT; -- the team that answers, or that makes the change
ALTER TABLE transitions ADD COLUMN severity TEXT; -- how serious the matter is
ALTER TABLE transitions ADD COLUMN opened_by TEXT; -- the rule that opened it; NULL: a person
ALTER TABLE transitions ADD COLUMN caused_by_id TEXT; -- the event that it answers
ALTER TABLE transitions ADD COLUMN feedback_id TEXT; -- the answer or mention that it answers
ALTER TABLE transitions ADD COLUMN about_namespace TEXT; -- with about_journey and about_run: the run that caused it
ALTER TABLE transitions ADD COLUMN about_journey TEXT;
ALTER TABLE transitions ADD COLUMN about_run TEXT;
ALTER TABLE transitions ADD COLUMN due TEXT; -- when the next step is due
ALTER TABLE transitions ADD COLUMN remedy TEXT; -- what the customer got
ALTER TABLE transitions ADD COLUMN note TEXT; -- free text, redacted
ALTER TABLE transitions ADD COLUMN skipped_steps TEXT; -- of the end of a follow-up: the steps that it left out, a JSON array; NULL: none, or not known
ALTER TABLE transitions ADD COLUMN silence_seconds REAL; -- of the end of a follow-up: the longest time in which the customer heard nothing; NULL: not known
ALTER TABLE transitions ADD COLUMN action TEXT; -- the name of the action that the run is; this and what follows are NULL in other runs
ALTER TABLE transitions ADD COLUMN feedback_ids TEXT; -- the answers and mentions that it is an answer to: a JSON array; NULL: none are named
ALTER TABLE transitions ADD COLUMN action_cause TEXT; -- the cause of the feedback that it is an answer to
ALTER TABLE transitions ADD COLUMN action_from TEXT; -- that feedback is from this time on
ALTER TABLE transitions ADD COLUMN action_until TEXT; -- that feedback is from before this time

CREATE INDEX feedback_request     ON feedback (request_id) WHERE request_id IS NOT NULL;
CREATE INDEX feedback_amends      ON feedback (amends_id) WHERE amends_id IS NOT NULL;
CREATE INDEX transitions_feedback ON transitions (feedback_id) WHERE feedback_id IS NOT NULL;
CREATE INDEX transitions_caused   ON transitions (caused_by_id) WHERE caused_by_id IS NOT NULL;
CREATE INDEX transitions_about    ON transitions (about_run, about_journey, about_namespace) WHERE about_run IS NOT NULL;

CREATE INDEX feedback_consented ON feedback (id) WHERE testimonial_given IS NOT NULL;
CREATE INDEX feedback_reconsented ON feedback (amends_id) WHERE testimonial_given IS NOT NULL AND amends_id IS NOT NULL;

-- The words that customers let the company show. The newest change of the words holds, and the newest change of the consent. A change that
-- has nothing but a consent, or takes it back, leaves the words. The one of two changes at one time that takes the consent back is newer.
-- No ORDER BY of a subquery names a column of the query around it: SQLite 3.40, which is the sqlite3 of many systems, does not find it.
CREATE VIEW testimonials AS
SELECT f.id, f.time, f.namespace, f.journey, f.run, f.customer, f.segment, f.survey, w.scale, w.score,
  coalesce(w.source, f.source) AS source, coalesce(w.nature, f.nature) AS nature, coalesce(w.stars, f.stars) AS stars, coalesce(w.address, f.address) AS address,
  w.language, w.comment, c.testimonial_version AS consent_version, c.testimonial_language AS consent_language, c.testimonial_text AS consent_text,
  c.testimonial_given AS consent_given
FROM feedback AS f
JOIN feedback AS w ON w.id = (
  SELECT s.id FROM feedback AS s
  WHERE s.id = f.id OR s.amends_id = f.id AND NOT (coalesce(s.testimonial_given, s.testimonial_withdrawn) IS NOT NULL
    AND coalesce(s.scale, s.comment, s.causes, s.nature, s.address, s.reply_to) IS NULL AND s.stars IS NULL AND s.reach IS NULL)
  ORDER BY CASE WHEN s.amends_id IS NULL THEN 1 ELSE 0 END, s.time DESC, s.id DESC LIMIT 1)
JOIN feedback AS c ON c.id = (
  SELECT s.id FROM feedback AS s WHERE s.id = f.id OR s.amends_id = f.id
  ORDER BY CASE WHEN s.amends_id IS NULL THEN 1 ELSE 0 END, s.time DESC, CASE WHEN s.testimonial_withdrawn IS NULL THEN 1 ELSE 0 END, s.id DESC LIMIT 1)
WHERE f.id IN (SELECT id FROM feedback WHERE testimonial_given IS NOT NULL
    UNION ALL SELECT amends_id FROM feedback WHERE testimonial_given IS NOT NULL AND amends_id IS NOT NULL)
  AND f.kind IN ('feedback.received', 'feedback.mentioned') AND w.comment IS NOT NULL
  AND c.testimonial_given IS NOT NULL AND c.testimonial_withdrawn IS NULL AND c.testimonial_version IS NOT NULL AND c.testimonial_text IS NOT NULL
  AND NOT EXISTS (SELECT 1 FROM feedback AS b WHERE b.amends_id = f.id AND b.testimonial_withdrawn >= c.testimonial_given);

-- The column has what the events of the archive already say. NUL becomes U+FFFD, as it is in the columns.
UPDATE feedback SET causes = (SELECT json_group_array(value) FROM json_each(replace(event, '\u0000', '\ufffd'), '$.feedback.causes'))
WHERE json_array_length(event, '$.feedback.causes') > 0;
PRAGMA user_version = 5;
