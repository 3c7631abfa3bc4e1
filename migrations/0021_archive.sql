-- What lists of the archive say of papers besides the papers themselves (Điều 14).
CREATE TABLE paper_known (
    paper_id TEXT NOT NULL PRIMARY KEY REFERENCES paper (id),
    sealed   TEXT NOT NULL
);
