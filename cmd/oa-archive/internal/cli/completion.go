package cli

import (
	"bytes"
	"context"
	"strings"

	"github.com/spf13/cobra"
)

// completionJSON is the --json output of completion.
type completionJSON struct {
	Shell  string `json:"shell"`
	Script string `json:"script"`
}

func completionVerb(a *app) *cobra.Command {
	shells := []cobra.Completion{"bash", "zsh", "fish", "powershell"}
	return &cobra.Command{
		Use:   "completion SHELL",
		Short: "print a completion script for bash, zsh, fish or powershell",
		Long: `Print a script that teaches a shell to complete verbs, flags, and the paths
inside of archives.`,
		Example: `source <(oa-archive completion bash)
oa-archive completion zsh > "${fpath[1]}/_oa-archive"
oa-archive completion fish > ~/.config/fish/completions/oa-archive.fish
oa-archive completion powershell | Out-String | Invoke-Expression`,
		ValidArgs: shells,
		Args:      args(cobra.MatchAll(cobra.ExactArgs(1), cobra.OnlyValidArgs), "one of bash, zsh, fish, powershell"),
		RunE: func(cmd *cobra.Command, given []string) error {
			root := cmd.Root()
			generate := map[string]func(*bytes.Buffer) error{
				"bash":       func(b *bytes.Buffer) error { return root.GenBashCompletionV2(b, true) },
				"zsh":        func(b *bytes.Buffer) error { return root.GenZshCompletion(b) },
				"fish":       func(b *bytes.Buffer) error { return root.GenFishCompletion(b, true) },
				"powershell": func(b *bytes.Buffer) error { return root.GenPowerShellCompletionWithDesc(b) },
			}[given[0]]
			var script bytes.Buffer
			if err := generate(&script); err != nil {
				return err
			}
			if a.json {
				return a.printJSON(completionJSON{given[0], script.String()})
			}
			_, err := script.WriteTo(a.term.Out)
			return err
		},
	}
}

// completePaths offers the archive's paths for the arguments after FILE.
func (a *app) completePaths(cmd *cobra.Command, given []string, prefix string) ([]cobra.Completion, cobra.ShellCompDirective) {
	if len(given) == 0 {
		return []cobra.Completion{"oa-archive", "age"}, cobra.ShellCompDirectiveFilterFileExt
	}
	if given[0] == stdio {
		return nil, cobra.ShellCompDirectiveNoFileComp
	}
	ctx := cmd.Context()
	if ctx == nil {
		ctx = context.Background()
	}
	a.unlock.unattended = true // nobody expects a question while typing
	o, err := a.openToLook(ctx, given[0], &trustFlags{cmd: cmd})
	if err != nil {
		return nil, cobra.ShellCompDirectiveNoFileComp
	}
	defer o.Close()
	var paths []cobra.Completion
	for _, e := range o.Manifest().Entries {
		if strings.HasPrefix(e.Path, prefix) {
			paths = append(paths, e.Path)
		}
	}
	return paths, cobra.ShellCompDirectiveNoFileComp
}

// completeArchive offers archive files for the first argument.
func completeArchive(_ *cobra.Command, given []string, _ string) ([]cobra.Completion, cobra.ShellCompDirective) {
	if len(given) == 0 {
		return []cobra.Completion{"oa-archive", "age"}, cobra.ShellCompDirectiveFilterFileExt
	}
	return nil, cobra.ShellCompDirectiveNoFileComp
}
