package restore

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"

	"github.com/oneanalytics/oa-archive/layout"
)

// Origin is what a copy remembers of where it came from, in its member
// "origin".
type Origin struct {
	Tenant  string `json:"tenant"`
	Archive string `json:"archive"` // id of the archive that it first came from, or that it was last updated from
	ID      string `json:"id"`      // of the original
	Label   string `json:"label,omitempty"`

	// Imported is a digest of the copy as it was imported: 64 lower-case
	// hexadecimal digits. A copy that no longer has it was edited since.
	Imported string `json:"imported,omitempty"`
}

// originOf returns the origin that a document or record states; the zero
// value when it states none.
func originOf(doc []byte) Origin {
	var copied struct{ Origin Origin }
	if json.Unmarshal(doc, &copied) != nil {
		return Origin{}
	}
	return copied.Origin
}

// nameOf returns the member "name" of a document, or "".
func nameOf(doc []byte) string {
	var named struct{ Name string }
	if json.Unmarshal(doc, &named) != nil {
		return ""
	}
	return named.Name
}

// restless are members that change without anybody editing the asset. The
// digest of an import leaves them out, and "origin" with them.
var restless = map[Kind][]string{
	Workspace: {"updated_at"},
	Dataset:   {"updated_at", "last_refresh_at", "row_count", "size_bytes"},
	Report:    {"updated_at"},
	Alert:     {"updated_at", "state"},
}

// importedDigest identifies what an asset says: its document or record, and
// the digest of the content beside the record ("" for assets without). White
// space, the order of members and the spelling of texts do not count.
func importedDigest(kind Kind, doc []byte, content string) (string, error) {
	var members map[string]json.RawMessage
	if err := json.Unmarshal(doc, &members); err != nil {
		return "", err
	}
	delete(members, "origin")
	for _, name := range restless[kind] {
		delete(members, name)
	}
	// Members that are there and null say no more than those that are absent.
	for name, value := range members {
		if bytes.Equal(value, []byte("null")) {
			delete(members, name)
		}
	}
	text, err := json.Marshal(members)
	if err != nil {
		return "", err
	}
	if text, err = canonical(text); err != nil {
		return "", err
	}
	sum := sha256.Sum256(fmt.Appendf(text, "\n%s\n", content))
	return hex.EncodeToString(sum[:]), nil
}

// markCopy gives a copy its name and its origin, in the object at pointer.
func (p *planner) markCopy(e *jsonEditor, it *item, pointer string) error {
	if it.copied().newName != "" {
		if err := e.set(pointer+"/name", quote(it.copied().newName)); err != nil {
			return err
		}
	}
	doc, _, err := e.inner.Get(pointer)
	if err != nil {
		return err
	}
	if it.asCopy().imported, err = importedDigest(it.kind, doc, it.copied().content); err != nil {
		return err
	}
	origin, err := json.Marshal(Origin{Tenant: p.manifest.Tenant.ID, Archive: it.copied().originArchive, ID: it.id, Label: p.label, Imported: it.copied().imported})
	if err != nil {
		return err
	}
	return e.set(pointer+"/origin", origin)
}

// contentDigest returns the digest of what a copied dataset or file holds
// beside its record, as the record's origin counts it. Which assets are copied
// must be settled.
func (p *planner) contentDigest(ctx context.Context, it *item) (string, error) {
	if e, ok := it.entryOf(layout.File); ok {
		return e.digest.String(), nil
	}
	e, ok := it.entryOf(layout.Model)
	if !ok {
		return "", nil
	}
	doc, err := p.document(ctx, it, e)
	if err != nil {
		return "", err
	}
	return layout.DigestOf(doc).String(), nil
}

// contentThere is contentDigest of an asset that the target has.
func contentThere(a *asset) string {
	for _, kind := range []layout.Kind{layout.File, layout.Model} {
		if e, ok := a.entryOf(kind); ok {
			return e.digest.String()
		}
	}
	return ""
}
