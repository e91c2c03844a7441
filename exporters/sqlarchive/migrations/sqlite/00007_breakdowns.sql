-- +goose Up
-- The details of breakdowns, which are runs of a journey of their own. No earlier version of the tables has any.
ALTER TABLE transitions ADD COLUMN breakdown TEXT; -- the kind of thing that the breakdown is about, such as stage; this and what follows are NULL in other runs
ALTER TABLE transitions ADD COLUMN breakdown_journey TEXT; -- the journey of that thing; NULL: it is in none
ALTER TABLE transitions ADD COLUMN breakdown_name TEXT; -- its name; NULL: the journey as a whole
ALTER TABLE transitions ADD COLUMN breakdown_better INTEGER; -- it is an improvement
ALTER TABLE transitions ADD COLUMN breakdown_began TEXT; -- the first moment of the day on which it began; NULL: not known
ALTER TABLE transitions ADD COLUMN breakdown_baseline_until TEXT; -- the first moment of the day after those whose share is usual; NULL: not known
ALTER TABLE transitions ADD COLUMN breakdown_placed TEXT; -- what the runs in it have in common: a JSON array of objects with column and value; NULL: it is everywhere, or not known
ALTER TABLE transitions ADD COLUMN share_before REAL; -- the share before it began, from 0 to 1; NULL: not known, or 0
ALTER TABLE transitions ADD COLUMN share_since REAL; -- the share since, or since it was mended; NULL: not known, or 0
ALTER TABLE transitions ADD COLUMN excess REAL; -- how many more of the events there were than usual; NULL: not known, or 0
ALTER TABLE transitions ADD COLUMN excess_customers INTEGER; -- how many customers those are; NULL: not known, or 0
ALTER TABLE transitions ADD COLUMN excess_value_amount INTEGER; -- what their runs were worth, in the currency's minor unit; NULL: not known
ALTER TABLE transitions ADD COLUMN excess_value_currency TEXT; -- of that amount, ISO 4217
ALTER TABLE transitions ADD COLUMN plan_namespace TEXT; -- with plan_action and plan_run: the run of the action that mends it; NULL: none
ALTER TABLE transitions ADD COLUMN plan_action TEXT;
ALTER TABLE transitions ADD COLUMN plan_run TEXT;
ALTER TABLE transitions ADD COLUMN earlier_run TEXT; -- the run of the breakdown of the same matter that ended before; NULL: none

CREATE INDEX transitions_breakdowns ON transitions (time) WHERE breakdown IS NOT NULL; -- the steps of breakdowns are few

PRAGMA user_version = 7;
