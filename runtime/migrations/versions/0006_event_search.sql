-- What a search of the ledger passes over (projections/event_search.py): for each stretch of blocks, the positions and Bloom filters of the
-- topics, doors and people in it. It stays small, and an event that is written costs it next to nothing. No other index has "position + 0",
-- so that a stretch of the ledger is looked for in this one.
CREATE INDEX events_search ON ledger.events USING brin
    ((position + 0) int8_minmax_ops, topic text_bloom_ops, (meta->>'channel') text_bloom_ops, (meta->'actor'->>'id') text_bloom_ops)
    WITH (autosummarize = on);
