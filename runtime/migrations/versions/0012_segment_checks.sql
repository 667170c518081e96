-- When each customer is to be held against the rules of segments next (docs/adr/0039-segments.md); null: nothing is due. `news_at` is the
-- position of the last that was heard of it, by which whoever looked knows that something came meanwhile.
CREATE TABLE app.segment_checks (
    customer_id uuid     PRIMARY KEY,
    shard       smallint NOT NULL CHECK (shard BETWEEN 0 AND 15),
    due_at      timestamptz,
    news_at     bigint   NOT NULL DEFAULT 0
);
CREATE INDEX segment_checks_due ON app.segment_checks (shard, due_at) WHERE due_at IS NOT NULL;

-- Every customer there is has a row; those to come get theirs from the follower.
INSERT INTO app.segment_checks (customer_id, shard, news_at)
SELECT stream_id, get_byte(uuid_send(stream_id), 15) & 15, min(position) FROM ledger.events WHERE topic = 'customer.registered' GROUP BY 1;
INSERT INTO app.follower_positions (name, position)
SELECT 'segments', COALESCE(max(position), 0) FROM ledger.events ON CONFLICT DO NOTHING;

-- Asked for by their topic alone, and recorded seldom.
CREATE INDEX events_segments ON ledger.events (topic, position) WHERE topic = 'segment.published';

-- How many customers a round of the sweep found that were due and that nobody had looked at.
ALTER TABLE app.sweeps ADD COLUMN unchecked bigint NOT NULL DEFAULT 0;

ALTER TABLE app.segment_checks OWNER TO salesloop_owner;
REVOKE ALL ON app.segment_checks FROM PUBLIC, salesloop_app;
GRANT SELECT, INSERT, UPDATE, DELETE ON app.segment_checks TO salesloop_app;
