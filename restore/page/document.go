package page

import (
	"html/template"
	"slices"
	"time"

	"github.com/oneanalytics/oa-archive/internal/legible"
	"github.com/oneanalytics/oa-archive/restore"
)

// document is what the template shows, in the order of the page.
type document struct {
	head
	After    bool // an import was tried
	Done     bool // and has a result
	Verdict  verdict
	Cards    []card
	Failure  *failure
	Tallies  []tally
	Bars     []bar
	Sections []section // those that the contents list, present ones only
	Blocked  *blockedList
	Next     []command
	Tables   []*notice // permission changes, and the like: see notices
	Missing  *missingList
	Notes    *noteList
	Groups   []*group
	Total    int  // assets
	Listed   int  // of them with a row
	Cut      bool // some assets have none
	Kinds    []restore.Kind
	Hidden   int // workspaces that are only counted
	Graph    *graph
}

// head is the part of the document that says what it is.
type head struct {
	Title     string
	Heading   template.HTML
	Generator string
	Made      string
	Plan      string
}

// section is one entry of the contents.
type section struct {
	ID, Title string
	N         string // how many, when that says something
}

// card is a list of facts about one side of an import.
type card struct {
	Title string
	Facts []fact
}

type fact struct {
	Label string
	Value template.HTML
	Mono  bool
	Tone  string
}

// failure is the error of an import, line by line.
type failure struct {
	Lines []template.HTML
	More  int
	Hint  string
}

// command is a [Command] in HTML.
type command struct{ Does, Line template.HTML }

// bar is one part of the picture of the counts, in thousandths of its width.
type bar struct {
	X, Width int
	Class    string
}

func newDocument(p *restore.Plan, r *restore.Result, o Options) *document {
	x := newIndex(p, o.MaxRows)
	d := &document{
		After: r != nil || o.Err != nil, Done: r != nil, Verdict: verdictOf(p, r, o.Err), Tallies: tallies(p),
		Total: len(p.Steps), Listed: x.listed, Kinds: x.kinds,
	}
	d.head = newHead(p, d.After, o)
	d.Cards = []card{archiveCard(p, o), targetCard(p, o)}
	if r != nil {
		d.Cards = append([]card{outcomeCard(p, r)}, d.Cards...)
	}
	if o.Err != nil {
		lines, more := paragraphs(o.Err.Error(), 25)
		d.Failure = &failure{More: more, Hint: plain(o.Hint)}
		for _, line := range lines {
			d.Failure.Lines = append(d.Failure.Lines, sentence(line))
		}
	}
	for _, c := range o.Next {
		d.Next = append(d.Next, command{sentence(c.Does), template.HTML(legibly(c.Line, maxCommand))})
	}
	d.Bars = bars(d.Tallies)
	d.Blocked = x.blocked()
	d.Tables = notices(x, p, r)
	d.Missing = x.missing()
	d.Notes = x.notes(p)
	d.Groups = x.groups()
	d.Cut = slices.ContainsFunc(d.Groups, func(g *group) bool { return len(g.Left) > 0 })
	d.Hidden = len(x.places) - len(d.Groups)
	d.Cut = d.Cut || d.Hidden > 0
	d.Graph = x.graph(o.MaxNodes)
	d.Sections = d.contents()
	return d
}

func newHead(p *restore.Plan, after bool, o Options) head {
	what, title := "Plan of an import into ", "Import plan"
	if after {
		what, title = "Import into ", "Import"
	}
	into := firstOf(o.TargetName, p.Target.Tenant)
	h := head{
		Title: title + " · " + plain(into), Heading: template.HTML(what) + name(into),
		Generator: plain(o.Generator), Plan: plain(p.ID),
	}
	if !o.Made.IsZero() {
		h.Made = o.Made.UTC().Format("2006-01-02 15:04 UTC")
	}
	return h
}

// bars draws the counts to scale. What is there at all stays visible.
func bars(tallies []tally) []bar {
	const width, least = 1000, 6
	sum := 0
	for _, t := range tallies {
		sum += t.N
	}
	var all []bar
	at := 0
	for i, t := range tallies {
		w := max(least, width*t.N/sum)
		if left := width - at - least*(len(tallies)-i-1); w > left || i == len(tallies)-1 {
			w = left
		}
		all = append(all, bar{at, w, t.Class})
		at += w
	}
	return all
}

