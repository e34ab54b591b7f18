package access

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"strings"
	"time"
)

// What a change is of.
const (
	OfRight = "right" // to an asset
	OfRows  = "rows"  // of a dataset
)

// Target names the asset that a change is about.
type Target struct {
	Kind      string `json:"kind"`                // tenant, workspace, dataset, report, alert or file
	Workspace string `json:"workspace,omitempty"` // id of the workspace that it is in
	ID        string `json:"id,omitempty"`
	Name      string `json:"name,omitempty"`
}

// Change is how the right of somebody to an asset differs. Its JSON is stable:
// members are only ever added.
type Change struct {
	// ID is computed over what the change says, names and the sentence apart:
	// 12 hexadecimal digits. The same change has the same id.
	ID string `json:"id"`

	Asset     Target    `json:"asset"`
	Principal Principal `json:"principal"`
	Of        string    `json:"of"`     // right or rows
	Before    string    `json:"before"` // none, view, edit, admin or owner; of rows: none, some or all
	After     string    `json:"after"`

	BeforeAlso []string `json:"before_also,omitempty"` // permissions beyond the level; of rows: the conditions
	AfterAlso  []string `json:"after_also,omitempty"`

	From  string `json:"from,omitempty"`  // RFC 3339: when the difference begins; absent: at once
	Until string `json:"until,omitempty"` // RFC 3339: when it changes again; absent: never

	Widens   bool   `json:"widens,omitempty"` // somebody may get more than before
	Sentence string `json:"sentence"`
}

// finish computes the id and the sentence.
func (c *Change) finish() {
	identity, err := json.Marshal([]any{
		c.Asset.Kind, c.Asset.Workspace, c.Asset.ID, c.Principal.Kind, c.Principal.ID, c.Of,
		c.Before, c.After, c.BeforeAlso, c.AfterAlso, c.From, c.Until,
	})
	if err != nil {
		panic(err) // strings always encode
	}
	sum := sha256.Sum256(identity)
	c.ID = hex.EncodeToString(sum[:6])
	if c.Of == OfRows {
		c.Sentence = c.rowsSentence()
	} else {
		c.Sentence = c.rightSentence()
	}
}

func (c *Change) rightSentence() string {
	who, what := c.Principal.label(), c.Asset.label()
	if c.Asset.Kind == KindTenant {
		return who + " " + tenantSentence(c.Before, c.After)
	}
	before, after := rightLabel(c.Before, c.BeforeAlso), rightLabel(c.After, c.AfterAlso)
	text := ""
	switch {
	case c.Before == string(None):
		text = fmt.Sprintf("%s gains %s of %s", who, after, what)
	case c.After == string(None):
		text = fmt.Sprintf("%s loses %s of %s", who, before, what)
	default:
		text = fmt.Sprintf("%s has %s of %s instead of %s", who, after, what, before)
	}
	if c.From != "" {
		text += ", from " + c.From
	}
	if c.Until != "" {
		text += ", until " + c.Until
	}
	return text
}

func tenantSentence(before, after string) string {
	switch {
	case after == string(Owner):
		return "becomes an owner of the tenant, and admin of every workspace"
	case after == string(None):
		return "may no longer sign in"
	case before == string(None):
		return "may sign in again"
	}
	return "is no longer an owner of the tenant"
}

func (c *Change) rowsSentence() string {
	who, what := c.Principal.label(), c.Asset.label()
	if c.Before == c.After {
		return fmt.Sprintf("%s sees other rows of %s: those with %s instead of those with %s", who, what, conditions(c.AfterAlso), conditions(c.BeforeAlso))
	}
	words := map[string]string{string(NoRows): "no rows", string(SomeRows): "some rows", string(AllRows): "all rows"}
	text := fmt.Sprintf("%s sees %s of %s instead of %s", who, words[c.After], what, words[c.Before])
	switch {
	case c.After == string(SomeRows):
		text += ": those with " + conditions(c.AfterAlso)
	case c.Before == string(SomeRows):
		text += ", which were those with " + conditions(c.BeforeAlso)
	}
	return text
}

// conditions writes conditions for people, shortened.
func conditions(all []string) string {
	const longest = 160
	text := []rune(strings.Join(all, " AND "))
	if len(text) > longest {
		text = append(text[:longest], '…')
	}
	return string(text)
}

func rightLabel(level string, also []string) string {
	if len(also) == 0 {
		return level
	}
	return level + " with " + strings.Join(also, ", ")
}

func (p Principal) label() string {
	switch p.Kind {
	case Anyone:
		return "whoever no rule names"
	case KindLink, KindEmbed:
		return "whoever finds " + p.Kind + " " + p.ID
	}
	if p.Name == "" || p.Name == p.ID {
		return p.Kind + " " + p.ID
	}
	return fmt.Sprintf("%s %q (%s)", p.Kind, p.Name, p.ID)
}

func (t Target) label() string {
	if t.Name == "" {
		return t.Kind + " " + t.ID
	}
	return fmt.Sprintf("%s %q", t.Kind, t.Name)
}

func stamp(t time.Time) string {
	if t.IsZero() {
		return ""
	}
	return t.UTC().Format(time.RFC3339)
}
