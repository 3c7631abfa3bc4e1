-- One text for SQLite and PostgreSQL: TEXT or BIGINT columns, times in microseconds UTC (…_at),
-- days as YYYY-MM-DD. "…_sealed" is ciphertext, "…_key" a keyed hash for look-ups.

CREATE TABLE installation (
    id        BIGINT NOT NULL PRIMARY KEY,
    key_check TEXT   NOT NULL -- tells whether the keys given are those the rows were sealed with
);

CREATE TABLE officer (
    id         TEXT   NOT NULL PRIMARY KEY,
    number_key TEXT   NOT NULL UNIQUE,
    sealed     TEXT   NOT NULL,
    created_at BIGINT NOT NULL
);

CREATE TABLE owner (
    id         TEXT   NOT NULL PRIMARY KEY,
    kind       TEXT   NOT NULL,
    created_at BIGINT NOT NULL
);

-- The only table with identifiers of owners.
CREATE TABLE owner_identifier (
    id         TEXT   NOT NULL PRIMARY KEY,
    owner_id   TEXT   NOT NULL REFERENCES owner (id),
    kind       TEXT   NOT NULL,
    is_number  BIGINT NOT NULL,
    lookup_key TEXT   NOT NULL,
    ciphertext TEXT   NOT NULL,
    added_at   BIGINT NOT NULL
);
-- A number belongs to one owner; a name with a birth date may belong to many.
CREATE UNIQUE INDEX owner_identifier_number ON owner_identifier (lookup_key) WHERE is_number = 1;
CREATE INDEX owner_identifier_lookup ON owner_identifier (lookup_key);
CREATE INDEX owner_identifier_owner ON owner_identifier (owner_id);

CREATE TABLE catalogue_version (
    hash TEXT NOT NULL PRIMARY KEY,
    body TEXT NOT NULL
);

CREATE TABLE catalogue_import (
    id              TEXT   NOT NULL PRIMARY KEY,
    hash            TEXT   NOT NULL REFERENCES catalogue_version (hash),
    decision_number TEXT,
    imported_at     BIGINT NOT NULL,
    imported_by     TEXT REFERENCES officer (id)
);
CREATE INDEX catalogue_import_at ON catalogue_import (imported_at);

CREATE TABLE dossier (
    id        TEXT   NOT NULL PRIMARY KEY,
    procedure_code TEXT,
    catalogue TEXT   NOT NULL REFERENCES catalogue_version (hash),
    opened_at BIGINT NOT NULL,
    opened_by TEXT   NOT NULL REFERENCES officer (id)
);

CREATE TABLE paper (
    id                    TEXT   NOT NULL PRIMARY KEY,
    dossier_id            TEXT   NOT NULL REFERENCES dossier (id),
    role                  TEXT,
    form                  TEXT   NOT NULL,
    expected_pages        BIGINT,
    declared_owner_sealed TEXT,
    received_at           BIGINT NOT NULL,
    state                 TEXT   NOT NULL,
    state_sealed          TEXT   NOT NULL,
    version               BIGINT NOT NULL
);
CREATE INDEX paper_dossier ON paper (dossier_id, id);
CREATE INDEX paper_state ON paper (state, id);
CREATE INDEX paper_received ON paper (received_at, id);

CREATE TABLE paper_object (
    paper_id   TEXT   NOT NULL REFERENCES paper (id),
    role       TEXT   NOT NULL,
    ordinal    BIGINT NOT NULL,
    hash       TEXT   NOT NULL,
    sha256     TEXT   NOT NULL,
    n_bytes    BIGINT NOT NULL,
    media_type TEXT   NOT NULL,
    PRIMARY KEY (paper_id, role, ordinal)
);
CREATE INDEX paper_object_hash ON paper_object (hash);

