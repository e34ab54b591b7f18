//go:build unix

package dirstore

import (
	"errors"
	"net"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"github.com/oneanalytics/oa-archive/tenant"
)

func makePipe(path string) error { return syscall.Mkfifo(path, 0o644) }

func TestSameDevice(t *testing.T) {
	here, err := os.Stat(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	devices, err := os.Stat("/dev")
	if err != nil {
		t.Fatal(err)
	}
	if !sameDevice(here, here) || sameDevice(here, devices) {
		t.Error("a temporary folder and /dev are told to be on one device")
	}
}

// TestFileReplacedByPipe holds that reading does not wait for a writer.
func TestFileReplacedByPipe(t *testing.T) {
	dir := folder(t, map[string]string{reportPath: "older"})
	e := onlyEntry(t, open(t, dir))
	full := filepath.Join(dir, reportPath)
	if err := errors.Join(os.Remove(full), makePipe(full)); err != nil {
		t.Fatal(err)
	}
	if got, err := read(t.Context(), e); !errors.Is(err, tenant.ErrChanged) {
		t.Errorf("read %q, %v; want tenant.ErrChanged", got, err)
	}
}

func TestLinksAndSpecialFilesAreRefused(t *testing.T) {
	outside := t.TempDir()
	write(t, outside, "secret.json", "secret")
	for name, c := range map[string]struct {
		path  string
		plant func(full string) error
		want  string
	}{
		"link out of the folder": {reportPath, func(full string) error { return os.Symlink(filepath.Join(outside, "secret.json"), full) }, "is a symbolic link"},
		"link within the folder": {reportPath, func(full string) error { return os.Symlink("../metadata.json", full) }, "is a symbolic link"},
		"dangling link":          {reportPath, func(full string) error { return os.Symlink("nowhere", full) }, "is a symbolic link"},
		"linked folder":          {"workspaces/" + workspace + "/files", func(full string) error { return os.Symlink(outside, full) }, "is a symbolic link"},
		"linked top folder":      {"audit", func(full string) error { return os.Symlink(outside, full) }, "is a symbolic link"},
		"named pipe":             {reportPath, makePipe, "is a named pipe"},
		"socket":                 {"audit/s", listen, "is a socket"},
		"folder for a file":      {reportPath, func(full string) error { return os.MkdirAll(full, 0o755) }, "is a folder where a file belongs"},
		"file for a folder":      {"extensions", func(full string) error { return os.WriteFile(full, nil, 0o644) }, "is a file where a folder belongs"},
	} {
		t.Run(name, func(t *testing.T) {
			dir := folder(t, map[string]string{metadataPath: "{}"})
			full := filepath.Join(dir, c.path)
			if err := os.MkdirAll(filepath.Dir(full), 0o755); err != nil {
				t.Fatal(err)
			}
			if err := c.plant(full); err != nil {
				t.Fatal(err)
			}
			_, err := readAll(t.Context(), open(t, dir))
			wantError(t, err, c.path, c.want, "replace or remove it")
			if c.path != reportPath {
				return
			}
			tx := begin(t, open(t, dir))
			err = tx.Put(t.Context(), nameOf(t, c.path), -1, strings.NewReader("x"))
			wantError(t, err, c.path, c.want)
		})
	}
	dir := t.TempDir()
	if err := os.Symlink(filepath.Join(outside, "secret.json"), filepath.Join(dir, tenantFile)); err != nil {
		t.Fatal(err)
	}
	_, err := Open(dir)
	wantError(t, err, "tenant.json is a symbolic link")
}

// listen makes a socket at path that stays.
func listen(path string) error {
	l, err := net.ListenUnix("unix", &net.UnixAddr{Name: path, Net: "unix"})
	if err != nil {
		return err
	}
	l.SetUnlinkOnClose(false)
	return l.Close()
}

func TestPrivateFolderIsNotFollowed(t *testing.T) {
	outside := t.TempDir()
	dir := folder(t, nil)
	if err := os.Symlink(outside, filepath.Join(dir, private)); err != nil {
		t.Fatal(err)
	}
	_, err := Open(dir)
	wantError(t, err, ".oa-archive is a symbolic link")

	dir = folder(t, map[string]string{private + "/x": ""})
	if err := os.Symlink(filepath.Join(outside, "planted"), filepath.Join(dir, lockFile)); err != nil {
		t.Fatal(err)
	}
	_, err = open(t, dir).Begin(t.Context())
	wantError(t, err, ".oa-archive/lock is a symbolic link")
	if names, err := os.ReadDir(outside); err != nil || len(names) != 0 {
		t.Errorf("outside the folder: %v, %v", names, err)
	}
}
