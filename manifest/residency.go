package manifest

import (
	"encoding/json"
	"errors"
	"fmt"
	"strings"

	"github.com/oneanalytics/oa-archive/internal/strictjson"
)

// Bounds of a [Residency].
const (
	MaxExceptions   = 1000 // elements of Exceptions
	MaxPlace        = 64   // bytes of Region and of Jurisdiction
	MaxSubProcessor = 256  // bytes of SubProcessor
	MaxLegalBasis   = 1024 // bytes of LegalBasis and of Purpose
)

// residencyVersion is the first in which residency has a form (M-22).
var residencyVersion = Version{Major: 1, Minor: 2}

// A Residency says where the data of the tenant lay when the archive was made,
// and to whom of elsewhere it may go all the same (M-22). It is the word of
// whoever made the archive.
type Residency struct {
	Country      string // ISO 3166-1 alpha-2, upper case; see [CheckCountry]
	Region       string // as the provider calls it, such as "eu-central-1"; may be empty
	Jurisdiction string // whose law applies, such as "EU"; may be empty
	// Exceptions is the whole register: empty says that there are none.
	Exceptions []ResidencyException
	Extra      Members
}

// A ResidencyException is one line of the register: a sub-processor that
// handles data of the tenant in another country (GDPR, articles 28 and 44 to 49).
type ResidencyException struct {
	SubProcessor string // its name, 1 to 256 bytes
	Country      string // where it handles the data, as in [Residency]
	LegalBasis   string // of the transfer, 1 to 1,024 bytes
	Purpose      string // what it does with the data, up to 1,024 bytes; may be empty
	Extra        Members
}

// CheckCountry reports whether s has the form of an ISO 3166-1 alpha-2 code:
// two letters A to Z. Which codes are assigned changes with time, archives do
// not; package residency knows those of today.
func CheckCountry(s string) error {
	if len(s) != 2 || s[0] < 'A' || s[0] > 'Z' || s[1] < 'A' || s[1] > 'Z' {
		return fmt.Errorf("%+.80q is not a country: want two capital letters, as ISO 3166-1 has them", s)
	}
	return nil
}

// Check says what about r breaks rule M-22, or nil.
func (r *Residency) Check() error {
	if err := CheckCountry(r.Country); err != nil {
		return fmt.Errorf("country: %w", err)
	}
	if err := checkText(r.Region, 0, MaxPlace); err != nil {
		return fmt.Errorf("region: %w", err)
	}
	if err := checkText(r.Jurisdiction, 0, MaxPlace); err != nil {
		return fmt.Errorf("jurisdiction: %w", err)
	}
	if len(r.Exceptions) > MaxExceptions {
		return fmt.Errorf("exceptions: more than %d", MaxExceptions)
	}
	for i := range r.Exceptions {
		if err := r.Exceptions[i].check(); err != nil {
			return fmt.Errorf("exceptions[%d]: %w", i, err)
		}
	}
	return nil
}

func (e *ResidencyException) check() error {
	if err := checkText(e.SubProcessor, 1, MaxSubProcessor); err != nil {
		return fmt.Errorf("sub_processor: %w", err)
	}
	if err := CheckCountry(e.Country); err != nil {
		return fmt.Errorf("country: %w", err)
	}
	if err := checkText(e.LegalBasis, 1, MaxLegalBasis); err != nil {
		return fmt.Errorf("legal_basis: %w", err)
	}
	if err := checkText(e.Purpose, 0, MaxLegalBasis); err != nil {
		return fmt.Errorf("purpose: %w", err)
	}
	return nil
}

// Marshal checks r and returns the value of [Manifest.Residency].
func (r *Residency) Marshal() (json.RawMessage, error) {
	if err := r.Check(); err != nil {
		return nil, refuse("M-22", "residency", "%w", err)
	}
	members := Members{{"country", quoted(r.Country)}}
	members = appendText(members, "region", r.Region)
	members = appendText(members, "jurisdiction", r.Jurisdiction)
	exceptions := make([]string, len(r.Exceptions))
	for i, e := range r.Exceptions {
		of := Members{{"sub_processor", quoted(e.SubProcessor)}, {"country", quoted(e.Country)}, {"legal_basis", quoted(e.LegalBasis)}}
		exceptions[i] = object(append(appendText(of, "purpose", e.Purpose), e.Extra...))
	}
	members = append(members, Member{"exceptions", json.RawMessage("[" + strings.Join(exceptions, ", ") + "]")})
	return json.RawMessage(object(append(members, r.Extra...))), nil
}

// appendText adds a member whose text is not empty.
func appendText(members Members, name, text string) Members {
	if text == "" {
		return members
	}
	return append(members, Member{name, quoted(text)})
}

// ParseResidency reads the value of [Manifest.Residency], strictly.
func ParseResidency(value json.RawMessage) (*Residency, error) {
	err := checkValue(value)
	r := &Residency{}
	if err == nil {
		err = r.decode(value)
	}
	if err == nil {
		err = r.Check()
	}
	if err != nil {
		return nil, refuse("M-22", "residency", "%w", innermostText(err))
	}
	return r, nil
}

// innermostText takes the rules off the errors of members: M-22 covers them.
func innermostText(err error) error {
	if e := (*Error)(nil); errors.As(err, &e) {
		if e.Member == "" {
			return e.Err
		}
		return fmt.Errorf("%s: %w", e.Member, innermostText(e.Err))
	}
	return err
}

func (r *Residency) decode(value []byte) (err error) {
	r.Extra, err = decodeObject(value, "", []field{
		{"country", true, "M-22", text(&r.Country)},
		{"region", false, "M-22", optionalText(&r.Region)},
		{"jurisdiction", false, "M-22", optionalText(&r.Jurisdiction)},
		{"exceptions", true, "M-22", r.decodeExceptions},
	})
	return err
}

func (r *Residency) decodeExceptions(value []byte) error {
	if !strictjson.IsArray(value) {
		return errors.New("not a list")
	}
	for element := range strictjson.Elements(value) {
		var e ResidencyException
		extra, err := decodeObject(element, "", []field{
			{"sub_processor", true, "M-22", text(&e.SubProcessor)},
			{"country", true, "M-22", text(&e.Country)},
			{"legal_basis", true, "M-22", text(&e.LegalBasis)},
			{"purpose", false, "M-22", optionalText(&e.Purpose)},
		})
		if err != nil {
			return err
		}
		e.Extra = extra
		if r.Exceptions = append(r.Exceptions, e); len(r.Exceptions) > MaxExceptions {
			return fmt.Errorf("more than %d", MaxExceptions)
		}
	}
	return nil
}

// DataResidency returns what the manifest says of where its data lies; nil when
// it says nothing, and for archives of formats before 1.2, in which the member
// was reserved (M-18).
func (m *Manifest) DataResidency() (*Residency, error) {
	if m.Residency == nil || m.Format.Less(residencyVersion) {
		return nil, nil
	}
	return ParseResidency(m.Residency)
}

// checkResidency covers M-22.
func (m *Manifest) checkResidency() error {
	r, err := m.DataResidency()
	if err != nil || r == nil {
		return err
	}
	for _, pair := range [...]struct{ member, said, tenant string }{
		{"region", r.Region, m.Tenant.Region}, {"jurisdiction", r.Jurisdiction, m.Tenant.Jurisdiction},
	} {
		if pair.said != "" && pair.tenant != "" && pair.said != pair.tenant {
			return refuse("M-22", "residency."+pair.member, "is %+.80q, but the tenant's is %+.80q", pair.said, pair.tenant)
		}
	}
	return nil
}
