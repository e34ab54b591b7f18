package superset

import (
	"cmp"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"maps"
	"net/url"
	"path"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"

	"github.com/oneanalytics/oa-archive/layout"
	"github.com/oneanalytics/oa-archive/tenant"
)

// knownVersion is the version of Superset's export format that this program reads.
const knownVersion = "1.0.0"

// A bundle is the index of a Superset asset bundle: what is in it, where, and
// what refers to what. The documents themselves stay in their files and are
// read again when an entry is asked for, so memory grows with the number of
// assets and not with their size.
type bundle struct {
	fsys       fs.FS
	about      jsontext.Value // metadata.yaml
	exported   time.Time      // zero when metadata.yaml does not say
	databases  map[string]*database
	datasets   map[string]*dataset
	charts     map[string]*chart
	dashboards map[string]*dashboard
	passedOver map[string]int64 // files of other kinds, counted by their top folder
}

// A file is one document of the bundle as it was when the bundle was opened.
type file struct {
	path   string
	digest layout.Digest
}

type database struct {
	file // zero when the bundle has no file for it and only datasets name it
	uuid string
	name string // of the connection; see nameConnections
	uri  string // sqlalchemy_uri; may hold a masked password
}

type dataset struct {
	file
	uuid     string
	name     string
	database string // UUID
	rows     *table // nil when there are none
}

type chart struct {
	file
	uuid    string
	name    string
	dataset string // UUID; need not be in the bundle
}

type dashboard struct {
	file
	uuid     string
	name     string
	charts   []string // UUIDs in order of their position keys; need not be in the bundle
	datasets []string // UUIDs that its native filters look at
}

// openBundle indexes the bundle in fsys: a folder, or a ZIP file as Superset's
// export button makes it, which has one folder around everything.
func openBundle(fsys fs.FS) (*bundle, error) {
	root, err := findRoot(fsys)
	if err != nil {
		return nil, err
	}
	b := &bundle{
		fsys:       root,
		databases:  map[string]*database{},
		datasets:   map[string]*dataset{},
		charts:     map[string]*chart{},
		dashboards: map[string]*dashboard{},
		passedOver: map[string]int64{},
	}
	if err := b.indexAbout(); err != nil {
		return nil, err
	}
	err = fs.WalkDir(root, ".", func(p string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() || p == aboutPath {
			return err
		}
		return b.index(p)
	})
	if err != nil {
		return nil, fmt.Errorf("superset: %w", err)
	}
	b.nameConnections()
	return b, nil
}

const aboutPath = "metadata.yaml"

func findRoot(fsys fs.FS) (fs.FS, error) {
	if _, err := fs.Stat(fsys, aboutPath); err == nil {
		return fsys, nil
	}
	found, err := fs.Glob(fsys, "*/"+aboutPath)
	if err != nil {
		return nil, fmt.Errorf("superset: %w", err)
	}
	if len(found) != 1 {
		return nil, errors.New("superset: no metadata.yaml, at the top or in the one folder below it: this is not an asset bundle")
	}
	return fs.Sub(fsys, path.Dir(found[0]))
}

func (b *bundle) indexAbout() error {
	var about struct {
		Version   string `json:"version"`
		Timestamp string `json:"timestamp"`
	}
	_, value, _, err := b.load(aboutPath, &about)
	if err != nil {
		return fmt.Errorf("superset: %w", err)
	}
	if about.Version != knownVersion {
		return fmt.Errorf("superset: metadata.yaml: version %q of the export format is unknown; this program reads %s", about.Version, knownVersion)
	}
	b.about = value
	if at, err := time.Parse(time.RFC3339Nano, about.Timestamp); err == nil {
		b.exported = at.UTC()
	}
	return nil
}

// index puts one file into the index. The errors name it.
func (b *bundle) index(p string) error {
	folder, _, _ := strings.Cut(p, "/")
	if ext := path.Ext(p); ext != ".yaml" && ext != ".yml" {
		folder = "" // read by nothing, whatever it is
	}
	switch folder {
	case "databases":
		return b.indexDatabase(p)
	case "datasets":
		return b.indexDataset(p)
	case "charts":
		return b.indexChart(p)
	case "dashboards":
		return b.indexDashboard(p)
	}
	b.passedOver[folder]++
	return nil
}

func (b *bundle) indexDatabase(p string) error {
	var doc struct {
		UUID string `json:"uuid"`
		Name string `json:"database_name"`
		URI  string `json:"sqlalchemy_uri"`
	}
	f, _, _, err := b.load(p, &doc)
	if err != nil {
		return err
	}
	return put(b.databases, doc.UUID, &database{file: f, uuid: doc.UUID, name: doc.Name, uri: doc.URI}, p)
}

