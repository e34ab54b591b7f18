package terminal

import (
	"sync"
	"time"

	"github.com/vbauerster/mpb/v8"
	"github.com/vbauerster/mpb/v8/decor"
)

// A Progress draws a bar on standard error for each stage of an operation. Nil
// draws nothing. It is safe for concurrent use.
type Progress struct {
	delay time.Duration // how long a stage takes before it is worth a bar
	width int           // of the bar itself

	mu    sync.Mutex
	pool  *mpb.Progress // nil after Stop
	label string        // of the stage
	since time.Time     // when the stage began
	bar   *mpb.Bar      // nil as long as the stage is short
	total int64
}

// NewProgress returns a Progress that draws when standard error is a terminal
// and quiet is false. The caller calls [Progress.Stop] before it prints.
func (t *Terminal) NewProgress(quiet bool) *Progress {
	if quiet || !t.ErrIsTerminal {
		return nil
	}
	return &Progress{
		delay: 300 * time.Millisecond,
		width: min(max(t.ErrWidth-60, 10), 40),
		pool:  mpb.New(mpb.WithOutput(t.Err), mpb.WithWidth(t.ErrWidth), mpb.WithAutoRefresh()),
	}
}

// Report says that done of total bytes of the stage are through. total is 0 or
// less when it is not known. A new label ends the stage before.
func (p *Progress) Report(label string, done, total int64) {
	if p == nil {
		return
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.pool == nil {
		return
	}
	if label != p.label {
		p.endStage()
		p.label, p.since = label, time.Now()
	}
	if p.bar == nil {
		if time.Since(p.since) < p.delay {
			return
		}
		p.draw(total)
	}
	if total > 0 && total != p.total {
		p.total = total
		p.bar.SetTotal(total, false)
	}
	p.bar.SetCurrent(done)
}

func (p *Progress) draw(total int64) {
	p.total = total
	name := decor.Name(p.label+" ", decor.WCSyncWidthR)
	rate := decor.NewAverageSpeed(decor.SizeB1024(0), "  % .1f", p.since)
	if total <= 0 {
		p.bar = p.pool.New(0, mpb.SpinnerStyle().PositionLeft(), mpb.BarWidth(2), mpb.BarRemoveOnComplete(),
			mpb.PrependDecorators(name),
			mpb.AppendDecorators(decor.CurrentKibiByte("% .1f"), rate))
		return
	}
	p.bar = p.pool.New(total, mpb.BarStyle().Lbound("").Filler("━").Tip("━").Padding("─").Rbound(""), mpb.BarWidth(p.width), mpb.BarRemoveOnComplete(),
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
	if p == nil {
		return
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.pool != nil {
		p.endStage()
		p.pool.Wait()
		p.pool = nil
	}
}
