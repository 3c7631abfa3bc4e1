-- Which pages of its originals a paper is made of: appended to, never rewritten; the last one is in force.
CREATE TABLE page_plan (
    paper_id      TEXT   NOT NULL REFERENCES paper (id),
    ordinal       BIGINT NOT NULL, -- from 1 for each paper
    plan          TEXT   NOT NULL, -- JSON: the pages in order
    own           TEXT   NOT NULL, -- JSON array: pages of the originals that are this paper's
    act           TEXT   NOT NULL, -- JSON: what was done
    reason_sealed TEXT,
    officer_id    TEXT,
    made_at       BIGINT NOT NULL,
    PRIMARY KEY (paper_id, ordinal)
);
