-- A rule that is published makes everybody due: then that rule alone is asked, and of the others only when they may turn next is remembered.
-- `by_rule` is the position at which it was published; null: something else makes the customer due, too.
ALTER TABLE app.segment_checks ADD COLUMN by_rule bigint, ADD COLUMN turn_at timestamptz;
