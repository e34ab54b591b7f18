package seal_test

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"log"
	"strings"

	"filippo.io/age"

	"github.com/oneanalytics/oa-archive/seal"
)

// Encrypt a stream to two recipients, then read a part of it. In place of the
// buffer there may be a file, or an object in a store.
func Example() {
	daily, err := age.GenerateX25519Identity()
	if err != nil {
		log.Fatal(err)
	}
	safe, err := age.GenerateX25519Identity()
	if err != nil {
		log.Fatal(err)
	}

	var file bytes.Buffer
	w, err := seal.NewWriter(&file, daily.Recipient(), safe.Recipient())
	if err != nil {
		log.Fatal(err)
	}
	if _, err := io.WriteString(w, "what export.Export writes"); err != nil {
		log.Fatal(err)
	}
	if err := w.Close(); err != nil {
		log.Fatal(err)
	}

	r, err := seal.Open(context.Background(), bytes.NewReader(file.Bytes()), int64(file.Len()), safe)
	if err != nil {
		log.Fatal(err)
	}
	part := make([]byte, 13)
	if _, err := r.ReadAt(part, 5); err != nil {
		log.Fatal(err)
	}
	fmt.Printf("%q of %d bytes\n", part, r.Size())
	// Output: "export.Export" of 25 bytes
}

// A key service encrypts the 16 bytes of a file's key, and decrypts them for
// whoever it lets. Here it is a file; a service of your own implements Wrap and
// Unwrap in the same way.
func ExampleKeyService() {
	ctx := context.Background()
	var service seal.KeyService
	service, err := seal.ParseKeyRing(strings.NewReader("archives-2026 AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=\n"))
	if err != nil {
		log.Fatal(err)
	}
	recipient, err := seal.KeyServiceRecipient(ctx, service, "archives-2026")
	if err != nil {
		log.Fatal(err)
	}
	var file bytes.Buffer
	w, err := seal.NewWriter(&file, recipient)
	if err != nil {
		log.Fatal(err)
	}
	if err := w.Close(); err != nil {
		log.Fatal(err)
	}

	_, err = seal.NewReader(ctx, bytes.NewReader(file.Bytes()))
	fmt.Println(err)
	_, err = seal.NewReader(ctx, bytes.NewReader(file.Bytes()), seal.KeyServiceIdentity(ctx, service))
	fmt.Println(err)
	// Output:
	// seal: no identity was given, and it is encrypted to the key "archives-2026" of a key service
	// <nil>
}
