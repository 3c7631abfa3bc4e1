CREATE TRIGGER owner_act_no_update BEFORE UPDATE ON owner_act
BEGIN SELECT RAISE(ABORT, 'owner_act is append-only'); END;
CREATE TRIGGER owner_act_no_delete BEFORE DELETE ON owner_act
BEGIN SELECT RAISE(ABORT, 'owner_act is append-only'); END;
