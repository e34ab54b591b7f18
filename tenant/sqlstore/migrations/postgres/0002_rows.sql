-- Rows of datasets as tables. A document with a rows_schema has its content in
-- the table rows_<id>: the dataset's columns, and oa_row, which numbers the rows.
-- Its size and sha256 are those of the Parquet file that an export makes of the
-- table. When the table was changed by other means than an import they are not
-- known: size is -1, sha256 is empty, and row_count is null.
--
-- The tables belong to the owner of the schema. Roles that import make and drop
-- them with the functions below, which run with the owner's rights.
ALTER TABLE documents
  ADD COLUMN rows_schema TEXT, -- the columns' true names and types
  ADD COLUMN row_count   BIGINT;

-- Tables whose document is gone. Snapshots from before may still read them; every
-- snapshot holds a lock on this table for as long as it is open.
CREATE TABLE retired_rows (
  tenant_id   TEXT COLLATE "C" NOT NULL DEFAULT current_setting('oa_archive.tenant') REFERENCES tenants (id),
  document_id BIGINT NOT NULL,
  retired_by  XID8 NOT NULL DEFAULT pg_current_xact_id(),
  PRIMARY KEY (document_id, tenant_id)
);

ALTER TABLE retired_rows ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY;
CREATE POLICY own_tenant ON retired_rows USING (tenant_id = current_setting('oa_archive.tenant', true));

CREATE FUNCTION retire_rows() RETURNS TRIGGER
LANGUAGE plpgsql SECURITY DEFINER SET search_path FROM CURRENT AS $$
DECLARE
  scope TEXT := COALESCE(current_setting('oa_archive.tenant', true), '');
BEGIN
  -- Roles that see every row need not have set the tenant.
  PERFORM set_config('oa_archive.tenant', OLD.tenant_id, true);
  INSERT INTO retired_rows (tenant_id, document_id) VALUES (OLD.tenant_id, OLD.id);
  PERFORM set_config('oa_archive.tenant', scope, true);
  RETURN NULL;
END
$$;

CREATE TRIGGER retire_rows AFTER DELETE ON documents FOR EACH ROW
  WHEN (OLD.rows_schema IS NOT NULL) EXECUTE FUNCTION retire_rows();

-- Forgets the size and digest of rows that were changed.
CREATE FUNCTION rows_changed() RETURNS TRIGGER
LANGUAGE plpgsql SECURITY DEFINER SET search_path FROM CURRENT AS $$
DECLARE
  scope TEXT := COALESCE(current_setting('oa_archive.tenant', true), '');
BEGIN
  PERFORM set_config('oa_archive.tenant', TG_ARGV[0], true);
  UPDATE documents SET size = -1, sha256 = '', row_count = NULL WHERE id = TG_ARGV[1]::bigint AND size >= 0;
  PERFORM set_config('oa_archive.tenant', scope, true);
  RETURN NULL;
END
$$;

-- Those who may read the documents may read the rows, too; those who add
-- documents add rows until finish_rows takes that away.
CREATE FUNCTION share_rows(verb TEXT, privileges TEXT[], document BIGINT) RETURNS VOID
LANGUAGE plpgsql SET search_path FROM CURRENT AS $$
DECLARE
  held RECORD;
BEGIN
  FOR held IN
    SELECT a.privilege_type AS privilege, CASE a.grantee WHEN 0 THEN 'PUBLIC' ELSE quote_ident(pg_get_userbyid(a.grantee)) END AS role
    FROM pg_class c, aclexplode(c.relacl) a
    WHERE c.oid = 'documents'::regclass AND a.grantee <> c.relowner AND a.privilege_type = ANY (privileges)
  LOOP
    EXECUTE format('%s %s ON TABLE %I %s %s', verb, held.privilege, 'rows_' || document,
      CASE verb WHEN 'GRANT' THEN 'TO' ELSE 'FROM' END, held.role);
  END LOOP;
END
$$;

-- Makes the table for a document's rows. Until finish_rows it has no row-level
-- security, which COPY does not go with; nobody else sees it before the commit.
CREATE FUNCTION create_rows(document BIGINT, columns TEXT[], types TEXT[], required BOOLEAN[]) RETURNS VOID
LANGUAGE plpgsql SECURITY DEFINER SET search_path FROM CURRENT AS $$
DECLARE
  list TEXT := 'oa_row BIGINT NOT NULL';
