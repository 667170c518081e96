-- How many customers are promised a revisit, and how many of those the round of the sweep had to promise.
ALTER TABLE app.sweeps ADD COLUMN IF NOT EXISTS revisits bigint NOT NULL DEFAULT 0,
                       ADD COLUMN IF NOT EXISTS without_revisit bigint NOT NULL DEFAULT 0;
