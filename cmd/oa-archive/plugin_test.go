package main

import (
	"errors"
	"fmt"
	"os"

	"filippo.io/age"
	"filippo.io/age/plugin"
)

// testPlugin is the program age-plugin-oatest: an X25519 key that is given out
// for the word "open", which it asks for.
func testPlugin() int {
	p, err := plugin.New("oatest")
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	key, err := age.ParseX25519Identity(os.Getenv("OATEST_KEY"))
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	p.HandleRecipient(func([]byte) (age.Recipient, error) { return key.Recipient(), nil })
	p.HandleIdentity(func([]byte) (age.Identity, error) { return &guarded{p, key}, nil })
	return p.Main()
}

type guarded struct {
	p   *plugin.Plugin
	key age.Identity
}

func (g *guarded) Unwrap(stanzas []*age.Stanza) ([]byte, error) {
	if err := g.p.DisplayMessage("touch\x1b[2J the key"); err != nil {
		return nil, err
	}
	if os.Getenv("OATEST_ASKS") != "" {
		if word, err := g.p.RequestValue("The word?", true); err != nil || word != "open" {
			return nil, errors.New("that is not the word")
		}
	}
	return g.key.Unwrap(stanzas)
}
