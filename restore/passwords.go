package restore

import "encoding/json"

// withheldHash stands in archives for the hash of the password that a link
// asks for, which they never hold (docs/documents.md, "Workspace metadata").
const withheldHash = "[redacted:password-hash]"

// keepPassword lets a grant keep the password that the target has for it, where
// the archive says only that there is one. A grant that the target does not have
// arrives with what stands for the hash: no password opens it until somebody
// sets a new one.
func (m *metadata) keepPassword(a *arrival) error {
	hash := func(grant json.RawMessage) (hash string) {
		var g struct {
			Hash string `json:"password_hash"`
		}
		_ = json.Unmarshal(grant, &g) // null, or of another form: none
		return g.Hash
	}
	own, ok := m.byKey["grants"][a.to]
	if !ok || hash(a.text) != withheldHash || hash(own.raw) == "" {
		return nil
	}
	var err error
	a.text, err = editJSON(a.text, func(e *jsonEditor) error { return e.set("/password_hash", quote(hash(own.raw))) })
	return err
}
