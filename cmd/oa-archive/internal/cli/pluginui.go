package cli

import (
	"context"
	"fmt"
	"strings"

	"filippo.io/age/plugin"

	"github.com/oneanalytics/oa-archive/cmd/oa-archive/internal/render"
)

// pluginUI lets an age plugin talk to people on the terminal. What plugins say
// is escaped: it may come from an archive.
func (a *app) pluginUI(ctx context.Context) *plugin.ClientUI {
	ask := func(name, prompt string, secret bool) (string, error) {
		question := fmt.Sprintf("age-plugin-%s: %s ", name, render.Escape(prompt))
		if secret {
			answer, err := a.term.AskSecret(ctx, question)
			return string(answer), err
		}
		return a.term.Ask(ctx, question)
	}
	return &plugin.ClientUI{
		DisplayMessage: func(name, message string) error {
			a.note("age-plugin-%s: %s", name, message)
			return nil
		},
		RequestValue: func(name, prompt string, secret bool) (string, error) { return ask(name, prompt, secret) },
		Confirm: func(name, prompt, yes, no string) (bool, error) {
			if no == "" {
				_, err := ask(name, fmt.Sprintf("%s (Enter: %s)", prompt, yes), false)
				return true, err
			}
			for {
				answer, err := ask(name, fmt.Sprintf("%s (1: %s, 2: %s)", prompt, yes, no), false)
				if err != nil {
					return false, err
				}
				switch strings.TrimSpace(answer) {
				case "1":
					return true, nil
				case "2":
					return false, nil
				}
			}
		},
		WaitTimer: func(name string) { a.note("waiting for age-plugin-%s", name) },
	}
}
