package render

import "time"

// What an insurance archive is good for.
const (
	InsuredUndoable = "undoable" // its import was not undone
	InsuredUndone   = "undone"
	InsuredUnlisted = "unlisted" // the journal has no such import
	InsuredMissing  = "missing"  // the journal has the import, but the archive is not to be found
	InsuredUnknown  = "unknown"  // the journal was not looked into
)

// Insured is an archive that insures an import.
type Insured struct {
	Path      string    `json:"path"`
	Tenant    string    `json:"tenant"`
	Import    string    `json:"import"`
	At        time.Time `json:"at"` // of the import
	Summary   string    `json:"summary,omitempty"`
	Size      int64     `json:"size"` // in bytes
	Encrypted bool      `json:"encrypted"`
	State     string    `json:"state"`
	UndoneBy  string    `json:"undone_by,omitempty"`
	Kept      bool      `json:"kept"`   // old enough, but the newest of its tenant
	Chosen    bool      `json:"chosen"` // to be deleted
	Deleted   bool      `json:"deleted"`
}

// insuredStates are what people read for them.
var insuredStates = map[string][]Span{
	InsuredUndoable: {Text("can be undone")},
	InsuredUndone:   {Styled(Faint, "undone")},
	InsuredUnlisted: {Styled(Warn, "no such import")},
	InsuredMissing:  {Styled(Warn, "not to be found")},
	InsuredUnknown:  {Text("")},
}

// Insured lists the archives of insurance below a folder, given newest first; of
// one tenant, with what its journal says, or of all.
func (p *Printer) Insured(all []Insured, folder string, one bool, now time.Time) {
	if len(all) == 0 {
		p.Line(Styled(Faint, "no insurance in "+folder))
		return
	}
	t := &Table{Columns: []Column{{Min: 36}, {Shrink: 8}, {Shrink: 8, Right: true}, {Shrink: 10}, {Shrink: 8}}, NoteColumn: 1}
	total, files := int64(0), int64(0)
	for _, in := range all {
		size := Bytes(in.Size)
		if in.State == InsuredMissing {
			size = "–"
		} else {
			files++
		}
		total += in.Size
		about := Cell(insuredStates[in.State])
		if !one {
			about = C(in.Tenant)
		}
		t.Add(C(in.Import), S(Faint, firstOf(Ago(in.At, now), Time(in.At))), C(size), about, Cell(in.fate()))
		if in.Summary != "" {
			t.Note(Styled(Faint, in.Summary))
		}
	}
	p.Table(t)
	p.Blank()
	p.Line(Text(Plural(files, "archive") + ", " + Bytes(total) + ", in " + folder))
}

// fate says what happens to an archive.
func (in *Insured) fate() []Span {
	switch {
	case in.Deleted:
		return []Span{Styled(Bad, "deleted")}
	case in.Chosen:
		return []Span{Styled(Warn, "to delete")}
	case in.Kept:
		return []Span{Styled(Good, "newest: kept")}
	}
	return nil
}

// Chosen says what was deleted or, with the command that does it, would be.
func (p *Printer) Chosen(all []Insured, command string) {
	chosen, size, kept, failed := int64(0), int64(0), int64(0), int64(0)
	for _, in := range all {
		switch {
		case in.Chosen && command == "" && !in.Deleted:
			failed++
		case in.Chosen:
			chosen++
			size += in.Size
		case in.Kept:
			kept++
		}
	}
	text := Plural(chosen, "archive") + ", " + Bytes(size)
	switch {
	case command != "" && chosen == 0, command == "" && chosen == 0 && failed == 0:
		p.Line(Text("none is old enough to delete"))
	case command != "":
		p.Line(Text("to delete: " + text + "; nothing was deleted"))
	default:
		p.Line(Text("deleted: " + text))
	}
	if failed > 0 {
		p.Line(Styled(Bad, "not deleted: "+Plural(failed, "archive")))
	}
	if kept > 0 {
		p.Line(Styled(Faint, "kept as the newest of its tenant: "+Plural(kept, "archive")+"; --even-newest chooses it too"))
	}
	if command != "" && chosen > 0 {
		p.next([]string{command})
	}
}
