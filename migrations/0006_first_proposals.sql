-- Number, day, agency and name of a paper that is still being read, sealed; gone once it was read.
CREATE TABLE first_proposal (
    paper_id TEXT NOT NULL PRIMARY KEY REFERENCES paper (id),
    sealed   TEXT NOT NULL
);
