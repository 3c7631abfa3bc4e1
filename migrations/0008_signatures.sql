-- What the signatures of a file were worth when it came in, sealed: it names persons.
CREATE TABLE paper_verification (
    paper_id   TEXT   NOT NULL PRIMARY KEY REFERENCES paper (id),
    judged_at  BIGINT NOT NULL,
    sealed     TEXT   NOT NULL
);
