-- +goose Up
ALTER TABLE touchpoints ADD COLUMN purpose text COLLATE "C"; -- why the company contacts the customer, by its name in the contact policy; NULL: not said
ALTER TABLE touchpoints ADD COLUMN grant_id uuid; -- the grant that the contact has; NULL: none
ALTER TABLE others ADD COLUMN grant_id uuid; -- of contact.*, the grant that it is about; NULL: none

-- What the events that are here already say. NUL becomes U+FFFD, as it is in the columns.
UPDATE touchpoints SET
  purpose  = nullif(replace(event::text, '\u0000', '\ufffd')::json -> 'contact' ->> 'purpose', ''),
  grant_id = nullif(replace(event::text, '\u0000', '\ufffd')::json -> 'contact' ->> 'grant', '')::uuid
WHERE event::text LIKE '%"contact":{%';
UPDATE others SET grant_id = nullif(replace(event::text, '\u0000', '\ufffd')::json -> 'contact' ->> 'grant', '')::uuid
WHERE event::text LIKE '%"contact":{%';

CREATE INDEX touchpoints_purpose ON touchpoints (purpose, time) WHERE purpose IS NOT NULL;
