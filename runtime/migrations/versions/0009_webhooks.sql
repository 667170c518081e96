-- Endpoints that events are sent to (docs/adr/0033-webhooks.md). An address may carry secrets: it is shown to its owner and to administrators.

-- An endpoint is a key's, an account's, or, where it has neither, the operator's; what is sent is what its owner may see. Everything up to
-- `position` is delivered, and of what comes after it `ahead`; up to `reached` it was looked what there is to send. `away`: nothing got
-- through when it was tried last. `generation` counts up whenever a person says from where, or that, it goes on.
CREATE TABLE app.webhook_endpoints (
    id         uuid        PRIMARY KEY,
    name       text        NOT NULL CHECK (length(name) BETWEEN 1 AND 100),
    url        text        NOT NULL CHECK (length(url) BETWEEN 8 AND 2000),
    topics     text[]      NOT NULL DEFAULT '{}' CHECK (cardinality(topics) <= 50),
    envelope   text        NOT NULL CHECK (envelope IN ('json', 'cloudevents')),
    personal   boolean     NOT NULL DEFAULT false,
    key_id     text        REFERENCES app.api_keys,
    account_id uuid        REFERENCES app.accounts,
    state      text        NOT NULL DEFAULT 'active' CHECK (state IN ('active', 'paused', 'switched-off')),
    reason     text,       -- why it was switched off: a code
    position   bigint      NOT NULL CHECK (position >= 0),
    reached    bigint      NOT NULL CHECK (reached >= 0),
    ahead      bigint[]    NOT NULL DEFAULT '{}',
    away       boolean     NOT NULL DEFAULT false,
    generation integer     NOT NULL DEFAULT 1,
    created_at timestamptz NOT NULL DEFAULT now(),
    created_by text        NOT NULL,
    changed_at timestamptz NOT NULL DEFAULT now(),
    changed_by text        NOT NULL,
    CHECK (num_nonnulls(key_id, account_id) <= 1)
);
CREATE INDEX webhook_endpoints_by_key ON app.webhook_endpoints (key_id) WHERE key_id IS NOT NULL;
CREATE INDEX webhook_endpoints_by_account ON app.webhook_endpoints (account_id) WHERE account_id IS NOT NULL;

-- The application reads and writes them by functions alone (functions.sql). Without an end: the current one; another counts until it.
CREATE TABLE app.webhook_secrets (
    endpoint_id uuid        NOT NULL REFERENCES app.webhook_endpoints ON DELETE CASCADE,
    secret      text        NOT NULL CHECK (secret ~ '^whsec_[A-Za-z0-9+/]{32,}={0,2}$'),
    created_at  timestamptz NOT NULL DEFAULT now(),
    expires_at  timestamptz,
    PRIMARY KEY (endpoint_id, secret)
);
CREATE UNIQUE INDEX webhook_secrets_current ON app.webhook_secrets (endpoint_id) WHERE expires_at IS NULL;

-- Streams whose next event was not taken: what follows of the same stream waits behind it.
CREATE TABLE app.webhook_held (
    endpoint_id uuid        NOT NULL REFERENCES app.webhook_endpoints ON DELETE CASCADE,
    stream_id   uuid        NOT NULL,
    position    bigint      NOT NULL,
    tries       integer     NOT NULL,
    since       timestamptz NOT NULL,
    next_try_at timestamptz NOT NULL,
    PRIMARY KEY (endpoint_id, stream_id)
);

-- Every try. A code stands for what went wrong; nothing of an answer is kept but its status. The oldest go.
CREATE TABLE app.webhook_deliveries (
    id          bigint      GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    endpoint_id uuid        NOT NULL REFERENCES app.webhook_endpoints ON DELETE CASCADE,
    message_id  text        NOT NULL,
    position    bigint      NOT NULL,
    stream_id   uuid,
    topic       text        NOT NULL,
    attempt     integer     NOT NULL,
    at          timestamptz NOT NULL,
    took_ms     integer     NOT NULL,
    status      integer,
    error       text
);
CREATE INDEX webhook_deliveries_newest ON app.webhook_deliveries (endpoint_id, id);
CREATE INDEX webhook_deliveries_by_time ON app.webhook_deliveries (at);

ALTER TABLE app.webhook_endpoints OWNER TO salesloop_owner;
ALTER TABLE app.webhook_secrets OWNER TO salesloop_owner;
ALTER TABLE app.webhook_held OWNER TO salesloop_owner;
ALTER TABLE app.webhook_deliveries OWNER TO salesloop_owner;
REVOKE ALL ON app.webhook_endpoints, app.webhook_secrets, app.webhook_held, app.webhook_deliveries FROM PUBLIC, salesloop_app;
GRANT SELECT, INSERT, UPDATE, DELETE ON app.webhook_endpoints, app.webhook_held TO salesloop_app;
GRANT SELECT, INSERT, DELETE ON app.webhook_deliveries TO salesloop_app;
