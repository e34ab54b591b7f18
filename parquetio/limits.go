package parquetio

import "fmt"

// Limits bound what reading a file may cost, whatever the file claims. A zero
// field stands for its value in [DefaultLimits].
type Limits struct {
	Footer     int64 // bytes of the footer
	Nodes      int   // values in the footer, each of which costs memory once parsed
	Columns    int   // leaf columns
	Depth      int   // nesting of the schema
	RowGroups  int   // row groups
	Page       int64 // bytes of a page, compressed or not
	PageHeader int   // bytes of a page's header
	PageValues int   // values that a page may claim
	Memory     int64 // bytes held at once while reading: pages, dictionaries, batches not yet released
}

// DefaultLimits returns limits that admit what common writers produce: a 16 MiB
// footer, 4096 columns, 64 MiB pages, and 192 MiB of memory at once. The memory
// does not include the parsed footer, which takes a few times its own size and
// is bounded by Footer and Nodes.
func DefaultLimits() Limits {
	return Limits{
		Footer:     16 << 20,
		Nodes:      1 << 20,
		Columns:    MaxColumns,
		Depth:      16,
		RowGroups:  32 << 10,
		Page:       64 << 20,
		PageHeader: 1 << 20,
		PageValues: 64 << 20,
		Memory:     192 << 20,
	}
}

func (l Limits) withDefaults() (Limits, error) {
	d := DefaultLimits()
	for _, f := range []struct {
		name       string
		value, def *int64
	}{{"Footer", &l.Footer, &d.Footer}, {"Page", &l.Page, &d.Page}, {"Memory", &l.Memory, &d.Memory}} {
		if *f.value < 0 || f.name == "Page" && *f.value > 1<<31-1 {
			return l, fmt.Errorf("parquetio: limit %s of %d", f.name, *f.value)
		}
		if *f.value == 0 {
			*f.value = *f.def
		}
	}
	for _, f := range []struct {
		name       string
		value, def *int
	}{
		{"Nodes", &l.Nodes, &d.Nodes}, {"Columns", &l.Columns, &d.Columns}, {"Depth", &l.Depth, &d.Depth},
		{"RowGroups", &l.RowGroups, &d.RowGroups}, {"PageHeader", &l.PageHeader, &d.PageHeader}, {"PageValues", &l.PageValues, &d.PageValues},
	} {
		if *f.value < 0 {
			return l, fmt.Errorf("parquetio: limit %s of %d", f.name, *f.value)
		}
		if *f.value == 0 {
			*f.value = *f.def
		}
	}
	return l, nil
}
