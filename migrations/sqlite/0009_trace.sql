DROP TRIGGER audit_event_no_update;
DROP TRIGGER audit_event_no_delete;
CREATE TRIGGER audit_event_before_segments_no_update BEFORE UPDATE ON audit_event_before_segments
BEGIN SELECT RAISE(ABORT, 'audit_event_before_segments is append-only'); END;
CREATE TRIGGER audit_event_before_segments_no_delete BEFORE DELETE ON audit_event_before_segments
BEGIN SELECT RAISE(ABORT, 'audit_event_before_segments is append-only'); END;
CREATE TRIGGER audit_event_no_update BEFORE UPDATE ON audit_event
BEGIN SELECT RAISE(ABORT, 'audit_event is append-only'); END;
CREATE TRIGGER audit_event_no_delete BEFORE DELETE ON audit_event
BEGIN SELECT RAISE(ABORT, 'audit_event is append-only'); END;
CREATE TRIGGER audit_segment_no_update BEFORE UPDATE ON audit_segment
BEGIN SELECT RAISE(ABORT, 'audit_segment is append-only'); END;
CREATE TRIGGER audit_segment_no_delete BEFORE DELETE ON audit_segment
BEGIN SELECT RAISE(ABORT, 'audit_segment is append-only'); END;
CREATE TRIGGER audit_day_no_update BEFORE UPDATE ON audit_day
BEGIN SELECT RAISE(ABORT, 'audit_day is append-only'); END;
CREATE TRIGGER audit_day_no_delete BEFORE DELETE ON audit_day
BEGIN SELECT RAISE(ABORT, 'audit_day is append-only'); END;
CREATE TRIGGER audit_head_no_delete BEFORE DELETE ON audit_head
BEGIN SELECT RAISE(ABORT, 'audit_head is never deleted from'); END;
