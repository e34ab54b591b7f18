package sign

import (
	"bytes"
	"crypto/ed25519"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"log/slog"
	"strings"
	"testing"
)

// TestKeysAreNotPrinted prints what holds a private key in every way that code
// does by accident, and looks for the key in any spelling.
func TestKeysAreNotPrinted(t *testing.T) {
	seed := []byte("thirty-two bytes that are secret")
	pair, err := GenerateKey(bytes.NewReader(seed), "test", nil)
	if err != nil {
		t.Fatal(err)
	}
	signer, err := NewSigner(ed25519.NewKeyFromSeed(seed))
	if err != nil {
		t.Fatal(err)
	}
	parsed, err := ParsePrivateKey(pair.PrivatePEM, nil)
	if err != nil {
		t.Fatal(err)
	}
	type options struct {
		Name   string
		Signer *Signer
		Pair   KeyPair
	}
	pem := strings.Split(string(pair.PrivatePEM), "\n")
	spellings := []string{
		string(seed), hex.EncodeToString(seed), strings.ToUpper(hex.EncodeToString(seed)), base64.StdEncoding.EncodeToString(seed)[:40],
		strings.Trim(fmt.Sprint(seed), "[]"), strings.Join(strings.Fields(strings.Trim(fmt.Sprint(seed), "[]")), ","),
		pem[2], base64.StdEncoding.EncodeToString(pair.PrivatePEM)[60:120], "PRIVATE KEY",
	}
	for _, v := range []any{signer, *signer, parsed, pair, *pair, options{"x", signer, *pair}, &options{"x", parsed, *pair}, []*Signer{signer}, map[string]KeyPair{"k": *pair}} {
		var printed strings.Builder
		for _, verb := range []string{"%v", "%+v", "%#v", "%s", "%q", "%x", "%X", "%d", "%08b", "%t", "%e"} {
			fmt.Fprintf(&printed, verb+"\n", v)
		}
		text, err := json.Marshal(v)
		if err != nil {
			t.Errorf("%T: %v", v, err)
		}
		printed.Write(text)
		slog.New(slog.NewTextHandler(&printed, nil)).Info("key", "value", v)
		slog.New(slog.NewJSONHandler(&printed, nil)).Info("key", "value", v)
		for _, spelling := range spellings {
			if strings.Contains(printed.String(), spelling) {
				t.Errorf("%T: %q is printed in\n%s", v, spelling, printed.String())
			}
		}
	}
}
