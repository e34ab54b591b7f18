package restore

import (
	"context"
	"fmt"

	"github.com/oneanalytics/oa-archive/layout"
	"github.com/oneanalytics/oa-archive/manifest"
)

// Proof says that the target holds what the plan promised: everything, not
// only what was written. Its hashes are content hashes as archives state them
// ([manifest.ContentHash]), so that an archive made of the target afterwards,
// with rows and audit trail, has the hash Found.
//
// It was found by listing the target under the import's lock, after the last
// write and right before the commit, when every written entry was read back;
// and again after the commit.
type Proof struct {
	Expected string `json:"expected"` // content hash that the plan gives the target
	Found    string `json:"found"`    // content hash of what the target was seen to hold
	Equal    bool   `json:"equal"`
	Entries  int    `json:"entries"`   // of the target
	Bytes    int64  `json:"bytes"`     // of these
	ReadBack int    `json:"read_back"` // entries whose content was read, the others by their digests

	// SameAsArchive says that the target holds exactly what the archive holds.
	SameAsArchive bool `json:"same_as_archive,omitempty"`

	// ChangedSince is the id of an import that was committed before the second
	// look at the target, which therefore showed that import's state.
	ChangedSince string `json:"changed_since,omitempty"`
}

// compareInventory checks that v holds exactly the entries wanted, and reads
// those for which read says so; nil reads none.
func compareInventory(ctx context.Context, v view, want map[string]layout.Digest, read func(path string) bool) (*Proof, error) {
	proof := &Proof{Expected: contentHash(want), Entries: len(want)}
	listed := make([]manifest.Entry, 0, len(want))
	buffer := make([]byte, 32<<10)
	for e, err := range v.Inventory(ctx) {
		if err != nil {
			return nil, err
		}
		path := e.Name.String()
		d, ok := want[path]
		if !ok {
			return nil, fmt.Errorf("entry %q should not be there", path)
		}
		if d != e.Digest {
			return nil, fmt.Errorf("entry %q has the SHA-256 %s, want %s", path, e.Digest, d)
		}
		listed = append(listed, manifest.Entry{Path: path, SHA256: e.Digest})
		proof.Bytes += e.Size
		if read != nil && read(path) {
			if err := readBack(ctx, e, d, buffer); err != nil {
				return nil, fmt.Errorf("entry %q: %w", path, err)
			}
			proof.ReadBack++
		}
	}
	if len(listed) != len(want) {
		return nil, fmt.Errorf("the target has %d entries, want %d", len(listed), len(want))
	}
	proof.Found = manifest.ContentHash(listed)
	proof.Equal = proof.Found == proof.Expected
	return proof, nil
}

// workspaceHashes returns, for each workspace that changes touch, the content
// hash of what state holds of it.
func workspaceHashes(changes []EntryChange, state map[string]layout.Digest) map[string]string {
	parts := map[string]map[string]layout.Digest{}
	for _, c := range changes {
		if ws := nameOfPath(c.Path).Workspace; ws != "" {
			parts[ws] = map[string]layout.Digest{}
		}
	}
	for path, d := range state {
		if part := parts[nameOfPath(path).Workspace]; part != nil {
			part[path] = d
		}
	}
	hashes := map[string]string{}
	for ws, part := range parts {
		hashes[ws] = contentHash(part)
	}
	return hashes
}

// contentHash returns the content hash of a state.
func contentHash(state map[string]layout.Digest) string {
	listed := make([]manifest.Entry, 0, len(state))
	for path, d := range state {
		listed = append(listed, manifest.Entry{Path: path, SHA256: d})
	}
	return manifest.ContentHash(listed)
}
