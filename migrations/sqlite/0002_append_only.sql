-- The trace is written once (Điều 10 khoản 2); codes are never taken back (Điều 7).
CREATE TRIGGER audit_event_no_update BEFORE UPDATE ON audit_event
BEGIN SELECT RAISE(ABORT, 'audit_event is append-only'); END;
CREATE TRIGGER audit_event_no_delete BEFORE DELETE ON audit_event
BEGIN SELECT RAISE(ABORT, 'audit_event is append-only'); END;
CREATE TRIGGER document_code_no_delete BEFORE DELETE ON document_code
BEGIN SELECT RAISE(ABORT, 'document_code is never deleted from'); END;
