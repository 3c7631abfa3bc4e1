-- The registers of the law on personal data (Luật 91/2025/QH15): requests of data subjects, and breaches. What was done
-- about them is appended and never rewritten.
CREATE TABLE subject_request (
    id          TEXT   NOT NULL PRIMARY KEY,
    unit_id     TEXT REFERENCES unit (id),
    kind        TEXT   NOT NULL,
    came_by     TEXT   NOT NULL,
    came_at     BIGINT NOT NULL,
    taken_in_at BIGINT NOT NULL,
    taken_in_by TEXT   NOT NULL REFERENCES officer (id),
    owner_id    TEXT REFERENCES owner (id),
    sealed      TEXT   NOT NULL, -- who asks, what is asked
    due_at      BIGINT NOT NULL,
    state       TEXT   NOT NULL,
    answered_at BIGINT,
    do_by       TEXT,
    version     BIGINT NOT NULL
);
CREATE INDEX subject_request_state ON subject_request (state, due_at, id);
CREATE INDEX subject_request_owner ON subject_request (owner_id, id);

CREATE TABLE subject_request_act (
    request_id TEXT   NOT NULL REFERENCES subject_request (id),
    no         BIGINT NOT NULL,
    at         BIGINT NOT NULL,
    officer_id TEXT   NOT NULL REFERENCES officer (id),
    act_sealed TEXT   NOT NULL,
    PRIMARY KEY (request_id, no)
);

CREATE TABLE breach (
    id          TEXT   NOT NULL PRIMARY KEY,
    detected_at BIGINT NOT NULL,
    opened_at   BIGINT NOT NULL,
    opened_by   TEXT   NOT NULL REFERENCES officer (id),
    state       TEXT   NOT NULL,
    notified_at BIGINT,
    sealed      TEXT   NOT NULL, -- what is known now
    version     BIGINT NOT NULL
);
CREATE INDEX breach_state ON breach (state, detected_at, id);

CREATE TABLE breach_act (
    breach_id  TEXT   NOT NULL REFERENCES breach (id),
    no         BIGINT NOT NULL,
    at         BIGINT NOT NULL,
    officer_id TEXT   NOT NULL REFERENCES officer (id),
    act_sealed TEXT   NOT NULL,
    PRIMARY KEY (breach_id, no)
);
