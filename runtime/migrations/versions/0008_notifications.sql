-- What people are told of, how and when, and what became of each notice. No address and no text is kept of a notice: who reads it is an
-- account, what it says is made of the ledger when it is sent. Addresses are the accounts' and the settings', and personal.

-- Of several rules for a channel the one that names most counts: promise.missed, promise, *. Where there is none: mail, at once.
CREATE TABLE app.notification_rules (
    account_id uuid NOT NULL REFERENCES app.accounts,
    what       text NOT NULL CHECK (what ~ '^(\*|[a-z-]+(\.[a-z-]+)?)$'),
    channel    text NOT NULL CHECK (channel IN ('mail', 'chat')),
    cadence    text NOT NULL CHECK (cadence IN ('at-once', 'hourly', 'daily', 'off')),
    PRIMARY KEY (account_id, what, channel)
);

-- Times of the day are in the account's time zone. `chat_url` says where and carries secrets; it is shown to nobody in full.
CREATE TABLE app.notification_settings (
    account_id        uuid    PRIMARY KEY REFERENCES app.accounts,
    quiet_from        time,
    quiet_until       time,
    working_days      boolean NOT NULL DEFAULT false,
    daily_at          time    NOT NULL DEFAULT '08:00',
    chat_url          text    CHECK (length(chat_url) BETWEEN 8 AND 2000),
    unsubscribe_token uuid    NOT NULL UNIQUE DEFAULT gen_random_uuid(),
    CHECK ((quiet_from IS NULL) = (quiet_until IS NULL))
);

-- One for each event, receiver and channel: whoever decides it again finds it there. `position` is the event's; of what no event says,
-- such as a read model that stopped, where the ledger stood.
CREATE TABLE app.notices (
    position   bigint      NOT NULL,
    account_id uuid        NOT NULL REFERENCES app.accounts,
    channel    text        NOT NULL,
    kind       text        NOT NULL,
    stream_id  uuid,       -- of the event
    deal_id    uuid,       -- on whose history it is told
    detail     text        NOT NULL DEFAULT '', -- which read model, or the like; nothing personal
    state      text        NOT NULL DEFAULT 'waiting' CHECK (state IN ('waiting', 'sending', 'sent', 'dropped', 'failed')),
    due_at     timestamptz NOT NULL,
    message_id uuid,       -- of the mail that it is in: fixed before it is first sent, so that a repeat is the same mail
    tries      smallint    NOT NULL DEFAULT 0,
    reason     text,       -- why it was dropped, or failed: a code
    decided_at timestamptz NOT NULL DEFAULT clock_timestamp(),
    settled_at timestamptz,
    PRIMARY KEY (position, account_id, channel, kind, detail)
);
CREATE INDEX notices_open ON app.notices (account_id, channel, due_at) WHERE state IN ('waiting', 'sending');
CREATE INDEX notices_failed ON app.notices (position, account_id, channel, kind, detail) WHERE state = 'failed';
CREATE INDEX notices_by_deal ON app.notices (deal_id, position) WHERE deal_id IS NOT NULL;

-- To which address nothing is sent any more, as the ledger says that it failed: another one of the account is tried again.
CREATE TABLE app.failed_addresses (
    account_id uuid NOT NULL REFERENCES app.accounts,
    channel    text NOT NULL CHECK (channel IN ('mail', 'chat')),
    address    text NOT NULL,
    PRIMARY KEY (account_id, channel)
);

-- Whether it was decided who is told that the import is over.
ALTER TABLE app.import_jobs ADD COLUMN told_at timestamptz;
UPDATE app.import_jobs SET told_at = now() WHERE state IN ('done', 'failed');

-- Nobody is told of what happened before there were notices.
INSERT INTO app.follower_positions (name, position)
SELECT 'notices', COALESCE(max(position), 0) FROM ledger.events ON CONFLICT DO NOTHING;

ALTER TABLE app.notification_rules OWNER TO salesloop_owner;
ALTER TABLE app.notification_settings OWNER TO salesloop_owner;
ALTER TABLE app.notices OWNER TO salesloop_owner;
ALTER TABLE app.failed_addresses OWNER TO salesloop_owner;
REVOKE ALL ON app.notification_rules, app.notification_settings, app.notices, app.failed_addresses FROM PUBLIC, salesloop_app;
GRANT SELECT, INSERT, UPDATE, DELETE ON app.notification_rules, app.notification_settings, app.failed_addresses TO salesloop_app;
GRANT SELECT, INSERT, UPDATE (state, due_at, message_id, tries, reason, settled_at) ON app.notices TO salesloop_app;
