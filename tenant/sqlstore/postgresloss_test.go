package sqlstore

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"net"
	"net/url"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/oneanalytics/oa-archive/internal/pgtest"
	"github.com/oneanalytics/oa-archive/layout"
	"github.com/oneanalytics/oa-archive/tenant"
)

// terminate ends all other connections to the database of the URL, and waits
// until they are gone.
func terminate(t *testing.T, at place) {
	t.Helper()
	at.behind(t, `DO $$
		DECLARE victim integer;
		BEGIN
			FOR victim IN SELECT pid FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid() LOOP
				PERFORM pg_terminate_backend(victim, 10000);
			END LOOP;
		END $$`)
}

var largeName = layout.Name{Kind: layout.File, Workspace: workspace, Asset: asset}

// TestLostConnection ends the connection at several points of an import. The
// state is that of before, and the store goes on working.
func TestLostConnection(t *testing.T) {
	_, at := createPostgres(t)
	db, err := OpenPostgres(t.Context(), at.url)
	s := newTenant(t, opened(t, db, err), acme)
	store(t, s, 0, state(0))
	cut := func() { terminate(t, at) }
	putAll := func(tx tenant.Tx) error {
		for path, content := range state(1) {
			name, err := layout.Parse(path)
			if err != nil {
				return err
			}
			if err := tx.Put(t.Context(), name, -1, strings.NewReader(content)); err != nil {
				return err
			}
		}
		return nil
	}
	for point, fail := range map[string]func(tenant.Tx) error{
		"before the first put": func(tx tenant.Tx) error {
			cut()
			return errors.Join(putAll(tx), tx.Commit(t.Context(), record(1)))
		},
		"in a large put": func(tx tenant.Tx) error {
			content := io.MultiReader(bytes.NewReader(make([]byte, 2<<20)), readerFunc(func([]byte) (int, error) { cut(); return 0, io.EOF }))
			return tx.Put(t.Context(), largeName, -1, io.MultiReader(content, bytes.NewReader(make([]byte, 2<<20))))
		},
		"between puts and commit": func(tx tenant.Tx) error {
			if err := putAll(tx); err != nil {
				t.Error(err)
			}
			cut()
			return tx.Commit(t.Context(), record(1))
		},
		"right before COMMIT": func(tx tenant.Tx) error {
			if err := putAll(tx); err != nil {
				t.Error(err)
			}
			reached = func(string) { cut() }
			defer func() { reached = func(string) {} }()
			err := tx.Commit(t.Context(), record(1))
			wantError(t, err, "the import was not committed")
			return err
		},
		"in the inventory": func(tx tenant.Tx) error {
			if err := putAll(tx); err != nil {
				t.Error(err)
			}
			for e, err := range tx.Inventory(t.Context()) {
				if err != nil {
					return err
				}
				cut()
				if _, err := read(t.Context(), e); err != nil {
					return err
				}
			}
			return nil
		},
	} {
		t.Run(point, func(t *testing.T) {
			tx := begin(t, s)
			if err := fail(tx); err == nil {
				t.Error("the lost connection is not noticed")
			}
			if err := tx.Commit(t.Context(), record(1)); err == nil {
				t.Error("Commit works after the connection was lost")
			}
			if err := tx.Rollback(); err != nil {
				t.Errorf("Rollback: %v", err)
			}
			wantSomeStateIs(t, s, 0)
		})
	}
	store(t, s, 1, state(1))
	wantJournal(t, s, 1)
	if err := importState(t.Context(), s, 2, false); err != nil {
		t.Error(err)
	}
}

func wantSomeStateIs(t *testing.T, s *Store, want int) {
	t.Helper()
	if got := wantSomeState(t, s); got != want {
		t.Errorf("state %d, want %d", got, want)
	}
	wantJournal(t, s, want)
}

