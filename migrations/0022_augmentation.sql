-- Papers whose signatures reached less than was wanted: a worker makes it up, and the row goes.
CREATE TABLE augmentation (
    paper_id   TEXT   NOT NULL PRIMARY KEY REFERENCES paper (id),
    reached    BIGINT NOT NULL, -- 0 B-B, 1 B-T, 2 B-LT, 3 B-LTA: the lowest of its signatures
    lacks_seal BIGINT NOT NULL, -- 1: the agency's signature is not there
    n_tries    BIGINT NOT NULL,
    due_at     BIGINT NOT NULL
);
CREATE INDEX augmentation_due ON augmentation (due_at);
