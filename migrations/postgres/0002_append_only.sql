-- The trace is written once (Điều 10 khoản 2); codes are never taken back (Điều 7).
CREATE FUNCTION refuse_rewriting() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION '% is append-only', TG_TABLE_NAME;
END
$$;
CREATE TRIGGER audit_event_no_rewriting BEFORE UPDATE OR DELETE OR TRUNCATE ON audit_event
FOR EACH STATEMENT EXECUTE FUNCTION refuse_rewriting();
CREATE TRIGGER document_code_no_delete BEFORE DELETE OR TRUNCATE ON document_code
FOR EACH STATEMENT EXECUTE FUNCTION refuse_rewriting();
