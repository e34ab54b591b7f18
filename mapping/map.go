package mapping

import (
	"fmt"
	"slices"
)

// Format is the version of mapping files that this package reads and writes.
const Format = "1.0"

// Kind names a section of a mapping file.
type Kind string

// The kinds, in the order in which files list them.
const (
	Users       Kind = "users"
	Teams       Kind = "teams"
	Roles       Kind = "roles"
	Connections Kind = "connections" // keyed by name; the others by id
	Workspaces  Kind = "workspaces"
)

// Kinds returns all kinds in the order of files.
func Kinds() []Kind { return []Kind{Users, Teams, Roles, Connections, Workspaces} }

// Rule is a way to recognise somebody or something of the archive in the
// target. A rule counts only where it finds exactly one.
type Rule string

// The rules.
const (
	ByID         Rule = "id"          // in another tenant only if something else agrees, except for roles and workspaces
	ByEmail      Rule = "email"       // regardless of case; users only
	ByExternalID Rule = "external_id" // the id in a directory such as SCIM; users and teams
	ByName       Rule = "name"        // regardless of case, but for connections
)

// Rules returns the rules that make sense for the kind.
func (k Kind) Rules() []Rule {
	switch k {
	case Users:
		return []Rule{ByID, ByEmail, ByExternalID, ByName}
	case Teams:
		return []Rule{ByID, ByExternalID, ByName}
	case Roles, Workspaces:
		return []Rule{ByID, ByName}
	case Connections:
		return []Rule{ByName}
	}
	return nil
}

// DefaultMatch returns the rules of a section that states none, in order. A
// user's name alone is too weak, and what a role or a workspace is called says
// little about what it is.
func (k Kind) DefaultMatch() []Rule {
	switch k {
	case Users:
		return []Rule{ByID, ByEmail, ByExternalID}
	case Teams:
		return []Rule{ByID, ByExternalID, ByName}
	case Roles, Workspaces:
		return []Rule{ByID}
	}
	return k.Rules()
}

// Answer is what becomes of somebody or something without a counterpart.
type Answer string

// The answers. They are reserved words in [Entry.To].
const (
	// None leaves it unresolved: owners become empty, grants and memberships
	// are dropped, row security and connections block what needs them.
	None Answer = "none"
	// Create lets it come from the archive: users arrive as invited,
	// connections without their secret, workspaces under their own id.
	Create Answer = "create"
	// Fallback lets the section's fallback user own what the user owns. In
	// every other respect the user stays unresolved: nobody gains access or
	// changes a rule of row security by standing in for an owner.
	Fallback Answer = "fallback"
)

// Answers returns the answers that the kind allows.
func (k Kind) Answers() []Answer {
	switch k {
	case Users:
		return []Answer{None, Create, Fallback}
	case Workspaces:
		return []Answer{Create}
	}
	return []Answer{None, Create}
}

// Map is the content of a mapping file. The zero value maps nothing and leaves
// everything to the default rules.
type Map struct {
	Archive     string  `json:"archive,omitempty"` // id of the tenant that archives must be of; empty means any
	Target      string  `json:"target,omitempty"`  // id of the tenant that the target must be; empty means any
	Users       Section `json:"users,omitzero"`
	Teams       Section `json:"teams,omitzero"`
	Roles       Section `json:"roles,omitzero"`
	Connections Section `json:"connections,omitzero"`
	Workspaces  Section `json:"workspaces,omitzero"`
}

// Section is the mapping of one kind.
type Section struct {
	// Match lists rules; the first one goes first for everybody before the
	// second is tried. Nil means [Kind.DefaultMatch], an empty list no rule.
	Match []Rule `json:"match,omitzero"`

	// Otherwise is for those without an entry whom no rule finds. Empty means
	// Create in the tenant that the archive came from, None in another, and
	// always Create for workspaces.
	Otherwise Answer `json:"otherwise,omitempty"`

	Fallback string           `json:"fallback,omitempty"` // id of a user of the target; users only
	Entries  map[string]Entry `json:"entries,omitempty"`  // by the archive's id, or name of the connection
}

// IsZero reports whether the section says nothing; an empty list of rules says
// something.
func (s Section) IsZero() bool {
	return s.Match == nil && s.Otherwise == "" && s.Fallback == "" && len(s.Entries) == 0
}

// IsZero reports whether the map says nothing.
func (m Map) IsZero() bool {
	for _, k := range Kinds() {
		if !m.Section(k).IsZero() {
			return false
		}
	}
	return m.Archive == "" && m.Target == ""
}

