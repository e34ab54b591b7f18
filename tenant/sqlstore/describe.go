package sqlstore

import (
	"bytes"
	"cmp"
	"context"
	"errors"
	"io"
	"unicode/utf8"

	"github.com/go-json-experiment/json/jsontext"

	"github.com/oneanalytics/oa-archive/layout"
)

// Names and owners are copied out of the documents so that they can be
// queried. That is a convenience: a document that cannot be read this way is
// stored all the same, without them.

const (
	maxDescribed = 64 << 20 // bytes of metadata that is looked into
	maxCopied    = 1024     // bytes of a name or owner
)

// A description is what a document says about an asset.
type description struct{ id, name, owner string }

// describe returns the name and owner that a report or alert states, or that
// metadata states of its workspace. It does not look at what follows them.
func describe(n layout.Name, content []byte) (name, owner string) {
	dec := jsontext.NewDecoder(bytes.NewBuffer(content)) // which it reads in place
	var d description
	var err error
	switch n.Kind {
	case layout.Report, layout.Alert:
		d, err = decodeDescription(dec, true)
	case layout.Metadata:
		err = decodeMembers(dec, func(member string) error {
			if member != "workspace" {
				return dec.SkipValue()
			}
			d, err = decodeDescription(dec, true)
			return err
		})
	}
	if err != nil && err != errEnough {
		return "", ""
	}
	return d.name, d.owner
}

// describeAssets copies what a workspace's metadata says of its datasets and
// files into their rows.
func (t *tx) describeAssets(ctx context.Context, workspace string) error {
	metadata, found, err := t.find(ctx, layout.Name{Kind: layout.Metadata, Workspace: workspace})
	if err != nil || !found || metadata.size > maxDescribed {
		return err
	}
	key := workspaceKey(workspace) + "/"
	err = t.session.exec(ctx, "UPDATE documents SET name = NULL, owner = NULL WHERE tenant_id = ? AND sort_key >= ? AND sort_key < ? AND kind IN (?, ?, ?)",
		t.tenant, key, after(key), layout.Model.String(), layout.Rows.String(), layout.File.String())
	if err != nil {
		return err
	}
	content := newContent(ctx, t.session, metadata)
	c := &captions{to: t.pending, last: map[string]int{}}
	err = readAssets(content, func(kind layout.Kind, d description) error {
		key := sortKey(layout.Name{Kind: kind, Workspace: workspace, Asset: d.id})
		return c.set(ctx, caption{key, d.name, d.owner})
	})
	// Errors of the database count; those of the document do not.
	if content.err != nil && content.err != io.EOF {
		return content.err
	}
	if c.err != nil || err != nil && !unreadable(err) {
		return cmp.Or(c.err, err)
	}
	return c.flush(ctx)
}

// captions collects captions, so that they are stored many at a time. The last
// one for a document counts.
type captions struct {
	to   loader
	all  []caption
	last map[string]int
	err  error
}

const mostCaptions = 1000

func (c *captions) set(ctx context.Context, one caption) error {
	if i, known := c.last[one.key]; known {
		c.all[i] = one
		return nil
	}
	c.last[one.key] = len(c.all)
	c.all = append(c.all, one)
	if len(c.all) < mostCaptions {
		return nil
	}
	c.err = c.flush(ctx)
	return c.err
}

func (c *captions) flush(ctx context.Context) error {
	if len(c.all) == 0 {
		return nil
	}
	err := c.to.caption(ctx, c.all)
	clear(c.last)
	c.all = c.all[:0]
	return err
}

// unreadable reports whether err tells of the document, not of the database.
func unreadable(err error) bool {
	var syntactic *jsontext.SyntacticError
	return errors.As(err, &syntactic) || errors.Is(err, errShape) || errors.Is(err, io.ErrUnexpectedEOF) || errors.Is(err, io.EOF)
}

// readAssets calls update for every dataset and file that metadata lists.
func readAssets(metadata io.Reader, update func(layout.Kind, description) error) error {
	dec := jsontext.NewDecoder(metadata)
	return decodeMembers(dec, func(member string) error {
		var kinds []layout.Kind
		switch member {
		case "datasets":
			kinds = []layout.Kind{layout.Model, layout.Rows}
		case "files":
			kinds = []layout.Kind{layout.File}
		default:
			return dec.SkipValue()
		}
		if err := expect(dec, '['); err != nil {
			return err
		}
		for dec.PeekKind() != ']' {
			d, err := decodeDescription(dec, false)
			if err != nil {
				return err
			}
			for _, kind := range kinds {
				if !layout.IsUUID(d.id) {
					continue
				}
				if err := update(kind, d); err != nil {
					return err
				}
			}
		}
		return expect(dec, ']')
	})
}

// errShape is returned when a document is JSON, but not of the expected form.
var errShape = errors.New("unexpected JSON value")

// errEnough ends the reading of an object that has said everything.
var errEnough = errors.New("enough was read")

// decodeDescription reads an object's "id", "name" and "owner", as far as they
// are texts. When brief it returns [errEnough] once it has name and owner.
func decodeDescription(dec *jsontext.Decoder, brief bool) (d description, err error) {
	missing := map[string]*string{"id": &d.id, "name": &d.name, "owner": &d.owner}
	err = decodeMembers(dec, func(member string) error {
		if brief && missing["name"] == nil && missing["owner"] == nil {
			return errEnough
		}
		to := missing[member]
		delete(missing, member)
		if to == nil || dec.PeekKind() != '"' {
			return dec.SkipValue()
		}
		token, err := dec.ReadToken()
		if err != nil {
			return err
		}
		if text := token.String(); len(text) <= maxCopied && utf8.ValidString(text) && !bytes.ContainsRune([]byte(text), 0) {
			*to = text
		}
		return nil
	})
	return d, err
}

// decodeMembers reads an object and calls value for each member, which must
// read or skip the member's value.
func decodeMembers(dec *jsontext.Decoder, value func(member string) error) error {
	if err := expect(dec, '{'); err != nil {
		return err
	}
	for dec.PeekKind() != '}' {
		member, err := dec.ReadToken()
		if err != nil {
			return err
		}
		if err := value(member.String()); err != nil {
			return err
		}
	}
	return expect(dec, '}')
}

func expect(dec *jsontext.Decoder, kind jsontext.Kind) error {
	if got := dec.PeekKind(); got != kind && got != 0 {
		return errShape
	}
	_, err := dec.ReadToken()
	return err
}
