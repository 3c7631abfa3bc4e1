-- What officers' corrections teach: a candidate until a person takes it into the list.
CREATE TABLE lesson (
    id         TEXT   NOT NULL PRIMARY KEY,
    lesson_key TEXT   NOT NULL UNIQUE, -- keyed hash of what it says
    sealed     TEXT   NOT NULL,
    state      TEXT   NOT NULL,
    n_papers   BIGINT NOT NULL, -- how often it was corrected so
    noted_at   BIGINT NOT NULL  -- the last time
);
CREATE INDEX lesson_by_state ON lesson (state, noted_at);

-- The versions of the list: each act is one.
CREATE TABLE lesson_version (
    version       BIGINT NOT NULL PRIMARY KEY,
    lesson_id     TEXT   NOT NULL REFERENCES lesson (id),
    act           TEXT   NOT NULL,
    reason_sealed TEXT,
    officer_id    TEXT   NOT NULL,
    at            BIGINT NOT NULL
);
