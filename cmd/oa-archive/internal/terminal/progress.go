package terminal

import (
	"sync"
	"time"

	"github.com/vbauerster/mpb/v8"
	"github.com/vbauerster/mpb/v8/decor"
)

// A Progress draws bars on standard error, one per stage of an operation. The
// zero value and nil draw nothing. It is safe for concurrent use.
type Progress struct {
	mu       sync.Mutex
	pool     *mpb.Progress
	label    string
	bar      *mpb.Bar
	total    int64
	last     int64
	lastTime time.Time
}

// NewProgress returns a Progress that draws when standard error is a terminal
// and quiet is false. The caller calls [Progress.Stop] before it prints.
func (t *Terminal) NewProgress(quiet bool) *Progress {
	if quiet || !t.ErrIsTerminal {
		return nil
	}
	return &Progress{pool: mpb.New(
		mpb.WithOutput(t.Err),
		mpb.WithWidth(barWidth(t.ErrWidth)),
		mpb.WithAutoRefresh(),
	)}
}

func barWidth(terminal int) int { return min(max(terminal-60, 10), 40) }

// Report says that done of total bytes of the stage are through. total is 0 or
// less when it is not known. A new label ends the stage before.
func (p *Progress) Report(label string, done, total int64) {
	if p == nil || p.pool == nil {
		return
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.bar == nil || label != p.label {
		p.endStage()
		p.start(label, total)
	}
	if total > 0 && total != p.total {
		p.total = total
		p.bar.SetTotal(total, false)
	}
	now := time.Now()
	p.bar.EwmaIncrInt64(done-p.last, now.Sub(p.lastTime))
	p.last, p.lastTime = done, now
}

func (p *Progress) start(label string, total int64) {
	p.label, p.total, p.last, p.lastTime = label, total, 0, time.Now()
	name := decor.Name(label, decor.WC{W: len(label) + 1, C: decor.DindentRight})
	rate := decor.EwmaSpeed(decor.SizeB1024(0), "% .1f", 30, decor.WCSyncSpace)
	if total <= 0 {
		p.bar = p.pool.New(0, mpb.SpinnerStyle(), mpb.BarRemoveOnComplete(),
			mpb.PrependDecorators(name),
			mpb.AppendDecorators(decor.CurrentKibiByte("% .1f"), rate))
		return
	}
	p.bar = p.pool.New(total, mpb.BarStyle().Lbound("").Filler("━").Tip("━").Padding("─").Rbound(""), mpb.BarRemoveOnComplete(),
		mpb.PrependDecorators(name),
		mpb.AppendDecorators(decor.CountersKibiByte("% .1f / % .1f"), rate))
}

func (p *Progress) endStage() {
	if p.bar != nil {
		p.bar.Abort(true)
		p.bar.Wait()
		p.bar = nil
	}
}

// Stop removes what is drawn and waits until it is gone. Further reports draw
// nothing.
func (p *Progress) Stop() {
	if p == nil || p.pool == nil {
		return
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	p.endStage()
	p.pool.Wait()
	p.pool = nil
}
