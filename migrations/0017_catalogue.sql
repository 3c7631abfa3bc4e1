-- From which day a catalogue holds. What was imported before this was known holds from the day of its import, and the
-- catalogue that the program carries from the beginning.
ALTER TABLE catalogue_import ADD COLUMN effective_on TEXT NOT NULL DEFAULT '0001-01-01';
CREATE INDEX catalogue_import_effective ON catalogue_import (effective_on, imported_at);
