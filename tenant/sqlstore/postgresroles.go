package sqlstore

import (
	_ "embed"
	"strings"

	"github.com/jackc/pgx/v5"
)

// Names of the roles that [PostgresRoles] makes. They cannot log in; roles of
// people and programs are made members of them.
const (
	ExporterRole = "oa_exporter" // reads every tenant
	ImporterRole = "oa_importer" // reads, imports into and creates tenants
)

//go:embed postgresroles.sql
var postgresRoles string

// PostgresRoles returns SQL that makes the roles [ExporterRole] and
// [ImporterRole], when they are missing, and gives them their rights in a
// schema of this program, "" for the default one. It is run after
// [CreatePostgres], by a role that may create roles and owns the schema, and
// again after an update that brought new tables.
func PostgresRoles(schema string) string {
	if schema == "" {
		schema = defaultSchema
	}
	return strings.ReplaceAll(postgresRoles, "{schema}", pgx.Identifier{schema}.Sanitize())
}
