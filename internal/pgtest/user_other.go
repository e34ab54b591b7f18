//go:build !unix

package pgtest

import (
	"errors"
	"os/exec"
)

var errUnix = errors.New("pgtest: the server is started on Unix systems only")

func giveAway(string) error      { return errUnix }
func demote(cmd *exec.Cmd) error { return errUnix }
