package cli

import (
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/spf13/pflag"

	"github.com/oneanalytics/oa-archive/restore"
	"github.com/oneanalytics/oa-archive/restore/page"
	"github.com/oneanalytics/oa-archive/tenant"
)

// pageFlags ask for the plan, or the import, as an HTML page.
type pageFlags struct {
	html      string
	htmlForce bool
}

// declareHTML declares --html. The verb declares --force, which may be about
// other files too, and sets htmlForce.
func (f *pageFlags) declareHTML(fs *pflag.FlagSet, what string) {
	fs.StringVar(&f.html, "html", "", "write "+what+" as one self-contained page to `FILE`")
}

// A pageFile is the page that was asked for: begun before anything else happens,
// so that a name that cannot be written is noticed then. A nil *pageFile stands
// for none.
type pageFile struct {
	path string
	made time.Time
	out  *wholeFile
}

// beginPage starts the file. It appears only when finish is called.
func (a *app) beginPage(f *pageFlags) (*pageFile, error) {
	switch f.html {
	case "":
		return nil, nil
	case stdio:
		return nil, usagef("give a file name", "--html: the page does not go to standard output")
	}
	made, err := a.now()
	if err != nil {
		return nil, err
	}
	out, err := newWholeFile(f.html, f.htmlForce)
	if err != nil {
		return nil, at("--html", err)
	}
	return &pageFile{f.html, made, out}, nil
}

// now is SOURCE_DATE_EPOCH, if set, so that pages can be reproduced.
func (a *app) now() (time.Time, error) {
	epoch := a.getenv("SOURCE_DATE_EPOCH")
	if epoch == "" {
		return time.Now().UTC(), nil
	}
	seconds, err := strconv.ParseInt(epoch, 10, 64)
	if err != nil || seconds < 0 {
		return time.Time{}, usagef("it is a number of seconds since 1970", "SOURCE_DATE_EPOCH: %q is not a time", epoch)
	}
	return time.Unix(seconds, 0).UTC(), nil
}

// Close takes back a page that was not finished.
func (p *pageFile) Close() error {
	if p == nil {
		return nil
	}
	return p.out.Close()
}

// finish writes the page and makes the file appear.
func (p *pageFile) finish(a *app, plan *restore.Plan, result *restore.Result, opts page.Options) error {
	if p == nil {
		return nil
	}
	opts.Generator, opts.Made = generator(), p.made
	err := page.Write(p.out, plan, result, opts)
	if err == nil {
		err = p.out.publish()
	}
	if err != nil {
		return at("--html "+p.path, err)
	}
	a.note("wrote %s", p.path)
	return nil
}

// pageOptions tell what the page says of an archive and a target.
func pageOptions(o *opened, store string, who tenant.Info) page.Options {
	m, v := o.Manifest(), o.Verdict()
	opts := page.Options{
		Archive: o.in.name, Tenant: page.Tenant{Name: m.Tenant.Name, Region: m.Tenant.Region, Jurisdiction: m.Tenant.Jurisdiction},
		Store: store, TargetName: who.Name, Signer: &page.Signer{Trust: page.Unsigned},
	}
	switch signerResult(o.Signed(), v) {
	case resultTrusted:
		opts.Signer.Trust = page.Trusted
	case resultUntrusted:
		opts.Signer.Trust = page.Untrusted
	case resultUnknown:
		opts.Signer.Trust = page.Unknown
	}
	if o.Signed() {
		opts.Signer.Principal, opts.Signer.Fingerprint = v.Principal, v.Key.Fingerprint()
		if v.Reason != nil {
			opts.Signer.Reason = message(v.Reason)
		}
	}
	return opts
}

// planCommands say on the page how to go on from a plan.
func planCommands(plan *restore.Plan, lines []string) []page.Command {
	var all []page.Command
	for _, line := range lines {
		does := "Plan this import again, and carry it out"
		switch {
		case len(plan.BlockedSteps()) > 0:
			does = "Plan again, with an answer to what is blocked"
		case strings.Contains(line, " --plan "):
			does = "Carry out exactly this plan, or refuse if the archive or the target has changed since"
		}
		all = append(all, page.Command{Does: does, Line: line})
	}
	return all
}

// finishImport completes the page of an import that has a result or failed with
// err, and returns the error of the whole. With both, something failed after the
// import, which is none of the page's business.
func (p *pageFile) finishImport(a *app, plan *restore.Plan, result *restore.Result, opts page.Options, err error) error {
	switch {
	case p == nil:
		return err
	case result != nil:
		if missing := p.finish(a, plan, result, opts); missing != nil {
			err = errors.Join(err, fmt.Errorf("the import is done, but its page is not: %w", missing))
		}
		return err
	}
	opts.Err, opts.Hint = shownError{err}, classify(err).hint
	return errors.Join(err, p.finish(a, plan, nil, opts))
}

// shownError is an error with the text that users see.
type shownError struct{ err error }

func (e shownError) Error() string { return message(e.err) }
func (e shownError) Unwrap() error { return e.err }
