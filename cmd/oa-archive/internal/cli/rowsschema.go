//go:build !norows

package cli

import (
	"cmp"
	"encoding/hex"
	"fmt"
	"math/big"
	"strconv"
	"strings"
	"time"

	"github.com/oneanalytics/oa-archive/cmd/oa-archive/internal/overview"
	"github.com/oneanalytics/oa-archive/cmd/oa-archive/internal/render"
	"github.com/oneanalytics/oa-archive/manifest"
	"github.com/oneanalytics/oa-archive/parquetio"
	"github.com/oneanalytics/oa-archive/rowcheck"
)

// rowsSchema shows the columns and row groups of a dataset's rows.
func (a *app) rowsSchema(o *opened, r *rowsFile, f *rowsFlags) error {
	names, err := r.pick(f)
	if err != nil {
		return err
	}
	declared := map[string]parquetio.FileColumn{}
	for _, c := range r.Columns() {
		declared[c.Name] = c
	}
	supported := []string{}
	for _, name := range names {
		if declared[name].Err == nil {
			supported = append(supported, name)
		}
	}
	if err := r.open(parquetio.Options{Columns: supported}); err != nil {
		return err
	}
	doc := o.rowsDocument(r)
	for _, name := range names {
		c := rowsColumnJSON{Name: name, Nullable: declared[name].Nullable}
		if err := declared[name].Err; err != nil {
			c.Unsupported = message(err)
		} else {
			r.describe(&c)
		}
		doc.Columns = append(doc.Columns, c)
	}
	for _, g := range r.RowGroups() {
		doc.RowGroups = append(doc.RowGroups, rowGroupJSON{Rows: g.Rows, Size: g.Bytes})
	}
	e, _ := o.Entry(r.dataset.rows)
	doc.Manifest = overview.NewRows(e.Rows)
	if a.json {
		return a.printJSON(doc)
	}
	page := newSchemaPage(r, &doc)
	if page.Manifest, err = r.againstManifest(e.Rows); err != nil {
		return err
	}
	p := a.out()
	p.RowsSchema(page)
	return p.Err()
}

// againstManifest says in words how the manifest's statistics go with the file.
func (r *rowsFile) againstManifest(stated *manifest.RowStatistics) (string, error) {
	if stated == nil {
		return "says nothing of these rows", nil
	}
	found, err := rowcheck.Statistics(r.source, r.size)
	if err != nil {
		return "", r.fault(err)
	}
	count := render.Plural(stated.Count, "row")
	switch {
	case stated.Count != found.Count, stated.Schema != "" && stated.Schema != found.Schema:
		return count + ", unlike the file: the archive contradicts itself", nil
	case stated.Schema == "":
		return count, nil
	}
	return count + ", the same columns", nil
}

func newSchemaPage(r *rowsFile, doc *rowsJSON) *render.RowsSchema {
	page := &render.RowsSchema{
		ID: r.dataset.id, Name: r.dataset.name, Path: r.dataset.rows, Size: r.size,
		Rows: doc.RowCount, Writer: r.CreatedBy(),
	}
	for _, c := range doc.Columns {
		typ := c.Type
		if !c.Nullable {
			typ += " not null"
		}
		page.Columns = append(page.Columns, render.RowsColumn{
			Name: c.Name, Type: typ, Unsupported: c.Unsupported, Nulls: c.Nulls, Min: c.Min, Max: c.Max,
		})
	}
	for _, g := range doc.RowGroups {
		page.Groups = append(page.Groups, render.RowGroup(g))
	}
	return page
}

// describe says what the file claims about a column: nulls and range over all
// row groups, each only if every row group has it.
func (r *rowsFile) describe(c *rowsColumnJSON) {
	column := r.Schema().Index(c.Name)
	t := r.Schema()[column].Type
	c.Type = t.String()
	if nulls, ok := r.Nulls(column); ok {
		c.Nulls = &nulls
	}
	if t.Kind == parquetio.List {
		t = *t.Elem
	}
	var least, most any
	for g, group := range r.RowGroups() {
		s := r.Statistics(g, column)
		switch {
		case s.HasNulls && s.Nulls >= group.Rows: // nothing but nulls
			continue
		case s.Min == nil:
			return
		}
		if least == nil || compareBounds(t, s.Min, least) < 0 {
			least = s.Min
		}
		if most == nil || compareBounds(t, s.Max, most) > 0 {
			most = s.Max
		}
	}
	if least != nil {
		from, to := boundText(t, least), boundText(t, most)
		c.Min, c.Max = &from, &to
	}
}

// compareBounds compares two values of a column as [parquetio.Statistics] has
// them.
func compareBounds(t parquetio.Type, a, b any) int {
	switch a := a.(type) {
	case int64:
		return cmp.Compare(a, b.(int64))
	case uint64:
		return cmp.Compare(a, b.(uint64))
	case float32:
		return cmp.Compare(a, b.(float32))
	case float64:
		return cmp.Compare(a, b.(float64))
	case time.Time:
		return a.Compare(b.(time.Time))
	case time.Duration:
		return cmp.Compare(a, b.(time.Duration))
	case []byte:
		return strings.Compare(string(a), string(b.([]byte)))
	case string:
		if t.Kind == parquetio.Decimal {
			return unscaled(a).Cmp(unscaled(b.(string)))
		}
		return strings.Compare(a, b.(string))
	case bool:
		return strings.Compare(strconv.FormatBool(a), strconv.FormatBool(b.(bool)))
	}
	return 0
}

// unscaled is a decimal without its point. All of a column have the same scale.
func unscaled(decimal string) *big.Int {
	n, _ := new(big.Int).SetString(strings.Replace(decimal, ".", "", 1), 10)
	if n == nil {
		return new(big.Int)
	}
	return n
}

// boundText writes a value as [parquetio.Vector.AppendText] would.
func boundText(t parquetio.Type, v any) string {
	fraction := ""
	if t.Unit > 0 {
		fraction = "." + strings.Repeat("0", 3*int(t.Unit))
	}
	switch v := v.(type) {
	case []byte:
		return `\x` + hex.EncodeToString(v)
	case time.Duration:
		return time.Time{}.Add(v).Format(time.TimeOnly + fraction)
	case time.Time:
		if t.Kind == parquetio.Date {
			return v.Format(time.DateOnly)
		}
		text := v.Format("2006-01-02T15:04:05" + fraction)
		if t.UTC {
			text += "Z"
		}
		return text
	}
	return fmt.Sprint(v)
}
