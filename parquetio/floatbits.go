package parquetio

import "encoding/binary"

// FloatBits returns value i of a Float32 or Float64 in the binary format of
// IEEE 754, of 32 or 64 bits. Unlike those of [Vector.Float] they are the
// stored ones also of a NaN, whose payload a conversion may change.
func (v Vector) FloatBits(i int) uint64 {
	if v.typ.Kind == Float32 {
		return uint64(binary.LittleEndian.Uint32(v.values[4*(v.offset+i):]))
	}
	return binary.LittleEndian.Uint64(v.values[8*(v.offset+i):])
}
