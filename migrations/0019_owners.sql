-- Owners who were found to be one, or two; what is known of them beside numbers; who acts for a child. What was done is
-- appended and never rewritten.
ALTER TABLE owner ADD COLUMN merged_into TEXT; -- whom the store found him to be; his id leads there for ever
ALTER TABLE owner ADD COLUMN profile_sealed TEXT; -- names, birth date or founding year, sex
CREATE INDEX owner_merged ON owner (merged_into);

CREATE TABLE owner_act (
    owner_id   TEXT   NOT NULL REFERENCES owner (id),
    no         BIGINT NOT NULL,
    at         BIGINT NOT NULL,
    officer_id TEXT   NOT NULL REFERENCES officer (id),
    act_sealed TEXT   NOT NULL,
    PRIMARY KEY (owner_id, no)
);

CREATE TABLE guardianship (
    id          TEXT   NOT NULL PRIMARY KEY,
    child_id    TEXT   NOT NULL REFERENCES owner (id),
    guardian_id TEXT   NOT NULL REFERENCES owner (id),
    kind        TEXT   NOT NULL,
    from_day    TEXT   NOT NULL,
    until_day   TEXT   NOT NULL, -- the day before the child's 14th birthday at the latest
    sealed      TEXT   NOT NULL, -- the paper that shows it
    set_by      TEXT   NOT NULL REFERENCES officer (id),
    set_at      BIGINT NOT NULL,
    ended_at    BIGINT
);
CREATE INDEX guardianship_child ON guardianship (child_id, set_at);
CREATE INDEX guardianship_guardian ON guardianship (guardian_id, set_at);

-- In a dossier a guardian acted for the child: until then whoever handles it may read the child's papers.
CREATE TABLE guardian_act (
    dossier_id      TEXT   NOT NULL REFERENCES dossier (id),
    guardianship_id TEXT   NOT NULL REFERENCES guardianship (id),
    officer_id      TEXT   NOT NULL REFERENCES officer (id),
    until_at        BIGINT NOT NULL,
    PRIMARY KEY (dossier_id, guardianship_id, officer_id)
);
CREATE INDEX guardian_act_officer ON guardian_act (officer_id, until_at);
