-- Documents that were taken out of their owner's store, that may not be erased, that were erased; owners whose data may
-- not be used. A code, the ledger of takings and the trace stay.
ALTER TABLE record ADD COLUMN removed_at BIGINT; -- no longer in the owner's store; kept until its term is over
ALTER TABLE record ADD COLUMN held_at BIGINT;    -- may not be erased
ALTER TABLE record ADD COLUMN erased_at BIGINT;  -- files and fields are gone
ALTER TABLE owner ADD COLUMN restricted_at BIGINT;
CREATE INDEX record_removed ON record (removed_at, id);

CREATE TABLE record_act (
    record_id  TEXT   NOT NULL REFERENCES record (id),
    no         BIGINT NOT NULL,
    at         BIGINT NOT NULL,
    officer_id TEXT   NOT NULL REFERENCES officer (id),
    act_sealed TEXT   NOT NULL,
    PRIMARY KEY (record_id, no)
);
