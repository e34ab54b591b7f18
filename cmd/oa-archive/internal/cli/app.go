package cli

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/signal"
	"path/filepath"
	"syscall"

	"github.com/spf13/cobra"

	"github.com/oneanalytics/oa-archive/cmd/oa-archive/internal/render"
	"github.com/oneanalytics/oa-archive/cmd/oa-archive/internal/terminal"
)

const programName = "oa-archive"

// app is one run of the command.
type app struct {
	term   *terminal.Terminal
	getenv func(string) string

	json      bool
	quiet     bool
	unlock    unlockFlags
	residency residencyFlags
	noColor   bool

	// answered says that the verb has printed its JSON document, error
	// included, so that none must follow.
	answered bool
}

// Main runs the command with the process's streams and environment and
// returns its exit code. An interrupt or a termination signal cancels what is
// under way; a second one ends the process at once.
func Main(args []string) int {
	ctx, stop := withSignals(context.Background())
	defer stop()
	a := &app{
		term:   terminal.Detect(os.Stdin, os.Stdout, os.Stderr, os.Getenv),
		getenv: os.Getenv,
	}
	limitMemory(a.getenv)
	endProfile, err := profile(a.getenv(profileVariable))
	if err != nil {
		a.printError(err)
		return exitFailed
	}
	code := a.run(ctx, args)
	if err := endProfile(); err != nil {
		a.printError(err)
		return max(code, exitFailed)
	}
	return code
}

// run executes one command line.
func (a *app) run(ctx context.Context, args []string) int {
	root := a.rootCommand()
	root.SetArgs(args)
	err := root.ExecuteContext(ctx)
	if err == nil {
		return exitOK
	}
	if sig := (*signalError)(nil); errors.As(context.Cause(ctx), &sig) {
		err = sig
	}
	a.printError(err)
	return exitCode(err)
}

func (a *app) rootCommand() *cobra.Command {
	root := &cobra.Command{
		Use:   programName + " VERB",
		Short: "portable, signed, deterministic archives of analytics tenants",
		Long: `oa-archive packs the assets of an analytics tenant (workspaces, datasets,
reports, alerts, files) into one signed file, shows and verifies such files,
and restores them: all of a tenant or single assets, in place or side by side.`,
		Example: `oa-archive keygen -o backup.key --principal backup@acme.example
oa-archive create --from sqlite:acme.db -o acme.oa-archive --sign-with backup.key
oa-archive inspect acme.oa-archive
oa-archive plan acme.oa-archive --into sqlite:acme.db --on-conflict fork
oa-archive import acme.oa-archive --into sqlite:acme.db --on-conflict fork`,
		SilenceErrors: true,
		SilenceUsage:  true,
		Args:          cobra.ArbitraryArgs,
		RunE: func(cmd *cobra.Command, args []string) error {
			if len(args) > 0 {
				return unknownVerb(cmd, args[0])
			}
			return cmd.Help()
		},
	}
	root.SuggestionsMinimumDistance = 2
	root.CompletionOptions.DisableDefaultCmd = true
	root.SetOut(a.term.Out)
	root.SetErr(a.term.Err)
	root.SetHelpFunc(a.help)
	root.SetFlagErrorFunc(flagError)
	global := root.PersistentFlags()
	global.SortFlags = false
	global.BoolVar(&a.json, "json", false, "print one JSON document instead of text")
	global.BoolVarP(&a.quiet, "quiet", "q", false, "no progress and no notes on standard error")
	global.BoolVar(&a.noColor, "no-color", false, "no colours, as with NO_COLOR in the environment")
	for _, g := range verbGroups {
		for _, verb := range g.verbs {
			root.AddCommand(verb(a))
		}
	}
	return root
}

// out returns a printer for standard output.
func (a *app) out() *render.Printer {
	return render.NewPrinter(a.term.Out, a.term.Width, a.term.Color && !a.noColor)
}

// note prints one line on standard error unless --quiet is given.
func (a *app) note(format string, args ...any) {
	if !a.quiet {
		fmt.Fprintf(a.term.Err, "%s: %s\n", programName, render.EscapeLines(fmt.Sprintf(format, args...)))
	}
}

// warn prints one line on standard error.
func (a *app) warn(format string, args ...any) {
	fmt.Fprintf(a.term.Err, "%s: warning: %s\n", programName, render.EscapeLines(fmt.Sprintf(format, args...)))
}

// printJSON prints the verb's one JSON document.
func (a *app) printJSON(v any) error {
	a.answered = true
	return render.JSON(a.term.Out, v)
}

// progressFunc reports how far a stage of an operation is.
type progressFunc func(stage string, done, total int64)

// progress runs work while a bar shows what it reports.
func (a *app) progress(work func(report progressFunc) error) error {
	p := a.term.NewProgress(a.quiet)
	defer p.Stop()
	return work(p.Report)
}

// configFile returns the path of a file in the user's configuration folder, or
// "" when it does not exist or there is no such folder.
func (a *app) configFile(name string) string {
	dir, err := os.UserConfigDir()
	if err != nil {
		return ""
	}
	path := filepath.Join(dir, programName, name)
	if _, err := os.Stat(path); err != nil {
		return ""
	}
	return path
}

// signalError is the cause of a context that a signal ended.
type signalError struct{ signal syscall.Signal }

func (e *signalError) Error() string {
	if e.signal == syscall.SIGINT {
		return "interrupted; nothing was left half-written"
	}
	return "terminated; nothing was left half-written"
}

func withSignals(parent context.Context) (context.Context, func()) {
	ctx, cancel := context.WithCancelCause(parent)
	received := make(chan os.Signal, 1)
	signal.Notify(received, os.Interrupt, syscall.SIGTERM)
	go func() {
		select {
		case s := <-received:
			signal.Stop(received)
			sig, _ := s.(syscall.Signal)
			cancel(&signalError{sig})
		case <-ctx.Done():
		}
	}()
	return ctx, func() { signal.Stop(received); cancel(nil) }
}

// closeInto closes c and keeps its error unless there is one already.
func closeInto(err *error, c io.Closer) {
	if cerr := c.Close(); cerr != nil && *err == nil {
		*err = cerr
	}
}
