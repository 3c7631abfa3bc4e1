-- Officers sign in; dossiers belong to units; systems of other agencies have scopes.
CREATE TABLE unit (
    id         TEXT   NOT NULL PRIMARY KEY,
    name       TEXT   NOT NULL,
    created_at BIGINT NOT NULL
);

CREATE TABLE account (
    officer_id      TEXT   NOT NULL PRIMARY KEY REFERENCES officer (id),
    name_key        TEXT   NOT NULL UNIQUE,
    sealed          TEXT   NOT NULL, -- name, Argon2id of the password, secret of the second factor
    roles           TEXT   NOT NULL, -- JSON array of names
    unit_id         TEXT   NOT NULL REFERENCES unit (id),
    is_active       BIGINT NOT NULL,
    is_demo         BIGINT NOT NULL, -- its password is known to everybody
    n_failed        BIGINT NOT NULL,
    locked_until    BIGINT,
    created_at      BIGINT NOT NULL
);

CREATE TABLE session (
    id           TEXT   NOT NULL PRIMARY KEY,
    token_key    TEXT   NOT NULL UNIQUE,
    officer_id   TEXT   NOT NULL REFERENCES officer (id),
    signed_in_at BIGINT NOT NULL,
    last_seen_at BIGINT NOT NULL,
    ended_at     BIGINT
);
CREATE INDEX session_officer ON session (officer_id, signed_in_at);

-- One-time links with which an officer sets a password.
CREATE TABLE invitation (
    token_key  TEXT   NOT NULL PRIMARY KEY,
    officer_id TEXT   NOT NULL REFERENCES officer (id),
    ends_at    BIGINT NOT NULL,
    used_at    BIGINT
);

CREATE TABLE client (
    id         TEXT   NOT NULL PRIMARY KEY,
    name       TEXT   NOT NULL,
    scopes     TEXT   NOT NULL, -- JSON array of names
    secret_key TEXT   NOT NULL,
    is_active  BIGINT NOT NULL,
    created_at BIGINT NOT NULL
);

ALTER TABLE dossier ADD COLUMN unit_id TEXT REFERENCES unit (id);
CREATE INDEX dossier_unit ON dossier (unit_id, opened_at);

ALTER TABLE record ADD COLUMN unit_id TEXT REFERENCES unit (id);
ALTER TABLE record ADD COLUMN is_health BIGINT NOT NULL DEFAULT 0;
