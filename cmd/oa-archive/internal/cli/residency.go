package cli

import (
	"errors"
	"fmt"
	"io/fs"
	"net/url"
	"os"
	"path/filepath"
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"github.com/oneanalytics/oa-archive/manifest"
	"github.com/oneanalytics/oa-archive/residency"
	"github.com/oneanalytics/oa-archive/tenant"
	"github.com/oneanalytics/oa-archive/tenant/sqlstore"
)

const residencyFile = "residency.yaml"

// residencyFlags say which policy holds for where archives may go.
type residencyFlags struct {
	file string
	cmd  *cobra.Command

	loaded bool
	policy *residency.Policy // nil for none
}

// declare adds the flag to a verb whose RunE is set.
func (f *residencyFlags) declare(cmd *cobra.Command) {
	group(cmd, "Residency", func(fs *pflag.FlagSet) {
		fs.StringVar(&f.file, "residency-policy", "", "policy `FILE` (YAML or JSON) that says where data may go (default: OA_ARCHIVE_RESIDENCY, then the configuration folder's residency.yaml; \"\" for none)")
	})
	inner := cmd.RunE
	cmd.RunE = func(cmd *cobra.Command, given []string) error {
		f.cmd = cmd
		return inner(cmd, given)
	}
}

// load reads the policy, if there is one. One that is named, or that lies in the
// configuration folder, and cannot be read is an error: nothing goes anywhere.
func (f *residencyFlags) load(a *app) error {
	path, named := f.file, true
	if f.cmd == nil || !f.cmd.Flags().Changed("residency-policy") {
		if path = a.getenv("OA_ARCHIVE_RESIDENCY"); path == "" {
			dir, err := os.UserConfigDir()
			if err != nil {
				return nil // as for every file of that folder
			}
			path, named = filepath.Join(dir, programName, residencyFile), false
		}
	}
	if path == "" {
		return nil
	}
	doc, err := readSmall(path, residency.MaxSize)
	switch {
	case !named && errors.Is(err, fs.ErrNotExist):
		return nil
	case err == nil:
		f.policy, err = residency.Parse(doc)
	}
	if err != nil {
		return &failure{
			exit: exitResidency, code: "bad-residency-policy", err: at(fmt.Sprintf("residency policy %q", path), err),
			hint: "correct it; while it cannot be read, nothing may go anywhere",
		}
	}
	return nil
}

// inForce returns the policy, nil when there is none.
func (f *residencyFlags) inForce(a *app) (*residency.Policy, error) {
	if !f.loaded {
		if err := f.load(a); err != nil {
			return nil, err
		}
		f.loaded = true
	}
	return f.policy, nil
}

// permit holds a FILE or a STORE against the policy and returns the name of the
// rule that lets the data go there; "" when there is no policy.
func (f *residencyFlags) permit(a *app, data residency.Data, destination string) (rule string, err error) {
	policy, err := f.inForce(a)
	if policy == nil || err != nil {
		return "", err
	}
	all, err := a.destinations(destination)
	if err != nil {
		return "", err
	}
	for _, one := range all {
		decision, err := policy.Check(data, one)
		if err != nil {
			return "", err
		}
		rule = decision.Rule
	}
	return rule, nil
}

// permitArchive is permit for the data in an archive.
func (f *residencyFlags) permitArchive(a *app, m *manifest.Manifest, destination string) error {
	data, err := residency.DataOfArchive(m)
	if err != nil {
		return err
	}
	_, err = f.permit(a, data, destination)
	return err
}

// destinations returns what a FILE or STORE leads to, the environment considered:
// every address of a database, and where the clients of object stores go.
func (a *app) destinations(s string) ([]string, error) {
	if strings.HasPrefix(s, "postgres:") || strings.HasPrefix(s, "postgresql:") {
		addresses, err := sqlstore.PostgresAddresses(s)
		if err != nil {
			return nil, err
		}
		var all []string
		for _, at := range addresses {
			all = append(all, residency.PostgresURL(at.Host, at.Port, at.Database))
		}
		return all, nil
	}
	return []string{a.withEndpoint(s)}, nil
}

// endpoints lists the variables by which the clients of object stores are led
// elsewhere than a URL says, and the parameters that stand for them in a policy.
var endpoints = []struct{ scheme, parameter, variable string }{
	{"s3", "endpoint", "AWS_ENDPOINT_URL_S3"},
	{"s3", "endpoint", "AWS_ENDPOINT_URL"},
	{"gs", "endpoint", "STORAGE_EMULATOR_HOST"},
	{"azblob", "storage_account", "AZURE_STORAGE_ACCOUNT"},
	{"azblob", "domain", "AZURE_STORAGE_DOMAIN"},
}

func (a *app) withEndpoint(s string) string {
	scheme, _, _ := strings.Cut(s, "://")
	for _, e := range endpoints {
		value := a.getenv(e.variable)
		if !strings.EqualFold(scheme, e.scheme) || value == "" {
			continue
		}
		base, query, _ := strings.Cut(s, "?")
		values, err := url.ParseQuery(query)
		if err != nil {
			return s // which the policy refuses
		}
		if !values.Has(e.parameter) {
			values.Set(e.parameter, value)
			s = base + "?" + values.Encode()
		}
	}
	return s
}

// readRecord reads --residency-record, for a store that states nothing itself.
func readRecord(path string, info tenant.Info) (*manifest.Residency, error) {
	doc, err := readSmall(path, residency.MaxSize)
	if err != nil {
		return nil, at("residency record", err)
	}
	r, err := residency.ParseRecord(doc)
	if err != nil {
		return nil, usagef("docs/residency.md describes it", "residency record %q: %w", path, err)
	}
	switch {
	case info.Residency != nil:
		return nil, usagef("leave --residency-record out, or correct it there", "the store itself states where data of tenant %s lies", info.ID)
	case r.Region != "" && info.Region != "" && r.Region != info.Region:
		return nil, usagef("correct one of them", "residency record %q: region %q, but the store says %q", path, r.Region, info.Region)
	case r.Jurisdiction != "" && info.Jurisdiction != "" && r.Jurisdiction != info.Jurisdiction:
		return nil, usagef("correct one of them", "residency record %q: jurisdiction %q, but the store says %q", path, r.Jurisdiction, info.Jurisdiction)
	}
	if r.Region == "" {
		r.Region = info.Region
	}
	if r.Jurisdiction == "" {
		r.Jurisdiction = info.Jurisdiction
	}
	return r, nil
}
