-- What happens to a document after it was stored: used again, cancelled, given another code. An earlier code stays in
-- document_code and leads to the same document for ever.

CREATE TABLE reuse (
    id           TEXT   NOT NULL PRIMARY KEY,
    record_id    TEXT   NOT NULL REFERENCES record (id),
    dossier_id   TEXT   NOT NULL REFERENCES dossier (id),
    component    TEXT   NOT NULL,
    paper_id     TEXT REFERENCES paper (id), -- that was given up for it
    judged       TEXT   NOT NULL,            -- JSON: what was said of it when it was taken
    sealed       TEXT   NOT NULL,            -- purpose and reason
    taken_by     TEXT   NOT NULL REFERENCES officer (id),
    taken_at     BIGINT NOT NULL,
    undone_at    BIGINT
);
CREATE INDEX reuse_dossier ON reuse (dossier_id, taken_at);
CREATE INDEX reuse_record ON reuse (record_id, taken_at);

CREATE TABLE revocation (
    record_id  TEXT   NOT NULL PRIMARY KEY REFERENCES record (id),
    sealed     TEXT   NOT NULL, -- reason, and the decision that cancels
    revoked_by TEXT   NOT NULL REFERENCES officer (id),
    revoked_at BIGINT NOT NULL
);

CREATE INDEX document_code_record ON document_code (record_id, assigned_at);
