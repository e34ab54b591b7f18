DO $$
BEGIN
  IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = 'oa_exporter') THEN
    CREATE ROLE oa_exporter NOLOGIN;
  END IF;
  IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = 'oa_importer') THEN
    CREATE ROLE oa_importer NOLOGIN;
  END IF;
END
$$;

GRANT USAGE ON SCHEMA {schema} TO oa_exporter, oa_importer;

-- Exports read.
GRANT SELECT ON ALL TABLES IN SCHEMA {schema} TO oa_exporter, oa_importer;

-- Imports change documents and add tenants. The journal is only added to.
GRANT INSERT ON {schema}.tenants, {schema}.imports TO oa_importer;
GRANT INSERT, UPDATE, DELETE ON {schema}.documents, {schema}.chunks TO oa_importer;

-- They make tables of rows by way of these functions, so that the tables belong
-- to the schema's owner whoever imports.
GRANT EXECUTE ON FUNCTION {schema}.create_rows(BIGINT, TEXT[], TEXT[], BOOLEAN[]), {schema}.finish_rows(BIGINT, BIGINT), {schema}.sweep_rows() TO oa_importer;