func archiveCard(p *restore.Plan, o Options) card {
	c := card{Title: "From the archive"}
	c.add("file", o.Archive, false)
	tenant := name(firstOf(o.Tenant.Name, p.Archive.Tenant))
	if o.Tenant.Name != "" && o.Tenant.Name != p.Archive.Tenant {
		tenant += " (" + name(p.Archive.Tenant) + ")"
	}
	for _, place := range []string{o.Tenant.Region, o.Tenant.Jurisdiction} {
		if place != "" {
			tenant += " · " + name(place)
		}
	}
	c.Facts = append(c.Facts, fact{Label: "tenant", Value: tenant})
	c.add("made", instant(p.Archive.Created), false)
	if o.Signer != nil {
		c.Facts = append(c.Facts, o.Signer.fact())
		c.add("key", o.Signer.Fingerprint, true)
	}
	c.add("archive", p.Archive.ID, true)
	c.add("content", p.Archive.ContentHash, true)
	c.add("manifest", p.Archive.Manifest, true)
	return c
}

func targetCard(p *restore.Plan, o Options) card {
	c := card{Title: "Into the target"}
	c.add("store", o.Store, false)
	tenant := name(firstOf(o.TargetName, p.Target.Tenant))
	if o.TargetName != "" && o.TargetName != p.Target.Tenant {
		tenant += " (" + name(p.Target.Tenant) + ")"
	}
	c.Facts = append(c.Facts, fact{Label: "tenant", Value: tenant})
	if !p.SameTenant {
		c.Facts = append(c.Facts, fact{Label: "note", Value: "another tenant than the archive’s", Tone: "warn"})
	}
	holds := legible.Plural(int64(p.Target.Entries), "entry/entries")
	if p.Target.Entries == 0 {
		holds = "nothing"
	}
	c.add("held", holds+" when the plan was made", false)
	c.add("state", p.Target.Fingerprint, true)
	c.add("plan", p.ID, true)
	return c
}

func outcomeCard(p *restore.Plan, r *restore.Result) card {
	c := card{Title: "Outcome"}
	if r.ImportID != "" {
		c.add("import", r.ImportID, true)
	}
	if !r.At.IsZero() {
		c.add("at", r.At.UTC().Format("2006-01-02 15:04:05 UTC"), false)
	}
	if r.Entries > 0 {
		c.add("written", legible.Plural(int64(r.Entries), "entry/entries")+", "+legible.Bytes(r.Bytes)+", each read back and compared", false)
	} else {
		c.add("written", "nothing", false)
	}
	if r.Plan != p.ID {
		c.Facts = append(c.Facts, fact{Label: "plan", Value: name(r.Plan), Mono: true, Tone: "warn"})
	}
	c.add("state now", r.Fingerprint, true)
	return c
}

// add puts in a fact unless it is empty.
func (c *card) add(label, value string, mono bool) {
	if value != "" {
		c.Facts = append(c.Facts, fact{Label: label, Value: name(value), Mono: mono})
	}
}

func (s *Signer) fact() fact {
	f := fact{Label: "signature"}
	switch s.Trust {
	case Trusted:
		f.Tone, f.Value = "good", "✓ trusted: "+name(s.Principal)
	case Untrusted:
		f.Tone, f.Value = "bad", "✗ not trusted: "+sentence(s.Reason)
		if s.Principal != "" {
			f.Value += " (" + name(s.Principal) + ")"
		}
	case Unsigned:
		f.Tone, f.Value = "bad", "✗ not signed: nothing vouches for the content"
	default:
		f.Tone, f.Value = "warn", "? signer unknown: nobody said whom to trust"
	}
	return f
}

// instant writes a time of a document for people, or as it stands.
func instant(s string) string {
	t, err := time.Parse(time.RFC3339, s)
	if err != nil {
		return s
	}
	return t.UTC().Format("2006-01-02 15:04:05 UTC")
}

func (d *document) contents() []section {
	var all []section
	add := func(id, title string, n int) {
		s := section{ID: id, Title: title}
		if n > 0 {
			s.N = legible.Count(int64(n))
		}
		all = append(all, s)
	}
	if d.Failure != nil {
		add("error", "Error", 0)
	}
	if d.Blocked != nil {
		add("blocked", "Blocked", d.Blocked.N)
	}
	if len(d.Next) > 0 {
		add("next", "How to go on", 0)
	}
	for _, t := range d.Tables {
		add(t.ID, t.Title, t.N)
	}
	if d.Missing != nil {
		add("missing", "Not in the target", d.Missing.N)
	}
	if d.Notes != nil {
		add("notes", "Worth knowing", d.Notes.N)
	}
	add("decisions", "Decisions", d.Total)
	if d.Graph != nil {
		add("graph", "Dependencies", 0)
	}
	return all
}
