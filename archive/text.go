package archive

import (
	"fmt"

	"github.com/oneanalytics/oa-archive/internal/ustar"
	"github.com/oneanalytics/oa-archive/layout"
)

// keptText is the greatest manifest whose text stays in memory beside what was
// made of it. Few ask for it, and that of a large tenant is tens of megabytes.
const keptText = 256 << 10 // bytes

// letGo gives the manifest's text up, once it has been parsed.
func (a *Archive) letGo() {
	a.textSize = int64(len(a.text))
	if a.textSize > keptText {
		a.text = nil
	}
}

// manifestText returns the text of the manifest, which may have to be read again.
func (a *Archive) manifestText() ([]byte, error) {
	if a.text != nil {
		return a.text, nil
	}
	n := a.t.frames() - 2
	b, err := readRange(a.frames.r, nil, a.t.at[n], a.t.at[n+1]-a.t.at[n])
	if err != nil {
		return nil, err
	}
	content, fault := a.frames.decode(n, b, ustar.BlockSize+ustar.Padded(a.opts.Limits.Manifest), anew)
	if fault != nil {
		return nil, fault.Err
	}
	text := content[ustar.BlockSize : ustar.BlockSize+a.textSize]
	if got := layout.DigestOf(text); got != a.proof.digest {
		err := fmt.Errorf("it has changed since the archive was opened: its SHA-256 was %s and is %s", a.proof.digest, got)
		return nil, formatFinding(CodeDigest, ruleDigest, layout.ManifestPath, a.t.start[n], InTar, err).Err
	}
	return text, nil
}
