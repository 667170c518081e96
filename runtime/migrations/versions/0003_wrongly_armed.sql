-- How many runs a round of the sweep found armed otherwise than the ledger says.
ALTER TABLE app.sweeps ADD COLUMN IF NOT EXISTS wrongly_armed bigint NOT NULL DEFAULT 0;
