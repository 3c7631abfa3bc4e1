-- How many papers were handed in (Điều 9 khoản 1); what was said before stands in the trace.
ALTER TABLE dossier ADD COLUMN handed_in TEXT; -- JSON; null while nobody has said
