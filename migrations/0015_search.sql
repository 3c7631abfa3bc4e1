-- Words of stored documents as keyed hashes: never the words. Written with the document; for those stored before, by a
-- step behind the service.
CREATE TABLE search_record (
    record_no BIGINT NOT NULL PRIMARY KEY, -- newer documents have higher numbers
    record_id TEXT   NOT NULL UNIQUE REFERENCES record (id)
);

CREATE TABLE search_word (
    word_key  BIGINT NOT NULL, -- of the word without marks
    record_no BIGINT NOT NULL,
    exact_key BIGINT NOT NULL, -- of the word as it stands there; 0 where it stands there in several ways
    PRIMARY KEY (word_key, record_no)
);
CREATE INDEX search_word_record ON search_word (record_no);
