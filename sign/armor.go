package sign

import (
	"bytes"
	"encoding/base64"
	"errors"
	"fmt"
)

// The armor as ssh-keygen writes it. PROTOCOL.sshsig leaves the width open.
const (
	armorBegin = "-----BEGIN SSH SIGNATURE-----\n"
	armorEnd   = "-----END SSH SIGNATURE-----\n"
	armorWidth = 70
)

// armor wraps a binary signature. The last line of base64 may be full; no empty
// line follows it.
func armor(wire []byte) []byte {
	encoded := base64.StdEncoding.EncodeToString(wire)
	out := make([]byte, 0, armoredSize(len(wire)))
	out = append(out, armorBegin...)
	for len(encoded) > 0 {
		n := min(armorWidth, len(encoded))
		out = append(append(out, encoded[:n]...), '\n')
		encoded = encoded[n:]
	}
	return append(out, armorEnd...)
}

func armoredSize(wireSize int) int {
	n := base64.StdEncoding.EncodedLen(wireSize)
	return len(armorBegin) + n + (n+armorWidth-1)/armorWidth + len(armorEnd)
}

// dearmor is the inverse of armor and accepts nothing but its results.
func dearmor(armored []byte) ([]byte, error) {
	if len(armored) > MaxSignatureSize {
		return nil, fmt.Errorf("%d bytes, limit %d", len(armored), MaxSignatureSize)
	}
	if bytes.IndexByte(armored, '\r') >= 0 {
		return nil, errors.New("it has carriage returns: lines end in a line feed alone")
	}
	body, ok := bytes.CutPrefix(armored, []byte(armorBegin))
	if !ok {
		return nil, errors.New("it does not begin with -----BEGIN SSH SIGNATURE----- and a line feed")
	}
	if body, ok = bytes.CutSuffix(body, []byte(armorEnd)); !ok {
		return nil, errors.New("it does not end with -----END SSH SIGNATURE----- and a line feed")
	}
	wire := make([]byte, base64.StdEncoding.DecodedLen(len(body)))
	n, err := base64.StdEncoding.Decode(wire, body) // skips line feeds
	if err != nil {
		return nil, errors.New("its base64 is damaged")
	}
	wire = wire[:n]
	if !bytes.Equal(armor(wire), armored) {
		return nil, fmt.Errorf("its base64 is not in canonical form, %d characters a line", armorWidth)
	}
	return wire, nil
}
