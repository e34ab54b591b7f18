package cli

import (
	"context"
	"fmt"
	"strings"

	"github.com/oneanalytics/oa-archive/cmd/oa-archive/internal/render"
	"github.com/oneanalytics/oa-archive/tenant"
)

// A danger is what somebody has to confirm by the tenant's name or id.
type danger struct {
	what string                // "overwrites 2 assets and deletes 1", for a sentence about the verb
	verb string                // "the import"
	show func(*render.Printer) // lists it, before the question
	hint string                // how to look at it first, or to avoid it
}

// confirm has a danger confirmed, by the flag's value or on the terminal. A
// name that is given is checked even when there is no danger: whoever names
// another tenant has opened the wrong store.
func (a *app) confirm(ctx context.Context, who tenant.Info, given string, d *danger) error {
	answer := given
	if answer == "" && d == nil {
		return nil
	}
	refusal := &failure{exit: exitBlocked, code: "unconfirmed", hint: "--confirm " + shellQuote(who.ID) + " names it"}
	if d != nil {
		refusal.hint = d.hint
	}
	if answer == "" {
		if !a.term.InIsTerminal {
			refusal.err = fmt.Errorf("%s %s of %s, which nobody has confirmed", d.verb, d.what, tenantName(who))
			return refusal
		}
		d.show(render.NewPrinter(a.term.Err, a.term.ErrWidth, a.term.ErrIsTerminal && a.term.Color && !a.noColor))
		question := fmt.Sprintf("This %s of %s. Type the tenant's name or id to go on: ", d.what, render.Escape(tenantName(who)))
		var err error
		if answer, err = a.term.Ask(ctx, question); err != nil {
			return err
		}
	}
	if answer = strings.TrimSpace(answer); answer == who.ID || (answer == who.Name && who.Name != "") {
		return nil
	}
	refusal.err = fmt.Errorf("%q is neither the name nor the id of the tenant (%s); nothing was changed", answer, tenantName(who))
	return refusal
}

func tenantName(who tenant.Info) string {
	if who.Name == "" || who.Name == who.ID {
		return who.ID
	}
	return fmt.Sprintf("%s (%s)", who.Name, who.ID)
}

// damageOf says what becomes of how many assets, as part of a sentence.
func damageOf(overwritten, deleted int) string {
	switch over, gone := render.Plural(int64(overwritten), "asset"), render.Plural(int64(deleted), "asset"); {
	case deleted == 0:
		return "overwrites " + over
	case overwritten == 0:
		return "deletes " + gone
	default:
		return "overwrites " + over + " and deletes " + gone
	}
}