func TestLostConnectionEndsASnapshot(t *testing.T) {
	db, at := createPostgres(t)
	s := newTenant(t, db, acme)
	store(t, s, 0, state(0))
	src, err := s.Snapshot(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	terminate(t, at)
	store(t, s, 1, state(1))
	for range 2 {
		failed := false
		for _, err := range src.Entries(t.Context(), tenant.Selection{}) {
			failed = failed || err != nil
		}
		if !failed {
			t.Error("the snapshot goes on without its connection")
		}
	}
	if err := src.Close(); err != nil {
		t.Error(err)
	}
	wantSomeStateIs(t, s, 1)
}

// A proxy stands between a client and the server's socket. When it is armed,
// the client's next COMMIT meets with an accident.
type proxy struct {
	listener net.Listener
	socket   string
	mu       sync.Mutex
	accident func(client, server net.Conn, commit []byte)
}

func newProxy(t *testing.T, socket string) *proxy {
	t.Helper()
	listener, err := new(net.ListenConfig).Listen(t.Context(), "tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	p := &proxy{listener: listener, socket: socket}
	t.Cleanup(func() { _ = listener.Close() })
	go func() {
		for {
			client, err := listener.Accept()
			if err != nil {
				return
			}
			go p.serve(client)
		}
	}()
	return p
}

func (p *proxy) arm(accident func(client, server net.Conn, commit []byte)) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.accident = accident
}

func (p *proxy) disarm() func(client, server net.Conn, commit []byte) {
	p.mu.Lock()
	defer p.mu.Unlock()
	accident := p.accident
	p.accident = nil
	return accident
}

func (p *proxy) serve(client net.Conn) {
	defer func() { _ = client.Close() }()
	server, err := net.Dial("unix", p.socket)
	if err != nil {
		return
	}
	var answers sync.WaitGroup
	answers.Go(func() { _, _ = io.Copy(client, server) })
	defer answers.Wait()
	defer func() { _ = server.Close() }()
	buf := make([]byte, 1<<20)
	for {
		n, err := client.Read(buf)
		if err != nil {
			return
		}
		if bytes.Contains(buf[:n], []byte("COMMIT\x00")) {
			if accident := p.disarm(); accident != nil {
				accident(client, server, buf[:n])
				return
			}
		}
		if _, err := server.Write(buf[:n]); err != nil {
			return
		}
	}
}

// TestLostAnswerToCommit loses COMMIT or its answer. Commit tells the truth
// all the same.
func TestLostAnswerToCommit(t *testing.T) {
	_, at := createPostgres(t)
	u, err := url.Parse(at.url)
	if err != nil {
		t.Fatal(err)
	}
	p := newProxy(t, filepath.Join(u.Query().Get("host"), ".s.PGSQL.5432"))
	u.Host, u.RawQuery = p.listener.Addr().String(), "sslmode=disable&schema="+u.Query().Get("schema")
	db, err := OpenPostgres(t.Context(), u.String())
	s := newTenant(t, opened(t, db, err), acme)
	store(t, s, 0, state(0))

	swallow := func(client, server net.Conn, commit []byte) {
		_ = client.Close()
		_, _ = server.Write(commit)
	}
	n := 0
	for _, c := range []struct {
		name      string
		accident  func(client, server net.Conn, commit []byte)
		committed bool
	}{
		{"COMMIT is lost", func(client, server net.Conn, _ []byte) { _ = client.Close() }, false},
		{"the answer is lost", swallow, true},
		{"COMMIT arrives late", func(client, server net.Conn, commit []byte) {
			_ = client.Close()
			time.Sleep(200 * time.Millisecond)
			_, _ = server.Write(commit)
		}, true},
	} {
		t.Run(c.name, func(t *testing.T) {
			p.arm(c.accident)
			err := importState(t.Context(), s, n+1, false)
			if c.committed {
				n++
			} else {
				wantError(t, err, "the import was not committed")
			}
			if c.committed != (err == nil) {
				t.Errorf("Commit: %v; the import was committed: %v", err, c.committed)
			}
			wantSomeStateIs(t, s, n)
		})
	}

	t.Run("nobody can be asked", func(t *testing.T) {
		p.arm(func(client, server net.Conn, commit []byte) {
			_ = p.listener.Close()
			swallow(client, server, commit)
		})
		wantError(t, importState(t.Context(), s, n+1, false), fmt.Sprintf("whether import %s was committed is not known", record(n+1).ID), "journal")
		direct, err := OpenPostgres(t.Context(), at.url)
		s := newStore(t, opened(t, direct, err), acme.ID)
		if err := begin(t, s).Rollback(); err != nil {
			t.Fatal(err)
		}
		wantSomeStateIs(t, s, n+1)
	})
}

// TestServerCrash kills the server, which has its usual settings, right after
// a commit and in the middle of an import.
func TestServerCrash(t *testing.T) {
	server := pgtest.Start(t)
	database := server.New(t)
	url := database.URLAs(database.Role(t, "CREATE"))
	db, err := CreatePostgres(t.Context(), url)
	s := newTenant(t, opened(t, db, err), acme)
	for n := range 3 {
		if err := importState(t.Context(), s, n, false); err != nil {
			t.Fatal(err)
		}
		server.Crash(t)
		wantSomeStateIs(t, s, n)
		tx := begin(t, s)
		put(t, tx, passing, "not to be seen")
		put(t, tx, large, strings.Repeat("x", 2<<20))
		server.Crash(t)
		if err := tx.Commit(t.Context(), record(n+1)); err == nil {
			t.Error("Commit works after the server's crash")
		}
		_ = tx.Rollback()
		wantSomeStateIs(t, s, n)
	}
}
