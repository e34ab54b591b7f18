ALTER TABLE documents ADD COLUMN rows_schema TEXT;
ALTER TABLE documents ADD COLUMN row_count BIGINT;
