package page

import (
	"bufio"
	"crypto/sha256"
	_ "embed"
	"encoding/base64"
	"errors"
	"fmt"
	"html/template"
	"io"
	"sync"

	"github.com/oneanalytics/oa-archive/internal/legible"
	"github.com/oneanalytics/oa-archive/restore"
)

// Write writes the page of a plan and, when r or opts.Err is set, of the import
// that carried it out or did not. It neither changes nor keeps them. The errors
// are those of w, and of options that contradict each other.
func Write(w io.Writer, p *restore.Plan, r *restore.Result, opts Options) error {
	opts, err := opts.checked()
	switch {
	case err != nil:
		return err
	case p == nil:
		return errors.New("page: there is no plan")
	case r != nil && opts.Err != nil:
		return errors.New("page: an import has either a result or an error")
	}
	out := bufio.NewWriterSize(w, 1<<16)
	if err := templates().ExecuteTemplate(out, "page", newDocument(p, r, opts)); err != nil {
		return fmt.Errorf("page: %w", err)
	}
	if err := out.Flush(); err != nil {
		return fmt.Errorf("page: %w", err)
	}
	return nil
}

//go:embed page.html.tmpl
var markup string

//go:embed page.css
var style string

//go:embed page.js
var script string

// policy is the page's content security policy: nothing is loaded from
// anywhere, and of what is inline only what was written here takes effect.
// (frame-ancestors would be ignored in a meta element, CSP Level 3 §3.3.)
func policy() string {
	return "default-src 'none'; style-src '" + hash(style) + "'; script-src '" + hash(script) + "'; base-uri 'none'; form-action 'none'"
}

func hash(s string) string {
	sum := sha256.Sum256([]byte(s))
	return "sha256-" + base64.StdEncoding.EncodeToString(sum[:])
}

// templates is parsed when the first page is asked for: most runs of a program
// write none.
var templates = sync.OnceValue(func() *template.Template {
	return template.Must(template.New("").Funcs(template.FuncMap{
		"policy": policy,
		// Whole elements, so that the template leaves every byte as it was hashed.
		"style":  func() template.HTML { return template.HTML("<style>" + style + "</style>") },
		"script": func() template.HTML { return template.HTML("<script>" + script + "</script>") },
		"count":  func(n int) string { return legible.Count(int64(n)) },
		"plural": func(n int, noun string) string { return legible.Plural(int64(n), noun) },
		"looks":  func() []look { return looks },
	}).Parse(markup))
})
