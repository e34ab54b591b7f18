package main

import (
	"bufio"
	"context"
	"database/sql"
	"encoding/binary"
	"errors"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"time"

	_ "modernc.org/sqlite" // the driver that the store uses

	"github.com/oneanalytics/oa-archive/archive"
	"github.com/oneanalytics/oa-archive/internal/testkit"
	"github.com/oneanalytics/oa-archive/manifest"
	"github.com/oneanalytics/oa-archive/sign"
	"github.com/oneanalytics/oa-archive/tenant"
)

// makeArchive writes an archive of n made-up documents without a folder of them,
// and without looking at what they say.
func makeArchive(ctx context.Context, n int, keyFile, path string) (err error) {
	text, err := os.ReadFile(keyFile)
	if err != nil {
		return err
	}
	key, err := sign.ParsePrivateKey(text, nil)
	if err != nil {
		return err
	}
	source, err := testkit.New(testkit.Options{Seed: 3, Documents: n})
	if err != nil {
		return err
	}
	f, err := archive.CreateFile(path, archive.FileOptions{})
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, f.Close()) }()
	who := source.Options().Tenant
	w, err := archive.NewWriter(f, archive.WriterOptions{
		ID: "019a9b3c-0000-7000-8000-000000000001", Created: time.Unix(1_790_000_000, 0),
		Tenant: manifest.Tenant{ID: who.ID, Name: who.Name, Region: who.Region, Jurisdiction: who.Jurisdiction},
		Signer: key,
	})
	if err != nil {
		return err
	}
	defer w.Abort()
	for e, err := range source.Entries(ctx, tenant.Selection{}) {
		if err != nil {
			return err
		}
		to, err := w.Create(archive.Header{Path: e.Name.String(), Size: e.Size})
		if err != nil {
			return err
		}
		from, err := e.Open(ctx)
		if err != nil {
			return err
		}
		_, err = io.Copy(to, from)
		if err := errors.Join(err, from.Close()); err != nil {
			return err
		}
	}
	return errors.Join(w.Close(), f.Commit(ctx))
}

// makeCopy writes the files of a folder, path and content of each, in the binary
// form of PostgreSQL's COPY.
func makeCopy(folder, path string) (err error) {
	f, err := os.Create(path)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, f.Close()) }()
	w := bufio.NewWriterSize(f, 1<<20)
	header := append([]byte("PGCOPY\n\xff\r\n\x00"), make([]byte, 8)...)
	if _, err := w.Write(header); err != nil {
		return err
	}
	var row []byte
	err = eachFile(folder, func(name string, content []byte) error {
		row = binary.BigEndian.AppendUint16(row[:0], 2)
		row = binary.BigEndian.AppendUint32(row, uint32(len(name)))
		row = append(row, name...)
		row = binary.BigEndian.AppendUint32(row, uint32(len(content)))
		_, err := w.Write(append(row, content...))
		return err
	})
	if err != nil {
		return err
	}
	if _, err := w.Write([]byte{0xff, 0xff}); err != nil {
		return err
	}
	return w.Flush()
}

// insertFiles inserts the files of a folder, path and content of each, into a
// bare table of a new SQLite database: one transaction, one prepared statement,
// and the settings that decide how safe that is as in the store.
func insertFiles(ctx context.Context, folder, path string) (err error) {
	db, err := sql.Open("sqlite", "file:"+path+"?_pragma=journal_mode(WAL)&_pragma=synchronous(FULL)")
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, db.Close()) }()
	if _, err := db.ExecContext(ctx, "CREATE TABLE bare (path TEXT, content BLOB)"); err != nil {
		return err
	}
	tx, err := db.BeginTx(ctx, nil)
	if err != nil {
		return err
	}
	defer tx.Rollback() //nolint:errcheck // after Commit it says so
	insert, err := tx.PrepareContext(ctx, "INSERT INTO bare VALUES (?, ?)")
	if err != nil {
		return err
	}
	err = eachFile(folder, func(name string, content []byte) error {
		_, err := insert.ExecContext(ctx, name, content)
		return err
	})
	if err != nil {
		return err
	}
	return tx.Commit()
}

func eachFile(folder string, use func(name string, content []byte) error) error {
	return filepath.WalkDir(folder, func(path string, d fs.DirEntry, err error) error {
		if err != nil || !d.Type().IsRegular() {
			return err
		}
		content, err := os.ReadFile(path)
		if err != nil {
			return err
		}
		name, err := filepath.Rel(folder, path)
		if err != nil {
			return err
		}
		return use(filepath.ToSlash(name), content)
	})
}
