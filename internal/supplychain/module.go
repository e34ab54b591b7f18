package main

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
)

// A module is one that is linked into the command.
type module struct {
	Path, Version string
	Licence       string   // SPDX identifier
	Files         []string // that state it, and notices
	Needs         []string // paths of modules that its linked packages import
}

// listed is what go list tells of a package.
type listed struct {
	ImportPath string
	Imports    []string
	Standard   bool
	Module     *struct {
		Path, Version, Dir string
		Main               bool
	}
}

// modules lists what is linked into the command for this build, sorted by path,
// without the main module.
func modules(tags string) ([]module, error) {
	cmd := exec.Command("go", "list", "-deps", "-tags", tags, "-json=ImportPath,Imports,Standard,Module", "./cmd/oa-archive")
	cmd.Stderr = os.Stderr
	cmd.Env = append(os.Environ(), "GOOS=linux", "GOARCH=amd64", "CGO_ENABLED=0") // the same list everywhere
	out, err := cmd.Output()
	if err != nil {
		return nil, fmt.Errorf("go list: %w", err)
	}
	var packages []listed
	owner := map[string]string{} // module of a package
	for dec := json.NewDecoder(bytes.NewReader(out)); ; {
		var p listed
		if err := dec.Decode(&p); errors.Is(err, io.EOF) {
			break
		} else if err != nil {
			return nil, fmt.Errorf("go list: %w", err)
		}
		if p.Module != nil {
			owner[p.ImportPath] = p.Module.Path
			packages = append(packages, p)
		}
	}
	found := map[string]*module{}
	for _, p := range packages {
		m := found[p.Module.Path]
		if m == nil {
			m = &module{Path: p.Module.Path, Version: p.Module.Version}
			if !p.Module.Main {
				if m.Licence, m.Files, err = licence(p.Module.Dir); err != nil {
					return nil, fmt.Errorf("%s: %w", m.Path, err)
				}
			}
			found[m.Path] = m
		}
		for _, imported := range p.Imports {
			if o := owner[imported]; o != "" && o != m.Path && !slices.Contains(m.Needs, o) {
				m.Needs = append(m.Needs, o)
			}
		}
	}
	var all []module
	for _, m := range found {
		slices.Sort(m.Needs)
		all = append(all, *m)
	}
	slices.SortFunc(all, func(a, b module) int { return strings.Compare(a.Path, b.Path) })
	return all, nil
}

var licenceFile = regexp.MustCompile(`(?i)^(un)?licen[cs]e|^copying|^notice`)

// texts are phrases by which licences are told apart, the more special first.
var texts = []struct{ spdx, phrase string }{
	{"Apache-2.0", "Apache License Version 2.0"},
	{"MPL-2.0", "Mozilla Public License Version 2.0"},
	{"Unlicense", "This is free and unencumbered software released into the public domain"},
	{"ISC", "Permission to use, copy, modify, and/or distribute this software"},
	{"MIT", "Permission is hereby granted, free of charge"},
	{"BSD-3-Clause", "may be used to endorse or promote products"},
	{"BSD-2-Clause", "Redistribution and use in source and binary forms"},
}

// licence reads the licence of the module in dir from its first file of that name.
func licence(dir string) (spdx string, files []string, err error) {
	entries, err := os.ReadDir(dir)
	if err != nil {
		return "", nil, err
	}
	for _, e := range entries {
		if !e.IsDir() && licenceFile.MatchString(e.Name()) {
			files = append(files, e.Name())
		}
	}
	if len(files) == 0 {
		return "", nil, errors.New("it has no file with a licence")
	}
	text, err := os.ReadFile(filepath.Join(dir, files[0]))
	if err != nil {
		return "", nil, err
	}
	if spdx = identify(string(text)); spdx == "" {
		return "", nil, fmt.Errorf("%s is no licence that is known here: read it, and add it", files[0])
	}
	return spdx, files, nil
}

// identify names the licence that a text is, or nothing.
func identify(text string) string {
	text = strings.Join(strings.Fields(text), " ")
	for _, t := range texts {
		if strings.Contains(text, t.phrase) {
			return t.spdx
		}
	}
	return ""
}
