UPDATE catalogue_import
   SET effective_on = to_char(to_timestamp(imported_at / 1000000 + 25200) AT TIME ZONE 'UTC', 'YYYY-MM-DD')
 WHERE imported_by IS NOT NULL;
