package sqlstore

import (
	"database/sql"
	"encoding/binary"
	"fmt"

	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jackc/pgx/v5/pgtype"
	"github.com/jackc/pgx/v5/stdlib"
)

// params are the parameters of a statement in the binary form of PostgreSQL's
// protocol. Their memory serves one statement after another.
type params struct {
	types   []uint32
	formats []int16
	values  [][]byte
	buffers [][]byte // for arrays, by the place of the parameter
}

// Codes of the protocol.
const (
	binaryFormat = 1
	nullElement  = 0xFFFFFFFF // instead of an element's length
)

func (p *params) reset() {
	clear(p.values)
	p.types, p.formats, p.values = p.types[:0], p.formats[:0], p.values[:0]
}

// add adds a parameter of the type. It keeps value until it is reset.
func (p *params) add(oid uint32, value []byte) {
	p.types, p.formats, p.values = append(p.types, oid), append(p.formats, binaryFormat), append(p.values, value)
}

// array adds an array of n elements, which element appends: each with its
// length before it.
func (p *params) array(oid, elementOID uint32, n int, element func(b []byte, i int) []byte) {
	at := len(p.values)
	for len(p.buffers) <= at {
		p.buffers = append(p.buffers, nil)
	}
	b := p.buffers[at][:0]
	// Dimensions, whether nulls may follow, type, length, lower bound.
	for _, v := range [...]uint32{1, 1, elementOID, uint32(n), 1} {
		b = binary.BigEndian.AppendUint32(b, v)
	}
	for i := range n {
		b = element(b, i)
	}
	p.buffers[at] = b
	p.add(oid, b)
}

// texts adds an array of texts; orNull puts null for those that are empty.
func (p *params) texts(n int, orNull bool, text func(i int) string) {
	p.array(pgtype.TextArrayOID, pgtype.TextOID, n, func(b []byte, i int) []byte {
		s := text(i)
		if s == "" && orNull {
			return binary.BigEndian.AppendUint32(b, nullElement)
		}
		return append(binary.BigEndian.AppendUint32(b, uint32(len(s))), s...)
	})
}

// numbers adds an array of numbers, with null for those that are negative.
func (p *params) numbers(n int, number func(i int) int64) {
	p.array(pgtype.Int8ArrayOID, pgtype.Int8OID, n, func(b []byte, i int) []byte {
		v := number(i)
		if v < 0 {
			return binary.BigEndian.AppendUint32(b, nullElement)
		}
		return binary.BigEndian.AppendUint64(binary.BigEndian.AppendUint32(b, 8), uint64(v))
	})
}

// beneath gives run the connection beneath database/sql.
func beneath(conn *sql.Conn, run func(*pgconn.PgConn) error) error {
	return conn.Raw(func(raw any) error {
		c, ok := raw.(*stdlib.Conn)
		if !ok {
			return fmt.Errorf("the driver's connection is a %T", raw)
		}
		return run(c.Conn().PgConn())
	})
}
