package dirstore

import (
	"errors"
	"fmt"
	"io"
	"io/fs"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"

	"github.com/oneanalytics/oa-archive/tenant"
)

// maxTenantFile bounds tenant.json, in bytes: room for a register of exceptions
// of the greatest length.
const maxTenantFile = 4 << 20

// readTenant reads tenant.json, which must have the members of [tenant.Info]
// and no others: a misspelt one would otherwise be lost silently.
func (s *Store) readTenant() (tenant.Info, error) {
	var t tenant.Info
	content, err := s.readSmall(tenantFile, maxTenantFile)
	if errors.Is(err, fs.ErrNotExist) {
		return t, fmt.Errorf("dirstore: %w: %s has no %s", tenant.ErrNoTenant, s.path, tenantFile)
	}
	if err != nil {
		return t, err
	}
	if err := json.Unmarshal(content, &t, json.RejectUnknownMembers(true)); err != nil {
		return t, fmt.Errorf("dirstore: %s: %w", s.path+"/"+tenantFile, err)
	}
	err = t.Check()
	if err == nil && t.Residency != nil {
		err = t.Residency.CheckStored()
	}
	if err != nil {
		return t, fmt.Errorf("dirstore: %s: %w", s.path+"/"+tenantFile, err)
	}
	return t, nil
}

func (s *Store) writeTenant(t tenant.Info) error {
	content, err := json.Marshal(t, jsontext.WithIndent("  "))
	if err != nil {
		return fmt.Errorf("dirstore: %w", err)
	}
	return s.replaceFile(tenantFile, append(content, '\n'))
}

// readSmall reads one of the store's own files, refusing anything but a
// regular file of at most limit bytes.
func (s *Store) readSmall(path string, limit int64) ([]byte, error) {
	before, err := s.root.Lstat(path)
	if err != nil {
		return nil, fmt.Errorf("dirstore: %w", err)
	}
	if !before.Mode().IsRegular() {
		return nil, s.refuse(path, before.Mode())
	}
	f, err := s.root.OpenFile(path, openFlags, 0)
	if err != nil {
		return nil, fmt.Errorf("dirstore: %w", err)
	}
	content, err := io.ReadAll(io.LimitReader(f, limit+1))
	if err := errors.Join(err, f.Close()); err != nil {
		return nil, fmt.Errorf("dirstore: read %s: %w", path, err)
	}
	if int64(len(content)) > limit {
		return nil, fmt.Errorf("dirstore: %s is larger than %d bytes", path, limit)
	}
	return content, nil
}

// refuse says why something that is no plain file or folder is not read.
func (s *Store) refuse(path string, mode fs.FileMode) error {
	what := "not a plain file"
	switch {
	case mode.IsDir():
		what = "a folder where a file belongs"
	case mode&fs.ModeSymlink != 0:
		what = "a symbolic link"
	case mode&fs.ModeNamedPipe != 0:
		what = "a named pipe"
	case mode&fs.ModeSocket != 0:
		what = "a socket"
	case mode&fs.ModeDevice != 0:
		what = "a device"
	case mode.IsRegular():
		what = "a file where a folder belongs"
	}
	return fmt.Errorf("dirstore: %s is %s; a tenant's folder holds plain files and folders only, so replace or remove it", printable(path), what)
}
