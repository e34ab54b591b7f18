package restore

import (
	"bytes"
	"compress/flate"
	"fmt"
)

// maxBuilt bounds what a plan keeps of metadata that it has built.
const maxBuilt = 32 << 20 // bytes, compressed

// keepBuilt keeps the metadata of a workspace from when its step is settled
// until it is written: building it takes in all records of both sides.
func (p *planner) keepBuilt(ws *item, doc []byte) {
	p.buildsAgain = p.buildsAgain || longWay || p.builtSize > maxBuilt
	if p.buildsAgain {
		return
	}
	var b bytes.Buffer
	if p.compressor == nil {
		var err error
		if p.compressor, err = flate.NewWriter(nil, flate.DefaultCompression); err != nil {
			panic(err) // the level is one
		}
	}
	p.compressor.Reset(&b)
	if _, err := p.compressor.Write(doc); err != nil || p.compressor.Close() != nil {
		panic(err) // a buffer takes everything
	}
	p.built[ws] = bytes.Clone(b.Bytes())
	p.builtSize += b.Len()
}

// rebuilt returns what keepBuilt has kept of a workspace, or nil.
func (p *planner) rebuilt(ws *item) ([]byte, error) {
	kept := p.built[ws]
	if kept == nil {
		return nil, nil
	}
	doc, err := inflate(kept, 0)
	if err != nil {
		return nil, fmt.Errorf("metadata of workspace %s: %w", ws.id, err)
	}
	return doc, nil
}

// inflate returns what was compressed: size bytes, if that is known.
func inflate(kept []byte, size int64) ([]byte, error) {
	var b bytes.Buffer
	b.Grow(int(size) + bytes.MinRead)
	_, err := b.ReadFrom(flate.NewReader(bytes.NewReader(kept)))
	return b.Bytes(), err
}
