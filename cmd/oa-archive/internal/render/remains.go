package render

import (
	"fmt"

	"github.com/oneanalytics/oa-archive/archive"
)

// Remains are what is left of a damaged archive.
type Remains struct {
	Damaged    Damaged   `json:"damaged"`
	Signer     *Signer   `json:"signer,omitempty"` // of the damaged archive
	Saved      []Saved   `json:"saved"`
	Lost       []Lost    `json:"lost"`
	Unlisted   []string  `json:"unlisted"`
	Foreign    []Foreign `json:"foreign"`
	Stranded   []string  `json:"stranded"`
	Damage     []Part    `json:"damage"`
	Unsearched []Part    `json:"unsearched"`
	Unreadable []Part    `json:"unreadable"`
	TablesLost bool      `json:"tables_lost"`
}

// Damaged says what archive was damaged.
type Damaged struct {
	ID             string `json:"id"`
	Tenant         string `json:"tenant,omitempty"`
	SigningKey     string `json:"signing_key,omitempty"`
	Manifest       string `json:"manifest"` // proven, unsigned, unproven or lost
	ManifestDigest string `json:"manifest_digest,omitempty"`
	ContentHash    string `json:"content_hash,omitempty"`
	Listed         bool   `json:"listed"`
	Complete       bool   `json:"complete"`
}

// Part is a part of a file, up to but not including To.
type Part struct {
	From int64 `json:"from"`
	To   int64 `json:"to"`
}

// Saved is an entry that can be saved.
type Saved struct {
	Path   string `json:"path"`
	Size   int64  `json:"size"`
	SHA256 string `json:"sha256"`
	Proof  string `json:"proof"`
	Part
}

// Lost is an entry that cannot be saved.
type Lost struct {
	Path    string `json:"path"`
	Size    int64  `json:"size"`
	Reason  string `json:"reason"`
	Claimed bool   `json:"claimed"`
	Part

	words string
}

// Foreign counts the entries of another archive.
type Foreign struct {
	ID      string `json:"id"`
	Entries int    `json:"entries"`
}

// NewRemains describes what is left.
func NewRemains(r *archive.Remains) *Remains {
	out := &Remains{
		Damaged: Damaged{ID: r.ArchiveID, Tenant: r.Tenant.ID, SigningKey: r.SigningKey, Manifest: string(r.State), Listed: r.Listed(), Complete: r.Complete()},
		Saved:   []Saved{}, Lost: []Lost{}, Unlisted: append([]string{}, r.Unlisted...), Foreign: []Foreign{}, Stranded: append([]string{}, r.Stranded...),
		Damage: parts(r.Damage), Unsearched: parts(r.Unsearched), Unreadable: parts(r.Unreadable), TablesLost: r.TablesLost,
	}
	if r.Manifest != nil {
		out.Damaged.ManifestDigest, out.Damaged.ContentHash = r.Digest.String(), r.Manifest.ContentHash
	}
	if r.Signed {
		s := NewSigner(r.Verdict)
		out.Signer = &s
	}
	for _, e := range r.Saved {
		out.Saved = append(out.Saved, Saved{e.Path, e.Size, e.SHA256.String(), string(e.Proof), Part(e.Range)})
	}
	for _, l := range r.Lost {
		out.Lost = append(out.Lost, Lost{l.Path, l.Size, string(l.Reason), l.Claimed, Part(l.Range), l.Reason.Explain()})
	}
	for _, f := range r.Foreign {
		out.Foreign = append(out.Foreign, Foreign{f.ArchiveID, f.Entries})
	}
	return out
}

func parts(ranges []archive.Range) []Part {
	out := []Part{}
	for _, r := range ranges {
		out = append(out, Part(r))
	}
	return out
}

// maxLostLines is how many lost entries and parts the text lists.
const maxLostLines = 100

