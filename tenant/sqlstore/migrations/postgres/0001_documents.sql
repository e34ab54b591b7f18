-- Run with the schema as the only entry of the search path but pg_temp, by the
-- role that owns the schema from then on.
--
-- Row-level security shows a transaction only the rows of the tenant named by
-- the setting oa_archive.tenant, which the program sets in every transaction.
-- It is forced on the owner too: a later migration that touches rows of
-- tenants has to lift that (NO FORCE) for as long as it runs.

CREATE TABLE schema_version (
  version INTEGER NOT NULL
);
-- Tells these schemas from those of other programs.
COMMENT ON TABLE schema_version IS 'oa-archive';

CREATE TABLE tenants (
  id           TEXT COLLATE "C" NOT NULL PRIMARY KEY CHECK (id ~ '^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$'),
  name         TEXT NOT NULL,
  region       TEXT NOT NULL,
  jurisdiction TEXT NOT NULL
);

-- One row for each entry. Ordering by sort_key, byte by byte, is the archive's
-- canonical order. The columns workspace_id, asset_id, name and owner repeat
-- what the path and the documents say, for queries; the documents decide.
CREATE TABLE documents (
  id           BIGINT GENERATED ALWAYS AS IDENTITY,
  tenant_id    TEXT COLLATE "C" NOT NULL DEFAULT current_setting('oa_archive.tenant') REFERENCES tenants (id),
  sort_key     TEXT COLLATE "C" NOT NULL,
  path         TEXT COLLATE "C" NOT NULL,
  kind         TEXT COLLATE "C" NOT NULL,
  workspace_id TEXT COLLATE "C",
  asset_id     TEXT COLLATE "C",
  name         TEXT,
  owner        TEXT,
  size         BIGINT NOT NULL,
  sha256       TEXT COLLATE "C" NOT NULL,
  content      BYTEA, -- NULL when the content is in chunks
  PRIMARY KEY (id, tenant_id),
  UNIQUE (tenant_id, sort_key)
);

CREATE TABLE chunks (
  tenant_id   TEXT COLLATE "C" NOT NULL DEFAULT current_setting('oa_archive.tenant'),
  document_id BIGINT NOT NULL,
  seq         INTEGER NOT NULL, -- 0, 1, …; all but the last have 1 MiB
  content     BYTEA NOT NULL,
  PRIMARY KEY (document_id, seq, tenant_id),
  FOREIGN KEY (document_id, tenant_id) REFERENCES documents (id, tenant_id) ON DELETE CASCADE
);

CREATE TABLE imports (
  seq          BIGINT GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  tenant_id    TEXT COLLATE "C" NOT NULL DEFAULT current_setting('oa_archive.tenant') REFERENCES tenants (id),
  id           TEXT COLLATE "C" NOT NULL,
  archive_id   TEXT NOT NULL,
  content_hash TEXT NOT NULL,
  plan         TEXT NOT NULL,
  at           TEXT NOT NULL, -- RFC 3339, UTC
  summary      TEXT NOT NULL,
  UNIQUE (tenant_id, id)
);

-- PostgreSQL's own compression takes most of the time of an import.
DO $$
BEGIN
  ALTER TABLE documents ALTER COLUMN content SET COMPRESSION lz4;
  ALTER TABLE chunks ALTER COLUMN content SET COMPRESSION lz4;
EXCEPTION WHEN feature_not_supported THEN
  RAISE NOTICE 'this server was built without lz4';
END
$$;

ALTER TABLE tenants ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY;
ALTER TABLE documents ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY;
ALTER TABLE chunks ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY;
ALTER TABLE imports ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY;

CREATE POLICY own_tenant ON tenants USING (id = current_setting('oa_archive.tenant', true));
CREATE POLICY own_tenant ON documents USING (tenant_id = current_setting('oa_archive.tenant', true));
CREATE POLICY own_tenant ON chunks USING (tenant_id = current_setting('oa_archive.tenant', true));
CREATE POLICY own_tenant ON imports USING (tenant_id = current_setting('oa_archive.tenant', true));

-- '*' is no tenant's id: it asks for the list of tenants and nothing else.
CREATE POLICY listing ON tenants FOR SELECT USING (current_setting('oa_archive.tenant', true) = '*');