// Entry says what stands for one of the archive. The zero value says nothing.
type Entry struct {
	To string `json:"to,omitempty"` // an id (name) of the target, or an [Answer]
	ID string `json:"id,omitempty"` // an id (name) of the target, even if it is spelled like an answer; instead of To
}

// Target returns what the entry says: an id of the target, or an answer, or
// neither when the entry is blank.
func (e Entry) Target() (id string, answer Answer) {
	switch a := Answer(e.To); a {
	case None, Create, Fallback:
		return "", a
	}
	if e.ID != "" {
		return e.ID, ""
	}
	return e.To, ""
}

// Blank reports whether the entry says nothing.
func (e Entry) Blank() bool { return e == Entry{} }

// To returns the entry that names the target's id, whatever its spelling.
func To(id string) Entry {
	switch Answer(id) {
	case None, Create, Fallback:
		return Entry{ID: id}
	}
	return Entry{To: id}
}

// Pairs returns a section whose entries lead from the keys to the values,
// which are ids of the target.
func Pairs(pairs map[string]string) Section {
	s := Section{Entries: make(map[string]Entry, len(pairs))}
	for from, to := range pairs {
		s.Entries[from] = To(to)
	}
	return s
}

// Section returns the section of the kind. Changes to it are changes to the
// map. It is nil for an unknown kind.
func (m *Map) Section(k Kind) *Section {
	switch k {
	case Users:
		return &m.Users
	case Teams:
		return &m.Teams
	case Roles:
		return &m.Roles
	case Connections:
		return &m.Connections
	case Workspaces:
		return &m.Workspaces
	}
	return nil
}

// CreatePrincipals lets users, teams and roles that the target lacks come from
// the archive, where the map does not say otherwise.
func (m *Map) CreatePrincipals() {
	for _, k := range []Kind{Users, Teams, Roles} {
		m.Section(k).otherwiseCreate()
	}
}

// CreateConnections does the same for connections.
func (m *Map) CreateConnections() { m.Connections.otherwiseCreate() }

func (s *Section) otherwiseCreate() {
	if s.Otherwise == "" {
		s.Otherwise = Create
	}
}

// Rules returns the rules of the section of kind k, in order.
func (s *Section) Rules(k Kind) []Rule {
	if s.Match == nil {
		return k.DefaultMatch()
	}
	return s.Match
}

// Check reports what contradicts itself in a map that did not come from
// [Parse]. Errors are of type [*Error], without a line.
func (m *Map) Check() error {
	for _, k := range Kinds() {
		s := m.Section(k)
		for i, r := range s.Match {
			if err := checkRule(k, s.Match[:i], r); err != nil {
				return &Error{Path: fmt.Sprintf("%s.match[%d]", k, i), Text: err.Error()}
			}
		}
		if s.Otherwise != "" {
			if err := checkAnswer(k, s.Otherwise, s.Fallback); err != nil {
				return &Error{Path: string(k) + ".otherwise", Text: err.Error()}
			}
		}
		if s.Fallback != "" && k != Users {
			return &Error{Path: string(k) + ".fallback", Text: textNoFallback}
		}
		for _, key := range sortedKeys(s.Entries) {
			if err := s.checkEntry(k, key, s.Entries[key]); err != nil {
				return &Error{Path: entryPath(k, key), Text: err.Error()}
			}
		}
	}
	return nil
}

const textNoFallback = "only users have a fallback"

func entryPath(k Kind, key string) string { return fmt.Sprintf("%s.entries.%s", k, printable(key)) }

func (s *Section) checkEntry(k Kind, key string, e Entry) error {
	if key == "" {
		return fmt.Errorf("the key is empty; want an id of the archive")
	}
	if e.To != "" && e.ID != "" {
		return fmt.Errorf("it has both to and id; keep one")
	}
	if _, answer := e.Target(); answer != "" {
		return checkAnswer(k, answer, s.Fallback)
	}
	return nil
}

func checkRule(k Kind, before []Rule, r Rule) error {
	if !slices.Contains(k.Rules(), r) {
		return fmt.Errorf("%s is no rule for %s; want %s", printable(string(r)), k, oneOf(k.Rules()))
	}
	if slices.Contains(before, r) {
		return fmt.Errorf("the rule %s stands twice; keep one", r)
	}
	return nil
}

func checkAnswer(k Kind, a Answer, fallback string) error {
	if !slices.Contains(k.Answers(), a) {
		return fmt.Errorf("%s is no answer for %s; want %s", printable(string(a)), k, oneOf(k.Answers()))
	}
	if a == Fallback && fallback == "" {
		return fmt.Errorf("fallback needs the user: add fallback: with an id of the target to the section %s", k)
	}
	return nil
}
