-- n of NĐ 45/2020/NĐ-CP, Điều 14 khoản 3 điểm d: the last ordinal given to a result of a dossier.
CREATE TABLE dossier_result (
    dossier_id   TEXT   NOT NULL PRIMARY KEY REFERENCES dossier (id),
    last_ordinal BIGINT NOT NULL
);
-- Results that were coded before keep no ordinal, and theirs are given to nobody else.
INSERT INTO dossier_result (dossier_id, last_ordinal)
SELECT p.dossier_id, COUNT(DISTINCT p.id) FROM paper p JOIN document_code c ON c.paper_id = p.id
 WHERE p.role LIKE '{"kind":"result"%' GROUP BY p.dossier_id;

-- Codes that officers gave by hand while the program was out of reach (QĐ 1917/QĐ-BLĐTBXH, Điều 17 khoản 2), keyed
-- afterwards: each waits until the paper that bears it is in the store.
CREATE TABLE manual_code (
    id            TEXT   NOT NULL PRIMARY KEY,
    code_key      TEXT   NOT NULL UNIQUE,
    sealed        TEXT   NOT NULL, -- code, and why it was withdrawn
    type_code     TEXT   NOT NULL,
    given_on      TEXT   NOT NULL,
    unit_id       TEXT,
    entered_by    TEXT   NOT NULL REFERENCES officer (id),
    entered_at    BIGINT NOT NULL,
    paper_id      TEXT REFERENCES paper (id), -- that bears it
    reconciled_at BIGINT,
    withdrawn_at  BIGINT
);
CREATE INDEX manual_code_waiting ON manual_code (unit_id, entered_at, id);
