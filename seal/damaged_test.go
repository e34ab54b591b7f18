package seal

import (
	"bytes"
	"errors"
	"io"
	"testing"

	"filippo.io/age"
	"pgregory.net/rapid"
)

func openDamaged(t testing.TB, file []byte, key age.Identity) *Damaged {
	t.Helper()
	d, err := OpenDamaged(t.Context(), bytes.NewReader(file), int64(len(file)), key)
	if err != nil {
		t.Fatal(err)
	}
	return d
}

// TestOpenDamaged overwrites some bytes of a file and cuts it off. What is left
// is everything but the chunks that were hit.
func TestOpenDamaged(t *testing.T) {
	key := newKey(t)
	rapid.Check(t, func(r *rapid.T) {
		plain := content(rapid.SampledFrom([]int{0, 1, chunkSize, 4*chunkSize + 77, 5 * chunkSize}).Draw(r, "size"))
		file := encrypt(t, plain, key.Recipient())
		begin := len(file) - len(plain) - 16*max(1, (len(plain)+chunkSize-1)/chunkSize)
		cut := rapid.IntRange(begin, len(file)).Draw(r, "cut")
		bad := map[int]bool{}
		for _, at := range rapid.SliceOfNDistinct(rapid.IntRange(begin, len(file)-1), 0, 3, rapid.ID).Draw(r, "hits") {
			file[at] ^= 0x10
			bad[(at-begin)/sealedSize] = true
		}
		want := plain[:(cut-begin)/sealedSize*chunkSize]
		if last := len(plain) / chunkSize; cut == len(file) && !bad[last] {
			want = plain
		}
		d := openDamaged(t, file[:cut], key)
		got, err := io.ReadAll(io.NewSectionReader(d, 0, d.Size()))
		if err != nil || d.Size() != int64(len(want)) {
			r.Fatalf("%d of %d bytes, %v", d.Size(), len(want), err)
		}
		for i := 0; i*chunkSize < len(want); i++ {
			is, was := got[i*chunkSize:min(len(got), (i+1)*chunkSize)], want[i*chunkSize:min(len(want), (i+1)*chunkSize)]
			if bad[i] {
				was = make([]byte, len(was))
			}
			if !bytes.Equal(is, was) {
				r.Fatalf("chunk %d of %d: not what it was (bad: %v)", i, len(want)/chunkSize, bad)
			}
		}
		off := rapid.IntRange(0, len(want)+10).Draw(r, "off")
		p := make([]byte, 100)
		if n, err := d.ReadAt(p, int64(off)); n != max(0, min(100, len(want)-off)) || n < 100 && err != io.EOF || n == 100 && err != nil {
			r.Fatalf("%d bytes at %d: %v", n, off, err)
		}
	})
}

// TestOpenDamagedHopeless: what cannot be opened says why.
func TestOpenDamagedHopeless(t *testing.T) {
	key := newKey(t)
	file := encrypt(t, content(3*chunkSize), key.Recipient())
	begin := len(file) - 3*sealedSize
	changed := bytes.Clone(file)
	changed[begin-30] ^= 1 // in the header's MAC
	for name, bad := range map[string][]byte{"nothing": nil, "half a header": file[:60], "no nonce": file[:begin-3], "header changed": changed} {
		if _, err := OpenDamaged(t.Context(), bytes.NewReader(bad), int64(len(bad)), key); !errors.Is(err, ErrDamaged) {
			t.Errorf("%s: %v", name, err)
		}
	}
	locked := (*LockedError)(nil)
	if _, err := OpenDamaged(t.Context(), bytes.NewReader(file), int64(len(file)), newKey(t)); !errors.As(err, &locked) {
		t.Errorf("%v", err)
	}
	src := &countedSource{src: bytes.NewReader(file)}
	d, err := OpenDamaged(t.Context(), src, int64(len(file)), key)
	if err != nil {
		t.Fatal(err)
	}
	src.fail = 1
	for range 2 { // a disk is asked once for what it does not give
		if _, err := d.ReadAt(make([]byte, 10), 0); !errors.Is(err, errDisk) || errors.Is(err, ErrDamaged) {
			t.Errorf("%v", err)
		}
	}
	if _, err := d.ReadAt(nil, -1); err == nil {
		t.Error("a negative offset")
	}
	if n := src.reads.Load(); n > 4 {
		t.Errorf("%d reads", n)
	}
}

// FuzzDamaged: no bytes but those that were encrypted, at their place, or zeros.
func FuzzDamaged(f *testing.F) {
	key, err := age.ParseX25519Identity("AGE-SECRET-KEY-1TXQWG8567E7CUN4KA5Z2VGR02V7CJWT3NQGAUMKSCWQJSSTDFVKQ0XCYMX")
	if err != nil {
		f.Fatal(err)
	}
	plain := content(2*chunkSize + 100)
	file := encrypt(f, plain, key.Recipient())
	f.Add(uint32(0), []byte{1}, uint32(0))
	f.Add(uint32(300), []byte{0, 0, 0, 0}, uint32(10))
	f.Add(uint32(70_000), []byte("x"), uint32(70_000))
	f.Add(uint32(190), file[180:400], uint32(0))
	f.Fuzz(func(t *testing.T, at uint32, with []byte, cut uint32) {
		bad := bytes.Clone(file)
		copy(bad[int(at)%len(bad):], with)
		bad = bad[:len(bad)-int(cut)%len(bad)]
		d, err := OpenDamaged(t.Context(), bytes.NewReader(bad), int64(len(bad)), key)
		if err != nil {
			return
		}
		got, err := io.ReadAll(io.NewSectionReader(d, 0, d.Size()))
		if err != nil || len(got) > len(plain) {
			t.Fatalf("%d bytes, %v", len(got), err)
		}
		for i := range got {
			if got[i] != 0 && got[i] != plain[i] {
				t.Fatalf("byte %d is not what was encrypted", i)
			}
		}
	})
}