CREATE TABLE record (
    id             TEXT   NOT NULL PRIMARY KEY,
    paper_id       TEXT   NOT NULL UNIQUE REFERENCES paper (id),
    owner_id       TEXT   NOT NULL REFERENCES owner (id),
    type_code      TEXT   NOT NULL,
    issued_on      TEXT,
    valid_from     TEXT,
    valid_until    TEXT,
    stored_at      BIGINT NOT NULL,
    content_sealed TEXT   NOT NULL, -- code and confirmed fields
    coded          TEXT   NOT NULL, -- hashes of objects
    originals      TEXT   NOT NULL, -- JSON array of hashes
    words          TEXT,
    signature      TEXT   NOT NULL,
    revoked_at     BIGINT
);
CREATE INDEX record_owner ON record (owner_id, stored_at, id);

-- Never deleted from: a code that was assigned is not given again (Điều 7).
CREATE TABLE document_code (
    id                       TEXT   NOT NULL PRIMARY KEY,
    code_key                 TEXT   NOT NULL UNIQUE,
    owner_id                 TEXT   NOT NULL REFERENCES owner (id),
    owner_sealed             TEXT   NOT NULL,
    type_code                TEXT   NOT NULL,
    number_sealed            TEXT   NOT NULL,
    number_key               TEXT   NOT NULL,
    number_kind              TEXT   NOT NULL,
    paper_id                 TEXT   NOT NULL REFERENCES paper (id),
    record_id                TEXT REFERENCES record (id),
    assigned_at              BIGINT NOT NULL,
    -- The three readings of "loại giấy tờ" of a result; only the first is filled so far.
    procedure_result_ordinal BIGINT,
    dossier_result_ordinal   BIGINT,
    national_result_code     TEXT
);
CREATE INDEX document_code_paper ON document_code (paper_id, assigned_at);
CREATE INDEX document_code_number ON document_code (number_key);

CREATE TABLE day_ordinal (
    day          TEXT   NOT NULL PRIMARY KEY,
    last_ordinal BIGINT NOT NULL
);

CREATE TABLE audit_event (
    seq            BIGINT NOT NULL PRIMARY KEY,
    happened_at    BIGINT NOT NULL,
    officer_id     TEXT,
    officer_sealed TEXT,
    action         TEXT   NOT NULL,
    object_kind    TEXT   NOT NULL,
    object_id      TEXT   NOT NULL,
    purpose_sealed TEXT,
    detail         TEXT,
    prev_hash      TEXT   NOT NULL,
    hash           TEXT   NOT NULL
);
CREATE INDEX audit_event_object ON audit_event (object_kind, object_id, seq);

CREATE TABLE change_event (
    seq         BIGINT NOT NULL PRIMARY KEY,
    record_id   TEXT   NOT NULL,
    kind        TEXT   NOT NULL,
    happened_at BIGINT NOT NULL
);

-- One row: ends of the audit chain and of the change log. Its lock puts their writers in a row,
-- and being one row, the two can't wait for each other.
CREATE TABLE log_head (
    id         BIGINT NOT NULL PRIMARY KEY,
    audit_seq  BIGINT NOT NULL,
    audit_at   BIGINT NOT NULL,
    audit_hash TEXT   NOT NULL,
    audit_mac  TEXT   NOT NULL,
    change_seq BIGINT NOT NULL
);

CREATE TABLE job (
    id          TEXT   NOT NULL PRIMARY KEY,
    body        TEXT   NOT NULL,
    dedupe_key  TEXT   NOT NULL,
    state       TEXT   NOT NULL, -- waiting, leased, dead
    priority    BIGINT NOT NULL,
    run_at      BIGINT NOT NULL,
    lease_until BIGINT,
    token       BIGINT NOT NULL,
    attempts    BIGINT NOT NULL,
    cause       TEXT,
    enqueued_at BIGINT NOT NULL
);
CREATE UNIQUE INDEX job_waiting ON job (dedupe_key) WHERE state = 'waiting';
CREATE INDEX job_claim ON job (state, run_at);
CREATE INDEX job_leased ON job (dedupe_key, state);

CREATE TABLE idempotency (
    id           TEXT   NOT NULL PRIMARY KEY, -- keyed hash of route and key
    request_hash TEXT   NOT NULL,
    started_at   BIGINT NOT NULL,
    status       BIGINT,
    body_sealed  TEXT
);
CREATE INDEX idempotency_started ON idempotency (started_at);
