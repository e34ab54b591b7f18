package restore

import "time"

// ApplyOptions of [Apply]. The zero value works.
type ApplyOptions struct {
	// ImportID is the id under which the target records the import, a UUID.
	// Empty means a new UUIDv7.
	ImportID string

	// Now is the time of the record. Zero means time.Now().
	Now time.Time

	// Authorizer, when set, is asked for everything that the plan needs, under
	// the target's lock and before the first byte is written. Nil means that
	// everything is allowed: whoever can open the store owns it.
	Authorizer Authorizer

	// Progress, when set, is called after each entry with what was written
	// so far and what will be written in all.
	Progress func(done, total int64)
}

// Result says what an import did. Its JSON is stable: members are only ever
// added.
type Result struct {
	ImportID       string    `json:"import_id"`                 // as recorded by the target; empty when nothing was written
	Plan           string    `json:"plan"`                      // id of the plan
	At             time.Time `json:"at"`                        // of the record
	AlreadyApplied bool      `json:"already_applied,omitempty"` // the target's journal holds this very plan: nothing was written now
	Entries        int       `json:"entries"`                   // written, and read back
	Bytes          int64     `json:"bytes"`                     // written
	Fingerprint    string    `json:"fingerprint"`               // of the target afterwards
	Summary        Summary   `json:"summary"`                   // of the plan
	Asleep         []Asleep  `json:"asleep,omitempty"`          // what arrived switched off, and how it is switched on; empty when nothing was written
}
