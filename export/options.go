package export

import (
	"fmt"
	"strings"

	"github.com/oneanalytics/oa-archive/archive"
	"github.com/oneanalytics/oa-archive/schema"
	"github.com/oneanalytics/oa-archive/tenant"
)

// Options say what to export and how to write it. The zero value selects all
// documents and uploaded files, without rows and audit trail; but somebody
// has to say how the archive is signed, in Writer.
type Options struct {
	// Writer is handed to [archive.NewWriter]. Its Tenant is filled in from
	// the source, and so is Residency unless it is set.
	Writer archive.WriterOptions

	// Selection narrows what is exported. The manifest's coverage section
	// says what that leaves out.
	Selection tenant.Selection

	// AllowInvalid exports documents that break their schema or refer to
	// something that is not there, byte for byte. Their problems are passed
	// to Warn. Otherwise any such problem refuses the export.
	AllowInvalid bool

	// CheckRows, when set, is called with the rows of each dataset before
	// they are written; package rowcheck has one. Its problems count like
	// those of documents. Rows of a source that hands out no [io.ReaderAt] are
	// spooled for it: in memory up to 8 MiB, then in an encrypted file without
	// a name in Writer.TempDir.
	CheckRows RowsCheck

	// Warn, when set, is called with every problem that does not refuse the
	// export.
	Warn func(schema.Problem)

	// RedactSecrets replaces what looks like a credential in a document by
	// "[redacted:rule]"; the coverage section says how many. Otherwise, and for
	// the audit trail always, it refuses the export with a [*SecretError].
	// Extensions are searched if they are JSON (a path that ends in .json) and
	// the source states their size; rows and uploaded files are not.
	RedactSecrets bool

	// AllowSecrets lists what is known not to be a credential.
	AllowSecrets []AllowedSecret

	// Progress, when set, is called after each entry with the number of
	// entries and bytes written so far.
	Progress func(entries int, bytes int64)

	// MaxDocument is the largest document, in bytes, that is accepted. Zero
	// means archive.DefaultLimits().Document.
	MaxDocument int64
}

// An InvalidError lists the problems of documents that refused an export.
type InvalidError struct {
	Problems []schema.Problem // at most [MaxProblems], in canonical order of their paths
	More     int              // how many further problems were found
}

// MaxProblems is how many problems an [InvalidError] lists.
const MaxProblems = 1000

// Error lists the first problems, one a line.
func (e *InvalidError) Error() string {
	const shown = 20
	var b strings.Builder
	n := len(e.Problems) + e.More
	fmt.Fprintf(&b, "export: %d problems in the tenant's documents", n)
	if n == 1 {
		b.Reset()
		b.WriteString("export: a problem in the tenant's documents")
	}
	for i, p := range e.Problems {
		if i == shown {
			break
		}
		b.WriteString("\n  " + p.String())
	}
	if n > shown {
		fmt.Fprintf(&b, "\n  … and %d more", n-shown)
	}
	return b.String()
}
