package vectorgen

import (
	"strings"

	"github.com/oneanalytics/oa-archive/manifest"
)

// residing builds an archive that states residency, in the given format.
func residing(format, value string, tenant manifest.Tenant) func() []byte {
	return with(func(c *Case) {
		c.Tenant = tenant
		c.Hint = replaceHint("1.0", format)
		c.Text = func(s string) string {
			s = replacer(`"format": "1.0"`, `"format": "`+format+`"`)(s)
			return replacer(`"extensions": {}`, `"extensions": {}, "residency": `+value)(s)
		}
	})
}

// residencyVectors are about where the data lies (M-22).
func residencyVectors() []Vector {
	acme := manifest.Tenant{ID: "acme", Name: "Acme", Region: "eu-central-1"}
	exception := func(members string) string { return `{"country": "DE", "exceptions": [{` + members + `}]}` }
	long := func(n int) string { return strings.Repeat("l", n) }
	many := strings.Repeat(`{"sub_processor": "p", "country": "US", "legal_basis": "l"}, `, manifest.MaxExceptions-1)
	last := `{"sub_processor": "` + long(manifest.MaxSubProcessor) + `", "country": "US", "legal_basis": "` + long(manifest.MaxLegalBasis) + `", "purpose": "` + long(manifest.MaxLegalBasis) + `"}`
	full := `"exceptions": [` + many + last + `]}`
	ok := func(name, format, value, what string) Vector {
		return Vector{Name: name, Rule: "M-22", Text: what, Build: residing(format, value, acme)}
	}
	bad := func(name, value, what string) Vector {
		return Vector{Name: "residency-" + name, Rule: "M-22", Code: "bad-manifest", Text: what, Build: residing("1.2", value, acme)}
	}
	return []Vector{
		ok("ok-residency", "1.2", `{"country": "DE", "region": "eu-central-1", "jurisdiction": "EU", "exceptions": [{"sub_processor": "Mail Inc.", "country": "US", "legal_basis": "SCC 2021/914", "purpose": "alerts by e-mail", "since": 2024}], "later": [1]}`,
			"Format 1.2, which readers of 1.0 may read: where the data lies, an exception, and members that nobody knows."),
		ok("ok-residency-least", "1.2", `{"country": "DE", "exceptions": []}`, "A country, and an empty register."),
		ok("ok-residency-reserved", "1.1", `["anywhere"]`, "Before 1.2 the member is reserved, whatever is in it."),
		{Name: "limit-residency", Rule: "M-22", Text: "The longest texts and the most exceptions.",
			Build: residing("1.2", `{"country": "ZZ", "region": "`+long(manifest.MaxPlace)+`", "jurisdiction": "`+long(manifest.MaxPlace)+`", `+full, manifest.Tenant{ID: "acme", Name: "Acme"})},
		bad("no-object", `"DE"`, "Residency is a text."),
		bad("no-country", `{"region": "eu-central-1", "exceptions": []}`, "The country is missing."),
		bad("country-lower-case", `{"country": "de", "exceptions": []}`, "The country in lower case."),
		bad("country-three-letters", `{"country": "DEU", "exceptions": []}`, "A country of three letters."),
		bad("no-register", `{"country": "DE"}`, "The register of exceptions is missing."),
		bad("region-empty", `{"country": "DE", "region": "", "exceptions": []}`, "An empty region instead of none."),
		bad("region-too-long", `{"country": "DE", "region": "`+long(manifest.MaxPlace+1)+`", "exceptions": []}`, "A region of 65 bytes."),
		bad("region-other", `{"country": "DE", "region": "eu-west-1", "exceptions": []}`, "Another region than the tenant's."),
		bad("jurisdiction-control", `{"country": "DE", "jurisdiction": "E\u001b[2JU", "exceptions": []}`, "A control character for the reader's terminal."),
		bad("too-many-exceptions", `{"country": "DE", "exceptions": [`+many+last+`, `+last+`]}`, "1,001 exceptions."),
		bad("exception-no-processor", exception(`"country": "US", "legal_basis": "l"`), "An exception for nobody."),
		bad("exception-no-country", exception(`"sub_processor": "p", "legal_basis": "l"`), "An exception for nowhere."),
		bad("exception-no-basis", exception(`"sub_processor": "p", "country": "US"`), "An exception without a legal basis."),
		bad("exception-basis-empty", exception(`"sub_processor": "p", "country": "US", "legal_basis": ""`), "An empty legal basis."),
		bad("exception-purpose-too-long", exception(`"sub_processor": "p", "country": "US", "legal_basis": "l", "purpose": "`+long(manifest.MaxLegalBasis+1)+`"`), "A purpose of 1,025 bytes."),
	}
}
