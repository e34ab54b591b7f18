package restore

import (
	"fmt"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/google/uuid"
)

// Namespaces of the UUIDv5 that this package derives. They are part of the
// format of plans and never change.
var (
	forkSpace = uuid.NewSHA1(uuid.NameSpaceURL, []byte("https://oa-archive.dev/ns/fork/v1"))
	planSpace = uuid.NewSHA1(uuid.NameSpaceURL, []byte("https://oa-archive.dev/ns/plan/v1"))
)

// DefaultForkLabel is the label of copies when [Options.ForkLabel] is empty.
const DefaultForkLabel = "copy"

// ForkID returns the id that a copy of an asset gets: the UUIDv5, in the
// namespace 26feec54-b47a-5edb-9aa0-91f94e6ae49d, which is itself
// UUIDv5(URL, "https://oa-archive.dev/ns/fork/v1"), of the target's
// tenant id, the archive's tenant id, the asset's id and the label, with a
// zero byte between them. So the same import gives the same copy, not a second
// one.
func ForkID(targetTenant, sourceTenant, id, label string) string {
	return uuid.NewSHA1(forkSpace, []byte(strings.Join([]string{targetTenant, sourceTenant, id, label}, "\x00"))).String()
}

// maxLabel is the length of the longest fork label, in characters.
const maxLabel = 64

func checkLabel(label string) error {
	if !utf8.ValidString(label) || utf8.RuneCountInString(label) > maxLabel {
		return fmt.Errorf("want at most %d characters of UTF-8", maxLabel)
	}
	if strings.TrimSpace(label) != label {
		return fmt.Errorf("%q begins or ends with a space", label)
	}
	for _, r := range label {
		if !unicode.IsPrint(r) {
			return fmt.Errorf("%+q holds a character that cannot be printed", label)
		}
	}
	return nil
}
