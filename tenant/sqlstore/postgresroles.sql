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