// Remains prints what is left of the archive called name. output is the file
// that was written, if one was.
func (p *Printer) Remains(name string, r *Remains, output string) {
	verdict, style := "damaged", Bad
	if len(r.Saved) > 0 {
		verdict, style = "saved in part", Warn
	}
	if r.Damaged.Complete {
		verdict, style = "all entries saved", Good
	}
	p.Line(Styled(Strong, name), Text(": "), Styled(style, verdict))
	manifests := map[string]string{
		"proven": "intact", "unsigned": "intact, not signed",
		"unproven": "its signature is lost: what was in the archive is not proven", "lost": "lost: nobody can tell what else was in the archive",
	}
	facts := [][]Span{
		fact("archive", Text(r.Damaged.ID)),
		fact("tenant", Text(firstOf(r.Damaged.Tenant, "not known"))),
		fact("key", Text(firstOf(r.Damaged.SigningKey, "none"))),
		fact("manifest", Text(manifests[r.Damaged.Manifest])),
		fact("saved", Text(savedWords(r.Saved))),
		fact("lost", Text(lostWords(r))),
	}
	if output != "" {
		facts = append(facts, fact("written to", Text(output)))
	}
	p.facts(facts...)
	p.lost(r.Lost)
	p.damage("Damage, in bytes of the file", r.Damage)
	p.damage("Not searched: too much there looks like an archive", r.Unsearched)
	p.damage("Could not be read from the disk", r.Unreadable)
	for _, id := range r.Stranded {
		p.Line(Styled(Warn, "  ! "), Text("of workspace "+id+" the metadata is lost: what was saved of it cannot be imported by itself"))
	}
	for _, f := range r.Foreign {
		p.Line(Styled(Warn, "  ! "), Text(fmt.Sprintf("%s of archive %s lie in the file, too, and are not saved", Plural(int64(f.Entries), "entry/entries"), f.ID)))
	}
	if n := len(r.Unlisted); n > 0 {
		p.Line(Styled(Warn, "  ! "), Text(Plural(int64(n), "entry/entries")+" that the manifest does not list are not saved"))
	}
}

func savedWords(saved []Saved) string {
	by := map[string]int64{}
	var bytes int64
	for _, s := range saved {
		by[s.Proof]++
		bytes += s.Size
	}
	words := fmt.Sprintf("%s, %s of content", Plural(int64(len(saved)), "entry/entries"), Bytes(bytes))
	for _, proof := range []struct{ name, text string }{
		{"signature", "proven by their signatures"}, {"manifest", "by the signed manifest"}, {"digest", "by an unsigned manifest only"}, {"checksum", "by checksums only"},
	} {
		if n := by[proof.name]; n > 0 {
			words += fmt.Sprintf(", %s %s", Count(n), proof.text)
		}
	}
	return words
}

func lostWords(r *Remains) string {
	n := Plural(int64(len(r.Lost)), "entry/entries")
	if !r.Damaged.Listed {
		return n + " that are known of; there may be more"
	}
	return n
}

func (p *Printer) lost(lost []Lost) {
	if len(lost) == 0 {
		return
	}
	p.Blank()
	p.Line(Styled(Strong, "Lost"))
	for i, l := range lost {
		if i == maxLostLines {
			p.Line(Text(fmt.Sprintf("  … and %s more", Count(int64(len(lost)-i)))))
			break
		}
		p.Line(Styled(Bad, "  ✗ "), Text(l.Path), Styled(Faint, ", "+Bytes(l.Size)))
		words := l.words + ", " + l.Part.String()
		if l.Claimed {
			words += " (says a manifest that is not proven)"
		}
		p.Line(Text("      "), Styled(Faint, words))
	}
}

// String gives the bytes.
func (r Part) String() string {
	if r.From == r.To {
		return fmt.Sprintf("at byte %d", r.From)
	}
	return fmt.Sprintf("bytes %d to %d", r.From, r.To-1)
}

func (p *Printer) damage(title string, parts []Part) {
	if len(parts) == 0 {
		return
	}
	p.Blank()
	p.Line(Styled(Strong, title))
	for i, part := range parts {
		if i == maxLostLines {
			p.Line(Text(fmt.Sprintf("  … and %s more", Count(int64(len(parts)-i)))))
			break
		}
		p.Line(Text("  "+part.String()), Styled(Faint, ", "+Bytes(part.To-part.From)))
	}
}
