CREATE TRIGGER record_act_no_update BEFORE UPDATE ON record_act
BEGIN SELECT RAISE(ABORT, 'record_act is append-only'); END;
CREATE TRIGGER record_act_no_delete BEFORE DELETE ON record_act
BEGIN SELECT RAISE(ABORT, 'record_act is append-only'); END;
