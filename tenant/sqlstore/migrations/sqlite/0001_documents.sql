-- "oaar" in ASCII: tells these databases from those of other programs.
PRAGMA application_id = 0x6F616172;

CREATE TABLE schema_version (
  version INTEGER NOT NULL
) STRICT;

CREATE TABLE tenants (
  id           TEXT NOT NULL PRIMARY KEY,
  name         TEXT NOT NULL,
  region       TEXT NOT NULL,
  jurisdiction TEXT NOT NULL
) STRICT;

-- One row for each entry. Ordering by sort_key, byte by byte, is the archive's
-- canonical order. The columns workspace_id, asset_id, name and owner repeat
-- what the path and the documents say, for queries; the documents decide.
CREATE TABLE documents (
  id           INTEGER PRIMARY KEY AUTOINCREMENT,
  tenant_id    TEXT NOT NULL REFERENCES tenants (id),
  sort_key     TEXT NOT NULL,
  path         TEXT NOT NULL,
  kind         TEXT NOT NULL,
  workspace_id TEXT,
  asset_id     TEXT,
  name         TEXT,
  owner        TEXT,
  size         INTEGER NOT NULL,
  sha256       TEXT NOT NULL,
  content      BLOB, -- NULL when the content is in chunks
  UNIQUE (tenant_id, sort_key)
) STRICT;

CREATE TABLE chunks (
  document_id INTEGER NOT NULL REFERENCES documents (id) ON DELETE CASCADE,
  seq         INTEGER NOT NULL, -- 0, 1, …; all but the last have 1 MiB
  content     BLOB NOT NULL,
  UNIQUE (document_id, seq)
) STRICT;

CREATE TABLE imports (
  seq          INTEGER PRIMARY KEY AUTOINCREMENT,
  tenant_id    TEXT NOT NULL REFERENCES tenants (id),
  id           TEXT NOT NULL,
  archive_id   TEXT NOT NULL,
  content_hash TEXT NOT NULL,
  plan         TEXT NOT NULL,
  at           TEXT NOT NULL, -- RFC 3339, UTC
  summary      TEXT NOT NULL,
  UNIQUE (tenant_id, id)
) STRICT;
