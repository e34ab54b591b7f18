package export

import (
	"bytes"
	"fmt"

	"github.com/oneanalytics/oa-archive/archive"
	"github.com/oneanalytics/oa-archive/internal/secretscan"
	"github.com/oneanalytics/oa-archive/internal/spread"
	"github.com/oneanalytics/oa-archive/layout"
	"github.com/oneanalytics/oa-archive/schema"
	"github.com/oneanalytics/oa-archive/tenant"
)

// How much is read ahead of what is written.
const (
	aheadDocuments = 32
	aheadBytes     = 4 << 20
)

// An ahead is an entry that waits for its turn to be written. Of documents the
// content is read and looked at; the others are streamed when it is their turn.
type ahead struct {
	tenant.Entry
	path       string
	isDocument bool
	kind       schema.Kind // "" for documents without a schema
	doc        []byte
	parsed     *schema.Document // with a kind
	digest     layout.Digest
	fault      error // of validation
	err        error // of reading it; or of going on to the entry behind it

	clean    []byte // doc without the hashes of passwords
	withheld int    // their number
	hashes   error  // why they could not be taken out
	found    []secretscan.Finding
	unread   error // why clean could not be searched for credentials
}

// readAhead takes the next entries of the workspace from the source: a batch
// of documents, or one entry that is streamed. The source is read by this
// goroutine alone; the documents are then parsed and validated on all cores.
// The first error ends the batch and comes with its last entry.
func (x *exporter) readAhead(at *cursor, workspace string) []*ahead {
	var batch []*ahead
	for size := int64(0); at.ok && at.entry.Name.Workspace == workspace && len(batch) < aheadDocuments && size < aheadBytes; {
		e := x.read(at.entry)
		if !e.isDocument && e.err == nil {
			if len(batch) == 0 {
				// Its content passes by before the source goes on: see workspace.
				return []*ahead{e}
			}
			break
		}
		batch = append(batch, e)
		size += int64(len(e.doc))
		if e.err == nil {
			e.err = at.advance()
		}
		if e.err != nil {
			break
		}
	}
	spread.Each(len(batch), func(i int) { batch[i].look(&x.parser, x.secretOptions) })
	return batch
}

// alone writes one entry that belongs to no workspace.
func (x *exporter) alone(at *cursor) error {
	e := x.read(at.entry)
	e.look(&x.parser, x.secretOptions)
	if err := x.copy(e); err != nil {
		return err
	}
	return at.advance()
}

// read looks at the name of one entry, and reads it if it is a document.
func (x *exporter) read(entry tenant.Entry) *ahead {
	e := &ahead{Entry: entry}
	if e.path, e.err = tenant.EntryPath(entry.Name); e.err == nil {
		e.err = x.ctx.Err()
	}
	if e.err != nil {
		e.err = fmt.Errorf("export: %w", e.err)
		return e
	}
	kind, ok := schema.KindOf(entry.Name.Kind)
	if e.kind, e.isDocument = kind, ok || isOwnDocument(entry, x.maxDocument); !e.isDocument {
		return e
	}
	var err error
	if entry.Size > x.maxDocument {
		err = fmt.Errorf("the document has %d bytes, the limit is %d", entry.Size, x.maxDocument)
	} else {
		e.doc, err = readDocument(x.ctx, entry, x.maxDocument)
	}
	if err != nil {
		e.err = fmt.Errorf("export: entry %q: %w", e.path, err)
		e.doc = nil // a part of it is not to be judged
	}
	return e
}

// look finds out about a document what takes time and nothing but the document.
func (e *ahead) look(parser *schema.Parser, opts secretscan.Options) {
	if !e.isDocument || e.doc == nil {
		return
	}
	e.digest = layout.DigestOf(e.doc)
	if e.kind != "" {
		e.parsed = parser.Parse(e.kind, e.doc)
		e.fault = e.parsed.Validate()
	}
	opts.Valid = e.parsed != nil && e.fault == nil
	e.clean, e.withheld, e.hashes = withoutPasswords(e.Name.Kind, e.doc, opts.Valid)
	e.found, e.unread = secretscan.Scan(formatOf(e.Name.Kind), e.clean, opts)
}

// forget gives up what was read of the entry, once its turn has passed.
func (e *ahead) forget() {
	if e.parsed != nil {
		e.parsed.Release()
	}
}

// copy writes one entry to the archive, or tells why not.
func (x *exporter) copy(e *ahead) error {
	if e.err != nil && e.doc == nil {
		return e.err
	}
	err := x.ctx.Err()
	if err != nil {
		return fmt.Errorf("export: %w", err)
	}
	x.census.count(e.Name)
	if e.isDocument {
		err = x.document(e)
	} else {
		err = x.stream(e.Entry, e.path)
	}
	if err != nil {
		return fmt.Errorf("export: entry %q: %w", e.path, err)
	}
	return e.err
}

// document writes one document, after everything that can be wrong with it was
// told.
func (x *exporter) document(e *ahead) error {
	if err := claimed(e.Entry, int64(len(e.doc)), e.digest); err != nil {
		return err
	}
	if e.fault != nil {
		if err := x.documentProblems(e.path, e.fault); err != nil {
			return err
		}
	}
	if e.Name.Kind == layout.Metadata {
		x.census.metadata(e.doc)
	}
	if x.opts.CheckRows != nil {
		x.dataset.document(e.Name, e.doc)
	}
	x.uploads.document(e.Name, e.doc)
	x.passwords(e.path, e.withheld, e.hashes)
	doc := x.guard(e)
	if e.kind != "" && !bytes.Equal(doc, e.doc) {
		e.parsed.Release()
		e.parsed = x.parser.Parse(e.kind, doc) // its neighbours are held against what is written
	}
	if x.refused() {
		return nil
	}
	w, err := x.out.Create(archive.Header{Path: e.path, Size: int64(len(doc))})
	if err != nil {
		return err
	}
	if _, err := w.Write(doc); err != nil {
		return err
	}
	x.progress(int64(len(doc)))
	return nil
}
