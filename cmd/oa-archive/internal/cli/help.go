package cli

import (
	"errors"
	"fmt"
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"github.com/oneanalytics/oa-archive/cmd/oa-archive/internal/render"
)

// verbGroups are the verbs in the order of the help page.
var verbGroups = []struct {
	title string
	verbs []func(*app) *cobra.Command
}{
	{"Make an archive", []func(*app) *cobra.Command{createVerb, keygenVerb, rekeyVerb, copyVerb}},
	{"Look into one", []func(*app) *cobra.Command{inspectVerb, verifyVerb, lsVerb, catVerb, rowsVerb, extractVerb, diffVerb}},
	{"Restore", []func(*app) *cobra.Command{planVerb, importVerb, undoVerb, importsVerb, insuranceVerb, recoverVerb}},
	{"About the command", []func(*app) *cobra.Command{completionVerb, versionVerb}},
}

// groupAnnotation is set on a flag to the heading under which help shows it.
const groupAnnotation = "oa-archive-group"

// group declares flags of cmd that help shows together under title.
func group(cmd *cobra.Command, title string, declare func(*pflag.FlagSet)) {
	fs := pflag.NewFlagSet(title, pflag.ContinueOnError)
	fs.SortFlags = false
	declare(fs)
	fs.VisitAll(func(f *pflag.Flag) {
		if f.Annotations == nil {
			f.Annotations = map[string][]string{}
		}
		f.Annotations[groupAnnotation] = []string{title}
	})
	cmd.Flags().SortFlags = false
	cmd.Flags().AddFlagSet(fs)
}

// help prints a verb's page to standard output.
func (a *app) help(cmd *cobra.Command, _ []string) {
	p := a.out()
	// Long lines of prose and commands are the author's business.
	verbatim := func(line string) { p.Verbatim(render.Text(line)) }
	for line := range strings.SplitSeq(firstOf(cmd.Long, cmd.Short), "\n") {
		verbatim(line)
	}
	heading := func(title string) {
		p.Blank()
		p.Line(render.Styled(render.Strong, title))
	}
	heading("Usage")
	p.Line(render.Text("  " + strings.TrimSuffix(cmd.UseLine(), " [flags]")))
	if !cmd.HasParent() {
		a.listVerbs(p, cmd)
	}
	if cmd.Example != "" {
		heading("Examples")
		for line := range strings.SplitSeq(cmd.Example, "\n") {
			verbatim("  " + line)
		}
	}
	for _, title := range groupTitles(cmd) {
		heading(title)
		printFlags(p, cmd.Flags(), title)
	}
	heading("Everywhere")
	printFlags(p, cmd.Root().PersistentFlags(), "")
	if !cmd.HasParent() {
		p.Blank()
		p.Line(render.Text("`" + programName + " VERB --help` explains a verb. Exit codes: 0 done, 1 failed, 2 usage,"))
		p.Line(render.Text("3 damaged, 4 signature or trust, 5 plan needs answers, 6 plan is stale,"))
		p.Line(render.Text("7 the residency policy refuses."))
	}
}

func (a *app) listVerbs(p *render.Printer, root *cobra.Command) {
	for _, g := range verbGroups {
		p.Blank()
		p.Line(render.Styled(render.Strong, g.title))
		t := &render.Table{Indent: 2, Columns: []render.Column{{Min: 10}, {Shrink: 20}}}
		for _, verb := range g.verbs {
			cmd := verb(a)
			t.Add(render.S(render.Accent, cmd.Name()), render.C(cmd.Short))
		}
		p.Table(t)
	}
}

// groupTitles lists the headings of a verb's flags in order of declaration.
func groupTitles(cmd *cobra.Command) []string {
	var titles []string
	seen := map[string]bool{}
	cmd.Flags().VisitAll(func(f *pflag.Flag) {
		for _, title := range f.Annotations[groupAnnotation] {
			if !seen[title] {
				seen[title] = true
				titles = append(titles, title)
			}
		}
	})
	return titles
}

// flagColumn is where the description of a flag begins.
const flagColumn = 30

func printFlags(p *render.Printer, fs *pflag.FlagSet, title string) {
	fs.VisitAll(func(f *pflag.Flag) {
		if f.Hidden || f.Name == "help" || (title != "" && (len(f.Annotations[groupAnnotation]) == 0 || f.Annotations[groupAnnotation][0] != title)) {
			return
		}
		name := "      --" + f.Name
		if f.Shorthand != "" {
			name = "  -" + f.Shorthand + ", --" + f.Name
		}
		placeholder, usage := pflag.UnquoteUsage(f)
		if placeholder != "" {
			name += " " + placeholder
		}
		if len(name) > flagColumn-2 {
			p.Line(render.Text(name))
			name = ""
		}
		p.WrapAfter(render.Text(fmt.Sprintf("%-*s", flagColumn, name)), render.Plain, usage)
	})
}

func firstOf(texts ...string) string {
	for _, t := range texts {
		if t != "" {
			return t
		}
	}
	return ""
}

// unknownVerb is the error for a mistyped verb.
func unknownVerb(root *cobra.Command, verb string) error {
	msg := fmt.Sprintf("unknown verb %q", verb)
	if near := root.SuggestionsFor(verb); len(near) > 0 {
		msg += "; did you mean " + strings.Join(near, " or ") + "?"
	}
	return &usageError{err: errors.New(msg), hint: "run `" + programName + " --help` for the list of verbs"}
}

// flagError turns pflag's errors into usage errors, with the nearest flag for a
// mistyped one.
func flagError(cmd *cobra.Command, err error) error {
	hint := fmt.Sprintf("run `%s --help` for its flags", cmd.CommandPath())
	if missing := (*pflag.NotExistError)(nil); errors.As(err, &missing) {
		if near := nearestFlag(cmd, missing.GetSpecifiedName()); near != "" {
			hint = fmt.Sprintf("did you mean --%s? %s", near, hint)
		}
	}
	return &usageError{err: err, hint: hint}
}

func nearestFlag(cmd *cobra.Command, name string) string {
	best, bestDistance := "", 3
	visit := func(f *pflag.Flag) {
		d := distance(name, f.Name)
		if len(name) > 2 && strings.HasPrefix(f.Name, name) {
			d = 1
		}
		if d < bestDistance {
			best, bestDistance = f.Name, d
		}
	}
	cmd.Flags().VisitAll(visit)
	cmd.InheritedFlags().VisitAll(visit)
	return best
}

// distance is how many characters have to be put in, taken out or replaced to
// turn a into b.
func distance(a, b string) int {
	row := make([]int, len(b)+1)
	for j := range row {
		row[j] = j
	}
	for i := range len(a) {
		diagonal := row[0]
		row[0] = i + 1
		for j := range len(b) {
			cost := diagonal
			if a[i] != b[j] {
				cost = 1 + min(diagonal, row[j], row[j+1])
			}
			diagonal, row[j+1] = row[j+1], cost
		}
	}
	return row[len(b)]
}
