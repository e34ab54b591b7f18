package cli

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"

	"github.com/oneanalytics/oa-archive/cmd/oa-archive/internal/render"
	"github.com/oneanalytics/oa-archive/mapping"
	"github.com/oneanalytics/oa-archive/restore"
	"github.com/oneanalytics/oa-archive/tenant"
)

// mapping reads --map and adds the single mappings and --create-missing to it.
func (f *restoreFlags) mapping() (mapping.Map, error) {
	m := &mapping.Map{}
	if f.mapFile != "" {
		doc, err := readSmall(f.mapFile, mapping.MaxSize)
		if err != nil {
			return *m, at("map", err)
		}
		if m, err = mapping.Parse(doc); err != nil {
			return mapping.Map{}, usagef("docs/mapping.md describes the file; `oa-archive plan … --write-map FILE` writes one to begin with", "--map %q: %w", f.mapFile, err)
		}
	}
	for _, one := range []struct {
		flag  string
		pairs []string
		kind  mapping.Kind
	}{
		{"--map-user", f.mapUsers, mapping.Users}, {"--map-team", f.mapTeams, mapping.Teams},
		{"--map-role", f.mapRoles, mapping.Roles}, {"--map-connection", f.mapConns, mapping.Connections},
		{"--map-workspace", f.mapWorkspaces, mapping.Workspaces},
	} {
		for _, pair := range one.pairs {
			if err := addPair(m.Section(one.kind), one.flag, pair); err != nil {
				return *m, err
			}
		}
	}
	for _, what := range f.createMissing {
		switch what {
		case "principals":
			m.CreatePrincipals()
		case "connections":
			m.CreateConnections()
		default:
			return *m, usagef("give principals, connections, or both with a comma", "--create-missing: %q is neither", what)
		}
	}
	return *m, nil
}

// addPair adds one entry to a section, over a blank one of the file.
func addPair(s *mapping.Section, flag, pair string) error {
	from, to, ok := strings.Cut(pair, "=")
	if !ok || from == "" || to == "" {
		return usagef("write it as ARCHIVE-ID=TARGET-ID", "%s: %q is not a pair", flag, pair)
	}
	e := mapping.Entry{To: to}
	if before := s.Entries[from]; !before.Blank() && before != e {
		was := before.To + before.ID
		return usagef("leave one of them out", "%s: %q is mapped to %q and to %q", flag, from, was, to)
	}
	if s.Entries == nil {
		s.Entries = map[string]mapping.Entry{}
	}
	s.Entries[from] = e
	return nil
}

// writeMap writes the mapping that the plan went by, with what is open left
// blank, and says so.
func (a *app) writeMap(ctx context.Context, o *opened, target tenant.Target, opts restore.Options, f *planFlags) error {
	m, notes, err := restore.DraftMapping(ctx, o.Archive, target, opts)
	if err != nil {
		return err
	}
	if err := saveDocument(mapping.Marshal(m, notes), f.writeMap, f.force); err != nil {
		return err
	}
	open := 0
	for _, k := range mapping.Kinds() {
		for _, e := range m.Section(k).Entries {
			if e.Blank() {
				open++
			}
		}
	}
	if open == 0 {
		a.note("the mapping is in %s: nothing is open", f.writeMap)
		return nil
	}
	a.note("the mapping is in %s: %s open; fill in what stands blank after to:, and run again with --map %s",
		f.writeMap, render.Plural(int64(open), "entry is/entries are"), shellQuote(f.writeMap))
	return nil
}

// saveDocument writes a file, complete or not at all.
func saveDocument(doc []byte, path string, force bool) error {
	return saveFile(path, force, func(w io.Writer) error {
		_, err := w.Write(doc)
		return err
	})
}

// saveFile writes a file, complete or not at all.
func saveFile(path string, force bool, write func(io.Writer) error) error {
	if !force {
		return createFileOf(path, 0o644, write)
	}
	temporary := fmt.Sprintf("%s.%d.partial", path, os.Getpid())
	if err := createFileOf(temporary, 0o644, write); err != nil {
		return err
	}
	if err := os.Rename(temporary, path); err != nil {
		return errors.Join(err, os.Remove(temporary))
	}
	return nil
}
