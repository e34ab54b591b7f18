package residency

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
)

// maxLinks is the number of symbolic links that are followed, as on Linux.
const maxLinks = 40

// resolve returns the absolute path that the system will reach by way of path,
// with slashes: symbolic links are followed, also one that leads to what does
// not exist yet, and a segment .. goes up from where a link has led.
func resolve(path string) (string, error) {
	if !filepath.IsAbs(path) {
		cwd, err := os.Getwd()
		if err != nil {
			return "", err
		}
		path = cwd + string(filepath.Separator) + path
	}
	root := filepath.VolumeName(path) + string(filepath.Separator)
	rest := split(path[len(root)-1:])
	at := root
	missing := false
	for links := 0; len(rest) > 0; {
		segment := rest[0]
		rest = rest[1:]
		switch segment {
		case "", ".":
			continue
		case "..":
			if missing {
				return "", &fs.PathError{Op: "open", Path: at, Err: fs.ErrNotExist}
			}
			at = filepath.Dir(at)
			continue
		}
		next := filepath.Join(at, segment)
		info, err := os.Lstat(next)
		switch {
		case missing || errors.Is(err, fs.ErrNotExist):
			missing = true
		case err != nil:
			return "", err
		case info.Mode()&fs.ModeSymlink != 0:
			if links++; links > maxLinks {
				return "", errors.New("too many symbolic links")
			}
			target, err := os.Readlink(next)
			if err != nil {
				return "", err
			}
			if filepath.IsAbs(target) {
				root = filepath.VolumeName(target) + string(filepath.Separator)
				at, target = root, target[len(root)-1:]
			}
			rest = append(split(target), rest...)
			continue
		}
		at = next
	}
	return filepath.ToSlash(at), nil
}

func split(path string) []string {
	return strings.FieldsFunc(path, func(r rune) bool { return r == '/' || r == filepath.Separator })
}
