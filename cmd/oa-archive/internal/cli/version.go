package cli

import (
	"runtime"
	"runtime/debug"

	"github.com/spf13/cobra"

	"github.com/oneanalytics/oa-archive/cmd/oa-archive/internal/render"
	"github.com/oneanalytics/oa-archive/manifest"
)

// versionJSON is the --json output of version.
type versionJSON struct {
	Version  string `json:"version"`  // of the module, "(devel)" for a build from a working tree
	Revision string `json:"revision"` // of the source, "" when not known
	Modified bool   `json:"modified"` // the source differed from the revision
	Format   string `json:"format"`   // newest archive format that is written and read
	Go       string `json:"go"`
	Platform string `json:"platform"` // GOOS/GOARCH
}

func buildVersion() versionJSON {
	v := versionJSON{
		Version: "(devel)", Format: manifest.Current.String(),
		Go: runtime.Version(), Platform: runtime.GOOS + "/" + runtime.GOARCH,
	}
	build, ok := debug.ReadBuildInfo()
	if !ok {
		return v
	}
	if build.Main.Version != "" {
		v.Version = build.Main.Version
	}
	for _, s := range build.Settings {
		switch s.Key {
		case "vcs.revision":
			v.Revision = s.Value
		case "vcs.modified":
			v.Modified = s.Value == "true"
		}
	}
	return v
}

// generator is what archives name as their maker. It leaves out what differs
// between builds of one version, so that archives do not.
func generator() string { return programName + " " + buildVersion().Version }

func versionVerb(a *app) *cobra.Command {
	return &cobra.Command{
		Use:     "version",
		Short:   "print the version of the command and of the format",
		Example: "oa-archive version --json",
		Args:    args(cobra.NoArgs, "no arguments"),
		RunE: func(*cobra.Command, []string) error {
			v := buildVersion()
			if a.json {
				return a.printJSON(v)
			}
			p := a.out()
			p.Line(render.Text(programName + " " + v.Version))
			t := &render.Table{Indent: 2, Columns: []render.Column{{}, {}}}
			t.Add(render.S(render.Faint, "format"), render.C(v.Format))
			if v.Revision != "" {
				revision := v.Revision
				if v.Modified {
					revision += ", modified"
				}
				t.Add(render.S(render.Faint, "revision"), render.C(revision))
			}
			t.Add(render.S(render.Faint, "built with"), render.C(v.Go+" for "+v.Platform))
			p.Table(t)
			return p.Err()
		},
	}
}
