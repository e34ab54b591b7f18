package oaarchive_test

import (
	"os/exec"
	"slices"
	"strings"
	"testing"
)

const module = "github.com/oneanalytics/oa-archive/"

// rooms lists what each package of the library may import of this module.
// A package that is not listed fails the test, so that every new room is
// placed on purpose.
var rooms = map[string][]string{
	"layout":                              {},
	"parquetio":                           {},
	"sign":                                {},
	"sign/sshagent":                       {"sign"},
	"seal":                                {},
	"internal/strictjson":                 {},
	"internal/strictyaml":                 {},
	"internal/secretscan":                 {"internal/docedit", "internal/strictyaml"},
	"internal/testkit":                    {"layout", "tenant"},
	"internal/spool":                      {},
	"internal/spread":                     {},
	"internal/docedit":                    {},
	"internal/pgtest":                     {},
	"internal/legible":                    {},
	"schema":                              {"layout", "internal/strictjson", "internal/strictyaml"},
	"internal/order":                      {"layout"},
	"audit":                               {"internal/strictjson"},
	"internal/ustar":                      {},
	"internal/frame":                      {},
	"internal/supplychain":                {},
	"internal/bench":                      {"archive", "internal/testkit", "manifest", "parquetio", "sign", "tenant"},
	"internal/vectorgen":                  {"layout", "manifest", "sign", "internal/frame", "internal/ustar"},
	"manifest":                            {"layout", "internal/strictjson", "internal/order"},
	"archive":                             {"layout", "manifest", "sign", "internal/frame", "internal/order", "internal/spool", "internal/ustar"},
	"tenant":                              {"layout"},
	"tenant/tenanttest":                   {"layout", "tenant"},
	"tenant/dirstore":                     {"layout", "tenant"},
	"tenant/sqlstore":                     {"layout", "tenant", "parquetio", "internal/spool", "tenant/sqlstore/internal/pgrows", "tenant/sqlstore/internal/sqliterows"},
	"tenant/archivesource":                {"internal/whose", "layout", "manifest", "archive", "tenant"},
	"export":                              {"internal/whose", "layout", "manifest", "archive", "tenant", "schema", "sign", "internal/docedit", "internal/secretscan", "internal/spool", "internal/spread", "audit", "internal/strictjson"},
	"rowcheck":                            {"layout", "export", "parquetio", "schema", "internal/strictyaml", "manifest"},
	"internal/whose":                      {"manifest", "tenant"},
	"diff":                                {"layout", "manifest", "tenant", "schema", "internal/strictjson", "internal/strictyaml"},
	"restore":                             {"internal/whose", "layout", "manifest", "archive", "tenant", "schema", "internal/spread", "sign", "internal/strictjson", "internal/strictyaml", "internal/docedit", "access", "mapping"},
	"restore/page":                        {"restore", "internal/legible"},
	"tenant/sqlstore/internal/pgrows":     {"tenant", "parquetio"},
	"tenant/sqlstore/internal/sqliterows": {"parquetio"},
	"access":                              {},
	"residency":                           {"manifest", "tenant", "internal/strictyaml", "internal/legible"},
	"mapping":                             {"internal/strictyaml"},
	"bucket":                              {},
	"internal/s3test":                     {},
	"internal/weaklink":                   {},
}

// coreModules are all that a program which only verifies pulls in.
var coreModules = []string{
	"github.com/cespare/xxhash/v2",
	"github.com/go-json-experiment/json",
	"github.com/google/uuid",
	"github.com/klauspost/compress",
	"github.com/oasisprotocol/curve25519-voi",
	"golang.org/x/crypto",
	"golang.org/x/sync",
	"golang.org/x/sys",
}

func goList(t *testing.T, args ...string) []string {
	t.Helper()
	out, err := exec.Command("go", append([]string{"list"}, args...)...).Output()
	if err != nil {
		t.Fatalf("go list %v: %v", args, err)
	}
	return strings.Split(strings.TrimSpace(string(out)), "\n")
}

func TestImportsPointDownward(t *testing.T) {
	for _, line := range goList(t, "-f", `{{.ImportPath}} {{join .Imports " "}}`, "./...") {
		fields := strings.Fields(line)
		room, ok := strings.CutPrefix(fields[0], module)
		if !ok || strings.HasPrefix(room, "cmd/") || strings.HasPrefix(room, "examples/") || strings.HasPrefix(room, "testdata") {
			continue
		}
		allowed, known := rooms[room]
		if !known {
			t.Errorf("package %s has no place in the list of rooms", room)
		}
		for _, imported := range fields[1:] {
			if dep, ok := strings.CutPrefix(imported, module); ok && !slices.Contains(allowed, dep) {
				t.Errorf("package %s imports %s, which is not below it", room, dep)
			}
		}
	}
}

func TestCoreStaysSmall(t *testing.T) {
	for _, mod := range goList(t, "-deps", "-f", `{{with .Module}}{{.Path}}{{end}}`, "./archive", "./manifest", "./sign", "./layout") {
		if mod != "" && mod+"/" != module && !slices.Contains(coreModules, mod) {
			t.Errorf("the core pulls in %s", mod)
		}
	}
}

// TestServicesDoWithoutParquet holds the library without its Parquet rooms to
// that, for services that move rows without looking into them. The SQL store
// looks into them, unless it is built with the tag norows.
func TestServicesDoWithoutParquet(t *testing.T) {
	deps := goList(t, "-deps", "-f", `{{with .Module}}{{.Path}}{{end}}`,
		"./export", "./restore", "./diff", "./tenant", "./tenant/tenanttest", "./tenant/dirstore", "./tenant/archivesource")
	deps = append(deps, goList(t, "-deps", "-tags", "norows", "-f", `{{with .Module}}{{.Path}}{{end}}`, "./tenant/sqlstore")...)
	for _, mod := range deps {
		if strings.HasPrefix(mod, "github.com/apache/") {
			t.Errorf("a package that is not about rows pulls in %s", mod)
		}
	}
}
