package seal

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"strings"
	"sync/atomic"
	"testing"
	"testing/iotest"

	"filippo.io/age"
	"filippo.io/age/armor"
	"pgregory.net/rapid"
)

func newKey(t testing.TB) *age.X25519Identity {
	t.Helper()
	id, err := age.GenerateX25519Identity()
	if err != nil {
		t.Fatal(err)
	}
	return id
}

// content returns n bytes that no two offsets share.
func content(n int) []byte {
	b := make([]byte, n)
	rng := rand.NewChaCha8([32]byte{byte(n)})
	_, _ = rng.Read(b)
	return b
}

func encrypt(t testing.TB, plain []byte, recipients ...age.Recipient) []byte {
	t.Helper()
	var out bytes.Buffer
	w, err := NewWriter(&out, recipients...)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := w.Write(plain); err != nil {
		t.Fatal(err)
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return out.Bytes()
}

// TestAnywhere reads random pieces of files of random sizes.
func TestAnywhere(t *testing.T) {
	key := newKey(t)
	rapid.Check(t, func(r *rapid.T) {
		chunks := rapid.IntRange(0, 5).Draw(r, "chunks")
		plain := content(chunks*chunkSize + rapid.SampledFrom([]int{0, 1, 2, 1000, chunkSize - 1}).Draw(r, "rest"))
		file := encrypt(t, plain, key.Recipient())
		opened, err := Open(context.Background(), bytes.NewReader(file), int64(len(file)), key)
		if err != nil || opened.Size() != int64(len(plain)) {
			r.Fatalf("%v", err)
		}
		for range 20 {
			off := rapid.IntRange(0, len(plain)+10).Draw(r, "off")
			p := make([]byte, rapid.SampledFrom([]int{0, 1, 100, chunkSize, 2*chunkSize + 1, 5 * chunkSize}).Draw(r, "length"))
			n, err := opened.ReadAt(p, int64(off))
			want := plain[min(off, len(plain)):min(off+len(p), len(plain))]
			if !bytes.Equal(p[:n], want) || (n < len(p)) != (err == io.EOF) {
				r.Fatalf("%d bytes at %d: %d, %v; want %d", len(p), off, n, err, len(want))
			}
		}
	})
	if _, err := (&Reader{}).ReadAt(nil, -1); err == nil {
		t.Error("a negative offset")
	}
}

// TestDamage cuts, joins, swaps and changes a file in every part. Both readers
// refuse it, and random access refuses what is missing before it hands out a byte.
func TestDamage(t *testing.T) {
	key := newKey(t)
	plain := content(3*chunkSize + 77)
	file := encrypt(t, plain, key.Recipient())
	body := len(file) - len(plain) - 4*16
	at := func(i int) int { return body + i*sealedSize }
	cases := map[string][]byte{
		"nothing":          {},
		"a part of line 1": file[:10],
		"line 1":           file[:22],
		"header cut":       file[:body-nonceSize-3],
		"no nonce":         file[:body-nonceSize],
		"nonce cut":        file[:body-1],
		"no chunk":         file[:body],
		"twice":            append(append([]byte{}, file...), file...),
		"a byte more":      append(append([]byte{}, file...), 0),
		"a byte less":      file[:len(file)-1],
		"chunk doubled":    append(append(append([]byte{}, file[:at(1)]...), file[at(0):at(1)]...), file[at(1):]...),
		"chunks swapped":   append(append(append(append([]byte{}, file[:at(0)]...), file[at(1):at(2)]...), file[at(0):at(1)]...), file[at(2):]...),
		"chunk left out":   append(append([]byte{}, file[:at(1)]...), file[at(2):]...),
		"a later version":  append([]byte("age-encryption.org/v2"), file[21:]...),
	}
	for i := range 4 {
		cases[fmt.Sprintf("cut before chunk %d", i)] = file[:at(i)]
		cases[fmt.Sprintf("cut after a tag of chunk %d", i)] = file[:at(i)+16]
		cases[fmt.Sprintf("cut in chunk %d", i)] = file[:at(i)+40]
	}
	for _, i := range []int{0, 8, 20, 30, 60, 100, body - 20, body - 1, at(0), at(1) - 1, at(2) + 5, at(3), len(file) - 1} {
		changed := bytes.Clone(file)
		changed[i] ^= 1
		cases[fmt.Sprintf("byte %d", i)] = changed
	}
	for name, bad := range cases {
		t.Run(name, func(t *testing.T) {
			out, err := readAnywhere(t, bad, key)
			refused(t, out, plain, err)
			cut := len(bad) < len(file)
			if cut && len(out) > 0 {
				t.Errorf("%d bytes of a file that was cut were handed out", len(out))
			}
			out, err = readStream(t, bad, key)
			refused(t, out, plain, err)
		})
	}
}

func refused(t *testing.T, out, plain []byte, err error) {
	t.Helper()
	// A changed stanza is one that the key does not fit any more.
	if locked := (*LockedError)(nil); !errors.Is(err, ErrDamaged) && !errors.As(err, &locked) {
		t.Errorf("%v", err)
	}
	if !bytes.HasPrefix(plain, out) {
		t.Error("wrong bytes were handed out")
	}
}

// countedSource counts reads and fails from one of them on.
type countedSource struct {
	src   io.ReaderAt
	reads atomic.Int64
	bytes atomic.Int64
	fail  int64
}

var errDisk = errors.New("the disk is gone")

func (c *countedSource) ReadAt(p []byte, off int64) (int, error) {
	if n := c.reads.Add(1); c.fail > 0 && n >= c.fail {
		return 0, errDisk
	}
	n, err := c.src.ReadAt(p, off)
	c.bytes.Add(int64(n))
	return n, err
}

// TestFewReads is what requests to an object store will cost.
func TestFewReads(t *testing.T) {
	key := newKey(t)
	plain := content(40 * chunkSize)
	file := encrypt(t, plain, key.Recipient())
	src := &countedSource{src: bytes.NewReader(file)}
	r, err := Open(t.Context(), src, int64(len(file)), key)
	if err != nil {
		t.Fatal(err)
	}
	step := func(what string, reads, most int64, off, length int) {
		t.Helper()
		reads, most = src.reads.Load()+reads, src.bytes.Load()+most
		p := make([]byte, length)
		if n, err := r.ReadAt(p, int64(off)); n < length {
			t.Fatal(err)
		}
		if src.reads.Load() > reads || src.bytes.Load() > most {
			t.Errorf("%s: %d reads, %d bytes", what, src.reads.Load(), src.bytes.Load())
		}
		if !bytes.Equal(p, plain[off:off+length]) {
			t.Errorf("%s: wrong bytes", what)
		}
	}
	if src.reads.Load() != 2 || src.bytes.Load() > headSize+2*sealedSize {
		t.Errorf("opening: %d reads, %d bytes", src.reads.Load(), src.bytes.Load())
	}
	step("the end", 0, 0, len(plain)-chunkSize, chunkSize)
	step("a small piece", 1, sealedSize, 5*chunkSize+10, 100)
	step("the same again", 0, 0, 5*chunkSize+20, 100)
	step("over a border", 1, 2*sealedSize, 8*chunkSize-5, 10)
	step("a large piece", 1, 21*sealedSize, 10*chunkSize+7, 20*chunkSize)
	step("what follows it", 0, 0, 30*chunkSize+7, 100)
}

// TestBrokenSource: what cannot be read is no damage.
func TestBrokenSource(t *testing.T) {
	key := newKey(t)
	file := encrypt(t, content(5*chunkSize), key.Recipient())
	for fail := range int64(6) {
		src := &countedSource{src: bytes.NewReader(file), fail: fail + 1}
		r, err := Open(t.Context(), src, int64(len(file)), key)
		if err == nil {
			_, err = r.ReadAt(make([]byte, 10), 0)
			if fail < 3 && !errors.Is(err, errDisk) || errors.Is(err, ErrDamaged) {
				t.Errorf("read %d: %v", fail, err)
			}
			continue
		}
		if !errors.Is(err, errDisk) || errors.Is(err, ErrDamaged) {
			t.Errorf("read %d: %v", fail, err)
		}
	}
	for _, n := range []int64{0, 50, 300, 100_000} {
		in := io.MultiReader(io.LimitReader(bytes.NewReader(file), n), iotest.ErrReader(errDisk))
		r, err := NewReader(t.Context(), in, key)
		if err == nil {
			_, err = io.Copy(io.Discard, r)
		}
		if !errors.Is(err, errDisk) || errors.Is(err, ErrDamaged) {
			t.Errorf("after %d bytes: %v", n, err)
		}
	}
	// A file that became shorter since.
	r, err := Open(t.Context(), bytes.NewReader(file[:len(file)-100]), int64(len(file)), key)
	if !errors.Is(err, ErrDamaged) {
		t.Errorf("%v, %v", r, err)
	}
}

func TestLocked(t *testing.T) {
	one, two := newKey(t), newKey(t)
	ring := keyRing(t, "kms-2026")
	service, err := KeyServiceRecipient(t.Context(), ring, "kms-2026")
	if err != nil {
		t.Fatal(err)
	}
	file := encrypt(t, []byte("x"), one.Recipient(), two.Recipient(), service)
	for _, c := range []struct {
		ids  []age.Identity
		want string
	}{
		{nil, "no identity was given, and it is encrypted to an age key (age1…), 2 times and the key \"kms-2026\" of a key service"},
		{[]age.Identity{newKey(t)}, "the identity that was given does not open it: it is encrypted to"},
		{[]age.Identity{newKey(t), newKey(t)}, "none of the 2 identities that were given opens it"},
		{[]age.Identity{newKey(t), Passphrase(nobody(t))}, "the identity that was given"},
		{[]age.Identity{Passphrase(nobody(t))}, "no identity was given"},
		{[]age.Identity{KeyServiceIdentity(t.Context(), keyRing(t, "other"))}, "the identity that was given"},
	} {
		for _, read := range []func(*testing.T, []byte, ...age.Identity) ([]byte, error){readAnywhere, readStream} {
			_, err := read(t, file, c.ids...)
			locked := (*LockedError)(nil)
			if !errors.As(err, &locked) || !strings.Contains(err.Error(), c.want) || !locked.KeyService() || locked.Passphrase() {
				t.Errorf("%v, want %s", err, c.want)
			}
		}
	}
}

func nobody(t *testing.T) func() ([]byte, error) {
	return func() ([]byte, error) {
		t.Error("asked for a passphrase")
		return nil, errors.New("nobody")
	}
}

func TestDescribe(t *testing.T) {
	many := make([]Stanza, 30)
	for i := range many {
		many[i].Type = fmt.Sprintf("t%d", i)
	}
	for want, stanzas := range map[string][]Stanza{
		"nobody":                          nil,
		"a passphrase":                    {{Type: "scrypt"}},
		"a recipient of the kind \"x y\"": {{Type: "x y"}, {Type: "q-grease"}},
		"and others":                      many,
	} {
		if got := describe(stanzas); !strings.HasSuffix(got, want) {
			t.Errorf("%q, want %q", got, want)
		}
	}
}

// TestOwn: a writer reads back what it wrote without being a recipient.
func TestOwn(t *testing.T) {
	var out bytes.Buffer
	w, err := NewWriter(&out, newKey(t).Recipient())
	if err != nil {
		t.Fatal(err)
	}
	if _, err := w.Write([]byte("mine")); err != nil {
		t.Fatal(err)
	}
	if _, err := readAnywhere(t, out.Bytes(), w.Own()); !errors.Is(err, ErrDamaged) {
		t.Errorf("without Close: %v", err)
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	if got, err := readAnywhere(t, out.Bytes(), w.Own()); err != nil || string(got) != "mine" {
		t.Errorf("%q, %v", got, err)
	}
	if _, err := w.Write(nil); err == nil {
		t.Error("a write after Close")
	}
	if err := w.Close(); err == nil {
		t.Error("a second Close")
	}
}

// brokenWriter takes n bytes.
type brokenWriter struct{ n int }

func (b *brokenWriter) Write(p []byte) (int, error) {
	if b.n -= len(p); b.n < 0 {
		return 0, errDisk
	}
	return len(p), nil
}

func TestBrokenSink(t *testing.T) {
	key := newKey(t)
	for _, n := range []int{0, 100, 230, 70_000, 150_000} {
		w, err := NewWriter(&brokenWriter{n}, key.Recipient())
		if err == nil {
			_, err = w.Write(content(3 * chunkSize))
			again := w.Close()
			if err == nil {
				err = again
			} else if !errors.Is(again, errDisk) {
				t.Errorf("the error does not stick: %v", again)
			}
		}
		if !errors.Is(err, errDisk) {
			t.Errorf("after %d bytes: %v", n, err)
		}
	}
}

func TestMixing(t *testing.T) {
	hybrid, err := age.GenerateHybridIdentity()
	if err != nil {
		t.Fatal(err)
	}
	passphrase := cheap(t, "correct horse")
	classic := newKey(t).Recipient()
	for name, recipients := range map[string][]age.Recipient{
		"post-quantum first": {hybrid.Recipient(), classic},
		"classic first":      {classic, hybrid.Recipient()},
		"passphrase":         {passphrase, classic},
		"two passphrases":    {passphrase, passphrase},
	} {
		if _, err := NewWriter(io.Discard, recipients...); !errors.Is(err, ErrMixed) {
			t.Errorf("%s: %v", name, err)
		}
	}
	if _, err := NewWriter(io.Discard); err == nil {
		t.Error("no recipients")
	}
	if _, err := NewWriter(io.Discard, make([]age.Recipient, MaxRecipients+1)...); err == nil {
		t.Error("too many recipients")
	}
	file := encrypt(t, []byte("q"), hybrid.Recipient(), hybrid.Recipient())
	ids, err := ParseIdentities([]byte(hybrid.String()), IdentityOptions{})
	if err != nil {
		t.Fatal(err)
	}
	if got, err := readAnywhere(t, file, ids...); err != nil || string(got) != "q" {
		t.Errorf("%q, %v", got, err)
	}
}

func TestCancelled(t *testing.T) {
	file := encrypt(t, []byte("x"), newKey(t).Recipient())
	ctx, cancel := context.WithCancelCause(context.Background())
	stop := errors.New("stop")
	defer cancel(nil)
	for _, open := range []func(age.Identity) error{
		func(id age.Identity) error {
			_, err := Open(ctx, bytes.NewReader(file), int64(len(file)), id)
			return err
		},
		func(id age.Identity) error { _, err := NewReader(ctx, bytes.NewReader(file), id); return err },
	} {
		if err := open(&stuck{func() { cancel(stop) }}); !errors.Is(err, stop) {
			t.Errorf("%v", err)
		}
	}
}

// stuck is an identity that never answers.
type stuck struct{ called func() }

func (s *stuck) Unwrap([]*age.Stanza) ([]byte, error) { s.called(); select {} }

func TestDetect(t *testing.T) {
	key := newKey(t)
	file := encrypt(t, content(1000), key.Recipient())
	var text bytes.Buffer
	w := armor.NewWriter(&text)
	if _, err := w.Write(file); err != nil {
		t.Fatal(err)
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	armored := append([]byte("\r\n  \n"), text.Bytes()...)
	for want, b := range map[Form][]byte{Binary: file, Armored: armored, Plain: {0x28, 0xb5, 0x2f, 0xfd}} {
		if got := Detect(b[:min(len(b), DetectSize)]); got != want {
			t.Errorf("%d, want %d", got, want)
		}
	}
	if got, err := readStream(t, armored, key); err != nil || len(got) != 1000 {
		t.Errorf("%d, %v", len(got), err)
	}
	if _, err := readStream(t, armored[:len(armored)-60], key); !errors.Is(err, ErrDamaged) {
		t.Errorf("%v", err)
	}
}

// FuzzReaders searches for a file about which the two readers differ.
func FuzzReaders(f *testing.F) {
	key, err := age.ParseX25519Identity("AGE-SECRET-KEY-1TXQWG8567E7CUN4KA5Z2VGR02V7CJWT3NQGAUMKSCWQJSSTDFVKQ0XCYMX")
	if err != nil {
		f.Fatal(err)
	}
	ring, err := ParseKeyRing(strings.NewReader("a AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=\n"))
	if err != nil {
		f.Fatal(err)
	}
	service, err := KeyServiceRecipient(context.Background(), ring, "a")
	if err != nil {
		f.Fatal(err)
	}
	file := encrypt(f, content(chunkSize+100), key.Recipient())
	f.Add(encrypt(f, []byte("x"), service))
	f.Add(file)
	f.Add(file[:300])
	f.Add([]byte(intro + "v1\n-> X25519 a\n\n--- a\n"))
	f.Add([]byte(armor.Header + "\n"))
	f.Fuzz(func(t *testing.T, b []byte) {
		ids := []age.Identity{key, KeyServiceIdentity(t.Context(), ring)}
		if Detect(b) == Armored {
			_, _ = readStream(t, b, ids...)
			return
		}
		one, oneErr := readAnywhere(t, b, ids...)
		two, twoErr := readStream(t, b, ids...)
		if (oneErr == nil) != (twoErr == nil) || oneErr == nil && !bytes.Equal(one, two) {
			t.Errorf("%d, %v; %d, %v", len(one), oneErr, len(two), twoErr)
		}
	})
}
