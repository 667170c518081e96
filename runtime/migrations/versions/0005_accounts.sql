-- Who may sign in, and who is (docs/adr/0031-sign-in.md). The application writes all of it by functions alone (accounts.sql).
-- Names and addresses are personal: they are here and nowhere else.
CREATE TABLE app.accounts (
    id            uuid        PRIMARY KEY,
    login         text        NOT NULL CHECK (login ~ '^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$'),
    name          text        NOT NULL DEFAULT '' CHECK (length(name) <= 200),
    email         text        CHECK (length(email) BETWEEN 3 AND 254),
    role          text        NOT NULL CHECK (role IN ('rep', 'manager', 'auditor', 'admin')),
    rep_id        uuid,
    team_id       uuid,
    password_hash text,
    language      text        CHECK (language IN ('en', 'zh')),
    timezone      text        CHECK (length(timezone) BETWEEN 1 AND 64),
    created_at    timestamptz NOT NULL DEFAULT now(),
    created_by    text        NOT NULL,
    disabled_at   timestamptz,
    CHECK (role <> 'rep' OR rep_id IS NOT NULL),
    CHECK (role <> 'manager' OR team_id IS NOT NULL)
);
CREATE UNIQUE INDEX accounts_by_login ON app.accounts (lower(login));
CREATE UNIQUE INDEX accounts_by_email ON app.accounts (lower(email));

-- What a provider calls the person: never reused there, as an address may be.
CREATE TABLE app.account_identities (
    issuer     text        NOT NULL,
    subject    text        NOT NULL,
    account_id uuid        NOT NULL REFERENCES app.accounts,
    linked_at  timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (issuer, subject)
);
CREATE INDEX account_identities_by_account ON app.account_identities (account_id);

-- Not `once`: of a demonstration, for as long as it runs.
CREATE TABLE app.sign_in_links (
    token_hash bytea       PRIMARY KEY CHECK (length(token_hash) = 32),
    account_id uuid        NOT NULL REFERENCES app.accounts,
    once       boolean     NOT NULL DEFAULT true,
    created_at timestamptz NOT NULL DEFAULT now(),
    expires_at timestamptz NOT NULL,
    used_at    timestamptz
);
CREATE INDEX sign_in_links_by_account ON app.sign_in_links (account_id);

CREATE TABLE app.sessions (
    id_hash    bytea       PRIMARY KEY CHECK (length(id_hash) = 32),
    account_id uuid        NOT NULL REFERENCES app.accounts,
    provider   text,       -- that vouched for the person, and what it needs to be told that they leave
    id_token   text,
    opened_at  timestamptz NOT NULL DEFAULT now(),
    seen_at    timestamptz NOT NULL DEFAULT now(),
    expires_at timestamptz NOT NULL
);
CREATE INDEX sessions_by_account ON app.sessions (account_id);
CREATE INDEX sessions_by_end ON app.sessions (expires_at);

-- Who changed what about an account, for good. Nothing personal is in it.
CREATE TABLE app.account_changes (
    position   bigint      GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    at         timestamptz NOT NULL DEFAULT clock_timestamp(),
    by         text        NOT NULL,
    account_id uuid        NOT NULL,
    login      text        NOT NULL,
    what       text        NOT NULL,
    detail     text        NOT NULL DEFAULT ''
);
CREATE TRIGGER append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON app.account_changes
    FOR EACH STATEMENT EXECUTE FUNCTION ledger.refuse_change();

ALTER TABLE app.accounts OWNER TO salesloop_owner;
ALTER TABLE app.account_identities OWNER TO salesloop_owner;
ALTER TABLE app.sign_in_links OWNER TO salesloop_owner;
ALTER TABLE app.sessions OWNER TO salesloop_owner;
ALTER TABLE app.account_changes OWNER TO salesloop_owner;
REVOKE ALL ON app.accounts, app.account_identities, app.sign_in_links, app.sessions, app.account_changes FROM PUBLIC, salesloop_app;
GRANT SELECT ON app.accounts, app.account_identities, app.sign_in_links, app.sessions, app.account_changes TO salesloop_app;