func (b *bundle) indexDataset(p string) error {
	var doc datasetDocument
	f, _, _, err := b.load(p, &doc)
	if err != nil {
		return err
	}
	if !layout.IsUUID(doc.DatabaseUUID) {
		return fmt.Errorf("%s: database_uuid %q is not a UUID in lower case", p, doc.DatabaseUUID)
	}
	if b.databases[doc.DatabaseUUID] == nil {
		// Bundles of examples leave the databases out. Their name is that of
		// the folder in which Superset files a database's datasets.
		name := strings.Split(p, "/")[1]
		b.databases[doc.DatabaseUUID] = &database{uuid: doc.DatabaseUUID, name: strings.TrimSuffix(name, path.Ext(name))}
	}
	return put(b.datasets, doc.UUID, &dataset{file: f, uuid: doc.UUID, name: doc.TableName, database: doc.DatabaseUUID}, p)
}

func (b *bundle) indexChart(p string) error {
	var doc chartDocument
	f, _, _, err := b.load(p, &doc)
	if err != nil {
		return err
	}
	return put(b.charts, doc.UUID, &chart{file: f, uuid: doc.UUID, name: doc.Name, dataset: doc.DatasetUUID}, p)
}

func (b *bundle) indexDashboard(p string) error {
	var doc dashboardDocument
	f, _, _, err := b.load(p, &doc)
	if err != nil {
		return err
	}
	d := &dashboard{file: f, uuid: doc.UUID, name: doc.Title, datasets: doc.filterDatasets()}
	for _, key := range slices.Sorted(maps.Keys(doc.Position)) {
		if c := doc.component(key); c.kind == "CHART" {
			d.charts = append(d.charts, c.meta.text("uuid"))
		}
	}
	return put(b.dashboards, doc.UUID, d, p)
}

func put[T any](index map[string]T, uuid string, value T, p string) error {
	if !layout.IsUUID(uuid) {
		return fmt.Errorf("%s: uuid %q is not a UUID in lower case", p, uuid)
	}
	if _, twice := index[uuid]; twice {
		return fmt.Errorf("%s: uuid %s stands in another file of the folder too", p, uuid)
	}
	index[uuid] = value
	return nil
}

// load reads the document at p and decodes into doc the members that doc names.
func (b *bundle) load(p string, doc any) (f file, value jsontext.Value, lossy string, err error) {
	text, err := b.readFile(p)
	if err != nil {
		return f, nil, "", err
	}
	value, lossy, err = toJSON(text)
	if err == nil {
		err = json.Unmarshal(value, doc)
	}
	if err != nil {
		return f, nil, "", fmt.Errorf("%s: %w", p, err)
	}
	return file{path: p, digest: layout.DigestOf(text)}, value, lossy, nil
}

func (b *bundle) readFile(p string) (text []byte, err error) {
	f, err := b.fsys.Open(p)
	if err != nil {
		return nil, err
	}
	defer func() { err = cmp.Or(err, f.Close()) }()
	text, err = io.ReadAll(io.LimitReader(f, MaxDocument+1))
	if err != nil {
		return nil, err
	}
	if len(text) > MaxDocument {
		return nil, fmt.Errorf("%s: larger than %d bytes", p, MaxDocument)
	}
	return text, nil
}

// An original is a document of the bundle: its text, and the same as JSON.
type original struct {
	text  []byte
	value jsontext.Value
	lossy string // why the JSON does not say all that the text does; mostly empty
}

// reload reads a file of the index again into doc. The error wraps
// [tenant.ErrChanged] when the file is no longer what was indexed.
func (b *bundle) reload(f file, doc any) (original, error) {
	text, err := b.readFile(f.path)
	gone := errors.Is(err, fs.ErrNotExist)
	if err != nil && !gone {
		return original{}, fmt.Errorf("superset: %w", err)
	}
	if gone || layout.DigestOf(text) != f.digest {
		return original{}, fmt.Errorf("superset: %s: %w", f.path, tenant.ErrChanged)
	}
	value, lossy, err := toJSON(text)
	if err == nil {
		err = json.Unmarshal(value, doc)
	}
	if err != nil {
		return original{}, fmt.Errorf("superset: %s: %w", f.path, err)
	}
	return original{text: text, value: value, lossy: lossy}, nil
}

// nameConnections gives each database a name that no other has.
func (b *bundle) nameConnections() {
	taken := map[string]bool{}
	for _, d := range sorted(b.databases) {
		name := cmp.Or(d.name, "database")
		for n := 2; taken[name]; n++ {
			name = fmt.Sprintf("%s (%d)", cmp.Or(d.name, "database"), n)
		}
		taken[name] = true
		d.name = name
	}
}

// connection describes the database without anything secret: of its URI only
// the scheme, host, port and path are taken. Where the bundle does not say
// what kind of database it is, the type is "sql".
func (d *database) connection() connection {
	c := connection{Name: d.name, Type: "sql", SecretSlot: d.name}
	u, err := url.Parse(d.uri)
	if err != nil || u.Scheme == "" {
		return c
	}
	// The driver, as in postgresql+psycopg2, is Superset's own affair.
	c.Type, _, _ = strings.Cut(u.Scheme, "+")
	if c.Type == "postgresql" {
		c.Type = "postgres"
	}
	c.Endpoint = endpoint{Host: u.Hostname(), Database: strings.TrimPrefix(u.Path, "/")}
	if port, err := strconv.ParseUint(u.Port(), 10, 16); err == nil {
		c.Endpoint.Port = uint16(port)
	}
	return c
}
