CREATE TRIGGER subject_request_act_no_update BEFORE UPDATE ON subject_request_act
BEGIN SELECT RAISE(ABORT, 'subject_request_act is append-only'); END;
CREATE TRIGGER subject_request_act_no_delete BEFORE DELETE ON subject_request_act
BEGIN SELECT RAISE(ABORT, 'subject_request_act is append-only'); END;
CREATE TRIGGER subject_request_no_delete BEFORE DELETE ON subject_request
BEGIN SELECT RAISE(ABORT, 'subject_request is never deleted from'); END;
CREATE TRIGGER breach_act_no_update BEFORE UPDATE ON breach_act
BEGIN SELECT RAISE(ABORT, 'breach_act is append-only'); END;
CREATE TRIGGER breach_act_no_delete BEFORE DELETE ON breach_act
BEGIN SELECT RAISE(ABORT, 'breach_act is append-only'); END;
CREATE TRIGGER breach_no_delete BEFORE DELETE ON breach
BEGIN SELECT RAISE(ABORT, 'breach is never deleted from'); END;
