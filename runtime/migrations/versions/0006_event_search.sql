-- What a search of the ledger passes over (projections/event_search.py): for each stretch of blocks, Bloom filters of the topics, doors
-- and people in it. It stays small, and an event that is written costs it next to nothing.
CREATE INDEX events_search ON ledger.events USING brin
    (topic text_bloom_ops, (meta->>'channel') text_bloom_ops, (meta->'actor'->>'id') text_bloom_ops)
    WITH (pages_per_range = 64, autosummarize = on);
