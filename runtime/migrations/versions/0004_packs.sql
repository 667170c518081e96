-- The bytes of review packs under the digest that the review names (docs/adr/0021-frozen-packs.md). Those that were computed
-- later, for reviews of a release that kept none, may be other bytes than those named; the server compresses long ones.
CREATE TABLE ledger.packs (
    digest    text        PRIMARY KEY CHECK (digest ~ '^[0-9a-f]{64}$'),
    format    smallint    NOT NULL CHECK (format > 0),
    bytes     bytea       NOT NULL,
    computed  text        NOT NULL CHECK (computed IN ('when frozen', 'later')),
    stored_at timestamptz NOT NULL DEFAULT clock_timestamp(),
    CONSTRAINT frozen_bytes_have_the_digest CHECK (computed = 'later' OR digest = encode(sha256(bytes), 'hex'))
);
ALTER TABLE ledger.packs OWNER TO salesloop_owner;

CREATE TRIGGER append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON ledger.packs
    FOR EACH STATEMENT EXECUTE FUNCTION ledger.refuse_change();

REVOKE ALL ON ledger.packs FROM PUBLIC, salesloop_app;
GRANT SELECT, INSERT (digest, format, bytes, computed) ON ledger.packs TO salesloop_app;
