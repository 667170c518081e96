-- The secret address of a person's calendar (docs/adr/0035-calendar.md), one of each account; written by functions alone (accounts.sql).
-- `tag` is of what was fetched last, and `changed_at` when it was fetched so for the first time.
CREATE TABLE app.calendar_addresses (
    account_id uuid        PRIMARY KEY REFERENCES app.accounts,
    token_hash bytea       NOT NULL UNIQUE CHECK (length(token_hash) = 32),
    created_at timestamptz NOT NULL DEFAULT now(),
    created_by text        NOT NULL,
    read_at    timestamptz,
    tag        text        NOT NULL DEFAULT '' CHECK (length(tag) <= 80),
    changed_at timestamptz NOT NULL DEFAULT now()
);
ALTER TABLE app.calendar_addresses OWNER TO salesloop_owner;
REVOKE ALL ON app.calendar_addresses FROM PUBLIC, salesloop_app;
GRANT SELECT ON app.calendar_addresses TO salesloop_app;
