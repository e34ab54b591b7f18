package schema

// RowRule is a rule of row security of a model, as it stands there.
type RowRule struct {
	Name                string
	Roles, Teams, Users []string // whom it applies to, by id
	Predicate           string
}

// RowRules returns the rules of row security of a model, in document order.
// What has another shape than its schema demands is left out. Documents of
// other kinds, and those that cannot be read, have none.
func (d *Document) RowRules() []RowRule {
	if d.kind != KindModel {
		return nil
	}
	var rules []RowRule
	for _, n := range d.tree.member("security").elements() {
		to := n.member("applies_to")
		rules = append(rules, RowRule{
			Name: n.member("name").kept(), Predicate: n.member("predicate").kept(),
			Roles: texts(to.member("role")), Teams: texts(to.member("team")), Users: texts(to.member("user")),
		})
	}
	return rules
}

// Owner returns the text of the document's member "owner", or "".
func (d *Document) Owner() string { return d.tree.member("owner").kept() }

func texts(n *node) []string {
	var all []string
	for _, element := range n.elements() {
		if element.form == text {
			all = append(all, element.kept())
		}
	}
	return all
}
