package weaklink

import (
	"errors"
	"io"
	"log"
	"net"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"sync"
	"testing"
	"time"
)

// A Fault is what happens to one request. The zero value lets it pass.
type Fault struct {
	// Status answers in the server's stead, who never sees the request.
	Status int
	// Body goes with Status.
	Body string
	// Drop ends the connection before the server sees the request.
	Drop bool
	// LoseAnswer ends the connection when the server has done as asked.
	LoseAnswer bool
	// Delay comes before everything else.
	Delay time.Duration
	// Hang never answers, until the client goes away.
	Hang bool
	// CutAfter ends the connection when so many bytes of the answer's body have
	// passed; 0 is never.
	CutAfter int64
	// IgnoreRange asks the server for the whole object.
	IgnoreRange bool
}

// A Proxy stands before one server. It is safe for concurrent use.
type Proxy struct {
	URL string // http://127.0.0.1:PORT

	mu       sync.Mutex
	requests []*http.Request
	in, out  int64
	plan     func(n int, r *http.Request) Fault
	budget   int64 // bytes that may pass before all is cut; -1: any number
	dead     bool
}

// New starts a proxy before the server at target. It ends with the test.
func New(tb testing.TB, target string) *Proxy {
	tb.Helper()
	u, err := url.Parse(target)
	if err != nil {
		tb.Fatal(err)
	}
	p := &Proxy{budget: -1}
	forward := &httputil.ReverseProxy{
		Rewrite: func(r *httputil.ProxyRequest) {
			r.SetURL(u)
			r.Out.Host = r.In.Host // it is signed
			r.Out.Header["X-Forwarded-For"] = nil
		},
		Transport:      &http.Transport{DisableCompression: true, MaxIdleConnsPerHost: 32},
		FlushInterval:  -1,
		ErrorLog:       log.New(io.Discard, "", 0), // of faults that are on purpose
		ErrorHandler:   func(http.ResponseWriter, *http.Request, error) { panic(http.ErrAbortHandler) },
		ModifyResponse: p.answer,
	}
	server := httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { p.serve(forward, w, r) }))
	server.Config.ErrorLog = forward.ErrorLog
	server.Start()
	p.URL = server.URL
	tb.Cleanup(func() {
		server.CloseClientConnections()
		server.Close()
	})
	return p
}

// Plan sets what happens to each request from now on; n counts them from 1.
func (p *Proxy) Plan(plan func(n int, r *http.Request) Fault) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.plan = plan
}

// CutAt ends all connections when n more bytes of bodies have passed, in either
// direction. Afterwards it is dead until Revive.
func (p *Proxy) CutAt(n int64) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.budget = n
}

// Revive lets everything pass again.
func (p *Proxy) Revive() {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.budget, p.dead, p.plan = -1, false, nil
}

// Dead reports whether the link was cut.
func (p *Proxy) Dead() bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.dead
}

// Reset begins to count anew.
func (p *Proxy) Reset() {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.requests, p.in, p.out = nil, 0, 0
}

// Requests returns the requests so far.
func (p *Proxy) Requests() []*http.Request {
	p.mu.Lock()
	defer p.mu.Unlock()
	return append([]*http.Request(nil), p.requests...)
}

// Bytes returns how many bytes of bodies went to the server and came from it.
func (p *Proxy) Bytes() (toServer, fromServer int64) {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.in, p.out
}

type faultKey struct{}

var errCut = errors.New("weaklink: cut")

func (p *Proxy) serve(forward http.Handler, w http.ResponseWriter, r *http.Request) {
	p.mu.Lock()
	p.requests = append(p.requests, r)
	var f Fault
	if p.plan != nil {
		f = p.plan(len(p.requests), r)
	}
	dead := p.dead
	p.mu.Unlock()
	if f.Delay > 0 {
		select {
		case <-time.After(f.Delay):
		case <-r.Context().Done():
		}
	}
	switch {
	case f.Hang:
		_, _ = io.Copy(io.Discard, r.Body) // or the end of the connection goes unnoticed
		<-r.Context().Done()
		panic(http.ErrAbortHandler)
	case dead || f.Drop:
		hangUp(w)
		return
	case f.Status != 0:
		_, _ = io.Copy(io.Discard, r.Body)
		w.Header().Set("Content-Type", "application/xml")
		w.WriteHeader(f.Status)
		_, _ = io.WriteString(w, f.Body)
		return
	}
	if f.IgnoreRange {
		r.Header.Del("Range")
	}
	r.Body = &metered{ReadCloser: r.Body, p: p, count: &p.in}
	r = r.WithContext(withFault(r.Context(), f))
	forward.ServeHTTP(w, r)
}

// hangUp ends the connection, with a reset where that is possible.
func hangUp(w http.ResponseWriter) {
	if h, ok := w.(http.Hijacker); ok {
		if c, _, err := h.Hijack(); err == nil {
			if tcp, ok := c.(*net.TCPConn); ok {
				_ = tcp.SetLinger(0)
			}
			_ = c.Close()
			return
		}
	}
	panic(http.ErrAbortHandler)
}

// answer counts, cuts and loses what the server answers.
func (p *Proxy) answer(resp *http.Response) error {
	f := faultOf(resp.Request.Context())
	if f.LoseAnswer {
		_, _ = io.Copy(io.Discard, resp.Body)
		return errCut
	}
	resp.Body = &metered{ReadCloser: resp.Body, p: p, count: &p.out, cut: f.CutAfter}
	return nil
}

// metered counts what is read, and ends when the link is cut.
type metered struct {
	io.ReadCloser
	p     *Proxy
	count *int64
	cut   int64 // after so many bytes of this body; 0: never
	seen  int64
}

func (m *metered) Read(b []byte) (int, error) {
	b = b[:min(len(b), 32<<10)]
	if m.cut > 0 {
		if m.seen >= m.cut {
			return 0, errCut
		}
		b = b[:min(int64(len(b)), m.cut-m.seen)]
	}
	m.p.mu.Lock()
	if m.p.budget == 0 {
		m.p.dead = true
	}
	if m.p.dead {
		m.p.mu.Unlock()
		return 0, errCut
	}
	if m.p.budget > 0 {
		b = b[:min(int64(len(b)), m.p.budget)]
	}
	m.p.mu.Unlock()
	n, err := m.ReadCloser.Read(b)
	m.seen += int64(n)
	m.p.mu.Lock()
	*m.count += int64(n)
	if m.p.budget > 0 {
		m.p.budget = max(0, m.p.budget-int64(n))
	}
	m.p.mu.Unlock()
	return n, err
}
