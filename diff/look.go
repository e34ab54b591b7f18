package diff

import (
	"cmp"
	"context"
	"fmt"
	"io"
	"maps"
	"slices"
	"strings"

	"github.com/oneanalytics/oa-archive/layout"
	"github.com/oneanalytics/oa-archive/tenant"
)

// Values of [Entry.Note].
const (
	NoteFormatting = "formatting" // both versions say the same: only their spelling differs
	NoteRecords    = "records"    // of metadata: only records of datasets and files differ, which stand with those
	NoteValues     = "values"     // of rows: as many, of the same columns, with other values
	NoteUnread     = "unread"     // it was not looked into: too large, or not readable as what it should be
)

// Rows describe the rows of a dataset, as far as a comparison names differences.
type Rows struct {
	Count   int64
	Columns []Column
}

// Column is one column of rows.
type Column struct {
	Name, Type string
	Nulls      *int64 // how many; nil when not known
}

// value is what rows are compared by.
func (r *Rows) value() any {
	columns := []any{}
	for _, c := range r.Columns {
		column := map[string]any{"name": c.Name, "type": c.Type}
		if c.Nulls != nil {
			column["nulls"] = *c.Nulls
		}
		columns = append(columns, column)
	}
	return map[string]any{"rows": r.Count, "columns": columns}
}

// look goes into the entries of an asset that differ. One pair of documents is
// held at a time.
func (c *comparison) look(k asset, change *Change, before, after []tenant.Entry) error {
	if c.opts.Fields < 0 {
		return nil
	}
	f := &fields{max: c.opts.Fields, maxValue: max(0, c.opts.MaxValue)}
	for i := range change.Entries {
		e := &change.Entries[i]
		was, had := entryAt(before, e.Path)
		is, has := entryAt(after, e.Path)
		name := was.Name
		if !had {
			name = is.Name
		}
		f.document = documentOf(name)
		switch {
		case !had:
			f.whole(FieldAdded)
		case !has:
			f.whole(FieldRemoved)
		default:
			note, err := c.lookInto(f, was, is)
			if err != nil {
				return fmt.Errorf("entry %q: %w", e.Path, err)
			}
			e.Note = note
		}
	}
	if change.Record {
		f.document = "record"
		a, b := c.old.records[k].value, c.new.records[k].value
		switch {
		case a == nil:
			f.whole(FieldAdded)
		case b == nil:
			f.whole(FieldRemoved)
		default:
			f.compare(place{}, a, b)
		}
	}
	change.Fields, change.MoreFields = f.list, f.more
	return nil
}

// whole says that a document is there on one side only.
func (f *fields) whole(op Op) {
	if len(f.list) >= f.max {
		f.more++
		return
	}
	f.list = append(f.list, FieldChange{Document: f.document, Op: op, Field: f.document})
}

func entryAt(entries []tenant.Entry, path string) (tenant.Entry, bool) {
	i := slices.IndexFunc(entries, func(e tenant.Entry) bool { return e.Name.String() == path })
	if i < 0 {
		return tenant.Entry{}, false
	}
	return entries[i], true
}

func documentOf(n layout.Name) string { return n.Kind.String() }

// lookInto compares two versions of an entry. The error is one of reading.
func (c *comparison) lookInto(f *fields, was, is tenant.Entry) (note string, err error) {
	kind := was.Name.Kind
	switch {
	case kind == layout.Rows:
		return c.rows(f, was, is)
	case kind == layout.File, kind == layout.Audit, kind == layout.Extension && !strings.HasSuffix(was.Name.Rest, ".json"):
		return "", nil
	case kind == layout.Metadata:
		if c.old.metadata == nil || c.new.metadata == nil {
			return NoteUnread, nil
		}
		return metadata(f, c.old.metadata, c.new.metadata), nil
	case max(was.Size, is.Size) > maxFieldDocument:
		return NoteUnread, nil
	}
	a, err := c.old.read(c.ctx, was)
	if err != nil {
		return "", err
	}
	b, err := c.new.read(c.ctx, is)
	if err != nil {
		return "", err
	}
	before, ok1 := parse(kind, a)
	after, ok2 := parse(kind, b)
	if !ok1 || !ok2 {
		return NoteUnread, nil
	}
	had := len(f.list) + f.more
	if f.compare(place{}, before, after); len(f.list)+f.more == had {
		return NoteFormatting, nil
	}
	return "", nil
}

// metadata compares the metadata of a workspace but for the records of datasets
// and files, which are compared with those. Of them only the order counts here.
func metadata(f *fields, was, is map[string]any) (note string) {
	had := len(f.list) + f.more
	f.compare(place{}, withoutRecords(was), withoutRecords(is))
	for _, list := range recordLists {
		before, ok1 := ids(was[list])
		after, ok2 := ids(is[list])
		if !ok1 || !ok2 {
			continue
		}
		before, after = common(before, after), common(after, before)
		if !equal(before, after) {
			f.add(place{}.member(list), FieldReordered, before, after, nil)
		}
	}
	switch {
	case len(f.list)+f.more > had:
		return ""
	case equal(was, is):
		return NoteFormatting
	}
	return NoteRecords
}

// recordLists are the lists of a workspace's metadata whose elements are
// records of assets.
var recordLists = []string{"datasets", "files"}

// ids returns the ids of a list of records; ok is false when it is none.
func ids(list any) (out []any, ok bool) {
	elements, ok := list.([]any)
	if !ok {
		return nil, list == nil
	}
	seen := map[string]bool{}
	for _, e := range elements {
		record, _ := e.(map[string]any)
		id, _ := record["id"].(string)
		if id == "" || seen[id] {
			return nil, false
		}
		seen[id] = true
		out = append(out, id)
	}
	return out, true
}

// common returns the ids of list that stand in other too.
func common(list, other []any) []any {
	known := make(map[any]bool, len(other))
	for _, id := range other {
		known[id] = true
	}
	return slices.DeleteFunc(slices.Clone(list), func(id any) bool { return !known[id] })
}

// withoutRecords is the metadata without lists of records that can be told
// apart.
func withoutRecords(metadata map[string]any) map[string]any {
	rest := maps.Clone(metadata)
	for _, list := range recordLists {
		if _, ok := ids(rest[list]); ok {
			delete(rest, list)
		}
	}
	return rest
}

// rows compares rows by their number and columns.
func (c *comparison) rows(f *fields, was, is tenant.Entry) (note string, err error) {
	if c.opts.Rows == nil {
		return NoteUnread, nil
	}
	before, err := describe(c.ctx, was, c.opts.Rows)
	if err != nil {
		return "", err
	}
	after, err := describe(c.ctx, is, c.opts.Rows)
	if err != nil {
		return "", err
	}
	if before == nil || after == nil {
		return NoteUnread, nil
	}
	had := len(f.list) + f.more
	if f.compare(place{}, before.value(), after.value()); len(f.list)+f.more == had {
		return NoteValues, nil
	}
	return "", nil
}

func describe(ctx context.Context, e tenant.Entry, read RowsReader) (rows *Rows, err error) {
	r, err := e.Open(ctx)
	if err != nil {
		return nil, err
	}
	defer func() { err = cmp.Or(err, r.Close()) }()
	content := io.Reader(contextReader{ctx, r})
	if at, ok := r.(io.ReaderAt); ok && e.Size >= 0 {
		content = io.NewSectionReader(at, 0, e.Size)
	}
	return read(ctx, content, e.Size)
}
