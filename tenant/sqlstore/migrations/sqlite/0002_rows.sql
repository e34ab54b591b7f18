-- Rows of datasets as tables: documents that have a rows_schema have their
-- content in the table rows_<id>, and size -1 with sha256 '' when the table was
-- changed by other means than an import.
ALTER TABLE documents ADD COLUMN rows_schema TEXT; -- the text of the columns' names and types
ALTER TABLE documents ADD COLUMN row_count INTEGER; -- NULL when not known

-- Tables of rows whose document is gone. The import that removed it drops them.
CREATE TABLE retired_rows (
  document_id INTEGER PRIMARY KEY
) STRICT;

CREATE TRIGGER documents_retire_rows AFTER DELETE ON documents WHEN old.rows_schema IS NOT NULL
BEGIN
  INSERT INTO retired_rows (document_id) VALUES (old.id);
END;
