-- What an import replaced is in an archive: where that was written, and the
-- digest of its manifest. Empty for imports without one.
ALTER TABLE imports ADD COLUMN insurance TEXT NOT NULL DEFAULT '';
ALTER TABLE imports ADD COLUMN insurance_manifest TEXT NOT NULL DEFAULT '';
-- The import that an import has undone.
ALTER TABLE imports ADD COLUMN undoes TEXT NOT NULL DEFAULT '';
