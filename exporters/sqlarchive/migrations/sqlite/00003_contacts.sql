-- +goose Up
ALTER TABLE touchpoints ADD COLUMN purpose TEXT; -- why the company contacts the customer, by its name in the contact policy; NULL: not said
ALTER TABLE touchpoints ADD COLUMN grant_id TEXT; -- the grant that the contact has; NULL: none
ALTER TABLE others ADD COLUMN grant_id TEXT; -- of contact.*, the grant that it is about; NULL: none

-- What the events that are here already say. NUL becomes U+FFFD, as it is in the columns.
UPDATE touchpoints SET
  purpose  = nullif(json_extract(replace(event, '\u0000', '\ufffd'), '$.contact.purpose'), ''),
  grant_id = nullif(json_extract(replace(event, '\u0000', '\ufffd'), '$.contact.grant'), '')
WHERE event LIKE '%"contact":{%';
UPDATE others SET grant_id = nullif(json_extract(replace(event, '\u0000', '\ufffd'), '$.contact.grant'), '')
WHERE event LIKE '%"contact":{%';

CREATE INDEX touchpoints_purpose ON touchpoints (purpose, time) WHERE purpose IS NOT NULL;

PRAGMA user_version = 3;
