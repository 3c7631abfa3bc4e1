-- What a checked paper leaves behind so that it is known again when it is scanned another time.
CREATE TABLE paper_print (
    paper_id     TEXT   NOT NULL PRIMARY KEY REFERENCES paper (id),
    print_no     BIGINT NOT NULL UNIQUE, -- a keyed hash of the paper's id: short, for the traits
    n_pages      BIGINT NOT NULL, -- that count: no blank ones, no doubles
    looks_sealed TEXT   NOT NULL  -- small pictures of the ink of these pages
);

-- Keyed hashes of what few papers share (numbers, names): never the words. A trait that many papers
-- have tells nothing, and is not kept for further ones.
CREATE TABLE paper_trait (
    trait_key BIGINT NOT NULL,
    print_no  BIGINT NOT NULL REFERENCES paper_print (print_no),
    PRIMARY KEY (trait_key, print_no)
);
CREATE INDEX paper_trait_print ON paper_trait (print_no);

-- The paper that is the same as this one, and was received before it.
CREATE TABLE paper_before (
    paper_id   TEXT   NOT NULL PRIMARY KEY REFERENCES paper (id),
    earlier_id TEXT   NOT NULL REFERENCES paper (id),
    same_by    TEXT   NOT NULL,
    found_at   BIGINT NOT NULL
);
CREATE INDEX paper_before_earlier ON paper_before (earlier_id);