BEGIN
  IF NOT EXISTS (SELECT FROM documents d WHERE d.id = document AND d.rows_schema IS NULL AND d.content IS NULL) THEN
    RAISE EXCEPTION 'document % does not wait for rows', document;
  END IF;
  FOR i IN 1 .. cardinality(columns) LOOP
    IF types[i] !~ '^(boolean|smallint|integer|bigint|real|double precision|numeric\(\d\d?,\d\d?\)|date|time|timestamp|timestamptz|text|bytea|uuid|json)(\[\])?$' THEN
      RAISE EXCEPTION 'column % has the type %, which no rows have', columns[i], types[i];
    END IF;
    list := list || format(', %I %s%s', columns[i], types[i], CASE WHEN required[i] THEN ' NOT NULL' END);
  END LOOP;
  -- Large values are compressed as those of documents are.
  IF EXISTS (SELECT FROM pg_attribute WHERE attrelid = 'documents'::regclass AND attname = 'content' AND attcompression = 'l') THEN
    PERFORM set_config('default_toast_compression', 'lz4', true);
  END IF;
  EXECUTE format('CREATE TABLE %I (%s)', 'rows_' || document, list);
  PERFORM share_rows('GRANT', '{SELECT,INSERT}', document);
END
$$;

CREATE FUNCTION finish_rows(document BIGINT, count BIGINT) RETURNS VOID
LANGUAGE plpgsql SECURITY DEFINER SET search_path FROM CURRENT AS $$
DECLARE
  rows TEXT := quote_ident('rows_' || document);
  owner TEXT;
BEGIN
  SELECT d.tenant_id INTO owner FROM documents d WHERE d.id = document AND d.rows_schema IS NULL AND d.content IS NULL;
  IF NOT FOUND THEN
    RAISE EXCEPTION 'document % does not wait for rows', document;
  END IF;
  PERFORM share_rows('REVOKE', '{INSERT}', document);
  EXECUTE format('ALTER TABLE %s ADD PRIMARY KEY (oa_row), ALTER COLUMN oa_row ADD GENERATED BY DEFAULT AS IDENTITY (START WITH %s),'
    ' ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY', rows, count + 1);
  EXECUTE format('CREATE POLICY own_tenant ON %s USING (current_setting(''oa_archive.tenant'', true) = %L)', rows, owner);
  EXECUTE format('CREATE TRIGGER rows_changed AFTER INSERT OR UPDATE OR DELETE OR TRUNCATE ON %s'
    ' FOR EACH STATEMENT EXECUTE FUNCTION rows_changed(%L, %L)', rows, owner, document);
END
$$;

-- Drops the tables that were retired by earlier imports, unless a snapshot is
-- open or a table is in use: then a later import does.
CREATE FUNCTION sweep_rows() RETURNS VOID
LANGUAGE plpgsql SECURITY DEFINER SET search_path FROM CURRENT AS $$
DECLARE
  document BIGINT;
BEGIN
  IF NOT EXISTS (SELECT FROM retired_rows WHERE retired_by <> pg_current_xact_id()) THEN
    RETURN;
  END IF;
  LOCK TABLE retired_rows IN ACCESS EXCLUSIVE MODE NOWAIT;
  FOR document IN SELECT document_id FROM retired_rows WHERE retired_by <> pg_current_xact_id() LOOP
    IF to_regclass('rows_' || document) IS NOT NULL THEN
      EXECUTE format('LOCK TABLE %I IN ACCESS EXCLUSIVE MODE NOWAIT', 'rows_' || document);
      EXECUTE format('DROP TABLE %I', 'rows_' || document);
    END IF;
    DELETE FROM retired_rows WHERE document_id = document;
  END LOOP;
EXCEPTION WHEN lock_not_available THEN
  NULL; -- what was dropped is there again
END
$$;

REVOKE ALL ON FUNCTION retire_rows(), rows_changed(), share_rows(TEXT, TEXT[], BIGINT), create_rows(BIGINT, TEXT[], TEXT[], BOOLEAN[]),
  finish_rows(BIGINT, BIGINT), sweep_rows() FROM PUBLIC;
