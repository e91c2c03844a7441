-- +goose Up
-- The details of breakdowns, which are runs of a journey of their own. No earlier version of the tables has any.
ALTER TABLE transitions ADD COLUMN breakdown text COLLATE "C"; -- the kind of thing that the breakdown is about, such as stage; this and what follows are NULL in other runs
ALTER TABLE transitions ADD COLUMN breakdown_journey text COLLATE "C"; -- the journey of that thing; NULL: it is in none
ALTER TABLE transitions ADD COLUMN breakdown_name text COLLATE "C"; -- its name; NULL: the journey as a whole
ALTER TABLE transitions ADD COLUMN breakdown_better boolean; -- it is an improvement
ALTER TABLE transitions ADD COLUMN breakdown_began timestamptz; -- the first moment of the day on which it began; NULL: not known
ALTER TABLE transitions ADD COLUMN breakdown_baseline_until timestamptz; -- the first moment of the day after those whose share is usual; NULL: not known
ALTER TABLE transitions ADD COLUMN breakdown_placed text COLLATE "C"; -- what the runs in it have in common: a JSON array of objects with column and value; NULL: it is everywhere, or not known
ALTER TABLE transitions ADD COLUMN share_before double precision; -- the share before it began, from 0 to 1; NULL: not known, or 0
ALTER TABLE transitions ADD COLUMN share_since double precision; -- the share since, or since it was mended; NULL: not known, or 0
ALTER TABLE transitions ADD COLUMN excess double precision; -- how many more of the events there were than usual; NULL: not known, or 0
ALTER TABLE transitions ADD COLUMN excess_customers bigint; -- how many customers those are; NULL: not known, or 0
ALTER TABLE transitions ADD COLUMN excess_value_amount bigint; -- what their runs were worth, in the currency's minor unit; NULL: not known
ALTER TABLE transitions ADD COLUMN excess_value_currency text COLLATE "C"; -- of that amount, ISO 4217
ALTER TABLE transitions ADD COLUMN plan_namespace text COLLATE "C"; -- with plan_action and plan_run: the run of the action that mends it; NULL: none
ALTER TABLE transitions ADD COLUMN plan_action text COLLATE "C";
ALTER TABLE transitions ADD COLUMN plan_run text COLLATE "C";
ALTER TABLE transitions ADD COLUMN earlier_run text COLLATE "C"; -- the run of the breakdown of the same matter that ended before; NULL: none

CREATE INDEX transitions_breakdowns ON transitions (time) WHERE breakdown IS NOT NULL; -- the steps of breakdowns are few
