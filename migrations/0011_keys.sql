-- Master keys lie in the key file, never here: here is which there are, and which seals (the last not dropped).
CREATE TABLE master_key (
    id         BIGINT NOT NULL PRIMARY KEY,
    key_check  TEXT   NOT NULL, -- tells whether the key of that number in a key file is this one
    made_at    BIGINT NOT NULL,
    dropped_at BIGINT
);
INSERT INTO master_key (id, key_check, made_at) SELECT 1, key_check, 0 FROM installation;

-- Keys of what can never be sealed anew (the trace is hashed as it was written), sealed by a master key themselves.
CREATE TABLE lasting_key (
    id     BIGINT NOT NULL PRIMARY KEY,
    sealed TEXT   NOT NULL
);
