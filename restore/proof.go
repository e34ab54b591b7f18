package restore

import (
	"context"
	"fmt"
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

// compareInventory checks that v holds exactly the entries wanted, each once,
// and reads back those that were written.
func compareInventory(ctx context.Context, v view, want state, readWritten bool) (*Proof, error) {
	hash := want.hash()
	proof := &Proof{Expected: hash, Entries: len(want)}
	seen, missing := make([]bool, len(want)), len(want)
	buffer := make([]byte, 32<<10)
	for e, err := range v.Inventory(ctx) {
		if err != nil {
			return nil, err
		}
		path := e.Name.String()
		at, ok := want.search(path)
		switch {
		case !ok:
			return nil, fmt.Errorf("entry %q should not be there", path)
		case seen[at]:
			return nil, fmt.Errorf("entry %q is there twice", path)
		case want[at].digest != e.Digest:
			return nil, fmt.Errorf("entry %q has the SHA-256 %s, want %s", path, e.Digest, want[at].digest)
		}
		seen[at] = true
		missing--
		proof.Bytes += e.Size
		if readWritten && want[at].written {
			if err := readBack(ctx, e, e.Digest, buffer); err != nil {
				return nil, fmt.Errorf("entry %q: %w", path, err)
			}
			proof.ReadBack++
		}
	}
	if missing > 0 {
		return nil, fmt.Errorf("the target has %d entries, want %d", len(want)-missing, len(want))
	}
	// All that is wanted was seen, and nothing else.
	proof.Found, proof.Equal = hash, true
	return proof, nil
}

// workspaceHashes returns, for each workspace that changes touch, the content
// hash of what state holds of it.
func workspaceHashes(changes []EntryChange, all state) map[string]string {
	parts := map[string]state{}
	for _, c := range changes {
		if ws := nameOfPath(c.Path).Workspace; ws != "" {
			parts[ws] = state{}
		}
	}
	for _, h := range all {
		ws := nameOfPath(h.path).Workspace
		if part := parts[ws]; part != nil {
			parts[ws] = append(part, h)
		}
	}
	hashes := map[string]string{}
	for ws, part := range parts {
		hashes[ws] = part.hash()
	}
	return hashes
}
