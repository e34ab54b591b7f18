package archive

import (
	"errors"
	"fmt"
	"io"

	"github.com/oneanalytics/oa-archive/internal/frame"
	"github.com/oneanalytics/oa-archive/internal/ustar"
)

// noMore is called when there are no more frames where a member or the end
// should be.
func (w *walk) noMore() {
	w.ended = true
	if !w.gaveUp && len(w.holes) == 0 {
		w.report(CodeEnd, ruleEnd, "", w.pos, "the tar does not end with two zero blocks")
	}
	w.irregular = true
}

// end is called after the two zero blocks.
func (w *walk) end() error {
	w.ended = true
	w.cut.Alone(w.endLength + ustar.End)
	more := false
	for {
		start := w.pos
		_, n, err := w.piece(frame.MaxContent)
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return err
		}
		if n > 0 && !more {
			more = true
			w.irregular = true
			w.report(CodeEnd, ruleEnd, "", start, "the tar goes on after its end")
		}
	}
}

// finish waits for hashes and signatures, and checks what is left: the cuts,
// and what follows the data frames.
func (w *walk) finish() error {
	w.stop()
	if !w.irregular && !w.gaveUp && len(w.led.findings) == 0 {
		w.checkCuts()
	}
	if w.frames.lost() || w.gaveUp {
		return nil
	}
	return w.frames.checkTail(w.led)
}

func (w *walk) checkCuts() {
	at := int64(0)
	for i, row := range w.frames.rows {
		if i >= len(w.cuts) || int64(row.Content) != w.cuts[i] {
			want := "there should be no further frame"
			if i < len(w.cuts) {
				want = fmt.Sprintf("the rule gives %d", w.cuts[i])
			}
			w.report(CodeFrameCut, ruleCut, "", at, "frame %d has %d bytes of tar, but %s", i, row.Content, want)
			return
		}
		at += int64(row.Content)
	}
}
