UPDATE catalogue_import SET effective_on = date(imported_at / 1000000 + 25200, 'unixepoch')
 WHERE imported_by IS NOT NULL;
